/**
 * @file Softmax and its logarithm over one axis, and the row statistics that the cross entropies share.
 * Follows `nn_ops.py` and `softmax_op_functor.h` of TensorFlow 1.3.
 */
import type { ArrayLike_, DType, Shape } from "../../core/index.js";
import type { InferContext, Operation, Tensor } from "../../graph/index.js";
import { compiled, type Expr, type LowerContext, type TensorValue } from "../../ir/index.js";
import { multiply, subtract } from "../binary.js";
import { defineOp, likeFirst, type NameOption, requireFloating, type TensorLike } from "../define.js";
import { reduceSum } from "../reduce.js";
import { type Reduction, reduceElements, reductionOf, requireAxis } from "../reduce-op.js";
import { exp } from "../unary.js";

/** Options of {@link softmax} and {@link logSoftmax}. */
export interface SoftmaxOptions extends NameOption {
  /** The axis of the classes. Default −1, the last. */
  readonly axis?: number;
}

/** What softmax and the cross entropies compute from logits, free of overflow. */
export interface ClassStatistics {
  readonly rows: Reduction;
  /** `logit − largest logit of its row`, at indices of the logits. */
  readonly shifted: (at: readonly Expr[]) => Expr;
  /** `exp(shifted)`, in the logits' shape. */
  readonly exponentials: TensorValue;
  /** Sum of the exponentials of each row. */
  readonly sums: TensorValue;
}

/** @internal Equal calls give equal values, so a softmax beside a cross entropy costs nothing more. */
export function classStatistics(c: LowerContext, logits: TensorValue, axis: number): ClassStatistics {
  const { e } = c;
  const rows = reductionOf(c, logits, { axes: [axis], keepDims: false });
  const maxima = reduceElements(c, "max", logits, rows);
  const shifted = (at: readonly Expr[]): Expr => e.sub(c.load(logits, at), c.load(maxima, rows.project(at)));
  const exponentials = c.map(logits.shape, logits.dtype, (at) => e.exp(shifted(at)));
  return { rows, shifted, exponentials, sums: reduceElements(c, "sum", exponentials, rows) };
}

/** @internal `exp(z) / Σ exp(z)` at indices of the logits. */
export const softmaxAt = (c: LowerContext, { rows, exponentials, sums }: ClassStatistics, at: readonly Expr[]): Expr =>
  c.e.div(c.load(exponentials, at), c.load(sums, rows.project(at)));

/** @internal The class axis of an operation, as the user gave it. */
export const classAxisOf = (node: Pick<Operation, "attributes">): number => node.attributes.axis as number;

/** @internal Shape and dtype of the logits, checked. */
export function inferLogits(c: InferContext, opName: string): ReturnType<typeof likeFirst> {
  requireFloating(c, opName);
  const shape = c.shape(0);
  if (shape !== null) requireAxis(c, classAxisOf(c), shape.length);
  return likeFirst(c);
}

const softmaxOp = defineOp({
  name: "Softmax",
  inputs: ["logits"],
  infer: (c) => inferLogits(c, "Softmax"),
  lower: compiled((c) => {
    const logits = c.input(0);
    const statistics = classStatistics(c, logits, classAxisOf(c));
    return [c.map(logits.shape, logits.dtype, (at) => softmaxAt(c, statistics, at))];
  }),
  gradient: (node, dy) => [softmaxVectorProduct(node.output, dy, classAxisOf(node))],
});

const logSoftmaxOp = defineOp({
  name: "LogSoftmax",
  inputs: ["logits"],
  infer: (c) => inferLogits(c, "LogSoftmax"),
  lower: compiled((c) => {
    const logits = c.input(0);
    const { rows, shifted, sums } = classStatistics(c, logits, classAxisOf(c));
    const logSums = c.map(rows.shape, logits.dtype, (row) => c.e.log(c.load(sums, row)));
    return [c.map(logits.shape, logits.dtype, (at) => c.e.sub(shifted(at), c.load(logSums, rows.project(at))))];
  }),
  gradient: (node, dy) => {
    const total = reduceSum(dy, { axis: classAxisOf(node), keepDims: true });
    return [subtract(dy, multiply(exp(node.output), total))];
  },
});

/**
 * `exp(x) / Σ exp(x)` over an axis, for logits of any magnitude. `tf.nn.softmax`.
 * @throws ShapeError for an axis that is not there, DTypeError for whole numbers
 */
export function softmax<D extends DType, S extends Shape>(
  logits: Tensor<D, S> | ArrayLike_,
  options: SoftmaxOptions = {},
): Tensor<D, S> {
  return softmaxOp.build([logits as TensorLike], { axis: options.axis ?? -1 }, options) as Tensor<D, S>;
}

/**
 * `log softmax(x)` over an axis, for logits of any magnitude. `tf.nn.log_softmax`.
 * @throws ShapeError for an axis that is not there, DTypeError for whole numbers
 */
export function logSoftmax<D extends DType, S extends Shape>(
  logits: Tensor<D, S> | ArrayLike_,
  options: SoftmaxOptions = {},
): Tensor<D, S> {
  return logSoftmaxOp.build([logits as TensorLike], { axis: options.axis ?? -1 }, options) as Tensor<D, S>;
}

/** @internal The gradient of a softmax `y` from its output's: `(dy − Σ dy·y) · y`. */
export function softmaxVectorProduct(y: Tensor, dy: Tensor, axis: number): Tensor {
  const projection = reduceSum(multiply(dy, y), { axis, keepDims: true });
  return multiply(subtract(dy, projection), y);
}
