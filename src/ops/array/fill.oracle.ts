/** @file What `fill.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { NdArray, NumericDType } from "../../core/index.js";
import type { OpReference, References } from "../reference.js";
import { array, spread } from "../samples.js";
import { arrayOf } from "./oracles.js";

const likeReference = (value: 0 | 1): OpReference => ({
  summary: `${value === 0 ? "Zeros" : "Ones"} in the shape of the input.`,
  oracle: ([x], { dtype }) => [arrayOf((x as NdArray).shape, dtype as NumericDType, () => value)],
  samples: () => [
    { inputs: [spread([3, 7])], attributes: { dtype: "float32" }, notDifferentiable: [0] },
    { inputs: [array([true, false], "bool")], attributes: { dtype: "int32" } },
    { inputs: [spread([])], attributes: { dtype: "bool" }, notDifferentiable: [0] },
  ],
});

export const references: References = {
  Fill: {
    summary: "A tensor of a given shape in which every element is one value.",
    oracle: ([dims, value]) => {
      const { dtype, data } = value as NdArray<NumericDType>;
      return [arrayOf(Array.from((dims as NdArray<"int32">).data), dtype, () => data[0] as number)];
    },
    samples: () => [
      { inputs: [array([], "int32"), spread([])] },
      { inputs: [array([17], "int32"), spread([])] },
      { inputs: [array([3, 0], "int32"), spread([])] },
      { inputs: [array([2, 7, 5], "int32"), array(9, "int32")] },
      { inputs: [array([3], "int32"), array(true, "bool")] },
    ],
  },
  ZerosLike: likeReference(0),
  OnesLike: likeReference(1),
};
