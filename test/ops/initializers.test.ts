/** @file Initializers: TensorFlow's weights for given seeds, fans, limits, names, types and errors. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { expectType } from "./expect-type.js";

const evaluate = async (build: () => tf.Tensor): Promise<number[]> => {
  const graph = new tf.Graph();
  const tensor = graph.asDefault(build);
  using session = new tf.Session({ device: "interpreter", graph });
  const value = await session.run(tensor);
  return value instanceof tf.NdArray ? Array.from(value.data as Float32Array) : [Number(value)];
};
function assertClose(actual: readonly number[], expected: readonly number[], tolerance = 3e-7): void {
  expected.forEach((value, i) => {
    const found = actual[i] ?? Number.NaN;
    assert.ok(Math.abs(found - value) <= tolerance * Math.max(1, Math.abs(value)), `[${i}] ${found} is not ${value}`);
  });
}

test("seeded initializers draw TensorFlow's weights", async () => {
  const seed = 42;
  const cases: readonly (readonly [tf.Initializer, readonly number[], readonly number[]])[] = [
    [tf.glorotUniformInitializer({ seed }), [3, 5], [0.78335708, 0.30727917, 0.51150614, 0.44302696, -0.04164612]],
    [
      tf.uniformUnitScalingInitializer({ seed, factor: 1.43 }),
      [2, 3, 5],
      [0.91463995, 0.35877621, 0.5972296, 0.5172739],
    ],
    [tf.randomUniformInitializer({ minval: -3, maxval: 3, seed }), [4], [2.71362877, 1.06444645, 1.77190971]],
    [tf.truncatedNormalInitializer({ mean: 1, stddev: 0.5, seed }), [4], [0.85961246, 0.93112397, 0.66183519]],
    [
      tf.varianceScalingInitializer({ scale: 2, mode: "fan_out", distribution: "uniform", seed }),
      [3, 3, 2, 4],
      [0.36927813, 0.14485282, 0.24112636, 0.20884496],
    ],
    [tf.randomNormalInitializer({ seed }), [4], [-0.28077507, -0.1377521, -0.67632961, 0.02458041]],
  ];
  for (const [initializer, shape, expected] of cases) assertClose(await evaluate(() => initializer(shape)), expected);
});

test("normal scaling multiplies a truncated normal by the uncorrected deviation", async () => {
  const seed = 42;
  const standard = [-0.28077507, -0.1377521, -0.67632961, 0.02458041];
  const scaled = (factor: number): number[] => standard.map((z) => z * factor);
  const first = async (initializer: tf.Initializer, shape: readonly number[]) =>
    (await evaluate(() => initializer(shape))).slice(0, 4);
  assertClose(await first(tf.varianceScalingInitializer({ seed }), [3, 5]), scaled(Math.sqrt(1 / 3)));
  assertClose(await first(tf.varianceScalingInitializer({ seed, scale: 2 }), [5, 5, 3, 8]), scaled(Math.sqrt(2 / 75)));
  assertClose(await first(tf.glorotNormalInitializer({ seed }), [3, 5]), scaled(Math.sqrt(2 / 8)));
  assertClose(await first(tf.varianceScalingInitializer({ seed }), [4]), scaled(Math.sqrt(1 / 4)));
});

test("fans of every rank, and of a part the whole's", async () => {
  assert.deepEqual(tf.computeFans([]), { fanIn: 1, fanOut: 1 });
  assert.deepEqual(tf.computeFans([7]), { fanIn: 7, fanOut: 7 });
  assert.deepEqual(tf.computeFans([784, 64]), { fanIn: 784, fanOut: 64 });
  assert.deepEqual(tf.computeFans([5, 5, 3, 32]), { fanIn: 75, fanOut: 800 });
  const whole = { partitionInfo: { fullShape: [12, 12], varOffset: [4, 0] } };
  const part = await evaluate(() => tf.glorotUniformInitializer({ seed: 42 })([4, 12], whole));
  const limit = Math.sqrt(6 / 24);
  assertClose(part, [0.95227146 * 2 * limit - limit]);
});

test("fixed values: zeros, ones, constants that repeat their last, identity", async () => {
  assert.deepEqual(await evaluate(() => tf.zerosInitializer()([2, 2])), [0, 0, 0, 0]);
  assert.deepEqual(await evaluate(() => tf.onesInitializer({ dtype: "bool" })([2])), [1, 1]);
  assert.deepEqual(await evaluate(() => tf.constantInitializer(0.5)([3])), [0.5, 0.5, 0.5]);
  assert.deepEqual(await evaluate(() => tf.constantInitializer([1, 2])([2, 2])), [1, 2, 2, 2]);
  assert.deepEqual(await evaluate(() => tf.identityInitializer({ gain: 2 })([2, 3])), [2, 0, 0, 0, 2, 0]);
});

test("orthogonal weights are TensorFlow's, orthonormal, and padded with zeros where wide", async () => {
  const tall = await evaluate(() => tf.orthogonalInitializer({ gain: 2, seed: 42 })([2, 2, 3]));
  // TensorFlow factors in float32; 12 products of numbers below 2 stay within 12 · 2 · 6e-8.
  assertClose(
    tall,
    [
      -0.44440937, 0.30529568, -1.29423738, 0.03890575, -1.29965448, -1.25854897, 1.91026592, -0.20346113, -0.10106528,
      -0.38970602, -1.47522771, 0.85486221,
    ],
    1.5e-6,
  );
  const wide = await evaluate(() => tf.orthogonalInitializer({ seed: 1 })([2, 5]));
  const rows = [wide.slice(0, 5), wide.slice(5)];
  const dot = (a: readonly number[] = [], b: readonly number[] = []) =>
    a.reduce((sum, x, i) => sum + x * (b[i] ?? Number.NaN), 0);
  assertClose([dot(rows[0], rows[0]), dot(rows[1], rows[1]), dot(rows[0], rows[1])], [1, 1, 0]);
  assert.deepEqual([...(rows[0] ?? []).slice(2), ...(rows[1] ?? []).slice(2)], [0, 0, 0, 0, 0, 0]);
});

test("shape and dtype are typed, and a call's dtype comes before the initializer's", () => {
  new tf.Graph().asDefault(() => {
    const weights = tf.glorotUniformInitializer()([784, 64]);
    expectType<tf.Tensor<"float32", readonly [784, 64]>>()(weights);
    assert.deepEqual(weights.shape, [784, 64]);
    const doubles = tf.truncatedNormalInitializer({ dtype: "float64" });
    expectType<tf.Tensor<"float64", readonly [2]>>()(doubles([2]));
    assert.equal(doubles([2]).dtype, "float64");
    assert.equal(doubles([2], { dtype: "float32" }).dtype, "float32");
    assert.equal(tf.zerosInitializer()([2], { dtype: "int32" }).dtype, "int32");
  });
});

test("misuse is reported in words", () => {
  new tf.Graph().asDefault(() => {
    assert.throws(() => tf.varianceScalingInitializer({ scale: 0 }), {
      name: "ArgumentError",
      message: /^`scale` must be positive float\./,
    });
    assert.throws(() => tf.varianceScalingInitializer({ mode: "fan" as "fan_in" }), /^ArgumentError: Invalid `mode`/);
    assert.throws(
      () => tf.varianceScalingInitializer({ distribution: "cauchy" as "normal" }),
      /^ArgumentError: Invalid `distribution` argument: cauchy/,
    );
    assert.throws(() => tf.randomNormalInitializer({ dtype: "int32" as "float32" }), {
      name: "DTypeError",
      message: /^Expected floating point type, got int32\./,
    });
    assert.throws(() => tf.glorotUniformInitializer()([2], { dtype: "int32" }), /Expected floating point type/);
    assert.throws(() => tf.randomUniformInitializer({ dtype: "int32" })([2]), /Must specify maxval/);
    assert.throws(() => tf.constantInitializer([1, 2, 3])([2]), /Too many elements provided/);
    assert.throws(() => tf.constantInitializer([1, 2], { verifyShape: true })([2, 1]), /Expected Tensor's shape/);
    assert.throws(() => tf.identityInitializer()([3]), /can only be used for 2D matrices/);
    assert.throws(() => tf.orthogonalInitializer()([3]), /must be at least two-dimensional/);
  });
});
