/**
 * @file The transposed convolution, which makes pictures larger. Follows
 * `tensorflow/python/layers/convolutional.py` of TensorFlow 1.x. May import `ops` and below.
 */
import type { Checked, DType, Ok, Shape } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { add, multiply } from "../ops/binary.js";
import { conv2dTranspose as spreadPictures } from "../ops/nn/convolution.js";
import { KernelConvolution, type WindowOptions } from "./convolution.js";
import { dimensionOf } from "./dimension.js";
import type { Layer, LayerCallOptions, LayerOptions } from "./layer.js";
import { layerOptionsOf } from "./layer.js";
import type { Pair, SpreadPictures } from "./layer-shapes.js";
import { convolutionOptions, type DataFormat, type KernelOptions, type LayerPadding } from "./options.js";

/** Options of {@link conv2dTranspose}. */
export type Conv2dTransposeOptions<
  Strides extends Pair = Pair,
  Pad extends LayerPadding = LayerPadding,
  Format extends DataFormat = DataFormat,
> = KernelOptions & WindowOptions<Strides, Pad, Format>;

const { dilationRate: _, ...transposeOptions } = convolutionOptions;

/** A transposed convolution of pictures `[batch, height, width, channels]`. `tf.layers.Conv2DTranspose`. */
export class Conv2DTranspose<
  Filters extends number = number,
  const Kernel extends Pair = Pair,
  const Strides extends Pair = 1,
  const Pad extends LayerPadding = "valid",
  const Format extends DataFormat = "channels_last",
> extends KernelConvolution {
  /**
   * @param filters number of channels of the outputs
   * @param kernelSize size of a window: one number, or `[height, width]`
   */
  constructor(
    filters: Filters,
    kernelSize: Kernel,
    options: Conv2dTransposeOptions<Strides, Pad, Format> & LayerOptions = {},
  ) {
    super(2, filters, kernelSize, options);
  }

  /**
   * `[batch, height, width, channels]` to `[batch, newHeight, newWidth, filters]`.
   * @throws ShapeError for inputs that do not fit
   */
  override apply<D extends DType, S extends Shape>(
    inputs: Tensor<D, S>,
  ): Tensor<D, Ok<SpreadPictures<S, Filters, Kernel, Strides, Pad, Format>>> {
    return super.apply(inputs) as Tensor<D, never>;
  }

  protected override defaultName(): string {
    return "conv2d_transpose";
  }

  protected override kernelShape(channels: number): readonly number[] {
    return [...this.kernelSize, this.filters, channels];
  }

  protected override convolve(inputs: Tensor): Tensor {
    const { padding } = this;
    const strides = this.strides as readonly [number, number];
    const sizes = [0, 1].map((axis) => this.spread(dimensionOf(inputs, axis + 1), axis));
    const outputShape = [dimensionOf(inputs, 0), ...sizes, this.filters];
    return spreadPictures(inputs, this.kernel, outputShape, { strides, padding }) as Tensor;
  }

  /** The size that a convolution with these windows would bring back to `size`. */
  private spread(size: number | Tensor<"int32">, axis: number): number | Tensor<"int32"> {
    const stride = this.strides[axis] as number;
    const beyond = this.padding === "VALID" ? Math.max((this.kernelSize[axis] as number) - stride, 0) : 0;
    if (typeof size === "number") return size * stride + beyond;
    return add(multiply(size, stride), beyond) as Tensor<"int32">;
  }
}

/**
 * The reverse of {@link conv2d} in shape: spreads each cell of pictures `[batch, height, width, channels]`
 * over a window. Sizes become `size · stride`, and with VALID grow by what the kernel exceeds the stride.
 * Makes `kernel` `[…kernelSize, filters, channels]` and `bias` `[filters]`. `tf.layers.conv2d_transpose`.
 * @param filters number of channels of the result
 * @param kernelSize size of a window: one number, or `[height, width]`
 * @throws ShapeError for inputs of another kind
 * @throws GraphError where the name is taken; share its variables with `reuse: true`
 */
export function conv2dTranspose<
  D extends DType,
  S extends Shape,
  const Filters extends number,
  const Kernel extends Pair,
  const Strides extends Pair = 1,
  const Pad extends LayerPadding = "valid",
  const Format extends DataFormat = "channels_last",
>(
  inputs: Checked<Tensor<D, S>, SpreadPictures<S, Filters, Kernel, Strides, Pad, Format>>,
  filters: Filters,
  kernelSize: Kernel,
  options: Conv2dTransposeOptions<Strides, Pad, Format> & LayerCallOptions = {},
): Tensor<D, Ok<SpreadPictures<S, Filters, Kernel, Strides, Pad, Format>>> {
  const layer: Layer = new Conv2DTranspose(
    filters,
    kernelSize,
    layerOptionsOf("conv2dTranspose", options, transposeOptions),
  );
  return layer.apply(inputs as Tensor) as Tensor<D, never>;
}
