/** @file What `masks.ts` is held against by the generic tests: oracles and samples of its operations. */

import { type References, unaryReference } from "./reference.js";
import { mapOracle, specials, unarySamples } from "./samples.js";

export const references: References = {
  GreaterThanZero: {
    summary: "Whether the operand is positive.",
    oracle: mapOracle((x) => Number(x > 0), "bool"),
    samples: () => unarySamples({ special: specials }),
  },
  LogOrZero: unaryReference({
    summary: "The logarithm of positive numbers, 0 for others.",
    oracle: (x) => (x > 0 ? Math.log(x) : 0),
    samples: { low: 0.2, high: 4, special: [0, -1, 1, 5] },
  }),
};
