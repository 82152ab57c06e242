/**
 * @file The other parts of `tf.nn` without windows: biases, dropout, normalization, activations, top k,
 * embeddings. The generic tests check values and gradients of every operation's samples.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { expectType } from "../expect-type.js";
import { assertClose, elements, floats, inGraph } from "./support.js";

const { nn } = tf;
/** A few float32 operations on numbers near 1: 8 units in the last place. */
const float32 = 1e-6;

// ---- biases ----

test(
  "biases, and the layers written out by hand",
  inGraph(async (session) => {
    const x = floats(
      [
        [1, 2],
        [3, 4],
      ],
      [2, 2],
    );
    const weights = floats(
      [
        [1, 0, -1],
        [0, 1, -1],
      ],
      [2, 3],
    );
    const biases = floats([10, 20, 0], [3]);
    const plain = nn.xwPlusB(x, weights, biases);
    expectType<tf.Tensor<"float32", readonly [2, 3]>>()(plain);
    assert.equal(plain.name, "xw_plus_b:0");
    assert.deepEqual(elements(await session.run(plain)), [11, 22, -3, 13, 24, -7]);
    const rectified = nn.reluLayer(x, weights, biases, { name: "hidden" });
    assert.equal(rectified.name, "hidden:0");
    assert.deepEqual(elements(await session.run(rectified)), [11, 22, 0, 13, 24, 0]);
    const [slope] = tf.gradients(rectified, [biases]);
    assert.deepEqual(elements(await session.run(slope as tf.Tensor)), [2, 2, 0]);
  }),
);

test(
  "biasAdd wants a vector as long as the last axis",
  inGraph(async (session) => {
    const value = tf.placeholder("float32", [null, 3]);
    // @ts-expect-error biasAdd: shapes [?, 3] and [4] do not broadcast
    assert.throws(() => nn.biasAdd(value, tf.placeholder("float32", [4])), {
      name: "ShapeError",
      message: /Dimensions must be equal, but are 3 and 4 for 'BiasAdd'/,
    });
    assert.throws(() => nn.biasAdd(value, tf.placeholder("float32", [1, 3])), {
      message: /Shape must be rank 1 but is rank 2/,
    });
    assert.throws(() => nn.biasAdd(tf.placeholder("float32", [3]), tf.placeholder("float32", [3])), {
      message: /Shape must be at least rank 2 but is rank 1/,
    });
    const unknown = tf.placeholder("float32");
    await assert.rejects(session.run(nn.biasAdd(unknown, floats([1, 2], [2])), [[unknown, [[1, 2, 3]]]]), {
      name: "InvalidArgumentError",
      message: /Must provide as many biases as the last dimension/,
    });
  }),
);

// ---- dropout ----

test(
  "dropout keeps about keepProb of the elements and scales them",
  inGraph(async (session) => {
    const x = tf.ones([40, 50]);
    const kept = nn.dropout(x, 0.8, { seed: 7 });
    expectType<tf.Tensor<"float32", readonly [40, 50]>>()(kept);
    assert.deepEqual(kept.shape, [40, 50]);
    const values = elements(await session.run(kept));
    const survivors = values.filter((value) => value !== 0);
    assert.ok(survivors.every((value) => value === Math.fround(1 / Math.fround(0.8))));
    // 2,000 draws: a standard deviation of 18 around 1,600; the seed makes it certain.
    assert.ok(Math.abs(survivors.length - 1600) < 60, `${survivors.length} of 2000 kept`);
    assert.notDeepEqual(elements(await session.run(kept)), values);
  }),
);

test(
  "dropout uses the mask floor(keepProb + uniform) of its seed, in both directions",
  inGraph(async (session) => {
    const x = floats([1, 2, 3, 4], [4]);
    const y = nn.dropout(x, 0.3, { seed: 42 });
    const [slope] = tf.gradients(y, [x]);
    const [value, gradient] = await session.run([y, slope as tf.Tensor]);
    // The first uniform numbers of seed 42 are .952 .677 .795 .756: those at least 0.7 survive.
    const scale = 1 / 0.3;
    assertClose(value, [scale, 0, 3 * scale, 4 * scale], float32);
    assertClose(gradient, [scale, 0, scale, scale], float32);
  }),
);

test(
  "dropout: a mask of another shape, a probability that is fed, and one known to be 1",
  inGraph(async (session) => {
    const x = tf.ones([8, 6]);
    const rows = await session.run(nn.dropout(x, 0.5, { noiseShape: [8, 1], seed: 3 }));
    for (let row = 0; row < 8; row++) assert.equal(new Set(elements(rows.rows(row, row + 1))).size, 1);
    assert.equal(new Set(elements(rows)).size, 2);
    const keepProb = tf.placeholder("float32", []);
    const fed = nn.dropout(x, keepProb);
    assert.deepEqual(elements(await session.run(fed, [[keepProb, 1]])), new Array(48).fill(1));
    assert.equal(nn.dropout(x, 1), x);
    assert.equal(nn.dropout(x, tf.constant(1, { dtype: "float32" })), x);
    const anyBatch = tf.placeholder("float32", [null, 4]);
    const batch = nn.dropout(anyBatch, 0.5);
    assert.deepEqual(batch.shape, [null, 4]);
    assert.deepEqual((await session.run(batch, [[anyBatch, [[1, 2, 3, 4]]]])).shape, [1, 4]);
  }),
);

test(
  "dropout refuses probabilities outside (0, 1]",
  inGraph(() => {
    const x = tf.placeholder("float32", [3]);
    for (const keepProb of [0, -0.5, 1.5, Number.NaN])
      assert.throws(() => nn.dropout(x, keepProb), {
        name: "ArgumentError",
        message: new RegExp(`keep_prob must be a scalar tensor or a float in the range \\(0, 1\\], got ${keepProb}`),
      });
    assert.throws(() => nn.dropout(x, tf.placeholder("float32", [3])), { name: "ArgumentError" });
    assert.throws(() => nn.dropout(x, tf.placeholder("float64", [])), { name: "DTypeError" });
    assert.throws(() => nn.dropout(tf.placeholder("int32", [3]), 0.5), {
      name: "DTypeError",
      message: /x has to be a floating point tensor since it's going to be scaled/,
    });
  }),
);

// ---- normalization ----

test(
  "moments divide by the number of elements, and flow back as TensorFlow's do",
  inGraph(async (session) => {
    const x = floats(
      [
        [1, 2],
        [3, 6],
        [5, 10],
      ],
      [3, 2],
    );
    const [mean, variance] = nn.moments(x, [0]);
    expectType<tf.Tensor<"float32", readonly [2]>>()(mean);
    expectType<tf.Tensor<"float32", readonly [2]>>()(variance);
    assertClose(await session.run(mean), [3, 6], float32);
    assertClose(await session.run(variance), [8 / 3, 32 / 3], float32);
    const [kept] = nn.moments(x, [-1], { keepDims: true });
    expectType<tf.Tensor<"float32", readonly [3, 1]>>()(kept);
    assert.deepEqual(kept.shape, [3, 1]);
    const [slope] = tf.gradients(variance, [x]);
    assertClose(await session.run(slope as tf.Tensor), [-4 / 3, -8 / 3, 0, 0, 4 / 3, 8 / 3], float32);
    assert.equal(mean.name, "moments/mean:0");
  }),
);

test(
  "batch normalization by moments gives mean 0 and variance 1, then scale and offset",
  inGraph(async (session) => {
    const x = floats(
      [
        [1, 2],
        [3, 6],
        [5, 10],
      ],
      [3, 2],
    );
    const [mean, variance] = nn.moments(x, [0]);
    const plain = nn.batchNormalization(x, mean, variance, null, null, 0);
    expectType<tf.Tensor<"float32", readonly [3, 2]>>()(plain);
    const unit = Math.sqrt(1.5);
    assertClose(await session.run(plain), [-unit, -unit, 0, 0, unit, unit], float32);
    const full = nn.batchNormalization(x, mean, variance, floats([1, 2], [2]), floats([2, 10], [2]), 1e-3);
    const factors = [2 / Math.sqrt(8 / 3 + 1e-3), 10 / Math.sqrt(32 / 3 + 1e-3)] as const;
    const expected = [-2, -4, 0, 0, 2, 4].map((d, i) => d * (factors[i % 2] as number) + (i % 2 === 0 ? 1 : 2));
    assertClose(await session.run(full), expected, float32);
    const offsetOnly = nn.batchNormalization(x, mean, variance, [1, 2], null, 0);
    assertClose(await session.run(offsetOnly), [1 - unit, 2 - unit, 1, 2, 1 + unit, 2 + unit], float32);
  }),
);

test(
  "l2Normalize makes unit vectors, and leaves small ones finite",
  inGraph(async (session) => {
    const x = floats(
      [
        [3, 4],
        [0, 0],
      ],
      [2, 2],
    );
    assertClose(await session.run(nn.l2Normalize(x, 1)), [0.6, 0.8, 0, 0], float32);
    assertClose(await session.run(nn.l2Normalize(x, [0, 1])), [0.6, 0.8, 0, 0], float32);
    assertClose(await session.run(nn.l2Normalize(x, 1, { epsilon: 100 })), [0.3, 0.4, 0, 0], float32);
  }),
);

test(
  "l2Loss is half the sum of squares; zeroFraction counts zeros",
  inGraph(async (session) => {
    const t = floats([1, -2, 3], [3]);
    const loss = nn.l2Loss(t);
    assert.equal(await session.run(loss), 7);
    assert.deepEqual(elements(await session.run(tf.gradients(loss, [t])[0] as tf.Tensor)), [1, -2, 3]);
    assert.equal(await session.run(nn.zeroFraction(floats([0, 1, -0, 2], [4]))), 0.5);
    const x = tf.placeholder("int32", [null]);
    const fraction = nn.zeroFraction(x);
    assert.equal(await session.run(fraction, [[x, [0, 5, 0, 0]]]), 0.75);
    assert.equal(await session.run(fraction, [[x, new Int32Array(0)]]), Number.NaN);
  }),
);

// ---- activations ----

test(
  "activations",
  inGraph(async (session) => {
    const x = floats([[-2, 0, 3]], [1, 3]);
    assertClose(await session.run(nn.leakyRelu(x)), [-0.4, 0, 3], float32);
    assertClose(await session.run(nn.leakyRelu(x, { alpha: 0.5 })), [-1, 0, 3], float32);
    const both = nn.crelu(x);
    assert.deepEqual(both.shape, [1, 6]);
    assert.deepEqual(elements(await session.run(both)), [0, 0, 3, 2, 0, 0]);
    const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
    assertClose(await session.run(nn.swish(x)), [-2 * sigmoid(-2), 0, 3 * sigmoid(3)], float32);
    // 0.02275 and 0.99865: the standard normal distribution function at −2 and 3.
    assertClose(await session.run(nn.gelu(x)), [-2 * 0.022750131948, 0, 3 * 0.998650101968], float32);
    const [slope] = tf.gradients(nn.leakyRelu(x), [x]);
    assertClose(await session.run(slope as tf.Tensor), [0.2, 0.2, 1], float32);
  }),
);

// ---- top k ----

test(
  "topK: the lower index first among equals, gradients to what was taken",
  inGraph(async (session) => {
    const x = floats(
      [
        [1, 3, 3, 2],
        [5, 5, 0, 5],
      ],
      [2, 4],
    );
    const { values, indices } = nn.topK(x, 2);
    expectType<tf.Tensor<"float32", readonly [2, 2]>>()(values);
    expectType<tf.Tensor<"int32", readonly [2, 2]>>()(indices);
    const [found, positions] = await session.run([values, indices]);
    assert.deepEqual(found.toArray(), [
      [3, 3],
      [5, 5],
    ]);
    assert.deepEqual(positions.toArray(), [
      [1, 2],
      [0, 1],
    ]);
    const weighted = tf.multiply(
      values,
      floats(
        [
          [1, 2],
          [3, 4],
        ],
        [2, 2],
      ),
    );
    const [slope] = tf.gradients(weighted, [x]);
    assert.deepEqual(elements(await session.run(slope as tf.Tensor)), [0, 1, 2, 0, 3, 4, 0, 0]);
    const best = nn.topK(x);
    assert.deepEqual(best.values.shape, [2, 1]);
    assert.deepEqual([values.op.name, best.values.op.name], ["TopKV2", "TopKV2_1"]);
    assert.throws(() => nn.topK(x, 5), {
      name: "ShapeError",
      message: /input must have last dimension >= k = 5 but is 4/,
    });
    assert.throws(() => nn.topK(x, -1), { name: "ArgumentError", message: /Need k >= 0, got -1/ });
    const unknown = tf.placeholder("float32");
    await assert.rejects(session.run(nn.topK(unknown, 3).values, [[unknown, [1, 2]]]), {
      name: "InvalidArgumentError",
      message: /input must have at least k columns. Had 2, needed 3/,
    });
  }),
);

test(
  "inTopK: ties help the target; scores that are not finite, and targets that are no class, do not count",
  inGraph(async (session) => {
    const predictions = floats(
      [
        [1, 3, 3, 2],
        [1, 3, 3, 2],
        [1, Number.POSITIVE_INFINITY, 0, 0],
        [1, 0, 0, 0],
        [1, 0, 0, 0],
      ],
      [5, 4],
    );
    const hits = nn.inTopK(predictions, [2, 3, 1, 4, 1], 2);
    expectType<tf.Tensor<"bool", readonly [5]>>()(hits);
    assert.deepEqual((await session.run(hits)).toArray(), [true, false, false, false, true]);
    assert.throws(() => nn.inTopK(predictions, tf.placeholder("float32", [5]), 1), { name: "DTypeError" });
    assert.throws(() => nn.inTopK(predictions, [1, 2], 1), { name: "ShapeError", message: /but are 5 and 2/ });
  }),
);

// ---- embeddings ----

test(
  "embeddingLookup gathers rows; unused rows get no gradient",
  inGraph(async (session) => {
    const params = floats(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [3, 2],
    );
    const ids = tf.placeholder("int32", [null, 2]);
    const found = nn.embeddingLookup(params, ids);
    expectType<tf.Tensor<"float32", readonly [null, 2, 2]>>()(found);
    const feeds = [[ids, [[2, 0]]]] as const;
    assert.deepEqual((await session.run(found, [...feeds])).toArray(), [
      [
        [5, 6],
        [1, 2],
      ],
    ]);
    const [slope] = tf.gradients(found, [params]);
    assert.deepEqual(elements(await session.run(slope as tf.Tensor, [...feeds])), [1, 1, 0, 0, 1, 1]);
    await assert.rejects(session.run(found, [[ids, [[0, 3]]]]), {
      name: "InvalidArgumentError",
      message: /= 3 is not in \[0, 3\)/,
    });
  }),
);
