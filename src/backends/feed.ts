/**
 * @file What a program may be fed beside arrays: rows picked out of an array. The array may lie in the
 * device's own memory. The rows are copied straight to where the program reads them, converted on the way
 * where the element types differ. Imports core alone.
 */
import {
  allocateStorage,
  castArray,
  copyRows,
  NdArray,
  type NumericDType,
  type RowOrder,
  sizeOf,
} from "../core/index.js";

/** An array in the memory of a device, put there by `Device.upload`. */
export interface ResidentArray {
  readonly dtype: NumericDType;
  readonly shape: readonly number[];
  /** A copy of some rows, as an array on the host. @throws InternalError once released */
  read(begin: number, end: number): NdArray<NumericDType>;
  /** Gives the memory back; the array is of no use afterwards. */
  release(): void;
}

/** An array that stays with the host, for devices without a memory of their own. */
export function hostResident({ dtype, shape, data }: NdArray<NumericDType>): ResidentArray {
  const kept = new NdArray<NumericDType>(dtype, shape, data.slice());
  const read = (begin: number, end: number): NdArray<NumericDType> => {
    const rows = kept.rows(begin, end);
    return new NdArray<NumericDType>(dtype, rows.shape, rows.data.slice());
  };
  return { dtype, shape, read, release: () => undefined };
}

/** Rows of an array as a feed: those that `order` names from `begin` on, or the rows from `begin` on themselves. */
export interface RowFeed extends RowOrder {
  readonly dtype: NumericDType;
  /** Of the feed: as many rows as it takes. */
  readonly shape: readonly number[];
  /** What a device holds is never scaled. */
  readonly source: NdArray<NumericDType> | ResidentArray;
}

/** What a program takes for a feed of its own dtype and shape. */
export type Feed = NdArray<NumericDType> | RowFeed;

/** The elements of a feed as an array of `dtype`. */
export function feedArray(feed: Feed, dtype: NumericDType): NdArray<NumericDType> {
  if (feed instanceof NdArray) return feed;
  const { source, order, begin, shape } = feed;
  const data = allocateStorage(dtype, sizeOf(shape));
  const rows = shape[0] ?? 0;
  if (source instanceof NdArray) {
    copyRows(source.data, feed, rows, data);
    return new NdArray<NumericDType>(dtype, shape, data);
  }
  if (order === null) return castArray(source.read(begin, begin + rows), dtype);
  const row = sizeOf(shape.slice(1));
  for (let i = 0; i < rows; i++) {
    const at = order[begin + i] as number;
    data.set(source.read(at, at + 1).data, i * row);
  }
  return new NdArray<NumericDType>(dtype, shape, data);
}
