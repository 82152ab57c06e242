/** @file What `shape.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { NdArray } from "../../core/index.js";
import type { References } from "../reference.js";
import { array, spread } from "../samples.js";
import { scalar, vector } from "./shape.js";

const samples = () => [
  { inputs: [spread([])], notDifferentiable: [0] },
  { inputs: [spread([3, 17, 2])], notDifferentiable: [0] },
  { inputs: [spread([0, 4])], notDifferentiable: [0] },
  { inputs: [array([true, false], "bool")] },
];

export const references: References = {
  Shape: {
    summary: "The shape of the input, as an int32 vector.",
    oracle: ([x]) => [vector((x as NdArray).shape)],
    samples,
  },
  Size: {
    summary: "The number of elements of the input, as an int32 scalar.",
    oracle: ([x]) => [scalar((x as NdArray).size)],
    samples,
  },
  Rank: {
    summary: "The number of axes of the input, as an int32 scalar.",
    oracle: ([x]) => [scalar((x as NdArray).rank)],
    samples,
  },
};
