/** @file What `add-n.ts` is held against by the generic tests: oracles and samples of its operations. */
import { NdArray } from "../core/index.js";
import type { References } from "./reference.js";
import { spread } from "./samples.js";

export const references: References = {
  AddN: {
    summary: "Sum of tensors of one shape.",
    oracle: (inputs) => {
      const [first] = inputs as readonly NdArray<"float32">[];
      if (first === undefined) return [];
      const sums = Array.from(first.data, (_, i) =>
        inputs.reduce((sum, x) => sum + ((x as NdArray<"float32">).data[i] as number), 0),
      );
      return [NdArray.from(sums, first.dtype).reshape(first.shape)];
    },
    samples: () => [
      { inputs: [spread([17], { seed: 1 })] },
      { inputs: [1, 2, 3].map((seed) => spread([3, 10], { seed })) },
    ],
  },
};
