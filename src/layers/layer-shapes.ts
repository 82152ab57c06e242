/**
 * @file Static shapes of the layers that slide windows, as types. Mirrors what the layers compute; emits
 * nothing. A result is a shape, or a message for `Checked` to show.
 */
import type { Add, Multiply, Subtract } from "../core/arithmetic-types.js";
import type { Conv2dLayerShape, Dimension, PoolShape, Shape } from "../core/index.js";
import type { DataFormat } from "./options.js";

/** One number for both spatial axes, or `[height, width]`. */
export type Pair = number | readonly [number, number];

type IsOne<P> = P extends 1 | readonly [1, 1] | readonly [1] ? true : false;
/** A kernel with gaps between its taps: its span is left to run time. */
type Span<Kernel extends Pair, Dilation extends Pair> = IsOne<Dilation> extends true ? Kernel : number;

/** Only the format with the channels last is worked out. */
type IfChannelsLast<Format extends DataFormat, R> = Format extends "channels_last" ? R : Shape;

/** A convolution of pictures. */
export type ConvolvedPictures<
  S extends Shape,
  Filters extends number,
  Kernel extends Pair,
  Strides extends Pair,
  Padding extends string,
  Dilation extends Pair,
  Format extends DataFormat,
  Op extends string = "conv2d",
> = IfChannelsLast<Format, Conv2dLayerShape<S, Filters, Span<Kernel, Dilation>, Strides, Padding, Op>>;

/** Pooling of pictures. */
export type PooledPictures<
  S extends Shape,
  Size extends Pair,
  Strides extends Pair,
  Padding extends string,
  Format extends DataFormat,
  Op extends string,
> = IfChannelsLast<Format, PoolShape<S, Size, Strides, Padding, Op>>;

// ---- rows: pictures of height 1 ----

/** One number, alone or in a list. */
export type Single = number | readonly [number];
type Unwrap<V extends Single> = V extends readonly [infer N extends number] ? N : V extends number ? V : number;

type AsPictures<S extends Shape> = S extends readonly [
  infer Batch extends Dimension,
  infer Width extends Dimension,
  infer Channels extends Dimension,
]
  ? readonly [Batch, 1, Width, Channels]
  : Shape;
type AsRows<R> = R extends readonly [
  infer Batch extends Dimension,
  Dimension,
  infer Width extends Dimension,
  infer Channels extends Dimension,
]
  ? readonly [Batch, Width, Channels]
  : R;

/** A convolution of rows. */
export type ConvolvedRows<
  S extends Shape,
  Filters extends number,
  Kernel extends Single,
  Strides extends Single,
  Padding extends string,
  Dilation extends Single,
  Format extends DataFormat,
> = IfChannelsLast<
  Format,
  AsRows<
    Conv2dLayerShape<
      AsPictures<S>,
      Filters,
      readonly [1, IsOne<Dilation> extends true ? Unwrap<Kernel> : number],
      readonly [1, Unwrap<Strides>],
      Padding,
      "conv1d"
    >
  >
>;

/** Pooling of rows. */
export type PooledRows<
  S extends Shape,
  Size extends Single,
  Strides extends Single,
  Padding extends string,
  Format extends DataFormat,
  Op extends string,
> = IfChannelsLast<
  Format,
  AsRows<PoolShape<AsPictures<S>, readonly [1, Unwrap<Size>], readonly [1, Unwrap<Strides>], Padding, Op>>
>;

// ---- the transposed convolution ----

type Height<P extends Pair> = P extends readonly [infer H extends number, number] ? H : P extends number ? P : number;
type Width<P extends Pair> = P extends readonly [number, infer W extends number] ? W : P extends number ? P : number;

/** `D · stride`, and with VALID what the kernel reaches beyond its stride. */
type Spread<D extends Dimension, Kernel extends number, Stride extends number, Padding extends string> = [D] extends [
  infer N extends number,
]
  ? Uppercase<Padding> extends "SAME"
    ? Multiply<N, Stride>
    : [Subtract<Kernel, Stride>] extends [never]
      ? Multiply<N, Stride>
      : Add<Multiply<N, Stride>, Subtract<Kernel, Stride>>
  : D;

/** A transposed convolution of pictures. */
export type SpreadPictures<
  S extends Shape,
  Filters extends number,
  Kernel extends Pair,
  Strides extends Pair,
  Padding extends string,
  Format extends DataFormat,
> = IfChannelsLast<
  Format,
  S extends readonly [infer Batch extends Dimension, infer H extends Dimension, infer W extends Dimension, Dimension]
    ? readonly [
        Batch,
        Spread<H, Height<Kernel>, Height<Strides>, Padding>,
        Spread<W, Width<Kernel>, Width<Strides>, Padding>,
        Filters,
      ]
    : Shape
>;
