/**
 * @file `node scripts/names.mjs` writes docs/names.md: the original's name of every value that the built
 * library exports. With `--check [FILE]` it writes nothing, and fails where the page, or FILE, is not current.
 * Reads `dist/` as it is; rules and exceptions of the names are the tables below.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, SetupError, say } from "./ensure.mjs";

const [mode, page = join(root, "docs", "names.md")] = process.argv.slice(2);

/**
 * The sections of the page, in its order. `at` is the way from the entry to a namespace, `original` what
 * stands before its names in Python. `renamed` has what the rule does not give, as it is written in full;
 * `own` what no original has, or keeps for itself. `splitDigits` makes `conv2d` into `conv_2d`.
 */
const sections = [
  {
    at: "tf",
    original: "tf",
    renamed: {
      floorDiv: "tf.floordiv",
      elu: "tf.nn.elu",
      relu: "tf.nn.relu",
      relu6: "tf.nn.relu6",
      selu: "tf.nn.selu",
      softplus: "tf.nn.softplus",
      softsign: "tf.nn.softsign",
      switchCase: "tf.case",
      withColocation: "with tf.colocate_with",
      withControlDependencies: "with tf.control_dependencies",
      withDevice: "with tf.device",
      withNameScope: "with tf.name_scope",
      withSession: "with tf.Session",
      withVariableScope: "with tf.variable_scope",
      registerGradient: "tf.RegisterGradient",
      identityInitializer: "tf.initializers.identity",
    },
    own: ["NdArray", "StrataError", "computeFans", "requireDType"],
  },
  {
    at: "tf.errors",
    original: "tf.errors",
    own: [
      "ArgumentError",
      "DTypeError",
      "FeedError",
      "FetchError",
      "GradientError",
      "GraphError",
      "SessionError",
      "ShapeError",
      "StrataError",
      "callSiteOf",
      "captureCallSite",
    ],
  },
  { at: "tf.nn", original: "tf.nn", renamed: { gelu: "tf.nn.gelu (2.x)" } },
  { at: "tf.train", original: "tf.train" },
  { at: "tf.layers", original: "tf.layers" },
  { at: "tf.losses", original: "tf.losses" },
  { at: "tf.metrics", original: "tf.metrics" },
  {
    at: "tf.regularizers",
    original: "tf.contrib.layers",
    renamed: {
      apply: "tf.contrib.layers.apply_regularization",
      l1: "tf.contrib.layers.l1_regularizer",
      l1L2: "tf.contrib.layers.l1_l2_regularizer",
      l2: "tf.contrib.layers.l2_regularizer",
      sum: "tf.contrib.layers.sum_regularizer",
    },
  },
  {
    at: "tflearn",
    original: "tflearn",
    splitDigits: true,
    own: ["Collections", "StopIteration"],
  },
  { at: "tflearn.activations", original: "tflearn.activations", splitDigits: true },
  { at: "tflearn.callbacks", original: "tflearn.callbacks", own: ["StopIteration"] },
  { at: "tflearn.dataUtils", original: "tflearn.data_utils", splitDigits: true },
  { at: "tflearn.datasets.mnist", original: "tflearn.datasets.mnist" },
  { at: "tflearn.initializations", original: "tflearn.initializations" },
  {
    at: "tflearn.metrics",
    original: "tflearn.metrics",
    renamed: { TopK: "tflearn.metrics.Top_k", PredictionCounts: "tflearn.metrics.Prediction_Counts" },
    own: ["metricOf"],
  },
  { at: "tflearn.objectives", original: "tflearn.objectives", splitDigits: true, own: ["lossOf"] },
  { at: "tflearn.optimizers", original: "tflearn.optimizers", own: ["resolveOptimizer"] },
  { at: "tflearn.regularizers", original: "tflearn.regularizers" },
  { at: "tflearn.variables", original: "tflearn.variables" },
  {
    at: "keras",
    original: "keras",
    renamed: { input: "keras.Input", Layer: "keras.layers.Layer" },
  },
  { at: "keras.activations", original: "keras.activations" },
  {
    at: "keras.backend",
    original: "keras.backend",
    renamed: { setValues: "keras.backend.batch_set_value" },
    own: ["initializeVariables", "setDevice"],
  },
  { at: "keras.callbacks", original: "keras.callbacks" },
  { at: "keras.constraints", original: "keras.constraints" },
  { at: "keras.datasets.bostonHousing", original: "keras.datasets.boston_housing" },
  { at: "keras.datasets.californiaHousing", original: "keras.datasets.california_housing" },
  { at: "keras.datasets.cifar10", original: "keras.datasets.cifar10" },
  { at: "keras.datasets.cifar100", original: "keras.datasets.cifar100" },
  { at: "keras.datasets.fashionMnist", original: "keras.datasets.fashion_mnist" },
  { at: "keras.datasets.imdb", original: "keras.datasets.imdb" },
  { at: "keras.datasets.mnist", original: "keras.datasets.mnist" },
  { at: "keras.datasets.reuters", original: "keras.datasets.reuters" },
  { at: "keras.initializers", original: "keras.initializers" },
  { at: "keras.layers", original: "keras.layers", renamed: { input: "keras.layers.Input" } },
  { at: "keras.losses", original: "keras.losses", own: ["LossFunctionWrapper", "reduceWeightedValues"] },
  {
    at: "keras.metrics",
    original: "keras.metrics",
    own: ["MeanOfValues", "StatefulMetric", "resolveLoss", "resolveMetric", "targetKind"],
  },
  { at: "keras.models", original: "keras.models", own: ["registerLayers", "serializeLayer"] },
  { at: "keras.optimizers", original: "keras.optimizers" },
  { at: "keras.optimizers.schedules", original: "keras.optimizers.schedules" },
  {
    at: "keras.preprocessing",
    original: "keras.preprocessing",
    renamed: {
      ImageDataGenerator: "keras.preprocessing.image.ImageDataGenerator",
      Tokenizer: "keras.preprocessing.text.Tokenizer",
      padSequences: "keras.preprocessing.sequence.pad_sequences",
      textToWordSequence: "keras.preprocessing.text.text_to_word_sequence",
    },
  },
  { at: "keras.regularizers", original: "keras.regularizers" },
  { at: "keras.schedules", original: "keras.optimizers.schedules" },
  {
    at: "keras.serialization",
    original: "keras.saving",
    renamed: {
      deserialize: "keras.saving.deserialize_keras_object",
      register: "keras.saving.register_keras_serializable",
      serialize: "keras.saving.serialize_keras_object",
    },
    own: ["get", "namesOf", "nearest", "optionsOf", "registerFunction", "serializeOptional", "snakeCase"],
  },
  { at: "keras.utils", original: "keras.utils", own: ["modelToSvg", "summaryText"] },
  {
    at: "datasets",
    original: "tensorflow.examples.tutorials.mnist.input_data",
    renamed: {
      parseImages: "tensorflow.examples.tutorials.mnist.input_data.extract_images",
      parseLabels: "tensorflow.examples.tutorials.mnist.input_data.extract_labels",
    },
    own: ["findData", "published"],
  },
];

/** Objects that are values, not namespaces: their keys keep the names they have. */
const values = new Set(["tf.GraphKeys", "tf.losses.Reduction", "tflearn.Collections", "datasets.published"]);

/** Entries of the package by the name that the page gives them. */
const entries = {
  tf: "index.js",
  tflearn: "tflearn/index.js",
  keras: "keras/index.js",
  datasets: "datasets/index.js",
};

const preamble = `# Names

The values that the library exports, each beside its name in the original: TensorFlow 1.x, TFLearn or Keras (some names
are Keras 3's alone). The rule is the original's name in camelCase; classes keep theirs, and so do constants such as
\`tf.GraphKeys.UPDATE_OPS\`. What Python passes by keyword goes into one options object at the end, in camelCase as well:
\`keep_dims=True\` is \`{ keepDims: true }\`. Identifiers in strings, such as \`"categorical_crossentropy"\`, stay as they
are. Some names stand for what is not there, and throw an error that says what to use in its place: \`Conv3D\`,
\`TensorBoard\`, \`load_model\`. \`tensorstrata/pictures\` has no original and is left out. How the levels fit together is
in the [guide](guide.md).

This page is made from the exports: \`node scripts/names.mjs\` writes it anew.
`;

/** `softmaxCrossEntropyWithLogitsV2` → `softmax_cross_entropy_with_logits_v2`; classes and constants stay. */
function snakeCase(name, splitDigits = false) {
  if (/^[A-Z]/.test(name)) return name;
  const words = splitDigits ? name.replace(/(?<=[a-z])(?=\dd([A-Z]|$))/, "_") : name;
  return words
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .toLowerCase();
}

/** Whether an export holds further exports, as `tf.nn` does. */
const isNamespace = (path, value) => typeof value === "object" && value !== null && !values.has(path);

/** The page, from the built library. @throws SetupError where an export is in no section, or a table is out of date */
async function makePage() {
  const roots = new Map();
  for (const [name, module] of Object.entries(entries))
    roots.set(name, await import(new URL(`../dist/src/${module}`, import.meta.url).href));
  const missing = [...roots].flatMap(([name, value]) => namespacesWithNames(name, value));
  const unlisted = missing.filter((path) => !sections.some(({ at }) => at === path));
  if (unlisted.length > 0)
    throw new SetupError(`scripts/names.mjs has no section for ${unlisted.join(", ")}\n  fix  add one to its table`);
  return [preamble, ...sections.map((section) => describeSection(section, find(roots, section.at)))].join("\n");
}

/** Paths of the namespaces at and below `path` that hold something other than namespaces. */
function namespacesWithNames(path, value) {
  const children = Object.entries(value).map(([name, child]) => [`${path}.${name}`, child]);
  const inner = children.filter(([at, child]) => isNamespace(at, child));
  const own = inner.length < children.length ? [path] : [];
  return [...own, ...inner.flatMap(([at, child]) => namespacesWithNames(at, child))];
}

function find(roots, path) {
  const [entry, ...names] = path.split(".");
  const found = names.reduce((value, name) => value?.[name], roots.get(entry));
  if (found === undefined)
    throw new SetupError(`scripts/names.mjs has a section for ${path}, which the library does not export`);
  return found;
}

function describeSection({ at, original, renamed = {}, own = [], splitDigits }, namespace) {
  const names = Object.keys(namespace).filter((name) => !isNamespace(`${at}.${name}`, namespace[name]));
  const stale = [...Object.keys(renamed), ...own].filter((name) => !names.includes(name));
  if (stale.length > 0)
    throw new SetupError(`scripts/names.mjs lists ${stale.join(", ")}, which ${at} does not export`);
  const rows = names
    .filter((name) => !own.includes(name))
    .sort(byText)
    .map((name) => `| \`${renamed[name] ?? `${original}.${snakeCase(name, splitDigits)}`}\` | \`${at}.${name}\` |`);
  const lines = [`## ${at}`, "", "| original | here |", "| --- | --- |", ...rows];
  if (own.length > 0)
    lines.push("", "Without a public name in the original:", "", ...own.map((name) => `- \`${at}.${name}\``));
  return `${lines.join("\n")}\n`;
}

/** By characters, so that the page is the same wherever it is made. */
const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

try {
  const text = await makePage();
  if (mode !== "--check") writeFileSync(page, text);
  else if (readFileSync(page, "utf8") !== text)
    throw new SetupError("docs/names.md differs from what the library exports\n  fix  node scripts/names.mjs");
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
