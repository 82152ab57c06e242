/**
 * @file Mathematical functions for compiled kernels: four float32 lanes, one float32, or one float64 at a time.
 * Imports the assembler and the scalar tables. Vector functions stay within 2 ulp of the exact value and treat NaN, ±Inf, ±0 and
 * subnormal numbers as C does; a scalar float32 result has the same bits as the same lane of a vector.
 */
import { erf } from "../../ir/index.js";
import type { FunctionBuilder, FunctionRef, ModuleBuilder, Opcode, ValType } from "./assembler/index.js";

/** Functions written as vector polynomials. */
type PolynomialFunction = "exp" | "expm1" | "log" | "log1p" | "tanh" | "sigmoid" | "erf";
/** Functions of one operand that go through float64, lane by lane. */
type ImportedFunction =
  | "sin"
  | "cos"
  | "tan"
  | "asin"
  | "acos"
  | "atan"
  | "sinh"
  | "cosh"
  | "asinh"
  | "acosh"
  | "atanh";
type BinaryFunction = "pow";
export type MathFunction = PolynomialFunction | ImportedFunction | BinaryFunction;

export interface MathOptions {
  /** Whether the engine has fused multiply-add; see `detectFeatures`. */
  readonly relaxedSimd: boolean;
}

/** The module name under which {@link mathImports} must be given to the engine. */
const IMPORT_MODULE = "math";

/** The float64 functions that modules with a {@link MathLibrary} import, as `{ math: mathImports }`. */
export const mathImports: Readonly<Record<MathFunction, (x: number, y: number) => number>> = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  tanh: Math.tanh,
  sigmoid: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
  erf,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  // IEEE 754 and C say 1 where JavaScript says NaN: 1 to any power, and -1 to an infinite one.
  pow: (x, y) => (x === 1 || (x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY) ? 1 : x ** y),
};

/** Adds to a module those mathematical functions that its kernels ask for, each once. */
export class MathLibrary {
  readonly #module: ModuleBuilder;
  readonly #options: MathOptions;
  readonly #defined = new Map<string, FunctionRef>();

  /** Whether fused multiply-add is used. */
  get fused(): boolean {
    return this.#options.relaxedSimd;
  }

  constructor(module: ModuleBuilder, options: MathOptions) {
    this.#module = module;
    this.#options = options;
  }

  /** The function on four float32 lanes: v128 → v128, or (v128, v128) → v128 for `pow`. */
  vector(name: MathFunction): FunctionRef {
    return this.#once(`${name}.f32x4`, (label) => {
      const params = operands(name, "v128");
      return this.#module.defineFunction(label, params, ["v128"], (f) => {
        if (isPolynomial(name)) {
          const lanes = new Lanes(f, this.#options);
          polynomials[name](lanes, (g) => g.get(g.param(0)))(f);
        } else {
          throughFloat64(f, params.length, this.double(name));
        }
      });
    });
  }

  /** The function on one float32: f32 → f32, or (f32, f32) → f32 for `pow`. Same bits as {@link vector}. */
  scalar(name: MathFunction): FunctionRef {
    return this.#once(`${name}.f32`, (label) => {
      const vector = this.vector(name);
      return this.#module.defineFunction(label, operands(name, "f32"), ["f32"], (f) => {
        for (let i = 0; i < vector.params.length; i++) {
          f.get(f.param(i));
          f.op("f32x4.splat");
        }
        f.call(vector);
        f.lane("f32x4.extract_lane", 0);
      });
    });
  }

  /** The function on one float64: f64 → f64, or (f64, f64) → f64 for `pow`. Imported from {@link mathImports}. */
  double(name: MathFunction): FunctionRef {
    return this.#once(`${name}.f64`, () =>
      this.#module.importFunction(IMPORT_MODULE, name, operands(name, "f64"), ["f64"]),
    );
  }

  #once(label: string, define: (label: string) => FunctionRef): FunctionRef {
    const ref = this.#defined.get(label) ?? define(label);
    this.#defined.set(label, ref);
    return ref;
  }
}

const operands = (name: MathFunction, type: ValType): ValType[] => (name === "pow" ? [type, type] : [type]);
const isPolynomial = (name: MathFunction): name is PolynomialFunction => Object.hasOwn(polynomials, name);

/** Widens each lane to float64, calls `double`, and rounds the result back into the lane. */
function throughFloat64(f: FunctionBuilder, arity: number, double: FunctionRef): void {
  const result = f.local("v128");
  for (let lane = 0; lane < 4; lane++) {
    f.get(result);
    for (let i = 0; i < arity; i++) {
      f.get(f.param(i));
      f.lane("f32x4.extract_lane", lane);
      f.op("f64.promote_f32");
    }
    f.call(double);
    f.op("f32.demote_f64");
    f.lane("f32x4.replace_lane", lane);
    f.set(result);
  }
  f.get(result);
}

// ---- a small expression language over four lanes ----

/** Code that leaves one vector on the stack. */
type Vector = (f: FunctionBuilder) => void;

class Lanes {
  readonly #f: FunctionBuilder;
  readonly #fused: boolean;

  constructor(f: FunctionBuilder, options: MathOptions) {
    this.#f = f;
    this.#fused = options.relaxedSimd;
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

  /** The polynomial c₀ + c₁x + c₂x² + … by Horner's rule. */
  polynomial(x: Vector, coefficients: readonly number[]): Vector {
    return coefficients
      .slice(0, -1)
      .reduceRight<Vector>((sum, c) => this.madd(sum, x, float(c)), float(coefficients.at(-1) ?? 0));
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
const shift =
  (code: "i32x4.shl" | "i32x4.shr_s", value: Vector, bits: number): Vector =>
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
// Coefficients are minimax fits of the relative error, rounded to float32 one by one, low orders first.

const LN2 = Math.LN2;
/** ln 2 in two parts: the first has few enough bits that its product with an exponent is exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = LN2 - LN2_HIGH;
/** Adding 1.5 · 2^23 rounds to an integer and leaves it in the low bits of the sum. */
const ROUNDER = 1.5 * 2 ** 23;
const MIN_NORMAL = 2 ** -126;
const INFINITY = Number.POSITIVE_INFINITY;

const polynomials: Readonly<Record<PolynomialFunction, (v: Lanes, x: Vector) => Vector>> = {
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
    const series = v.polynomial(square, [-0.333332807, 0.133314088, -0.0537369512, 0.0206300691, -0.00569486013]);
    const near = v.let(v.madd(mul(magnitude, square), series, magnitude));
    // Past 9.02 the result rounds to 1.
    const doubled = atMost(add(magnitude, magnitude), 20);
    const far = sub(float(1), div(float(2), add(expOfModerate(v, doubled), float(1))));
    return withSignOf(choose(less(magnitude, float(0.625)), near, far), x);
  },

  sigmoid: (v, x) => {
    // Of the two forms of 1 / (1 + e^-x), the one whose exponential cannot overflow.
    const negated = v.let(apply("f32x4.neg", abs(x)));
    const decay = v.let(polynomials.exp(v, negated));
    const quotient = v.let(div(choose(less(x, float(0)), decay, float(1)), add(decay, float(1))));
    // Where the result is small, decay - decay · quotient: the same, but 1 + decay has rounded less of it away.
    return choose(less(x, float(-0.7)), v.madd(apply("f32x4.neg", decay), quotient, decay), quotient);
  },

  erf: (v, x) => {
    const magnitude = v.let(abs(x));
    const square = v.let(mul(x, x));
    const series = v.polynomial(
      square,
      [0.128379166, -0.376126289, 0.112836257, -0.0268557295, 0.00519239204, -0.000804949668, 7.99489208e-5],
    );
    const near = v.let(v.madd(magnitude, series, magnitude));
    // erfc(a) = exp(a · Q(a)). Past 3.92 the result rounds to 1.
    const a = v.let(atMost(magnitude, 4));
    const q = v.polynomial(a, [-1.12851441, -0.635718167, -0.105262011, 0.0228900481, -0.00321497209, 0.000213985477]);
    const far = sub(float(1), expOfModerate(v, mul(a, q)));
    return withSignOf(choose(less(magnitude, float(0.925)), near, far), x);
  },
};

/** x = n ln 2 + r with |r| ≤ ln 2 / 2, and e^r = 1 + r + tail. */
function reduceExponent(v: Lanes, x: Vector): { n: Vector; tail: Vector; r: Vector } {
  const clamped = v.let(x);
  const rounded = v.let(v.madd(clamped, float(1 / LN2), float(ROUNDER)));
  const whole = v.let(sub(rounded, float(ROUNDER)));
  const r = v.let(v.madd(whole, float(-LN2_LOW), v.madd(whole, float(-LN2_HIGH), clamped)));
  const series = v.polynomial(r, [0.49999997, 0.16666545, 0.041667439, 0.00836645346, 0.0013870555]);
  const bits = new Int32Array(new Float32Array([ROUNDER]).buffer)[0] ?? 0;
  return { n: v.let(apply("i32x4.sub", rounded, int(bits))), tail: v.let(mul(mul(r, r), series)), r };
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
  const sqrtHalf = 0x3f3504f3;
  const offset = v.let(apply("i32x4.sub", x, int(sqrtHalf)));
  const e = v.let(shift("i32x4.shr_s", offset, 23));
  return { e, m: v.let(apply("i32x4.add", and(offset, int(0x7fffff)), int(sqrtHalf))) };
}

/** ln(1 + f) + e ln 2 for √½ - 1 ≤ f < √2 - 1: large terms are added last. */
function assembleLog(v: Lanes, f: Vector, e: Vector): Vector {
  const square = v.let(mul(f, f));
  const series = v.polynomial(
    f,
    [0.333333313, -0.250008196, 0.200012401, -0.166234076, 0.142016232, -0.131596759, 0.127619147, -0.0763586089],
  );
  const small = v.madd(e, float(LN2_LOW), mul(mul(square, f), series));
  return v.let(v.madd(e, float(LN2_HIGH), add(v.madd(square, float(-0.5), small), f)));
}

/** ln u where u is zero, negative, infinite or NaN (as `x`, which u may hide), else `usual`. */
function specialLog(u: Vector, x: Vector, usual: Vector): Vector {
  const zero = apply("f32x4.eq", u, float(0));
  const large = apply("f32x4.eq", x, float(INFINITY));
  const valid = apply("f32x4.gt", u, float(0));
  return choose(zero, float(-INFINITY), choose(large, x, choose(valid, usual, float(Number.NaN))));
}
