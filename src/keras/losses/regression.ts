/** @file Losses of numbers: means over the last axis of how far predictions are off. Follows `losses.py` of Keras 3. */
import type { Tensor } from "../../graph/index.js";
import { where } from "../../ops/array/index.js";
import { nn } from "../../ops/index.js";
import { recordOf } from "../arguments.js";
import type { Config } from "../contracts.js";
import { floatOperands, Loss, type LossOptions, type Operand, operandsOfOneRank } from "./loss.js";

/** Keeps divisions and logarithms finite. */
const epsilon = 1e-7;
const meanOfLast = (x: Tensor): Tensor => x.reduceMean(-1) as Tensor;

/** `mean((y − p)²)`. `keras.losses.mean_squared_error`. */
export function meanSquaredError(yTrue: Operand, yPred: Operand): Tensor {
  const { y, p } = operandsOfOneRank(yTrue, yPred);
  return meanOfLast(y.sub(p).square());
}
/** The mean of squared differences. `keras.losses.MeanSquaredError`. */
export class MeanSquaredError extends Loss {
  constructor(options: LossOptions = {}) {
    super(options, "mean_squared_error");
  }
  call(yTrue: Operand, yPred: Operand): Tensor {
    return meanSquaredError(yTrue, yPred);
  }
}

/** `mean(|y − p|)`. `keras.losses.mean_absolute_error`. */
export function meanAbsoluteError(yTrue: Operand, yPred: Operand): Tensor {
  const { y, p } = operandsOfOneRank(yTrue, yPred);
  return meanOfLast(y.sub(p).abs());
}
/** The mean of differences without sign. `keras.losses.MeanAbsoluteError`. */
export class MeanAbsoluteError extends Loss {
  constructor(options: LossOptions = {}) {
    super(options, "mean_absolute_error");
  }
  call(yTrue: Operand, yPred: Operand): Tensor {
    return meanAbsoluteError(yTrue, yPred);
  }
}

/** `100 · mean(|(y − p) / max(|y|, 1e−7)|)`. `keras.losses.mean_absolute_percentage_error`. */
export function meanAbsolutePercentageError(yTrue: Operand, yPred: Operand): Tensor {
  const { y, p } = operandsOfOneRank(yTrue, yPred);
  return meanOfLast(y.sub(p).div(y.abs().maximum(epsilon)).abs()).mul(100);
}
/** The mean of differences in percent of the labels. `keras.losses.MeanAbsolutePercentageError`. */
export class MeanAbsolutePercentageError extends Loss {
  constructor(options: LossOptions = {}) {
    super(options, "mean_absolute_percentage_error");
  }
  call(yTrue: Operand, yPred: Operand): Tensor {
    return meanAbsolutePercentageError(yTrue, yPred);
  }
}

/** `mean((log(p + 1) − log(y + 1))²)`, negative values counting as 0. `keras.losses.mean_squared_logarithmic_error`. */
export function meanSquaredLogarithmicError(yTrue: Operand, yPred: Operand): Tensor {
  const { y, p } = operandsOfOneRank(yTrue, yPred);
  const logarithm = (x: Tensor): Tensor => x.maximum(epsilon).add(1).log();
  return meanOfLast(logarithm(p).sub(logarithm(y)).square());
}
/** The mean of squared differences of logarithms. `keras.losses.MeanSquaredLogarithmicError`. */
export class MeanSquaredLogarithmicError extends Loss {
  constructor(options: LossOptions = {}) {
    super(options, "mean_squared_logarithmic_error");
  }
  call(yTrue: Operand, yPred: Operand): Tensor {
    return meanSquaredLogarithmicError(yTrue, yPred);
  }
}

/** The mean of `log(cosh(p − y))`: squares near 0, absolute values far out. `keras.losses.log_cosh`. */
export function logCosh(yTrue: Operand, yPred: Operand): Tensor {
  const { y, p } = operandsOfOneRank(yTrue, yPred);
  const error: Tensor = p.sub(y);
  return meanOfLast(error.add(nn.softplus(error.mul(-2) as Tensor)).sub(Math.LN2));
}
/** The mean of the logarithm of the hyperbolic cosine of differences. `keras.losses.LogCosh`. */
export class LogCosh extends Loss {
  constructor(options: LossOptions = {}) {
    super(options, "log_cosh");
  }
  call(yTrue: Operand, yPred: Operand): Tensor {
    return logCosh(yTrue, yPred);
  }
}

/** Options of {@link huber}. */
export interface HuberOptions {
  /** Where squares turn into straight lines. Default 1. */
  readonly delta?: number;
}
/** The mean of `½e²` where `|e| ≤ delta`, else `delta·|e| − ½delta²`. `keras.losses.huber`. */
export function huber(yTrue: Operand, yPred: Operand, { delta = 1 }: HuberOptions = {}): Tensor {
  const { y, p } = operandsOfOneRank(yTrue, yPred);
  const error: Tensor = p.sub(y);
  const distance = error.abs();
  const squared = error.square().mul(0.5) as Tensor;
  const straight = distance.mul(delta).sub(0.5 * delta ** 2) as Tensor;
  return meanOfLast(where(distance.lessEqual(delta) as Tensor<"bool">, squared, straight) as Tensor);
}
/** Squares near 0, absolute values far out. `keras.losses.Huber`. */
export class Huber extends Loss {
  readonly delta: number;
  constructor(given: LossOptions & HuberOptions = {}) {
    const { delta = 1, ...options } = recordOf(given, new.target);
    super(options, "huber_loss");
    this.delta = delta;
  }
  call(yTrue: Operand, yPred: Operand): Tensor {
    return huber(yTrue, yPred, { delta: this.delta });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), delta: this.delta };
  }
}

/** Options of {@link cosineSimilarity}. */
export interface CosineSimilarityOptions {
  /** The axis of the vectors. Default −1. */
  readonly axis?: number;
}
/** Labels and predictions as vectors of length 1, multiplied. */
function cosines(yTrue: Operand, yPred: Operand, axis: number): Tensor {
  const { y, p } = operandsOfOneRank(yTrue, yPred);
  const unit = (x: Tensor): Tensor => nn.l2Normalize(x, axis, { epsilon: epsilon ** 2 });
  return unit(y).mul(unit(p));
}
/** Minus the cosine between labels and predictions: −1 is the same direction. `keras.losses.cosine_similarity`. */
export const cosineSimilarity = (yTrue: Operand, yPred: Operand, { axis = -1 }: CosineSimilarityOptions = {}): Tensor =>
  (cosines(yTrue, yPred, axis).reduceSum(axis) as Tensor).neg();
/** Minus the cosine divided by the number of elements, as in Keras 2. `keras.losses.cosine_proximity`. */
export const cosineProximity = (yTrue: Operand, yPred: Operand): Tensor => meanOfLast(cosines(yTrue, yPred, -1)).neg();
/** Minus the cosine between labels and predictions. `keras.losses.CosineSimilarity`. */
export class CosineSimilarity extends Loss {
  readonly axis: number;
  constructor(given: LossOptions & CosineSimilarityOptions = {}) {
    const { axis = -1, ...options } = recordOf(given, new.target);
    super(options, "cosine_similarity");
    this.axis = axis;
  }
  call(yTrue: Operand, yPred: Operand): Tensor {
    return cosineSimilarity(yTrue, yPred, { axis: this.axis });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}

/** `mean(p − y·log(p + 1e−7))`: minus the likelihood of counts. `keras.losses.poisson`. */
export function poisson(yTrue: Operand, yPred: Operand): Tensor {
  const { y, p } = floatOperands(yTrue, yPred);
  return meanOfLast(p.sub(y.mul(p.add(epsilon).log())) as Tensor);
}
/** Minus the likelihood of counts. `keras.losses.Poisson`. */
export class Poisson extends Loss {
  constructor(options: LossOptions = {}) {
    super(options, "poisson");
  }
  call(yTrue: Operand, yPred: Operand): Tensor {
    return poisson(yTrue, yPred);
  }
}

/** `Σ y·log(y/p)`, both kept in [1e−7, 1]. `keras.losses.kl_divergence`. */
export function klDivergence(yTrue: Operand, yPred: Operand): Tensor {
  const { y, p } = floatOperands(yTrue, yPred);
  const [inner, outer] = [y.clipByValue(epsilon, 1), p.clipByValue(epsilon, 1)];
  return inner.mul(inner.div(outer).log()).reduceSum(-1) as Tensor;
}
/** How far the predicted distribution is from the true one. `keras.losses.KLDivergence`. */
export class KLDivergence extends Loss {
  constructor(options: LossOptions = {}) {
    super(options, "kl_divergence");
  }
  call(yTrue: Operand, yPred: Operand): Tensor {
    return klDivergence(yTrue, yPred);
  }
}
