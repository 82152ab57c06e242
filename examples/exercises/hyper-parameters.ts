/**
 * @file Question 3: how to choose hyper-parameters, and may one look at the test set for it? A random
 * search that looks at the validation set, and at the test set once, at the end.
 * `npm run example exercises/hyper-parameters -- --steps 500`
 */
import * as tf from "tensorstrata";
import { classifier, crossEntropy, descend, inputs, linear, prepare, report, trainAndTest } from "./common.js";

const { mnist, steps, seed } = await prepare(500);
const TRIALS = 6;

interface Choice {
  readonly learningRate: number;
  readonly units: number;
}

/** Rates that differ by factors deserve a search over their logarithms. */
async function drawChoices(): Promise<Choice[]> {
  const graph = new tf.Graph();
  const draws = graph.asDefault(() => tf.randomUniform([TRIALS, 2], { seed }));
  using session = new tf.Session({ graph });
  const uniform = await session.run(draws);
  return Array.from({ length: TRIALS }, (_, i) => ({
    learningRate: Number((10 ** (-2 + 2 * uniform.item(i, 0))).toPrecision(2)),
    units: Math.round(10 * 10 ** uniform.item(i, 1)),
  }));
}

const build = ({ learningRate, units }: Choice) => {
  const { x, labels } = inputs();
  const logits = linear(tf.nn.relu(linear(x, 784, units)), units, 10);
  const loss = crossEntropy(logits, labels);
  return classifier({ x, labels, logits, loss, train: descend(loss, learningRate) });
};

let best: { readonly choice: Choice; readonly validation: number } | undefined;
for (const choice of await drawChoices()) {
  const results = await trainAndTest(mnist, { steps, seed, measuredOn: ["validation"] }, () => build(choice));
  report(`rate ${choice.learningRate}, ${choice.units} units`, results);
  const validation = results["validation accuracy"] ?? 0;
  if (best === undefined || validation > best.validation) best = { choice, validation };
}
if (best !== undefined) {
  const { choice } = best;
  const results = await trainAndTest(mnist, { steps, seed }, () => build(choice));
  report(`best: rate ${choice.learningRate}, ${choice.units} units`, results);
}
console.log("Had the test set chosen, its accuracy would be the luckiest of several, and no measure of new digits.");
