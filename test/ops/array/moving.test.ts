/** @file Elements under other shapes and in other places: static shapes, types, TensorFlow's words for misuse. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { expectType } from "../expect-type.js";
import { counted, inGraph, listed } from "./support.js";

type F32<S extends tf.Shape> = tf.Tensor<"float32", S>;

test(
  "shape, size and rank: constants where known, staged where not",
  inGraph(async (session) => {
    const x = tf.placeholder("float32", [null, 784]);
    const s = tf.shape(x);
    expectType<tf.Tensor<"int32", readonly [2]>>()(s);
    assert.deepEqual(s.shape, [2]);
    const feed = [[x, tf.NdArray.zeros("float32", [3, 784])]] as const;
    assert.deepEqual(listed(await session.run(s, feed)), [3, 784]);
    assert.deepEqual(await session.run([tf.size(x), tf.rank(x)], feed), [2352, 2]);
    assert.deepEqual(tf.shape(tf.placeholder("float32")).shape, [null]);
  }),
);

test(
  "reshape: -1, tensors, lists that mix both",
  inGraph(async (session) => {
    const x = tf.placeholder("float32", [null, 784]);
    const images = tf.reshape(x, [-1, 28, 28, 1]);
    expectType<F32<readonly [null, 28, 28, 1]>>()(images);
    assert.deepEqual([images.shape, images.op.name], [[null, 28, 28, 1], "Reshape"]);
    const mixed = tf.reshape(x, [tf.shape(x).at(0), 28, 28]);
    assert.deepEqual(mixed.shape, [null, 28, 28]);
    assert.deepEqual((await session.run(mixed, [[x, tf.NdArray.zeros("float32", [2, 784])]])).shape, [2, 28, 28]);
    const whole = counted(2, 6).reshape([3, -1]);
    expectType<F32<readonly [3, 4]>>()(whole);
    assert.deepEqual(listed(await session.run(whole)), [
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 10, 11],
    ]);
    const target = tf.placeholder("int32", [2]);
    const dynamic = tf.reshape(counted(6), target);
    assert.deepEqual(dynamic.shape, [null, null]);
    assert.deepEqual(listed(await session.run(dynamic, [[target, [2, -1]]])), [
      [0, 1, 2],
      [3, 4, 5],
    ]);
    // the length of a known column follows from a shape known but for one entry
    assert.deepEqual(tf.reshape(counted(2, 6), [tf.placeholder("int32", []), 4]).shape, [3, 4]);
    assert.deepEqual(tf.reshape([1, 2, 3, 4], [2, 2]).shape, [2, 2]);
    assert.deepEqual(tf.reshape(x, tf.shape(tf.zeros([2, 392, 1]))).shape, [2, 392, 1]);
  }),
);

test(
  "reshape: TensorFlow's words where sizes differ",
  inGraph(async (session) => {
    const x = tf.placeholder("float32", [2, 3]);
    // @ts-expect-error the compiler finds the clash first
    assert.throws(() => tf.reshape(x, [4]), {
      name: "ShapeError",
      message:
        /^Cannot reshape a tensor with 6 elements to shape \[4\] \(4 elements\) for 'Reshape' \(op: 'Reshape'\) with input shapes: \[2,3\], \[1\]\./,
    });
    // @ts-expect-error as above
    assert.throws(() => tf.reshape(x, [4, -1]), /Dimension size must be evenly divisible by 4 but is 6/);
    // @ts-expect-error as above
    assert.throws(() => tf.reshape(x, [-1, -1]), /Only one input size may be -1, not both 0 and 1/);
    assert.throws(() => tf.reshape(x, [-2, 3] as number[]), /Size 0 must be non-negative, not -2/);
    assert.throws(
      () => tf.reshape(x, tf.zeros([2]) as never),
      /Value passed to parameter 'shape' has DataType float32/,
    );
    const any = tf.placeholder("float32");
    const [four, pairs] = [tf.reshape(any, [4]), tf.reshape(any, [4, -1])];
    const feed = [
      [
        any,
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ],
    ] as const;
    await assert.rejects(
      session.run(four, feed),
      /Input to reshape is a tensor with 6 values, but the requested shape has 4/,
    );
    await assert.rejects(
      session.run(pairs, feed),
      /a tensor with 6 values, but the requested shape requires a multiple of 4/,
    );
  }),
);

test(
  "expandDims and squeeze",
  inGraph(async (session) => {
    const x = tf.placeholder("float32", [null, 3]);
    const last = tf.expandDims(x, -1);
    expectType<F32<readonly [null, 3, 1]>>()(last);
    assert.deepEqual(
      [last.shape, x.expandDims(0).shape],
      [
        [null, 3, 1],
        [1, null, 3],
      ],
    );
    const back = tf.squeeze(last, [-1]);
    expectType<F32<readonly [null, 3]>>()(back);
    assert.deepEqual(back.shape, [null, 3]);
    const all = tf.squeeze(tf.zeros([1, 5, 1]));
    expectType<F32<readonly [5]>>()(all);
    assert.deepEqual([all.shape, tf.squeeze(x).partialShape], [[5], null]);
    assert.deepEqual((await session.run(tf.squeeze(x), [[x, [[1, 2, 3]]]])).shape, [3]);
    assert.throws(() => tf.expandDims(x as tf.Tensor, 5), /dim 5 not in the interval \[-3, 2\]\./);
    assert.throws(
      () => tf.squeeze(tf.zeros([2, 3]) as tf.Tensor, [0]),
      /Can not squeeze dim\[0\], expected a dimension of 1, got 2/,
    );
    const any = tf.placeholder("float32");
    await assert.rejects(session.run(tf.squeeze(any, [0]), [[any, [1, 2]]]), /Can not squeeze dim\[0\]/);
  }),
);

test(
  "transpose, reverse and their permutations",
  inGraph(async (session) => {
    const x = tf.placeholder("float32", [null, 3, 5]);
    const back = tf.transpose(x);
    expectType<F32<readonly [5, 3, null]>>()(back);
    assert.deepEqual([back.shape, back.op.name], [[5, 3, null], "transpose"]);
    const turned = x.transpose([1, 0, 2]);
    expectType<F32<readonly [3, null, 5]>>()(turned);
    assert.deepEqual(turned.shape, [3, null, 5]);
    assert.deepEqual(listed(await session.run(counted(2, 3).transpose())), [
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
    assert.deepEqual(listed(await session.run(tf.reverse(counted(2, 3), -1))), [
      [2, 1, 0],
      [5, 4, 3],
    ]);
    const y = counted(2, 3) as tf.Tensor;
    assert.throws(() => tf.transpose(y, [0]), /Dimension must be 2 but is 1 for 'transpose_/);
    assert.throws(() => tf.transpose(y, [0, 5]), /perm dim 5 is out of range of input rank 2/);
    assert.throws(() => tf.transpose(y, [0, 0]), /1 is missing from \{0,0\}\./);
    assert.throws(() => tf.reverse(y, [0, -2]), /axis 0 specified more than once\./);
    assert.deepEqual(listed(await session.run(tf.invertPermutation([2, 0, 1]))), [1, 2, 0]);
    await assert.rejects(session.run(tf.invertPermutation([0, 0, 1])), {
      name: "InvalidArgumentError",
      message: /0 is duplicated in the input\./,
    });
    await assert.rejects(session.run(tf.invertPermutation([0, 5, 1])), /5 is not between 0 and 3/);
    const any = tf.placeholder("float32");
    await assert.rejects(session.run(tf.transpose(any, [1, 0]), [[any, [1]]]), /Dimension must be 1 but is 2/);
  }),
);

test(
  "concat: extents add up, the rest must be equal",
  inGraph(async (session) => {
    const a = tf.placeholder("float32", [null, 3]);
    const b = tf.zeros([2, 3]);
    const rows = tf.concat([a, b], 0);
    assert.deepEqual([rows.shape, rows.op.name, rows.op.type], [[null, 3], "concat", "ConcatV2"]);
    const columns = tf.concat([b, tf.ones([2, 1])], -1);
    expectType<F32<readonly [2, 4]>>()(columns);
    assert.deepEqual(columns.shape, [2, 4]);
    assert.deepEqual(listed(await session.run(columns)), [
      [0, 0, 0, 1],
      [0, 0, 0, 1],
    ]);
    assert.equal(tf.concat([b], 0).op.type, "Identity");
    assert.deepEqual(tf.concat([a, tf.placeholder("float32")] as tf.Tensor[], 0).shape, [null, 3]);
    assert.throws(
      () => tf.concat([b, tf.zeros([2, 4])] as tf.Tensor[], 0),
      /Dimension 1 in both shapes must be equal, but are 3 and 4/,
    );
    assert.throws(
      () => tf.concat([tf.zeros([]), tf.zeros([])] as tf.Tensor[], 0),
      /Can't concatenate scalars \(use tf\.stack instead\)/,
    );
    assert.throws(
      () => tf.concat([b, tf.zeros([2])] as tf.Tensor[], 0),
      /Shapes must be of equal rank, but are 2 and 1/,
    );
    assert.throws(() => tf.concat([] as tf.Tensor[], 0), /concat needs a list of at least one tensor/);
    assert.throws(() => tf.concat([b, tf.zeros([2, 3], { dtype: "int32" })] as tf.Tensor[], 0), { name: "DTypeError" });
    const any = tf.placeholder("float32");
    const run = session.run(tf.concat([any, b] as tf.Tensor[], 0), [[any, [[1, 2]]]]);
    await assert.rejects(
      run,
      /ConcatOp : Dimensions of inputs should match: shape\[0\] = \[1,2\] vs\. shape\[1\] = \[2,3\]/,
    );
  }),
);

test(
  "concat's gradient goes back in parts, also of unknown extents, and can be differentiated again",
  inGraph(async (session) => {
    const a = tf.placeholder("float32", [null]);
    const b = tf.placeholder("float32", [null]);
    const y = tf.concat([a, b], 0) as tf.Tensor;
    const [da, db] = tf.gradients(tf.multiply(y, tf.square(y)), [a, b]) as tf.Tensor[];
    const [dda] = tf.gradients(tf.reduceSum(tf.square(da as tf.Tensor)), [a]) as tf.Tensor[];
    const feeds = [
      [a, [1, 2]],
      [b, [3]],
    ] as const;
    assert.deepEqual(listed(await session.run(da as tf.Tensor, feeds)), [3, 12]);
    assert.deepEqual(listed(await session.run(db as tf.Tensor, feeds)), [27]);
    assert.deepEqual(listed(await session.run(dda as tf.Tensor, feeds)), [36, 288]);
  }),
);

test(
  "stack, unstack, and lists of tensors wherever a tensor is expected",
  inGraph(async (session) => {
    const a = tf.placeholder("float32", [3]);
    const rows = tf.stack([a, tf.ones([3])]);
    expectType<F32<readonly [2, 3]>>()(rows);
    assert.deepEqual([rows.shape, rows.op.name, rows.op.type], [[2, 3], "stack", "Pack"]);
    const columns = tf.stack([a, tf.ones([3])], { axis: -1 });
    expectType<F32<readonly [3, 2]>>()(columns);
    assert.deepEqual(columns.shape, [3, 2]);
    assert.deepEqual(listed(await session.run(columns, [[a, [4, 5, 6]]])), [
      [4, 1],
      [5, 1],
      [6, 1],
    ]);
    const parts = tf.unstack(counted(2, 3), { axis: 1 });
    assert.deepEqual(
      parts.map((p) => [p.shape, p.name]),
      [0, 1, 2].map((i) => [[2], `unstack:${i}`]),
    );
    assert.deepEqual(listed(await session.run(parts[2] as tf.Tensor)), [2, 5]);
    const packed = tf.convertToTensor([tf.constant(1.5), 2, [3, 4].length] as never);
    assert.deepEqual(
      [packed.op.type, packed.dtype, listed(await session.run(packed))],
      ["Pack", "float32", [1.5, 2, 2]],
    );
    const nested = tf.convertToTensor([
      [tf.constant(1.5), 2],
      [3, 4],
    ] as never);
    assert.deepEqual(listed(await session.run(nested)), [
      [1.5, 2],
      [3, 4],
    ]);
    assert.throws(
      () => tf.stack([a, tf.zeros([4])] as tf.Tensor[]),
      /Shapes must be equal, but are \[3\] and \[4\] for 'stack_/,
    );
    const open = tf.placeholder("float32", [null, 2]);
    assert.throws(() => tf.unstack(open), /Cannot infer num from shape \(\?, 2\)/);
    assert.equal(tf.unstack(open, { num: 2 }).length, 2);
    await assert.rejects(
      session.run(tf.unstack(open, { num: 2 }), [[open, [[1, 2]]]]),
      /Input shape axis 0 must equal 2, got shape \[1,2\]/,
    );
  }),
);

test(
  "split: equal parts, given sizes, what is left",
  inGraph(async (session) => {
    const x = counted(2, 6);
    const [left, right] = tf.split(x, 2, { axis: 1 });
    expectType<F32<readonly [2, 3]>>()(left);
    assert.deepEqual([left.shape, right.shape, left.op.name], [[2, 3], [2, 3], "split"]);
    const parts = tf.split(x, [1, -1, 2], { axis: 1 });
    assert.deepEqual(
      parts.map((p) => (p as tf.Tensor).shape),
      [
        [2, 1],
        [2, 3],
        [2, 2],
      ],
    );
    assert.deepEqual(listed(await session.run(parts[1] as tf.Tensor)), [
      [1, 2, 3],
      [7, 8, 9],
    ]);
    assert.throws(
      () => tf.split(x as tf.Tensor, 4, { axis: 1 }),
      /Dimension size must be evenly divisible by 4 but is 6/,
    );
    assert.throws(() => tf.split(x, [1, 2], { axis: 1 }), /Determined shape must .* Got: 3/);
    const open = tf.placeholder("float32", [null]);
    const halves = tf.split(open, 2);
    assert.deepEqual(listed(await session.run(halves[1], [[open, [1, 2, 3, 4]]])), [3, 4]);
    await assert.rejects(
      session.run(halves[0], [[open, [1, 2, 3]]]),
      /Number of ways to split should evenly divide the split dimension/,
    );
  }),
);

test(
  "tile and broadcastTo",
  inGraph(async (session) => {
    const x = tf.placeholder("float32", [null, 2]);
    assert.deepEqual(tf.tile(x, [2, 3]).shape, [null, 6]);
    assert.deepEqual(listed(await session.run(tf.tile(x, [2, 2]), [[x, [[1, 2]]]])), [
      [1, 2, 1, 2],
      [1, 2, 1, 2],
    ]);
    assert.throws(() => tf.tile(x, [2]), /Expected multiples argument to be a vector of length 2 but got length 1/);
    const wide = tf.broadcastTo(x, [4, 3, 2]);
    expectType<F32<readonly [4, 3, 2]>>()(wide as F32<readonly [4, 3, 2]>);
    assert.deepEqual(wide.shape, [4, 3, 2]);
    assert.throws(() => tf.broadcastTo(tf.zeros([3]), [2, 4]), /Incompatible shapes: \[3\] vs\. \[2,4\]/);
    await assert.rejects(
      session.run(wide, [
        [
          x,
          [
            [1, 2],
            [3, 4],
          ],
        ],
      ]),
      /Incompatible shapes: \[2,2\] vs\. \[4,3,2\]/,
    );
  }),
);

test(
  "pad: constants and mirror images, as TensorFlow draws them",
  inGraph(async (session) => {
    const x = tf.constant(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      { dtype: "float32" },
    );
    const border = [
      [1, 1],
      [2, 2],
    ];
    const mirrored = tf.pad(x, border, { mode: "REFLECT" });
    assert.deepEqual(mirrored.shape, [4, 7]);
    assert.deepEqual(listed(await session.run(mirrored)), [
      [6, 5, 4, 5, 6, 5, 4],
      [3, 2, 1, 2, 3, 2, 1],
      [6, 5, 4, 5, 6, 5, 4],
      [3, 2, 1, 2, 3, 2, 1],
    ]);
    const symmetric = tf.pad(x, border, { mode: "symmetric" });
    assert.deepEqual(listed(await session.run(symmetric)), [
      [2, 1, 1, 2, 3, 3, 2],
      [2, 1, 1, 2, 3, 3, 2],
      [5, 4, 4, 5, 6, 6, 5],
      [5, 4, 4, 5, 6, 6, 5],
    ]);
    const constant = tf.pad(tf.constant([7]), [[1, 2]], { constantValues: 9 });
    assert.deepEqual(listed(await session.run(constant)), [9, 7, 9, 9]);
    assert.throws(() => tf.pad(x, [[1, 1]]), /The first dimension of paddings must be the rank of inputs: 1 vs\. 2/);
    assert.throws(
      () =>
        tf.pad(x, [
          [0, 0],
          [-1, 2],
        ]),
      /Paddings must be non-negative: -1, 2/,
    );
    assert.throws(
      () =>
        tf.pad(
          x,
          [
            [2, 0],
            [0, 0],
          ],
          { mode: "REFLECT" },
        ),
      /paddings must be less than the dimension size: 2, 0 not less than 2/,
    );
    assert.throws(
      () =>
        tf.pad(
          x,
          [
            [3, 0],
            [0, 0],
          ],
          { mode: "SYMMETRIC" },
        ),
      /paddings must be no greater than the dimension size: 3, 0 greater than 2/,
    );
    assert.throws(() => tf.pad(x, border, { mode: "WRAP" as "REFLECT" }), /Unknown padding mode: WRAP/);
  }),
);

test(
  "cumsum, tensordot and clipByValue",
  inGraph(async (session) => {
    const x = tf.constant([1, 2, 3], { dtype: "float32" });
    assert.deepEqual(listed(await session.run(x.cumsum())), [1, 3, 6]);
    assert.deepEqual(listed(await session.run(tf.cumsum(x, { exclusive: true, reverse: true }))), [5, 3, 0]);
    const product = tf.tensordot(counted(2, 3), counted(3, 2, 2), [
      [0, 1],
      [2, 0],
    ]);
    assert.deepEqual([product.shape, listed(await session.run(product))], [[2], [88, 118]]);
    assert.deepEqual(tf.tensordot(counted(2, 3), counted(3, 4), 1).shape, [2, 4]);
    assert.deepEqual(tf.tensordot(counted(2), counted(3), 0).shape, [2, 3]);
    assert.throws(
      () => tf.tensordot(counted(2, 3), counted(2, 3), 1),
      /Dimensions must be equal, but are 3 and 2 for 'Tensordot_/,
    );
    const clipped = tf.clipByValue(x, 1.5, 2.5);
    assert.deepEqual([clipped.op.name, listed(await session.run(clipped))], ["clip_by_value", [1.5, 2, 2.5]]);
  }),
);
