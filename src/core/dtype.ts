/**
 * @file The element types a tensor can have, and how each is stored.
 * Imports nothing. Everything that depends on "which dtype" is a total table over {@link DType},
 * so that a new dtype is a list of compile errors, not a hunt.
 */

/**
 * Element types. `string` exists only on the host (names, serialized summaries) and never enters
 * a compiled program. There is no int64: where TensorFlow demands it (`argmax`, `globalStep`)
 * Tensorstrata uses int32, and checkpoints widen it where the original stores int64.
 */
export type DType = "float32" | "float64" | "int32" | "uint8" | "bool" | "string";
/** The dtypes that live in a program's memory. */
export type NumericDType = Exclude<DType, "string">;
/** The dtypes that gradients flow through. */
export type FloatDType = "float32" | "float64";

/** A typed array that can hold the elements of a numeric tensor; bool is one byte, 0 or 1. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;
export interface StorageOf {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  uint8: Uint8Array;
  bool: Uint8Array;
  string: string[];
}
/** What one element reads as in JavaScript. */
export interface ScalarOf {
  float32: number;
  float64: number;
  int32: number;
  uint8: number;
  bool: boolean;
  string: string;
}

interface DTypeFacts {
  /** Bytes of one element in memory; 0 for host-only dtypes. */
  readonly bytes: number;
  readonly isFloating: boolean;
  readonly isInteger: boolean;
  /** Enum number in TensorFlow's `types.proto`. */
  readonly proto: number;
  /** The name TensorFlow's C++ messages use (`float`, not `float32`). */
  readonly cName: string;
}

export const dtypeFacts: Readonly<Record<DType, DTypeFacts>> = {
  float32: { bytes: 4, isFloating: true, isInteger: false, proto: 1, cName: "float" },
  float64: { bytes: 8, isFloating: true, isInteger: false, proto: 2, cName: "double" },
  int32: { bytes: 4, isFloating: false, isInteger: true, proto: 3, cName: "int32" },
  uint8: { bytes: 1, isFloating: false, isInteger: true, proto: 4, cName: "uint8" },
  bool: { bytes: 1, isFloating: false, isInteger: false, proto: 10, cName: "bool" },
  string: { bytes: 0, isFloating: false, isInteger: false, proto: 7, cName: "string" },
};

export const isDType = (value: unknown): value is DType =>
  typeof value === "string" && Object.hasOwn(dtypeFacts, value);
export const isFloating = (dtype: DType): dtype is FloatDType => dtypeFacts[dtype].isFloating;
export const isInteger = (dtype: DType): boolean => dtypeFacts[dtype].isInteger;

const allocate: { readonly [D in NumericDType]: (length: number) => StorageOf[D] } = {
  float32: (length) => new Float32Array(length),
  float64: (length) => new Float64Array(length),
  int32: (length) => new Int32Array(length),
  uint8: (length) => new Uint8Array(length),
  bool: (length) => new Uint8Array(length),
};

/** Zeroed storage for `length` elements of `dtype`. */
export function allocateStorage<D extends NumericDType>(dtype: D, length: number): StorageOf[D] {
  return allocate[dtype](length);
}

const views: { readonly [D in NumericDType]: (b: ArrayBufferLike, o: number, n: number) => StorageOf[D] } = {
  float32: (b, o, n) => new Float32Array(b, o, n),
  float64: (b, o, n) => new Float64Array(b, o, n),
  int32: (b, o, n) => new Int32Array(b, o, n),
  uint8: (b, o, n) => new Uint8Array(b, o, n),
  bool: (b, o, n) => new Uint8Array(b, o, n),
};

/** A view of `length` elements of `dtype` over `buffer` at `byteOffset` (aligned to the element). */
export function viewStorage<D extends NumericDType>(
  dtype: D,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
): StorageOf[D] {
  return views[dtype](buffer, byteOffset, length);
}

/** How a JavaScript number becomes an element: rounding, truncation toward zero, wrapping. */
export const roundTo: Readonly<Record<NumericDType, (value: number) => number>> = {
  float32: Math.fround,
  float64: (value) => value,
  int32: (value) => Math.trunc(value) | 0,
  uint8: (value) => Math.trunc(value) & 255,
  bool: (value) => (value !== 0 ? 1 : 0),
};
