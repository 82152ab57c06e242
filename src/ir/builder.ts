/**
 * @file Builds expressions: shares equal nodes, folds constants, and keeps index arithmetic in a
 * canonical linear form so that reshapes and transposes melt into plain strides.
 * Axes carry their extents, which lets `floorDiv`, `floorMod` and comparisons of indices disappear
 * where their ranges decide them.
 */
import { isFloating, type NumericDType, roundTo } from "../core/index.js";
import { type BinaryOp, type Expr, isComparison, type UnaryOp, type ValueId } from "./expression.js";
import { binaryFunctions, convert, unaryFunctions } from "./scalar.js";

/** `offset + Σ coefficient · atom`, atoms in order of their ids. */
export interface Linear {
  readonly offset: number;
  readonly terms: readonly { readonly atom: Expr; readonly coefficient: number }[];
}
interface Range {
  readonly low: number;
  readonly high: number;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type NewExpr = DistributiveOmit<Expr, "id">;

/** Beyond this, 32-bit index arithmetic might wrap, and range-based rules stay off. */
const safeIndex = 2 ** 30;

export class ExpressionBuilder {
  private readonly interned = new Map<string, Expr>();
  private readonly linears = new Map<number, Linear>();
  private readonly ranges = new Map<number, Range | null>();
  private count = 0;

  // ---- leaves ----

  constant(value: number, dtype: NumericDType): Expr {
    const stored = roundTo[dtype](value);
    return this.intern(`c${dtype}${Object.is(stored, -0) ? "-0" : stored}`, { kind: "constant", dtype, value: stored });
  }
  /** An int32 constant: an index, an extent. */
  index(value: number): Expr {
    return this.constant(value, "int32");
  }
  bool(value: boolean): Expr {
    return this.constant(value ? 1 : 0, "bool");
  }
  /** The loop variable of `axis`; the constant 0 when it has only one value. */
  axis(axis: number, extent: number): Expr {
    if (extent === 1) return this.index(0);
    return this.intern(`a${axis}:${extent}`, { kind: "axis", dtype: "int32", axis, extent });
  }
  load(value: ValueId, dtype: NumericDType, indices: readonly Expr[]): Expr {
    return this.intern(`l${value}:${indices.map((i) => i.id).join(",")}`, { kind: "load", dtype, value, indices });
  }

  // ---- general forms ----

  unary(op: UnaryOp, x: Expr): Expr {
    if (x.kind === "constant") return this.constant(unaryFunctions[op](x.value), x.dtype);
    if (x.kind === "unary" && x.op === op) {
      if (op === "neg" || op === "not") return x.x;
      if (op === "abs" || op === "floor" || op === "ceil" || op === "round") return x;
    }
    if (x.dtype === "int32" && op === "neg") return this.fromLinear(scale(this.linearOf(x), -1));
    if (!isFloating(x.dtype) && (op === "floor" || op === "ceil" || op === "round")) return x;
    return this.intern(`u${op}:${x.id}`, { kind: "unary", op, dtype: x.dtype, x });
  }

  binary(op: BinaryOp, a: Expr, b: Expr): Expr {
    if (a.dtype !== b.dtype) throw new Error(`Kernel expression ${op} mixes ${a.dtype} and ${b.dtype}`);
    const dtype: NumericDType = isComparison(op) ? "bool" : a.dtype;
    if (a.kind === "constant" && b.kind === "constant")
      return this.constant(binaryFunctions(a.dtype)[op](a.value, b.value), dtype);
    const simpler = a.dtype === "int32" ? this.simplifyInteger(op, a, b) : this.simplify(op, a, b);
    return simpler ?? this.intern(`b${op}:${a.id},${b.id}`, { kind: "binary", op, dtype, a, b });
  }

  select(condition: Expr, a: Expr, b: Expr): Expr {
    if (a.dtype !== b.dtype) throw new Error(`Kernel select mixes ${a.dtype} and ${b.dtype}`);
    if (condition.kind === "constant") return condition.value !== 0 ? a : b;
    if (a === b) return a;
    return this.intern(`s${condition.id},${a.id},${b.id}`, { kind: "select", dtype: a.dtype, condition, a, b });
  }

  cast(x: Expr, dtype: NumericDType): Expr {
    if (x.dtype === dtype) return x;
    if (x.kind === "constant") return this.constant(convert(x.value, x.dtype, dtype), dtype);
    return this.intern(`t${dtype}:${x.id}`, { kind: "cast", dtype, x });
  }

  // ---- names for the common ones ----

  neg = (x: Expr): Expr => this.unary("neg", x);
  abs = (x: Expr): Expr => this.unary("abs", x);
  exp = (x: Expr): Expr => this.unary("exp", x);
  log = (x: Expr): Expr => this.unary("log", x);
  log1p = (x: Expr): Expr => this.unary("log1p", x);
  sqrt = (x: Expr): Expr => this.unary("sqrt", x);
  not = (x: Expr): Expr => this.unary("not", x);
  add = (a: Expr, b: Expr): Expr => this.binary("add", a, b);
  sub = (a: Expr, b: Expr): Expr => this.binary("sub", a, b);
  mul = (a: Expr, b: Expr): Expr => this.binary("mul", a, b);
  div = (a: Expr, b: Expr): Expr => this.binary("div", a, b);
  max = (a: Expr, b: Expr): Expr => this.binary("max", a, b);
  min = (a: Expr, b: Expr): Expr => this.binary("min", a, b);
  pow = (a: Expr, b: Expr): Expr => this.binary("pow", a, b);
  eq = (a: Expr, b: Expr): Expr => this.binary("eq", a, b);
  ne = (a: Expr, b: Expr): Expr => this.binary("ne", a, b);
  lt = (a: Expr, b: Expr): Expr => this.binary("lt", a, b);
  le = (a: Expr, b: Expr): Expr => this.binary("le", a, b);
  gt = (a: Expr, b: Expr): Expr => this.binary("lt", b, a);
  ge = (a: Expr, b: Expr): Expr => this.binary("le", b, a);
  and = (a: Expr, b: Expr): Expr => this.binary("and", a, b);
  or = (a: Expr, b: Expr): Expr => this.binary("or", a, b);
  /** Division rounding down; floats are composed of `floor` and `div`. */
  floorDiv = (a: Expr, b: Expr): Expr =>
    isFloating(a.dtype) ? this.unary("floor", this.div(a, b)) : this.binary("floorDiv", a, b);
  /** Remainder with the divisor's sign. */
  floorMod = (a: Expr, b: Expr): Expr => {
    if (!isFloating(a.dtype)) return this.binary("floorMod", a, b);
    const remainder = this.binary("mod", a, b);
    const zero = this.constant(0, a.dtype);
    const signsDiffer = this.ne(this.lt(remainder, zero), this.lt(b, zero));
    return this.select(this.and(this.ne(remainder, zero), signsDiffer), this.add(remainder, b), remainder);
  };
  /** A constant of `like`'s dtype. */
  like = (like: Expr, value: number): Expr => this.constant(value, like.dtype);

  /** `low <= x < high` of an index. */
  within(x: Expr, low: number, high: number): Expr {
    return this.and(this.le(this.index(low), x), this.lt(x, this.index(high)));
  }

  /** Rebuilds an expression with axes replaced, and loads replaced where `load` returns something. */
  substitute(
    root: Expr,
    axes: ReadonlyMap<number, Expr>,
    load?: (value: ValueId, indices: readonly Expr[], dtype: NumericDType) => Expr | undefined,
    memo: Map<number, Expr> = new Map(),
  ): Expr {
    const go = (e: Expr): Expr => {
      const known = memo.get(e.id);
      if (known !== undefined) return known;
      const result = rebuild(e);
      memo.set(e.id, result);
      return result;
    };
    const rebuild = (e: Expr): Expr => {
      switch (e.kind) {
        case "constant":
          return e;
        case "axis":
          return axes.get(e.axis) ?? e;
        case "load": {
          const indices = e.indices.map(go);
          return load?.(e.value, indices, e.dtype) ?? this.load(e.value, e.dtype, indices);
        }
        case "unary": {
          const x = go(e.x);
          return x === e.x ? e : this.unary(e.op, x);
        }
        case "binary": {
          const [a, b] = [go(e.a), go(e.b)];
          return a === e.a && b === e.b ? e : this.binary(e.op, a, b);
        }
        case "select": {
          const [condition, a, b] = [go(e.condition), go(e.a), go(e.b)];
          return condition === e.condition && a === e.a && b === e.b ? e : this.select(condition, a, b);
        }
        case "cast": {
          const x = go(e.x);
          return x === e.x ? e : this.cast(x, e.dtype);
        }
      }
    };
    return go(root);
  }

  // ---- index arithmetic ----

  /** The linear form of an int32 expression. */
  linearOf(e: Expr): Linear {
    const known = this.linears.get(e.id);
    if (known !== undefined) return known;
    let linear: Linear;
    if (e.kind === "constant") linear = { offset: e.value, terms: [] };
    else if (e.kind === "binary" && e.op === "add") linear = sum(this.linearOf(e.a), this.linearOf(e.b));
    else if (e.kind === "binary" && e.op === "mul" && e.b.kind === "constant")
      linear = scale(this.linearOf(e.a), e.b.value);
    else linear = { offset: 0, terms: [{ atom: e, coefficient: 1 }] };
    this.linears.set(e.id, linear);
    return linear;
  }

  /** The expression of a linear form, after joining `c·(x div c) + x mod c` back into `x`. */
  fromLinear(linear: Linear): Expr {
    const joined = this.joinQuotients(linear);
    let result: Expr | undefined;
    for (const { atom, coefficient } of joined.terms) {
      const term = coefficient === 1 ? atom : this.internBinary("mul", atom, this.index(coefficient));
      result = result === undefined ? term : this.internBinary("add", result, term);
    }
    if (result === undefined) return this.index(joined.offset);
    if (joined.offset !== 0) result = this.internBinary("add", result, this.index(joined.offset));
    this.linears.set(result.id, joined);
    return result;
  }

  /** Smallest and largest value of an index, or `null` where unknown. */
  rangeOf(e: Expr): Range | null {
    const known = this.ranges.get(e.id);
    if (known !== undefined) return known;
    const range = this.computeRange(e);
    const safe = range !== null && range.low > -safeIndex && range.high < safeIndex ? range : null;
    this.ranges.set(e.id, safe);
    return safe;
  }

  private computeRange(e: Expr): Range | null {
    switch (e.kind) {
      case "constant":
        return { low: e.value, high: e.value };
      case "axis":
        return { low: 0, high: e.extent - 1 };
      case "select": {
        const a = this.rangeOf(e.a);
        const b = this.rangeOf(e.b);
        return a && b && { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
      }
      case "binary": {
        const a = this.rangeOf(e.a);
        const b = this.rangeOf(e.b);
        if (e.op === "floorMod" && e.b.kind === "constant" && e.b.value > 0) return { low: 0, high: e.b.value - 1 };
        if (a === null || b === null) return null;
        if (e.op === "add") return { low: a.low + b.low, high: a.high + b.high };
        if (e.op === "mul") {
          const corners = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
          return { low: Math.min(...corners), high: Math.max(...corners) };
        }
        if (e.op === "floorDiv" && b.low === b.high && b.low > 0)
          return { low: Math.floor(a.low / b.low), high: Math.floor(a.high / b.low) };
        if (e.op === "max") return { low: Math.max(a.low, b.low), high: Math.max(a.high, b.high) };
        if (e.op === "min") return { low: Math.min(a.low, b.low), high: Math.min(a.high, b.high) };
        return null;
      }
      default:
        return null;
    }
  }

  private simplifyInteger(op: BinaryOp, a: Expr, b: Expr): Expr | undefined {
    switch (op) {
      case "add":
        return this.fromLinear(sum(this.linearOf(a), this.linearOf(b)));
      case "sub":
        return this.fromLinear(sum(this.linearOf(a), scale(this.linearOf(b), -1)));
      case "mul":
        if (b.kind === "constant") return this.fromLinear(scale(this.linearOf(a), b.value));
        if (a.kind === "constant") return this.fromLinear(scale(this.linearOf(b), a.value));
        return undefined;
      case "floorDiv":
        return b.kind === "constant" && b.value > 0 ? this.floorDivide(a, b.value) : undefined;
      case "floorMod":
        return b.kind === "constant" && b.value > 0 ? this.floorRemainder(a, b.value) : undefined;
      case "lt":
      case "le":
      case "eq":
      case "ne":
        return this.compareRanges(op, a, b);
      case "max":
      case "min": {
        const ra = this.rangeOf(a);
        const rb = this.rangeOf(b);
        if (a === b) return a;
        if (ra === null || rb === null) return undefined;
        if (ra.low >= rb.high) return op === "max" ? a : b;
        if (rb.low >= ra.high) return op === "max" ? b : a;
        return undefined;
      }
      default:
        return undefined;
    }
  }

  private floorDivide(a: Expr, divisor: number): Expr | undefined {
    if (divisor === 1) return a;
    const range = this.rangeOf(a);
    if (range === null) return undefined;
    if (Math.floor(range.low / divisor) === Math.floor(range.high / divisor))
      return this.index(Math.floor(range.low / divisor));
    if (a.kind === "binary" && a.op === "floorDiv" && a.b.kind === "constant" && a.b.value > 0) {
      const product = a.b.value * divisor;
      if (product < safeIndex) return this.floorDiv(a.a, this.index(product));
    }
    const split = this.splitByDivisor(a, divisor);
    return split && this.add(this.fromLinear(split.quotient), this.floorDiv(split.rest, this.index(divisor)));
  }

  private floorRemainder(a: Expr, divisor: number): Expr | undefined {
    if (divisor === 1) return this.index(0);
    const range = this.rangeOf(a);
    if (range === null) return undefined;
    if (range.low >= 0 && range.high < divisor) return a;
    if (a.kind === "binary" && a.op === "floorMod" && a.b.kind === "constant" && a.b.value % divisor === 0)
      return this.floorMod(a.a, this.index(divisor));
    const split = this.splitByDivisor(a, divisor);
    return split && this.floorMod(split.rest, this.index(divisor));
  }

  /**
   * `a = divisor · quotient + rest`, moving every term the divisor divides into the quotient;
   * `undefined` where none is, or where the rest might wrap although `a` does not.
   */
  private splitByDivisor(a: Expr, divisor: number): { readonly quotient: Linear; readonly rest: Expr } | undefined {
    const linear = this.linearOf(a);
    const whole = linear.terms.filter((t) => t.coefficient % divisor === 0);
    const part = linear.terms.filter((t) => t.coefficient % divisor !== 0);
    const offset = Math.floor(linear.offset / divisor);
    if (whole.length === 0 && offset === 0) return undefined;
    const rest = this.fromLinear({ offset: linear.offset - offset * divisor, terms: part });
    if (this.rangeOf(rest) === null) return undefined;
    const terms = whole.map((t) => ({ atom: t.atom, coefficient: t.coefficient / divisor }));
    return { quotient: { offset, terms }, rest };
  }

  private compareRanges(op: "lt" | "le" | "eq" | "ne", a: Expr, b: Expr): Expr | undefined {
    if (a === b) return this.bool(op === "le" || op === "eq");
    const ra = this.rangeOf(a);
    const rb = this.rangeOf(b);
    if (ra === null || rb === null) return undefined;
    if (op === "lt") {
      if (ra.high < rb.low) return this.bool(true);
      if (ra.low >= rb.high) return this.bool(false);
    } else if (op === "le") {
      if (ra.high <= rb.low) return this.bool(true);
      if (ra.low > rb.high) return this.bool(false);
    } else if (ra.high < rb.low || rb.high < ra.low) return this.bool(op === "ne");
    return undefined;
  }

  private joinQuotients(linear: Linear): Linear {
    for (const remainder of linear.terms) {
      const e = remainder.atom;
      if (e.kind !== "binary" || e.op !== "floorMod" || e.b.kind !== "constant") continue;
      const divisor = e.b.value;
      const quotient = this.floorDiv(e.a, e.b);
      const parts = this.linearOf(quotient);
      // x mod c = x − c·(x div c): worth rewriting only if all of c·(x div c) is present to cancel.
      const wanted = scale(parts, divisor * remainder.coefficient);
      const covered = wanted.terms.every((w) =>
        linear.terms.some((t) => t.atom === w.atom && t.coefficient === w.coefficient),
      );
      if (!covered || wanted.terms.length === 0) continue;
      const without = sum(linear, scale({ offset: 0, terms: [remainder] }, -1));
      const cancelled = sum(without, scale(wanted, -1));
      return this.joinQuotients(sum(cancelled, scale(this.linearOf(e.a), remainder.coefficient)));
    }
    return linear;
  }

  private simplify(op: BinaryOp, a: Expr, b: Expr): Expr | undefined {
    const isConstant = (e: Expr, value: number): boolean => e.kind === "constant" && Object.is(e.value, value);
    switch (op) {
      case "add":
        // Adding −0 changes nothing; adding 0 would turn −0 into 0.
        return isConstant(b, -0) ? a : isConstant(a, -0) ? b : undefined;
      case "sub":
        return isConstant(b, 0) ? a : undefined;
      case "mul":
        if (isConstant(b, 1)) return a;
        if (isConstant(a, 1)) return b;
        if (isConstant(b, -1)) return this.neg(a);
        return isConstant(a, -1) ? this.neg(b) : undefined;
      case "div":
        return isConstant(b, 1) ? a : undefined;
      case "and":
        if (a.kind === "constant") return a.value !== 0 ? b : a;
        if (b.kind === "constant") return b.value !== 0 ? a : b;
        return a === b ? a : undefined;
      case "or":
        if (a.kind === "constant") return a.value !== 0 ? a : b;
        if (b.kind === "constant") return b.value !== 0 ? b : a;
        return a === b ? a : undefined;
      case "max":
      case "min":
        return a === b ? a : undefined;
      default:
        return undefined;
    }
  }

  private internBinary(op: BinaryOp, a: Expr, b: Expr): Expr {
    return this.intern(`b${op}:${a.id},${b.id}`, { kind: "binary", op, dtype: a.dtype, a, b });
  }

  private intern(key: string, node: NewExpr): Expr {
    const known = this.interned.get(key);
    if (known !== undefined) return known;
    const made = { ...node, id: this.count++ } as Expr;
    this.interned.set(key, made);
    return made;
  }
}

function sum(a: Linear, b: Linear): Linear {
  const terms: { atom: Expr; coefficient: number }[] = [];
  let i = 0;
  let j = 0;
  while (i < a.terms.length || j < b.terms.length) {
    const ta = a.terms[i];
    const tb = b.terms[j];
    if (tb === undefined || (ta !== undefined && ta.atom.id < tb.atom.id)) {
      if (ta !== undefined) terms.push(ta);
      i++;
    } else if (ta === undefined || tb.atom.id < ta.atom.id) {
      terms.push(tb);
      j++;
    } else {
      const coefficient = (ta.coefficient + tb.coefficient) | 0;
      if (coefficient !== 0) terms.push({ atom: ta.atom, coefficient });
      i++;
      j++;
    }
  }
  return { offset: (a.offset + b.offset) | 0, terms };
}

function scale(a: Linear, factor: number): Linear {
  if (factor === 0) return { offset: 0, terms: [] };
  if (factor === 1) return a;
  return {
    offset: Math.imul(a.offset, factor),
    terms: a.terms.map((t) => ({ atom: t.atom, coefficient: Math.imul(t.coefficient, factor) })),
  };
}
