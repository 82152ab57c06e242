/** @file Parts of tensors: slices, indices, masks, choices; their static shapes and the words for misuse. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { expectType } from "../expect-type.js";
import { counted, inGraph, listed } from "./support.js";

type F32<S extends tf.Shape> = tf.Tensor<"float32", S>;

test(
  "slice: a box by begin and size",
  inGraph(async (session) => {
    const x = counted(3, 4);
    const box = tf.slice(x, [1, 0], [2, -1]);
    expectType<F32<readonly [2, 4]>>()(box);
    assert.deepEqual([box.shape, box.op.name], [[2, 4], "Slice"]);
    assert.deepEqual(listed(await session.run(x.slice([1, 2], [1, 2]))), [[6, 7]]);
    const rows = tf.placeholder("float32", [null, 4]);
    assert.deepEqual(tf.slice(rows, [1, 1], [-1, 2]).shape, [null, 2]);
    const begin = tf.placeholder("int32", []);
    const moving = tf.slice(x, [begin, 0], [1, 2]);
    assert.deepEqual(moving.shape, [1, 2]);
    assert.deepEqual(listed(await session.run(moving, [[begin, 2]])), [[8, 9]]);
    await assert.rejects(session.run(moving, [[begin, 3]]), /Expected size\[0\] in \[0, 0\], but got 1/);
    assert.throws(() => tf.slice(x as tf.Tensor, [0, 1], [2, 4]), /Expected size\[1\] in \[0, 3\], but got 4/);
    assert.throws(() => tf.slice(x as tf.Tensor, [0], [2]), /begin and size arguments to be 1-D tensors of size 2/);
  }),
);

test(
  "at: Python's indexing, against values TensorFlow gives",
  inGraph(async (session) => {
    const x = counted(2, 3, 4);
    const run = async (t: tf.Tensor) => listed(await session.run(t));
    assert.deepEqual(await run(x.at(1, [null, null, -1], [1, 3])), [
      [21, 22],
      [17, 18],
      [13, 14],
    ]);
    assert.deepEqual(await run(x.at("...", "newAxis", -1)), [
      [[3], [7], [11]],
      [[15], [19], [23]],
    ]);
    assert.deepEqual(await run(x.at(":", [2, 0, -2], [null, null, 3])), [[[8, 11]], [[20, 23]]]);
    assert.deepEqual(x.at(0, "...").shape, [3, 4]);
    assert.deepEqual(x.at([5, 9]).shape, [0, 3, 4]);
    const i = tf.placeholder("int32", []);
    const row = x.at(i, 0);
    assert.deepEqual(row.shape, [4]);
    assert.deepEqual(listed(await session.run(row, [[i, -1]])), [12, 13, 14, 15]);
    await assert.rejects(session.run(row, [[i, 2]]), /slice index 2 of dimension 0 out of bounds\./);
    assert.throws(() => x.at(2), /slice index 2 of dimension 0 out of bounds\./);
    assert.throws(() => x.at(0, 0, 0, 0), /input has only 3 dims/);
    assert.throws(() => x.at("...", "..."), /Multiple ellipses in slice spec not allowed/);
    assert.throws(() => x.at([0, 2, 0]), /strides\[0\] must be non-zero/);
  }),
);

test(
  "indexing a shape is known while building where the dimension is",
  inGraph(() => {
    const x = tf.placeholder("float32", [null, 784]);
    const s = tf.shape(x);
    assert.deepEqual(tf.zeros([s.at(1), 2]).shape, [784, 2]);
    assert.deepEqual(tf.zeros(s.at([1, null])).shape, [784]);
    assert.deepEqual(tf.zeros(s).shape, [null, 784]);
    assert.deepEqual(tf.zeros(tf.concat([s, [5]], 0) as tf.Tensor).shape, [null, 784, 5]);
    assert.deepEqual(tf.range(s.at(1)).shape, [784]);
  }),
);

test(
  "stridedSlice with masks",
  inGraph(async (session) => {
    const x = counted(3, 4);
    const y = tf.stridedSlice(x, [0, 1], [0, 4], [1, 2], { shrinkAxisMask: 1 });
    assert.deepEqual([y.shape, y.op.name], [[2], "strided_slice"]);
    assert.deepEqual(listed(await session.run(y)), [1, 3]);
    assert.deepEqual(tf.stridedSlice(x, [1], [0], undefined, { endMask: 1 }).shape, [2, 4]);
  }),
);

test(
  "gather: rows by index, along any axis; outside fails the run",
  inGraph(async (session) => {
    const table = counted(5, 3);
    const ids = tf.placeholder("int32", [null, 2]);
    const rows = tf.gather(table, ids);
    expectType<F32<readonly [null, 2, 3]>>()(rows);
    assert.deepEqual([rows.shape, rows.op.name], [[null, 2, 3], "Gather"]);
    assert.deepEqual(listed(await session.run(rows, [[ids, [[4, 0]]]])), [
      [
        [12, 13, 14],
        [0, 1, 2],
      ],
    ]);
    const columns = table.gather([2, 0], { axis: 1 });
    expectType<F32<readonly [5, 2]>>()(columns);
    assert.deepEqual(listed(await session.run(columns.at([0, 2]))), [
      [2, 0],
      [5, 3],
    ]);
    await assert.rejects(
      session.run(rows, [
        [
          ids,
          [
            [0, 1],
            [2, -1],
          ],
        ],
      ]),
      {
        name: "InvalidArgumentError",
        message: /^indices\[1,1\] = -1 is not in \[0, 5\)/,
      },
    );
    await assert.rejects(session.run(tf.gather(table, 9)), /indices = 9 is not in \[0, 5\)/);
    assert.throws(
      () => tf.gather(table, tf.zeros([1]) as tf.Tensor),
      /parameter 'indices' has DataType float32 not in list of allowed values: int32/,
    );
    assert.throws(
      () => tf.gather(table as tf.Tensor, [0], { axis: 2 }),
      /Expected dimension in the range \[-2, 2\), but got 2/,
    );
    await assert.rejects(session.run(tf.gather(tf.zeros([0, 3]), [0])), /indices\[0\] = 0 is not in \[0, 0\)/);
  }),
);

test(
  "gather's gradient adds up what repeated indices picked",
  inGraph(async (session) => {
    const table = new tf.Variable(counted(4, 2));
    const loss = tf.reduceSum(tf.square(tf.gather(table, [1, 1, 3])));
    const [gradient] = tf.gradients(loss, [table]) as tf.Tensor[];
    await session.run(tf.globalVariablesInitializer());
    assert.deepEqual(listed(await session.run(gradient as tf.Tensor)), [
      [0, 0],
      [8, 12],
      [0, 0],
      [12, 14],
    ]);
  }),
);

test(
  "gatherNd: entries by index tuples",
  inGraph(async (session) => {
    const x = counted(3, 4);
    assert.deepEqual(
      listed(
        await session.run(
          tf.gatherNd(x, [
            [0, 1],
            [2, 3],
          ]),
        ),
      ),
      [1, 11],
    );
    assert.deepEqual(listed(await session.run(tf.gatherNd(x, [[2]]))), [[8, 9, 10, 11]]);
    await assert.rejects(
      session.run(
        tf.gatherNd(x, [
          [0, 1],
          [2, 5],
        ]),
      ),
      /indices\[1\] = \[2, 5\] does not index into param \(shape: \[3,4\]\)/,
    );
    assert.throws(() => tf.gatherNd(x, [[0, 0, 0]]), /indices\.shape\[-1\] must be <= params\.rank/);
  }),
);

test(
  "where: coordinates, choices, whole rows, scalars",
  inGraph(async (session) => {
    const condition = tf.placeholder("bool", [null, 2]);
    const coordinates = tf.where(condition);
    expectType<tf.Tensor<"int32", readonly [null, 2]>>()(coordinates);
    const feed = [
      [
        condition,
        [
          [true, false],
          [false, true],
        ],
      ],
    ] as const;
    assert.deepEqual(listed(await session.run(coordinates, feed)), [
      [0, 0],
      [1, 1],
    ]);
    const chosen = tf.where(condition, tf.ones([2, 2]), 0);
    expectType<F32<readonly [2, 2]>>()(chosen);
    assert.deepEqual(
      [chosen.shape, listed(await session.run(chosen, feed))],
      [
        [2, 2],
        [
          [1, 0],
          [0, 1],
        ],
      ],
    );
    const rows = tf.where(tf.constant([true, false]), counted(2, 2), tf.zeros([2, 2]));
    assert.deepEqual(listed(await session.run(rows)), [
      [0, 1],
      [0, 0],
    ]);
    const numbers = tf.where(condition, 1, -0.5);
    assert.deepEqual(
      [numbers.dtype as string, listed(await session.run(numbers, feed))],
      [
        "float32",
        [
          [1, -0.5],
          [-0.5, 1],
        ],
      ],
    );
    const one: tf.Tensor = tf.zeros([3]);
    assert.throws(() => tf.where(condition, one, tf.zeros([4])), /Shapes of the branches must be equal/);
    assert.throws(
      () => tf.where(condition, one, one),
      /'condition' and the branches must have the same shape: \[\?,2\] vs\. \[3\]/,
    );
    assert.throws(
      () => tf.where(one as never, one, one),
      /Input 'condition' of 'Select' Op has type float32 that does not match expected type of bool/,
    );
  }),
);

test(
  "where passes gradients to the branch taken, and NaN of the other does not leak",
  inGraph(async (session) => {
    const x = tf.placeholder("float32", [null]);
    const positive = tf.greater(x, 0);
    const y = tf.where(positive, tf.log(tf.where(positive, x, tf.onesLike(x))), tf.zerosLike(x));
    const [gradient] = tf.gradients(y, [x]) as tf.Tensor[];
    assert.deepEqual(listed(await session.run(gradient as tf.Tensor, [[x, [-1, 0, 4]]])), [0, 0, 0.25]);
  }),
);

test(
  "booleanMask: rows where the mask is true, with gradient",
  inGraph(async (session) => {
    const x = tf.placeholder("float32", [null, 2]);
    const mask = tf.placeholder("bool", [null]);
    const rows = tf.booleanMask(x, mask);
    assert.deepEqual(rows.shape, [null, 2]);
    const feeds = [
      [
        x,
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      ],
      [mask, [true, false, true]],
    ] as const;
    assert.deepEqual(listed(await session.run(rows, feeds)), [
      [1, 2],
      [5, 6],
    ]);
    const [gradient] = tf.gradients(tf.square(rows), [x]) as tf.Tensor[];
    assert.deepEqual(listed(await session.run(gradient as tf.Tensor, feeds)), [
      [2, 4],
      [0, 0],
      [10, 12],
    ]);
    assert.deepEqual(
      listed(
        await session.run(
          tf.booleanMask(
            [
              [1, 2],
              [3, 4],
            ],
            [
              [true, false],
              [true, true],
            ],
          ),
        ),
      ),
      [1, 3, 4],
    );
    assert.throws(() => tf.booleanMask(x, tf.constant(true)), /mask cannot be scalar\./);
    assert.throws(() => tf.booleanMask(tf.zeros([3, 2]), [true, false]), /Shapes \[3\] and \[2\] are incompatible/);
  }),
);

test(
  "unique: distinct elements and where each is",
  inGraph(async (session) => {
    const { values, indices } = tf.unique([1, 1, 2, 4, 4, 4, 7, 8, 8]);
    const [y, at] = await session.run([values, indices]);
    assert.deepEqual(
      [listed(y), listed(at)],
      [
        [1, 2, 4, 7, 8],
        [0, 0, 1, 2, 2, 2, 3, 4, 4],
      ],
    );
    assert.deepEqual(listed(await session.run(tf.multiply(values as tf.Tensor, 10))), [10, 20, 40, 70, 80]);
    assert.throws(() => tf.unique([[1]]), /Shape must be rank 1 but is rank 2/);
  }),
);
