/** @file Workload j: the size of each browser bundle, as `scripts/browser-bundle.mjs` prints it. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { number, type Section } from "../report.js";

const script = fileURLToPath(new URL("../../../scripts/browser-bundle.mjs", import.meta.url));
/** `name  270,810  87,250 of 80,000  part 11,787, …`: bytes at the start minified and gzipped, and parts on demand. */
const line = /^(\S+)\s+([\d,]+)\s+([\d,]+)(?: of ([\d,]+))?(?:\s+(.*))?$/;

const bytes = (text = ""): number => Number(text.replaceAll(",", ""));
const kilobytes = (count: number): string => number(count / 1000);

export function measureBundles(): Section {
  const { stdout, stderr, status } = spawnSync(process.execPath, [script], { encoding: "utf8" });
  const sizes = stdout.split("\n").flatMap((text) => {
    const [, name, minified, gzipped, , onDemand = ""] = line.exec(text) ?? [];
    if (name === undefined) return [];
    const parts = [...onDemand.matchAll(/\S+ ([\d,]*\d)/g)].map(([, size]) => bytes(size));
    return [{ name, minified: bytes(minified), gzipped: bytes(gzipped), onDemand: parts.reduce((a, b) => a + b, 0) }];
  });
  if (sizes.length === 0) throw new Error(`scripts/browser-bundle.mjs printed no sizes: ${stderr.trim()}`);
  const page = sizes.find(({ name }) => name === "raw-network");
  return {
    letter: "j",
    title: "browser bundles",
    tables: [
      {
        header: ["KB", "at the start, minified", "and gzipped", "on demand, gzipped"],
        rows: sizes.map(({ name, minified, gzipped, onDemand }) => [
          name,
          kilobytes(minified),
          kilobytes(gzipped),
          kilobytes(onDemand),
        ]),
      },
    ],
    notes: [
      "`raw-network` is a page that trains network a on level 1 with the wasm engine; the others are whole entries. " +
        "`node scripts/browser-bundle.mjs` prints these.",
      ...(status === 0 ? [] : [stderr.trim().split("\n")[0] ?? ""]),
    ],
    data: sizes,
    figures: page === undefined ? {} : { "j: raw-network, KB gzip": page.gzipped / 1000 },
  };
}
