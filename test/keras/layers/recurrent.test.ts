/** @file Recurrent layers against Keras 3's own numbers, on every backend; configs, training and misuse. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as tf from "tensorstrata";
import * as keras from "tensorstrata/keras";
import { backendNames } from "../../../src/backends/index.js";
import { golden } from "./recurrent-golden.js";

const { Bidirectional, GRU, LSTM, SimpleRNN } = keras.layers;
const filled = (shape: readonly number[], start: number): tf.NdArray =>
  new tf.NdArray(
    "float32",
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 1.7 + start) / 2),
  );
const mask = [
  [true, true, false, false],
  [true, false, true, true],
];

type Recurrent = InstanceType<typeof LSTM> | InstanceType<typeof Bidirectional>;
const cases: Readonly<Record<string, () => unknown>> = {
  rnn: () => new SimpleRNN(2),
  "rnn seq back": () => new SimpleRNN(2, { returnSequences: true, goBackwards: true }),
  lstm: () => new LSTM(2),
  "lstm state seq": () => new LSTM(2, { returnSequences: true, returnState: true }),
  "lstm mask": () => new LSTM(2, { returnSequences: true }),
  gru: () => new GRU(2),
  "gru before": () => new GRU(2, { resetAfter: false }),
  "gru mask": () => new GRU(2),
  bi: () => new Bidirectional(new LSTM(2, { returnSequences: true })),
  "bi sum": () => new Bidirectional(new GRU(2), { mergeMode: "sum" }),
};
const numbers = (nested: unknown): number[] => (nested as unknown[]).flat(Number.POSITIVE_INFINITY) as number[];
/** The goldens carry six decimals for outputs and five for gradients; the rest is float32. */
const near = (got: number, wanted: number, tolerance: number, what: string): void =>
  assert.ok(Math.abs(got - wanted) <= tolerance * Math.max(1, Math.abs(wanted)), `${what}: ${got}, expected ${wanted}`);

for (const device of backendNames)
  describe(`recurrent layers on ${device}`, () => {
    for (const [name, make] of Object.entries(cases))
      test(`${name}: outputs and gradients are Keras's`, () =>
        new tf.Graph().asDefault(async (graph) => {
          const expected = golden[name];
          assert.ok(expected !== undefined);
          const x = tf.placeholder("float32", [null, null, 3]) as tf.Tensor;
          const layer = make() as Recurrent;
          const applied = layer.apply(x, { mask: name.includes("mask") ? (tf.constant(mask) as tf.Tensor) : null });
          const outputs = (Array.isArray(applied) ? applied : [applied]) as tf.Tensor[];
          const loss = tf.addN(outputs.map((y) => tf.reduceSum(tf.square(y)) as tf.Tensor));
          const variables = tf.trainableVariables();
          const gradients = tf.gradients(loss, [x, ...variables]) as tf.Tensor[];
          assert.deepEqual(
            variables.map((v) => [...v.shape]),
            expected.shapes,
          );
          using session = new tf.Session({ graph, device });
          const initializer = tf.globalVariablesInitializer();
          await session.run(initializer);
          for (const [i, variable] of variables.entries())
            await variable.load(filled(variable.shape as readonly number[], i + 1), session);
          const [values, [gx, ...gw]] = (await session.run([outputs, gradients], [[x, filled([2, 4, 3], 0.3)]])) as [
            tf.NdArray[],
            tf.NdArray[],
          ];
          values.forEach((value, k) => {
            for (const [i, wanted] of numbers(expected.outputs[k]).entries())
              near(Number(value.data[i]), wanted, 2e-6, `output ${k}[${i}]`);
          });
          for (const [i, wanted] of numbers(expected.gx).entries())
            near(Number(gx?.data[i]), wanted, 2e-5, `gradient of x[${i}]`);
          gw.forEach((g, k) => {
            const sum = Array.from(g.data as Float32Array, Math.abs).reduce((a, b) => a + b, 0);
            near(sum, expected.gsum[k] as number, 1e-4, `gradient of weight ${k}`);
          });
        }));

    test("an LSTM learns which of two tones a sequence has", () =>
      new tf.Graph().asDefault(async (graph) => {
        const x = tf.placeholder("float32", [null, 12, 1]) as tf.Tensor;
        const y = tf.placeholder("float32", [null, 2]);
        const hidden = new LSTM(8, {
          dropout: 0.1,
          recurrentDropout: 0.1,
          seed: 3,
          kernelInitializer: new keras.initializers.GlorotUniform({ seed: 1 }),
        });
        const state = hidden.apply(x, { training: true }) as tf.Tensor<"float32">;
        const W = new tf.Variable(tf.truncatedNormal([8, 2], { stddev: 0.3, seed: 2 }));
        const logits = tf.matmul(state, W) as tf.Tensor<"float32">;
        const loss = tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogits({ logits, labels: y }));
        const train = new tf.train.AdamOptimizer(0.02).minimize(loss);
        const initializer = tf.globalVariablesInitializer();
        using session = new tf.Session({ graph, device });
        await session.run(initializer);
        const rows = 16;
        const tone = (row: number, step: number): number => Math.sin(step * (row % 2 === 0 ? 0.5 : 1.4) + row);
        const data = new tf.NdArray(
          "float32",
          [rows, 12, 1],
          Float32Array.from({ length: rows * 12 }, (_, i) => tone(Math.floor(i / 12), i % 12)),
        );
        const labels = new tf.NdArray(
          "float32",
          [rows, 2],
          Float32Array.from({ length: rows * 2 }, (_, i) => Number(Math.floor(i / 2) % 2 === i % 2)),
        );
        const feeds = [
          [x, data],
          [y, labels],
        ] as const;
        const before = Number(await session.run(loss, feeds));
        for (let step = 0; step < (device === "interpreter" ? 25 : 80); step++) await session.run(train, feeds);
        const after = Number(await session.run(loss, feeds));
        assert.ok(after < before * 0.85, `loss ${before} to ${after}`);
      }));
  });

test("the state of one layer can start another", () =>
  new tf.Graph().asDefault(async (graph) => {
    const x = tf.placeholder("float32", [null, 5, 3]) as tf.Tensor;
    const [, h, c] = new LSTM(4, { returnState: true }).apply(x) as tf.Tensor[];
    const decoded = new LSTM(4, { returnSequences: true }).apply([x, h, c] as tf.Tensor[]) as tf.Tensor;
    assert.deepEqual(
      decoded.partialShape,
      [null, null, 4].map((_, i) => (i === 2 ? 4 : (decoded.partialShape?.[i] ?? null))),
    );
    const initializer = tf.globalVariablesInitializer();
    using session = new tf.Session({ graph });
    await session.run(initializer);
    const value = (await session.run(decoded, [[x, filled([2, 5, 3], 0)]])) as tf.NdArray;
    assert.deepEqual(value.shape, [2, 5, 4]);
  }));

test("configs make the same layer again", () => {
  new tf.Graph().asDefault(() => {
    const layers = [
      new SimpleRNN(3, { activation: "relu", name: "simple" }),
      new LSTM(3, { returnSequences: true, unitForgetBias: false, dropout: 0.2, name: "long" }),
      new GRU(3, { resetAfter: false, goBackwards: true, name: "gated" }),
      new Bidirectional(new GRU(2, { name: "both" }), { mergeMode: "ave", name: "sides" }),
    ];
    for (const layer of layers) {
      const again = (layer.constructor as unknown as { fromConfig(c: unknown): { getConfig(): unknown } }).fromConfig(
        layer.getConfig(),
      );
      assert.deepEqual(again.getConfig(), layer.getConfig());
    }
  });
});

test("misuse of recurrent layers", () => {
  new tf.Graph().asDefault(() => {
    const { ArgumentError, ShapeError } = tf.errors;
    assert.throws(() => new LSTM(0), ArgumentError);
    assert.throws(
      () => new LSTM(2).apply(tf.placeholder("float32", [null, 3]) as tf.Tensor),
      (e) => e instanceof ShapeError && /batch, steps, features/.test(e.message),
    );
    assert.throws(
      () => new Bidirectional(new keras.layers.Dense(2) as never),
      (e) => e instanceof ArgumentError && /recurrent layer/.test(e.message),
    );
    const x = tf.placeholder("float32", [null, 4, 3]) as tf.Tensor;
    assert.throws(
      () => new LSTM(2).apply([x, x]),
      (e) => e instanceof ArgumentError && /carries 2 states/.test(e.message),
    );
  });
});

test("both directions give zeros for the steps that a mask skips, as Keras's", () =>
  new tf.Graph().asDefault(async (graph) => {
    const layer = new Bidirectional(new GRU(2, { returnSequences: true }));
    const x = tf.placeholder("float32", [null, null, 3]) as tf.Tensor;
    const y = layer.apply(x, { mask: tf.constant(mask) as tf.Tensor }) as tf.Tensor;
    const plain = new GRU(2, { returnSequences: true, zeroOutputForMask: true });
    assert.equal(GRU.fromConfig(plain.getConfig()).zeroOutputForMask, true);
    const initializer = tf.globalVariablesInitializer();
    const wanted = [
      -0.0369922, -0.0334704, 0.0573451, 0.1053091, -0.15047, -0.2071586, 0.1094998, 0.1701815, 0, 0, 0, 0, 0, 0, 0, 0,
      0.0998694, -0.1120001, -0.2229267, 0.1867793, 0, 0, 0, 0, -0.0587423, -0.2088383, 0.1178304, 0.2312471,
      -0.1248705, -0.4269471, 0.0403937, 0.2258592,
    ];
    for (const device of backendNames) {
      using session = new tf.Session({ graph, device });
      await session.run(initializer);
      for (const [i, variable] of layer.weights.entries())
        await variable.load(filled(variable.shape as readonly number[], i + 1), session);
      const value = (await session.run(y, [[x, filled([2, 4, 3], 0.3)]])) as tf.NdArray;
      for (const [i, number] of wanted.entries()) near(Number(value.data[i]), number, 2e-6, `${device}: output[${i}]`);
    }
  }));
