/**
 * @file Question 2: why is there a non-linearity after the hidden layers, and none after the last?
 * `npm run example exercises/non-linearity -- --steps 2000`
 */
import * as tf from "tensorstrata";
import { classifier, inputs, linear, prepare, report, trainAndTest, workshopLogits } from "./common.js";

const { mnist, steps, seed } = await prepare(2000);

const relu = await trainAndTest(mnist, { steps, seed }, () => {
  const { x, labels } = inputs();
  return classifier({ x, labels, logits: workshopLogits(x) });
});
report("three layers with relu", relu);
const withoutRelu = await trainAndTest(mnist, { steps, seed }, () => {
  const { x, labels } = inputs();
  return classifier({ x, labels, logits: linear(linear(linear(x, 784, 50), 50, 30), 30, 10) });
});
report("three layers without", withoutRelu);
const single = await trainAndTest(mnist, { steps, seed }, () => {
  const { x, labels } = inputs();
  return classifier({ x, labels, logits: linear(x, 784, 10) });
});
report("a single layer", single);
console.log("Linear layers in a row are one linear layer: without relu between them, depth gains nothing.\n");

// The last layer's outputs are logits. Softmax keeps their order, so the answer is the same without it ...
using session = new tf.Session();
const logits = tf.constant([
  [2, -1, 0.5],
  [-1000, 1000, 0],
]);
const [ofLogits, ofProbabilities] = await session.run([tf.argmax(logits, 1), tf.argmax(tf.nn.softmax(logits), 1)]);
console.log(`answers from logits ${ofLogits.toArray()}, from probabilities ${ofProbabilities.toArray()}`);

// ... and the loss takes logits, since the logarithm of a probability that was rounded to 0 is lost.
const labels = tf.constant(
  [
    [1, 0, 0],
    [1, 0, 0],
  ],
  { dtype: "float32" },
);
const naive = tf.negative(tf.reduceSum(tf.multiply(labels, tf.log(tf.nn.softmax(logits))), 1));
const fused = tf.nn.softmaxCrossEntropyWithLogits({ logits, labels });
const [naiveLoss, fusedLoss] = await session.run([naive, fused]);
console.log(`loss from probabilities ${naiveLoss.toArray()}, from logits ${fusedLoss.toArray()}`);
