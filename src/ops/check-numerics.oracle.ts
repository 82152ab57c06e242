/** @file What `check-numerics.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { NdArray } from "../core/index.js";
import type { References } from "./reference.js";
import { spread } from "./samples.js";

export const references: References = {
  CheckNumerics: {
    summary: "The input; the run fails where an element is NaN or infinite.",
    oracle: ([x]) => [x as NdArray],
    samples: () => [[], [3], [4, 17]].map((shape) => ({ inputs: [spread(shape)], attributes: { message: "sample" } })),
  },
};
