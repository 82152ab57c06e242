/**
 * @file `node scripts/fuzz.mjs [--graphs 2000] [--seed 1] [--device native]`: random programs on every backend
 * (the native one only where asked for) against a reference that bounds the error of each element. The devices "wasm
 * with threads", "native with threads" and "native in turns" (threads in an order drawn anew between any two meetings)
 * are held against one thread of the same backend, bit by bit. Exits with 1 if one differs; `npm test` runs a few
 * hundred.
 */
import { parseArgs } from "node:util";
import { run, SetupError } from "./ensure.mjs";

await run(async () => {
  const { values } = parseArgs({
    options: {
      graphs: { type: "string", default: "2000" },
      seed: { type: "string", default: "1" },
      device: { type: "string" },
    },
  });
  const [graphs, seed] = [values.graphs, values.seed].map(Number);
  if (!(Number.isSafeInteger(graphs) && graphs > 0 && Number.isSafeInteger(seed)))
    throw new SetupError("--graphs and --seed take whole numbers, as in: node scripts/fuzz.mjs --graphs 2000 --seed 1");
  const { campaign, deviceNames } = await import("../dist/test/fuzz/campaign.js");
  if (values.device !== undefined && !deviceNames.includes(values.device))
    throw new SetupError(`--device is one of: ${deviceNames.join(", ")}`);
  const started = performance.now();
  const tally = { elements: 0, unbounded: 0 };
  const differences = await campaign(graphs, seed, (text) => console.log(text), tally, values.device);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const bounded = (100 * (1 - tally.unbounded / Math.max(1, tally.elements))).toFixed(1);
  console.log(`${graphs} graphs, ${differences} differences, ${seconds} s`);
  console.log(`${tally.elements} elements compared, ${bounded}% of them within a finite bound`);
  if (differences > 0) process.exitCode = 1;
});
