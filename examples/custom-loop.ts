/**
 * @file A training loop of one's own: layers of Keras, and the raw graph for all the rest: a decaying rate,
 * clipped gradients, batches. `npm run example custom-loop -- --epochs 2`
 */
import * as tf from "tensorstrata";
import { readDataSets } from "tensorstrata/datasets";
import * as keras from "tensorstrata/keras";
import { exampleOptions } from "./options.js";

const { source, epochs, seed } = await exampleOptions({ epochs: 5 });

const mnist = await readDataSets(source, { oneHot: true, seed });
const stepsPerEpoch = Math.ceil(mnist.train.numExamples / 64);

const x = tf.placeholder("float32", [null, 784], { name: "pixels" });
const labels = tf.placeholder("float32", [null, 10], { name: "labels" });

// Layers are applied to any tensor. Twice, with the same weights: dropout is for training alone.
const layers = [
  new keras.layers.Dense(128, { activation: "relu" }),
  new keras.layers.Dropout(0.2),
  new keras.layers.Dense(10),
];
const logitsFor = (training: boolean) =>
  layers.reduce((tensor: tf.Tensor, layer) => layer.apply(tensor, { training }), x) as tf.Tensor<
    "float32",
    readonly [null, 10]
  >;
const lossOf = (logits: tf.Tensor<"float32", readonly [null, 10]>) =>
  tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogits({ logits, labels }));
const [trainLoss, logits] = [lossOf(logitsFor(true)), logitsFor(false)];
const testLoss = lossOf(logits);
const accuracy = tf.reduceMean(tf.cast(tf.equal(tf.argmax(logits, 1), tf.argmax(labels, 1)), "float32"));

// Momentum whose rate halves each epoch, with gradients that are scaled down where they are long together.
const globalStep = tf.train.getOrCreateGlobalStep();
const rate = tf.train.exponentialDecay(0.1, globalStep, stepsPerEpoch, 0.5);
const optimizer = new tf.train.MomentumOptimizer(rate, 0.9);
const variables = tf.trainableVariables();
const [clipped, norm] = tf.clipByGlobalNorm(tf.gradients(trainLoss, variables), 1);
const pairs = variables.map((variable, i) => [clipped[i] ?? null, variable] as const);
const train = optimizer.applyGradients(pairs, { globalStep });

using session = new tf.Session();
await session.run(tf.globalVariablesInitializer());
for (let epoch = 1; epoch <= epochs; epoch++) {
  let longest = 0;
  for (const batch of mnist.train.batches(64)) {
    const values = await session.run({ train, norm }, { pixels: batch.images, labels: batch.labels });
    longest = Math.max(longest, Number(values.norm));
  }
  const test = { pixels: mnist.test.images, labels: mnist.test.labels };
  const result = await session.run({ loss: testLoss, accuracy, rate }, test);
  console.log(
    `Epoch ${epoch}: loss ${result.loss.toFixed(4)}, accuracy ${result.accuracy.toFixed(4)}, ` +
      `rate now ${result.rate.toFixed(4)}, longest gradient ${longest.toFixed(2)}`,
  );
}
