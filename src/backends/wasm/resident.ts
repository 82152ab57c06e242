/** @file Arrays that stay in a session's memory. Loaded when the first one is uploaded. */
import { copyRows, InternalError, NdArray, type NumericDType, sizeOf } from "../../core/index.js";
import type { ResidentArray, RowFeed } from "../feed.js";
import { Place } from "./bindings.js";
import { makeRowCopy, type RowCopy } from "./row-copy.js";

/** The memory of a session. */
export interface Heap {
  readonly memory: () => WebAssembly.Memory;
  readonly reserve: (bytes: number) => number;
  readonly release: (address: number, bytes: number) => void;
}

/** What the arrays of one session share. */
export class Residents {
  private copy: RowCopy | undefined;
  private order: Place | undefined;

  constructor(readonly heap: Heap) {}

  upload({ dtype, shape, data }: NdArray<NumericDType>): WasmResident {
    const place = new Place(dtype, shape, this.heap.reserve(data.byteLength));
    place.view(this.heap.memory().buffer).set(data);
    return new WasmResident(place, data.byteLength, this);
  }

  /** Copies the rows that `order` names from `begin` on, from one place to another of the same element type. */
  copyRows(target: Place, source: Place, order: Int32Array, begin: number, rows: number): void {
    if (rows === 0) return;
    const numbers = this.orderPlace(rows);
    const { buffer } = this.heap.memory();
    const picked = numbers.view(buffer);
    for (let i = 0; i < rows; i++) picked[i] = order[begin + i] as number;
    this.copy ??= makeRowCopy(this.heap.memory());
    this.copy(target.address, source.address, target.view(buffer).byteLength / rows, numbers.address, rows);
  }

  /** Room for so many row numbers. */
  private orderPlace(rows: number): Place {
    const known = this.order;
    if (known !== undefined && (known.shape[0] as number) >= rows) return known;
    const room = Math.max(rows, 1024);
    this.order = new Place("int32", [room], this.heap.reserve(4 * room));
    return this.order;
  }
}

export class WasmResident implements ResidentArray {
  private isReleased = false;

  constructor(
    private readonly place: Place,
    private readonly bytes: number,
    private readonly all: Residents,
  ) {}

  get dtype(): NumericDType {
    return this.place.dtype;
  }
  get shape(): readonly number[] {
    return this.place.shape;
  }

  read(begin: number, end: number): NdArray<NumericDType> {
    const row = sizeOf(this.shape.slice(1));
    const data = this.elements().slice(begin * row, end * row);
    return new NdArray<NumericDType>(this.dtype, [end - begin, ...this.shape.slice(1)], data);
  }

  /** Copies the rows of a feed to where a program reads them. */
  write(target: Place, feed: RowFeed): void {
    const { order, begin, shape } = feed;
    const rows = shape[0] ?? 0;
    const view = this.elements();
    if (order !== null && this.dtype === target.dtype) this.all.copyRows(target, this.place, order, begin, rows);
    else copyRows(view, feed, rows, target.view(this.all.heap.memory().buffer));
  }

  release(): void {
    if (!this.isReleased) this.all.heap.release(this.place.address, this.bytes);
    this.isReleased = true;
  }

  /** All of it, where it lies. */
  elements(): NdArray<NumericDType>["data"] {
    if (this.isReleased) throw new InternalError("An array was read after its memory was given back");
    return this.place.view(this.all.heap.memory().buffer);
  }
}
