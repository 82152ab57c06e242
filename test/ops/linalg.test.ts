/** @file The QR factorization: TensorFlow's factors, products that give the matrix back, shapes and errors. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";

const matrix = [
  [1, 2, 3],
  [4, -5, 6],
  [-7, 8, 9],
  [0, 1, -1],
];
// Factors are computed in float64 and rounded; TensorFlow's are float32 throughout, with R up to 10.
const tolerance = 3e-6;

function assertClose(actual: tf.NdArray, expected: readonly number[]): void {
  assert.equal(actual.size, expected.length);
  expected.forEach((value, i) => {
    assert.ok(Math.abs(Number(actual.data[i]) - value) <= tolerance, `[${i}] ${actual.data[i]} is not ${value}`);
  });
}

test("the factors are TensorFlow's, signs included, and their product is the matrix", async () => {
  const graph = new tf.Graph();
  const fetches = graph.asDefault(() => {
    const a = tf.constant(matrix, { dtype: "float32" });
    const tall = tf.qr(a);
    const square = tf.qr(tf.constant(matrix.slice(0, 3), { dtype: "float32" }));
    const full = tf.qr(a, { fullMatrices: true });
    return [
      tall.q,
      tall.r,
      square.q,
      tf.matmul(tall.q as tf.Tensor, tall.r),
      tf.matmul(full.q as tf.Tensor, full.r),
      tf.matmul(full.q as tf.Tensor, full.q as tf.Tensor, { transposeA: true }),
    ] as const;
  });
  using session = new tf.Session({ device: "interpreter", graph });
  const [q, r, square, product, fullProduct, gram] = await session.run(fetches);
  assertClose(
    q,
    [
      -0.12309146, 0.93978733, -0.16401671, -0.49236593, -0.1551106, -0.83521545, 0.86164039, 0.04562074, -0.50069696,
      0, 0.30109689, 0.15753175,
    ],
  );
  assertClose(r, [-8.1240387, 9.10877037, 4.43129349, 0, 3.32119012, 1.9981885, 0, 0, -10.16714668]);
  assertClose(
    square,
    [-0.12309146, 0.98552167, 0.11659832, -0.49236593, -0.16265893, 0.85505426, 0.86164039, 0.04784095, 0.50525934],
  );
  assertClose(product, matrix.flat());
  assertClose(fullProduct, matrix.flat());
  assertClose(gram, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
});

test("shapes are inferred, misuse is reported, and there is no gradient", () => {
  new tf.Graph().asDefault(() => {
    const { q, r } = tf.qr(tf.placeholder("float64", [2, 5, 3]));
    assert.deepEqual([q.shape, r.shape, q.dtype], [[2, 5, 3], [2, 3, 3], "float64"]);
    const full = tf.qr(tf.placeholder("float32", [5, 3]), { fullMatrices: true });
    assert.deepEqual(
      [full.q.shape, full.r.shape],
      [
        [5, 5],
        [5, 3],
      ],
    );
    const unknown = tf.qr(tf.placeholder("float32", [null, 3]));
    assert.deepEqual(
      [unknown.q.shape, unknown.r.shape],
      [
        [null, null],
        [null, 3],
      ],
    );
    assert.throws(() => tf.qr(tf.placeholder("float32", [3])), /Shape must be at least rank 2 but is rank 1/);
    assert.throws(() => tf.qr(tf.placeholder("int32", [3, 3]) as unknown as tf.Tensor<"float32">), {
      name: "DTypeError",
    });
    const x = tf.placeholder("float32", [3, 3]);
    assert.throws(() => tf.gradients(tf.qr(x).r, [x]), /No gradient defined for operation 'Qr_\d' \(op type: Qr\)/);
  });
});
