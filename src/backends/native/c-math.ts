/**
 * @file The float32 functions in C, by the formulas of the WebAssembly library. None has a branch or a call, so that
 * the compiler puts the loops around them into vectors; NaN, ±Inf, ±0 and subnormal numbers are as in C.
 */
import { bitsOf, coefficients, ln2, rounder, sqrtHalfBits } from "../approximations.js";
import { rareCoefficients, rounder64 } from "../approximations-rare.js";

const float = (value: number): string => `${value.toExponential(9)}f`;
const double = (value: number): string => value.toExponential(17);

/** c₀ + c₁x + c₂x² + … by Horner's rule. */
function polynomial(x: string, terms: readonly number[], spell = float, madd = "MADD"): string {
  return terms
    .slice(0, -1)
    .reduceRight((sum, c) => `${madd}(${sum}, ${x}, ${spell(c)})`, spell(terms.at(-1) as number));
}

/** 2/π with so many fractional bits. */
function twoOverPi(bits: number): bigint {
  // Machin: π/4 = 4 atan(1/5) - atan(1/239).
  const atanOfInverse = (n: bigint): bigint => {
    let power = (1n << BigInt(bits)) / n;
    let sum = power;
    for (let k = 3n; power !== 0n; k += 2n) {
      power /= n * n;
      sum += k % 4n === 3n ? -power / k : power / k;
    }
    return sum;
  };
  return (2n << BigInt(2 * bits)) / (4n * (4n * atanOfInverse(5n) - atanOfInverse(239n)));
}

/** 2/π as a sum of float64 that follow one another with 29 bits each, so that their products with 24 bits are exact. */
function quadrantPieces(): readonly number[] {
  const bits = 29 * 8;
  const digits = twoOverPi(bits);
  return Array.from({ length: 7 }, (_, i) => {
    const piece = (digits >> BigInt(bits - 29 * (i + 1))) & (2n ** 29n - 1n);
    return Number(piece) * 2 ** (-29 * (i + 1));
  });
}

/** Adds up what x times each piece leaves beside whole numbers, and the whole numbers. */
const turns = quadrantPieces()
  .map((piece, i) => {
    const sum = i === 0 ? "v" : "f + (v - w)";
    return `v = a * ${double(piece)}; w = __builtin_rint(v); n += w - 4.0 * __builtin_rint(0.25 * w); f = ${i === 0 ? "v - w" : sum};`;
  })
  .join("\n  ");

export const mathFunctions = `
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define MADD(a, b, c) __builtin_fmaf(a, b, c)
#define MADD64(a, b, c) __builtin_fma(a, b, c)
#else
#define MADD(a, b, c) ((a) * (b) + (c))
#define MADD64(a, b, c) ((a) * (b) + (c))
#endif

INLINE float bits_to_float(int32_t i) { float f; memcpy(&f, &i, 4); return f; }
INLINE int32_t float_to_bits(float f) { int32_t i; memcpy(&i, &f, 4); return i; }
INLINE double bits_to_double(int64_t i) { double f; memcpy(&f, &i, 8); return f; }
INLINE int64_t double_to_bits(double f) { int64_t i; memcpy(&i, &f, 8); return i; }
/* 2^n for -126 <= n <= 127. */
INLINE float pow2_f32(int32_t n) { return bits_to_float((int32_t)(((uint32_t)n + 127u) << 23)); }
INLINE float abs_f32(float x) { return bits_to_float(float_to_bits(x) & 0x7fffffff); }
/* x with the sign bit of s set as well. */
INLINE float with_sign_f32(float x, float s) { return bits_to_float(float_to_bits(x) | (float_to_bits(s) & (-0x7fffffff - 1))); }

/* x = n ln 2 + r with |r| <= ln 2 / 2, and e^r = 1 + r + tail. */
typedef struct { int32_t n; float r, tail; } exponent_parts;
INLINE exponent_parts reduce_exponent(float x) {
  float rounded = MADD(x, ${float(1 / Math.LN2)}, ${float(rounder)});
  float whole = rounded - ${float(rounder)};
  float r = MADD(whole, ${float(-ln2.low)}, MADD(whole, ${float(-ln2.high)}, x));
  float series = ${polynomial("r", coefficients.exp)};
  exponent_parts parts = {wrap_sub(float_to_bits(rounded), ${bitsOf(rounder)}), r, r * r * series};
  return parts;
}
/*
 * Between a negative and a positive bound, by the order of the bits: GCC turns two comparisons of floats into three
 * branches. What is no number becomes a bound, so the caller restores it.
 */
INLINE float clamp_f32(float x, float low, float high) {
  int32_t a = float_to_bits(x), b = float_to_bits(high);
  uint32_t c = (uint32_t)(a < b ? a : b), d = (uint32_t)float_to_bits(low);
  return bits_to_float((int32_t)(c < d ? c : d));
}
/* What 1 + r loses goes to the tail. 2^n in two factors, so that it overflows or goes subnormal only where e^x does. */
INLINE float exp_f32(float x) {
  exponent_parts p = reduce_exponent(clamp_f32(x, -104.0f, 89.0f));
  float sum = p.r + 1.0f;
  float y = sum + ((p.r - (sum - 1.0f)) + p.tail);
  int32_t half = p.n >> 1;
  y = y * pow2_f32(half) * pow2_f32(p.n - half);
  return x != x ? x : y;
}
/* For |x| <= 80. */
INLINE float exp_moderate_f32(float x) {
  exponent_parts p = reduce_exponent(x);
  return ((p.tail + p.r) + 1.0f) * pow2_f32(p.n);
}
INLINE float expm1_f32(float x) {
  exponent_parts p = reduce_exponent(clamp_f32(x, -18.0f, 89.0f));
  float q = p.tail + p.r;
  /* Doubled at the end because 2^128 is no float. */
  float scale = pow2_f32(p.n - 1);
  float half = MADD(scale, q, scale - 0.5f);
  float y = with_sign_f32(p.n == 0 ? q : half + half, x);
  return x != x ? x : y;
}

/* ln(1 + f) + e ln 2 for sqrt(1/2) - 1 <= f < sqrt(2) - 1: large terms are added last. */
INLINE float assemble_log(float f, float e) {
  float square = f * f;
  float series = ${polynomial("f", coefficients.log)};
  float small = MADD(e, ${float(ln2.low)}, square * f * series);
  return MADD(e, ${float(ln2.high)}, MADD(square, -0.5f, small) + f);
}
INLINE float log_f32(float x) {
  int tiny = x < 1.17549435e-38f;
  int32_t offset = wrap_sub(float_to_bits(tiny ? x * 8388608.0f : x), ${sqrtHalfBits});
  float f = bits_to_float((offset & 0x7fffff) + ${sqrtHalfBits}) - 1.0f;
  float y = assemble_log(f, (float)(offset >> 23) + (tiny ? -23.0f : 0.0f));
  y = x > 0.0f ? y : (x == 0.0f ? -INFINITY : NAN);
  return x == INFINITY ? x : y;
}
INLINE float log1p_f32(float x) {
  /* 1 + x = u + lost exactly. */
  float u = x + 1.0f;
  float bumped = u - 1.0f;
  float lost = (1.0f - (u - bumped)) + (x - bumped);
  int32_t offset = wrap_sub(float_to_bits(u), ${sqrtHalfBits});
  int32_t e = offset >> 23;
  /* In units of the mantissa. Past 2^126 what was lost no longer matters. */
  float unit = pow2_f32(-(e < 126 ? e : 126));
  float m = bits_to_float((offset & 0x7fffff) + ${sqrtHalfBits});
  float f = e == 0 ? x : MADD(lost, unit, m - 1.0f);
  float y = with_sign_f32(assemble_log(f, (float)e), x);
  y = u > 0.0f ? y : (u == 0.0f ? -INFINITY : NAN);
  return x == INFINITY ? x : y;
}

INLINE float tanh_f32(float x) {
  float a = abs_f32(x);
  float s = x * x;
  float near = MADD(a * s, ${polynomial("s", rareCoefficients.tanh)}, a);
  /* Past 9.02 the result rounds to 1. */
  float doubled = a + a > 20.0f ? 20.0f : a + a;
  float far = 1.0f - 2.0f / (exp_moderate_f32(doubled) + 1.0f);
  return with_sign_f32(a < 0.625f ? near : far, x);
}
/* Of the two forms of 1 / (1 + e^-x), the one whose exponential cannot overflow. */
INLINE float sigmoid_f32(float x) {
  float decay = exp_f32(-abs_f32(x));
  float quotient = (x < 0.0f ? decay : 1.0f) / (decay + 1.0f);
  return x < -0.7f ? MADD(-decay, quotient, decay) : quotient;
}
INLINE float erf_f32(float x) {
  float magnitude = abs_f32(x);
  float s = x * x;
  float near = MADD(magnitude, ${polynomial("s", rareCoefficients.erf)}, magnitude);
  /* erfc a = exp(a Q(a)). Past 3.92 the result rounds to 1. */
  float a = magnitude > 4.0f ? 4.0f : magnitude;
  float far = 1.0f - exp_moderate_f32(a * ${polynomial("a", rareCoefficients.erfcLog)});
  return with_sign_f32(magnitude < 0.925f ? near : far, x);
}

/* x = (n + f) pi/2 with |f| <= 1/2, whatever x: see quadrantPieces. */
typedef struct { int32_t n; float r; } angle_parts;
INLINE angle_parts reduce_angle(float x) {
  double a = x, v, w, f, n = 0.0;
  ${turns}
  w = __builtin_rint(f);
  angle_parts parts = {(int32_t)(n + w), (float)((f - w) * ${double(Math.PI / 2)})};
  return parts;
}
INLINE float quadrant_f32(int32_t n, float r) {
  float s = r * r;
  float sine = MADD(r * s, ${polynomial("s", rareCoefficients.sin)}, r);
  float cosine = MADD(s * s, ${polynomial("s", rareCoefficients.cos)}, MADD(s, -0.5f, 1.0f));
  float y = (n & 1) ? cosine : sine;
  return (n & 2) ? -y : y;
}
INLINE float sin_f32(float x) {
  angle_parts p = reduce_angle(x);
  float y = quadrant_f32(p.n, p.r);
  y = x == 0.0f ? x : y;
  return x - x == 0.0f ? y : NAN;
}
INLINE float cos_f32(float x) {
  angle_parts p = reduce_angle(x);
  float y = quadrant_f32(p.n + 1, p.r);
  return x - x == 0.0f ? y : NAN;
}

/* 2^(y log2 |x|) in float64, then C's rules for signs and for what has no logarithm. */
INLINE float pow_f32(float x, float y) {
  float a = abs_f32(x);
  int tiny = a < 1.17549435e-38f;
  int32_t offset = wrap_sub(float_to_bits(tiny ? a * 8388608.0f : a), ${sqrtHalfBits});
  double m = bits_to_float((offset & 0x7fffff) + ${sqrtHalfBits});
  double e = (offset >> 23) + (tiny ? -23 : 0);
  double s = (m - 1.0) / (m + 1.0);
  double t = s * s;
  double logarithm = MADD64(s, ${polynomial("t", rareCoefficients.log2, double, "MADD64")}, e);
  logarithm = a == 0.0f ? -INFINITY : (a == INFINITY ? INFINITY : logarithm);
  double product = logarithm * y;
  product = product > 160.0 ? 160.0 : product;
  product = product < -160.0 ? -160.0 : product;
  double rounded = product + ${double(rounder64)};
  double whole = rounded - ${double(rounder64)};
  double g = product - whole;
  double power = ${polynomial("g", rareCoefficients.exp2, double, "MADD64")};
  float z = (float)(power * bits_to_double((int64_t)(((uint64_t)double_to_bits(rounded) << 52) + 0x3ff0000000000000u)));
  float h = 0.5f * y;
  float whole_power = __builtin_rintf(h) == h ? z : -z;
  float broken_power = a == INFINITY ? z : (a == 0.0f ? z : NAN);
  float negative = __builtin_rintf(y) == y ? whole_power : broken_power;
  z = float_to_bits(x) < 0 ? negative : z;
  z = x != x ? x : z;
  z = y != y ? y : z;
  float unit = abs_f32(y) == INFINITY ? 1.0f : z;
  z = a == 1.0f ? unit : z;
  z = x == 1.0f ? 1.0f : z;
  return y == 0.0f ? 1.0f : z;
}
INLINE double sigmoid_f64(double x) {
  double decay = exp(-__builtin_fabs(x));
  return (x < 0 ? decay : 1.0) / (1.0 + decay);
}
`;
