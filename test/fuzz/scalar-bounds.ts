/**
 * @file How far apart two correct computations of one scalar formula may be. A bounded number is a value
 * and the largest distance at which an implementation that rounds after every step may end up; `Infinity`
 * where nothing can be said, as beyond a jump that rounding may cross.
 *
 * The rules are those of running error analysis (Higham, Accuracy and Stability, chapter 3): operands are
 * moved to the ends of their intervals, and each operation adds its own rounding error.
 */
import { isFloating, type NumericDType, roundTo } from "../../src/core/index.js";
import { type BinaryOp, binaryFunctions, convert, type UnaryOp, unaryFunctions } from "../../src/ir/index.js";

export interface Bounded {
  readonly value: number;
  readonly error: number;
}

export const exact = (value: number): Bounded => ({ value, error: 0 });
export const unknown = (value: number): Bounded => ({ value, error: Number.POSITIVE_INFINITY });

/** Half a unit in the last place, relative. */
export const unitRoundoff = (dtype: NumericDType): number => (dtype === "float64" ? 2 ** -53 : 2 ** -24);
const smallest = (dtype: NumericDType): number => (dtype === "float64" ? 2 ** -1022 : 2 ** -126);
const largest = (dtype: NumericDType): number => (dtype === "float64" ? Number.MAX_VALUE : 3.4028234e38);

/** Instructions that round correctly. Everything else may be wrong by {@link functionUlps}. */
const correctlyRounded: ReadonlySet<string> = new Set([
  "neg",
  "abs",
  "sign",
  "floor",
  "ceil",
  "round",
  "sqrt",
  "add",
  "sub",
  "mul",
  "div",
  "max",
  "min",
]);
/** The mathematical functions promise 2 units in the last place; twice that for their compositions (`sigmoid`). */
const functionUlps = 4;

const distance = (a: number, b: number): number => {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  const apart = Math.abs(a - b);
  return Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart;
};

/** Adds the rounding of one operation to what its operands brought along. */
export function rounded(value: number, inherited: number, dtype: NumericDType, ulps = 1): Bounded {
  if (!isFloating(dtype)) return { value, error: inherited };
  if (inherited === 0 && ulps === 1 && (isUnrounded(value, dtype) || Number.isNaN(value))) return exact(value);
  if (!Number.isFinite(value)) return { value, error: inherited };
  const magnitude = Math.abs(value) + inherited;
  if (magnitude >= largest(dtype)) return unknown(value);
  let error = inherited + 2 * ulps * unitRoundoff(dtype) * magnitude;
  // Gradual underflow has an absolute error, and some functions flush to zero.
  if (magnitude < 2 * smallest(dtype)) error += smallest(dtype);
  return { value, error };
}

/**
 * Whether nothing was rounded on the way to a value. The reference itself rounds float64, so there only whole
 * numbers tell; a compiler that contracts `a * b + c` into one operation rounds once less.
 */
const isUnrounded = (value: number, dtype: NumericDType): boolean =>
  dtype === "float64" ? Number.isSafeInteger(value) || !Number.isFinite(value) : roundTo[dtype](value) === value;

export function boundUnary(op: UnaryOp, x: Bounded, dtype: NumericDType): Bounded {
  const f = (at: number): number =>
    dtype === "float64" ? unaryFunctions[op](at) : storeInteger(unaryFunctions[op](at), dtype);
  const value = f(x.value);
  if (x.error === Number.POSITIVE_INFINITY) return unknown(value);
  const ulps = correctlyRounded.has(op) ? 1 : functionUlps;
  if (x.error === 0) return rounded(value, 0, dtype, ulps);
  if (dtype === "bool") return { value, error: 1 };
  let inherited: number;
  if (op === "sin" || op === "cos") inherited = Math.min(x.error, 2);
  else if (op === "tan") {
    inherited = x.error * (1 + value * value) * 2;
    if (!(inherited < 0.1)) return unknown(value);
  } else {
    inherited = Math.max(distance(f(x.value - x.error), value), distance(f(x.value + x.error), value));
    // Between the ends lies a value that neither shows.
    if (op === "sign" && Math.abs(x.value) <= x.error) inherited = 2;
  }
  return rounded(value, inherited, dtype, ulps);
}

const storeInteger = (value: number, dtype: NumericDType): number =>
  isFloating(dtype) ? value : roundTo[dtype](value);

export function boundBinary(op: BinaryOp, a: Bounded, b: Bounded, dtype: NumericDType): Bounded {
  const table = binaryFunctions(dtype);
  const isTruth = op === "eq" || op === "ne" || op === "lt" || op === "le" || op === "and" || op === "or";
  const f = (x: number, y: number): number => (isTruth ? table[op](x, y) : storeInteger(table[op](x, y), dtype));
  const value = f(a.value, b.value);
  if (op === "and" || op === "or") return boundLogical(value, op, a, b);
  if (a.error === Number.POSITIVE_INFINITY || b.error === Number.POSITIVE_INFINITY) return unknown(value);
  const uncertain = a.error > 0 || b.error > 0;
  if (isTruth) {
    if (!uncertain || Math.abs(a.value - b.value) > a.error + b.error) return exact(value);
    return { value, error: 1 };
  }
  // The sign of a zero divisor or base is nobody's promise; a quotient of integers jumps.
  if (op === "div" && isFloating(dtype) && Math.abs(b.value) <= b.error && !Number.isNaN(a.value))
    return unknown(value);
  if (op === "pow" && isFloating(dtype) && a.value === 0 && b.value < 0) return unknown(value);
  const ulps = correctlyRounded.has(op) ? 1 : functionUlps;
  if (!uncertain) return rounded(value, 0, dtype, op === "mod" ? 1 : ulps);
  if (!isFloating(dtype)) {
    const steady = op === "add" || op === "sub" || op === "max" || op === "min";
    const error = a.error + b.error;
    return steady && Math.abs(value) + error < 2 ** 31 ? { value, error } : unknown(value);
  }
  if (op === "pow" && a.value <= a.error) return unknown(value);
  let inherited = 0;
  for (const x of [a.value - a.error, a.value + a.error])
    for (const y of [b.value - b.error, b.value + b.error]) inherited = Math.max(inherited, distance(f(x, y), value));
  // A remainder may jump by the divisor where the quotient comes near a whole number.
  if (op === "mod") {
    const quotient = a.value / b.value;
    const reach = 2 * Math.abs(quotient) * (a.error / Math.abs(a.value) + b.error / Math.abs(b.value)) + 1e-12;
    if (!(Math.abs(quotient - Math.round(quotient)) > reach)) return unknown(value);
  }
  return rounded(value, inherited, dtype, op === "mod" ? 1 : ulps);
}

function boundLogical(value: number, op: "and" | "or", a: Bounded, b: Bounded): Bounded {
  const decides = (x: Bounded): boolean => x.error === 0 && (op === "and" ? x.value === 0 : x.value !== 0);
  if (decides(a) || decides(b)) return exact(value);
  return { value, error: Math.max(a.error, b.error) === 0 ? 0 : 1 };
}

export function boundSelect(condition: Bounded, a: Bounded, b: Bounded): Bounded {
  const chosen = condition.value !== 0 ? a : b;
  if (condition.error === 0) return chosen;
  return { value: chosen.value, error: distance(a.value, b.value) + Math.max(a.error, b.error) };
}

export function boundCast(x: Bounded, from: NumericDType, to: NumericDType): Bounded {
  const value = convert(x.value, from, to);
  if (x.error === Number.POSITIVE_INFINITY) return unknown(value);
  if (isFloating(to)) return rounded(value, x.error, to);
  if (x.error === 0) return exact(value);
  if (to === "bool") return { value, error: Math.abs(x.value) <= x.error ? 1 : 0 };
  // Bytes wrap: what lies between the ends shows at neither.
  const turn = (end: number): number => Math.floor(Math.trunc(end) / 256);
  if (to === "uint8" && turn(x.value - x.error) !== turn(x.value + x.error)) return unknown(value);
  const ends = [x.value - x.error, x.value + x.error].map((end) => distance(convert(end, from, to), value));
  return { value, error: Math.max(...ends) };
}
