/** @file Callbacks on a model that stands in for a trained one: when they stop, save and write, and what they say. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ArgumentError, FailedPreconditionError, UnimplementedError } from "../../../src/core/index.js";
import { Callback, CSVLogger, EarlyStopping, History, ModelCheckpoint } from "../../../src/keras/callbacks/index.js";
import { floatText, formatTemplate } from "../../../src/keras/terminal/index.js";
import { ModelStandIn, outputOf, train } from "./stand-ins.js";

const directory = mkdtempSync(join(tmpdir(), "strata-callbacks-"));
after(() => rmSync(directory, { recursive: true, force: true }));

const epochsOf = (name: string, values: readonly number[]) => values.map((value) => ({ [name]: value }));

test("the history has every value by name, and goes on over several fits", async () => {
  const history = new History();
  await train(new ModelStandIn(), [history], [{ loss: 3 }, { loss: 2, val_loss: 4 }]);
  assert.deepEqual([history.epoch, history.history], [[0, 1], { loss: [3, 2], val_loss: [4] }]);
  await train(new ModelStandIn(), [history], [{ loss: 1 }]);
  assert.deepEqual([history.epoch, history.history.loss], [[0], [3, 2, 1]]);
});

test("a callback without a model says how to give it one", () => {
  class Mine extends Callback {}
  assert.throws(
    () => new Mine().model,
    (error) => error instanceof FailedPreconditionError && /Mine.*no model/.test(error.message),
  );
});

test("early stopping ends at the patience-th epoch without improvement; 0 and 1 are alike", async () => {
  for (const [patience, expected] of [
    [0, 3],
    [1, 3],
    [2, 4],
    [3, 6],
  ] as const) {
    const stopping = new EarlyStopping({ patience });
    const ran = await train(
      new ModelStandIn(),
      [stopping],
      epochsOf("val_loss", [3, 2, 2.5, 2.4, 1.9, 2, 1.95, 2.1].slice(0, 6)),
    );
    assert.equal(ran, expected, `patience ${patience}`);
  }
});

test("early stopping restores the best weights and says so", async () => {
  const model = new ModelStandIn();
  const stopping = new EarlyStopping({ patience: 2, restoreBestWeights: true, verbose: 1 });
  const { out } = await outputOf(() => train(model, [stopping], epochsOf("val_loss", [3, 1, 2, 2, 0])));
  assert.equal(out, "Epoch 4: early stopping\nRestoring model weights from the end of the best epoch: 2.\n");
  assert.deepEqual([model.weight, stopping.bestEpoch, stopping.stoppedEpoch, stopping.best], [1, 1, 3, 1]);
});

test("the direction follows the metric; minDelta, baseline and startFromEpoch hold", async () => {
  const stop = async (options: ConstructorParameters<typeof EarlyStopping>[0], name: string, values: number[]) =>
    train(new ModelStandIn(), [new EarlyStopping(options)], epochsOf(name, values));
  assert.equal(await stop({ monitor: "val_accuracy" }, "val_accuracy", [0.1, 0.2, 0.3]), 3);
  assert.equal(await stop({ monitor: "digits_accuracy" }, "digits_accuracy", [0.3, 0.2, 0.1]), 2);
  assert.equal(await stop({ minDelta: -0.5 }, "val_loss", [3, 2.6, 2.2]), 2);
  assert.equal(await stop({ baseline: 1, patience: 2 }, "val_loss", [3, 2.5, 2, 0.5]), 4);
  assert.equal(await stop({ startFromEpoch: 2 }, "val_loss", [1, 2, 3, 2.5, 2.6]), 5);
  assert.equal(await stop({}, "val_loss", [1, Number.NaN, 0.5]), 2);
  await assert.rejects(
    stop({ monitor: "distance" }, "distance", [1]),
    (error) => error instanceof ArgumentError && /distance.*\n.*mode: 'max'/.test(error.message),
  );
});

test("a value that is missing is a warning, not an end", async () => {
  const { err } = await outputOf(() => train(new ModelStandIn(), [new EarlyStopping()], [{ loss: 1, acc: 0 }]));
  assert.match(err, /^Warning: Early stopping conditioned on metric 'val_loss' .* loss,acc\n$/);
});

test("a checkpoint is written each epoch under the template's name", async () => {
  const model = new ModelStandIn();
  const path = join(directory, "deep/er/{epoch:02d}-{val_loss:.2f}.keras");
  await train(model, [new ModelCheckpoint(path)], epochsOf("val_loss", [0.5, 0.125]));
  assert.deepEqual(model.saved, [join(directory, "deep/er/01-0.50.keras"), join(directory, "deep/er/02-0.12.keras")]);
});

test("the best alone is saved, and the messages are Keras's", async () => {
  const model = new ModelStandIn();
  const path = join(directory, "best.weights.h5");
  const checkpoint = new ModelCheckpoint(path, { saveBestOnly: true, saveWeightsOnly: true, verbose: 1 });
  const { out } = await outputOf(() => train(model, [checkpoint], epochsOf("val_loss", [0.5, 0.6, 0.25])));
  assert.deepEqual([model.saved.length, checkpoint.best], [2, 0.25]);
  assert.equal(
    out,
    `\nEpoch 1: val_loss improved from None to 0.50000, saving model to ${path}\n` +
      `\nEpoch 1: finished saving model to ${path}\n` +
      "\nEpoch 2: val_loss did not improve from 0.50000\n" +
      `\nEpoch 3: val_loss improved from 0.50000 to 0.25000, saving model to ${path}\n` +
      `\nEpoch 3: finished saving model to ${path}\n`,
  );
});

test("a best value whose saving failed does not count as saved", async () => {
  const model = new ModelStandIn();
  model.save = () => Promise.reject(new Error("disk full"));
  const checkpoint = new ModelCheckpoint(join(directory, "a.keras"), { saveBestOnly: true });
  await assert.rejects(train(model, [checkpoint], epochsOf("val_loss", [0.5])), /disk full/);
  assert.equal(checkpoint.best, null);
});

test("saveFreq counts batches over epochs", async () => {
  const model = new ModelStandIn();
  const checkpoint = new ModelCheckpoint(join(directory, "{epoch}-{batch}.keras"), { saveFreq: 3 });
  checkpoint.setModel(model.asTrained);
  for (let epoch = 0; epoch < 2; epoch++) {
    checkpoint.onEpochBegin(epoch);
    for (let batch = 0; batch < 4; batch++) await checkpoint.onTrainBatchEnd(batch, {});
  }
  assert.deepEqual(model.saved, [join(directory, "1-3.keras"), join(directory, "2-2.keras")]);
});

test("checkpoints refuse wrong endings, directories, unknown fields and models that cannot save", async () => {
  assert.throws(() => new ModelCheckpoint("model.ckpt"), /must end in \.keras/);
  assert.throws(() => new ModelCheckpoint("m.keras", { saveWeightsOnly: true }), /\.weights\.h5/);
  assert.throws(() => new ModelCheckpoint("m.keras", { saveFreq: 0.5 }), /saveFreq/);
  const run = (path: string, model = new ModelStandIn()) => train(model, [new ModelCheckpoint(path)], [{ loss: 1 }]);
  await assert.rejects(run("{val_loss}.keras"), /'val_loss'[\s\S]*use one of epoch, loss/);
  const taken = join(directory, "taken.keras");
  mkdirSync(taken);
  await assert.rejects(run(taken), /taken\.keras.*that is a directory/);
  const mute = new ModelStandIn();
  mute.save = undefined;
  await assert.rejects(run(join(directory, "b.keras"), mute), UnimplementedError);
});

test("the table has sorted columns, every epoch at once, and NA for what is missing", async () => {
  const path = join(directory, "log.csv");
  const seen: string[] = [];
  class Reader extends Callback {
    override onEpochEnd() {
      seen.push(readFileSync(path, "utf8"));
    }
  }
  await train(
    new ModelStandIn(),
    [new CSVLogger(path), new Reader()],
    [
      { val_loss: 1, loss: 0.00001, accuracy: 0.5 },
      { loss: Number.NaN, accuracy: 1 },
    ],
  );
  assert.equal(seen[0], "epoch,accuracy,loss,val_loss\r\n0,0.5,1e-05,1.0\r\n");
  assert.equal(seen[1], `${seen[0]}1,1.0,nan,NA\r\n`);
});

test("a table is begun anew or added to, without a second header", async () => {
  const path = join(directory, "more.csv");
  writeFileSync(path, "old");
  const run = (append: boolean) =>
    train(new ModelStandIn(), [new CSVLogger(path, { append, separator: ";" })], [{ loss: 2 }]);
  await run(false);
  assert.equal(readFileSync(path, "utf8"), "epoch;loss;val_loss\r\n0;2.0;NA\r\n");
  await run(true);
  assert.equal(readFileSync(path, "utf8"), "epoch;loss;val_loss\r\n0;2.0;NA\r\n0;2.0;NA\r\n");
  assert.throws(() => new CSVLogger(path, { separator: "::" }), ArgumentError);
});

test("templates and numbers are Python's", () => {
  const values = { epoch: 7, loss: 0.000123, big: 12 };
  assert.equal(
    formatTemplate("{epoch}-{epoch:03d}-{loss:.4f}-{loss:.1e}-{big:8.2f}-{big:08.2f}-{big}", values, ["epoch"]),
    "7-007-0.0001-1.2e-04-   12.00-00012.00-12.0",
  );
  assert.throws(() => formatTemplate("{loss:x}", values), /format 'x'/);
  assert.deepEqual([1, 0.1, 1e-4, 1.5e-5, 1e16, Number.POSITIVE_INFINITY].map(floatText), [
    "1.0",
    "0.1",
    "0.0001",
    "1.5e-05",
    "1e+16",
    "inf",
  ]);
});
