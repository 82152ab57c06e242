/**
 * @file The depthwise separable convolution: each channel by itself, then a mixture. Follows
 * `tensorflow/python/layers/convolutional.py` of TensorFlow 1.x. May import `ops` and below.
 */
import type { Checked, DType, Ok, OptionNames, Shape } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import type { InitializerFunction } from "../ops/initializers.js";
import { separableConv2d as convolveSeparably } from "../ops/nn/convolution.js";
import type { Variable, VariableConstraint } from "../ops/variable.js";
import { Convolution, type DilationOption, type WindowOptions } from "./convolution.js";
import type { Layer, LayerCallOptions, LayerOptions } from "./layer.js";
import { layerOptionsOf } from "./layer.js";
import type { ConvolvedPictures, Pair } from "./layer-shapes.js";
import { type BiasOptions, biasOptions, type DataFormat, type LayerPadding, requireCount } from "./options.js";
import type { WeightRegularizer } from "./regularizers.js";

/** Options of layers with a depthwise and a pointwise kernel, a bias and an activation. */
export interface SeparableKernelOptions extends BiasOptions {
  /** Filters for each channel by itself; `channels · depthMultiplier` of them are mixed. Default 1. */
  readonly depthMultiplier?: number | undefined;
  /** Default: the variable scope's, else `tf.glorotUniformInitializer()`. */
  readonly depthwiseInitializer?: InitializerFunction | null | undefined;
  /** Default: the variable scope's, else `tf.glorotUniformInitializer()`. */
  readonly pointwiseInitializer?: InitializerFunction | null | undefined;
  /** A penalty of the depthwise kernel for REGULARIZATION_LOSSES. Default: none. */
  readonly depthwiseRegularizer?: WeightRegularizer | null | undefined;
  /** A penalty of the pointwise kernel for REGULARIZATION_LOSSES. Default: none. */
  readonly pointwiseRegularizer?: WeightRegularizer | null | undefined;
  /** What the depthwise kernel is brought back to after each update. Default: the variable scope's. */
  readonly depthwiseConstraint?: VariableConstraint | null | undefined;
  /** What the pointwise kernel is brought back to after each update. Default: the variable scope's. */
  readonly pointwiseConstraint?: VariableConstraint | null | undefined;
}

/** Options of {@link separableConv2d}. */
export type SeparableConv2dOptions<
  Strides extends Pair = Pair,
  Pad extends LayerPadding = LayerPadding,
  Dilation extends Pair = Pair,
  Format extends DataFormat = DataFormat,
> = SeparableKernelOptions & WindowOptions<Strides, Pad, Format> & DilationOption<Dilation>;

const separableOptions: OptionNames<SeparableConv2dOptions> = {
  ...biasOptions,
  strides: true,
  padding: true,
  dataFormat: true,
  dilationRate: true,
  depthMultiplier: true,
  depthwiseInitializer: true,
  pointwiseInitializer: true,
  depthwiseRegularizer: true,
  pointwiseRegularizer: true,
  depthwiseConstraint: true,
  pointwiseConstraint: true,
};

/** A separable convolution of pictures `[batch, height, width, channels]`. `tf.layers.SeparableConv2D`. */
export class SeparableConv2D<
  Filters extends number = number,
  const Kernel extends Pair = Pair,
  const Strides extends Pair = 1,
  const Pad extends LayerPadding = "valid",
  const Dilation extends Pair = 1,
  const Format extends DataFormat = "channels_last",
> extends Convolution {
  readonly depthMultiplier: number;
  private readonly kernelOptions: SeparableKernelOptions;
  private depthwise: Variable | undefined;
  private pointwise: Variable | undefined;

  /**
   * @param filters number of channels of the outputs
   * @param kernelSize size of a window: one number, or `[height, width]`
   */
  constructor(
    filters: Filters,
    kernelSize: Kernel,
    options: SeparableConv2dOptions<Strides, Pad, Dilation, Format> & LayerOptions = {},
  ) {
    super(2, filters, kernelSize, options);
    this.depthMultiplier = requireCount(options.depthMultiplier ?? 1, "depth_multiplier");
    this.kernelOptions = options;
  }

  /** `[…kernelSize, channels, depthMultiplier]`. @throws GraphError before the layer is applied */
  get depthwiseKernel(): Variable {
    return this.made(this.depthwise, "depthwise kernel");
  }
  /** `[1, 1, channels · depthMultiplier, filters]`. @throws GraphError before the layer is applied */
  get pointwiseKernel(): Variable {
    return this.made(this.pointwise, "pointwise kernel");
  }

  /**
   * `[batch, height, width, channels]` to `[batch, newHeight, newWidth, filters]`.
   * @throws ShapeError for inputs that do not fit
   */
  override apply<D extends DType, S extends Shape>(
    inputs: Tensor<D, S>,
  ): Tensor<D, Ok<ConvolvedPictures<S, Filters, Kernel, Strides, Pad, Dilation, Format, "separableConv2d">>> {
    return super.apply(inputs) as Tensor<D, never>;
  }

  protected override defaultName(): string {
    return "separable_conv2d";
  }

  protected override buildKernel(channels: number): void {
    const { kernelSize, filters, depthMultiplier, kernelOptions } = this;
    this.depthwise = this.addWeight("depthwise_kernel", {
      shape: [...kernelSize, channels, depthMultiplier],
      initializer: kernelOptions.depthwiseInitializer,
      regularizer: kernelOptions.depthwiseRegularizer,
      constraint: kernelOptions.depthwiseConstraint,
    });
    this.pointwise = this.addWeight("pointwise_kernel", {
      shape: [1, 1, channels * depthMultiplier, filters],
      initializer: kernelOptions.pointwiseInitializer,
      regularizer: kernelOptions.pointwiseRegularizer,
      constraint: kernelOptions.pointwiseConstraint,
    });
  }

  protected override convolve(inputs: Tensor): Tensor {
    const { depthwiseKernel, pointwiseKernel, padding } = this;
    const strides = this.strides as readonly [number, number];
    const rate = this.dilationRate as readonly [number, number];
    return convolveSeparably(inputs, depthwiseKernel, pointwiseKernel, { strides, padding, rate }) as Tensor;
  }
}

/**
 * A convolution of pictures `[batch, height, width, channels]` in two steps, which needs far fewer weights:
 * each channel with filters of its own, then a mixture of all at each position. Plus bias, through an
 * activation: `[batch, newHeight, newWidth, filters]`. Makes `depthwise_kernel`
 * `[…kernelSize, channels, depthMultiplier]`, `pointwise_kernel` `[1, 1, channels · depthMultiplier, filters]`
 * and `bias` `[filters]`. `tf.layers.separable_conv2d`.
 * @param filters number of channels of the result
 * @param kernelSize size of a window: one number, or `[height, width]`
 * @throws ShapeError for inputs of another kind, or smaller than a window
 * @throws GraphError where the name is taken; share its variables with `reuse: true`
 */
export function separableConv2d<
  D extends DType,
  S extends Shape,
  const Filters extends number,
  const Kernel extends Pair,
  const Strides extends Pair = 1,
  const Pad extends LayerPadding = "valid",
  const Dilation extends Pair = 1,
  const Format extends DataFormat = "channels_last",
>(
  inputs: Checked<
    Tensor<D, S>,
    ConvolvedPictures<S, Filters, Kernel, Strides, Pad, Dilation, Format, "separableConv2d">
  >,
  filters: Filters,
  kernelSize: Kernel,
  options: SeparableConv2dOptions<Strides, Pad, Dilation, Format> & LayerCallOptions = {},
): Tensor<D, Ok<ConvolvedPictures<S, Filters, Kernel, Strides, Pad, Dilation, Format, "separableConv2d">>> {
  const layer: Layer = new SeparableConv2D(
    filters,
    kernelSize,
    layerOptionsOf("separableConv2d", options, separableOptions),
  );
  return layer.apply(inputs as Tensor) as Tensor<D, never>;
}
