/**
 * @file A page's author minifies, which renames classes and functions: what the library writes to files and shows must
 * not follow. The same program runs on the sources and on a minified bundle, and prints the same.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { rolldown } from "rolldown";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const source = (entry: string): string => pathToFileURL(join(repository, "dist", "src", entry)).href;

let directory = "";
before(() => {
  directory = mkdtempSync(join(tmpdir(), "strata-minified-"));
});
after(() => rmSync(directory, { recursive: true, force: true }));

/** Everything whose name is made up, shown or written; `Renamed` shows whether names of classes were kept. */
const program = `
import * as tf from ${JSON.stringify(source("index.js"))};
import * as keras from ${JSON.stringify(source("keras/index.js"))};
import * as tflearn from ${JSON.stringify(source("tflearn/index.js"))};

const shown = {};
const tell = (what, value) => { shown[what] = value; };
const attempt = (what, body) => {
  try { tell(what, body() ?? "nothing"); } catch (error) { tell(what, [error.name, error.message.split("\\n")[0]]); }
};
/** Not those that only others extend, and whose names nobody sees. */
const bases = ["Callback", "Constraint", "Initializer", "Layer", "Loss", "MeanOfValues", "Metric", "Optimizer",
  "Regularizer", "StatefulMetric", "Wrapper"];
const classesOf = (room) => Object.entries(room).filter(([name, value]) =>
  typeof value === "function" && /^[A-Z]/.test(name) && value.prototype !== undefined && !bases.includes(name));
/** What constructors need, where they need something. */
const dense = () => new keras.layers.Dense(2);
const needed = {
  Activation: ["relu"], AlphaDropout: [0.5], Bidirectional: [new keras.layers.LSTM(2)], Conv1D: [2, 2], Conv2D: [2, 2], Convolution1D: [2, 2], Convolution2D: [2, 2],
  Conv2DTranspose: [2, 2], Convolution2DTranspose: [2, 2], Dense: [2], DepthwiseConv2D: [2], Dot: [1], Dropout: [0.5], Embedding: [4, 2], GRU: [2],
  GaussianDropout: [0.5], GaussianNoise: [0.5], InputLayer: [{ shape: [2] }], LSTM: [2], Lambda: [(x) => x],
  Permute: [[2, 1]], RepeatVector: [2], Rescaling: [2], Reshape: [[2, 1]], SeparableConv2D: [2, 2], SeparableConvolution2D: [2, 2], SimpleRNN: [2],
  SpatialDropout1D: [0.5], SpatialDropout2D: [0.5], TimeDistributed: [dense()], IoU: [{ numClasses: 2, targetClassIds: [0] }],
  MeanIoU: [{ numClasses: 2 }], OneHotIoU: [{ numClasses: 2, targetClassIds: [0] }], OneHotMeanIoU: [{ numClasses: 2 }],
  SensitivityAtSpecificity: [0.5], SpecificityAtSensitivity: [0.5], PrecisionAtRecall: [0.5], RecallAtPrecision: [0.5],
  MeanMetricWrapper: [keras.losses.meanSquaredError], LossFunctionWrapper: [keras.losses.huber], CSVLogger: ["a.csv"],
  LearningRateScheduler: [() => 1], BackupAndRestore: ["a"], ModelCheckpoint: ["a", { saveWeightsOnly: true }],
  PredictionCounts: [new tflearn.metrics.Accuracy()],
};
for (const room of ["layers", "losses", "metrics", "optimizers"])
  for (const [name, Class] of classesOf(keras[room])) {
    attempt(room + "." + name, () => {
      const made = new Class(...(needed[name] ?? []));
      return [made.name, room === "layers" ? made.className : "", name === "Lambda" ? "" : made.getConfig()];
    });
    attempt(room + "." + name + " written", () =>
      room === "layers" ? "" : keras.serialization.serialize(new Class(...(needed[name] ?? []))));
  }
for (const room of ["initializers", "regularizers", "constraints"])
  for (const [name, Class] of classesOf(keras[room]))
    attempt(room + "." + name, () => keras.serialization.serialize(new Class()));
for (const [name, Callback] of classesOf(keras.callbacks))
  attempt(name, () => new Callback(...(needed[name] ?? [])).model);
attempt("a mode of EarlyStopping", () => new keras.callbacks.EarlyStopping({ mode: "up" }));
attempt("a mode of ReduceLROnPlateau", () => new keras.callbacks.ReduceLROnPlateau({ mode: "up" }));
attempt("a mode of ModelCheckpoint", () => new keras.callbacks.ModelCheckpoint("a", { mode: "up" }));
for (const fn of [keras.losses.meanSquaredError, keras.losses.cosineProximity, keras.metrics.binaryAccuracy])
  attempt("function " + Object.keys(shown).length, () => [new keras.metrics.MeanMetricWrapper(fn).name,
    keras.losses.get(fn).name, keras.serialization.serialize(fn)]);
for (const activation of ["relu", "softmax", "leaky_relu"])
  tell(activation, new keras.layers.Dense(1, { activation }).getConfig());

for (const [name, Class] of classesOf(tflearn.optimizers))
  attempt("tflearn." + name, () => { const made = new Class(); return [made.displayName, made.name]; });
for (const [name, Class] of classesOf(tflearn.metrics))
  attempt("tflearn." + name, () => new Class(...(needed[name] ?? [])).name);
for (const [name, ErrorClass] of classesOf(tf.errors)) tell("errors." + name, new ErrorClass("x").name);
tell("StopIteration", new tflearn.StopIteration().name);

for (const [name, Class] of classesOf(tf.layers))
  if (!/3D/.test(name)) attempt("tf.layers." + name, () => {
    const made = /Conv/.test(name) ? new Class(2, 2) : /Pooling/.test(name) ? new Class(2, 1) :
      new Class(name === "Dropout" ? 0.5 : 2);
    return made.name;
  });

class Mine extends keras.Layer { call(x) { return x; } }
class MyAdam extends keras.optimizers.Adam {}
class MyLoss extends keras.losses.MeanSquaredError {}
tell("mine", [new Mine().className === Mine.name, new MyAdam().name === keras.serialization.snakeCase(MyAdam.name),
  new MyLoss().name === keras.serialization.snakeCase(MyLoss.name), Mine.name !== MyLoss.name]);

const model = new keras.Sequential([
  new keras.layers.Dense(3, { activation: "tanh", inputDim: 2, kernelRegularizer: "l2" }),
  new keras.layers.BatchNormalization(), new keras.layers.Dense(1)]);
model.compile({ optimizer: "adam", loss: keras.losses.huber, metrics: ["mae", keras.metrics.binaryAccuracy, "auc"] });
const history = await model.fit([[1, 2], [3, 4]], [[0], [1]], { verbose: 0, shuffle: false });
const text = keras.models.modelToJSON(model);
tell("model", [JSON.parse(text), JSON.parse(keras.models.modelToJSON(keras.models.modelFromJSON(text)))]);
tell("logs", Object.keys(history.history));
tell("variables", tf.globalVariables().map(({ op }) => op.name));
model.summary({ printFn: (line) => tell("summary", (shown.summary ?? "") + line + "\\n") });

const net = tflearn.regression(tflearn.fullyConnected(tflearn.inputData({ shape: [null, 2] }), 2, { activation: "softmax" }), { optimizer: "sgd" });
tell("net", [net.op.name, tf.globalVariables().map(({ op }) => op.name)]);
console.log(JSON.stringify(shown));
console.log(keras.optimizers.SGD.name);
`;

function run(file: string): { readonly shown: Readonly<Record<string, unknown>>; readonly className: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--conditions=tensorstrata-source", file], {
    encoding: "utf8",
    env: { ...process.env, STRATA_DEVICE: "interpreter" },
    maxBuffer: 64_000_000,
  });
  assert.equal(status, 0, stderr);
  const [json = "", className = ""] = stdout.trimEnd().split("\n");
  return { shown: JSON.parse(json), className };
}

test("names and configs are the same in a minified bundle, whose classes have other names", async () => {
  const plain = join(directory, "program.mjs");
  writeFileSync(plain, program);
  const bundle = await rolldown({
    input: plain,
    cwd: repository,
    platform: "node",
    resolve: { conditionNames: ["node", "import", "module", "default"] },
    external: [/^node:/, "koffi"],
    logLevel: "silent",
  });
  try {
    await bundle.write({ dir: join(directory, "minified"), format: "esm", minify: true, keepNames: false });
  } finally {
    await bundle.close();
  }
  const [expected, minified] = [run(plain), run(join(directory, "minified", "program.js"))];
  assert.equal(expected.className, "SGD");
  assert.notEqual(minified.className, "SGD", "the bundle keeps names: it would show nothing");
  const things = Object.keys(expected.shown);
  assert.ok(things.length > 200, `${things.length} things`);
  const differing = things.filter((what) => !isDeepStrictEqual(minified.shown[what], expected.shown[what]));
  assert.deepEqual(
    differing.map((what) => [what, minified.shown[what], expected.shown[what]]),
    [],
  );
  // The program did what it is for: few of its attempts failed, and those say why.
  const failed = things.filter((what) => JSON.stringify(expected.shown[what]).startsWith('["TypeError'));
  assert.deepEqual(failed, []);
});
