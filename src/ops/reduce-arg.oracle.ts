/** @file What `reduce-arg.ts` is held against: positions found one by one. */
import type { NdArray, NumericDType } from "../core/index.js";
import type { Sample } from "../graph/index.js";
import { reduceOracle } from "./reduce-samples.js";
import type { OpReference, References } from "./reference.js";
import { array, spread } from "./samples.js";

function argSamples(): Sample[] {
  const cases: readonly (readonly [readonly number[], number])[] = [
    [[1], 0],
    [[3], -1],
    [[10], 0],
    [[17, 3], 0],
    [[2, 49], 1],
    [[4, 5, 3], 1],
    [[130], 0],
    [[3, 70], -1],
  ];
  const special = [
    [1, 3, 3, 1, 2],
    [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, Number.POSITIVE_INFINITY],
    [Number.NaN, 1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0],
    [5, 5, 5, 5, 5],
  ];
  return [
    ...cases.map(([shape, axis], i) => ({ inputs: [spread(shape, { seed: i + 1 })], attributes: { axis } })),
    ...(["float64", "int32", "uint8"] as const).map((dtype) => ({
      inputs: [spread([4, 9], { dtype, low: 0, high: 5 })],
      attributes: { axis: 1 },
    })),
    { inputs: [array(special)], attributes: { axis: 1 } },
  ];
}

function argReference(summary: string, beats: (a: number, b: number) => boolean): OpReference {
  return {
    summary,
    oracle: ([x], { axis }) => [
      reduceOracle(
        x as NdArray<NumericDType>,
        { axes: [axis as number], keepDims: false },
        (values) => {
          const missing = values.findIndex(Number.isNaN);
          if (missing >= 0) return missing;
          return values.reduce((best, value, i) => (beats(value, values[best] as number) ? i : best), 0);
        },
        "int32",
      ),
    ],
    samples: argSamples,
  };
}

export const references: References = {
  ArgMax: argReference("Position of the largest element along an axis, the first of equals.", (a, b) => a > b),
  ArgMin: argReference("Position of the smallest element along an axis, the first of equals.", (a, b) => a < b),
};
