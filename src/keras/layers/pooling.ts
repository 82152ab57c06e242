/** @file Pooling over sequences and pictures, channels last. Follows `layers/pooling` of Keras 3. */
import type { Tensor } from "../../graph/index.js";
import { cast, expandDims, nn, reduceMax, reduceMean, reduceSum, squeeze } from "../../ops/index.js";
import type { Config } from "../contracts.js";
import { type CallOptions, Layer, type LayerOptions } from "../engine/layer.js";
import { type ConvolutionPadding, type Pair, requireChannelsLast, requirePaddingName } from "./convolution.js";
import { tuple } from "./shapes.js";

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
export type Pooling1DOptions = PoolingOptions<number | readonly [number]>;
/** Options of {@link MaxPooling2D} and {@link AveragePooling2D}. */
export type Pooling2DOptions = PoolingOptions<Pair>;

abstract class Pooling extends Layer {
  readonly poolSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: ConvolutionPadding;

  constructor(
    private readonly kind: "max" | "average",
    private readonly spatialRank: 1 | 2,
    options: PoolingOptions<number | readonly number[]>,
  ) {
    super(options);
    requireChannelsLast(options.dataFormat);
    const { poolSize = 2 } = options;
    this.poolSize = tuple(poolSize, spatialRank, "pool_size");
    this.strides = tuple(options.strides ?? poolSize, spatialRank, "strides");
    this.padding = requirePaddingName(options.padding ?? "valid", ["valid", "same"]);
    this.inputSpec = { ndim: spatialRank + 2 };
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
export class MaxPooling1D extends Pooling {
  static override readonly className: string = "MaxPooling1D";
  constructor(options: Pooling1DOptions = {}) {
    super("max", 1, options);
  }
}
/** The largest element of each window of `[batch, height, width, channels]`. */
export class MaxPooling2D extends Pooling {
  static override readonly className: string = "MaxPooling2D";
  constructor(options: Pooling2DOptions = {}) {
    super("max", 2, options);
  }
}
/** The mean of each window of `[batch, steps, channels]`. */
export class AveragePooling1D extends Pooling {
  static override readonly className: string = "AveragePooling1D";
  constructor(options: Pooling1DOptions = {}) {
    super("average", 1, options);
  }
}
/** The mean of each window of `[batch, height, width, channels]`. */
export class AveragePooling2D extends Pooling {
  static override readonly className: string = "AveragePooling2D";
  constructor(options: Pooling2DOptions = {}) {
    super("average", 2, options);
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
