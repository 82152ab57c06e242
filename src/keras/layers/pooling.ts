/** @file Pooling over sequences and pictures, channels last. Follows `layers/pooling` of Keras 3. */
import type { Tensor } from "../../graph/index.js";
import { cast, expandDims, nn, reduceMax, reduceMean, reduceSum, squeeze } from "../../ops/index.js";
import type { Config } from "../contracts.js";
import { type CallOptions, Layer, type LayerOptions } from "../engine/layer.js";
import { leadingTwo, type Without } from "../leading.js";
import { type ConvolutionPadding, type Pair, requireChannelsLast, requirePaddingName } from "./convolution.js";
import { tuple } from "./shapes.js";

/** A size along the steps of sequences. */
type SequenceSize = number | readonly [number];

interface PoolingOptions<Size> extends LayerOptions {
  /** Size of a window. Default 2. */
  readonly poolSize?: Size;
  /** Steps between windows. Default: the window's size. */
  readonly strides?: Size | null;
  /** Default `valid`. */
  readonly padding?: ConvolutionPadding;
  /** Where the channels are; only `"channels_last"` is available. Default that. */
  readonly dataFormat?: "channels_last" | null;
}
/** Options of {@link MaxPooling1D} and {@link AveragePooling1D}. */
export type Pooling1DOptions = PoolingOptions<SequenceSize>;
/** Options of {@link MaxPooling2D} and {@link AveragePooling2D}. */
export type Pooling2DOptions = PoolingOptions<Pair>;

/** Base of the poolings by windows. A subclass says what it takes of a window, and of which axes. */
abstract class Pooling<Size extends number | readonly number[]> extends Layer {
  readonly poolSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: ConvolutionPadding;

  constructor(options?: PoolingOptions<Size>);
  constructor(poolSize: Size, options?: Without<PoolingOptions<Size>, "poolSize">);
  constructor(poolSize: Size, strides: Size | null, options?: Without<PoolingOptions<Size>, "poolSize" | "strides">);
  constructor(
    first?: Size | PoolingOptions<Size>,
    second?: Size | null | Without<PoolingOptions<Size>, "poolSize">,
    rest?: Without<PoolingOptions<Size>, "poolSize" | "strides">,
  ) {
    const options = leadingTwo<PoolingOptions<Size>, "poolSize", "strides">(
      ["poolSize", "strides"],
      first,
      second,
      rest,
    );
    super(options);
    requireChannelsLast(options.dataFormat);
    const { poolSize = 2 } = options;
    this.poolSize = tuple(poolSize, this.spatialRank, "pool_size", this.name);
    this.strides = tuple(options.strides ?? poolSize, this.spatialRank, "strides", this.name);
    this.padding = requirePaddingName(options.padding ?? "valid", ["valid", "same"]);
    this.inputSpec = { ndim: this.spatialRank + 2 };
  }
  protected abstract get kind(): "max" | "average";
  protected get spatialRank(): 1 | 2 {
    return 2;
  }

  override call(x: Tensor): Tensor {
    const isRow = this.spatialRank === 1;
    const window = (size: readonly number[]): readonly [number, number] => [
      isRow ? 1 : (size[0] ?? 1),
      size[isRow ? 0 : 1] ?? 1,
    ];
    const padding = this.padding === "same" ? "SAME" : "VALID";
    const options = { ksize: window(this.poolSize), strides: window(this.strides), padding } as const;
    // Steps of a sequence are the columns of a picture of one row.
    const picture = isRow ? (expandDims(x, 1) as Tensor) : x;
    const pooled = (this.kind === "max" ? nn.maxPool(picture, options) : nn.avgPool(picture, options)) as Tensor;
    return isRow ? (squeeze(pooled, [1]) as Tensor) : pooled;
  }
  override getConfig(): Config {
    const { poolSize, strides, padding } = this;
    return { ...super.getConfig(), pool_size: poolSize, strides, padding, data_format: "channels_last" };
  }
}

/** The largest element of each window of `[batch, steps, channels]`. */
export class MaxPooling1D extends Pooling<SequenceSize> {
  static override readonly className: string = "MaxPooling1D";
  protected get kind() {
    return "max" as const;
  }
  protected override get spatialRank() {
    return 1 as const;
  }
}
/** The largest element of each window of `[batch, height, width, channels]`. */
export class MaxPooling2D extends Pooling<Pair> {
  static override readonly className: string = "MaxPooling2D";
  protected get kind() {
    return "max" as const;
  }
}
/** The mean of each window of `[batch, steps, channels]`. */
export class AveragePooling1D extends Pooling<SequenceSize> {
  static override readonly className: string = "AveragePooling1D";
  protected get kind() {
    return "average" as const;
  }
  protected override get spatialRank() {
    return 1 as const;
  }
}
/** The mean of each window of `[batch, height, width, channels]`. */
export class AveragePooling2D extends Pooling<Pair> {
  static override readonly className: string = "AveragePooling2D";
  protected get kind() {
    return "average" as const;
  }
}

/** Options of the global poolings. */
export interface GlobalPoolingOptions extends LayerOptions {
  /** Whether the axes stay, with extent 1. Default false. */
  readonly keepdims?: boolean;
  /** Where the channels are; only `"channels_last"` is available. Default that. */
  readonly dataFormat?: "channels_last" | null;
}

abstract class GlobalPooling extends Layer {
  readonly keepdims: boolean;
  constructor(
    private readonly kind: "max" | "average",
    protected readonly spatialRank: 1 | 2,
    options: GlobalPoolingOptions,
  ) {
    super(options);
    requireChannelsLast(options.dataFormat);
    this.keepdims = options.keepdims ?? false;
    this.inputSpec = { ndim: spatialRank + 2 };
  }
  override call(x: Tensor, _options: CallOptions): Tensor {
    const over = { axis: this.spatialRank === 1 ? [1] : [1, 2], keepDims: this.keepdims };
    return (this.kind === "max" ? reduceMax(x, over) : reduceMean(x, over)) as Tensor;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), data_format: "channels_last", keepdims: this.keepdims };
  }
}

/** The largest element of each channel of `[batch, steps, channels]`. */
export class GlobalMaxPooling1D extends GlobalPooling {
  static override readonly className: string = "GlobalMaxPooling1D";
  constructor(options: GlobalPoolingOptions = {}) {
    super("max", 1, options);
  }
}
/** The largest element of each channel of `[batch, height, width, channels]`. */
export class GlobalMaxPooling2D extends GlobalPooling {
  static override readonly className: string = "GlobalMaxPooling2D";
  constructor(options: GlobalPoolingOptions = {}) {
    super("max", 2, options);
  }
}
/** The mean of each channel of `[batch, steps, channels]`, over the steps that count. */
export class GlobalAveragePooling1D extends GlobalPooling {
  static override readonly className: string = "GlobalAveragePooling1D";
  constructor(options: GlobalPoolingOptions = {}) {
    super("average", 1, options);
    this.supportsMasking = true;
  }
  override call(x: Tensor, options: CallOptions): Tensor {
    const mask = options.mask as Tensor | null;
    if (mask === null) return super.call(x, options);
    const counted = expandDims(cast(mask, x.dtype as "float32") as Tensor, 2) as Tensor;
    const over = { axis: 1, keepDims: this.keepdims };
    return (reduceSum(x.mul(counted) as Tensor, over) as Tensor).div(reduceSum(counted, over) as Tensor) as Tensor;
  }
  override computeMask(): null {
    return null;
  }
}
/** The mean of each channel of `[batch, height, width, channels]`. */
export class GlobalAveragePooling2D extends GlobalPooling {
  static override readonly className: string = "GlobalAveragePooling2D";
  constructor(options: GlobalPoolingOptions = {}) {
    super("average", 2, options);
  }
}
