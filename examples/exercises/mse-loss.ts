/**
 * @file Exercise 3: the mean squared error as loss, in place of cross-entropy.
 * `npm run example exercises/mse-loss -- --steps 2000`
 */
import * as tf from "tensorstrata";
import { classifier, descend, inputs, prepare, report, trainAndTest, workshopLogits } from "./common.js";

const { mnist, steps, seed } = await prepare(2000);

type Rows = tf.Tensor<"float32", readonly [null, 10]>;

/** Mean over rows and classes of the squared distance between probabilities and labels. */
const mseLoss = (logits: Rows, labels: Rows) => tf.reduceMean(tf.square(tf.subtract(tf.nn.softmax(logits), labels)));

report(
  "cross-entropy, rate 0.1",
  await trainAndTest(mnist, { steps, seed }, () => {
    const { x, labels } = inputs();
    return classifier({ x, labels, logits: workshopLogits(x) });
  }),
);
for (const learningRate of [0.1, 1]) {
  const results = await trainAndTest(mnist, { steps, seed }, () => {
    const { x, labels } = inputs();
    const logits = workshopLogits(x);
    const loss = mseLoss(logits, labels);
    return classifier({ x, labels, logits, loss, train: descend(loss, learningRate) });
  });
  report(`MSE, rate ${learningRate}`, results);
}
console.log("The squared error's gradient is smaller, all the more where the network is sure and wrong.");
