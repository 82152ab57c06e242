/**
 * @file Code for loop kernels. Where every dtype has a vector form, the chosen axis runs in steps of
 * four. The last vector runs past the axis' end where all it touches allows that, else the rest comes one by one.
 */
import { loopUnits, type MapPhase, type Phase, type ScheduledLoops, type Store } from "../../compiler/index.js";
import { type Expr, visitExpr } from "../../ir/index.js";
import type { FunctionBuilder, Local } from "./assembler/index.js";
import { ExpressionCode, type ExpressionContext, isNeighbourly } from "./expression-code.js";
import { canReduceLanes, overrunsSafely, ReduceCode } from "./reduce-code.js";
import { byteShift, scalarStores, scalarTypes } from "./scalar-code.js";
import { extractLane, isVectorDType, type VectorDType, vectorStore } from "./vector-code.js";

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
  private readonly reductions: ReduceCode;
  /** So many lanes are stored: less than all where vectors run past the end of their axis. */
  private live = lanes;

  constructor(
    private readonly kernel: ScheduledLoops,
    private readonly context: ExpressionContext,
  ) {
    this.code = new ExpressionCode(context);
    this.f = context.f;
    this.rank = kernel.outer.length;
    this.vectors = canVectorize(kernel);
    this.reductions = new ReduceCode(this.code, context, this.rank, this.vectors && kernel.vector === "inner");
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
      if (extent % lanes === 0) return;
      const stored = this.kernel.phases.flatMap((phase) => (phase.kind === "map" ? phase.stores : []));
      if (this.canRunPast(axis, hoist.roots, stored))
        this.code.withVectors(axis, () =>
          this.code.loop(axis, { begin: wholeEnd, end, step: lanes }, hoist, () =>
            this.partly(extent % lanes, () => this.phases(axis)),
          ),
        );
      else this.code.loop(axis, { begin: wholeEnd, end, step: 1 }, hoist, () => this.phases(undefined));
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

  /** Whether the last vector along an axis may have lanes beyond its end, which are computed and not stored. */
  private canRunPast(axis: number, roots: readonly Expr[], stores: readonly Store[]): boolean {
    const { e } = this.context;
    return overrunsSafely(e, roots, axis) && stores.every(({ indices }) => isNeighbourly(e, indices[0] as Expr, axis));
  }

  private partly(live: number, body: () => void): void {
    this.live = live;
    body();
    this.live = lanes;
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
      else if (phase.kind === "reduce") this.reductions.reduce(phase, vectorAxis);
      else this.reductions.argReduce(phase, vectorAxis);
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
      } else if (this.code.isNeighbourly(position)) {
        if (this.live < lanes) this.storeFirstLanes(value, dtype as VectorDType, position, result);
        else {
          this.code.address(value, dtype, position);
          f.get(result);
          vectorStore(f, dtype as VectorDType);
        }
      } else this.scatterLanes(value, dtype as VectorDType, position, result);
      f.freeLocal(result);
    });
  }

  private storeFirstLanes(value: number, dtype: VectorDType, position: Expr, result: Local): void {
    const { f } = this;
    const address = f.local("i32");
    this.code.address(value, dtype, position);
    f.set(address);
    for (let lane = 0; lane < this.live; lane++) {
      f.get(address);
      f.get(result);
      extractLane(f, dtype, lane);
      f.store(scalarStores[dtype], lane * 2 ** byteShift[dtype]);
    }
    f.freeLocal(address);
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
    phase: MapPhase,
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
    const inVectors = isLast && this.vectors && this.kernel.vector === "inner";
    if (!inVectors) {
      this.code.loop(axis, { begin: 0, end: extent, step: 1 }, hoist, next);
      return;
    }
    const whole = extent - (extent % lanes);
    this.code.withVectors(axis, () =>
      this.code.loop(axis, { begin: 0, end: whole, step: lanes }, hoist, () => body(axis)),
    );
    if (this.canRunPast(axis, hoist.roots, phase.stores))
      this.code.withVectors(axis, () =>
        this.code.loop(axis, { begin: whole, end: extent, step: lanes }, hoist, () =>
          this.partly(extent - whole, () => body(axis)),
        ),
      );
    else this.code.loop(axis, { begin: whole, end: extent, step: 1 }, hoist, () => body(undefined));
  }
}

/** Whether everything a kernel computes has a vector form. */
function canVectorize(kernel: ScheduledLoops): boolean {
  // Positions are kept per lane only where lanes order as numbers do.
  let possible = kernel.phases.every(
    (phase) => phase.kind !== "argReduce" || kernel.vector === "inner" || canReduceLanes(phase),
  );
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
