/**
 * @file Clipping by norm: keeps the length of tensors, most often gradients, within bounds.
 * Follows `clip_ops.py` of TensorFlow 1.3.
 */
import { ArgumentError, type DType, type Shape } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { addN } from "./add-n.js";
import { size } from "./array/index.js";
import { divide, maximum, minimum, multiply } from "./binary.js";
import { cast } from "./cast.js";
import { convertToTensor, type NameOption, tensorOf } from "./define.js";
import { reduceSum } from "./reduce.js";
import { rsqrt, sqrt, square } from "./unary.js";

/** A bound: a number, or a scalar tensor. */
export type ClipBound = number | Tensor;

/** A bound in the dtype of what it bounds. */
function boundOf(bound: ClipBound, like: Tensor): Tensor {
  const tensor = tensorOf(bound);
  return tensor === undefined ? convertToTensor(bound, { dtype: like.dtype }) : cast(tensor, like.dtype);
}

/** Builds under a name scope of the tensor's graph; the result has the tensor's static shape. */
function clipped<D extends DType, S extends Shape>(t: Tensor<D, S>, name: string, build: (x: Tensor) => Tensor) {
  const x = tensorOf(t) ?? convertToTensor(t);
  const { graph } = x;
  const result = graph.asDefault(() => graph.nameScope(name, () => build(x)));
  result.setShape(x.partialShape);
  return result as Tensor as Tensor<D, S>;
}

/** Options of {@link clipByNorm}. */
export interface ClipByNormOptions extends NameOption {
  /** Axes over which the norm is taken. Default: all. */
  readonly axes?: number | readonly number[];
}

/**
 * Scales a tensor whose L2 norm is above `clipNorm` down to it: `t · clipNorm · min(1/‖t‖, 1/clipNorm)`.
 * `tf.clip_by_norm`.
 */
export function clipByNorm<D extends DType, S extends Shape>(
  t: Tensor<D, S>,
  clipNorm: ClipBound,
  options: ClipByNormOptions = {},
): Tensor<D, S> {
  return clipped(t, options.name ?? "clip_by_norm", (x) => {
    const bound = boundOf(clipNorm, x);
    const sum: Tensor = reduceSum(square(x), { axis: options.axes, keepDims: true });
    return multiply(multiply(x, bound), minimum(rsqrt(sum), divide(1, bound)));
  });
}

/**
 * Scales a tensor whose average L2 norm, `‖t‖/n` of `n` elements, is above `clipNorm` down to it.
 * `tf.clip_by_average_norm`.
 */
export function clipByAverageNorm<D extends DType, S extends Shape>(
  t: Tensor<D, S>,
  clipNorm: ClipBound,
  options: NameOption = {},
): Tensor<D, S> {
  return clipped(t, options.name ?? "clip_by_average_norm", (x) => {
    const bound = boundOf(clipNorm, x);
    const sum: Tensor = reduceSum(square(x));
    const inverse = multiply(cast(size(x), x.dtype), rsqrt(sum));
    return multiply(multiply(x, bound), minimum(inverse, divide(1, bound)));
  });
}

/** Tensors, with `null` where there is none: what gradients are. */
type TensorList = readonly (Tensor | null)[];

/** @throws ArgumentError where all are `null` */
function presentOf(list: TensorList, name: string): [Tensor, ...Tensor[]] {
  const [first, ...rest] = list.filter((t) => t !== null).map((t) => tensorOf(t) ?? t);
  if (first === undefined)
    throw new ArgumentError(`${name}: t_list should be a sequence of Tensors with at least one that is not null`, {
      hint: "pass gradients of a loss that depends on some variable",
    });
  return [first, ...rest];
}

/**
 * The L2 norm of all elements of all tensors together, `√Σ‖t‖²`; `null` entries are left out.
 * `tf.global_norm`.
 * @throws ArgumentError for a list without a tensor
 */
export function globalNorm<const T extends TensorList>(
  list: T,
  options: NameOption = {},
): Tensor<NonNullable<T[number]>["dtype"], readonly []> {
  const name = options.name ?? "global_norm";
  const present = presentOf(list, name);
  const [{ graph }] = present;
  const norm = graph.asDefault(() =>
    graph.nameScope(name, (scope) => {
      const squares = present.map((t): Tensor => reduceSum(square(t)));
      return sqrt(addN(squares) as Tensor, { name: scope });
    }),
  );
  return norm as Tensor as Tensor<NonNullable<T[number]>["dtype"], readonly []>;
}

/** Options of {@link clipByGlobalNorm}. */
export interface ClipByGlobalNormOptions extends NameOption {
  /** The norm, where it is computed already. Default: {@link globalNorm} of the list. */
  readonly useNorm?: Tensor;
}

/**
 * Scales tensors so that their {@link globalNorm} is at most `clipNorm`: each times
 * `clipNorm / max(norm, clipNorm)`. Where the norm is small enough the values stay as they are, to
 * the bit. `tf.clip_by_global_norm`.
 * @returns the list, `null` entries in place, and the norm before clipping
 * @throws ArgumentError for a list without a tensor
 */
export function clipByGlobalNorm<const T extends TensorList>(
  list: T,
  clipNorm: ClipBound,
  options: ClipByGlobalNormOptions = {},
): [clipped: { -readonly [I in keyof T]: T[I] }, globalNorm: Tensor<DType, readonly []>] {
  const name = options.name ?? "clip_by_global_norm";
  const [{ graph }] = presentOf(list, name);
  return graph.asDefault(() =>
    graph.nameScope(name, () => {
      const norm = (options.useNorm ?? globalNorm(list)) as Tensor;
      const bound = boundOf(clipNorm, norm);
      const scale: Tensor = divide(bound, maximum(norm, bound));
      const scaled = list.map((t) => {
        if (t === null) return null;
        const result: Tensor = multiply(tensorOf(t) ?? t, cast(scale, t.dtype));
        result.setShape(t.partialShape);
        return result;
      });
      return [scaled as never, norm as Tensor<DType, readonly []>];
    }),
  );
}
