/** @file Reference computations over one axis of classes, row by row in float64, and logits to try them on. */
import { NdArray, type NumericDType } from "../../core/index.js";
import { array, spread } from "../samples.js";

/** Positions of the elements of each row along `axis`, rows in row-major order of the other axes. */
export function classGroups(shape: readonly number[], axis: number): number[][] {
  const at = axis < 0 ? axis + shape.length : axis;
  const classes = shape[at] as number;
  const inner = shape.slice(at + 1).reduce((a, b) => a * b, 1);
  const outer = shape.slice(0, at).reduce((a, b) => a * b, 1);
  const groups: number[][] = [];
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++)
      groups.push(Array.from({ length: classes }, (_, k) => (o * classes + k) * inner + i));
  return groups;
}

/** The shape of one value for each row. */
export function rowShape(shape: readonly number[], axis: number): number[] {
  const at = axis < 0 ? axis + shape.length : axis;
  return shape.filter((_, i) => i !== at);
}

/** Replaces each row along `axis` by `f(row)`. */
export function overClasses(
  x: NdArray<NumericDType>,
  axis: number,
  f: (row: readonly number[], index: number) => readonly number[],
): NdArray<NumericDType> {
  const values = new Array<number>(x.size);
  classGroups(x.shape, axis).forEach((positions, index) => {
    const row = f(
      positions.map((p) => x.data[p] as number),
      index,
    );
    positions.forEach((p, k) => {
      values[p] = row[k] as number;
    });
  });
  return NdArray.from(values, x.dtype).reshape(x.shape) as NdArray<NumericDType>;
}

/** One value for each row along `axis`. */
export function perRow(
  x: NdArray<NumericDType>,
  axis: number,
  f: (row: readonly number[], index: number) => number,
): NdArray<NumericDType> {
  const values = classGroups(x.shape, axis).map((positions, index) =>
    f(
      positions.map((p) => x.data[p] as number),
      index,
    ),
  );
  return NdArray.from(values, x.dtype).reshape(rowShape(x.shape, axis)) as NdArray<NumericDType>;
}

const extremeLogits = [
  [1000, -1000, 0],
  [-1000, -1000, -1000],
  [1000, 1000, 999],
  [3, 3, 3],
];

/** Logits on which the operations over classes are tested, with the class axis of each. */
export function logitsSamples(): { readonly logits: NdArray<NumericDType>; readonly axis: number }[] {
  const cases: readonly (readonly [readonly number[], number])[] = [
    [[1], -1],
    [[1, 1], -1],
    [[1, 3], -1],
    [[3, 10], -1],
    [[10, 17], 0],
    [[17, 49], -1],
    [[4, 70], 1],
    [[4, 5, 3], 1],
    [[130], 0],
  ];
  return [
    ...cases.map(([shape, axis], i) => ({ logits: spread(shape, { low: -4, high: 4, seed: i + 1 }), axis })),
    { logits: spread([5, 6], { dtype: "float64", low: -4, high: 4 }), axis: -1 },
    { logits: array(extremeLogits), axis: -1 },
  ];
}
