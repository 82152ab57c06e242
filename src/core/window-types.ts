/**
 * @file Shape arithmetic of the operations that slide windows over pictures: convolution and
 * pooling. Part of `shape-types.ts`, under the same rules. Emits nothing.
 */
import type { Add, CeilDivide, Divide, IsUnion, Subtract } from "./arithmetic-types.js";
import type { Dimension, IsRanked, MergeDimension, Show, Unknown, UnknownFrom } from "./dimension-types.js";
import type { Shape } from "./shape.js";

/** Height and width out of `n`, `[h, w]` or TensorFlow's `[1, h, w, 1]`. */
export type Window = number | readonly [number, number] | readonly [number, number, number, number];
type HeightAndWidth<W extends Window> =
  IsUnion<W> extends true
    ? [number, number]
    : W extends number
      ? [W, W]
      : W extends readonly [number, infer H extends number, infer X extends number, number]
        ? [H, X]
        : W extends readonly [infer H extends number, infer X extends number]
          ? [H, X]
          : [number, number];

/** SAME: `ceil(D / stride)`; VALID: `floor((D - size) / stride) + 1`, `never` where the window does not fit. */
type SlideDimension<D extends Dimension, Size extends Dimension, Stride extends number, Padding extends string> = [
  D,
] extends [infer N extends number]
  ? [Uppercase<Padding>] extends ["SAME"]
    ? CeilDivide<N, Stride>
    : [Uppercase<Padding>, Size] extends ["VALID", infer K extends number]
      ? [Subtract<N, K>] extends [never]
        ? never
        : Add<Divide<Subtract<N, K>, Stride>[0], 1>
      : UnknownFrom<number, Size>
  : Unknown<D>;

type Slide<
  S extends Shape,
  Size extends readonly [Dimension, Dimension],
  Strides extends [number, number],
  Padding extends string,
  Channels extends Dimension,
  Op extends string,
> = S extends readonly [infer Batch extends Dimension, infer H extends Dimension, infer W extends Dimension, Dimension]
  ? [SlideDimension<H, Size[0], Strides[0], Padding>, SlideDimension<W, Size[1], Strides[1], Padding>] extends [
      infer OutH extends Dimension,
      infer OutW extends Dimension,
    ]
    ? true extends IsNever<OutH> | IsNever<OutW>
      ? `${Op}: the window ${Show<Size>} is larger than the input ${Show<S>}`
      : readonly [Batch, OutH, OutW, Channels]
    : never
  : `${Op}: needs an input [batch, height, width, channels], not ${Show<S>}`;
type IsNever<T> = [T] extends [never] ? true : false;
/** Unknown where the rank is wrong, which {@link Slide} reports. */
type Channels<S extends Shape> = S extends readonly [Dimension, Dimension, Dimension, infer C extends Dimension]
  ? C
  : Dimension;

/** `nn.conv2d` of `[batch, height, width, in]` with a filter `[height, width, in, out]`. */
export type Conv2dShape<
  S extends Shape,
  Filter extends Shape,
  Strides extends Window = 1,
  Padding extends string = "VALID",
  Op extends string = "conv2d",
> =
  IsRanked<S> extends true
    ? IsRanked<Filter> extends true
      ? Filter extends readonly [
          infer H extends Dimension,
          infer W extends Dimension,
          infer In extends Dimension,
          infer Out extends Dimension,
        ]
        ? MergeDimension<Channels<S>, In> extends Dimension
          ? Slide<S, readonly [H, W], HeightAndWidth<Strides>, Padding, Out, Op>
          : `${Op}: the input ${Show<S>} has ${Channels<S>} channels and the filter ${Show<Filter>} takes ${In}`
        : `${Op}: needs a filter [height, width, in, out], not ${Show<Filter>}`
      : Slide<S, readonly [Dimension, Dimension], HeightAndWidth<Strides>, Padding, Dimension, Op>
    : Shape;

/** `layers.conv2d`: the layer makes a filter of `KernelSize` for the channels it meets. */
export type Conv2dLayerShape<
  S extends Shape,
  Filters extends number,
  KernelSize extends Window,
  Strides extends Window = 1,
  Padding extends string = "valid",
  Op extends string = "conv2d",
> = Conv2dShape<S, readonly [...HeightAndWidth<KernelSize>, Dimension, Filters], Strides, Padding, Op>;

/** `nn.maxPool`, `nn.avgPool` and the pooling layers over `[batch, height, width, channels]`. */
export type PoolShape<
  S extends Shape,
  PoolSize extends Window,
  Strides extends Window = PoolSize,
  Padding extends string = "VALID",
  Op extends string = "maxPool",
> =
  IsRanked<S> extends true
    ? Slide<S, HeightAndWidth<PoolSize>, HeightAndWidth<Strides>, Padding, Channels<S>, Op>
    : Shape;
