/**
 * @file Proves that the library runs in a browser: bundles each entry for one, minified, into dist/browser.
 * It fails where a bundle needs a Node module, does not parse, does not load without Node's globals, or is
 * larger than its budget. It prints sizes: what a page loads at start (the entry and all it imports), and,
 * apart from that, what it loads on demand. `--modules` also prints which sources the bytes come from.
 */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { root, run, SetupError, say } from "./ensure.mjs";

/**
 * What browsers may load: bundle name and module. `budget` is the largest size at start, in bytes after
 * gzip. The first is a program, bundled as its author would: what it does not use of the library stays out.
 * The others are whole entries, with everything they export.
 */
const bundles = [
  { name: "raw-network", module: "scripts/browser-program.mjs", budget: 80_000 },
  { name: "tensorstrata", module: "dist/src/index.js", budget: 128_000 },
  { name: "datasets", module: "dist/src/datasets/index.js" },
  { name: "pictures", module: "dist/src/pictures/index.js" },
  { name: "layers", module: "dist/src/layers/index.js" },
  { name: "tflearn", module: "dist/src/tflearn/index.js" },
  { name: "keras", module: "dist/src/keras/index.js" },
];
const outputFolder = join(root, "dist", "browser");

await run(async () => {
  const { rolldown } = await import("rolldown");
  const { parseSync } = await import("rolldown/utils");
  rmSync(outputFolder, { recursive: true, force: true });
  const over = [];
  console.log(`${"".padEnd(14)}${"at start, minified".padStart(20)}${"gzip".padStart(12)}   on demand, gzip`);
  for (const bundle of bundles) {
    if (!existsSync(join(root, bundle.module))) throw new SetupError(`${bundle.module} does not exist`);
    const chunks = await build(rolldown, bundle);
    for (const chunk of chunks) checkParses(parseSync, chunk);
    checkLoads(bundle.name);
    const { minified, gzip, onDemand } = sizesOf(chunks);
    const limit = bundle.budget === undefined ? "" : ` of ${bytes(bundle.budget)}`;
    const rest = onDemand.map(({ name, size }) => `${name} ${bytes(size)}`).join(", ");
    console.log(
      `${bundle.name.padEnd(14)}${bytes(minified).padStart(20)}${bytes(gzip).padStart(12)}${limit}   ${rest}`,
    );
    if (process.argv.includes("--modules")) printModules(chunks);
    if (gzip > (bundle.budget ?? Number.POSITIVE_INFINITY))
      over.push(`${bundle.name} by ${bytes(gzip - bundle.budget)}`);
  }
  if (over.length > 0)
    throw new SetupError(
      `Larger than the budget: ${over.join(", ")}\n` +
        "  fix  --modules shows where the bytes are; load what few pages need with import()",
    );
});

async function build(rolldown, { name, module }) {
  const nodeModules = [];
  const bundle = await rolldown({
    input: { [name]: join(root, module) },
    cwd: root,
    platform: "browser",
    resolve: { conditionNames: ["browser", "import", "module", "default"] },
    plugins: [
      {
        name: "find-node-modules",
        resolveId(specifier, importer) {
          if (!isBuiltin(specifier)) return null;
          nodeModules.push(`${importer === undefined ? module : relative(root, importer)} imports ${specifier}`);
          return { id: specifier, external: true };
        },
      },
    ],
    onLog(level, log) {
      if (level === "warn") say(`${name}: ${log.message}`);
    },
  });
  try {
    const { output } = await bundle.write({
      dir: join(outputFolder, name),
      entryFileNames: "[name].js",
      chunkFileNames: "[name]-[hash].js",
      format: "esm",
      minify: true,
      // One file to start with: left alone, what is shared with parts loaded on demand becomes many small ones.
      codeSplitting: { groups: [{ name: "start", tags: ["$initial"] }] },
    });
    if (nodeModules.length > 0)
      throw new SetupError(
        `The browser bundle of ${module} needs Node:\n  ${nodeModules.join("\n  ")}\n` +
          "  fix  reach the platform through #platform, whose browser condition is src/platform/browser.ts",
      );
    return output.filter(({ type }) => type === "chunk");
  } finally {
    await bundle.close();
  }
}

/** What is loaded at start, summed, and each chunk that is not, as the server sends them: compressed one by one. */
function sizesOf(chunks) {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const atStart = new Set();
  const visit = (fileName) => {
    if (atStart.has(fileName) || !byName.has(fileName)) return;
    atStart.add(fileName);
    byName.get(fileName).imports.forEach(visit);
  };
  visit(chunks.find((chunk) => chunk.isEntry).fileName);
  const gzipOf = ({ code }) => gzipSync(code).length;
  const sum = (of) =>
    chunks.filter(({ fileName }) => atStart.has(fileName)).reduce((total, chunk) => total + of(chunk), 0);
  return {
    minified: sum(({ code }) => Buffer.byteLength(code)),
    gzip: sum(gzipOf),
    onDemand: chunks
      .filter(({ fileName }) => !atStart.has(fileName))
      .map((chunk) => ({ name: chunk.name, size: gzipOf(chunk) })),
  };
}

/** Bytes of each folder's sources in each chunk, before minification, largest first. */
function printModules(chunks) {
  for (const { fileName, modules } of chunks) {
    const folders = new Map();
    for (const [id, { renderedLength }] of Object.entries(modules)) {
      const path = relative(root, id).replace(/^dist\/src\//, "");
      const folder = path.includes("node_modules") ? path : path.split("/").slice(0, 2).join("/");
      folders.set(folder, (folders.get(folder) ?? 0) + renderedLength);
    }
    const rows = [...folders].filter(([, size]) => size > 0).sort(([, a], [, b]) => b - a);
    console.log(`  ${fileName}, before minification:`);
    for (const [folder, size] of rows) console.log(`    ${bytes(size).padStart(10)}  ${folder}`);
  }
}

function checkParses(parseSync, { fileName, code }) {
  const { errors, module } = parseSync(fileName, code);
  if (errors.length > 0) throw new SetupError(`The browser bundle ${fileName} does not parse: ${errors[0].message}`);
  const requests = [...module.staticImports, ...module.staticExports.flatMap(({ entries }) => entries)];
  const left = requests
    .flatMap(({ moduleRequest }) => moduleRequest?.value ?? [])
    .filter((request) => !request.startsWith("./"));
  if (left.length > 0) throw new SetupError(`The browser bundle ${fileName} still imports ${left.join(", ")}`);
}

/** Evaluates a bundle in a process whose Node-only globals are gone, as a page would. */
function checkLoads(name) {
  const program = `
    const { exit } = process;
    for (const name of ["process", "Buffer", "global", "setImmediate", "clearImmediate"]) delete globalThis[name];
    try { await import(${JSON.stringify(pathToFileURL(join(outputFolder, name, `${name}.js`)).href)}); exit(0); }
    catch (error) { console.error(error); exit(1); }`;
  const result = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    encoding: "utf8",
    stdio: ["ignore", "inherit", "pipe"],
  });
  if (result.status !== 0)
    throw new SetupError(`The browser bundle ${name} does not load without Node's globals:\n${result.stderr}`);
}

function bytes(count) {
  return count.toLocaleString("en-US");
}
