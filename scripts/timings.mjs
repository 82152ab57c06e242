/**
 * Prints how long the compiler takes for graphs of growing size, what one call of a trivial graph costs, and how many
 * steps a second the training loops of each level do. Nothing is checked: timings depend on the machine.
 *
 *     node scripts/ensure.mjs && node scripts/timings.mjs [compile] [calls] [fit] [--device=wasm] [--sizes=500,1000]
 */
import { Random } from "../dist/src/core/random.js";
import * as tf from "../dist/src/index.js";

const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const option = (name, otherwise) =>
  process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;
const device = option("device", "wasm");
const sizes = option("sizes", "500,1000,2000,5000,10000").split(",").map(Number);
const wanted = (what) => words.length === 0 || words.includes(what);
/** Processor time in milliseconds: on a busy machine it says more than the wall clock. */
const clock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const median = (times) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];

// ---- compile time against the number of operations ----

/** Builders of graphs with about so many operations; each returns what to run and the variables' initializer. */
const graphs = {
  chain(count) {
    const x = tf.placeholder("float32", [64]);
    let y = x;
    for (let i = 0; y.graph.version < count; i++)
      y = i % 3 === 0 ? tf.tanh(y) : i % 3 === 1 ? tf.add(y, x) : tf.multiply(y, 0.5);
    return { fetches: y, feeds: [[x, new Float32Array(64)]] };
  },
  mlp(count) {
    const x = tf.placeholder("float32", [8, 16]);
    // One layer makes about 45 operations with its gradients and Adam.
    const layers = Math.max(1, Math.round(count / 45));
    let y = x;
    for (let i = 0; i < layers; i++) {
      const w = new tf.Variable(tf.truncatedNormal([16, 16], { stddev: 0.1 }));
      const b = new tf.Variable(tf.zeros([16]));
      y = tf.tanh(tf.add(tf.matmul(y, w), b));
    }
    const loss = tf.reduceMean(tf.square(y));
    const step = new tf.train.AdamOptimizer(0.01).minimize(loss);
    return { fetches: [step, loss], feeds: [[x, tf.NdArray.zeros("float32", [8, 16])]] };
  },
  islands(count) {
    const x = tf.placeholder("float32", [16]);
    const fetches = [];
    for (let i = 0; x.graph.version < count; i++) fetches.push(tf.reduceSum(tf.square(tf.add(x, i))));
    return { fetches, feeds: [[x, new Float32Array(16)]] };
  },
  wide(count) {
    const x = tf.placeholder("float32", [32, 8]);
    const parts = [];
    for (let i = 0; x.graph.version < count; i++)
      parts.push(tf.exp(tf.reduceMax(tf.multiply(x, i + 0.5), { axis: 1 })));
    return { fetches: tf.addN(parts), feeds: [[x, tf.NdArray.zeros("float32", [32, 8])]] };
  },
};

async function compileTimes() {
  console.log(`compile, ${device}: milliseconds of the first run (building the graph apart)`);
  const kinds = option("kinds", Object.keys(graphs).join(",")).split(",");
  for (const kind of kinds)
    for (const size of sizes) {
      const graph = new tf.Graph();
      const line = await graph
        .asDefault(async () => {
          const begun = clock();
          const { fetches, feeds } = graphs[kind](size);
          const init = tf.globalVariablesInitializer();
          const built = clock() - begun;
          const session = new tf.Session({ graph, device });
          try {
            const before = clock();
            await session.run(init);
            const between = clock();
            await session.run(fetches, feeds);
            const after = clock();
            const ms = (x) => x.toFixed(0).padStart(6);
            return `ops ${String(graph.version).padStart(6)}  build ${ms(built)}  init ${ms(between - before)}  run ${ms(after - between)}`;
          } finally {
            session.close();
          }
        })
        .catch((error) => `${size}: ${String(error.message).split("\n")[0]}`);
      console.log(`  ${kind.padEnd(8)} ${line}`);
    }
}

// ---- one call ----

async function timeCalls(body, count = 20_000) {
  for (let i = 0; i < 5000; i++) await body();
  const rounds = [];
  for (let round = 0; round < 7; round++) {
    const begun = clock();
    for (let i = 0; i < count; i++) await body();
    rounds.push(((clock() - begun) * 1000) / count);
  }
  return `${median(rounds).toFixed(2).padStart(6)} us (best ${Math.min(...rounds).toFixed(2)})`;
}
function timeDirect(body, count = 20_000) {
  for (let i = 0; i < 5000; i++) body();
  const rounds = [];
  for (let round = 0; round < 7; round++) {
    const begun = clock();
    for (let i = 0; i < count; i++) body();
    rounds.push(((clock() - begun) * 1000) / count);
  }
  return `${median(rounds).toFixed(2).padStart(6)} us (best ${Math.min(...rounds).toFixed(2)})`;
}

async function callTimes() {
  console.log(`calls, ${device}: microseconds of one call of a trivial graph`);
  const graph = new tf.Graph();
  await graph.asDefault(async () => {
    const x = tf.placeholder("float32", []);
    const y = tf.add(x, 1);
    const count = new tf.Variable(0, { dtype: "float32" });
    const add = count.assignAdd(1).op;
    const session = new tf.Session({ graph, device });
    await session.run(count.initializer);
    const feeds = [[x, 2]];
    console.log(`  run x + 1              ${await timeCalls(() => session.run(y, feeds))}`);
    console.log(`  run an operation       ${await timeCalls(() => session.run(add))}`);
    const plus = session.makeCallable(y, [x]);
    const step = session.makeCallable(add);
    console.log(`  callable x + 1         ${await timeCalls(() => plus(2))}`);
    console.log(`  callable an operation  ${await timeCalls(() => step())}`);
    if (plus.sync !== undefined) {
      console.log(`  sync x + 1             ${timeDirect(() => plus.sync(2))}`);
      console.log(`  sync an operation      ${timeDirect(() => step.sync())}`);
    }
    session.close();
  });
}

// ---- training loops: 784-64-10, batch 64 ----

function digits(rows) {
  const images = new Float32Array(rows * 784);
  const labels = new Float32Array(rows * 10);
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  for (let i = 0; i < images.length; i++) images[i] = next() < 0.2 ? next() : 0;
  for (let i = 0; i < rows; i++) labels[i * 10 + Math.floor(next() * 10)] = 1;
  return { x: new tf.NdArray("float32", [rows, 784], images), y: new tf.NdArray("float32", [rows, 10], labels) };
}

function article(x, y) {
  const hidden = new tf.Variable(tf.truncatedNormal([784, 64], { stddev: 0.1, seed: 1 }));
  const hiddenBias = new tf.Variable(tf.zeros([64]));
  const output = new tf.Variable(tf.truncatedNormal([64, 10], { stddev: 0.1, seed: 2 }));
  const outputBias = new tf.Variable(tf.zeros([10]));
  const h = tf.sigmoid(tf.add(tf.matmul(x, hidden), hiddenBias));
  const logits = tf.add(tf.matmul(h, output), outputBias);
  const loss = tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogits({ labels: y, logits }));
  return { loss, step: new tf.train.GradientDescentOptimizer(0.5).minimize(loss) };
}

async function fitTimes() {
  const rows = 19_200;
  const data = digits(rows);
  const steps = rows / 64;
  const epochs = Number(option("epochs", "8"));
  const rate = (name, times) =>
    console.log(
      `  ${name.padEnd(40)} ${(steps / (median(times) / 1000)).toFixed(0).padStart(6)} steps/s (${((median(times) * 1000) / steps).toFixed(0)} us; best ${((Math.min(...times) * 1000) / steps).toFixed(0)})`,
    );
  console.log(`fit, ${device}: 784-64-10, batch 64, ${rows} rows, median of ${epochs} epochs`);

  const graph = new tf.Graph();
  await graph.asDefault(async () => {
    const x = tf.placeholder("float32", [null, 784]);
    const y = tf.placeholder("float32", [null, 10]);
    const { loss, step } = article(x, y);
    const session = new tf.Session({ graph, device });
    await session.run(tf.globalVariablesInitializer());
    const random = new Random(1);
    const call = session.makeCallable([step, loss], [x, y]);
    const [onSessionX, onSessionY] = [await session.upload(data.x), await session.upload(data.y)];
    const batchX = new Float32Array(64 * 784);
    const batchY = new Float32Array(64 * 10);
    const byHand = (order, at) => {
      for (let i = 0; i < 64; i++) {
        const row = order[at + i];
        batchX.set(data.x.data.subarray(row * 784, row * 784 + 784), i * 784);
        batchY.set(data.y.data.subarray(row * 10, row * 10 + 10), i * 10);
      }
      return [new tf.NdArray("float32", [64, 784], batchX), new tf.NdArray("float32", [64, 10], batchY)];
    };
    const bodies = {
      "gathered by hand, session.run": (order, at) => {
        const [bx, by] = byHand(order, at);
        return session.run(
          [step, loss],
          [
            [x, bx],
            [y, by],
          ],
        );
      },
      "gathered by hand, callable": (order, at) => call(...byHand(order, at)),
      "rows of arrays, callable": (order, at) =>
        call(tf.takeRows(data.x, order, at, at + 64), tf.takeRows(data.y, order, at, at + 64)),
      "rows uploaded, callable": (order, at) =>
        call(tf.takeRows(onSessionX, order, at, at + 64), tf.takeRows(onSessionY, order, at, at + 64)),
      "rows uploaded, sync": (order, at) =>
        call.sync(tf.takeRows(onSessionX, order, at, at + 64), tf.takeRows(onSessionY, order, at, at + 64)),
      "the same batch again, sync": (order) =>
        call.sync(tf.takeRows(onSessionX, order, 0, 64), tf.takeRows(onSessionY, order, 0, 64)),
    };
    const times = Object.fromEntries(Object.keys(bodies).map((name) => [name, []]));
    // Interleaved, so that a busy spell of the machine falls on all alike.
    for (let epoch = 0; epoch <= epochs; epoch++)
      for (const [name, body] of Object.entries(bodies)) {
        const order = random.permutation(rows);
        const begun = clock();
        for (let at = 0; at < rows; at += 64) await body(order, at);
        if (epoch > 0) times[name].push(clock() - begun);
      }
    for (const [name, list] of Object.entries(times)) rate(`level 1, ${name}`, list);
    session.close();
  });

  const keras = await import("../dist/src/keras/index.js");
  keras.backend.setDevice?.(device);
  for (const metrics of [[], ["accuracy"]]) {
    await new tf.Graph().asDefault(async () => {
      const model = new keras.Sequential([
        new keras.layers.Dense(64, { activation: "sigmoid", inputDim: 784 }),
        new keras.layers.Dense(10, { activation: "softmax" }),
      ]);
      const optimizer = new tf.train.GradientDescentOptimizer(0.5);
      model.compile({ optimizer, loss: "categorical_crossentropy", metrics });
      const times = [];
      let begun = 0;
      const timer = {
        onEpochBegin: () => {
          begun = clock();
        },
        onEpochEnd: (epoch) => {
          if (epoch > 0) times.push(clock() - begun);
        },
      };
      await model.fit(data.x, data.y, { batchSize: 64, epochs: epochs + 1, verbose: 0, callbacks: [timer], seed: 1 });
      rate(`keras fit${metrics.length > 0 ? " with accuracy" : ""}`, times);
    });
  }
}

if (wanted("compile")) await compileTimes();
if (wanted("calls")) await callTimes();
if (wanted("fit")) await fitTimes();
