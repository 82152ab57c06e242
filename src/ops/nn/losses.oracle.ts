/** @file What `losses.ts` is held against by the generic tests: oracles and samples of its operations. */
import { NdArray, type NumericDType } from "../../core/index.js";
import type { References } from "../reference.js";
import { unarySamples } from "../samples.js";

export const references: References = {
  L2Loss: {
    summary: "Half the sum of the squares of all elements.",
    oracle: ([x]) => {
      const { data, dtype } = x as NdArray<NumericDType>;
      let total = 0;
      for (const value of data) total += value * value;
      return [NdArray.from(total / 2, dtype)];
    },
    samples: () => unarySamples(),
  },
};
