/**
 * @file Exercise 5: dropout. The probability to keep a unit is a placeholder, since it is 1 for testing.
 * `npm run example exercises/dropout -- --steps 2000`
 */
import * as tf from "tensorstrata";
import { classifier, inputs, linear, prepare, report, trainAndTest } from "./common.js";

const { mnist, steps, seed } = await prepare(2000);

for (const kept of [1, 0.75, 0.5]) {
  const results = await trainAndTest(mnist, { steps, seed, measuredOn: ["train", "test"] }, () => {
    const { x, labels } = inputs();
    const keepProb = tf.placeholder("float32", [], { name: "keep_prob" });
    const hidden1 = tf.nn.dropout(tf.nn.relu(linear(x, 784, 50)), keepProb);
    const hidden2 = tf.nn.dropout(tf.nn.relu(linear(hidden1, 50, 30)), keepProb);
    return classifier({
      x,
      labels,
      logits: linear(hidden2, 30, 10),
      trainingFeeds: () => [[keepProb, kept]],
      testFeeds: [[keepProb, 1]],
    });
  });
  report(`keep ${kept}`, results);
}
console.log("Dropout narrows the gap between training and test; a network this small mostly just learns more slowly.");
