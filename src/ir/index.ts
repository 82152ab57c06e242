/** @file What the rest of the library may use of `ir`, the kernel language. */
export * from "./builder.js";
export * from "./expression.js";
export * from "./lowering.js";
export * from "./program.js";
export * from "./scalar.js";
