/** @file What `unique.ts` is held against by the generic tests: oracles and samples of its operations. */
import { NdArray } from "../../core/index.js";
import type { References } from "../reference.js";
import { array, spread } from "../samples.js";

export const references: References = {
  Unique: {
    summary: "The distinct elements of a vector in order of appearance, and where each element is among them.",
    oracle: ([given]) => {
      const x = given as NdArray<"float32">;
      const values = Array.from(x.data).filter((v, i, all) => all.indexOf(v) === i);
      const indices = Array.from(x.data, (v) => values.indexOf(v));
      return [NdArray.from(values, x.dtype), NdArray.from(indices, "int32")];
    },
    samples: () => [
      { inputs: [array([1, 1, 2, 4, 4, 4, 7, 8, 8], "int32")] },
      { inputs: [array([2.5, -1, 2.5])], notDifferentiable: [0] },
      { inputs: [spread([70], { low: 0, high: 9, dtype: "int32" })] },
      { inputs: [array([], "int32")] },
    ],
  },
};
