/** @file `unaryOp`: what an elementwise function of one operand needs to say, and its typed builder. */
import { type ArrayLike_, type DType, DTypeError, NdArray, type Shape } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { type Expr, type ExpressionBuilder, elementwise } from "../ir/index.js";
import { constantTensor, defineOp, dtypeOf, likeFirst, type NameOption, type TensorLike } from "./define.js";

/** A function of one operand of any shape; also a method of its operand. */
export type UnaryFunction = <D extends DType, S extends Shape>(
  x: Tensor<D, S> | ArrayLike_,
  options?: NameOption,
) => Tensor<D, S>;

interface UnarySpec {
  /** TensorFlow's operation type. */
  readonly name: string;
  readonly scalar: (e: ExpressionBuilder, x: Expr) => Expr;
  /** From input, output and output gradient; `null`: none flows. */
  readonly gradient: ((x: Tensor, y: Tensor, dy: Tensor) => Tensor) | null;
  /** Element types it takes. Default: the floating ones. */
  readonly accepts?: readonly DType[];
}

const floating: readonly DType[] = ["float32", "float64"];
/** Element types with a sign. */
export const signed: readonly DType[] = ["float32", "float64", "int32"];

/** Defines an elementwise operation of one operand and its typed builder. */
/* @__NO_SIDE_EFFECTS__ */
export function unaryOp(spec: UnarySpec): UnaryFunction {
  const { accepts = floating } = spec;
  const op = defineOp({
    name: spec.name,
    inputs: ["x"],
    infer: (c) => {
      const dtype = dtypeOf(c, 0);
      if (!accepts.includes(dtype))
        throw new DTypeError(
          `Value passed to parameter 'x' of op '${spec.name}' has DataType ${dtype} not in list of allowed values: ${accepts.join(", ")}`,
          { op: c.name, createdAt: c.inputs[0]?.op.createdAt, hint: 'tf.cast(x, "float32") converts it' },
        );
      return likeFirst(c);
    },
    lower: elementwise((e, [x]) => spec.scalar(e, x as Expr)),
    gradient:
      spec.gradient === null
        ? null
        : (node, dy) => [
            (spec.gradient as NonNullable<typeof spec.gradient>)(node.inputs[0] as Tensor, node.output, dy),
          ],
  });
  const takesFloats = accepts === floating;
  const build = (x: TensorLike, options?: NameOption): Tensor => op.build([takesFloats ? asFloat(x) : x], {}, options);
  return build as unknown as UnaryFunction;
}

/** Whole numbers given as plain values become float32 where only floats make sense: `tf.exp(1)`. */
function asFloat(x: TensorLike): TensorLike {
  if (typeof x === "number" || Array.isArray(x)) {
    const array = NdArray.from(x as ArrayLike_);
    return array.dtype === "int32" ? constantTensor(NdArray.from(x as ArrayLike_, "float32")) : constantTensor(array);
  }
  return x;
}
