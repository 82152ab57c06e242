/**
 * @file The meaning of every scalar primitive, in plain JavaScript numbers. Constant folding and the
 * interpreter share these tables; the compiled backends are tested against them.
 */
import { type NumericDType, roundTo } from "../core/index.js";
import type { BinaryOp, UnaryOp } from "./expression.js";

/** Rounds half to even, as IEEE 754 and TensorFlow do. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const fraction = x - floor;
  const up = fraction > 0.5 || (fraction === 0.5 && floor % 2 !== 0);
  const rounded = up ? floor + 1 : floor;
  return rounded === 0 && (x < 0 || Object.is(x, -0)) ? -0 : rounded;
}

/**
 * The error function to about 1e-15: near 0 the series whose terms have one sign, so that nothing cancels,
 * further out a continued fraction of the complement (Abramowitz and Stegun 7.1.6 and 7.1.14).
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a < 2) {
    // erf a = 2/√π e^(-a²) Σ 2^n a^(2n+1) / (1 · 3 · … · (2n+1))
    let term = a;
    let sum = 0;
    for (let n = 1; sum + term !== sum; n++) {
      sum += term;
      term *= (2 * a * a) / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * Math.exp(-a * a) * sum) / Math.sqrt(Math.PI) || x;
  }
  if (!(a < 6)) return Number.isNaN(x) ? x : Math.sign(x);
  // erfc a = e^(-a²)/√π / (a + ½/(a + 1/(a + 3⁄2/(a + …)))), Laplace's continued fraction.
  let tail = a;
  for (let n = 60; n >= 1; n--) tail = a + n / 2 / tail;
  return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / tail);
}

export const unaryFunctions: Readonly<Record<UnaryOp, (x: number) => number>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : x),
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: Math.log,
  log1p: Math.log1p,
  expm1: Math.expm1,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  erf,
  not: (x) => (x === 0 ? 1 : 0),
};

const integerDivide = (a: number, b: number): number => (b === 0 ? 0 : Math.trunc(a / b) | 0);
const integerFloorDivide = (a: number, b: number): number => (b === 0 ? 0 : Math.floor(a / b) | 0);
/** C's pow, where JavaScript differs: 1 to any power and anything to the 0 is 1, even with NaN; (±1)^±Inf is 1. */
export const power = (a: number, b: number): number =>
  a === 1 || (a === -1 && !Number.isFinite(b) && !Number.isNaN(b)) ? 1 : a ** b;

/** Squares repeatedly, wrapping like 32-bit arithmetic; negative exponents yield 0 except for bases ±1. */
function integerPower(base: number, exponent: number): number {
  if (exponent < 0) return base === 1 ? 1 : base === -1 ? (exponent % 2 === 0 ? 1 : -1) : 0;
  let result = 1;
  for (let b = base, n = exponent; n > 0; n = Math.floor(n / 2), b = Math.imul(b, b))
    if (n % 2 === 1) result = Math.imul(result, b);
  return result;
}

type BinaryTable = Readonly<Record<BinaryOp, (a: number, b: number) => number>>;

const comparisons = {
  eq: (a: number, b: number) => (a === b ? 1 : 0),
  ne: (a: number, b: number) => (a !== b ? 1 : 0),
  lt: (a: number, b: number) => (a < b ? 1 : 0),
  le: (a: number, b: number) => (a <= b ? 1 : 0),
  and: (a: number, b: number) => (a !== 0 && b !== 0 ? 1 : 0),
  or: (a: number, b: number) => (a !== 0 || b !== 0 ? 1 : 0),
  max: (a: number, b: number) => Math.max(a, b),
  min: (a: number, b: number) => Math.min(a, b),
};

const floats: BinaryTable = {
  ...comparisons,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  mod: (a, b) => a % b,
  floorDiv: (a, b) => Math.floor(a / b),
  floorMod: (a, b) => a - Math.floor(a / b) * b,
  pow: power,
};
const integers: BinaryTable = {
  ...comparisons,
  add: (a, b) => (a + b) | 0,
  sub: (a, b) => (a - b) | 0,
  mul: Math.imul,
  div: integerDivide,
  mod: (a, b) => (b === 0 ? 0 : (a % b) | 0),
  floorDiv: integerFloorDivide,
  floorMod: (a, b) => (b === 0 ? 0 : (((a % b) + b) % b) | 0),
  pow: integerPower,
};

/** The binary primitives for operands of `dtype`; results still need {@link roundTo}. */
export const binaryFunctions = (dtype: NumericDType): BinaryTable =>
  dtype === "float32" || dtype === "float64" ? floats : integers;

/**
 * Converts an element of one dtype to another: truncation toward zero, saturating at int32's ends; NaN
 * becomes 0. A uint8 keeps the low byte of that.
 */
export function convert(value: number, from: NumericDType, to: NumericDType): number {
  const isFraction = from === "float32" || from === "float64";
  if (isFraction && (to === "int32" || to === "uint8")) {
    const whole = Number.isNaN(value) ? 0 : Math.max(-2147483648, Math.min(2147483647, Math.trunc(value)));
    return to === "uint8" ? whole & 255 : whole;
  }
  return roundTo[to](value);
}
