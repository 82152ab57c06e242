/** @file The area under a curve drawn through many thresholds. Follows `confusion_metrics.py` of Keras 3. */

import { ArgumentError, ShapeError } from "../../core/index.js";
import type { Operation, Tensor } from "../../graph/index.js";
import { onesLike, where, zerosLike } from "../../ops/array/index.js";
import { constant } from "../../ops/basic.js";
import { nn } from "../../ops/index.js";
import { safeDivide } from "../../ops/losses/safe-divide.js";
import { recordOf, requireNumbers } from "../arguments.js";
import type { Config } from "../contracts.js";
import { areEven, type CountOptions, countOutcomes, evenThresholds, type Outcome } from "./confusion.js";
import {
  asTensor,
  Metric,
  type MetricOptions,
  type Operand,
  requireOneOf,
  type StateShapes,
  type Values,
} from "./metric.js";

const curves = ["ROC", "PR", "PRGAIN"] as const;
const summations = ["interpolation", "majoring", "minoring"] as const;

/** Options of {@link AUC}. */
export interface AucOptions extends MetricOptions {
  /** How many thresholds, evenly spread over [0, 1], the curve is drawn through. Default 200. */
  readonly numThresholds?: number;
  /** True against false positive rate, precision against recall, or the gains of both. Default `"ROC"`. */
  readonly curve?: (typeof curves)[number];
  /** Between two points: their mean, the larger, or the smaller. Default `"interpolation"`. */
  readonly summationMethod?: (typeof summations)[number];
  /** Thresholds between 0 and 1 in place of even ones. */
  readonly thresholds?: readonly number[] | null;
  /** Take the area of each label (the last axis) and average. Default false. */
  readonly multiLabel?: boolean;
  /** How many labels there are. Default: the first batch tells. */
  readonly numLabels?: number | null;
  /** What each label counts. Default: all alike. */
  readonly labelWeights?: readonly number[] | null;
  /** Predictions are logits. Default false. */
  readonly fromLogits?: boolean;
}

/**
 * The area under the curve: for ROC, the probability that a yes is ranked above a no. `keras.metrics.AUC`.
 */
export class AUC extends Metric<Outcome> {
  private readonly options: Required<Omit<AucOptions, keyof MetricOptions | "numLabels">>;
  private readonly counting: CountOptions;
  private labels: number | null;
  private readonly numLabels: number | null;

  /** @throws ArgumentError for fewer than 2 thresholds, an unknown curve, or `numLabels` without `multiLabel` */
  constructor(options: AucOptions = {}) {
    const {
      thresholds = null,
      multiLabel = false,
      numLabels = null,
      labelWeights = null,
      fromLogits = false,
      curve: givenCurve = "ROC",
      summationMethod: givenMethod = "interpolation",
      numThresholds: givenCount = 200,
      ...others
    } = recordOf(options, new.target);
    super(others);
    if (thresholds !== null) requireNumbers(thresholds, "thresholds", new.target);
    const numThresholds = thresholds === null ? givenCount : thresholds.length + 2;
    if (!(Number.isInteger(numThresholds) && numThresholds > 1))
      throw new ArgumentError(
        `Argument \`num_thresholds\` must be an integer > 1. Received: num_thresholds=${numThresholds}`,
      );
    if (numLabels !== null && !multiLabel)
      throw new ArgumentError("`num_labels` is needed only when `multi_label` is True.");
    const curve = requireOneOf(String(givenCurve).toUpperCase(), curves, "curve");
    const summationMethod = requireOneOf(String(givenMethod).toLowerCase(), summations, "summation_method");
    this.options = { numThresholds, curve, summationMethod, thresholds, multiLabel, labelWeights, fromLogits };
    this.numLabels = numLabels;
    this.labels = numLabels;
    const inner = thresholds === null ? null : [...thresholds].sort((a, b) => a - b);
    const values = inner === null ? evenThresholds(numThresholds, margin) : [-margin, ...inner, 1 + margin];
    this.counting = {
      thresholds: { values, areEven: inner === null || areEven([0, ...inner, 1]) },
      multiLabel,
      labelWeights,
    };
  }

  override updateState(yTrue: Operand, yPred: Operand, sampleWeight?: Operand | null): Operation {
    const p = asTensor(yPred, this.dtype);
    if (this.options.multiLabel && this.labels === null) {
      const labels = p.partialShape?.length === 2 ? (p.partialShape[1] ?? null) : null;
      if (labels === null)
        throw new ShapeError(`\`y_pred\` must have rank 2 when \`multi_label=True\`. Received: ${p}`, {
          hint: "pass { numLabels } where the number of labels is known only when running",
        });
      this.labels = labels;
    }
    return super.updateState(yTrue, p, sampleWeight);
  }
  protected stateShapes(): StateShapes<Outcome> {
    const { multiLabel, numThresholds } = this.options;
    if (multiLabel && this.labels === null)
      throw new ArgumentError(`The metric ${this.name} has not seen a batch yet.`, { hint: "pass { numLabels }" });
    const shape = this.labels === null ? [numThresholds] : [numThresholds, this.labels];
    return { true_positives: shape, false_positives: shape, true_negatives: shape, false_negatives: shape };
  }
  protected batch(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null): Values<Outcome> {
    const p = this.options.fromLogits ? nn.sigmoid(yPred) : yPred;
    return countOutcomes(yTrue, p, sampleWeight, this.counting);
  }

  protected resultOf(counts: Values<Outcome>): Tensor {
    const { curve, summationMethod } = this.options;
    if (curve === "PR" && summationMethod === "interpolation") return this.total(interpolatedPrecision(counts));
    const [x, y] = points[curve](counts);
    const [left, right] = [before(y), after(y)];
    const heights = {
      interpolation: () => left.add(right).mul(0.5) as Tensor,
      majoring: () => left.maximum(right) as Tensor,
      minoring: () => left.minimum(right) as Tensor,
    }[summationMethod]();
    return this.total(before(x).sub(after(x)).mul(heights) as Tensor);
  }

  /** The sum of the areas between thresholds, averaged over labels. */
  private total(areas: Tensor): Tensor {
    if (!this.options.multiLabel) return areas.reduceSum() as Tensor;
    const byLabel = areas.reduceSum(0) as Tensor;
    const { labelWeights } = this.options;
    if (labelWeights === null) return byLabel.reduceMean() as Tensor;
    const weights = constant(labelWeights, { dtype: this.dtype }) as Tensor;
    return safeDivide(byLabel.mul(weights).reduceSum() as Tensor, weights.reduceSum() as Tensor);
  }

  override getConfig(): Config {
    const { numThresholds, curve, summationMethod, thresholds, multiLabel, labelWeights, fromLogits } = this.options;
    return {
      ...super.getConfig(),
      num_thresholds: numThresholds,
      curve,
      summation_method: summationMethod,
      multi_label: multiLabel,
      num_labels: this.numLabels,
      label_weights: labelWeights,
      from_logits: fromLogits,
      ...(thresholds === null ? {} : { thresholds }),
    };
  }
}

/** How far the first and last thresholds lie outside [0, 1]. */
const margin = 1e-7;
const before = (values: Tensor): Tensor => values.at([null, -1]);
const after = (values: Tensor): Tensor => values.at([1, null]);
const share = (part: Tensor, rest: Tensor): Tensor => safeDivide(part, part.add(rest) as Tensor);

/** The points of each curve, x and y. */
const points = {
  ROC: (c) => [share(c.false_positives, c.true_negatives), share(c.true_positives, c.false_negatives)],
  PR: (c) => [share(c.true_positives, c.false_negatives), share(c.true_positives, c.false_positives)],
  PRGAIN: (c) => {
    const yes = c.true_positives.add(c.false_negatives) as Tensor;
    const no = c.true_negatives.add(c.false_positives) as Tensor;
    const ratio = safeDivide(yes, no);
    const hasNone = c.true_positives.equal(0) as Tensor<"bool">;
    const gain = (wrong: Tensor): Tensor => ratio.mul(safeDivide(wrong, c.true_positives)).neg().add(1) as Tensor;
    const [recall, precision] = [gain(c.false_negatives), gain(c.false_positives)];
    return [
      (where(hasNone, zerosLike(recall) as Tensor, recall) as Tensor).maximum(0),
      where(hasNone, onesLike(precision) as Tensor, precision) as Tensor,
    ];
  },
} as const satisfies Record<(typeof curves)[number], (counts: Values<Outcome>) => readonly [Tensor, Tensor]>;

/**
 * Areas under the precision-recall curve between thresholds, the counts and not the rates being
 * interpolated (Davis and Goadrich, 2006): straight lines would promise too much.
 */
function interpolatedPrecision({
  true_positives: tp,
  false_positives: fp,
  false_negatives: fn,
}: Values<Outcome>): Tensor {
  const added = before(tp).sub(after(tp)) as Tensor;
  const predicted = tp.add(fp) as Tensor;
  const [from, to] = [before(predicted), after(predicted)];
  const slope = safeDivide(added, from.sub(to) as Tensor);
  const intercept = after(tp).sub(slope.mul(to) as Tensor) as Tensor;
  const bothPositive = from.greater(0).logicalAnd(to.greater(0)) as Tensor<"bool">;
  const ratio = where(bothPositive, safeDivide(from, to), onesLike(to) as Tensor) as Tensor;
  const area = slope.mul(added.add(intercept.mul(ratio.log()) as Tensor)) as Tensor;
  return safeDivide(area, after(tp).add(after(fn)) as Tensor);
}
