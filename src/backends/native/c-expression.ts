/** @file Expressions as C: every distinct node becomes one constant, shared where it is needed again. */
import type { NumericDType } from "../../core/index.js";
import type { BinaryOp, Expr, ExpressionBuilder, UnaryOp, ValueId } from "../../ir/index.js";

/** The C type that holds one element in a register. */
export const registerTypes: Readonly<Record<NumericDType, string>> = {
  float32: "float",
  float64: "double",
  int32: "int32_t",
  uint8: "int32_t",
  bool: "int32_t",
};
/** The C type of one element in memory; each may alias the others, as the arena is shared. */
export const memoryTypes: Readonly<Record<NumericDType, string>> = {
  float32: "f32",
  float64: "f64",
  int32: "i32",
  uint8: "u8",
  bool: "u8",
};

type Unary = (x: string, dtype: NumericDType) => string;
const suffix = (dtype: NumericDType): string => (dtype === "float32" ? "f" : "");
const isFloat = (dtype: NumericDType): boolean => dtype === "float32" || dtype === "float64";
const libm =
  (name: string): Unary =>
  (x, dtype) =>
    `${name}${suffix(dtype)}(${x})`;
/** Own float32 version, the C library's for float64. */
const own =
  (name: string): Unary =>
  (x, dtype) =>
    dtype === "float32" ? `${name}_f32(${x})` : `${name}(${x})`;

const unary: Readonly<Record<UnaryOp, Unary>> = {
  neg: (x, dtype) => (isFloat(dtype) ? `-${x}` : `wrap_neg(${x})`),
  abs: (x, dtype) => (isFloat(dtype) ? `fabs${suffix(dtype)}(${x})` : `(${x} < 0 ? wrap_neg(${x}) : ${x})`),
  sign: (x) => `SIGN(${x})`,
  floor: libm("__builtin_floor"),
  ceil: libm("__builtin_ceil"),
  round: libm("__builtin_rint"),
  sqrt: libm("__builtin_sqrt"),
  exp: own("exp"),
  log: own("log"),
  log1p: own("log1p"),
  expm1: own("expm1"),
  sin: own("sin"),
  cos: own("cos"),
  tan: libm("tan"),
  asin: libm("asin"),
  acos: libm("acos"),
  atan: libm("atan"),
  sinh: libm("sinh"),
  cosh: libm("cosh"),
  tanh: own("tanh"),
  sigmoid: (x, dtype) => `sigmoid_${dtype === "float32" ? "f32" : "f64"}(${x})`,
  erf: own("erf"),
  not: (x) => `!${x}`,
};

type Binary = (a: string, b: string, dtype: NumericDType) => string;
const operator =
  (symbol: string): Binary =>
  (a, b) =>
    `(${a} ${symbol} ${b})`;
const arithmetic =
  (symbol: string, wrapping: string): Binary =>
  (a, b, dtype) =>
    isFloat(dtype)
      ? `(${a} ${symbol} ${b})`
      : dtype === "uint8"
        ? `(wrap_${wrapping}(${a}, ${b}) & 255)`
        : `wrap_${wrapping}(${a}, ${b})`;
const binary: Readonly<Record<BinaryOp, Binary>> = {
  add: arithmetic("+", "add"),
  sub: arithmetic("-", "sub"),
  mul: arithmetic("*", "mul"),
  div: (a, b, dtype) => (isFloat(dtype) ? `(${a} / ${b})` : `div_i32(${a}, ${b})`),
  mod: (a, b, dtype) => (isFloat(dtype) ? `fmod${suffix(dtype)}(${a}, ${b})` : `mod_i32(${a}, ${b})`),
  floorDiv: (a, b) => `floor_div_i32(${a}, ${b})`,
  floorMod: (a, b) => `floor_mod_i32(${a}, ${b})`,
  pow: (a, b, dtype) =>
    dtype === "float32" ? `pow_f32(${a}, ${b})` : dtype === "float64" ? `pow(${a}, ${b})` : `pow_i32(${a}, ${b})`,
  max: (a, b) => `MAX(${a}, ${b})`,
  min: (a, b) => `MIN(${a}, ${b})`,
  eq: operator("=="),
  ne: operator("!="),
  lt: operator("<"),
  le: operator("<="),
  and: operator("&"),
  or: operator("|"),
};

/** A constant of a dtype, spelled so that C reads back the same bits. */
export function constantText(value: number, dtype: NumericDType): string {
  if (!isFloat(dtype)) return value === -2147483648 ? "(-2147483647 - 1)" : String(value);
  if (Number.isNaN(value)) return "NAN";
  if (!Number.isFinite(value)) return value > 0 ? "INFINITY" : "-INFINITY";
  const digits = Object.is(value, -0) ? "-0.0" : value.toExponential(17);
  return dtype === "float32" ? `${digits}f` : digits;
}

/** Combines two elements, for reductions. */
export const combine = (op: BinaryOp, a: string, b: string, dtype: NumericDType): string => binary[op](a, b, dtype);

function castText(x: string, from: NumericDType, to: NumericDType): string {
  if (to === "bool") return `(${x} != 0)`;
  if (isFloat(to)) return `(${registerTypes[to]})${x}`;
  const whole = isFloat(from) ? `to_i32(${x})` : x;
  return to === "uint8" ? `(${whole} & 255)` : whole;
}

/** Writes one stretch of straight-line code. */
export class StatementWriter {
  private readonly names = new Map<number, string>();
  readonly lines: string[] = [];

  constructor(
    private readonly e: ExpressionBuilder,
    private readonly axisName: (axis: number) => string,
    /** The array behind a value, or the register that holds its element at a position. */
    private readonly place: (
      value: ValueId,
      position: Expr | undefined,
    ) => { readonly array: string } | { readonly register: string },
    private readonly unique: () => string,
  ) {}

  /** The name of an expression's value. */
  value(node: Expr): string {
    if (node.kind === "constant") return constantText(node.value, node.dtype);
    if (node.kind === "axis") return this.axisName(node.axis);
    const known = this.names.get(node.id);
    if (known !== undefined) return known;
    const text = this.text(node);
    const name = this.unique();
    this.lines.push(`const ${registerTypes[node.dtype]} ${name} = ${text};`);
    this.names.set(node.id, name);
    return name;
  }

  /**
   * A place in an array. Where a part of it comes from data, the sum with the axes is one of 64 bits: it
   * cannot wrap, so compilers see that neighbours lie side by side.
   */
  position(node: Expr): string {
    const { e } = this;
    if (e.rangeOf(node) !== null) return this.value(node);
    const { offset, terms } = e.linearOf(node);
    const bounded = terms.filter(({ atom }) => e.rangeOf(atom) !== null);
    if (bounded.length === 0) return this.value(node);
    const fromData = e.fromLinear({ offset: 0, terms: terms.filter((term) => !bounded.includes(term)) });
    return `(int64_t)${this.value(fromData)} + ${this.value(e.fromLinear({ offset, terms: bounded }))}`;
  }

  private text(node: Exclude<Expr, { kind: "constant" | "axis" }>): string {
    switch (node.kind) {
      case "load": {
        const place = this.place(node.value, node.indices[0]);
        return "register" in place ? place.register : `${place.array}[${this.position(node.indices[0] as Expr)}]`;
      }
      case "unary":
        return unary[node.op](this.value(node.x), node.dtype);
      case "binary":
        return this.indexDivision(node) ?? binary[node.op](this.value(node.a), this.value(node.b), node.a.dtype);
      case "select":
        return `${this.value(node.condition)} ? ${this.value(node.a)} : ${this.value(node.b)}`;
      case "cast":
        return castText(this.value(node.x), node.x.dtype, node.dtype);
    }
  }

  /** Divisions of indices, which are never negative, need no guard; sums of indices do not wrap. */
  private indexDivision(node: Extract<Expr, { kind: "binary" }>): string | undefined {
    if (node.a.dtype !== "int32" || this.e.rangeOf(node.a) === null || this.e.rangeOf(node.b) === null)
      return undefined;
    const [a, b] = [node.a, node.b];
    const symbols: Partial<Record<BinaryOp, string>> = { add: "+", sub: "-", mul: "*" };
    const symbol = this.e.rangeOf(node) === null ? undefined : symbols[node.op];
    if (symbol !== undefined) return `${this.value(a)} ${symbol} ${this.value(b)}`;
    const divides = b.kind === "constant" && b.value > 0 && (this.e.rangeOf(a)?.low ?? -1) >= 0;
    if (!divides) return undefined;
    if (node.op === "floorDiv") return `${this.value(a)} / ${b.value}`;
    return node.op === "floorMod" ? `${this.value(a)} % ${b.value}` : undefined;
  }
}
