/** @file What `strided-slice.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { NdArray } from "../../core/index.js";
import type { References } from "../reference.js";
import { array, spread } from "../samples.js";
import { arrayOf, elementAt, type Numeric, picked, pointsOf } from "./oracles.js";
import { oracleSources } from "./strided-oracle.js";

const spans = (begin: readonly number[], end: readonly number[], strides: readonly number[]) => [
  array(begin, "int32"),
  array(end, "int32"),
  array(strides, "int32"),
];

const samples = () => [
  { x: [17], spec: [[2], [11], [1]], attributes: {} },
  { x: [17], spec: [[-1], [0], [-3]], attributes: { endMask: 1 } },
  { x: [17], spec: [[4], [0], [1]], attributes: { shrinkAxisMask: 1 } },
  {
    x: [3, 10],
    spec: [
      [1, -7],
      [3, 9],
      [1, 2],
    ],
    attributes: {},
  },
  {
    x: [3, 10],
    spec: [
      [0, 9],
      [0, 1],
      [1, -1],
    ],
    attributes: { beginMask: 1, endMask: 1 },
  },
  {
    x: [2, 3, 5],
    spec: [
      [0, 1],
      [0, 2],
      [1, 1],
    ],
    attributes: { ellipsisMask: 1, shrinkAxisMask: 2 },
  },
  {
    x: [2, 3, 5],
    spec: [
      [0, 0, 0, -1],
      [0, 0, 0, 0],
      [1, 1, 1, 1],
    ],
    attributes: { ellipsisMask: 2, newAxisMask: 5, shrinkAxisMask: 8 },
  },
  {
    x: [4, 4],
    spec: [
      [1, 3],
      [1, 9],
      [1, 1],
    ],
    attributes: {},
  },
];

export const references: References = {
  StridedSlice: {
    summary: "Entries from begin to end in strides, with new, dropped and skipped axes.",
    oracle: ([x, begin, end, strides], attributes) => {
      const source = oracleSources(x as NdArray, [begin, end, strides] as NdArray[], attributes);
      return [picked(x as NdArray, source.shape, source.of)];
    },
    samples: () =>
      samples().map(({ x, spec, attributes }) => ({
        inputs: [spread(x), ...spans(...(spec as [number[], number[], number[]]))],
        attributes,
      })),
  },
  StridedSliceGrad: {
    summary: "Zeros in the shape of the input of a `StridedSlice`, with its output's gradient in the places taken.",
    oracle: ([x, begin, end, strides, dy], attributes) => {
      const source = oracleSources(x as NdArray, [begin, end, strides] as NdArray[], attributes);
      const values = new Map(pointsOf(source.shape).map((at) => [source.of(at).join(), elementAt(dy as NdArray, at)]));
      return [arrayOf((x as NdArray).shape, (dy as Numeric).dtype, (at) => values.get(at.join()) ?? 0)];
    },
    samples: () =>
      samples().map(({ x, spec, attributes }) => {
        const bounds = spans(...(spec as [number[], number[], number[]]));
        const { shape } = oracleSources(spread(x), bounds, attributes);
        return { inputs: [spread(x), ...bounds, spread(shape)], attributes, notDifferentiable: [0] };
      }),
  },
};
