/**
 * @file The kernel language's imperative end: what backends emit. A kernel is a loop nest over shared
 * outer axes whose body is a sequence of phases; matrix products, random numbers and scatters have a
 * form of their own because backends have templates for them.
 */
import type { NumericDType } from "../core/index.js";
import type { Block, Expr, RandomDefinition, ReduceOp, ScatterDefinition, ValueId } from "../ir/index.js";

/** `value[indices] = expression`. */
export interface Store {
  readonly value: ValueId;
  readonly indices: readonly Expr[];
  readonly expression: Expr;
}

/** Runs its stores for every point of `extents` (axes numbered after the outer ones). */
export interface MapPhase {
  readonly kind: "map";
  readonly extents: readonly number[];
  readonly stores: readonly Store[];
}
/** Leaves the reduction of `body` over `extents` in the register of `result`. */
export interface ReducePhase {
  readonly kind: "reduce";
  readonly op: ReduceOp;
  readonly extents: readonly number[];
  readonly body: Expr;
  readonly result: ValueId;
}
/** Leaves the position of the first extreme in the register of `result`. */
export interface ArgReducePhase {
  readonly kind: "argReduce";
  readonly which: "max" | "min";
  readonly extents: readonly number[];
  readonly body: Expr;
  readonly result: ValueId;
}
export type Phase = MapPhase | ReducePhase | ArgReducePhase;

/** Loops over `outer`; at each point the phases run one after another. */
export interface LoopKernel {
  readonly kind: "loops";
  readonly outer: readonly number[];
  readonly phases: readonly Phase[];
}
/**
 * A sum of products. Loads of `result` in the stores mean the finished sum at the point in question,
 * which need not be in memory.
 */
export interface ContractionKernel {
  readonly kind: "contraction";
  readonly dtype: NumericDType;
  readonly batch: readonly number[];
  readonly m: readonly number[];
  readonly n: readonly number[];
  readonly k: readonly number[];
  readonly a: Expr;
  readonly b: Expr;
  readonly result: ValueId;
  readonly stores: readonly Store[];
}
export interface RandomKernel {
  readonly kind: "random";
  readonly value: ValueId;
  readonly definition: RandomDefinition;
}
export interface ScatterKernel {
  readonly kind: "scatter";
  readonly value: ValueId;
  readonly definition: ScatterDefinition;
}
/** Runs other programs: a loop or a branch. `results` are the outputs somebody reads. */
export interface BlockKernel {
  readonly kind: "block";
  readonly block: Block;
  readonly results: readonly { readonly output: number; readonly value: ValueId }[];
}
export type Kernel = LoopKernel | ContractionKernel | RandomKernel | ScatterKernel | BlockKernel;

/** The values a kernel writes to memory. */
export function writtenBy(kernel: Kernel): ValueId[] {
  switch (kernel.kind) {
    case "loops":
      return kernel.phases.flatMap((phase) => (phase.kind === "map" ? phase.stores.map((s) => s.value) : []));
    case "contraction":
      return kernel.stores.map((s) => s.value);
    case "random":
    case "scatter":
      return [kernel.value];
    case "block":
      return kernel.results.map((r) => r.value);
  }
}

/** The values that live in registers inside a kernel. */
export function registersOf(kernel: Kernel): ReadonlySet<ValueId> {
  if (kernel.kind === "contraction") return new Set([kernel.result]);
  if (kernel.kind !== "loops") return new Set();
  return new Set(kernel.phases.flatMap((phase) => (phase.kind === "map" ? [] : [phase.result])));
}

/** Every expression a kernel evaluates, index expressions included. */
export function kernelExpressions(kernel: Kernel): Expr[] {
  const ofStores = (stores: readonly Store[]): Expr[] => stores.flatMap((s) => [...s.indices, s.expression]);
  switch (kernel.kind) {
    case "loops":
      return kernel.phases.flatMap((phase) => (phase.kind === "map" ? ofStores(phase.stores) : [phase.body]));
    case "contraction":
      return [kernel.a, kernel.b, ...ofStores(kernel.stores)];
    case "random":
    case "block":
      return [];
    case "scatter":
      return [kernel.definition.base, ...kernel.definition.indices, kernel.definition.update];
  }
}
