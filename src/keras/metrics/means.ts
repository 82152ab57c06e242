/**
 * @file Losses and other distances as metrics: means over batches. Follows `regression_metrics.py`,
 * `probabilistic_metrics.py`, `hinge_metrics.py` and `correlation_metrics.py` of Keras 3.
 */
import type { Tensor } from "../../graph/index.js";
import { nn } from "../../ops/index.js";
import { recordOf } from "../arguments.js";
import type { Config } from "../contracts.js";
import {
  binaryCrossentropy,
  type CrossentropyOptions,
  categoricalCrossentropy,
  type SparseCrossentropyOptions,
  sparseCategoricalCrossentropy,
} from "../losses/crossentropy.js";
import { type Operand, operandsOfOneRank } from "../losses/loss.js";
import { categoricalHinge, hinge, squaredHinge } from "../losses/margin.js";
import {
  klDivergence,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
} from "../losses/regression.js";
import type { MetricOptions, Values } from "./metric.js";
import { MeanOfValues } from "./reduction.js";

type ValueFunction = (yTrue: Tensor, yPred: Tensor) => Tensor;

/** A metric without options that is the mean of a function. */
abstract class MeanOf extends MeanOfValues {
  constructor(
    private readonly fn: ValueFunction,
    options: MetricOptions,
    defaultName: string,
  ) {
    super(options, defaultName);
  }
  protected valuesOf(yTrue: Tensor, yPred: Tensor): Tensor {
    return this.fn(yTrue, yPred);
  }
}

// ---- regression ----

/** `keras.metrics.MeanSquaredError`. */
export class MeanSquaredError extends MeanOf {
  constructor(options: MetricOptions = {}) {
    super(meanSquaredError, options, "mean_squared_error");
  }
}
/** `keras.metrics.MeanAbsoluteError`. */
export class MeanAbsoluteError extends MeanOf {
  constructor(options: MetricOptions = {}) {
    super(meanAbsoluteError, options, "mean_absolute_error");
  }
}
/** `keras.metrics.MeanAbsolutePercentageError`. */
export class MeanAbsolutePercentageError extends MeanOf {
  constructor(options: MetricOptions = {}) {
    super(meanAbsolutePercentageError, options, "mean_absolute_percentage_error");
  }
}
/** `keras.metrics.MeanSquaredLogarithmicError`. */
export class MeanSquaredLogarithmicError extends MeanOf {
  constructor(options: MetricOptions = {}) {
    super(meanSquaredLogarithmicError, options, "mean_squared_logarithmic_error");
  }
}
/** `keras.metrics.LogCoshError`. */
export class LogCoshError extends MeanOf {
  constructor(options: MetricOptions = {}) {
    super(logCosh, options, "logcosh");
  }
}
/** The root of the mean of squared differences. `keras.metrics.RootMeanSquaredError`. */
export class RootMeanSquaredError extends MeanOfValues {
  constructor(options: MetricOptions = {}) {
    super(options, "root_mean_squared_error");
  }
  protected valuesOf(yTrue: Tensor, yPred: Tensor): Tensor {
    const { y, p } = operandsOfOneRank(yTrue, yPred);
    return p.sub(y).square() as Tensor;
  }
  protected override resultOf(values: Values<"total" | "count">): Tensor {
    return super.resultOf(values).sqrt();
  }
}

export interface AxisOption {
  /** The axis of the vectors that are compared. Default −1. */
  readonly axis?: number;
}
/** A metric that compares vectors along an axis. */
abstract class MeanOverAxis extends MeanOfValues {
  readonly axis: number;
  constructor(given: MetricOptions & AxisOption, defaultName: string) {
    const { axis = -1, ...options } = recordOf(given, new.target);
    super(options, defaultName);
    this.axis = axis;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}
/** The cosine between labels and predictions: 1 is the same direction. `keras.metrics.CosineSimilarity`. */
export class CosineSimilarity extends MeanOverAxis {
  constructor(options: MetricOptions & AxisOption = {}) {
    super(options, "cosine_similarity");
  }
  protected valuesOf(yTrue: Tensor, yPred: Tensor): Tensor {
    const { y, p } = operandsOfOneRank(yTrue, yPred);
    const unit = (x: Tensor): Tensor => nn.l2Normalize(x, this.axis, { epsilon: 1e-14 });
    return unit(y).mul(unit(p)).reduceSum(this.axis) as Tensor;
  }
}

/** Labels and predictions less their means, and their mean squares. */
function centred(yTrue: Operand, yPred: Operand, axis: number) {
  const { y, p } = operandsOfOneRank(yTrue, yPred);
  const mean = (x: Tensor): Tensor => x.reduceMean({ axis, keepDims: true }) as Tensor;
  const [yMean, pMean] = [mean(y), mean(p)];
  const [dy, dp]: readonly [Tensor, Tensor] = [y.sub(yMean), p.sub(pMean)];
  return { y, yMean, pMean, dy, dp, yVariance: mean(dy.square()), pVariance: mean(dp.square()) };
}
/** The correlation of labels and predictions, −1 to 1. `keras.metrics.PearsonCorrelation`. */
export class PearsonCorrelation extends MeanOverAxis {
  constructor(options: MetricOptions & AxisOption = {}) {
    super(options, "pearson_correlation");
  }
  protected valuesOf(yTrue: Tensor, yPred: Tensor): Tensor {
    const { dy, dp, yVariance, pVariance } = centred(yTrue, yPred, this.axis);
    const product: Tensor = dy.div(yVariance.sqrt()).mul(dp.div(pVariance.sqrt()) as Tensor);
    return product.reduceMean(this.axis) as Tensor;
  }
}
/** Correlation that also wants equal means and scales (Lin, 1989). `keras.metrics.ConcordanceCorrelation`. */
export class ConcordanceCorrelation extends MeanOverAxis {
  constructor(options: MetricOptions & AxisOption = {}) {
    super(options, "concordance_correlation");
  }
  protected valuesOf(yTrue: Tensor, yPred: Tensor): Tensor {
    const { y, yMean, pMean, dp, yVariance, pVariance } = centred(yTrue, yPred, this.axis);
    const norm = yVariance.add(pVariance).add(yMean.sub(pMean).square() as Tensor) as Tensor;
    // The mean of dp is 0, so that y may be taken less any constant: Keras takes the predictions' mean.
    const covariance = y.sub(pMean).mul(dp) as Tensor;
    return covariance.mul(2).div(norm.add(1e-7)).reduceMean(this.axis) as Tensor;
  }
}

// ---- probabilities ----

/** `keras.metrics.KLDivergence`. */
export class KLDivergence extends MeanOf {
  constructor(options: MetricOptions = {}) {
    super(klDivergence, options, "kl_divergence");
  }
}
/** `keras.metrics.Poisson`. */
export class Poisson extends MeanOf {
  constructor(options: MetricOptions = {}) {
    super(poisson, options, "poisson");
  }
}
/** `keras.metrics.BinaryCrossentropy`. */
export class BinaryCrossentropy extends MeanOfValues {
  readonly fromLogits: boolean;
  readonly labelSmoothing: number;
  constructor(options: MetricOptions & Omit<CrossentropyOptions, "axis"> = {}) {
    super(options, "binary_crossentropy");
    this.fromLogits = options.fromLogits ?? false;
    this.labelSmoothing = options.labelSmoothing ?? 0;
  }
  protected valuesOf(yTrue: Tensor, yPred: Tensor): Tensor {
    return binaryCrossentropy(yTrue, yPred, { fromLogits: this.fromLogits, labelSmoothing: this.labelSmoothing });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), from_logits: this.fromLogits, label_smoothing: this.labelSmoothing };
  }
}
/** `keras.metrics.CategoricalCrossentropy`. */
export class CategoricalCrossentropy extends MeanOfValues {
  readonly fromLogits: boolean;
  readonly labelSmoothing: number;
  readonly axis: number;
  constructor(given: MetricOptions & CrossentropyOptions = {}) {
    const { fromLogits = false, labelSmoothing = 0, axis = -1, ...options } = recordOf(given, new.target);
    super(options, "categorical_crossentropy");
    this.fromLogits = fromLogits;
    this.labelSmoothing = labelSmoothing;
    this.axis = axis;
  }
  protected valuesOf(yTrue: Tensor, yPred: Tensor): Tensor {
    return categoricalCrossentropy(yTrue, yPred, this);
  }
  override getConfig(): Config {
    const { fromLogits, labelSmoothing, axis } = this;
    return { ...super.getConfig(), from_logits: fromLogits, label_smoothing: labelSmoothing, axis };
  }
}
/** `keras.metrics.SparseCategoricalCrossentropy`. */
export class SparseCategoricalCrossentropy extends MeanOfValues {
  readonly fromLogits: boolean;
  readonly ignoreClass: number | null;
  constructor(given: MetricOptions & SparseCrossentropyOptions = {}) {
    const { fromLogits = false, ignoreClass = null, ...options } = recordOf(given, new.target);
    super(options, "sparse_categorical_crossentropy");
    this.fromLogits = fromLogits;
    this.ignoreClass = ignoreClass;
  }
  protected valuesOf(yTrue: Tensor, yPred: Tensor): Tensor {
    return sparseCategoricalCrossentropy(yTrue, yPred, this);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), from_logits: this.fromLogits, ignore_class: this.ignoreClass };
  }
}

// ---- margins ----

/** `keras.metrics.Hinge`. */
export class Hinge extends MeanOf {
  constructor(options: MetricOptions = {}) {
    super(hinge, options, "hinge");
  }
}
/** `keras.metrics.SquaredHinge`. */
export class SquaredHinge extends MeanOf {
  constructor(options: MetricOptions = {}) {
    super(squaredHinge, options, "squared_hinge");
  }
}
/** `keras.metrics.CategoricalHinge`. */
export class CategoricalHinge extends MeanOf {
  constructor(options: MetricOptions = {}) {
    super(categoricalHinge, options, "categorical_hinge");
  }
}
