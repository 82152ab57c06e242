/** @file Penalties: their formulas, gradients, sums and misuse. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { assertClose, elements, inGraph } from "./support.js";

const { regularizers } = tf;
const weights = [1, -2, 3, 0];

test("l1, l2, their sum and their gradients", async () => {
  await inGraph(async (graph) => {
    const w = tf.constant(weights, { dtype: "float32" });
    const [l1, l2, both, half] = [
      regularizers.l1(0.5)(w),
      regularizers.l2(0.5)(w),
      regularizers.l1L2()(w),
      regularizers.sum([regularizers.l1(0), regularizers.l2(0.5)])(w),
    ] as tf.Tensor[] as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    assert.deepEqual(
      [l1, l2, both, half].map(({ op }) => op.name),
      ["l1_regularizer", "l2_regularizer", "sum_regularizer", "l2_regularizer_2"],
    );
    const gradients = [l1, l2].map((penalty) => tf.gradients(penalty, [w])[0] as tf.Tensor);
    using session = new tf.Session({ graph, device: "interpreter" });
    assertClose((await session.run([l1, l2, both, half])).flatMap(elements), [3, 3.5, 13, 3.5], "penalties");
    const [d1, d2] = (await session.run(gradients)).map(elements);
    assertClose(d1 as number[], [0.5, -0.5, 0.5, 0], "l1");
    assertClose(d2 as number[], [0.5, -1, 1.5, 0], "l2");
  });
});

test("a scale of 0 is no penalty, and other dtypes keep theirs", () => {
  inGraph((graph) => {
    const w = tf.constant(weights, { dtype: "float64" });
    for (const off of [regularizers.l1(0), regularizers.l2(0), regularizers.l1L2(0, 0)]) assert.equal(off(w), null);
    assert.equal(regularizers.l2(0.1)(w)?.dtype, "float64");
    tf.getVariable("w", { shape: [3], regularizer: regularizers.l2(0) });
    assert.deepEqual(graph.getCollection(tf.GraphKeys.REGULARIZATION_LOSSES), []);
  });
});

test("apply adds up the penalties of a list and collects the sum", async () => {
  await inGraph(async (graph) => {
    const list = [tf.constant([1, 2], { dtype: "float32" }), tf.constant([[3]], { dtype: "float32" })];
    const total = regularizers.apply(regularizers.l2(1), list);
    assert.deepEqual(tf.losses.getRegularizationLosses(), [total]);
    using session = new tf.Session({ graph, device: "interpreter" });
    assert.equal(elements(await session.run(total))[0], 7);
    assert.throws(() => regularizers.apply(regularizers.l2(1)), /^ArgumentError: No weights to regularize/);
    assert.throws(() => regularizers.apply(regularizers.l2(0), list), /The regularizer gives no penalty/);
  });
});

test("scales that are no scales", () => {
  assert.throws(() => regularizers.l2(-0.1), {
    name: "ArgumentError",
    message: /^Setting a scale less than 0 on a regularizer: -0\.1/,
  });
  assert.throws(() => regularizers.l1(Number.NaN), /scale must be a finite number, got NaN/);
  assert.throws(() => regularizers.l1L2(1, "1" as never), /scale must be a finite number, got 1/);
});
