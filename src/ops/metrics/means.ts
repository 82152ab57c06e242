/** @file Metrics that are means over all elements seen so far. Follows `metrics_impl.py` of TensorFlow 1.3. */
import type { Tensor } from "../../graph/index.js";
import { size, where, zerosLike } from "../array/index.js";
import { divide, equal, less, multiply, type Operand, subtract } from "../binary.js";
import { cast } from "../cast.js";
import type { TensorLike } from "../define.js";
import { toFloat } from "../losses/broadcast-weights.js";
import { safeDivide } from "../losses/safe-divide.js";
import { reduceSum } from "../reduce.js";
import { abs, sqrt, square } from "../unary.js";
import {
  collected,
  inMetricScope,
  localVariable,
  type Metric,
  type MetricOperands,
  type MetricOptions,
  metricOperands,
  metricWeights,
} from "./local-metric.js";

/** The mean of all elements, weighted; 0 of none. `tf.metrics.mean`. */
export function mean(values: Operand, options: MetricOptions = {}): Metric {
  return inMetricScope("mean", options, [values as TensorLike], (graph) => {
    const given = toFloat(values as TensorLike);
    const weights = metricWeights(options.weights, given);
    const weighted = weights === undefined ? given : (multiply(given, weights) as Tensor);
    const added = weights === undefined ? cast(size(given), "float32") : reduceSum(weights);
    const total = localVariable("total", []);
    const count = localVariable("count", []);
    const totalUpdate = total.assignAdd(reduceSum(weighted));
    const countUpdate = graph.controlDependencies([weighted], () => count.assignAdd(added));
    return [
      safeDivide(total.value(), count.value(), { name: "value" }),
      safeDivide(totalUpdate, countUpdate, { name: "update_op" }),
    ];
  });
}

/** The mean of a formula of labels and predictions. */
function meanOf(
  name: string,
  labels: Operand,
  predictions: Operand,
  options: MetricOptions,
  formula: (operands: MetricOperands) => Tensor,
): Metric {
  const operands = metricOperands(labels as TensorLike, predictions as TensorLike, options);
  return mean(formula(operands), { ...options, weights: operands.weights, name: options.name ?? name });
}

const asFloats = ({ labels, predictions }: MetricOperands): readonly [Tensor<"float32">, Tensor<"float32">] => [
  toFloat(labels),
  toFloat(predictions),
];
const difference = (operands: MetricOperands): Tensor => {
  const [y, p] = asFloats(operands);
  return subtract(p, y);
};

/** How often predictions are the labels. Predictions are cast to the labels' dtype. `tf.metrics.accuracy`. */
export const accuracy = (labels: Operand, predictions: Operand, options: MetricOptions = {}): Metric =>
  meanOf("accuracy", labels, predictions, options, ({ labels: y, predictions: p }) =>
    cast(equal(cast(p, y.dtype) as Tensor, y) as Tensor, "float32"),
  );

/** The mean of `(p − y)²`. `tf.metrics.mean_squared_error`. */
export const meanSquaredError = (labels: Operand, predictions: Operand, options: MetricOptions = {}): Metric =>
  meanOf("mean_squared_error", labels, predictions, options, (operands) => square(difference(operands)));

/** The mean of `|p − y|`. `tf.metrics.mean_absolute_error`. */
export const meanAbsoluteError = (labels: Operand, predictions: Operand, options: MetricOptions = {}): Metric =>
  meanOf("mean_absolute_error", labels, predictions, options, (operands) => abs(difference(operands)));

/**
 * The mean of `|p − y| / normalizer`, 0 where the normalizer is 0. `tf.metrics.mean_relative_error`.
 * @param normalizer of the labels' shape
 */
export const meanRelativeError = (
  labels: Operand,
  predictions: Operand,
  normalizer: Operand,
  options: MetricOptions = {},
): Metric =>
  meanOf("mean_relative_error", labels, predictions, options, (operands) => {
    const scale = toFloat(normalizer as TensorLike);
    const error = abs(difference(operands));
    const isZero = equal(scale, 0) as Tensor<"bool">;
    return where(isZero, zerosLike(error) as Tensor, divide(error, scale) as Tensor) as Tensor;
  });

/** The square root of {@link meanSquaredError}. `tf.metrics.root_mean_squared_error`. */
export function rootMeanSquaredError(labels: Operand, predictions: Operand, options: MetricOptions = {}): Metric {
  const { metricsCollections, updatesCollections, ...rest } = options;
  const [value, update] = meanSquaredError(labels, predictions, {
    ...rest,
    name: options.name ?? "root_mean_squared_error",
  });
  return collected([sqrt(value), sqrt(update)], options);
}

/** How often values are below a threshold. `tf.metrics.percentage_below`. */
export const percentageBelow = (values: Operand, threshold: number, options: MetricOptions = {}): Metric =>
  mean(cast(less(toFloat(values as TensorLike), threshold) as Tensor, "float32"), {
    ...options,
    name: options.name ?? "percentage_below_threshold",
  });
