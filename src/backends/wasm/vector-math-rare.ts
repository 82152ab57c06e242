/**
 * @file The formulas of vector functions that few programs need, as `vector-math` has those of the others; see there.
 * Loaded for programs that use one.
 */
import { rareCoefficients as coefficients, halfPi, rounder64 } from "../approximations-rare.js";
import {
  abs,
  add,
  and,
  apply,
  assembleLog,
  atLeast,
  atMost,
  choose,
  div,
  float,
  INFINITY,
  int,
  type Lanes,
  less,
  MIN_NORMAL,
  mul,
  or,
  powerOfTwo,
  type RareFunction,
  reduceExponent,
  shift,
  specialLog,
  splitMantissa,
  sub,
  type Vector,
  withSignOf,
} from "./vector-math.js";

/** The functions of one operand, and `pow` of two. */
export const rareVectors: Readonly<Record<RareFunction, (v: Lanes, x: Vector, y: Vector) => Vector>> = {
  expm1: (v, x) => {
    const { n, tail, r } = reduceExponent(v, atLeast(atMost(x, 89), -18));
    const q = v.let(add(tail, r));
    // 2^n (q + 1) - 1, doubled at the end because 2^128 is no float32.
    const scale = v.let(powerOfTwo(apply("i32x4.sub", n, int(1))));
    const half = v.let(v.madd(scale, q, sub(scale, float(0.5))));
    return withSignOf(choose(apply("i32x4.eq", n, int(0)), q, add(half, half)), x);
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

  pow: power,
};

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

/** a · b + c for two float64, fused where the engine can. */
const madd64 = ({ fused }: Lanes, a: Vector, b: Vector, c: Vector): Vector =>
  fused ? apply("f64x2.relaxed_madd", a, b, c) : apply("f64x2.add", apply("f64x2.mul", a, b), c);
/** The polynomial c₀ + c₁x + c₂x² + … of two float64. */
const polynomial64 = (v: Lanes, x: Vector, terms: readonly number[]): Vector =>
  terms.slice(0, -1).reduceRight<Vector>((sum, c) => madd64(v, sum, x, double(c)), double(terms.at(-1) ?? 0));

/** x = (n + f) π/2 with |f| ≤ ½ and r = f π/2, for |x| ≤ {@link moderateAngle}. */
function reduceAngle(v: Lanes, x: Vector): { n: Vector; r: Vector } {
  const [low, high] = halves(v, x).map((wide) => {
    const rounded = v.let(madd64(v, wide, double(2 / Math.PI), double(rounder64)));
    const whole = v.let(apply("f64x2.sub", rounded, double(rounder64)));
    const r = madd64(v, whole, double(-halfPi.low), madd64(v, whole, double(-halfPi.high), wide));
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
function power(v: Lanes, x: Vector, y: Vector): Vector {
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
    const series = polynomial64(v, t, coefficients.log2);
    const finite = madd64(v, s, series, apply("f64x2.convert_low_i32x4_s", exponents[i] as Vector));
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
    return v.let(apply("f32x4.demote_f64x2_zero", apply("f64x2.mul", polynomial64(v, g, coefficients.exp2), scale)));
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

/** e^x where neither the result nor 2^n can leave the normal range: |x| ≤ 80. */
function expOfModerate(v: Lanes, x: Vector): Vector {
  const { n, tail, r } = reduceExponent(v, x);
  return v.let(mul(add(add(tail, r), float(1)), powerOfTwo(n)));
}
