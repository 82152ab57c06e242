/**
 * @file The same of every layer: it builds, it shares its weights, its regularizers count, and training
 * steps on every backend bring the loss down, alike on all of them.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { assertClose, backendNames, elements, inGraph, ramp } from "./support.js";

const { layers } = tf;
type Inputs = tf.Tensor<"float32">;
type Call = { readonly name?: string; readonly reuse?: boolean };

interface Case {
  readonly inputs: readonly number[];
  /** A layer, for `name` and `reuse`; seeded where it draws. */
  readonly build: (x: Inputs, options: Call) => tf.Tensor;
  /** Weights of the layer. */
  readonly weights: number;
}

const kernel = {
  kernelInitializer: tf.glorotUniformInitializer({ seed: 3 }),
  kernelRegularizer: tf.regularizers.l2(0.01),
};
const separable = {
  depthwiseInitializer: tf.glorotUniformInitializer({ seed: 3 }),
  pointwiseInitializer: tf.glorotUniformInitializer({ seed: 4 }),
  depthwiseRegularizer: tf.regularizers.l2(0.01),
};

const cases: Readonly<Record<string, Case>> = {
  dense: {
    inputs: [6, 5],
    weights: 2,
    build: (x, o) => layers.dense(x, 4, { ...kernel, activation: tf.nn.tanh, ...o }),
  },
  "dense without bias": {
    inputs: [6, 5],
    weights: 1,
    build: (x, o) => layers.dense(x, 4, { ...kernel, useBias: false, ...o }),
  },
  "dense of rank 3": { inputs: [4, 3, 5], weights: 2, build: (x, o) => layers.dense(x, 4, { ...kernel, ...o }) },
  conv1d: {
    inputs: [3, 9, 2],
    weights: 2,
    build: (x, o) => layers.conv1d(x, 3, 3, { ...kernel, activation: tf.nn.elu, ...o }),
  },
  conv2d: {
    inputs: [3, 7, 6, 2],
    weights: 2,
    build: (x, o) => layers.conv2d(x, 3, 3, { ...kernel, padding: "same", strides: 2, activation: tf.nn.relu, ...o }),
  },
  "conv2d, channels first": {
    inputs: [3, 2, 7, 6],
    weights: 2,
    build: (x, o) => layers.conv2d(x, 3, [3, 2], { ...kernel, dataFormat: "channels_first", ...o }),
  },
  separableConv2d: {
    inputs: [3, 6, 6, 2],
    weights: 3,
    build: (x, o) => layers.separableConv2d(x, 3, 3, { ...separable, depthMultiplier: 2, ...o }),
  },
  conv2dTranspose: {
    inputs: [3, 4, 3, 2],
    weights: 2,
    build: (x, o) => layers.conv2dTranspose(x, 3, 3, { ...kernel, strides: 2, padding: "same", ...o }),
  },
  batchNormalization: {
    inputs: [6, 5],
    weights: 2,
    build: (x, o) => layers.batchNormalization(x, { training: true, gammaRegularizer: tf.regularizers.l2(0.01), ...o }),
  },
};

for (const [name, { inputs, weights, build }] of Object.entries(cases))
  test(`${name}: shares, regularizes and trains, alike on ${backendNames.join(" and ")}`, async () => {
    await inGraph(async (graph) => {
      tf.setRandomSeed(7);
      const x = tf.placeholder("float32", [null, ...inputs.slice(1)]) as Inputs;
      const outputs = build(x, { name: "layer" });
      const variables = tf.trainableVariables();
      assert.equal(variables.length, weights);
      assert.equal(tf.losses.getRegularizationLosses().length, 1);
      const again = build(x, { name: "layer", reuse: true });
      assert.deepEqual(tf.trainableVariables(), variables);
      assert.equal(tf.losses.getRegularizationLosses().length, 1);

      // Each output is to become the first output of its own example, which every layer here can come closer to.
      const loss = tf.add(
        tf.reduceMean(tf.square(tf.subtract(outputs, 0.3) as tf.Tensor)),
        tf.losses.getRegularizationLoss() as tf.Tensor<"float32", readonly []>,
      );
      const step = new tf.train.GradientDescentOptimizer(0.1).minimize(loss as tf.Tensor);
      const init = tf.globalVariablesInitializer();
      const feeds = [[x, ramp(inputs, 5, 13)]] as const;
      const histories: number[][] = [];
      for (const device of backendNames) {
        using session = new tf.Session({ graph, device });
        await session.run(init);
        const [one, other] = await session.run([outputs, again], feeds);
        assert.deepEqual(elements(one), elements(other));
        const history: number[] = [];
        for (let i = 0; i < 10; i++) {
          history.push(elements(await session.run(loss as tf.Tensor, feeds))[0] as number);
          await session.run(step, feeds);
        }
        assert.ok(
          history.every((value, i) => i === 0 || value < (history[i - 1] as number)),
          `${device}: ${history}`,
        );
        histories.push(history);
      }
      for (const history of histories.slice(1)) assertClose(history, histories[0] as number[], "losses");
    });
  });

test("batch normalization learns the moments of its inputs, and predicts by them", async () => {
  for (const device of backendNames)
    await inGraph(async (graph) => {
      const x = tf.placeholder("float32", [null, 2]);
      const training = tf.placeholder("bool", []);
      const y = layers.batchNormalization(x, { training, momentum: 0.5 });
      const updates = tf.getCollection<tf.Operation>(tf.GraphKeys.UPDATE_OPS);
      const train = tf.withControlDependencies(updates, () =>
        new tf.train.GradientDescentOptimizer(0).minimize(tf.reduceSum(y) as tf.Tensor),
      );
      using session = new tf.Session({ graph, device });
      await session.run(tf.globalVariablesInitializer());
      const rows = tf.NdArray.from(
        [
          [1, 10],
          [3, 30],
        ],
        "float32",
      );
      for (let i = 0; i < 40; i++)
        await session.run(train, [
          [x, rows],
          [training, true],
        ]);
      // Means 2 and 20, variances 1 and 100: what is left of the beginning is 2⁻⁴⁰ of it.
      const predicted = elements(
        await session.run(y, [
          [x, rows],
          [training, false],
        ]),
      );
      const expected = [-1, -10, 1, 10].map((d, i) => d / Math.sqrt((i % 2 === 0 ? 1 : 100) + 0.001));
      assertClose(predicted, expected, device);
      assertClose(
        elements(
          await session.run(y, [
            [x, rows],
            [training, true],
          ]),
        ),
        expected,
        device,
      );
    });
});
