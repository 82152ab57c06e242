/**
 * @file The formulas of the vector functions, four float32 lanes at a time, in a small language over the assembler.
 * Within 2 ulp of the exact value; NaN, ±Inf, ±0 and subnormal numbers are as in C.
 */
import { bitsOf, coefficients, ln2, rounder, sqrtHalfBits } from "../approximations.js";
import type { FunctionBuilder, Opcode } from "./assembler/index.js";

/** Functions that most networks need. */
export type CommonFunction = "exp" | "log" | "sigmoid";
/** Functions that few programs need: `vector-math-rare` has their formulas. */
export const rareFunctions = ["expm1", "log1p", "tanh", "erf", "sin", "cos", "pow"] as const;
export type RareFunction = (typeof rareFunctions)[number];

/** Code that leaves one vector on the stack. */
export type Vector = (f: FunctionBuilder) => void;

/** Where a function is written: its builder, and what else it may use. */
export class Lanes {
  readonly #f: FunctionBuilder;
  /** Whether the engine has fused multiply-add. */
  readonly fused: boolean;

  constructor(f: FunctionBuilder, fused: boolean) {
    this.#f = f;
    this.fused = fused;
  }

  /** Computes `value` now and returns a vector that repeats it. */
  let(value: Vector): Vector {
    const local = this.#f.local("v128");
    value(this.#f);
    this.#f.set(local);
    return (f) => f.get(local);
  }

  /** Emits `slow` for the rare case that some lane of the mask `usual` is false; it may {@link assign}. */
  unlessAll(usual: Vector, slow: () => void): void {
    usual(this.#f);
    this.#f.op("i32x4.all_true");
    this.#f.op("i32.eqz");
    this.#f.if(slow);
  }

  /** A vector that {@link assign} can change. */
  variable(value: Vector): { readonly get: Vector; readonly assign: (value: Vector) => void } {
    const local = this.#f.local("v128");
    const assign = (next: Vector) => {
      next(this.#f);
      this.#f.set(local);
    };
    assign(value);
    return { get: (f) => f.get(local), assign };
  }

  /** a · b + c, fused where the engine can. */
  madd(a: Vector, b: Vector, c: Vector): Vector {
    return this.fused ? apply("f32x4.relaxed_madd", a, b, c) : add(mul(a, b), c);
  }

  /** The polynomial c₀ + c₁x + c₂x² + … by Horner's rule. */
  polynomial(x: Vector, terms: readonly number[]): Vector {
    return terms.slice(0, -1).reduceRight<Vector>((sum, c) => this.madd(sum, x, float(c)), float(terms.at(-1) ?? 0));
  }
}

export const apply =
  (code: Opcode, ...args: readonly Vector[]): Vector =>
  (f) => {
    for (const arg of args) arg(f);
    f.op(code);
  };
export const float =
  (value: number): Vector =>
  (f) =>
    f.f32x4Splat(value);
export const int =
  (value: number): Vector =>
  (f) =>
    f.i32x4Splat(value);
export const shift =
  (code: "i32x4.shl" | "i32x4.shr_s" | "i64x2.shl", value: Vector, bits: number): Vector =>
  (f) => {
    value(f);
    f.i32(bits);
    f.op(code);
  };
export const add = (a: Vector, b: Vector): Vector => apply("f32x4.add", a, b);
export const sub = (a: Vector, b: Vector): Vector => apply("f32x4.sub", a, b);
export const mul = (a: Vector, b: Vector): Vector => apply("f32x4.mul", a, b);
export const div = (a: Vector, b: Vector): Vector => apply("f32x4.div", a, b);
export const abs = (a: Vector): Vector => apply("f32x4.abs", a);
export const less = (a: Vector, b: Vector): Vector => apply("f32x4.lt", a, b);
export const and = (a: Vector, b: Vector): Vector => apply("v128.and", a, b);
export const or = (a: Vector, b: Vector): Vector => apply("v128.or", a, b);
/** Lanes of `a` where the mask is set, of `b` where not. */
export const choose = (mask: Vector, a: Vector, b: Vector): Vector => apply("v128.bitselect", a, b, mask);
/** The smaller of x and `bound`; NaN stays NaN, since pmin yields its first operand unless the second is less. */
export const atMost = (x: Vector, bound: number): Vector => apply("f32x4.pmin", x, float(bound));
export const atLeast = (x: Vector, bound: number): Vector => apply("f32x4.pmax", x, float(bound));
/** x with the sign bit of `from` set as well: restores -0, which sums lose. */
export const withSignOf = (x: Vector, from: Vector): Vector => or(x, and(from, float(-0)));
/** 2^n for vectors of integers -126 ≤ n ≤ 127. */
export const powerOfTwo = (n: Vector): Vector => shift("i32x4.shl", apply("i32x4.add", n, int(127)), 23);

// ---- the functions ----
export const MIN_NORMAL = 2 ** -126;
export const INFINITY = Number.POSITIVE_INFINITY;

/** The common functions. */
export const commonVectors: Readonly<Record<CommonFunction, (v: Lanes, x: Vector) => Vector>> = {
  exp: (v, x) => {
    const { n, tail, r } = reduceExponent(v, atLeast(atMost(x, 89), -104));
    // Two steps, so that 2^n may overflow or go subnormal only where the result does.
    const half = v.let(shift("i32x4.shr_s", n, 1));
    const scaled = mul(onePlus(v, r, tail), powerOfTwo(half));
    return mul(scaled, powerOfTwo(apply("i32x4.sub", n, half)));
  },

  log: (v, x) => {
    const scaled = v.variable(x);
    const bias = v.variable(float(0));
    const usual = v.let(and(apply("f32x4.ge", x, float(MIN_NORMAL)), less(x, float(INFINITY))));
    v.unlessAll(usual, () => {
      const subnormal = v.let(less(x, float(MIN_NORMAL)));
      scaled.assign(choose(subnormal, mul(x, float(2 ** 23)), x));
      bias.assign(and(subnormal, float(-23)));
    });
    const { e, m } = splitMantissa(v, scaled.get);
    const exponent = v.let(add(apply("f32x4.convert_i32x4_s", e), bias.get));
    const f = v.let(sub(m, float(1)));
    const result = v.variable(assembleLog(v, f, exponent));
    v.unlessAll(usual, () => result.assign(specialLog(x, x, result.get)));
    return result.get;
  },

  sigmoid: (v, x) => {
    // Of the two forms of 1 / (1 + e^-x), the one whose exponential cannot overflow.
    const negated = v.let(apply("f32x4.neg", abs(x)));
    const decay = v.let(commonVectors.exp(v, negated));
    const quotient = v.let(div(choose(less(x, float(0)), decay, float(1)), add(decay, float(1))));
    // Where the result is small, decay - decay · quotient: the same, but 1 + decay has rounded less of it away.
    return choose(less(x, float(-0.7)), v.madd(apply("f32x4.neg", decay), quotient, decay), quotient);
  },
};

/** Arguments of `sin` and `cos` up to here are reduced in vectors, those beyond one by one. */
export const moderateAngle = 2 ** 20;

/** x = n ln 2 + r with |r| ≤ ln 2 / 2, and e^r = 1 + r + tail. */
export function reduceExponent(v: Lanes, x: Vector): { n: Vector; tail: Vector; r: Vector } {
  const clamped = v.let(x);
  const rounded = v.let(v.madd(clamped, float(Math.LOG2E), float(rounder)));
  const whole = v.let(sub(rounded, float(rounder)));
  const r = v.let(v.madd(whole, float(-ln2.low), v.madd(whole, float(-ln2.high), clamped)));
  const series = v.polynomial(r, coefficients.exp);
  return { n: v.let(apply("i32x4.sub", rounded, int(bitsOf(rounder)))), tail: v.let(mul(mul(r, r), series)), r };
}

/** 1 + r + tail with one rounding error instead of two: what 1 + r loses goes to the tail. */
function onePlus(v: Lanes, r: Vector, tail: Vector): Vector {
  const sum = v.let(add(r, float(1)));
  return add(sum, add(sub(r, sub(sum, float(1))), tail));
}

/** x = m · 2^e with √½ ≤ m < √2, for positive normal x. */
export function splitMantissa(v: Lanes, x: Vector): { e: Vector; m: Vector } {
  const offset = v.let(apply("i32x4.sub", x, int(sqrtHalfBits)));
  const e = v.let(shift("i32x4.shr_s", offset, 23));
  return { e, m: v.let(apply("i32x4.add", and(offset, int(0x7fffff)), int(sqrtHalfBits))) };
}

/** ln(1 + f) + e ln 2 for √½ - 1 ≤ f < √2 - 1: large terms are added last. */
export function assembleLog(v: Lanes, f: Vector, e: Vector): Vector {
  const square = v.let(mul(f, f));
  const series = v.polynomial(f, coefficients.log);
  const small = v.madd(e, float(ln2.low), mul(mul(square, f), series));
  return v.let(v.madd(e, float(ln2.high), add(v.madd(square, float(-0.5), small), f)));
}

/** ln u where u is zero, negative, infinite or NaN (as `x`, which u may hide), else `usual`. */
export function specialLog(u: Vector, x: Vector, usual: Vector): Vector {
  const zero = apply("f32x4.eq", u, float(0));
  const large = apply("f32x4.eq", x, float(INFINITY));
  const valid = apply("f32x4.gt", u, float(0));
  return choose(zero, float(-INFINITY), choose(large, x, choose(valid, usual, float(Number.NaN))));
}
