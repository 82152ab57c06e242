/** @file The progress bar against what Keras 3.12 wrote under the same clock, and Keras 2's format. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ArgumentError } from "../../../src/core/index.js";
import { ProgbarLogger } from "../../../src/keras/callbacks/index.js";
import { type NamedValue, Progbar, type ProgbarOptions } from "../../../src/keras/terminal/index.js";
import { defaultParams, Recorder } from "./stand-ins.js";

type Step = readonly [seconds: number, current: number, values: readonly NamedValue[], finalize?: boolean];

function draw(
  target: number | null,
  steps: readonly Step[],
  options: ProgbarOptions = {},
  stream = new Recorder(true),
) {
  let time = 0;
  const progbar = new Progbar(target, { ...options, stream, now: () => time * 1000 });
  for (const [seconds, current, values, finalize] of steps) {
    time = seconds;
    progbar.update(current, values, finalize);
  }
  return stream.written;
}
const bold = (text: string): string => `\u001b[1m${text}\u001b[0m`;
const bar = (done: number, width = 20): string =>
  `${done > 0 ? `\u001b[32m${"━".repeat(done)}\u001b[0m` : ""}\u001b[37m${"━".repeat(width - done)}\u001b[0m`;

const epoch: readonly Step[] = [
  [
    0.5,
    1,
    [
      ["accuracy", 0.125],
      ["loss", 2.25],
    ],
    false,
  ],
  [
    0.52,
    2,
    [
      ["accuracy", 0.2],
      ["loss", 2],
    ],
    false,
  ],
  [
    1.5,
    430,
    [
      ["accuracy", 0.5],
      ["loss", 0.0005],
    ],
    false,
  ],
  [
    2.6,
    860,
    [
      ["accuracy", 0.885],
      ["loss", 0.4783],
      ["val_loss", -0.25],
    ],
    true,
  ],
];

test("an epoch on a terminal is drawn as Keras 3 draws it, at most every 0.05 s", () => {
  assert.deepEqual(draw(860, epoch, { statelessMetrics: [] }), [
    `\r${bold("  1/860")} ${bar(0)} ${bold("7:09")} 500ms/step - accuracy: 0.1250 - loss: 2.2500`,
    `${"\b".repeat(78)}\r${bold("430/860")} ${bar(10)} ${bold("1s")} 2ms/step - accuracy: 0.5000 - loss: 5.0000e-04`,
    `${"\b".repeat(78)}\r${bold("860/860")} ${bar(20)} ${bold("3s")} 2ms/step - accuracy: 0.8850 - loss: 0.4783 - val_loss: -0.2500\n`,
  ]);
});

test("without a terminal there is the finished line alone, without escapes", () => {
  assert.deepEqual(draw(860, epoch, { statelessMetrics: [] }, new Recorder(false)), [
    `860/860 ${"━".repeat(20)} 3s 2ms/step - accuracy: 0.8850 - loss: 0.4783 - val_loss: -0.2500\n`,
  ]);
});

test("without colours the rest of the bar is a thinner line", () => {
  const [, second] = draw(860, epoch, { statelessMetrics: [] }, new Recorder(true, 1));
  assert.equal(
    second,
    `${"\b".repeat(78)}\r430/860 ${"━".repeat(10)}${"─".repeat(10)} 1s 2ms/step - accuracy: 0.5000 - loss: 5.0000e-04`,
  );
});

test("values are means over the steps, the last ones as they are", () => {
  const loss = (value: number): readonly NamedValue[] => [["loss", value]];
  assert.deepEqual(
    draw(3, [
      [1, 1, loss(1)],
      [2, 2, loss(2)],
      [3, 3, loss(9)],
    ]),
    [
      `\r${bold("1/3")} ${bar(6)} ${bold("2s")} 1s/step - loss: 1.0000`,
      `${"\b".repeat(50)}\r${bold("2/3")} ${bar(13)} ${bold("1s")} 1s/step - loss: 1.5000`,
      `${"\b".repeat(50)}\r${bold("3/3")} ${bar(20)} ${bold("3s")} 1s/step - loss: 9.0000\n`,
    ],
  );
  assert.match(
    draw(4, [
      [1, 1, loss(1)],
      [2, 3, loss(2)],
    ]).at(-1) ?? "",
    /0s\S+ 500ms\/step - loss: 1\.6667$/,
  );
  assert.match(
    draw(
      4,
      [
        [1, 1, loss(1)],
        [2, 3, loss(2)],
      ],
      { statefulMetrics: ["loss"] },
    ).at(-1) ?? "",
    /loss: 2\.0000$/,
  );
});

test("an unknown number of steps, and long remaining times", () => {
  assert.deepEqual(
    draw(
      null,
      [
        [1, 1, [["loss", 1]], false],
        [2, 2, [["loss", 2]], false],
      ],
      { statelessMetrics: [] },
    ),
    [
      `\r      1/Unknown ${bold("1s")} 1s/step - loss: 1.0000`,
      `${"\b".repeat(41)}\r      2/Unknown ${bold("2s")} 1s/step - loss: 2.0000`,
    ],
  );
  assert.deepEqual(
    draw(100, [
      [70, 1, []],
      [140, 2, []],
    ]),
    [
      `\r${bold("  1/100")} ${bar(0)} ${bold("1:55:30")} 70s/step`,
      `${"\b".repeat(45)}\r${bold("  2/100")} ${bar(0)} ${bold("1:54:20")} 70s/step`,
    ],
  );
});

test("a shorter line is padded over the longer one before it", () => {
  const written = draw(2, [
    [1, 1, [["loss", 0.0005]]],
    [2, 2, [["loss", 0.5]]],
  ]);
  assert.match(written.at(-1) ?? "", /loss: 0\.5000 {4}\n$/);
});

test("verbose 2 is one line; ties round to even", () => {
  const values: readonly NamedValue[] = [
    ["loss", 0.0312],
    ["x", -2],
    ["acc", 0.03125],
  ];
  assert.deepEqual(
    draw(
      860,
      [
        [1.2, 1, []],
        [1.4, 860, values],
      ],
      { verbose: 2, statelessMetrics: [] },
    ),
    ["860/860 - 1s - 233us/step - loss: 0.0312 - x: -2.0000e+00 - acc: 0.0312\n"],
  );
  assert.deepEqual(draw(860, [[1.4, 860, values]], { verbose: 0 }), []);
});

test("Keras 2 counts, draws an arrow and says ETA", () => {
  const options: ProgbarOptions = { style: "keras2", statelessMetrics: [] };
  assert.deepEqual(
    draw(
      55000,
      [
        [2.1, 11000, [["loss", 0.5]]],
        [
          10,
          55000,
          [
            ["loss", 0.4783],
            ["acc", 0.885],
          ],
        ],
      ],
      options,
    ),
    [
      `\r11000/55000 [=====>${".".repeat(24)}] - ETA: 8s - loss: 0.5000`,
      `${"\b".repeat(69)}\r55000/55000 [${"=".repeat(30)}] - 10s - loss: 0.4783 - acc: 0.8850\n`,
    ],
  );
  assert.deepEqual(draw(10, [[2.9, 10, [["loss", 0.5]]]], { ...options, verbose: 2 }), ["2s - loss: 0.5000\n"]);
});

test("stateful and stateless lists exclude each other", () => {
  assert.throws(() => new Progbar(1, { statefulMetrics: [], statelessMetrics: [] }), ArgumentError);
});

test("the logger prints epochs, sorts names, and is silent about validation inside fit", () => {
  const stream = new Recorder(false);
  const logger = new ProgbarLogger({ stream, now: () => 0 });
  logger.setParams({ ...defaultParams, epochs: 2, steps: 2 });
  logger.onTrainBegin();
  logger.onEpochBegin(0);
  logger.onTrainBatchEnd(0, { loss: 3, accuracy: 0 });
  logger.onTrainBatchEnd(1, { loss: 2, accuracy: 0.5 });
  logger.onTestBegin();
  logger.onTestBatchEnd(0, { loss: 7 });
  logger.onTestEnd({ loss: 7 });
  logger.onEpochEnd(0, { loss: 2, accuracy: 0.5, val_loss: 7 });
  logger.onTrainEnd();
  assert.equal(
    stream.text,
    `Epoch 1/2\n2/2 ${"━".repeat(20)} 0s 0s/step - accuracy: 0.5000 - loss: 2.0000 - val_loss: 7.0000\n`,
  );
});

test("evaluate and predict have bars of their own; a stopped epoch shows how far it came", () => {
  const stream = new Recorder(false);
  const logger = new ProgbarLogger({ stream, now: () => 0 });
  logger.setParams({ ...defaultParams, steps: null });
  logger.onTestBegin();
  logger.onTestBatchEnd(0, { loss: 7 });
  logger.onTestBatchEnd(1, { loss: 6 });
  logger.onTestEnd({ loss: 6 });
  logger.setParams({ ...defaultParams, steps: 4 });
  logger.onPredictBegin();
  logger.onPredictBatchEnd(0);
  logger.onPredictEnd();
  assert.equal(
    stream.text,
    `2/2 ${"━".repeat(20)} 0s 0s/step - loss: 6.0000\n1/4 ${"━".repeat(5)}${"─".repeat(15)} 0s 0s/step\n`,
  );
});

test("the logger in Keras 2's style counts samples", () => {
  const stream = new Recorder(false);
  const logger = new ProgbarLogger({ stream, style: "keras2", now: () => 0 });
  logger.setParams({ ...defaultParams, steps: 2, samples: 150, batchSize: 100 });
  logger.onTrainBegin();
  logger.onEpochBegin(0);
  logger.onTrainBatchEnd(0, { loss: 3, acc: 0 });
  logger.onTrainBatchEnd(1, { loss: 2, acc: 0.5 });
  logger.onEpochEnd(0, { loss: 2, acc: 0.5 });
  assert.equal(
    stream.text,
    `Train on 150 samples\nEpoch 1/1\n150/150 [${"=".repeat(30)}] - 0s - loss: 2.0000 - acc: 0.5000\n`,
  );
});
