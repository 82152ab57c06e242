/** @file Layers that disturb their input in training, and pass it on otherwise. Follows `layers/regularization` of Keras 3. */

import { ArgumentError, type FloatDType } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { cast, nn, randomNormal, randomUniform, shape } from "../../ops/index.js";
import { requireNumber, shown } from "../arguments.js";
import type { Config } from "../contracts.js";
import { type CallOptions, Layer, type LayerOptions, layerOptions } from "../engine/layer.js";
import { sizesOf } from "./shapes.js";

/** Options of layers that add noise. */
export interface NoiseOptions extends LayerOptions {
  /** Seed of the layer's random numbers. Default: derived from the graph's seed, or chance. */
  readonly seed?: number | null;
}

/** Base of layers that act in training alone. */
abstract class NoiseLayer extends Layer {
  readonly seed: number | null;
  constructor(options: NoiseOptions) {
    super(options);
    this.seed = options.seed ?? null;
    if (this.seed !== null) requireNumber(this.seed, "seed", this.name);
    this.supportsMasking = true;
  }
  /** What training makes of the input. */
  protected abstract disturb(x: Tensor): Tensor;

  override call(x: Tensor, { training }: CallOptions): Tensor {
    return training ? this.disturb(x) : x;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), seed: this.seed };
  }
}

function requireRate(rate: unknown): void {
  if (typeof rate !== "number" || !(rate >= 0 && rate <= 1))
    throw new ArgumentError(
      `Invalid value received for argument \`rate\`. Expected a float value between 0 and 1. Received: rate=${shown(rate)}`,
      {
        hint: "rate is the fraction that is dropped, not the one that is kept",
      },
    );
}
/** @throws ArgumentError for what is no list of sizes */
function requireNoiseShape(noiseShape: unknown, layer: string): readonly (number | null)[] | null {
  const isSize = (d: unknown): boolean => d === null || (Number.isInteger(d) && (d as number) > 0);
  if (noiseShape === null || (Array.isArray(noiseShape) && noiseShape.length > 0 && noiseShape.every(isSize)))
    return noiseShape as readonly (number | null)[] | null;
  throw new ArgumentError(
    `Invalid value for argument \`noise_shape\` of layer ${layer}. Expected a list of sizes above 0, with null for the input's. Received: noise_shape=${shown(noiseShape)}`,
  );
}
const running = (x: Tensor): Tensor => shape(x) as Tensor;
const zero = (x: Tensor): Tensor => x.mul(0) as Tensor;

/** Options of {@link Dropout} and {@link AlphaDropout}. */
export interface DropoutOptions extends NoiseOptions {
  /** Shape of the mask; 1 drops along a whole axis, `null` is the input's size. Default: the input's. */
  readonly noiseShape?: readonly (number | null)[] | null;
}
/** Drops a fraction `rate` of the elements and scales up the rest, so that the sum is the same on average. */
export class Dropout extends NoiseLayer {
  static override readonly className: string = "Dropout";
  readonly noiseShape: readonly (number | null)[] | null;

  /** @throws ArgumentError for a rate outside 0 to 1 */
  constructor(
    readonly rate: number,
    options: DropoutOptions = {},
  ) {
    super(options);
    requireRate(rate);
    this.noiseShape = requireNoiseShape(options.noiseShape ?? null, this.name);
  }
  protected maskShape(x: Tensor): readonly (number | Tensor)[] | undefined {
    if (this.noiseShape === null) return undefined;
    const sizes = sizesOf(x);
    return this.noiseShape.map((d, axis) => d ?? (sizes[axis] as number | Tensor));
  }
  protected disturb(x: Tensor): Tensor {
    if (this.rate === 0) return x;
    if (this.rate === 1) return zero(x);
    const noiseShape = this.maskShape(x);
    const options = {
      seed: this.seed,
      ...(noiseShape === undefined ? {} : { noiseShape: noiseShape as readonly number[] }),
    };
    return nn.dropout(x, 1 - this.rate, options) as Tensor;
  }
  override getConfig(): Config {
    const shapeOfMask = this.noiseShape === null ? {} : { noise_shape: this.noiseShape };
    return { ...super.getConfig(), rate: this.rate, ...shapeOfMask };
  }
  static override fromConfig(config: Config): Layer {
    const { rate, ...options } = layerOptions<DropoutOptions & { readonly rate: number }>(config);
    // biome-ignore lint/complexity/noThisInStatic: the class that the method is called on
    return new (this as unknown as new (rate: number, options: DropoutOptions) => Layer)(rate, options);
  }
}

/** Keras's spatial dropouts take fewer options than others. */
const spatialConfig = ({ name, dtype, rate, seed }: Config): Config => ({ name, dtype, rate, seed });

/** {@link Dropout} of whole features of `[batch, steps, features]`. */
export class SpatialDropout1D extends Dropout {
  static override readonly className: string = "SpatialDropout1D";
  constructor(rate: number, options: NoiseOptions = {}) {
    super(rate, options);
    this.inputSpec = { ndim: 3 };
  }
  protected override maskShape(x: Tensor): readonly (number | Tensor)[] {
    const [batch = 1, , features = 1] = sizesOf(x);
    return [batch, 1, features];
  }
  override getConfig(): Config {
    return spatialConfig(super.getConfig());
  }
}
/** {@link Dropout} of whole channels of pictures `[batch, height, width, channels]`. */
export class SpatialDropout2D extends Dropout {
  static override readonly className: string = "SpatialDropout2D";
  constructor(rate: number, options: NoiseOptions = {}) {
    super(rate, options);
    this.inputSpec = { ndim: 4 };
  }
  protected override maskShape(x: Tensor): readonly (number | Tensor)[] {
    const [batch = 1, , , channels = 1] = sizesOf(x);
    return [batch, 1, 1, channels];
  }
  override getConfig(): Config {
    return spatialConfig(super.getConfig());
  }
}

/** Adds normally distributed noise of mean 0. */
export class GaussianNoise extends NoiseLayer {
  static override readonly className: string = "GaussianNoise";
  constructor(
    readonly stddev: number,
    options: NoiseOptions = {},
  ) {
    super(options);
    if (typeof stddev !== "number" || !(stddev >= 0))
      throw new ArgumentError(
        `Invalid value received for argument \`stddev\`. Expected a float value of 0 or more. Received: stddev=${shown(stddev)}`,
      );
  }
  protected disturb(x: Tensor): Tensor {
    if (this.stddev === 0) return x;
    return x.add(
      randomNormal(running(x), { stddev: this.stddev, seed: this.seed, dtype: x.dtype as FloatDType }) as Tensor,
    ) as Tensor;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), stddev: this.stddev };
  }
  static override fromConfig(config: Config): GaussianNoise {
    const { stddev, ...options } = layerOptions<NoiseOptions & { readonly stddev: number }>(config);
    return new GaussianNoise(stddev, options);
  }
}

/** Multiplies by noise of mean 1 and standard deviation `√(rate / (1 − rate))`. */
export class GaussianDropout extends NoiseLayer {
  static override readonly className: string = "GaussianDropout";
  constructor(
    readonly rate: number,
    options: NoiseOptions = {},
  ) {
    super(options);
    requireRate(rate);
  }
  protected disturb(x: Tensor): Tensor {
    if (this.rate === 0) return x;
    const stddev = Math.sqrt(this.rate / (1 - this.rate));
    return x.mul(
      randomNormal(running(x), { mean: 1, stddev, seed: this.seed, dtype: x.dtype as FloatDType }) as Tensor,
    ) as Tensor;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), rate: this.rate };
  }
  static override fromConfig(config: Config): GaussianDropout {
    const { rate, ...options } = layerOptions<NoiseOptions & { readonly rate: number }>(config);
    return new GaussianDropout(rate, options);
  }
}

/** Dropout that keeps mean and variance of inputs that are normalized by themselves, as after `selu`. */
export class AlphaDropout extends NoiseLayer {
  static override readonly className: string = "AlphaDropout";
  readonly noiseShape: readonly (number | null)[] | null;
  constructor(
    readonly rate: number,
    options: DropoutOptions = {},
  ) {
    super(options);
    requireRate(rate);
    this.noiseShape = requireNoiseShape(options.noiseShape ?? null, this.name);
  }
  protected disturb(x: Tensor): Tensor {
    const { rate } = this;
    if (rate === 0) return x;
    // What is dropped becomes the value selu tends to; a and b restore mean and variance.
    const negative = -1.6732632423543772 * 1.0507009873554805;
    const a = ((1 - rate) * (1 + rate * negative ** 2)) ** -0.5;
    const b = -a * negative * rate;
    const sizes = this.noiseShape === null ? running(x) : this.noiseShape.map((d, axis) => d ?? sizesOf(x)[axis]);
    const drawn = randomUniform(sizes as Tensor, { seed: this.seed, dtype: x.dtype as FloatDType }) as Tensor;
    const kept = cast(drawn.greaterEqual(rate) as Tensor, x.dtype as FloatDType) as Tensor;
    const mixed = x.mul(kept).add(kept.neg().add(1).mul(negative));
    return mixed.mul(a).add(b) as Tensor;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), rate: this.rate, noise_shape: this.noiseShape };
  }
  static override fromConfig(config: Config): AlphaDropout {
    const { rate, ...options } = layerOptions<DropoutOptions & { readonly rate: number }>(config);
    return new AlphaDropout(rate, options);
  }
}
