/** @file What `cond.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { References } from "../reference.js";

export const references: References = {
  If: {
    summary: "Runs one of two functions.",
    untested: "runs functions; tested in test/ops/control-flow",
  },
};
