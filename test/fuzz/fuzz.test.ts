/** @file A few hundred random programs on the backends; `scripts/fuzz.mjs` runs as many as wanted. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { platform } from "../../src/platform/node.js";
import { campaign } from "./campaign.js";
import { newTally } from "./compare.js";
import { MeetingCount } from "./sharing.js";

test("random programs agree with the reference on every backend", async () => {
  const tally = newTally();
  const reports: string[] = [];
  await campaign(300, 1, (text) => reports.push(text), tally);
  assert.equal(reports.join("\n"), "");
  // Overflows and jumps leave elements without a bound; were they the rule, the test would see nothing.
  assert.ok(tally.elements > 50_000, `${tally.elements} elements compared`);
  assert.ok(tally.unbounded < 0.15 * tally.elements, `${tally.unbounded} of ${tally.elements} have no bound`);
});

test("random programs compute the same bits on three threads of WebAssembly as on one", async () => {
  const [tally, meetings] = [newTally(), new MeetingCount()];
  const reports: string[] = [];
  await campaign(40, 1, (text) => reports.push(text), tally, "wasm with threads", meetings.startThread);
  assert.equal(reports.join("\n"), "");
  assert.ok(tally.elements > 500_000, `${tally.elements} elements compared`);
  assert.ok(meetings.total > 200, `the threads met ${meetings.total} times`);
});

const toolchain = platform.toolchain();

test("random programs compute the same bits on native threads, which take turns or do not, as on one", {
  skip: "missing" in toolchain && toolchain.missing,
}, async () => {
  const tally = newTally();
  const reports: string[] = [];
  // The last two once rounded otherwise where the compiler knew that one thread computes all of a sum.
  for (const [device, seeds] of [
    ["native with threads", [3, 4]],
    ["native in turns", [3, 4, 1095, 1110]],
  ] as const)
    for (const seed of seeds) await campaign(1, seed, (text) => reports.push(text), tally, device);
  assert.equal(reports.join("\n"), "");
  assert.ok(tally.elements > 50_000, `${tally.elements} elements compared`);
});
