/**
 * @file Objectives, activations, metrics, regularizers and initializations against values computed with
 * NumPy in float64. Tolerance 2e-6 unless stated: some ten float32 roundings of values about 1.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NdArray } from "../../src/core/index.js";
import * as tf from "../../src/index.js";
import * as tflearn from "../../src/tflearn/index.js";
import { assertClose, inGraph, valuesOf } from "./support.js";

const { objectives, activations, metrics, initializations, regularizers } = tflearn;
const constant = (value: number[] | number[][]): tf.Tensor => tf.constant(value, { dtype: "float32" }) as tf.Tensor;

const probabilities = [
  [0.7, 0.2, 0.1],
  [0.1, 0.3, 0.6],
  [0.2, 0.5, 0.4],
];
const logits = [
  [1.5, -0.5, 0.25],
  [-2, 0.75, 3],
  [0.1, 0.2, -4],
];
const labels = [
  [1, 0, 0],
  [0, 0, 1],
  [1, 0, 0],
];

inGraph("objectives give NumPy's values", async () => {
  const [p, z, y] = [constant(probabilities), constant(logits), constant(labels)];
  const signs = tf.subtract(tf.multiply(y, 2) as tf.Tensor, 1) as tf.Tensor;
  const values = await valuesOf([
    objectives.categoricalCrossentropy(p, y),
    objectives.softmaxCategoricalCrossentropy(z, y),
    objectives.binaryCrossentropy(z, y),
    objectives.weightedCrossentropy(z, y, 2.5),
    objectives.meanSquare(z, y),
    objectives.hingeLoss(z, signs),
    objectives.rocAucScore(constant([0.9, 0.3, 0.45, 0.5]), constant([1, 0, 1, 0])),
    objectives.weakCrossEntropy2d(z, y),
    objectives.weakCrossEntropy2d(z, y, { head: [1, 2, 3] }),
    objectives.contrastiveLoss(constant([0.3, 1.2, 0.8]), constant([1, 0, 0])),
    objectives.tripletLoss(constant([1, 2]), constant([1.5, 1]), constant([0, 2.5])),
  ]);
  const expected = [
    0.8574162199810494, 0.40349120271824135, 0.47494461201625426, 0.6240108269545985, 2.886111111111111,
    0.6222222222222222, 0.01575, 0.4034912027182414, 0.4743468986788934, 0.065, 1,
  ];
  assertClose(values.flat(), expected);
});

inGraph("categorical cross entropy survives a probability of 0, in value and gradient", async () => {
  const p = tf.placeholder("float32", [null, 2]) as tf.Tensor;
  const loss = objectives.categoricalCrossentropy(p, constant([[1, 0]]));
  const [gradient] = tf.gradients(loss, [p]) as readonly tf.Tensor[];
  const [value, slope] = await valuesOf([loss, gradient as tf.Tensor], [[p, [[0, 1]]]]);
  assertClose(value as number[], [-Math.log(1e-10)]);
  assert.ok((slope as number[]).every(Number.isFinite));
});

inGraph("activations give NumPy's values", async () => {
  const x = constant([-2, -0.5, 0, 0.5, 3]);
  const expected: Partial<Record<tflearn.ActivationName, number[]>> = {
    linear: [-2, -0.5, 0, 0.5, 3],
    tanh: [-0.96402758, -0.462117157, 0, 0.462117157, 0.995054754],
    sigmoid: [0.119202922, 0.377540669, 0.5, 0.622459331, 0.952574127],
    softplus: [0.126928011, 0.474076984, Math.LN2, 0.974076984, 3.048587352],
    softsign: [-0.666666667, -0.333333333, 0, 0.333333333, 0.75],
    relu: [0, 0, 0, 0.5, 3],
    relu6: [0, 0, 0, 0.5, 3],
    leaky_relu: [-0.2, -0.05, 0, 0.5, 3],
    leakyrelu: [-0.2, -0.05, 0, 0.5, 3],
    prelu: [0, 0, 0, 0.5, 3],
    elu: [-0.864664717, -0.39346934, 0, 0.5, 3],
    selu: [-1.520166469, -0.691758188, 0, 0.525350494, 3.152102962],
    hard_sigmoid: [0.1, 0.4, 0.5, 0.6, 1],
    gelu: [-0.045402306, -0.15428599, 0, 0.34571401, 2.996362608],
    swish: [-0.238405844, -0.188770334, 0, 0.311229666, 2.85772238],
    mish: [-0.252501483, -0.220743775, 0, 0.375245211, 2.986535005],
    crelu: [0, 0, 0, 0.5, 3, 2, 0.5, 0, 0, 0],
  };
  const names = Object.keys(expected) as tflearn.ActivationName[];
  const values = await valuesOf(names.map((name) => activations.get(name)(x)));
  names.forEach((name, i) => {
    assertClose(values[i] as number[], expected[name] as number[]);
  });
});

inGraph("prelu learns a slope for each channel", async () => {
  const x = constant([
    [-2, -1],
    [3, -4],
  ]);
  const own = activations.prelu(x);
  const shared = activations.prelu(x, { channelShared: true, weightsInit: () => tf.constant([0.5]) });
  assert.deepEqual(own.alphas.shape, [2]);
  assert.equal(own.alphas.name, "PReLU/alphas:0");
  const [, values] = await valuesOf([own, shared]);
  assert.deepEqual(values, [-1, -0.5, 3, -2]);
});

inGraph("metrics give NumPy's values and their names", async () => {
  const predictions = constant(probabilities);
  const targets = constant(labels);
  const line = constant([1, 2.5, 2]);
  const truth = constant([1, 2, 3]);
  const inputs = constant([0, 1, 2]);
  const accuracy = new metrics.Accuracy();
  const binary = new metrics.Accuracy();
  const top2 = new metrics.TopK({ k: 2 });
  const counts = new metrics.PredictionCounts(new metrics.Accuracy());
  accuracy.build(predictions, targets);
  top2.build(predictions, targets);
  counts.build(predictions, targets);
  binary.build(constant([0.4, -0.1, 3]), constant([1, 1, 0]));
  assert.deepEqual([accuracy.name, binary.name, top2.name, counts.name], ["acc", "binary_acc", "top2", "acc"]);
  assert.deepEqual([new metrics.R2().name, new metrics.WeightedR2().name], ["R2", "R2"]);
  const values = await valuesOf([
    accuracy.getTensor(),
    binary.getTensor(),
    top2.getTensor(),
    metrics.r2Op(line, truth),
    metrics.weightedR2Op(line, truth, [inputs]),
    counts.counts,
  ]);
  assertClose(values.flat(), [2 / 3, 1 / 3, 2 / 3, 0.375, 1.0833333333, 1, 1, 1]);
});

inGraph("a metric that is not built, and shapes that differ, are errors", () => {
  assert.throws(() => new metrics.Accuracy().getTensor(), /hasn't be built/);
  const [a, b] = [constant([1, 2, 3]), constant([1, 2])];
  assert.throws(() => metrics.weightedR2Op(a, a, b), /requires Inputs and Targets to have same shape/);
});

inGraph("regularizers give NumPy's values", async () => {
  const weights = constant([1, -2, 3]);
  const values = await valuesOf([
    regularizers.L2(weights, 0.1),
    regularizers.L1(weights, 0.1),
    regularizers.L2(weights),
  ]);
  assertClose(values.flat(), [0.7, 0.6, 0.007]);
});

test("initializations draw from the distributions they name", async () => {
  const shape = [200, 300];
  // Of 60,000 draws the mean is within 5 standard errors, and the deviation within 2%.
  const expected: Record<tflearn.InitializationName, readonly [mean: number, std: number, largest: number]> = {
    zeros: [0, 0, 0],
    uniform: [0.5, Math.sqrt(1 / 12), 1],
    uniform_scaling: [0, Math.sqrt(1 / 200), Math.sqrt(3 / 200)],
    normal: [0, 0.02, 0.12],
    // A normal distribution cut at two deviations keeps 0.8796 of its deviation.
    truncated_normal: [0, 0.02 * 0.8796, 0.04],
    xavier: [0, Math.sqrt(2 / 500), Math.sqrt(6 / 500)],
    variance_scaling: [0, Math.sqrt(2.6 / 200) * 0.8796, 2 * Math.sqrt(2.6 / 200)],
  };
  await new tf.Graph().asDefault(async () => {
    tf.setRandomSeed(5);
    using session = new tf.Session();
    for (const [name, [mean, std, largest]] of Object.entries(expected)) {
      const initializer = initializations.get(name as tflearn.InitializationName);
      assert.ok(typeof initializer === "function");
      const values = (await session.run(initializer(shape, {}) as tf.Tensor)) as NdArray<"float32">;
      const all = values.data;
      const average = all.reduce((sum, value) => sum + value, 0) / all.length;
      const deviation = Math.sqrt(all.reduce((sum, value) => sum + (value - average) ** 2, 0) / all.length);
      assert.ok(Math.abs(average - mean) <= (5 * std) / Math.sqrt(all.length), `${name}: mean ${average}`);
      assert.ok(Math.abs(deviation - std) <= 0.02 * std, `${name}: deviation ${deviation}, not ${std}`);
      assert.ok(
        all.every((value) => Math.abs(value) <= largest * 1.0001),
        `${name}: beyond ${largest}`,
      );
    }
  });
});

test("an unknown identifier names the nearest there is", () => {
  const wrong = (call: () => unknown): string => {
    try {
      call();
    } catch (error) {
      return error instanceof Error ? error.message : "";
    }
    return "no error";
  };
  assert.match(
    wrong(() => activations.get("sigmoide" as "sigmoid")),
    /Invalid activation: sigmoide\n.*'sigmoid'/s,
  );
  assert.match(
    wrong(() => objectives.get("categorical_crossentrop" as "mean_square")),
    /'categorical_crossentropy'/,
  );
  assert.match(
    wrong(() => initializations.get("truncatednormal" as "zeros")),
    /'truncated_normal'/,
  );
  assert.match(
    wrong(() => tflearn.optimizers.get("adm" as "adam")),
    /Invalid optimizer: adm\n.*'adam'/s,
  );
  assert.match(
    wrong(() => metrics.get("acuracy" as "accuracy")),
    /Invalid metric: acuracy\n.*'accuracy'/s,
  );
  assert.match(
    wrong(() => regularizers.get("l2" as "L2")),
    /Invalid regularizer: l2\n.*'L2'/s,
  );
  assert.match(
    wrong(() => activations.get("xyzzy" as "relu")),
    /there are linear, tanh/,
  );
  assert.match(
    wrong(() => metrics.get("Prediction_Counts" as "accuracy")),
    /new tflearn\.metrics\.PredictionCounts\(/,
  );
  // As in the original: the exact key, else its lower-case form.
  assert.equal(activations.get("ReLU" as "relu"), activations.relu);
  assert.throws(() => activations.get(3 as never), /Invalid Activation\./);
  assert.equal(NdArray.from(1).size, 1);
});
