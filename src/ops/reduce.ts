/**
 * @file Reductions over axes. Every export is also a method of `Tensor`: `x.reduceMean(0)`.
 * Follows `math_ops.py` and `reduction_ops_*.cc` of TensorFlow 1.3.
 */
import { type DType, isFloating, type NumericDType } from "../core/index.js";
import type { Operation, Tensor } from "../graph/index.js";
import type { Expr } from "../ir/index.js";
import { divide, equal, multiply, subtract } from "./binary.js";
import { castLike } from "./cast.js";
import { expandLike } from "./like.js";
import { type ReduceFunction, reduceAttributes, reduceElements, reduceOp } from "./reduce-op.js";
import { productOfOthers, reducedSize } from "./reduce-parts.js";
import { exp } from "./unary.js";

const numeric: readonly DType[] = ["float32", "float64", "int32", "uint8"];
const floating: readonly DType[] = ["float32", "float64"];

/** `y`, of the shape of a reduction's result, repeated to the shape of its input. */
function spreadBack(node: Operation, y: Tensor): Tensor {
  const { axes, keepDims } = reduceAttributes(node);
  return expandLike(y, node.inputs[0] as Tensor, axes, keepDims);
}

const wrap = (value: number, dtype: NumericDType): number =>
  dtype === "int32" ? value | 0 : dtype === "uint8" ? value & 255 : value;

/** The sum of the elements; 0 of none. `tf.reduce_sum`. */
export const reduceSum: ReduceFunction<"reduceSum"> = reduceOp("reduceSum", {
  name: "Sum",
  summary: "Sum over axes.",
  accepts: numeric,
  lower: (c, x, reduction) => reduceElements(c, "sum", x, reduction),
  gradient: (node, _x, dy) => spreadBack(node, dy),
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
});

/** The arithmetic mean; NaN of none. Integers divide, truncating toward zero. `tf.reduce_mean`. */
export const reduceMean: ReduceFunction<"reduceMean"> = reduceOp("reduceMean", {
  name: "Mean",
  summary: "Arithmetic mean over axes; integers truncate toward zero.",
  accepts: numeric,
  lower: (c, x, reduction) => {
    const { e } = c;
    // The sum of bytes needs more room than a byte.
    const summing: NumericDType = x.dtype === "uint8" ? "int32" : x.dtype;
    const sum = reduceElements(c, "sum", x, reduction, (value) => e.cast(value, summing));
    const count = reduction.extents.reduce((a, b) => a * b, 1);
    return c.map(reduction.shape, x.dtype, (axes) =>
      e.cast(e.div(c.load(sum, axes), e.constant(count, summing)), x.dtype),
    );
  },
  gradient: (node, x, dy) => spreadBack(node, divide(dy, reducedSize(x, reduceAttributes(node)))),
  oracle: (values, dtype) => {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return isFloating(dtype) ? mean : Math.trunc(mean);
  },
  samples: { also: ["float64", "int32", "uint8"], low: 0, high: 200, special: [[1, Number.NaN, 2]] },
});

/** The product of the elements; 1 of none. Its gradient is right where elements are 0. `tf.reduce_prod`. */
export const reduceProd: ReduceFunction<"reduceProd"> = reduceOp("reduceProd", {
  name: "Prod",
  summary: "Product over axes.",
  accepts: numeric,
  lower: (c, x, reduction) => reduceElements(c, "prod", x, reduction),
  gradient: (node, x, dy) => multiply(spreadBack(node, dy), productOfOthers(x, reduceAttributes(node))),
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
});

/** What the gradients of both extremes share: equal shares for all elements that attain it. */
function shareAmongTies(node: Operation, x: Tensor, dy: Tensor): Tensor {
  const { axes, keepDims } = reduceAttributes(node);
  const attains = castLike(equal(x, spreadBack(node, node.output)), dy);
  const ties = reduceSum(attains, { axis: axes, keepDims });
  return multiply(attains, spreadBack(node, divide(dy, ties)));
}

const extremeSpecials: readonly (readonly number[])[] = [
  [1, 3, 3, 2],
  [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
  [1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2],
  [1, Number.NaN, Number.POSITIVE_INFINITY, 2],
];
const hasNaN = (values: readonly number[]): boolean => values.some(Number.isNaN);

/** The largest element; NaN where there is one. Ties share the gradient equally. `tf.reduce_max`. */
export const reduceMax: ReduceFunction<"reduceMax"> = reduceOp("reduceMax", {
  name: "Max",
  summary: "Largest element over axes.",
  accepts: numeric,
  lower: (c, x, reduction) => reduceElements(c, "max", x, reduction),
  gradient: shareAmongTies,
  oracle: (values, dtype) => {
    const lowest = dtype === "int32" ? -(2 ** 31) : dtype === "uint8" ? 0 : Number.NEGATIVE_INFINITY;
    return hasNaN(values) ? Number.NaN : values.reduce((a, b) => (a > b ? a : b), lowest);
  },
  samples: { also: ["float64", "int32"], special: extremeSpecials },
});

/** The smallest element; NaN where there is one. Ties share the gradient equally. `tf.reduce_min`. */
export const reduceMin: ReduceFunction<"reduceMin"> = reduceOp("reduceMin", {
  name: "Min",
  summary: "Smallest element over axes.",
  accepts: numeric,
  lower: (c, x, reduction) => reduceElements(c, "min", x, reduction),
  gradient: shareAmongTies,
  oracle: (values, dtype) => {
    const highest = dtype === "int32" ? 2 ** 31 - 1 : dtype === "uint8" ? 255 : Number.POSITIVE_INFINITY;
    return hasNaN(values) ? Number.NaN : values.reduce((a, b) => (a < b ? a : b), highest);
  },
  samples: { also: ["float64", "int32"], special: extremeSpecials },
});

/** Whether all elements are true; true of none. `tf.reduce_all`. */
export const reduceAll: ReduceFunction<"reduceAll", "bool"> = reduceOp("reduceAll", {
  name: "All",
  summary: "Conjunction over axes.",
  accepts: ["bool"],
  lower: (c, x, reduction) => reduceElements(c, "all", x, reduction),
  gradient: null,
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
});

/** Whether any element is true; false of none. `tf.reduce_any`. */
export const reduceAny: ReduceFunction<"reduceAny", "bool"> = reduceOp("reduceAny", {
  name: "Any",
  summary: "Disjunction over axes.",
  accepts: ["bool"],
  lower: (c, x, reduction) => reduceElements(c, "any", x, reduction),
  gradient: null,
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
});

/**
 * `log Σ eˣ` without overflow, for inputs of any magnitude; −Inf of none, or where all are −Inf.
 * `tf.reduce_logsumexp`.
 */
export const reduceLogSumExp: ReduceFunction<"reduceLogSumExp"> = reduceOp("reduceLogSumExp", {
  name: "LogSumExp",
  summary: "Logarithm of the sum of exponentials over axes, without overflow.",
  accepts: floating,
  lower: (c, x, reduction) => {
    const { e } = c;
    const maxima = reduceElements(c, "max", x, reduction);
    // An infinite maximum must not be subtracted from itself; without a shift it comes out right.
    const shift = (axes: readonly Expr[]): Expr => {
      const maximum = c.load(maxima, axes);
      const finite = e.lt(e.abs(maximum), e.like(maximum, Number.POSITIVE_INFINITY));
      return e.select(finite, maximum, e.like(maximum, 0));
    };
    const sums = reduceElements(c, "sum", x, reduction, (value, at) =>
      e.exp(e.sub(value, shift(reduction.project(at)))),
    );
    return c.map(reduction.shape, x.dtype, (axes) => e.add(e.log(c.load(sums, axes)), shift(axes)));
  },
  gradient: (node, x, dy) => multiply(spreadBack(node, dy), exp(subtract(x, spreadBack(node, node.output)))),
  oracle: (values) => {
    const largest = values.reduce((a, b) => (a > b ? a : b), Number.NEGATIVE_INFINITY);
    if (!Number.isFinite(largest)) return hasNaN(values) ? Number.NaN : largest;
    return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
  },
  samples: {
    also: ["float64"],
    special: [[1000, -1000, 999, 1000], [-1000, -1000, -1001, -1002], ...extremeSpecials],
  },
});
