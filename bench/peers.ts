/**
 * @file Other frameworks, installed on demand into a folder of their own so that nobody who does not
 * run the benchmarks downloads them.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Not part of the package and ignored by git. */
export const peersFolder = fileURLToPath(new URL("../../.strata/peers/", import.meta.url));

const dependencies = {
  "@tensorflow/tfjs": "4.22.0",
  "@tensorflow/tfjs-backend-wasm": "4.22.0",
};

/** Installs the peers unless they are there. Returns why not where that fails. */
export function installPeers(): { readonly missing?: string } {
  const manifest = join(peersFolder, "package.json");
  const wanted = JSON.stringify({ name: "peers", private: true, dependencies }, null, 2);
  const isCurrent =
    existsSync(join(peersFolder, "node_modules")) && existsSync(manifest) && readFileSync(manifest, "utf8") === wanted;
  if (isCurrent) return {};
  mkdirSync(peersFolder, { recursive: true });
  process.stderr.write("Installing TensorFlow.js for comparison …\n");
  writeFileSync(manifest, wanted);
  const { status, stderr } = spawnSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: peersFolder,
    encoding: "utf8",
  });
  if (status === 0) return {};
  writeFileSync(manifest, "");
  return { missing: `npm could not install the peers: ${stderr.trim().split("\n").at(-1) ?? "unknown reason"}` };
}
