/**
 * @file Other frameworks: those for Node are installed on demand into a folder of their own, so that
 * nobody who does not run the benchmarks downloads them; those for Python are used where they are found.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Not part of the package and ignored by git. */
export const peersFolder = fileURLToPath(new URL("../../.strata/peers/", import.meta.url));

const dependencies = {
  "@jax-js/jax": "0.1.25",
  "@tensorflow/tfjs": "4.22.0",
  "@tensorflow/tfjs-backend-wasm": "4.22.0",
  "onnxruntime-web": "1.30.0",
};

/** Installs the peers for Node unless they are there. Returns why not where that fails. */
export function installPeers(): string | undefined {
  const manifest = join(peersFolder, "package.json");
  // npm writes this last, so that an installation that broke off is taken up again.
  const finished = join(peersFolder, "node_modules", ".package-lock.json");
  const wanted = JSON.stringify({ name: "peers", private: true, dependencies }, null, 2);
  if (existsSync(finished) && existsSync(manifest) && readFileSync(manifest, "utf8") === wanted) return undefined;
  mkdirSync(peersFolder, { recursive: true });
  process.stderr.write("Installing the JavaScript peers (about 450 MB) into .strata/peers …\n");
  rmSync(finished, { force: true });
  writeFileSync(manifest, wanted);
  // As often as npm tries by itself, it says nothing for minutes where there is no network.
  const patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"];
  const { status, stderr } = spawnSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...patience], {
    cwd: peersFolder,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (status === 0) return undefined;
  writeFileSync(manifest, "");
  return (
    `The JavaScript peers are left out, since npm could not install them: ${npmReason(stderr ?? "")}. ` +
    "Run the benchmark again where npm reaches its registry, or name other peers with --peer"
  );
}

/** Of all that npm says when it fails, the line with the reason; codes come before it, and the place of a log after. */
export function npmReason(errors: string): string {
  const said = errors.split("\n").flatMap((line) => /^npm (?:error|ERR!) (.*\S)/.exec(line)?.[1] ?? []);
  const reason = said.find((line) => !/^(code|errno|syscall) |^A complete log/.test(line));
  return reason?.replace(/^network /, "") ?? (errors.trim().split("\n").at(-1) || "npm did not start");
}

/** A Python, and which of the frameworks it has. */
export interface Python {
  readonly path: string;
  readonly modules: readonly string[];
}

/** The Python of the interoperability tests, or why there is none. */
export async function findPython(): Promise<Python | { readonly missing: string }> {
  const finder = new URL("../../interop/find-python.mjs", import.meta.url).href;
  const { findPython: find } = (await import(finder)) as {
    readonly findPython: () => { readonly python: string } | { readonly missing: string };
  };
  const found = find();
  if ("missing" in found)
    return {
      missing: `The peers in Python are left out: ${found.missing}; bench/setup-python.sh prepares one with all`,
    };
  const probe = "import importlib.util as u; print(*[m for m in ('tensorflow', 'keras', 'torch') if u.find_spec(m)])";
  const { stdout } = spawnSync(found.python, ["-c", probe], { encoding: "utf8" });
  return { path: found.python, modules: (stdout ?? "").trim().split(/\s+/) };
}
