/** @file Array operations as chained methods of `Tensor`: `x.reshape([2, -1]).transpose()`. */
import {
  type Checked,
  type DType,
  type ExpandDimsShape,
  type GatherShape,
  type Ok,
  type Shape,
  type SqueezeShape,
  TensorShape,
  type TransposeShape,
  type ValueShape,
} from "../../core/index.js";
import type { Operand } from "../binary.js";
import type { NameOption } from "../define.js";
import { installMethods } from "../methods.js";
import { clipByValue } from "./compositions.js";
import { type CumsumOptions, cumsum } from "./cumsum.js";
import { gather } from "./gather.js";
import { type PadOptions, pad, type SameRank } from "./pad.js";
import { expandDims, type ReshapeTo, reshape, squeeze } from "./reshape.js";
import type { ShapeArgument } from "./shape-argument.js";
import { type SliceOf, slice } from "./slice.js";
import { at, type IndexEntry, type StridedSliceOptions, stridedSlice } from "./strided-slice.js";
import { tile } from "./tile.js";
import { reverse, transpose } from "./transpose.js";

declare module "../../graph/tensor.js" {
  interface Tensor<D extends DType = DType, S extends Shape = Shape> {
    /** The static shape as an object; {@link shape} is the plain list. */
    getShape(): TensorShape;
    /** The same elements under another shape. @see tf.reshape */
    reshape<D extends DType, S extends Shape, const T extends ShapeArgument>(
      this: Tensor<D, S>,
      shape: Checked<T, ReshapeTo<S, T>>,
      options?: NameOption,
    ): Tensor<D, Ok<ReshapeTo<S, T>>>;
    /** Inserts an axis of extent 1. @see tf.expandDims */
    expandDims<D extends DType, S extends Shape, const Axis extends number>(
      this: Tensor<D, S>,
      axis: Checked<Axis, ExpandDimsShape<S, Axis>>,
      options?: NameOption,
    ): Tensor<D, Ok<ExpandDimsShape<S, Axis>>>;
    /** Removes axes of extent 1. @see tf.squeeze */
    squeeze<D extends DType, S extends Shape, const Axis extends number | readonly number[] | undefined = undefined>(
      this: Tensor<D, S>,
      axis?: Checked<Axis, SqueezeShape<S, Axis>>,
      options?: NameOption,
    ): Tensor<D, Ok<SqueezeShape<S, Axis>>>;
    /** The axes in another order. @see tf.transpose */
    transpose<D extends DType, S extends Shape, const Perm extends readonly number[] | undefined = undefined>(
      this: Tensor<D, S>,
      perm?: Checked<Perm, TransposeShape<S, Perm>>,
      options?: NameOption,
    ): Tensor<D, Ok<TransposeShape<S, Perm>>>;
    /** Entries along an axis, picked by indices. @see tf.gather */
    gather<D extends DType, S extends Shape, const I extends Operand, const Axis extends number = 0>(
      this: Tensor<D, S>,
      indices: Checked<I, GatherShape<S, ValueShape<I>, Axis>>,
      options?: { readonly axis?: Axis } & NameOption,
    ): Tensor<D, Ok<GatherShape<S, ValueShape<I>, Axis>>>;
    /** A box of the tensor. @see tf.slice */
    slice<D extends DType, S extends Shape, const B extends ShapeArgument, const N extends ShapeArgument>(
      this: Tensor<D, S>,
      begin: B,
      size: Checked<N, SliceOf<S, B, N>>,
      options?: NameOption,
    ): Tensor<D, Ok<SliceOf<S, B, N>>>;
    /** @see tf.stridedSlice */
    stridedSlice(
      begin: ShapeArgument,
      end: ShapeArgument,
      strides?: ShapeArgument,
      options?: StridedSliceOptions,
    ): Tensor<D>;
    /**
     * The entries that an index picks: `x.at(0, [1, 3], "...")` is Python's `x[0, 1:3, ...]`. A position
     * drops its axis; `[begin, end, stride]` takes a span, with `null` for an open end; `":"` a whole
     * axis; `"..."` all axes not named; `"newAxis"` inserts one.
     */
    at(...index: readonly IndexEntry[]): Tensor<D>;
    /** The tensor repeated along each axis. @see tf.tile */
    tile(multiples: ShapeArgument, options?: NameOption): Tensor<D, SameRank<S>>;
    /** The tensor with a border. @see tf.pad */
    pad(paddings: readonly (readonly (number | Tensor)[])[] | Tensor, options?: PadOptions): Tensor<D, SameRank<S>>;
    /** The entries along some axes in reversed order. @see tf.reverse */
    reverse(axis: number | readonly number[], options?: NameOption): Tensor<D, S>;
    /** Running sums along an axis. @see tf.cumsum */
    cumsum(options?: CumsumOptions): Tensor<D, S>;
    /** Elements outside `[min, max]` brought to its ends. @see tf.clipByValue */
    clipByValue(clipValueMin: Tensor | number, clipValueMax: Tensor | number, options?: NameOption): Tensor<D, S>;
  }
}

const getShape = (x: { readonly partialShape: Shape | null }): TensorShape => new TensorShape(x.partialShape);

installMethods({
  at,
  clipByValue,
  cumsum,
  expandDims,
  gather,
  getShape,
  pad,
  reshape,
  reverse,
  slice,
  squeeze,
  stridedSlice,
  tile,
  transpose,
});
