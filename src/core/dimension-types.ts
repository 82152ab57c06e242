/**
 * @file The parts that shape arithmetic is made of: dimensions that may be unknown, axes that may be
 * negative, and the words for what clashes. Only `shape-types.ts` and `movement-types.ts` import
 * this; emits nothing. A clash is a string literal type, which the operation's type puts its name to.
 */
import type { Add, IsLiteral, IsUnion, Multiply, Subtract } from "./arithmetic-types.js";
import type { Shape } from "./shape.js";

/** One dimension of a {@link Shape}. */
export type Dimension = number | null;

/** Whether `T` is `any`. */
export type IsAny<T> = 0 extends 1 & T ? true : false;

/** Whether the rank is known: one tuple type of one length, not a union and not `any`. */
export type IsRanked<S extends Shape> =
  IsLiteral<S["length"]> extends true ? (IsUnion<S> extends true ? false : true) : false;

/** An unknown dimension: `null` or `number` where that much is certain. */
export type Unknown<D> = [D] extends [null] ? null : [D] extends [number] ? number : Dimension;
/** The unknown result of arithmetic on several dimensions: one that is `null` makes it `null`. */
export type UnknownFrom<A, B> = [A] extends [null] ? null : [B] extends [null] ? null : Unknown<A | B>;

/** A shape as messages show it: `[?, 784]`. */
export type Show<S extends Shape, Text extends string = ""> = S extends readonly [
  infer D extends Dimension,
  ...infer Rest extends Shape,
]
  ? Show<Rest, `${Text}${Text extends "" ? "" : ", "}${D extends number ? (IsLiteral<D> extends true ? D : "?") : "?"}`>
  : `[${Text}]`;

/** The dimension that two equal ones share, or the clash in words. */
export type MergeDimension<A extends Dimension, B extends Dimension> =
  IsLiteral<A> extends true
    ? IsLiteral<B> extends true
      ? `${A}` extends `${B}`
        ? A
        : `${A} and ${B} differ`
      : A
    : IsLiteral<B> extends true
      ? B
      : null extends A & B
        ? Unknown<A & B>
        : number;

/** The dimension that two broadcast to, or the clash in words. */
export type BroadcastDimension<A extends Dimension, B extends Dimension> = [A] extends [1]
  ? B
  : [B] extends [1]
    ? A
    : true extends IsLiteral<A> | IsLiteral<B>
      ? MergeDimension<A, B>
      : Unknown<A | B>;

/** The sum, unknown where either is. */
export type AddDimension<A extends Dimension, B extends Dimension> = [A, B] extends [
  infer X extends number,
  infer Y extends number,
]
  ? Add<X, Y>
  : UnknownFrom<A, B>;
/** The product, unknown where either factor is. */
export type MultiplyDimension<A extends Dimension, B extends Dimension> = [A, B] extends [
  infer X extends number,
  infer Y extends number,
]
  ? Multiply<X, Y>
  : UnknownFrom<A, B>;

/** The number of elements. */
export type Product<S extends Shape, Out extends Dimension = 1> = S extends readonly [
  infer D extends Dimension,
  ...infer Rest extends Shape,
]
  ? Product<Rest, MultiplyDimension<Out, D>>
  : Out;
/** The product of the known dimensions. */
export type KnownProduct<S extends Shape, Out extends number = 1> = S extends readonly [
  infer D extends Dimension,
  ...infer Rest extends Shape,
]
  ? KnownProduct<
      Rest,
      [D] extends [infer N extends number] ? (IsLiteral<N> extends true ? Multiply<Out, N> : Out) : Out
    >
  : Out;

/** `A` and `B` dimension by dimension, or the clash in words; both ranks are known. */
export type Merge<A extends Shape, B extends Shape, Out extends Shape = readonly []> = A extends readonly [
  infer X extends Dimension,
  ...infer RestA extends Shape,
]
  ? B extends readonly [infer Y extends Dimension, ...infer RestB extends Shape]
    ? MergeDimension<X, Y> extends infer Z
      ? [Z] extends [Dimension]
        ? Merge<RestA, RestB, readonly [...Out, Z]>
        : Z
      : never
    : "their ranks differ"
  : B extends readonly []
    ? Out
    : "their ranks differ";
/** {@link Merge}, where an unknown rank takes the other shape. */
export type MergeRanked<A extends Shape, B extends Shape> =
  IsRanked<A> extends true ? (IsRanked<B> extends true ? Merge<A, B> : A) : IsRanked<B> extends true ? B : Shape;

// ---- axes ----

/** An axis of `S` counted from the front: `number` where unknown, `never` outside `[-rank, rank)`. */
export type AxisIndex<Axis extends number, S extends Shape> =
  IsLiteral<Axis> extends true
    ? `${Axis}` extends `-${infer Back extends number}`
      ? Subtract<S["length"], Back>
      : `${Axis}` extends keyof S
        ? Axis
        : never
    : number;

/** The union of several axes counted from the front, `number` where unknown, or what is wrong in words. */
export type AxisIndices<
  Axes extends readonly number[],
  S extends Shape,
  Out extends number = never,
> = Axes extends readonly [infer First extends number, ...infer Rest extends readonly number[]]
  ? AxisIndex<First, S> extends infer Index extends number
    ? [Index] extends [never]
      ? OutOfRange<First, S>
      : AxisIndices<Rest, S, Out | Index>
    : never
  : Axes extends readonly []
    ? Out
    : number;
/** What is wrong with an axis, in words. */
export type OutOfRange<Axis extends number, S extends Shape> = `axis ${Axis} is out of range for shape ${Show<S>}`;

/** `[dimensions before, the dimension, dimensions after]` an axis counted from the front. */
export type SplitAt<S extends Shape, Index extends number, Before extends Shape = readonly []> = S extends readonly [
  infer D extends Dimension,
  ...infer After extends Shape,
]
  ? Before["length"] extends Index
    ? [Before, D, After]
    : SplitAt<After, Index, readonly [...Before, D]>
  : never;

type InsertAt<
  S extends Shape,
  Index extends number,
  D extends Dimension,
  Before extends Shape = readonly [],
> = Before["length"] extends Index
  ? readonly [...Before, D, ...S]
  : S extends readonly [infer First extends Dimension, ...infer After extends Shape]
    ? InsertAt<After, Index, D, readonly [...Before, First]>
    : Shape;

/** Puts a new dimension before an axis in `[-Rank - 1, Rank]`. */
export type Insert<S extends Shape, Axis extends number, D extends Dimension, Op extends string> =
  IsRanked<S> extends true
    ? AxisIndex<Axis, readonly [...S, 1]> extends infer Index extends number
      ? [Index] extends [never]
        ? `${Op}: ${OutOfRange<Axis, S>}`
        : number extends Index
          ? Shape
          : InsertAt<S, Index, D>
      : never
    : Shape;

/** Drops the dimensions of some axes, or keeps them with extent 1. */
export type RemoveAxes<
  S extends Shape,
  Indices extends number,
  Keep extends boolean,
  Seen extends 0[] = [],
  Out extends Shape = readonly [],
> = S extends readonly [infer D extends Dimension, ...infer Rest extends Shape]
  ? Seen["length"] extends Indices
    ? RemoveAxes<Rest, Indices, Keep, [...Seen, 0], Keep extends true ? readonly [...Out, 1] : Out>
    : RemoveAxes<Rest, Indices, Keep, [...Seen, 0], readonly [...Out, D]>
  : Out;

/** One axis or several, as a list. */
export type AxisList<Axis> = Axis extends readonly number[]
  ? Axis
  : Axis extends number
    ? readonly [Axis]
    : readonly number[];
