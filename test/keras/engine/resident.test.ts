/** @file Data that `fit` keeps in the session for several epochs: the same training to the bit, and memory given back. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Random } from "../../../src/core/random.js";
import * as tf from "../../../src/index.js";
import type { BatchData } from "../../../src/keras/engine/training/options.js";
import { backend, callbacks, layers, Sequential } from "../../../src/keras/index.js";
import { numbersOf } from "../layers/support.js";

beforeEach(() => {
  backend.clearSession();
  backend.setDevice("wasm");
});

const rows = 50;
const random = new Random(4);
const pixels = Uint8Array.from({ length: rows * 6 }, () => random.integer(256));
const labels = Int32Array.from({ length: rows }, () => random.integer(3));
const weights = Float32Array.from({ length: rows }, () => 0.5 + random.uniform());
const x = tf.NdArray.from(pixels).reshape([rows, 6]);
const y = tf.NdArray.from(labels).reshape([rows, 1]);

function network(): Sequential {
  const model = new Sequential([
    new layers.Dense(8, { inputDim: 6, activation: "tanh", kernelInitializer: "ones" }),
    new layers.Dense(3, { activation: "softmax", kernelInitializer: "glorot_uniform" }),
  ]);
  model.compile({
    optimizer: new tf.train.AdamOptimizer(0.01),
    loss: "sparse_categorical_crossentropy",
    metrics: ["accuracy"],
  });
  return model;
}

async function trained(train: (model: Sequential, watch: object) => Promise<unknown>): Promise<unknown[]> {
  backend.clearSession();
  tf.getDefaultGraph().seed = 11;
  const model = network();
  const batches: unknown[] = [];
  const watch = { onTrainBatchEnd: (batch: number, logs: object) => void batches.push([batch, { ...logs }]) };
  await train(model, watch);
  const values = await Promise.all(model.weights.map((weight) => backend.getValue(weight)));
  return [batches, values.map((value) => numbersOf(value))];
}

test("arrays trained on over several epochs give to the bit what their batches give one by one", async () => {
  const options = { batchSize: 16, verbose: 0 as const, shuffle: false, sampleWeight: weights };
  const resident = await trained((model, watch) => model.fit(x, y, { ...options, epochs: 3, callbacks: [watch] }));
  const epochs = await trained(async (model, watch) => {
    for (let epoch = 0; epoch < 3; epoch++)
      await model.fit(x, y, { ...options, epochs: epoch + 1, initialEpoch: epoch, callbacks: [watch] });
  });
  const streamed = await trained((model, watch) => {
    function* batches() {
      for (let at = 0; at < rows; at += 16) {
        const end = Math.min(at + 16, rows);
        const part = tf.NdArray.from(weights.slice(at, end));
        yield [tf.NdArray.from(x.rows(at, end), "float32"), y.rows(at, end), part] as BatchData;
      }
    }
    return model.fit(batches as () => Iterable<BatchData>, { verbose: 0, epochs: 3, callbacks: [watch] });
  });
  assert.equal((resident[0] as unknown[]).length, 12);
  assert.deepEqual(resident, epochs);
  assert.deepEqual(resident, streamed);
});

test("rows in random order give to the bit what they give as batches of that order", async () => {
  const fitted = await trained((model, watch) =>
    model.fit(x, y, { batchSize: 16, verbose: 0, epochs: 3, seed: 7, callbacks: [watch] }),
  );
  const order = new Random(7);
  const pick = (array: tf.NdArray, at: readonly number[]): tf.NdArray =>
    tf.NdArray.from(at.map((row) => numbersOf(array.rows(row, row + 1)))).reshape([at.length, ...array.shape.slice(1)]);
  const streamed = await trained((model, watch) => {
    function* batches() {
      const all = [...order.permutation(rows)];
      for (let from = 0; from < rows; from += 16) {
        const at = all.slice(from, from + 16);
        yield [pick(x, at), tf.NdArray.from(pick(y, at), "int32")] as BatchData;
      }
    }
    return model.fit(batches as () => Iterable<BatchData>, { verbose: 0, epochs: 3, callbacks: [watch] });
  });
  assert.equal((fitted[0] as unknown[]).length, 12);
  assert.deepEqual(fitted, streamed);
});

test("the memory serves again once a fit is over, also one that failed", async () => {
  const model = network();
  const many = 20_000;
  const [images, classes] = [new Float32Array(many * 6), new Int32Array(many)];
  const data = tf.NdArray.from(images).reshape([many, 6]);
  const options = { batchSize: 5000, epochs: 2, verbose: 0 as const };
  await model.fit(data, classes, options);
  const session = backend.getSession();
  const { memoryUsage } = session;
  class Broken extends callbacks.Callback {
    override onTrainBatchEnd(): void {
      throw new RangeError("mine");
    }
  }
  for (let i = 0; i < 10; i++) {
    await assert.rejects(model.fit(data, classes, { ...options, callbacks: [new Broken()] }), RangeError);
    await model.fit(data, classes, options);
  }
  assert.equal(session.memoryUsage, memoryUsage);
});
