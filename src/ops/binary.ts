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
  type Ok,
} from "../core/index.js";
import type { Sample, Tensor } from "../graph/index.js";
import { type CompiledLowering, compiled, type Expr, type ExpressionBuilder, elementwise } from "../ir/index.js";
import { castLike } from "./cast.js";
import {
  defineOp,
  inferBroadcast,
  type NameOption,
  type OpBuilder,
  requireSameDType,
  type TensorLike,
} from "./define.js";
import { sumToLike } from "./like.js";
import { logOrZero } from "./masks.js";
import { binarySamples, broadcastOracle, spread } from "./samples.js";
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
  readonly summary: string;
  readonly out: Out;
  readonly scalar: (e: ExpressionBuilder, a: Expr, b: Expr) => Expr;
  /** Gradients of both operands before summing over broadcast axes; `null`: none. */
  readonly gradient: ((a: Tensor, b: Tensor, dy: Tensor, y: Tensor) => readonly [Tensor | null, Tensor | null]) | null;
  readonly oracle: (a: number, b: number) => number;
  readonly samples?: Parameters<typeof binarySamples>[0];
  readonly accepts?: readonly DType[];
  /** Integers: a zero divisor fails the run. */
  readonly divides?: boolean;
}

const numeric: readonly DType[] = ["float32", "float64", "int32", "uint8"];

/** Defines a broadcasting operation of two operands and its typed builder. */
function binaryOp<const Name extends string, const Out extends DType | "same">(
  _method: Name,
  spec: BinarySpec<Out>,
): BinaryFunction<Name, Out> {
  const inputs = ["x", "y"];
  const { accepts = numeric } = spec;
  const op: OpBuilder = defineOp({
    name: spec.name,
    summary: spec.summary,
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
    oracle: broadcastOracle(spec.oracle, spec.out === "same" ? undefined : (spec.out as "bool")),
    samples: () => [...binarySamples(spec.samples), ...(accepts === numeric ? numbersOfBothKinds() : [])],
  });
  const build = (a: TensorLike, b: TensorLike, options?: NameOption): Tensor => op.build([a, b], {}, options);
  return build as unknown as BinaryFunction<Name, Out>;
}

/** Operations on numbers are tried on whole and on fractional ones, whatever their own samples are. */
const numbersOfBothKinds = (): Sample[] =>
  (["int32", "float32"] as const).map((dtype) => ({
    inputs: [spread([17], { low: 1, high: 6, dtype, seed: 5 }), spread([17], { low: 1, high: 6, dtype, seed: 6 })],
  }));

function checkedDivision(scalar: BinarySpec<DType>["scalar"]): CompiledLowering {
  const plain = elementwise((e, [a, b]) => scalar(e, a as Expr, b as Expr));
  return compiled((c) => {
    const divisor = c.input(1);
    if (!isFloating(divisor.dtype)) {
      const zero = c.map(divisor.shape, "bool", (axes) => {
        const x = c.load(divisor, axes);
        return c.e.eq(x, c.e.like(x, 0));
      });
      const { name } = c;
      c.check(
        zero,
        [],
        () =>
          new InvalidArgumentError("Integer division by zero", { op: name, hint: "make sure that no divisor is 0" }),
      );
    }
    return plain.lower(c);
  });
}

const extremes = [0, -0, 1, -1, 2.5, -2.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN] as const;

/** `a + b`. `tf.add`. */
export const add = binaryOp("add", {
  name: "Add",
  summary: "Sum, elementwise.",
  out: "same",
  scalar: (e, a, b) => e.add(a, b),
  gradient: (_a, _b, dy) => [dy, dy],
  oracle: (a, b) => a + b,
  samples: { special: extremes },
});
/** `a - b`. `tf.subtract`. */
export const subtract = binaryOp("subtract", {
  name: "Sub",
  summary: "Difference, elementwise.",
  out: "same",
  scalar: (e, a, b) => e.sub(a, b),
  gradient: (_a, _b, dy) => [dy, unary.negative(dy)],
  oracle: (a, b) => a - b,
  samples: { special: extremes },
});
/** `a · b`. `tf.multiply`. */
export const multiply: BinaryFunction<"multiply", "same"> = binaryOp("multiply", {
  name: "Mul",
  summary: "Product, elementwise.",
  out: "same",
  scalar: (e, a, b) => e.mul(a, b),
  gradient: (a, b, dy) => [multiply(dy, b), multiply(dy, a)],
  oracle: (a, b) => a * b,
  samples: { special: extremes },
});
const quotientGradient = (a: Tensor, b: Tensor, dy: Tensor): readonly [Tensor, Tensor] => [
  realDivide(dy, b),
  multiply(dy, realDivide(realDivide(unary.negative(a), b), b)),
];
const realDivide = (a: Tensor, b: Tensor): Tensor => divide(a, b);
/** `a / b`; integers truncate toward zero. `tf.div`, and `tf.divide` for floats. */
export const divide = binaryOp("divide", {
  name: "Div",
  summary: "Quotient, elementwise; integers truncate toward zero.",
  out: "same",
  divides: true,
  scalar: (e, a, b) => e.div(a, b),
  gradient: quotientGradient,
  oracle: (a, b) => a / b,
  samples: { low: 0.5, high: 3, special: extremes },
});
/** The quotient rounded down. `tf.floordiv`. */
export const floorDiv = binaryOp("floorDiv", {
  name: "FloorDiv",
  summary: "Quotient rounded down, elementwise.",
  out: "same",
  divides: true,
  scalar: (e, a, b) => e.floorDiv(a, b),
  gradient: null,
  oracle: (a, b) => Math.floor(a / b),
  samples: { dtype: "int32", low: 1, high: 40, special: [-7, -2, -1, 1, 2, 7] },
});
/** The remainder with the divisor's sign. `tf.mod`. */
export const mod = binaryOp("mod", {
  name: "FloorMod",
  summary: "Remainder with the divisor's sign, elementwise.",
  out: "same",
  divides: true,
  scalar: (e, a, b) => e.floorMod(a, b),
  gradient: (a, b, dy) => [dy, unary.negative(multiply(dy, unary.floor(divide(a, b))))],
  oracle: (a, b) => ((a % b) + b) % b,
  samples: { dtype: "int32", low: 1, high: 40, special: [-7, -2, -1, 1, 2, 7] },
});
/** `a` to the power `b`. `tf.pow`. */
export const pow: BinaryFunction<"pow", "same"> = binaryOp("pow", {
  name: "Pow",
  summary: "First operand to the power of the second, elementwise.",
  out: "same",
  scalar: (e, a, b) => e.pow(a, b),
  gradient: (a, b, dy, y) => [
    multiply(dy, multiply(b, pow(a, subtract(b, 1)))),
    multiply(dy, multiply(y, logOrZero(a))),
  ],
  oracle: (a, b) => (a === 1 ? 1 : a ** b),
  samples: { low: 0.3, high: 2.5, special: [0, 1, -1, 2, -2, 3, 0.5] },
});
/** The larger of both; NaN where either is. The gradient goes to `a` where `a ≥ b`. `tf.maximum`. */
export const maximum = binaryOp("maximum", {
  name: "Maximum",
  summary: "The larger of both, elementwise.",
  out: "same",
  scalar: (e, a, b) => e.max(a, b),
  gradient: (a, b, dy) => routeBy(greaterEqual(a, b), dy),
  oracle: Math.max,
  samples: { special: extremes },
});
/** The smaller of both; NaN where either is. The gradient goes to `a` where `a ≤ b`. `tf.minimum`. */
export const minimum = binaryOp("minimum", {
  name: "Minimum",
  summary: "The smaller of both, elementwise.",
  out: "same",
  scalar: (e, a, b) => e.min(a, b),
  gradient: (a, b, dy) => routeBy(lessEqual(a, b), dy),
  oracle: Math.min,
  samples: { special: extremes },
});
/** `(a - b)²`. `tf.squared_difference`. */
export const squaredDifference = binaryOp("squaredDifference", {
  name: "SquaredDifference",
  summary: "Square of the difference, elementwise.",
  out: "same",
  scalar: (e, a, b) => {
    const d = e.sub(a, b);
    return e.mul(d, d);
  },
  gradient: (a, b, dy) => {
    const da = multiply(multiply(dy, 2), subtract(a, b));
    return [da, unary.negative(da)];
  },
  oracle: (a, b) => (a - b) ** 2,
});

/** Whether `a = b`. `tf.equal`. */
export const equal = binaryOp("equal", {
  name: "Equal",
  summary: "Equality, elementwise.",
  out: "bool",
  accepts: [...numeric, "bool"],
  scalar: (e, a, b) => e.eq(a, b),
  gradient: null,
  oracle: (a, b) => Number(a === b),
  samples: { special: extremes },
});
/** Whether `a ≠ b`. `tf.not_equal`. */
export const notEqual = binaryOp("notEqual", {
  name: "NotEqual",
  summary: "Inequality, elementwise.",
  out: "bool",
  accepts: [...numeric, "bool"],
  scalar: (e, a, b) => e.ne(a, b),
  gradient: null,
  oracle: (a, b) => Number(a !== b),
  samples: { special: extremes },
});
/** Whether `a < b`. `tf.less`. */
export const less = binaryOp("less", {
  name: "Less",
  summary: "Less than, elementwise.",
  out: "bool",
  scalar: (e, a, b) => e.lt(a, b),
  gradient: null,
  oracle: (a, b) => Number(a < b),
  samples: { special: extremes },
});
/** Whether `a ≤ b`. `tf.less_equal`. */
export const lessEqual = binaryOp("lessEqual", {
  name: "LessEqual",
  summary: "Less than or equal, elementwise.",
  out: "bool",
  scalar: (e, a, b) => e.le(a, b),
  gradient: null,
  oracle: (a, b) => Number(a <= b),
  samples: { special: extremes },
});
/** Whether `a > b`. `tf.greater`. */
export const greater = binaryOp("greater", {
  name: "Greater",
  summary: "Greater than, elementwise.",
  out: "bool",
  scalar: (e, a, b) => e.gt(a, b),
  gradient: null,
  oracle: (a, b) => Number(a > b),
  samples: { special: extremes },
});
/** Whether `a ≥ b`. `tf.greater_equal`. */
export const greaterEqual = binaryOp("greaterEqual", {
  name: "GreaterEqual",
  summary: "Greater than or equal, elementwise.",
  out: "bool",
  scalar: (e, a, b) => e.ge(a, b),
  gradient: null,
  oracle: (a, b) => Number(a >= b),
  samples: { special: extremes },
});
/** Both. `tf.logical_and`. */
export const logicalAnd = binaryOp("logicalAnd", {
  name: "LogicalAnd",
  summary: "Conjunction, elementwise.",
  out: "bool",
  accepts: ["bool"],
  scalar: (e, a, b) => e.and(a, b),
  gradient: null,
  oracle: (a, b) => Number(a !== 0 && b !== 0),
  samples: { dtype: "bool", low: -1, high: 1, special: [0, 1] },
});
/** Either or both. `tf.logical_or`. */
export const logicalOr = binaryOp("logicalOr", {
  name: "LogicalOr",
  summary: "Disjunction, elementwise.",
  out: "bool",
  accepts: ["bool"],
  scalar: (e, a, b) => e.or(a, b),
  gradient: null,
  oracle: (a, b) => Number(a !== 0 || b !== 0),
  samples: { dtype: "bool", low: -1, high: 1, special: [0, 1] },
});
/** One but not both. `tf.logical_xor`. */
export const logicalXor = binaryOp("logicalXor", {
  name: "LogicalXor",
  summary: "Exclusive disjunction, elementwise.",
  out: "bool",
  accepts: ["bool"],
  scalar: (e, a, b) => e.ne(a, b),
  gradient: null,
  oracle: (a, b) => Number((a !== 0) !== (b !== 0)),
  samples: { dtype: "bool", low: -1, high: 1, special: [0, 1] },
});

/** `dy` to the first operand where `first` holds, else to the second. */
function routeBy(first: Tensor, dy: Tensor): readonly [Tensor, Tensor] {
  const mask = castLike(first, dy);
  return [multiply(dy, mask), multiply(dy, subtract(1, mask))];
}
