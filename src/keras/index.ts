/** @file Level 4: Keras. `import * as keras from "tensorstrata/keras"`. */
import "./serialization.js";

export * as datasets from "../datasets/keras.js";
export * as activations from "./activations.js";
export * as backend from "./backend.js";
export * as callbacks from "./callbacks/index.js";
export * as constraints from "./constraints.js";
export { Layer } from "./engine/layer.js";
export type {
  BatchData,
  BatchStream,
  CompiledLoss,
  CompileOptions,
  Data,
  EvaluateOptions,
  FitOptions,
  PredictOptions,
} from "./engine/training/options.js";
export * as initializers from "./initializers/index.js";
export * as layers from "./layers/index.js";
export { input } from "./layers/input.js";
export * as losses from "./losses/index.js";
export * as metrics from "./metrics/index.js";
export * as models from "./models/index.js";
export { type FunctionalOptions, Model, type ModelOptions } from "./models/model.js";
export { Sequential } from "./models/sequential.js";
export * as optimizers from "./optimizers/index.js";
export * as preprocessing from "./preprocessing/index.js";
export * as regularizers from "./regularizers.js";
export * as schedules from "./schedules.js";
export * as serialization from "./serialization.js";
export * as utils from "./utils/index.js";
