/**
 * @file Question 4: why 100 examples a step rather than all? The same number of examples, seen in
 * batches of different sizes. `npm run example exercises/batch-size -- --steps 1000`
 */
import { classifier, inputs, prepare, report, trainAndTest, workshopLogits } from "./common.js";

const { mnist, steps, seed } = await prepare(1000);
const examplesSeen = 100 * steps;

for (const batchSize of [10, 100, 1000, mnist.train.numExamples]) {
  const options = { steps: Math.max(1, Math.round(examplesSeen / batchSize)), seed, batchSize };
  const startedAt = performance.now();
  const results = await trainAndTest(mnist, options, () => {
    const { x, labels } = inputs();
    return classifier({ x, labels, logits: workshopLogits(x) });
  });
  const seconds = (performance.now() - startedAt) / 1000;
  report(`${options.steps} steps of ${batchSize}`, { ...results, seconds });
}
console.log(
  "A gradient over all data is exact, but 100 examples point almost the same way, hundreds of times as often.",
);
