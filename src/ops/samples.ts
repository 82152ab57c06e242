/**
 * @file Inputs for the generic tests: deterministic numbers in the sizes where kernels go wrong (one
 * element, less than a vector, ragged ends, more than an unrolled loop), ties and special values.
 */
import { NdArray, type NumericDType, sizeOf } from "../core/index.js";
import type { Attributes, Sample } from "../graph/index.js";

/** Values spread over [low, high] without a pattern a kernel could exploit. */
export function spread(
  shape: readonly number[],
  {
    low = -2,
    high = 2,
    seed = 1,
    dtype = "float32",
  }: { low?: number; high?: number; seed?: number; dtype?: NumericDType } = {},
): NdArray<NumericDType> {
  let state = (seed * 2654435761) >>> 0;
  const values = Array.from({ length: sizeOf(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const value = low + ((high - low) * state) / 2 ** 32;
    return dtype === "float32" || dtype === "float64" ? value : Math.floor(value);
  });
  return NdArray.from(values, dtype).reshape(shape) as NdArray<NumericDType>;
}

/** A numeric array with a given dtype. */
export const array = (
  values: Parameters<typeof NdArray.from>[0],
  dtype: NumericDType = "float32",
): NdArray<NumericDType> => NdArray.from(values, dtype);

/** Shapes that cover one element, ragged vector ends, rows and long vectors. */
export const sampleShapes: readonly (readonly number[])[] = [[], [1], [3], [10], [17], [2, 49], [4, 5, 3], [130]];

/** One sample for each of {@link sampleShapes}, and one with the given special values. */
export function unarySamples(
  options: {
    low?: number;
    high?: number;
    special?: readonly number[];
    attributes?: Attributes;
    dtype?: NumericDType;
  } = {},
): Sample[] {
  const { special, attributes = {}, dtype } = options;
  const samples: Sample[] = sampleShapes.map((shape, i) => ({
    inputs: [spread(shape, { ...options, seed: i + 1 })],
    attributes,
  }));
  if (dtype === undefined) samples.push({ inputs: [spread([7], { ...options, dtype: "float64" })], attributes });
  if (special !== undefined) samples.push({ inputs: [array(special, dtype)], attributes, notDifferentiable: [0] });
  return samples;
}

/** Equal shapes, broadcasting on either side, scalars; `special` pairs every value with every other. */
export function binarySamples(
  options: { low?: number; high?: number; special?: readonly number[]; dtype?: NumericDType } = {},
): Sample[] {
  const pairs: readonly (readonly [readonly number[], readonly number[]])[] = [
    [[], []],
    [[3], [3]],
    [[17], []],
    [[2, 49], [49]],
    [
      [5, 1],
      [1, 7],
    ],
    [
      [4, 3, 2],
      [3, 1],
    ],
    [[130], [130]],
  ];
  const samples: Sample[] = pairs.map(([a, b], i) => ({
    inputs: [spread(a, { ...options, seed: i + 1 }), spread(b, { ...options, seed: i + 101 })],
  }));
  const { special } = options;
  if (special !== undefined)
    samples.push({
      inputs: [
        array(
          special.flatMap((a) => special.map(() => a)),
          options.dtype,
        ),
        array(
          special.flatMap(() => [...special]),
          options.dtype,
        ),
      ],
      notDifferentiable: [0, 1],
    });
  return samples;
}

/** Lifts a function of numbers to an oracle of equal-shaped output. */
export const mapOracle =
  (f: (x: number) => number, dtype?: NumericDType) =>
  ([x]: readonly NdArray[]): NdArray[] => {
    const input = x as NdArray<NumericDType>;
    return [NdArray.from(Array.from(input.data, f), dtype ?? input.dtype).reshape(input.shape)];
  };

/** Lifts a function of two numbers to an oracle that broadcasts. */
export const broadcastOracle =
  (f: (a: number, b: number) => number, dtype?: NumericDType) =>
  ([x, y]: readonly NdArray[]): NdArray[] => {
    const a = x as NdArray<NumericDType>;
    const b = y as NdArray<NumericDType>;
    const rank = Math.max(a.rank, b.rank);
    const extent = (array_: NdArray, axis: number): number => array_.shape[axis - rank + array_.rank] ?? 1;
    const shape = Array.from({ length: rank }, (_, axis) =>
      extent(a, axis) === 1 ? extent(b, axis) : extent(a, axis),
    );
    const pick = (from: NdArray<NumericDType>, position: number): number => {
      let rest = position;
      let offset = 0;
      let stride = 1;
      for (let axis = rank - 1; axis >= 0; axis--) {
        const index = rest % (shape[axis] as number);
        rest = Math.floor(rest / (shape[axis] as number));
        if (extent(from, axis) !== 1) offset += index * stride;
        stride *= extent(from, axis);
      }
      return from.data[offset] as number;
    };
    const values = Array.from({ length: sizeOf(shape) }, (_, i) => f(pick(a, i), pick(b, i)));
    // Whole numbers divide as programs do, towards zero.
    return [NdArray.from(values, dtype ?? a.dtype, true).reshape(shape)];
  };

/** Values that break careless kernels. */
export const infinities: readonly number[] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
export const specials: readonly number[] = [0, -0, 1, -1, 0.5, -0.5, 1e-20, 100, -100, ...infinities];
