/**
 * @file Pooling layers over rows and pictures. Follows `tensorflow/python/layers/pooling.py` of TensorFlow
 * 1.x. May import `ops` and below.
 */
import { type Checked, type DType, type Ok, type OptionNames, requireOptions, type Shape } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { expandDims, squeeze } from "../ops/array/index.js";
import type { Padding } from "../ops/nn/convolution.js";
import { avgPool, maxPool } from "../ops/nn/pooling.js";
import { requireRank } from "./input-checks.js";
import { Layer, type LayerOptions } from "./layer.js";
import type { Pair, PooledPictures, PooledRows, Single } from "./layer-shapes.js";
import {
  type DataFormat,
  dataFormatOf,
  type LayerPadding,
  layoutOf,
  paddingOf,
  perSpatialAxis,
  withChannelsLast,
} from "./options.js";

/** Options of the poolings. */
export interface PoolingOptions<Pad extends LayerPadding = LayerPadding, Format extends DataFormat = DataFormat> {
  /** `"valid"`: only windows inside the input. `"same"`: windows may reach over its edge. Default `"valid"`. */
  readonly padding?: Pad | undefined;
  /** `"channels_last"`: `[batch, …, channels]`; `"channels_first"`: `[batch, channels, …]`. Default the first. */
  readonly dataFormat?: Format | undefined;
  /** Name of the operations; made unique. Default: the kind of pooling. */
  readonly name?: string | undefined;
}

const poolingOptions: OptionNames<PoolingOptions> = { padding: true, dataFormat: true, name: true };

type Pool = typeof maxPool | typeof avgPool;

/** What all poolings share: windows that slide over each channel by itself. */
abstract class Pooling extends Layer {
  readonly poolSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: Padding;
  readonly dataFormat: DataFormat;

  constructor(
    private readonly kind: string,
    private readonly pool: Pool,
    private readonly spatial: 1 | 2,
    poolSize: number | readonly number[],
    strides: number | readonly number[],
    options: PoolingOptions & LayerOptions,
  ) {
    super(options);
    this.poolSize = perSpatialAxis(poolSize, spatial, "pool_size");
    this.strides = perSpatialAxis(strides, spatial, "strides");
    this.padding = paddingOf(options.padding ?? "valid");
    this.dataFormat = dataFormatOf(options.dataFormat ?? "channels_last");
  }

  protected override defaultName(): string {
    return `${this.kind}_pooling${this.spatial}d`;
  }

  protected override checkInput(inputs: Tensor): void {
    requireRank(this.name, inputs, this.spatial + 2, layoutOf(this.spatial, this.dataFormat));
  }

  protected override call(inputs: Tensor): Tensor {
    return withChannelsLast(inputs, this.dataFormat, (x) => {
      if (this.spatial === 2) return this.slide(x);
      return squeeze(this.slide(expandDims(x, 2) as Tensor), [2]) as Tensor;
    });
  }

  private slide(pictures: Tensor): Tensor {
    const [height = 1, width = 1] = this.poolSize;
    const [down = 1, across = 1] = this.strides;
    return this.pool(pictures, { ksize: [height, width], strides: [down, across], padding: this.padding }) as Tensor;
  }
}

// ---- rows ----

/** The largest element under each window of rows `[batch, width, channels]`. `tf.layers.MaxPooling1D`. */
export class MaxPooling1D<
  const Size extends Single = Single,
  const Strides extends Single = Single,
  const Pad extends LayerPadding = "valid",
  const Format extends DataFormat = "channels_last",
> extends Pooling {
  /**
   * @param poolSize width of a window
   * @param strides steps between windows
   */
  constructor(poolSize: Size, strides: Strides, options: PoolingOptions<Pad, Format> & LayerOptions = {}) {
    super("max", maxPool, 1, poolSize, strides, options);
  }
  /** `[batch, width, channels]` to `[batch, newWidth, channels]`. @throws ShapeError for inputs that do not fit */
  override apply<D extends DType, S extends Shape>(
    inputs: Tensor<D, S>,
  ): Tensor<D, Ok<PooledRows<S, Size, Strides, Pad, Format, "maxPooling1d">>> {
    return super.apply(inputs) as Tensor<D, never>;
  }
}

/** The mean under each window of rows `[batch, width, channels]`. `tf.layers.AveragePooling1D`. */
export class AveragePooling1D<
  const Size extends Single = Single,
  const Strides extends Single = Single,
  const Pad extends LayerPadding = "valid",
  const Format extends DataFormat = "channels_last",
> extends Pooling {
  /**
   * @param poolSize width of a window
   * @param strides steps between windows
   */
  constructor(poolSize: Size, strides: Strides, options: PoolingOptions<Pad, Format> & LayerOptions = {}) {
    super("average", avgPool, 1, poolSize, strides, options);
  }
  /** `[batch, width, channels]` to `[batch, newWidth, channels]`. @throws ShapeError for inputs that do not fit */
  override apply<D extends DType, S extends Shape>(
    inputs: Tensor<D, S>,
  ): Tensor<D, Ok<PooledRows<S, Size, Strides, Pad, Format, "averagePooling1d">>> {
    return super.apply(inputs) as Tensor<D, never>;
  }
}

/**
 * The largest element under each window of rows `[batch, width, channels]`: `[batch, newWidth, channels]`.
 * `tf.layers.max_pooling1d`.
 * @param poolSize width of a window
 * @param strides steps between windows
 * @throws ShapeError for inputs of another rank, or shorter than a window
 */
export function maxPooling1d<
  D extends DType,
  S extends Shape,
  const Size extends Single,
  const Strides extends Single,
  const Pad extends LayerPadding = "valid",
  const Format extends DataFormat = "channels_last",
>(
  inputs: Checked<Tensor<D, S>, PooledRows<S, Size, Strides, Pad, Format, "maxPooling1d">>,
  poolSize: Size,
  strides: Strides,
  options: PoolingOptions<Pad, Format> = {},
): Tensor<D, Ok<PooledRows<S, Size, Strides, Pad, Format, "maxPooling1d">>> {
  requireOptions("maxPooling1d", options, poolingOptions);
  const layer: Layer = new MaxPooling1D(poolSize, strides, options);
  return layer.apply(inputs as Tensor) as Tensor<D, never>;
}

/**
 * The mean under each window of rows `[batch, width, channels]`: `[batch, newWidth, channels]`. Cells beyond
 * the edge do not count. `tf.layers.average_pooling1d`.
 * @param poolSize width of a window
 * @param strides steps between windows
 * @throws ShapeError for inputs of another rank, or shorter than a window
 */
export function averagePooling1d<
  D extends DType,
  S extends Shape,
  const Size extends Single,
  const Strides extends Single,
  const Pad extends LayerPadding = "valid",
  const Format extends DataFormat = "channels_last",
>(
  inputs: Checked<Tensor<D, S>, PooledRows<S, Size, Strides, Pad, Format, "averagePooling1d">>,
  poolSize: Size,
  strides: Strides,
  options: PoolingOptions<Pad, Format> = {},
): Tensor<D, Ok<PooledRows<S, Size, Strides, Pad, Format, "averagePooling1d">>> {
  requireOptions("averagePooling1d", options, poolingOptions);
  const layer: Layer = new AveragePooling1D(poolSize, strides, options);
  return layer.apply(inputs as Tensor) as Tensor<D, never>;
}

// ---- pictures ----

/** The largest element under each window of pictures `[batch, height, width, channels]`. `tf.layers.MaxPooling2D`. */
export class MaxPooling2D<
  const Size extends Pair = Pair,
  const Strides extends Pair = Pair,
  const Pad extends LayerPadding = "valid",
  const Format extends DataFormat = "channels_last",
> extends Pooling {
  /**
   * @param poolSize size of a window: one number, or `[height, width]`
   * @param strides steps between windows, in the same forms
   */
  constructor(poolSize: Size, strides: Strides, options: PoolingOptions<Pad, Format> & LayerOptions = {}) {
    super("max", maxPool, 2, poolSize, strides, options);
  }
  /** To `[batch, newHeight, newWidth, channels]`. @throws ShapeError for inputs that do not fit */
  override apply<D extends DType, S extends Shape>(
    inputs: Tensor<D, S>,
  ): Tensor<D, Ok<PooledPictures<S, Size, Strides, Pad, Format, "maxPooling2d">>> {
    return super.apply(inputs) as Tensor<D, never>;
  }
}

/** The mean under each window of pictures `[batch, height, width, channels]`. `tf.layers.AveragePooling2D`. */
export class AveragePooling2D<
  const Size extends Pair = Pair,
  const Strides extends Pair = Pair,
  const Pad extends LayerPadding = "valid",
  const Format extends DataFormat = "channels_last",
> extends Pooling {
  /**
   * @param poolSize size of a window: one number, or `[height, width]`
   * @param strides steps between windows, in the same forms
   */
  constructor(poolSize: Size, strides: Strides, options: PoolingOptions<Pad, Format> & LayerOptions = {}) {
    super("average", avgPool, 2, poolSize, strides, options);
  }
  /** To `[batch, newHeight, newWidth, channels]`. @throws ShapeError for inputs that do not fit */
  override apply<D extends DType, S extends Shape>(
    inputs: Tensor<D, S>,
  ): Tensor<D, Ok<PooledPictures<S, Size, Strides, Pad, Format, "averagePooling2d">>> {
    return super.apply(inputs) as Tensor<D, never>;
  }
}

/**
 * The largest element under each window of pictures `[batch, height, width, channels]`:
 * `[batch, newHeight, newWidth, channels]`. `tf.layers.max_pooling2d`.
 * @param poolSize size of a window: one number, or `[height, width]`
 * @param strides steps between windows, in the same forms
 * @throws ShapeError for inputs of another rank, or smaller than a window
 */
export function maxPooling2d<
  D extends DType,
  S extends Shape,
  const Size extends Pair,
  const Strides extends Pair,
  const Pad extends LayerPadding = "valid",
  const Format extends DataFormat = "channels_last",
>(
  inputs: Checked<Tensor<D, S>, PooledPictures<S, Size, Strides, Pad, Format, "maxPooling2d">>,
  poolSize: Size,
  strides: Strides,
  options: PoolingOptions<Pad, Format> = {},
): Tensor<D, Ok<PooledPictures<S, Size, Strides, Pad, Format, "maxPooling2d">>> {
  requireOptions("maxPooling2d", options, poolingOptions);
  const layer: Layer = new MaxPooling2D(poolSize, strides, options);
  return layer.apply(inputs as Tensor) as Tensor<D, never>;
}

/**
 * The mean under each window of pictures `[batch, height, width, channels]`:
 * `[batch, newHeight, newWidth, channels]`. Cells beyond the edge do not count.
 * `tf.layers.average_pooling2d`.
 * @param poolSize size of a window: one number, or `[height, width]`
 * @param strides steps between windows, in the same forms
 * @throws ShapeError for inputs of another rank, or smaller than a window
 */
export function averagePooling2d<
  D extends DType,
  S extends Shape,
  const Size extends Pair,
  const Strides extends Pair,
  const Pad extends LayerPadding = "valid",
  const Format extends DataFormat = "channels_last",
>(
  inputs: Checked<Tensor<D, S>, PooledPictures<S, Size, Strides, Pad, Format, "averagePooling2d">>,
  poolSize: Size,
  strides: Strides,
  options: PoolingOptions<Pad, Format> = {},
): Tensor<D, Ok<PooledPictures<S, Size, Strides, Pad, Format, "averagePooling2d">>> {
  requireOptions("averagePooling2d", options, poolingOptions);
  const layer: Layer = new AveragePooling2D(poolSize, strides, options);
  return layer.apply(inputs as Tensor) as Tensor<D, never>;
}
