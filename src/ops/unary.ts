/**
 * @file Functions of one operand, element by element. Every export is also a method of `Tensor`:
 * `x.sigmoid()`. Follows `math_ops.py`, `nn_ops.py` and `cwise_ops.h` of TensorFlow 1.3.
 */
import type { Expr, ExpressionBuilder } from "../ir/index.js";
import { add, divide, multiply, subtract } from "./binary.js";
import { castLike } from "./cast.js";
import { greaterThanZero } from "./masks.js";
import { signed, unaryOp } from "./unary-op.js";

const one = (e: ExpressionBuilder, like: Expr): Expr => e.like(like, 1);
const zero = (e: ExpressionBuilder, like: Expr): Expr => e.like(like, 0);

// ---- arithmetic ----

/** `-x`. */
export const negative = unaryOp({
  name: "Neg",
  accepts: signed,
  scalar: (e, x) => e.neg(x),
  gradient: (_x, _y, dy) => negative(dy),
});
/** The magnitude; its gradient at 0 is 0. */
export const abs = unaryOp({
  name: "Abs",
  accepts: signed,
  scalar: (e, x) => e.abs(x),
  gradient: (x, _y, dy) => multiply(dy, sign(x)),
});
/** −1, 0 or 1 by the sign of `x`; NaN stays. Its gradient is 0. */
export const sign = unaryOp({
  name: "Sign",
  accepts: signed,
  scalar: (e, x) => e.unary("sign", x),
  gradient: (x) => subtract(x, x),
});
/** `x²`. */
export const square = unaryOp({
  name: "Square",
  accepts: signed,
  scalar: (e, x) => e.mul(x, x),
  gradient: (x, _y, dy) => multiply(dy, multiply(x, 2)),
});
/** The square root; NaN for negative numbers. */
export const sqrt = unaryOp({
  name: "Sqrt",
  scalar: (e, x) => e.sqrt(x),
  gradient: (_x, y, dy) => divide(multiply(dy, 0.5), y),
});
/** `1 / √x`. */
export const rsqrt = unaryOp({
  name: "Rsqrt",
  scalar: (e, x) => e.div(one(e, x), e.sqrt(x)),
  gradient: (_x, y, dy) => multiply(dy, multiply(-0.5, multiply(y, multiply(y, y)))),
});
/** `1 / x`. */
export const reciprocal = unaryOp({
  name: "Reciprocal",
  scalar: (e, x) => e.div(one(e, x), x),
  gradient: (_x, y, dy) => negative(multiply(dy, multiply(y, y))),
});
/** The largest whole number not above `x`. */
export const floor = unaryOp({
  name: "Floor",
  accepts: signed,
  scalar: (e, x) => e.unary("floor", x),
  gradient: null,
});
/** The smallest whole number not below `x`. */
export const ceil = unaryOp({
  name: "Ceil",
  accepts: signed,
  scalar: (e, x) => e.unary("ceil", x),
  gradient: null,
});
/** To the nearest whole number, halves to even. */
export const round = unaryOp({
  name: "Round",
  accepts: signed,
  scalar: (e, x) => e.unary("round", x),
  gradient: null,
});

// ---- exponentials ----

/** `eˣ`. */
export const exp = unaryOp({
  name: "Exp",
  scalar: (e, x) => e.exp(x),
  gradient: (_x, y, dy) => multiply(dy, y),
});
/** `eˣ − 1`, accurate near 0. */
export const expm1 = unaryOp({
  name: "Expm1",
  scalar: (e, x) => e.unary("expm1", x),
  gradient: (_x, y, dy) => multiply(dy, add(y, 1)),
});
/** The natural logarithm. */
export const log = unaryOp({
  name: "Log",
  scalar: (e, x) => e.log(x),
  gradient: (x, _y, dy) => divide(dy, x),
});
/** `log(1 + x)`, accurate near 0. */
export const log1p = unaryOp({
  name: "Log1p",
  scalar: (e, x) => e.log1p(x),
  gradient: (x, _y, dy) => divide(dy, add(x, 1)),
});
// ---- trigonometric and hyperbolic ----

/** The sine of an angle in radians. */
export const sin = unaryOp({
  name: "Sin",
  scalar: (e, x) => e.unary("sin", x),
  gradient: (x, _y, dy) => multiply(dy, cos(x)),
});
/** The cosine of an angle in radians. */
export const cos = unaryOp({
  name: "Cos",
  scalar: (e, x) => e.unary("cos", x),
  gradient: (x, _y, dy) => negative(multiply(dy, sin(x))),
});
/** The tangent of an angle in radians. */
export const tan = unaryOp({
  name: "Tan",
  scalar: (e, x) => e.unary("tan", x),
  gradient: (_x, y, dy) => multiply(dy, add(square(y), 1)),
});
/** The hyperbolic tangent. */
export const tanh = unaryOp({
  name: "Tanh",
  scalar: (e, x) => e.unary("tanh", x),
  gradient: (_x, y, dy) => multiply(dy, subtract(1, square(y))),
});
/** `1 / (1 + e⁻ˣ)`. */
export const sigmoid = unaryOp({
  name: "Sigmoid",
  scalar: (e, x) => e.unary("sigmoid", x),
  gradient: (_x, y, dy) => multiply(dy, multiply(y, subtract(1, y))),
});
/** The Gauss error function. */
export const erf = unaryOp({
  name: "Erf",
  scalar: (e, x) => e.unary("erf", x),
  gradient: (x, _y, dy) => multiply(dy, multiply(2 / Math.sqrt(Math.PI), exp(negative(square(x))))),
});

// ---- activations ----

/** `max(x, 0)`; its gradient at 0 is 0. */
export const relu = unaryOp({
  name: "Relu",
  accepts: signed,
  scalar: (e, x) => e.max(x, zero(e, x)),
  gradient: (x, _y, dy) => multiply(dy, castLike(greaterThanZero(x), dy)),
});
/** `min(max(x, 0), 6)`. */
export const relu6 = unaryOp({
  name: "Relu6",
  accepts: signed,
  scalar: (e, x) => e.min(e.max(x, zero(e, x)), e.like(x, 6)),
  gradient: (x, y, dy) =>
    multiply(dy, multiply(castLike(greaterThanZero(x), dy), castLike(greaterThanZero(subtract(6, y)), dy))),
});
/** `x` where positive, else `eˣ − 1`. */
export const elu = unaryOp({
  name: "Elu",
  scalar: (e, x) => e.select(e.lt(x, zero(e, x)), e.unary("expm1", x), x),
  gradient: (x, y, dy) => {
    const below = castLike(greaterThanZero(negative(x)), dy);
    return multiply(dy, add(multiply(below, add(y, 1)), subtract(1, below)));
  },
});
const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;
/** The self-normalizing unit: `scale · (x or α(eˣ − 1))`. TensorFlow 1.4. */
export const selu = unaryOp({
  name: "Selu",
  scalar: (e, x) => {
    const below = e.mul(e.like(x, seluScale * seluAlpha), e.unary("expm1", x));
    return e.select(e.lt(x, zero(e, x)), below, e.mul(e.like(x, seluScale), x));
  },
  gradient: (x, y, dy) => {
    const below = castLike(greaterThanZero(negative(x)), dy);
    const slope = add(multiply(below, add(y, seluScale * seluAlpha)), multiply(subtract(1, below), seluScale));
    return multiply(dy, slope);
  },
});
/** `log(1 + eˣ)` without overflow. */
export const softplus = unaryOp({
  name: "Softplus",
  scalar: (e, x) => e.add(e.max(x, zero(e, x)), e.log1p(e.exp(e.neg(e.abs(x))))),
  gradient: (x, _y, dy) => multiply(dy, sigmoid(x)),
});
/** `x / (1 + |x|)`. */
export const softsign = unaryOp({
  name: "Softsign",
  scalar: (e, x) => e.div(x, e.add(e.abs(x), one(e, x))),
  gradient: (x, _y, dy) => divide(dy, square(add(abs(x), 1))),
});

// ---- truth values ----

/** Negation of truth values. */
export const logicalNot = unaryOp({
  name: "LogicalNot",
  accepts: ["bool"],
  scalar: (e, x) => e.not(x),
  gradient: null,
});
