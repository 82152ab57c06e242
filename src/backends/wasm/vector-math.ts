/**
 * @file The formulas of the vector functions, four float32 lanes at a time, in a small language over the assembler.
 * Within 2 ulp of the exact value; NaN, ±Inf, ±0 and subnormal numbers are as in C.
 */
import { bitsOf, coefficients, halfPi, ln2, rounder, rounder64, sqrtHalfBits } from "../approximations.js";
import type { FunctionBuilder, Opcode } from "./assembler/index.js";

/** Functions of one operand with a vector form. */
export type UnaryVector = "exp" | "expm1" | "log" | "log1p" | "tanh" | "sigmoid" | "erf" | "sin" | "cos";

/** Code that leaves one vector on the stack. */
export type Vector = (f: FunctionBuilder) => void;

/** Where a function is written: its builder, and what else it may use. */
export class Lanes {
  readonly #f: FunctionBuilder;
  readonly #fused: boolean;

  /** `fused`: whether the engine has fused multiply-add. */
  constructor(f: FunctionBuilder, fused: boolean) {
    this.#f = f;
    this.#fused = fused;
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
    return this.#fused ? apply("f32x4.relaxed_madd", a, b, c) : add(mul(a, b), c);
  }
  /** The same for two float64. */
  madd64(a: Vector, b: Vector, c: Vector): Vector {
    return this.#fused ? apply("f64x2.relaxed_madd", a, b, c) : apply("f64x2.add", apply("f64x2.mul", a, b), c);
  }

  /** The polynomial c₀ + c₁x + c₂x² + … by Horner's rule. */
  polynomial(x: Vector, terms: readonly number[]): Vector {
    return terms.slice(0, -1).reduceRight<Vector>((sum, c) => this.madd(sum, x, float(c)), float(terms.at(-1) ?? 0));
  }
  /** The same for two float64. */
  polynomial64(x: Vector, terms: readonly number[]): Vector {
    return terms
      .slice(0, -1)
      .reduceRight<Vector>((sum, c) => this.madd64(sum, x, double(c)), double(terms.at(-1) ?? 0));
  }
}

const apply =
  (code: Opcode, ...args: readonly Vector[]): Vector =>
  (f) => {
    for (const arg of args) arg(f);
    f.op(code);
  };
const float =
  (value: number): Vector =>
  (f) =>
    f.f32x4Splat(value);
const int =
  (value: number): Vector =>
  (f) =>
    f.i32x4Splat(value);
const double =
  (value: number): Vector =>
  (f) =>
    f.f64x2Splat(value);
/** Four lanes of 32 bits, 0-3 of `a` and 4-7 of `b`. */
const shuffle =
  (a: Vector, b: Vector, lanes: readonly [number, number, number, number]): Vector =>
  (f) => {
    a(f);
    b(f);
    f.shuffle32(lanes);
  };
const shift =
  (code: "i32x4.shl" | "i32x4.shr_s" | "i64x2.shl", value: Vector, bits: number): Vector =>
  (f) => {
    value(f);
    f.i32(bits);
    f.op(code);
  };
const add = (a: Vector, b: Vector): Vector => apply("f32x4.add", a, b);
const sub = (a: Vector, b: Vector): Vector => apply("f32x4.sub", a, b);
const mul = (a: Vector, b: Vector): Vector => apply("f32x4.mul", a, b);
const div = (a: Vector, b: Vector): Vector => apply("f32x4.div", a, b);
const abs = (a: Vector): Vector => apply("f32x4.abs", a);
const less = (a: Vector, b: Vector): Vector => apply("f32x4.lt", a, b);
const and = (a: Vector, b: Vector): Vector => apply("v128.and", a, b);
const or = (a: Vector, b: Vector): Vector => apply("v128.or", a, b);
/** Lanes of `a` where the mask is set, of `b` where not. */
const choose = (mask: Vector, a: Vector, b: Vector): Vector => apply("v128.bitselect", a, b, mask);
/** The smaller of x and `bound`; NaN stays NaN, since pmin yields its first operand unless the second is less. */
const atMost = (x: Vector, bound: number): Vector => apply("f32x4.pmin", x, float(bound));
const atLeast = (x: Vector, bound: number): Vector => apply("f32x4.pmax", x, float(bound));
/** x with the sign bit of `from` set as well: restores -0, which sums lose. */
const withSignOf = (x: Vector, from: Vector): Vector => or(x, and(from, float(-0)));
/** 2^n for vectors of integers -126 ≤ n ≤ 127. */
const powerOfTwo = (n: Vector): Vector => shift("i32x4.shl", apply("i32x4.add", n, int(127)), 23);

// ---- the functions ----
const MIN_NORMAL = 2 ** -126;
const INFINITY = Number.POSITIVE_INFINITY;

/** The functions of one operand. */
export const unaryVectors: Readonly<Record<UnaryVector, (v: Lanes, x: Vector) => Vector>> = {
  exp: (v, x) => {
    const { n, tail, r } = reduceExponent(v, atLeast(atMost(x, 89), -104));
    // Two steps, so that 2^n may overflow or go subnormal only where the result does.
    const half = v.let(shift("i32x4.shr_s", n, 1));
    const scaled = mul(onePlus(v, r, tail), powerOfTwo(half));
    return mul(scaled, powerOfTwo(apply("i32x4.sub", n, half)));
  },

  expm1: (v, x) => {
    const { n, tail, r } = reduceExponent(v, atLeast(atMost(x, 89), -18));
    const q = v.let(add(tail, r));
    // 2^n (q + 1) - 1, doubled at the end because 2^128 is no float32.
    const scale = v.let(powerOfTwo(apply("i32x4.sub", n, int(1))));
    const half = v.let(v.madd(scale, q, sub(scale, float(0.5))));
    return withSignOf(choose(apply("i32x4.eq", n, int(0)), q, add(half, half)), x);
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

  log1p: (v, x) => {
    // 1 + x = u + lost exactly (Knuth's two-sum).
    const u = v.let(add(x, float(1)));
    const bumped = v.let(sub(u, float(1)));
    const lost = v.let(add(sub(float(1), sub(u, bumped)), sub(x, bumped)));
    const { e, m } = splitMantissa(v, u);
    // In units of the mantissa. Past 2^126 what was lost no longer matters; the limit keeps the scale a number.
    const unit = powerOfTwo(apply("i32x4.neg", apply("i32x4.min_s", e, int(126))));
    const f = v.let(choose(apply("i32x4.eq", e, int(0)), x, v.madd(lost, unit, sub(m, float(1)))));
    const sum = assembleLog(v, f, v.let(apply("f32x4.convert_i32x4_s", e)));
    const result = v.variable(withSignOf(sum, x));
    const usual = and(less(float(-1), x), less(x, float(INFINITY)));
    v.unlessAll(v.let(usual), () => result.assign(specialLog(u, x, result.get)));
    return result.get;
  },

  tanh: (v, x) => {
    const magnitude = v.let(abs(x));
    const square = v.let(mul(x, x));
    const series = v.polynomial(square, coefficients.tanh);
    const near = v.let(v.madd(mul(magnitude, square), series, magnitude));
    // Past 9.02 the result rounds to 1.
    const doubled = atMost(add(magnitude, magnitude), 20);
    const far = sub(float(1), div(float(2), add(expOfModerate(v, doubled), float(1))));
    return withSignOf(choose(less(magnitude, float(0.625)), near, far), x);
  },

  sigmoid: (v, x) => {
    // Of the two forms of 1 / (1 + e^-x), the one whose exponential cannot overflow.
    const negated = v.let(apply("f32x4.neg", abs(x)));
    const decay = v.let(unaryVectors.exp(v, negated));
    const quotient = v.let(div(choose(less(x, float(0)), decay, float(1)), add(decay, float(1))));
    // Where the result is small, decay - decay · quotient: the same, but 1 + decay has rounded less of it away.
    return choose(less(x, float(-0.7)), v.madd(apply("f32x4.neg", decay), quotient, decay), quotient);
  },

  erf: (v, x) => {
    const magnitude = v.let(abs(x));
    const square = v.let(mul(x, x));
    const series = v.polynomial(square, coefficients.erf);
    const near = v.let(v.madd(magnitude, series, magnitude));
    // erfc(a) = exp(a · Q(a)). Past 3.92 the result rounds to 1.
    const a = v.let(atMost(magnitude, 4));
    const q = v.polynomial(a, coefficients.erfcLog);
    const far = sub(float(1), expOfModerate(v, mul(a, q)));
    return withSignOf(choose(less(magnitude, float(0.925)), near, far), x);
  },

  sin: (v, x) => {
    const { n, r } = reduceAngle(v, x);
    // A result of 0 comes from an argument of 0 alone.
    return withSignOf(quadrant(v, n, r), and(x, apply("f32x4.eq", x, float(0))));
  },

  cos: (v, x) => {
    const { n, r } = reduceAngle(v, x);
    return quadrant(v, v.let(apply("i32x4.add", n, int(1))), r);
  },
};

/** Arguments of `sin` and `cos` up to here are reduced in vectors, those beyond one by one. */
export const moderateAngle = 2 ** 20;

/** x = (n + f) π/2 with |f| ≤ ½ and r = f π/2, for |x| ≤ {@link moderateAngle}. */
function reduceAngle(v: Lanes, x: Vector): { n: Vector; r: Vector } {
  const [low, high] = halves(v, x).map((wide) => {
    const rounded = v.let(v.madd64(wide, double(2 / Math.PI), double(rounder64)));
    const whole = v.let(apply("f64x2.sub", rounded, double(rounder64)));
    const r = v.madd64(whole, double(-halfPi.low), v.madd64(whole, double(-halfPi.high), wide));
    return { rounded, r: v.let(apply("f32x4.demote_f64x2_zero", r)) };
  }) as [Angle, Angle];
  return {
    n: v.let(shuffle(low.rounded, high.rounded, [0, 2, 4, 6])),
    r: v.let(shuffle(low.r, high.r, [0, 1, 4, 5])),
  };
}
interface Angle {
  /** n + {@link rounder64}. */
  readonly rounded: Vector;
  readonly r: Vector;
}

/** The lower and the upper two lanes as float64. */
function halves(v: Lanes, x: Vector): readonly [Vector, Vector] {
  const upper = shuffle(x, x, [2, 3, 2, 3]);
  return [v.let(apply("f64x2.promote_low_f32x4", x)), v.let(apply("f64x2.promote_low_f32x4", upper))];
}

/** sin (n π/2 + r) for |r| ≤ π/4. */
function quadrant(v: Lanes, n: Vector, r: Vector): Vector {
  const s = v.let(mul(r, r));
  const sine = v.madd(mul(r, s), v.polynomial(s, coefficients.sin), r);
  const cosine = v.madd(mul(s, s), v.polynomial(s, coefficients.cos), v.madd(s, float(-0.5), float(1)));
  const isOdd = apply("i32x4.ne", and(n, int(1)), int(0));
  const sign = shift("i32x4.shl", and(n, int(2)), 30);
  return v.let(apply("v128.xor", choose(isOdd, cosine, sine), sign));
}

/** 2^(y log₂ |x|) in float64, then C's rules for signs and for what has no logarithm. */
export function power(v: Lanes, x: Vector, y: Vector): Vector {
  const a = v.let(abs(x));
  const tiny = v.let(less(a, float(MIN_NORMAL)));
  const { e, m } = splitMantissa(v, v.let(choose(tiny, mul(a, float(2 ** 23)), a)));
  const exponent = v.let(apply("i32x4.add", e, and(tiny, int(-23))));
  const exponents = [exponent, shuffle(exponent, exponent, [2, 3, 2, 3])];
  const [zero, infinite] = [apply("f32x4.eq", a, float(0)), apply("f32x4.eq", a, float(INFINITY))].map((mask) =>
    v.let(mask),
  ) as [Vector, Vector];
  const wideY = halves(v, y);
  const [low, high] = halves(v, m).map((mantissa, i) => {
    const s = v.let(
      apply("f64x2.div", apply("f64x2.sub", mantissa, double(1)), apply("f64x2.add", mantissa, double(1))),
    );
    const t = v.let(apply("f64x2.mul", s, s));
    const series = v.polynomial64(t, coefficients.log2);
    const finite = v.madd64(s, series, apply("f64x2.convert_low_i32x4_s", exponents[i] as Vector));
    const both: [number, number, number, number] = i === 0 ? [0, 0, 1, 1] : [2, 2, 3, 3];
    const logarithm = choose(
      shuffle(zero, zero, both),
      double(-INFINITY),
      choose(shuffle(infinite, infinite, both), double(INFINITY), finite),
    );
    const product = apply("f64x2.mul", logarithm, wideY[i] as Vector);
    const clamped = v.let(apply("f64x2.pmax", apply("f64x2.pmin", product, double(160)), double(-160)));
    const rounded = v.let(apply("f64x2.add", clamped, double(rounder64)));
    const g = v.let(apply("f64x2.sub", clamped, apply("f64x2.sub", rounded, double(rounder64))));
    // The low bits of `rounded` are the exponent; double(1) has the bits of 1023 there.
    const scale = apply("i64x2.add", shift("i64x2.shl", rounded, 52), double(1));
    return v.let(apply("f32x4.demote_f64x2_zero", apply("f64x2.mul", v.polynomial64(g, coefficients.exp2), scale)));
  }) as [Vector, Vector];
  const magnitude = shuffle(low, high, [0, 1, 4, 5]);
  const isWhole = v.let(apply("f32x4.eq", y, apply("f32x4.nearest", y)));
  const half = v.let(mul(y, float(0.5)));
  const isOdd = and(isWhole, apply("f32x4.ne", half, apply("f32x4.nearest", half)));
  const signed = v.let(or(magnitude, and(isOdd, and(x, float(-0)))));
  const noRoot = apply("v128.andnot", apply("v128.andnot", less(x, float(0)), isWhole), infinite);
  const noNumber = or(apply("f32x4.ne", x, x), apply("f32x4.ne", y, y));
  const isOne = or(
    or(apply("f32x4.eq", y, float(0)), apply("f32x4.eq", x, float(1))),
    and(apply("f32x4.eq", a, float(1)), apply("f32x4.eq", abs(y), float(INFINITY))),
  );
  return choose(isOne, float(1), choose(or(noRoot, noNumber), float(Number.NaN), signed));
}

/** x = n ln 2 + r with |r| ≤ ln 2 / 2, and e^r = 1 + r + tail. */
function reduceExponent(v: Lanes, x: Vector): { n: Vector; tail: Vector; r: Vector } {
  const clamped = v.let(x);
  const rounded = v.let(v.madd(clamped, float(Math.LOG2E), float(rounder)));
  const whole = v.let(sub(rounded, float(rounder)));
  const r = v.let(v.madd(whole, float(-ln2.low), v.madd(whole, float(-ln2.high), clamped)));
  const series = v.polynomial(r, coefficients.exp);
  return { n: v.let(apply("i32x4.sub", rounded, int(bitsOf(rounder)))), tail: v.let(mul(mul(r, r), series)), r };
}

/** e^x where neither the result nor 2^n can leave the normal range: |x| ≤ 80. */
function expOfModerate(v: Lanes, x: Vector): Vector {
  const { n, tail, r } = reduceExponent(v, x);
  return v.let(mul(add(add(tail, r), float(1)), powerOfTwo(n)));
}

/** 1 + r + tail with one rounding error instead of two: what 1 + r loses goes to the tail. */
function onePlus(v: Lanes, r: Vector, tail: Vector): Vector {
  const sum = v.let(add(r, float(1)));
  return add(sum, add(sub(r, sub(sum, float(1))), tail));
}

/** x = m · 2^e with √½ ≤ m < √2, for positive normal x. */
function splitMantissa(v: Lanes, x: Vector): { e: Vector; m: Vector } {
  const offset = v.let(apply("i32x4.sub", x, int(sqrtHalfBits)));
  const e = v.let(shift("i32x4.shr_s", offset, 23));
  return { e, m: v.let(apply("i32x4.add", and(offset, int(0x7fffff)), int(sqrtHalfBits))) };
}

/** ln(1 + f) + e ln 2 for √½ - 1 ≤ f < √2 - 1: large terms are added last. */
function assembleLog(v: Lanes, f: Vector, e: Vector): Vector {
  const square = v.let(mul(f, f));
  const series = v.polynomial(f, coefficients.log);
  const small = v.madd(e, float(ln2.low), mul(mul(square, f), series));
  return v.let(v.madd(e, float(ln2.high), add(v.madd(square, float(-0.5), small), f)));
}

/** ln u where u is zero, negative, infinite or NaN (as `x`, which u may hide), else `usual`. */
function specialLog(u: Vector, x: Vector, usual: Vector): Vector {
  const zero = apply("f32x4.eq", u, float(0));
  const large = apply("f32x4.eq", x, float(INFINITY));
  const valid = apply("f32x4.gt", u, float(0));
  return choose(zero, float(-INFINITY), choose(large, x, choose(valid, usual, float(Number.NaN))));
}
