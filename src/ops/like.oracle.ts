/** @file What `like.ts` is held against by the generic tests: oracles and samples of its operations. */

import type { References } from "./reference.js";
import { spread } from "./samples.js";

export const references: References = {
  SumToLike: {
    summary: "Sums over the axes along which `like` broadcasts to the input.",
    samples: () => [
      { inputs: [spread([4, 3, 2]), spread([3, 1])], notDifferentiable: [1] },
      { inputs: [spread([17]), spread([])], notDifferentiable: [1] },
      { inputs: [spread([3, 4]), spread([3, 4])], notDifferentiable: [1] },
    ],
  },
  BroadcastLike: {
    summary: "Broadcasts the input to the shape of `like`.",
    samples: () => [
      { inputs: [spread([3, 1]), spread([4, 3, 2])], notDifferentiable: [1] },
      { inputs: [spread([]), spread([17])], notDifferentiable: [1] },
    ],
  },
  ExpandLike: {
    summary: "Undoes the shape of a reduction over `axes`: repeats the input along them to the shape of `like`.",
    samples: () => [
      { inputs: [spread([3]), spread([3, 17])], attributes: { axes: [1], keepDims: false }, notDifferentiable: [1] },
      { inputs: [spread([]), spread([3, 4])], attributes: { axes: null, keepDims: false }, notDifferentiable: [1] },
    ],
  },
  ReshapeLike: {
    summary: "The input's elements, in row-major order, in the shape of `like`.",
    samples: () => [{ inputs: [spread([4, 6]), spread([3, 8])], notDifferentiable: [1] }],
  },
};
