/**
 * @file Level 1: graphs, operations, sessions. `import * as tf from "tensorstrata"`.
 */
import * as errors_ from "./core/errors.js";

export { type DType, NdArray, type Shape, StrataError, TensorShape } from "./core/index.js";
/** Error classes, under TensorFlow's names. */
export const errors = errors_;
export {
  Graph,
  GraphKeys,
  getDefaultGraph,
  Operation,
  resetDefaultGraph,
  Tensor,
} from "./graph/index.js";
export * as layers from "./layers/index.js";
export * as regularizers from "./layers/regularizers.js";
export * from "./ops/index.js";
export * from "./runtime/index.js";
export * as train from "./train/index.js";
