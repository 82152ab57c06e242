/**
 * @file Rows of larger arrays. A batch that is fed needs no array of its own: its rows go straight from
 * where they lie to where a program reads them. It becomes one when somebody looks at its elements.
 */
import { allocateStorage, type NumericDType, type StorageOf } from "./dtype.js";
import { NdArray } from "./ndarray.js";
import { sizeOf } from "./shape.js";

type Storage = StorageOf[NumericDType];

/** How rows are picked out of storage. */
export interface RowOrder {
  /** Row numbers, all within the source; `null`: the rows follow one another. */
  readonly order: Int32Array | null;
  /** The first entry of `order` to take, or the first row. */
  readonly begin: number;
  /** A float32 factor that turns whole numbers into float32, each product rounded; without it elements stay. */
  readonly scale?: number | undefined;
}

/** Rows of an array, not copied yet. */
export interface Rows extends RowOrder {
  /** Of the rows: what `scale` makes of the source's. */
  readonly dtype: NumericDType;
  readonly shape: readonly number[];
  readonly source: NdArray<NumericDType>;
}

/** Shorter rows go element by element: `set` takes its time before it starts. */
const worthSetting = 32;

/**
 * Copies `count` rows from one storage to another; assigning converts, and is exact where a feed may differ from its
 * tensor.
 */
export function copyRows(source: Storage, { order, begin, scale }: RowOrder, count: number, target: Storage): void {
  if (target.length === 0) return;
  const row = target.length / count;
  const copy = scale !== undefined ? scaleRow : isSameKind(source, target) && row >= worthSetting ? setRow : convertRow;
  if (order === null) copy(source, begin * row, target, 0, target.length, scale ?? 1);
  else {
    fetchRows(source, order, begin, count, row, target);
    for (let i = 0; i < count; i++) copy(source, (order[begin + i] as number) * row, target, i * row, row, scale ?? 1);
  }
}

/**
 * Looks at both ends of every row. They lie all over memory: read one right after the other, many are fetched at
 * once, and the copying that follows finds them nearby. What was read goes where the copy will overwrite it, as
 * engines leave out reading that serves nothing.
 */
function fetchRows(
  source: Storage,
  order: Int32Array,
  begin: number,
  count: number,
  row: number,
  target: Storage,
): void {
  let ends = 0;
  for (let i = begin; i < begin + count; i++) {
    const first = (order[i] as number) * row;
    ends += (source[first] as number) + (source[first + row - 1] as number);
  }
  target[0] = ends;
}

const isSameKind = (a: Storage, b: Storage): boolean => a.constructor === b.constructor;

/** Copies `length` elements from `from` on to `to` and on. */
type CopyRow = (source: Storage, from: number, target: Storage, to: number, length: number, scale: number) => void;

const scaleRow: CopyRow = (source, from, target, to, length, scale) => {
  for (let i = 0; i < length; i++) target[to + i] = Math.fround((source[from + i] as number) * scale);
};
const setRow: CopyRow = (source, from, target, to, length) => target.set(source.subarray(from, from + length), to);
const convertRow: CopyRow = (source, from, target, to, length) => {
  for (let i = 0; i < length; i++) target[to + i] = source[from + i] as number;
};

/**
 * An array of rows of another one, which it reads when somebody asks for `data`: until then it shows what
 * is in the other one, from then on it has elements of its own. A session takes the rows from where they are.
 */
export class PickedRows<D extends NumericDType> extends NdArray<D> {
  /** Messages name it; to whoever holds it, it is an array like any other. */
  static override readonly name: string = "NdArray";
  #rows: Rows | undefined;

  private constructor(dtype: D, rows: Rows) {
    // Only the length is looked at before `data` is replaced.
    super(dtype, rows.shape, { length: sizeOf(rows.shape) } as unknown as StorageOf[D]);
    this.#rows = rows;
    Object.defineProperty(this, "data", { get: readData, configurable: true, enumerable: true });
  }

  /** Rows `begin` to `end` of an array in the order that `order` lists, or in its own; the numbers must be within it. */
  static of<D extends NumericDType>(
    array: NdArray<D>,
    order: Int32Array | null,
    begin: number,
    end: number,
  ): NdArray<D> {
    const shape = [end - begin, ...array.shape.slice(1)];
    const rows = pendingRows(array);
    if (rows === undefined || rows.order !== null)
      return new PickedRows(array.dtype, { dtype: array.dtype, shape, source: array, order, begin });
    const source = rows.begin === 0 ? rows.source : rows.source.rows(rows.begin);
    return new PickedRows(array.dtype, { ...rows, shape, source, order, begin });
  }

  /**
   * Bytes as an array of floating point, which reads them when it is needed.
   * @param scale what each is multiplied with, for float32: rounded to that first, as the product is
   */
  static ofBytes<D extends "float32" | "float64">(source: NdArray<"uint8">, dtype: D, scale?: number): NdArray<D> {
    const rounded = scale === undefined ? undefined : Math.fround(scale);
    return new PickedRows(dtype, { dtype, shape: source.shape, source, order: null, begin: 0, scale: rounded });
  }

  /** Where the elements are; `undefined` once they are here. */
  get rowsElsewhere(): Rows | undefined {
    return this.#rows;
  }

  override get size(): number {
    return this.#rows === undefined ? this.data.length : sizeOf(this.shape);
  }

  /** The elements, copied out of the source the first time. */
  read(): StorageOf[D] {
    const rows = this.#rows;
    if (rows === undefined) return this.data;
    const data = allocateStorage(this.dtype, this.size);
    copyRows(rows.source.data, rows, this.shape[0] ?? 0, data);
    this.#rows = undefined;
    Object.defineProperty(this, "data", { value: data, writable: true });
    return data;
  }
}

/** One function for all, so that engines see one kind of object. */
function readData(this: PickedRows<NumericDType>): Storage {
  return this.read();
}

/** Where the elements of an array are, if not in the array. */
export const pendingRows = (array: NdArray): Rows | undefined =>
  array instanceof PickedRows ? array.rowsElsewhere : undefined;
