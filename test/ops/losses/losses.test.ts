/**
 * @file Losses: TensorFlow's values under every kind of weights and reduction, the collection, names, types,
 * gradients and errors.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { expectType } from "../expect-type.js";

const predictions = [
  [1, 2, 3],
  [2, 0.25, 0.75],
];
const labels = [
  [0.25, 2.25, 0.5],
  [-1.25, -0.5, 1.5],
];
const probabilities = [
  [0.9, 0.2, 0.4],
  [0.1, 0.6, 0.5],
];
const classes = [
  [1, 0, 0],
  [0, 1, 1],
];
const logits = [
  [2, -1, 0.5],
  [0, 3, -2],
];
const onehot = [
  [0, 1, 0],
  [1, 0, 0],
];
const full = [
  [0.5, 0, 2],
  [1, 0, 0],
];
const float = (values: number | readonly number[] | readonly (readonly number[])[]): tf.Tensor =>
  tf.constant(values, { dtype: "float32" }) as tf.Tensor;

async function evaluate(build: () => readonly tf.Tensor[]): Promise<(number | number[])[]> {
  const graph = new tf.Graph();
  const tensors = graph.asDefault(build);
  using session = new tf.Session({ device: "interpreter", graph });
  const values = await session.run(tensors);
  return values.map((v) => (v instanceof tf.NdArray ? Array.from(v.data as Float32Array) : Number(v)));
}
/** TensorFlow's values were printed to 7 digits of float32, and sums of a few terms may round otherwise: 4 ulp. */
const tolerance = 5e-7;
function assertValues(actual: readonly (number | number[])[], expected: readonly (number | number[])[]): void {
  const flat = (values: readonly (number | number[])[]): number[] => values.flat();
  assert.deepEqual(
    actual.map((value) => (Array.isArray(value) ? value.length : 0)),
    expected.map((value) => (Array.isArray(value) ? value.length : 0)),
  );
  flat(expected).forEach((value, i) => {
    const found = flat(actual)[i] ?? Number.NaN;
    assert.ok(Math.abs(found - value) <= tolerance * Math.max(1, Math.abs(value)), `[${i}] ${found} is not ${value}`);
  });
}

test("elementwise losses are TensorFlow's, weighted by scalars, rows and elements", async () => {
  const build = (weights: tf.TensorLike) => () => [
    tf.losses.meanSquaredError(labels, predictions, { weights }),
    tf.losses.absoluteDifference(labels, predictions, { weights }),
    tf.losses.huberLoss(labels, predictions, { weights, delta: 1.5 }),
    tf.losses.logLoss(classes, probabilities, { weights }),
    tf.losses.hingeLoss(classes, logits, { weights }),
    tf.losses.sigmoidCrossEntropy(classes, float(logits), { weights }),
    tf.losses.sigmoidCrossEntropy(classes, float(logits), { weights, labelSmoothing: 0.2 }),
  ];
  assertValues(await evaluate(build(1)), [3.09375, 1.375, 1.208333, 0.3581103, 0.9166667, 0.7138216, 0.7721548]);
  assertValues(await evaluate(build(0.5)), [1.546875, 0.6875, 0.6041667, 0.1790552, 0.4583333, 0.3569108, 0.3860774]);
  assertValues(
    await evaluate(build([[1], [0]])),
    [2.291667, 1.166667, 0.9791667, 0.2797764, 0.5, 0.4714222, 0.5547555],
  );
  assertValues(await evaluate(build(full)), [7.78125, 2.875, 3.046875, 0.3932305, 1.333333, 0.9015884, 0.9015884]);
});

test("softmax losses are TensorFlow's, with class numbers or probabilities as labels", async () => {
  const build = (weights: tf.TensorLike) => () => [
    tf.losses.softmaxCrossEntropy(onehot, float(logits), { weights }),
    tf.losses.softmaxCrossEntropy(onehot, float(logits), { weights, labelSmoothing: 0.1 }),
    tf.losses.sparseSoftmaxCrossEntropy([1, 0], float(logits), { weights }),
    tf.losses.sparseSoftmaxCrossEntropy([[1], [0]], float(logits), { weights }),
  ];
  assertValues(await evaluate(build(1)), [3.148148, 3.056482, 3.148148, 3.148148]);
  assertValues(await evaluate(build([1, 3])), [6.203134, 6.078133, 6.203134, 6.203134]);
  assertValues(await evaluate(build([2, 0])), [6.482623, 6.182623, 6.482623, 6.482623]);
});

test("smoothing needs no static number of classes", async () => {
  const graph = new tf.Graph();
  const [x, y, loss] = graph.asDefault(() => {
    const x = tf.placeholder("float32", [null, null]);
    const y = tf.placeholder("int32", [null, null]);
    return [x, y, tf.losses.softmaxCrossEntropy(y, x, { labelSmoothing: 0.1 })] as const;
  });
  using session = new tf.Session({ device: "interpreter", graph });
  const feeds: [tf.Tensor, number[][]][] = [
    [x, logits],
    [y, onehot],
  ];
  assertValues([await session.run(loss, feeds)], [3.056482]);
});

test("cosine distance keeps its axis", async () => {
  const values = await evaluate(() => [
    tf.losses.cosineDistance(labels, predictions, { dim: 1 }),
    tf.losses.cosineDistance(labels, predictions, { dim: 1, weights: [[1], [0]] }),
    tf.losses.cosineDistance(labels, predictions, { dim: 1, reduction: "none" }),
  ]);
  assertValues(values.slice(0, 2), [-1.375, -5.25]);
  assertValues(values.slice(2), [[-5.25, 2.5]]);
});

test("pairwise errors are averaged over ordered pairs of each example, as in TensorFlow 1.3", async () => {
  const expected = (rows: readonly number[]): number => {
    let total = 0;
    rows.forEach((weight, row) => {
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 3; j++) {
          const p = (predictions[row]?.[i] ?? 0) - (predictions[row]?.[j] ?? 0);
          const y = (labels[row]?.[i] ?? 0) - (labels[row]?.[j] ?? 0);
          total += (weight * (p - y) ** 2) / 9;
        }
    });
    return total;
  };
  const values = await evaluate(() => [
    tf.losses.meanPairwiseSquaredError(labels, predictions),
    tf.losses.meanPairwiseSquaredError(labels, predictions, { weights: 0.5 }),
    tf.losses.meanPairwiseSquaredError(labels, predictions, { weights: [[2], [0]] }),
    tf.losses.meanPairwiseSquaredError(labels, predictions, { weights: 0 }),
  ]);
  assertValues(values, [expected([1, 1]), expected([0.5, 0.5]), expected([2, 0]), 0]);
});

test("reductions: each element, sum, mean by weights, mean by elements that count", async () => {
  const { Reduction } = tf.losses;
  const reduced = (reduction: tf.losses.Reduction) =>
    tf.losses.meanSquaredError(labels, predictions, { weights: full, reduction });
  const values = await evaluate(() => [
    reduced(Reduction.NONE),
    reduced(Reduction.SUM),
    reduced(Reduction.MEAN),
    reduced(Reduction.SUM_BY_NONZERO_WEIGHTS),
    tf.losses.computeWeightedLoss(float([1, 2, 6]), { weights: [1, 0, 2] }),
    tf.losses.computeWeightedLoss(float([1, 2]), { weights: 0 }),
    tf.losses.computeWeightedLoss(float([]), { reduction: "weighted_mean" }),
  ]);
  assertValues(values, [[0.28125, 0, 12.5, 10.5625, 0, 0], 23.34375, 6.669643, 7.78125, 6.5, 0, 0]);
});

test("a loss keeps the dtype of what it reduces", () => {
  new tf.Graph().asDefault(() => {
    const losses = tf.placeholder("float64", [3]);
    expectType<tf.Tensor<"float64", readonly []>>()(tf.losses.computeWeightedLoss(losses));
    assert.equal(tf.losses.computeWeightedLoss(losses).dtype, "float64");
  });
});

test("losses join a collection, under names of their own, and add up with regularization", async () => {
  const values = await evaluate(() => {
    const a = tf.losses.meanSquaredError([1, 2], [3, 2]);
    const b = tf.withNameScope("head", () => tf.losses.absoluteDifference([1, 2], [3, 2]));
    tf.losses.absoluteDifference([1], [9], { lossCollection: null });
    const c = tf.losses.hingeLoss([1], [-1], { lossCollection: "mine", name: "margin" });
    assert.equal(a.name, "mean_squared_error/value:0");
    assert.deepEqual(tf.losses.getLosses(), [a, b]);
    assert.deepEqual(tf.losses.getLosses("head"), [b]);
    assert.deepEqual(tf.losses.getLosses(undefined, "mine"), [c]);
    assert.equal(c.name, "margin/value:0");
    const none = tf.losses.getRegularizationLoss();
    tf.getVariable("w", { shape: [2], regularizer: () => tf.constant(0.5) });
    assert.equal(tf.losses.getRegularizationLosses().length, 1);
    const total = tf.losses.getTotalLoss();
    assert.equal(total.name, "total_loss:0");
    return [none, tf.losses.getRegularizationLoss(), total, tf.losses.getTotalLoss(false)];
  });
  assertValues(values, [0, 0.5, 3.5, 3]);
});

test("shapes are typed", () => {
  new tf.Graph().asDefault(() => {
    const y = tf.placeholder("float32", [null, 3]);
    const p = tf.placeholder("float32", [2, 3]);
    expectType<tf.Tensor<"float32", readonly []>>()(tf.losses.meanSquaredError(y, p));
    const each = tf.losses.meanSquaredError(y, p, { reduction: tf.losses.Reduction.NONE });
    expectType<tf.Tensor<"float32", readonly [2, 3]>>()(each);
    assert.deepEqual(each.shape, [2, 3]);
    expectType<tf.Tensor<"float32", readonly []>>()(tf.losses.softmaxCrossEntropy(y, p));
    const rows = tf.losses.softmaxCrossEntropy(y, p, { reduction: "none" });
    expectType<tf.Tensor<"float32", readonly [2]>>()(rows);
    const other = tf.placeholder("float32", [2, 4]);
    // @ts-expect-error predictions and labels differ in shape
    assert.throws(() => tf.losses.meanSquaredError(other, p), {
      name: "ShapeError",
      message: /^Shapes \(2, 3\) and \(2, 4\) are incompatible/,
    });
    // @ts-expect-error logits and labels differ in shape
    assert.throws(() => tf.losses.softmaxCrossEntropy(other, p), /are incompatible/);
  });
});

test("gradients of every loss agree with differences of its values", async () => {
  const graph = new tf.Graph();
  const step = 1 / 256;
  const weights = [[0.5, 0, 2]];
  const point = [[0.7, 0.2, 0.4]];
  const target = [[1, 0, 0.25]];
  const built = graph.asDefault(() => {
    const x = tf.placeholder("float32", [1, 3]);
    const losses: readonly tf.Tensor[] = [
      tf.losses.meanSquaredError(target, x, { weights }),
      tf.losses.absoluteDifference(target, x, { weights }),
      tf.losses.huberLoss(target, x, { weights, delta: 0.2 }),
      tf.losses.logLoss(target, x, { weights }),
      tf.losses.hingeLoss(target, x, { weights }),
      tf.losses.cosineDistance(target, x, { dim: 1 }),
      tf.losses.meanPairwiseSquaredError(target, x, { weights }),
      tf.losses.sigmoidCrossEntropy(target, x, { weights, labelSmoothing: 0.1 }),
      tf.losses.softmaxCrossEntropy([[0.75, 0, 0.25]], x, { labelSmoothing: 0.1 }),
      tf.losses.sparseSoftmaxCrossEntropy([2], x),
    ];
    const gradients = losses.map((loss) => tf.gradients(loss, [x])[0] as tf.Tensor);
    return { x, losses, gradients };
  });
  using session = new tf.Session({ device: "interpreter", graph });
  const valuesAt = async (shift: number, axis: number): Promise<number[]> => {
    const moved = [(point[0] ?? []).map((value, i) => value + (i === axis ? shift : 0))];
    return (await session.run(built.losses, [[built.x, moved]])).map(Number);
  };
  const gradients = await session.run(built.gradients, [[built.x, point]]);
  for (let axis = 0; axis < 3; axis++) {
    const above = await valuesAt(step, axis);
    const below = await valuesAt(-step, axis);
    gradients.forEach((gradient, i) => {
      const difference = ((above[i] ?? 0) - (below[i] ?? 0)) / (2 * step);
      const found = Number(gradient.data[axis]);
      // Rounding 6e-8 over the step, and the third derivative (at most 2 · 0.2⁻³ for the logarithm) · step² / 6.
      assert.ok(Math.abs(found - difference) < 1e-3, `loss ${i} axis ${axis}: ${found}, differences ${difference}`);
    });
  }
});

test("misuse is reported in words", async () => {
  new tf.Graph().asDefault(() => {
    const y = tf.placeholder("float32", [2, 3]);
    const withWeights = (weights: tf.TensorLike) => () => tf.losses.meanSquaredError(y, y, { weights });
    assert.throws(withWeights([1, 2]), {
      name: "ShapeError",
      message:
        /^weights can not be broadcast to values\. values\.rank=2\. weights\.rank=1\. values\.shape=\[2,3\]\. weights\.shape=\[2\]\./,
    });
    assert.throws(withWeights([[1, 1]]), /^ShapeError: weights can not be broadcast to values\. Mismatch at dim 1\./);
    assert.throws(withWeights(null as unknown as number), /^ArgumentError: `weights` cannot be None/);
    assert.throws(() => tf.losses.meanSquaredError(null as unknown as typeof y, y), {
      name: "ArgumentError",
      message: /must not be None/,
    });
    assert.throws(() => tf.losses.cosineDistance(y, y, {} as { dim: number }), /`dim` cannot be None\./);
    assert.throws(
      () => tf.losses.meanSquaredError(y, y, { reduction: "mean" as "none" }),
      /Invalid ReductionKey mean\./,
    );
  });
  new tf.Graph().asDefault(() => {
    assert.throws(() => tf.losses.getTotalLoss(), {
      name: "ArgumentError",
      message: /inputs must be a list of at least one Tensor/,
    });
  });
  const graph = new tf.Graph();
  const [weights, loss] = graph.asDefault(() => {
    const weights = tf.placeholder("float32");
    return [weights, tf.losses.absoluteDifference(labels, predictions, { weights })] as const;
  });
  using session = new tf.Session({ device: "interpreter", graph });
  assertValues([await session.run(loss, [[weights, [[1], [0]]]])], [1.166667]);
  await assert.rejects(session.run(loss, [[weights, [1, 2, 3]]]), {
    name: "InvalidArgumentError",
    message: /^weights can not be broadcast to values\. values\.rank=2\. weights\.rank=1\./,
  });
});
