/** @file What `fit` prints, byte for byte on a terminal and line by line elsewhere; and what callbacks are told. */
import assert from "node:assert/strict";
import * as tf from "../../src/index.js";
import * as tflearn from "../../src/tflearn/index.js";
import { inGraph, Recorder } from "./support.js";

const X = Array.from({ length: 10 }, (_, i) => [i / 10, 1]);
const Y = X.map(([x = 0]) => (x > 0.4 ? [1, 0] : [0, 1]));

function classifier(options: tflearn.RegressionOptions = {}, input = "InputData") {
  const x = tflearn.inputData({ shape: [null, 2], name: input });
  const output = tflearn.fullyConnected(x, 2, { activation: "softmax" });
  return tflearn.regression(output, { optimizer: new tflearn.SGD({ learningRate: 0.5 }), ...options });
}

inGraph("on a terminal each batch rewrites its lines, and a snapshot leaves them", async () => {
  // Weights with which some samples are right: an accuracy of 0 would look like the first averages.
  tf.setRandomSeed(4);
  const output = new Recorder(true);
  const model = new tflearn.DNN(classifier(), { output });
  await model.fit(X, Y, {
    nEpoch: 1,
    batchSize: 5,
    shuffle: false,
    validationSet: [X, Y],
    showMetric: true,
    runId: "ABC123",
  });
  const E = "\u001b";
  const expected = [
    `${"-".repeat(33)}\nRun id: ABC123\nLog directory: /tmp/tflearn_logs/\n${"-".repeat(33)}\n`,
    "Training samples: 10\nValidation samples: 10\n--\n",
    // The first averages are 0: that loss is not shown in the step's line.
    "Training Step: 1  | time: T\n",
    `${E}[2K\r| SGD | epoch: 001 | loss: 0.00000 - acc: 0.0000 -- iter: 05/10\n${E}[A${E}[A`,
    `Training Step: 2  | total loss: ${E}[1m${E}[32mN${E}[0m${E}[0m | time: T\n`,
    `${E}[2K\r| SGD | epoch: 001 | loss: N - acc: M | val_loss: N - val_acc: M -- iter: 10/10\n--\n`,
  ].join("");
  const actual = output.text
    .replaceAll(/time: \d+\.\d{3}s/g, "time: T")
    .replaceAll(/0\.0{4,5}\b|(\d+\.\d{5})|(\d+\.\d{4})/g, (all, loss, metric) => (loss ? "N" : metric ? "M" : all));
  assert.equal(actual, expected);
});

inGraph("elsewhere only snapshots are written, without escapes", async () => {
  const output = new Recorder();
  const model = new tflearn.DNN(classifier(), { output });
  await model.fit(X, Y, { nEpoch: 2, batchSize: 3, validationSet: 0.2 });
  assert.match(output.text, /^-{33}\nRun id: [A-Z0-9]{6}\nLog directory: \/tmp\/tflearn_logs\/\n-{33}\n/);
  assert.match(output.text, /\nTraining samples: 8\nValidation samples: 2\n--\n/);
  const lines = output.text.split("\n").slice(7);
  assert.equal(lines.length, 7);
  assert.match(lines[0] as string, /^Training Step: 3 {2}\| total loss: \d\.\d{5} \| time: \d+\.\d{3}s$/);
  assert.match(lines[1] as string, /^\| SGD \| epoch: 001 \| loss: \d\.\d{5} \| val_loss: \d\.\d{5} -- iter: 8\/8$/);
  assert.equal(lines[2], "--");
  assert.match(lines[4] as string, /^\| SGD \| epoch: 002 /);
  assert.deepEqual(lines.slice(5), ["--", ""]);
  assert.ok(!output.text.includes("\u001b") && !output.text.includes("\r"));
});

inGraph("without snapshots the last state is left at the end", async () => {
  const terminal = new Recorder(true);
  const plain = new Recorder();
  for (const output of [terminal, plain]) {
    await new tf.Graph().asDefault(async () => {
      const model = new tflearn.DNN(classifier({ metric: null }), { output });
      await model.fit(X, Y, { nEpoch: 1, snapshotEpoch: false });
    });
  }
  assert.ok(terminal.text.endsWith("\u001b[A\u001b[A\u001b[B\u001b[B--\n"));
  assert.match(plain.text, /iter: 10\/10\n--\n$/);
});

inGraph("several regressions have a line each and an average; names tell the metric", async () => {
  const output = new Recorder();
  classifier({ metric: new tflearn.metrics.TopK({ k: 1 }) }, "a");
  const net = classifier({ optimizer: new tflearn.Adam(), metric: new tflearn.metrics.TopK({ k: 1 }) }, "b");
  const model = new tflearn.DNN(net, { output });
  await model.fit({ a: X, b: X }, [Y, Y], {
    nEpoch: 1,
    batchSize: 5,
    showMetric: true,
    validationSet: [
      [X, X],
      [Y, Y],
    ],
  });
  assert.match(output.text, /Training samples: 20\nValidation samples: 20\n/);
  assert.match(output.text, /total loss: \d\.\d{5} - avg acc: \d\.\d{4} \| time/);
  assert.match(output.text, /\| SGD \| .* - top1: \d\.\d{4} \| val_loss: \d\.\d{5} - val_top1: \d\.\d{4} -- iter/);
  assert.match(output.text, /\| Adam \| epoch: 001/);
});

inGraph("a loss that is no number prints as nan", async () => {
  const output = new Recorder();
  const broken = classifier({ loss: (p) => tf.multiply(tf.reduceMean(p) as tf.Tensor, Number.NaN) as tf.Tensor });
  const model = new tflearn.DNN(broken, { output });
  await model.fit(X, Y, { nEpoch: 1, batchSize: 5 });
  assert.match(output.text, /total loss: nan \| time.*\n\| SGD \| epoch: 001 \| loss: nan --/);
});

// ---- callbacks ----

class Events extends tflearn.Callback {
  readonly told: string[] = [];
  constructor(private readonly stopAt = Number.POSITIVE_INFINITY) {
    super();
  }
  override onTrainBegin(): void {
    this.told.push("train begins");
  }
  override onEpochBegin({ epoch }: tflearn.TrainingState): void {
    this.told.push(`epoch ${epoch}`);
  }
  override async onBatchBegin({ step }: tflearn.TrainingState): Promise<void> {
    await Promise.resolve();
    this.told.push(`batch ${step}`);
  }
  override onSubBatchBegin(): void {
    this.told.push("sub");
  }
  override onSubBatchEnd(_: tflearn.TrainingState, index: number): void {
    this.told.push(`sub ${index} done`);
  }
  override onBatchEnd({ step }: tflearn.TrainingState, snapshot: boolean): void {
    this.told.push(`batch ${step} done${snapshot ? " with snapshot" : ""}`);
    if (step === this.stopAt) throw new tflearn.StopIteration();
  }
  override onEpochEnd(): void {
    this.told.push("epoch done");
  }
  override onTrainEnd(): void {
    this.told.push("train ends");
  }
}

inGraph("callbacks are told in the original's order", async () => {
  const model = new tflearn.DNN(classifier(), { output: null });
  const events = new Events();
  await model.fit(X, Y, { nEpoch: 1, batchSize: 5, callbacks: events });
  const batch = (step: number, end = ""): string[] => [
    `batch ${step}`,
    "sub",
    "sub 0 done",
    `batch ${step} done${end}`,
  ];
  const expected = ["train begins", "epoch 1", ...batch(1), ...batch(2, " with snapshot"), "epoch done", "train ends"];
  assert.deepEqual(events.told, expected);
  // Epochs and steps go on counting.
  const more = new Events();
  await model.fit(X, Y, { nEpoch: 1, batchSize: 10, callbacks: [more] });
  assert.deepEqual(more.told.slice(1, 3), ["epoch 2", "batch 3"]);
});

inGraph("StopIteration ends the training, another error too, and both tell the end", async () => {
  const model = new tflearn.DNN(classifier(), { output: null });
  const stopping = new Events(1);
  await model.fit(X, Y, { nEpoch: 9, batchSize: 5, callbacks: stopping });
  assert.deepEqual(stopping.told.slice(-2), ["batch 1 done", "train ends"]);
  const failing = new Events();
  failing.onEpochEnd = () => {
    throw new RangeError("enough");
  };
  await assert.rejects(model.fit(X, Y, { callbacks: failing }), /enough/);
  assert.equal(failing.told.at(-1), "train ends");
  // Neither leaves the model in training mode, or unable to train.
  assert.equal(await model.session.run(tflearn.getTrainingMode()), false);
  await model.fit(X, Y, { nEpoch: 1 });
});
