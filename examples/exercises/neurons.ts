/**
 * @file Exercise 2: more and fewer units in the hidden layers. How do the accuracies on training and test
 * data, and the gap between them, change? `npm run example exercises/neurons -- --steps 2000`
 */
import * as tf from "tensorstrata";
import { classifier, inputs, linear, prepare, report, trainAndTest } from "./common.js";

const { mnist, steps, seed } = await prepare(2000);

for (const width of [5, 20, 50, 200]) {
  const results = await trainAndTest(mnist, { steps, seed, measuredOn: ["train", "test"] }, () => {
    const { x, labels } = inputs();
    const hidden1 = tf.nn.relu(linear(x, 784, width));
    const hidden2 = tf.nn.relu(linear(hidden1, width, width));
    return classifier({ x, labels, logits: linear(hidden2, width, 10) });
  });
  report(`${width} units a layer`, results);
}
console.log("With more units the network learns its training data better; the test gains less and less from it.");
