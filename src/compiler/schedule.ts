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
  visitExpr,
} from "../ir/index.js";
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
/**
 * A product of float32 matrices whose rows, columns and summed axis are one axis each (none where the
 * extent is 1), whose operands are plain loads, and whose second operand has its columns side by side.
 */
export type ScheduledContraction = ContractionKernel;
export type ScheduledKernel =
  | ScheduledLoops
  | ScheduledContraction
  | ScheduledBlock
  | Exclude<Kernel, LoopKernel | ContractionKernel | BlockKernel>;

export interface Schedule {
  readonly kernels: readonly ScheduledKernel[];
  readonly scratch: readonly ScratchValue[];
}

/** A product with fewer columns than a vector has lanes is computed as a reduction. */
const lanes = 4;

export function schedule(program: Program, kernels: readonly Kernel[]): Schedule {
  return new Scheduler(program).run(kernels);
}

class Scheduler {
  private readonly e: ExpressionBuilder;
  private readonly scratch: ScratchValue[] = [];
  private readonly result: ScheduledKernel[] = [];
  private nextId: ValueId;

  constructor(private readonly program: Program) {
    this.e = program.builder;
    this.nextId = program.values.length;
  }

  run(kernels: readonly Kernel[]): Schedule {
    for (const kernel of kernels) this.add(kernel);
    return { kernels: this.result, scratch: this.scratch };
  }

  private add(kernel: Kernel): void {
    if (kernel.kind === "loops") this.result.push(this.scheduleLoops(kernel));
    else if (kernel.kind === "contraction") this.scheduleContraction(kernel);
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

  // ---- loops and branches around programs ----

  private scheduleBlock(kernel: BlockKernel): void {
    const { block, results } = kernel;
    const carriedCount = block.kind === "loop" ? block.carried.length : 0;
    const stacked = results.filter((r) => r.output >= carriedCount);
    const nested = (program: Program, outputs: readonly ValueId[]): NestedProgram => {
      const inner: Program = { ...program, outputs };
      const scheduled = schedule(inner, fuse(inner));
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
      const { extents, rewrite } = this.collapse(phase.extents, outer.length, phaseRoots(phase));
      return rewritePhase(phase, extents, rewrite);
    });
    const { extents, rewrite } = this.collapse(outer, 0, collapsedInner.flatMap(phaseRoots));
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

  /**
   * Joins neighbouring axes wherever every position advances through them as through one. Axes of one
   * element disappear. `first` is the number of the first axis. `whole` joins them at any price.
   */
  private collapse(
    extents: readonly number[],
    first: number,
    roots: readonly Expr[],
    whole = false,
  ): { extents: readonly number[]; rewrite: (x: Expr) => Expr } {
    const { e } = this;
    let axes = extents.map((extent, i) => ({ extent, axis: first + i })).filter(({ extent }) => extent !== 1);
    let current = [...roots];
    const steps: ReadonlyMap<number, Expr>[] = [];
    for (let i = axes.length - 2; i >= 0; i--) {
      const [left, right] = [axes[i], axes[i + 1]] as [(typeof axes)[number], (typeof axes)[number]];
      const joined = e.axis(left.axis, left.extent * right.extent);
      const step = new Map([
        [left.axis, e.floorDiv(joined, e.index(right.extent))],
        [right.axis, e.floorMod(joined, e.index(right.extent))],
      ]);
      const next = current.map((root) => e.substitute(root, step));
      if (!whole && countDivisions(next) > countDivisions(current)) continue;
      current = next;
      steps.push(step);
      axes = [...axes.slice(0, i), { extent: left.extent * right.extent, axis: left.axis }, ...axes.slice(i + 2)];
    }
    const renumber = new Map(axes.map(({ extent, axis }, i) => [axis, e.axis(first + i, extent)]));
    const rewrite = (x: Expr): Expr =>
      e.substitute(
        steps.reduce((y, step) => e.substitute(y, step), x),
        renumber,
      );
    return { extents: axes.map(({ extent }) => extent), rewrite };
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

  private scheduleContraction(kernel: ContractionKernel): void {
    const columns = sizeOf(kernel.n);
    if (kernel.dtype !== "float32" || columns < lanes || sizeOf(kernel.k) === 0) {
      this.result.push(this.scheduleLoops(asReduction(this.e, kernel)));
      return;
    }
    let scheduled = this.collapseContraction(kernel);
    const inPlace = (operand: Expr, direct: boolean): boolean => operand.kind === "load" && direct;
    const rank = (k: ContractionKernel): boolean => k.m.length <= 1 && k.n.length <= 1 && k.k.length <= 1;
    if (
      !rank(scheduled) ||
      !inPlace(scheduled.a, this.readsRows(scheduled)) ||
      !inPlace(scheduled.b, this.readsColumns(scheduled))
    ) {
      const { batch, m, n, k } = kernel;
      const keepA = rank(scheduled) && inPlace(scheduled.a, this.readsRows(scheduled));
      const keepB = rank(scheduled) && inPlace(scheduled.b, this.readsColumns(scheduled));
      const at = (from: number, extents: readonly number[]): Expr[] => extents.map((x, i) => this.e.axis(from + i, x));
      const nStart = batch.length + m.length;
      const kStart = nStart + n.length;
      const a = keepA
        ? kernel.a
        : this.layOut(kernel.a, [...at(0, batch), ...at(batch.length, m), ...at(kStart, k)], [...batch, ...m, ...k]);
      const b = keepB
        ? kernel.b
        : this.layOut(kernel.b, [...at(0, batch), ...at(kStart, k), ...at(nStart, n)], [...batch, ...k, ...n]);
      // Operands laid out allow it; what the epilogue reads may still fall apart into several axes.
      scheduled = this.collapseContraction({ ...kernel, a, b }, !rank(scheduled));
    }
    this.result.push(scheduled);
  }

  /** Computes an operand into memory in the given order of axes; returns the load that replaces it. */
  private layOut(operand: Expr, axes: readonly Expr[], shape: readonly number[]): Expr {
    const id = this.scratchFor("float32", shape);
    const places = shape.map((extent, i) => this.e.axis(i, extent));
    // Axes of one element are the constant 0 already.
    const renamed = new Map(
      axes.flatMap((axis, i) => (axis.kind === "axis" ? [[axis.axis, places[i] as Expr] as const] : [])),
    );
    const expression = this.e.substitute(operand, renamed);
    const store: Store = { value: id, indices: places, expression };
    this.result.push(
      this.scheduleLoops({ kind: "loops", outer: shape, phases: [{ kind: "map", extents: [], stores: [store] }] }),
    );
    return this.e.load(id, "float32", axes);
  }

  /** Joins row, column and summed axes each into one, where possible or (`whole`) at any price, with flat positions. */
  private collapseContraction(kernel: ContractionKernel, whole = false): ScheduledContraction {
    const registers = new Set([kernel.result]);
    let a = this.flatten(kernel.a, registers);
    let b = this.flatten(kernel.b, registers);
    let stores = kernel.stores.map((s) => this.flattenStore(s, registers));
    const groups = [kernel.batch, kernel.m, kernel.n, kernel.k];
    const collapsed: (readonly number[])[] = [];
    let first = 0;
    const total = groups.reduce((sum, g) => sum + g.length, 0);
    let offset = 0;
    const renumber = new Map<number, Expr>();
    for (const extents of groups) {
      const roots = [a, b, ...stores.flatMap((s) => [...s.indices, s.expression])];
      const result = this.collapse(extents, first, roots, whole && extents !== kernel.batch);
      a = result.rewrite(a);
      b = result.rewrite(b);
      stores = stores.map((s) => ({
        ...s,
        indices: s.indices.map(result.rewrite),
        expression: result.rewrite(s.expression),
      }));
      result.extents.forEach((extent, i) => {
        renumber.set(first + i, this.e.axis(total + offset + i, extent));
      });
      offset += result.extents.length;
      collapsed.push(result.extents);
      first += extents.length;
    }
    // Two steps, since an axis may take a number that another still has.
    const up = (x: Expr): Expr => this.e.substitute(x, renumber);
    const down = new Map<number, Expr>();
    collapsed.flat().forEach((extent, i) => {
      down.set(total + i, this.e.axis(i, extent));
    });
    const move = (x: Expr): Expr => this.e.substitute(up(x), down);
    const [batch = [], m = [], n = [], k = []] = collapsed;
    return {
      ...kernel,
      batch,
      m,
      n,
      k,
      a: move(a),
      b: move(b),
      stores: stores.map((s) => ({ ...s, indices: s.indices.map(move), expression: move(s.expression) })),
    };
  }

  /** Whether the first operand is an affine walk over rows and steps. */
  private readsRows({ a }: ContractionKernel): boolean {
    return a.kind === "load" && isAffine(this.e, a.indices[0] as Expr);
  }

  /** Whether the second operand has its columns side by side in memory. */
  private readsColumns({ b, batch, m }: ContractionKernel): boolean {
    if (b.kind !== "load") return false;
    const position = b.indices[0] as Expr;
    return isAffine(this.e, position) && coefficientOf(this.e, position, batch.length + m.length) === 1;
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

function countDivisions(roots: readonly Expr[]): number {
  const seen = new Set<number>();
  let count = 0;
  for (const root of roots)
    visitExpr(
      root,
      (e) => {
        if (e.kind === "binary" && e.dtype === "int32" && (e.op === "floorDiv" || e.op === "floorMod")) count++;
      },
      seen,
    );
  return count;
}

/** The factor of an axis in a position; `undefined` where it also occurs inside something else. */
export function coefficientOf(e: ExpressionBuilder, position: Expr, axis: number): number | undefined {
  let coefficient = 0;
  for (const { atom, coefficient: factor } of e.linearOf(position).terms) {
    if (atom.kind === "axis" && atom.axis === axis) coefficient = factor;
    else if (dependsOn(atom, axis)) return undefined;
  }
  return coefficient;
}

/** Whether an expression changes along an axis. */
export function dependsOn(root: Expr, axis: number): boolean {
  let found = false;
  visitExpr(root, (e) => {
    if (e.kind === "axis" && e.axis === axis) found = true;
  });
  return found;
}

/** Whether a position is a sum of axes with non-negative strides. */
const isAffine = (e: ExpressionBuilder, position: Expr): boolean =>
  e.linearOf(position).terms.every(({ atom, coefficient }) => atom.kind === "axis" && coefficient > 0);

function isVectorStep(e: ExpressionBuilder, position: Expr, axis: number): boolean {
  const coefficient = coefficientOf(e, position, axis);
  return coefficient === 0 || coefficient === 1;
}
