/**
 * @file Convolutions: TensorFlow's own numbers, static shapes, types, words of errors, gradients of
 * gradients. The generic tests check values and first gradients of every sample.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { expectType } from "../expect-type.js";

/** Whole numbers without a pattern; sums of their products are exact in float32, so results must be equal. */
function ramp(shape: readonly number[], step: number, modulus: number): tf.Tensor<"float32"> {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Float32Array.from({ length: size }, (_, i) => ((i * step) % modulus) - Math.floor(modulus / 2));
  return tf.constant(new tf.NdArray("float32", shape, values)) as tf.Tensor<"float32">;
}

async function evaluate(...tensors: (tf.Tensor | null)[]): Promise<number[][]> {
  using session = new tf.Session({ device: "interpreter" });
  const results = await session.run(tensors.map((t) => t as tf.Tensor));
  return results.map((r) => Array.from((r as tf.NdArray<"float32">).data));
}

const fresh = (body: () => void | Promise<void>) => async () => {
  tf.resetDefaultGraph();
  await body();
};

// ---- numbers of TensorFlow ----

interface Golden {
  readonly x: readonly number[];
  readonly filter: readonly number[];
  readonly options: tf.nn.Conv2dOptions;
  readonly y: readonly number[];
  readonly dx: readonly number[];
  readonly dFilter: readonly number[];
}
const goldens: Readonly<Record<string, Golden>> = {
  "SAME, strides of 2": {
    x: [1, 4, 5, 2],
    filter: [3, 2, 2, 2],
    options: { strides: 2, padding: "SAME" },
    y: [26, -44, 10, 32, 20, -34, -26, -3, 22, -13, -26, 20],
    dx: [
      8, -2, -5, -1, 7, -4, -1, -5, -4, 4, -4, 7, -3, 8, -2, 8, -3, 7, 0, -6, -7, -3, 1, -2, -10, -1, 1, -4, 12, -4, 2,
      -5, 2, -5, 4, -4, 2, -6, -4, 7,
    ],
    dFilter: [0, 6, 8, -9, -3, 11, -14, 3, 3, 10, 0, 6, 8, -3, -3, 11, -4, -9, -3, 9, 9, -3, -1, -4],
  },
  "VALID, other strides down than across, a last row that no window reaches": {
    x: [1, 4, 5, 2],
    filter: [3, 2, 2, 2],
    options: { strides: [2, 1], padding: "VALID" },
    y: [26, -44, 40, 5, 10, 32, -42, -18],
    dx: [
      8, -2, 2, -5, -5, -1, -7, 8, 2, 2, -4, 7, -5, 16, -3, 1, 4, -9, 2, -5, -2, -5, -5, -5, -1, -4, 8, 2, 2, 2, 0, 0,
      0, 0, 0, 0, 0, 0, 0, 0,
    ],
    dFilter: [16, -15, -9, 18, -1, -4, -4, -4, -3, -4, 16, -15, -9, 18, -1, -4, 0, -4, -3, -4, 16, -15, -9, 18],
  },
  "SAME, strides of 1": {
    x: [1, 5, 4, 1],
    filter: [3, 3, 1, 2],
    options: { strides: [1, 1, 1, 1], padding: "SAME" },
    y: [
      -17, 14, 23, -6, -31, 20, 16, 2, 26, -11, -19, 5, 26, 27, 16, -35, -29, 12, 29, 5, -3, -28, -19, 8, 26, -9, -22,
      5, -10, 16, 12, -15, -20, 6, 20, 22, 13, -37, -23, 8,
    ],
    dx: [-1, 22, -3, -1, 4, 4, 16, -2, -10, -3, 4, 1, -9, -15, -3, -1, 2, 11, -13, 7],
    dFilter: [24, 9, -9, -6, 0, -9, -17, -19, 27, -19, -6, -5, 16, 19, -13, 1, 13, -11],
  },
  "SAME, dilations of 2": {
    x: [1, 5, 5, 1],
    filter: [2, 2, 1, 1],
    options: { strides: 1, padding: "SAME", dilations: 2 },
    y: [-8, 0, 8, -6, 0, 14, 7, 8, -2, -15, 14, 1, -20, 14, 12, -8, 17, 7, 8, 6, -6, 5, 9, -20, 0],
    dx: [-3, -1, -4, -2, 4, -3, 3, -6, 0, 0, -3, 3, -6, 0, 0, -3, 3, -6, 0, 0, 0, 4, -2, 2, -4],
    dFilter: [2, 19, 7, 19],
  },
};

for (const [what, golden] of Object.entries(goldens))
  test(
    `conv2d and its gradients are TensorFlow's: ${what}`,
    fresh(async () => {
      const x = ramp(golden.x, 7, 11);
      const filter = ramp(golden.filter, 5, 7);
      const y = tf.nn.conv2d(x, filter, golden.options);
      const gradYs = ramp(y.shape as readonly number[], 3, 5);
      const [dx, dFilter] = tf.gradients(y, [x, filter], { gradYs });
      assert.deepEqual(await evaluate(y, dx, dFilter), [golden.y, golden.dx, golden.dFilter]);
    }),
  );

test(
  "conv2dTranspose is TensorFlow's, with a shape of numbers or of a tensor",
  fresh(async () => {
    const value = ramp([1, 3, 3, 2], 7, 11);
    const filter = ramp([2, 3, 3, 2], 5, 7);
    const expected = [
      19, -4, -13, -1, -10, 16, 9, 9, -5, -13, -4, 19, -16, 22, -10, 8, 2, -11, -13, -1, -10, 16, -7, 19, -5, -26, -5,
      19, -7, 16, -10, 7, -11, -11, 4, -9, -12, 0, 12, -4, 8, -8, 22, -18, -9, -5, -8, 17, -14, 28, -14, 16, -2, -13,
      12, -4, 8, -8, 4, -12, -9, 7, -12, 17, -7, 18, -14, 7, -7, -13, 4, -7, -10, 4, 4, 4, 4, -10, -9, -12, 20, -8, 10,
      -7, 21, -21, -7, -9, -6, 18,
    ];
    const known = tf.nn.conv2dTranspose(value, filter, [1, 5, 6, 3], { strides: 2 });
    expectType<tf.Tensor<"float32", readonly [1, 5, 6, 3]>>()(known);
    assert.equal(known.op.name, "conv2d_transpose");
    assert.deepEqual(known.shape, [1, 5, 6, 3]);
    const sizes = tf.placeholder("int32", [4]);
    const later = tf.nn.conv2dTranspose(value, filter, sizes, { strides: 2, padding: "SAME" });
    assert.deepEqual(later.partialShape, [1, null, null, 3]);
    using session = new tf.Session({ device: "interpreter" });
    const results = await session.run([known, later], [[sizes, [1, 5, 6, 3]]]);
    assert.deepEqual(
      results.map((r) => Array.from(r.data)),
      [expected, expected],
    );
    // Unequal sizes lead to this value as well: SAME with strides of 2 halves 6 and 5 to 3.
    assert.deepEqual((await session.run(later, [[sizes, [1, 6, 5, 3]]])).shape, [1, 6, 5, 3]);
    await assert.rejects(session.run(later, [[sizes, [1, 9, 6, 3]]]), {
      name: "InvalidArgumentError",
      message: /Size of out_backprop doesn't match computed: actual = 3, computed = 5/,
    });
    await assert.rejects(session.run(later, [[sizes, [2, 5, 6, 3]]]), /must have the same batch size/);
    await assert.rejects(session.run(later, [[sizes, [1, 5, 6, 4]]]), /must have the same depth: 4 vs 3/);
    assert.throws(
      () => tf.nn.conv2dTranspose(value, filter, [5, 6, 3], { strides: 2 }),
      /must be rank 4 but is rank 3/,
    );
    assert.throws(
      () => tf.nn.conv2dTranspose(value, filter, [1, 9, 6, 3], { strides: 2 }),
      /Dimensions must be equal, but are 3 and 5/,
    );
  }),
);

test(
  "depthwise, separable and one-dimensional convolutions are TensorFlow's",
  fresh(async () => {
    const x = ramp([1, 4, 3, 2], 7, 11);
    const filter = ramp([2, 2, 2, 2], 5, 7);
    const y = tf.nn.depthwiseConv2d(x, filter, { strides: [1, 2, 2, 1], padding: "SAME" });
    assert.equal(y.op.name, "depthwise");
    const [dx, dFilter] = tf.gradients(y, [x, filter], { gradYs: ramp([1, 2, 2, 4], 3, 5) });
    const separable = tf.nn.separableConv2d(x, ramp([2, 2, 2, 1], 5, 7), ramp([1, 1, 2, 3], 2, 3), {
      strides: 1,
      padding: "VALID",
    });
    assert.equal(separable.op.name, "separable_conv2d");
    const rows = ramp([1, 7, 2], 7, 11);
    const rowFilter = ramp([3, 2, 2], 5, 7);
    const row = tf.nn.conv1d(rows, rowFilter, { stride: 2, padding: "SAME" });
    const either = tf.nn.convolution(rows, rowFilter, { strides: [2], padding: "SAME" });
    const rowValues = [-31, 4, 20, -4, -19, -20, 11, 16];
    assert.deepEqual([row.shape, either.shape], Array(2).fill([1, 4, 2]));
    assert.deepEqual(await evaluate(y, dx, dFilter, separable, row, either), [
      [13, -8, -14, -13, -5, 2, 10, -9, 12, 6, 10, -13, -1, -6, -4, -2],
      [8, -4, -5, -5, -4, 2, -4, 8, -3, 7, 0, -5, -6, -2, 6, -1, 7, 4, 4, 7, 2, 8, -2, -6],
      [17, -13, -1, -3, 14, -2, -7, 11, -3, -4, 3, -3, 14, -4, -1, 5],
      [-16, 16, 0, -29, 29, 0, 22, -22, 0, -35, 35, 0, 16, -16, 0, 14, -14, 0],
      rowValues,
      rowValues,
    ]);
  }),
);

test(
  "atrousConv2d and convolution are conv2d with dilations",
  fresh(async () => {
    const { x: shape, filter: filterShape, y } = goldens["SAME, dilations of 2"] as Golden;
    const [x, filter] = [ramp(shape, 7, 11), ramp(filterShape, 5, 7)];
    const atrous = tf.nn.atrousConv2d(x, filter, { rate: 2, padding: "SAME" });
    const either = tf.nn.convolution(x, filter, { dilationRate: 2, padding: "SAME" });
    assert.deepEqual(await evaluate(atrous, either), [y, y]);
  }),
);

// ---- gradients of gradients ----

test(
  "second derivatives: the filter's gradient, differentiated by the picture",
  fresh(async () => {
    // L = Σ (dΣy²/dw)·v. Central differences in float64 with steps of 1e-5 agree to about 1e-8 relative.
    const size = [1, 5, 4, 2];
    const x = tf.placeholder("float64", size);
    const filter = tf.cast(ramp([3, 2, 2, 2], 5, 7), "float64");
    const y = tf.nn.conv2d(x, filter, { strides: 2, padding: "SAME" });
    const [dFilter, dx] = tf.gradients(y.mul(y), [filter, x]);
    const [second] = tf.gradients([(dFilter as tf.Tensor).mul(filter), (dx as tf.Tensor).mul(0.5)], [x]);
    const start = Float64Array.from({ length: 40 }, (_, i) => Math.sin(i));
    const direction = Float64Array.from({ length: 40 }, (_, i) => Math.cos(2 * i));
    using session = new tf.Session({ device: "interpreter" });
    const at = (step: number) =>
      new tf.NdArray(
        "float64",
        size,
        start.map((v, i) => v + step * (direction[i] as number)),
      );
    const total = async (step: number): Promise<number> => {
      const [a, b] = await session.run([dFilter as tf.Tensor, dx as tf.Tensor], [[x, at(step)]]);
      const weights = await session.run(filter);
      const first = (a as tf.NdArray<"float64">).data.reduce((s, v, i) => s + v * (weights.data[i] as number), 0);
      return first + (b as tf.NdArray<"float64">).data.reduce((s, v) => s + v / 2, 0);
    };
    const numeric = ((await total(1e-5)) - (await total(-1e-5))) / 2e-5;
    const exact = (await session.run(second as tf.Tensor<"float64">, [[x, at(0)]])).data;
    const symbolic = exact.reduce((s: number, v, i) => s + v * (direction[i] as number), 0);
    assert.ok(Math.abs(numeric) > 1, "the derivative tested is not zero");
    assert.ok(Math.abs(numeric - symbolic) < 1e-6 * Math.abs(numeric), `${numeric} and ${symbolic} agree`);
  }),
);

// ---- shapes ----

test(
  "static shapes and their types, with unknown dimensions",
  fresh(() => {
    const pixels = tf.placeholder("float32", [null, 28, 28, 1]);
    const filter = tf.placeholder("float32", [5, 5, 1, 32]);
    const same = tf.nn.conv2d(pixels, filter, { strides: [1, 1, 1, 1], padding: "SAME" });
    expectType<tf.Tensor<"float32", readonly [null, 28, 28, 32]>>()(same);
    assert.deepEqual(same.shape, [null, 28, 28, 32]);
    assert.equal(same.name, "Conv2D:0");
    const valid = tf.nn.conv2d(pixels, filter, { strides: 2, padding: "VALID" });
    expectType<tf.Tensor<"float32", readonly [null, 12, 12, 32]>>()(valid);
    assert.deepEqual(valid.shape, [null, 12, 12, 32]);
    const dilated = tf.nn.conv2d(pixels, filter, { strides: 1, padding: "VALID", dilations: 2 });
    expectType<4>()(dilated.shape.length);
    assert.deepEqual(dilated.shape, [null, 20, 20, 32]);

    const open = tf.placeholder("float32", [null, null, null, 1]);
    const fromOpen = tf.nn.conv2d(open, filter, { strides: 1, padding: "VALID" });
    expectType<tf.Tensor<"float32", readonly [null, null, null, 32]>>()(fromOpen);
    assert.deepEqual(fromOpen.shape, [null, null, null, 32]);
    const unranked = tf.nn.conv2d(tf.placeholder("float32"), filter, { strides: 1, padding: "SAME" });
    assert.deepEqual(unranked.shape, [null, null, null, 32]);
    const [dx, dFilter] = tf.gradients(fromOpen, [open, filter]);
    assert.deepEqual(dx?.shape, [null, null, null, 1]);
    assert.deepEqual(dFilter?.shape, [5, 5, 1, 32]);

    const picture = tf.placeholder("float32", [null, 8, 6, 3]);
    const depthwise = tf.nn.depthwiseConv2d(picture, tf.placeholder("float32", [3, 3, 3, 1]), {
      strides: 1,
      padding: "VALID",
    });
    expectType<tf.Tensor<"float32", readonly [null, 6, 4, 3]>>()(depthwise);
    assert.deepEqual(depthwise.shape, [null, 6, 4, 3]);
    const separable = tf.nn.separableConv2d(
      picture,
      tf.placeholder("float32", [3, 3, 3, 2]),
      tf.placeholder("float32", [1, 1, 6, 7]),
      { strides: 2, padding: "SAME" },
    );
    expectType<tf.Tensor<"float32", readonly [null, 4, 3, 7]>>()(separable);
    assert.deepEqual(separable.shape, [null, 4, 3, 7]);
    const row = tf.nn.conv1d(tf.placeholder("float32", [null, 100, 4]), tf.placeholder("float32", [5, 4, 8]), {
      stride: 2,
      padding: "VALID",
    });
    expectType<tf.Tensor<"float32", readonly [null, 48, 8]>>()(row);
    assert.deepEqual(row.shape, [null, 48, 8]);
  }),
);

test(
  "shapes known only when running: values, gradients, an empty batch",
  fresh(async () => {
    const x = tf.placeholder("float32");
    const filter = ramp([3, 3, 1, 2], 5, 7);
    const y = tf.nn.conv2d(x, filter, { strides: 1, padding: "SAME" });
    const [dx, dFilter] = tf.gradients(y, [x, filter]);
    using session = new tf.Session({ device: "interpreter" });
    for (const shape of [
      [2, 4, 5, 1],
      [0, 4, 5, 1],
      [1, 0, 5, 1],
    ]) {
      const feed = tf.NdArray.zeros("float32", shape);
      const [a, b, c] = await session.run([y, dx as tf.Tensor, dFilter as tf.Tensor], [[x, feed]]);
      assert.deepEqual([a?.shape, b?.shape, c?.shape], [[...shape.slice(0, 3), 2], shape, [3, 3, 1, 2]]);
    }
    await assert.rejects(session.run(y, [[x, tf.NdArray.zeros("float32", [2, 4, 5, 3])]]), {
      name: "InvalidArgumentError",
      message: /input and filter must have the same depth: 3 vs 1/,
    });
    await assert.rejects(
      session.run(y, [[x, tf.NdArray.zeros("float32", [2, 4, 5])]]),
      /input must be 4-dimensional: \[2,4,5\]/,
    );
    const valid = tf.nn.conv2d(x, filter, { strides: 2, padding: "VALID" });
    await assert.rejects(
      session.run(valid, [[x, tf.NdArray.zeros("float32", [2, 2, 5, 1])]]),
      /Negative dimension size caused by subtracting 3 from 2/,
    );
  }),
);

// ---- misuse ----

test(
  "misuse is reported in TensorFlow's words, by the compiler too",
  fresh(() => {
    const options = { strides: 1, padding: "VALID" } as const;
    const filter = tf.placeholder("float32", [5, 5, 1, 32]);
    assert.throws(
      () =>
        tf.nn.conv2d(
          tf.placeholder("float32", [null, 4, 28, 1]),
          // @ts-expect-error conv2d: the window [5, 5] is larger than the input [?, 4, 28, 1]
          filter,
          options,
        ),
      {
        name: "ShapeError",
        message:
          /^Negative dimension size caused by subtracting 5 from 4 for 'Conv2D' \(op: 'Conv2D'\) with input shapes: \[\?,4,28,1\], \[5,5,1,32\]\.\n.*\n {2}fix .*"SAME"/,
      },
    );
    assert.throws(
      () =>
        tf.nn.conv2d(
          tf.placeholder("float32", [null, 28, 28, 3]),
          // @ts-expect-error conv2d: the input [?, 28, 28, 3] has 3 channels and the filter [5, 5, 1, 32] takes 1
          filter,
          options,
        ),
      { name: "ShapeError", message: /^Dimensions must be equal, but are 3 and 1 for 'Conv2D_1'/ },
    );
    assert.throws(
      () =>
        tf.nn.conv2d(
          tf.placeholder("float32", [null, 784]),
          // @ts-expect-error conv2d: needs an input [batch, height, width, channels], not [?, 784]
          filter,
          options,
        ),
      { name: "ShapeError", message: /^Shape must be rank 4 but is rank 2/ },
    );
    const pixels = tf.placeholder("float32", [null, 28, 28, 1]);
    assert.throws(
      () =>
        tf.nn.conv2d(
          pixels,
          // @ts-expect-error conv2d: dtypes float32 and float64 differ
          tf.placeholder("float64", [5, 5, 1, 32]),
          options,
        ),
      { name: "DTypeError", message: /has type float64 that does not match type float32/ },
    );
    assert.throws(
      () => tf.nn.conv2d(tf.placeholder("int32", [1, 8, 8, 1]), tf.placeholder("int32", [3, 3, 1, 1]), options),
      { name: "DTypeError", message: /int32 not in list of allowed values: float32, float64/ },
    );
    // @ts-expect-error the compiler knows the two paddings
    assert.throws(() => tf.nn.conv2d(pixels, filter, { strides: 1, padding: "same" }), {
      name: "ArgumentError",
      message: /Value for attr 'padding' of "same" is not in the list of allowed values: "SAME", "VALID"/,
    });
    const strided = (strides: never) => () => tf.nn.conv2d(pixels, filter, { strides, padding: "SAME" });
    assert.throws(
      strided([1, 2, 1] as never),
      /requires the stride attribute to contain 4 values, but got: \[1, 2, 1\]/,
    );
    assert.throws(strided(undefined as never), /requires the stride attribute to contain 4 values/);
    assert.throws(strided([2, 1, 1, 1] as never), /does not yet support strides in the batch and depth dimensions/);
    assert.throws(strided(0 as never), /stride must be > 0, but got 0/);
    assert.throws(
      () => tf.nn.conv2d(pixels, filter, { strides: 2, padding: "SAME", dilations: 2 }),
      /strides > 1 not supported in conjunction with dilation_rate > 1/,
    );
    assert.throws(
      () =>
        tf.nn.conv1d(pixels, tf.placeholder("float32", [5, 1, 2]), {
          stride: 1,
          padding: "SAME",
        }),
      { name: "ShapeError", message: /Shape must be rank 3 but is rank 4 for 'conv1d'/ },
    );
    assert.throws(
      () => tf.nn.convolution(tf.placeholder("float32", [1, 2, 3, 4, 5]), tf.placeholder("float32")),
      /num_spatial_dims must be one of 1 or 2, but the input has rank 5/,
    );
    assert.throws(
      () =>
        tf.nn.separableConv2d(
          pixels,
          tf.placeholder("float32", [3, 3, 1, 4]),
          tf.placeholder("float32", [2, 2, 4, 7]),
          options,
        ),
      /Dimensions must be equal, but are 2 and 1/,
    );
  }),
);
