/**
 * @file Convolutions over pictures `[batch, height, width, channels]` and rows `[batch, width, channels]`.
 * Follows `nn_ops.py` and `nn_impl.py` of TensorFlow 1.3; like there, a "convolution" does not flip its
 * filter, and only that memory layout exists.
 */
import {
  ArgumentError,
  type Checked,
  type CommonDType,
  type Conv2dShape,
  callSiteOf,
  captureCallSite,
  type Dimension,
  type DType,
  type DTypeClash,
  type Ok,
  type Shape,
  ShapeError,
  type Window,
} from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { expandDims, squeeze } from "../array/reshape.js";
import { type GivenShape, type ShapeArgument, shapeOperand } from "../array/shape-argument.js";
import { convertToTensor, type NameOption, type TensorLike, tensorOf } from "../define.js";
import { withNameScope } from "../scopes.js";
import { depthwiseConv2dOps } from "./convolution-depthwise.js";
import type { ConvolutionAttributes } from "./convolution-family.js";
import { conv2dOps } from "./convolution-ops.js";
import { type Padding, perAxis, requirePadding } from "./convolution-windows.js";

export type { Padding } from "./convolution-windows.js";

// ---- options ----

/** Options of {@link conv2d}. */
export interface Conv2dOptions<
  Strides extends Window = Window,
  Pad extends Padding = Padding,
  Dilations extends Window = Window,
> extends NameOption {
  /** Steps between windows: one number, `[height, width]` or `[1, height, width, 1]`. */
  readonly strides: Strides;
  /** SAME: zeros around the picture, `ceil(size / stride)` positions. VALID: only windows inside it. */
  readonly padding: Pad;
  /** Steps between the taps of a window; not together with strides above 1. Default 1. */
  readonly dilations?: Dilations;
}

/** A filter's shape for {@link Conv2dShape}: with gaps between the taps its span is left to run time. */
type Dilated<Filter extends Shape, Dilations extends Window> = Dilations extends
  | 1
  | readonly [1, 1]
  | readonly [1, 1, 1, 1]
  ? Filter
  : Filter extends readonly [Dimension, Dimension, infer In extends Dimension, infer Out extends Dimension]
    ? readonly [Dimension, Dimension, In, Out]
    : Filter;

function attributesOf(op: string, options: Conv2dOptions): ConvolutionAttributes {
  const strides = perAxis(options.strides, "strides", op);
  const dilations = perAxis(options.dilations ?? 1, "dilations", op);
  if (strides.some((s) => s > 1) && dilations.some((d) => d > 1))
    throw new ArgumentError("strides > 1 not supported in conjunction with dilation_rate > 1", {
      createdAt: callSiteOf(captureCallSite()),
      hint: "use strides of 1 with dilations, or dilations of 1 with strides",
    });
  return { strides, padding: requirePadding(options.padding, op), dilations };
}

// ---- two dimensions ----

/**
 * Slides `filter` `[height, width, in, out]` over `input` `[batch, height, width, in]` and sums the
 * products at each position: `[batch, newHeight, newWidth, out]`. float32 or float64. `tf.nn.conv2d`.
 * @throws ShapeError when channels differ or the filter is larger than the picture
 */
export function conv2d<
  D extends DType,
  S extends Shape,
  E extends DType,
  F extends Shape,
  const Strides extends Window,
  const Pad extends Padding,
  const Dilations extends Window = 1,
>(
  input: Tensor<D, S>,
  filter: Checked<
    Tensor<E, F>,
    DTypeClash<D, E, "conv2d"> | Conv2dShape<S, Dilated<F, Dilations>, Strides, Pad, "conv2d">
  >,
  options: Conv2dOptions<Strides, Pad, Dilations>,
): Tensor<CommonDType<D, E>, Ok<Conv2dShape<S, Dilated<F, Dilations>, Strides, Pad, "conv2d">>> {
  const attributes = attributesOf("Conv2D", options);
  return conv2dOps.forward.build([input, filter as Tensor], attributes, options) as Tensor<never, never>;
}

/**
 * {@link conv2d} with `rate - 1` cells between the taps of the filter. `tf.nn.atrous_conv2d`.
 */
export function atrousConv2d<
  D extends DType,
  S extends Shape,
  E extends DType,
  F extends Shape,
  const Rate extends number,
  const Pad extends Padding,
>(
  value: Tensor<D, S>,
  filters: Checked<
    Tensor<E, F>,
    DTypeClash<D, E, "atrousConv2d"> | Conv2dShape<S, Dilated<F, Rate>, 1, Pad, "atrousConv2d">
  >,
  options: {
    /** Steps between the taps of the window. */
    readonly rate: Rate;
    /** SAME: zeros around the input, `ceil(size / stride)` positions. VALID: only windows inside it. */
    readonly padding: Pad;
  } & NameOption,
): Tensor<CommonDType<D, E>, Ok<Conv2dShape<S, Dilated<F, Rate>, 1, Pad, "atrousConv2d">>> {
  const { rate, padding, name = "convolution" } = options;
  const attributes = attributesOf("Conv2D", { strides: 1, padding, dilations: rate });
  return conv2dOps.forward.build([value, filters as Tensor], attributes, { name }) as Tensor<never, never>;
}

/**
 * The derivative of {@link conv2d} by its input, as an operation of its own: spreads each cell of `value`
 * `[batch, height, width, in]` over a window, by `filter` `[height, width, out, in]` (out before in).
 * `tf.nn.conv2d_transpose`.
 * @param outputShape the shape of the result, numbers or an int32 tensor: with strides above 1, several
 * sizes lead to the same `value`
 */
export function conv2dTranspose<D extends DType, E extends DType, const O extends ShapeArgument>(
  value: Tensor<D>,
  filter: Checked<Tensor<E>, DTypeClash<D, E, "conv2dTranspose">>,
  outputShape: O,
  options: {
    /** Steps between the windows that are spread: one number, `[height, width]` or four numbers. */
    readonly strides: Window;
    /** Default "SAME". */
    readonly padding?: Padding;
  } & NameOption,
): Tensor<CommonDType<D, E>, GivenShape<O>> {
  const { strides, padding = "SAME", name = "conv2d_transpose" } = options;
  const attributes = attributesOf("Conv2DBackpropInput", { strides, padding });
  const operands = [shapeOperand(outputShape, "output_shape"), filter as Tensor, value];
  return conv2dOps.backpropInput.build(operands, attributes, { name }) as Tensor<never, never>;
}

// ---- channel by channel ----

/** A depthwise filter's shape as {@link Conv2dShape} takes it: `[height, width, in, in · multiplier]`. */
type Depthwise<Filter extends Shape> = Filter extends readonly [
  infer H extends Dimension,
  infer W extends Dimension,
  infer In extends Dimension,
  infer Multiplier extends Dimension,
]
  ? readonly [H, W, In, Multiplier extends 1 ? In : In extends 1 ? Multiplier : Dimension]
  : Filter;

/**
 * Slides over each channel filters of its own: `filter` is `[height, width, in, multiplier]`, and output
 * channel `c · multiplier + m` comes from channel `c`. `tf.nn.depthwise_conv2d`.
 * @throws ShapeError when channels differ or the filter is larger than the picture
 */
export function depthwiseConv2d<
  D extends DType,
  S extends Shape,
  E extends DType,
  F extends Shape,
  const Strides extends Window,
  const Pad extends Padding,
  const Rate extends Window = 1,
>(
  input: Tensor<D, S>,
  filter: Checked<
    Tensor<E, F>,
    DTypeClash<D, E, "depthwiseConv2d"> | Conv2dShape<S, Dilated<Depthwise<F>, Rate>, Strides, Pad, "depthwiseConv2d">
  >,
  options: DepthwiseOptions<Strides, Pad, Rate>,
): Tensor<CommonDType<D, E>, Ok<Conv2dShape<S, Dilated<Depthwise<F>, Rate>, Strides, Pad, "depthwiseConv2d">>> {
  const attributes = attributesOf("DepthwiseConv2dNative", { ...options, dilations: options.rate ?? 1 });
  const { name = "depthwise" } = options;
  return depthwiseConv2dOps.forward.build([input, filter as Tensor], attributes, { name }) as Tensor<never, never>;
}

/** Options of {@link depthwiseConv2d} and {@link separableConv2d}. */
export interface DepthwiseOptions<
  Strides extends Window = Window,
  Pad extends Padding = Padding,
  Rate extends Window = Window,
> extends NameOption {
  /** Steps between windows: one number, `[height, width]` or `[1, height, width, 1]`. */
  readonly strides: Strides;
  /** SAME: zeros around the input, `ceil(size / stride)` positions. VALID: only windows inside it. */
  readonly padding: Pad;
  /** Steps between the taps of a window; not together with strides above 1. Default 1. */
  readonly rate?: Rate;
}

/** The result of a separable convolution: as wide as the depthwise one, as deep as the pointwise filter. */
type SeparableShape<
  S extends Shape,
  F extends Shape,
  P extends Shape,
  Strides extends Window,
  Pad extends Padding,
  Rate extends Window,
> =
  Conv2dShape<S, Dilated<Depthwise<F>, Rate>, Strides, Pad, "separableConv2d"> extends infer R
    ? R extends Shape
      ? Conv2dShape<R, P, 1, "VALID", "separableConv2d">
      : R
    : never;

/**
 * {@link depthwiseConv2d}, then {@link conv2d} with a filter `[1, 1, in · multiplier, out]` that mixes the
 * channels. `tf.nn.separable_conv2d`.
 * @throws ShapeError when channels differ, or the pointwise filter is not 1 by 1
 */
export function separableConv2d<
  D extends DType,
  S extends Shape,
  F extends Shape,
  P extends Shape,
  const Strides extends Window,
  const Pad extends Padding,
  const Rate extends Window = 1,
>(
  input: Tensor<D, S>,
  depthwiseFilter: Tensor<D, F>,
  pointwiseFilter: Checked<Tensor<D, P>, SeparableShape<S, F, P, Strides, Pad, Rate>>,
  options: DepthwiseOptions<Strides, Pad, Rate>,
): Tensor<D, Ok<SeparableShape<S, F, P, Strides, Pad, Rate>>> {
  const attributes = attributesOf("DepthwiseConv2dNative", { ...options, dilations: options.rate ?? 1 });
  const pointwise = convertToTensor(pointwiseFilter as Tensor);
  const [height, width] = pointwise.partialShape ?? [];
  for (const size of [height, width])
    if (size != null && size !== 1)
      throw new ShapeError(`Dimensions must be equal, but are ${size} and 1`, {
        createdAt: callSiteOf(captureCallSite()),
        hint: "the pointwise filter is [1, 1, in · multiplier, out]",
      });
  return withNameScope(
    options.name ?? "separable_conv2d",
    (scope) => {
      const spread = depthwiseConv2dOps.forward.build([input, depthwiseFilter], attributes, { name: "depthwise" });
      const mix = attributesOf("Conv2D", { strides: 1, padding: "VALID" });
      return conv2dOps.forward.build([spread, pointwise], mix, { name: scope }) as Tensor<never, never>;
    },
    { values: [input, depthwiseFilter, pointwise] },
  );
}

// ---- one dimension, and either ----

/** {@link Conv2dShape} of pictures of height 1, without that axis. */
type Conv1dShape<
  S extends Shape,
  Filter extends Shape,
  Stride extends number,
  Pad extends string,
  Dilation extends number,
  Op extends string,
> = S extends readonly [infer Batch extends Dimension, infer W extends Dimension, infer C extends Dimension]
  ? Filter extends readonly [infer K extends Dimension, infer In extends Dimension, infer Out extends Dimension]
    ? Conv2dShape<
        readonly [Batch, 1, W, C],
        readonly [1, Dilation extends 1 ? K : Dimension, In, Out],
        readonly [1, Stride],
        Pad,
        Op
      > extends infer R
      ? R extends readonly [
          infer N extends Dimension,
          Dimension,
          infer NewW extends Dimension,
          infer O extends Dimension,
        ]
        ? readonly [N, NewW, O]
        : R
      : never
    : Shape
  : Shape;

interface RowConvolution extends NameOption {
  readonly scope: string;
  readonly stride: number;
  readonly padding: Padding;
  readonly dilation: number;
}

/** Rows as pictures of height 1, convolved and brought back. */
function convolveRows(value: Tensor, filters: TensorLike, options: RowConvolution): Tensor {
  const { scope, stride, padding, dilation } = options;
  for (const [what, tensor] of [
    ["value", value],
    ["filters", tensorOf(filters)],
  ] as const) {
    const rank = tensor?.rank ?? 3;
    if (rank !== 3)
      throw new ShapeError(`Shape must be rank 3 but is rank ${rank} for '${scope}'`, {
        createdAt: callSiteOf(captureCallSite()),
        hint: `${what} is ${what === "value" ? "[batch, width, in channels]" : "[width, in channels, out channels]"}`,
      });
  }
  const attributes = attributesOf("Conv2D", { strides: [1, stride], padding, dilations: [1, dilation] });
  return withNameScope(
    options.name ?? scope,
    () => {
      const pictures = expandDims(value, 1) as Tensor;
      const filter = expandDims(filters as Tensor, 0) as Tensor;
      const result = conv2dOps.forward.build([pictures, filter], attributes);
      return squeeze(result, [1]) as Tensor;
    },
    { values: [value, filters] },
  );
}

/**
 * Slides `filters` `[width, in, out]` over `value` `[batch, width, in]`: `[batch, newWidth, out]`.
 * `tf.nn.conv1d`.
 * @throws ShapeError when channels differ or the filter is longer than the rows
 */
export function conv1d<
  D extends DType,
  S extends Shape,
  E extends DType,
  F extends Shape,
  const Stride extends number,
  const Pad extends Padding,
  const Dilation extends number = 1,
>(
  value: Tensor<D, S>,
  filters: Checked<Tensor<E, F>, DTypeClash<D, E, "conv1d"> | Conv1dShape<S, F, Stride, Pad, Dilation, "conv1d">>,
  options: {
    /** Steps between windows. */
    readonly stride: Stride;
    /** SAME: zeros around the input, `ceil(size / stride)` positions. VALID: only windows inside it. */
    readonly padding: Pad;
    /** Steps between the taps of a window; not together with a stride above 1. Default 1. */
    readonly dilation?: Dilation;
  } & NameOption,
): Tensor<CommonDType<D, E>, Ok<Conv1dShape<S, F, Stride, Pad, Dilation, "conv1d">>> {
  const { stride, padding, dilation = 1, name } = options;
  return convolveRows(value, filters as Tensor, { scope: "conv1d", stride, padding, dilation, name }) as Tensor<
    never,
    never
  >;
}

/** Options of {@link convolution}. */
export interface ConvolutionOptions extends NameOption {
  /** Default "VALID". */
  readonly padding?: Padding;
  /** Steps between windows, for all spatial axes or each. Default 1. */
  readonly strides?: number | readonly number[];
  /** Steps between the taps of a window, for all spatial axes or each. Default 1. */
  readonly dilationRate?: number | readonly number[];
}

/**
 * {@link conv1d} or {@link conv2d}, whichever the rank of `input` asks for. `tf.nn.convolution`.
 * @throws ShapeError when the rank is unknown, or neither 3 nor 4
 */
export function convolution<D extends DType>(
  input: Tensor<D>,
  filter: Tensor<D>,
  options: ConvolutionOptions = {},
): Tensor<D> {
  const { padding = "VALID", strides = 1, dilationRate = 1, name = "convolution" } = options;
  const rank = input.rank ?? filter.rank;
  const spatial = rank === null ? 0 : rank - 2;
  if (spatial !== 1 && spatial !== 2)
    throw new ShapeError(
      rank === null
        ? "rank of input and filter must be known"
        : `num_spatial_dims must be one of 1 or 2, but the input has rank ${rank}`,
      {
        createdAt: callSiteOf(captureCallSite()),
        hint: "pass rows [batch, width, channels] or pictures [batch, height, width, channels]",
      },
    );
  const each = (value: number | readonly number[], what: string): readonly number[] => {
    const list = typeof value === "number" ? Array.from({ length: spatial }, () => value) : value;
    if (list.length === spatial) return list;
    throw new ArgumentError(`${what} must have ${spatial} entries, but got: [${list.join(", ")}]`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: "one number, or one for each spatial axis",
    });
  };
  const [steps, gaps] = [each(strides, "strides"), each(dilationRate, "dilation_rate")];
  if (spatial === 1) {
    const [stride = 1, dilation = 1] = [steps[0], gaps[0]];
    return convolveRows(input, filter, { scope: "convolution", stride, padding, dilation, name }) as Tensor<D>;
  }
  const attributes = attributesOf("Conv2D", {
    strides: steps as readonly [number, number],
    padding,
    dilations: gaps as readonly [number, number],
  });
  return conv2dOps.forward.build([input, filter], attributes, { name }) as Tensor<D>;
}
