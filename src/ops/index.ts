/** @file Every operation builder of level 1. */
import "./graph-def.js";
import "./methods.js";
import "./reduce-methods.js";

export { addN } from "./add-n.js";
export * from "./array/index.js";
export * from "./basic.js";
export * from "./binary.js";
export { cast } from "./cast.js";
export { checkNumerics, verifyTensorAllFinite } from "./check-numerics.js";
export * from "./clip.js";
export {
  type CondOptions,
  cond,
  foldl,
  foldr,
  mapFn,
  type ScanOptions,
  type Structure,
  scan,
  switchCase,
  type WhileLoopOptions,
  whileLoop,
} from "./control-flow/index.js";
export type { NameOption, TensorLike } from "./define.js";
export { type GradientOptions, gradients, registerGradient } from "./gradients.js";
export {
  computeFans,
  constantInitializer,
  type FanMode,
  glorotNormalInitializer,
  glorotUniformInitializer,
  type Initializer,
  type InitializerCall,
  type InitializerFunction,
  identityInitializer,
  onesInitializer,
  type PartitionInfo,
  randomNormalInitializer,
  randomUniformInitializer,
  truncatedNormalInitializer,
  uniformUnitScalingInitializer,
  type VarianceScalingOptions,
  varianceScalingInitializer,
  zerosInitializer,
} from "./initializers.js";
export { orthogonalInitializer } from "./initializers-orthogonal.js";
export { type QrFactors, qr } from "./linalg.js";
export * as losses from "./losses/index.js";
export { type MatMulOptions, matmul } from "./matmul.js";
export * as metrics from "./metrics/index.js";
export * as nn from "./nn/index.js";
export * from "./random/index.js";
export * from "./reduce.js";
export { argmax, argmin } from "./reduce-arg.js";
export * from "./scopes.js";
export * from "./unary.js";
export * from "./variable.js";
export * from "./variable-scope.js";
