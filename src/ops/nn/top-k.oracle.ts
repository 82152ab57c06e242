/** @file What `top-k.ts` is held against by the generic tests: oracles and samples of its operations. */
import { NdArray, type NumericDType } from "../../core/index.js";
import type { References } from "../reference.js";
import { array, spread } from "../samples.js";
import { classGroups, perRow } from "./class-oracle.js";

const lastIndices = array(
  [
    [4, 0],
    [1, 3],
    [2, 2],
  ],
  "int32",
);

const ties = [
  [1, 3, 3, 1, 2],
  [0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0],
  [1, Number.NaN, Number.POSITIVE_INFINITY, Number.NaN, 2],
];

export const references: References = {
  TakeLast: {
    summary: "Entries of the last axis, at indices given for each row.",
    oracle: ([x, i]) => {
      const input = x as NdArray<NumericDType>;
      const indices = i as NdArray<"int32">;
      const [from, to] = [input.shape.at(-1) as number, indices.shape.at(-1) as number];
      const values = Array.from(indices.data, (index, p) => input.data[Math.floor(p / to) * from + index] as number);
      return [NdArray.from(values, input.dtype).reshape(indices.shape)];
    },
    samples: () => [{ inputs: [spread([3, 5]), lastIndices] }],
  },
  PutLast: {
    summary: "Zeros of the shape of `like`, with entries added along the last axis at indices given for each row.",
    oracle: ([x, i, like]) => {
      const input = x as NdArray<NumericDType>;
      const indices = i as NdArray<"int32">;
      const { shape } = like as NdArray;
      const [from, to] = [indices.shape.at(-1) as number, shape.at(-1) as number];
      const values = new Array<number>((like as NdArray).size).fill(0);
      indices.data.forEach((index, p) => {
        const target = Math.floor(p / from) * to + index;
        values[target] = (values[target] as number) + (input.data[p] as number);
      });
      return [NdArray.from(values, input.dtype).reshape(shape)];
    },
    samples: () => [{ inputs: [spread([3, 2]), lastIndices, spread([3, 5])], notDifferentiable: [2] }],
  },
  TopKV2: {
    summary: "The k largest entries of the last axis and their positions, largest first, the first of equals first.",
    oracle: ([x], attributes) => {
      const input = x as NdArray<NumericDType>;
      const k = attributes.k as number;
      const order = classGroups(input.shape, -1).map((positions) => {
        const row = positions.map((p) => input.data[p] as number);
        const key = (value: number): number => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value);
        const ranked = row
          .map((_, i) => i)
          .sort((a, b) => {
            const [u, v] = [row[a] as number, row[b] as number];
            if (Number.isNaN(u) !== Number.isNaN(v)) return Number.isNaN(u) ? -1 : 1;
            return key(u) === key(v) ? a - b : key(v) > key(u) ? 1 : -1;
          });
        return ranked.slice(0, k).map((i) => ({ index: i, value: row[i] as number }));
      });
      const shape = [...input.shape.slice(0, -1), k];
      const flat = order.flat();
      return [
        NdArray.from(
          flat.map(({ value }) => value),
          input.dtype,
        ).reshape(shape),
        NdArray.from(
          flat.map(({ index }) => index),
          "int32",
        ).reshape(shape),
      ];
    },
    samples: () => [
      { inputs: [spread([1])], attributes: { k: 1 } },
      { inputs: [spread([3])], attributes: { k: 3 } },
      { inputs: [spread([10])], attributes: { k: 0 } },
      { inputs: [spread([2, 17])], attributes: { k: 5 } },
      { inputs: [spread([2, 3, 49])], attributes: { k: 2 } },
      { inputs: [spread([2, 70])], attributes: { k: 70 } },
      { inputs: [spread([4, 9], { dtype: "int32", low: 0, high: 4 })], attributes: { k: 6 } },
      { inputs: [array(ties)], attributes: { k: 4 }, notDifferentiable: [0] },
    ],
  },
  InTopK: {
    summary: "Whether fewer than k entries of a row are larger than the target's.",
    oracle: ([x, y], attributes) => {
      const predictions = x as NdArray<NumericDType>;
      const { data } = y as NdArray<"int32">;
      const hits = perRow(predictions, -1, (row, i) => {
        const score = row[data[i] as number];
        if (score === undefined || !row.every(Number.isFinite)) return 0;
        return Number(row.filter((other) => other > score).length < (attributes.k as number));
      });
      return [NdArray.from(Array.from(hits.data), "bool").reshape(hits.shape)];
    },
    samples: () => [
      ...(
        [
          [1, 1, 1],
          [3, 10, 3],
          [17, 49, 10],
          [4, 70, 1],
        ] as const
      ).map(([rows, classes, k], i) => ({
        inputs: [
          spread([rows, classes], { seed: i + 1 }),
          spread([rows], { dtype: "int32", low: 0, high: classes, seed: i + 9 }),
        ],
        attributes: { k },
        notDifferentiable: [0],
      })),
      { inputs: [array(ties), array([2, 0, 2], "int32")], attributes: { k: 2 }, notDifferentiable: [0] },
      { inputs: [spread([3, 4]), array([-1, 4, 0], "int32")], attributes: { k: 4 }, notDifferentiable: [0] },
    ],
  },
};
