/**
 * @file Shapes at run time: `null` is a dimension known only when a program runs, and a shape that
 * is itself `null` has an unknown rank. The functions here are the authority; the compile-time
 * arithmetic in `shape-types.ts` mirrors them.
 */

/** A static shape: each dimension a number, or `null` where only running will tell. */
export type Shape = readonly (number | null)[];
/** A shape with every dimension known. */
export type ConcreteShape = readonly number[];
/** A shape of known or unknown (`null`) rank. */
export type PartialShape = Shape | null;

/** Number of elements of a concrete shape; 1 for a scalar. */
export function sizeOf(shape: ConcreteShape): number {
  let size = 1;
  for (const dimension of shape) size *= dimension;
  return size;
}

export const isFullyDefined = (shape: PartialShape): shape is ConcreteShape =>
  shape === null ? false : shape.every((dimension) => dimension !== null);

/** Row-major strides, in elements. */
export function stridesOf(shape: ConcreteShape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
}

/** TensorFlow's C++ rendering: `[?,784]`, `<unknown>` for unknown rank. */
export function bracketed(shape: PartialShape): string {
  return shape === null ? "<unknown>" : `[${shape.map((d) => d ?? "?").join(",")}]`;
}

/** TensorFlow's Python rendering: `(?, 784)`, `(784,)`, `()`, `<unknown>`. */
export function tupled(shape: PartialShape): string {
  if (shape === null) return "<unknown>";
  const dimensions = shape.map((d) => d ?? "?");
  return dimensions.length === 1 ? `(${dimensions[0]},)` : `(${dimensions.join(", ")})`;
}

/** True if some concrete shape fits both. Reflexive and symmetric, not transitive. */
export function isCompatible(a: PartialShape, b: PartialShape): boolean {
  if (a === null || b === null) return true;
  return a.length === b.length && a.every((d, i) => d === null || b[i] === null || d === b[i]);
}

/** The most specific shape that both describe, or `undefined` where they clash. */
export function mergeShapes(a: PartialShape, b: PartialShape): PartialShape | undefined {
  if (a === null) return b;
  if (b === null) return a;
  if (!isCompatible(a, b)) return undefined;
  return a.map((d, i) => d ?? (b[i] as number | null));
}

export const sameShape = (a: ConcreteShape, b: ConcreteShape): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i]);

/**
 * NumPy broadcasting of two static shapes: trailing dimensions align, 1 stretches, an unknown
 * dimension against a known one above 1 takes the known one, against 1 stays unknown.
 * Returns the two clashing dimensions where there is no common shape.
 */
export function broadcastShapes(a: PartialShape, b: PartialShape): PartialShape | { clash: [number, number] } {
  if (a === null || b === null) return null;
  const rank = Math.max(a.length, b.length);
  const result: (number | null)[] = [];
  for (let i = 0; i < rank; i++) {
    const da = i < rank - a.length ? 1 : (a[i - rank + a.length] as number | null);
    const db = i < rank - b.length ? 1 : (b[i - rank + b.length] as number | null);
    if (da === 1) result.push(db);
    else if (db === 1) result.push(da);
    else if (da === null) result.push(db);
    else if (db === null || da === db) result.push(da);
    else return { clash: [da, db] };
  }
  return result;
}

/** Resolves a possibly negative axis; `undefined` when it is outside `[-rank, rank)`. */
export function normalizeAxis(axis: number, rank: number): number | undefined {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) return undefined;
  return axis < 0 ? axis + rank : axis;
}
