/**
 * @file Metrics that count right and wrong answers to yes-or-no questions. Labels and predictions are cast
 * to bool. Follows `metrics_impl.py` of TensorFlow 1.3.
 */
import type { Tensor } from "../../graph/index.js";
import { identity } from "../basic.js";
import { add, logicalAnd, multiply, type Operand } from "../binary.js";
import { cast } from "../cast.js";
import type { TensorLike } from "../define.js";
import { safeDivide } from "../losses/safe-divide.js";
import { reduceSum } from "../reduce.js";
import { logicalNot } from "../unary.js";
import { inMetricScope, localVariable, type Metric, type MetricOptions, metricOperands } from "./local-metric.js";

/** Whether a prediction says yes, and whether the label does. */
export interface Answer {
  readonly predicted: boolean;
  readonly actual: boolean;
}
export const answers = {
  true_positives: { predicted: true, actual: true },
  false_positives: { predicted: true, actual: false },
  false_negatives: { predicted: false, actual: true },
  true_negatives: { predicted: false, actual: false },
} as const satisfies Record<string, Answer>;

/** Where predictions and labels are a given answer, as 0 and 1. */
export function isAnswer(predictions: Tensor<"bool">, labels: Tensor<"bool">, { predicted, actual }: Answer): Tensor {
  const p = predicted ? predictions : (logicalNot(predictions) as Tensor);
  const y = actual ? labels : (logicalNot(labels) as Tensor);
  return cast(logicalAnd(p as Tensor, y as Tensor) as Tensor, "float32");
}

function countAnswers(
  name: keyof typeof answers,
  labels: Operand,
  predictions: Operand,
  options: MetricOptions,
): Metric {
  return inMetricScope(name, options, [predictions as TensorLike, labels as TensorLike], () => {
    const operands = metricOperands(labels as TensorLike, predictions as TensorLike, options);
    const { weights } = operands;
    const found = isAnswer(cast(operands.predictions, "bool"), cast(operands.labels, "bool"), answers[name]);
    const count = localVariable("count", []);
    const value = identity(count.value());
    return [value, count.assignAdd(reduceSum(weights === undefined ? found : (multiply(found, weights) as Tensor)))];
  });
}

/** How many predictions say yes, rightly; the sum of their weights. `tf.metrics.true_positives`. */
export const truePositives = (labels: Operand, predictions: Operand, options: MetricOptions = {}): Metric =>
  countAnswers("true_positives", labels, predictions, options);
/** How many predictions say yes, wrongly; the sum of their weights. `tf.metrics.false_positives`. */
export const falsePositives = (labels: Operand, predictions: Operand, options: MetricOptions = {}): Metric =>
  countAnswers("false_positives", labels, predictions, options);
/** How many predictions say no, wrongly; the sum of their weights. `tf.metrics.false_negatives`. */
export const falseNegatives = (labels: Operand, predictions: Operand, options: MetricOptions = {}): Metric =>
  countAnswers("false_negatives", labels, predictions, options);
/** How many predictions say no, rightly; the sum of their weights. `tf.metrics.true_negatives`. */
export const trueNegatives = (labels: Operand, predictions: Operand, options: MetricOptions = {}): Metric =>
  countAnswers("true_negatives", labels, predictions, options);

/** The share of true positives among what `wrong` and they count together; 0 of none. */
function shareOfTruePositives(
  name: string,
  wrong: typeof truePositives,
  labels: Operand,
  predictions: Operand,
  options: MetricOptions,
): Metric {
  return inMetricScope(name, options, [predictions as TensorLike, labels as TensorLike], () => {
    const counted = { weights: options.weights };
    const [right, rightUpdate] = truePositives(labels, predictions, counted);
    const [others, othersUpdate] = wrong(labels, predictions, counted);
    const share = (tp: Tensor, rest: Tensor, part: string): Tensor =>
      safeDivide(tp, add(tp, rest) as Tensor, { name: part });
    return [share(right, others, "value"), share(rightUpdate, othersUpdate, "update_op")];
  });
}

/** How often a yes is right: true positives among all predicted. `tf.metrics.precision`. */
export const precision = (labels: Operand, predictions: Operand, options: MetricOptions = {}): Metric =>
  shareOfTruePositives("precision", falsePositives, labels, predictions, options);

/** How many of those to be found are found: true positives among all actual. `tf.metrics.recall`. */
export const recall = (labels: Operand, predictions: Operand, options: MetricOptions = {}): Metric =>
  shareOfTruePositives("recall", falseNegatives, labels, predictions, options);
