/**
 * @file `tf.regularizers`: penalties on weights, which layers and `getVariable` put into
 * REGULARIZATION_LOSSES. Follows `contrib/layers/python/layers/regularizers.py` of TensorFlow 1.3.
 * May import `ops` and below.
 */
import { ArgumentError, callSiteOf, captureCallSite, type NumericDType } from "../core/index.js";
import { GraphKeys, getDefaultGraph, type Tensor } from "../graph/index.js";
import { addN } from "../ops/add-n.js";
import { multiply } from "../ops/binary.js";
import { convertToTensor } from "../ops/define.js";
import { l2Loss } from "../ops/nn/losses.js";
import { reduceSum } from "../ops/reduce.js";
import { withNameScope } from "../ops/scopes.js";
import { abs } from "../ops/unary.js";

/** The penalty of a tensor as a scalar, or `null` for none. */
export type WeightRegularizer = (weights: Tensor) => Tensor | null | undefined;

const misuse = (message: string, hint: string): ArgumentError =>
  new ArgumentError(message, { createdAt: callSiteOf(captureCallSite()), hint });

function requireScale(scale: number): void {
  if (typeof scale !== "number" || !Number.isFinite(scale))
    throw misuse(`scale must be a finite number, got ${String(scale)}`, "0.001 is a usual scale; 0 switches it off");
  if (scale < 0)
    throw misuse(
      `Setting a scale less than 0 on a regularizer: ${scale}`,
      "a negative scale would reward large weights",
    );
}

function scaled(scope: string, scale: number, norm: (weights: Tensor) => Tensor): WeightRegularizer {
  requireScale(scale);
  if (scale === 0) return () => null;
  return (weights) =>
    withNameScope(
      scope,
      (name) => {
        const factor = convertToTensor(scale, { dtype: weights.dtype as NumericDType, name: "scale" });
        return multiply(factor, norm(weights), { name }) as Tensor;
      },
      { values: [weights] },
    );
}

/**
 * `scale · Σ|w|`: drives weights to 0, so that few are left. `tf.contrib.layers.l1_regularizer`.
 * @param scale 0 switches it off
 * @throws ArgumentError for a negative scale
 */
export const l1 = (scale: number): WeightRegularizer =>
  scaled("l1_regularizer", scale, (weights) => reduceSum(abs(weights)));

/**
 * `scale · Σ w² / 2`: keeps weights small (weight decay). `tf.contrib.layers.l2_regularizer`.
 * @param scale 0 switches it off
 * @throws ArgumentError for a negative scale
 */
export const l2 = (scale: number): WeightRegularizer =>
  scaled("l2_regularizer", scale, (weights) => l2Loss(weights) as Tensor);

/**
 * {@link l1} and {@link l2} together. `tf.contrib.layers.l1_l2_regularizer`.
 * @param scaleL1 default 1
 * @param scaleL2 default 1
 */
export const l1L2 = (scaleL1 = 1, scaleL2 = 1): WeightRegularizer => sum([l1(scaleL1), l2(scaleL2)]);

/** The sum of several penalties; none where each is none. `tf.contrib.layers.sum_regularizer`. */
export function sum(regularizers: readonly WeightRegularizer[]): WeightRegularizer {
  return (weights) => {
    const penalties = regularizers.flatMap((regularizer) => regularizer(weights) ?? []);
    const [first] = penalties;
    if (first === undefined || penalties.length === 1) return first ?? null;
    return addN(penalties, { name: "sum_regularizer" }) as Tensor;
  };
}

/**
 * The summed penalty of some weights, which joins REGULARIZATION_LOSSES.
 * `tf.contrib.layers.apply_regularization`.
 * @param weights default: the collection WEIGHTS
 * @throws ArgumentError without weights, or where the regularizer gives none of them a penalty
 */
export function apply(regularizer: WeightRegularizer, weights?: readonly Tensor[]): Tensor {
  const list = weights ?? getDefaultGraph().getCollection<Tensor>(GraphKeys.WEIGHTS);
  const [first] = list;
  if (first === undefined)
    throw misuse("No weights to regularize.", "pass the weights, such as tf.trainableVariables()");
  return withNameScope(
    "get_regularization_penalty",
    (scope) => {
      const penalties = list.flatMap((tensor) => regularizer(tensor) ?? []);
      if (penalties.length === 0)
        throw misuse("The regularizer gives no penalty.", "a scale of 0 switches it off: leave the call out then");
      const total = addN(penalties, { name: scope }) as Tensor;
      total.graph.addToCollection(GraphKeys.REGULARIZATION_LOSSES, total);
      return total;
    },
    { values: [first] },
  );
}
