/**
 * @file How values get into and out of a session's memory. Everything that can be settled once for a
 * program is: a run of a program that is ready allocates what it returns and nothing else.
 */
import { NdArray, type NumericDType, sizeOf, viewStorage } from "../../core/index.js";
import { copyRows, type Feed, type ResidentArray } from "../feed.js";
import { makeRowCopy, type RowCopy } from "./row-copy.js";

type Storage = NdArray<NumericDType>["data"];

/** An array's place in memory; its view is made anew only when the memory has grown. */
export class Place {
  private buffer: ArrayBufferLike | undefined;
  private current: Storage | undefined;
  private readonly length: number;

  constructor(
    readonly dtype: NumericDType,
    readonly shape: readonly number[],
    readonly address: number,
  ) {
    this.length = sizeOf(shape);
  }

  view(buffer: ArrayBufferLike): Storage {
    if (this.current === undefined || this.buffer !== buffer) {
      this.current = viewStorage(this.dtype, buffer, this.address, this.length);
      this.buffer = buffer;
    }
    return this.current;
  }

  /** A copy that belongs to the caller. */
  read(buffer: ArrayBufferLike): NdArray<NumericDType> {
    return new NdArray<NumericDType>(this.dtype, this.shape, this.view(buffer).slice());
  }
}

/** An array that stays in a session's memory. */
export class WasmResident implements ResidentArray {
  constructor(
    readonly place: Place,
    private readonly buffer: () => ArrayBufferLike,
    private readonly free: () => void,
  ) {}

  get dtype(): NumericDType {
    return this.place.dtype;
  }
  get shape(): readonly number[] {
    return this.place.shape;
  }
  read(begin: number, end: number): NdArray<NumericDType> {
    const row = sizeOf(this.shape.slice(1));
    const data = this.place.view(this.buffer()).slice(begin * row, end * row);
    return new NdArray<NumericDType>(this.dtype, [end - begin, ...this.shape.slice(1)], data);
  }
  release(): void {
    this.free();
  }
}

/** Copies feeds to where programs read them. */
export class FeedWriter {
  private copy: { readonly memory: WebAssembly.Memory; readonly run: RowCopy } | undefined;
  private order: Place | undefined;

  constructor(private readonly reserve: (bytes: number) => number) {}

  write(memory: WebAssembly.Memory, place: Place, feed: Feed): void {
    if (feed instanceof NdArray) {
      const view = place.view(memory.buffer);
      // Setting an array from another costs more than a scalar is worth.
      if (view.length === 1) view[0] = feed.data[0] as number;
      else view.set(feed.data);
      return;
    }
    const { source, order, begin, shape } = feed;
    const rows = shape[0] ?? 0;
    if (source instanceof WasmResident && order !== null && source.dtype === place.dtype && rows > 0) {
      const rowBytes = place.view(memory.buffer).byteLength / rows;
      const numbers = this.orderPlace(rows);
      const picked = numbers.view(memory.buffer);
      for (let i = 0; i < rows; i++) picked[i] = order[begin + i] as number;
      this.rowCopy(memory)(place.address, source.place.address, rowBytes, numbers.address, rows);
      return;
    }
    const data = source instanceof NdArray ? source.data : (source as WasmResident).place.view(memory.buffer);
    copyRows(data, order, begin, rows, place.view(memory.buffer));
  }

  /** Room for so many row numbers. */
  private orderPlace(rows: number): Place {
    const known = this.order;
    if (known !== undefined && (known.shape[0] as number) >= rows) return known;
    const room = Math.max(rows, 1024);
    this.order = new Place("int32", [room], this.reserve(4 * room));
    return this.order;
  }

  private rowCopy(memory: WebAssembly.Memory): RowCopy {
    if (this.copy?.memory !== memory) this.copy = { memory, run: makeRowCopy(memory) };
    return this.copy.run;
  }
}
