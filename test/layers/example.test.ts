/** @file `examples/layers.ts` learns the digits of the sample data. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

test("the example converges on the sample", async () => {
  const file = fileURLToPath(new URL("../../examples/layers.js", import.meta.url));
  const options = ["--data", "sample", "--epochs", "6", "--seed", "1"];
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...options]);
  const epochs = [...stdout.matchAll(/^\[ ([\d.]+), ([\d.]+) \]$/gm)].map(([, loss, accuracy]) => [
    Number(loss),
    Number(accuracy),
  ]);
  assert.equal(epochs.length, 6, stdout);
  const [first, last] = [epochs[0], epochs.at(-1)] as [number[], number[]];
  assert.ok((last[0] as number) < 0.7 * (first[0] as number) && (last[1] as number) > 0.88, stdout);
});
