/** @file Feeds: any tensor can be replaced for a run, by values of many kinds, under keys of many kinds. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as tf from "tensorstrata";
import { assertFails, onEveryBackend, plain } from "./support.js";

onEveryBackend((device) => {
  let session: tf.Session;
  beforeEach(() => {
    tf.resetDefaultGraph();
    session = new tf.Session({ device });
  });

  test("pairs, maps and records say the same", async () => {
    const x = tf.placeholder("float32", [], { name: "x" });
    const y = tf.multiply(x, 2);
    assert.equal(await session.run(y, [[x, 3]]), 6);
    assert.equal(await session.run(y, new Map([[x, 3]])), 6);
    assert.equal(await session.run(y, { x: 3 }), 6);
    assert.equal(await session.run(y, { "x:0": 3 }), 6);
    assert.equal(await session.run(y, new Map<string, number>([["x", 3]])), 6);
  });

  test("numbers, nested arrays, typed arrays and NdArrays become the tensor's dtype", async () => {
    const x = tf.placeholder("float32");
    const whole = tf.placeholder("int32");
    const truth = tf.placeholder("bool");
    assert.deepEqual(plain(await session.run(x, [[x, [[1, 2]]]])), [[1, 2]]);
    assert.deepEqual(plain(await session.run(x, [[x, new Float64Array([0.1])]])), [Math.fround(0.1)]);
    assert.deepEqual(plain(await session.run(x, [[x, new tf.NdArray("int32", [1], new Int32Array([7]))]])), [7]);
    assert.deepEqual(plain(await session.run(x, [[x, [true, false]]])), [1, 0]);
    assert.deepEqual(plain(await session.run(whole, [[whole, [2.9, -2.9]]])), [2, -2]);
    assert.deepEqual(plain(await session.run(truth, [[truth, [0, 2]]])), [false, true]);
  });

  test("any tensor can be fed, and what made it does not run", async () => {
    const x = tf.placeholder("float32", [], { name: "x" });
    const hidden = tf.square(x);
    const y = tf.add(hidden, 1);
    assert.equal(await session.run(y, [[hidden, 10]]), 11);
    const v = new tf.Variable(tf.constant(1.5));
    assert.equal(await session.run(tf.add(v, 1), [[v, 10]]), 11);
    const constant = tf.constant(1.5);
    assert.equal(await session.run(tf.add(constant, 1), [[constant, 10]]), 11);
  });

  test("fetching a fed tensor returns the fed value", async () => {
    const x = tf.placeholder("float32", [null]);
    const hidden = tf.square(x);
    assert.deepEqual(plain(await session.run([hidden, tf.negative(hidden)], [[hidden, [3]]])), [[3], [-3]]);
  });

  test("a placeholder with a default yields it unless fed", async () => {
    const x = tf.placeholderWithDefault(tf.constant([1.5]), [null]);
    const y = tf.multiply(x, 2);
    assert.deepEqual(plain(await session.run(y)), [3]);
    assert.deepEqual(plain(await session.run(y, [[x, [4, 5]]])), [8, 10]);
  });

  test("a fed dimension may change from run to run; each shape is compiled once", async () => {
    const x = tf.placeholder("float32", [null, 2]);
    const y = tf.add(x, 1);
    for (const rows of [1, 3, 1, 0, 3, 1])
      assert.deepEqual((await session.run(y, [[x, tf.NdArray.zeros("float32", [rows, 2])]])).shape, [rows, 2]);
    const { executor } = session as unknown as { executor: { programCount: number } };
    assert.equal(executor.programCount, 3);
  });

  test("the last value of a tensor fed twice counts", async () => {
    const x = tf.placeholder("float32", []);
    assert.equal(
      await session.run(x, [
        [x, 1],
        [x, 2],
      ]),
      2,
    );
  });
});

test("numbers become whole ones only where nothing is lost, typed arrays and feeds are cast", async () => {
  const { DTypeError } = tf.errors;
  for (const value of [0.5, -1.25, Number.NaN, Number.POSITIVE_INFINITY])
    for (const dtype of ["int32", "uint8"] as const)
      for (const make of [
        () => tf.NdArray.from([1, [value][0] as number], dtype),
        () => tf.constant([value], { dtype }),
        () => tf.constant(value, { dtype }),
      ])
        await assertFails(make, { type: DTypeError, says: `Expected ${dtype}, got ${value} of type 'float' instead.` });
  await assertFails(() => tf.NdArray.from([300], "uint8"), {
    type: DTypeError,
    says: "Value 300 does not fit dtype uint8",
    hint: /wider/,
  });
  assert.deepEqual(tf.NdArray.from([1, -2, true as unknown as number], "int32").toArray(), [1, -2, 1]);
  assert.deepEqual(tf.NdArray.from(Float32Array.of(1.75, -1.75), "int32").toArray(), [1, -1]);
  assert.deepEqual(tf.NdArray.from([1.75, -1.75], "int32", true).toArray(), [1, -1]);

  const x = tf.placeholder("int32", [null]);
  const session = new tf.Session({ device: "interpreter" });
  assert.deepEqual(plain(await session.run(x, [[x, [1.75, -1.75, -0.5]]])), [1, -1, 0]);
  assert.deepEqual(plain(await session.run(x, [[x, Float64Array.of(2.5)]])), [2]);
  for (const value of [Number.NaN, Number.NEGATIVE_INFINITY, 3e9, 3e9 + 0.5])
    await assertFails(() => session.run(x, [[x, [value]]]), {
      type: tf.errors.FeedError,
      says: /^Cannot convert the value fed for Tensor '.*' to int32: /,
    });
});
