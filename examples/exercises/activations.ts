/**
 * @file Exercise 1: tanh and sigmoid units in place of relu. How does the accuracy change?
 * `npm run example exercises/activations -- --steps 2000`
 */
import * as tf from "tensorstrata";
import { classifier, inputs, linear, prepare, report, trainAndTest } from "./common.js";

const { mnist, steps, seed } = await prepare(2000);

const { relu, tanh, sigmoid } = tf.nn;
for (const [name, activation] of Object.entries({ relu, tanh, sigmoid })) {
  const results = await trainAndTest(mnist, { steps, seed }, () => {
    const { x, labels } = inputs();
    const hidden1 = activation(linear(x, 784, 50));
    const hidden2 = activation(linear(hidden1, 50, 30));
    return classifier({ x, labels, logits: linear(hidden2, 30, 10) });
  });
  report(name, results);
}
console.log("Sigmoid learns slowest: its gradient is at most 1/4, and each layer multiplies by it once more.");
