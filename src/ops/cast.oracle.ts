/** @file What `cast.ts` is held against by the generic tests: oracles and samples of its operations. */
import { NdArray, type NumericDType } from "../core/index.js";
import type { References } from "./reference.js";
import { unarySamples } from "./samples.js";

export const references: References = {
  Cast: {
    summary: "Converts the element type; floats truncate toward zero, bool becomes 0 or 1.",
    oracle: ([x], { dtype }) => {
      const to = dtype as NumericDType;
      const input = x as NdArray<NumericDType>;
      const convert = (v: number): number =>
        to === "bool" ? Number(v !== 0) : to === "int32" || to === "uint8" ? Math.trunc(v) : v;
      return [NdArray.from(Array.from(input.data, convert), to).reshape(input.shape)];
    },
    samples: () => [
      ...unarySamples({ low: -9, high: 9, attributes: { dtype: "int32" } }),
      ...unarySamples({ low: 0, high: 200, attributes: { dtype: "uint8" } }),
      ...unarySamples({ attributes: { dtype: "bool" } }).map((s) => ({ ...s, notDifferentiable: [0] })),
      ...unarySamples({ attributes: { dtype: "float64" } }),
      { inputs: [NdArray.from([true, false, true])], attributes: { dtype: "float32" } },
      { inputs: [NdArray.from([1, -2, 3])], attributes: { dtype: "float32" } },
    ],
  },
};
