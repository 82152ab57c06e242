/**
 * @file A network by hand, at level 1: README's program, with its data and the number of epochs from the
 * command line. `npm run example raw-graph -- --data sample --epochs 5`
 */
import * as tf from "tensorstrata";
import { readDataSets } from "tensorstrata/datasets";
import { exampleOptions } from "./options.js";

const { source, epochs } = await exampleOptions({ epochs: 20 });

const mnist = await readDataSets(source, { oneHot: true });

const x = tf.placeholder("float32", [null, 784], { name: "pixels" });
const labels = tf.placeholder("float32", [null, 10], { name: "labels" });

const W1 = new tf.Variable(tf.truncatedNormal([784, 64], { stddev: 784 ** -0.5 }));
const b1 = new tf.Variable(tf.zeros([64]));
const hidden = tf.nn.sigmoid(tf.add(tf.matmul(x, W1), b1)); // or x.matmul(W1).add(b1).sigmoid()

const W2 = new tf.Variable(tf.truncatedNormal([64, 10], { stddev: 64 ** -0.5 }));
const b2 = new tf.Variable(tf.zeros([10]));
const logits = hidden.matmul(W2).add(b2); // Tensor<"float32", readonly [null, 10]>

const loss = tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogits({ logits, labels }));
const correct = tf.equal(tf.argmax(logits, 1), tf.argmax(labels, 1));
const accuracy = tf.reduceMean(tf.cast(correct, "float32"));
const train = new tf.train.GradientDescentOptimizer(0.5).minimize(loss);

using session = new tf.Session(); // closed when it goes out of scope
await session.run(tf.globalVariablesInitializer());
for (let epoch = 0; epoch < epochs; epoch++) {
  for (const batch of mnist.train.batches(64)) await session.run(train, { pixels: batch.images, labels: batch.labels });
  console.log(await session.run([loss, accuracy], { pixels: mnist.test.images, labels: mnist.test.labels }));
}
