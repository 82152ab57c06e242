/** @file How often predictions are right. Follows `accuracy_metrics.py` of Keras 3. */
import type { Tensor } from "../../graph/index.js";
import { reshape, shape, squeeze } from "../../ops/array/index.js";
import { cast } from "../../ops/cast.js";
import { nn } from "../../ops/index.js";
import { argmax } from "../../ops/reduce-arg.js";
import { recordOf } from "../arguments.js";
import type { Config } from "../contracts.js";
import { floatPredictions, type Operand, operandsOfOneRank } from "../losses/loss.js";
import { asTensor, type MetricOptions } from "./metric.js";
import { MeanOfValues } from "./reduction.js";

const asNumbers = (matches: Tensor): Tensor => cast(matches, "float32");
const classOf = (scores: Tensor): Tensor => argmax(scores, -1) as Tensor;
const labelsOf = (yTrue: Operand): Tensor => asTensor(yTrue, "float32");
/** Without a last axis of extent 1, where there are as many axes as the predictions have. */
const withoutLast = (y: Tensor, p: Tensor): Tensor =>
  y.rank !== null && y.rank === p.rank && y.shape.at(-1) === 1 ? (squeeze(y, -1) as Tensor) : y;

/** 1 where predictions are the labels. */
export function accuracy(yTrue: Operand, yPred: Operand): Tensor {
  const { y, p } = operandsOfOneRank(yTrue, yPred);
  return asNumbers(y.equal(p) as Tensor);
}
/** How often predictions are the labels. `keras.metrics.Accuracy`. */
export class Accuracy extends MeanOfValues {
  constructor(options: MetricOptions = {}) {
    super(options, "accuracy");
  }
  protected valuesOf(yTrue: Tensor, yPred: Tensor): Tensor {
    return accuracy(yTrue, yPred);
  }
}

/** From which prediction on a row counts as positive. */
export interface ThresholdOption {
  /** Predictions above it say yes. Default 0.5. */
  readonly threshold?: number;
}
/** 1 where a prediction above the threshold meets a label of 1, or one below it a label of 0. */
export function binaryAccuracy(yTrue: Operand, yPred: Operand, { threshold = 0.5 }: ThresholdOption = {}): Tensor {
  const { y, p } = operandsOfOneRank(yTrue, yPred);
  return asNumbers(y.equal(p.greater(threshold).cast(y.dtype)) as Tensor);
}
/** How often yes and no are right. `keras.metrics.BinaryAccuracy`. */
export class BinaryAccuracy extends MeanOfValues {
  readonly threshold: number;
  constructor(given: MetricOptions & ThresholdOption = {}) {
    const { threshold = 0.5, ...options } = recordOf(given, new.target);
    super(options, "binary_accuracy");
    this.threshold = threshold;
  }
  protected valuesOf(yTrue: Tensor, yPred: Tensor): Tensor {
    return binaryAccuracy(yTrue, yPred, { threshold: this.threshold });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), threshold: this.threshold };
  }
}

/** 1 where the likeliest class is the label's; labels are one-hot. */
export function categoricalAccuracy(yTrue: Operand, yPred: Operand): Tensor {
  return asNumbers(classOf(labelsOf(yTrue)).equal(classOf(floatPredictions(yPred))) as Tensor);
}
/** How often the likeliest class is that of one-hot labels. `keras.metrics.CategoricalAccuracy`. */
export class CategoricalAccuracy extends MeanOfValues {
  constructor(options: MetricOptions = {}) {
    super(options, "categorical_accuracy");
  }
  protected valuesOf(yTrue: Tensor, yPred: Tensor): Tensor {
    return categoricalAccuracy(yTrue, yPred);
  }
}

/** 1 where the likeliest class is the label; labels are class numbers. */
export function sparseCategoricalAccuracy(yTrue: Operand, yPred: Operand): Tensor {
  const p = floatPredictions(yPred);
  const y: Tensor = cast(withoutLast(labelsOf(yTrue), p), p.dtype);
  return asNumbers(y.equal(classOf(p).cast(p.dtype) as Tensor) as Tensor);
}
/** How often the likeliest class is the label. `keras.metrics.SparseCategoricalAccuracy`. */
export class SparseCategoricalAccuracy extends MeanOfValues {
  constructor(options: MetricOptions = {}) {
    super(options, "sparse_categorical_accuracy");
  }
  protected valuesOf(yTrue: Tensor, yPred: Tensor): Tensor {
    return sparseCategoricalAccuracy(yTrue, yPred);
  }
}

/** How many of the largest predictions count. */
export interface TopKOption {
  /** How many of the likeliest classes count. Default 5. */
  readonly k?: number;
}
/** Whether the label's score is among the `k` largest of its row. */
function inTopK(classes: Tensor, p: Tensor, k: number): Tensor {
  const columns = p.shape.at(-1) ?? -1;
  const rows = p.shape.length > 2 ? (reshape(p, [-1, columns]) as Tensor) : p;
  const labels = cast(classes, "int32") as Tensor;
  if (labels.shape.length <= 1) return asNumbers(nn.inTopK(rows, labels, k) as Tensor);
  const matches = nn.inTopK(rows, reshape(labels, [-1]) as Tensor, k) as Tensor;
  return asNumbers(reshape(matches, shape(labels) as Tensor<"int32">) as Tensor);
}

/** 1 where the class of a one-hot label is among the `k` likeliest. */
export const topKCategoricalAccuracy = (yTrue: Operand, yPred: Operand, { k = 5 }: TopKOption = {}): Tensor =>
  inTopK(classOf(labelsOf(yTrue)), floatPredictions(yPred), k);
/** How often the class of one-hot labels is among the likeliest. `keras.metrics.TopKCategoricalAccuracy`. */
export class TopKCategoricalAccuracy extends MeanOfValues {
  readonly k: number;
  constructor(given: MetricOptions & TopKOption = {}) {
    const { k = 5, ...options } = recordOf(given, new.target);
    super(options, "top_k_categorical_accuracy");
    this.k = k;
  }
  protected valuesOf(yTrue: Tensor, yPred: Tensor): Tensor {
    return topKCategoricalAccuracy(yTrue, yPred, { k: this.k });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), k: this.k };
  }
}

/** 1 where a class number is among the `k` likeliest. */
export function sparseTopKCategoricalAccuracy(yTrue: Operand, yPred: Operand, { k = 5 }: TopKOption = {}): Tensor {
  const p = floatPredictions(yPred);
  return inTopK(withoutLast(labelsOf(yTrue), p), p, k);
}
/** How often the label is among the likeliest classes. `keras.metrics.SparseTopKCategoricalAccuracy`. */
export class SparseTopKCategoricalAccuracy extends MeanOfValues {
  readonly k: number;
  constructor(given: MetricOptions & TopKOption = {}) {
    const { k = 5, ...options } = recordOf(given, new.target);
    super(options, "sparse_top_k_categorical_accuracy");
    this.k = k;
  }
  protected valuesOf(yTrue: Tensor, yPred: Tensor): Tensor {
    return sparseTopKCategoricalAccuracy(yTrue, yPred, { k: this.k });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), k: this.k };
  }
}
