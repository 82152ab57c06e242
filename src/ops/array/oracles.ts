/** @file Plain loops over index tuples, of which the references for the generic tests are made. */
import { allocateStorage, NdArray, type NumericDType, sizeOf, stridesOf } from "../../core/index.js";

export type Numeric = NdArray<NumericDType>;

/** Every index tuple of a shape, in row-major order. */
export function pointsOf(shape: readonly number[]): number[][] {
  const strides = stridesOf(shape);
  return Array.from({ length: sizeOf(shape) }, (_, position) =>
    shape.map((extent, axis) => Math.floor(position / (strides[axis] as number)) % extent),
  );
}

/** The element of an array at an index tuple. */
export function elementAt(x: NdArray, at: readonly number[]): number {
  const strides = stridesOf(x.shape);
  let offset = 0;
  at.forEach((index, axis) => {
    offset += index * (strides[axis] as number);
  });
  return (x.data as Float64Array)[offset] as number;
}

/** An array whose elements are given by their index tuples. */
export function arrayOf(
  shape: readonly number[],
  dtype: NumericDType,
  element: (at: readonly number[], position: number) => number,
): Numeric {
  const data = allocateStorage(dtype, sizeOf(shape));
  pointsOf(shape).forEach((at, position) => {
    data[position] = element(at, position);
  });
  return new NdArray<NumericDType>(dtype, shape, data);
}

/** An array that picks its elements from another; `null` picks `otherwise`. */
export const picked = (
  x: NdArray,
  shape: readonly number[],
  sourceOf: (at: readonly number[]) => readonly number[] | null,
  otherwise = 0,
): Numeric =>
  arrayOf(shape, x.dtype as NumericDType, (at) => {
    const source = sourceOf(at);
    return source === null ? otherwise : elementAt(x, source);
  });
