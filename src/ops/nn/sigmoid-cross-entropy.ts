/**
 * @file Cross entropy of labels and the logistic function of logits, element by element: classes that
 * exclude nothing. Follows `nn_impl.py` of TensorFlow 1.3, fused so that each is one operation.
 */
import {
  ArgumentError,
  type ArrayLike_,
  type Checked,
  type DType,
  mergeShapes,
  type Ok,
  type SameShape,
  type Shape,
  ShapeError,
  sameShape,
  tupled,
} from "../../core/index.js";
import type { InferContext, OutputSpec, Tensor } from "../../graph/index.js";
import { compiled, type Expr, type ExpressionBuilder, type LowerContext, loadBroadcast } from "../../ir/index.js";
import { add, multiply, subtract } from "../binary.js";
import {
  defineOp,
  inferBroadcast,
  type NameOption,
  requireFloating,
  requireSameDType,
  type TensorLike,
} from "../define.js";
import { sumToLike } from "../like.js";
import { negative, sigmoid, softplus } from "../unary.js";
import { requireNamed } from "./named-operands.js";

/** Shapes of both operands must agree, without broadcasting. @throws ShapeError in TensorFlow's words */
function inferPair(c: InferContext, opName: string, labels: string): OutputSpec {
  const dtype = requireSameDType(c, { name: opName, inputs: ["logits", labels] });
  requireFloating(c, opName);
  const shape = mergeShapes(c.shape(0), c.shape(1));
  if (shape === undefined)
    throw new ShapeError(
      `logits and ${labels} must have the same shape (${tupled(c.shape(0))} vs ${tupled(c.shape(1))})`,
      { op: c.name, createdAt: c.inputs[0]?.op.createdAt, hint: "there is no broadcasting here" },
    );
  return { dtype, shape };
}

function requireSameConcrete(c: LowerContext, labels: string): void {
  const [a, b] = [c.input(0).shape, c.input(1).shape];
  if (!sameShape(a, b)) c.fail(`logits and ${labels} must have the same shape (${tupled(a)} vs ${tupled(b)})`);
}

/** `log(1 + e^−|x|)`, which never overflows. */
const logOnePlusExp = (e: ExpressionBuilder, x: Expr): Expr => e.log1p(e.exp(e.neg(e.abs(x))));
const oneMinus = (x: Tensor): Tensor => subtract(1, x);

const sigmoidCrossEntropyOp = defineOp({
  name: "SigmoidCrossEntropyWithLogits",
  inputs: ["logits", "labels"],
  infer: (c) => [inferPair(c, "SigmoidCrossEntropyWithLogits", "labels")],
  lower: compiled((c) => {
    requireSameConcrete(c, "labels");
    const { e } = c;
    return [
      c.map(c.input(0).shape, c.input(0).dtype, (at) => {
        const x = c.load(c.input(0), at);
        const z = c.load(c.input(1), at);
        return e.add(e.sub(e.max(x, e.like(x, 0)), e.mul(x, z)), logOnePlusExp(e, x));
      }),
    ];
  }),
  gradient: (node, dy) => {
    const [logits, labels] = node.inputs as readonly [Tensor, Tensor];
    return [multiply(dy, subtract(sigmoid(logits), labels)), negative(multiply(dy, logits))];
  },
});

const weightedCrossEntropyOp = defineOp({
  name: "WeightedCrossEntropyWithLogits",
  inputs: ["logits", "targets", "pos_weight"],
  infer: (c) => {
    const { dtype, shape } = inferPair(c, "WeightedCrossEntropyWithLogits", "targets");
    return [{ dtype, shape: inferBroadcast(c, shape, c.shape(2)) }];
  },
  lower: compiled((c) => {
    requireSameConcrete(c, "targets");
    const { e } = c;
    const weights = c.input(2);
    const { shape, dtype } = c.input(0);
    const fits = weights.shape.every(
      (extent, i) => extent === 1 || extent === shape[i + shape.length - weights.shape.length],
    );
    if (!fits)
      c.fail(`Incompatible shapes: [${shape}] vs. [${weights.shape}]`, "pos_weight must broadcast to the logits");
    return [
      c.map(shape, dtype, (at) => {
        const x = c.load(c.input(0), at);
        const z = c.load(c.input(1), at);
        const one = e.like(x, 1);
        const weight = e.add(one, e.mul(e.sub(loadBroadcast(c, weights, at), one), z));
        const negativePart = e.max(e.neg(x), e.like(x, 0));
        return e.add(e.mul(e.sub(one, z), x), e.mul(weight, e.add(logOnePlusExp(e, x), negativePart)));
      }),
    ];
  }),
  gradient: (node, dLoss) => {
    const [logits, targets, weights] = node.inputs as readonly [Tensor, Tensor, Tensor];
    const dy = dLoss;
    const extra = subtract(weights, 1);
    const weight = add(multiply(extra, targets), 1);
    // log(1 + e^−x), the loss of a positive target; its derivative is −σ(−x).
    const positiveLoss = softplus(negative(logits));
    const slope = subtract(oneMinus(targets), multiply(weight, sigmoid(negative(logits))));
    return [
      multiply(dy, slope),
      multiply(dy, subtract(multiply(extra, positiveLoss), logits)),
      sumToLike(multiply(dy, multiply(targets, positiveLoss)), weights),
    ];
  },
});

/**
 * `−z·log σ(x) − (1 − z)·log(1 − σ(x))` for logits x and labels z, elementwise; stable for logits of any
 * magnitude. For classes that do not exclude each other. `tf.nn.sigmoid_cross_entropy_with_logits`.
 * @throws ArgumentError for positional operands, ShapeError for labels of another shape
 */
export function sigmoidCrossEntropyWithLogits<D extends DType, Logits extends Shape, Labels extends Shape>(
  operands: NameOption & {
    /** Probabilities of each class, of the logits' shape and dtype. */
    readonly labels: Checked<
      Tensor<DType, Labels> | ArrayLike_,
      SameShape<Logits, Labels, "sigmoidCrossEntropyWithLogits">
    >;
    /** Unscaled scores. */
    readonly logits: Tensor<D, Logits>;
  },
): Tensor<D, Ok<SameShape<Logits, Labels>>> {
  requireNamed("sigmoidCrossEntropyWithLogits", operands);
  const { logits, labels, name } = operands;
  return sigmoidCrossEntropyOp.build([logits, labels as TensorLike], {}, { name }) as Tensor<D, never>;
}

/**
 * {@link sigmoidCrossEntropyWithLogits} with the loss of positive targets multiplied by `posWeight`: above
 * 1 it trades precision for recall. `tf.nn.weighted_cross_entropy_with_logits`.
 * @param targets probabilities, of the logits' shape and dtype
 * @param posWeight a number, or a tensor that broadcasts to the logits
 * @throws ShapeError for targets of another shape
 */
export function weightedCrossEntropyWithLogits<D extends DType, Logits extends Shape, Targets extends Shape>(
  targets: Tensor<DType, Targets> | ArrayLike_,
  logits: Checked<Tensor<D, Logits>, SameShape<Logits, Targets, "weightedCrossEntropyWithLogits", "logits", "targets">>,
  posWeight: TensorLike,
  options: NameOption = {},
): Tensor<D, Ok<SameShape<Logits, Targets>>> {
  if (posWeight === undefined)
    throw new ArgumentError("weightedCrossEntropyWithLogits: posWeight must be provided", {
      hint: "1 weighs positive and negative targets alike",
    });
  return weightedCrossEntropyOp.build([logits, targets as TensorLike, posWeight], {}, options) as Tensor<D, never>;
}
