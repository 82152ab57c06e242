/**
 * @file Plain JavaScript has no compiler to say that an argument is missing or of another kind. So every function and
 * class that tf.layers and TFLearn export says it itself: each argument that a call needs is left out, and replaced by
 * what it cannot be, and so are the options. The error tells what, where and how to mend it.
 */
import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import * as tf from "tensorstrata";
import * as tflearn from "tensorstrata/tflearn";
import { makePng } from "../pictures/png-maker.js";

type Call = (...values: readonly unknown[]) => unknown;

/** An argument that fits, and what does not. */
interface Argument {
  readonly value: unknown;
  readonly wrong: readonly unknown[];
}
interface Entry {
  readonly call: Call;
  readonly given: readonly Argument[];
}

const argument = (value: unknown, ...wrong: readonly unknown[]): Argument => ({ value, wrong });
const needed = (value: unknown, ...wrong: readonly unknown[]): Argument => argument(value, undefined, null, ...wrong);

const counts = (value = 2): Argument => needed(value, 0, -1, 1.5, Number.NaN, "3", {}, () => 1);
const pairs = (value: unknown = 2): Argument => needed(value, 0, 1.5, "3", {}, [], [1, 2, 3], [2, "2"]);
const singles = (value = 2): Argument => needed(value, 0, 1.5, "3", {}, [], [1, 2]);
const tensors = (value: unknown): Argument => needed(value, 3, "x", {}, () => 1, [[1, 2]]);
const texts = (value: string): Argument => needed(value, 3, {}, []);
const functions = (value: unknown): Argument => needed(value, 3, "x", {}, []);
const shapes = (value: unknown): Argument => needed(value, 3, "x", {}, ["2"], [1.5]);
const names = (value: string): Argument => needed(value, 3, {}, [], "none of them");
const options = (value: unknown = {}): Argument => argument(value, null, 3, "relu", [], () => 1);

const entry = (call: unknown, ...given: readonly Argument[]): Entry => ({ call: call as Call, given });
const made = (Made: unknown, ...given: readonly Argument[]): Entry => ({
  call: (...values) => new (Made as new (...values: readonly unknown[]) => unknown)(...values),
  given,
});

const L = tf.layers;
const T = tflearn;

/** Each exported name with a call that works; a test below holds the table against the exports. */
function entriesOfLayers(): Record<string, Entry> {
  const x = tf.placeholder("float32", [null, 4]);
  const rows = tf.placeholder("float32", [null, 9, 3]);
  const pictures = tf.placeholder("float32", [null, 9, 9, 3]);
  return {
    dense: entry(L.dense, tensors(x), counts(), options()),
    dropout: entry(L.dropout, tensors(x), options()),
    flatten: entry(L.flatten, tensors(x), options()),
    batchNormalization: entry(L.batchNormalization, tensors(x), options()),
    conv1d: entry(L.conv1d, tensors(rows), counts(), singles(), options()),
    conv2d: entry(L.conv2d, tensors(pictures), counts(), pairs(), options()),
    separableConv2d: entry(L.separableConv2d, tensors(pictures), counts(), pairs(), options()),
    conv2dTranspose: entry(L.conv2dTranspose, tensors(pictures), counts(), pairs(), options()),
    maxPooling1d: entry(L.maxPooling1d, tensors(rows), singles(), singles(), options()),
    averagePooling1d: entry(L.averagePooling1d, tensors(rows), singles(), singles(), options()),
    maxPooling2d: entry(L.maxPooling2d, tensors(pictures), pairs(), pairs(), options()),
    averagePooling2d: entry(L.averagePooling2d, tensors(pictures), pairs(), pairs(), options()),
    Dense: made(L.Dense, counts(), options()),
    Dropout: made(L.Dropout, argument(0.5, null, "0.5", 2, -1, Number.NaN, {}), options()),
    Flatten: made(L.Flatten, options()),
    BatchNormalization: made(L.BatchNormalization, options()),
    Conv1D: made(L.Conv1D, counts(), singles(), options()),
    Conv2D: made(L.Conv2D, counts(), pairs(), options()),
    SeparableConv2D: made(L.SeparableConv2D, counts(), pairs(), options()),
    Conv2DTranspose: made(L.Conv2DTranspose, counts(), pairs(), options()),
    MaxPooling1D: made(L.MaxPooling1D, singles(), singles(), options()),
    AveragePooling1D: made(L.AveragePooling1D, singles(), singles(), options()),
    MaxPooling2D: made(L.MaxPooling2D, pairs(), pairs(), options()),
    AveragePooling2D: made(L.AveragePooling2D, pairs(), pairs(), options()),
  };
}

/** Layers over volumes say that they are not there, whatever they are given. */
const absent = {
  conv3d: L.conv3d,
  conv3dTranspose: L.conv3dTranspose,
  maxPooling3d: L.maxPooling3d,
  averagePooling3d: L.averagePooling3d,
} as const;
const absentClasses = {
  Conv3D: L.Conv3D,
  Conv3DTranspose: L.Conv3DTranspose,
  MaxPooling3D: L.MaxPooling3D,
  AveragePooling3D: L.AveragePooling3D,
} as const;

function entriesOfTflearn(): Record<string, Entry> {
  const x = T.inputData({ shape: [null, 4] });
  const steps = tf.placeholder("float32", [null, 5, 3]);
  const ids = tf.placeholder("int32", [null, 5]);
  const pictures = tf.placeholder("float32", [null, 9, 9, 3]);
  const y = tf.placeholder("float32", [null, 4]);
  const logits = T.fullyConnected(x, 4);
  const window = needed(2, 0, 1.5, "3", {}, [], [1, 2, 3], [2, "2"]);
  const keep = needed(0.5, "0.5", 2, 0, -1, Number.NaN, {});
  return {
    inputData: entry(T.inputData, needed({ shape: [null, 4] }, 3, "x", [], {}, { shape: "x" }, { shape: 784 })),
    multiTargetData: entry(T.multiTargetData, needed(["a"], 3, "x", {}, [], [3]), shapes([null]), options()),
    fullyConnected: entry(T.fullyConnected, tensors(x), counts(), options()),
    singleUnit: entry(T.singleUnit, tensors(x), options()),
    highway: entry(T.highway, tensors(x), counts(4), options()),
    dropout: entry(T.dropout, tensors(x), keep, options()),
    reshape: entry(T.reshape, tensors(x), shapes([-1, 2, 2]), options()),
    flatten: entry(T.flatten, tensors(pictures), options()),
    activation: entry(T.activation, tensors(x), argument("relu", null, 3, {}, [], "none of them"), options()),
    customLayer: entry(
      T.customLayer,
      functionsTake(x),
      functions((z: tf.Tensor) => z),
      options(),
    ),
    oneHotEncoding: entry(T.oneHotEncoding, tensors(tf.placeholder("int32", [null])), counts(), options()),
    conv1d: entry(T.conv1d, tensors(steps), counts(), singles(), options()),
    conv2d: entry(T.conv2d, tensors(pictures), counts(), pairs(), options()),
    conv2dTranspose: entry(T.conv2dTranspose, tensors(pictures), counts(), pairs(), shapes([9, 9]), options()),
    maxPool2d: entry(T.maxPool2d, tensors(pictures), window, options()),
    avgPool2d: entry(T.avgPool2d, tensors(pictures), window, options()),
    maxPool1d: entry(T.maxPool1d, tensors(steps), singles(), options()),
    avgPool1d: entry(T.avgPool1d, tensors(steps), singles(), options()),
    groupedConv2d: entry(T.groupedConv2d, tensors(pictures), counts(), pairs(), options()),
    highwayConv1d: entry(T.highwayConv1d, tensors(steps), counts(), singles(), options()),
    highwayConv2d: entry(T.highwayConv2d, tensors(pictures), counts(), pairs(), options()),
    residualBlock: entry(T.residualBlock, tensors(pictures), counts(1), counts(5), options()),
    residualBottleneck: entry(T.residualBottleneck, tensors(pictures), counts(1), counts(), counts(3), options()),
    resnextBlock: entry(T.resnextBlock, tensors(pictures), counts(1), counts(5), counts(4), options()),
    densenetBlock: entry(T.densenetBlock, tensors(pictures), counts(1), counts(), options()),
    globalAvgPool: entry(T.globalAvgPool, tensors(pictures), options()),
    globalMaxPool: entry(T.globalMaxPool, tensors(pictures), options()),
    upsample2d: entry(T.upsample2d, tensors(pictures), window, options()),
    embedding: entry(T.embedding, tensors(ids), counts(10), counts(), options()),
    simpleRnn: entry(T.simpleRnn, tensors(steps), counts(), options()),
    lstm: entry(T.lstm, tensors(steps), counts(), options()),
    gru: entry(T.gru, tensors(steps), counts(), options()),
    BasicRNNCell: made(T.BasicRNNCell, counts(), options()),
    BasicLSTMCell: made(T.BasicLSTMCell, counts(), options()),
    GRUCell: made(T.GRUCell, counts(), options()),
    bidirectionalRnn: entry(
      T.bidirectionalRnn,
      tensors(steps),
      needed(new T.GRUCell(2), 3, "x", {}, new T.GRUCell(3)),
      needed(new T.GRUCell(2), 3, "x", {}, new T.GRUCell(3)),
      options(),
    ),
    merge: entry(T.merge, needed([x, y], 3, "x", {}, [], [x], [x, 3], x), names("concat"), options()),
    mergeOutputs: entry(T.mergeOutputs, needed([x, y], 3, "x", {}, [], [3], [x, 3]), options()),
    timeDistributed: entry(
      T.timeDistributed,
      tensors(steps),
      functions((z: tf.Tensor) => T.fullyConnected(z, 2)),
    ),
    batchNormalization: entry(T.batchNormalization, tensors(x), options()),
    localResponseNormalization: entry(T.localResponseNormalization, tensors(pictures), options()),
    l2Normalize: entry(T.l2Normalize, tensors(x), argument(1, null, "1", {}, 1.5, 7), options()),
    regression: entry(T.regression, tensors(logits), options()),
    DNN: made(T.DNN, tensors(logits), options()),
    Trainer: made(T.Trainer, needed([], 3, "x", {}, [3]), options()),
    getLayerByName: entry(T.getLayerByName, names("InputData")),
    addWeightsRegularizer: entry(T.addWeightsRegularizer, tensors(logits.W), argument("L2", null, 3, {}, "L3")),
    isTraining: entry(T.isTraining, needed(true, 3, "x", {}), needed(new tf.Session(), 3, "x", {})),
    getTrainingMode: entry(T.getTrainingMode),
    initTrainingMode: entry(T.initTrainingMode, argument(tf.getDefaultGraph(), null, 3, {})),
    initGraph: entry(T.initGraph, options()),
    SGD: made(T.SGD, options()),
  };
}
const functionsTake = (value: unknown): Argument => ({ value, wrong: [] });

/** What stands in TFLearn's modules: on values of the host, or on tensors that values may stand for. */
function entriesOfModules(): Record<string, Entry> {
  const { activations, initializations, metrics, objectives, optimizers, regularizers, variables, dataUtils } = T;
  const x = T.inputData({ shape: [null, 4] });
  const y = tf.placeholder("float32", [null, 4]);
  const layer = T.fullyConnected(x, 4, { name: "Layer" });
  T.regression(layer);
  const like = (value: unknown): Argument => needed(value, {}, () => 1, [[1], [1, 2]]);
  const array = (value: unknown): Argument => needed(value, {}, () => 1, [[1], [1, 2]], [null]);
  const entries: Record<string, Entry> = {
    "activations.get": entry(activations.get, needed("relu", 3, {}, [], "none of them")),
    "activations.prelu": entry(activations.prelu, tensors(x), options()),
    "initializations.get": entry(initializations.get, needed("xavier", "none of them")),
    "metrics.get": entry(metrics.get, names("accuracy")),
    "metrics.metricOf": entry(
      metrics.metricOf,
      needed("accuracy", 3, {}, [], "none of them"),
      ...[x, y, [x]].map(functionsTake),
    ),
    "objectives.get": entry(objectives.get, names("mean_square")),
    "objectives.lossOf": entry(
      objectives.lossOf,
      needed("mean_square", 3, {}, [], "none of them"),
      ...[x, y].map(functionsTake),
    ),
    "objectives.tripletLoss": entry(objectives.tripletLoss, like(x), like(x), like(x)),
    "objectives.weakCrossEntropy2d": entry(objectives.weakCrossEntropy2d, like(x), tensors(y), options()),
    "optimizers.get": entry(optimizers.get, names("adam")),
    "optimizers.resolveOptimizer": entry(
      optimizers.resolveOptimizer,
      needed("adam", 3, {}, [], "none of them"),
      functionsTake(0.1),
    ),
    "regularizers.get": entry(regularizers.get, needed("L2", 3, {}, [], "none of them")),
    "regularizers.L1": entry(regularizers.L1, like(layer.W)),
    "regularizers.L2": entry(regularizers.L2, like(layer.W)),
    "variables.variable": entry(variables.variable, texts("v"), options({ shape: [2] })),
    "variables.getInputsPlaceholderByName": entry(variables.getInputsPlaceholderByName, names("InputData")),
    "variables.getTargetsPlaceholderByName": entry(variables.getTargetsPlaceholderByName, names("TargetsData")),
    "variables.getLayerVariablesByName": entry(variables.getLayerVariablesByName, functionsTake("Layer")),
    "variables.getAllVariables": entry(variables.getAllVariables),
    "variables.getAllTrainableVariables": entry(variables.getAllTrainableVariables),
    "dataUtils.toCategorical": entry(dataUtils.toCategorical, array([0, 1, 2]), argument(3, 0, -1, 1.5, "3", {}, 2)),
    "dataUtils.padSequences": entry(
      dataUtils.padSequences,
      needed([[1], [1, 2]], 3, "x", {}, [3], [null], [["a"]]),
      options(),
    ),
    "dataUtils.shuffle": entry(
      dataUtils.shuffle,
      needed(
        [
          [1, 2],
          [3, 4],
        ],
        3,
        "x",
        {},
        [[1], [1, 2]],
      ),
      options(),
    ),
    "dataUtils.stringToSemiRedundantSequences": entry(
      dataUtils.stringToSemiRedundantSequences,
      texts("a text that is long enough to cut"),
      options(),
    ),
    "dataUtils.samplewiseZeroCenter": entry(dataUtils.samplewiseZeroCenter, array([[1, 2]])),
    "dataUtils.samplewiseStdNormalization": entry(dataUtils.samplewiseStdNormalization, array([[1, 2]])),
    "dataUtils.featurewiseZeroCenter": entry(dataUtils.featurewiseZeroCenter, array([[1, 2]])),
    "dataUtils.featurewiseStdNormalization": entry(dataUtils.featurewiseStdNormalization, array([[1, 2]])),
  };
  const unary = [
    "linear",
    "tanh",
    "sigmoid",
    "softmax",
    "softplus",
    "softsign",
    "relu",
    "relu6",
    "leakyRelu",
    "elu",
    "crelu",
    "selu",
    "hardSigmoid",
    "gelu",
    "swish",
    "mish",
  ] as const;
  for (const name of unary) if (name !== "linear") entries[`activations.${name}`] = entry(activations[name], like(x));
  for (const name of [
    "zeros",
    "uniform",
    "uniformScaling",
    "normal",
    "truncatedNormal",
    "xavier",
    "varianceScaling",
  ] as const)
    entries[`initializations.${name}`] = entry(initializations[name], ...(name === "zeros" ? [] : [options()]));
  for (const name of ["accuracyOp", "binaryAccuracyOp", "topKOp", "r2Op"] as const)
    entries[`metrics.${name}`] = entry(metrics[name], like(x), like(y));
  for (const name of [
    "softmaxCategoricalCrossentropy",
    "categoricalCrossentropy",
    "binaryCrossentropy",
    "weightedCrossentropy",
    "meanSquare",
    "hingeLoss",
    "rocAucScore",
    "contrastiveLoss",
  ] as const)
    entries[`objectives.${name}`] = entry(objectives[name], like(x), like(y));
  for (const name of [
    "SGD",
    "Momentum",
    "Nesterov",
    "RMSProp",
    "Adam",
    "AdaGrad",
    "AdaDelta",
    "Ftrl",
    "ProximalAdaGrad",
  ] as const)
    entries[`optimizers.${name}`] = made(optimizers[name], options());
  return entries;
}

async function failure(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

const shown = (value: unknown): string => (typeof value === "function" ? "a function" : inspect(value, { depth: 0 }));

async function complaints(entries: () => Record<string, Entry>, hasPlace: boolean): Promise<string[]> {
  const found: string[] = [];
  const complain = (what: string, error: unknown): void => {
    if (error === undefined) found.push(`${what}: no error`);
    else if (!(error instanceof tf.errors.StrataError)) found.push(`${what}: ${error}`);
    else if (error.hint === undefined) found.push(`${what}: no fix in "${error.message}"`);
    else if (hasPlace && error.createdAt === undefined) found.push(`${what}: no place in "${error.message}"`);
  };
  for (const name of Object.keys(new tf.Graph().asDefault(entries)))
    await new tf.Graph().asDefault(async () => {
      const { call, given } = entries()[name] as Entry;
      const right = given.map(({ value }) => value);
      for (const [at, { wrong }] of given.entries())
        for (const value of wrong)
          complain(`${name}, argument ${at} ${shown(value)}`, await failure(() => call(...right.with(at, value))));
      // After all that failed, what is right still works.
      const error = await failure(() => call(...right));
      if (error !== undefined) found.push(`${name}: ${error}`);
    });
  return found;
}

test("tf.layers tells every argument that is missing or of another kind", async () => {
  const found = await complaints(entriesOfLayers, true);
  assert.ok(found.length === 0, found.join("\n"));
});
test("TFLearn tells every argument that is missing or of another kind", async () => {
  const found = await complaints(entriesOfTflearn, true);
  assert.ok(found.length === 0, found.join("\n"));
});
test("TFLearn's modules tell every argument that is missing or of another kind", async () => {
  const found = await complaints(entriesOfModules, false);
  assert.ok(found.length === 0, found.join("\n"));
});

test("a DNN's methods, preprocessing and augmentation tell it too", async () => {
  const directory = await mkdtemp(join(tmpdir(), "arguments-"));
  const X = [[1, 2, 3, 4]];
  const Y = [[1, 0]];
  const [first, second] = [join(directory, "first"), join(directory, "second")];
  const entriesOfModel = (): Record<string, Entry> => {
    const layer = T.fullyConnected(T.inputData({ shape: [null, 4] }), 2, { activation: "softmax" });
    const model = new T.DNN(T.regression(layer), { output: null });
    const of = (method: Exclude<keyof tflearn.DNN, symbol>, ...given: readonly Argument[]): Entry =>
      entry((...values: readonly unknown[]) => (model[method] as Call).call(model, ...values), ...given);
    const x = needed(X, 3, "x", {}, () => 1, [null], [[1], [1, 2]], [[1, 2]], [["a", "b", "c", "d"]]);
    const y = needed(
      Y,
      3,
      "x",
      {},
      () => 1,
      [null],
      [[1, 2, 3]],
      [
        [1, 0],
        [0, 1],
      ],
    );
    const settings = [
      { nEpoch: -1 },
      { nEpoch: "2" },
      { batchSize: 0 },
      { validationSet: "x" },
      { validationSet: 2 },
      { callbacks: [1] },
      { snapshotStep: 0 },
    ];
    return {
      fit: of("fit", x, y, argument({ nEpoch: 1 }, null, 3, "x", [], { epochs: 1 }, ...settings)),
      fitBatch: of("fitBatch", x, y),
      predict: of("predict", x),
      predictLabel: of("predictLabel", x),
      evaluate: of("evaluate", x, y, argument(128, null, 0, 1.5, "3", {})),
      save: of("save", texts(first)),
      load: entry(
        async (path: unknown, given: unknown) => {
          await model.save(second);
          await model.load(path as string, given as tflearn.RestoreOptions);
        },
        texts(second),
        argument({}, null, 3, "x", [], { weights: true }),
      ),
      getWeights: of("getWeights", tensors(layer.W)),
      setWeights: of(
        "setWeights",
        tensors(layer.W),
        needed(
          [
            [1, 2],
            [3, 4],
            [5, 6],
            [7, 8],
          ],
          3,
          "x",
          {},
          [1],
          [[1, 2]],
        ),
      ),
      getValue: entry(T.variables.getValue, tensors(layer.W), needed(model.session, 3, "x", {})),
      setValue: entry(
        T.variables.setValue,
        tensors(layer.b),
        needed([1, 2], 3, "x", {}, [1], [[1, 2]]),
        needed(model.session, 3, "x", {}),
      ),
      loadData: entry(T.datasets.mnist.loadData, argument("sample", null, 3, {}), options()),
      loadCsv: entry(T.dataUtils.loadCsv, needed(csv, 3, {}, "no such file"), options()),
      imagePreloader: entry(
        T.dataUtils.imagePreloader,
        needed(pictures, 3, {}, "no such file"),
        pairs([2, 2]),
        options(),
      ),
    };
  };
  const csv = join(directory, "a.csv");
  const pictures = join(directory, "list.txt");
  const picture = join(directory, "a.png");
  await writeFile(picture, makePng({ width: 1, height: 1, depth: 8, colorType: 2, rows: [[1, 2, 3]] }));
  await writeFile(pictures, `${picture} 0\n`);
  await writeFile(csv, "a,b\n1,2\n");
  const found = await complaints(entriesOfModel, false);
  assert.ok(found.length === 0, found.join("\n"));
});

test("the tables have every function and class", () => {
  const exported = (module: object): string[] =>
    Object.entries(module).flatMap(([name, value]) => (typeof value === "function" ? name : []));
  const listed = (entries: () => Record<string, Entry>) => Object.keys(new tf.Graph().asDefault(entries));
  const ofLayers = [...listed(entriesOfLayers), ...Object.keys(absent), ...Object.keys(absentClasses)];
  assert.deepEqual(
    exported(L).filter((name) => !ofLayers.includes(name)),
    ["Layer"],
  );
  const ofTflearn = listed(entriesOfTflearn);
  const made = [
    "Callback",
    "DataAugmentation",
    "DataPreprocessing",
    "ImageAugmentation",
    "ImagePreprocessing",
    "RNNCell",
    "StopIteration",
    "TrainOp",
  ];
  const optimizers = exported(T.optimizers);
  assert.deepEqual(
    exported(T).filter((name) => ![...ofTflearn, ...optimizers].includes(name)),
    made,
  );
});

test("layers over volumes say that they are not there, whatever they are given", async () => {
  for (const call of Object.values(absent))
    assert.ok((await failure(() => (call as Call)())) instanceof tf.errors.UnimplementedError);
  for (const Absent of Object.values(absentClasses))
    assert.ok(
      (await failure(() => new (Absent as unknown as new () => unknown)())) instanceof tf.errors.UnimplementedError,
    );
});
