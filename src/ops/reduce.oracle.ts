/** @file What `reduce.ts` is held against by the generic tests: oracles and samples of its operations. */
import { isFloating, type NumericDType } from "../core/index.js";
import { type References, reduceReference } from "./reference.js";

const wrap = (value: number, dtype: NumericDType): number =>
  dtype === "int32" ? value | 0 : dtype === "uint8" ? value & 255 : value;

const extremeSpecials: readonly (readonly number[])[] = [
  [1, 3, 3, 2],
  [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
  [1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2],
  [1, Number.NaN, Number.POSITIVE_INFINITY, 2],
];

const hasNaN = (values: readonly number[]): boolean => values.some(Number.isNaN);

export const references: References = {
  Sum: reduceReference({
    summary: "Sum over axes.",
    oracle: (values, dtype) =>
      wrap(
        values.reduce((a, b) => a + b, 0),
        dtype,
      ),
    samples: {
      also: ["float64", "int32", "uint8"],
      low: 0,
      high: 200,
      special: [
        [1, Number.POSITIVE_INFINITY, 2],
        [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0],
        [1, Number.NaN, 2],
      ],
    },
  }),
  Mean: reduceReference({
    summary: "Arithmetic mean over axes; integers truncate toward zero.",
    oracle: (values, dtype) => {
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      return isFloating(dtype) ? mean : Math.trunc(mean);
    },
    samples: { also: ["float64", "int32", "uint8"], low: 0, high: 200, special: [[1, Number.NaN, 2]] },
  }),
  Prod: reduceReference({
    summary: "Product over axes.",
    oracle: (values, dtype) =>
      dtype === "int32"
        ? values.reduce(Math.imul, 1)
        : wrap(
            values.reduce((a, b) => a * b, 1),
            dtype,
          ),
    samples: {
      low: 0.5,
      high: 1.9,
      also: ["float64", "int32", "uint8"],
      special: [
        [2, 0, 3],
        [0, 0, 3],
        [1, 2, Number.NaN],
      ],
    },
  }),
  Max: reduceReference({
    summary: "Largest element over axes.",
    oracle: (values, dtype) => {
      const lowest = dtype === "int32" ? -(2 ** 31) : dtype === "uint8" ? 0 : Number.NEGATIVE_INFINITY;
      return hasNaN(values) ? Number.NaN : values.reduce((a, b) => (a > b ? a : b), lowest);
    },
    samples: { also: ["float64", "int32"], special: extremeSpecials },
  }),
  Min: reduceReference({
    summary: "Smallest element over axes.",
    oracle: (values, dtype) => {
      const highest = dtype === "int32" ? 2 ** 31 - 1 : dtype === "uint8" ? 255 : Number.POSITIVE_INFINITY;
      return hasNaN(values) ? Number.NaN : values.reduce((a, b) => (a < b ? a : b), highest);
    },
    samples: { also: ["float64", "int32"], special: extremeSpecials },
  }),
  All: reduceReference({
    summary: "Conjunction over axes.",
    oracle: (values) => Number(values.every((value) => value !== 0)),
    samples: {
      dtype: "bool",
      low: -1,
      high: 1,
      special: [
        [1, 1],
        [0, 1],
        [0, 0],
      ],
    },
  }),
  Any: reduceReference({
    summary: "Disjunction over axes.",
    oracle: (values) => Number(values.some((value) => value !== 0)),
    samples: {
      dtype: "bool",
      low: -1,
      high: 1,
      special: [
        [1, 1],
        [0, 1],
        [0, 0],
      ],
    },
  }),
  LogSumExp: reduceReference({
    summary: "Logarithm of the sum of exponentials over axes, without overflow.",
    oracle: (values) => {
      const largest = values.reduce((a, b) => (a > b ? a : b), Number.NEGATIVE_INFINITY);
      if (!Number.isFinite(largest)) return hasNaN(values) ? Number.NaN : largest;
      return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
    },
    samples: {
      also: ["float64"],
      special: [[1000, -1000, 999, 1000], [-1000, -1000, -1001, -1002], ...extremeSpecials],
    },
  }),
};
