/**
 * @file Turns expressions into code, one element or four lanes at a time. Subexpressions that several
 * places need are computed once; what does not change along a loop is computed before it.
 */
import { dependsOn } from "../../compiler/index.js";
import type { NumericDType } from "../../core/index.js";
import { type Expr, type ExpressionBuilder, type LoadExpr, operandsOf, type ValueId } from "../../ir/index.js";
import type { FunctionBuilder, LaneOpcode, Local } from "./assembler/index.js";
import {
  byteShift,
  type CodeLibrary,
  pushConstant,
  scalarBinary,
  scalarCast,
  scalarLoads,
  scalarTypes,
  scalarUnary,
} from "./scalar-code.js";
import {
  extractLane,
  splat,
  type VectorDType,
  vectorBinary,
  vectorCast,
  vectorLoad,
  vectorUnary,
} from "./vector-code.js";

/** A value that lives in a register of the kernel, as a scalar, a vector, or either. */
export interface Register {
  readonly scalar?: Local;
  readonly vector?: Local;
}

export interface ExpressionContext {
  readonly f: FunctionBuilder;
  readonly e: ExpressionBuilder;
  readonly library: CodeLibrary;
  /** The local that holds a value's address. */
  readonly base: (value: ValueId) => Local;
  /** Values this kernel itself writes to memory; their loads stay where they are. */
  readonly written: ReadonlySet<ValueId>;
  /** The units of the kernel that are computed, and the thread that does so; undefined: all, by the only one. */
  readonly units?: { readonly begin: Local; readonly end: Local; readonly thread: Local } | undefined;
}

/** A computed subexpression; for a load's address, also what is still to be added to it. */
interface Kept {
  readonly local: Local;
  readonly rest?: Expr;
}
/** What one stretch of straight-line code has computed, by kind and node. */
type Scope = Map<string, Kept>;

export class ExpressionCode {
  private readonly f: FunctionBuilder;
  private readonly e: ExpressionBuilder;
  private readonly scopes: Scope[] = [new Map()];
  private readonly axes = new Map<number, Local>();
  readonly registers = new Map<ValueId, Register>();
  /** The axis the lanes run along while vector code is written. */
  private vectorAxis: number | undefined;
  private varying = new Map<number, boolean>();
  /** How often each node is needed in the straight-line code being written. */
  private demand = new Map<number, number>();

  constructor(private readonly context: ExpressionContext) {
    this.f = context.f;
    this.e = context.e;
  }

  // ---- loops ----

  /**
   * Loops `axis` from `begin` to below `end` in steps of `step`. `roots` are what the body will compute:
   * their parts that do not change along `inner` axes are computed beforehand.
   */
  loop(
    axis: number,
    range: { readonly begin: number | Local; readonly end: number | Local; readonly step: number },
    hoist: { readonly roots: readonly Expr[]; readonly inner: ReadonlySet<number>; readonly pinned: boolean },
    body: () => void,
  ): void {
    const { f } = this;
    const { begin, end, step } = range;
    const fixed = typeof begin === "number" && typeof end === "number" ? { begin, end } : undefined;
    if (fixed !== undefined && fixed.begin >= fixed.end) return;
    if (fixed === undefined) {
      for (const bound of [begin, end])
        if (typeof bound === "number") f.i32(bound);
        else f.get(bound);
      f.op("i32.lt_s");
      f.if(() => this.loopFrom(axis, range, hoist, body, false));
    } else this.loopFrom(axis, range, hoist, body, fixed.begin + step >= fixed.end);
  }

  /** A loop that runs at least once, or (`once`) exactly once. */
  private loopFrom(
    axis: number,
    range: { readonly begin: number | Local; readonly end: number | Local; readonly step: number },
    hoist: { readonly roots: readonly Expr[]; readonly inner: ReadonlySet<number>; readonly pinned: boolean },
    body: () => void,
    once: boolean,
  ): void {
    const { f } = this;
    const push = (bound: number | Local): void => (typeof bound === "number" ? f.i32(bound) : f.get(bound));
    const index = f.local("i32");
    this.enter();
    this.hoist(hoist.roots, hoist.inner, hoist.pinned);
    push(range.begin);
    f.set(index);
    const outer = this.axes.get(axis);
    this.axes.set(axis, index);
    const emitBody = (): void => {
      this.enter();
      body();
      this.leave();
    };
    if (once) emitBody();
    else
      f.loop((again) => {
        emitBody();
        f.get(index);
        f.i32(range.step);
        f.op("i32.add");
        f.tee(index);
        push(range.end);
        f.op("i32.lt_s");
        f.brIf(again);
      });
    if (outer === undefined) this.axes.delete(axis);
    else this.axes.set(axis, outer);
    this.leave();
    f.freeLocal(index);
  }

  /** Binds an axis to a local that the caller maintains. */
  bindAxis(axis: number, local: Local, body: () => void): void {
    const before = this.axes.get(axis);
    this.axes.set(axis, local);
    this.enter();
    body();
    this.leave();
    if (before === undefined) this.axes.delete(axis);
    else this.axes.set(axis, before);
  }

  /** Writes code in which the lanes run along `axis`. */
  withVectors(axis: number | undefined, body: () => void): void {
    const before = this.vectorAxis;
    const varying = this.varying;
    this.vectorAxis = axis;
    this.varying = new Map();
    body();
    this.vectorAxis = before;
    this.varying = varying;
  }

  /** Announces what the following straight-line code computes, so that shared parts are kept. */
  expect(roots: readonly Expr[]): void {
    this.demand = new Map();
    const visited = new Set<number>();
    const visit = (node: Expr): void => {
      this.demand.set(node.id, (this.demand.get(node.id) ?? 0) + 1);
      if (visited.has(node.id)) return;
      visited.add(node.id);
      for (const operand of operandsOf(node)) visit(operand);
    };
    for (const root of roots) visit(root);
  }

  private enter(): void {
    this.scopes.push(new Map());
  }
  private leave(): void {
    for (const { local } of this.scopes.pop()?.values() ?? []) this.f.freeLocal(local);
  }
  private cached(key: string): Kept | undefined {
    for (let i = this.scopes.length - 1; i >= 0; i--) {
      const kept = this.scopes[i]?.get(key);
      if (kept !== undefined) return kept;
    }
    return undefined;
  }
  private keep(key: string, local: Local, rest?: Expr): void {
    this.scopes.at(-1)?.set(key, rest === undefined ? { local } : { local, rest });
  }

  /**
   * Computes the largest parts of `roots` that are the same for all values of `inner`. Unless `pinned`
   * is allowed, parts that read registers or memory this kernel writes are left alone.
   */
  private hoist(roots: readonly Expr[], inner: ReadonlySet<number>, pinned: boolean): void {
    const changes = new Map<number, boolean>();
    const isFixed = (node: Expr): boolean => {
      const known = changes.get(node.id);
      if (known !== undefined) return known;
      const own =
        !(node.kind === "axis" && (inner.has(node.axis) || !this.axes.has(node.axis))) &&
        !(node.kind === "load" && this.isPinned(node) && !(pinned && this.isReady(node)));
      const fixed = own && operandsOf(node).every(isFixed);
      changes.set(node.id, fixed);
      return fixed;
    };
    const visited = new Set<number>();
    const visit = (node: Expr): void => {
      if (visited.has(node.id) || node.kind === "constant" || node.kind === "axis") return;
      visited.add(node.id);
      if (isFixed(node) && !this.changesAcrossLanes(node)) {
        if (this.cached(`s${node.id}`) !== undefined || isRegisterLoad(node)) return;
        const local = this.f.local(scalarTypes[node.dtype]);
        this.scalar(node);
        this.f.set(local);
        this.keep(`s${node.id}`, local);
        if (this.vectorAxis !== undefined && node.dtype === "float32") {
          const repeated = this.f.local("v128");
          this.f.get(local);
          splat(this.f, "float32");
          this.f.set(repeated);
          this.keep(`v${node.id}`, repeated);
        }
        return;
      }
      if (node.kind === "load" && !isRegisterLoad(node)) {
        this.hoistPointer(node, isFixed);
        if (this.e.linearOf(node.indices[0] as Expr).terms.every(({ atom }) => atom.kind === "axis")) return;
      }
      for (const operand of operandsOf(node)) visit(operand);
    };
    for (const root of roots) visit(root);
  }

  private isPinned(node: LoadExpr): boolean {
    return isRegisterLoad(node) || this.context.written.has(node.value);
  }
  private isReady(node: LoadExpr): boolean {
    return !isRegisterLoad(node) || this.registers.has(node.value);
  }

  /** Keeps the address of the part of a load's position that does not change. */
  private hoistPointer(load: LoadExpr, isFixed: (node: Expr) => boolean): void {
    const position = load.indices[0] as Expr;
    const linear = this.e.linearOf(position);
    const fixed = linear.terms.filter(({ atom }) => isFixed(atom) && !this.changesAcrossLanes(atom));
    if (fixed.length === 0 && linear.offset === 0) return;
    const key = `p${load.id}`;
    if (this.cached(key) !== undefined) return;
    const pointer = this.f.local("i32");
    this.address(load.value, load.dtype, this.e.fromLinear({ offset: linear.offset, terms: fixed }));
    this.f.set(pointer);
    const rest = linear.terms.filter((term) => !fixed.includes(term));
    this.keep(key, pointer, this.e.fromLinear({ offset: 0, terms: rest }));
  }

  // ---- addresses ----

  /** Pushes the address of the element a load or store touches; `position` is flat. */
  address(value: ValueId, dtype: NumericDType, position: Expr): void {
    this.f.get(this.context.base(value));
    if (position.kind === "constant" && position.value === 0) return;
    this.scaled(position, byteShift[dtype]);
    this.f.op("i32.add");
  }

  private loadAddress(load: LoadExpr): void {
    const pointer = this.cached(`p${load.id}`);
    const rest = pointer?.rest;
    if (pointer === undefined || rest === undefined) {
      this.address(load.value, load.dtype, load.indices[0] as Expr);
      return;
    }
    this.f.get(pointer.local);
    if (rest.kind === "constant" && rest.value === 0) return;
    this.scaled(rest, byteShift[load.dtype]);
    this.f.op("i32.add");
  }

  private scaled(position: Expr, shift: number): void {
    this.scalar(position);
    if (shift === 0) return;
    this.f.i32(shift);
    this.f.op("i32.shl");
  }

  // ---- one element ----

  /** Pushes the value of an expression. */
  scalar(node: Expr): void {
    const { f } = this;
    if (node.kind === "constant") pushConstant(f, node.value, node.dtype);
    else if (node.kind === "axis") f.get(this.axisLocal(node.axis));
    else if (isRegisterLoad(node)) this.scalarRegister(node as LoadExpr);
    else {
      const key = `s${node.id}`;
      const known = this.cached(key);
      if (known !== undefined) {
        f.get(known.local);
        return;
      }
      this.computeScalar(node);
      if ((this.demand.get(node.id) ?? 0) > 1 && this.vectorAxis === undefined) {
        const local = f.local(scalarTypes[node.dtype]);
        f.tee(local);
        this.keep(key, local);
      }
    }
  }

  private computeScalar(node: Expr): void {
    const { f } = this;
    const { library } = this.context;
    switch (node.kind) {
      case "load":
        this.loadAddress(node);
        f.load(scalarLoads[node.dtype]);
        return;
      case "unary":
        this.scalar(node.x);
        scalarUnary(f, library, node.op, node.dtype);
        return;
      case "binary":
        this.scalar(node.a);
        this.scalar(node.b);
        if (this.dividesIndex(node.op, node.a, node.b)) f.op(node.op === "floorDiv" ? "i32.div_u" : "i32.rem_u");
        else scalarBinary(f, library, node.op, node.a.dtype);
        return;
      case "select":
        this.scalar(node.a);
        this.scalar(node.b);
        this.scalar(node.condition);
        f.select();
        return;
      case "cast":
        this.scalar(node.x);
        scalarCast(f, node.x.dtype, node.dtype);
        return;
      default:
        throw new Error(`unreachable: ${node.kind}`);
    }
  }

  /** Index arithmetic that an unsigned instruction does directly. */
  private dividesIndex(op: string, a: Expr, b: Expr): boolean {
    if ((op !== "floorDiv" && op !== "floorMod") || b.kind !== "constant" || b.value <= 0 || a.dtype !== "int32")
      return false;
    return (this.e.rangeOf(a)?.low ?? -1) >= 0;
  }

  private axisLocal(axis: number): Local {
    const local = this.axes.get(axis);
    if (local === undefined) throw new Error(`Axis ${axis} is read outside its loop`);
    return local;
  }

  private scalarRegister(node: LoadExpr): void {
    const register = this.registers.get(node.value);
    if (register?.scalar === undefined) throw new Error(`Register v${node.value} has no scalar here`);
    this.f.get(register.scalar);
  }

  // ---- four lanes ----

  /** Whether the lanes hold different values of a node. */
  private changesAcrossLanes(node: Expr): boolean {
    const axis = this.vectorAxis;
    if (axis === undefined) return false;
    const known = this.varying.get(node.id);
    if (known !== undefined) return known;
    const own =
      (node.kind === "axis" && node.axis === axis) ||
      (isRegisterLoad(node) && this.registers.get((node as LoadExpr).value)?.vector !== undefined);
    const varies = own || operandsOf(node).some((operand) => this.changesAcrossLanes(operand));
    this.varying.set(node.id, varies);
    return varies;
  }

  /** Pushes the four values of an expression along the vector axis. */
  vector(node: Expr): void {
    const { f } = this;
    const dtype = node.dtype as VectorDType;
    if (node.kind === "constant") {
      this.constantVector(node.value, dtype);
      return;
    }
    const key = `v${node.id}`;
    const known = this.cached(key);
    if (known !== undefined) {
      f.get(known.local);
      return;
    }
    if (!this.changesAcrossLanes(node)) {
      this.scalar(node);
      splat(f, dtype);
    } else if (isRegisterLoad(node)) {
      f.get(this.registers.get((node as LoadExpr).value)?.vector as Local);
      return;
    } else this.computeVector(node, dtype);
    if ((this.demand.get(node.id) ?? 0) > 1) {
      const local = f.local("v128");
      f.tee(local);
      this.keep(key, local);
    }
  }

  private constantVector(value: number, dtype: VectorDType): void {
    if (dtype === "float32") this.f.f32x4Splat(value);
    else this.f.i32x4Splat(dtype === "bool" ? -value : value);
  }

  private computeVector(node: Expr, dtype: VectorDType): void {
    const { f } = this;
    const { library } = this.context;
    switch (node.kind) {
      case "axis":
        f.get(this.axisLocal(node.axis));
        f.op("i32x4.splat");
        f.v128(new Int32Array([0, 1, 2, 3]));
        f.op("i32x4.add");
        return;
      case "load":
        this.loadVector(node, dtype);
        return;
      case "unary":
        this.vector(node.x);
        vectorUnary(f, library, node.op, dtype);
        return;
      case "binary":
        this.vector(node.a);
        this.vector(node.b);
        vectorBinary(f, library, node.op, node.a.dtype as VectorDType);
        return;
      case "select":
        this.vector(node.a);
        this.vector(node.b);
        this.vector(node.condition);
        f.op("v128.bitselect");
        return;
      case "cast":
        this.vector(node.x);
        vectorCast(f, node.x.dtype as VectorDType, dtype);
        return;
      default:
        throw new Error(`unreachable: ${node.kind}`);
    }
  }

  /** Whether the lanes of a position are neighbours; one that a register shifts differently in each lane is none. */
  isNeighbourly(position: Expr): boolean {
    const axis = this.vectorAxis as number;
    return (
      isNeighbourly(this.e, position, axis) &&
      this.e.linearOf(position).terms.every(({ atom }) => atom.kind === "axis" || !this.changesAcrossLanes(atom))
    );
  }

  private loadVector(load: LoadExpr, dtype: VectorDType): void {
    const { f } = this;
    const position = load.indices[0] as Expr;
    if (this.isNeighbourly(position)) {
      this.loadAddress(load);
      vectorLoad(f, dtype);
      return;
    }
    // Neighbouring lanes lie apart: fetch them one by one.
    const positions = f.local("v128");
    const result = f.local("v128");
    this.vector(position);
    f.set(positions);
    for (let lane = 0; lane < 4; lane++) {
      f.get(result);
      f.get(this.context.base(load.value));
      f.get(positions);
      f.lane("i32x4.extract_lane", lane);
      const shift = byteShift[load.dtype];
      if (shift > 0) {
        f.i32(shift);
        f.op("i32.shl");
      }
      f.op("i32.add");
      f.load(scalarLoads[load.dtype]);
      if (dtype === "bool") {
        // A lane of a mask is all ones or all zeros.
        const bit = f.local("i32");
        f.set(bit);
        f.i32(0);
        f.get(bit);
        f.op("i32.sub");
        f.freeLocal(bit);
      }
      f.lane((dtype === "float32" ? "f32x4.replace_lane" : "i32x4.replace_lane") as LaneOpcode, lane);
      f.set(result);
    }
    f.get(result);
    f.freeLocal(positions);
    f.freeLocal(result);
  }

  /** Pushes one lane of an expression as a scalar. */
  lane(node: Expr, lane: number): void {
    this.vector(node);
    extractLane(this.f, node.dtype as VectorDType, lane);
  }
}

/** A load of a register carries no position. */
const isRegisterLoad = (node: Expr): boolean => node.kind === "load" && node.indices.length === 0;

/** Whether a position advances by one element per step of `axis`, and does not depend on it otherwise. */
export function isNeighbourly(e: ExpressionBuilder, position: Expr, axis: number): boolean {
  let found = false;
  for (const { atom, coefficient } of e.linearOf(position).terms) {
    if (atom.kind === "axis" && atom.axis === axis) {
      if (coefficient !== 1) return false;
      found = true;
    } else if (dependsOn(atom, axis)) return false;
  }
  return found;
}
