/** @file What `activations.ts` is held against by the generic tests: oracles and samples of its operations. */

import type { References } from "../reference.js";
import { mapOracle, specials, unarySamples } from "../samples.js";

export const references: References = {
  LeakyRelu: {
    summary: "The input where positive, else alpha times it.",
    oracle: (inputs, { alpha }) => mapOracle((x) => (x > 0 ? x : x * (alpha as number)))(inputs),
    samples: () => [
      ...unarySamples({ special: specials, attributes: { alpha: 0.2 } }),
      ...unarySamples({ attributes: { alpha: 1.5 } }).slice(0, 3),
    ],
  },
};
