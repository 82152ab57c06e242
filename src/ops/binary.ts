/**
 * @file Arithmetic, comparison and logic of two operands with NumPy broadcasting. Every export is also
 * a method of `Tensor`: `x.add(y)`. Follows `math_ops.py` and `cwise_ops.h` of TensorFlow 1.3.
 */
import {
  type ArrayLike_,
  type BinaryDType,
  type BinaryShape,
  type Checked,
  type DType,
  DTypeError,
  InvalidArgumentError,
  isFloating,
  NdArray,
  type Ok,
} from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { type CompiledLowering, compiled, type Expr, type ExpressionBuilder, elementwise } from "../ir/index.js";
import { castLike } from "./cast.js";
import {
  defineOp,
  inferBroadcast,
  type NameOption,
  type OpBuilder,
  requireSameDType,
  type TensorLike,
  tensorOf,
} from "./define.js";
import { sumToLike } from "./like.js";
import { logOrZero } from "./masks.js";
import * as unary from "./unary.js";

/** What a binary operator takes: a tensor or variable, numbers, nested arrays or arrays of values. */
export type Operand = Tensor | ArrayLike_;

/** A function of two operands that broadcasts; also a method of its first operand. */
export type BinaryFunction<Name extends string, Out extends DType | "same"> = <
  const A extends Operand,
  const B extends Operand,
>(
  a: A,
  b: Checked<B, BinaryShape<A, B, Name>>,
  options?: NameOption,
) => Tensor<Out extends DType ? Out : BinaryDType<A, B>, Ok<BinaryShape<A, B, Name>>>;

interface BinarySpec<Out extends DType | "same"> {
  /** TensorFlow's operation type. */
  readonly name: string;
  readonly out: Out;
  readonly scalar: (e: ExpressionBuilder, a: Expr, b: Expr) => Expr;
  /** Gradients of both operands before summing over broadcast axes; `null`: none. */
  readonly gradient: ((a: Tensor, b: Tensor, dy: Tensor, y: Tensor) => readonly [Tensor | null, Tensor | null]) | null;
  readonly accepts?: readonly DType[];
  /** Integers: a zero divisor fails the run. */
  readonly divides?: boolean;
}

const numeric: readonly DType[] = ["float32", "float64", "int32", "uint8"];

/** Defines a broadcasting operation of two operands and its typed builder. */
/* @__NO_SIDE_EFFECTS__ */
function binaryOp<const Name extends string, const Out extends DType | "same">(
  _method: Name,
  spec: BinarySpec<Out>,
): BinaryFunction<Name, Out> {
  const inputs = ["x", "y"];
  const { accepts = numeric } = spec;
  const op: OpBuilder = defineOp({
    name: spec.name,
    inputs,
    infer: (c) => {
      const dtype = requireSameDType(c, { name: spec.name, inputs });
      if (!accepts.includes(dtype))
        throw new DTypeError(
          `Value passed to parameter 'x' of op '${spec.name}' has DataType ${dtype} not in list of allowed values: ${accepts.join(", ")}`,
          {
            op: c.name,
            hint: "tf.cast() converts",
          },
        );
      return [
        { dtype: spec.out === "same" ? dtype : (spec.out as DType), shape: inferBroadcast(c, c.shape(0), c.shape(1)) },
      ];
    },
    lower:
      spec.divides === true
        ? checkedDivision(spec.scalar)
        : elementwise((e, [a, b]) => spec.scalar(e, a as Expr, b as Expr)),
    gradient:
      spec.gradient === null
        ? null
        : (node, dy) => {
            const [a, b] = node.inputs as readonly [Tensor, Tensor];
            const [da, db] = (spec.gradient as NonNullable<typeof spec.gradient>)(a, b, dy, node.output);
            return [da && sumToLike(da, a), db && sumToLike(db, b)];
          },
  });
  const build = (a: TensorLike, b: TensorLike, options?: NameOption): Tensor => op.build([a, b], {}, options);
  return build as unknown as BinaryFunction<Name, Out>;
}

function checkedDivision(scalar: BinarySpec<DType>["scalar"]): CompiledLowering {
  const plain = elementwise((e, [a, b]) => scalar(e, a as Expr, b as Expr));
  return compiled((c) => {
    const divisor = c.input(1);
    if (!isFloating(divisor.dtype)) {
      const zero = c.map(divisor.shape, "bool", (axes) => {
        const x = c.load(divisor, axes);
        return c.e.eq(x, c.e.like(x, 0));
      });
      const { where } = c;
      c.check(
        zero,
        [],
        () =>
          new InvalidArgumentError("Integer division by zero", { ...where, hint: "make sure that no divisor is 0" }),
      );
    }
    return plain.lower(c);
  });
}

/** `a + b`. `tf.add`. */
export const add = binaryOp("add", {
  name: "Add",
  out: "same",
  scalar: (e, a, b) => e.add(a, b),
  gradient: (_a, _b, dy) => [dy, dy],
});
/** `a - b`. `tf.subtract`. */
export const subtract = binaryOp("subtract", {
  name: "Sub",
  out: "same",
  scalar: (e, a, b) => e.sub(a, b),
  gradient: (_a, _b, dy) => [dy, unary.negative(dy)],
});
/** `a · b`. `tf.multiply`. */
export const multiply: BinaryFunction<"multiply", "same"> = binaryOp("multiply", {
  name: "Mul",
  out: "same",
  scalar: (e, a, b) => e.mul(a, b),
  gradient: (a, b, dy) => [multiply(dy, b), multiply(dy, a)],
});
const quotientGradient = (a: Tensor, b: Tensor, dy: Tensor): readonly [Tensor, Tensor] => [
  realDivide(dy, b),
  multiply(dy, realDivide(realDivide(unary.negative(a), b), b)),
];
const realDivide = (a: Tensor, b: Tensor): Tensor => divide(a, b);
/** The quotient rounded down. `tf.floordiv`. */
export const floorDiv = binaryOp("floorDiv", {
  name: "FloorDiv",
  out: "same",
  divides: true,
  scalar: (e, a, b) => e.floorDiv(a, b),
  gradient: null,
});
/** Integers truncate toward zero, as TensorFlow's operation of that name has it; no function here makes such a one. */
const quotient = binaryOp("divide", {
  name: "Div",
  out: "same",
  divides: true,
  scalar: (e, a, b) => e.div(a, b),
  gradient: quotientGradient,
});
/** `a / b`; that of integers is {@link floorDiv}, as in Python 2. `tf.div`, and `tf.divide` for floats. */
export const divide: BinaryFunction<"divide", "same"> = (a, b, options) => {
  const { dtype } = tensorOf(a) ?? tensorOf(b) ?? NdArray.from(a as ArrayLike_);
  return (isFloating(dtype) ? quotient : floorDiv)(a, b as never, options) as never;
};
/** The remainder with the divisor's sign. `tf.mod`. */
export const mod = binaryOp("mod", {
  name: "FloorMod",
  out: "same",
  divides: true,
  scalar: (e, a, b) => e.floorMod(a, b),
  gradient: (a, b, dy) => [dy, unary.negative(multiply(dy, unary.floor(divide(a, b))))],
});
/** `a` to the power `b`. `tf.pow`. */
export const pow: BinaryFunction<"pow", "same"> = binaryOp("pow", {
  name: "Pow",
  out: "same",
  scalar: (e, a, b) => e.pow(a, b),
  gradient: (a, b, dy, y) => [
    multiply(dy, multiply(b, pow(a, subtract(b, 1)))),
    multiply(dy, multiply(y, logOrZero(a))),
  ],
});
/** The larger of both; NaN where either is. The gradient goes to `a` where `a ≥ b`. `tf.maximum`. */
export const maximum = binaryOp("maximum", {
  name: "Maximum",
  out: "same",
  scalar: (e, a, b) => e.max(a, b),
  gradient: (a, b, dy) => routeBy(greaterEqual(a, b), dy),
});
/** The smaller of both; NaN where either is. The gradient goes to `a` where `a ≤ b`. `tf.minimum`. */
export const minimum = binaryOp("minimum", {
  name: "Minimum",
  out: "same",
  scalar: (e, a, b) => e.min(a, b),
  gradient: (a, b, dy) => routeBy(lessEqual(a, b), dy),
});
/** `(a - b)²`. `tf.squared_difference`. */
export const squaredDifference = binaryOp("squaredDifference", {
  name: "SquaredDifference",
  out: "same",
  scalar: (e, a, b) => {
    const d = e.sub(a, b);
    return e.mul(d, d);
  },
  gradient: (a, b, dy) => {
    const da = multiply(multiply(dy, 2), subtract(a, b));
    return [da, unary.negative(da)];
  },
});

/** Whether `a = b`. `tf.equal`. */
export const equal = binaryOp("equal", {
  name: "Equal",
  out: "bool",
  accepts: [...numeric, "bool"],
  scalar: (e, a, b) => e.eq(a, b),
  gradient: null,
});
/** Whether `a ≠ b`. `tf.not_equal`. */
export const notEqual = binaryOp("notEqual", {
  name: "NotEqual",
  out: "bool",
  accepts: [...numeric, "bool"],
  scalar: (e, a, b) => e.ne(a, b),
  gradient: null,
});
/** Whether `a < b`. `tf.less`. */
export const less = binaryOp("less", {
  name: "Less",
  out: "bool",
  scalar: (e, a, b) => e.lt(a, b),
  gradient: null,
});
/** Whether `a ≤ b`. `tf.less_equal`. */
export const lessEqual = binaryOp("lessEqual", {
  name: "LessEqual",
  out: "bool",
  scalar: (e, a, b) => e.le(a, b),
  gradient: null,
});
/** Whether `a > b`. `tf.greater`. */
export const greater = binaryOp("greater", {
  name: "Greater",
  out: "bool",
  scalar: (e, a, b) => e.gt(a, b),
  gradient: null,
});
/** Whether `a ≥ b`. `tf.greater_equal`. */
export const greaterEqual = binaryOp("greaterEqual", {
  name: "GreaterEqual",
  out: "bool",
  scalar: (e, a, b) => e.ge(a, b),
  gradient: null,
});
/** Both. `tf.logical_and`. */
export const logicalAnd = binaryOp("logicalAnd", {
  name: "LogicalAnd",
  out: "bool",
  accepts: ["bool"],
  scalar: (e, a, b) => e.and(a, b),
  gradient: null,
});
/** Either or both. `tf.logical_or`. */
export const logicalOr = binaryOp("logicalOr", {
  name: "LogicalOr",
  out: "bool",
  accepts: ["bool"],
  scalar: (e, a, b) => e.or(a, b),
  gradient: null,
});
/** One but not both. `tf.logical_xor`. */
export const logicalXor = binaryOp("logicalXor", {
  name: "LogicalXor",
  out: "bool",
  accepts: ["bool"],
  scalar: (e, a, b) => e.ne(a, b),
  gradient: null,
});

/** `dy` to the first operand where `first` holds, else to the second. */
function routeBy(first: Tensor, dy: Tensor): readonly [Tensor, Tensor] {
  const mask = castLike(first, dy);
  return [multiply(dy, mask), multiply(dy, subtract(1, mask))];
}
