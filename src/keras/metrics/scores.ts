/** @file F-scores and the coefficient of determination. Follows `f_score_metrics.py` and `regression_metrics.py` of Keras 3. */
import { ArgumentError, ShapeError, tupled } from "../../core/index.js";
import type { Operation, Tensor } from "../../graph/index.js";
import { expandDims, size, where, zerosLike } from "../../ops/array/index.js";
import { cast } from "../../ops/cast.js";
import { broadcastLike } from "../../ops/like.js";
import { recordOf } from "../arguments.js";
import type { Config } from "../contracts.js";
import { squeezeOrExpandToSameRank } from "../losses/loss.js";
import { nameOf } from "../registry.js";
import {
  asTensor,
  Metric,
  type MetricOptions,
  type Operand,
  requireOneOf,
  type StateShapes,
  type Values,
} from "./metric.js";

/** A metric with one number for each output, of which the first batch tells how many there are. */
abstract class PerOutputMetric<Name extends string> extends Metric<Name> {
  protected outputs: number | null = null;

  override updateState(yTrue: Operand, yPred: Operand, sampleWeight?: Operand | null): Operation {
    const [y, p] = this.fit(asTensor(yTrue, this.dtype), asTensor(yPred, this.dtype));
    const outputs = p.partialShape?.at(-1) ?? null;
    if (p.rank !== 2 || y.rank !== 2 || outputs === null)
      throw new ShapeError(
        `${nameOf(this.constructor)} expects 2D inputs with shape (batch_size, output_dim). Received input shapes: y_pred.shape=${tupled(p.partialShape)} and y_true.shape=${tupled(y.partialShape)}.`,
        { hint: "give each sample one row, with a known number of columns" },
      );
    this.outputs = outputs;
    return super.updateState(y, p, sampleWeight);
  }
  /** Labels and predictions of one rank. */
  protected fit(y: Tensor, p: Tensor): readonly [Tensor, Tensor] {
    return [y, p];
  }
  /** @throws ArgumentError before the first batch */
  protected outputShape(): readonly number[] {
    if (this.outputs === null)
      throw new ArgumentError(`The metric ${this.name} has not seen a batch yet.`, {
        hint: "call updateState first: it tells how many outputs there are",
      });
    return [this.outputs];
  }
}

// ---- F-scores ----

export interface FBetaOptions extends MetricOptions {
  /** `"micro"` counts all classes together, `"macro"` averages, `"weighted"` by labels; `null` is one for each. Default `null`. */
  readonly average?: "micro" | "macro" | "weighted" | null;
  /** How much more recall counts than precision. Default 1. */
  readonly beta?: number;
  /** Predictions above it say yes. Default: only the largest of each row does. */
  readonly threshold?: number | null;
}
export type F1Options = Omit<FBetaOptions, "beta">;
type FBetaState = "true_positives" | "false_positives" | "false_negatives" | "intermediate_weights";

const averages = [null, "micro", "macro", "weighted"] as const;
const epsilon = 1e-7;

/** `(1 + β²)·precision·recall / (β²·precision + recall)`. `keras.metrics.FBetaScore`. */
export class FBetaScore extends PerOutputMetric<FBetaState> {
  readonly average: (typeof averages)[number];
  readonly beta: number;
  readonly threshold: number | null;

  /** @throws ArgumentError for an unknown average, a beta that is not positive or a threshold outside (0, 1] */
  constructor(given: FBetaOptions = {}, defaultName = "fbeta_score") {
    const { average = null, beta = 1, threshold = null, ...options } = recordOf(given, new.target);
    super(options, defaultName);
    this.average = requireOneOf(average, averages, "average");
    if (!(beta > 0))
      throw new ArgumentError(`Invalid \`beta\` argument value. It should be > 0. Received: beta=${beta}`);
    if (threshold !== null && !(threshold > 0 && threshold <= 1))
      throw new ArgumentError(
        `Invalid \`threshold\` argument value. It should verify 0 < threshold <= 1. Received: threshold=${threshold}`,
      );
    this.beta = beta;
    this.threshold = threshold;
  }
  protected stateShapes(): StateShapes<FBetaState> {
    const shape = this.average === "micro" ? [] : this.outputShape();
    return { true_positives: shape, false_positives: shape, false_negatives: shape, intermediate_weights: shape };
  }
  protected batch(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null): Values<FBetaState> {
    const y: Tensor = cast(yTrue, this.dtype);
    const p: Tensor = cast(this.saysYes(cast(yPred, this.dtype)), this.dtype);
    const weights =
      sampleWeight === null ? null : sampleWeight.rank === 1 ? (expandDims(sampleWeight, 1) as Tensor) : sampleWeight;
    const total = (x: Tensor): Tensor => {
      const weighted: Tensor = weights === null ? x : x.mul(weights);
      return weighted.reduceSum(this.average === "micro" ? { axis: null } : { axis: 0 }) as Tensor;
    };
    const [notY, notP] = [y, p].map((x) => x.neg().add(1) as Tensor) as [Tensor, Tensor];
    return {
      true_positives: total(p.mul(y)),
      false_positives: total(p.mul(notY)),
      false_negatives: total(notP.mul(y)),
      intermediate_weights: total(y),
    };
  }
  private saysYes(p: Tensor): Tensor {
    if (this.threshold !== null) return p.greater(this.threshold) as Tensor;
    const isLargest = p.greaterEqual(p.reduceMax({ axis: -1, keepDims: true }) as Tensor);
    return isLargest.logicalAnd(p.abs().greater(1e-9)) as Tensor;
  }
  protected resultOf(counts: Values<FBetaState>): Tensor {
    const { true_positives: tp, intermediate_weights: labels } = counts;
    const rate = (wrong: Tensor): Tensor => tp.div(tp.add(wrong).add(epsilon)) as Tensor;
    const [precision, recall] = [rate(counts.false_positives), rate(counts.false_negatives)];
    const square = this.beta ** 2;
    const weighted = precision.mul(square).add(recall).add(epsilon) as Tensor;
    const scores = precision
      .mul(recall)
      .div(weighted)
      .mul(1 + square) as Tensor;
    if (this.average === null) return scores;
    if (this.average !== "weighted") return scores.reduceMean() as Tensor;
    const shares = labels.div(labels.reduceSum().add(epsilon) as Tensor) as Tensor;
    return scores.mul(shares).reduceSum() as Tensor;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), average: this.average, beta: this.beta, threshold: this.threshold };
  }
}

/** The harmonic mean of precision and recall. `keras.metrics.F1Score`. */
export class F1Score extends FBetaScore {
  constructor(options: F1Options = {}) {
    super({ ...recordOf(options, new.target), beta: 1 }, "f1_score");
  }
  override getConfig(): Config {
    const { beta: _beta, ...config } = super.getConfig();
    return config;
  }
}

// ---- R² ----

const aggregations = [null, "uniform_average", "variance_weighted_average"] as const;

export interface R2Options extends MetricOptions {
  /** How outputs become one number; `null` leaves one for each. Default `"uniform_average"`. */
  readonly classAggregation?: (typeof aggregations)[number];
  /** Number of inputs of the model, for the adjusted score. Default 0: not adjusted. */
  readonly numRegressors?: number;
}
type R2State = "num_samples" | "squared_sum" | "sum" | "residual" | "count";

/** How much of the labels' variance predictions explain: 1 − residual / variance. `keras.metrics.R2Score`. */
export class R2Score extends PerOutputMetric<R2State> {
  readonly classAggregation: (typeof aggregations)[number];
  readonly numRegressors: number;

  /** @throws ArgumentError for an unknown aggregation or a negative number of regressors */
  constructor(given: R2Options = {}) {
    const { classAggregation = "uniform_average", numRegressors = 0, ...options } = recordOf(given, new.target);
    super(options, "r2_score");
    this.classAggregation = requireOneOf(classAggregation, aggregations, "class_aggregation");
    if (!(numRegressors >= 0))
      throw new ArgumentError(
        `Invalid value for argument \`num_regressors\`. Expected a value >= 0. Received: num_regressors=${numRegressors}`,
      );
    this.numRegressors = numRegressors;
  }
  protected override fit(y: Tensor, p: Tensor): readonly [Tensor, Tensor] {
    return squeezeOrExpandToSameRank(y, p);
  }
  protected stateShapes(): StateShapes<R2State> {
    const shape = this.outputShape();
    return { num_samples: [], squared_sum: shape, sum: shape, residual: shape, count: shape };
  }
  protected batch(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null): Values<R2State> {
    const [y, p]: readonly [Tensor, Tensor] = [cast(yTrue, this.dtype), cast(yPred, this.dtype)];
    const given = sampleWeight ?? asTensor(1, this.dtype);
    const weights = broadcastLike(given.rank === 1 ? (expandDims(given, 1) as Tensor) : given, y);
    const overSamples = (x: Tensor): Tensor => x.reduceSum(0) as Tensor;
    const weighted: Tensor = y.mul(weights);
    return {
      num_samples: cast(size(y), this.dtype),
      squared_sum: overSamples(y.mul(weighted)),
      sum: overSamples(weighted),
      residual: overSamples(y.sub(p).square().mul(weights) as Tensor),
      count: overSamples(weights),
    };
  }
  protected resultOf(values: Values<R2State>): Tensor {
    const mean = values.sum.div(values.count) as Tensor;
    const variance = values.squared_sum.sub(values.sum.mul(mean)) as Tensor;
    const raw = values.residual.div(variance).neg().add(1) as Tensor;
    const isInfinite = raw.abs().equal(Number.POSITIVE_INFINITY) as Tensor<"bool">;
    const scores = where(isInfinite, zerosLike(raw) as Tensor, raw) as Tensor;
    return this.adjusted(this.aggregated(scores, variance), values.num_samples);
  }
  private aggregated(scores: Tensor, variance: Tensor): Tensor {
    if (this.classAggregation === null) return scores;
    if (this.classAggregation === "uniform_average") return scores.reduceMean() as Tensor;
    return variance
      .mul(scores)
      .reduceSum()
      .div(variance.reduceSum() as Tensor) as Tensor;
  }
  /** Corrected for the number of inputs, where there are samples enough. */
  private adjusted(score: Tensor, samples: Tensor): Tensor {
    if (this.numRegressors === 0) return score;
    const freedom = samples.sub(this.numRegressors + 1) as Tensor;
    const isEnough = broadcastLike(freedom.greater(0) as Tensor<"bool">, score);
    const corrected = score.neg().add(1).mul(samples.sub(1)).div(freedom).neg().add(1) as Tensor;
    return where(isEnough as Tensor<"bool">, corrected, score) as Tensor;
  }
  override getConfig(): Config {
    const { classAggregation, numRegressors } = this;
    return { ...super.getConfig(), class_aggregation: classAggregation, num_regressors: numRegressors };
  }
}
