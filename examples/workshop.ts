/**
 * @file A workshop's program: look at the digits, build a network with two hidden layers from helpers,
 * train it in a default session and log as Python would. `npm run example workshop -- --steps 1000`
 */
import * as tf from "tensorstrata";
import { readDataSets } from "tensorstrata/datasets";
import { showPics } from "tensorstrata/pictures";
import { exampleOptions } from "./options.js";

const { source, steps, seed } = await exampleOptions({ steps: 5000 });

// ---- the data ----

const mnist = await readDataSets(source, { oneHot: true, seed });
process.stdout.write(showPics(mnist, { seed }).text); // one of each; { label: 2 } shows ten twos

// ---- the network ----

/** Small random weights, so that the units begin differently. */
const weightVariable = <const S extends readonly number[]>(shape: S) =>
  new tf.Variable(tf.truncatedNormal(shape, { stddev: 0.1 }));

/** Small positive biases, so that relu units begin alive. */
const biasVariable = <const S extends readonly number[]>(shape: S) => new tf.Variable(tf.constant(0.1, { shape }));

const x = tf.placeholder("float32", [null, 784]);
const labels = tf.placeholder("float32", [null, 10]);

const hidden1 = tf.nn.relu(tf.matmul(x, weightVariable([784, 50])).add(biasVariable([50])));
const hidden2 = tf.nn.relu(tf.matmul(hidden1, weightVariable([50, 30])).add(biasVariable([30])));
const logits = tf.matmul(hidden2, weightVariable([30, 10])).add(biasVariable([10]));

const loss = tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogits({ logits, labels }));
const optimizer = new tf.train.GradientDescentOptimizer(0.1).minimize(loss);
const correct = tf.equal(tf.argmax(logits, 1), tf.argmax(labels, 1));
const accuracy = tf.reduceMean(tf.cast(correct, "float32"));
const init = tf.globalVariablesInitializer();

// ---- training ----

await tf.withSession(new tf.Session(), async () => {
  await init.run();
  for (let i = 0; i < steps; i++) {
    const batch = mnist.train.nextBatch(100);
    const feeds = [
      [x, batch.images],
      [labels, batch.labels],
    ] as const;
    await optimizer.run(feeds);
    if (i % 100 === 0) {
      const trainAccuracy = python(await accuracy.eval(feeds));
      const trainLoss = python(await loss.eval(feeds));
      console.log(`Epoch: ${i}, accuracy: ${trainAccuracy}, loss: ${trainLoss}`);
    }
  }
  const testFeeds = [
    [x, mnist.test.images],
    [labels, mnist.test.labels],
  ] as const;
  console.log(`testing accuracy: ${python(await accuracy.eval(testFeeds))}`);
});

/** A number as Python prints a float: `1.0`, and `1e-05` where JavaScript has `0.00001`. */
function python(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e16))
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
