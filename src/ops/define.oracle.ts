/** @file What `define.ts` is held against by the generic tests: oracles and samples of its operations. */
import { NdArray } from "../core/index.js";
import type { References } from "./reference.js";

export const references: References = {
  Const: {
    summary: "A value fixed while building.",
    oracle: (_, attributes) => [attributes.value as NdArray],
    samples: () => [
      { inputs: [], attributes: { value: NdArray.from([[1, 2, 3.5]]) } },
      { inputs: [], attributes: { value: NdArray.from([true, false]) } },
      { inputs: [], attributes: { value: NdArray.zeros("float32", [2, 3]) } },
    ],
  },
};
