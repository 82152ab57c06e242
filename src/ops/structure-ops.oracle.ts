/** @file What `structure-ops.ts` is held against by the generic tests: oracles and samples of its operations. */
import { NdArray } from "../core/index.js";
import type { References } from "./reference.js";

const identitySamples = () => [{ inputs: [NdArray.from([[1.5, -2, 3]])] }, { inputs: [NdArray.from(7.5)] }];

export const references: References = {
  Placeholder: {
    summary: "A value supplied when running.",
    untested: "has no value of its own; every sample feeds some",
  },
  PlaceholderWithDefault: {
    summary: "A value that may be supplied when running.",
    untested: "what it gives depends on feeds; tested in test/runtime/feeds.test.ts",
  },
  Identity: {
    summary: "Its input.",
    oracle: ([x]) => [x as NdArray],
    samples: identitySamples,
  },
  StopGradient: {
    summary: "Its input; gradients stop here.",
    oracle: ([x]) => [x as NdArray],
    samples: identitySamples,
  },
  NoOp: {
    summary: "Nothing; a place for control dependencies.",
    untested: "has no outputs; tested in test/runtime/order.test.ts",
  },
};
