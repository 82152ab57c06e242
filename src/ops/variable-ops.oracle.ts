/** @file What `variable-ops.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { References } from "./reference.js";

export const references: References = {
  VariableV2: {
    summary: "Holds a value that lasts between runs.",
    untested: "state of a session; tested in test/graph/variable.test.ts",
  },
  Assign: {
    summary: "Gives a variable a new value and returns it.",
    untested: "needs a variable; tested in test/graph/variable.test.ts",
  },
  AssignAdd: {
    summary: "Adds to a variable and returns the new value.",
    untested: "needs a variable; tested in test/graph/variable.test.ts",
  },
  AssignSub: {
    summary: "Subtracts from a variable and returns the new value.",
    untested: "needs a variable; tested in test/graph/variable.test.ts",
  },
  IsVariableInitialized: {
    summary: "Whether a variable has a value.",
    untested: "needs a variable; tested in test/graph/variable.test.ts",
  },
  InitializedValue: {
    summary: "A variable's value, or its initial value while it has none.",
    untested: "needs a variable; tested in test/graph/variable.test.ts",
  },
  ReportUninitializedVariables: {
    summary: "Names of the variables that have no value.",
    untested: "asks a session about its variables; tested in test/graph/variable.test.ts",
  },
};
