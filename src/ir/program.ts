/**
 * @file The tensor half of the kernel language. A program is a list of values with concrete shapes,
 * each *defined* as a formula over loop axes rather than computed by an opaque kernel; fusing is
 * substituting one formula into another. Everything after lowering works on these few kinds.
 *
 * Axis numbers inside a definition: the value's own axes come first (0 … rank−1), then the axes that
 * are reduced over.
 */
import type { NdArray, NumericDType, StrataError } from "../core/index.js";
import type { ExpressionBuilder } from "./builder.js";
import type { Expr, ValueId } from "./expression.js";

export const reduceOps = ["sum", "prod", "max", "min", "any", "all"] as const;
/** Associative combinations; empty ones give the identity (0, 1, −Inf, Inf, false, true). */
export type ReduceOp = (typeof reduceOps)[number];

/** How an element is drawn; parameters in the field's terms. Shift and scale are ordinary arithmetic on the result. */
export const distributions = ["uniform", "normal", "truncatedNormal", "uniformInteger"] as const;
export type Distribution = (typeof distributions)[number];

/** Supplied from outside in each run. */
export interface FeedDefinition {
  readonly kind: "feed";
}
/** The value a variable has when the run starts. */
export interface VariableDefinition {
  readonly kind: "variable";
  readonly variable: string;
}
export interface ConstantDefinition {
  readonly kind: "constant";
  readonly data: NdArray<NumericDType>;
}
/** `value[i…] = body(i…)`. */
export interface MapDefinition {
  readonly kind: "map";
  readonly body: Expr;
}
/** `value[i…] = reduce over r… of body(i…, r…)`. */
export interface ReduceDefinition {
  readonly kind: "reduce";
  readonly op: ReduceOp;
  readonly extents: readonly number[];
  readonly body: Expr;
}
/** Position (flattened over `extents`) of the first extreme of `body(i…, r…)`; a NaN wins. int32. */
export interface ArgReduceDefinition {
  readonly kind: "argReduce";
  readonly which: "max" | "min";
  readonly extents: readonly number[];
  readonly body: Expr;
}
/**
 * `value[b…, m…, n…] = Σ over k… of a(b…, m…, k…) · b(b…, n…, k…)`: matrix products and
 * convolutions. `axes` says how many of the value's axes are batch, row and column axes.
 */
export interface ContractionDefinition {
  readonly kind: "contraction";
  readonly axes: { readonly batch: number; readonly m: number; readonly n: number };
  readonly extents: readonly number[];
  readonly a: Expr;
  readonly b: Expr;
}
/** Philox numbers, drawn afresh in each run from the generator `generator` of the session. */
export interface RandomDefinition {
  readonly kind: "random";
  readonly distribution: Distribution;
  /** The pair of seeds; `null` draws them from the system when the generator is first used. */
  readonly seed: readonly [number, number] | null;
  /** Name of the operation whose generator state advances. */
  readonly generator: string;
  /** `uniformInteger` only: values are `low + x mod range`. */
  readonly low?: number;
  readonly range?: number;
}
/**
 * Starts from `base(i…)`, then for every point u… of `extents`, in order, combines `update(u…)` into
 * the element at `indices(u…)`. Points outside the value are skipped. The axes of `indices` and
 * `update` are the update's own, numbered from 0.
 */
export interface ScatterDefinition {
  readonly kind: "scatter";
  readonly combine: "add" | "assign";
  readonly base: Expr;
  readonly extents: readonly number[];
  readonly indices: readonly Expr[];
  readonly update: Expr;
}

/**
 * Runs a program again and again. Inside, the carried values are variables named by
 * {@link carriedName}, and the feeds are first the slices of `sliced` (one row of the first axis per
 * step), then `invariant` as they are. `updates` of the body are the next carried values.
 */
export interface LoopBlock {
  readonly kind: "loop";
  /** At most how often the body runs, and how many rows outputs are stacked in; `null`: no limit, no outputs. */
  readonly steps: number | null;
  /** An int32 scalar of the outer program: how often the body runs, at most `steps`. */
  readonly count: ValueId | null;
  /** Same feeds, one bool output: the loop ends before the step in which it is false. */
  readonly condition: Program | null;
  readonly body: Program;
  /** Last row first. */
  readonly reverse: boolean;
  /** Values of the outer program: what is carried starts from these. */
  readonly carried: readonly ValueId[];
  readonly sliced: readonly ValueId[];
  readonly invariant: readonly ValueId[];
}
/** Runs one of two programs, whose feeds are `invariant`. */
export interface BranchBlock {
  readonly kind: "branch";
  /** A bool scalar of the outer program. */
  readonly condition: ValueId;
  readonly whenTrue: Program;
  readonly whenFalse: Program;
  readonly invariant: readonly ValueId[];
}
export type Block = LoopBlock | BranchBlock;
/**
 * One result of a block. Of a loop first the final carried values, then the body's outputs, stacked
 * along a new first axis; of a branch the outputs of the program that ran.
 */
export interface BlockDefinition {
  readonly kind: "block";
  readonly block: Block;
  readonly output: number;
}
export type Definition =
  | FeedDefinition
  | VariableDefinition
  | ConstantDefinition
  | MapDefinition
  | ReduceDefinition
  | ArgReduceDefinition
  | ContractionDefinition
  | RandomDefinition
  | ScatterDefinition
  | BlockDefinition;

/** The name a carried value has inside a loop's programs. */
export const carriedName = (index: number): string => `carried:${index}`;

/** The values of the outer program a block reads. */
export const blockSources = (block: Block): readonly ValueId[] =>
  block.kind === "loop"
    ? [...block.carried, ...block.sliced, ...block.invariant, ...(block.count === null ? [] : [block.count])]
    : [block.condition, ...block.invariant];

/** The programs inside a block. */
export const blockPrograms = (block: Block): readonly Program[] =>
  block.kind === "branch"
    ? [block.whenTrue, block.whenFalse]
    : block.condition === null
      ? [block.body]
      : [block.condition, block.body];

/** A tensor with a concrete shape, as lowering functions hand it around. */
export interface TensorValue {
  readonly id: ValueId;
  readonly dtype: NumericDType;
  readonly shape: readonly number[];
}
export interface Value extends TensorValue {
  readonly definition: Definition;
  /** Name of the graph operation it came from, for printing. */
  readonly origin: string;
}

/** A condition found while running that fails the run: `flag` (bool scalar) true means trouble. */
export interface Check {
  readonly flag: ValueId;
  /** Values the message needs, read only on failure. */
  readonly details: readonly ValueId[];
  readonly error: (details: readonly NdArray[]) => StrataError;
}

/** A specialized graph: every shape concrete, every value defined in terms of earlier ones. */
export interface Program {
  readonly builder: ExpressionBuilder;
  readonly values: readonly Value[];
  /** In the order of the feeds of the run. */
  readonly feeds: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  /** Final values of the variables that the run changes. */
  readonly updates: readonly { readonly variable: string; readonly value: ValueId }[];
  readonly checks: readonly Check[];
}

/** Every expression of a definition. */
export function expressionsOf(definition: Definition): readonly Expr[] {
  switch (definition.kind) {
    case "feed":
    case "variable":
    case "constant":
    case "random":
    case "block":
      return [];
    case "map":
    case "reduce":
    case "argReduce":
      return [definition.body];
    case "contraction":
      return [definition.a, definition.b];
    case "scatter":
      return [definition.base, ...definition.indices, definition.update];
  }
}
