/**
 * @file Shapes as arguments: plain numbers, tensors known only when running, or lists of both. What is
 * known of such an argument while building is worked out here, so that `reshape(x, [tf.shape(y)[0], 10])`
 * still has a static shape of `[?,10]`.
 */
import { ArgumentError, DTypeError, NdArray, type PartialShape, type Shape } from "../../core/index.js";
import { constantValue, type InferContext, type Operation, type Tensor } from "../../graph/index.js";
import type { LowerContext } from "../../ir/index.js";
import { convertToTensor, type TensorLike, tensorOf } from "../define.js";

/** A shape, or other list of whole numbers: numbers, an int32 vector, or a list that mixes numbers and int32 scalars. */
export type ShapeArgument = readonly (number | Tensor)[] | Tensor;

/** The static shape that a shape argument spells. */
export type GivenShape<S> = S extends readonly number[] ? S : Shape;

/**
 * Checks a shape argument and packs a list that holds tensors; plain numbers stay as they are.
 * @param name the parameter's name, for messages
 * @param owner name of the operation it is for, under which the packed list is named
 */
export function shapeOperand(value: ShapeArgument | number, name: string, owner?: string): TensorLike {
  const known = tensorOf(value);
  if (known !== undefined) return requireInt32(known, name);
  const list = typeof value === "number" ? [value] : (value as readonly (number | Tensor)[]);
  if (!Array.isArray(list) && !ArrayBuffer.isView(list))
    throw new ArgumentError(`${name} must be a list of whole numbers or an int32 tensor`);
  requireWhole(list, name);
  return list.some((item) => tensorOf(item) !== undefined)
    ? convertToTensor(list as unknown as TensorLike, {
        dtype: "int32",
        name: owner === undefined ? name : `${owner}/${name}`,
      })
    : (value as TensorLike);
}

/** An int32 tensor of indices or sizes; plain numbers become one. @throws DTypeError for another dtype */
export function int32Operand(value: TensorLike, name: string): Tensor<"int32"> {
  const known = tensorOf(value);
  if (known !== undefined) return requireInt32(known, name);
  requireWhole(value, name);
  return convertToTensor(value, { dtype: "int32", name });
}

/** Plain numbers for an int32 tensor must be whole. */
function requireWhole(value: unknown, name: string): void {
  const plain = value instanceof NdArray ? (value.dtype === "int32" ? [] : Array.from(value.data)) : value;
  const items = Array.isArray(plain) ? plain.flat(Number.POSITIVE_INFINITY) : [plain];
  for (const item of items as readonly unknown[])
    if (typeof item === "number" && !Number.isInteger(item))
      throw new DTypeError(`Expected int32 passed to parameter '${name}', got ${item} instead.`, {
        hint: "indices and sizes are whole numbers",
      });
}

function requireInt32(tensor: Tensor, name: string): Tensor<"int32"> {
  if (tensor.dtype !== "int32")
    throw new DTypeError(
      `Value passed to parameter '${name}' has DataType ${tensor.dtype} not in list of allowed values: int32`,
      { op: tensor.op.name, createdAt: tensor.op.createdAt, hint: 'tf.cast(x, "int32") converts it' },
    );
  return tensor as Tensor<"int32">;
}

const partialValues = new Map<string, (op: Operation) => PartialShape>();

/** Says what an operation type's output is known to spell when it is used as a shape. */
export function describeAsShape(type: string, shapeFor: (op: Operation) => PartialShape): void {
  partialValues.set(type, shapeFor);
}

/** What an int32 vector is known to spell as a shape; negative entries count as unknown. */
export function knownShape(tensor: Tensor): PartialShape {
  const value = constantValue(tensor);
  if (value !== undefined) return numbersOf(value).map((d) => (d < 0 ? null : d));
  const partly = partialValues.get(tensor.op.type)?.(tensor.op) ?? null;
  if (partly !== null) return partly;
  const length = tensor.partialShape?.[0] ?? null;
  return length === null ? null : new Array<null>(length).fill(null);
}

/** {@link knownShape} of input `i` while inferring. */
export const inputAsShape = (c: InferContext, i: number): PartialShape => knownShape(c.inputs[i] as Tensor);

/** The elements of an int32 array. */
export const numbersOf = (value: NdArray): number[] => Array.from(value.data as Int32Array);

/** The numbers of a shape input while lowering. */
export const shapeNumbers = (c: LowerContext, i: number): number[] => numbersOf(c.shapeValue(i));

/** The numbers of a shape input while inferring, where all are known. */
export function knownNumbers(c: InferContext, i: number): number[] | undefined {
  const value = c.constant(i);
  return value === undefined ? undefined : numbersOf(value);
}

/** Every dimension of a shape must be 0 or more. */
export function requireDimensions(c: { fail(message: string): never }, shape: readonly number[]): void {
  shape.forEach((d, i) => {
    if (d < 0) c.fail(`Dimension ${i} must be >= 0, but is ${d}`);
  });
}
