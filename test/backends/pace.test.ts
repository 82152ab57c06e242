/** @file The choice between all threads and one, on a clock of the test's own. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Pace } from "../../src/backends/pace.js";

/** Runs so often; returns how many of the runs were on all threads. */
function runs(count: number, cost: (together: boolean, run: number) => number): number {
  let clock = 0;
  let shared = 0;
  const pace = new Pace(() => clock);
  for (let run = 0; run < count; run++) {
    const result = pace.run((together) => {
      clock += cost(together, run);
      if (together) shared++;
      return together ? 1 : 2;
    });
    assert.ok(result === 1 || result === 2, "what the program returned");
  }
  return shared;
}

describe("pace", () => {
  test("all threads, where they are faster, but for a few trials", () => {
    const shared = runs(10_000, (together) => (together ? 5 : 9));
    assert.ok(shared > 9_850 && shared < 10_000, `${shared}`);
  });

  test("one thread, where the others have no processor of their own", () => {
    const shared = runs(10_000, (together) => (together ? 30 : 9));
    assert.ok(shared > 0 && shared < 100, `${shared}`);
  });

  test("a machine that becomes busy, and idle again, is noticed", () => {
    const busy = (run: number): boolean => run >= 3_000 && run < 20_000;
    const choices: boolean[] = [];
    runs(60_000, (together, run) => {
      choices[run] = together;
      return together ? (busy(run) ? 30 : 5) : 9;
    });
    const share = (from: number, to: number): number => choices.slice(from, to).filter(Boolean).length / (to - from);
    assert.ok(share(0, 3_000) > 0.9);
    assert.ok(share(12_000, 20_000) < 0.1);
    assert.ok(share(35_000, 60_000) > 0.9);
  });

  test("a machine that becomes busy is noticed within some runs", () => {
    const choices: boolean[] = [];
    runs(4_000, (together, run) => {
      choices[run] = together;
      return together ? (run >= 2_000 ? 30 : 5) : 9;
    });
    assert.ok(choices.slice(1_500, 2_000).filter(Boolean).length > 480);
    assert.ok(choices.slice(2_070, 2_500).filter(Boolean).length < 30);
  });

  test("where both ways become slower, the better one goes on", () => {
    const shared = runs(10_000, (together, run) => (together ? 5 : 9) * (run >= 2_000 ? 4 : 1));
    assert.ok(shared > 9_800, `${shared}`);
  });

  test("a pause, after which all is slow for a while, changes nothing", () => {
    const cold = (run: number): number => (run % 1_000 < 12 ? 3 : 1);
    const shared = runs(20_000, (together, run) => (together ? 5 : 7) * cold(run));
    assert.ok(shared > 19_000, `${shared}`);
  });

  test("a long program is not kept on trial", () => {
    const shared = runs(40, (together) => (together ? 50 : 90));
    assert.equal(shared, 40 - 3, "three runs on one thread, and no more");
    assert.equal(
      runs(40, (together) => (together ? 90 : 50)),
      3,
      "three runs on all threads, and no more",
    );
  });

  test("a single slow run changes nothing", () => {
    const shared = runs(2_000, (together, run) => (together ? 5 : 9) + (run % 7 === 3 ? 1000 : 0));
    assert.ok(shared > 1_900, `${shared}`);
  });
});
