/**
 * @file Reductions over axes. Every export is also a method of `Tensor`: `x.reduceMean(0)`.
 * Follows `math_ops.py` and `reduction_ops_*.cc` of TensorFlow 1.3.
 */
import type { DType, NumericDType } from "../core/index.js";
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

/** The sum of the elements; 0 of none. `tf.reduce_sum`. */
export const reduceSum: ReduceFunction<"reduceSum"> = reduceOp("reduceSum", {
  name: "Sum",
  accepts: numeric,
  lower: (c, x, reduction) => reduceElements(c, "sum", x, reduction),
  gradient: (node, _x, dy) => spreadBack(node, dy),
});

/** The arithmetic mean; NaN of none. Integers divide, truncating toward zero. `tf.reduce_mean`. */
export const reduceMean: ReduceFunction<"reduceMean"> = reduceOp("reduceMean", {
  name: "Mean",
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
});

/** The product of the elements; 1 of none. Its gradient is right where elements are 0. `tf.reduce_prod`. */
export const reduceProd: ReduceFunction<"reduceProd"> = reduceOp("reduceProd", {
  name: "Prod",
  accepts: numeric,
  lower: (c, x, reduction) => reduceElements(c, "prod", x, reduction),
  gradient: (node, x, dy) => multiply(spreadBack(node, dy), productOfOthers(x, reduceAttributes(node))),
});

/** What the gradients of both extremes share: equal shares for all elements that attain it. */
function shareAmongTies(node: Operation, x: Tensor, dy: Tensor): Tensor {
  const { axes, keepDims } = reduceAttributes(node);
  const attains = castLike(equal(x, spreadBack(node, node.output)), dy);
  const ties = reduceSum(attains, { axis: axes, keepDims });
  return multiply(attains, spreadBack(node, divide(dy, ties)));
}

/** The largest element; NaN where there is one. Ties share the gradient equally. `tf.reduce_max`. */
export const reduceMax: ReduceFunction<"reduceMax"> = reduceOp("reduceMax", {
  name: "Max",
  accepts: numeric,
  lower: (c, x, reduction) => reduceElements(c, "max", x, reduction),
  gradient: shareAmongTies,
});

/** The smallest element; NaN where there is one. Ties share the gradient equally. `tf.reduce_min`. */
export const reduceMin: ReduceFunction<"reduceMin"> = reduceOp("reduceMin", {
  name: "Min",
  accepts: numeric,
  lower: (c, x, reduction) => reduceElements(c, "min", x, reduction),
  gradient: shareAmongTies,
});

/** Whether all elements are true; true of none. `tf.reduce_all`. */
export const reduceAll: ReduceFunction<"reduceAll", "bool"> = reduceOp("reduceAll", {
  name: "All",
  accepts: ["bool"],
  lower: (c, x, reduction) => reduceElements(c, "all", x, reduction),
  gradient: null,
});

/** Whether any element is true; false of none. `tf.reduce_any`. */
export const reduceAny: ReduceFunction<"reduceAny", "bool"> = reduceOp("reduceAny", {
  name: "Any",
  accepts: ["bool"],
  lower: (c, x, reduction) => reduceElements(c, "any", x, reduction),
  gradient: null,
});

/**
 * `log Σ eˣ` without overflow, for inputs of any magnitude; −Inf of none, or where all are −Inf.
 * `tf.reduce_logsumexp`.
 */
export const reduceLogSumExp: ReduceFunction<"reduceLogSumExp"> = reduceOp("reduceLogSumExp", {
  name: "LogSumExp",
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
});
