/** @file Operations that make, move and pick elements. */
import "./array-methods.js";

export { clipByValue, type MeshgridOptions, meshgrid } from "./compositions.js";
export { concat } from "./concat.js";
export { type CumsumOptions, cumsum } from "./cumsum.js";
export { type FilledOptions, fill, ones, onesLike, zeros, zerosLike } from "./fill.js";
export { gather, gatherNd } from "./gather.js";
export { diag, diagPart, eye } from "./matrices.js";
export { type OneHotOptions, oneHot, sequenceMask } from "./one-hot.js";
export { type PadMode, type PadOptions, pad } from "./pad.js";
export { linspace, type RangeOptions, range } from "./range.js";
export { expandDims, reshape, squeeze } from "./reshape.js";
export { scatterAdd, scatterSub, scatterUpdate } from "./scatter.js";
export { rank, shape, size } from "./shape.js";
export type { ShapeArgument } from "./shape-argument.js";
export { slice } from "./slice.js";
export { split } from "./split.js";
export { stack, type UnstackOptions, unstack } from "./stack.js";
export { type IndexEntry, type StridedSliceOptions, stridedSlice } from "./strided-slice.js";
export { tensordot } from "./tensordot.js";
export { broadcastTo, tile } from "./tile.js";
export { invertPermutation, reverse, transpose } from "./transpose.js";
export { type Unique, unique } from "./unique.js";
export { booleanMask, where } from "./where.js";
