/** @file What `pooling-ops.ts` is held against: the loops of `pooling-samples.ts`. */

import type { References } from "../reference.js";
import {
  avgPoolGradTests,
  avgPoolTests,
  maxPoolGradGradTests,
  maxPoolGradTests,
  maxPoolTests,
} from "./pooling-samples.js";

export const references: References = {
  MaxPool: {
    summary: "The largest element under each window.",
    ...maxPoolTests,
  },
  MaxPoolGrad: {
    summary: "Gradient of MaxPool: what arrives at a window goes to the first cell that has its maximum.",
    ...maxPoolGradTests,
  },
  MaxPoolGradGrad: {
    summary: "Gradient of MaxPoolGrad by what arrives: for each window, the element at its first maximum.",
    ...maxPoolGradGradTests,
  },
  AvgPool: {
    summary: "The mean of the elements under each window; padding does not count.",
    ...avgPoolTests,
  },
  AvgPoolGrad: {
    summary: "Gradient of AvgPool: what arrives at a window is shared equally by its cells.",
    ...avgPoolGradTests,
  },
};
