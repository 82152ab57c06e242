/**
 * @file `NdArray`: values on the host, in and out of a session. Row-major typed data and a shape;
 * no arithmetic, which belongs to graphs.
 */
import {
  allocateStorage,
  type DType,
  isFloating,
  type NumericDType,
  roundTo,
  type ScalarOf,
  type StorageOf,
} from "./dtype.js";
import { ArgumentError, DTypeError, ShapeError } from "./errors.js";
import type { Rows } from "./picked-rows.js";
import { bracketed, type ConcreteShape, sameShape, sizeOf, stridesOf } from "./shape.js";

/** A nested JavaScript array of elements, or a single element. */
export type Nested<T> = T | readonly Nested<T>[];
/** Anything that can become an {@link NdArray}. Typed arrays are rank 1 and keep their dtype. */
export type ArrayLike_ =
  | NdArray
  | Nested<number | boolean | string>
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint8Array;

/** Immutable-shape n-dimensional values: row-major `data` with a `shape` and a `dtype`. */
export class NdArray<D extends DType = DType, S extends ConcreteShape = ConcreteShape> {
  /** Messages name it; minifiers would change it. */
  static readonly name: string = "NdArray";
  /** Phantom: makes the static shape part of the type. */
  readonly shape: S;

  /**
   * @param dtype element type
   * @param shape dimensions, outermost first
   * @param data `product(shape)` elements in row-major order, kept by reference
   * @throws ShapeError where the number of elements does not match
   */
  constructor(
    readonly dtype: D,
    shape: S,
    readonly data: StorageOf[D],
  ) {
    if (shape.some((d) => !Number.isInteger(d) || d < 0))
      throw new ShapeError(`A dimension must be a whole number, 0 or more, but the shape is ${bracketed(shape)}`);
    if (sizeOf(shape) !== data.length)
      throw new ShapeError(`Shape ${bracketed(shape)} has ${sizeOf(shape)} elements, but ${data.length} were given`);
    this.shape = shape;
  }

  get size(): number {
    return this.data.length;
  }
  get rank(): number {
    return this.shape.length;
  }

  /** @internal Where the elements are, if not here: see `PickedRows`. */
  get pendingRows(): Rows | undefined {
    return undefined;
  }

  /** Zeros of a numeric dtype. */
  static zeros<D extends NumericDType>(dtype: D, shape: ConcreteShape): NdArray<D> {
    return new NdArray<D>(dtype, shape, allocateStorage(dtype, sizeOf(shape)));
  }

  /**
   * Converts a number, boolean, nested array, typed array or NdArray.
   * Without `dtype`: whole numbers become int32, others float32 (TensorFlow's rule for Python
   * numbers), booleans bool, strings string; typed arrays keep theirs. Typed arrays and NdArrays of another
   * dtype are cast, toward zero where that is whole; numbers must be what `dtype` can hold.
   * @param truncate whether numbers with fractions, too, are cast to whole ones: as numpy does, and feeds do
   * @throws ShapeError for ragged nesting
   * @throws DTypeError for mixed or inconvertible elements; for a fraction, NaN, infinity or an integer that does
   *   not fit where `dtype` is whole
   */
  static from<D extends DType = DType>(value: ArrayLike_, dtype?: D, truncate = false): NdArray<D> {
    if (value instanceof NdArray)
      return (dtype === undefined || value.dtype === dtype ? value : castArray(value, dtype)) as NdArray<D>;
    const typed = typedDType(value);
    if (typed !== undefined) {
      const view = value as StorageOf[NumericDType];
      const array = new NdArray(typed, [view.length], view);
      return (dtype === undefined || dtype === typed ? array : castArray(array, dtype)) as NdArray<D>;
    }
    return fromNested(value as Nested<number | boolean | string>, dtype, truncate) as NdArray<D>;
  }

  /** The same data under another shape of the same size. */
  reshape<T extends ConcreteShape>(shape: T): NdArray<D, T> {
    return new NdArray<D, T>(this.dtype, shape, this.data);
  }

  /** The only element, or the one at `indices`. Bool elements are booleans. */
  item(...indices: number[]): ScalarOf[D] {
    if (indices.length === 0 && this.size !== 1)
      throw new ArgumentError(`item() needs indices for an array of shape ${bracketed(this.shape)}`, {
        hint: "pass one index per axis",
      });
    if (indices.length === 0) return this.scalar(0);
    if (indices.length !== this.rank)
      throw new ArgumentError(`item() got ${indices.length} indices for an array of rank ${this.rank}`);
    const strides = stridesOf(this.shape);
    let offset = 0;
    indices.forEach((index, axis) => {
      const extent = this.shape[axis] as number;
      const at = index < 0 ? index + extent : index;
      if (!Number.isInteger(at) || at < 0 || at >= extent)
        throw new ArgumentError(`Index ${index} is outside axis ${axis} of extent ${extent}`);
      offset += at * (strides[axis] as number);
    });
    return this.scalar(offset);
  }

  /** Rows `begin` to `end` (exclusive) of the first axis, sharing the data. */
  rows(begin: number, end: number = this.shape[0] ?? 0): NdArray<D> {
    const row = sizeOf(this.shape.slice(1));
    const data = (
      this.dtype === "string"
        ? (this.data as string[]).slice(begin * row, end * row)
        : (this.data as Float32Array).subarray(begin * row, end * row)
    ) as StorageOf[D];
    return new NdArray<D>(this.dtype, [data.length / (row || 1), ...this.shape.slice(1)], data);
  }

  /** Nested JavaScript arrays; a bare element for a scalar. */
  toArray(): Nested<ScalarOf[D]> {
    const build = (axis: number, offset: number, strides: readonly number[]): Nested<ScalarOf[D]> =>
      axis === this.rank
        ? this.scalar(offset)
        : Array.from({ length: this.shape[axis] as number }, (_, i) =>
            build(axis + 1, offset + i * (strides[axis] as number), strides),
          );
    return build(0, 0, stridesOf(this.shape));
  }

  /** True where dtype, shape and every element agree (NaN equals NaN). */
  equals(other: NdArray): boolean {
    if (other.dtype !== this.dtype || !sameShape(this.shape, other.shape)) return false;
    for (let i = 0; i < this.size; i++)
      if (!Object.is(this.data[i], other.data[i]) && this.data[i] !== other.data[i]) return false;
    return true;
  }

  /** NumPy-like text: at most 3 + 3 entries per axis once there are more than 1,000 elements. */
  toString(): string {
    const edge = this.size > 1000 ? 3 : Number.POSITIVE_INFINITY;
    const strides = stridesOf(this.shape);
    const texts = new Map<number, string>();
    const visit = (axis: number, offset: number): void => {
      if (axis === this.rank) texts.set(offset, this.elementText(offset));
      else
        for (const i of shown(this.shape[axis] as number, edge))
          if (i >= 0) visit(axis + 1, offset + i * (strides[axis] as number));
    };
    visit(0, 0);
    const width = Math.max(0, ...Array.from(texts.values(), (t) => t.length));
    const render = (axis: number, offset: number): string => {
      if (axis === this.rank) return (texts.get(offset) as string).padStart(width);
      const parts = shown(this.shape[axis] as number, edge).map((i) =>
        i < 0 ? "..." : render(axis + 1, offset + i * (strides[axis] as number)),
      );
      if (axis === this.rank - 1) return `[${parts.join(" ")}]`;
      return `[${parts.join(`${"\n".repeat(this.rank - axis - 1)}${" ".repeat(axis + 1)}`)}]`;
    };
    return render(0, 0);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `NdArray<${this.dtype}, ${bracketed(this.shape)}>\n${this.toString()}`;
  }

  private scalar(offset: number): ScalarOf[D] {
    const element = this.data[offset];
    return (this.dtype === "bool" ? element !== 0 : element) as ScalarOf[D];
  }

  private elementText(offset: number): string {
    const element = this.scalar(offset);
    if (typeof element !== "number" || Number.isInteger(element)) return String(element);
    const magnitude = Math.abs(element);
    return magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e8)
      ? element.toExponential(4)
      : String(Number(element.toPrecision(this.dtype === "float64" ? 12 : 8)));
  }
}

const shown = (extent: number, edge: number): number[] =>
  extent <= 2 * edge ? Array.from({ length: extent }, (_, i) => i) : [0, 1, 2, -1, extent - 3, extent - 2, extent - 1];

function typedDType(value: unknown): NumericDType | undefined {
  if (value instanceof Float32Array) return "float32";
  if (value instanceof Float64Array) return "float64";
  if (value instanceof Int32Array) return "int32";
  if (value instanceof Uint8Array) return "uint8";
  return undefined;
}

/** Converts element by element: float to int truncates toward zero, bool to 1 or 0. */
export function castArray<D extends DType>(array: NdArray, dtype: D): NdArray<D> {
  if (array.dtype === dtype) return array as unknown as NdArray<D>;
  if (dtype === "string" || array.dtype === "string")
    throw new DTypeError(`Cannot convert ${array.dtype} values to ${dtype}`);
  const numeric = dtype as NumericDType;
  const source = array.data as Float64Array;
  const data = allocateStorage(numeric, source.length);
  if (isFloating(numeric)) data.set(source);
  else {
    const round = roundTo[numeric];
    for (let i = 0; i < source.length; i++) data[i] = round(source[i] as number);
  }
  return new NdArray(dtype, array.shape, data as StorageOf[D]);
}

function fromNested(value: Nested<number | boolean | string>, dtype: DType | undefined, truncate: boolean): NdArray {
  const shape: number[] = [];
  for (let level: unknown = value; Array.isArray(level) || ArrayBuffer.isView(level); level = (level as unknown[])[0])
    shape.push((level as unknown[]).length);
  const flat: (number | boolean | string)[] = [];
  flatten(value, 0, shape, flat);
  const found = dtype ?? inferDType(flat);
  if (found === "string") {
    for (const element of flat)
      if (typeof element !== "string")
        throw new DTypeError(`Expected string, got ${String(element)} of type '${typeof element}' instead.`);
    return new NdArray("string", shape, flat as string[]);
  }
  const data = allocateStorage(found, flat.length);
  const round = roundTo[found];
  for (let i = 0; i < flat.length; i++) {
    const element = flat[i];
    if (typeof element !== "number" && typeof element !== "boolean")
      throw new DTypeError(`Expected ${found}, got ${describe(element)} instead.`, {
        hint: `every element must be a number${found === "bool" ? " or boolean" : ""}`,
      });
    const number = Number(element);
    const stored = round(number);
    if ((found === "uint8" || found === "int32") && stored !== number) requireWhole(number, stored, found, truncate);
    data[i] = stored;
  }
  return new NdArray(found, shape, data);
}

/** @throws DTypeError for a number that an integer dtype cannot hold, fractions excepted where they may go */
function requireWhole(number: number, stored: number, dtype: "uint8" | "int32", truncate: boolean): void {
  if (Number.isInteger(number) || (truncate && Number.isFinite(number) && stored !== Math.trunc(number)))
    throw new DTypeError(`Value ${number} does not fit dtype ${dtype}`, { hint: "use a wider dtype" });
  if (!truncate || !Number.isFinite(number))
    throw new DTypeError(`Expected ${dtype}, got ${number} of type 'float' instead.`, {
      hint: Number.isFinite(number)
        ? "round it first, or use a floating dtype; typed arrays are cast toward zero"
        : "integers have no NaN and no infinity",
    });
}

/** A value as an error message shows it: `'a' of type 'string'`. */
export function describe(value: unknown): string {
  const text = typeof value === "string" ? `'${value}'` : String(value);
  return `${text.length > 60 ? `${text.slice(0, 57)}...` : text} of type '${value === null ? "null" : typeof value}'`;
}

function flatten(value: unknown, depth: number, shape: readonly number[], into: (number | boolean | string)[]): void {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const list = value as unknown as readonly unknown[];
    if (depth >= shape.length || list.length !== shape[depth])
      throw new ShapeError(
        `Argument must be a dense tensor: an entry at depth ${depth} has ${list.length} elements, expected ${shape[depth] ?? "a single value"}`,
        {
          hint: "make every nested array of one level the same length",
        },
      );
    for (let i = 0; i < list.length; i++) flatten(list[i], depth + 1, shape, into);
    return;
  }
  if (depth !== shape.length)
    throw new ShapeError(
      `Argument must be a dense tensor: a single value stands at depth ${depth} where an array of ${shape[depth]} is expected`,
      {
        hint: "make every nested array of one level the same length",
      },
    );
  into.push(value as number);
}

function inferDType(flat: readonly unknown[]): DType {
  const kinds = new Set(flat.map((element) => typeof element));
  if (kinds.size > 1)
    throw new DTypeError(`Cannot convert mixed ${[...kinds].join(" and ")} elements to one dtype`, {
      hint: "use one kind of element",
    });
  const kind = [...kinds][0] ?? "number";
  if (kind === "boolean") return "bool";
  if (kind === "string") return "string";
  if (kind !== "number")
    throw new DTypeError(`Cannot convert ${describe(flat[0])} to a tensor`, {
      hint: "None values are not supported; pass numbers, booleans or strings",
    });
  return flat.length > 0 &&
    flat.every((e) => Number.isInteger(e) && Math.abs(e as number) < 2 ** 31 && !Object.is(e, -0))
    ? "int32"
    : "float32";
}
