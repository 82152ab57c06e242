/** @file `tf.train`: optimizers, learning rates, moving averages, checkpoints. */
export {
  AdadeltaOptimizer,
  type AdadeltaOptions,
  AdagradDAOptimizer,
  type AdagradDAOptions,
  AdagradOptimizer,
  type AdagradOptions,
} from "./adagrad.js";
export { AdamOptimizer, type AdamOptions } from "./adam.js";
export { checkpointExists } from "./checkpoint-files.js";
export { getCheckpointState, type LatestOptions, latestCheckpoint } from "./checkpoint-state.js";
export { FtrlOptimizer, type FtrlOptions } from "./ftrl.js";
export {
  createGlobalStep,
  type GlobalStep,
  getGlobalStep,
  getOrCreateGlobalStep,
  globalStep,
} from "./global-step.js";
export { GradientDescentOptimizer, MomentumOptimizer, type MomentumOptions } from "./gradient-descent.js";
export { ExponentialMovingAverage, type MovingAverageOptions } from "./moving-averages.js";
export {
  type ApplyGradientsOptions,
  type ComputeGradientsOptions,
  type GradientAndVariable,
  type Hyperparameter,
  type MinimizeOptions,
  Optimizer,
} from "./optimizer.js";
export {
  ProximalAdagradOptimizer,
  type ProximalAdagradOptions,
  ProximalGradientDescentOptimizer,
  type ProximalGradientDescentOptions,
} from "./proximal.js";
export { RMSPropOptimizer, type RMSPropOptions } from "./rmsprop.js";
export { type SaveOptions, Saver, type SaverOptions } from "./saver.js";
export {
  type CosineDecayOptions,
  type CosineRestartsOptions,
  cosineDecay,
  cosineDecayRestarts,
  type DecayOptions,
  exponentialDecay,
  inverseTimeDecay,
  type LinearCosineOptions,
  linearCosineDecay,
  naturalExpDecay,
  type PolynomialDecayOptions,
  piecewiseConstant,
  polynomialDecay,
  type Schedule,
} from "./schedules.js";
