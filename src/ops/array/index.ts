/** @file Operations that make, move and pick elements. */

export { concat, stack, type UnstackOptions, unstack } from "./concat.js";
export { type FilledOptions, fill, ones, onesLike, zeros, zerosLike } from "./fill.js";
export { gather, gatherNd } from "./gather.js";
export { linspace, type RangeOptions, range } from "./range.js";
export { expandDims, reshape, squeeze } from "./reshape.js";
export * from "./shape.js";
export type { ShapeArgument } from "./shape-argument.js";
export { split } from "./split.js";
export { invertPermutation, reverse, transpose } from "./transpose.js";
