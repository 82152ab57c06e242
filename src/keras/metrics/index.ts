/**
 * @file `keras.metrics`: quantities accumulated over batches. Where a metric is asked for, its name serves
 * as well: `"accuracy"`, `"auc"`, and every loss.
 */
import type { LossFunction, LossName, MetricIdentifier } from "../contracts.js";
import {
  type ConfigurableClass,
  deserialize,
  get as getByName,
  register,
  registerFunction,
  wrapFunctions,
} from "../registry.js";
import * as accuracy from "./accuracy.js";
import { AUC } from "./auc.js";
import * as confusion from "./confusion-metrics.js";
import * as iou from "./iou.js";
import * as means from "./means.js";
import { Mean, MeanMetricWrapper, Sum } from "./reduction.js";
import { F1Score, FBetaScore, R2Score } from "./scores.js";

export {
  Accuracy,
  BinaryAccuracy,
  binaryAccuracy,
  CategoricalAccuracy,
  categoricalAccuracy,
  SparseCategoricalAccuracy,
  SparseTopKCategoricalAccuracy,
  sparseCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  type ThresholdOption,
  TopKCategoricalAccuracy,
  type TopKOption,
  topKCategoricalAccuracy,
} from "./accuracy.js";
export { AUC, type AucOptions } from "./auc.js";
export {
  FalseNegatives,
  FalsePositives,
  Precision,
  PrecisionAtRecall,
  type PrecisionOptions,
  type RateOptions,
  Recall,
  RecallAtPrecision,
  SensitivityAtSpecificity,
  SpecificityAtSensitivity,
  type ThresholdsOption,
  TrueNegatives,
  TruePositives,
} from "./confusion-metrics.js";
export {
  BinaryIoU,
  type BinaryIoUOptions,
  IoU,
  type IoUOptions,
  MeanIoU,
  type MeanIoUOptions,
  OneHotIoU,
  OneHotMeanIoU,
} from "./iou.js";
export {
  BinaryCrossentropy,
  CategoricalCrossentropy,
  CategoricalHinge,
  ConcordanceCorrelation,
  CosineSimilarity,
  Hinge,
  KLDivergence,
  LogCoshError,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
  PearsonCorrelation,
  Poisson,
  RootMeanSquaredError,
  SparseCategoricalCrossentropy,
  SquaredHinge,
} from "./means.js";
export { Metric, type MetricOptions, StatefulMetric, type StateShapes, type Values } from "./metric.js";
export { Mean, MeanMetricWrapper, MeanOfValues, Sum } from "./reduction.js";
export { resolveLoss, resolveMetric, type TargetKind, targetKind } from "./resolve.js";
export { F1Score, FBetaScore, R2Score } from "./scores.js";

const aliases: Readonly<Record<string, readonly string[]>> = {
  Accuracy: ["acc"],
  BinaryCrossentropy: ["bce", "BCE"],
  KLDivergence: ["kld", "KLD", "kullback_leibler_divergence"],
  LogCoshError: ["logcosh", "log_cosh"],
  MeanAbsoluteError: ["mae", "MAE"],
  MeanAbsolutePercentageError: ["mape", "MAPE"],
  MeanIoU: ["mean_iou"],
  MeanSquaredError: ["mse", "MSE"],
  MeanSquaredLogarithmicError: ["msle", "MSLE"],
  BinaryIoU: ["binary_iou"],
  FBetaScore: ["fbeta_score"],
  IoU: ["iou"],
  OneHotIoU: ["one_hot_iou"],
  OneHotMeanIoU: ["one_hot_mean_iou"],
};
const classes: Readonly<Record<string, ConfigurableClass>> = {
  ...pick(accuracy),
  ...pick(confusion),
  ...pick(iou),
  ...pick(means),
  AUC,
  F1Score,
  FBetaScore,
  Mean,
  MeanMetricWrapper,
  R2Score,
  Sum,
};

/** The classes of a room. */
function pick(room: Readonly<Record<string, unknown>>): Record<string, ConfigurableClass> {
  const isClass = (value: unknown): value is ConfigurableClass => typeof value === "function" && "fromConfig" in value;
  return Object.fromEntries(
    Object.entries(room).filter((entry): entry is [string, ConfigurableClass] => isClass(entry[1])),
  );
}

const module = "keras.metrics";
for (const [name, source] of Object.entries(classes))
  register("metric", name, source, { module, aliases: aliases[name] ?? [] });

/** Losses that are no metrics of their own: the name makes their mean. */
const onlyLosses = [
  "huber",
  "huber_loss",
  "categorical_focal_crossentropy",
  "binary_focal_crossentropy",
  "cosine_proximity",
  "dice",
  "tversky",
] as const satisfies readonly LossName[];
for (const name of onlyLosses) {
  const fn: LossFunction = (yTrue, yPred) => deserialize("loss", name).call(yTrue, yPred);
  registerFunction("metric", name, fn, { module, create: (given) => new MeanMetricWrapper(fn, { name: given }) });
}
const functions = {
  accuracy: [accuracy.accuracy, accuracy.Accuracy],
  binary_accuracy: [accuracy.binaryAccuracy, accuracy.BinaryAccuracy],
  categorical_accuracy: [accuracy.categoricalAccuracy, accuracy.CategoricalAccuracy],
  sparse_categorical_accuracy: [accuracy.sparseCategoricalAccuracy, accuracy.SparseCategoricalAccuracy],
  top_k_categorical_accuracy: [accuracy.topKCategoricalAccuracy, accuracy.TopKCategoricalAccuracy],
  sparse_top_k_categorical_accuracy: [accuracy.sparseTopKCategoricalAccuracy, accuracy.SparseTopKCategoricalAccuracy],
} as const;
for (const [name, [fn, MetricClass]] of Object.entries(functions))
  registerFunction("metric", name, fn, { module, create: (given) => new MetricClass({ name: given }) });
wrapFunctions("metric", (fn: LossFunction) => new MeanMetricWrapper(fn));

/** The metric of a name, config or function. `keras.metrics.get`. */
export const get = (identifier: MetricIdentifier) => getByName("metric", identifier);
