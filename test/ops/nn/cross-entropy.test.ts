/**
 * @file Softmax and the cross entropies: stability for logits of any magnitude, what flows to labels,
 * second derivatives, static shapes and types, words of errors. The generic tests check values and first
 * gradients of every sample.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { expectType } from "../expect-type.js";
import { assertClose, elements, floats, inGraph } from "./support.js";

const { nn } = tf;
/** A few float32 operations on numbers near 1: 8 units in the last place. */
const float32 = 1e-6;
/** A few dozen float64 operations on numbers near 1. */
const float64 = 1e-13;

const extremes = [
  [1000, -1000, 0],
  [-1000, 1000, 1000],
  [-1000, -1000, -1000],
];
const oneHot = [
  [0, 1, 0],
  [0, 0, 1],
  [1, 0, 0],
];

test(
  "the fused loss survives logits of ±1000, where the logarithm of a softmax does not",
  inGraph(async (session) => {
    const logits = floats(extremes, [3, 3]);
    const labels = floats(oneHot, [3, 3]);
    const loss = nn.softmaxCrossEntropyWithLogits({ labels, logits });
    const [slope] = tf.gradients(loss, [logits]);
    const naive = tf.negative(tf.reduceSum(tf.multiply(labels, tf.log(nn.softmax(logits))), 1));
    const [fused, gradient, careless] = await session.run([loss, slope as tf.Tensor, naive]);
    assertClose(fused, [2000, Math.LN2, Math.log(3)], float32);
    assertClose(gradient, [1, -1, 0, 0, 0.5, -0.5, 1 / 3 - 1, 1 / 3, 1 / 3], float32);
    assert.ok(elements(careless).some((value) => !Number.isFinite(value)));
  }),
);

test(
  "all ways to the same loss agree",
  inGraph(async (session) => {
    const logits = floats(
      [
        [0.5, -1, 2],
        [3, 0, -2],
      ],
      [2, 3],
    );
    const labels = floats(
      [
        [0, 1, 0],
        [1, 0, 0],
      ],
      [2, 3],
    );
    const dense = nn.softmaxCrossEntropyWithLogits({ labels, logits });
    const second = nn.softmaxCrossEntropyWithLogitsV2({ labels, logits });
    const sparse = nn.sparseSoftmaxCrossEntropyWithLogits({ labels: [1, 0], logits });
    const bytes = tf.constant([1, 0], { dtype: "uint8" });
    const fromBytes = nn.sparseSoftmaxCrossEntropyWithLogits({ labels: bytes, logits });
    const whole = nn.softmaxCrossEntropyWithLogits({ labels: tf.cast(labels, "int32"), logits });
    const written = tf.negative(tf.reduceSum(tf.multiply(labels, nn.logSoftmax(logits)), 1));
    const expected = elements(await session.run(written));
    for (const loss of [dense, second, sparse, fromBytes, whole])
      assertClose(await session.run(loss), expected, float32);
    const axisFirst = nn.softmaxCrossEntropyWithLogits({
      labels: tf.constant(
        [
          [0, 1],
          [1, 0],
          [0, 0],
        ],
        { dtype: "float32", shape: [3, 2] },
      ),
      logits: tf.constant(
        [
          [0.5, 3],
          [-1, 0],
          [2, -2],
        ],
        { dtype: "float32", shape: [3, 2] },
      ),
      axis: 0,
    });
    expectType<tf.Tensor<"float32", readonly [2]>>()(axisFirst);
    assertClose(await session.run(axisFirst), expected, float32);
  }),
);

test(
  "gradients flow to the logits, and to labels only in the second version",
  inGraph(async (session) => {
    const values = [0.5, -1, 2];
    const logits = tf.constant([values], { dtype: "float64" });
    const labels = tf.constant([[0.2, 0.3, 0.5]], { dtype: "float64" });
    const first = tf.gradients(nn.softmaxCrossEntropyWithLogits({ labels, logits }), [logits, labels]);
    const second = tf.gradients(nn.softmaxCrossEntropyWithLogitsV2({ labels, logits }), [logits, labels]);
    assert.equal(first[1], null);
    const total = values.reduce((sum, z) => sum + Math.exp(z), 0);
    const softmax = values.map((z) => Math.exp(z) / total);
    const toLogits = softmax.map((p, i) => p - ([0.2, 0.3, 0.5][i] as number));
    assertClose(await session.run(first[0] as tf.Tensor), toLogits, float64);
    assertClose(await session.run(second[0] as tf.Tensor), toLogits, float64);
    assertClose(
      await session.run(second[1] as tf.Tensor),
      softmax.map((p) => -Math.log(p)),
      float64,
    );
  }),
);

test(
  "a gradient of the loss's gradient is the Hessian's, dense and sparse",
  inGraph(async (session) => {
    const values = [0.5, -1, 2];
    const direction = [1, -2, 0.5];
    const logits = tf.constant([values], { dtype: "float64" });
    const labels = tf.constant([[0, 1, 0]], { dtype: "float64" });
    const total = values.reduce((sum, z) => sum + Math.exp(z), 0);
    const p = values.map((z) => Math.exp(z) / total);
    const along = p.reduce((sum, value, i) => sum + value * (direction[i] as number), 0);
    const expected = p.map((value, i) => value * ((direction[i] as number) - along));
    for (const loss of [
      nn.softmaxCrossEntropyWithLogits({ labels, logits }),
      nn.sparseSoftmaxCrossEntropyWithLogits({ labels: [1], logits }),
    ]) {
      const [slope] = tf.gradients(loss, [logits]);
      const directed = tf.multiply(slope as tf.Tensor, tf.constant([direction], { dtype: "float64" }));
      const [hessian] = tf.gradients(directed, [logits]);
      assertClose(await session.run(hessian as tf.Tensor), expected, float64);
    }
  }),
);

test(
  "a training step's gradient adds nothing for the unused second output",
  inGraph(() => {
    const logits = tf.placeholder("float32", [null, 10]);
    const labels = tf.placeholder("float32", [null, 10]);
    tf.gradients(tf.reduceMean(nn.softmaxCrossEntropyWithLogits({ labels, logits })), [logits]);
    const types = new Set(logits.graph.getOperations().map((op) => op.type));
    assert.ok(!types.has("Softmax") && !types.has("LogSoftmax"), [...types].join(" "));
  }),
);

test(
  "static shapes and types",
  inGraph(() => {
    const logits = tf.placeholder("float32", [null, 10]);
    const labels = tf.placeholder("float32", [64, 10]);
    const loss = nn.softmaxCrossEntropyWithLogits({ labels, logits });
    expectType<tf.Tensor<"float32", readonly [64]>>()(loss);
    assert.deepEqual(loss.shape, [64]);
    assert.equal(loss.op.type, "SoftmaxCrossEntropyWithLogits");
    assert.deepEqual(
      loss.op.outputs.map((output) => output.shape),
      [[64], [64, 10]],
    );
    const classes = tf.placeholder("int32", [64]);
    const sparse = nn.sparseSoftmaxCrossEntropyWithLogits({ labels: classes, logits });
    expectType<tf.Tensor<"float32", readonly [null]>>()(sparse);
    assert.deepEqual(sparse.shape, [64]);
    const each = nn.sigmoidCrossEntropyWithLogits({ labels, logits });
    assert.deepEqual(each.shape, [64, 10]);
    const softmax = nn.softmax(logits);
    expectType<tf.Tensor<"float32", readonly [null, 10]>>()(softmax);
    const unknown = tf.placeholder("float32");
    assert.equal(nn.softmaxCrossEntropyWithLogits({ labels: unknown, logits: unknown }).partialShape, null);
    assert.deepEqual(nn.softmaxCrossEntropyWithLogits({ labels, logits: unknown }).partialShape, [64]);
    assert.equal(nn.softmax(logits, { name: "prediction" }).name, "prediction:0");
  }),
);

test(
  "labels that are no class fail the run, with their values",
  inGraph(async (session) => {
    const labels = tf.placeholder("int32", [null]);
    const loss = nn.sparseSoftmaxCrossEntropyWithLogits({ labels, logits: tf.zeros([3, 4]) });
    assertClose(
      await session.run(loss, [[labels, [0, 3, 1]]]),
      [0, 0, 0].map(() => Math.log(4)),
      float32,
    );
    for (const wrong of [4, -1])
      await assert.rejects(session.run(loss, [[labels, [0, wrong, 1]]]), {
        name: "InvalidArgumentError",
        message: new RegExp(
          `Received a label value of ${wrong} which is outside the valid range of \\[0, 4\\). Label values: 0 ${wrong} 1`,
        ),
      });
  }),
);

test(
  "operands come by name",
  inGraph(() => {
    const logits = tf.placeholder("float32", [2, 3]);
    for (const [name, build] of Object.entries({
      softmaxCrossEntropyWithLogits: nn.softmaxCrossEntropyWithLogits,
      softmaxCrossEntropyWithLogitsV2: nn.softmaxCrossEntropyWithLogitsV2,
      sparseSoftmaxCrossEntropyWithLogits: nn.sparseSoftmaxCrossEntropyWithLogits,
      sigmoidCrossEntropyWithLogits: nn.sigmoidCrossEntropyWithLogits,
    })) {
      const untyped = build as unknown as (...operands: unknown[]) => unknown;
      const positional = { name: "ArgumentError", message: new RegExp(`Only call \`${name}\` with named arguments`) };
      assert.throws(() => untyped(logits, logits), positional);
      assert.throws(() => untyped([[1, 2]], [[0, 1]]), positional);
      const missing = { name: "ArgumentError", message: /Both labels and logits must be provided\./ };
      assert.throws(() => untyped({ logits }), missing);
      assert.throws(() => untyped({ labels: logits }), missing);
      assert.throws(() => untyped(), missing);
    }
  }),
);

test(
  "shapes and dtypes that do not fit are reported in words, by the compiler, when building and when running",
  inGraph(async (session) => {
    const logits = tf.placeholder("float32", [null, 10]);
    const nine = tf.placeholder("float32", [null, 9]);
    // @ts-expect-error softmaxCrossEntropyWithLogits: logits [?, 10] and labels [?, 9] must have the same shape
    assert.throws(() => nn.softmaxCrossEntropyWithLogits({ labels: nine, logits }), {
      name: "ShapeError",
      message: /Dimensions must be equal, but are 10 and 9 for 'SoftmaxCrossEntropyWithLogits'/,
    });
    const vector = tf.placeholder("float32", [null]);
    // @ts-expect-error softmaxCrossEntropyWithLogits: logits and labels must have the same shape
    assert.throws(() => nn.softmaxCrossEntropyWithLogits({ labels: vector, logits }), {
      message: /Shapes must be equal rank, but are 2 and 1/,
    });
    const matrix = tf.placeholder("int32", [null, 10]);
    // @ts-expect-error sparseSoftmaxCrossEntropyWithLogits: logits without the class axis
    assert.throws(() => nn.sparseSoftmaxCrossEntropyWithLogits({ labels: matrix, logits }), {
      name: "ShapeError",
      message: /Rank mismatch: Rank of labels \(received 2\) should equal rank of logits minus 1 \(received 2\)\./,
    });
    assert.throws(() => nn.sparseSoftmaxCrossEntropyWithLogits({ labels: vector, logits }), {
      name: "DTypeError",
      message: /parameter 'labels' of op 'SparseSoftmaxCrossEntropyWithLogits' has DataType float32/,
    });
    // @ts-expect-error sigmoidCrossEntropyWithLogits: logits [?, 10] and labels [?, 9] must have the same shape
    assert.throws(() => nn.sigmoidCrossEntropyWithLogits({ labels: nine, logits }), {
      name: "ShapeError",
      message: /logits and labels must have the same shape \(\(\?, 10\) vs \(\?, 9\)\)/,
    });
    assert.throws(() => nn.softmax(matrix), { name: "DTypeError", message: /has DataType int32/ });
    assert.throws(() => nn.softmax(logits, { axis: 2 }), {
      name: "ShapeError",
      message: /Invalid reduction dimension 2 for input with 2 dimensions/,
    });
    const [a, b] = [tf.placeholder("float32"), tf.placeholder("float32")];
    const feeds = [
      [a, [[1, 2]]],
      [b, [[1, 2, 3]]],
    ] as const;
    await assert.rejects(session.run(nn.softmaxCrossEntropyWithLogits({ labels: b, logits: a }), [...feeds]), {
      name: "InvalidArgumentError",
      message: /logits and labels must be same size: logits_size=\[1,2\] labels_size=\[1,3\]/,
    });
    await assert.rejects(session.run(nn.sigmoidCrossEntropyWithLogits({ labels: b, logits: a }), [...feeds]), {
      name: "InvalidArgumentError",
      message: /must have the same shape \(\(1, 2\) vs \(1, 3\)\)/,
    });
  }),
);

test(
  "the elementwise cross entropies: stable, weighted by positive targets",
  inGraph(async (session) => {
    const logits = floats([1000, -1000, 0, 1000], [4]);
    const labels = floats([1, 0, 0.5, 0], [4]);
    const plain = nn.sigmoidCrossEntropyWithLogits({ labels, logits });
    assertClose(await session.run(plain), [0, 0, Math.LN2, 1000], float32);
    const weighted = nn.weightedCrossEntropyWithLogits(floats([1, 0, 1], [3]), floats([-2, -2, 0], [3]), 3);
    expectType<tf.Tensor<"float32", readonly [3]>>()(weighted);
    const loss = (x: number): number => Math.log1p(Math.exp(-x));
    assertClose(await session.run(weighted), [3 * loss(-2), loss(2), 3 * Math.LN2], float32);
    const one = nn.weightedCrossEntropyWithLogits(labels, logits, 1);
    assertClose(await session.run(one), elements(await session.run(plain)), float32);
    const untyped = nn.weightedCrossEntropyWithLogits as unknown as (...operands: unknown[]) => unknown;
    assert.throws(() => untyped(labels, logits), { name: "ArgumentError", message: /posWeight must be provided/ });
  }),
);

test(
  "softmax over any axis sums to 1, and its logarithm is exact for ±1000",
  inGraph(async (session) => {
    const x = floats(
      [
        [1, 2, 3],
        [3, 3, 3],
      ],
      [2, 3],
    );
    const [byRow, byColumn] = await session.run([
      tf.reduceSum(nn.softmax(x), 1),
      tf.reduceSum(nn.softmax(x, { axis: 0 }), 0),
    ]);
    assertClose(byRow, [1, 1], float32);
    assertClose(byColumn, [1, 1, 1], float32);
    const logarithm = nn.logSoftmax(floats([[1000, -1000, 1000]], [1, 3]));
    assertClose(await session.run(logarithm), [-Math.LN2, -2000 - Math.LN2, -Math.LN2], float32);
  }),
);
