/** @file What `slice.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { NdArray } from "../../core/index.js";
import type { References } from "../reference.js";
import { array, spread } from "../samples.js";
import { arrayOf, elementAt, type Numeric, picked } from "./oracles.js";

export const references: References = {
  Slice: {
    summary: "A box of the input.",
    oracle: ([x, begin, size]) => {
      const from = Array.from((begin as NdArray<"int32">).data);
      const shape = Array.from((size as NdArray<"int32">).data, (n, axis) =>
        n === -1 ? ((x as NdArray).shape[axis] as number) - (from[axis] as number) : n,
      );
      return [picked(x as NdArray, shape, (at) => at.map((i, axis) => i + (from[axis] as number)))];
    },
    samples: () => [
      { inputs: [spread([]), array([], "int32"), array([], "int32")] },
      { inputs: [spread([17]), array([3], "int32"), array([10], "int32")] },
      { inputs: [spread([3, 10]), array([1, 0], "int32"), array([-1, 1], "int32")] },
      { inputs: [spread([2, 3, 5]), array([0, 3, 2], "int32"), array([2, 0, -1], "int32")] },
    ],
  },
  SliceGrad: {
    summary: "Zeros in the shape of the input of a `Slice`, with its output's gradient in the box.",
    oracle: ([x, begin, , dy]) => {
      const from = Array.from((begin as NdArray<"int32">).data);
      const values = dy as Numeric;
      return [
        arrayOf((x as NdArray).shape, values.dtype, (at) => {
          const source = at.map((i, axis) => i - (from[axis] as number));
          return source.every((i, axis) => i >= 0 && i < (values.shape[axis] as number))
            ? elementAt(values, source)
            : 0;
        }),
      ];
    },
    samples: () => [
      {
        inputs: [spread([3, 10]), array([1, 2], "int32"), array([2, 3], "int32"), spread([2, 3])],
        notDifferentiable: [0],
      },
      { inputs: [spread([17]), array([17], "int32"), array([0], "int32"), spread([0])], notDifferentiable: [0, 3] },
    ],
  },
};
