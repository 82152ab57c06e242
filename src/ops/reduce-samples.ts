/** @file The reference computation of reductions, and inputs that reach every kind of axes. */
import { NdArray, type NumericDType, sizeOf } from "../core/index.js";
import type { Sample } from "../graph/index.js";
import type { ReduceAttributes } from "./reduce-op.js";
import { array, spread } from "./samples.js";

/** Applies `f` to each group of elements that reduce to one. */
export function reduceOracle(
  x: NdArray<NumericDType>,
  { axes, keepDims }: ReduceAttributes,
  f: (values: readonly number[], dtype: NumericDType) => number,
  outputDType: NumericDType = x.dtype,
): NdArray<NumericDType> {
  const reduced = new Set((axes ?? [...x.shape.keys()]).map((axis) => (axis < 0 ? axis + x.rank : axis)));
  const shape = x.shape.flatMap((extent, axis) => (reduced.has(axis) ? (keepDims ? [1] : []) : [extent]));
  const groups = Array.from({ length: sizeOf(shape) }, (): number[] => []);
  for (let position = 0; position < x.size; position++) {
    let rest = position;
    let target = 0;
    let stride = 1;
    for (let axis = x.rank - 1; axis >= 0; axis--) {
      const extent = x.shape[axis] as number;
      if (!reduced.has(axis)) {
        target += (rest % extent) * stride;
        stride *= extent;
      }
      rest = Math.floor(rest / extent);
    }
    (groups[target] as number[]).push(x.data[position] as number);
  }
  const values = groups.map((group) => f(group, x.dtype));
  return NdArray.from(values, outputDType).reshape(shape) as NdArray<NumericDType>;
}

const shapesAndAxes: readonly (readonly [readonly number[], readonly number[] | null, boolean?])[] = [
  [[], null],
  [[1], null],
  [[3], [0]],
  [[10], null, true],
  [[17], [-1]],
  [[2, 49], [1]],
  [[2, 49], [0]],
  [[4, 5, 3], [0, 2], true],
  [[4, 5, 3], [-2]],
  [[4, 5, 3], null],
  [[130], null],
  [[3, 70], [1], true],
  [[2, 3], []],
];

/** Scalars, ragged ends, every kind of axes, empty reductions; `special` is reduced row by row. */
export function reduceSamples(
  options: {
    readonly low?: number;
    readonly high?: number;
    readonly dtype?: NumericDType;
    /** Further element types to try. */
    readonly also?: readonly NumericDType[];
    readonly special?: readonly (readonly number[])[];
  } = {},
): Sample[] {
  const { dtype = "float32", also = [], special } = options;
  const samples: Sample[] = shapesAndAxes.map(([shape, axes, keepDims = false], i) => ({
    inputs: [spread(shape, { ...options, dtype, seed: i + 1 })],
    attributes: { axes, keepDims },
  }));
  for (const other of also)
    samples.push({
      inputs: [spread([3, 7], { ...options, dtype: other, seed: 90 })],
      attributes: { axes: [1], keepDims: false },
    });
  for (const shape of [
    [0, 3],
    [3, 0],
  ])
    samples.push({ inputs: [spread(shape, { dtype })], attributes: { axes: [0], keepDims: false } });
  if (special !== undefined)
    samples.push({
      inputs: [array(special, dtype)],
      attributes: { axes: [1], keepDims: false },
      notDifferentiable: [0],
    });
  return samples;
}
