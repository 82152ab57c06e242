/**
 * @file Random tensors: uniform, normal, truncated normal. Each is drawn afresh in every run, from a
 * generator that the session keeps for it. Follows `random_ops.py` and `random_seed.py` of TensorFlow 1.3
 * down to the names and the number of operations, from which an unseeded operation of a seeded graph
 * derives its numbers.
 */
import {
  ArgumentError,
  callSiteOf,
  captureCallSite,
  type DType,
  DTypeError,
  type FloatDType,
  isFloating,
} from "../../core/index.js";
import { getDefaultGraph, type Tensor } from "../../graph/index.js";
import { type GivenShape, type ShapeArgument, shapeOperand } from "../array/shape-argument.js";
import { add, multiply, subtract } from "../binary.js";
import { convertToTensor, type NameOption, type OpBuilder, type TensorLike } from "../define.js";
import { withNameScope } from "../scopes.js";
import {
  randomStandardNormalOp,
  randomUniformIntOp,
  randomUniformOp,
  seedAttributes,
  truncatedNormalOp,
} from "./standard-ops.js";

/** The seed of an operation that draws. */
export interface SeedOption extends NameOption {
  /**
   * Seed of this operation. With it, or with a graph seed (`setRandomSeed`), every session draws the same
   * numbers; with neither, each draws others.
   */
  readonly seed?: number | null | undefined;
}

/** Options of {@link randomNormal} and {@link truncatedNormal}. */
export interface NormalOptions<D extends FloatDType = FloatDType> extends SeedOption {
  /** Mean, a number or a tensor that broadcasts. Default 0. */
  readonly mean?: TensorLike;
  /** Standard deviation (before truncation), a number or a tensor that broadcasts. Default 1. */
  readonly stddev?: TensorLike;
  /** Element type. Default float32. */
  readonly dtype?: D | undefined;
}

/** Options of {@link randomUniform}. */
export interface UniformOptions<D extends FloatDType | "int32" = FloatDType | "int32"> extends SeedOption {
  /** Smallest value. Default 0. */
  readonly minval?: TensorLike;
  /** Upper bound, itself never drawn. Default 1 for floats; whole numbers need it. */
  readonly maxval?: TensorLike;
  /** Element type: float32 (the default), float64 or int32. */
  readonly dtype?: D | undefined;
}

/**
 * Sets the seed of the default graph, for operations created from now on. `null` removes it.
 * `tf.set_random_seed`.
 */
export function setRandomSeed(seed: number | null): void {
  if (seed !== null && !Number.isSafeInteger(seed))
    throw new ArgumentError(`seed must be an integer, not ${seed}`, { hint: "use an integer of at most 53 bits" });
  getDefaultGraph().seed = seed;
}

export const shapeTensor = (shape: ShapeArgument): Tensor<"int32"> =>
  convertToTensor(shapeOperand(shape, "shape"), { dtype: "int32", name: "shape" });

function requireFloatDType(dtype: DType, opName: string): void {
  if (!isFloating(dtype))
    throw new DTypeError(
      `Value passed to parameter 'dtype' of '${opName}' has DataType ${dtype} not in list of allowed values: float32, float64`,
      { createdAt: callSiteOf(captureCallSite()), hint: "draw floats and tf.cast() them" },
    );
}

function normal(op: OpBuilder, name: string, shape: ShapeArgument, options: NormalOptions): Tensor {
  const { mean = 0, stddev = 1, dtype = "float32", seed } = options;
  requireFloatDType(dtype, name);
  return withNameScope(
    options.name ?? name,
    (scope) => {
      const dimensions = shapeTensor(shape);
      const center = convertToTensor(mean, { dtype, name: "mean" });
      const spread = convertToTensor(stddev, { dtype, name: "stddev" });
      const standard = op.build([dimensions], { dtype, ...seedAttributes(getDefaultGraph(), seed) });
      return add(multiply(standard, spread, { name: "mul" }) as Tensor, center, { name: scope }) as Tensor;
    },
    { values: [shape, mean, stddev] },
  );
}

/**
 * Normally distributed numbers. `tf.random_normal`.
 * @param shape dimensions of the result, as an array or an int32 vector
 * @throws DTypeError for a dtype that is not floating
 */
export function randomNormal<const A extends ShapeArgument, D extends FloatDType = "float32">(
  shape: A,
  options: NormalOptions<D> = {},
): Tensor<D, GivenShape<A>> {
  return normal(randomStandardNormalOp, "random_normal", shape, options) as Tensor<D, never>;
}

/**
 * Normally distributed numbers, those two standard deviations or more from the mean drawn again; what
 * remains has 0.8796 of the given standard deviation. `tf.truncated_normal`.
 * @param shape dimensions of the result, as an array or an int32 vector
 * @throws DTypeError for a dtype that is not floating
 */
export function truncatedNormal<const A extends ShapeArgument, D extends FloatDType = "float32">(
  shape: A,
  options: NormalOptions<D> = {},
): Tensor<D, GivenShape<A>> {
  return normal(truncatedNormalOp, "truncated_normal", shape, options) as Tensor<D, never>;
}

/**
 * Numbers in [minval, maxval), every one equally likely. `tf.random_uniform`.
 * @param shape dimensions of the result, as an array or an int32 vector
 * @throws ArgumentError for whole numbers without `maxval`
 */
export function randomUniform<const A extends ShapeArgument, D extends FloatDType | "int32" = "float32">(
  shape: A,
  options: UniformOptions<D> = {},
): Tensor<D, GivenShape<A>> {
  const dtype: DType = options.dtype ?? "float32";
  const { minval = 0, seed } = options;
  if (dtype !== "int32") requireFloatDType(dtype, "random_uniform");
  if (options.maxval === undefined && dtype === "int32")
    throw new ArgumentError(`Must specify maxval for integer dtype ${dtype}`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: "maxval is the first whole number that is never drawn",
    });
  const { maxval = 1 } = options;
  const result = withNameScope(
    options.name ?? "random_uniform",
    (scope) => {
      const dimensions = shapeTensor(shape);
      const low = convertToTensor(minval, { dtype, name: "min" });
      const high = convertToTensor(maxval, { dtype, name: "max" });
      const attributes = { dtype, ...seedAttributes(getDefaultGraph(), seed) };
      if (dtype === "int32") return randomUniformIntOp.build([dimensions, low, high], attributes, { name: scope });
      const standard = randomUniformOp.build([dimensions], attributes);
      const width = subtract(high, low, { name: "sub" }) as Tensor;
      return add(multiply(standard, width, { name: "mul" }) as Tensor, low, { name: scope }) as Tensor;
    },
    { values: [shape, minval, maxval] },
  );
  return result as Tensor<D, never>;
}
