/** @file What `where.ts` is held against by the generic tests: oracles and samples of its operations. */
import { NdArray, type NumericDType } from "../../core/index.js";
import type { References } from "../reference.js";
import { array, spread } from "../samples.js";
import { arrayOf, elementAt, pointsOf } from "./oracles.js";

export const references: References = {
  Select: {
    summary: "Elements of one tensor where a condition holds, of another elsewhere.",
    oracle: ([condition, x, y]) => {
      const all = [condition, x, y] as readonly NdArray<NumericDType>[];
      const [widest] = [...all].sort((a, b) => b.rank - a.rank);
      const pick = (from: NdArray, at: readonly number[]) => elementAt(from, at.slice(0, from.rank));
      return [
        arrayOf((widest as NdArray).shape, (x as NdArray<NumericDType>).dtype, (at) =>
          pick((pick(condition as NdArray, at) !== 0 ? x : y) as NdArray, at),
        ),
      ];
    },
    samples: () => [
      { inputs: [array(true, "bool"), spread([]), spread([], { seed: 2 })] },
      { inputs: [spread([17], { low: 0, dtype: "bool" }), spread([17]), spread([17], { seed: 2 })] },
      { inputs: [spread([3, 10], { low: 0, dtype: "bool" }), spread([3, 10]), spread([])] },
      { inputs: [array([true, false, true], "bool"), spread([3, 4]), spread([3, 4], { seed: 2 })] },
      { inputs: [spread([70], { low: 0, dtype: "bool" }), array(1, "int32"), array(-1, "int32")] },
      {
        inputs: [array([true, false], "bool"), array([Number.NaN, 1]), array([2, Number.POSITIVE_INFINITY])],
        notDifferentiable: [1, 2],
      },
    ],
  },
  Where: {
    summary: "The index tuples of the true elements, one in each row.",
    oracle: ([given]) => {
      const condition = given as NdArray;
      const rows = pointsOf(condition.shape).filter((at) => elementAt(condition, at) === 1);
      return [new NdArray("int32", [rows.length, condition.rank], Int32Array.from(rows.flat()))];
    },
    samples: () => [
      { inputs: [array([true, false, true], "bool")] },
      {
        inputs: [
          array(
            [
              [false, false],
              [true, true],
            ],
            "bool",
          ),
        ],
      },
      { inputs: [array([false], "bool")] },
    ],
  },
};
