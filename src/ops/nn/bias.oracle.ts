/** @file What `bias.ts` is held against by the generic tests: oracles and samples of its operations. */
import { NdArray, type NumericDType } from "../../core/index.js";
import type { Sample } from "../../graph/index.js";
import type { References } from "../reference.js";
import { spread } from "../samples.js";

export const references: References = {
  BiasAdd: {
    summary: "Adds a vector along the last axis.",
    oracle: ([x, b]) => {
      const value = x as NdArray<NumericDType>;
      const bias = b as NdArray<NumericDType>;
      const sums = Array.from(value.data, (v: number, i: number) => v + (bias.data[i % bias.size] as number));
      return [NdArray.from(sums, value.dtype).reshape(value.shape)];
    },
    samples: () =>
      [
        [1, 1],
        [3, 1],
        [1, 3],
        [4, 10],
        [2, 49],
        [3, 5, 17],
        [2, 2, 3, 70],
        [0, 4],
      ].map(
        (shape, i): Sample => ({
          inputs: [spread(shape, { seed: i + 1 }), spread(shape.slice(-1), { seed: i + 50 })],
        }),
      ),
  },
};
