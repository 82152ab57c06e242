/**
 * @file Objectives: losses of predictions and targets, by name. Each is a scalar, and like the original
 * takes the prediction first. Follows `objectives.py` of TFLearn. May import `ops` and below.
 */
import { ArgumentError, callSiteOf, captureCallSite, describe, requireOptions, ShapeError } from "../core/index.js";
import { Tensor } from "../graph/index.js";
import {
  add,
  cast,
  clipByValue,
  divide,
  expandDims,
  log,
  maximum,
  multiply,
  negative,
  nn,
  pow,
  reduceMean,
  reduceSum,
  reshape,
  square,
  subtract,
  type TensorLike,
  withNameScope,
} from "../ops/index.js";
import { lookUp } from "./identifiers.js";

const epsilon = 1e-10;

const meanOf = (x: Tensor): Tensor => reduceMean(x) as Tensor;
const sumOf = (x: Tensor): Tensor => reduceSum(x) as Tensor;

/** The mean cross entropy of logits: what softmax activations would have to be undone for. */
export const softmaxCategoricalCrossentropy = (prediction: Tensor, target: Tensor): Tensor =>
  withNameScope(
    "SoftmaxCrossentropy",
    () => meanOf(nn.softmaxCrossEntropyWithLogits({ logits: prediction, labels: target }) as Tensor),
    { values: [prediction] },
  );

/**
 * The mean cross entropy of probabilities, such as softmax gives: each row is divided by its sum and kept
 * within [1e−10, 1−1e−10] before the logarithm.
 */
export const categoricalCrossentropy = (prediction: Tensor, target: Tensor): Tensor =>
  withNameScope(
    "Crossentropy",
    () => {
      const sums: Tensor = reduceSum(prediction, { axis: -1, keepDims: true });
      const probabilities: Tensor = clipByValue(divide(prediction, sums) as Tensor, epsilon, 1 - epsilon);
      const perRow = reduceSum(multiply(target, log(probabilities)) as Tensor, { axis: -1 }) as Tensor;
      return meanOf(negative(perRow));
    },
    { values: [prediction] },
  );

/** The mean sigmoid cross entropy. Despite its name it expects logits, not probabilities. */
export const binaryCrossentropy = (prediction: Tensor, target: Tensor): Tensor =>
  withNameScope(
    "BinaryCrossentropy",
    () => meanOf(nn.sigmoidCrossEntropyWithLogits({ logits: prediction, labels: target }) as Tensor),
    { values: [prediction] },
  );

/** {@link binaryCrossentropy} with the positive targets' part times `weight`, 1 by default. */
export const weightedCrossentropy = (prediction: Tensor, target: Tensor, weight = 1): Tensor =>
  withNameScope(
    "WeightedCrossentropy",
    () => meanOf(nn.weightedCrossEntropyWithLogits(target, prediction, weight) as Tensor),
    { values: [prediction] },
  );

/** The mean of `(prediction − target)²`. */
export const meanSquare = (prediction: Tensor, target: Tensor): Tensor =>
  withNameScope("MeanSquare", () => meanOf(square(subtract(prediction, target) as Tensor)), { values: [prediction] });

/** The mean of `max(1 − target·prediction, 0)`, for targets of −1 and 1. */
export const hingeLoss = (prediction: Tensor, target: Tensor): Tensor =>
  withNameScope(
    "HingeLoss",
    () => meanOf(maximum(subtract(1, multiply(target, prediction) as Tensor) as Tensor, 0) as Tensor),
    { values: [prediction] },
  );

/**
 * A differentiable stand-in for the area under the curve: the sum of `(0.2 − (p − n))³` over the pairs of
 * a positive example's prediction p and a negative one's n that lie less than 0.2 apart in the right
 * order (Yan et al., 2003). Targets are 0 and 1.
 */
export const rocAucScore = (prediction: Tensor, target: Tensor): Tensor =>
  withNameScope(
    "RocAucScore",
    () => {
      const scores = reshape(prediction, [-1]) as Tensor;
      const positive = cast(cast(reshape(target, [-1]) as Tensor, "bool"), prediction.dtype as "float32") as Tensor;
      const column = (x: Tensor): Tensor => expandDims(x, 1) as Tensor;
      const shortfall: Tensor = subtract(0.2, subtract(scores, column(scores)) as Tensor);
      const pairs: Tensor = multiply(positive, column(subtract(1, positive) as Tensor));
      return sumOf(multiply(pow(maximum(shortfall, 0) as Tensor, 3) as Tensor, pairs) as Tensor);
    },
    { values: [prediction] },
  );

/** Options of {@link weakCrossEntropy2d}. */
export interface WeakCrossEntropyOptions {
  /** Default: the extent of the targets' last axis. */
  readonly numClasses?: number;
  /** Added to the logits. Default 0.0001. */
  readonly epsilon?: number;
  /** A weight for each class. Default: none. */
  readonly head?: TensorLike | null;
}

/** The mean softmax cross entropy of each pixel of `[batch, width, height, classes]`. */
export function weakCrossEntropy2d(prediction: Tensor, target: Tensor, options: WeakCrossEntropyOptions = {}): Tensor {
  requireOptions("weakCrossEntropy2d", options, { numClasses: true, epsilon: true, head: true });
  if (!(target instanceof Tensor))
    throw new ArgumentError(`weakCrossEntropy2d takes tensors, got ${describe(target)}`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: "pass the prediction, then the target",
    });
  const classes = options.numClasses ?? target.partialShape?.at(-1) ?? null;
  if (classes === null)
    throw new ShapeError("weakCrossEntropy2d: the number of classes is not known", {
      op: target.op.name,
      createdAt: target.op.createdAt,
      hint: "pass { numClasses }",
    });
  return withNameScope(
    "weakCrossEntropy2d",
    () => {
      const logits: Tensor = add(reshape(prediction, [-1, classes]) as Tensor, options.epsilon ?? 0.0001);
      const labels = cast(reshape(target, [-1, classes]) as Tensor, prediction.dtype as "float32") as Tensor;
      const entropies: Tensor = multiply(labels, nn.logSoftmax(logits));
      const { head } = options;
      const weighted: Tensor = head === null || head === undefined ? entropies : multiply(entropies, head as Tensor);
      return meanOf(negative(reduceSum(weighted, { axis: 1 }) as Tensor));
    },
    { values: [prediction] },
  );
}

/**
 * `½ Σ (y·d² + (1−y)·max(margin − d, 0)²)` of distances d and of y that is 1 for pairs of a kind
 * (Chopra, Hadsell and LeCun, 2005). Margin 1 by default.
 */
export const contrastiveLoss = (prediction: Tensor, target: Tensor, margin = 1): Tensor =>
  withNameScope(
    "ContrastiveLoss",
    () => {
      const alike: Tensor = multiply(target, square(prediction));
      const apart = square(maximum(subtract(margin, prediction) as Tensor, 0) as Tensor);
      const different: Tensor = multiply(subtract(1, target) as Tensor, apart);
      return divide(sumOf(add(alike, different) as Tensor), 2) as Tensor;
    },
    { values: [prediction] },
  );

/** `max(Σ(anchor − positive)² − Σ(anchor − other)² + margin, 0)`, margin 1 by default. Not an identifier. */
export const tripletLoss = (anchor: Tensor, positive: Tensor, other: Tensor, margin = 1): Tensor =>
  withNameScope(
    "TripletLoss",
    () => {
      const distance = (x: Tensor): Tensor => sumOf(square(subtract(anchor, x) as Tensor));
      return nn.relu(add(subtract(distance(positive), distance(other)) as Tensor, margin) as Tensor);
    },
    { values: [anchor] },
  );

const objectives = {
  softmax_categorical_crossentropy: softmaxCategoricalCrossentropy,
  categorical_crossentropy: categoricalCrossentropy,
  binary_crossentropy: binaryCrossentropy,
  weighted_crossentropy: (prediction: Tensor, target: Tensor): Tensor => weightedCrossentropy(prediction, target),
  mean_square: meanSquare,
  hinge_loss: hingeLoss,
  roc_auc_score: rocAucScore,
  weak_cross_entropy_2d: (prediction: Tensor, target: Tensor): Tensor => weakCrossEntropy2d(prediction, target),
  contrastive_loss: (prediction: Tensor, target: Tensor): Tensor => contrastiveLoss(prediction, target),
} as const satisfies Record<string, (prediction: Tensor, target: Tensor) => Tensor>;

/** Names of objectives. */
export type ObjectiveName = keyof typeof objectives;
/** A name, a function of prediction and target, or the loss itself. */
export type Objective = ObjectiveName | ((prediction: Tensor, target: Tensor) => Tensor) | Tensor;

/** What an identifier stands for. @throws ArgumentError */
export const get = (identifier: ObjectiveName): ((prediction: Tensor, target: Tensor) => Tensor) =>
  lookUp<(prediction: Tensor, target: Tensor) => Tensor>("objective", objectives, identifier);

/** The loss of a prediction as a tensor. @throws ArgumentError for what is no loss */
export function lossOf(objective: Objective, prediction: Tensor, target: Tensor): Tensor {
  if (objective instanceof Tensor) return objective;
  const loss = typeof objective === "string" ? get(objective) : objective;
  const made: unknown = typeof loss === "function" ? loss(prediction, target) : undefined;
  if (made instanceof Tensor) return made;
  throw new ArgumentError("Invalid Loss type.", {
    hint: `pass a name such as "mean_square", a tensor, or a function (prediction, target) that returns one, not ${describe(objective)}`,
  });
}
