/** @file Workload j: the size of each level's browser bundle, as `scripts/browser-bundle.mjs` prints it. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { number, type Section } from "../report.js";

const script = fileURLToPath(new URL("../../../scripts/browser-bundle.mjs", import.meta.url));
const line = /^(\S+)\s+([\d.]+) KiB minified,\s+([\d.]+) KiB gzip$/;

export function measureBundles(): Section {
  const { stdout, stderr, status } = spawnSync(process.execPath, [script], { encoding: "utf8" });
  const sizes = stdout.split("\n").flatMap((text) => {
    const [, name, minified, gzipped] = line.exec(text) ?? [];
    return name === undefined ? [] : [{ name, minified: Number(minified), gzipped: Number(gzipped) }];
  });
  const level1 = sizes.find(({ name }) => name === "tensorstrata");
  return {
    letter: "j",
    title: "browser bundles",
    tables: [
      {
        header: ["entry", "minified, KiB", "and gzipped, KiB"],
        rows: sizes.map(({ name, minified, gzipped }) => [name, number(minified), number(gzipped)]),
      },
    ],
    notes: [
      "Each bundle holds all that its entry needs; the first is level 1 with the wasm engine. " +
        "`node scripts/browser-bundle.mjs` prints these.",
      ...(status === 0 ? [] : [`Failed: ${stderr.trim().split("\n").at(-1)}`]),
    ],
    data: sizes,
    figures: level1 === undefined ? {} : { "j: level 1, KiB gzip": level1.gzipped },
  };
}
