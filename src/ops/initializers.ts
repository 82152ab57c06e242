/**
 * @file Initializers: functions from a shape to the tensor a new variable starts with. May import the
 * builders of operations. Follows `init_ops.py` of TensorFlow 1.3; a seeded initializer draws its weights.
 */
import {
  ArgumentError,
  type ArrayLike_,
  bracketed,
  callSiteOf,
  captureCallSite,
  type DType,
  DTypeError,
  type FloatDType,
  isFloating,
  NdArray,
  nearestHint,
  type OptionNames,
  requireOptions,
  ShapeError,
} from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { ones, zeros } from "./array/index.js";
import { constant } from "./basic.js";
import type { TensorLike } from "./define.js";
import { randomNormal, randomUniform, truncatedNormal } from "./random/index.js";

/** Which part of a larger variable is being made. */
export interface PartitionInfo {
  /** Shape of the whole variable; fans are computed from it. */
  readonly fullShape: readonly number[];
  /** Where the part begins in it, for each axis. */
  readonly varOffset: readonly number[];
}

/** What an initializer is told besides the shape. */
export interface InitializerCall<D extends DType = DType> {
  /** Element type. Default: the initializer's own, float32 unless it was given another. */
  readonly dtype?: D | undefined;
  /** Which part of a larger variable is asked for. Default: none, the whole. */
  readonly partitionInfo?: PartitionInfo | undefined;
}

/** What makes initial values; variables call it. Any function of this form serves. */
export type InitializerFunction = (shape: readonly number[], options: InitializerCall) => TensorLike;

/** An initializer of this room: it promises the shape and dtype it is asked for. */
export type Initializer<Default extends DType = DType> = <const S extends readonly number[], D extends DType = Default>(
  shape: S,
  options?: InitializerCall<D>,
) => Tensor<D, S>;

interface DTypeOption<D extends DType> {
  /** Element type where the call names none. Default float32. */
  readonly dtype?: D;
}
export interface SeededOption<D extends DType> extends DTypeOption<D> {
  /** Seed of the operation that draws. Default: from the graph's seed, else another in every session. */
  readonly seed?: number | null;
}

const dtypeOption: OptionNames<DTypeOption<DType>> = { dtype: true };
/** @internal Names of the options of all that draw. */
export const seededOptions: OptionNames<SeededOption<DType>> = { ...dtypeOption, seed: true };

/** @internal An initializer from how it makes a tensor; `whole` is the shape that fans are computed from. */
export function initializer<Default extends DType>(
  own: Default | undefined,
  make: (shape: readonly number[], dtype: DType, whole: readonly number[]) => Tensor,
): Initializer<Default> {
  const call = (shape: readonly number[], options: InitializerCall = {}): Tensor =>
    make(shape, options.dtype ?? own ?? "float32", options.partitionInfo?.fullShape ?? shape);
  return call as Initializer<Default>;
}

/** @internal @throws DTypeError for a dtype that is not floating */
export function requireFloat(dtype: DType): FloatDType {
  if (!isFloating(dtype))
    throw new DTypeError(`Expected floating point type, got ${dtype}.`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: "use zerosInitializer or constantInitializer for other dtypes",
    });
  return dtype;
}
const requireFloatOption = <D extends DType>(dtype: D | undefined): D | undefined => {
  if (dtype !== undefined) requireFloat(dtype);
  return dtype;
};

// ---- fixed values ----

/** All zeros (false for bool). `tf.zeros_initializer`. */
export function zerosInitializer<D extends DType = "float32">(options: DTypeOption<D> = {}): Initializer<D> {
  requireOptions("zerosInitializer", options, dtypeOption);
  return initializer(options.dtype, (shape, dtype) => zeros(shape, { dtype }));
}

/** All ones (true for bool). `tf.ones_initializer`. */
export function onesInitializer<D extends DType = "float32">(options: DTypeOption<D> = {}): Initializer<D> {
  requireOptions("onesInitializer", options, dtypeOption);
  return initializer(options.dtype, (shape, dtype) => ones(shape, { dtype }));
}

/**
 * Given values, row by row; the last one fills what is left. `tf.constant_initializer`.
 * @param value a number or array. Default 0
 * @param options.verifyShape demand that the values have exactly the variable's shape. Default false
 */
export function constantInitializer<D extends DType = "float32">(
  value: ArrayLike_ = 0,
  options: DTypeOption<D> & {
    /** Demand that the value has the shape asked for, rather than fill it up with its last element. Default false. */
    readonly verifyShape?: boolean;
  } = {},
): Initializer<D> {
  requireOptions("constantInitializer", options, { ...dtypeOption, verifyShape: true });
  const { verifyShape = false } = options;
  return initializer(options.dtype, (shape, dtype) => constant(value, { shape, dtype, verifyShape }));
}

/**
 * The identity matrix, times `gain`.
 * @param options.gain factor. Default 1
 * @throws ShapeError when called for a shape that is no matrix
 */
export function identityInitializer<D extends FloatDType = "float32">(
  options: DTypeOption<D> & {
    /** Times the identity. Default 1. */
    readonly gain?: number;
  } = {},
): Initializer<D> {
  requireOptions("identityInitializer", options, { ...dtypeOption, gain: true });
  const { gain = 1 } = options;
  return initializer(requireFloatOption(options.dtype), (shape, dtype) => {
    const [rows, columns] = shape;
    if (rows === undefined || columns === undefined || shape.length !== 2)
      throw new ShapeError("Identity matrix initializer can only be used for 2D matrices.", {
        createdAt: callSiteOf(captureCallSite()),
        hint: `the shape is ${bracketed(shape)}`,
      });
    const values = NdArray.zeros(requireFloat(dtype), [rows, columns]);
    for (let i = 0; i < Math.min(rows, columns); i++) values.data[i * columns + i] = gain;
    return constant(values, { dtype, shape });
  });
}

// ---- random values ----

/**
 * Uniform in [minval, maxval). `tf.random_uniform_initializer`.
 * @param options.minval default 0
 * @param options.maxval default 1 for floats; whole numbers need it
 */
export function randomUniformInitializer<D extends FloatDType | "int32" = "float32">(
  options: SeededOption<D> & {
    /** Least value. Default 0. */
    readonly minval?: number;
    /** Bound that values stay below. Default 1. */
    readonly maxval?: number;
  } = {},
): Initializer<D> {
  requireOptions("randomUniformInitializer", options, { ...seededOptions, minval: true, maxval: true });
  const { minval = 0, maxval, seed } = options;
  return initializer(options.dtype, (shape, dtype) =>
    randomUniform(shape, { minval, ...(maxval === undefined ? {} : { maxval }), dtype: dtype as FloatDType, seed }),
  );
}

interface NormalInitializerOptions<D extends DType> extends SeededOption<D> {
  /** Default 0. */
  readonly mean?: number;
  /** Default 1. */
  readonly stddev?: number;
}
const normalOptions: OptionNames<NormalInitializerOptions<DType>> = { ...seededOptions, mean: true, stddev: true };

/** Normally distributed: mean 0 and standard deviation 1 by default. `tf.random_normal_initializer`. */
export function randomNormalInitializer<D extends FloatDType = "float32">(
  options: NormalInitializerOptions<D> = {},
): Initializer<D> {
  requireOptions("randomNormalInitializer", options, normalOptions);
  const { mean = 0, stddev = 1, seed } = options;
  return initializer(requireFloatOption(options.dtype), (shape, dtype) =>
    randomNormal(shape, { mean, stddev, dtype: requireFloat(dtype), seed }),
  );
}

/**
 * Normally distributed, values beyond two standard deviations drawn again: mean 0 and standard deviation 1
 * by default. `tf.truncated_normal_initializer`.
 */
export function truncatedNormalInitializer<D extends FloatDType = "float32">(
  options: NormalInitializerOptions<D> = {},
): Initializer<D> {
  requireOptions("truncatedNormalInitializer", options, normalOptions);
  const { mean = 0, stddev = 1, seed } = options;
  return initializer(requireFloatOption(options.dtype), (shape, dtype) =>
    truncatedNormal(shape, { mean, stddev, dtype: requireFloat(dtype), seed }),
  );
}

/**
 * Uniform in ±factor·√(3 / n), where n is the product of all dimensions but the last: keeps the scale of
 * what passes through. `tf.uniform_unit_scaling_initializer`.
 * @param options.factor default 1; 1.15 suits tanh, 1.43 ReLU
 */
export function uniformUnitScalingInitializer<D extends FloatDType = "float32">(
  options: SeededOption<D> & {
    /** Times the bound. Default 1. */
    readonly factor?: number;
  } = {},
): Initializer<D> {
  requireOptions("uniformUnitScalingInitializer", options, { ...seededOptions, factor: true });
  const { factor = 1, seed } = options;
  return initializer(requireFloatOption(options.dtype), (shape, dtype, whole) => {
    const inputSize = whole.slice(0, -1).reduce((product, d) => product * d, 1);
    const limit = Math.sqrt(3 / Math.max(inputSize, 1)) * factor;
    return randomUniform(shape, { minval: -limit, maxval: limit, dtype: requireFloat(dtype), seed });
  });
}

/** How many inputs and outputs a weight of this shape connects; of a convolution, with its window. */
export function computeFans(shape: readonly number[]): { readonly fanIn: number; readonly fanOut: number } {
  const [first = 1, second = first] = shape;
  if (shape.length <= 2) return { fanIn: first, fanOut: second };
  const window = shape.slice(0, -2).reduce((product, d) => product * d, 1);
  const [inputs = 1, outputs = 1] = shape.slice(-2);
  return { fanIn: window * inputs, fanOut: window * outputs };
}

const fanModes = {
  fan_in: ({ fanIn }) => fanIn,
  fan_out: ({ fanOut }) => fanOut,
  fan_avg: ({ fanIn, fanOut }) => (fanIn + fanOut) / 2,
} as const satisfies Record<string, (fans: ReturnType<typeof computeFans>) => number>;
/**
 * Which connections of a unit a variance is divided by: those that come in, those that go out, or the mean of
 * both.
 */
export type FanMode = keyof typeof fanModes;

/** Options of {@link varianceScalingInitializer}. */
export interface VarianceScalingOptions<D extends DType> extends SeededOption<D> {
  /** Wanted variance, times the number of connections. Default 1. */
  readonly scale?: number;
  /** What counts as the number of connections. Default `"fan_in"`. */
  readonly mode?: FanMode;
  /** Truncated normal (standard deviation before truncation) or uniform. Default `"normal"`. */
  readonly distribution?: "normal" | "uniform";
}
const scalingOptions: OptionNames<VarianceScalingOptions<DType>> = {
  ...seededOptions,
  scale: true,
  mode: true,
  distribution: true,
};

/**
 * Variance `scale / n`, where n is the number of connections. `tf.variance_scaling_initializer`.
 * @throws ArgumentError for a scale that is not positive, an unknown mode or distribution
 */
export function varianceScalingInitializer<D extends FloatDType = "float32">(
  options: VarianceScalingOptions<D> = {},
): Initializer<D> {
  requireOptions("varianceScalingInitializer", options, scalingOptions);
  const { scale = 1, mode = "fan_in", distribution = "normal", seed } = options;
  if (!(scale > 0)) throw new ArgumentError("`scale` must be positive float.", { hint: `it is ${scale}` });
  if (!Object.hasOwn(fanModes, mode))
    throw new ArgumentError(`Invalid \`mode\` argument: ${mode}`, {
      hint: nearestHint(mode, Object.keys(fanModes)),
    });
  if (distribution !== "normal" && distribution !== "uniform")
    throw new ArgumentError(`Invalid \`distribution\` argument: ${distribution}`, {
      hint: nearestHint(distribution, ["normal", "uniform"]),
    });
  return initializer(requireFloatOption(options.dtype), (shape, asked, whole) => {
    const dtype = requireFloat(asked);
    const variance = scale / Math.max(1, fanModes[mode](computeFans(whole)));
    if (distribution === "normal") return truncatedNormal(shape, { stddev: Math.sqrt(variance), dtype, seed });
    const limit = Math.sqrt(3 * variance);
    return randomUniform(shape, { minval: -limit, maxval: limit, dtype, seed });
  });
}

/** Uniform in ±√(6 / (fanIn + fanOut)) (Glorot and Bengio, 2010). `tf.glorot_uniform_initializer`. */
export function glorotUniformInitializer<D extends FloatDType = "float32">(
  options: SeededOption<D> = {},
): Initializer<D> {
  requireOptions("glorotUniformInitializer", options, seededOptions);
  return varianceScalingInitializer({ ...options, mode: "fan_avg", distribution: "uniform" });
}

/** Truncated normal of standard deviation √(2 / (fanIn + fanOut)). `tf.glorot_normal_initializer`. */
export function glorotNormalInitializer<D extends FloatDType = "float32">(
  options: SeededOption<D> = {},
): Initializer<D> {
  requireOptions("glorotNormalInitializer", options, seededOptions);
  return varianceScalingInitializer({ ...options, mode: "fan_avg", distribution: "normal" });
}
