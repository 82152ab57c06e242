/** @file What `convolution-ops.ts` is held against: the loops of `convolution-samples.ts`. */
import type { References } from "../reference.js";
import { convolutionReferences, denseConvolutionTests } from "./convolution-samples.js";

export const references: References = convolutionReferences(
  "Conv2D",
  "Slides a filter over pictures: a product over height, width and channels at every position.",
  denseConvolutionTests,
);
