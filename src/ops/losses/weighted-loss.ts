/**
 * @file From losses of elements to the loss that is minimized: weights, the reduction, the collection.
 * Follows `losses_impl.py` of TensorFlow 1.3.
 */
import {
  ArgumentError,
  callSiteOf,
  captureCallSite,
  type DType,
  isCompatible,
  nearestHint,
  type Shape,
  ShapeError,
  tupled,
} from "../../core/index.js";
import { GraphKeys, type Tensor } from "../../graph/index.js";
import { multiply, notEqual } from "../binary.js";
import { cast } from "../cast.js";
import { convertToTensor, type NameOption, type TensorLike } from "../define.js";
import { reduceSum } from "../reduce.js";
import { withNameScope } from "../scopes.js";
import { broadcastWeights, toFloat } from "./broadcast-weights.js";
import { addLoss } from "./collection.js";
import { safeDivide } from "./safe-divide.js";

/** How weighted losses of elements become one number. */
export const Reduction = {
  /** They stay as they are. */
  NONE: "none",
  /** Their sum. */
  SUM: "weighted_sum",
  /** Their sum, divided by the sum of the weights. */
  MEAN: "weighted_mean",
  /** Their sum, divided by the number of elements whose weight is not 0. */
  SUM_BY_NONZERO_WEIGHTS: "weighted_sum_by_nonzero_weights",
} as const;
export type Reduction = (typeof Reduction)[keyof typeof Reduction];
export type DefaultReduction = typeof Reduction.SUM_BY_NONZERO_WEIGHTS;

/** What a loss is multiplied by, and where it goes. */
export interface WeightOptions extends NameOption {
  /** A scalar, or of the losses' rank with 1 where weights repeat; 0 leaves an element out. Default 1. */
  readonly weights?: TensorLike | undefined;
  /** Collection that the loss joins; `null` for none. Default `GraphKeys.LOSSES`. */
  readonly lossCollection?: string | null | undefined;
}
/** Options that all losses take. */
export interface LossOptions<R extends Reduction = Reduction> extends WeightOptions {
  /** Default `Reduction.SUM_BY_NONZERO_WEIGHTS`: the mean over the elements that count. */
  readonly reduction?: R | undefined;
}

/** What a loss of elements of shape `S` becomes: a scalar, unless it is not reduced. */
export type LossTensor<R extends Reduction, D extends DType, S extends Shape> = Tensor<
  D,
  [R] extends [typeof Reduction.NONE]
    ? S
    : [R] extends [Exclude<Reduction, typeof Reduction.NONE>]
      ? readonly []
      : Shape
>;

/**
 * Weighs the losses of elements and reduces them to a scalar; a mean over nothing is 0.
 * `tf.losses.compute_weighted_loss`.
 * @throws ArgumentError for an unknown reduction
 * @throws ShapeError for weights that do not fit
 */
export function computeWeightedLoss<D extends DType, S extends Shape, const R extends Reduction = DefaultReduction>(
  losses: Tensor<D, S>,
  options: LossOptions<R> = {},
): LossTensor<R, D, S> {
  const reduction = options.reduction ?? Reduction.SUM_BY_NONZERO_WEIGHTS;
  const reductions: readonly string[] = Object.values(Reduction);
  if (!reductions.includes(reduction))
    throw new ArgumentError(`Invalid ReductionKey ${reduction}.`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: nearestHint(reduction, reductions),
    });
  const weights = weightsOf(options);
  const build = (): Tensor => {
    const values = convertToTensor(losses as TensorLike);
    const each = broadcastWeights(weights, values);
    const weighted = multiply(toFloat(values), each) as Tensor;
    const loss = cast(reduce(weighted, each, reduction), values.dtype);
    addLoss(loss, options.lossCollection === undefined ? GraphKeys.LOSSES : options.lossCollection);
    return loss;
  };
  const scope = { defaultName: "weighted_loss", values: [losses as TensorLike, weights] };
  return withNameScope(options.name, build, scope) as Tensor as LossTensor<R, D, S>;
}

function reduce(weighted: Tensor, weights: Tensor<"float32">, reduction: Reduction): Tensor {
  if (reduction === Reduction.NONE) return weighted;
  const total = reduceSum(weighted);
  if (reduction === Reduction.SUM) return total;
  return safeDivide(total, reduction === Reduction.MEAN ? reduceSum(weights) : numPresent(weights), { name: "value" });
}

/** How many of the weights are not 0; with `axes`, of each row, those axes staying with extent 1. */
export function numPresent(weights: Tensor<"float32">, axes?: readonly number[]): Tensor {
  const present = cast(notEqual(weights, 0) as Tensor, "float32");
  return axes === undefined ? reduceSum(present) : (reduceSum(present, { axis: axes, keepDims: true }) as Tensor);
}

/** @throws ArgumentError for weights that are null */
export function weightsOf(options: { readonly weights?: TensorLike | null | undefined }): TensorLike {
  if (options.weights === null)
    throw new ArgumentError("`weights` cannot be None", {
      createdAt: callSiteOf(captureCallSite()),
      hint: "leave them out for weights of 1",
    });
  return options.weights ?? 1;
}

/** @throws ShapeError where two tensors cannot have one shape */
export function requireCompatible(a: Tensor, b: Tensor): void {
  if (isCompatible(a.partialShape, b.partialShape)) return;
  throw new ShapeError(`Shapes ${tupled(a.partialShape)} and ${tupled(b.partialShape)} are incompatible`, {
    op: a.op.name,
    createdAt: callSiteOf(captureCallSite()),
    hint: "predictions and labels need the same shape; nothing is broadcast",
  });
}

/** Runs `body` in the name scope of a loss, which later steps re-enter by the name it is told. */
export function inLossScope<T>(
  name: string,
  options: NameOption,
  operands: readonly unknown[],
  body: (scope: string) => T,
): T {
  if (operands.some((operand) => operand === null || operand === undefined))
    throw new ArgumentError(`${name}: labels and predictions must not be None.`, {
      createdAt: callSiteOf(captureCallSite()),
    });
  return withNameScope(options.name, body, { defaultName: name, values: operands as readonly TensorLike[] });
}
