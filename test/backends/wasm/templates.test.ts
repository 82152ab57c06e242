/** @file Every kernel template at the sizes where vectors, tiles and rows end, on every backend. */
import { test } from "node:test";
import { NdArray } from "../../../src/core/index.js";
import * as tf from "../../../src/index.js";
import { assertAgrees, type Operands } from "../agreement.js";

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** A graph that yields a tensor for each size; sizes of one test share one program. */
const forSizes =
  <T>(sizes: readonly T[], build: (o: Operands, size: T) => readonly tf.Tensor[]) =>
  (o: Operands) => ({ fetch: sizes.flatMap((size) => build(o, size)) });

test("products: every remainder of rows, columns and steps", async () => {
  for (const m of range(1, 9))
    await assertAgrees(
      `products of ${m} rows`,
      forSizes(
        range(4, 26).map((n) => ({ n, k: n % 10 })),
        (o, { n, k }) => [
          tf.matmul(o.fed("float32", [m, k]), o.fed("float32", [k, n])),
          tf.matmul(o.fed("float32", [k, m]), o.fed("float32", [n, k]), { transposeA: true, transposeB: true }),
        ],
      ),
    );
});

test("products: few columns, long sums, batches, and an epilogue", async () => {
  await assertAgrees(
    "few columns",
    forSizes([1, 2, 3], (o, n) => [
      tf.matmul(o.fed("float32", [17, 33]), o.fed("float32", [33, n])),
      tf.matmul(o.fed("float32", [1, 100]), o.fed("float32", [100, n])),
    ]),
  );
  await assertAgrees("long sums", (o) => ({
    fetch: [tf.matmul(o.fed("float32", [5, 1003]), o.fed("float32", [1003, 13]))],
  }));
  await assertAgrees("batches", (o) => ({
    fetch: [
      tf.matmul(o.fed("float32", [3, 2, 5, 7]), o.fed("float32", [3, 2, 7, 9])),
      tf.matmul(o.fed("float32", [4, 7, 5]), o.fed("float32", [4, 9, 7]), { transposeA: true, transposeB: true }),
    ],
  }));
  await assertAgrees(
    "bias, activation and sums kept",
    forSizes([5, 12, 18], (o, n) => {
      const sums = tf.matmul(o.fed("float32", [7, 11]), o.fed("float32", [11, n]));
      return [sums, tf.nn.relu(tf.add(sums, o.fed("float32", [n]))), tf.less(sums, o.fed("float32", [7, 1]))];
    }),
  );
});

test("products: second operands large enough for panels", async () => {
  await assertAgrees("panels", (o) => ({
    fetch: [
      // Narrow tiles at the end, and a group of whole ones before.
      tf.matmul(o.fed("float32", [20, 180]), o.fed("float32", [180, 130])),
      // Several chunks of steps, and columns that fill no vector.
      tf.matmul(o.fed("float32", [128, 520]), o.fed("float32", [520, 35])),
      tf.matmul(o.fed("float32", [2, 20, 150]), o.fed("float32", [2, 150, 126])),
      tf.nn.conv2d(o.fed("float32", [1, 5, 5, 20]), o.fed("float32", [3, 3, 20, 130]), {
        strides: [1, 1, 1, 1],
        padding: "SAME",
      }),
    ],
  }));
});

test("kernels so long that they are called piece by piece", async () => {
  await assertAgrees("long kernels", (o) => ({
    fetch: [
      // A unit of 256 rows takes more operations than a call should; the last unit is not full.
      tf.matmul(o.fed("float32", [530, 180]), o.fed("float32", [180, 130])),
      // One that is repeated, from the same code.
      tf.matmul(o.fed("float32", [530, 180]), o.fed("float32", [180, 130])),
      tf.reduceSum(tf.tanh(o.fed("float32", [1007, 1500])), { axis: 1 }),
    ],
  }));
});

test("products: an epilogue that reads along an inner axis of the rows", async () => {
  await assertAgrees("a product's rows fall apart", (o) => ({
    fetch: [
      tf.subtract(
        tf.nn.conv2d(o.fed("float32", [7, 5, 8, 1]), o.fed("float32", [2, 1, 1, 8]), {
          strides: [1, 1, 1, 1],
          padding: "VALID",
        }),
        o.fed("float32", [8, 8]),
      ),
    ],
  }));
});

test("products of int32 and float64", async () => {
  for (const dtype of ["int32", "float64"] as const)
    await assertAgrees(`${dtype} products`, (o) => ({
      fetch: [
        tf.matmul(o.fed(dtype, [5, 7]), o.fed(dtype, [7, 9])),
        tf.matmul(o.fed(dtype, [1, 0]), o.fed(dtype, [0, 5])),
      ],
    }));
});

test("maps: every length, in dtypes with vectors and without", async () => {
  for (const dtype of ["float32", "int32", "float64", "uint8"] as const)
    await assertAgrees(
      `${dtype} maps`,
      forSizes(range(0, 19), (o, n) => {
        const [x, y] = [o.fed(dtype, [n]), o.fed(dtype, [n])];
        return [tf.add(tf.multiply(x, y), y), tf.maximum(x, y), tf.less(x, y), tf.cast(x, "bool")];
      }),
    );
});

test("bool vectors", async () => {
  await assertAgrees(
    "bool maps",
    forSizes([...range(0, 9), 33], (o, n) => {
      const [p, q] = [o.fed("bool", [n]), o.fed("bool", [n])];
      const [x, y] = [o.fed("float32", [n]), o.fed("float32", [n])];
      return [
        tf.logicalAnd(p, tf.logicalNot(q)),
        tf.logicalXor(p, q),
        tf.equal(p, q),
        tf.where(tf.logicalOr(p, tf.less(x, y)), x, y),
        tf.cast(p, "float32"),
        tf.cast(tf.logicalAnd(p, q), "uint8"),
      ];
    }),
  );
});

test("casts of everything to everything, beyond the ends of the range too", async () => {
  const dtypes = ["float32", "float64", "int32", "uint8", "bool"] as const;
  await assertAgrees("casts", (o) => ({
    fetch: dtypes.flatMap((from) => {
      const x = o.fed(from, [9]);
      return dtypes.map((to) => tf.cast(x, to));
    }),
  }));
  const extremes = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e9, -3e9, 300.7, -1.5, -0.5, 0];
  await assertAgrees("casts of extremes", (o) => ({
    fetch: (["float32", "float64"] as const).flatMap((from) => {
      const x = o.given(NdArray.from(extremes, from) as NdArray<"float32" | "float64">);
      return [tf.cast(x, "int32"), tf.cast(x, "uint8"), tf.cast(x, "bool")];
    }),
  }));
});

test("reductions in both directions of the vectors, every length", async () => {
  for (const dtype of ["float32", "int32", "float64"] as const)
    await assertAgrees(
      `${dtype} reductions`,
      forSizes(
        range(0, 18).flatMap((n) => [
          [n, 3],
          [3, n],
          [2, n, 5],
        ]),
        (o, shape) => {
          const x = o.fed(dtype, shape);
          return shape.flatMap((_, axis) => [
            tf.reduceSum(x, { axis }),
            tf.reduceMax(x, { axis }),
            tf.reduceMin(x, { axis: [axis], keepDims: true }),
          ]);
        },
      ),
    );
  await assertAgrees(
    "products of elements, and truths",
    forSizes(range(0, 9), (o, n) => {
      const [x, p] = [o.fed("float32", [n, 5]), o.fed("bool", [n, 5])];
      return [0, 1].flatMap((axis) => [
        tf.reduceProd(x, { axis }),
        tf.reduceAny(p, { axis }),
        tf.reduceAll(p, { axis }),
      ]);
    }),
  );
  await assertAgrees("one long reduction", (o) => ({
    fetch: [tf.reduceSum(o.fed("float32", [4099])), tf.reduceMean(o.fed("float32", [67, 61]))],
  }));
});

test("a NaN wins every extreme and its place", async () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const rows = [
    [1, nan, 3, nan, 7, 2, 9],
    [infinity, 2, infinity, 2, -infinity, 0, -infinity],
    [-infinity, -infinity, -infinity, -infinity, -infinity, -infinity, -infinity],
    [0, 5, 5, 1, 0, 5, 0],
    [nan, nan, nan, nan, nan, nan, nan],
  ];
  await assertAgrees("extremes of NaN, infinities and ties", (o) => ({
    fetch: (["float32", "float64"] as const).flatMap((dtype) => {
      const x = o.given(NdArray.from(rows, dtype) as NdArray<"float32" | "float64">);
      return [0, 1].flatMap((axis) => [
        tf.argmax(x, axis),
        tf.argmin(x, axis),
        tf.reduceMax(x, { axis }),
        tf.reduceMin(x, { axis }),
      ]);
    }),
  }));
});

test("places of extremes, every length", async () => {
  for (const dtype of ["float32", "int32", "float64"] as const)
    await assertAgrees(
      `${dtype} places`,
      forSizes(range(1, 19), (o, n) => {
        const x = o.fed(dtype, [5, n], "whole");
        return [tf.argmax(x, 0), tf.argmax(x, 1), tf.argmin(x, 0), tf.argmin(x, 1)];
      }),
    );
});

test("rows that share a pass: softmax, its logarithm and its cross entropy with gradients", async () => {
  await assertAgrees(
    "rows",
    forSizes([1, 3, 4, 5, 10, 33], (o, n) => {
      const [logits, labels] = [o.fed("float32", [7, n]), o.fed("float32", [7, n], "positive")];
      const loss = tf.nn.softmaxCrossEntropyWithLogits({ logits, labels });
      return [
        tf.nn.softmax(logits),
        tf.nn.logSoftmax(logits, { axis: 0 }),
        loss,
        ...(tf.gradients(tf.reduceMean(loss), [logits]) as tf.Tensor[]),
      ];
    }),
  );
});

test("scatters: duplicates in order, into variables and as gradients of gathers", async () => {
  const indices = NdArray.from([3, 0, 3, 3, 1, 0], "int32") as NdArray<"int32">;
  await assertAgrees(
    "scatters",
    (o) => {
      const at = o.given(indices);
      const [assigned, added, taken] = [
        o.variable("float32", [5, 7]),
        o.variable("float32", [5, 7]),
        o.variable("int32", [5, 3]),
      ];
      const x = o.fed("float32", [5, 7]);
      const picked = tf.reduceSum(tf.square(tf.gather(x, at)));
      return {
        fetch: tf.gradients(picked, [x]) as tf.Tensor[],
        run: [
          tf.scatterUpdate(assigned, at, o.fed("float32", [6, 7])),
          tf.scatterAdd(added, at, o.fed("float32", [6, 7])),
          tf.scatterSub(taken, at, o.fed("int32", [6, 3])),
        ],
      };
    },
    { runs: 2 },
  );
});

test("movement with large strides and in odd orders", async () => {
  await assertAgrees("movement", (o) => {
    const x = o.fed("float32", [7, 33, 9]);
    return {
      fetch: [
        tf.transpose(x, [2, 0, 1]),
        tf.transpose(x, [1, 2, 0]),
        tf.reverse(x, [0, 2]),
        tf.stridedSlice(x, [6, 1, 8], [0, 33, 0], [-2, 5, -3]),
        tf.reduceSum(tf.stridedSlice(x, [0, 0, 0], [7, 33, 9], [1, 16, 2]), { axis: 1 }),
        tf.reshape(tf.transpose(x, [1, 0, 2]), [9, 11, 21]),
        tf.matmul(tf.reshape(x, [7 * 33, 9]), tf.transpose(tf.reshape(x, [7 * 33, 9]))),
        tf.tile(tf.concat([x, x], 1), [1, 1, 2]),
      ],
    };
  });
});

test("tensors without elements", async () => {
  await assertAgrees("nothing", (o) => {
    const [none, wide] = [o.fed("float32", [0, 5]), o.fed("float32", [3, 0])];
    return {
      fetch: [
        tf.exp(none),
        tf.reduceSum(none),
        tf.reduceSum(none, { axis: 0 }),
        tf.reduceMax(wide, { axis: 1 }),
        tf.reduceProd(wide, { axis: 1 }),
        tf.matmul(wide, none),
        tf.matmul(none, o.fed("float32", [5, 4])),
        tf.concat([none, o.fed("float32", [2, 5])], 0),
        tf.nn.softmax(none),
        tf.transpose(wide),
      ],
    };
  });
});

test("more than a thousand buffers", async () => {
  await assertAgrees("many buffers", (o) => {
    const x = o.fed("float32", [3, 4]);
    const parts = range(1, 1100).map((i) => tf.reduceSum(tf.multiply(x, i), { axis: i % 2, keepDims: true }));
    return { fetch: [tf.addN(parts.map((p) => tf.add(x, p))), ...parts.slice(0, 20)] };
  });
});
