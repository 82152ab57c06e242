/**
 * @file What Keras's losses share: operands brought together, values for each sample, and how they are
 * weighed and reduced to one number. Follows `loss.py` of Keras 3. May import `ops` and below.
 */
import { ArgumentError, isFloating } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { expandDims, size, squeeze } from "../../ops/array/index.js";
import type { Operand } from "../../ops/binary.js";
import { cast } from "../../ops/cast.js";
import { convertToTensor, type TensorLike, tensorOf } from "../../ops/define.js";
import { safeDivide } from "../../ops/losses/safe-divide.js";
import { recordOf, requireFunction, requireNoMore } from "../arguments.js";
import type { Config, Loss as LossContract, LossFunction, Reduction } from "../contracts.js";
import { maskOf } from "../engine/call-context.js";
import { nameOf, optionsOf, serialize, snakeCase } from "../registry.js";

export type { Operand, Reduction };

// ---- operands ----

/** Predictions as floats, and labels in their dtype. */
export function floatOperands(yTrue: Operand, yPred: Operand): { readonly y: Tensor; readonly p: Tensor } {
  const p = floatPredictions(yPred);
  return { y: labelsLike(yTrue, p), p };
}
/** Predictions as floats. */
export function floatPredictions(yPred: Operand): Tensor {
  const given = tensorOf(yPred) ?? convertToTensor(yPred as TensorLike, { dtype: "float32" });
  return isFloating(given.dtype) ? given : cast(given, "float32");
}
function labelsLike(yTrue: Operand, p: Tensor): Tensor {
  const given = tensorOf(yTrue);
  return given === undefined ? convertToTensor(yTrue as TensorLike, { dtype: p.dtype }) : cast(given, p.dtype);
}

/** {@link floatOperands} of one rank: a last axis of extent 1 is dropped or added. */
export function operandsOfOneRank(yTrue: Operand, yPred: Operand): { readonly y: Tensor; readonly p: Tensor } {
  const { y, p } = floatOperands(yTrue, yPred);
  const [fittedY, fittedP] = squeezeOrExpandToSameRank(y, p);
  return { y: fittedY, p: fittedP };
}

/**
 * Two tensors whose ranks differ by one, brought to the same rank where the longer one ends in an axis of
 * extent 1: a vector gains that axis, anything else makes the other lose it.
 */
export function squeezeOrExpandToSameRank(
  a: Tensor,
  b: Tensor,
  { expandVectors = true } = {},
): readonly [Tensor, Tensor] {
  if (a.rank === null || b.rank === null || a.rank === b.rank) return [a, b];
  if (a.rank === b.rank + 1 && a.shape.at(-1) === 1)
    return b.rank === 1 && expandVectors ? [a, expandDims(b, -1) as Tensor] : [squeeze(a, -1) as Tensor, b];
  if (b.rank === a.rank + 1 && b.shape.at(-1) === 1)
    return a.rank === 1 && expandVectors ? [expandDims(a, -1) as Tensor, b] : [a, squeeze(b, -1) as Tensor];
  return [a, b];
}

// ---- reduction ----

const reductions: readonly Reduction[] = ["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none"];

/** @throws ArgumentError for an unknown reduction; `null` is none */
export function requireReduction(reduction: Reduction | null): Reduction {
  const standard = reduction ?? "none";
  if (!reductions.includes(standard))
    throw new ArgumentError(
      `Invalid value for argument \`reduction\`. Expected one of {${reductions.map((r) => `"${r}"`).join(", ")}, null}. Received: reduction=${reduction}`,
    );
  return standard;
}

/** How the values of a loss become one. */
export interface ReduceOptions {
  /** One for each sample, or of the values' shape. Default: all 1. */
  readonly sampleWeight?: Tensor | null | undefined;
  /** Which values count; others are left out of means too. Default: what the loss noted, else all. */
  readonly mask?: Tensor | null | undefined;
  /** Default `"sum_over_batch_size"`. */
  readonly reduction?: Reduction;
}

/**
 * Values for each sample, weighed and reduced: `sum_over_batch_size` and `mean` divide by the number of
 * values (of those that count), not by the weights; `mean_with_sample_weight` by the sum of the weights.
 */
export function reduceWeightedValues(values: Tensor, options: ReduceOptions = {}): Tensor {
  const { sampleWeight, reduction = "sum_over_batch_size" } = options;
  const mask = options.mask ?? maskOf(values);
  const weights = weightsFrom(values, sampleWeight ?? undefined, mask, reduction);
  const [fitted, fittedWeights] =
    weights === undefined ? [values, undefined] : squeezeOrExpandToSameRank(values, weights);
  const weighted: Tensor = fittedWeights === undefined ? fitted : fitted.mul(fittedWeights);
  if (reduction === "none" || values.rank === 0) return weighted;
  if (reduction === "sum") return weighted.reduceSum() as Tensor;
  if (reduction === "mean_with_sample_weight" && fittedWeights !== undefined)
    return safeDivide(weighted.reduceSum() as Tensor, fittedWeights.reduceSum() as Tensor);
  return weighted.reduceMean() as Tensor;
}

function weightsFrom(
  values: Tensor,
  sampleWeight: Tensor | undefined,
  mask: Tensor | null,
  reduction: Reduction,
): Tensor | undefined {
  const weights = sampleWeight === undefined ? undefined : cast(sampleWeight, values.dtype);
  if (mask === null) return weights;
  const counted: Tensor = cast(mask, values.dtype);
  // A mean over all values becomes one over those that count.
  const isMean = reduction === "mean" || reduction === "sum_over_batch_size";
  const total: Tensor = cast(size(counted), values.dtype);
  const share = isMean ? counted.mul(safeDivide(total, counted.reduceSum() as Tensor)) : counted;
  if (weights === undefined) return share;
  const [fittedShare, fittedWeights] = squeezeOrExpandToSameRank(share, weights);
  return fittedWeights.mul(fittedShare);
}

// ---- classes ----

/** Options that all losses take. */
export interface LossOptions {
  /** Name in logs, for models with several outputs. Default: the loss's in snake_case. */
  readonly name?: string | undefined;
  /** What becomes of the values of a batch; `null` is none. Default `"sum_over_batch_size"`. */
  readonly reduction?: Reduction | null | undefined;
}

/** Base of the losses. A subclass says what each sample costs; `loss.apply(yTrue, yPred)` is one number. */
export abstract class Loss implements LossContract {
  readonly name: string;
  readonly reduction: Reduction;

  /** @throws ArgumentError for an unknown reduction */
  constructor(options: LossOptions = {}, defaultName?: string) {
    const { name, reduction = "sum_over_batch_size", ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["name", "reduction"]);
    this.name = name ?? defaultName ?? snakeCase(nameOf(new.target));
    this.reduction = requireReduction(reduction);
  }

  /** Values for each sample. */
  abstract call(yTrue: Operand, yPred: Operand): Tensor;

  /** The loss of a batch: its values, weighed and reduced. What calling the object is in Keras. */
  apply(yTrue: Operand, yPred: Operand, { sampleWeight }: Pick<ReduceOptions, "sampleWeight"> = {}): Tensor {
    const values = this.call(yTrue, yPred);
    const [ofOutput, ofValues] = [tensorOf(yPred), values].map((x) => (x === undefined ? null : maskOf(x)));
    const mask = ofOutput && ofValues ? (ofOutput.logicalAnd(ofValues) as Tensor) : (ofOutput ?? ofValues);
    return reduceWeightedValues(values, { sampleWeight, mask, reduction: this.reduction });
  }

  /** The options, under Keras's names. */
  getConfig(): Config {
    return { name: this.name, reduction: this.reduction };
  }
  static fromConfig<T>(this: new (options: never) => T, config: Config): T {
    return new this(optionsOf(config) as never);
  }
}

/** A function of labels and predictions as a {@link Loss}. */
export class LossFunctionWrapper extends Loss {
  static override readonly name: string = "LossFunctionWrapper";
  constructor(
    readonly fn: LossFunction,
    options: LossOptions = {},
  ) {
    super(options, snakeCase(nameOf(requireFunction(fn, "fn", new.target))) || "loss");
  }
  call(yTrue: Tensor, yPred: Tensor): Tensor {
    return this.fn(yTrue, yPred);
  }
  /** @throws ArgumentError for a function that is not registered */
  override getConfig(): Config {
    return { ...super.getConfig(), fn: serialize(this.fn) };
  }
}
