/** @file A few hundred random programs on the backends; `scripts/fuzz.mjs` runs as many as wanted. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { campaign } from "./campaign.js";
import { newTally } from "./compare.js";

test("random programs agree with the reference on every backend", async () => {
  const tally = newTally();
  const reports: string[] = [];
  await campaign(300, 1, (text) => reports.push(text), tally);
  assert.equal(reports.join("\n"), "");
  // Overflows and jumps leave elements without a bound; were they the rule, the test would see nothing.
  assert.ok(tally.elements > 50_000, `${tally.elements} elements compared`);
  assert.ok(tally.unbounded < 0.15 * tally.elements, `${tally.unbounded} of ${tally.elements} have no bound`);
});
