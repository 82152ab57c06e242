/** @file Copies rows out of larger arrays: in any order, between any element types, times a scale. */
import type { NumericDType, StorageOf } from "./dtype.js";

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
