/**
 * @file Initializations: how weights start, by name. Each is an initializer of level 1 with TFLearn's
 * defaults. Follows `initializations.py` of TFLearn.
 */
import {
  ArgumentError,
  callSiteOf,
  captureCallSite,
  describe,
  type FloatDType,
  nearestHint,
  type OptionNames,
  requireOptions,
} from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import {
  type Initializer,
  type InitializerFunction,
  randomNormalInitializer,
  randomUniformInitializer,
  type TensorLike,
  truncatedNormalInitializer,
  uniformUnitScalingInitializer,
  varianceScalingInitializer,
  zerosInitializer,
} from "../ops/index.js";
import { lookUp } from "./identifiers.js";

interface SeededOptions {
  /** Element type. Default float32. */
  readonly dtype?: FloatDType;
  /** Seed of the operation that draws. Default: from the graph's seed, else another in every session. */
  readonly seed?: number | null;
}

const seededOptions: OptionNames<SeededOptions> = { dtype: true, seed: true };

/** All elements 0. */
export const zeros = (): Initializer<"float32"> => zerosInitializer();

/** Uniform in [minval, maxval): [0, 1) by default. */
export function uniform(
  options: SeededOptions & {
    /** Least value. Default 0. */
    readonly minval?: number;
    /** Bound that values stay below. Default 1. */
    readonly maxval?: number;
  } = {},
): Initializer<FloatDType> {
  requireOptions("initializations.uniform", options, { ...seededOptions, minval: true, maxval: true });
  const { minval = 0, maxval = 1, dtype, seed } = options;
  return randomUniformInitializer({ minval, maxval, dtype, seed });
}

/** Uniform in ±factor·√(3/n) with n the product of all dimensions but the last. */
export const uniformScaling = (
  options: SeededOptions & {
    /** Times the bound. Default 1. */
    readonly factor?: number;
  } = {},
): Initializer<FloatDType> => {
  requireOptions("initializations.uniformScaling", options, { ...seededOptions, factor: true });
  return uniformUnitScalingInitializer({ ...options, factor: options.factor ?? 1 });
};

interface NormalOptions extends SeededOptions {
  /** Default 0. */
  readonly mean?: number;
  /** Default 0.02. */
  readonly stddev?: number;
}
const withNormalDefaults = (call: string, options: NormalOptions): NormalOptions & { mean: number; stddev: number } => {
  requireOptions(`initializations.${call}`, options, { ...seededOptions, mean: true, stddev: true });
  return { ...options, mean: options.mean ?? 0, stddev: options.stddev ?? 0.02 };
};

/** Normally distributed: mean 0 and standard deviation 0.02 by default. */
export const normal = (options: NormalOptions = {}): Initializer<FloatDType> =>
  randomNormalInitializer(withNormalDefaults("normal", options));

/** {@link normal} with values beyond two standard deviations drawn again. */
export const truncatedNormal = (options: NormalOptions = {}): Initializer<FloatDType> =>
  truncatedNormalInitializer(withNormalDefaults("truncatedNormal", options));

/**
 * Xavier Glorot's: uniform in ±√(6/(fanIn + fanOut)), or normal with a standard deviation that makes the
 * variance after truncation 2/(fanIn + fanOut), as the original's `contrib` initializer does.
 */
export const xavier = (
  options: SeededOptions & {
    /** Uniform, in place of truncated normal. Default true. */
    readonly uniform?: boolean;
  } = {},
): Initializer<FloatDType> => {
  requireOptions("initializations.xavier", options, { ...seededOptions, uniform: true });
  return varianceScaling({ ...options, factor: 1, mode: "FAN_AVG", uniform: options.uniform ?? true });
};

/** Options of {@link varianceScaling}. */
export interface VarianceScalingOptions extends SeededOptions {
  /** Default 2. */
  readonly factor?: number;
  /** What counts as the number of connections. Default "FAN_IN". */
  readonly mode?: "FAN_IN" | "FAN_OUT" | "FAN_AVG";
  /** Uniform in place of truncated normal. Default false. */
  readonly uniform?: boolean;
}

/**
 * Variance `factor / n`. Truncation at two standard deviations takes variance away, which the original
 * makes up for by 1.3.
 */
export function varianceScaling(options: VarianceScalingOptions = {}): Initializer<FloatDType> {
  requireOptions("initializations.varianceScaling", options, {
    ...seededOptions,
    factor: true,
    mode: true,
    uniform: true,
  });
  const { factor = 2, mode = "FAN_IN", uniform: isUniform = false, dtype, seed } = options;
  if (!Object.hasOwn(fanModes, mode))
    throw new ArgumentError(`Unknown mode of varianceScaling: ${describe(mode)}`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: nearestHint(mode, Object.keys(fanModes)),
    });
  return varianceScalingInitializer({
    scale: isUniform ? factor : 1.3 * factor,
    mode: fanModes[mode],
    distribution: isUniform ? "uniform" : "normal",
    dtype,
    seed,
  });
}
const fanModes = { FAN_IN: "fan_in", FAN_OUT: "fan_out", FAN_AVG: "fan_avg" } as const;

const initializations = {
  zeros,
  uniform,
  uniform_scaling: uniformScaling,
  normal,
  truncated_normal: truncatedNormal,
  xavier,
  variance_scaling: varianceScaling,
} as const satisfies Record<string, () => InitializerFunction>;

/** Names of initializations. */
export type InitializationName = keyof typeof initializations;
/** A name, a function of the shape, or the first value itself. */
export type Initialization = InitializationName | InitializerFunction | Tensor | Exclude<TensorLike, string>;

/** What an identifier stands for: names become initializers with their defaults. @throws ArgumentError */
export function get(identifier: Initialization): InitializerFunction | TensorLike {
  if (identifier === undefined || identifier === null)
    throw new ArgumentError(`Invalid initialization: ${describe(identifier)}`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: `pass a function of the shape, values, or a name: ${Object.keys(initializations).join(", ")}`,
    });
  return typeof identifier === "string" ? lookUp("initialization", initializations, identifier)() : identifier;
}
