/** @file What the rest of the library may use of `core`. */
export { type OptionNames, requireOptions } from "./call-options.js";
export { copyRows, type RowOrder } from "./copy-rows.js";
export * from "./dtype.js";
export * from "./errors.js";
export * from "./ndarray.js";
export { nearestHint } from "./nearest-name.js";
export { PickedRows, type Rows } from "./picked-rows.js";
export * from "./shape.js";
export type * from "./shape-types.js";
export * from "./tensor-shape.js";
