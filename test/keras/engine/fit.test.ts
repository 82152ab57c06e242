/** @file `fit`, `evaluate`, `predict` and their batches: order, streams, validation, callbacks, resets. */
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { feedArray } from "../../../src/backends/index.js";
import * as tf from "../../../src/index.js";
import type { Callback, Logs } from "../../../src/keras/contracts.js";
import type { BatchData } from "../../../src/keras/engine/training/options.js";
import {
  backend,
  callbacks,
  input,
  layers as L,
  losses,
  Model,
  optimizers,
  Sequential,
} from "../../../src/keras/index.js";
import { assertClose, numbersOf } from "../layers/support.js";
import { classes, numbers } from "./models.js";

beforeEach(() => backend.clearSession());

/** A model that gives what it takes, times a weight; its loss is 0 at weight 1. */
function linear(metrics: readonly "mae"[] = []): Sequential {
  const model = new Sequential([new L.Dense(1, { inputDim: 1, useBias: false, kernelInitializer: "zeros" })]);
  model.compile({ optimizer: new tf.train.GradientDescentOptimizer(0.1), loss: "mse", metrics });
  return model;
}
const column = (values: readonly number[]): tf.NdArray =>
  tf.NdArray.from(Float32Array.from(values)).reshape([values.length, 1]);

describe("the order of rows", () => {
  /** The batches that `fit` trains on, told by a layer that only passes them on. */
  async function seen(options: object, rows = 10): Promise<number[][]> {
    const model = linear();
    const batches: number[][] = [];
    const x = column(Array.from({ length: rows }, (_, i) => i));
    const spy = model.fit.bind(model);
    const session = backend.getSession();
    const makeCallable = session.makeCallable.bind(session);
    session.makeCallable = ((fetches: unknown, feeds: readonly tf.FeedKey[]) => {
      const run = makeCallable(fetches, feeds);
      const soon = (values: readonly tf.FeedValue[]) => {
        const [x] = values;
        batches.push(numbersOf(x instanceof tf.TakenRows ? feedArray(x, x.dtype) : (x as tf.NdArray)));
        return run.soon(values);
      };
      return { ...run, soon };
    }) as typeof session.makeCallable;
    await spy(x, x, { verbose: 0, ...options });
    return batches;
  }

  test("shuffled: every row once an epoch, in an order that the seed decides", async () => {
    const first = await seen({ batchSize: 4, epochs: 2, seed: 7 });
    assert.deepEqual(
      first.map(({ length }) => length),
      [4, 4, 2, 4, 4, 2],
    );
    for (const epoch of [first.slice(0, 3), first.slice(3)])
      assert.deepEqual(
        epoch.flat().sort((a, b) => a - b),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      );
    assert.notDeepEqual(first.slice(0, 3), first.slice(3));
    backend.clearSession();
    assert.deepEqual(await seen({ batchSize: 4, epochs: 2, seed: 7 }), first);
    backend.clearSession();
    assert.notDeepEqual(await seen({ batchSize: 4, epochs: 2, seed: 8 }), first);
  });

  test("not shuffled, and shuffled in batches", async () => {
    assert.deepEqual(await seen({ batchSize: 4, shuffle: false }), [
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    backend.clearSession();
    const chunks = await seen({ batchSize: 4, shuffle: "batch", seed: 1 }, 14);
    assert.deepEqual(chunks.at(-1), [12, 13]);
    for (const chunk of chunks)
      assert.deepEqual(
        chunk,
        chunk.map((_, i) => (chunk[0] as number) + i),
      );
  });

  test("the last part is held out before shuffling", async () => {
    const batches = await seen({ batchSize: 4, validationSplit: 0.35, seed: 1 });
    const trained = batches.slice(0, 2).flat();
    assert.deepEqual(
      trained.sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5],
    );
    assert.deepEqual(batches[2], [6, 7, 8, 9]);
  });
});

describe("callbacks", () => {
  test("hooks come in Keras's order, awaited, with the logs", async () => {
    const model = linear(["mae"]);
    const calls: string[] = [];
    const note =
      (name: string) =>
      async (...parameters: readonly unknown[]) => {
        await Promise.resolve();
        const logs = (typeof parameters[0] === "number" ? parameters[1] : parameters[0]) as Logs | undefined;
        calls.push(
          [name, ...(typeof parameters[0] === "number" ? [parameters[0]] : []), ...Object.keys(logs ?? {})].join(" "),
        );
      };
    const names = [
      "onTrainBegin",
      "onEpochBegin",
      "onTrainBatchBegin",
      "onTrainBatchEnd",
      "onTestBegin",
      "onTestBatchBegin",
      "onTestBatchEnd",
      "onTestEnd",
      "onEpochEnd",
      "onTrainEnd",
    ];
    const callback = Object.fromEntries(names.map((name) => [name, note(name)])) as Callback;
    const x = column([1, 2, 3]);
    await model.fit(x, x, { batchSize: 2, verbose: 0, callbacks: [callback], validationData: [x, x] });
    assert.deepEqual(calls, [
      "onTrainBegin",
      "onEpochBegin 0",
      "onTrainBatchBegin 0",
      "onTrainBatchEnd 0 loss mae",
      "onTrainBatchBegin 1",
      "onTrainBatchEnd 1 loss mae",
      "onTestBegin",
      "onTestBatchBegin 0",
      "onTestBatchEnd 0 loss mae",
      "onTestBatchBegin 1",
      "onTestBatchEnd 1 loss mae",
      "onTestEnd loss mae",
      "onEpochEnd 0 loss mae val_loss val_mae",
      "onTrainEnd loss mae val_loss val_mae",
    ]);
  });

  test("stopTraining ends after the batch, and EarlyStopping after the epoch", async () => {
    const model = linear();
    const x = column([1, 2, 3, 4]);
    let batches = 0;
    const stop: Callback = {
      onTrainBatchEnd: () => {
        model.stopTraining = ++batches === 3;
      },
    };
    const { epoch } = await model.fit(x, x, { batchSize: 1, epochs: 5, verbose: 0, callbacks: [stop] });
    assert.deepEqual([batches, epoch], [3, [0]]);
    const early = new callbacks.EarlyStopping({ monitor: "loss", patience: 1, minDelta: 1e9 });
    const history = await model.fit(x, x, { epochs: 9, verbose: 0, callbacks: [early] });
    assert.ok(history.epoch.length < 9);
  });

  test("epochs go on from initialEpoch, and validation follows its frequency", async () => {
    const model = linear();
    const x = column([1, 2]);
    const { epoch, history } = await model.fit(x, x, {
      epochs: 5,
      initialEpoch: 2,
      verbose: 0,
      validationData: [x, x],
      validationFreq: 2,
    });
    assert.deepEqual(epoch, [2, 3, 4]);
    assert.equal(history.val_loss?.length, 1);
  });
});

describe("what is reported", () => {
  test("the loss of an epoch is the mean over its rows, with the weights changing", async () => {
    const model = linear();
    const x = column([1, 1, 2]);
    const { history } = await model.fit(x, x, { batchSize: 2, shuffle: false, verbose: 0 });
    // At weight 0 the first batch has loss 1, its gradient is -2: the weight becomes 0.2, and (0.2 · 2 - 2)² = 2.56.
    assertClose(history.loss ?? [], [(1 * 2 + 2.56 * 1) / 3], 1e-6, "loss");
  });

  test("metrics begin anew each epoch, and with each batch by hand", async () => {
    const model = linear(["mae"]);
    model.compile({ optimizer: new tf.train.GradientDescentOptimizer(0), loss: "mse", metrics: ["mae"] });
    assert.deepEqual(await model.testOnBatch([[1]], [[1]]), [1, 1]);
    assert.deepEqual(await model.testOnBatch([[3]], [[3]]), [9, 3]);
    assert.deepEqual(await model.trainOnBatch([[2]], [[2]]), [4, 2]);
    assert.deepEqual(await model.testOnBatch([[3]], [[3]], { returnDict: true }), { loss: 9, mae: 3 });
    const { history } = await model.fit([[1], [3]], [[1], [3]], { epochs: 2, batchSize: 1, verbose: 0 });
    assert.deepEqual(history.mae, [2, 2]);
    assert.deepEqual(await model.evaluate([[1], [3]], [[1], [3]], { verbose: 0 }), [5, 2]);
    assert.deepEqual(model.metricsNames, ["loss", "mae"]);
  });

  test("the loss alone is a number", async () => {
    const model = linear();
    assert.equal(await model.evaluate([[2]], [[2]], { verbose: 0 }), 4);
    assert.equal(await model.trainOnBatch([[2]], [[2]]), 4);
    assert.ok(Math.abs((numbersOf(await model.predictOnBatch([[1]]))[0] as number) - 0.8) < 1e-6);
  });

  test("rows of weight 0 do not train, and count in the mean as Keras counts", async () => {
    const model = linear();
    const logs = await model.evaluate([[1], [2]], [[1], [2]], { verbose: 0, sampleWeight: [1, 0] });
    assert.equal(logs, 0.5);
    await model.fit([[1], [2]], [[1], [2]], { verbose: 0, sampleWeight: [0, 0] });
    assert.deepEqual(numbersOf((await model.getWeights())[0] as tf.NdArray), [0]);
  });
});

describe("streams of batches", () => {
  const batch = (value: number): BatchData => [column([value]), column([value])];

  test("arrays of batches, generators, asynchronous ones", async () => {
    const model = linear();
    const count = async (x: Parameters<typeof model.fit>[0], options: object = {}): Promise<number> => {
      let batches = 0;
      const callback: Callback = { onTrainBatchEnd: () => void batches++ };
      await model.fit(x as never, { verbose: 0, callbacks: [callback], ...options });
      return batches;
    };
    assert.equal(await count(new Set([batch(1), batch(2)]) as never, { epochs: 2 }), 4);
    assert.equal(
      await count(
        (function* () {
          yield batch(1);
          yield batch(2);
        })() as never,
      ),
      2,
    );
    const endless = async function* () {
      for (;;) yield batch(1);
    };
    assert.equal(await count(endless as never, { epochs: 3, stepsPerEpoch: 4 }), 12);
    const twice = function* () {
      yield batch(1);
      yield batch(2);
    };
    assert.equal(await count(twice as never, { epochs: 2, stepsPerEpoch: 1 }), 2);
  });

  test("one that runs out says so", async () => {
    const model = linear();
    const once = (function* () {
      yield batch(1);
    })();
    await assert.rejects(model.fit(once, { epochs: 2, verbose: 0 }), /The data ran out after 1 epoch/);
    await assert.rejects(model.fit([][Symbol.iterator]() as never, { verbose: 0 }), /The data has no batches/);
  });

  test("evaluate and predict take them too", async () => {
    const model = linear();
    assert.equal(await model.evaluate(new Set([batch(1), batch(3)]), { verbose: 0 }), 5);
    const inputs = new Set<BatchData>([[column([1, 2])], [column([3])]]);
    assert.deepEqual((await model.predict(inputs)).shape, [3, 1]);
    assert.deepEqual((await model.predict(column([1, 2, 3, 4]), { batchSize: 2, steps: 1 })).shape, [2, 1]);
  });
});

describe("data", () => {
  test("bytes and float64 become what the input is, batch by batch", async () => {
    const model = new Sequential([new L.Dense(1, { inputDim: 2, kernelInitializer: "ones" })]);
    const bytes = new tf.NdArray("uint8", [2, 2], Uint8Array.from([1, 2, 250, 5]));
    assert.deepEqual((await model.predict(bytes)).toArray(), [[3], [255]]);
    assert.deepEqual((await model.predict(new tf.NdArray("float64", [1, 2], Float64Array.from([0.5, 1])))).toArray(), [
      [1.5],
    ]);
  });

  test("a vector serves where the input has one feature, and as labels", async () => {
    const model = linear();
    assert.deepEqual((await model.predict(Float32Array.from([1, 2, 3]))).shape, [3, 1]);
    assert.equal(await model.evaluate([1, 3], [1, 3], { verbose: 0 }), 5);
  });

  test("arrays stay as they were", async () => {
    const model = linear();
    const x = column([1, 2, 3, 4, 5]);
    const copy = Float32Array.from(x.data as Float32Array);
    await model.fit(x, x, { batchSize: 2, epochs: 2, verbose: 0 });
    assert.deepEqual(x.data, copy);
  });

  test("several inputs by list and by name, one target missing its loss", async () => {
    const [a, b] = [input({ shape: [1], name: "a" }), input({ shape: [1], name: "b" })];
    const sum = new L.Add({ name: "sum" }).apply([a, b]);
    const half = new L.Dense(1, { name: "half", kernelInitializer: "ones" }).apply(sum);
    const model = new Model({ inputs: [a, b], outputs: [sum, half] });
    model.compile({ optimizer: "sgd", loss: { half: "mse" } });
    const logs = await model.evaluate({ b: [[2]], a: [[1]] }, { half: [[0]] }, { verbose: 0, returnDict: true });
    assert.deepEqual(logs, { loss: 9 });
  });
});

test("a model compiled anew begins with new metrics, and keeps its weights", async () => {
  const model = linear();
  await model.trainOnBatch([[1]], [[1]]);
  const [before] = await model.getWeights();
  model.compile({ optimizer: new optimizers.Adam(), loss: new losses.MeanAbsoluteError(), metrics: ["mse"] });
  assert.ok((await model.getWeights())[0]?.equals(before as tf.NdArray));
  assert.equal(((await model.evaluate([[1]], [[1]], { verbose: 0 })) as number[]).length, 2);
});

test("the same model in other sessions", async () => {
  const model = linear();
  await model.trainOnBatch([[1]], [[1]]);
  const [trained] = numbersOf((await model.getWeights())[0] as tf.NdArray);
  using other = new tf.Session();
  const [fresh] = await other.asDefault(async () => numbersOf((await model.getWeights())[0] as tf.NdArray));
  assert.ok(Math.abs((trained as number) - 0.2) < 1e-6);
  assert.equal(fresh, 0);
});

test("seeded runs draw the same weights, masks and order, so histories are equal", async () => {
  const run = async () => {
    backend.clearSession();
    tf.setRandomSeed(5);
    const model = new Sequential([
      new L.Dense(8, { activation: "relu", inputDim: 4 }),
      new L.Dropout(0.3),
      new L.Dense(3, { activation: "softmax" }),
    ]);
    model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
    const { history } = await model.fit(numbers([40, 4]), classes(40, 3), { epochs: 3, batchSize: 8, verbose: 0 });
    return history;
  };
  assert.deepEqual(await run(), await run());
});

test("callbacks set the learning rate that Keras 2's decay divides", async () => {
  const model = new Sequential([new L.Dense(1, { inputDim: 1, useBias: false, kernelInitializer: "zeros" })]);
  // The gradient is −1 at each step, so that the weight is the sum of the rates.
  model.compile({
    optimizer: new optimizers.SGD({ lr: 5, decay: 1 }),
    loss: (yTrue: tf.Tensor, yPred: tf.Tensor) => yTrue.sub(yPred) as tf.Tensor,
  });
  const scheduler = new callbacks.LearningRateScheduler((epoch, rate) => (epoch === 0 ? rate : rate / 2));
  const options = { epochs: 3, batchSize: 1, shuffle: false, verbose: 0, callbacks: scheduler } as const;
  const { history } = await model.fit([[1], [1]], [[0], [0]], options);
  assert.deepEqual(history.learning_rate, [5, 2.5, 1.25]);
  const [weight] = await model.getWeights();
  const sum = 5 / 1 + 5 / 2 + 2.5 / 3 + 2.5 / 4 + 1.25 / 5 + 1.25 / 6;
  assert.ok(Math.abs(Number(weight?.data[0]) - sum) < 1e-5, String(weight?.data[0]));
});
