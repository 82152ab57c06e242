/** @file What `unary.ts` is held against by the generic tests: oracles and samples of its operations. */
import { erf as erfOf, roundHalfEven } from "../ir/index.js";
import { type References, unaryReference } from "./reference.js";
import { infinities, specials } from "./samples.js";

/** Of the paper on self-normalizing networks. */
const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

export const references: References = {
  Neg: unaryReference({
    summary: "The negative.",
    oracle: (x) => -x,
    samples: { special: specials },
    whole: true,
  }),
  Abs: unaryReference({
    summary: "The magnitude.",
    oracle: Math.abs,
    samples: { special: specials },
    whole: true,
  }),
  Sign: unaryReference({
    summary: "−1, 0 or 1 by sign.",
    oracle: (x) => (x > 0 ? 1 : x < 0 ? -1 : x),
    samples: { special: specials },
    whole: true,
  }),
  Square: unaryReference({
    summary: "The square.",
    oracle: (x) => x * x,
    samples: { special: specials },
    whole: true,
  }),
  Sqrt: unaryReference({
    summary: "The square root.",
    oracle: Math.sqrt,
    samples: { low: 0.1, high: 4, special: [0, 1, -1, 4, 1e-20, ...infinities] },
  }),
  Rsqrt: unaryReference({
    summary: "The reciprocal of the square root.",
    oracle: (x) => 1 / Math.sqrt(x),
    samples: { low: 0.3, high: 4, special: [0, 1, -1, 4, ...infinities] },
  }),
  Reciprocal: unaryReference({
    summary: "The reciprocal.",
    oracle: (x) => 1 / x,
    samples: { low: 0.4, high: 3, special: specials },
  }),
  Floor: unaryReference({
    summary: "Rounded down.",
    oracle: Math.floor,
    samples: { special: specials },
    whole: true,
  }),
  Ceil: unaryReference({
    summary: "Rounded up.",
    oracle: Math.ceil,
    samples: { special: specials },
    whole: true,
  }),
  Round: unaryReference({
    summary: "Rounded to nearest, halves to even.",
    oracle: roundHalfEven,
    samples: { special: [0.5, 1.5, 2.5, -0.5, -1.5, ...specials] },
    whole: true,
  }),
  Exp: unaryReference({
    summary: "The exponential.",
    oracle: Math.exp,
    samples: { special: specials },
  }),
  Expm1: unaryReference({
    summary: "The exponential less one.",
    oracle: Math.expm1,
    samples: { special: specials },
  }),
  Log: unaryReference({
    summary: "The natural logarithm.",
    oracle: Math.log,
    samples: { low: 0.1, high: 4, special: [0, -0, 1, -1, 1e-30, 1e30, ...infinities] },
  }),
  Log1p: unaryReference({
    summary: "The logarithm of one plus the operand.",
    oracle: Math.log1p,
    samples: { low: -0.8, high: 3, special: [0, -0, -1, -2, 1e-10, 1e30, ...infinities] },
  }),
  Sin: unaryReference({
    summary: "The sine.",
    oracle: Math.sin,
    samples: { low: -7, high: 7, special: [0, -0, ...infinities] },
  }),
  Cos: unaryReference({
    summary: "The cosine.",
    oracle: Math.cos,
    samples: { low: -7, high: 7, special: [0, -0, ...infinities] },
  }),
  Tan: unaryReference({
    summary: "The tangent.",
    oracle: Math.tan,
    samples: { low: -1.2, high: 1.2, special: [0, -0, ...infinities] },
  }),
  Tanh: unaryReference({
    summary: "The hyperbolic tangent.",
    oracle: Math.tanh,
    samples: { low: -4, high: 4, special: specials },
  }),
  Sigmoid: unaryReference({
    summary: "The logistic function.",
    oracle: (x) => 1 / (1 + Math.exp(-x)),
    samples: { low: -5, high: 5, special: specials },
  }),
  Erf: unaryReference({
    summary: "The error function.",
    oracle: erfOf,
    samples: { low: -3, high: 3, special: specials },
  }),
  Relu: unaryReference({
    summary: "The positive part.",
    oracle: (x) => (Number.isNaN(x) ? x : Math.max(x, 0)),
    samples: { special: specials },
    whole: true,
  }),
  Relu6: unaryReference({
    summary: "The positive part, at most 6.",
    oracle: (x) => (Number.isNaN(x) ? x : Math.min(Math.max(x, 0), 6)),
    samples: { low: -3, high: 9, special: specials },
    whole: true,
  }),
  Elu: unaryReference({
    summary: "The exponential linear unit.",
    oracle: (x) => (x < 0 ? Math.expm1(x) : x),
    samples: { special: specials },
  }),
  Selu: unaryReference({
    summary: "The scaled exponential linear unit.",
    oracle: (x) => (x < 0 ? seluScale * seluAlpha * Math.expm1(x) : seluScale * x),
    samples: { special: specials },
  }),
  Softplus: unaryReference({
    summary: "The smooth positive part.",
    oracle: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    samples: { low: -5, high: 5, special: specials },
  }),
  Softsign: unaryReference({
    summary: "A rational sigmoid.",
    oracle: (x) => x / (1 + Math.abs(x)),
    samples: { special: [0, -0, 1, -1, 100, Number.NaN] },
  }),
  LogicalNot: unaryReference({
    summary: "Negation.",
    oracle: (x) => (x === 0 ? 1 : 0),
    samples: { dtype: "bool", low: -1, high: 1, special: [0, 1] },
  }),
};
