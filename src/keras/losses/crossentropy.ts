/**
 * @file Cross-entropies of class probabilities or logits. Where predictions come straight out of a softmax
 * or sigmoid, they are computed of what went into it, as Keras does on TensorFlow: without overflow, and in
 * one step with their gradient. Follows `losses.py` and `backend/tensorflow/nn.py` of Keras 3.
 */
import { isCompatible, normalizeAxis, ShapeError, tupled } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { expandDims, gather, shape, squeeze, transpose, where, zerosLike } from "../../ops/array/index.js";
import { cast } from "../../ops/cast.js";
import { convertToTensor, type TensorLike, tensorOf } from "../../ops/define.js";
import { nn } from "../../ops/index.js";
import { broadcastLike } from "../../ops/like.js";
import { setMask } from "../engine/call-context.js";
import { floatOperands, floatPredictions, type Operand } from "./loss.js";

/** Probabilities are kept this far from 0 and 1. */
const epsilon = 1e-7;
const clipped = (p: Tensor): Tensor => p.clipByValue(epsilon, 1 - epsilon);

export interface LogitsOption {
  /** Predictions are unscaled scores in place of probabilities. Default false. */
  readonly fromLogits?: boolean;
}
/** Options of the cross-entropies of rows. */
export interface CrossentropyOptions extends LogitsOption {
  /** Moves labels towards all classes alike: 0.1 makes 0.9 + 0.1/K of a 1 among K. Default 0. */
  readonly labelSmoothing?: number;
  /** The axis of the classes. Default −1. */
  readonly axis?: number;
}

/** What went into the softmax or sigmoid that predictions come from; `undefined` where they do not. */
function logitsBehind(p: Tensor, activation: "Softmax" | "Sigmoid", axis = -1): Tensor | undefined {
  const { op } = p;
  const [input] = op.inputs;
  if (op.type === "Identity" && input !== undefined) return logitsBehind(input, activation, axis);
  if (op.type !== activation || input === undefined) return undefined;
  const rank = p.rank ?? 0;
  const fits = activation === "Sigmoid" || sameAxis(op.attributes.axis as number, axis, rank);
  return fits ? input : undefined;
}
const sameAxis = (a: number, b: number, rank: number): boolean =>
  a === b || (rank > 0 && normalizeAxis(a, rank) === normalizeAxis(b, rank));

/** @throws ShapeError in Keras's words */
function requireSameShape(y: Tensor, p: Tensor, loss: string): void {
  const [target, output] = [y.partialShape, p.partialShape];
  if (target === null || output === null) return;
  const received = `Received: target.shape=${tupled(target)}, output.shape=${tupled(output)}`;
  const hint =
    loss === "categorical_crossentropy" && (target.length < output.length || target.at(-1) === 1)
      ? 'class numbers need one-hot rows, as keras.utils.toCategorical() makes, or the loss "sparse_categorical_crossentropy"'
      : `give ${loss} a label for each output`;
  if (target.length !== output.length)
    throw new ShapeError(`Arguments \`target\` and \`output\` must have the same rank (ndim). ${received}`, { hint });
  if (!isCompatible(target, output))
    throw new ShapeError(`Arguments \`target\` and \`output\` must have the same shape. ${received}`, { hint });
}

/** `y·(1 − s) + s/K` of K classes, the last axis. */
function smoothed(y: Tensor, smoothing: number): Tensor {
  if (smoothing === 0) return y;
  const classes = y.partialShape?.at(-1) ?? null;
  const kept = y.mul(1 - smoothing) as Tensor;
  if (classes !== null) return kept.add(smoothing / classes);
  const count = cast(gather(shape(y), (y.rank ?? 1) - 1) as Tensor, y.dtype) as Tensor;
  return kept.add(count.reciprocal().mul(smoothing) as Tensor);
}

/**
 * `−Σ y·log p` over the classes, probabilities being divided by their sum first.
 * `keras.losses.categorical_crossentropy`.
 * @param yTrue one-hot rows, or distributions
 * @throws ShapeError for labels of another shape than the predictions
 */
export function categoricalCrossentropy(yTrue: Operand, yPred: Operand, options: CrossentropyOptions = {}): Tensor {
  const { fromLogits = false, labelSmoothing = 0, axis = -1 } = options;
  const { y: given, p } = floatOperands(yTrue, yPred);
  requireSameShape(given, p, "categorical_crossentropy");
  const y = smoothed(given, labelSmoothing);
  const logits = logitsBehind(p, "Softmax", axis) ?? (fromLogits ? p : undefined);
  if (logits === undefined) {
    const shares = clipped(p.div(p.reduceSum({ axis, keepDims: true }) as Tensor));
    return (y.mul(shares.log()).reduceSum(axis) as Tensor).neg();
  }
  return nn.softmaxCrossEntropyWithLogits({
    labels: withAxisLast(y, axis),
    logits: withAxisLast(logits, axis),
  }) as Tensor;
}

/** The axis of the classes moved to the end. */
function withAxisLast(x: Tensor, axis: number): Tensor {
  if (axis === -1) return x;
  const rank = x.rank ?? 0;
  const classes = normalizeAxis(axis, rank);
  if (classes === undefined) throw new ShapeError(`axis ${axis} is out of range for ${x}`);
  if (classes === rank - 1) return x;
  const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== classes);
  return transpose(x, [...others, classes]) as Tensor;
}

/** Options of {@link sparseCategoricalCrossentropy}. */
export interface SparseCrossentropyOptions extends LogitsOption {
  /** A label that costs nothing and counts for nothing, such as −1. Default: none. */
  readonly ignoreClass?: number | null;
}

/**
 * {@link categoricalCrossentropy} of class numbers. `keras.losses.sparse_categorical_crossentropy`.
 * @param yTrue whole numbers, of the predictions' shape without the last axis or with extent 1 there
 * @throws ShapeError for labels of another shape
 */
export function sparseCategoricalCrossentropy(
  yTrue: Operand,
  yPred: Operand,
  { fromLogits = false, ignoreClass = null }: SparseCrossentropyOptions = {},
): Tensor {
  const p = floatPredictions(yPred);
  const labels = classNumbers(yTrue, p);
  const behind = logitsBehind(p, "Softmax") ?? (fromLogits ? p : undefined);
  const logits = behind ?? clipped(p).log();
  if (ignoreClass === null) return nn.sparseSoftmaxCrossEntropyWithLogits({ labels, logits }) as Tensor;
  const counts = labels.notEqual(ignoreClass) as Tensor<"bool">;
  // Rows that do not count are emptied, so that not even a NaN in them reaches the gradient.
  const countsEach = broadcastLike(expandDims(counts, -1) as Tensor<"bool">, logits);
  const kept = where(countsEach, logits, zerosLike(logits) as Tensor) as Tensor;
  const admitted = where(counts, labels, zerosLike(labels) as Tensor<"int32">);
  const values = nn.sparseSoftmaxCrossEntropyWithLogits({ labels: admitted, logits: kept }) as Tensor;
  const counted = where(counts, values, zerosLike(values) as Tensor) as Tensor;
  setMask(counted, counts);
  return counted;
}

/** Labels as int32, without a last axis of extent 1. */
function classNumbers(yTrue: Operand, p: Tensor): Tensor {
  const given = tensorOf(yTrue) ?? convertToTensor(yTrue as TensorLike);
  const whole: Tensor = cast(given, "int32");
  const labels = whole.rank !== null && whole.rank === p.rank && whole.shape.at(-1) === 1 ? squeeze(whole, -1) : whole;
  const [target, output] = [labels.partialShape, p.partialShape];
  if (target !== null && output !== null && !isCompatible(target, output.slice(0, -1)))
    throw new ShapeError(
      `Argument \`output\` must have rank (ndim) \`target.ndim - 1\`. Received: target.shape=${tupled(target)}, output.shape=${tupled(output)}`,
      { hint: 'one-hot rows need the loss "categorical_crossentropy"; class numbers are one for each row' },
    );
  return labels as Tensor;
}

/**
 * The mean over an axis of `−[y·log p + (1 − y)·log(1 − p)]`: every class true or false on its own.
 * `keras.losses.binary_crossentropy`.
 * @throws ShapeError for labels of another shape than the predictions
 */
export function binaryCrossentropy(yTrue: Operand, yPred: Operand, options: CrossentropyOptions = {}): Tensor {
  const { fromLogits = false, labelSmoothing = 0, axis = -1 } = options;
  const { y: given, p } = floatOperands(yTrue, yPred);
  const y = binarySmoothed(given, labelSmoothing);
  const logits = logitsBehind(p, "Sigmoid") ?? (fromLogits ? p : undefined);
  return binaryCosts(y, p, logits).reduceMean(axis) as Tensor;
}

const binarySmoothed = (y: Tensor, smoothing: number): Tensor =>
  smoothing === 0 ? y : (y.mul(1 - smoothing).add(0.5 * smoothing) as Tensor);

function binaryCosts(y: Tensor, p: Tensor, logits: Tensor | undefined): Tensor {
  requireSameShape(y, p, "binary_crossentropy");
  if (logits !== undefined) return nn.sigmoidCrossEntropyWithLogits({ labels: y, logits }) as Tensor;
  const probability = clipped(p);
  const yes = y.mul(probability.log());
  const no = y.neg().add(1).mul(probability.neg().add(1).log());
  return yes.add(no as Tensor).neg();
}

/** Options of {@link categoricalFocalCrossentropy}. */
export interface FocalOptions extends CrossentropyOptions {
  /** Weight of the true class. Default 0.25. */
  readonly alpha?: number;
  /** How much less sure answers count. Default 2. */
  readonly gamma?: number;
}
/** Options of {@link binaryFocalCrossentropy}. */
export interface BinaryFocalOptions extends FocalOptions {
  /** Weigh ones by alpha and zeros by 1 − alpha. Default false. */
  readonly applyClassBalancing?: boolean;
}

/**
 * {@link binaryCrossentropy} times `(1 − pₜ)^gamma`, where pₜ is the probability of the truth (Lin et al.,
 * 2018): what is known counts less. `keras.losses.binary_focal_crossentropy`.
 */
export function binaryFocalCrossentropy(yTrue: Operand, yPred: Operand, options: BinaryFocalOptions = {}): Tensor {
  const { alpha = 0.25, gamma = 2, applyClassBalancing = false } = options;
  const { fromLogits = false, labelSmoothing = 0, axis = -1 } = options;
  const { y: given, p: predicted } = floatOperands(yTrue, yPred);
  const y = binarySmoothed(given, labelSmoothing);
  const p = fromLogits ? nn.sigmoid(predicted) : predicted;
  const logits = logitsBehind(p, "Sigmoid");
  const no = y.neg().add(1) as Tensor;
  const truth = y.mul(p).add(no.mul(p.neg().add(1) as Tensor)) as Tensor;
  const focused = truth
    .neg()
    .add(1)
    .pow(gamma)
    .mul(binaryCosts(y, p, logits)) as Tensor;
  const balance = applyClassBalancing ? (y.mul(alpha).add(no.mul(1 - alpha)) as Tensor) : undefined;
  return (balance === undefined ? focused : focused.mul(balance)).reduceMean(axis) as Tensor;
}

/**
 * {@link categoricalCrossentropy} times `alpha·(1 − p)^gamma` (Lin et al., 2018).
 * `keras.losses.categorical_focal_crossentropy`.
 */
export function categoricalFocalCrossentropy(yTrue: Operand, yPred: Operand, options: FocalOptions = {}): Tensor {
  const { alpha = 0.25, gamma = 2, fromLogits = false, labelSmoothing = 0, axis = -1 } = options;
  const { y: given, p: predicted } = floatOperands(yTrue, yPred);
  requireSameShape(given, predicted, "categorical_focal_crossentropy");
  const y = smoothed(given, labelSmoothing);
  const p = fromLogits ? (nn.softmax(predicted, { axis }) as Tensor) : predicted;
  const shares = clipped(p.div(p.reduceSum({ axis, keepDims: true }) as Tensor));
  const focus = shares.neg().add(1).pow(gamma).mul(alpha) as Tensor;
  return (focus.mul(y.mul(shares.log())).reduceSum(axis) as Tensor).neg();
}
