/**
 * @file Random operations through a session: TensorFlow's numbers for given seeds, names and operation
 * counts from which a graph seed alone derives them, shapes, types and errors.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { expectType } from "../expect-type.js";

// Printed by TensorFlow to 8 digits; normals may differ in the last bit of log, sin and cos: 2 ulp near 1.
const tolerance = 3e-7;

function assertClose(actual: tf.NdArray, expected: readonly number[]): void {
  const values = Array.from(actual.data as Float32Array);
  assert.equal(values.length, expected.length);
  values.forEach((value, i) => {
    assert.ok(Math.abs(value - (expected[i] as number)) <= tolerance, `[${i}] ${value} is not ${expected[i]}`);
  });
}
const inGraph = <T>(body: (graph: tf.Graph) => T): T => new tf.Graph().asDefault(body);
const sessionOn = (graph: tf.Graph): tf.Session => new tf.Session({ device: "interpreter", graph });

test("an operation seed gives TensorFlow's numbers, and its next ones in the next run", async () => {
  const graph = new tf.Graph();
  const [uniform, normal, truncated, integers, shuffled, rows] = graph.asDefault(
    () =>
      [
        tf.randomUniform([4], { seed: 42 }),
        tf.randomNormal([4], { seed: 42 }),
        tf.truncatedNormal([8], { seed: 42 }),
        tf.randomUniform([6], { minval: -5, maxval: 5, dtype: "int32", seed: 42 }),
        tf.randomShuffle(tf.constant([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], { dtype: "int32" }), { seed: 42 }),
        tf.randomShuffle(
          tf.constant([
            [0, 1],
            [2, 3],
            [4, 5],
            [6, 7],
            [8, 9],
            [10, 11],
          ]),
          { seed: 42 },
        ),
      ] as const,
  );
  using session = sessionOn(graph);
  assertClose(await session.run(uniform), [0.95227146, 0.67740774, 0.79531825, 0.75578177]);
  assertClose(await session.run(uniform), [0.06347668, 0.74225366, 0.37226737, 0.25665724]);
  assertClose(await session.run(normal), [-0.28077507, -0.1377521, -0.67632961, 0.02458041]);
  assertClose(await session.run(normal), [-2.345445156, -0.114247061, 1.404574752, -0.058785792]);
  assertClose(
    await session.run(truncated),
    [-0.28077507, -0.1377521, -0.67632961, 0.02458041, -0.46845472, -0.00246632, -0.97459108, 0.66384917],
  );
  assertClose(await session.run(integers), [-3, -1, -2, 4, -4, 3]);
  assertClose(await session.run(integers), [-2, 2, 2, 4, 2, -4]);
  assertClose(await session.run(shuffled), [2, 0, 7, 8, 9, 3, 6, 4, 1, 5]);
  assertClose(await session.run(rows), [4, 5, 10, 11, 6, 7, 8, 9, 2, 3, 0, 1]);

  using again = sessionOn(graph);
  assertClose(await again.run(uniform), [0.95227146, 0.67740774, 0.79531825, 0.75578177]);
});

test("float64 has numbers of its own", async () => {
  const graph = new tf.Graph();
  const [normal, uniform] = graph.asDefault(
    () =>
      [
        tf.randomNormal([3], { dtype: "float64", seed: 42 }),
        tf.randomUniform([3], { dtype: "float64", minval: 2, maxval: 5, seed: 42 }),
      ] as const,
  );
  using session = sessionOn(graph);
  const digits = (array: tf.NdArray): number[] => Array.from(array.data as Float64Array, (x) => Number(x.toFixed(12)));
  assert.deepEqual(digits(await session.run(normal)), [0.745624454994, -0.637196426631, 0.048569313646]);
  assert.deepEqual(digits(await session.run(uniform)), [3.854517828733, 3.08763806758, 4.422937296132]);
});

test("with a graph seed alone, the operation count is the seed, as in TensorFlow", async () => {
  const graph = new tf.Graph();
  const [normal, uniform, truncated, integers] = graph.asDefault(() => {
    tf.setRandomSeed(7);
    return [
      tf.randomNormal([3], { mean: 1, stddev: 2 }),
      tf.randomUniform([3], { minval: -2, maxval: 3 }),
      tf.truncatedNormal([3]),
      tf.randomUniform([5], { minval: 0, maxval: 100, dtype: "int32" }),
    ] as const;
  });
  assert.deepEqual(
    graph.getOperations().map(({ name, type }) => `${name} ${type}`),
    [
      "random_normal/shape Const",
      "random_normal/mean Const",
      "random_normal/stddev Const",
      "random_normal/RandomStandardNormal RandomStandardNormal",
      "random_normal/mul Mul",
      "random_normal Add",
      "random_uniform/shape Const",
      "random_uniform/min Const",
      "random_uniform/max Const",
      "random_uniform/RandomUniform RandomUniform",
      "random_uniform/sub Sub",
      "random_uniform/mul Mul",
      "random_uniform Add",
      "truncated_normal/shape Const",
      "truncated_normal/mean Const",
      "truncated_normal/stddev Const",
      "truncated_normal/TruncatedNormal TruncatedNormal",
      "truncated_normal/mul Mul",
      "truncated_normal Add",
      "random_uniform_1/shape Const",
      "random_uniform_1/min Const",
      "random_uniform_1/max Const",
      "random_uniform_1 RandomUniformInt",
    ],
  );
  using session = sessionOn(graph);
  assertClose(await session.run(normal), [2.8894076, -0.9335813, 2.6103434]);
  assertClose(await session.run(uniform), [0.6817245, 0.3661828, 0.3194444]);
  assertClose(await session.run(truncated), [-0.8333625, -0.5768709, 0.2389018]);
  assertClose(await session.run(integers), [76, 18, 37, 53, 82]);
  assertClose(await session.run(integers), [71, 3, 57, 52, 26]);
});

test("without any seed, sessions and operations differ", async () => {
  const graph = new tf.Graph();
  const [a, b] = graph.asDefault(() => [tf.randomUniform([8]), tf.randomUniform([8])] as const);
  using first = sessionOn(graph);
  using second = sessionOn(graph);
  const draws = [await first.run(a), await first.run(a), await first.run(b), await second.run(a)];
  assert.equal(new Set(draws.map((d) => d.data.join())).size, draws.length);
});

test("an operation draws once in a run, whoever reads it", async () => {
  const graph = new tf.Graph();
  const fetches = graph.asDefault(() => {
    const x = tf.randomNormal([5]);
    return [x, x.add(1), x] as const;
  });
  using session = sessionOn(graph);
  const [x, shifted, same] = await session.run(fetches);
  assert.deepEqual(same.data, x.data);
  assertClose(
    shifted,
    Array.from(x.data, (value) => Math.fround(value + 1)),
  );
});

test("shapes may be empty, scalar or tensors", async () => {
  const graph = new tf.Graph();
  const [scalar, empty, fed, size] = graph.asDefault(() => {
    const shape = tf.placeholder("int32", [2]);
    return [tf.randomNormal([], { seed: 1 }), tf.truncatedNormal([0, 3]), tf.randomUniform(shape), shape] as const;
  });
  expectType<tf.Tensor<"float32", readonly []>>()(scalar);
  expectType<tf.Tensor<"float32", readonly [0, 3]>>()(empty);
  assert.deepEqual(fed.partialShape, [null, null]);
  using session = sessionOn(graph);
  assert.equal(typeof (await session.run(scalar)), "number");
  assert.deepEqual((await session.run(empty)).shape, [0, 3]);
  assert.deepEqual((await session.run(fed, [[size, [2, 3]]])).shape, [2, 3]);
  assert.deepEqual((await session.run(fed, [[size, [4, 1]]])).shape, [4, 1]);
});

test("mean, stddev and bounds may be tensors that broadcast", async () => {
  const graph = new tf.Graph();
  const [values, bounded, bound] = graph.asDefault(() => {
    const high = tf.placeholder("int32", []);
    return [
      tf.randomNormal([2, 3], { mean: tf.constant([0, 100, 1000], { dtype: "float32" }), stddev: tf.constant(0.001) }),
      tf.randomUniform([50], { maxval: high, dtype: "int32" }),
      high,
    ] as const;
  });
  using session = sessionOn(graph);
  const { data } = await session.run(values);
  assert.deepEqual(
    Array.from(data as Float32Array, (x) => Math.round(x) + 0),
    [0, 100, 1000, 0, 100, 1000],
  );
  assert.ok((await session.run(bounded, [[bound, 3]])).data.every((x: number) => x >= 0 && x < 3));
  await assert.rejects(session.run(bounded, [[bound, 0]]), {
    name: "InvalidArgumentError",
    message: /Need minval < maxval, got 0 >= 0/,
  });
});

test("multinomial draws TensorFlow's classes and never an impossible one", async () => {
  const graph = new tf.Graph();
  const drawn = graph.asDefault(() => {
    const logits = tf.constant(
      [
        [0, 1, 2],
        [3, 0, -1],
        [Number.NEGATIVE_INFINITY, 0, 0],
      ],
      { shape: [3, 3] },
    );
    return tf.multinomial(logits, 6, { seed: 42 });
  });
  expectType<tf.Tensor<"int32", readonly [3, 6]>>()(drawn);
  using session = sessionOn(graph);
  assert.deepEqual((await session.run(drawn)).toArray(), [
    [2, 2, 2, 2, 2, 2],
    [0, 0, 0, 0, 0, 0],
    [2, 1, 1, 1, 1, 1],
  ]);
});

test("crops are TensorFlow's, from one compiled program for all places", async () => {
  const graph = new tf.Graph();
  const [piece, fed, whole] = graph.asDefault(() => {
    const grid = tf.reshape(tf.range(48), [6, 8]);
    const whole = tf.placeholder("float32", [null, 2]);
    return [tf.randomCrop(grid, [2, 3], { seed: 42 }), tf.randomCrop(whole, [2, 2]), whole] as const;
  });
  expectType<tf.Tensor<"int32", readonly [2, 3]>>()(piece);
  assert.deepEqual(piece.partialShape, [2, 3]);
  using session = sessionOn(graph);
  assertClose(await session.run(piece), [3, 4, 5, 11, 12, 13]);
  assertClose(await session.run(piece), [20, 21, 22, 28, 29, 30]);
  assertClose(await session.run(piece), [17, 18, 19, 25, 26, 27]);
  const rows = (
    await session.run(fed, [
      [
        whole,
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ])
  ).toArray();
  assert.deepEqual(rows, [
    [1, 2],
    [3, 4],
  ]);
  await assert.rejects(session.run(fed, [[whole, [[1, 2]]]]), { name: "InvalidArgumentError" });
  graph.asDefault(() => {
    assert.throws(() => tf.randomCrop(tf.zeros([2, 3]), [3, 3]), {
      name: "ShapeError",
      message: /^Need value\.shape >= size, got \(2, 3\) and \(3, 3\)/,
    });
    assert.throws(() => tf.randomCrop(tf.zeros([2, 3]), [2]), /Need value\.shape >= size/);
  });
});

test("distributions have the moments they promise", async () => {
  const graph = new tf.Graph();
  const n = 20_000;
  const fetches = graph.asDefault(() => {
    tf.setRandomSeed(1);
    return [
      tf.randomUniform([n], { minval: -1, maxval: 1 }),
      tf.randomNormal([n], { mean: 3, stddev: 2 }),
      tf.truncatedNormal([n]),
    ] as const;
  });
  using session = sessionOn(graph);
  const moments = (await session.run(fetches)).map(({ data }) => {
    const values = Array.from(data as Float32Array);
    const mean = values.reduce((a, b) => a + b, 0) / n;
    return [mean, Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / n)] as const;
  });
  // Standard errors are at most 2/√20000 = 0.014 for the mean and less for the deviation: four of them.
  [
    [0, 1 / Math.sqrt(3)],
    [3, 2],
    [0, 0.8796],
  ].forEach(([mean = 0, deviation = 0], i) => {
    assert.ok(Math.abs((moments[i]?.[0] ?? 9) - mean) < 0.06, `mean ${moments[i]}`);
    assert.ok(Math.abs((moments[i]?.[1] ?? 9) - deviation) < 0.06, `deviation ${moments[i]}`);
  });
});

test("no gradient flows into a draw, but mean and stddev receive theirs", async () => {
  const graph = new tf.Graph();
  const fetches = graph.asDefault(() => {
    const stddev = tf.constant(2, { dtype: "float32" });
    const y = tf.randomNormal([1], { stddev, seed: 42 });
    const [slope] = tf.gradients(y, [stddev]);
    return [slope as tf.Tensor, y] as const;
  });
  using session = sessionOn(graph);
  const [slope, y] = await session.run(fetches);
  assert.ok(Math.abs(Number(slope) * 2 - Number(y.data[0])) < tolerance);
});

test("misuse is reported in words", () => {
  inGraph(() => {
    assert.throws(() => tf.randomUniform([2], { dtype: "int32" }), {
      name: "ArgumentError",
      message: /Must specify maxval for integer dtype int32/,
    });
    assert.throws(() => tf.randomUniform([2], { dtype: "int32", minval: 5, maxval: 5 }), {
      name: "ShapeError",
      message: /Need minval < maxval, got 5 >= 5/,
    });
    assert.throws(() => tf.randomNormal([2], { dtype: "int32" as "float32" }), {
      name: "DTypeError",
      message: /has DataType int32 not in list of allowed values: float32, float64/,
    });
    assert.throws(() => tf.randomNormal([2, -1]), {
      name: "ShapeError",
      message: /Dimension 1 must be >= 0, but is -1/,
    });
    assert.throws(() => tf.randomNormal([2], { seed: 0.5 }), { name: "ArgumentError", message: /must be an integer/ });
    assert.throws(() => tf.setRandomSeed(Number.NaN), { name: "ArgumentError", message: /must be an integer/ });
    assert.throws(() => tf.multinomial(tf.placeholder("float32", [2, 0]), 1), /num_classes should be positive/);
  });
});
