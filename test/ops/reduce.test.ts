/**
 * @file Reductions: names, static shapes and types, the words of errors, ties, zeros, empty tensors, and
 * inputs whose rank only running tells. The generic tests check values and gradients of every sample.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { expectType } from "./expect-type.js";

type F32<S extends tf.Shape> = tf.Tensor<"float32", S>;

/** Runs `body` in a graph of its own, with an interpreter session on it. */
const inGraph = (body: (session: tf.Session) => void | Promise<void>) => () => {
  const graph = new tf.Graph();
  return graph.asDefault(async () => {
    using session = new tf.Session({ graph, device: "interpreter" });
    await body(session);
  });
};
const rows = (values: readonly (readonly number[])[]): F32<readonly [number, number]> =>
  tf.constant(values, { dtype: "float32" }) as F32<readonly [number, number]>;
const listed = (value: unknown): unknown => (value as tf.NdArray).toArray();

test(
  "static shapes and types follow the axes",
  inGraph(() => {
    const x = tf.placeholder("float32", [null, 5, 3]);
    const all = tf.reduceSum(x);
    expectType<F32<readonly []>>()(all);
    assert.deepEqual(all.shape, []);
    const middle = tf.reduceMean(x, 1);
    expectType<F32<readonly [null, 3]>>()(middle);
    assert.deepEqual(middle.shape, [null, 3]);
    const two = tf.reduceMax(x, [0, -1]);
    expectType<F32<readonly [5]>>()(two);
    assert.deepEqual(two.shape, [5]);
    const kept = tf.reduceMin(x, { axis: -2, keepDims: true });
    expectType<F32<readonly [null, 1, 3]>>()(kept);
    assert.deepEqual(kept.shape, [null, 1, 3]);
    const none = tf.reduceProd(x, []);
    assert.deepEqual(none.shape, [null, 5, 3]);
    const position = tf.argmax(x, 2);
    expectType<tf.Tensor<"int32", readonly [null, 5]>>()(position);
    assert.deepEqual([position.dtype, position.shape], ["int32", [null, 5]]);
    const first = tf.argmin(x);
    expectType<tf.Tensor<"int32", readonly [5, 3]>>()(first);
    assert.deepEqual(first.shape, [5, 3]);
    const truth = tf.reduceAny(tf.greater(x, 0), { axis: 1 });
    expectType<tf.Tensor<"bool", readonly [null, 3]>>()(truth);
    assert.deepEqual([truth.dtype, truth.shape], ["bool", [null, 3]]);
    const unknown = tf.placeholder("float32");
    assert.equal(tf.reduceSum(unknown, 0).partialShape, null);
    assert.deepEqual(tf.reduceSum(unknown).partialShape, []);
  }),
);

test(
  "the methods are the functions",
  inGraph(async (session) => {
    const x = rows([
      [1, 5, 2],
      [4, 0, 3],
    ]);
    const sums = x.reduceSum(1);
    const larger = tf.placeholder("float32", [null, 10]).argmax({ axis: 1 });
    expectType<tf.Tensor<"int32", readonly [null]>>()(larger);
    const mean = tf.placeholder("float32", [4, 2]).reduceMean({ axis: 0, keepDims: true });
    expectType<F32<readonly [1, 2]>>()(mean);
    assert.deepEqual(listed(await session.run(sums)), [8, 7]);
    assert.deepEqual(listed(await session.run(x.argmax(1))), [1, 0]);
    assert.equal(await session.run(x.reduceMax()), 5);
    assert.equal(await session.run(x.greater(-1).reduceAll()), true);
  }),
);

test(
  "operations are named after their type",
  inGraph(() => {
    const x = tf.placeholder("float32", [2]);
    assert.equal(tf.reduceMean(x).op.name, "Mean");
    assert.equal(tf.reduceMean(x).op.name, "Mean_1");
    assert.equal(tf.argmax(x).op.type, "ArgMax");
    assert.equal(tf.reduceSum(x, { name: "total" }).op.name, "total");
    assert.equal(tf.argmin(x, { axis: 0, name: "lowest" }).op.name, "lowest");
  }),
);

test(
  "a rank that only running tells is no obstacle",
  inGraph(async (session) => {
    const x = tf.placeholder("float32");
    const last = tf.reduceSum(x, -1);
    const [slope] = tf.gradients(tf.reduceMean(tf.square(last)), [x]);
    const feed = [
      [1, 2],
      [3, 4],
    ];
    assert.deepEqual(listed(await session.run(last, [[x, feed]])), [3, 7]);
    assert.deepEqual(listed(await session.run(slope as tf.Tensor, [[x, feed]])), [
      [3, 3],
      [7, 7],
    ]);
    assert.equal(await session.run(last, [[x, [1, 2, 3]]]).then((y) => (y as tf.NdArray).item()), 6);
    await assert.rejects(session.run(tf.reduceSum(x, 2), [[x, feed]]), {
      name: "InvalidArgumentError",
      message: /Invalid reduction dimension 2 for input with 2 dimensions/,
    });
  }),
);

test(
  "integers stay integers: the mean truncates, sums wrap, bytes do not overflow in a mean",
  inGraph(async (session) => {
    const x = tf.constant([7, -2, -10], { dtype: "int32" });
    assert.equal(await session.run(tf.reduceMean(x)), -1);
    assert.equal(tf.reduceMean(x).dtype, "int32");
    assert.equal(await session.run(tf.reduceMean(tf.constant([250, 253], { dtype: "uint8" }))), 251);
    assert.equal(await session.run(tf.reduceSum(tf.constant([2147483647, 1], { dtype: "int32" }))), -2147483648);
  }),
);

test(
  "empty tensors give each reduction's neutral element, and NaN for a mean",
  inGraph(async (session) => {
    const x = tf.placeholder("float32", [null]);
    const empty = [[x, new Float32Array(0)]] as const;
    const results = await session.run(
      [tf.reduceSum(x), tf.reduceProd(x), tf.reduceMax(x), tf.reduceMin(x), tf.reduceMean(x), tf.reduceLogSumExp(x)],
      [...empty],
    );
    const infinity = Number.POSITIVE_INFINITY;
    assert.deepEqual(results, [0, 1, -infinity, infinity, Number.NaN, -infinity]);
    const matrix = tf.placeholder("float32", [null, 3]);
    assert.deepEqual(
      listed(await session.run(tf.reduceSum(matrix, 1), [[matrix, tf.NdArray.zeros("float32", [0, 3])]])),
      [],
    );
    await assert.rejects(session.run(tf.argmax(x), [...empty]), {
      name: "InvalidArgumentError",
      message: /Reduction axis 0 is empty in shape \[0\]/,
    });
  }),
);

test(
  "extremes share their gradient equally among ties",
  inGraph(async (session) => {
    const x = rows([
      [1, 4, 4, 2],
      [3, 3, 3, 3],
    ]);
    const [high, low] = [tf.gradients(tf.reduceMax(x, 1), [x])[0], tf.gradients(tf.reduceMin(x, 1), [x])[0]];
    assert.deepEqual(listed(await session.run(high as tf.Tensor)), [
      [0, 0.5, 0.5, 0],
      [0.25, 0.25, 0.25, 0.25],
    ]);
    assert.deepEqual(listed(await session.run(low as tf.Tensor)), [
      [1, 0, 0, 0],
      [0.25, 0.25, 0.25, 0.25],
    ]);
  }),
);

test(
  "a product's gradient is right where elements are 0, twice over",
  inGraph(async (session) => {
    const x = rows([
      [2, 0, 3],
      [0, 0, 3],
      [1, 2, 3],
    ]);
    const [first] = tf.gradients(tf.reduceProd(x, 1), [x]);
    assert.deepEqual(listed(await session.run(first as tf.Tensor)), [
      [0, 6, 0],
      [0, 0, 0],
      [6, 3, 2],
    ]);
    // The sum over each row of the Hessian of x·y·z: (y + z, x + z, x + y).
    const [second] = tf.gradients(first as tf.Tensor, [x]);
    assert.deepEqual(listed(await session.run(second as tf.Tensor)), [
      [3, 5, 2],
      [3, 3, 0],
      [5, 4, 3],
    ]);
  }),
);

for (const device of ["interpreter", "wasm"] as const)
  test(`the gradient of a product that leaves float32's range is that of its factors on ${device}`, async () => {
    const graph = new tf.Graph();
    await graph.asDefault(async () => {
      using session = new tf.Session({ graph, device });
      const x = rows([
        [2 ** -100, 2 ** -90],
        [2 ** 100, 2 ** 90],
      ]);
      const [first] = tf.gradients(tf.reduceProd(x, 1), [x]);
      const expected = [
        [2 ** -90, 2 ** -100],
        [2 ** 90, 2 ** 100],
      ];
      assert.deepEqual(listed(await session.run(first as tf.Tensor)), expected);
    });
  });

test(
  "gradients of gradients pass through sums, means and log-sum-exp",
  inGraph(async (session) => {
    const x = tf.constant([0.5, -1, 2], { dtype: "float64" });
    const y = tf.reduceLogSumExp(x);
    const [first] = tf.gradients(y, [x]);
    const [second] = tf.gradients(tf.reduceSum(tf.square(first as tf.Tensor)), [x]);
    const p = [0.5, -1, 2].map(Math.exp);
    const total = p.reduce((a, b) => a + b);
    const softmax = p.map((value) => value / total);
    const squares = softmax.reduce((sum, value) => sum + value * value, 0);
    const expected = softmax.map((value) => 2 * value * (value - squares));
    const found = (await session.run(second as tf.Tensor)) as tf.NdArray<"float64">;
    // A dozen float64 operations on numbers below 1.
    found.data.forEach((value, i) => {
      assert.ok(Math.abs(value - (expected[i] as number)) < 1e-14, `${value} is not ${expected[i]}`);
    });
  }),
);

test(
  "log-sum-exp survives any magnitude",
  inGraph(async (session) => {
    const x = rows([
      [1000, 1000],
      [-1000, -1000],
      [-3e38, 3e38],
    ]);
    const result = (await session.run(tf.reduceLogSumExp(x, 1))) as tf.NdArray<"float32">;
    assert.deepEqual(Array.from(result.data), [1000 + Math.LN2, -1000 + Math.LN2, 3e38].map(Math.fround));
  }),
);

test(
  "argmax: the axis defaults to the first, the first of equals wins, no gradient",
  inGraph(async (session) => {
    const x = rows([
      [1, 9, 9],
      [7, 2, 9],
    ]);
    assert.deepEqual(listed(await session.run(tf.argmax(x))), [1, 0, 0]);
    assert.deepEqual(listed(await session.run(tf.argmin(x))), [0, 1, 0]);
    assert.deepEqual(listed(await session.run(tf.argmax(x, 1))), [1, 2]);
    assert.deepEqual(listed(await session.run(tf.argmax(x, { axis: -1 }))), [1, 2]);
    assert.equal(tf.gradients(tf.cast(tf.argmax(x, 1), "float32"), [x])[0], null);
  }),
);

test(
  "misuse is reported in words, by the compiler and when building",
  inGraph(() => {
    const x = tf.placeholder("float32", [null, 3]);
    // @ts-expect-error reduceSum: axis 2 is out of range
    assert.throws(() => tf.reduceSum(x, 2), {
      name: "ShapeError",
      message:
        /Invalid reduction dimension 2 for input with 2 dimensions. for 'Sum' \(op: 'Sum'\) with input shapes: \[\?,3\]/,
    });
    // @ts-expect-error reduceMean: axis -3 is out of range
    assert.throws(() => x.reduceMean({ axis: -3 }), {
      name: "ShapeError",
      message: /axes are whole numbers from -2 to 1/,
    });
    // @ts-expect-error argmax: axis 5 is out of range
    assert.throws(() => tf.argmax(x, 5), { name: "ShapeError" });
    // @ts-expect-error reduceSum: there is no option keepdims
    assert.throws(() => tf.reduceSum(x, { axis: 0, keepdims: true }), {
      name: "ArgumentError",
      message: /there is no option keepdims/,
    });
    // @ts-expect-error reduceSum: axis 0.5 is out of range
    assert.throws(() => tf.reduceSum(x, 0.5), { name: "ArgumentError", message: /an axis must be a whole number/ });
    assert.throws(() => tf.reduceMean(tf.placeholder("bool", [3])), {
      name: "DTypeError",
      message: /parameter 'input' of op 'Mean' has DataType bool not in list of allowed values: float32/,
    });
    assert.throws(() => tf.reduceAll(x), { name: "DTypeError", message: /allowed values: bool/ });
    // @ts-expect-error reduceSum: axis 0 is out of range
    assert.throws(() => tf.reduceSum(tf.placeholder("float32", []), [0]), { message: /a scalar has no axes/ });
  }),
);
