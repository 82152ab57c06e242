/** @file Every operation builder of level 1. */
import "./methods.js";
import "./reduce-methods.js";

export { addN } from "./add-n.js";
export * from "./basic.js";
export * from "./binary.js";
export { cast } from "./cast.js";
export type { NameOption, TensorLike } from "./define.js";
export { type GradientOptions, gradients, registerGradient } from "./gradients.js";
export { type MatMulOptions, matmul } from "./matmul.js";
export * from "./random/index.js";
export * from "./reduce.js";
export { argmax, argmin } from "./reduce-arg.js";
export * from "./unary.js";
export * from "./variable.js";
export * as nn from "./nn/index.js";
