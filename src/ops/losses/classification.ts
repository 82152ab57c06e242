/**
 * @file Losses of scores against classes. Follows `losses_impl.py` of TensorFlow 1.3.
 */
import type { Checked, CrossEntropyShape, DType, Ok, SameShape, Shape, ValueShape } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { gather, shape, squeeze } from "../array/index.js";
import { add, divide, multiply, type Operand, subtract } from "../binary.js";
import { cast, castLike } from "../cast.js";
import { convertToTensor, type TensorLike, tensorOf } from "../define.js";
import {
  sigmoidCrossEntropyWithLogits,
  softmaxCrossEntropyWithLogits,
  sparseSoftmaxCrossEntropyWithLogits,
} from "../nn/index.js";
import { relu } from "../unary.js";
import { toFloat } from "./broadcast-weights.js";
import {
  computeWeightedLoss,
  type DefaultReduction,
  inLossScope,
  type LossOptions,
  type LossTensor,
  type Reduction,
  requireCompatible,
  weightsOf,
} from "./weighted-loss.js";

/** Softening of labels. */
export interface SmoothingOption {
  /** How far labels are drawn toward all classes alike, from 0 (the default) to 1. */
  readonly labelSmoothing?: number;
}

/** Labels in the dtype of the logits. */
function labelTensor(labels: TensorLike, logits: Tensor): Tensor {
  const known = tensorOf(labels);
  return known === undefined ? convertToTensor(labels, { dtype: logits.dtype }) : castLike(known, logits);
}

/**
 * Softmax cross entropy of logits against class probabilities: `−Σ y log softmax(x)` of each example. With
 * `labelSmoothing` s, labels become `y (1 − s) + s / classes`. `tf.losses.softmax_cross_entropy`.
 * @param onehotLabels `[batch, classes]`, cast to the logits' dtype
 * @param logits `[batch, classes]`, unscaled scores
 */
export function softmaxCrossEntropy<
  const L extends Operand,
  D extends DType,
  S extends Shape,
  const R extends Reduction = DefaultReduction,
>(
  onehotLabels: L,
  logits: Checked<Tensor<D, S>, SameShape<S, ValueShape<L>, "softmaxCrossEntropy", "logits", "onehotLabels">>,
  options: LossOptions<R> & SmoothingOption = {},
): LossTensor<R, D, Ok<CrossEntropyShape<S, ValueShape<L>>>> {
  const { labelSmoothing = 0 } = options;
  const weights = weightsOf(options);
  const loss = inLossScope("softmax_cross_entropy_loss", options, [logits, onehotLabels], (scope) => {
    const x = convertToTensor(logits as TensorLike);
    const y = labelTensor(onehotLabels as TensorLike, x);
    requireCompatible(x, y);
    const labels = labelSmoothing > 0 ? smoothOver(y, labelSmoothing) : y;
    const losses = softmaxCrossEntropyWithLogits({ labels, logits: x, name: "xentropy" }) as Tensor;
    return computeWeightedLoss(losses, { ...options, weights, name: scope });
  });
  return loss as Tensor<never, never>;
}

/** `y (1 − s) + s / classes`, the number of classes being known only when running perhaps. */
function smoothOver(labels: Tensor, smoothing: number): Tensor {
  const classes = cast(gather(shape(labels), 1) as Tensor, labels.dtype);
  const share = divide(smoothing, classes) as Tensor;
  return add(multiply(labels, 1 - smoothing) as Tensor, share) as Tensor;
}

/**
 * {@link softmaxCrossEntropy} for labels that are class numbers. `tf.losses.sparse_softmax_cross_entropy`.
 * @param labels `[batch]` or `[batch, 1]`, whole numbers below the number of classes
 * @param logits `[batch, classes]`, unscaled scores
 */
export function sparseSoftmaxCrossEntropy<
  D extends DType,
  S extends Shape,
  const R extends Reduction = DefaultReduction,
>(labels: Operand, logits: Tensor<D, S>, options: LossOptions<R> = {}): LossTensor<R, D, Ok<CrossEntropyShape<S, S>>> {
  const given = weightsOf(options);
  const loss = inLossScope("sparse_softmax_cross_entropy_loss", options, [logits, labels], (scope) => {
    const x = convertToTensor(logits as TensorLike);
    const asGiven = convertToTensor(labels as TensorLike);
    const y = asGiven.rank !== null && asGiven.rank === x.rank ? squeezeLast(asGiven) : asGiven;
    const weights = convertToTensor(given);
    const fitted = weights.rank !== null && y.rank !== null && weights.rank === y.rank + 1;
    const losses = sparseSoftmaxCrossEntropyWithLogits({ labels: y, logits: x, name: "xentropy" }) as Tensor;
    return computeWeightedLoss(losses, { ...options, weights: fitted ? squeezeLast(weights) : weights, name: scope });
  });
  return loss as Tensor<never, never>;
}

const squeezeLast = (x: Tensor): Tensor => squeeze(x, -1) as Tensor;

/**
 * Sigmoid cross entropy: every class of an example is true or false on its own. With `labelSmoothing` s, labels
 * become `y (1 − s) + s / 2`. `tf.losses.sigmoid_cross_entropy`.
 * @param multiClassLabels `[batch, classes]` in {0, 1}, cast to the logits' dtype
 */
export function sigmoidCrossEntropy<
  const L extends Operand,
  D extends DType,
  S extends Shape,
  const R extends Reduction = DefaultReduction,
>(
  multiClassLabels: L,
  logits: Checked<Tensor<D, S>, SameShape<S, ValueShape<L>, "sigmoidCrossEntropy", "logits", "multiClassLabels">>,
  options: LossOptions<R> & SmoothingOption = {},
): LossTensor<R, D, Ok<SameShape<S, ValueShape<L>>>> {
  const { labelSmoothing = 0 } = options;
  const weights = weightsOf(options);
  const loss = inLossScope("sigmoid_cross_entropy_loss", options, [logits, multiClassLabels], (scope) => {
    const x = convertToTensor(logits as TensorLike);
    const y = labelTensor(multiClassLabels as TensorLike, x);
    requireCompatible(x, y);
    const labels =
      labelSmoothing > 0 ? (add(multiply(y, 1 - labelSmoothing) as Tensor, 0.5 * labelSmoothing) as Tensor) : y;
    const losses = sigmoidCrossEntropyWithLogits({ labels, logits: x, name: "xentropy" }) as Tensor;
    return computeWeightedLoss(losses, { ...options, weights, name: scope });
  });
  return loss as Tensor<never, never>;
}

/**
 * `relu(1 − (2y − 1) x)`: right answers with a margin of 1 cost nothing. `tf.losses.hinge_loss`.
 * @param labels of the logits' shape, in {0, 1}
 */
export function hingeLoss<
  const L extends Operand,
  const P extends Operand,
  const R extends Reduction = DefaultReduction,
>(
  labels: L,
  logits: Checked<P, SameShape<ValueShape<P>, ValueShape<L>, "hingeLoss", "logits", "labels">>,
  options: LossOptions<R> = {},
): LossTensor<R, "float32", Ok<SameShape<ValueShape<P>, ValueShape<L>>>> {
  const weights = weightsOf(options);
  const loss = inLossScope("hinge_loss", options, [logits, labels], (scope) => {
    const x = toFloat(logits as TensorLike);
    const y = toFloat(labels as TensorLike);
    requireCompatible(x, y);
    const signs = subtract(multiply(y, 2) as Tensor, 1) as Tensor;
    const losses = relu(subtract(1, multiply(signs, x) as Tensor) as Tensor) as Tensor;
    return computeWeightedLoss(losses, { ...options, weights, name: scope });
  });
  return loss as Tensor<never, never>;
}
