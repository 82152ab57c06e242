/** @file What `one-hot.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { NdArray, NumericDType } from "../../core/index.js";
import type { References } from "../reference.js";
import { array, spread } from "../samples.js";
import { withAxis } from "./one-hot.js";
import { arrayOf, elementAt } from "./oracles.js";

export const references: References = {
  OneHot: {
    summary: "`on_value` at each index along a new axis, `off_value` elsewhere.",
    oracle: ([indices, depth, on, off], { axis }) => {
      const from = indices as NdArray;
      const at_ = (axis as number) < 0 ? from.rank : (axis as number);
      const shape = withAxis(from.shape, at_, elementAt(depth as NdArray, [])) as number[];
      return [
        arrayOf(shape, (on as NdArray<NumericDType>).dtype, (at) => {
          const index = elementAt(
            from,
            at.filter((_, k) => k !== at_),
          );
          return elementAt((index === at[at_] ? on : off) as NdArray, []);
        }),
      ];
    },
    samples: () =>
      [
        { indices: array(2, "int32"), depth: 3, axis: -1 },
        { indices: array([0, 2, -1, 9, 1], "int32"), depth: 3, axis: -1 },
        {
          indices: array(
            [
              [0, 1],
              [1, 1],
              [2, 0],
            ],
            "int32",
          ),
          depth: 4,
          axis: 0,
        },
        {
          indices: array(
            [
              [0, 1, 0],
              [1, 1, 5],
            ],
            "int32",
          ),
          depth: 2,
          axis: 1,
        },
        { indices: array([7, 0, 255], "uint8"), depth: 10, axis: -1 },
        { indices: spread([70], { low: 0, high: 17, dtype: "int32" }), depth: 17, axis: -1 },
        { indices: array([0], "int32"), depth: 0, axis: -1 },
      ].map(({ indices, depth, axis }) => ({
        inputs: [indices, array(depth, "int32"), array(5), array(-0.5)],
        attributes: { axis },
        notDifferentiable: [2, 3],
      })),
  },
  SequenceMask: {
    summary: "Rows of `true` up to each length, then `false`.",
    oracle: ([lengths, maxlen]) => {
      const from = lengths as NdArray;
      return [
        arrayOf([...from.shape, elementAt(maxlen as NdArray, [])], "bool", (at) =>
          Number((at.at(-1) as number) < elementAt(from, at.slice(0, -1))),
        ),
      ];
    },
    samples: () => [
      { inputs: [array([1, 0, 3, 9], "int32"), array(3, "int32")] },
      { inputs: [array([[2], [1]], "int32"), array(17, "int32")] },
      { inputs: [array(2, "int32"), array(0, "int32")] },
    ],
  },
};
