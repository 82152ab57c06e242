/** @file Moving averages: values and names as TensorFlow's, what they read and when, restoring. */
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import * as tf from "tensorstrata";
import { assertClose, openSession } from "./support.js";

const { ExponentialMovingAverage } = tf.train;

beforeEach(() => tf.resetDefaultGraph());

/** The average's shadow, which must exist. */
function shadowOf(averages: tf.train.ExponentialMovingAverage, item: tf.Tensor): tf.Variable {
  const shadow = averages.average(item);
  assert.ok(shadow !== null);
  return shadow;
}

describe("ExponentialMovingAverage", () => {
  test("values and names, as TensorFlow gives them", async () => {
    const v = new tf.Variable(tf.constant(2, { dtype: "float32" }), { name: "v" });
    const t = tf.multiply(v, 3, { name: "mul" });
    const step = tf.train.getOrCreateGlobalStep();
    const plain = new ExponentialMovingAverage(0.9, { numUpdates: step });
    const debiased = new ExponentialMovingAverage(0.9, { zeroDebias: true, name: "debiased" });
    const updates = [plain.apply([v, t]), debiased.apply([t])] as const;
    assert.deepEqual(
      updates.map((op) => op.name),
      ["ExponentialMovingAverage", "debiased"],
    );
    assert.deepEqual(
      tf.globalVariables().map((variable) => variable.op.name),
      [
        "v",
        "global_step",
        "v/ExponentialMovingAverage",
        "mul/ExponentialMovingAverage",
        "mul/debiased",
        "mul/debiased/biased",
        "mul/debiased/local_step",
      ],
    );
    using session = openSession();
    await session.run(tf.globalVariablesInitializer());
    const shadows = [shadowOf(plain, v), shadowOf(plain, t), shadowOf(debiased, t)];
    assert.deepEqual(await session.run(shadows), [2, 0, 0]);
    const original = [
      [2.9, 8.099999, 9],
      [3.8, 11.290909, 10.578947],
      [4.7, 14.072727, 12.210331],
    ];
    for (const [i, expected] of original.entries()) {
      await session.run(v.assign(tf.constant(3 + i, { dtype: "float32" })));
      await session.run(updates);
      await session.run(step.assignAdd(1));
      // Three float32 steps of numbers up to 16.
      assertClose(await session.run(shadows), expected, 5e-6);
    }
  });

  test("under a control dependency on the training step, it sees the trained value", async () => {
    const w = new tf.Variable(tf.constant([4], { dtype: "float32" }), { name: "w" });
    const step = new tf.train.GradientDescentOptimizer(1).minimize(tf.reduceSum(w));
    const averages = new ExponentialMovingAverage(0.5);
    const both = tf.getDefaultGraph().controlDependencies([step], () => averages.apply());
    using session = openSession();
    await session.run(tf.globalVariablesInitializer());
    await session.run(both);
    assertClose(await session.run(w), [3], 0);
    assertClose(await session.run(shadowOf(averages, w)), [3.5], 0); // ½·4 + ½·3
  });

  test("says which names to restore variables from", () => {
    const w = new tf.Variable(tf.zeros([2]), { name: "w" });
    const count = new tf.Variable(0, { name: "count", trainable: false });
    const averages = new ExponentialMovingAverage(0.5);
    assert.deepEqual(averages.variablesToRestore(), { "w/ExponentialMovingAverage": w, count });
    averages.apply([w]);
    assert.equal(averages.averageName(w), "w/ExponentialMovingAverage");
    assert.deepEqual(averages.variablesToRestore(), { "w/ExponentialMovingAverage": w, count });
    assert.deepEqual(tf.getDefaultGraph().getCollection(tf.GraphKeys.MOVING_AVERAGE_VARIABLES), [w]);
    assert.equal(averages.average(count), null);
  });

  test("errors", () => {
    const averages = new ExponentialMovingAverage(0.5);
    assert.throws(() => averages.apply(), { name: "ArgumentError", message: /^No variables to average\./ });
    const count = new tf.Variable(0, { name: "count" });
    assert.throws(() => averages.apply([count]), {
      name: "DTypeError",
      message: /^The variables must be float32 or float64: count:0 is int32/,
    });
    const w = new tf.Variable(tf.zeros([2]), { name: "w" });
    averages.apply([w]);
    assert.throws(() => averages.apply([w]), { message: /^Moving average already computed for: w:0/ });
  });
});
