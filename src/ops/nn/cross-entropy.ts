/**
 * @file Cross entropy of labels and the softmax of logits, fused so that neither overflows nor loses
 * precision. Follows `nn_ops.py`, `nn_grad.py`, `xent_op.h` and `sparse_xent_op.cc` of TensorFlow 1.3.
 */
import {
  type ArrayLike_,
  bracketed,
  type Checked,
  type CrossEntropyShape,
  type DType,
  DTypeError,
  InvalidArgumentError,
  mergeShapes,
  type NdArray,
  type NumericDType,
  type Ok,
  type Shape,
  type SparseCrossEntropyShape,
  sameShape,
  tupled,
} from "../../core/index.js";
import { constantValue, type InferContext, type OutputSpec, type Tensor } from "../../graph/index.js";
import { compiled, type Expr, type LowerContext, type TensorValue } from "../../ir/index.js";
import { addN } from "../add-n.js";
import { stopGradient } from "../basic.js";
import { multiply, subtract } from "../binary.js";
import { cast } from "../cast.js";
import {
  convertToTensor,
  defineOp,
  dtypeOf,
  type NameOption,
  requireFloating,
  requireSameDType,
  type TensorLike,
  tensorOf,
} from "../define.js";
import { expandLike } from "../like.js";
import { requireAxis } from "../reduce-op.js";
import { negative } from "../unary.js";
import { requireNamed } from "./named-operands.js";
import { classAxisOf, classStatistics, logSoftmax, softmax, softmaxAt, softmaxVectorProduct } from "./softmax.js";

const denseInputs = ["features", "labels"];

// ---- gradients ----

/** Whether a gradient that arrives is the zero with which an unused output is filled. */
function isZero(gradient: Tensor): boolean {
  const [source] = gradient.op.type === "BroadcastLike" ? gradient.op.inputs : [gradient];
  const value = source === undefined ? undefined : constantValue(source);
  return value !== undefined && (value as NdArray<NumericDType>).data.every((x: number) => x === 0);
}

/**
 * The gradient of the logits from those of the loss and of the second output, backprop = softmax − labels:
 * the second makes the gradient itself differentiable.
 */
function logitsGradient(logits: Tensor, backprop: Tensor, dLoss: Tensor, dBackprop: Tensor, axis: number): Tensor {
  const first = multiply(expandLike(dLoss, backprop, [axis], false), backprop);
  if (isZero(dBackprop)) return first;
  return addN([first, softmaxVectorProduct(softmax(logits, { axis }), dBackprop, axis)]);
}

// ---- labels as distributions ----

function inferDense(c: InferContext): OutputSpec[] {
  const dtype = requireSameDType(c, { name: "SoftmaxCrossEntropyWithLogits", inputs: denseInputs });
  requireFloating(c, "SoftmaxCrossEntropyWithLogits");
  const [logits, labels] = [c.shape(0), c.shape(1)];
  const merged = mergeShapes(logits, labels);
  if (merged === undefined) {
    const clash = logits?.map((d, i) => [d, labels?.[i]]).find(([a, b]) => a !== null && b !== null && a !== b);
    return logits?.length !== labels?.length
      ? c.fail(
          `Shapes must be equal rank, but are ${logits?.length} and ${labels?.length}`,
          "labels have the shape of the logits",
        )
      : c.fail(
          `Dimensions must be equal, but are ${clash?.[0]} and ${clash?.[1]}`,
          "labels have the shape of the logits",
        );
  }
  if (merged === null)
    return [
      { dtype, shape: null },
      { dtype, shape: null },
    ];
  const axis = requireAxis(c, classAxisOf(c), merged.length);
  return [
    { dtype, shape: merged.filter((_, i) => i !== axis) },
    { dtype, shape: merged },
  ];
}

const crossEntropyOp = defineOp({
  name: "SoftmaxCrossEntropyWithLogits",
  inputs: denseInputs,
  infer: inferDense,
  lower: compiled((c) => {
    const { e } = c;
    const logits = c.input(0);
    const labels = c.input(1);
    if (!sameShape(logits.shape, labels.shape))
      c.fail(
        `logits and labels must be same size: logits_size=${bracketed(logits.shape)} labels_size=${bracketed(labels.shape)}`,
        "labels have the shape of the logits; for class numbers use sparseSoftmaxCrossEntropyWithLogits()",
      );
    const statistics = classStatistics(c, logits, classAxisOf(c));
    const { rows, shifted, sums } = statistics;
    const logSums = c.map(rows.shape, logits.dtype, (row) => e.log(c.load(sums, row)));
    const loss = c.reduce("sum", rows.shape, rows.extents, (row, over) => {
      const at = rows.indices(row, over);
      return e.mul(c.load(labels, at), e.sub(c.load(logSums, row), shifted(at)));
    });
    const backprop = c.map(logits.shape, logits.dtype, (at) => e.sub(softmaxAt(c, statistics, at), c.load(labels, at)));
    return [loss, backprop];
  }),
  gradient: (node, dLoss, dBackprop) => {
    const [logits, labels] = node.inputs as readonly [Tensor, Tensor];
    const axis = classAxisOf(node);
    const dLogits = logitsGradient(logits, node.outputs[1] as Tensor, dLoss, dBackprop, axis);
    if (labels.op.type === "StopGradient") return [dLogits, null];
    const dLabels = multiply(expandLike(dLoss, logits, [axis], false), negative(logSoftmax(logits, { axis })));
    return [dLogits, isZero(dBackprop) ? dLabels : subtract(dLabels, dBackprop)];
  },
});

// ---- labels as class numbers ----

function inferSparse(c: InferContext): OutputSpec[] {
  const dtype = requireFloating(c, "SparseSoftmaxCrossEntropyWithLogits");
  if (dtypeOf(c, 1) !== "int32")
    throw new DTypeError(
      `Value passed to parameter 'labels' of op 'SparseSoftmaxCrossEntropyWithLogits' has DataType ${dtypeOf(c, 1)} not in list of allowed values: int32`,
      { op: c.name, createdAt: c.inputs[1]?.op.createdAt, hint: 'labels are class numbers: tf.cast(labels, "int32")' },
    );
  const logits = c.shape(0);
  const labels = c.shape(1);
  if (logits?.length === 0) c.fail(`Logits cannot be scalars - received shape ${tupled(logits)}.`);
  if (logits !== null && labels !== null && labels.length !== logits.length - 1)
    c.fail(
      `Rank mismatch: Rank of labels (received ${labels.length}) should equal rank of logits minus 1 (received ${logits.length}).`,
      "labels are class numbers, without a class axis; for distributions use softmaxCrossEntropyWithLogits()",
    );
  const rows = logits === null ? labels : mergeShapes(logits.slice(0, -1), labels);
  if (rows === undefined)
    return c.fail(
      `logits and labels must have the same first dimension, got logits shape ${bracketed(logits)} and labels shape ${bracketed(labels)}`,
    );
  return [
    { dtype, shape: rows },
    { dtype, shape: logits === null ? null : [...(rows ?? []), logits.at(-1) ?? null] },
  ];
}

/** Fails the run, with TensorFlow's words, when a label is no class. */
function checkLabels(c: LowerContext, labels: TensorValue, classes: number): void {
  const { where, e } = c;
  const outside = c.map(labels.shape, "bool", (row) => {
    const label = c.load(labels, row);
    return e.or(e.lt(label, e.index(0)), e.ge(label, e.index(classes)));
  });
  c.check(outside, [labels], ([values]) => {
    const all = Array.from((values as NdArray<"int32">).data);
    const wrong = all.find((label) => label < 0 || label >= classes);
    const listed = all.length > listedLabels ? `${all.slice(0, listedLabels).join(" ")} ...` : all.join(" ");
    return new InvalidArgumentError(
      `Received a label value of ${wrong} which is outside the valid range of [0, ${classes}). Label values: ${listed}`,
      { ...where, hint: `there are ${classes} classes: labels run from 0 to ${classes - 1}` },
    );
  });
}
/** Labels shown in a message. */
const listedLabels = 100;

const sparseCrossEntropyOp = defineOp({
  name: "SparseSoftmaxCrossEntropyWithLogits",
  inputs: denseInputs,
  infer: inferSparse,
  lower: compiled((c) => {
    const { e } = c;
    const logits = c.input(0);
    const labels = c.input(1);
    const classes = logits.shape.at(-1) ?? 0;
    if (!sameShape(logits.shape.slice(0, -1), labels.shape))
      c.fail(
        `logits and labels must have the same first dimension, got logits shape ${bracketed(logits.shape)} and labels shape ${bracketed(labels.shape)}`,
        "labels are class numbers, one for each row of logits",
      );
    if (classes === 0) c.fail(`Must have at least one class, but got logits shape ${bracketed(logits.shape)}`);
    checkLabels(c, labels, classes);
    const statistics = classStatistics(c, logits, -1);
    const { rows, shifted, sums } = statistics;
    const loss = c.map(rows.shape, logits.dtype, (row) => {
      // A label outside is reported by the check; until then it must not read outside the logits.
      const label = e.max(e.index(0), e.min(c.load(labels, row), e.index(classes - 1)));
      return e.sub(e.log(c.load(sums, row)), shifted([...row, label]));
    });
    const backprop = c.map(logits.shape, logits.dtype, (at) => {
      const isLabel = e.eq(at.at(-1) as Expr, c.load(labels, rows.project(at)));
      return e.sub(softmaxAt(c, statistics, at), e.cast(isLabel, logits.dtype));
    });
    return [loss, backprop];
  }),
  gradient: (node, dLoss, dBackprop) => [
    logitsGradient(node.inputs[0] as Tensor, node.outputs[1] as Tensor, dLoss, dBackprop, -1),
    null,
  ],
});

// ---- builders ----

type DenseOperands<
  D extends DType,
  Logits extends Shape,
  Labels extends Shape,
  Axis extends number,
  Op extends string,
> = NameOption & {
  /** A distribution over the classes for each row, of the logits' shape; cast to their dtype. */
  readonly labels: Checked<Tensor<DType, Labels> | ArrayLike_, CrossEntropyShape<Logits, Labels, Op, Axis>>;
  /** Unscaled scores of the classes. */
  readonly logits: Tensor<D, Logits>;
  /** The axis of the classes. Default −1, the last. */
  readonly axis?: Axis;
};

function buildDense(name: string, operands: object, stopsAtLabels: boolean): Tensor {
  requireNamed(name, operands);
  const given = operands as { logits: TensorLike; labels: TensorLike; axis?: number; name?: string };
  const logits = convertToTensor(given.logits);
  const known = tensorOf(given.labels);
  const labels =
    known === undefined ? convertToTensor(given.labels, { dtype: logits.dtype }) : cast(known, logits.dtype);
  const target = stopsAtLabels ? stopGradient(labels) : labels;
  return crossEntropyOp.build([logits, target], { axis: given.axis ?? -1 }, { name: given.name });
}

/**
 * For each row, `−Σ labels · log softmax(logits)`; the class axis goes. Stable for logits of any
 * magnitude. The gradient to the logits takes each row of labels to sum to 1; none flows to the
 * labels. `tf.nn.softmax_cross_entropy_with_logits`.
 * @throws ArgumentError for positional operands, ShapeError for labels of another shape
 */
export function softmaxCrossEntropyWithLogits<
  D extends DType,
  Logits extends Shape,
  Labels extends Shape,
  Axis extends number = -1,
>(
  operands: DenseOperands<D, Logits, Labels, Axis, "softmaxCrossEntropyWithLogits">,
): Tensor<D, Ok<CrossEntropyShape<Logits, Labels, "softmaxCrossEntropyWithLogits", Axis>>> {
  return buildDense("softmaxCrossEntropyWithLogits", operands, true) as Tensor<D, never>;
}

/**
 * {@link softmaxCrossEntropyWithLogits} whose gradient also flows to the labels.
 * `tf.nn.softmax_cross_entropy_with_logits_v2` of TensorFlow 1.5.
 * @throws ArgumentError for positional operands, ShapeError for labels of another shape
 */
export function softmaxCrossEntropyWithLogitsV2<
  D extends DType,
  Logits extends Shape,
  Labels extends Shape,
  Axis extends number = -1,
>(
  operands: DenseOperands<D, Logits, Labels, Axis, "softmaxCrossEntropyWithLogitsV2">,
): Tensor<D, Ok<CrossEntropyShape<Logits, Labels, "softmaxCrossEntropyWithLogitsV2", Axis>>> {
  return buildDense("softmaxCrossEntropyWithLogitsV2", operands, false) as Tensor<D, never>;
}

/**
 * {@link softmaxCrossEntropyWithLogits} for labels that are class numbers (int32 or uint8), one for each
 * row of logits; the classes are the logits' last axis. `tf.nn.sparse_softmax_cross_entropy_with_logits`.
 * @throws ArgumentError for positional operands, ShapeError for labels of another shape; running throws
 * InvalidArgumentError for a label that is no class
 */
export function sparseSoftmaxCrossEntropyWithLogits<D extends DType, Logits extends Shape, Labels extends Shape>(
  operands: NameOption & {
    /** Class numbers, from 0. */
    readonly labels: Checked<Tensor<DType, Labels> | ArrayLike_, SparseCrossEntropyShape<Logits, Labels>>;
    /** Unscaled scores of the classes. */
    readonly logits: Tensor<D, Logits>;
  },
): Tensor<D, Ok<CrossEntropyShape<Logits, Logits, "sparseSoftmaxCrossEntropyWithLogits">>> {
  requireNamed("sparseSoftmaxCrossEntropyWithLogits", operands);
  const given = operands as { logits: TensorLike; labels: TensorLike; name?: string };
  const known = tensorOf(given.labels);
  const labels = known === undefined ? convertToTensor(given.labels, { dtype: "int32" }) : known;
  return sparseCrossEntropyOp.build(
    [given.logits, labels.dtype === "uint8" ? cast(labels, "int32") : labels],
    {},
    { name: given.name },
  ) as Tensor<D, never>;
}
