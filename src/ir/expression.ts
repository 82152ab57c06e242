/**
 * @file The scalar half of the kernel language: expressions over loop axes, loads and constants.
 * Nodes are immutable and shared (equal expressions of one builder are one object), so common
 * subexpressions fall together by themselves. Backends switch over {@link UnaryOp} and
 * {@link BinaryOp} with total tables.
 */
import type { NumericDType } from "../core/index.js";

export const unaryOps = [
  "neg",
  "abs",
  "sign",
  "floor",
  "ceil",
  "round",
  "sqrt",
  "exp",
  "log",
  "log1p",
  "expm1",
  "sin",
  "cos",
  "tan",
  "asin",
  "acos",
  "atan",
  "sinh",
  "cosh",
  "tanh",
  "sigmoid",
  "erf",
  "not",
] as const;
/** Scalar functions of one argument. `round` is to nearest even; `not` is for bool. */
export type UnaryOp = (typeof unaryOps)[number];

export const binaryOps = [
  "add",
  "sub",
  "mul",
  "div",
  "mod",
  "floorDiv",
  "floorMod",
  "pow",
  "max",
  "min",
  "eq",
  "ne",
  "lt",
  "le",
  "and",
  "or",
] as const;
/**
 * Scalar functions of two arguments of one dtype. `div` truncates on integers, `mod` keeps the
 * dividend's sign, `floorDiv` and `floorMod` round down (integers only: floats are composed).
 * A zero divisor of integers yields 0; operations that must report it add a check.
 * `max` and `min` return NaN where either side is NaN.
 */
export type BinaryOp = (typeof binaryOps)[number];

const comparisons: ReadonlySet<BinaryOp> = new Set(["eq", "ne", "lt", "le"]);
export const isComparison = (op: BinaryOp): boolean => comparisons.has(op);

/** Identifies a tensor value of a program; an index into its list of values. */
export type ValueId = number;

interface Node {
  /** Unique among the expressions of one builder. */
  readonly id: number;
  readonly dtype: NumericDType;
}
export interface ConstantExpr extends Node {
  readonly kind: "constant";
  readonly value: number;
}
/** A loop variable, int32, from 0 to `extent - 1`. */
export interface AxisExpr extends Node {
  readonly kind: "axis";
  readonly axis: number;
  readonly extent: number;
}
/** One element of a tensor value, one index per axis of it. */
export interface LoadExpr extends Node {
  readonly kind: "load";
  readonly value: ValueId;
  readonly indices: readonly Expr[];
}
export interface UnaryExpr extends Node {
  readonly kind: "unary";
  readonly op: UnaryOp;
  readonly x: Expr;
}
export interface BinaryExpr extends Node {
  readonly kind: "binary";
  readonly op: BinaryOp;
  readonly a: Expr;
  readonly b: Expr;
}
/** `condition ? a : b`; both sides may be evaluated, loads of an untaken side must stay in bounds. */
export interface SelectExpr extends Node {
  readonly kind: "select";
  readonly condition: Expr;
  readonly a: Expr;
  readonly b: Expr;
}
export interface CastExpr extends Node {
  readonly kind: "cast";
  readonly x: Expr;
}
export type Expr = ConstantExpr | AxisExpr | LoadExpr | UnaryExpr | BinaryExpr | SelectExpr | CastExpr;

/** The direct operands of an expression. */
export function operandsOf(e: Expr): readonly Expr[] {
  switch (e.kind) {
    case "constant":
    case "axis":
      return [];
    case "load":
      return e.indices;
    case "unary":
    case "cast":
      return [e.x];
    case "binary":
      return [e.a, e.b];
    case "select":
      return [e.condition, e.a, e.b];
  }
}

/** Calls `visit` once for every distinct node below and including `root`, operands first. */
export function visitExpr(root: Expr, visit: (e: Expr) => void, seen: Set<number> = new Set()): void {
  if (seen.has(root.id)) return;
  seen.add(root.id);
  for (const operand of operandsOf(root)) visitExpr(operand, visit, seen);
  visit(root);
}

/** Every distinct load in an expression, including those inside index expressions. */
export function loadsOf(root: Expr): LoadExpr[] {
  const loads: LoadExpr[] = [];
  visitExpr(root, (e) => {
    if (e.kind === "load") loads.push(e);
  });
  return loads;
}

const symbols: Partial<Record<BinaryOp, string>> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  mod: "%",
  eq: "==",
  ne: "!=",
  lt: "<",
  le: "<=",
  and: "&&",
  or: "||",
};

/** Shared parts are printed wherever they are read, so that text can outgrow its expression without bounds. */
const printLimit = 2000;

/** Readable text, for `STRATA_DEBUG` and messages; `…` stands for what goes beyond {@link printLimit} nodes. */
export function printExpr(root: Expr, nameOf: (value: ValueId) => string = (value) => `v${value}`): string {
  let printed = 0;
  const print = (e: Expr): string => (++printed > printLimit ? "…" : printNode(e));
  const printNode = (e: Expr): string => {
    switch (e.kind) {
      case "constant":
        return e.dtype === "bool" ? (e.value !== 0 ? "true" : "false") : String(e.value);
      case "axis":
        return `i${e.axis}`;
      case "load":
        return `${nameOf(e.value)}[${e.indices.map(print).join(", ")}]`;
      case "unary":
        return `${e.op}(${print(e.x)})`;
      case "binary": {
        const symbol = symbols[e.op];
        const [a, b] = [print(e.a), print(e.b)];
        return symbol === undefined ? `${e.op}(${a}, ${b})` : `(${a} ${symbol} ${b})`;
      }
      case "select":
        return `(${print(e.condition)} ? ${print(e.a)} : ${print(e.b)})`;
      case "cast":
        return `${e.dtype}(${print(e.x)})`;
    }
  };
  return print(root);
}
