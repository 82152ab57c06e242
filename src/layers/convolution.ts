/**
 * @file Convolutional layers over rows and pictures. Follows `tensorflow/python/layers/convolutional.py` of
 * TensorFlow 1.x. May import `ops` and below.
 */
import type { Checked, DType, Ok, PartialShape, Shape } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { zerosInitializer } from "../ops/initializers.js";
import { biasAdd } from "../ops/nn/bias.js";
import { conv2d as convolvePictures, conv1d as convolveRows, type Padding } from "../ops/nn/convolution.js";
import type { Variable } from "../ops/variable.js";
import { definedExtent, requireExtent, requireRank } from "./input-checks.js";
import { Layer, type LayerCallOptions, type LayerOptions, layerOptionsOf } from "./layer.js";
import type { ConvolvedPictures, ConvolvedRows, Pair, Single } from "./layer-shapes.js";
import {
  type Activation,
  activate,
  type BiasOptions,
  channelAxis,
  convolutionOptions,
  type DataFormat,
  dataFormatOf,
  type KernelOptions,
  type LayerPadding,
  layoutOf,
  paddingOf,
  perSpatialAxis,
  requireActivation,
  requireCount,
  withChannelsLast,
} from "./options.js";

/** How windows slide over an input. */
export interface WindowOptions<
  Strides = number | readonly number[],
  Pad extends LayerPadding = LayerPadding,
  Format extends DataFormat = DataFormat,
> {
  /** Steps between windows, for all spatial axes or each. Default 1. */
  readonly strides?: Strides | undefined;
  /** `"valid"`: only windows inside the input. `"same"`: zeros around it. Default `"valid"`. */
  readonly padding?: Pad | undefined;
  /** `"channels_last"`: `[batch, …, channels]`; `"channels_first"`: `[batch, channels, …]`. Default the first. */
  readonly dataFormat?: Format | undefined;
}

/** Gaps in windows. */
export interface DilationOption<Dilation = number | readonly number[]> {
  /** Steps between the taps of a window; not together with strides above 1. Default 1. */
  readonly dilationRate?: Dilation | undefined;
}

/** What every convolution has: windows, channels, a bias and an activation. */
export abstract class Convolution extends Layer {
  readonly filters: number;
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: Padding;
  readonly dataFormat: DataFormat;
  readonly dilationRate: readonly number[];
  readonly activation: Activation | null;
  readonly useBias: boolean;
  private biasVariable: Variable | null | undefined;
  private readonly biasOptions: BiasOptions;
  private inputChannels: number | undefined;

  constructor(
    private readonly spatial: 1 | 2,
    filters: number,
    kernelSize: number | readonly number[],
    options: BiasOptions & WindowOptions & DilationOption & LayerOptions,
  ) {
    super(options);
    this.filters = requireCount(filters, "filters");
    this.kernelSize = perSpatialAxis(kernelSize, spatial, "kernel_size");
    this.strides = perSpatialAxis(options.strides ?? 1, spatial, "strides");
    this.dilationRate = perSpatialAxis(options.dilationRate ?? 1, spatial, "dilation_rate");
    this.padding = paddingOf(options.padding ?? "valid");
    this.dataFormat = dataFormatOf(options.dataFormat ?? "channels_last");
    this.activation = requireActivation(options.activation);
    this.useBias = options.useBias ?? true;
    this.biasOptions = options;
  }

  /** `[filters]`, or `null` with `useBias: false`. @throws GraphError before the layer is applied */
  get bias(): Variable | null {
    return this.made(this.biasVariable, "bias");
  }

  /** Makes what slides over inputs of that many channels. */
  protected abstract buildKernel(channels: number): void;
  /** The sums at each position, of inputs `[batch, …, channels]`. */
  protected abstract convolve(inputs: Tensor): Tensor;

  protected override checkInput(inputs: Tensor): void {
    this.requireFloating(inputs);
    const { spatial, dataFormat } = this;
    const axis = channelAxis(dataFormat);
    const shape = requireRank(this.name, inputs, spatial + 2, layoutOf(spatial, dataFormat));
    definedExtent(inputs, shape.at(axis), "The channel dimension of the inputs should be defined. Found `None`.");
    if (this.inputChannels !== undefined) requireExtent(this.name, inputs, axis, this.inputChannels);
  }

  protected override build(inputShape: PartialShape): void {
    const channels = inputShape?.at(channelAxis(this.dataFormat)) as number;
    this.buildKernel(channels);
    const { useBias, filters, biasOptions } = this;
    const { biasInitializer } = biasOptions;
    this.biasVariable = useBias
      ? this.addWeight("bias", {
          shape: [filters],
          initializer: biasInitializer === undefined ? zerosInitializer() : biasInitializer,
          regularizer: biasOptions.biasRegularizer,
          constraint: biasOptions.biasConstraint,
        })
      : null;
    this.inputChannels = channels;
  }

  protected override call(inputs: Tensor): Tensor {
    const { bias } = this;
    const outputs = withChannelsLast(inputs, this.dataFormat, (x) => {
      const sums = this.convolve(x);
      return bias === null ? sums : (biasAdd(sums, bias) as Tensor);
    });
    return activate(this.activation, outputs);
  }
}

/** A convolution with one kernel over all channels. */
export abstract class KernelConvolution extends Convolution {
  private readonly kernelOptions: KernelOptions;
  private kernelVariable: Variable | undefined;

  constructor(
    spatial: 1 | 2,
    filters: number,
    kernelSize: number | readonly number[],
    options: KernelOptions & WindowOptions & DilationOption & LayerOptions,
  ) {
    super(spatial, filters, kernelSize, options);
    this.kernelOptions = options;
  }

  /** `[…kernelSize, channels, filters]`. @throws GraphError before the layer is applied */
  get kernel(): Variable {
    return this.made(this.kernelVariable, "kernel");
  }

  /** The kernel's shape. */
  protected kernelShape(channels: number): readonly number[] {
    return [...this.kernelSize, channels, this.filters];
  }

  protected override buildKernel(channels: number): void {
    const { kernelInitializer, kernelRegularizer, kernelConstraint } = this.kernelOptions;
    this.kernelVariable = this.addWeight("kernel", {
      shape: this.kernelShape(channels),
      initializer: kernelInitializer,
      regularizer: kernelRegularizer,
      constraint: kernelConstraint,
    });
  }
}

// ---- rows ----

/** Options of {@link conv1d}. */
export type Conv1dOptions<
  Strides extends Single = Single,
  Pad extends LayerPadding = LayerPadding,
  Dilation extends Single = Single,
  Format extends DataFormat = DataFormat,
> = KernelOptions & WindowOptions<Strides, Pad, Format> & DilationOption<Dilation>;

/** A convolution of rows `[batch, width, channels]`. `tf.layers.Conv1D`. */
export class Conv1D<
  Filters extends number = number,
  Kernel extends Single = Single,
  const Strides extends Single = 1,
  const Pad extends LayerPadding = "valid",
  const Dilation extends Single = 1,
  const Format extends DataFormat = "channels_last",
> extends KernelConvolution {
  /**
   * @param filters number of channels of the outputs
   * @param kernelSize width of a window
   */
  constructor(
    filters: Filters,
    kernelSize: Kernel,
    options: Conv1dOptions<Strides, Pad, Dilation, Format> & LayerOptions = {},
  ) {
    super(1, filters, kernelSize, options);
  }

  /** `[batch, width, channels]` to `[batch, newWidth, filters]`. @throws ShapeError for inputs that do not fit */
  override apply<D extends DType, S extends Shape>(
    inputs: Tensor<D, S>,
  ): Tensor<D, Ok<ConvolvedRows<S, Filters, Kernel, Strides, Pad, Dilation, Format>>> {
    return super.apply(inputs) as Tensor<D, never>;
  }

  protected override defaultName(): string {
    return "conv1d";
  }

  protected override convolve(inputs: Tensor): Tensor {
    const { padding } = this;
    const [stride = 1] = this.strides;
    const [dilation = 1] = this.dilationRate;
    return convolveRows(inputs, this.kernel, { stride, padding, dilation }) as Tensor;
  }
}

/**
 * A convolution of rows `[batch, width, channels]`, plus bias, through an activation:
 * `[batch, newWidth, filters]`. Makes `kernel` `[kernelSize, channels, filters]` and `bias` `[filters]`.
 * `tf.layers.conv1d`.
 * @param filters number of channels of the result
 * @param kernelSize width of a window
 * @throws ShapeError for inputs of another kind, or shorter than a window
 * @throws GraphError where the name is taken; share its variables with `reuse: true`
 */
export function conv1d<
  D extends DType,
  S extends Shape,
  const Filters extends number,
  const Kernel extends Single,
  const Strides extends Single = 1,
  const Pad extends LayerPadding = "valid",
  const Dilation extends Single = 1,
  const Format extends DataFormat = "channels_last",
>(
  inputs: Checked<Tensor<D, S>, ConvolvedRows<S, Filters, Kernel, Strides, Pad, Dilation, Format>>,
  filters: Filters,
  kernelSize: Kernel,
  options: Conv1dOptions<Strides, Pad, Dilation, Format> & LayerCallOptions = {},
): Tensor<D, Ok<ConvolvedRows<S, Filters, Kernel, Strides, Pad, Dilation, Format>>> {
  const layer: Layer = new Conv1D(filters, kernelSize, layerOptionsOf("conv1d", options, convolutionOptions));
  return layer.apply(inputs as Tensor) as Tensor<D, never>;
}

// ---- pictures ----

/** Options of {@link conv2d}. */
export type Conv2dOptions<
  Strides extends Pair = Pair,
  Pad extends LayerPadding = LayerPadding,
  Dilation extends Pair = Pair,
  Format extends DataFormat = DataFormat,
> = KernelOptions & WindowOptions<Strides, Pad, Format> & DilationOption<Dilation>;

/** A convolution of pictures `[batch, height, width, channels]`. `tf.layers.Conv2D`. */
export class Conv2D<
  Filters extends number = number,
  const Kernel extends Pair = Pair,
  const Strides extends Pair = 1,
  const Pad extends LayerPadding = "valid",
  const Dilation extends Pair = 1,
  const Format extends DataFormat = "channels_last",
> extends KernelConvolution {
  /**
   * @param filters number of channels of the outputs
   * @param kernelSize size of a window: one number, or `[height, width]`
   */
  constructor(
    filters: Filters,
    kernelSize: Kernel,
    options: Conv2dOptions<Strides, Pad, Dilation, Format> & LayerOptions = {},
  ) {
    super(2, filters, kernelSize, options);
  }

  /**
   * `[batch, height, width, channels]` to `[batch, newHeight, newWidth, filters]`.
   * @throws ShapeError for inputs that do not fit
   */
  override apply<D extends DType, S extends Shape>(
    inputs: Tensor<D, S>,
  ): Tensor<D, Ok<ConvolvedPictures<S, Filters, Kernel, Strides, Pad, Dilation, Format>>> {
    return super.apply(inputs) as Tensor<D, never>;
  }

  protected override defaultName(): string {
    return "conv2d";
  }

  protected override convolve(inputs: Tensor): Tensor {
    const { padding } = this;
    const strides = this.strides as readonly [number, number];
    const dilations = this.dilationRate as readonly [number, number];
    return convolvePictures(inputs, this.kernel, { strides, padding, dilations }) as Tensor;
  }
}

/**
 * A convolution of pictures `[batch, height, width, channels]`, plus bias, through an activation:
 * `[batch, newHeight, newWidth, filters]`. Makes `kernel` `[…kernelSize, channels, filters]` and `bias`
 * `[filters]`. `tf.layers.conv2d`.
 * @param filters number of channels of the result
 * @param kernelSize size of a window: one number, or `[height, width]`
 * @throws ShapeError for inputs of another kind, or smaller than a window
 * @throws GraphError where the name is taken; share its variables with `reuse: true`
 */
export function conv2d<
  D extends DType,
  S extends Shape,
  const Filters extends number,
  const Kernel extends Pair,
  const Strides extends Pair = 1,
  const Pad extends LayerPadding = "valid",
  const Dilation extends Pair = 1,
  const Format extends DataFormat = "channels_last",
>(
  inputs: Checked<Tensor<D, S>, ConvolvedPictures<S, Filters, Kernel, Strides, Pad, Dilation, Format>>,
  filters: Filters,
  kernelSize: Kernel,
  options: Conv2dOptions<Strides, Pad, Dilation, Format> & LayerCallOptions = {},
): Tensor<D, Ok<ConvolvedPictures<S, Filters, Kernel, Strides, Pad, Dilation, Format>>> {
  const layer: Layer = new Conv2D(filters, kernelSize, layerOptionsOf("conv2d", options, convolutionOptions));
  return layer.apply(inputs as Tensor) as Tensor<D, never>;
}
