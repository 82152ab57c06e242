/** @file Tensors out of nothing: static shapes, types, element types and the names of their operations. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { expectType } from "../expect-type.js";
import { inGraph, listed } from "./support.js";

type F32<S extends tf.Shape> = tf.Tensor<"float32", S>;

test(
  "zeros and ones: literal shapes are types, float32 unless asked otherwise",
  inGraph(async (session) => {
    const z = tf.zeros([64]);
    expectType<F32<readonly [64]>>()(z);
    assert.deepEqual([z.shape, z.dtype, z.op.name, z.op.type], [[64], "float32", "zeros", "Const"]);
    const bias = new tf.Variable(tf.zeros([64]));
    expectType<tf.Variable<"float32", readonly [64]>>()(bias);
    const truth = tf.ones([2, 1], { dtype: "bool" });
    expectType<tf.Tensor<"bool", readonly [2, 1]>>()(truth);
    assert.deepEqual(listed(await session.run(truth)), [[true], [true]]);
    assert.equal(await session.run(tf.zeros([])), 0);
    assert.deepEqual((await session.run(tf.ones([3, 0]))).shape, [3, 0]);
    assert.equal(tf.zeros([2]).op.name, "zeros_3");
    assert.throws(() => tf.zeros([2, -1]), /Dimension 1 must be >= 0, but is -1/);
    assert.throws(() => tf.zeros([2.5]), /Expected int32 passed to parameter 'shape', got 2.5/);
  }),
);

test(
  "zeros of a computed shape: what is known is static, the rest is staged",
  inGraph(async (session) => {
    const x = tf.placeholder("float32", [null, 784]);
    const z = tf.zeros([tf.shape(x).at(0), 4]);
    assert.deepEqual([z.shape, z.op.type, z.op.name], [[null, 4], "Fill", "zeros"]);
    assert.deepEqual((await session.run(z, [[x, tf.NdArray.zeros("float32", [3, 784])]])).shape, [3, 4]);
    const n = tf.placeholder("int32", []);
    const staged = tf.ones([n, 2]);
    assert.deepEqual(listed(await session.run(staged, [[n, 2]])), [
      [1, 1],
      [1, 1],
    ]);
    await assert.rejects(session.run(staged, [[n, -2]]), {
      name: "InvalidArgumentError",
      message: /Dimension 0 must be >= 0/,
    });
  }),
);

test(
  "a large tensor of zeros is no constant",
  inGraph((_, graph) => {
    const z = tf.zeros([2 ** 11, 2 ** 10]);
    assert.deepEqual([z.op.type, z.shape], ["Fill", [2 ** 11, 2 ** 10]]);
    assert.ok(
      graph.getOperations().every((op) => op.type !== "Const" || (op.attributes.value as tf.NdArray).size <= 2),
    );
  }),
);

test(
  "fill: a whole number is int32 unless asked otherwise, and its gradient sums",
  inGraph(async (session) => {
    const nine = tf.fill([2, 3], 9);
    expectType<tf.Tensor<"float32" | "int32", readonly [2, 3]>>()(nine);
    assert.equal(nine.dtype, "int32");
    const half = tf.fill([2], 1, { dtype: "float32" });
    expectType<F32<readonly [2]>>()(half);
    assert.equal(half.dtype, "float32");
    assert.deepEqual(listed(await session.run([nine, half])), [await session.run(nine), await session.run(half)]);
    const value = tf.placeholder("float32", []);
    const [gradient] = tf.gradients(tf.fill([2, 3], value), [value]);
    assert.equal(await session.run(gradient as tf.Tensor<"float32", readonly []>, [[value, 5]]), 6);
    assert.throws(() => tf.fill([2], tf.zeros([1])), /Shape must be rank 0 but is rank 1 for 'Fill_/);
  }),
);

test(
  "zerosLike and onesLike follow shape and dtype, known or not",
  inGraph(async (session) => {
    const x = tf.placeholder("float64", [null, 2]);
    const z = tf.zerosLike(x);
    expectType<tf.Tensor<"float64", readonly [null, 2]>>()(z);
    const ones = tf.onesLike(x, { dtype: "int32" });
    expectType<tf.Tensor<"int32", readonly [null, 2]>>()(ones);
    assert.deepEqual([z.op.type, z.op.name, ones.op.name], ["ZerosLike", "zeros_like", "ones_like"]);
    const [a, b] = await session.run([z, ones], [[x, [[5, 6]]]]);
    assert.deepEqual([a?.dtype, listed(a), b?.dtype, listed(b)], ["float64", [[0, 0]], "int32", [[1, 1]]]);
    assert.equal(tf.zerosLike(tf.zeros([3])).op.type, "Const");
    assert.deepEqual(tf.onesLike([1, 2, 3]).shape, [3]);
  }),
);

test(
  "range: one, two or three numbers, whole or not, falling, staged",
  inGraph(async (session) => {
    const five = tf.range(5);
    expectType<tf.Tensor<"int32", readonly [5]>>()(five);
    assert.deepEqual([five.shape, five.dtype, five.op.name], [[5], "int32", "range"]);
    assert.deepEqual(listed(await session.run(five)), [0, 1, 2, 3, 4]);
    assert.deepEqual(listed(await session.run(tf.range(3, 18, 3))), [3, 6, 9, 12, 15]);
    assert.deepEqual(listed(await session.run(tf.range(3, 0, -1))), [3, 2, 1]);
    const halves = tf.range(0, 1, 0.25);
    expectType<tf.Tensor<"int32" | "float32", readonly [number | null]>>()(halves);
    assert.deepEqual([halves.dtype as string, listed(await session.run(halves))], ["float32", [0, 0.25, 0.5, 0.75]]);
    assert.equal(tf.range(3, { dtype: "float32" }).dtype, "float32");
    assert.equal(tf.range(3, { name: "steps" }).op.name, "steps");
    const n = tf.placeholder("int32", []);
    const staged = tf.range(1, n);
    assert.deepEqual(staged.shape, [null]);
    assert.deepEqual(listed(await session.run(staged, [[n, 4]])), [1, 2, 3]);
    assert.throws(() => tf.range(3, 1), /Requires start <= limit when delta > 0: 3\/1/);
    assert.throws(() => tf.range(0, 3, 0), /Requires delta != 0/);
    await assert.rejects(session.run(staged, [[n, 0]]), /Requires start <= limit/);
  }),
);

test(
  "linspace includes both ends; one number is the start",
  inGraph(async (session) => {
    const x = tf.linspace(1, 2, 5);
    expectType<F32<readonly [5]>>()(x);
    assert.deepEqual(listed(await session.run(x)), [1, 1.25, 1.5, 1.75, 2]);
    assert.deepEqual(listed(await session.run(tf.linspace(3, 9, 1))), [3]);
    assert.throws(() => tf.linspace(0, 1, 0), /Requires num > 0: 0/);
  }),
);

test(
  "eye: square, oblong, in batches",
  inGraph(async (session) => {
    const square = tf.eye(2);
    expectType<F32<readonly [2, 2]>>()(square);
    assert.deepEqual(listed(await session.run(square)), [
      [1, 0],
      [0, 1],
    ]);
    const batch = tf.eye(2, { numColumns: 3, batchShape: [1], dtype: "int32" });
    expectType<tf.Tensor<"int32", readonly [1, 2, 3]>>()(batch);
    assert.deepEqual(listed(await session.run(batch)), [
      [
        [1, 0, 0],
        [0, 1, 0],
      ],
    ]);
  }),
);

test(
  "oneHot: rows by class, off outside, any axis, any values",
  inGraph(async (session) => {
    const classes = tf.placeholder("int32", [null]);
    const rows = tf.oneHot(classes, 3);
    expectType<F32<readonly [null, 3]>>()(rows);
    assert.deepEqual(rows.shape, [null, 3]);
    assert.deepEqual(listed(await session.run(rows, [[classes, [0, 2, -1, 7]]])), [
      [1, 0, 0],
      [0, 0, 1],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    const columns = tf.oneHot([1, 0], 3, { axis: 0, onValue: 5, offValue: -1 });
    expectType<F32<readonly [3, 2]>>()(columns);
    assert.deepEqual(listed(await session.run(columns)), [
      [-1, 5],
      [5, -1],
      [-1, -1],
    ]);
    const truth = tf.oneHot([1], 2, { dtype: "bool" });
    assert.deepEqual(listed(await session.run(truth)), [[false, true]]);
    assert.equal(rows.op.name, "one_hot");
    assert.throws(
      () => tf.oneHot([1], 2, { axis: 5 } as never),
      /Expected axis to be -1 or between \[0, 2\), but got 5/,
    );
    assert.throws(() => tf.oneHot([0.5], 2), /Expected int32 passed to parameter 'indices', got 0\.5/);
  }),
);

test(
  "sequenceMask: with and without a length",
  inGraph(async (session) => {
    const lengths = tf.placeholder("int32", [null]);
    const mask = tf.sequenceMask(lengths, 3);
    assert.deepEqual(mask.shape, [null, 3]);
    const wanted = [
      [true, false, false],
      [true, true, true],
    ];
    assert.deepEqual(listed(await session.run(mask, [[lengths, [1, 3]]])), wanted);
    const open = tf.sequenceMask(lengths, undefined, { dtype: "int32" });
    assert.deepEqual(listed(await session.run(open, [[lengths, [1, 2]]])), [
      [1, 0],
      [1, 1],
    ]);
  }),
);

test(
  "diag and diagPart undo each other",
  inGraph(async (session) => {
    const d = tf.diag(tf.constant([1.5, 2.5]));
    assert.deepEqual(listed(await session.run(d)), [
      [1.5, 0],
      [0, 2.5],
    ]);
    assert.deepEqual(listed(await session.run(tf.diagPart(d))), [1.5, 2.5]);
    assert.deepEqual(tf.diag(tf.zeros([2, 3])).shape, [2, 3, 2, 3]);
    assert.throws(() => tf.diagPart(tf.zeros([2, 3])), /dimensions 0 and 1 do not match: 2 and 3/);
  }),
);

test(
  "meshgrid: columns first, or the first axis first",
  inGraph(async (session) => {
    const [x, y] = tf.meshgrid([
      [1, 2, 3],
      [4, 5],
    ]) as [tf.Tensor, tf.Tensor];
    assert.deepEqual(
      [x.shape, listed(await session.run(x)), listed(await session.run(y))],
      [
        [2, 3],
        [
          [1, 2, 3],
          [1, 2, 3],
        ],
        [
          [4, 4, 4],
          [5, 5, 5],
        ],
      ],
    );
    const [a] = tf.meshgrid(
      [
        [1, 2, 3],
        [4, 5],
      ],
      { indexing: "ij" },
    ) as [tf.Tensor, tf.Tensor];
    assert.deepEqual(listed(await session.run(a)), [
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    const v = tf.placeholder("int32", [null]);
    const [dynamic] = tf.meshgrid([v, [7, 8]]) as [tf.Tensor, tf.Tensor];
    assert.deepEqual(dynamic.shape, [2, null]);
    assert.deepEqual(listed(await session.run(dynamic, [[v, [1, 2, 3]]])), [
      [1, 2, 3],
      [1, 2, 3],
    ]);
  }),
);
