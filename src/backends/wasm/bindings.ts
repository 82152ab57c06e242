/**
 * @file How values get into and out of a session's memory. Everything that can be settled once for a
 * program is: a run of a program that is ready allocates what it returns and nothing else.
 */
import { copyRows, NdArray, type NumericDType, sizeOf, viewStorage } from "../../core/index.js";
import type { Feed } from "../feed.js";
import type { WasmResident } from "./resident.js";

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

/** Copies a feed to where a program reads it. */
export function writeFeed(buffer: ArrayBufferLike, place: Place, feed: Feed): void {
  if (feed instanceof NdArray) {
    const view = place.view(buffer);
    // Setting an array from another costs more than a scalar is worth.
    if (view.length === 1) view[0] = feed.data[0] as number;
    else view.set(feed.data);
  } else if (feed.source instanceof NdArray) copyRows(feed.source.data, feed, feed.shape[0] ?? 0, place.view(buffer));
  else (feed.source as WasmResident).write(place, feed);
}
