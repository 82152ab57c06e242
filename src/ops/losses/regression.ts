/**
 * @file Losses of numbers against numbers. Labels and predictions have one shape; nothing is broadcast but
 * the weights. All compute in float32. Follows `losses_impl.py` of TensorFlow 1.3.
 */
import {
  ArgumentError,
  type Checked,
  callSiteOf,
  captureCallSite,
  type Ok,
  type ReduceShape,
  type SameShape,
  type Shape,
  type ValueShape,
} from "../../core/index.js";
import { GraphKeys, type Tensor } from "../../graph/index.js";
import { add, minimum, multiply, type Operand, subtract } from "../binary.js";
import type { TensorLike } from "../define.js";
import { reduceSum } from "../reduce.js";
import { abs, log, negative, square } from "../unary.js";
import { broadcastWeights, toFloat } from "./broadcast-weights.js";
import { addLoss } from "./collection.js";
import { safeDivide } from "./safe-divide.js";
import {
  computeWeightedLoss,
  type DefaultReduction,
  inLossScope,
  type LossOptions,
  type LossTensor,
  numPresent,
  type Reduction,
  requireCompatible,
  type WeightOptions,
  weightsOf,
} from "./weighted-loss.js";

/** Predictions that fit labels `L`, or what does not fit in words. */
export type Fitting<P, L, Name extends string> = Checked<
  P,
  SameShape<ValueShape<P>, ValueShape<L>, Name, "predictions", "labels">
>;
type Elements<P, L> = Ok<SameShape<ValueShape<P>, ValueShape<L>>>;

/** A loss of labels and predictions of one shape. */
export type PairLoss<Name extends string, Extra = object> = <
  const L extends Operand,
  const P extends Operand,
  const R extends Reduction = DefaultReduction,
>(
  labels: L,
  predictions: Fitting<P, L, Name>,
  options?: LossOptions<R> & Extra,
) => LossTensor<R, "float32", Elements<P, L>>;

/** A loss from its formula for one element. */
/* @__NO_SIDE_EFFECTS__ */
function pairLoss<Name extends string, Extra>(
  _method: Name,
  scopeName: string,
  formula: (labels: Tensor<"float32">, predictions: Tensor<"float32">, extra: Partial<Extra>) => Tensor,
): PairLoss<Name, Extra> {
  const build = (labels: TensorLike, predictions: TensorLike, options: LossOptions & Partial<Extra> = {}): Tensor => {
    const weights = weightsOf(options);
    return inLossScope(scopeName, options, [predictions, labels], (scope) => {
      const p = toFloat(predictions);
      const y = toFloat(labels);
      requireCompatible(p, y);
      return computeWeightedLoss(formula(y, p, options), { ...options, weights, name: scope });
    });
  };
  return build as unknown as PairLoss<Name, Extra>;
}

/** `(p − y)²`. `tf.losses.mean_squared_error`. */
export const meanSquaredError: PairLoss<"meanSquaredError"> = pairLoss<"meanSquaredError", object>(
  "meanSquaredError",
  "mean_squared_error",
  (y, p) => square(subtract(p, y) as Tensor),
);

/** `|p − y|`. `tf.losses.absolute_difference`. */
export const absoluteDifference: PairLoss<"absoluteDifference"> = pairLoss<"absoluteDifference", object>(
  "absoluteDifference",
  "absolute_difference",
  (y, p) => abs(subtract(p, y) as Tensor),
);

interface HuberOptions {
  /** Errors beyond it count linearly. Default 1. */
  readonly delta?: number;
}
/**
 * `½ e²` for errors up to `delta`, linear beyond: `½ q² + delta (|e| − q)` with `q = min(|e|, delta)`.
 * `tf.losses.huber_loss`.
 */
export const huberLoss: PairLoss<"huberLoss", HuberOptions> = pairLoss<"huberLoss", HuberOptions>(
  "huberLoss",
  "huber_loss",
  (y, p, { delta = 1 }) => {
    const error = abs(subtract(p, y) as Tensor);
    const quadratic = minimum(error, delta) as Tensor;
    const linear = subtract(error, quadratic) as Tensor;
    return add(multiply(square(quadratic), 0.5) as Tensor, multiply(linear, delta) as Tensor);
  },
);

interface LogLossOptions {
  /** Keeps logarithms finite. Default 1e-7. */
  readonly epsilon?: number;
}
/** `−y log(p + ε) − (1 − y) log(1 − p + ε)` of probabilities. `tf.losses.log_loss`. */
export const logLoss: PairLoss<"logLoss", LogLossOptions> = pairLoss<"logLoss", LogLossOptions>(
  "logLoss",
  "log_loss",
  (y, p, { epsilon = 1e-7 }) => {
    const positive = multiply(y, log(add(p, epsilon) as Tensor)) as Tensor;
    const rest = add(subtract(1, p) as Tensor, epsilon) as Tensor;
    const negatives = multiply(subtract(1, y) as Tensor, log(rest)) as Tensor;
    return subtract(negative(positive), negatives);
  },
);

/**
 * `1 − Σ p·y` along an axis, of vectors that are normalized already; the axis stays with extent 1.
 * `tf.losses.cosine_distance`.
 * @param options.dim the axis along which vectors lie; needed
 * @throws ArgumentError without `dim`
 */
export function cosineDistance<
  const L extends Operand,
  const P extends Operand,
  const Dim extends number,
  const R extends Reduction = DefaultReduction,
>(
  labels: L,
  predictions: Fitting<P, L, "cosineDistance">,
  options: LossOptions<R> & {
    /** The axis along which vectors lie. */
    readonly dim: Dim;
  },
): LossTensor<R, "float32", Ok<ReduceShape<Elements<P, L>, Dim, true>>> {
  const dim: number | undefined = (options as Partial<typeof options> | undefined)?.dim;
  if (dim === undefined)
    throw new ArgumentError("`dim` cannot be None.", {
      createdAt: callSiteOf(captureCallSite()),
      hint: "pass { dim }, the axis along which the vectors lie",
    });
  const weights = weightsOf(options);
  const loss = inLossScope("cosine_distance_loss", options, [predictions, labels], (scope) => {
    const p = toFloat(predictions as TensorLike);
    const y = toFloat(labels as TensorLike);
    requireCompatible(p, y);
    const cosines = reduceSum(multiply(p, y) as Tensor, { axis: [dim], keepDims: true }) as Tensor;
    return computeWeightedLoss(subtract(1, cosines) as Tensor, { ...options, weights, name: scope });
  });
  return loss as Tensor<never, never>;
}

/**
 * The mean over pairs of elements of one example of `((pᵢ − pⱼ) − (yᵢ − yⱼ))²`, summed over examples: what
 * counts is how differences within an example are met. Ordered pairs are counted, equal ones included, as
 * in TensorFlow 1.3 (later releases leave the equal ones out). `tf.losses.mean_pairwise_squared_error`.
 * @param labels `[batch, d0, …]`
 * @throws ShapeError for tensors of unknown rank
 */
export function meanPairwiseSquaredError<const L extends Operand, const P extends Operand>(
  labels: L,
  predictions: Fitting<P, L, "meanPairwiseSquaredError">,
  options: WeightOptions = {},
): Tensor<"float32", readonly []> {
  const weights = weightsOf(options);
  const loss = inLossScope("mean_pairwise_squared_error", options, [predictions, labels], () => {
    const p = toFloat(predictions as TensorLike);
    const y = toFloat(labels as TensorLike);
    requireCompatible(p, y);
    const differences = subtract(p, y) as Tensor;
    const axes = (differences.shape as Shape).map((_, axis) => axis).slice(1);
    const sumOf = (x: Tensor): Tensor => reduceSum(x, { axis: axes, keepDims: true }) as Tensor;
    const each = broadcastWeights(weights, differences);
    const count = numPresent(each, axes);
    // Σᵢⱼ (dᵢ − dⱼ)² / n² = 2 Σ d² / n − 2 (Σ d)² / n²
    const squares = safeDivide(sumOf(square(differences)), count);
    const squareOfSum = safeDivide(square(sumOf(differences)), square(count));
    const pairs = multiply(subtract(squares, squareOfSum) as Tensor, 2) as Tensor;
    const total = reduceSum(multiply(pairs, toFloat(weights)) as Tensor);
    addLoss(total, options.lossCollection === undefined ? GraphKeys.LOSSES : options.lossCollection);
    return total;
  });
  return loss as Tensor<"float32", readonly []>;
}
