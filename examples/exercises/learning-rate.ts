/**
 * @file Exercise 7: a learning rate that decays, once fed through a placeholder and once computed from a
 * global step. `npm run example exercises/learning-rate -- --steps 2000`
 */
import * as tf from "tensorstrata";
import { classifier, crossEntropy, descend, inputs, prepare, report, trainAndTest, workshopLogits } from "./common.js";

const { mnist, steps, seed } = await prepare(2000);
const first = 0.3;
/** Halves four times on the way. */
const decaySteps = steps / 4;
const decayRate = 0.5;

for (const rate of [0.1, first]) {
  const results = await trainAndTest(mnist, { steps, seed }, () => {
    const { x, labels } = inputs();
    const logits = workshopLogits(x);
    const loss = crossEntropy(logits, labels);
    return classifier({ x, labels, logits, loss, train: descend(loss, rate) });
  });
  report(`constant ${rate}`, results);
}

const fed = await trainAndTest(mnist, { steps, seed }, () => {
  const { x, labels } = inputs();
  const learningRate = tf.placeholder("float32", [], { name: "learning_rate" });
  const logits = workshopLogits(x);
  const loss = crossEntropy(logits, labels);
  const train = new tf.train.GradientDescentOptimizer(learningRate).minimize(loss);
  const trainingFeeds = (step: number) => [[learningRate, first * decayRate ** (step / decaySteps)]] as const;
  return classifier({ x, labels, logits, loss, train, trainingFeeds });
});
report(`from ${first}, fed`, fed);

const computed = await trainAndTest(mnist, { steps, seed }, () => {
  const { x, labels } = inputs();
  const globalStep = tf.train.getOrCreateGlobalStep();
  const learningRate = tf.train.exponentialDecay(first, globalStep, decaySteps, decayRate);
  const logits = workshopLogits(x);
  const loss = crossEntropy(logits, labels);
  // minimize() counts the step up, and the rate follows.
  const train = new tf.train.GradientDescentOptimizer(learningRate).minimize(loss, { globalStep });
  return classifier({ x, labels, logits, loss, train });
});
report(`from ${first}, computed`, computed);
