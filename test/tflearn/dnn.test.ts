/**
 * @file Models: training steps against NumPy, several inputs and regressions, validation, prediction,
 * weights, checkpoints, preprocessing, and misuse in the original's words.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NdArray } from "../../src/core/index.js";
import * as tf from "../../src/index.js";
import * as tflearn from "../../src/tflearn/index.js";
import { assertClose, inGraph } from "./support.js";

const quiet = { output: null };
const X = [
  [1, 2],
  [3, -1],
  [0, 1],
  [2, 2],
];
const Y = [[1], [0], [2], [3]];

/** A line fitted to four points, from fixed weights. */
function line(options: tflearn.RegressionOptions = {}, weightDecay?: number) {
  const x = tflearn.inputData({ shape: [null, 2] });
  const layer = tflearn.fullyConnected(x, 1, {
    weightsInit: () => tf.constant([[0.5], [-0.25]]),
    biasInit: () => tf.constant([0.1]),
    ...(weightDecay === undefined ? {} : { regularizer: "L2", weightDecay }),
  });
  const net = tflearn.regression(layer, {
    optimizer: new tflearn.SGD({ learningRate: 0.1 }),
    loss: "mean_square",
    metric: "R2",
    batchSize: 4,
    ...options,
  });
  return { layer, net };
}
const numbers = async (value: Promise<NdArray>): Promise<number[]> => Array.from((await value).data as Float32Array);

inGraph("steps are NumPy's: clipped gradients, penalties, losses and moving averages", async () => {
  const { layer, net } = line({}, 0.01);
  const model = new tflearn.DNN(net, quiet);
  const shown: number[] = [];
  class Watch extends tflearn.Callback {
    override onBatchEnd(state: tflearn.TrainingState): void {
      shown.push(state.lossValue as number);
    }
  }
  await model.fit(X, Y, { nEpoch: 4, callbacks: new Watch(), shuffle: false });
  // The average of the batches before, decay (1+n)/(10+n), from 0.
  assertClose(shown, [0, 3.2883750000000003, 1.9075972631910885, 1.1856629630171625]);
  assertClose(await numbers(model.getWeights(layer.W)), [0.245950541, 0.697301864]);
  assertClose(await numbers(model.getWeights(layer.b as tf.Variable)), [0.35463422]);
});

inGraph("fitBatch steps once and returns the loss before; clipping can be turned off", async () => {
  const { layer, net } = line({}, 0.01);
  const model = new tflearn.DNN(net, { ...quiet, clipGradients: 0 });
  const losses: unknown[] = [];
  for (let step = 0; step < 4; step++) losses.push(await model.fitBatch(X, Y));
  assertClose(losses as number[], [3.65375, 1.4546217812500002, 0.8997679848002186, 0.7136001755205238]);
  assertClose(await numbers(model.getWeights(layer.W)), [0.240499439, 0.704913329]);
});

inGraph("a decaying learning rate follows the steps of its regression", async () => {
  const { layer, net } = line({ optimizer: new tflearn.SGD({ learningRate: 0.1, lrDecay: 0.5, decayStep: 1 }) });
  const model = new tflearn.DNN(net, { ...quiet, clipGradients: 0 });
  const before = await numbers(model.getWeights(layer.b as tf.Variable));
  await model.fitBatch(X, Y);
  await model.fitBatch(X, Y);
  const rate = tf.getCollection<tf.Tensor>(tflearn.Collections.LR_VARIABLES)[0] as tf.Tensor;
  assertClose([Number(await model.session.run(rate))], [0.025]);
  assert.notDeepEqual(await numbers(model.getWeights(layer.b as tf.Variable)), before);
});

inGraph("every optimizer makes the loss smaller, by name, object, function or of tf.train", async () => {
  const names = [
    "sgd",
    "momentum",
    "nesterov",
    "rmsprop",
    "adam",
    "adagrad",
    "adadelta",
    "ftrl",
    "proximaladagrad",
  ] as const;
  const optimizers: tflearn.RegressionOptions["optimizer"][] = [
    ...names,
    new tf.train.GradientDescentOptimizer(0.05),
    (rate) => [new tf.train.AdamOptimizer(rate), null],
  ];
  for (const optimizer of optimizers) {
    await new tf.Graph().asDefault(async () => {
      const { net } = line({ optimizer, learningRate: optimizer === "adadelta" ? 20 : 0.05 });
      const model = new tflearn.DNN(net, quiet);
      const first = Number(await model.fitBatch(X, Y));
      for (let step = 0; step < 20; step++) await model.fitBatch(X, Y);
      const last = Number(await model.fitBatch(X, Y));
      assert.ok(last < first, `${String(optimizer)}: ${first} → ${last}`);
    });
  }
  assert.throws(() => line({ optimizer: "adamm" as "adam" }), /Invalid optimizer: adamm\n.*did you mean 'adam'/s);
  assert.throws(() => line({ optimizer: 3 as never }), /Invalid Optimizer type/);
});

inGraph("classes are learned: predict, predictLabel, evaluate", async () => {
  tf.setRandomSeed(1);
  const x = tflearn.inputData({ shape: [null, 2], name: "points" });
  const hidden = tflearn.fullyConnected(x, 8, { activation: "tanh", weightsInit: "xavier" });
  const output = tflearn.fullyConnected(hidden, 2, { activation: "softmax", weightsInit: "xavier" });
  const net = tflearn.regression(output, { learningRate: 0.05, name: "kinds" });
  const model = new tflearn.DNN(net, quiet);
  const points = Array.from({ length: 80 }, (_, i) => [Math.cos(i), Math.sin(i)]);
  const kinds = points.map(([a = 0, b = 0]) => (a * b > 0 ? [1, 0] : [0, 1]));
  await model.fit({ points }, { kinds }, { nEpoch: 60, batchSize: 20, seed: 2 });
  const [accuracy = 0] = await model.evaluate(points, kinds, 7);
  assert.ok(accuracy > 0.95, `accuracy ${accuracy}`);
  const probabilities = await model.predict(points);
  assert.deepEqual([...probabilities.shape], [80, 2]);
  const labels = await model.predictLabel({ points });
  assert.deepEqual([labels.dtype, ...labels.shape], ["int32", 80, 2]);
  const hits = kinds.filter((kind, i) => kind[labels.item(i, 0)] === 1).length;
  assertClose([hits / 80], [accuracy]);
  labels.toArray();
  for (let i = 0; i < 80; i++) {
    assert.equal(labels.item(i, 0) + labels.item(i, 1), 1);
    assert.ok(probabilities.item(i, labels.item(i, 0)) >= probabilities.item(i, labels.item(i, 1)));
  }
});

inGraph("class numbers become rows with toOneHot", async () => {
  const x = tflearn.inputData({ shape: [null, 1] });
  const output = tflearn.fullyConnected(x, 3, { activation: "softmax" });
  assert.throws(
    () => tflearn.regression(output, { toOneHot: true }),
    /'n_classes' is required when using 'to_one_hot'/,
  );
  const net = tflearn.regression(output, { toOneHot: true, nClasses: 3, learningRate: 0.1 });
  assert.deepEqual([net.placeholder.name, net.placeholder.shape], ["TargetsData/Y:0", [null]]);
  const model = new tflearn.DNN(net, quiet);
  const loss = await model.fitBatch([[1], [2]], [2, 0]);
  assertClose([loss as number], [Math.log(3)], 0.05);
});

inGraph("several inputs and regressions: each trains its own, data by order or name", async () => {
  const a = tflearn.inputData({ shape: [null, 2], name: "a" });
  const b = tflearn.inputData({ shape: [null, 2], name: "b" });
  const left = tflearn.fullyConnected(a, 1, { scope: "left" });
  const right = tflearn.fullyConnected(b, 1, { scope: "right" });
  const options = { loss: "mean_square", metric: null, batchSize: 2 } as const;
  tflearn.regression(left, { ...options, trainableVars: [left.W], learningRate: 0.1, name: "first" });
  const net = tflearn.regression(right, { ...options, trainableVars: [right.W], learningRate: 0.1, name: "second" });
  const model = new tflearn.DNN(net, quiet);
  assert.deepEqual(
    model.trainOps.map(({ name }) => name),
    ["Adam_0", "Adam_1"],
  );
  const order: string[] = [];
  class Order extends tflearn.Callback {
    override onSubBatchEnd(_: tflearn.TrainingState, index: number): void {
      order.push(String(index));
    }
    override onBatchEnd(state: tflearn.TrainingState): void {
      order.push(`batch ${state.step}`);
    }
  }
  const before = await Promise.all([left.W, right.W, left.b as tf.Variable].map((w) => numbers(model.getWeights(w))));
  await model.fit([X, X], [Y, Y], { nEpoch: 1, callbacks: [new Order()] });
  assert.deepEqual(order, ["0", "1", "batch 1", "0", "1", "batch 2"]);
  const after = await Promise.all([left.W, right.W, left.b as tf.Variable].map((w) => numbers(model.getWeights(w))));
  assert.notDeepEqual(after[0], before[0]);
  assert.notDeepEqual(after[1], before[1]);
  assert.deepEqual(after[2], before[2], "a variable that no regression trains stays");

  const excluded = model.trainOps.slice(0, 1);
  await model.fit({ a: X, b: X }, { second: Y, first: Y }, { nEpoch: 1, exclTrainops: excluded });
  assert.deepEqual(await numbers(model.getWeights(left.W)), after[0]);
  const losses = await model.fitBatch([X, X], [Y, Y]);
  assert.ok(Array.isArray(losses) && losses.length === 2);

  await assert.rejects(model.fit(X.slice(0, 3), [Y, Y]), /3 inputs feeded, but expected: 2\./);
  await assert.rejects(model.fit(NdArray.from(X), [Y, Y]), /Multiple inputs but only one data feeded/);
  await assert.rejects(model.fit([X, X], NdArray.from(Y)), /Multiple outputs but only one data feeded/);
  await assert.rejects(model.fit({ a: X, c: X }, [Y, Y]), /The input placeholder 'c' doesn't exist\.\n.*a, b/s);
  await assert.rejects(model.evaluate([X, X], [Y, Y]), /The regression 'Adam_0' has no metric to evaluate/);
});

inGraph("validation: a pair is exact, a fraction is set apart, anything else an error", async () => {
  const { net } = line();
  const model = new tflearn.DNN(net, quiet);
  const seen: (readonly [number | null, number | null])[] = [];
  class Watch extends tflearn.Callback {
    override onEpochEnd(state: tflearn.TrainingState): void {
      seen.push([state.valLoss, state.valAcc]);
    }
  }
  const callbacks = new Watch();
  await model.fit(X, Y, { nEpoch: 1, validationSet: [X, Y], callbacks, validationBatchSize: 3 });
  const [loss] = seen[0] as [number, null];
  const predicted = await model.predict(X);
  const errors = Y.map(([y = 0], i) => (y - predicted.item(i, 0)) ** 2);
  assertClose([loss], [errors.reduce((sum, error) => sum + error, 0) / 4]);
  await model.fit(X, Y, { nEpoch: 1, validationSet: [X, Y], showMetric: true, callbacks, validationBatchSize: 4 });
  assertClose([seen[1]?.[1] as number], await model.evaluate(X, Y));

  let training = 0;
  class Count extends tflearn.Callback {
    override onBatchEnd(state: tflearn.TrainingState): void {
      training = Math.max(training, state.currentIter);
    }
  }
  await model.fit(X, Y, { nEpoch: 1, validationSet: 0.25, callbacks: [callbacks, new Count()] });
  assert.equal(training, 3);
  assert.ok(seen[2]?.[0] !== null && seen[2]?.[1] === null, "without showMetric there is no metric");
  await assert.rejects(model.fit(X, Y, { validationSet: "0.1" as never }), /validation_set must be a tuple or list/);
  await assert.rejects(model.fit(X, Y, { validationSet: 1.5 }), /must be a fraction below 1, got 1\.5/);
  await assert.rejects(model.fit(X, Y, { validationSet: 0.9 }), /leaves none to train or validate on/);
});

inGraph("shuffling repeats with its seed, and differs between epochs", async () => {
  const run = async (seed: number | undefined): Promise<number[]> => {
    const scope = new tf.Graph().asDefault();
    try {
      const { layer, net } = line({ batchSize: 1 });
      const model = new tflearn.DNN(net, quiet);
      await model.fit(X, Y, { nEpoch: 3, ...(seed === undefined ? {} : { seed }) });
      return await numbers(model.getWeights(layer.W));
    } finally {
      scope[Symbol.dispose]();
    }
  };
  const first = await run(5);
  assert.deepEqual(await run(5), first);
  assert.notDeepEqual(await run(6), first);
});

inGraph("weights can be read and set, and a bad value changes nothing", async () => {
  const { layer, net } = line();
  const model = new tflearn.DNN(net, quiet);
  await model.setWeights(layer.W, [[1], [2]]);
  assert.deepEqual(await numbers(model.getWeights(layer.W)), [1, 2]);
  await assert.rejects(model.setWeights(layer.W, [1, 2, 3]), /Cannot feed value of shape \(3,\)/);
  const operations = tf.getDefaultGraph().version;
  await model.setWeights(layer.W, [[3], [4]]);
  assert.equal(tf.getDefaultGraph().version, operations, "setting again adds nothing to the graph");
  assert.deepEqual(await numbers(model.predict([[1, 1]])), [Math.fround(7.1)]);
});

inGraph("a model is saved and loaded: weights, step, averages; some layers may start anew", async () => {
  const directory = mkdtempSync(join(tmpdir(), "strata-tflearn-"));
  try {
    const x = tflearn.inputData({ shape: [null, 2] });
    const kept = tflearn.fullyConnected(x, 2, { scope: "kept" });
    const normal = tflearn.batchNormalization(kept);
    const fresh = tflearn.fullyConnected(normal, 1, { scope: "fresh", restore: false, weightsInit: "zeros" });
    const net = tflearn.regression(fresh, { loss: "mean_square", metric: null, batchSize: 2 });
    const model = new tflearn.DNN(net, quiet);
    await model.fit(X, Y, { nEpoch: 3 });
    const path = await model.save(join(directory, "model"));
    const [weights, mean] = [await model.getWeights(kept.W), await model.getWeights(normal.movingMean)];
    await model.fit(X, Y, { nEpoch: 2 });
    assert.ok(!(await model.getWeights(kept.W)).equals(weights));

    const old = model.session;
    await assert.rejects(model.load(join(directory, "absent")), /absent/);
    assert.equal(model.session, old, "a checkpoint that is not there leaves the model as it was");

    await model.load(path);
    assert.notEqual(model.session, old);
    assert.ok((await model.getWeights(kept.W)).equals(weights));
    assert.ok((await model.getWeights(normal.movingMean)).equals(mean));
    assert.deepEqual(await numbers(model.getWeights(fresh.W)), [0, 0]);
    let step = 0;
    class Step extends tflearn.Callback {
      override onBatchBegin(state: tflearn.TrainingState): void {
        step ||= state.step;
      }
    }
    await model.fit(X, Y, { nEpoch: 1, callbacks: new Step() });
    assert.equal(step, 7, "three epochs of two steps came before");

    await model.load(path, { weightsOnly: true });
    assert.ok((await model.getWeights(kept.W)).equals(weights));
    assert.deepEqual(await numbers(model.getWeights(normal.movingMean)), [0, 0]);

    await model.setWeights(kept.W, [
      [9, 9],
      [9, 9],
    ]);
    await model.load(path, { scopeForRestore: "elsewhere" }).then(
      () => assert.fail("there is nothing of that scope"),
      (error: Error) => assert.match(error.message, /No variable of the network is left to restore/),
    );
    await model.load(path, { variableNameMap: (name) => (name === "kept/W" ? name : null), createNewSession: false });
    assert.ok((await model.getWeights(kept.W)).equals(weights));
  } finally {
    rmSync(directory, { recursive: true });
  }
});

inGraph("checkpoints while training: the latest snapshots, the best, and what was asked for", async () => {
  const directory = mkdtempSync(join(tmpdir(), "strata-tflearn-"));
  const saved = () =>
    readdirSync(directory)
      .flatMap((name) => (name.endsWith(".index") ? name.replace(".index", "") : []))
      .sort();
  try {
    const { net } = line({ batchSize: 2 });
    const model = new tflearn.DNN(net, {
      ...quiet,
      checkpointPath: join(directory, "model"),
      bestCheckpointPath: join(directory, "best"),
      maxCheckpoints: 2,
      bestValAccuracy: -100,
    });
    await model.save(join(directory, "first"));
    const metrics: number[] = [];
    class Watch extends tflearn.Callback {
      override onBatchEnd(state: tflearn.TrainingState): void {
        if (state.valAcc !== null) metrics.push(state.valAcc);
      }
    }
    const options = { validationSet: [X, Y], showMetric: true, callbacks: new Watch(), shuffle: false } as const;
    await model.fit(X, Y, { ...options, nEpoch: 4 });
    // Snapshots of steps 2 and 4 are gone. The best one was written long before them, or not: it stays.
    const best = `best${Math.round(Math.max(...metrics) * 10_000)}`;
    assert.deepEqual(saved(), [best, "first", "model-6", "model-8"]);
    await model.fit(X, Y, { nEpoch: 1, snapshotEpoch: false, snapshotStep: 1 });
    assert.deepEqual(saved(), [best, "first", "model-10", "model-9"]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

inGraph("a Trainer takes data in the forms that a session takes", async () => {
  const x = tf.placeholder("float32", [null, 2], { name: "x" });
  const y = tf.placeholder("float32", [null, 1], { name: "y" });
  const W = new tf.Variable(tf.zeros([2, 1]));
  const loss = tf.reduceMean(tf.square(tf.subtract(tf.matmul(x, W), y)));
  const op = new tflearn.TrainOp({ loss, optimizer: new tf.train.GradientDescentOptimizer(0.1), batchSize: 4 });
  const trainer = new tflearn.Trainer(op, quiet);
  const map = new Map<tf.Tensor, readonly (readonly number[])[]>([
    [x, X],
    [y, Y],
  ]);
  const pairs = [
    [x, X],
    ["y:0", Y],
  ] as const;
  const losses: number[] = [];
  for (const feeds of [map, pairs, { x: X, y: Y }, [{ x: X, "y:0": Y }]]) {
    losses.push((await trainer.fitBatch(feeds)) as number);
    await trainer.fit(feeds, { nEpoch: 1, valFeedDicts: feeds });
  }
  assert.equal(losses[0], 3.5);
  assert.ok(
    losses.every((value, i) => i === 0 || value < (losses[i - 1] as number)),
    losses.join(),
  );
  await assert.rejects(trainer.fit({ x: X, z: Y }), { message: /'z:0'/ });
  await assert.rejects(trainer.fit(3 as never), { message: /needed by placeholder.*\n.*new Map/ });
});

inGraph("regressions without targets train on losses of each other's networks", async () => {
  // Two players, as in an adversarial network: one number is to be large, and the other is to stay below it.
  const z = tflearn.inputData({ shape: [null, 1], name: "noise" });
  const made = tflearn.fullyConnected(z, 1, { bias: false, scope: "made", weightsInit: () => tf.constant([[0.5]]) });
  const judged = tflearn.fullyConnected(made, 1, {
    bias: false,
    scope: "judge",
    weightsInit: () => tf.constant([[2]], { dtype: "float32" }),
  });
  const size = tf.reduceMean(judged) as tf.Tensor;
  const common = { placeholder: null, optimizer: new tflearn.SGD({ learningRate: 0.1 }), batchSize: 2 } as const;
  const up = tflearn.regression(made, { ...common, loss: tf.negative(size), trainableVars: [made.W], opName: "MADE" });
  tflearn.regression(judged, { ...common, loss: tf.square(size), trainableVars: [judged.W], opName: "JUDGE" });
  assert.equal(up.placeholder, null);
  const model = new tflearn.DNN(made, quiet);
  assert.equal(model.targets.length, 0);
  // d(−made·judge)/dmade = −2, then d(made·judge)²/djudge = 2·0.7·2·0.7, one operation after the other.
  assertClose((await model.fitBatch([[1], [1]], null)) as number[], [-1, 1.96]);
  assertClose(await numbers(model.getWeights(made.W)), [0.7]);
  assertClose(await numbers(model.getWeights(judged.W)), [2 - 0.196]);
  await model.fit({ noise: [[1], [1]] }, null, { nEpoch: 1 });
  assert.throws(
    () => tflearn.regression(made, { placeholder: null, loss: "mean_square" }),
    /without targets cannot have the loss 'mean_square' of type 'string'.*\n.*created at.*\n.*leave out placeholder: null/,
  );
});

inGraph("preprocessing acts in training and prediction, and is restored with the model", async () => {
  const directory = mkdtempSync(join(tmpdir(), "strata-tflearn-"));
  try {
    const build = (graph: tf.Graph) =>
      graph.asDefault(() => {
        const dataPreprocessing = new tflearn.DataPreprocessing().addFeaturewiseZeroCenter();
        const x = tflearn.inputData({ shape: [null, 2], dataPreprocessing });
        const layer = tflearn.fullyConnected(x, 1, { weightsInit: () => tf.ones([2, 1]), trainable: false });
        const free = tflearn.fullyConnected(layer, 1, { weightsInit: () => tf.ones([1, 1]), scope: "free" });
        return new tflearn.DNN(tflearn.regression(free, { loss: "mean_square", metric: null, learningRate: 0 }), quiet);
      });
    const model = build(new tf.Graph());
    await assert.rejects(model.predict([[1, 2]]), /needs the mean of the data, which is not known yet/);
    await model.fit(
      [
        [1, 2],
        [3, 6],
      ],
      [[0], [0]],
      { nEpoch: 1 },
    );
    assert.deepEqual(await numbers(model.predict([[1, 2]])), [-3]);
    const path = await model.save(join(directory, "model"));
    const other = build(new tf.Graph());
    await other.load(path);
    assert.deepEqual(await numbers(other.predict([[1, 2]])), [-3]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

inGraph("augmentation acts in training alone", async () => {
  const seen: number[] = [];
  const dataAugmentation = new tflearn.DataAugmentation().addCustomAugmentation((batch) => {
    seen.push(batch.shape[0] as number);
    return batch;
  });
  const x = tflearn.inputData({ shape: [null, 2], dataAugmentation });
  const net = tflearn.regression(tflearn.fullyConnected(x, 1), { loss: "mean_square", metric: null });
  const model = new tflearn.DNN(net, quiet);
  await model.fit(X, Y, { nEpoch: 1, batchSize: 3, validationSet: [X, Y] });
  await model.predict(X);
  assert.deepEqual(seen, [3, 1]);
});

inGraph("a session may be given, and raw graph code mixes in", async () => {
  const x = tflearn.inputData({ shape: [null, 2] });
  const layer = tflearn.fullyConnected(x, 1, { weightsInit: () => tf.ones([2, 1]) });
  const net = tflearn.regression(layer, { loss: "mean_square", metric: null });
  const doubled = tf.multiply(layer as tf.Tensor, 2) as tf.Tensor;
  const model = new tflearn.DNN(net, quiet);
  const own = (await model.session.run(doubled, [[x, [[1, 2]]]])) as NdArray;
  assert.deepEqual([...(own.data as Float32Array)], [6]);
  using session = new tf.Session();
  await session.run(tf.globalVariablesInitializer());
  const second = new tflearn.DNN(net, { ...quiet, session });
  await session.run(tf.globalVariablesInitializer());
  assert.equal(second.session, session);
  await second.fitBatch(X, Y);
});

inGraph("the original's errors, in words", async () => {
  const loose = tf.placeholder("float32", [null, 2]);
  assert.throws(() => new tflearn.DNN(loose, quiet), /No input data! Please add an 'input_data' layer/);
  assert.throws(() => new tflearn.DNN("net" as never, quiet), /'network' arg is not a Tensor!/);
  const x = tflearn.inputData({ shape: [null, 2] });
  const bare = new tflearn.DNN(x, quiet);
  await assert.rejects(bare.fit(X, Y), /tf collection "trainops" is empty!.*`regression` layer/);
  assert.throws(() => new tflearn.TrainOp({ loss: 3 as never, optimizer: 3 as never }), /Unknown Loss type/);
  const { net } = line();
  const model = new tflearn.DNN(net, quiet);
  // Two inputs now: the graph has the bare one too.
  await assert.rejects(model.fit(NdArray.from(X), Y), /Multiple inputs but only one data feeded/);
});

inGraph("data that does not fit is an error before anything runs", async () => {
  const { layer, net } = line();
  const model = new tflearn.DNN(net, quiet);
  const before = await numbers(model.getWeights(layer.W));
  await assert.rejects(model.fit(X, Y.slice(1)), /4 samples for 'InputData\/X:0', but 3 for 'TargetsData\/Y:0'/);
  await assert.rejects(model.fit([], []), /has no samples/);
  await assert.rejects(model.fit([["a", "b"]], [[1]]), /The data for 'InputData\/X:0' does not convert to float32/);
  await assert.rejects(model.fit([[1, 2, 3]], [[1]]), /Cannot feed value of shape \(1, 3\)/);
  await assert.rejects(model.fit(X, Y, { batchSize: 0 }), /The batch size must be a whole number above 0, got 0/);
  await assert.rejects(model.fit(X, Y, { callbacks: {} as never }), /is an invalid Callback object/);
  // @ts-expect-error a misspelt option does not compile
  const misspelt: tflearn.FitOptions = { nEpochs: 3 };
  assert.ok(misspelt);
  const running = model.fit(X, Y, { nEpoch: 1 });
  await assert.rejects(model.fit(X, Y), /This model is training already/);
  await running;
  assert.notDeepEqual(await numbers(model.getWeights(layer.W)), before);
});

inGraph(
  "samples that are taken from where they lie train as batches do that pass through an augmentation",
  async () => {
    const histories: number[][] = [];
    for (const augmented of [false, true]) {
      const graph = new tf.Graph();
      await graph.asDefault(async () => {
        tflearn.initGraph({ seed: 9 });
        const dataAugmentation = new tflearn.DataAugmentation().addCustomAugmentation((batch) => batch);
        const x = tflearn.inputData({ shape: [null, 2], ...(augmented ? { dataAugmentation } : {}) });
        const layer = tflearn.fullyConnected(x, 3, { activation: "tanh" });
        const net = tflearn.regression(layer, { optimizer: "adam", loss: "mean_square", metric: "R2", batchSize: 2 });
        const model = new tflearn.DNN(net, { ...quiet, device: "wasm" });
        const history: number[] = [];
        class Watch extends tflearn.Callback {
          override onBatchEnd(state: tflearn.TrainingState): void {
            history.push(state.lossValue as number, state.accValue as number, state.currentIter);
          }
        }
        const Z = X.concat([[-1, 1]]).map(([a = 0, b = 0]) => [a, b, a - b]);
        await model.fit(X.concat([[-1, 1]]), Z, { nEpoch: 4, showMetric: true, callbacks: new Watch() });
        history.push(...(await numbers(model.getWeights(layer.W))));
        histories.push(history);
      });
    }
    assert.equal(histories[0]?.length, 3 * 12 + 6);
    assert.deepEqual(histories[0], histories[1]);
  },
);

inGraph("summaries for TensorBoard are refused, and what is there says so", () => {
  const { net } = line();
  assert.throws(
    // @ts-expect-error there are no event files yet
    () => new tflearn.DNN(net, { tensorboardVerbose: 2 }),
    (error) => error instanceof tf.errors.UnimplementedError && /callback/.test(error.hint ?? ""),
  );
  assert.ok(new tflearn.DNN(net, { tensorboardVerbose: 0 }));
});

inGraph("initGraph sets the threads of a model's session, and says what has no meaning here", async () => {
  const sessions: number[] = [];
  for (const numCores of [1, 3]) {
    await new tf.Graph().asDefault(async () => {
      tflearn.initGraph({ device: "wasm", numCores });
      const { net } = line();
      const model = new tflearn.DNN(net, quiet);
      const { device } = model.session as unknown as { device: { target: { threads: number } } };
      sessions.push(device.target.threads);
    });
  }
  assert.deepEqual(sessions, [1, 3]);
  assert.throws(() => tflearn.initGraph({ numCores: 0 }), /numCores must be a whole number above 0, got 0/);
  // @ts-expect-error there is no GPU
  assert.throws(() => tflearn.initGraph({ gpuMemoryFraction: 0.5 }), /initGraph takes no gpuMemoryFraction/);
  // @ts-expect-error operations have no devices of their own
  assert.throws(() => tflearn.initGraph({ logDevice: true }), /session\.deviceName/);
});
