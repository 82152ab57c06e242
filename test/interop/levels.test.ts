/**
 * @file One network at four levels: with the same initial weights and the same batches, raw graph, layers,
 * TFLearn and Keras have the same losses, step by step.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { readDataSets } from "tensorstrata/datasets";
import * as keras from "tensorstrata/keras";
import * as tflearn from "tensorstrata/tflearn";

const steps = 60;
const batchSize = 64;
const { train } = await readDataSets("sample", { oneHot: true, seed: 5, log: null });
const batches = Array.from({ length: steps }, () => {
  const { images, labels } = train.nextBatch(batchSize);
  return {
    images,
    labels: tf.NdArray.from(Float32Array.from(labels.data)).reshape(labels.shape) as tf.NdArray<"float32">,
  };
});
/** Kernels and biases every level starts from. */
const initial = await new tf.Graph().asDefault(async (graph) => {
  const tensors = [
    tf.truncatedNormal([784, 64], { stddev: 784 ** -0.5, seed: 1 }),
    tf.zeros([64]),
    tf.truncatedNormal([64, 10], { stddev: 64 ** -0.5, seed: 2 }),
    tf.zeros([10]),
  ];
  using session = new tf.Session({ graph });
  return (await session.run(tensors as tf.Tensor[])) as tf.NdArray[];
});

/** Losses before each of the steps, of a program over placeholders. */
async function losses(
  build: (x: tf.Tensor<"float32">, y: tf.Tensor<"float32">) => tf.Tensor<"float32">,
): Promise<number[]> {
  return new tf.Graph().asDefault(async (graph) => {
    const x = tf.placeholder("float32", [null, 784]) as tf.Tensor<"float32">;
    const y = tf.placeholder("float32", [null, 10]) as tf.Tensor<"float32">;
    const loss = build(x, y);
    const update = new tf.train.GradientDescentOptimizer(0.5).minimize(loss);
    const variables = tf.trainableVariables();
    const initializer = tf.globalVariablesInitializer();
    using session = new tf.Session({ graph });
    await session.run(initializer);
    for (const [i, variable] of variables.entries()) await variable.load(initial[i] as tf.NdArray, session);
    const curve: number[] = [];
    for (const { images, labels } of batches) {
      const [value] = (await session.run([loss, update] as never, [
        [x, images],
        [y, labels],
      ])) as [number];
      curve.push(value);
    }
    return curve;
  });
}
const crossEntropy = (logits: tf.Tensor<"float32">, labels: tf.Tensor<"float32">): tf.Tensor<"float32"> =>
  tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogits({ logits, labels })) as tf.Tensor<"float32">;

test("raw graph, layers, TFLearn and Keras agree on every loss", async () => {
  const raw = await losses((x, y) => {
    const W1 = new tf.Variable(tf.zeros([784, 64]));
    const b1 = new tf.Variable(tf.zeros([64]));
    const W2 = new tf.Variable(tf.zeros([64, 10]));
    const b2 = new tf.Variable(tf.zeros([10]));
    const hidden = tf.sigmoid(tf.add(tf.matmul(x, W1), b1));
    return crossEntropy(tf.add(tf.matmul(hidden, W2), b2) as tf.Tensor<"float32">, y);
  });
  const layers = await losses((x, y) => {
    const input = tf.reshape(x, [-1, 784]);
    const hidden = tf.layers.dense(input, 64, { activation: tf.nn.sigmoid });
    return crossEntropy(tf.layers.dense(hidden, 10) as tf.Tensor<"float32">, y);
  });
  const learn = await losses((x, y) => {
    const input = tf.reshape(x, [-1, 784]) as tf.Tensor<"float32">;
    const hidden = tflearn.fullyConnected(input, 64, { activation: "sigmoid" });
    const probabilities = tflearn.fullyConnected(hidden, 10, { activation: "softmax" });
    return tflearn.objectives.categoricalCrossentropy(probabilities as never, y as never) as tf.Tensor<"float32">;
  });
  const model = await new tf.Graph().asDefault(async () => {
    const network = new keras.Sequential([
      new keras.layers.Dense(64, { activation: "sigmoid", inputDim: 784 }),
      new keras.layers.Dense(10, { activation: "softmax" }),
    ]);
    network.compile({ loss: "categorical_crossentropy", optimizer: new tf.train.GradientDescentOptimizer(0.5) });
    await network.setWeights(initial);
    const curve: number[] = [];
    for (const { images, labels } of batches) curve.push(Number(await network.trainOnBatch(images, labels)));
    return curve;
  });
  assert.ok((raw.at(-1) as number) < (raw[0] as number) / 2, "it learns");
  for (const [name, curve] of Object.entries({ layers, learn, model })) {
    assert.equal(curve.length, steps);
    // Cross entropy of probabilities rounds otherwise than that of logits: about 1e-6 a step, which adds up.
    curve.forEach((loss, step) => {
      const wanted = raw[step] as number;
      assert.ok(Math.abs(loss - wanted) <= 2e-5 * Math.max(1, wanted), `${name}, step ${step}: ${loss}, raw ${wanted}`);
    });
  }
});
