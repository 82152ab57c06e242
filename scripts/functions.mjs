/**
 * @file `node scripts/functions.mjs [--chunks 64] [--write]`: the largest error of every float32 function on the
 * compiled backends against float64, over samples of all float32 bit patterns, and the errors of long sums.
 * `--write` puts the tables into docs/accuracy.md; a few minutes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root, run, SetupError } from "./ensure.mjs";

const markers = ["<!-- begin of the tables -->", "<!-- end of the tables -->"];

await run(async () => {
  const { values } = parseArgs({
    options: { chunks: { type: "string", default: "64" }, write: { type: "boolean", default: false } },
  });
  const chunks = Number(values.chunks);
  if (!(Number.isSafeInteger(chunks) && chunks > 0))
    throw new SetupError("--chunks takes a whole number, as in: node scripts/functions.mjs --chunks 64");
  process.env.STRATA_COMPILE_AFTER = "0";
  const { measuredFunctions, sumErrors, worstErrors } = await import("../dist/test/backends/accuracy.js");
  const { platform } = await import("../dist/src/platform/node.js");
  const devices = ["missing" in platform.toolchain() ? [] : ["native"], "wasm"].flat().sort();
  const errors = new Map();
  for (const device of devices) errors.set(device, await worstErrors(device, measuredFunctions, chunks));
  const cell = ({ ulp, x, y }, binary) =>
    `${ulp.toFixed(2)} at ${binary ? `(${Number(x.toPrecision(4))}, ${Number(y.toPrecision(4))})` : Number(x.toPrecision(6))}`;
  const functions = [
    `| function | bound | ${devices.join(" | ")} |`,
    `| --- | --- |${devices.map(() => " --- |").join("")}`,
    ...measuredFunctions.map(({ name, bound, binary }, i) => {
      const cells = devices.map((device) => cell(errors.get(device)[i], binary));
      return `| \`${name}\` | ${bound} | ${cells.join(" | ")} |`;
    }),
  ];
  const sums = new Map();
  for (const device of devices) sums.set(device, await sumErrors(device));
  const long = [
    `| sum | ${devices.join(" | ")} |`,
    `| --- |${devices.map(() => " --- |").join("")}`,
    ...sums.get(devices[0]).map(({ label }, i) => {
      const cells = devices.map((device) => sums.get(device)[i].roundoffs.toFixed(2));
      return `| ${label} | ${cells.join(" | ")} |`;
    }),
  ];
  const text = [...functions, "", ...long].join("\n");
  console.log(text);
  if (!values.write) return;
  const path = join(root, "docs", "accuracy.md");
  const page = readFileSync(path, "utf8");
  const [begin, end] = markers.map((marker) => page.indexOf(marker));
  if (begin < 0 || end < begin) throw new SetupError(`docs/accuracy.md lacks its markers: ${markers.join(" and ")}`);
  writeFileSync(path, `${page.slice(0, begin + markers[0].length)}\n\n${text}\n\n${page.slice(end)}`);
});
