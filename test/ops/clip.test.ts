/** @file Clipping by norm: values, static shapes, the empty and the small. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as tf from "tensorstrata";
import { assertClose, openSession } from "../train/support.js";
import { expectType } from "./expect-type.js";

/** One float32 rounding of numbers up to 10. */
const tolerance = 1e-6;

beforeEach(() => tf.resetDefaultGraph());

test("clipByNorm scales down to the norm, over all axes or some", async () => {
  const x = tf.constant([
    [3, 4],
    [0.3, 0.4],
  ]);
  using session = openSession();
  assertClose(await session.run(tf.clipByNorm(tf.constant([3, 4], { dtype: "float32" }), 10)), [3, 4], tolerance);
  assertClose(await session.run(tf.clipByNorm(tf.constant([3, 4], { dtype: "float32" }), 2.5)), [1.5, 2], tolerance);
  assertClose(await session.run(tf.clipByNorm(x, 1, { axes: 1 })), [0.6, 0.8, 0.3, 0.4], tolerance);
  assertClose(await session.run(tf.clipByNorm(tf.zeros([3]), 1)), [0, 0, 0], 0);
  const shaped = tf.placeholder("float32", [null, 7]);
  expectType<tf.Tensor<"float32", readonly [null, 7]>>()(tf.clipByNorm(shaped, 1));
  assert.deepEqual(tf.clipByNorm(shaped, 1).shape, [null, 7]);
});

test("clipByAverageNorm divides the norm by the number of elements", async () => {
  const x = tf.constant([6, 8], { dtype: "float32" }); // ‖x‖/2 = 5
  using session = openSession();
  assertClose(await session.run(tf.clipByAverageNorm(x, 2.5)), [3, 4], tolerance);
  assertClose(await session.run(tf.clipByAverageNorm(x, 6)), [6, 8], tolerance);
});

test("clipByGlobalNorm scales all alike, keeps nulls and leaves small ones to the bit", async () => {
  const a = tf.constant([3, 0.1], { dtype: "float32" });
  const b = tf.constant([[4]], { dtype: "float32" });
  const [[first, none, second], norm] = tf.clipByGlobalNorm([a, null, b], 2.5);
  expectType<tf.Tensor<"float32", readonly []>>()(tf.globalNorm([a, b]));
  assert.equal(none, null);
  const [[same], small] = tf.clipByGlobalNorm([a], 100);
  using session = openSession();
  const size = Math.hypot(3, 0.1, 4);
  assertClose(await session.run(norm), [size], tolerance);
  assertClose(await session.run(first), [(3 * 2.5) / size, (0.1 * 2.5) / size], tolerance);
  assertClose(await session.run(second), [(4 * 2.5) / size], tolerance);
  assertClose(await session.run(same), [3, Math.fround(0.1)], 0);
  assertClose(await session.run(small), [Math.hypot(3, 0.1)], tolerance);
  assertClose(await session.run(tf.globalNorm([a, b])), [size], tolerance);
  const [[halved]] = tf.clipByGlobalNorm([a], 1, { useNorm: tf.constant(2, { dtype: "float32" }) });
  assertClose(await session.run(halved), [1.5, 0.05], tolerance);
});

test("gradients clipped by their global norm train", async () => {
  const w = new tf.Variable(tf.constant([30, 40], { dtype: "float32" }));
  const optimizer = new tf.train.GradientDescentOptimizer(1);
  const pairs = optimizer.computeGradients(tf.multiply(tf.reduceSum(tf.square(w)), 0.5));
  const [clipped] = tf.clipByGlobalNorm(
    pairs.map(([gradient]) => gradient),
    5,
  );
  const step = optimizer.applyGradients(pairs.map(([, variable], i) => [clipped[i] ?? null, variable] as const));
  using session = openSession();
  await session.run(tf.globalVariablesInitializer());
  await session.run(step);
  assertClose(await session.run(w), [27, 36], 1e-5); // a step of length 5
});

test("a list without a tensor is an error", () => {
  assert.throws(() => tf.globalNorm([null]), { name: "ArgumentError", message: /^global_norm: t_list/ });
  assert.throws(() => tf.clipByGlobalNorm([], 1), { name: "ArgumentError", message: /^clip_by_global_norm: t_list/ });
});
