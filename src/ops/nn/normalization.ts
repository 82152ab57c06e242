/** @file Moments and normalizing by them. Follows `nn_impl.py` of TensorFlow 1.3. */
import {
  ArgumentError,
  type ArrayLike_,
  type Checked,
  type DType,
  type Ok,
  type ReduceShape,
  type Shape,
} from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { stopGradient } from "../basic.js";
import { add, maximum, multiply, squaredDifference, subtract } from "../binary.js";
import { convertToTensor, type NameOption, type TensorLike } from "../define.js";
import { expandLike } from "../like.js";
import { reduceMean, reduceSum } from "../reduce.js";
import { withNameScope } from "../scopes.js";
import { rsqrt, square } from "../unary.js";

/** Options of {@link moments}. */
export interface MomentsOptions<KeepDims extends boolean = boolean> extends NameOption {
  /** Keep the reduced axes, with extent 1. Default false. */
  readonly keepDims?: KeepDims;
}

/**
 * Mean and variance over `axes`, as `[mean, variance]`. The variance divides by the number of elements.
 * `tf.nn.moments`.
 * @param axes the axes to reduce: `[0]` for a batch of vectors, `[0, 1, 2]` for one of images
 */
export function moments<
  D extends DType,
  S extends Shape,
  const Axes extends number | readonly number[],
  KeepDims extends boolean = false,
>(
  x: Tensor<D, S> | ArrayLike_,
  axes: Checked<Axes, ReduceShape<S, Axes, KeepDims, "moments">>,
  options: MomentsOptions<KeepDims> = {},
): [
  mean: Tensor<D, Ok<ReduceShape<S, Axes, KeepDims, "moments">>>,
  variance: Tensor<D, Ok<ReduceShape<S, Axes, KeepDims, "moments">>>,
] {
  const keepDims: boolean = options.keepDims ?? false;
  const build = (): [Tensor, Tensor] => {
    const values = convertToTensor(x as TensorLike);
    const axis = axes as number | readonly number[];
    const mean = reduceMean(values, { axis, keepDims, name: "mean" });
    // The mean's own share of the variance's gradient is 0, so it is not computed.
    const center = expandLike(stopGradient(mean), values, typeof axis === "number" ? [axis] : axis, keepDims);
    const variance = reduceMean(squaredDifference(values, center), { axis, keepDims, name: "variance" });
    return [mean, variance];
  };
  const built = withNameScope(options.name, build, { defaultName: "moments", values: [x as TensorLike] });
  return built as unknown as [Tensor<D, never>, Tensor<D, never>];
}

/**
 * `(x − mean) / √(variance + varianceEpsilon) · scale + offset`, all of them broadcasting to `x`.
 * `tf.nn.batch_normalization`.
 * @param offset the learned mean β, or `null` for 0
 * @param scale the learned standard deviation γ, or `null` for 1
 * @param varianceEpsilon keeps the divisor from 0; 1e-3 is usual
 */
export function batchNormalization<D extends DType, S extends Shape>(
  x: Tensor<D, S>,
  mean: TensorLike,
  variance: TensorLike,
  offset: TensorLike | null,
  scale: TensorLike | null,
  varianceEpsilon: number | Tensor,
  options: NameOption = {},
): Tensor<D, S> {
  if (varianceEpsilon === undefined)
    throw new ArgumentError("batchNormalization: varianceEpsilon must be provided", { hint: "1e-3 is usual" });
  const like = (value: TensorLike): Tensor => convertToTensor(value, { dtype: x.dtype as DType });
  const build = (): Tensor => {
    const center = like(mean);
    const inverse = rsqrt(add(like(variance), varianceEpsilon));
    const factor = scale === null ? inverse : multiply(inverse, like(scale));
    const shift = multiply(center, factor);
    const scaled = multiply(x as Tensor, factor) as Tensor;
    return offset === null ? subtract(scaled, shift) : add(scaled, subtract(like(offset), shift));
  };
  const values = [x, mean, variance, offset, scale];
  return withNameScope(options.name, build, { defaultName: "batchnorm", values }) as Tensor<D, never>;
}

/** Options of {@link l2Normalize}. */
export interface L2NormalizeOptions extends NameOption {
  /** The norm counts as at least √epsilon. Default 1e-12. */
  readonly epsilon?: number;
}

/**
 * `x / √max(Σ x², epsilon)`, the sum over the axis or axes `dim`: vectors of length 1.
 * `tf.nn.l2_normalize`.
 */
export function l2Normalize<D extends DType, S extends Shape>(
  x: Tensor<D, S> | ArrayLike_,
  dim: number | readonly number[] | null,
  options: L2NormalizeOptions = {},
): Tensor<D, S> {
  const { epsilon = 1e-12, name } = options;
  const build = (): Tensor => {
    const values = convertToTensor(x as TensorLike);
    const squares = reduceSum(square(values), { axis: dim, keepDims: true });
    return multiply(values, rsqrt(maximum(squares, epsilon)));
  };
  return withNameScope(name, build, { defaultName: "l2_normalize", values: [x as TensorLike] }) as Tensor<D, never>;
}
