/**
 * @file Rows of larger arrays. A batch that is fed needs no array of its own: its rows go straight from
 * where they lie to where a program reads them. It becomes one when somebody looks at its elements.
 */
import { copyRows, type RowOrder } from "./copy-rows.js";
import { allocateStorage, type NumericDType, type StorageOf } from "./dtype.js";
import { NdArray } from "./ndarray.js";
import { sizeOf } from "./shape.js";

/** Rows of an array, not copied yet. */
export interface Rows extends RowOrder {
  /** Of the rows: what `scale` makes of the source's. */
  readonly dtype: NumericDType;
  readonly shape: readonly number[];
  readonly source: NdArray<NumericDType>;
}

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
    const rows = array.pendingRows;
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

  /** @internal Where the elements are; `undefined` once they are here. */
  override get pendingRows(): Rows | undefined {
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
function readData(this: PickedRows<NumericDType>): StorageOf[NumericDType] {
  return this.read();
}
