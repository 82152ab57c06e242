/**
 * @file Exercise 4: one more hidden layer. Does it help?
 * `npm run example exercises/more-layers -- --steps 2000`
 */
import * as tf from "tensorstrata";
import {
  biasVariable,
  classifier,
  inputs,
  prepare,
  report,
  trainAndTest,
  weightVariable,
  workshopLogits,
} from "./common.js";

const { mnist, steps, seed } = await prepare(2000);

const two = await trainAndTest(mnist, { steps, seed }, () => {
  const { x, labels } = inputs();
  return classifier({ x, labels, logits: workshopLogits(x) });
});
report("hidden layers 50, 30", two);

const three = await trainAndTest(mnist, { steps, seed }, () => {
  const { x, labels } = inputs();
  const hidden1 = tf.nn.relu(tf.matmul(x, weightVariable([784, 50])).add(biasVariable([50])));
  const hidden2 = tf.nn.relu(tf.matmul(hidden1, weightVariable([50, 30])).add(biasVariable([30])));
  // A layer that does not follow on, as weightVariable([50, 20]) here, is an error in the editor:
  // "matmul: inner dimensions 30 and 50 differ".
  const hidden3 = tf.nn.relu(tf.matmul(hidden2, weightVariable([30, 20])).add(biasVariable([20])));
  const logits = tf.matmul(hidden3, weightVariable([20, 10])).add(biasVariable([10]));
  return classifier({ x, labels, logits });
});
report("hidden layers 50, 30, 20", three);
