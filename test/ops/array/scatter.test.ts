/** @file Writes into rows of variables: order, repeated indices, and that a failed write changes nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { counted, inGraph, listed } from "./support.js";

test(
  "scatterUpdate, scatterAdd and scatterSub return the new value and keep it",
  inGraph(async (session) => {
    const v = new tf.Variable(counted(3, 2));
    await session.run(tf.globalVariablesInitializer());
    const rows = [
      [10, 20],
      [30, 40],
    ];
    const updated = tf.scatterUpdate(v, [2, 0], rows);
    assert.deepEqual([updated.shape, updated.dtype], [[3, 2], "float32"]);
    assert.deepEqual(listed(await session.run(updated)), [
      [30, 40],
      [2, 3],
      [10, 20],
    ]);
    assert.deepEqual(listed(await session.run(v)), [
      [30, 40],
      [2, 3],
      [10, 20],
    ]);
    assert.deepEqual(listed(await session.run(tf.scatterAdd(v, [1, 1], rows))), [
      [30, 40],
      [42, 63],
      [10, 20],
    ]);
    assert.deepEqual(listed(await session.run(tf.scatterSub(v, [0, 0], rows))), [
      [-10, -20],
      [42, 63],
      [10, 20],
    ]);
    assert.deepEqual(listed(await session.run(tf.scatterUpdate(v, 1, [0, 1]))), [
      [-10, -20],
      [0, 1],
      [10, 20],
    ]);
    // of equal indices the last counts
    assert.deepEqual(listed(await session.run(tf.scatterUpdate(v, [0, 0], rows))), [
      [30, 40],
      [0, 1],
      [10, 20],
    ]);
  }),
);

test(
  "an index outside fails the run and leaves the variable as it was",
  inGraph(async (session) => {
    const v = new tf.Variable(counted(3));
    const i = tf.placeholder("int32", [null]);
    const d = tf.placeholder("float32", [null]);
    const add = tf.scatterAdd(v, i, d);
    await session.run(tf.globalVariablesInitializer());
    await assert.rejects(
      session.run(add, [
        [i, [0, 3]],
        [d, [5, 5]],
      ]),
      {
        name: "InvalidArgumentError",
        message: /^indices\[1\] = 3 is not in \[0, 3\)/,
      },
    );
    assert.deepEqual(listed(await session.run(v)), [0, 1, 2]);
    await assert.rejects(
      session.run(add, [
        [i, [0]],
        [d, [5, 5]],
      ]),
      /Must have updates\.shape = indices\.shape \+ params\.shape\[1:\]/,
    );
    assert.deepEqual(listed(await session.run(v)), [0, 1, 2]);
  }),
);

test(
  "shapes and dtypes are checked while building",
  inGraph(() => {
    const v = new tf.Variable(counted(3, 2));
    assert.throws(
      () => tf.scatterAdd(v, [0], [[1, 2, 3]]),
      /Must have updates\.shape = indices\.shape \+ params\.shape\[1:\], got updates\.shape \[1,3\], indices\.shape \[1\], params\.shape \[3,2\]/,
    );
    assert.throws(() => tf.scatterAdd(v, [0], tf.zeros([1, 2], { dtype: "int32" })), { name: "DTypeError" });
    assert.throws(() => tf.scatterAdd(v, [0.5], [[1, 2]]), { name: "DTypeError" });
  }),
);
