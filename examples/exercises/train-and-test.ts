/**
 * @file Question 1: why is the accuracy on test data below the last one seen in training?
 * `npm run example exercises/train-and-test -- --steps 5000`
 */
import * as tf from "tensorstrata";
import { classifier, type Digits, inputs, prepare, workshopLogits } from "./common.js";

const { mnist, steps } = await prepare(5000);

const { x, labels } = inputs();
const { accuracy, train } = classifier({ x, labels, logits: workshopLogits(x) });

using session = new tf.Session();
await session.run(tf.globalVariablesInitializer());
const onBatches: number[] = [];
for (let step = 0; step < steps; step++) {
  const batch = mnist.train.nextBatch(100);
  const feeds = { x: batch.images, labels: batch.labels };
  await session.run(train, feeds);
  if (step >= steps - 10) onBatches.push(await session.run(accuracy, feeds));
}
console.log(`last training batches   ${onBatches.map((value) => value.toFixed(2)).join(" ")}`);
console.log("A batch of 100 knows steps of 0.01 only, and it was just trained on: a noisy, flattering measure.");
for (const name of ["train", "validation", "test"] as const satisfies readonly (keyof Digits)[]) {
  const { images, labels: answers } = mnist[name];
  const measured = await session.run(accuracy, { x: images, labels: answers });
  console.log(`all of ${name.padEnd(16)} ${measured.toFixed(4)}`);
}
console.log("The training data were learned from, also by heart; the others show what carries over to new digits.");
