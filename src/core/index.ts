/** @file What the rest of the library may use of `core`. */
export * from "./dtype.js";
export * from "./errors.js";
export * from "./ndarray.js";
export { copyRows, PickedRows, pendingRows, type RowOrder, type Rows } from "./picked-rows.js";
export * from "./shape.js";
export type * from "./shape-types.js";
export * from "./tensor-shape.js";
