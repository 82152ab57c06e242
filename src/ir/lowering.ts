/**
 * @file How an operation says what it computes. Most operations are one call of {@link elementwise};
 * movement, reductions, products, random numbers and scatters use the methods of
 * {@link LowerContext}; what needs JavaScript itself (strings, data-dependent shapes) is a host
 * function that runs between two compiled programs.
 */
import type { ErrorDetails, NdArray, NumericDType, StrataError } from "../core/index.js";
import { bracketed, broadcastShapes, type ConcreteShape } from "../core/shape.js";
import type { ExpressionBuilder } from "./builder.js";
import type { Expr } from "./expression.js";
import type { Distribution, ReduceOp, TensorValue } from "./program.js";

export interface LowerContext {
  readonly e: ExpressionBuilder;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly name: string;
  /** The operation and the place where the user made it, for errors of a run. */
  readonly where: Pick<ErrorDetails, "op" | "createdAt">;
  readonly inputCount: number;
  /** Input `i`; a variable's is the value it has at this point of the run. */
  input(i: number): TensorValue;
  /** The value of an input that decides shapes; only for the definition's `shapeInputs`. */
  shapeValue(i: number): NdArray;
  /** What inference said of output `i`. */
  outputDType(i: number): NumericDType;

  /** A value fixed when compiling. */
  constant(value: NdArray<NumericDType>): TensorValue;
  /** One element; indices must be inside the value. */
  load(value: TensorValue, indices: readonly Expr[]): Expr;
  /** `shape` many elements, each given by `body(axes)`. */
  map(shape: ConcreteShape, dtype: NumericDType, body: (axes: readonly Expr[]) => Expr): TensorValue;
  /** Combines `body(axes, reduced)` over the reduced axes. */
  reduce(
    op: ReduceOp,
    shape: ConcreteShape,
    extents: readonly number[],
    body: (axes: readonly Expr[], reduced: readonly Expr[]) => Expr,
  ): TensorValue;
  /** int32 position, flattened over `extents`, of the first extreme. */
  argReduce(
    which: "max" | "min",
    shape: ConcreteShape,
    extents: readonly number[],
    body: (axes: readonly Expr[], reduced: readonly Expr[]) => Expr,
  ): TensorValue;
  /** Sum of products over `k`; the result's shape is `[...batch, ...m, ...n]`. */
  contraction(spec: {
    readonly batch: readonly number[];
    readonly m: readonly number[];
    readonly n: readonly number[];
    readonly k: readonly number[];
    readonly a: (batch: readonly Expr[], m: readonly Expr[], k: readonly Expr[]) => Expr;
    readonly b: (batch: readonly Expr[], n: readonly Expr[], k: readonly Expr[]) => Expr;
  }): TensorValue;
  random(
    distribution: Distribution,
    shape: ConcreteShape,
    dtype: NumericDType,
    seed: readonly [number, number] | null,
    integers?: { readonly low: number; readonly range: number },
  ): TensorValue;
  scatter(spec: {
    readonly combine: "add" | "assign";
    readonly shape: ConcreteShape;
    readonly base: (axes: readonly Expr[]) => Expr;
    readonly extents: readonly number[];
    readonly indices: (axes: readonly Expr[]) => readonly Expr[];
    readonly update: (axes: readonly Expr[]) => Expr;
  }): TensorValue;

  /** Gives the variable at input `i` a new value, seen by everything later in the run. */
  writeVariable(i: number, value: TensorValue): void;
  /** Whether the variable at input `i` has a value at this point; decided when specializing. */
  isInitialized(i: number): boolean;
  /** Fails the run with `error` when any element of `flag` (bool) is true. */
  check(flag: TensorValue, details: readonly TensorValue[], error: (details: readonly NdArray[]) => StrataError): void;
  /** Fails the compilation: concrete shapes or values that do not fit. */
  fail(message: string, hint?: string): never;
}

export interface CompiledLowering {
  readonly kind: "compiled";
  readonly lower: (context: LowerContext) => readonly TensorValue[];
}

/** What a host function sees of the session. */
export interface HostContext {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly name: string;
  isVariableInitialized(variable: string): boolean;
  fail(message: string, hint?: string): never;
}
export interface HostLowering {
  readonly kind: "host";
  readonly run: (inputs: readonly NdArray[], context: HostContext) => readonly NdArray[];
}
/** Has no value of its own: variables, placeholders, groupings. */
export interface StructuralLowering {
  /** `block`: runs functions, which the attribute `block` describes. */
  readonly kind: "placeholder" | "variable" | "none" | "block";
}
export type Lowering = CompiledLowering | HostLowering | StructuralLowering;

/** A lowering in terms of the context's methods. */
export const compiled = (lower: (context: LowerContext) => readonly TensorValue[]): CompiledLowering => ({
  kind: "compiled",
  lower,
});

/** A function of scalars, applied to broadcast inputs; the output dtype is what inference says. */
export function elementwise(
  scalar: (e: ExpressionBuilder, inputs: readonly Expr[], attributes: Readonly<Record<string, unknown>>) => Expr,
): CompiledLowering {
  return compiled((c) => {
    const inputs = Array.from({ length: c.inputCount }, (_, i) => c.input(i));
    const shape = broadcastConcrete(c, inputs);
    return [
      c.map(shape, c.outputDType(0), (axes) =>
        scalar(
          c.e,
          inputs.map((input) => loadBroadcast(c, input, axes)),
          c.attributes,
        ),
      ),
    ];
  });
}

/** The common shape of some values. @throws InvalidArgumentError where they do not broadcast */
export function broadcastConcrete(c: LowerContext, values: readonly TensorValue[]): number[] {
  let shape: ConcreteShape = [];
  for (const value of values) {
    const next = broadcastShapes(shape, value.shape);
    if (next === null || "clash" in next)
      return c.fail(`Incompatible shapes: ${bracketed(shape)} vs. ${bracketed(value.shape)}`);
    shape = next as number[];
  }
  return [...shape];
}

/** One element of a value seen through broadcasting: trailing axes align, extents of 1 repeat. */
export function loadBroadcast(c: LowerContext, value: TensorValue, axes: readonly Expr[]): Expr {
  const skip = axes.length - value.shape.length;
  return c.load(
    value,
    value.shape.map((extent, i) => (extent === 1 ? c.e.index(0) : (axes[i + skip] as Expr))),
  );
}

/** The row-major position of an element of `shape`. */
export function flattenIndex(e: ExpressionBuilder, indices: readonly Expr[], shape: ConcreteShape): Expr {
  let flat = e.index(0);
  indices.forEach((index, axis) => {
    flat = e.add(e.mul(flat, e.index(shape[axis] as number)), index);
  });
  return flat;
}

/** The indices of the element at a row-major position of `shape`. */
export function unflattenIndex(e: ExpressionBuilder, flat: Expr, shape: ConcreteShape): Expr[] {
  const indices: Expr[] = [];
  let rest = flat;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = Math.max(shape[axis] as number, 1);
    indices.unshift(axis === 0 ? rest : e.floorMod(rest, e.index(extent)));
    rest = e.floorDiv(rest, e.index(extent));
  }
  return indices;
}
