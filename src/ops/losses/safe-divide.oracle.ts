/** @file What `safe-divide.ts` is held against by the generic tests. */
import type { References } from "../reference.js";
import { binarySamples, broadcastOracle } from "../samples.js";

export const references: References = {
  SafeDiv: {
    summary: "Quotient, elementwise; 0 where the divisor is not positive.",
    oracle: broadcastOracle((x, y) => (y > 0 ? x / y : 0)),
    samples: () =>
      binarySamples({ low: 0.5, high: 3, special: [0, -0, 1, -2, 2.5, Number.NaN, Number.POSITIVE_INFINITY] }),
  },
};
