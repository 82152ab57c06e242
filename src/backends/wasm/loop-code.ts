/**
 * @file Code for loop kernels. Where every dtype has a vector form, the chosen axis runs in steps of
 * four with the rest one by one; sums along the vector axis add their four lanes at the end.
 */
import { combineOp, reduceIdentity } from "../../compiler/evaluate.js";
import {
  type ArgReducePhase,
  loopUnits,
  type MapPhase,
  type Phase,
  type ReducePhase,
  type ScheduledLoops,
  type Store,
} from "../../compiler/index.js";
import { type Expr, visitExpr } from "../../ir/index.js";
import type { FunctionBuilder, Local } from "./assembler/index.js";
import { ExpressionCode, type ExpressionContext, isNeighbourly } from "./expression-code.js";
import { pushConstant, scalarBinary, scalarStores, scalarTypes } from "./scalar-code.js";
import { extractLane, isVectorDType, splat, type VectorDType, vectorBinary, vectorStore } from "./vector-code.js";

const lanes = 4;

const rootsOf = (phase: Phase): Expr[] =>
  phase.kind === "map" ? phase.stores.flatMap((s) => [...s.indices, s.expression]) : [phase.body];

/** Writes the loops and phases of a kernel. */
export function emitLoops(kernel: ScheduledLoops, context: ExpressionContext): void {
  new LoopCode(kernel, context).emit();
}

class LoopCode {
  private readonly code: ExpressionCode;
  private readonly f: FunctionBuilder;
  private readonly rank: number;
  private readonly vectors: boolean;

  constructor(
    private readonly kernel: ScheduledLoops,
    private readonly context: ExpressionContext,
  ) {
    this.code = new ExpressionCode(context);
    this.f = context.f;
    this.rank = kernel.outer.length;
    this.vectors =
      canVectorize(kernel) && kernel.phases.every((phase) => phase.kind !== "argReduce" || kernel.vector === "inner");
  }

  emit(): void {
    if (this.kernel.outer.some((extent) => extent === 0)) return;
    this.outerLoop(0);
  }

  private outerLoop(axis: number): void {
    const { outer, vector } = this.kernel;
    if (axis === this.rank) {
      this.phases(undefined);
      return;
    }
    const extent = outer[axis] as number;
    const hoist = { roots: this.kernel.phases.flatMap(rootsOf), inner: this.axesFrom(axis), pinned: false };
    this.withRange(axis, ({ begin, end, wholeEnd }) => {
      if (axis < this.rank - 1 || vector === "inner" || !this.vectors) {
        this.code.loop(axis, { begin, end, step: 1 }, hoist, () => this.outerLoop(axis + 1));
        return;
      }
      this.code.withVectors(axis, () =>
        this.code.loop(axis, { begin, end: wholeEnd, step: lanes }, hoist, () => this.phases(axis)),
      );
      // Pieces are whole vectors, but for the end of the axis.
      if (extent % lanes > 0)
        this.code.loop(axis, { begin: wholeEnd, end, step: 1 }, hoist, () => this.phases(undefined));
    });
  }

  /** The part of an axis that is computed: of the axis that threads share only the units of this call. */
  private withRange(
    axis: number,
    body: (range: { begin: Local | number; end: Local | number; wholeEnd: Local | number }) => void,
  ): void {
    const { f } = this;
    const extent = this.kernel.outer[axis] as number;
    const whole = extent - (extent % lanes);
    const units = loopUnits(this.kernel);
    const { units: given } = this.context;
    if (given === undefined || units.axis !== axis || units.count === 1) {
      body({ begin: 0, end: extent, wholeEnd: whole });
      return;
    }
    const [begin, end, wholeEnd] = [f.local("i32"), f.local("i32"), f.local("i32")];
    for (const [bound, local] of [
      [given.begin, begin],
      [given.end, end],
    ] as const) {
      f.get(bound);
      f.i32(units.size);
      f.op("i32.mul");
      f.set(local);
    }
    for (const [local, most] of [
      [end, extent],
      [wholeEnd, whole],
    ] as const) {
      f.get(end);
      f.i32(most);
      f.get(end);
      f.i32(most);
      f.op("i32.lt_s");
      f.select();
      f.set(local);
    }
    body({ begin, end, wholeEnd });
    for (const local of [begin, end, wholeEnd]) f.freeLocal(local);
  }

  /** All axes from `axis` inward, of every phase. */
  private axesFrom(axis: number): Set<number> {
    const deepest = this.rank + Math.max(0, ...this.kernel.phases.map((phase) => phase.extents.length));
    return new Set(Array.from({ length: deepest - axis }, (_, i) => axis + i));
  }

  /** The phases at one outer point, or at four neighbouring ones along `vectorAxis`. */
  private phases(vectorAxis: number | undefined): void {
    for (const phase of this.kernel.phases) {
      if (phase.kind === "map") this.mapPhase(phase, vectorAxis);
      else if (phase.kind === "reduce") this.reducePhase(phase, vectorAxis);
      else this.argReducePhase(phase);
    }
    for (const { scalar, vector } of this.code.registers.values()) {
      if (scalar !== undefined) this.f.freeLocal(scalar);
      if (vector !== undefined) this.f.freeLocal(vector);
    }
    this.code.registers.clear();
  }

  private mapPhase(phase: MapPhase, vectorAxis: number | undefined): void {
    this.innerLoops(phase, 0, vectorAxis, (axis) => {
      this.code.expect(rootsOf(phase));
      this.stores(phase.stores, axis);
    });
  }

  /** Every expression is computed before anything is stored: an update may overwrite what another reads. */
  private stores(stores: readonly Store[], vectorAxis: number | undefined): void {
    const { f } = this;
    const results = stores.map(({ expression }) => {
      const local = f.local(vectorAxis === undefined ? scalarTypes[expression.dtype] : "v128");
      if (vectorAxis === undefined) this.code.scalar(expression);
      else this.code.vector(expression);
      f.set(local);
      return local;
    });
    stores.forEach(({ value, indices, expression }, i) => {
      const position = indices[0] as Expr;
      const result = results[i] as Local;
      const { dtype } = expression;
      if (vectorAxis === undefined) {
        this.code.address(value, dtype, position);
        f.get(result);
        f.store(scalarStores[dtype]);
      } else if (isNeighbourly(this.context.e, position, vectorAxis)) {
        this.code.address(value, dtype, position);
        f.get(result);
        vectorStore(f, dtype as VectorDType);
      } else this.scatterLanes(value, dtype as VectorDType, position, result);
      f.freeLocal(result);
    });
  }

  private scatterLanes(value: number, dtype: VectorDType, position: Expr, result: Local): void {
    const { f } = this;
    for (let lane = 0; lane < lanes; lane++) {
      f.get(this.context.base(value));
      this.code.lane(position, lane);
      if (dtype !== "bool") {
        f.i32(2);
        f.op("i32.shl");
      }
      f.op("i32.add");
      f.get(result);
      extractLane(f, dtype, lane);
      f.store(scalarStores[dtype]);
    }
  }

  /** Loops over the inner axes of a phase; the last one in vectors where that is the kernel's choice. */
  private innerLoops(
    phase: Phase,
    depth: number,
    vectorAxis: number | undefined,
    body: (vectorAxis: number | undefined) => void,
  ): void {
    const { extents } = phase;
    if (depth === extents.length) {
      body(vectorAxis);
      return;
    }
    const axis = this.rank + depth;
    const extent = extents[depth] as number;
    const inner = new Set(Array.from({ length: extents.length - depth }, (_, i) => axis + i));
    const hoist = { roots: rootsOf(phase), inner, pinned: true };
    const isLast = depth === extents.length - 1;
    const next = (): void => this.innerLoops(phase, depth + 1, vectorAxis, body);
    const inVectors = isLast && this.vectors && this.kernel.vector === "inner" && phase.kind !== "argReduce";
    if (!inVectors) {
      this.code.loop(axis, { begin: 0, end: extent, step: 1 }, hoist, next);
      return;
    }
    const whole = extent - (extent % lanes);
    this.code.withVectors(axis, () =>
      this.code.loop(axis, { begin: 0, end: whole, step: lanes }, hoist, () => body(axis)),
    );
    this.code.loop(axis, { begin: whole, end: extent, step: 1 }, hoist, () => body(undefined));
  }

  private reducePhase(phase: ReducePhase, vectorAxis: number | undefined): void {
    const { f } = this;
    const { dtype } = phase.body;
    const identity = reduceIdentity(phase.op, dtype);
    const combine = combineOp(phase.op);
    const last = phase.extents.at(-1) ?? 0;
    const lanesInside = this.vectors && this.kernel.vector === "inner" && last >= lanes;
    const scalar = f.local(scalarTypes[dtype]);
    const vector = vectorAxis !== undefined || lanesInside ? f.local("v128") : undefined;
    pushConstant(f, identity, dtype);
    f.set(scalar);
    if (vector !== undefined) {
      pushConstant(f, identity, dtype);
      splat(f, dtype as VectorDType);
      f.set(vector);
    }
    if (!phase.extents.includes(0))
      this.innerLoops(phase, 0, vectorAxis, (axis) => {
        this.code.expect([phase.body]);
        if (axis === undefined) {
          f.get(scalar);
          this.code.scalar(phase.body);
          scalarBinary(f, this.context.library, combine, dtype);
          f.set(scalar);
        } else {
          f.get(vector as Local);
          this.code.vector(phase.body);
          vectorBinary(f, this.context.library, combine, dtype as VectorDType);
          f.set(vector as Local);
        }
      });
    if (vectorAxis !== undefined) {
      f.freeLocal(scalar);
      this.code.registers.set(phase.result, { vector: vector as Local });
      return;
    }
    if (vector !== undefined) {
      this.addLanes(vector, scalar, combine, dtype as VectorDType);
      f.freeLocal(vector);
    }
    this.code.registers.set(phase.result, { scalar });
  }

  /** Folds the four partial results into the scalar one, in a fixed order. */
  private addLanes(vector: Local, scalar: Local, combine: ReturnType<typeof combineOp>, dtype: VectorDType): void {
    const { f } = this;
    const half = f.local("v128");
    f.get(vector);
    f.get(vector);
    f.get(vector);
    f.shuffle32([2, 3, 0, 1]);
    vectorBinary(f, this.context.library, combine, dtype);
    f.set(half);
    f.get(half);
    f.get(half);
    f.get(half);
    f.shuffle32([1, 0, 3, 2]);
    vectorBinary(f, this.context.library, combine, dtype);
    f.set(half);
    f.get(half);
    extractLane(f, dtype, 0);
    f.get(scalar);
    scalarBinary(f, this.context.library, combine, dtype);
    f.set(scalar);
    f.freeLocal(half);
  }

  /** Keeps the best value and its position; a NaN wins over everything and stays. */
  private argReducePhase(phase: ArgReducePhase): void {
    const { f } = this;
    const { dtype } = phase.body;
    const type = scalarTypes[dtype];
    const best = f.local(type);
    const at = f.local("i32");
    const position = f.local("i32");
    const candidate = f.local(type);
    f.i32(-1);
    f.set(at);
    f.i32(0);
    f.set(position);
    pushConstant(f, 0, dtype);
    f.set(best);
    this.innerLoops(phase, 0, undefined, () => {
      this.code.expect([phase.body]);
      this.code.scalar(phase.body);
      f.set(candidate);
      f.get(at);
      f.i32(0);
      f.op("i32.lt_s");
      f.get(candidate);
      f.get(best);
      if (type === "i32") f.op(phase.which === "max" ? "i32.gt_s" : "i32.lt_s");
      else {
        f.op(`${type}.${phase.which === "max" ? "gt" : "lt"}`);
        // A new NaN replaces a number.
        f.get(candidate);
        f.get(candidate);
        f.op(`${type}.ne`);
        f.get(best);
        f.get(best);
        f.op(`${type}.eq`);
        f.op("i32.and");
        f.op("i32.or");
      }
      f.op("i32.or");
      f.if(() => {
        f.get(candidate);
        f.set(best);
        f.get(position);
        f.set(at);
      });
      f.get(position);
      f.i32(1);
      f.op("i32.add");
      f.set(position);
    });
    f.get(at);
    f.i32(0);
    f.get(at);
    f.i32(0);
    f.op("i32.ge_s");
    f.select();
    f.set(at);
    for (const local of [best, position, candidate]) f.freeLocal(local);
    this.code.registers.set(phase.result, { scalar: at });
  }
}

/** Whether everything a kernel computes has a vector form. */
function canVectorize(kernel: ScheduledLoops): boolean {
  let possible = true;
  const seen = new Set<number>();
  for (const phase of kernel.phases)
    for (const root of rootsOf(phase))
      visitExpr(
        root,
        (node) => {
          if (!isVectorDType(node.dtype)) possible = false;
        },
        seen,
      );
  return possible;
}
