/**
 * @file The network of `raw-graph` from layers, at level 2: they make their own weights.
 * `npm run example layers -- --data sample --epochs 5`
 */
import * as tf from "tensorstrata";
import { readDataSets } from "tensorstrata/datasets";
import { exampleOptions } from "./options.js";

const { source, epochs, seed } = await exampleOptions({ epochs: 20 });

const mnist = await readDataSets(source, { oneHot: true, seed });

const x = tf.placeholder("float32", [null, 784], { name: "pixels" });
const labels = tf.placeholder("float32", [null, 10], { name: "labels" });

const hidden = tf.layers.dense(x, 64, {
  activation: tf.nn.sigmoid,
  kernelInitializer: tf.truncatedNormalInitializer({ stddev: 784 ** -0.5 }),
});
const logits = tf.layers.dense(hidden, 10, {
  kernelInitializer: tf.truncatedNormalInitializer({ stddev: 64 ** -0.5 }),
}); // Tensor<"float32", readonly [null, 10]>

const loss = tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogits({ logits, labels }));
const correct = tf.equal(tf.argmax(logits, 1), tf.argmax(labels, 1));
const accuracy = tf.reduceMean(tf.cast(correct, "float32"));
const train = new tf.train.GradientDescentOptimizer(0.5).minimize(loss);

using session = new tf.Session();
await session.run(tf.globalVariablesInitializer());
for (let epoch = 0; epoch < epochs; epoch++) {
  for (const batch of mnist.train.batches(64)) await session.run(train, { pixels: batch.images, labels: batch.labels });
  console.log(await session.run([loss, accuracy], { pixels: mnist.test.images, labels: mnist.test.labels }));
}
