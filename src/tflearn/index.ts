/**
 * @file Level 3: layers with good defaults, and models that train themselves, as TFLearn has them.
 * `import * as tflearn from "tensorstrata/tflearn"`.
 */
import { ArgumentError, callSiteOf, captureCallSite, describe, type NdArray, requireOptions } from "../core/index.js";
import { readDataSets } from "../datasets/index.js";

export * as dataUtils from "../pictures/image-data.js";
export type { ActivationName } from "./activations.js";
export * as activations from "./activations.js";
export * as callbacks from "./callbacks.js";
export { Callback, StopIteration, type TrainingState } from "./callbacks.js";
export type { RestoreOptions } from "./checkpoints.js";
export { Collections } from "./collections.js";
export { type GraphConfig, initGraph } from "./config.js";
export { DataAugmentation, ImageAugmentation } from "./data/augmentation.js";
export { DataPreprocessing, ImagePreprocessing } from "./data/preprocessing.js";
export { DNN, type DNNOptions, type FitOptions } from "./dnn.js";
export type { Data } from "./feeds.js";
export type { InitializationName } from "./initializations.js";
export * as initializations from "./initializations.js";
export * from "./layers/index.js";
export type { MetricName } from "./metrics.js";
export * as metrics from "./metrics.js";
export type { ObjectiveName } from "./objectives.js";
export * as objectives from "./objectives.js";
export * as optimizers from "./optimizers.js";
export {
  AdaDelta,
  AdaGrad,
  Adam,
  Ftrl,
  Momentum,
  Nesterov,
  type OptimizerName,
  ProximalAdaGrad,
  RMSProp,
  SGD,
} from "./optimizers.js";
export * as regularizers from "./regularizers.js";
export { addWeightsRegularizer, type RegularizerName } from "./regularizers.js";
export { TrainOp, type TrainOpOptions } from "./train-op.js";
export { Trainer, type TrainerFitOptions, type TrainerOptions } from "./trainer.js";
export { getTrainingMode, initTrainingMode, isTraining } from "./training-mode.js";
export * as variables from "./variables.js";
export { getLayerByName } from "./variables.js";
/** Training and test data of a data set. */
export type LoadedData = readonly [X: NdArray, Y: NdArray, testX: NdArray, testY: NdArray];

async function loadMnist(dataDir = "mnist/", options: { readonly oneHot?: boolean } = {}): Promise<LoadedData> {
  requireOptions("loadData", options, { oneHot: true });
  if (typeof dataDir !== "string")
    throw new ArgumentError(`loadData takes the path of a directory, got ${describe(dataDir)}`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: 'await tflearn.datasets.mnist.loadData("mnist/", { oneHot: true })',
    });
  const { train, test } = await readDataSets(dataDir, { oneHot: options.oneHot ?? false });
  return [train.images, train.labels, test.images, test.labels];
}

/** Data sets, ready for `fit`. */
export const datasets = {
  mnist: {
    /**
     * MNIST as `[X, Y, testX, testY]`: 55,000 and 10,000 pictures as rows of 784 numbers from 0 to 1, and
     * their labels, as rows of 10 with `oneHot`. `tflearn.datasets.mnist.load_data`.
     * @param dataDir a directory, to which absent files are downloaded, or another source of `readDataSets`
     */
    loadData: loadMnist,
  },
} as const;
