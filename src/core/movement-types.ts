/**
 * @file Shape arithmetic of the operations that move elements (reshape, transpose, concat, slices,
 * …). Part of `shape-types.ts`, under the same rules: a result is a shape or a message, and what
 * is unknown never clashes. Emits nothing.
 */
import type { Add, Divide, IsLiteral, IsUnion, Subtract } from "./arithmetic-types.js";
import type {
  AddDimension,
  AxisIndex,
  AxisIndices,
  AxisList,
  Dimension,
  Insert,
  IsRanked,
  KnownProduct,
  MergeDimension,
  MergeRanked,
  OutOfRange,
  Product,
  Show,
  SplitAt,
  Unknown,
} from "./dimension-types.js";
import type { Shape } from "./shape.js";

// ---- one shape into another ----

/** How often -1 occurs, as a tuple of that length. */
type MinusOnes<S extends Shape, Out extends 0[] = []> = S extends readonly [infer D, ...infer Rest extends Shape]
  ? MinusOnes<Rest, [D] extends [-1] ? [...Out, 0] : Out>
  : Out;
/** Puts `Inferred` for -1, and for `number`, which may turn out to be -1, `Dynamic`. */
type FillTarget<
  S extends Shape,
  Inferred extends Dimension,
  Dynamic extends Dimension,
  Out extends Shape = readonly [],
> = S extends readonly [infer D extends Dimension, ...infer Rest extends Shape]
  ? FillTarget<
      Rest,
      Inferred,
      Dynamic,
      readonly [...Out, [D] extends [-1] ? Inferred : IsLiteral<D> extends true ? D : Dynamic]
    >
  : Out;
type DropMinusOne<S extends Shape, Out extends Shape = readonly []> = S extends readonly [
  infer D extends Dimension,
  ...infer Rest extends Shape,
]
  ? DropMinusOne<Rest, [D] extends [-1] ? Out : readonly [...Out, D]>
  : Out;

/**
 * `reshape` to a literal target, in which one dimension may be -1 and is worked out. Numbers of
 * elements are compared where both are known; where a dimension of `S` is unknown, the known ones
 * must divide the target's.
 */
export type ReshapeShape<S extends Shape, Target extends readonly number[], Op extends string = "reshape"> =
  IsRanked<Target> extends true
    ? MinusOnes<Target>["length"] extends 0
      ? ReshapeTo<S, Target, Product<Target>, Op>
      : MinusOnes<Target>["length"] extends 1
        ? ReshapeInferring<S, Target, Product<DropMinusOne<Target>>, Op>
        : `${Op}: only one dimension of ${Show<Target>} may be -1`
    : Shape;

/** The total of `S`: where its rank is unknown, so is the total. */
type Total<S extends Shape> = IsRanked<S> extends true ? Product<S> : Dimension;

type ReshapeTo<S extends Shape, Target extends Shape, Size extends Dimension, Op extends string> = [
  IsLiteral<Size>,
  IsLiteral<Total<S>>,
] extends [true, true]
  ? `${Size}` extends `${Total<S>}`
    ? FillTarget<Target, null, number>
    : `${Op}: ${Show<S>} has ${Total<S>} elements and ${Show<Target>} has ${Size}`
  : [IsLiteral<Size>, IsRanked<S>] extends [true, true]
    ? Divide<Size & number, KnownProduct<S>>[1] extends infer Rest extends number
      ? IsLiteral<Rest> extends true
        ? Rest extends 0
          ? FillTarget<Target, null, number>
          : `${Op}: the ${Size} elements of ${Show<Target>} are not a multiple of the ${KnownProduct<S>} known of ${Show<S>}`
        : FillTarget<Target, null, [Total<S>] extends [number] ? number : Dimension>
      : never
    : FillTarget<Target, null, [Total<S>] extends [number] ? number : Dimension>;

type ReshapeInferring<S extends Shape, Target extends Shape, Others extends Dimension, Op extends string> = [
  IsLiteral<Total<S>>,
  IsLiteral<Others>,
] extends [true, true]
  ? Divide<Total<S> & number, Others & number> extends [infer Quotient extends number, infer Rest extends number]
    ? IsLiteral<Rest> extends true
      ? Rest extends 0
        ? FillTarget<Target, Quotient, number>
        : `${Op}: the ${Total<S>} elements of ${Show<S>} are not a multiple of ${Others}, as ${Show<Target>} needs`
      : FillTarget<Target, number, number>
    : never
  : FillTarget<Target, Unknown<Total<S>>, number>;

/** The batch dimension and the product of the rest. */
export type FlattenShape<S extends Shape, Op extends string = "flatten"> =
  IsRanked<S> extends true
    ? S extends readonly [infer Batch extends Dimension, ...infer Rest extends Shape]
      ? readonly [Batch, Product<Rest>]
      : `${Op}: needs rank 1 or more, but the input is []`
    : readonly [Dimension, Dimension];

type Reverse<S extends Shape, Out extends Shape = readonly []> = S extends readonly [
  infer D extends Dimension,
  ...infer Rest extends Shape,
]
  ? Reverse<Rest, readonly [D, ...Out]>
  : Out;
type Permute<
  S extends Shape,
  Perm extends readonly number[],
  Used = never,
  Out extends Shape = readonly [],
> = Perm extends readonly [infer First extends number, ...infer Rest extends readonly number[]]
  ? AxisIndex<First, S> extends infer Index extends number
    ? [Index] extends [never]
      ? null
      : number extends Index
        ? Shape
        : [Index] extends [Used]
          ? null
          : Permute<S, Rest, Used | Index, readonly [...Out, S[Index]]>
    : never
  : Out;

/** `transpose`: axes in the order `Perm`, or reversed. */
export type TransposeShape<
  S extends Shape,
  Perm extends readonly number[] | null | undefined = undefined,
  Op extends string = "transpose",
> =
  IsRanked<S> extends true
    ? [Perm] extends [null | undefined]
      ? Reverse<S>
      : [Perm] extends [infer P extends readonly number[]]
        ? IsRanked<P> extends true
          ? (P["length"] extends S["length"] ? Permute<S, P> : null) extends infer R
            ? R extends Shape
              ? R
              : `${Op}: ${Show<P>} is not a permutation of the axes of ${Show<S>}`
            : never
          : Shape
        : Shape
    : Shape;

/** A new axis of extent 1. */
export type ExpandDimsShape<S extends Shape, Axis extends number, Op extends string = "expandDims"> = Insert<
  S,
  Axis,
  1,
  Op
>;

/** `oneHot` of indices: a new axis of extent `Depth`, the last one by default. */
export type OneHotShape<
  S extends Shape,
  Depth extends number,
  Axis extends number = -1,
  Op extends string = "oneHot",
> = Insert<S, Axis, Depth, Op>;

type SqueezeAll<S extends Shape, Out extends Shape = readonly []> = S extends readonly [
  infer D extends Dimension,
  ...infer Rest extends Shape,
]
  ? IsLiteral<D> extends true
    ? SqueezeAll<Rest, D extends 1 ? Out : readonly [...Out, D]>
    : Shape
  : Out;
type SqueezeAt<S extends Shape, Indices, Seen extends 0[] = [], Out extends Shape = readonly []> = S extends readonly [
  infer D extends Dimension,
  ...infer Rest extends Shape,
]
  ? Seen["length"] extends Indices
    ? MergeDimension<D, 1> extends 1
      ? SqueezeAt<Rest, Indices, [...Seen, 0], Out>
      : `axis ${Seen["length"]} has extent ${D}, not 1`
    : SqueezeAt<Rest, Indices, [...Seen, 0], readonly [...Out, D]>
  : Out;

/** Without the given axes, each of extent 1, or without all axes of extent 1. */
export type SqueezeShape<
  S extends Shape,
  Axis extends number | readonly number[] | null | undefined = undefined,
  Op extends string = "squeeze",
> =
  IsRanked<S> extends true
    ? [Axis] extends [null | undefined]
      ? SqueezeAll<S>
      : IsUnion<Axis> extends true
        ? Shape
        : AxisIndices<AxisList<Axis>, S> extends infer Indices
          ? [Indices] extends [number]
            ? number extends Indices
              ? Shape
              : SqueezeAt<S, Indices> extends infer R
                ? R extends string
                  ? `${Op}: ${R}`
                  : R
                : never
            : `${Op}: ${Indices & string}`
          : never
    : Shape;

// ---- several shapes into one ----

type ConcatPair<
  A extends Shape,
  B extends Shape,
  Index extends number,
  Seen extends 0[] = [],
  Out extends Shape = readonly [],
> = [A, B] extends [
  readonly [infer X extends Dimension, ...infer RestA extends Shape],
  readonly [infer Y extends Dimension, ...infer RestB extends Shape],
]
  ? (Seen["length"] extends Index ? AddDimension<X, Y> : MergeDimension<X, Y>) extends infer Z
    ? [Z] extends [Dimension]
      ? ConcatPair<RestA, RestB, Index, [...Seen, 0], readonly [...Out, Z]>
      : Z
    : never
  : [A, B] extends [readonly [], readonly []]
    ? Out
    : "their ranks differ";
type ConcatAll<
  Shapes extends readonly Shape[],
  Joined extends Shape,
  Index extends number,
  Op extends string,
> = Shapes extends readonly [infer Next extends Shape, ...infer Rest extends readonly Shape[]]
  ? IsRanked<Next> extends true
    ? ConcatPair<Joined, Next, Index> extends infer R
      ? R extends Shape
        ? ConcatAll<Rest, R, Index, Op>
        : `${Op}: shapes ${Show<Joined>} and ${Show<Next>} do not join along axis ${Index}: ${R & string}`
      : never
    : Shape
  : Joined;

/** Joined along an axis; the other dimensions are equal. */
export type ConcatShape<
  Shapes extends readonly Shape[],
  Axis extends number,
  Op extends string = "concat",
> = Shapes extends readonly [infer First extends Shape, ...infer Rest extends readonly Shape[]]
  ? IsRanked<First> extends true
    ? AxisIndex<Axis, First> extends infer Index extends number
      ? [Index] extends [never]
        ? `${Op}: ${OutOfRange<Axis, First>}`
        : number extends Index
          ? Shape
          : ConcatAll<Rest, First, Index, Op>
      : never
    : Shape
  : Shapes extends readonly []
    ? `${Op}: needs one tensor or more`
    : Shape;

type MergeAll<Shapes extends readonly Shape[], Merged extends Shape, Op extends string> = Shapes extends readonly [
  infer Next extends Shape,
  ...infer Rest extends readonly Shape[],
]
  ? MergeRanked<Merged, Next> extends infer R
    ? R extends Shape
      ? MergeAll<Rest, R, Op>
      : `${Op}: shapes ${Show<Merged>} and ${Show<Next>} must be equal: ${R & string}`
    : never
  : Merged;

/** Tensors of one shape side by side along a new axis, the first by default. */
export type StackShape<
  Shapes extends readonly Shape[],
  Axis extends number = 0,
  Op extends string = "stack",
> = Shapes extends readonly [infer First extends Shape, ...infer Rest extends readonly Shape[]]
  ? MergeAll<Rest, First, Op> extends infer R
    ? R extends Shape
      ? Insert<R, Axis, Shapes["length"], Op>
      : R
    : never
  : Shapes extends readonly []
    ? `${Op}: needs one tensor or more`
    : Shape;

// ---- parts of a shape ----

/** Entries of `S` along an axis, picked by indices: their shape takes the axis's place. */
export type GatherShape<
  S extends Shape,
  Indices extends Shape,
  Axis extends number = 0,
  Op extends string = "gather",
> = [IsRanked<S>, IsRanked<Indices>] extends [true, true]
  ? AxisIndex<Axis, S> extends infer Index extends number
    ? [Index] extends [never]
      ? `${Op}: ${OutOfRange<Axis, S>}`
      : SplitAt<S, Index> extends [infer Before extends Shape, Dimension, infer After extends Shape]
        ? number extends Index
          ? Shape
          : readonly [...Before, ...Indices, ...After]
        : Shape
    : never
  : Shape;

/** One of the equal parts that `split` makes of an axis. */
export type SplitShape<S extends Shape, Parts extends number, Axis extends number = 0, Op extends string = "split"> =
  IsRanked<S> extends true
    ? AxisIndex<Axis, S> extends infer Index extends number
      ? [Index] extends [never]
        ? `${Op}: ${OutOfRange<Axis, S>}`
        : number extends Index
          ? Shape
          : SplitAt<S, Index> extends [infer Before extends Shape, infer D extends Dimension, infer After extends Shape]
            ? [D] extends [infer N extends number]
              ? Divide<N, Parts> extends [infer Quotient extends number, infer Rest extends number]
                ? Rest extends 0
                  ? readonly [...Before, Quotient, ...After]
                  : number extends Rest
                    ? readonly [...Before, number, ...After]
                    : `${Op}: the extent ${N} of axis ${Index} of ${Show<S>} does not divide into ${Parts}`
                : never
              : readonly [...Before, Unknown<D>, ...After]
            : never
      : never
    : Shape;

type SliceDimension<D extends Dimension, Begin extends number, Size extends number> =
  IsLiteral<Size> extends true
    ? Size extends -1
      ? [D] extends [infer N extends number]
        ? Subtract<N, Begin>
        : Unknown<D>
      : [D] extends [infer N extends number]
        ? [Subtract<N, Add<Begin, Size>>] extends [never]
          ? never
          : Size
        : Size
    : Unknown<D | number>;
type SliceAll<
  S extends Shape,
  Begin extends readonly number[],
  Size extends readonly number[],
  Out extends Shape = readonly [],
> = [S, Begin, Size] extends [
  readonly [infer D extends Dimension, ...infer Rest extends Shape],
  readonly [infer From extends number, ...infer RestBegin extends readonly number[]],
  readonly [infer Count extends number, ...infer RestSize extends readonly number[]],
]
  ? SliceDimension<D, From, Count> extends infer N extends Dimension
    ? [N] extends [never]
      ? `${From} and ${Count} are outside the extent ${D}`
      : SliceAll<Rest, RestBegin, RestSize, readonly [...Out, N]>
    : never
  : [S, Begin, Size] extends [readonly [], readonly [], readonly []]
    ? Out
    : `begin and size need one entry for each of its ${S["length"]} axes`;

/** `slice` from `Begin`, `Size` entries along each axis, where -1 means all that is left. */
export type SliceShape<
  S extends Shape,
  Begin extends readonly number[],
  Size extends readonly number[],
  Op extends string = "slice",
> = [IsRanked<S>, IsRanked<Begin>, IsRanked<Size>] extends [true, true, true]
  ? SliceAll<S, Begin, Size> extends infer R
    ? R extends string
      ? `${Op} of ${Show<S>}: ${R}`
      : R
    : never
  : Shape;
