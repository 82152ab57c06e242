/**
 * @file The raw network as a page would hold it: it builds, initializes and trains 784-64-10 at level 1.
 * `browser-bundle.mjs` measures what a page must load for it; `browser-run.mjs` runs it in a browser and in
 * Node, and compares. Uses nothing but the library.
 */
import * as tf from "tensorstrata";

/** Some steps on made-up data. @returns the backend's name and the loss before each step */
export async function train({ steps = 50, batch = 32, threads } = {}) {
  const random = (length, seed) => Float32Array.from({ length }, (_, i) => Math.abs(Math.sin(i * 12.9898 + seed)));
  const x = tf.placeholder("float32", [null, 784], { name: "pixels" });
  const labels = tf.placeholder("float32", [null, 10], { name: "labels" });
  const W1 = new tf.Variable(tf.truncatedNormal([784, 64], { stddev: 784 ** -0.5, seed: 1 }));
  const b1 = new tf.Variable(tf.zeros([64]));
  const hidden = tf.nn.sigmoid(tf.add(tf.matmul(x, W1), b1));
  const W2 = new tf.Variable(tf.truncatedNormal([64, 10], { stddev: 64 ** -0.5, seed: 2 }));
  const b2 = new tf.Variable(tf.zeros([10]));
  const logits = hidden.matmul(W2).add(b2);
  const loss = tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogits({ logits, labels }));
  const correct = tf.equal(tf.argmax(logits, 1), tf.argmax(labels, 1));
  const accuracy = tf.reduceMean(tf.cast(correct, "float32"));
  const update = new tf.train.GradientDescentOptimizer(0.5).minimize(loss);
  const session = new tf.Session(threads === undefined ? {} : { threads });
  await session.run(tf.globalVariablesInitializer());
  const classes = new Float32Array(10 * batch).map((_, i) => (Math.floor(i / 10) % 10 === i % 10 ? 1 : 0));
  const feeds = [
    [x, new tf.NdArray("float32", [batch, 784], random(batch * 784, 3))],
    [labels, new tf.NdArray("float32", [batch, 10], classes)],
  ];
  const losses = [];
  for (let step = 0; step < steps; step++) losses.push((await session.run([loss, update], feeds))[0]);
  const reached = await session.run(accuracy, feeds);
  const device = session.deviceName;
  session.close();
  return { device, losses, accuracy: reached };
}
