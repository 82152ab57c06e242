/** @file What `convolution-depthwise.ts` is held against: the loops of `convolution-samples.ts`. */
import type { References } from "../reference.js";
import { convolutionReferences, depthwiseConvolutionTests } from "./convolution-samples.js";

export const references: References = convolutionReferences(
  "DepthwiseConv2dNative",
  "Slides filters over pictures, those of each channel over that channel alone.",
  depthwiseConvolutionTests,
);
