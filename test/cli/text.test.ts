/** @file How numbers, progress and commands are written; which classes count as confused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hardestClasses } from "../../src/cli/confusion.js";
import { Meter } from "../../src/cli/meter.js";
import { formatCount, formatDuration, formatMetric, formatMilliseconds, formatPython } from "../../src/cli/numbers.js";
import { progressText } from "../../src/cli/progress-text.js";
import { commandLine } from "../../src/cli/replay.js";
import { type Plan, planTraining, type Step } from "../../src/cli/training.js";
import { NdArray } from "../../src/core/index.js";

test("metrics have four decimals, or an exponent from 0.001 down", () => {
  const cases: [number, string][] = [
    [0.91734, "0.9173"],
    [2.3, "2.3000"],
    [0.0011, "0.0011"],
    [0.001, "1.0000e-03"],
    [0.00082, "8.2000e-04"],
    [0, "0.0000e+00"],
    [-0.5, "-0.5000"],
    [3.5e20, "3.5000e+20"],
    [Number.NaN, "nan"],
    [Number.NEGATIVE_INFINITY, "-inf"],
  ];
  for (const [value, text] of cases) assert.equal(formatMetric(value), text);
});

test("floats are printed as Python prints them", () => {
  // repr() of each value in CPython 3.
  const cases: [number, string][] = [
    [1, "1.0"],
    [0, "0.0"],
    [-0, "-0.0"],
    [0.07999999821186066, "0.07999999821186066"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1.5e-7, "1.5e-07"],
    [1e15, "1000000000000000.0"],
    [1e16, "1e+16"],
    [1.25e100, "1.25e+100"],
    [Number.POSITIVE_INFINITY, "inf"],
    [Number.NaN, "nan"],
  ];
  for (const [value, text] of cases) assert.equal(formatPython(value), text);
});

test("counts, times and paces are short", () => {
  assert.deepEqual([999, 1000, 9949, 412_345, 999_499, 999_500].map(formatCount), [
    "999",
    "1.0k",
    "9.9k",
    "412k",
    "999k",
    "1.0M",
  ]);
  assert.deepEqual([0, 4400, 59_499, 59_500, 64_000].map(formatDuration), ["0s", "4s", "59s", "1m00s", "1m04s"]);
  assert.deepEqual([0.534, 1.94, 126.2].map(formatMilliseconds), ["0.53ms", "1.9ms", "126ms"]);
});

const plan: Plan = {
  batchSize: 64,
  seed: 1,
  unit: "epochs",
  totalSteps: 17_200,
  stepsPerEpoch: 860,
  rounds: 20,
};
const step: Step = {
  number: 2 * 860 + 512,
  round: 3,
  inRound: 512,
  roundSteps: 860,
  examples: 64,
  loss: 0.28412,
  accuracy: 0.91734,
};
const progress = {
  step,
  loss: 0.28412,
  accuracy: 0.91734,
  milliseconds: 4000,
  millisecondsPerStep: 1.9,
  examplesPerSecond: 412_000,
};

test("the progress line is the one that is documented", () => {
  assert.equal(
    progressText(progress, plan, Number.POSITIVE_INFINITY),
    "Epoch  3/20 ━━━━━━━━━━━━────────  512/860  4s  1.9ms/step  412k ex/s  loss 0.2841  acc 0.9173",
  );
});

test("on a narrow terminal the bar and the pace give way and the metrics stay", () => {
  for (let columns = 40; columns <= 120; columns++) {
    const text = progressText(progress, plan, columns);
    assert.ok(text.length <= columns, `${text.length} > ${columns}: ${text}`);
    assert.match(text, /^Epoch {2}3\/20.*loss 0\.2841 {2}acc 0\.9173$/);
  }
});

test("a meter averages over the examples of a round", () => {
  let now = 100;
  const meter = new Meter(() => now);
  meter.startRound();
  now = 110;
  meter.add({ ...step, inRound: 1, examples: 60, loss: 1, accuracy: 0.5 });
  now = 120;
  const second = meter.add({ ...step, inRound: 2, examples: 20, loss: 2, accuracy: 1 });
  assert.deepEqual(
    [second.loss, second.accuracy, second.milliseconds, second.millisecondsPerStep, second.examplesPerSecond],
    [1.25, 0.625, 20, 10, 4000],
  );
  const next = meter.add({ ...step, round: 4, inRound: 1, examples: 10, loss: 3, accuracy: 0 });
  assert.deepEqual([next.loss, next.accuracy], [3, 0]);
});

test("a plan counts the steps, the last epoch cut short where steps are given", () => {
  const common = { examples: 55_000, batchSize: 64, seed: 1, unit: "epochs" } as const;
  assert.deepEqual(planTraining({ ...common, length: { epochs: 20 } }), plan);
  const short = planTraining({ ...common, length: { steps: 1000 } });
  assert.deepEqual([short.totalSteps, short.rounds], [1000, 2]);
});

test("the classes recognised worst come first, with what they were taken for", () => {
  const predictions = NdArray.from([0, 1, 1, 2, 1, 2, 0, 2], "int32");
  const labels = NdArray.from([0, 1, 1, 2, 2, 2, 2, 0], "uint8");
  assert.deepEqual(hardestClasses(predictions, labels, 5), [
    {
      label: 0,
      examples: 2,
      recognised: 0.5,
      mistakenFor: [{ label: 2, count: 1 }],
    },
    {
      label: 2,
      examples: 4,
      recognised: 0.5,
      mistakenFor: [
        { label: 0, count: 1 },
        { label: 1, count: 1 },
      ],
    },
  ]);
});

test("commands are quoted for a shell, and unset options left out", () => {
  assert.equal(
    commandLine("strata train", ["raw", ["--data", "it's here"], ["--seed", 3], ["--device", undefined]]),
    "strata train raw --data 'it'\\''s here' --seed 3",
  );
});
