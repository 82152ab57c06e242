/**
 * @file Shape arithmetic in the type system. Imports the types of `core` alone and emits nothing.
 * Each `…Shape` type mirrors what the run-time builder of that operation infers, and is either the
 * resulting shape or, where the operands clash, a message as a string literal type for
 * {@link Checked} to show. In a shape `null` is a dimension known only when a program runs,
 * `number` one known only when the graph is built, and `Shape` an unknown rank: all three are
 * compatible with anything and give an unknown result, never a false error.
 */
import type { IsUnion } from "./arithmetic-types.js";
import type {
  AxisIndices,
  AxisList,
  BroadcastDimension,
  Dimension,
  IsAny,
  IsRanked,
  Merge,
  MergeDimension,
  MergeRanked,
  RemoveAxes,
  Show,
} from "./dimension-types.js";
import type { DType, NumericDType, ScalarOf, StorageOf, TypedArray } from "./dtype.js";
import type { NdArray } from "./ndarray.js";
import type { Shape } from "./shape.js";

export type * from "./movement-types.js";
export type * from "./window-types.js";
export type { Dimension };

// ---- what builders write around a computed shape ----

type Message<R> = R extends infer M extends string ? M : never;

/**
 * A parameter's type: `T` where `R` has no message, else the message, so that the compiler reports
 * `Argument of type … is not assignable to parameter of type '"matmul: inner dimensions 784 and 64 differ"'`.
 * `R` may be a union of several checks.
 */
export type Checked<T, R> = [Message<R>] extends [never] ? T : Message<R>;

/** A result's type: the computed shape, or an unknown one after a message, which then stands alone. */
export type Ok<R> = [R] extends [never] ? Shape : [R] extends [Shape] ? R : Shape;

/** A message where two element types differ for certain, else `never`. */
export type DTypeClash<D extends DType, E extends DType, Op extends string> = [D & E] extends [never]
  ? [D] extends [never]
    ? never
    : `${Op}: dtypes ${D} and ${E} differ`
  : never;

/** The element type of a result whose operands must agree: the more specific of the two. */
export type CommonDType<D extends DType, E extends DType> = [D] extends [E] ? D : E;

/** The element type of an operand; a bare number or nested array has none of its own and adopts `Otherwise`. */
export type DTypeOf<V, Otherwise extends DType = DType> = V extends { readonly dtype: infer D extends DType }
  ? D
  : V extends TypedArray
    ? { [D in NumericDType]: V extends StorageOf[D] ? D : never }[Exclude<NumericDType, "bool">]
    : V extends boolean
      ? "bool"
      : Otherwise;

/** The shape of a value as it will be on the host: `null` becomes `number`. */
export type Concrete<S extends Shape> = { readonly [I in keyof S]: [S[I]] extends [number] ? S[I] : number };

/**
 * What a session returns for a tensor: a bare element for the static shape `[]`, else an array.
 * A tensor of unknown rank counts as an array, even though it may turn out to be a scalar.
 */
export type Fetched<D extends DType, S extends Shape> =
  IsRanked<S> extends true ? (S extends readonly [] ? ScalarOf[D] : NdArray<D, Concrete<S>>) : NdArray<D>;

/**
 * The shape of an operand: of a tensor or array its own, of a number `[]`, of nested arrays their
 * lengths where these are literal (a `const` type parameter makes them so).
 */
export type ValueShape<V> = IsAny<V> extends true ? Shape : NestedShape<V>;
/** The shapes of a list of tensors. */
export type ShapesOf<V extends readonly unknown[]> = { readonly [I in keyof V]: ValueShape<V[I]> };
type NestedShape<V, Depth extends 0[] = []> = Depth["length"] extends 9
  ? Shape
  : V extends number | boolean | string
    ? readonly []
    : V extends { readonly shape: infer S extends Shape }
      ? S
      : V extends TypedArray
        ? readonly [number]
        : V extends readonly []
          ? readonly [0]
          : V extends readonly unknown[]
            ? readonly [V["length"], ...NestedShape<V[number], [...Depth, 0]>]
            : Shape;

// ---- elementwise ----

type Broadcast<A extends Shape, B extends Shape, Out extends Shape = readonly []> = A extends readonly [
  ...infer OuterA extends Shape,
  infer X extends Dimension,
]
  ? B extends readonly [...infer OuterB extends Shape, infer Y extends Dimension]
    ? BroadcastDimension<X, Y> extends infer Z
      ? [Z] extends [Dimension]
        ? Broadcast<OuterA, OuterB, readonly [Z, ...Out]>
        : Z
      : never
    : readonly [...A, ...Out]
  : readonly [...B, ...Out];

/** NumPy broadcasting of `A` and `B`, as `broadcastShapes`. */
export type BroadcastShape<A extends Shape, B extends Shape, Op extends string = "broadcast"> = [
  IsRanked<A>,
  IsRanked<B>,
] extends [true, true]
  ? Broadcast<A, B> extends infer R
    ? R extends string
      ? `${Op}: shapes ${Show<A>} and ${Show<B>} do not broadcast: ${R}`
      : R
    : never
  : Shape;

/**
 * {@link BroadcastShape} of two operands that may be tensors, arrays or numbers, or the message that
 * their element types differ.
 */
export type BinaryShape<A, B, Op extends string> =
  DTypeClash<DTypeOf<A, DTypeOf<B>>, DTypeOf<B, DTypeOf<A>>, Op> extends infer Clash
    ? [Clash] extends [never]
      ? BroadcastShape<ValueShape<A>, ValueShape<B>, Op>
      : Clash
    : never;
/** The element type of two operands that may be tensors, arrays or numbers. */
export type BinaryDType<A, B> = CommonDType<DTypeOf<A, DTypeOf<B>>, DTypeOf<B, DTypeOf<A>>>;

/** The most specific shape that both describe, as `mergeShapes`; no broadcasting. */
export type MergeShape<A extends Shape, B extends Shape, Op extends string = "merge"> =
  MergeRanked<A, B> extends infer R
    ? R extends string
      ? `${Op}: shapes ${Show<A>} and ${Show<B>} are not compatible: ${R}`
      : R
    : never;

/** {@link MergeShape} for two named operands, such as `"logits"` and `"labels"`. */
export type SameShape<
  A extends Shape,
  B extends Shape,
  Op extends string = "same",
  NameA extends string = "logits",
  NameB extends string = "labels",
> =
  MergeRanked<A, B> extends infer R
    ? R extends string
      ? `${Op}: ${NameA} ${Show<A>} and ${NameB} ${Show<B>} must have the same shape: ${R}`
      : R
    : never;

// ---- contractions ----

/** `[outer dimensions, rows, columns]` of a stack of matrices, transposed or not. */
type Matrices<S extends Shape, Transpose extends boolean> = S extends readonly [
  ...infer Outer extends Shape,
  infer Rows extends Dimension,
  infer Columns extends Dimension,
]
  ? Transpose extends true
    ? [Outer, Columns, Rows]
    : [Outer, Rows, Columns]
  : never;

/** Two matrices, or two stacks of matrices with equal outer dimensions. */
export type MatMulShape<
  A extends Shape,
  B extends Shape,
  TransposeA extends boolean = false,
  TransposeB extends boolean = false,
  Op extends string = "matmul",
> = true extends IsUnion<TransposeA> | IsUnion<TransposeB>
  ? Shape
  : [IsRanked<A>, IsRanked<B>] extends [true, true]
    ? A["length"] extends 0 | 1
      ? `${Op}: needs rank 2 or more, but the first operand is ${Show<A>}`
      : B["length"] extends 0 | 1
        ? `${Op}: needs rank 2 or more, but the second operand is ${Show<B>}`
        : MatMul<A, B, Matrices<A, TransposeA>, Matrices<B, TransposeB>, Op>
    : Shape;
type MatMul<A extends Shape, B extends Shape, MA, MB, Op extends string> = [MA, MB] extends [
  [infer OuterA extends Shape, infer Rows extends Dimension, infer X extends Dimension],
  [infer OuterB extends Shape, infer Y extends Dimension, infer Columns extends Dimension],
]
  ? [MergeDimension<X, Y>, Merge<OuterA, OuterB>] extends [infer Inner, infer Outer]
    ? [Inner] extends [Dimension]
      ? Outer extends Shape
        ? readonly [...Outer, Rows, Columns]
        : `${Op}: outer dimensions of ${Show<A>} and ${Show<B>} must be equal: ${Outer & string}`
      : `${Op}: inner dimensions ${X} and ${Y} differ`
    : never
  : never;

/** A fully connected layer: the last dimension, which must be known, becomes `Units`. */
export type DenseShape<S extends Shape, Units extends number, Op extends string = "dense"> =
  IsRanked<S> extends true
    ? S extends readonly [infer First extends Dimension, ...infer Middle extends Shape, infer Last extends Dimension]
      ? [Last] extends [null]
        ? `${Op}: the last dimension of ${Show<S>} must be known`
        : readonly [First, ...Middle, Units]
      : `${Op}: needs rank 2 or more, but the input is ${Show<S>}`
    : Shape;

// ---- reductions ----

/**
 * A reduction over one axis, a list of axes, or all of them (`undefined` or `null`). Negative axes
 * count from the end; axes or `KeepDims` that are not literal leave the shape unknown.
 */
export type ReduceShape<
  S extends Shape,
  Axis extends number | readonly number[] | null | undefined = undefined,
  KeepDims extends boolean = false,
  Op extends string = "reduce",
> = true extends IsUnion<KeepDims> | IsAny<Axis>
  ? Shape
  : [Axis] extends [null | undefined]
    ? KeepDims extends true
      ? IsRanked<S> extends true
        ? { readonly [I in keyof S]: 1 }
        : Shape
      : readonly []
    : [IsRanked<S>, IsUnion<Axis>] extends [true, false]
      ? RemoveChecked<S, AxisIndices<AxisList<Axis>, S>, KeepDims, Op>
      : Shape;
type RemoveChecked<S extends Shape, Indices, KeepDims extends boolean, Op extends string> = [Indices] extends [number]
  ? number extends Indices
    ? Shape
    : RemoveAxes<S, Indices, KeepDims>
  : `${Op}: ${Indices & string}`;

/** What a reduction takes besides the tensor: the axes alone, or an options object. */
export type ReduceArgument =
  | Axes
  | { readonly axis?: Axes; readonly keepDims?: boolean | undefined; readonly name?: string | undefined };
type Axes = number | readonly number[] | null | undefined;
type AxisOf<O> = O extends Axes
  ? O
  : O extends { readonly axis: infer A extends Axes }
    ? A
    : "axis" extends keyof O
      ? Axes
      : undefined;
type KeepDimsOf<O> = O extends { readonly keepDims: infer K extends boolean }
  ? K
  : "keepDims" extends keyof O
    ? boolean
    : false;

/** {@link ReduceShape} of a {@link ReduceArgument}; an option it does not know is a message too. */
export type ReduceCallShape<S extends Shape, O extends ReduceArgument, Op extends string> = [
  UnknownOption<O, "axis" | "keepDims" | "name", Op>,
] extends [never]
  ? ReduceShape<S, AxisOf<O>, KeepDimsOf<O>, Op>
  : UnknownOption<O, "axis" | "keepDims" | "name", Op>;

/**
 * A message where an options object has a property that is not `Known`, else `never`. The compiler
 * itself looks for surplus properties only where the parameter's type is no type parameter.
 */
export type UnknownOption<O, Known extends string, Op extends string> = O extends
  | readonly unknown[]
  | number
  | null
  | undefined
  ? never
  : [Exclude<keyof O, Known>] extends [never]
    ? never
    : `${Op}: there is no option ${Exclude<keyof O, Known> & string}`;

/** `argmax` and `argmin`: the axis (the first where not given) goes. */
export type ArgReduceShape<
  S extends Shape,
  Axis extends number | null | undefined = undefined,
  Op extends string = "argmax",
> = ReduceShape<S, [Axis] extends [null | undefined] ? 0 : Axis, false, Op>;

// ---- cross entropies ----

/** Logits and labels of one shape; the class axis goes. */
export type CrossEntropyShape<
  Logits extends Shape,
  Labels extends Shape,
  Op extends string = "softmaxCrossEntropyWithLogits",
  Axis extends number = -1,
> = SameShape<Logits, Labels, Op> extends infer R ? (R extends Shape ? ReduceShape<R, Axis, false, Op> : R) : never;

/** Labels are class numbers: the shape of the logits without the class axis. */
export type SparseCrossEntropyShape<
  Logits extends Shape,
  Labels extends Shape,
  Op extends string = "sparseSoftmaxCrossEntropyWithLogits",
> =
  ReduceShape<Logits, -1, false, Op> extends infer Rows
    ? Rows extends Shape
      ? SameShape<Rows, Labels, Op, "logits without the class axis">
      : Rows
    : never;
