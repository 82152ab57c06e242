/**
 * @file Pooling: TensorFlow's own numbers with their ties, static shapes, types, words of errors,
 * gradients of gradients. The generic tests check values and first gradients of every sample.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { expectType } from "../expect-type.js";

const fresh = (body: () => void | Promise<void>) => async () => {
  tf.resetDefaultGraph();
  await body();
};

function filled(shape: readonly number[], value: (i: number) => number): tf.Tensor<"float32"> {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.constant(
    new tf.NdArray(
      "float32",
      shape,
      Float32Array.from({ length: size }, (_, i) => value(i)),
    ),
  ) as tf.Tensor<"float32">;
}
/** Small whole numbers with a tie in most windows. */
const tied = () => filled([1, 5, 5, 1], (i) => (i * 7) % 4);
const arriving = (shape: readonly number[]) => filled(shape, (i) => ((i * 3) % 5) - 2);

async function evaluate(...tensors: (tf.Tensor | null)[]): Promise<number[][]> {
  using session = new tf.Session({ device: "interpreter" });
  const results = await session.run(tensors.map((t) => t as tf.Tensor));
  return results.map((r) => Array.from((r as tf.NdArray<"float32">).data));
}

// ---- numbers of TensorFlow ----

interface Golden {
  readonly options: tf.nn.PoolOptions;
  readonly y: readonly number[];
  readonly dx: readonly number[];
}

test(
  "maxPool and its gradient are TensorFlow's: a tie goes to the first maximum",
  fresh(async () => {
    const goldens: readonly Golden[] = [
      {
        options: { ksize: 3, strides: 2, padding: "SAME" },
        y: [3, 3, 3, 3, 3, 3, 3, 3, 2],
        dx: [0, -1, 0, 0, 0, 2, 0, 0, 0, -3, 0, 0, 0, 0, 0, 0, 0, -1, 2, 0, 0, 1, 0, 0, 0],
      },
      {
        options: { ksize: [2, 2], strides: [1, 1], padding: "VALID" },
        y: [3, 3, 2, 3, 3, 2, 3, 3, 2, 3, 3, 3, 3, 3, 3, 2],
        dx: [0, -1, -1, 0, 0, 0, -2, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 2, -2, 0, 0, -1, 0, 0, 0],
      },
      {
        options: { ksize: [1, 2, 3, 1], strides: [1, 2, 2, 1], padding: "SAME" },
        y: [3, 3, 3, 2, 3, 3, 3, 3, 1],
        dx: [0, -1, 0, 0, 0, 0, 0, 0, 0, -1, 2, 0, 0, -2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0],
      },
    ];
    for (const { options, y: expected, dx: expectedGradient } of goldens) {
      const x = tied();
      const y = tf.nn.maxPool(x, options);
      const [dx] = tf.gradients(y, [x], { gradYs: arriving(y.shape as readonly number[]) });
      assert.deepEqual(await evaluate(y, dx), [expected, expectedGradient]);
    }
  }),
);

test(
  "avgPool and its gradient are TensorFlow's: padding does not count",
  fresh(async () => {
    const twelfths = (...values: number[]) => values.map((v) => v / 12);
    const goldens: readonly Golden[] = [
      {
        options: { ksize: 3, strides: 2, padding: "SAME" },
        y: twelfths(24, 18, 12, 18, 16, 22, 12, 22, 12),
        dx: twelfths(-6, -4, 2, -1, -3, -2, 0, 2, -5, -7, 4, 4, 0, -4, -4, 7, 5, -2, 0, 2, 3, 1, -2, 4, 6),
      },
      {
        options: { ksize: 2, strides: 1, padding: "VALID" },
        y: [2, 2, 1, 1, 2, 1, 1, 2, 1, 1, 2, 2, 1, 2, 2, 1],
        dx: twelfths(-6, -3, 0, 3, 6, -6, -9, -3, 3, 3, 6, 0, -9, -3, 0, 3, 9, 0, -9, -3, -3, 3, 6, -6, -6),
      },
      {
        options: { ksize: [2, 3], strides: 2, padding: "SAME" },
        y: [2, 1.5, 1, 1, 1.5, 2, 1.5, 2, 0.5],
        dx: twelfths(-6, -4, 2, -1, -3, -6, -4, 2, -1, -3, 6, 6, 0, -6, -6, 6, 6, 0, -6, -6, 6, 2, -4, 8, 12),
      },
    ];
    for (const { options, y: expected, dx: expectedGradient } of goldens) {
      const x = tied();
      const y = tf.nn.avgPool(x, options);
      const [dx] = tf.gradients(y, [x], { gradYs: arriving(y.shape as readonly number[]) });
      const [values, gradient] = await evaluate(y, dx);
      // Quotients and sums of a few of them: within 1e-6 of float32's nearest.
      const near = (actual: readonly number[] | undefined, wanted: readonly number[]): void => {
        assert.equal(actual?.length, wanted.length);
        wanted.forEach((w, i) => {
          assert.ok(Math.abs((actual?.[i] as number) - w) < 1e-6, `element ${i}: ${actual?.[i]} for ${w}`);
        });
      };
      near(values, expected);
      near(gradient, expectedGradient);
    }
  }),
);

test(
  "second derivatives: MaxPoolGradGrad is TensorFlow's, and its gradient is MaxPoolGrad again",
  fresh(async () => {
    const x = tied();
    const options = { ksize: 3, strides: 2, padding: "SAME" } as const;
    const y = tf.nn.maxPool(x, options);
    const dy = arriving([1, 3, 3, 1]);
    const [dx] = tf.gradients(y, [x], { gradYs: dy });
    const g = filled([1, 5, 5, 1], (i) => ((i * 3) % 25) - 12);
    const [second] = tf.gradients([dx as tf.Tensor], [dy], { gradYs: [g] });
    assert.equal(second?.op.type, "MaxPoolGradGrad");
    const [third] = tf.gradients([second as tf.Tensor], [g], { gradYs: [dy] });
    assert.equal(third?.op.type, "MaxPoolGrad");
    const [values, back, first] = await evaluate(second, third, dx);
    assert.deepEqual(values, [-9, -9, -10, 3, 2, -10, 1, -11, -8]);
    assert.deepEqual(back, first);

    const mean = tf.nn.avgPool(x, options);
    const [dMean] = tf.gradients(mean, [x], { gradYs: dy });
    const [again] = tf.gradients([dMean as tf.Tensor], [dy], { gradYs: [x] });
    assert.equal(again?.op.type, "AvgPool");
    const [repeated, once] = await evaluate(again, mean);
    assert.deepEqual(repeated, once);
  }),
);

test(
  "windows of equal elements, of -Infinity and of NaN",
  fresh(async () => {
    const { NEGATIVE_INFINITY: low, NaN: none } = Number;
    const x = filled([1, 4, 4, 1], (i) => [1, 1, low, low, 1, 1, low, low, 0, none, 5, 6, 7, 2, 8, none][i] as number);
    const y = tf.nn.maxPool(x, { ksize: 2, strides: 2, padding: "VALID" });
    const [dx] = tf.gradients(y, [x], { gradYs: filled([1, 2, 2, 1], (i) => i + 1) });
    assert.deepEqual(await evaluate(y, dx), [
      [1, low, none, none],
      [1, 0, 2, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 4],
    ]);
  }),
);

// ---- shapes ----

test(
  "static shapes and their types, with unknown dimensions",
  fresh(async () => {
    const pictures = tf.placeholder("float32", [null, 28, 28, 32]);
    const halved = tf.nn.maxPool(pictures, { ksize: [1, 2, 2, 1], strides: [1, 2, 2, 1], padding: "SAME" });
    expectType<tf.Tensor<"float32", readonly [null, 14, 14, 32]>>()(halved);
    assert.deepEqual(halved.shape, [null, 14, 14, 32]);
    assert.equal(halved.name, "MaxPool:0");
    const means = tf.nn.avgPool(pictures, { ksize: [3, 5], strides: 3, padding: "VALID", name: "means" });
    expectType<tf.Tensor<"float32", readonly [null, 9, 8, 32]>>()(means);
    assert.deepEqual(means.shape, [null, 9, 8, 32]);
    assert.equal(means.name, "means:0");
    const unranked = tf.placeholder("float32");
    const pooled = tf.nn.avgPool(unranked, { ksize: 2, strides: 2, padding: "SAME" });
    assert.deepEqual(pooled.shape, [null, null, null, null]);

    const open = tf.placeholder("float32", [null, null, 6, 2]);
    for (const pool of [tf.nn.maxPool, tf.nn.avgPool]) {
      const y: tf.Tensor = pool(open, { ksize: 3, strides: 2, padding: "VALID" });
      assert.deepEqual([...y.shape], [null, null, 2, 2]);
      const [dx] = tf.gradients(y, [open]);
      assert.deepEqual([...(dx?.shape ?? [])], [null, null, 6, 2]);
      using session = new tf.Session({ device: "interpreter" });
      for (const batch of [3, 0]) {
        const feed = tf.NdArray.zeros("float32", [batch, 7, 6, 2]);
        const results = await session.run([y, dx as tf.Tensor], [[open, feed]]);
        assert.deepEqual(
          results.map((r) => r.shape),
          [[batch, 3, 2, 2], feed.shape],
        );
      }
      await assert.rejects(session.run(y, [[open, tf.NdArray.zeros("float32", [1, 2, 6, 2])]]), {
        name: "InvalidArgumentError",
        message: /Negative dimension size caused by subtracting 3 from 2/,
      });
    }
  }),
);

// ---- misuse ----

test(
  "misuse is reported in TensorFlow's words, by the compiler too",
  fresh(() => {
    const small = tf.placeholder("float32", [null, 4, 28, 1]);
    assert.throws(
      // @ts-expect-error maxPool: the window [5, 5] is larger than the input [?, 4, 28, 1]
      () => tf.nn.maxPool(small, { ksize: 5, strides: 1, padding: "VALID" }),
      {
        name: "ShapeError",
        message: /^Negative dimension size caused by subtracting 5 from 4 for 'MaxPool' \(op: 'MaxPool'\) with input/,
      },
    );
    const flat = tf.placeholder("float32", [null, 784]);
    // @ts-expect-error avgPool: needs an input [batch, height, width, channels], not [?, 784]
    assert.throws(() => tf.nn.avgPool(flat, { ksize: 2, strides: 2, padding: "SAME" }), {
      name: "ShapeError",
      message: /^Shape must be rank 4 but is rank 2/,
    });
    // @ts-expect-error the compiler knows the two paddings
    assert.throws(() => tf.nn.maxPool(small, { ksize: 2, strides: 2, padding: "valid" }), {
      name: "ArgumentError",
      message: /Value for attr 'padding' of "valid" is not in the list of allowed values/,
    });
    const sized = (ksize: unknown) => () =>
      tf.nn.maxPool(small as tf.Tensor, { ksize: ksize as number, strides: 1, padding: "SAME" });
    assert.throws(sized([2, 2, 2]), /MaxPool requires the ksize attribute to contain 4 values, but got: \[2, 2, 2\]/);
    assert.throws(sized([2, 2, 2, 1]), /Pooling is not yet supported on the batch and depth dimensions/);
    assert.throws(sized(0), /ksize must be > 0, but got 0/);
    assert.throws(
      () => tf.nn.avgPool(tf.placeholder("int32", [1, 4, 4, 1]), { ksize: 2, strides: 2, padding: "SAME" }),
      { name: "DTypeError", message: /int32 not in list of allowed values: float32, float64/ },
    );
  }),
);
