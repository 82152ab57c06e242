/**
 * @file `node scripts/soak.mjs [steps]`: a long run. Trains for 100,000 steps and shows that memory does
 * not grow and that timers keep firing meanwhile. Takes about a minute, so it is not part of `npm test`.
 */
import { ensure } from "./ensure.mjs";

await ensure();
const tf = await import("tensorstrata");
const { readDataSets } = await import("tensorstrata/datasets");

const steps = Number(process.argv[2] ?? 100_000);
/** Growth above this between the first tenth and the end counts as a leak: the collector's own swing. */
const allowedGrowthMiB = 40;
/** The event loop must turn at least this often, in milliseconds. */
const longestSilence = 50;

const { train } = await readDataSets("sample", { oneHot: true, seed: 1, log: null });
const x = tf.placeholder("float32", [null, 784]);
const labels = tf.placeholder("float32", [null, 10]);
const hidden = tf.nn.sigmoid(
  tf.add(
    tf.matmul(x, new tf.Variable(tf.truncatedNormal([784, 16], { stddev: 0.04, seed: 1 }))),
    new tf.Variable(tf.zeros([16])),
  ),
);
const logits = tf.add(
  tf.matmul(hidden, new tf.Variable(tf.truncatedNormal([16, 10], { stddev: 0.2, seed: 2 }))),
  new tf.Variable(tf.zeros([10])),
);
const loss = tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogits({ logits, labels }));
const update = new tf.train.GradientDescentOptimizer(0.1).minimize(loss);
const session = new tf.Session();
await session.run(tf.globalVariablesInitializer());

let lastTick = performance.now();
let silence = 0;
const timer = setInterval(() => {
  const now = performance.now();
  silence = Math.max(silence, now - lastTick);
  lastTick = now;
}, 5);

const memory = () => {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    rss: rss / 2 ** 20,
    heap: heapUsed / 2 ** 20,
    external: external / 2 ** 20,
    session: session.memoryUsage / 2 ** 20,
  };
};
const describe = (m) =>
  Object.entries(m)
    .map(([name, size]) => `${name} ${size.toFixed(1)} MiB`)
    .join(", ");

let early;
const begin = performance.now();
for (let step = 1; step <= steps; step++) {
  const batch = train.nextBatch(32);
  const feeds = [
    [x, batch.images],
    [labels, batch.labels],
  ];
  await session.run(update, feeds);
  if (step % Math.max(1, Math.floor(steps / 10)) === 0) {
    const now = memory();
    early ??= now;
    // The first tenth compiles and warms up; silence is judged after it.
    if (early === now) silence = 0;
    console.log(`step ${step}  loss ${(await session.run(loss, feeds)).toFixed(4)}  ${describe(now)}`);
  }
}
clearInterval(timer);
const late = memory();
const grown = {
  heap: late.heap - early.heap,
  external: late.external - early.external,
  session: late.session - early.session,
  rss: late.rss - early.rss,
};
console.log(
  `${steps} steps in ${((performance.now() - begin) / 1000).toFixed(1)} s; longest silence of the event loop ${silence.toFixed(0)} ms`,
);
console.log(`grown since the first tenth: ${describe(grown)}`);
session.close();
if (Math.max(...Object.values(grown)) > allowedGrowthMiB || silence > longestSilence) {
  console.error("The run leaks memory or starves the event loop.");
  process.exit(1);
}
