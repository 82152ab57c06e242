/**
 * @file Right and wrong answers to yes-or-no questions, counted at one or more thresholds. Follows
 * `confusion_metrics.py` and `metrics_utils.py` of Keras 3.
 */
import { ArgumentError, ShapeError } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { expandDims, oneHot, reshape, squeeze } from "../../ops/array/index.js";
import { constant } from "../../ops/basic.js";
import { cast } from "../../ops/cast.js";
import { nn } from "../../ops/index.js";
import { broadcastLike } from "../../ops/like.js";
import { squeezeOrExpandToSameRank } from "../losses/loss.js";
import type { Values } from "./metric.js";

/** The four outcomes. */
export type Outcome = "true_positives" | "false_positives" | "true_negatives" | "false_negatives";

/** Thresholds to count at. */
export interface Thresholds {
  readonly values: readonly number[];
  /** Spread evenly over [0, 1]: predictions are then sorted into the intervals between them. */
  readonly areEven: boolean;
}

/** So low that nothing is below it: what classes that are not among the `k` likeliest are set to. */
export const lowest = -1e10;
const tolerance = 1e-7;

/** @throws ArgumentError for thresholds outside [0, 1] */
export function thresholdsOf(given: number | readonly number[] | null, fallback: number): Thresholds {
  const values = given === null ? [fallback] : typeof given === "number" ? [given] : given;
  const invalid = given === null ? [] : values.filter((t) => !(t >= 0 && t <= 1));
  if (invalid.length > 0)
    throw new ArgumentError(`Threshold values must be in [0, 1]. Received: ${invalid.join(", ")}`);
  return { values, areEven: areEven(values) };
}

/** Whether thresholds are `0, 1/n, 2/n, …, 1` within rounding. */
export const areEven = (values: readonly number[]): boolean =>
  values.length >= 3 &&
  values.every((t, i) => {
    const even = i / (values.length - 1);
    return Math.abs(t - even) <= tolerance + 1e-5 * even;
  });

/** `count` thresholds from 0 to 1; ends moved outwards by `margin` so that every prediction lies between. */
export const evenThresholds = (count: number, margin = 0): number[] =>
  Array.from({ length: count }, (_, i) => (i === 0 ? -margin : i === count - 1 ? 1 + margin : i / (count - 1)));

export interface CountOptions {
  readonly thresholds: Thresholds;
  /** Only the `k` largest predictions of each row may say yes. */
  readonly topK?: number | null;
  /** Only this class is looked at. */
  readonly classId?: number | null;
  /** Count each label (the last axis) on its own. */
  readonly multiLabel?: boolean;
  /** A weight for each label, where they are counted together. */
  readonly labelWeights?: readonly number[] | null;
}

/** The weighted number of each outcome at each threshold: `[thresholds]`, or `[thresholds, labels]`. */
export function countOutcomes(
  yTrue: Tensor,
  yPred: Tensor,
  sampleWeight: Tensor | null,
  options: CountOptions,
): Values<Outcome> {
  const { y, p, weights } = operands(yTrue, yPred, sampleWeight, options);
  const flat = (x: Tensor): Tensor =>
    options.multiLabel === true ? (expandDims(x, 0) as Tensor) : (reshape(x, [1, -1]) as Tensor);
  const isYes: Tensor = cast(y.notEqual(0) as Tensor, p.dtype);
  const yes = flat(weights === null ? isYes : isYes.mul(weights));
  const no = flat(weights === null ? isYes.neg().add(1) : (isYes.neg().add(1).mul(weights) as Tensor));
  const saysYes: Tensor = cast(isAbove(flat(p), options), p.dtype);
  const overSamples = (x: Tensor): Tensor => x.reduceSum(1) as Tensor;
  const [truePositives, falsePositives] = [overSamples(yes.mul(saysYes)), overSamples(no.mul(saysYes))];
  return {
    true_positives: truePositives,
    false_positives: falsePositives,
    true_negatives: overSamples(no).sub(falsePositives),
    false_negatives: overSamples(yes).sub(truePositives),
  };
}

/** Whether predictions `[1, …]` are above the thresholds: `[thresholds, …]`. */
function isAbove(p: Tensor, { thresholds: { values, areEven: even }, multiLabel }: CountOptions): Tensor {
  const column = (numbers: readonly number[]): Tensor =>
    constant(numbers, {
      dtype: p.dtype as "float32",
      shape: multiLabel === true ? [numbers.length, 1, 1] : [numbers.length, 1],
    }) as Tensor;
  if (!even) return p.greater(column(values)) as Tensor;
  // The interval a prediction lies in decides, so that rounding of the thresholds does not matter.
  const last = values.length - 1;
  const interval = p.clipByValue(0, 1).mul(last).ceil().sub(1) as Tensor;
  const hasMargin = (values[0] ?? 0) < 0 || (values[last] ?? 0) > 1;
  const bounded: Tensor = hasMargin ? interval.maximum(0) : interval;
  return bounded.greaterEqual(column(values.map((_, i) => i))) as Tensor;
}

function operands(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null, options: CountOptions) {
  const { topK = null, classId = null, labelWeights = null } = options;
  const floats: Tensor = yPred.dtype === "float64" ? yPred : cast(yPred, "float32");
  let [p, y] = squeezeOrExpandToSameRank(floats, cast(yTrue, floats.dtype));
  const weights = sampleWeight === null ? null : perElement(sampleWeight, p);
  if (topK !== null) p = onlyTopK(p, topK);
  if (classId !== null) {
    if (p.rank === 1)
      throw new ShapeError(
        `When class_id is provided, y_pred must be a 2D array with shape (num_samples, num_classes), found shape: ${p}`,
      );
    [p, y] = [classColumn(p, classId), classColumn(y, classId)];
  }
  const spread = weights === null ? null : broadcastLike(weights, p);
  if (labelWeights === null || options.multiLabel === true) return { y, p, weights: spread };
  const byLabel = broadcastLike(constant(labelWeights, { dtype: p.dtype as "float32" }) as Tensor, p);
  return { y, p, weights: spread === null ? byLabel : spread.mul(byLabel) };
}

/** Weights with an axis of extent 1 at the end, unless there is one for each element. */
function perElement(weights: Tensor, p: Tensor): Tensor {
  const rank = p.rank ?? 1;
  const given = weights.rank ?? 1;
  if (given >= rank) return given > rank ? (squeeze(weights, -1) as Tensor) : weights;
  return expandDims(weights, -1) as Tensor;
}

const classColumn = (x: Tensor, classId: number): Tensor => x.at("...", [classId, classId + 1]);

/** Predictions that are not among the `k` largest of their row made as low as can be. */
function onlyTopK(p: Tensor, k: number): Tensor {
  const classes = p.shape.at(-1) ?? null;
  if (classes === null) throw new ShapeError(`topK needs to know how many classes there are: ${p}`);
  const { indices } = nn.topK(p, k);
  const isTop = (oneHot(indices as Tensor<"int32">, classes, { dtype: p.dtype as "float32" }) as Tensor).reduceSum(
    -2,
  ) as Tensor;
  return p.mul(isTop).add(isTop.neg().add(1).mul(lowest) as Tensor);
}
