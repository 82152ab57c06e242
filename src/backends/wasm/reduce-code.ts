/**
 * @file Code for reductions: several accumulators side by side, so that no addition waits for the one before it, and
 * sums in blocks whose results are added with compensation, so that their error does not grow with their length.
 * The order of all this depends on the extents alone.
 */
import { combineOp, reduceIdentity } from "../../compiler/evaluate.js";
import { type ArgReducePhase, dependsOn, type ReducePhase } from "../../compiler/index.js";
import type { NumericDType } from "../../core/index.js";
import { type BinaryOp, type Expr, type ExpressionBuilder, loadsOf, visitExpr } from "../../ir/index.js";
import { type SumBlock, sumBlocks } from "../sum-blocks.js";
import type { FunctionBuilder, Local, Opcode } from "./assembler/index.js";
import { type ExpressionCode, type ExpressionContext, isNeighbourly } from "./expression-code.js";
import { pushConstant, scalarBinary, scalarTypes } from "./scalar-code.js";
import { extractLane, isVectorDType, splat, type VectorDType, vectorBinary } from "./vector-code.js";

const lanes = 4;
/** Accumulators of one reduction; a body with more nodes than the limit keeps the processor busy by itself. */
const accumulators = 4;
const unrolledNodes = 40;

/** An inner axis of a reduction, or a part of one. */
interface Axis {
  readonly axis: number;
  readonly extent: number;
}
/** What is being reduced along which axes, and where the lanes run: nowhere, outside, or along the innermost axis. */
interface Nest {
  readonly axes: readonly Axis[];
  readonly body: Expr;
  readonly inside: boolean;
}
/** What one step of the innermost loop adds to: `count` neighbouring bodies, of whose lanes so many count. */
interface Step {
  readonly bodies: readonly Expr[];
  readonly live: number;
  readonly scalar: boolean;
}

/** Accumulators, scalar or vector, of which the first takes what is left over. */
interface Accumulators {
  readonly main: readonly Local[];
  /** Single elements beside vectors. */
  readonly rest: Local | undefined;
}

export class ReduceCode {
  private readonly f: FunctionBuilder;
  private readonly e: ExpressionBuilder;

  constructor(
    private readonly code: ExpressionCode,
    private readonly context: ExpressionContext,
    /** The number of outer axes. */
    private readonly rank: number,
    /** Whether lanes run along the innermost axis of each phase. */
    private readonly inner: boolean,
  ) {
    this.f = context.f;
    this.e = context.e;
  }

  private nestOf(phase: ReducePhase | ArgReducePhase, vectorAxis: number | undefined): Nest {
    const axes = phase.extents.map((extent, i) => ({ axis: this.rank + i, extent }));
    const inside = vectorAxis === undefined && this.inner && (phase.extents.at(-1) ?? 0) >= lanes;
    return { axes, body: phase.body, inside };
  }

  // ---- sums, products, extremes ----

  reduce(phase: ReducePhase, vectorAxis: number | undefined): void {
    const { f } = this;
    const nest = this.nestOf(phase, vectorAxis);
    const { dtype } = phase.body;
    const isVector = vectorAxis !== undefined || nest.inside;
    const type = isVector ? "v128" : scalarTypes[dtype];
    const identity = reduceIdentity(phase.op, dtype);
    const op = combineOp(phase.op);
    const width = unrollOf(nest);
    const sums: Accumulators = {
      main: Array.from({ length: width }, () => f.local(type)),
      rest: nest.inside && !canOverrun(this.e, nest) ? f.local(scalarTypes[dtype]) : undefined,
    };
    const reset = (): void => {
      for (const local of sums.main) this.setConstant(local, identity, dtype, isVector);
      if (sums.rest !== undefined) this.setConstant(sums.rest, identity, dtype, false);
    };
    const step = ({ bodies, live, scalar }: Step): void => {
      this.code.expect(bodies);
      bodies.forEach((body, i) => {
        const local = scalar && sums.rest !== undefined ? sums.rest : (sums.main[i] as Local);
        f.get(local);
        if (scalar || !isVector) {
          this.code.scalar(body);
          scalarBinary(f, this.context.library, op, dtype);
        } else {
          this.code.vector(body);
          if (live < lanes) this.maskLanes(live, identity, dtype as VectorDType);
          vectorBinary(f, this.context.library, op, dtype as VectorDType);
        }
        f.set(local);
      });
    };
    reset();
    const isSum = phase.op === "sum" && (dtype === "float32" || dtype === "float64");
    const cut = isSum && !phase.extents.includes(0) ? this.blocksOf(nest, width) : undefined;
    if (cut === undefined) {
      if (!phase.extents.includes(0)) this.walk(nest.axes, nest, width, step);
      this.gather(sums, op, dtype, isVector);
    } else this.compensated(nest, cut, width, step, { sums, reset, dtype, isVector });
    const result = sums.main[0] as Local;
    for (const local of [...sums.main.slice(1), ...(sums.rest === undefined ? [] : [sums.rest])]) f.freeLocal(local);
    if (vectorAxis !== undefined) this.code.registers.set(phase.result, { vector: result });
    else if (!isVector) this.code.registers.set(phase.result, { scalar: result });
    else {
      const scalar = f.local(scalarTypes[dtype]);
      this.foldLanes(result, op, dtype as VectorDType);
      f.get(result);
      extractLane(f, dtype as VectorDType, 0);
      f.set(scalar);
      f.freeLocal(result);
      this.code.registers.set(phase.result, { scalar });
    }
  }

  private blocksOf({ axes, inside }: Nest, width: number): SumBlock | undefined {
    const size = inside ? lanes : 1;
    return sumBlocks(
      axes.map(({ extent }) => extent),
      size * width,
      width - 1 + size - 1,
    );
  }

  /** Walks block by block, and adds each block's sum to a total that keeps what its rounding loses (Knuth's two-sum). */
  private compensated(
    nest: Nest,
    { depth, length }: SumBlock,
    width: number,
    step: (step: Step) => void,
    sum: {
      readonly sums: Accumulators;
      readonly reset: () => void;
      readonly dtype: NumericDType;
      readonly isVector: boolean;
    },
  ): void {
    const { f, e } = this;
    const { sums, reset, dtype, isVector } = sum;
    const { main } = sums;
    const type = isVector ? "v128" : scalarTypes[dtype];
    const prefix = isVector ? "f32x4" : scalarTypes[dtype];
    const apply = (name: string): void => f.op(`${prefix}.${name}` as Opcode);
    const [total, lost, next, shift] = [0, 1, 2, 3].map(() => f.local(type)) as [Local, Local, Local, Local];
    this.setConstant(total, 0, dtype, isVector);
    this.setConstant(lost, 0, dtype, isVector);
    const carry = (): void => {
      this.gather(sums, "add", dtype, isVector);
      const block = main[0] as Local;
      this.binary(next, total, "add", block, apply);
      this.binary(shift, next, "sub", total, apply);
      // lost += (total - (next - shift)) + (block - shift)
      f.get(lost);
      f.get(total);
      f.get(next);
      f.get(shift);
      apply("sub");
      apply("sub");
      f.get(block);
      f.get(shift);
      apply("sub");
      apply("add");
      apply("add");
      f.set(lost);
      f.get(next);
      f.set(total);
      reset();
    };
    const { axis, extent } = nest.axes[depth] as Axis;
    const [before, after] = [nest.axes.slice(0, depth), nest.axes.slice(depth + 1)];
    // The blocks are an axis of their own, numbered after all others.
    const blocks = { axis: this.rank + nest.axes.length, extent: Math.floor(extent / length) };
    const part = (start: Expr, size: number): Nest => ({
      ...nest,
      axes: [{ axis, extent: size }, ...after],
      body: e.substitute(nest.body, new Map([[axis, e.add(start, e.axis(axis, size))]])),
    });
    const whole = part(e.mul(e.axis(blocks.axis, blocks.extent), e.index(length)), length);
    const rest = part(e.index(blocks.extent * length), extent % length);
    this.loops(before, [whole.body, rest.body], [...nest.axes, blocks], () => {
      this.loops([blocks], [whole.body], [blocks, ...whole.axes], () => {
        this.walk(whole.axes, whole, width, step);
        carry();
      });
      if (extent % length > 0) {
        this.walk(rest.axes, rest, width, step);
        carry();
      }
    });
    // What was lost is no number where infinities met; the total says all there is then.
    f.get(total);
    f.get(lost);
    if (isVector) {
      f.get(lost);
      f.get(lost);
      apply("eq");
      f.op("v128.and");
    } else {
      pushConstant(f, 0, dtype);
      f.get(lost);
      f.get(lost);
      apply("eq");
      f.select();
    }
    apply("add");
    f.set(main[0] as Local);
    for (const local of [total, lost, next, shift]) f.freeLocal(local);
  }

  private binary(target: Local, a: Local, name: string, b: Local, apply: (name: string) => void): void {
    this.f.get(a);
    this.f.get(b);
    apply(name);
    this.f.set(target);
  }

  private setConstant(local: Local, value: number, dtype: NumericDType, isVector: boolean): void {
    pushConstant(this.f, value, dtype);
    if (isVector) splat(this.f, dtype as VectorDType);
    this.f.set(local);
  }

  /** Replaces all but the first lanes of the vector on the stack. */
  private maskLanes(live: number, identity: number, dtype: VectorDType): void {
    pushConstant(this.f, identity, dtype);
    splat(this.f, dtype);
    this.f.v128(Int32Array.from({ length: lanes }, (_, lane) => (lane < live ? -1 : 0)));
    this.f.op("v128.bitselect");
  }

  /** Combines all accumulators into the first, as a balanced tree. */
  private gather({ main, rest }: Accumulators, op: BinaryOp, dtype: NumericDType, isVector: boolean): void {
    const { f } = this;
    const combine = (): void =>
      isVector
        ? vectorBinary(f, this.context.library, op, dtype as VectorDType)
        : scalarBinary(f, this.context.library, op, dtype);
    for (let distance = 1; distance < main.length; distance *= 2)
      for (let i = 0; i + distance < main.length; i += 2 * distance) {
        f.get(main[i] as Local);
        f.get(main[i + distance] as Local);
        combine();
        f.set(main[i] as Local);
      }
    if (rest === undefined) return;
    // The single elements join the first lane.
    const first = main[0] as Local;
    f.get(first);
    f.get(first);
    extractLane(f, dtype as VectorDType, 0);
    f.get(rest);
    scalarBinary(f, this.context.library, op, dtype);
    if (dtype === "bool") {
      f.i32(-1);
      f.op("i32.mul");
    }
    f.lane(dtype === "float32" ? "f32x4.replace_lane" : "i32x4.replace_lane", 0);
    f.set(first);
  }

  /** Combines the lanes of a vector, after which each holds the result. */
  private foldLanes(vector: Local, op: BinaryOp, dtype: VectorDType): void {
    const { f } = this;
    for (const order of laneOrders) {
      f.get(vector);
      f.get(vector);
      f.get(vector);
      f.shuffle32(order);
      vectorBinary(f, this.context.library, op, dtype);
      f.set(vector);
    }
  }

  // ---- loops ----

  /** Loops over `axes`; `inner` are those within which `roots` change. */
  private loops(axes: readonly Axis[], roots: readonly Expr[], inner: readonly Axis[], body: () => void): void {
    const [first, ...others] = axes;
    if (first === undefined) {
      body();
      return;
    }
    const changing = new Set(inner.map(({ axis }) => axis));
    this.code.loop(first.axis, { begin: 0, end: first.extent, step: 1 }, { roots, inner: changing, pinned: true }, () =>
      this.loops(
        others,
        roots,
        inner.filter(({ axis }) => axis !== first.axis),
        body,
      ),
    );
  }

  /** Visits every point of a nest, several neighbours of the innermost axis at a time. */
  private walk(axes: readonly Axis[], nest: Nest, width: number, step: (step: Step) => void): void {
    const last = axes.at(-1);
    if (last === undefined) {
      step({ bodies: [nest.body], live: lanes, scalar: false });
      return;
    }
    const size = nest.inside ? lanes : 1;
    // The bound of the axis counts its lanes: conditions that hold for all of it are dropped.
    const shifted = (by: number, count: number): Expr =>
      by === 0
        ? nest.body
        : this.e.substitute(
            nest.body,
            new Map([[last.axis, this.e.add(this.e.axis(last.axis, last.extent - count + size), this.e.index(by))]]),
          );
    const together = Array.from({ length: width }, (_, i) => shifted(i * size, width * size));
    const inner = new Set([last.axis]);
    const run = (begin: number, end: number, stride: number, bodies: readonly Expr[], rest: Omit<Step, "bodies">) => {
      const loop = (): void =>
        this.code.loop(last.axis, { begin, end, step: stride }, { roots: bodies, inner, pinned: true }, () =>
          step({ bodies, ...rest }),
        );
      if (nest.inside && !rest.scalar) this.code.withVectors(last.axis, loop);
      else loop();
    };
    const whole = last.extent - (last.extent % size);
    const unrolled = whole - (whole % (size * width));
    this.loops(axes.slice(0, -1), [nest.body], axes, () => {
      if (width > 1) run(0, unrolled, size * width, together, { live: lanes, scalar: false });
      run(width > 1 ? unrolled : 0, whole, size, [nest.body], { live: lanes, scalar: false });
      if (whole === last.extent) return;
      if (canOverrun(this.e, nest))
        run(whole, last.extent, size, [nest.body], { live: last.extent - whole, scalar: false });
      else run(whole, last.extent, 1, [nest.body], { live: lanes, scalar: true });
    });
  }

  // ---- positions of extremes ----

  /** Keeps the best value and its position: the first of equals, and NaN before everything. */
  argReduce(phase: ArgReducePhase, vectorAxis: number | undefined): void {
    const { f } = this;
    const nest = this.nestOf(phase, vectorAxis);
    const { dtype } = phase.body;
    const inside = nest.inside && canReduceLanes(phase) && canOverrun(this.e, nest);
    if (!inside && vectorAxis === undefined) {
      this.argReduceSingle(phase, { ...nest, inside: false });
      return;
    }
    const [lowest, highest] =
      dtype === "float32" ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] : [-(2 ** 31), 2 ** 31 - 1];
    const worst = phase.which === "max" ? lowest : highest;
    const pairs = Array.from({ length: inside && unrollOf(nest) > 1 ? 2 : 1 }, (_, i) => {
      const pair = { best: f.local("v128"), at: f.local("v128") };
      this.setConstant(pair.best, worst, dtype, true);
      f.v128(Int32Array.from({ length: lanes }, (_, lane) => (inside ? i * lanes + lane : 0)));
      f.set(pair.at);
      return pair;
    });
    const [position, candidate, taken] = [f.local("i32"), f.local("v128"), f.local("v128")];
    f.i32(0);
    f.set(position);
    this.walk(nest.axes, { ...nest, inside }, pairs.length, ({ bodies, live }) => {
      this.code.expect(bodies);
      bodies.forEach((body, i) => {
        const { best, at } = pairs[i] as Pair;
        this.code.vector(body);
        f.set(candidate);
        this.beats(candidate, best, phase.which, dtype as VectorDType);
        if (live < lanes) {
          f.v128(Int32Array.from({ length: lanes }, (_, lane) => (lane < live ? -1 : 0)));
          f.op("v128.and");
        }
        f.set(taken);
        f.get(candidate);
        f.get(best);
        f.get(taken);
        f.op("v128.bitselect");
        f.set(best);
        f.get(position);
        f.op("i32x4.splat");
        if (inside) {
          f.v128(Int32Array.from({ length: lanes }, (_, lane) => i * lanes + lane));
          f.op("i32x4.add");
        }
        f.get(at);
        f.get(taken);
        f.op("v128.bitselect");
        f.set(at);
      });
      f.get(position);
      f.i32(inside ? (live < lanes ? live : bodies.length * lanes) : 1);
      f.op("i32.add");
      f.set(position);
    });
    const [first, ...others] = pairs as [Pair, ...Pair[]];
    for (const other of others) this.merge(first, other, phase.which, dtype as VectorDType);
    if (inside) {
      const turned = { best: f.local("v128"), at: f.local("v128") };
      for (const order of laneOrders) {
        for (const part of ["best", "at"] as const) {
          f.get(first[part]);
          f.get(first[part]);
          f.shuffle32(order);
          f.set(turned[part]);
        }
        this.merge(first, turned, phase.which, dtype as VectorDType);
      }
      const scalar = f.local("i32");
      f.get(first.at);
      f.lane("i32x4.extract_lane", 0);
      f.set(scalar);
      for (const local of [first.at, turned.best, turned.at]) f.freeLocal(local);
      this.code.registers.set(phase.result, { scalar });
    } else this.code.registers.set(phase.result, { vector: first.at });
    for (const local of [first.best, position, candidate, taken, ...others.flatMap(({ best, at }) => [best, at])])
      f.freeLocal(local);
  }

  /** Pushes the mask of lanes in which a candidate replaces the best so far: it is better, or the first NaN. */
  private beats(candidate: Local, best: Local, which: "max" | "min", dtype: VectorDType): void {
    const { f } = this;
    if (dtype !== "float32") {
      f.get(candidate);
      f.get(best);
      f.op(which === "max" ? "i32x4.gt_s" : "i32x4.lt_s");
      return;
    }
    f.get(best);
    f.get(best);
    f.op("f32x4.eq");
    f.get(candidate);
    f.get(best);
    f.op(which === "max" ? "f32x4.le" : "f32x4.ge");
    f.op("v128.andnot");
  }

  /** Leaves in `a` the better of both in each lane, or of equals the one whose position is lower. */
  private merge(a: Pair, b: Pair, which: "max" | "min", dtype: VectorDType): void {
    const { f } = this;
    this.beats(b.best, a.best, which, dtype);
    // Neither beats the other: they are equal, or both NaN.
    this.beats(a.best, b.best, which, dtype);
    this.beats(b.best, a.best, which, dtype);
    f.op("v128.or");
    f.op("v128.not");
    f.get(b.at);
    f.get(a.at);
    f.op("i32x4.lt_s");
    f.op("v128.and");
    f.op("v128.or");
    const taken = f.local("v128");
    f.set(taken);
    for (const part of ["best", "at"] as const) {
      f.get(b[part]);
      f.get(a[part]);
      f.get(taken);
      f.op("v128.bitselect");
      f.set(a[part]);
    }
    f.freeLocal(taken);
  }

  private argReduceSingle(phase: ArgReducePhase, nest: Nest): void {
    const { f } = this;
    const { dtype } = phase.body;
    const type = scalarTypes[dtype];
    const [best, at, position, candidate] = [f.local(type), f.local("i32"), f.local("i32"), f.local(type)];
    f.i32(-1);
    f.set(at);
    f.i32(0);
    f.set(position);
    pushConstant(f, 0, dtype);
    f.set(best);
    if (!phase.extents.includes(0))
      this.walk(nest.axes, nest, 1, ({ bodies: [body] }) => {
        this.code.expect([body as Expr]);
        this.code.scalar(body as Expr);
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

/** Whether positions of extremes can be kept for each lane: masks order the other way round. */
export const canReduceLanes = ({ body: { dtype }, extents }: ArgReducePhase): boolean =>
  isVectorDType(dtype) && dtype !== "bool" && !extents.includes(0);

interface Pair {
  readonly best: Local;
  readonly at: Local;
}

const laneOrders = [
  [2, 3, 0, 1],
  [1, 0, 3, 2],
] as const;

/** How many neighbours of the innermost axis are reduced side by side. */
function unrollOf({ axes, body, inside }: Nest): number {
  const steps = Math.floor((axes.at(-1)?.extent ?? 1) / (inside ? lanes : 1));
  let nodes = 0;
  visitExpr(body, () => nodes++);
  return steps >= 2 * accumulators && nodes <= unrolledNodes ? accumulators : 1;
}

const canOverrun = (e: ExpressionBuilder, { axes, body }: Nest): boolean =>
  overrunsSafely(e, [body], axes.at(-1)?.axis ?? -1);

/** Whether vectors along an axis may run past its end: every load then stays within the slack behind its buffer. */
export function overrunsSafely(e: ExpressionBuilder, roots: readonly Expr[], axis: number): boolean {
  let safe = true;
  const seen = new Set<number>();
  for (const root of roots)
    visitExpr(
      root,
      (node) => {
        const position = node.kind === "load" ? node.indices[0] : undefined;
        if (position === undefined) return;
        // What a register holds beyond the axis is no position.
        if (loadsOf(position).some(({ indices }) => indices.length === 0)) safe = false;
        if (dependsOn(position, axis) && !isNeighbourly(e, position, axis)) safe = false;
      },
      seen,
    );
  return safe;
}
