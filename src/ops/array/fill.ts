/** @file Tensors of one value: `fill`, `zeros`, `ones` and their `…Like` forms. Follows `array_ops.py` of TensorFlow 1.3. */
import {
  type ArrayLike_,
  allocateStorage,
  type DType,
  DTypeError,
  isFullyDefined,
  NdArray,
  type NumericDType,
  type Shape,
  sizeOf,
} from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { compiled } from "../../ir/index.js";
import { requireDType } from "../basic.js";
import {
  constantTensor,
  convertToTensor,
  defineOp,
  dtypeOf,
  type NameOption,
  type TensorLike,
  tensorOf,
} from "../define.js";
import { sumToLike } from "../like.js";
import { withNameScope } from "../scopes.js";
import {
  type GivenShape,
  inputAsShape,
  knownNumbers,
  requireDimensions,
  type ShapeArgument,
  shapeNumbers,
  shapeOperand,
} from "./shape-argument.js";

const fillOp = defineOp({
  name: "Fill",
  inputs: ["dims", "value"],
  shapeInputs: [0],
  infer: (c) => {
    requireDimensions(c, knownNumbers(c, 0) ?? []);
    if ((c.shape(1)?.length ?? 0) !== 0) c.fail(`Shape must be rank 0 but is rank ${c.shape(1)?.length}`);
    return [{ dtype: dtypeOf(c, 1), shape: inputAsShape(c, 0) }];
  },
  lower: compiled((c) => {
    const shape = shapeNumbers(c, 0);
    requireDimensions(c, shape);
    const value = c.input(1);
    return [c.map(shape, value.dtype, () => c.load(value, []))];
  }),
  gradient: (op, dy) => [null, sumToLike(dy, op.inputs[1] as Tensor)],
});

/** Element types a bare value may get: numbers become int32 where whole, else float32. */
type FillDType<V> = V extends { readonly dtype: infer D extends DType }
  ? D
  : V extends boolean
    ? "bool"
    : "float32" | "int32";

/**
 * A tensor of shape `dims` in which every element is `value`. A bare whole number is int32 unless
 * `dtype` says otherwise. `tf.fill`.
 */
export function fill<
  const S extends ShapeArgument,
  V extends Tensor | number | boolean,
  D extends DType = FillDType<V>,
>(
  dims: S,
  value: V,
  options: {
    /** Element type. Default: the value's. */
    readonly dtype?: D;
  } & NameOption = {},
): Tensor<NoInfer<D>, GivenShape<S>> {
  const scalar = convertToTensor(value as TensorLike, {
    dtype: options.dtype,
    name: `${options.name ?? "Fill"}/value`,
  });
  return fillOp.build(
    [shapeOperand(dims, "dims", options.name ?? "Fill"), scalar],
    {},
    { name: options.name },
  ) as Tensor<never, never>;
}

/** Options of {@link zeros}, {@link ones} and their like. */
export interface FilledOptions<D extends DType> extends NameOption {
  /** Element type. Default float32. */
  readonly dtype?: D | undefined;
}

/** Up to this many elements, zeros and ones of a known shape are one constant, as in the original. */
const constantLimit = 2 ** 20;

/** A constant where the shape is known, else a `Fill`. */
function uniform(value: 0 | 1, shape: ShapeArgument, dtype: DType, name: string): Tensor {
  requireDType(dtype);
  if (dtype === "string") throw new DTypeError("zeros and ones of strings do not exist", { hint: "use tf.fill()" });
  const list = Array.isArray(shape) ? (shape as readonly (number | Tensor)[]) : [shape as Tensor];
  if (list.every((d) => tensorOf(d) === undefined)) {
    const known = Array.from(shapeOperand(shape, "shape") as readonly number[]);
    if (known.every((d) => d >= 0) && sizeOf(known) <= constantLimit)
      return constantTensor(
        new NdArray<NumericDType>(dtype, known, allocateStorage(dtype, sizeOf(known)).fill(value)),
        name,
      );
  }
  return withNameScope(
    name,
    (scope) =>
      fillOp.build([shapeOperand(shape, "packed"), constantTensor(NdArray.from(value, dtype))], {}, { name: scope }),
    { values: list },
  );
}

/** A tensor in which every element is 0, or false. `tf.zeros`. */
export function zeros<const S extends ShapeArgument, D extends DType = "float32">(
  shape: S,
  options: FilledOptions<D> = {},
): Tensor<NoInfer<D>, GivenShape<S>> {
  return uniform(0, shape, options.dtype ?? "float32", options.name ?? "zeros") as Tensor<never, never>;
}
/** A tensor in which every element is 1, or true. `tf.ones`. */
export function ones<const S extends ShapeArgument, D extends DType = "float32">(
  shape: S,
  options: FilledOptions<D> = {},
): Tensor<NoInfer<D>, GivenShape<S>> {
  return uniform(1, shape, options.dtype ?? "float32", options.name ?? "ones") as Tensor<never, never>;
}

/* @__NO_SIDE_EFFECTS__ */
const defineLike = (name: "ZerosLike" | "OnesLike", value: 0 | 1) =>
  defineOp({
    name,
    inputs: ["x"],
    infer: (c) => [{ dtype: c.attributes.dtype as DType, shape: c.shape(0) }],
    lower: compiled((c) => {
      const dtype = c.outputDType(0);
      return [c.map(c.input(0).shape, dtype, () => c.e.constant(value, dtype))];
    }),
    gradient: null,
  });
const zerosLikeOp = defineLike("ZerosLike", 0);
const onesLikeOp = defineLike("OnesLike", 1);

function uniformLike(value: 0 | 1, like: TensorLike, dtype: DType | undefined, name: string): Tensor {
  const x = convertToTensor(like);
  const shape = x.partialShape;
  if (isFullyDefined(shape)) return x.graph.asDefault(() => uniform(value, shape, dtype ?? x.dtype, name));
  return (value === 0 ? zerosLikeOp : onesLikeOp).build([x], { dtype: dtype ?? x.dtype }, { name });
}

/** Zeros in the shape and, unless `dtype` says otherwise, the element type of `tensor`. `tf.zeros_like`. */
export function zerosLike<D extends DType, S extends Shape, E extends DType = D>(
  tensor: Tensor<D, S> | ArrayLike_,
  options: FilledOptions<E> = {},
): Tensor<NoInfer<E>, S> {
  return uniformLike(0, tensor, options.dtype, options.name ?? "zeros_like") as Tensor as Tensor<E, S>;
}
/** Ones in the shape and, unless `dtype` says otherwise, the element type of `tensor`. `tf.ones_like`. */
export function onesLike<D extends DType, S extends Shape, E extends DType = D>(
  tensor: Tensor<D, S> | ArrayLike_,
  options: FilledOptions<E> = {},
): Tensor<NoInfer<E>, S> {
  return uniformLike(1, tensor, options.dtype, options.name ?? "ones_like") as Tensor as Tensor<E, S>;
}
