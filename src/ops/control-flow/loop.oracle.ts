/** @file What `loop.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { References } from "../reference.js";

export const references: References = {
  Loop: {
    summary: "Runs a function again and again, carrying values from step to step.",
    untested: "runs functions; tested in test/ops/control-flow",
  },
};
