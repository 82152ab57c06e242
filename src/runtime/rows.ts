/**
 * @file Feeding rows of larger arrays: a batch is copied once, from where the data is to where the program
 * reads it. `session.upload` puts data into the session's own memory, so that a step brings row numbers alone.
 */
import type { ResidentArray, RowFeed } from "../backends/index.js";
import { ArgumentError, bracketed, NdArray, type NumericDType, SessionError } from "../core/index.js";

/** An array in the memory of a session, made by `session.upload`; {@link takeRows} feeds rows of it. */
export class SessionArray implements Disposable {
  private resident: ResidentArray | undefined;
  readonly dtype: NumericDType;
  readonly shape: readonly number[];

  /** @internal */
  constructor(
    resident: ResidentArray,
    /** The session whose memory it is. */
    readonly owner: object,
  ) {
    this.resident = resident;
    this.dtype = resident.dtype;
    this.shape = resident.shape;
  }

  /** Gives the memory back to the session. The array cannot be fed afterwards. */
  dispose(): void {
    this.resident?.release();
    this.resident = undefined;
  }
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal @throws SessionError once disposed */
  get memory(): ResidentArray {
    if (this.resident === undefined)
      throw new SessionError("An uploaded array was used after its dispose().", {
        hint: "session.upload(values) makes a new one",
      });
    return this.resident;
  }
}

/** Rows of an array as the value of a feed, from {@link takeRows}. */
export class TakenRows implements RowFeed {
  readonly dtype: NumericDType;
  readonly shape: readonly number[];

  /** @internal */
  constructor(
    readonly array: NdArray<NumericDType> | SessionArray,
    readonly order: Int32Array | null,
    readonly begin: number,
    end: number,
  ) {
    this.dtype = array.dtype;
    const shape = array.shape.slice();
    shape[0] = end - begin;
    this.shape = shape;
  }

  get source(): NdArray<NumericDType> | ResidentArray {
    return this.array instanceof NdArray ? this.array : this.array.memory;
  }
}

/**
 * Rows of an array as the value of a feed: no batch is made on the way to the program.
 * @param source rows along the first axis: an array, or one that `session.upload` has put into the session
 * @param order row numbers, such as a permutation; `null` for the rows in their own order
 * @param begin the first entry of `order` to take (default 0)
 * @param end the entry after the last one (default: all)
 * @throws ArgumentError for row numbers or bounds outside the array
 */
export function takeRows(
  source: NdArray | SessionArray,
  order: Int32Array | null = null,
  begin = 0,
  end?: number,
): TakenRows {
  if (!(source instanceof SessionArray) && !(source instanceof NdArray && source.dtype !== "string"))
    throw new ArgumentError("takeRows() takes rows of a numeric NdArray or of what session.upload() returns", {
      hint: "wrap typed arrays: tf.NdArray.from(values).reshape([rows, columns])",
    });
  const [rows] = source.shape;
  if (rows === undefined)
    throw new ArgumentError("takeRows() needs an array with rows, but this one is a single value");
  const available = order === null ? rows : order.length;
  const last = end ?? available;
  if (!Number.isInteger(begin) || !Number.isInteger(last) || begin < 0 || last < begin || last > available)
    throw new ArgumentError(
      `takeRows() cannot take ${begin} to ${last} of ${available} ${order === null ? "rows" : "row numbers"}`,
    );
  if (order !== null)
    for (let i = begin; i < last; i++) {
      const row = order[i] as number;
      // Out of range in a session's memory, anything might stand there.
      if (row < 0 || row >= rows)
        throw new ArgumentError(`Row ${row} is outside an array of shape ${bracketed(source.shape)}`);
    }
  return new TakenRows(source as NdArray<NumericDType> | SessionArray, order, begin, last);
}
