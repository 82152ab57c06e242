/** @file What `gather.ts` is held against by the generic tests: oracles and samples of its operations. */
import { type NdArray, type NumericDType, normalizeAxis } from "../../core/index.js";
import type { References } from "../reference.js";
import { array, spread } from "../samples.js";
import { arrayOf, elementAt, type Numeric, picked, pointsOf } from "./oracles.js";

export const references: References = {
  Gather: {
    summary: "Entries along an axis, picked by indices.",
    oracle: ([params, indices], { axis }) => {
      const from = params as NdArray;
      const by = indices as NdArray;
      const along = (axis as number) < 0 ? (axis as number) + from.rank : (axis as number);
      const shape = [...from.shape.slice(0, along), ...by.shape, ...from.shape.slice(along + 1)];
      return [
        picked(from, shape, (at) => [
          ...at.slice(0, along),
          elementAt(by, at.slice(along, along + by.rank)),
          ...at.slice(along + by.rank),
        ]),
      ];
    },
    samples: () => [
      { inputs: [spread([1]), array(0, "int32")], attributes: { axis: 0 } },
      { inputs: [spread([10]), array([3, 3, 9, 0], "int32")], attributes: { axis: 0 } },
      { inputs: [spread([5, 17]), array([[4, 0, 4]], "int32")], attributes: { axis: 0 } },
      { inputs: [spread([3, 4, 5]), array([2, 1, 1, 3, 0], "int32")], attributes: { axis: 1 } },
      { inputs: [spread([3, 4]), spread([70], { low: 0, high: 4, dtype: "int32" })], attributes: { axis: -1 } },
      { inputs: [spread([3, 4]), array([], "int32")], attributes: { axis: 0 } },
    ],
  },
  GatherGrad: {
    summary: "The gradient of `Gather`: sums entries into the places they were picked from.",
    oracle: ([params, indices, dy], { axis }) => {
      const { shape } = params as NdArray;
      const by = indices as NdArray;
      const from = dy as Numeric;
      const along = normalizeAxis(axis as number, shape.length) as number;
      const totals = new Map<string, number>();
      for (const at of pointsOf(from.shape)) {
        const index = elementAt(by, at.slice(along, along + by.rank));
        const target = [...at.slice(0, along), index, ...at.slice(along + by.rank)].join();
        totals.set(target, (totals.get(target) ?? 0) + elementAt(from, at));
      }
      return [arrayOf(shape, from.dtype, (at) => totals.get(at.join()) ?? 0)];
    },
    samples: () => [
      {
        inputs: [spread([10]), array([3, 3, 9, 0], "int32"), spread([4])],
        attributes: { axis: 0 },
        notDifferentiable: [0],
      },
      {
        inputs: [
          spread([3, 4, 5]),
          array(
            [
              [2, 1],
              [1, 1],
            ],
            "int32",
          ),
          spread([3, 2, 2, 5]),
        ],
        attributes: { axis: 1 },
        notDifferentiable: [0],
      },
    ],
  },
  GatherNd: {
    summary: "Entries picked by index tuples.",
    oracle: ([params, indices]) => {
      const from = params as NdArray;
      const by = indices as NdArray;
      const outer = by.rank - 1;
      const length = by.shape[outer] as number;
      return [
        picked(from, [...by.shape.slice(0, -1), ...from.shape.slice(length)], (at) => [
          ...Array.from({ length }, (_, k) => elementAt(by, [...at.slice(0, outer), k])),
          ...at.slice(outer),
        ]),
      ];
    },
    samples: () => [
      { inputs: [spread([10]), array([[3], [3], [9]], "int32")] },
      {
        inputs: [
          spread([3, 4]),
          array(
            [
              [2, 3],
              [0, 0],
              [2, 3],
            ],
            "int32",
          ),
        ],
      },
      { inputs: [spread([3, 4]), array([1], "int32")] },
      { inputs: [spread([3, 4, 5]), array([[[2, 3]], [[1, 0]]], "int32")] },
    ],
  },
  GatherNdGrad: {
    summary: "The gradient of `GatherNd`: sums entries into the places they were picked from.",
    oracle: ([params, indices, dy]) => {
      const by = indices as NdArray;
      const from = dy as NdArray<NumericDType>;
      const outer = by.rank - 1;
      const totals = new Map<string, number>();
      for (const at of pointsOf(from.shape)) {
        const tuple = Array.from({ length: by.shape[outer] as number }, (_, k) =>
          elementAt(by, [...at.slice(0, outer), k]),
        );
        const target = [...tuple, ...at.slice(outer)].join();
        totals.set(target, (totals.get(target) ?? 0) + elementAt(from, at));
      }
      return [arrayOf((params as NdArray).shape, from.dtype, (at) => totals.get(at.join()) ?? 0)];
    },
    samples: () => [
      {
        inputs: [
          spread([3, 4]),
          array(
            [
              [2, 3],
              [0, 0],
              [2, 3],
            ],
            "int32",
          ),
          spread([3]),
        ],
        notDifferentiable: [0],
      },
      { inputs: [spread([3, 4]), array([[1], [1]], "int32"), spread([2, 4])], notDifferentiable: [0] },
    ],
  },
};
