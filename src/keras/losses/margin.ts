/** @file Losses that ask for a margin, and losses of overlap. Follows `losses.py` of Keras 3. */
import type { Tensor } from "../../graph/index.js";
import { recordOf } from "../arguments.js";
import type { Config } from "../contracts.js";
import { floatOperands, Loss, type LossOptions, type Operand } from "./loss.js";

/** Labels of −1 and 1: where every label of the batch is 0 or 1, these stand for them. */
function signedLabels(y: Tensor): Tensor {
  const isBinary = y.equal(0).logicalOr(y.equal(1)).reduceAll() as Tensor;
  return y.add(y.sub(1).mul(isBinary.cast(y.dtype)) as Tensor);
}
/** `max(1 − y·p, 0)`. */
function shortfall(yTrue: Operand, yPred: Operand): Tensor {
  const { y, p } = floatOperands(yTrue, yPred);
  return signedLabels(y).mul(p).neg().add(1).maximum(0) as Tensor;
}

/** `mean(max(1 − y·p, 0))`, labels being −1 and 1, or 0 and 1. `keras.losses.hinge`. */
export const hinge = (yTrue: Operand, yPred: Operand): Tensor => shortfall(yTrue, yPred).reduceMean(-1) as Tensor;
/** What predictions lack to a margin of 1. `keras.losses.Hinge`. */
export class Hinge extends Loss {
  constructor(options: LossOptions = {}) {
    super(options, "hinge");
  }
  call(yTrue: Operand, yPred: Operand): Tensor {
    return hinge(yTrue, yPred);
  }
}

/** `mean(max(1 − y·p, 0)²)`, labels being −1 and 1, or 0 and 1. `keras.losses.squared_hinge`. */
export const squaredHinge = (yTrue: Operand, yPred: Operand): Tensor =>
  shortfall(yTrue, yPred).square().reduceMean(-1) as Tensor;
/** The square of what predictions lack to a margin of 1. `keras.losses.SquaredHinge`. */
export class SquaredHinge extends Loss {
  constructor(options: LossOptions = {}) {
    super(options, "squared_hinge");
  }
  call(yTrue: Operand, yPred: Operand): Tensor {
    return squaredHinge(yTrue, yPred);
  }
}

/** `max(max((1 − y)·p) − Σ y·p + 1, 0)` of one-hot labels. `keras.losses.categorical_hinge`. */
export function categoricalHinge(yTrue: Operand, yPred: Operand): Tensor {
  const { y, p } = floatOperands(yTrue, yPred);
  const right = y.mul(p).reduceSum(-1) as Tensor;
  const wrong = y.neg().add(1).mul(p).reduceMax(-1) as Tensor;
  return wrong.sub(right).add(1).maximum(0) as Tensor;
}
/** What the right class lacks to being 1 above all others. `keras.losses.CategoricalHinge`. */
export class CategoricalHinge extends Loss {
  constructor(options: LossOptions = {}) {
    super(options, "categorical_hinge");
  }
  call(yTrue: Operand, yPred: Operand): Tensor {
    return categoricalHinge(yTrue, yPred);
  }
}

// ---- overlap ----

const epsilon = 1e-7;

/** Options of {@link dice}. */
export interface DiceOptions {
  /** The axes to sum over. Default: all, which makes the loss a scalar. */
  readonly axis?: number | readonly number[] | null;
}
/** Options of {@link tversky}. */
export interface TverskyOptions extends DiceOptions {
  /** What false positives count. Default 0.5. */
  readonly alpha?: number;
  /** What false negatives count. Default 0.5. */
  readonly beta?: number;
}

/** `1 − 2·Σyp / (Σy + Σp + 1e−7)`. `keras.losses.dice`. */
export function dice(yTrue: Operand, yPred: Operand, { axis = null }: DiceOptions = {}): Tensor {
  const { y, p } = floatOperands(yTrue, yPred);
  const total = (x: Tensor): Tensor => x.reduceSum({ axis }) as Tensor;
  const all = total(y).add(total(p)).add(epsilon) as Tensor;
  return total(y.mul(p)).mul(2).div(all).neg().add(1) as Tensor;
}
/** One minus how much labels and predictions overlap. `keras.losses.Dice`. */
export class Dice extends Loss {
  readonly axis: number | readonly number[] | null;
  constructor(given: LossOptions & DiceOptions = {}) {
    const { axis = null, ...options } = recordOf(given, new.target);
    super(options, "dice");
    this.axis = axis;
  }
  call(yTrue: Operand, yPred: Operand): Tensor {
    return dice(yTrue, yPred, { axis: this.axis });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}

/**
 * `1 − Σyp / (Σyp + alpha·Σy(1 − p) + beta·Σp(1 − y) + 1e−7)`: {@link dice} with errors of both kinds
 * weighed. `keras.losses.tversky`.
 */
export function tversky(yTrue: Operand, yPred: Operand, options: TverskyOptions = {}): Tensor {
  const { alpha = 0.5, beta = 0.5, axis = null } = options;
  const { y, p } = floatOperands(yTrue, yPred);
  const total = (x: Tensor): Tensor => x.reduceSum({ axis }) as Tensor;
  const both = total(y.mul(p));
  const missed = total(p.neg().add(1).mul(y) as Tensor).mul(alpha) as Tensor;
  const invented = total(y.neg().add(1).mul(p) as Tensor).mul(beta) as Tensor;
  return both.div(both.add(missed).add(invented).add(epsilon)).neg().add(1) as Tensor;
}
/** One minus a weighed overlap of labels and predictions. `keras.losses.Tversky`. */
export class Tversky extends Loss {
  readonly alpha: number;
  readonly beta: number;
  readonly axis: number | readonly number[] | null;
  constructor(given: LossOptions & TverskyOptions = {}) {
    const { alpha = 0.5, beta = 0.5, axis = null, ...options } = recordOf(given, new.target);
    super(options, "tversky");
    this.alpha = alpha;
    this.beta = beta;
    this.axis = axis;
  }
  call(yTrue: Operand, yPred: Operand): Tensor {
    return tversky(yTrue, yPred, { alpha: this.alpha, beta: this.beta, axis: this.axis });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), alpha: this.alpha, beta: this.beta, axis: this.axis };
  }
}
