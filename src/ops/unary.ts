/**
 * @file Functions of one operand, element by element. Every export is also a method of `Tensor`:
 * `x.sigmoid()`. Follows `math_ops.py`, `nn_ops.py` and `cwise_ops.h` of TensorFlow 1.3.
 */
import { type Expr, type ExpressionBuilder, erf as erfOf, roundHalfEven } from "../ir/index.js";
import { add, divide, multiply, subtract } from "./binary.js";
import { castLike } from "./cast.js";
import { greaterThanZero } from "./masks.js";
import { infinities, signed, specials, unaryOp } from "./unary-op.js";

const one = (e: ExpressionBuilder, like: Expr): Expr => e.like(like, 1);
const zero = (e: ExpressionBuilder, like: Expr): Expr => e.like(like, 0);

// ---- arithmetic ----

/** `-x`. */
export const negative = unaryOp({
  name: "Neg",
  summary: "The negative.",
  accepts: signed,
  scalar: (e, x) => e.neg(x),
  gradient: (_x, _y, dy) => negative(dy),
  oracle: (x) => -x,
  samples: { special: specials },
});
/** The magnitude; its gradient at 0 is 0. */
export const abs = unaryOp({
  name: "Abs",
  summary: "The magnitude.",
  accepts: signed,
  scalar: (e, x) => e.abs(x),
  gradient: (x, _y, dy) => multiply(dy, sign(x)),
  oracle: Math.abs,
  samples: { special: specials },
});
/** −1, 0 or 1 by the sign of `x`; NaN stays. Its gradient is 0. */
export const sign = unaryOp({
  name: "Sign",
  summary: "−1, 0 or 1 by sign.",
  accepts: signed,
  scalar: (e, x) => e.unary("sign", x),
  gradient: (x) => subtract(x, x),
  oracle: (x) => (x > 0 ? 1 : x < 0 ? -1 : x),
  samples: { special: specials },
});
/** `x²`. */
export const square = unaryOp({
  name: "Square",
  summary: "The square.",
  accepts: signed,
  scalar: (e, x) => e.mul(x, x),
  gradient: (x, _y, dy) => multiply(dy, multiply(x, 2)),
  oracle: (x) => x * x,
  samples: { special: specials },
});
/** The square root; NaN for negative numbers. */
export const sqrt = unaryOp({
  name: "Sqrt",
  summary: "The square root.",
  scalar: (e, x) => e.sqrt(x),
  gradient: (_x, y, dy) => divide(multiply(dy, 0.5), y),
  oracle: Math.sqrt,
  samples: { low: 0.1, high: 4, special: [0, 1, -1, 4, 1e-20, ...infinities] },
});
/** `1 / √x`. */
export const rsqrt = unaryOp({
  name: "Rsqrt",
  summary: "The reciprocal of the square root.",
  scalar: (e, x) => e.div(one(e, x), e.sqrt(x)),
  gradient: (_x, y, dy) => multiply(dy, multiply(-0.5, multiply(y, multiply(y, y)))),
  oracle: (x) => 1 / Math.sqrt(x),
  samples: { low: 0.3, high: 4, special: [0, 1, -1, 4, ...infinities] },
});
/** `1 / x`. */
export const reciprocal = unaryOp({
  name: "Reciprocal",
  summary: "The reciprocal.",
  scalar: (e, x) => e.div(one(e, x), x),
  gradient: (_x, y, dy) => negative(multiply(dy, multiply(y, y))),
  oracle: (x) => 1 / x,
  samples: { low: 0.4, high: 3, special: specials },
});
/** The largest whole number not above `x`. */
export const floor = unaryOp({
  name: "Floor",
  summary: "Rounded down.",
  accepts: signed,
  scalar: (e, x) => e.unary("floor", x),
  gradient: null,
  oracle: Math.floor,
  samples: { special: specials },
});
/** The smallest whole number not below `x`. */
export const ceil = unaryOp({
  name: "Ceil",
  summary: "Rounded up.",
  accepts: signed,
  scalar: (e, x) => e.unary("ceil", x),
  gradient: null,
  oracle: Math.ceil,
  samples: { special: specials },
});
/** To the nearest whole number, halves to even. */
export const round = unaryOp({
  name: "Round",
  summary: "Rounded to nearest, halves to even.",
  accepts: signed,
  scalar: (e, x) => e.unary("round", x),
  gradient: null,
  oracle: roundHalfEven,
  samples: { special: [0.5, 1.5, 2.5, -0.5, -1.5, ...specials] },
});

// ---- exponentials ----

/** `eˣ`. */
export const exp = unaryOp({
  name: "Exp",
  summary: "The exponential.",
  scalar: (e, x) => e.exp(x),
  gradient: (_x, y, dy) => multiply(dy, y),
  oracle: Math.exp,
  samples: { special: specials },
});
/** `eˣ − 1`, accurate near 0. */
export const expm1 = unaryOp({
  name: "Expm1",
  summary: "The exponential less one.",
  scalar: (e, x) => e.unary("expm1", x),
  gradient: (_x, y, dy) => multiply(dy, add(y, 1)),
  oracle: Math.expm1,
  samples: { special: specials },
});
/** The natural logarithm. */
export const log = unaryOp({
  name: "Log",
  summary: "The natural logarithm.",
  scalar: (e, x) => e.log(x),
  gradient: (x, _y, dy) => divide(dy, x),
  oracle: Math.log,
  samples: { low: 0.1, high: 4, special: [0, -0, 1, -1, 1e-30, 1e30, ...infinities] },
});
/** `log(1 + x)`, accurate near 0. */
export const log1p = unaryOp({
  name: "Log1p",
  summary: "The logarithm of one plus the operand.",
  scalar: (e, x) => e.log1p(x),
  gradient: (x, _y, dy) => divide(dy, add(x, 1)),
  oracle: Math.log1p,
  samples: { low: -0.8, high: 3, special: [0, -0, -1, -2, 1e-10, 1e30, ...infinities] },
});
// ---- trigonometric and hyperbolic ----

/** The sine of an angle in radians. */
export const sin = unaryOp({
  name: "Sin",
  summary: "The sine.",
  scalar: (e, x) => e.unary("sin", x),
  gradient: (x, _y, dy) => multiply(dy, cos(x)),
  oracle: Math.sin,
  samples: { low: -7, high: 7, special: [0, -0, ...infinities] },
});
/** The cosine of an angle in radians. */
export const cos = unaryOp({
  name: "Cos",
  summary: "The cosine.",
  scalar: (e, x) => e.unary("cos", x),
  gradient: (x, _y, dy) => negative(multiply(dy, sin(x))),
  oracle: Math.cos,
  samples: { low: -7, high: 7, special: [0, -0, ...infinities] },
});
/** The tangent of an angle in radians. */
export const tan = unaryOp({
  name: "Tan",
  summary: "The tangent.",
  scalar: (e, x) => e.unary("tan", x),
  gradient: (_x, y, dy) => multiply(dy, add(square(y), 1)),
  oracle: Math.tan,
  samples: { low: -1.2, high: 1.2, special: [0, -0, ...infinities] },
});
/** The hyperbolic tangent. */
export const tanh = unaryOp({
  name: "Tanh",
  summary: "The hyperbolic tangent.",
  scalar: (e, x) => e.unary("tanh", x),
  gradient: (_x, y, dy) => multiply(dy, subtract(1, square(y))),
  oracle: Math.tanh,
  samples: { low: -4, high: 4, special: specials },
});
/** `1 / (1 + e⁻ˣ)`. */
export const sigmoid = unaryOp({
  name: "Sigmoid",
  summary: "The logistic function.",
  scalar: (e, x) => e.unary("sigmoid", x),
  gradient: (_x, y, dy) => multiply(dy, multiply(y, subtract(1, y))),
  oracle: (x) => 1 / (1 + Math.exp(-x)),
  samples: { low: -5, high: 5, special: specials },
});
/** The Gauss error function. */
export const erf = unaryOp({
  name: "Erf",
  summary: "The error function.",
  scalar: (e, x) => e.unary("erf", x),
  gradient: (x, _y, dy) => multiply(dy, multiply(2 / Math.sqrt(Math.PI), exp(negative(square(x))))),
  oracle: erfOf,
  samples: { low: -3, high: 3, special: specials },
});

// ---- activations ----

/** `max(x, 0)`; its gradient at 0 is 0. */
export const relu = unaryOp({
  name: "Relu",
  summary: "The positive part.",
  accepts: signed,
  scalar: (e, x) => e.max(x, zero(e, x)),
  gradient: (x, _y, dy) => multiply(dy, castLike(greaterThanZero(x), dy)),
  oracle: (x) => (Number.isNaN(x) ? x : Math.max(x, 0)),
  samples: { special: specials },
});
/** `min(max(x, 0), 6)`. */
export const relu6 = unaryOp({
  name: "Relu6",
  summary: "The positive part, at most 6.",
  accepts: signed,
  scalar: (e, x) => e.min(e.max(x, zero(e, x)), e.like(x, 6)),
  gradient: (x, y, dy) =>
    multiply(dy, multiply(castLike(greaterThanZero(x), dy), castLike(greaterThanZero(subtract(6, y)), dy))),
  oracle: (x) => (Number.isNaN(x) ? x : Math.min(Math.max(x, 0), 6)),
  samples: { low: -3, high: 9, special: specials },
});
/** `x` where positive, else `eˣ − 1`. */
export const elu = unaryOp({
  name: "Elu",
  summary: "The exponential linear unit.",
  scalar: (e, x) => e.select(e.lt(x, zero(e, x)), e.unary("expm1", x), x),
  gradient: (x, y, dy) => {
    const below = castLike(greaterThanZero(negative(x)), dy);
    return multiply(dy, add(multiply(below, add(y, 1)), subtract(1, below)));
  },
  oracle: (x) => (x < 0 ? Math.expm1(x) : x),
  samples: { special: specials },
});
const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;
/** The self-normalizing unit: `scale · (x or α(eˣ − 1))`. TensorFlow 1.4. */
export const selu = unaryOp({
  name: "Selu",
  summary: "The scaled exponential linear unit.",
  scalar: (e, x) => {
    const below = e.mul(e.like(x, seluScale * seluAlpha), e.unary("expm1", x));
    return e.select(e.lt(x, zero(e, x)), below, e.mul(e.like(x, seluScale), x));
  },
  gradient: (x, y, dy) => {
    const below = castLike(greaterThanZero(negative(x)), dy);
    const slope = add(multiply(below, add(y, seluScale * seluAlpha)), multiply(subtract(1, below), seluScale));
    return multiply(dy, slope);
  },
  oracle: (x) => (x < 0 ? seluScale * seluAlpha * Math.expm1(x) : seluScale * x),
  samples: { special: specials },
});
/** `log(1 + eˣ)` without overflow. */
export const softplus = unaryOp({
  name: "Softplus",
  summary: "The smooth positive part.",
  scalar: (e, x) => e.add(e.max(x, zero(e, x)), e.log1p(e.exp(e.neg(e.abs(x))))),
  gradient: (x, _y, dy) => multiply(dy, sigmoid(x)),
  oracle: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  samples: { low: -5, high: 5, special: specials },
});
/** `x / (1 + |x|)`. */
export const softsign = unaryOp({
  name: "Softsign",
  summary: "A rational sigmoid.",
  scalar: (e, x) => e.div(x, e.add(e.abs(x), one(e, x))),
  gradient: (x, _y, dy) => divide(dy, square(add(abs(x), 1))),
  oracle: (x) => x / (1 + Math.abs(x)),
  samples: { special: [0, -0, 1, -1, 100, Number.NaN] },
});

// ---- truth values ----

/** Negation of truth values. */
export const logicalNot = unaryOp({
  name: "LogicalNot",
  summary: "Negation.",
  accepts: ["bool"],
  scalar: (e, x) => e.not(x),
  gradient: null,
  oracle: (x) => (x === 0 ? 1 : 0),
  samples: { dtype: "bool", low: -1, high: 1, special: [0, 1] },
});
