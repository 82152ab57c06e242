/**
 * @file Names that nobody gave: they count in their graph, whatever was built in others; and files of weights, which
 * know weights by their places, serve every model that is built alike, in this process or another.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import * as tf from "../../../src/index.js";
import * as keras from "../../../src/keras/index.js";
import { inTemporaryDirectory } from "../../platform/support.js";
import { makeModel, options, x, y } from "./saved-model.js";

const small = () => new keras.Sequential([new keras.layers.Dense(3, { inputDim: 2 }), new keras.layers.Dense(1)]);

test("names count in each graph by itself, and not in the process", () => {
  keras.backend.clearSession();
  const names = (): readonly string[] => {
    const model = small();
    const optimizer = new keras.optimizers.Adam();
    const metric = new keras.metrics.Precision();
    return [model.name, ...model.layers.map(({ name }) => name), optimizer.name, metric.name];
  };
  const first = ["sequential", "dense", "dense_1", "adam", "precision"];
  assert.deepEqual(names(), first);
  assert.deepEqual(names(), ["sequential_1", "dense_2", "dense_3", "adam_1", "precision_1"]);
  assert.deepEqual(new tf.Graph().asDefault(names), first);
  // What is built elsewhere in between does not count here.
  assert.deepEqual(names(), ["sequential_2", "dense_4", "dense_5", "adam_2", "precision_2"]);
  keras.backend.clearSession();
  assert.deepEqual(names(), first);
});

test("layers made inside a loop or branch are named as in the graph around it", () => {
  keras.backend.clearSession();
  const outside = new keras.layers.Dropout(0.5);
  let inside = "";
  tf.cond(
    tf.placeholder("bool", []),
    () => {
      const layer = new keras.layers.Dropout(0.5);
      inside = layer.name;
      return layer.apply(tf.zeros([1, 2]) as tf.Tensor);
    },
    () => tf.zeros([1, 2]) as tf.Tensor,
  );
  assert.deepEqual([outside.name, inside], ["dropout", "dropout_1"]);
});

test("the keys of a tf.train.Saver are those of the graph, whatever was built in others", () => {
  const keysOf = (): readonly string[] => {
    const model = small();
    model.compile({ optimizer: "sgd", loss: "mse" });
    return tf.globalVariables().map(({ op }) => op.name);
  };
  const expected = ["dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"];
  keras.backend.clearSession();
  small();
  assert.deepEqual(new tf.Graph().asDefault(keysOf).slice(0, 4), expected);
  assert.deepEqual(new tf.Graph().asDefault(keysOf).slice(0, 4), expected);
});

test("files of one process serve in another, and here beside other models", () =>
  inTemporaryDirectory(async (directory) => {
    const program = `import { trainAndStop } from ${JSON.stringify(new URL("./saved-model.js", import.meta.url).href)};
      await trainAndStop(${JSON.stringify(directory)});`;
    const flags = ["--conditions=tensorstrata-source", "--input-type=module", "--eval", program];
    const { status, stderr } = spawnSync(process.execPath, flags, { encoding: "utf8" });
    assert.equal(status, 0, stderr);

    keras.backend.clearSession();
    // Names are taken, and the optimizers' variables are many.
    for (const model of [small(), small()]) {
      model.compile({ optimizer: "adam", loss: "mse" });
      await model.fit([[1, 2]], [[3]], { verbose: 0 });
    }
    const [early, late] = [makeModel(), makeModel()];
    assert.notDeepEqual(
      late.layers.map(({ name }) => name),
      early.layers.map(({ name }) => name),
    );
    for (const [model, file] of [
      [early, "weights"],
      [late, "best"],
    ] as const)
      await model.loadWeights(join(directory, file));
    const values = async (model: ReturnType<typeof makeModel>) =>
      (await model.getWeights()).map(({ data }) => Array.from(data));
    assert.deepEqual(await values(late), await values(early));
    // Every weight came from the file: what a new model has is something else, but for what begins as it ends.
    const untrained = await values(makeModel());
    const trained = await values(late);
    assert.deepEqual(
      trained.map((weight, i) => JSON.stringify(weight) === JSON.stringify(untrained[i])),
      trained.map(() => false),
    );

    // With the optimizer's variables training goes on as it would have.
    const resumed = makeModel();
    const keep = new keras.callbacks.BackupAndRestore(join(directory, "backup"));
    const { epoch } = await resumed.fit(x, y, { ...options, callbacks: [keep] });
    assert.deepEqual(epoch, [1, 2]);
    await late.loadWeights(join(directory, "end"));
    assert.deepEqual(await values(resumed), await values(late));
  }));
