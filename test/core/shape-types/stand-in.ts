/**
 * @file Stand-ins for tensors and operation builders, in the signature forms the library uses, for
 * the type tests of `src/core/shape-types.ts`. Declarations only: nothing here exists at run time.
 */
import type { DType, NdArray, Shape, TypedArray } from "../../../src/core/index.js";
import type {
  BinaryDType,
  BinaryShape,
  Checked,
  CommonDType,
  ConcatShape,
  CrossEntropyShape,
  DenseShape,
  DTypeClash,
  Fetched,
  MatMulShape,
  Ok,
  ReduceArgument,
  ReduceCallShape,
  ReshapeShape,
  ShapesOf,
  TransposeShape,
} from "../../../src/core/shape-types.js";

/** What a binary operator takes. */
export type Operand = Tensor | NdArray | TypedArray | number | boolean | readonly Operand[];

interface MatMulOptions<TransposeA extends boolean, TransposeB extends boolean> {
  readonly transposeA?: TransposeA;
  readonly transposeB?: TransposeB;
  readonly name?: string;
}
export declare class Tensor<out D extends DType = DType, out S extends Shape = Shape> {
  private readonly known: Shape | null;
  readonly dtype: D;
  get shape(): S;

  matmul<
    D extends DType,
    A extends Shape,
    E extends DType,
    B extends Shape,
    TransposeA extends boolean = false,
    TransposeB extends boolean = false,
  >(
    this: Tensor<D, A>,
    b: Checked<Tensor<E, B>, DTypeClash<D, E, "matmul"> | MatMulShape<A, B, TransposeA, TransposeB>>,
    options?: MatMulOptions<TransposeA, TransposeB>,
  ): Tensor<CommonDType<D, E>, Ok<MatMulShape<A, B, TransposeA, TransposeB>>>;

  add<A extends Tensor, const B extends Operand>(
    this: A,
    other: Checked<B, BinaryShape<A, B, "add">>,
  ): Tensor<BinaryDType<A, B>, Ok<BinaryShape<A, B, "add">>>;

  reshape<D extends DType, S extends Shape, const T extends readonly number[]>(
    this: Tensor<D, S>,
    shape: Checked<T, ReshapeShape<S, T>>,
  ): Tensor<D, Ok<ReshapeShape<S, T>>>;

  sigmoid(): Tensor<D, S>;
}

export declare class Variable<out D extends DType = DType, out S extends Shape = Shape> extends Tensor<D, S> {
  constructor(initial: Tensor<D, S>);
  assign(value: Tensor<DType, Shape>): Tensor<D, S>;
}

export declare function placeholder<D extends DType, const S extends Shape = Shape>(dtype: D, shape?: S): Tensor<D, S>;

export declare function matmul<
  D extends DType,
  A extends Shape,
  E extends DType,
  B extends Shape,
  TransposeA extends boolean = false,
  TransposeB extends boolean = false,
>(
  a: Tensor<D, A>,
  b: Checked<Tensor<E, B>, DTypeClash<D, E, "matmul"> | MatMulShape<A, B, TransposeA, TransposeB>>,
  options?: MatMulOptions<TransposeA, TransposeB>,
): Tensor<CommonDType<D, E>, Ok<MatMulShape<A, B, TransposeA, TransposeB>>>;

export declare function add<const A extends Operand, const B extends Operand>(
  a: A,
  b: Checked<B, BinaryShape<A, B, "add">>,
): Tensor<BinaryDType<A, B>, Ok<BinaryShape<A, B, "add">>>;

export declare function reduceMean<D extends DType, S extends Shape, const O extends ReduceArgument = undefined>(
  x: Tensor<D, S>,
  axisOrOptions?: Checked<O, ReduceCallShape<S, O, "reduceMean">>,
): Tensor<D, Ok<ReduceCallShape<S, O, "reduceMean">>>;

export declare function transpose<
  D extends DType,
  S extends Shape,
  const Perm extends readonly number[] | undefined = undefined,
>(x: Tensor<D, S>, perm?: Checked<Perm, TransposeShape<S, Perm>>): Tensor<D, Ok<TransposeShape<S, Perm>>>;

export declare function concat<const V extends readonly Tensor[], const Axis extends number>(
  values: Checked<V, ConcatShape<ShapesOf<V>, Axis>>,
  axis: Axis,
): Tensor<V[number]["dtype"], Ok<ConcatShape<ShapesOf<V>, Axis>>>;

export declare function dense<D extends DType, S extends Shape, const Units extends number>(
  x: Checked<Tensor<D, S>, DenseShape<S, Units>>,
  units: Units,
): Tensor<D, Ok<DenseShape<S, Units>>>;

export declare function softmaxCrossEntropyWithLogits<
  D extends DType,
  Logits extends Shape,
  Labels extends Shape,
>(operands: {
  readonly logits: Tensor<D, Logits>;
  readonly labels: Checked<Tensor<DType, Labels>, CrossEntropyShape<Logits, Labels>>;
}): Tensor<D, Ok<CrossEntropyShape<Logits, Labels>>>;

export declare function run<D extends DType, S extends Shape>(fetch: Tensor<D, S>): Promise<Fetched<D, S>>;
