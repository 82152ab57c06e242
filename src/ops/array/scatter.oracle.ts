/** @file What the operations of `scatter.ts` are, and what tests them. */
import type { References } from "../reference.js";

export const references: References = {
  ScatterUpdate: {
    summary: "Replaces rows of a variable.",
    untested: "needs a variable; tested in test/ops/array/scatter.test.ts",
  },
  ScatterAdd: {
    summary: "Adds to rows of a variable; repeated indices add up.",
    untested: "needs a variable; tested in test/ops/array/scatter.test.ts",
  },
  ScatterSub: {
    summary: "Subtracts from rows of a variable; repeated indices add up.",
    untested: "needs a variable; tested in test/ops/array/scatter.test.ts",
  },
};
