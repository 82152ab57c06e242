/** @file What the updates of the optimizers are, and what tests them. */
import type { References } from "../ops/reference.js";

export const references: References = {
  ApplyRMSProp: {
    summary: "Divides the gradient by the root of a moving average of its square.",
    untested: "updates variables; traced in test/train/optimizers.test.ts",
  },
  ApplyCenteredRMSProp: {
    summary: "Divides the gradient by a moving estimate of its standard deviation.",
    untested: "updates variables; traced in test/train/optimizers.test.ts",
  },
  ApplyProximalGradientDescent: {
    summary: "Subtracts the scaled gradient, then shrinks toward zero.",
    untested: "updates variables; traced in test/train/optimizers.test.ts",
  },
  ApplyProximalAdagrad: {
    summary: "A step of Adagrad, then shrinks toward zero.",
    untested: "updates variables; traced in test/train/optimizers.test.ts",
  },
  ApplyAdagrad: {
    summary: "Divides the gradient by the root of the sum of its squares.",
    untested: "updates variables; traced in test/train/optimizers.test.ts",
  },
  ApplyAdadelta: {
    summary: "Scales the gradient by the ratio of moving averages of past updates and gradients.",
    untested: "updates variables; traced in test/train/optimizers.test.ts",
  },
  ApplyAdagradDA: {
    summary: "Adagrad with dual averaging: the variable is computed anew from all past gradients.",
    untested: "updates variables; traced in test/train/optimizers.test.ts",
  },
  ApplyGradientDescent: {
    summary: "Subtracts the scaled gradient.",
    untested: "updates variables; traced in test/train/optimizers.test.ts",
  },
  ApplyMomentum: {
    summary: "Accumulates gradients with decay and subtracts the scaled sum.",
    untested: "updates variables; traced in test/train/optimizers.test.ts",
  },
  ApplyAdam: {
    summary: "Adapts each element's step by moving averages of the gradient and its square.",
    untested: "updates variables; traced in test/train/optimizers.test.ts",
  },
  ApplyFtrlV2: {
    summary: "Follows the regularized leader: exact zeros under L1.",
    untested: "updates variables; traced in test/train/optimizers.test.ts",
  },
};
