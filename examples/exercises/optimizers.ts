/**
 * @file Exercise 6: momentum and other optimizers. Which gets furthest in the same number of steps?
 * `npm run example exercises/optimizers -- --steps 1000`
 */
import * as tf from "tensorstrata";
import { classifier, crossEntropy, inputs, prepare, report, trainAndTest, workshopLogits } from "./common.js";

const { mnist, steps, seed } = await prepare(1000);

const optimizers: Record<string, () => tf.train.Optimizer> = {
  "gradient descent 0.1": () => new tf.train.GradientDescentOptimizer(0.1),
  "momentum 0.1, 0.9": () => new tf.train.MomentumOptimizer(0.1, 0.9),
  "Nesterov 0.1, 0.9": () => new tf.train.MomentumOptimizer(0.1, 0.9, { useNesterov: true }),
  "Adagrad 0.1": () => new tf.train.AdagradOptimizer(0.1),
  "Adadelta 1": () => new tf.train.AdadeltaOptimizer(1),
  "RMSProp 0.001": () => new tf.train.RMSPropOptimizer(0.001),
  "Adam 0.001": () => new tf.train.AdamOptimizer(0.001),
};
for (const [name, makeOptimizer] of Object.entries(optimizers)) {
  const results = await trainAndTest(mnist, { steps, seed }, () => {
    const { x, labels } = inputs();
    const logits = workshopLogits(x);
    const loss = crossEntropy(logits, labels);
    return classifier({ x, labels, logits, loss, train: makeOptimizer().minimize(loss) });
  });
  report(name, results);
}
