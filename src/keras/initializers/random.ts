/**
 * @file Initializers that draw. Follows `random_initializers.py` of Keras 3: "normal" ones whose values are
 * cut at two standard deviations are widened so that what is left has the wanted deviation.
 */
import { ArgumentError, bracketed, type FloatDType } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { diagPart, reshape, transpose } from "../../ops/array/index.js";
import { computeFans, qr, randomNormal, randomUniform, truncatedNormal } from "../../ops/index.js";
import { recordOf, requireNoMore, requireNumber } from "../arguments.js";
import type { Config } from "../contracts.js";
import { floatOf, Initializer, type InitializerCall, type SeedOption } from "./initializer.js";

/** Base of the initializers that draw. */
abstract class RandomInitializer extends Initializer {
  readonly seed: number | null;
  constructor(options: SeedOption) {
    const { seed = null, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["seed"]);
    super();
    this.seed = seed === null ? null : requireNumber(seed, "seed", new.target);
  }
  override getConfig(): Config {
    return { seed: this.seed };
  }
}

/** Options of {@link RandomNormal} and {@link TruncatedNormal}. */
export interface NormalOptions extends SeedOption {
  /** Default 0. */
  readonly mean?: number;
  /** Default 0.05. */
  readonly stddev?: number;
}

/** Normally distributed. `keras.initializers.RandomNormal`. */
export class RandomNormal extends RandomInitializer {
  readonly mean: number;
  readonly stddev: number;
  constructor(options: NormalOptions = {}) {
    const { mean = 0, stddev = 0.05, ...seed } = recordOf(options, new.target);
    super(seed);
    this.mean = requireNumber(mean, "mean", new.target);
    this.stddev = requireNumber(stddev, "stddev", new.target);
  }
  compute(shape: readonly number[], options: InitializerCall = {}): Tensor {
    const { mean, stddev, seed } = this;
    return randomNormal(shape, { mean, stddev, seed, dtype: floatOf(options) }) as Tensor;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), mean: this.mean, stddev: this.stddev };
  }
}

/** Normally distributed, values beyond two standard deviations drawn again. `keras.initializers.TruncatedNormal`. */
export class TruncatedNormal extends RandomInitializer {
  readonly mean: number;
  readonly stddev: number;
  constructor(options: NormalOptions = {}) {
    const { mean = 0, stddev = 0.05, ...seed } = recordOf(options, new.target);
    super(seed);
    this.mean = requireNumber(mean, "mean", new.target);
    this.stddev = requireNumber(stddev, "stddev", new.target);
  }
  compute(shape: readonly number[], options: InitializerCall = {}): Tensor {
    const { mean, stddev, seed } = this;
    return truncatedNormal(shape, { mean, stddev, seed, dtype: floatOf(options) }) as Tensor;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), mean: this.mean, stddev: this.stddev };
  }
}

/** Options of {@link RandomUniform}. */
export interface UniformOptions extends SeedOption {
  /** Default −0.05. */
  readonly minval?: number;
  /** Default 0.05. */
  readonly maxval?: number;
}

/** Uniform in [minval, maxval). `keras.initializers.RandomUniform`. */
export class RandomUniform extends RandomInitializer {
  readonly minval: number;
  readonly maxval: number;
  constructor(options: UniformOptions = {}) {
    const { minval = -0.05, maxval = 0.05, ...seed } = recordOf(options, new.target);
    super(seed);
    this.minval = requireNumber(minval, "minval", new.target);
    this.maxval = requireNumber(maxval, "maxval", new.target);
  }
  compute(shape: readonly number[], options: InitializerCall = {}): Tensor {
    const { minval, maxval, seed } = this;
    return randomUniform(shape, { minval, maxval, seed, dtype: floatOf(options) }) as Tensor;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), minval: this.minval, maxval: this.maxval };
  }
}

// ---- scaled by the number of connections ----

const fanModes = {
  fan_in: ({ fanIn }) => fanIn,
  fan_out: ({ fanOut }) => fanOut,
  fan_avg: ({ fanIn, fanOut }) => (fanIn + fanOut) / 2,
} as const satisfies Record<string, (fans: ReturnType<typeof computeFans>) => number>;
const distributions = ["truncated_normal", "untruncated_normal", "uniform"] as const;

/** Options of {@link VarianceScaling}. */
export interface VarianceScalingOptions extends SeedOption {
  /** Wanted variance, times the number of connections. Default 1. */
  readonly scale?: number;
  /** What counts as the number of connections. Default `"fan_in"`. */
  readonly mode?: keyof typeof fanModes;
  /** Default `"truncated_normal"`, which is also called `"normal"`. */
  readonly distribution?: (typeof distributions)[number] | "normal";
}

/** Standard deviation of the normal distribution cut at ±2. */
const truncatedDeviation = 0.87962566103423978;

/** Variance `scale / n`, where n is the number of connections. `keras.initializers.VarianceScaling`. */
export class VarianceScaling extends RandomInitializer {
  readonly scale: number;
  readonly mode: keyof typeof fanModes;
  readonly distribution: (typeof distributions)[number];

  /** @throws ArgumentError for a scale that is not positive, an unknown mode or distribution */
  constructor(options: VarianceScalingOptions = {}) {
    const {
      scale = 1,
      mode = "fan_in",
      distribution: given = "truncated_normal",
      ...seed
    } = recordOf(options, new.target);
    super(seed);
    const distribution = given === "normal" ? "truncated_normal" : given;
    if (typeof scale !== "number" || !(scale > 0))
      throw new ArgumentError(`Argument \`scale\` must be positive float. Received: scale=${scale}`);
    if (!Object.hasOwn(fanModes, mode))
      throw new ArgumentError(`Invalid \`mode\` argument: ${mode}.`, { hint: "use fan_in, fan_out or fan_avg" });
    if (!distributions.includes(distribution))
      throw new ArgumentError(`Invalid \`distribution\` argument: ${distribution}.`, {
        hint: `use ${distributions.join(", ")}`,
      });
    this.scale = scale;
    this.mode = mode;
    this.distribution = distribution;
  }
  compute(shape: readonly number[], options: InitializerCall = {}): Tensor {
    const { seed } = this;
    const dtype = floatOf(options);
    const fans = shape.length === 0 ? { fanIn: 1, fanOut: 1 } : computeFans(shape);
    const variance = this.scale / Math.max(1, fanModes[this.mode](fans));
    const stddev = Math.sqrt(variance);
    switch (this.distribution) {
      case "truncated_normal":
        return truncatedNormal(shape, { stddev: stddev / truncatedDeviation, seed, dtype }) as Tensor;
      case "untruncated_normal":
        return randomNormal(shape, { stddev, seed, dtype }) as Tensor;
      case "uniform": {
        const limit = Math.sqrt(3 * variance);
        return randomUniform(shape, { minval: -limit, maxval: limit, seed, dtype }) as Tensor;
      }
    }
  }
  override getConfig(): Config {
    return { ...super.getConfig(), scale: this.scale, mode: this.mode, distribution: this.distribution };
  }
}

/** A scaling with a name of its own, whose only option is the seed. */
abstract class NamedScaling extends VarianceScaling {
  override getConfig(): Config {
    return { seed: this.seed };
  }
}

/** Uniform in ±√(6 / (fanIn + fanOut)) (Glorot and Bengio, 2010). `keras.initializers.GlorotUniform`. */
export class GlorotUniform extends NamedScaling {
  constructor(options: SeedOption = {}) {
    const { seed, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["seed"]);
    super({ seed: seed ?? null, mode: "fan_avg", distribution: "uniform" });
  }
}
/** Truncated normal of standard deviation √(2 / (fanIn + fanOut)). `keras.initializers.GlorotNormal`. */
export class GlorotNormal extends NamedScaling {
  constructor(options: SeedOption = {}) {
    const { seed, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["seed"]);
    super({ seed: seed ?? null, mode: "fan_avg" });
  }
}
/** Uniform in ±√(6 / fanIn) (He et al., 2015): for rectifiers. `keras.initializers.HeUniform`. */
export class HeUniform extends NamedScaling {
  constructor(options: SeedOption = {}) {
    const { seed, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["seed"]);
    super({ seed: seed ?? null, scale: 2, distribution: "uniform" });
  }
}
/** Truncated normal of standard deviation √(2 / fanIn): for rectifiers. `keras.initializers.HeNormal`. */
export class HeNormal extends NamedScaling {
  constructor(options: SeedOption = {}) {
    const { seed, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["seed"]);
    super({ seed: seed ?? null, scale: 2 });
  }
}
/** Uniform in ±√(3 / fanIn) (LeCun et al., 1998). `keras.initializers.LecunUniform`. */
export class LecunUniform extends NamedScaling {
  constructor(options: SeedOption = {}) {
    const { seed, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["seed"]);
    super({ seed: seed ?? null, distribution: "uniform" });
  }
}
/** Truncated normal of standard deviation √(1 / fanIn). `keras.initializers.LecunNormal`. */
export class LecunNormal extends NamedScaling {
  constructor(options: SeedOption = {}) {
    const { seed, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["seed"]);
    super({ seed: seed ?? null });
  }
}

/** Options of {@link Orthogonal}. */
export interface OrthogonalOptions extends SeedOption {
  /** Factor of every element. Default 1. */
  readonly gain?: number;
}

/**
 * A random matrix with orthonormal columns, or rows where there are fewer of them; all dimensions but the
 * last count as rows (Saxe et al., 2013). `keras.initializers.Orthogonal`.
 */
export class Orthogonal extends RandomInitializer {
  readonly gain: number;
  constructor(options: OrthogonalOptions = {}) {
    const { gain = 1, ...seed } = recordOf(options, new.target);
    super(seed);
    this.gain = requireNumber(gain, "gain", new.target);
  }
  /** @throws ArgumentError for fewer than two dimensions */
  compute(shape: readonly number[], options: InitializerCall = {}): Tensor {
    const dtype: FloatDType = floatOf(options);
    if (shape.length < 2)
      throw new ArgumentError(
        `The tensor to initialize must be at least two-dimensional. Received: shape=${bracketed(shape)} of rank ${shape.length}.`,
        { hint: "use another initializer for vectors, such as zeros" },
      );
    const columns = shape.at(-1) ?? 0;
    const rows = shape.slice(0, -1).reduce((product, d) => product * d, 1);
    const size: readonly [number, number] = [Math.max(rows, columns), Math.min(rows, columns)];
    const { q, r } = qr(randomNormal(size, { seed: this.seed, dtype }));
    // Signs taken from the diagonal of R make every orthogonal matrix equally likely.
    const signed = (q as Tensor).mul(diagPart(r).sign() as Tensor) as Tensor;
    const oriented = rows < columns ? (transpose(signed) as Tensor) : signed;
    return (reshape(oriented, shape) as Tensor).mul(this.gain);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), gain: this.gain };
  }
}
