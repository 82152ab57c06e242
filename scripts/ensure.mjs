/**
 * @file The guard in front of every command: the right Node, the locked dependencies, a current build.
 * Loads nothing but Node at first, since it runs before anything is installed. It says nothing when there is
 * nothing to do, speaks on stderr otherwise, and two invocations at once wait for each other.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundle, isBundled } from "./bundle.mjs";
import { withLock } from "./lock.mjs";

/** The repository's root directory. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const minimumNode = [20, 19, 0];
const sourceFolders = ["src", "test", "examples", "bench"];
const lockFile = join(root, "package-lock.json");
const modules = join(root, "node_modules");
const installStamp = join(modules, ".strata-install");
const dist = join(root, "dist");
const buildStamp = join(dist, ".strata-build");

/** A failure that the user can mend: printed as it is, without a stack. */
export class SetupError extends Error {}

/** Prints a line about what is being done, away from the standard output that programs may parse. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Makes the checkout ready to run: dependencies as in the lock file, `dist/` as in the sources.
 * @throws SetupError that says what failed and how to mend it
 */
export async function ensure() {
  checkNode(process.versions.node);
  if (isInstalled() && isBuilt(hashSources())) return;
  await withLock(join(root, ".strata", "ensure.lock"), say, async () => {
    // Asked again inside the lock: whoever held it may have done the work.
    if (!isInstalled()) install();
    const sources = hashSources();
    if (!isBuilt(sources)) await build(sources);
  });
}

/**
 * Runs a command's body behind the guard, and turns a {@link SetupError} into its message and exit code 1.
 * @param {() => unknown} body
 */
export async function run(body) {
  try {
    await ensure();
    await body();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}

/** @param {string} version such as `20.19.0` */
export function checkNode(version) {
  const parts = version.split(/[.-]/).map(Number);
  for (const [i, minimum] of minimumNode.entries()) {
    const part = parts[i] ?? 0;
    if (part > minimum) return;
    if (part < minimum)
      throw new SetupError(
        `Tensorstrata needs Node ${minimumNode.join(".")} or newer, but this is Node ${version}.\n` +
          "  fix  install a current Node (for example `nvm install 22`) and run the command again",
      );
  }
}

// ---- dependencies ----

/** What the installed tree depends on: the lock file, and the platform its binaries are for. */
function installKey() {
  const lock = existsSync(lockFile) ? readFileSync(lockFile) : readFileSync(join(root, "package.json"));
  return `${createHash("sha256").update(lock).digest("hex")} ${process.platform}-${process.arch}\n`;
}

function isInstalled() {
  const manifest = readJson(join(root, "package.json"));
  const direct = Object.keys({ ...manifest?.dependencies, ...manifest?.devDependencies });
  if (!direct.every((name) => existsSync(join(modules, name)))) return false;
  const key = installKey();
  if (existsSync(installStamp)) return readFileSync(installStamp, "utf8") === key;
  if (!installedMatchesLock()) return false;
  // npm installed this very tree without us: take it as it is.
  writeFileSync(installStamp, key);
  return true;
}

/** Whether npm's own record of what it installed agrees with the lock file. */
function installedMatchesLock() {
  const wanted = readJson(lockFile)?.packages;
  const installed = readJson(join(modules, ".package-lock.json"))?.packages;
  if (wanted === undefined || installed === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "") return true;
    const found = installed[path];
    if (found !== undefined) return found.version === entry.version && found.integrity === entry.integrity;
    return entry.optional === true && !isForThisPlatform(entry);
  });
}

function isForThisPlatform(entry) {
  const fits = (allowed, value) => allowed === undefined || allowed.includes(value);
  // A tree for the other C library is absent rightly; npm decides that case, so it is not judged here.
  return entry.libc === undefined && fits(entry.os, process.platform) && fits(entry.cpu, process.arch);
}

function install() {
  const locked = existsSync(lockFile);
  const command = locked ? "ci" : "install";
  say(`Installing dependencies (npm ${command}) …`);
  const result = npm([command, "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--loglevel=error"]);
  if (result.error?.code === "ENOENT")
    throw new SetupError(
      "npm was not found, and the dependencies are not installed.\n" +
        "  fix  install Node from nodejs.org or a version manager: npm comes with it",
    );
  if (result.error !== undefined || result.status !== 0) throw new SetupError(installFailure(command, result));
  writeFileSync(installStamp, installKey());
}

function npm(args) {
  const options = { cwd: root, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" };
  // Started by npm: use that same npm. Otherwise the one on the PATH, which is a script on Windows.
  const own = process.env.npm_execpath;
  if (own !== undefined && /npm-cli\.[cm]?js$/.test(own)) return spawnSync(process.execPath, [own, ...args], options);
  return process.platform === "win32"
    ? spawnSync(`npm ${args.join(" ")}`, { ...options, shell: true })
    : spawnSync("npm", args, options);
}

function installFailure(command, result) {
  const output = `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`.trim();
  const offline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|network/.test(output);
  const fix = offline
    ? "npm could not reach its registry: connect to the network, or set a mirror with `npm config set registry URL`,\n" +
      "       and run the command again; packages that npm has in its cache need no network"
    : /EUSAGE|not in sync/.test(output)
      ? "package.json and package-lock.json disagree: run `npm install --package-lock-only` and commit the result"
      : `run \`npm ${command}\` yourself to see the whole story`;
  return `${output}\nInstalling the dependencies failed.\n  fix  ${fix}`;
}

// ---- build ----

/** Every TypeScript source of the build, relative to the root, in a stable order. */
function listSources() {
  return sourceFolders.flatMap((folder) => listFiles(join(root, folder))).filter((path) => /\.[cm]?tsx?$/.test(path));
}

/** @returns {string[]} paths of the files under `folder`, relative to the root; empty where it does not exist */
export function listFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? listFiles(path) : [relative(root, path).split(sep).join("/")];
    })
    .sort();
}

/** The state that a build is a build of: contents, since a checkout changes times and not contents. */
function hashSources() {
  const files = listSources();
  const hash = createHash("sha256");
  for (const path of [...files, "tsconfig.json", "package.json", "package-lock.json", "scripts/bundle.mjs"]) {
    if (!existsSync(join(root, path))) continue;
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update("\0");
  }
  return { files, digest: `${hash.digest("hex")}\n` };
}

function isBuilt({ files, digest }) {
  return (
    existsSync(buildStamp) &&
    readFileSync(buildStamp, "utf8") === digest &&
    files.every((path) => path.endsWith(".d.ts") || existsSync(join(dist, outputOf(path)))) &&
    isBundled(root)
  );
}

const outputOf = (source) => source.replace(/\.([cm]?)tsx?$/, ".$1js");

async function build({ files, digest }) {
  say(`Building ${files.length} files (tsc) …`);
  mkdirSync(dist, { recursive: true });
  // Removed first: a build that is cut short leaves no stamp, so the next command builds again.
  rmSync(buildStamp, { force: true });
  removeOrphans(files);
  const compiler = join(modules, "typescript", "bin", "tsc");
  const result = spawnSync(process.execPath, [compiler, "-p", "tsconfig.json"], {
    cwd: root,
    stdio: ["ignore", process.stderr.fd, process.stderr.fd],
  });
  if (result.error !== undefined) throw new SetupError(`The compiler could not be started: ${result.error.message}`);
  if (result.status !== 0) throw new SetupError("The build failed: the compiler's messages are above.");
  try {
    await bundle(root);
  } catch (error) {
    throw new SetupError(`The build failed: the modules could not be bundled.\n${error.message}`);
  }
  writeFileSync(buildStamp, digest);
}

/** Removes outputs whose source is gone, so that a deleted test does not run and a renamed module does not load. */
function removeOrphans(files) {
  const stems = new Set(files.map((path) => path.replace(/\.[cm]?tsx?$/, "")));
  for (const folder of sourceFolders)
    for (const path of listFiles(join(dist, folder))) {
      const output = path.slice("dist/".length);
      const stem = output.replace(/(\.d\.[cm]?ts|\.[cm]?js)(\.map)?$/, "");
      if (stem !== output && !stems.has(stem)) rmSync(join(root, path), { force: true });
    }
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await run(() => {});
