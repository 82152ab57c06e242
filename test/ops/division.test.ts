/** @file Quotients of whole numbers are rounded down, whichever way they are written. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as tf from "../../src/index.js";

beforeEach(() => tf.resetDefaultGraph());

test("divide rounds quotients of integers down, as Python 2 does", async () => {
  const session = new tf.Session({ device: "interpreter" });
  const x = tf.placeholder("int32", [4]);
  const feed = tf.NdArray.from([7, -7, 6, -1], "int32");
  for (const quotient of [tf.divide(x, 2), x.divide(2), tf.floorDiv(x, 2)]) {
    assert.equal(quotient.dtype, "int32");
    assert.deepEqual((await session.run(quotient, [[x, feed]])).toArray(), [3, -4, 3, -1]);
  }
  assert.equal(await session.run(tf.divide(1, -2)), -1);
  session.close();
});

test("divide leaves quotients of floats as they are", async () => {
  const session = new tf.Session({ device: "interpreter" });
  assert.equal(await session.run(tf.divide(7.5, -2.5)), -3);
  assert.deepEqual((await session.run(tf.divide(tf.constant([1, 3], { dtype: "float64" }), 2))).toArray(), [0.5, 1.5]);
  session.close();
});
