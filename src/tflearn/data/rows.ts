/**
 * @file Rows of host arrays: samples are rows of the first axis. Pure functions over `NdArray`; what they
 * return is new memory. Imports core only.
 */
import {
  allocateStorage,
  castArray,
  type DType,
  NdArray,
  type NumericDType,
  type StorageOf,
} from "../../core/index.js";

/** How many samples an array has. */
export const sampleCount = (array: NdArray): number => array.shape[0] ?? 0;
/** The shape of one sample. */
export const sampleShape = (array: NdArray): readonly number[] => array.shape.slice(1);

/** Copies the named rows into a new array. */
export function gatherRows<D extends DType>(array: NdArray<D>, rows: ArrayLike<number>): NdArray<D> {
  const row = array.size / Math.max(1, sampleCount(array));
  const shape = [rows.length, ...sampleShape(array)];
  if (array.dtype === "string") {
    const source = array.data as string[];
    const picked = Array.from(rows, (from) => source.slice(from * row, (from + 1) * row)).flat();
    return new NdArray<D>(array.dtype, shape, picked as StorageOf[D]);
  }
  const source = array.data as StorageOf[NumericDType];
  const data = allocateStorage(array.dtype as NumericDType, rows.length * row);
  for (let to = 0; to < rows.length; to++) {
    const from = rows[to] as number;
    data.set(source.subarray(from * row, (from + 1) * row), to * row);
  }
  return new NdArray<D>(array.dtype, shape, data as StorageOf[D]);
}

/** Samples as float32, each in its own memory, to be changed freely. */
export function samplesOf(batch: NdArray): Float32Array[] {
  const { data } = castArray(batch, "float32");
  const row = batch.size / Math.max(1, sampleCount(batch));
  return Array.from({ length: sampleCount(batch) }, (_, i) => data.slice(i * row, (i + 1) * row));
}

/** Samples of one shape as one array. */
export function stackSamples(samples: readonly Float32Array[], shape: readonly number[]): NdArray<"float32"> {
  const row = shape.reduce((product, extent) => product * extent, 1);
  const data = new Float32Array(samples.length * row);
  samples.forEach((sample, i) => {
    data.set(sample, i * row);
  });
  return new NdArray("float32", [samples.length, ...shape], data);
}

/** A new float32 array from every element and its place in its sample. */
export function mapElements(batch: NdArray, change: (value: number, at: number) => number): NdArray<"float32"> {
  const source = castArray(batch, "float32").data;
  const row = batch.size / Math.max(1, sampleCount(batch));
  const data = new Float32Array(source.length);
  for (let i = 0; i < data.length; i++) data[i] = change(source[i] as number, i % row);
  return new NdArray("float32", batch.shape, data);
}

/** Mean and standard deviation (dividing by the count) of every `stride`-th number from `begin`. */
export function spread(
  values: ArrayLike<number>,
  begin = 0,
  stride = 1,
): { readonly mean: number; readonly std: number } {
  let count = 0;
  let sum = 0;
  for (let i = begin; i < values.length; i += stride) {
    sum += values[i] as number;
    count++;
  }
  const mean = sum / Math.max(1, count);
  let squares = 0;
  for (let i = begin; i < values.length; i += stride) squares += ((values[i] as number) - mean) ** 2;
  return { mean, std: Math.sqrt(squares / Math.max(1, count)) };
}
