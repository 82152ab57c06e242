/**
 * @file Exercise 8: L2 regularization. Half the sum of all squared weights, times lambda, joins the loss.
 * `npm run example exercises/l2 -- --steps 2000`
 */
import * as tf from "tensorstrata";
import { classifier, crossEntropy, descend, inputs, prepare, report, trainAndTest, workshopLogits } from "./common.js";

const { mnist, steps, seed } = await prepare(2000);

for (const lambda of [0, 1e-4, 1e-3, 1e-2]) {
  const results = await trainAndTest(mnist, { steps, seed, measuredOn: ["train", "test"] }, () => {
    const { x, labels } = inputs();
    const logits = workshopLogits(x);
    // Biases, which are vectors, are left alone.
    const weights = tf.trainableVariables().filter((variable) => variable.rank === 2);
    const penalty = tf.addN(weights.map((weight) => tf.nn.l2Loss(weight)));
    const loss = tf.add(crossEntropy(logits, labels), tf.multiply(penalty, lambda));
    return classifier({ x, labels, logits, loss, train: descend(loss) });
  });
  report(`lambda ${lambda}`, results);
}
console.log("A little keeps the weights small and the gap narrow; too much holds the network back.");
