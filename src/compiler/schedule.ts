/**
 * @file From fused kernels to kernels in the shape in which they run: loads and stores get flat
 * positions, axes that walk memory together become one, operands of products that cannot be walked
 * directly are laid out first, and each kernel is told along which axis to compute in vectors.
 */
import { type NumericDType, sizeOf } from "../core/index.js";
import {
  type Expr,
  type ExpressionBuilder,
  flattenIndex,
  loadsOf,
  type Program,
  type Value,
  type ValueId,
} from "../ir/index.js";
import type { Forms, Likeness } from "./alike.js";
import { isVectorStep, joinAxes } from "./axes.js";
import { fuse } from "./fuse.js";
import {
  type BlockKernel,
  type ContractionKernel,
  type Kernel,
  type LoopKernel,
  type Phase,
  registersOf,
  type Store,
} from "./kernels.js";
import { type Plan, planMemory } from "./plan.js";
import { type ProductTarget, type ScheduledContraction, scheduleProduct } from "./products.js";

/** Values made by scheduling: operands laid out for a product. */
export interface ScratchValue {
  readonly id: ValueId;
  readonly dtype: NumericDType;
  readonly shape: readonly number[];
}

/** A program inside a block, ready to emit. */
export interface NestedProgram {
  readonly program: Program;
  readonly schedule: Schedule;
  readonly plan: Plan;
}
export interface ScheduledBlock extends BlockKernel {
  /** In the order of `blockPrograms`, returning only what `results` asks for. */
  readonly programs: readonly NestedProgram[];
  /** Where each carried value lives while a loop runs: a result, or scratch where nobody reads the last one. */
  readonly carried: readonly ValueId[];
  /** Scratch that serves the nested programs as their arena, one after the other. */
  readonly arena: ValueId;
}

export interface ScheduledLoops extends LoopKernel {
  /** Vectors run along the last outer axis, or along the innermost axis of each phase. */
  readonly vector: "outer" | "inner";
}
export type ScheduledKernel =
  | ScheduledLoops
  | ScheduledContraction
  | ScheduledBlock
  | Exclude<Kernel, LoopKernel | ContractionKernel | BlockKernel>;

export interface Schedule {
  readonly kernels: readonly ScheduledKernel[];
  readonly scratch: readonly ScratchValue[];
  /** Kernels whose code is that of an earlier one, over other values. */
  readonly alike: ReadonlyMap<ScheduledKernel, Likeness>;
}

/** What the first kernel of a form became. */
interface Known {
  readonly values: readonly ValueId[];
  readonly scratch: readonly ScratchValue[];
  readonly kernels: readonly (ScheduledLoops | ScheduledContraction)[];
}

/** Rows and axes shorter than this gain nothing from vectors. */
const lanes = 4;

/** What finds kernels that are alike; loaded for programs that have many. */
export type FindsAlike = typeof import("./alike.js");

/** @param alike without it, each kernel is scheduled for itself */
export function schedule(
  program: Program,
  kernels: readonly Kernel[],
  target: ProductTarget,
  alike?: FindsAlike,
): Schedule {
  return new Scheduler(program, target, alike).run(kernels);
}

class Scheduler {
  private readonly e: ExpressionBuilder;
  private readonly scratch: ScratchValue[] = [];
  private readonly result: ScheduledKernel[] = [];
  private readonly forms: Forms | undefined;
  private readonly known = new Map<string, Known>();
  private readonly repeated = new Map<ScheduledKernel, Likeness>();
  private nextId: ValueId;

  constructor(
    private readonly program: Program,
    private readonly target: ProductTarget,
    private readonly alike: FindsAlike | undefined,
  ) {
    this.e = program.builder;
    this.nextId = program.values.length;
    this.forms = alike && new alike.Forms(this.e, (id) => program.values[id] as Value);
  }

  run(kernels: readonly Kernel[]): Schedule {
    for (const kernel of kernels) this.add(kernel);
    return { kernels: this.result, scratch: this.scratch, alike: this.repeated };
  }

  private add(kernel: Kernel): void {
    if (kernel.kind === "loops" || kernel.kind === "contraction") this.addOnce(kernel);
    else if (kernel.kind === "scatter") {
      const { definition } = kernel;
      const flat = flattenIndex(this.e, definition.indices, this.shapeOf(kernel.value));
      const inside = definition.indices.reduce(
        (all, index, axis) => this.e.and(all, this.e.within(index, 0, this.shapeOf(kernel.value)[axis] as number)),
        this.e.bool(true),
      );
      const base = this.flatten(definition.base, new Set());
      this.result.push({
        ...kernel,
        definition: {
          ...definition,
          base,
          // Position first, then whether it lies inside the value.
          indices: [this.flatten(flat, new Set()), this.flatten(inside, new Set())],
          update: this.flatten(definition.update, new Set()),
        },
      });
    } else if (kernel.kind === "block") this.scheduleBlock(kernel);
    else this.result.push(kernel);
  }

  /** Schedules a kernel unless there is one like it; then it becomes the same over its own values. */
  private addOnce(kernel: LoopKernel | ContractionKernel): void {
    const { key = "", values = [] } = this.forms?.formOf(kernel) ?? {};
    const known = this.known.get(key);
    if (known === undefined || this.alike === undefined) {
      const begin = this.scratch.length;
      const kernels = kernel.kind === "loops" ? [this.scheduleLoops(kernel)] : this.scheduleContraction(kernel);
      this.result.push(...kernels);
      if (this.forms !== undefined) this.known.set(key, { values, kernels, scratch: this.scratch.slice(begin) });
      return;
    }
    const own = new Map(known.values.map((id, i) => [id, values[i] as ValueId]));
    for (const { id, dtype, shape } of known.scratch) own.set(id, this.scratchFor(dtype, shape));
    for (const first of known.kernels) {
      const repeated = this.alike.overValues(this.e, first, own);
      this.repeated.set(repeated, { first, values: own });
      this.result.push(repeated);
    }
  }

  // ---- loops and branches around programs ----

  private scheduleBlock(kernel: BlockKernel): void {
    const { block, results } = kernel;
    const carriedCount = block.kind === "loop" ? block.carried.length : 0;
    const stacked = results.filter((r) => r.output >= carriedCount);
    const nested = (program: Program, outputs: readonly ValueId[]): NestedProgram => {
      const inner: Program = { ...program, outputs };
      const scheduled = schedule(inner, fuse(inner), this.target, this.alike);
      return { program: inner, schedule: scheduled, plan: planMemory(inner, scheduled, { ownsFeeds: false }) };
    };
    const asked = (program: Program): readonly ValueId[] =>
      stacked.map((r) => program.outputs[r.output - carriedCount] as ValueId);
    const programs =
      block.kind === "branch"
        ? [nested(block.whenTrue, asked(block.whenTrue)), nested(block.whenFalse, asked(block.whenFalse))]
        : [
            ...(block.condition === null ? [] : [nested(block.condition, block.condition.outputs)]),
            nested(block.body, asked(block.body)),
          ];
    const carried =
      block.kind === "branch"
        ? []
        : block.carried.map((initial, i) => {
            const result = results.find((r) => r.output === i);
            const { dtype } = this.program.values[initial] as Value;
            return result?.value ?? this.scratchFor(dtype, this.shapeOf(initial));
          });
    const bytes = Math.max(0, ...programs.map(({ plan }) => plan.arenaBytes));
    this.result.push({ ...kernel, programs, carried, arena: this.scratchFor("uint8", [bytes]) });
  }

  private scratchFor(dtype: NumericDType, shape: readonly number[]): ValueId {
    const value: ScratchValue = { id: this.nextId++, dtype, shape };
    this.scratch.push(value);
    return value.id;
  }

  private shapeOf(id: ValueId): readonly number[] {
    const { values } = this.program;
    // Scratch is numbered on from the program's values.
    return values[id]?.shape ?? (this.scratch[id - values.length] as ScratchValue).shape;
  }

  /** Rewrites loads to a single flat position; loads from registers lose their indices. */
  private flatten(root: Expr, registers: ReadonlySet<ValueId>): Expr {
    const { e } = this;
    return e.substitute(root, new Map(), (id, indices, dtype) =>
      e.load(id, dtype, registers.has(id) ? [] : [flattenIndex(e, indices, this.shapeOf(id))]),
    );
  }

  private flattenStore({ value, indices, expression }: Store, registers: ReadonlySet<ValueId>): Store {
    return {
      value,
      indices: [this.flatten(flattenIndex(this.e, indices, this.shapeOf(value)), registers)],
      expression: this.flatten(expression, registers),
    };
  }

  // ---- loops ----

  private scheduleLoops(kernel: LoopKernel): ScheduledLoops {
    const registers = registersOf(kernel);
    let { outer } = kernel;
    let phases = kernel.phases.map(
      (phase): Phase =>
        phase.kind === "map"
          ? { ...phase, stores: phase.stores.map((s) => this.flattenStore(s, registers)) }
          : { ...phase, body: this.flatten(phase.body, registers) },
    );
    const [only] = phases;
    if (phases.length === 1 && only?.kind === "map") {
      outer = [...outer, ...only.extents];
      phases = [{ ...only, extents: [] }];
    }
    const collapsedInner = phases.map((phase) => {
      const { extents, rewrite } = joinAxes(this.e, phase.extents, outer.length, phaseRoots(phase));
      return rewritePhase(phase, extents, rewrite);
    });
    const { extents, rewrite } = joinAxes(this.e, outer, 0, collapsedInner.flatMap(phaseRoots));
    // Inner axes are numbered after the outer ones, of which there may be fewer now.
    const shift = outer.length - extents.length;
    const renumbered = collapsedInner.map((phase) => {
      const moved = new Map(
        phase.extents.map((extent, i) => [outer.length + i, this.e.axis(outer.length - shift + i, extent)]),
      );
      return rewritePhase(phase, phase.extents, (x) => this.e.substitute(rewrite(x), moved));
    });
    return { kind: "loops", outer: extents, phases: renumbered, vector: this.vectorAxis(extents, renumbered) };
  }

  /** The direction in which more loads and stores touch neighbouring elements. */
  private vectorAxis(outer: readonly number[], phases: readonly Phase[]): "outer" | "inner" {
    const last = outer.length - 1;
    if (phases.every((phase) => phase.extents.length === 0)) return outer.length > 0 ? "outer" : "inner";
    if (outer.length === 0) return "inner";
    let strayOuter = 0;
    let strayInner = 0;
    let innerIsShort = false;
    for (const phase of phases) {
      const innermost = outer.length + phase.extents.length - 1;
      if (phase.extents.length > 0 && (phase.extents.at(-1) as number) < lanes) innerIsShort = true;
      for (const position of positionsOf(phase)) {
        if (!isVectorStep(this.e, position, last)) strayOuter++;
        if (phase.extents.length > 0 && !isVectorStep(this.e, position, innermost)) strayInner++;
      }
    }
    const outerIsShort = (outer.at(-1) as number) < lanes;
    if (outerIsShort !== innerIsShort) return outerIsShort ? "inner" : "outer";
    return strayOuter < strayInner ? "outer" : "inner";
  }

  // ---- products ----

  /** The product, after the loops that lay out its operands. */
  private scheduleContraction(kernel: ContractionKernel): (ScheduledLoops | ScheduledContraction)[] {
    const isTiled = kernel.dtype === "float32" && sizeOf(kernel.n) >= this.target.lanes && sizeOf(kernel.k) > 0;
    if (!isTiled) return [this.scheduleLoops(asReduction(this.e, kernel))];
    const copies: ScheduledLoops[] = [];
    const scheduled = scheduleProduct(kernel, {
      e: this.e,
      target: this.target,
      flatten: (root, registers) => this.flatten(root, registers),
      flattenStore: (store, registers) => this.flattenStore(store, registers),
      scratch: (shape) => this.scratchFor("float32", shape),
      addLoops: (loops) => copies.push(this.scheduleLoops(loops)),
    });
    return [...copies, scheduled];
  }
}

/** A product as an ordinary sum, for dtypes and sizes the tiled template does not serve. */
function asReduction(e: ExpressionBuilder, kernel: ContractionKernel): LoopKernel {
  const outer = [...kernel.batch, ...kernel.m, ...kernel.n];
  return {
    kind: "loops",
    outer,
    phases: [
      { kind: "reduce", op: "sum", extents: kernel.k, body: e.mul(kernel.a, kernel.b), result: kernel.result },
      ...(kernel.stores.length > 0 ? [{ kind: "map" as const, extents: [], stores: kernel.stores }] : []),
    ],
  };
}

const phaseRoots = (phase: Phase): Expr[] =>
  phase.kind === "map" ? phase.stores.flatMap((s) => [...s.indices, s.expression]) : [phase.body];

function rewritePhase(phase: Phase, extents: readonly number[], rewrite: (x: Expr) => Expr): Phase {
  if (phase.kind !== "map") return { ...phase, extents, body: rewrite(phase.body) };
  const stores = phase.stores.map((s) => ({
    ...s,
    indices: s.indices.map(rewrite),
    expression: rewrite(s.expression),
  }));
  return { ...phase, extents, stores };
}

/** The memory positions a phase touches. */
const positionsOf = (phase: Phase): Expr[] => [
  ...phaseRoots(phase).flatMap((root) => loadsOf(root).flatMap((load) => load.indices)),
  ...(phase.kind === "map" ? phase.stores.flatMap((s) => s.indices) : []),
];
