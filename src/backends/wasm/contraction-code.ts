/**
 * @file Code for products: tiles of up to four rows by twelve columns kept in registers while the summed
 * axis runs, then the epilogue (bias, activation, optimizer update) on the finished sums. Columns that
 * do not fill a vector are computed in one and stored element by element.
 */
import { coefficientOf, type ScheduledContraction } from "../../compiler/index.js";
import { type Expr, type LoadExpr, visitExpr } from "../../ir/index.js";
import type { FunctionBuilder, Local } from "./assembler/index.js";
import { ExpressionCode, type ExpressionContext, isNeighbourly } from "./expression-code.js";
import { scalarStores, scalarTypes } from "./scalar-code.js";
import { extractLane, isVectorDType, type VectorDType, vectorStore } from "./vector-code.js";

const lanes = 4;
/**
 * Rows and vectors of columns of a full tile. Twelve sums in registers hide the multiply-add's latency;
 * with more the engine has to spill. Measured against 4×2, 6×2, 3×4 and 2×4.
 */
const tileRows = 4;
const tileVectors = 3;
/** Steps of the summed axis per round of the innermost loop. */
const unroll = 4;

export interface ContractionOptions {
  /** Whether `f32x4.relaxed_madd` exists here. */
  readonly fusedMultiplyAdd: boolean;
}

export function emitContraction(
  kernel: ScheduledContraction,
  context: ExpressionContext,
  options: ContractionOptions,
): void {
  new ContractionCode(kernel, context, options).emit();
}

/** How far an operand's position moves per step of each axis, in bytes. */
interface Strides {
  readonly m: number;
  readonly k: number;
}

class ContractionCode {
  private readonly code: ExpressionCode;
  private readonly f: FunctionBuilder;
  private readonly axes: { readonly m: number; readonly n: number; readonly k: number };
  private readonly extents: { readonly m: number; readonly n: number; readonly k: number };
  private readonly a: Strides;
  private readonly b: Strides;

  constructor(
    private readonly kernel: ScheduledContraction,
    private readonly context: ExpressionContext,
    private readonly options: ContractionOptions,
  ) {
    this.code = new ExpressionCode(context);
    this.f = context.f;
    const { batch, m, n, k } = kernel;
    this.axes = { m: batch.length, n: batch.length + m.length, k: batch.length + m.length + n.length };
    this.extents = { m: m[0] ?? 1, n: n[0] ?? 1, k: k[0] ?? 1 };
    const strides = (operand: Expr): Strides => ({
      m: m.length === 0 ? 0 : this.stride(operand, this.axes.m),
      k: k.length === 0 ? 0 : this.stride(operand, this.axes.k),
    });
    this.a = strides(kernel.a);
    this.b = strides(kernel.b);
  }

  private stride(operand: Expr, axis: number): number {
    return 4 * (coefficientOf(this.context.e, positionOf(operand), axis) ?? 0);
  }

  emit(): void {
    const { batch } = this.kernel;
    if ([...batch, ...Object.values(this.extents)].some((extent) => extent === 0)) return;
    this.batchLoop(0);
  }

  private batchLoop(axis: number): void {
    if (axis === this.kernel.batch.length) {
      this.rowBlocks();
      return;
    }
    const range = { begin: 0, end: this.kernel.batch[axis] as number, step: 1 };
    this.code.loop(axis, range, { roots: [], inner: new Set(), pinned: false }, () => this.batchLoop(axis + 1));
  }

  private rowBlocks(): void {
    const row = this.f.local("i32");
    this.f.i32(0);
    this.f.set(row);
    const whole = this.extents.m - (this.extents.m % tileRows);
    this.countTo(row, whole, tileRows, () => this.columnBlocks(row, tileRows));
    if (whole < this.extents.m) this.columnBlocks(row, this.extents.m - whole);
    this.f.freeLocal(row);
  }

  private columnBlocks(row: Local, rows: number): void {
    const { n } = this.extents;
    const column = this.f.local("i32");
    this.f.i32(0);
    this.f.set(column);
    const full = tileVectors * lanes;
    const rest = n % full;
    this.countTo(column, n - rest, full, () => this.tile(row, column, rows, tileVectors, lanes));
    if (rest > 0) this.tile(row, column, rows, Math.ceil(rest / lanes), rest % lanes || lanes);
    this.f.freeLocal(column);
  }

  /** Runs `body` while `index` is below `end`; the index starts at a multiple of the steps before. */
  private countTo(index: Local, end: number, step: number, body: () => void): void {
    const { f } = this;
    if (end === 0) return;
    f.block((done) => {
      f.loop((again) => {
        f.get(index);
        f.i32(end);
        f.op("i32.ge_s");
        f.brIf(done);
        body();
        this.advance(index, step);
        f.br(again);
      });
    });
  }

  private advance(index: Local, step: number): void {
    this.f.get(index);
    this.f.i32(step);
    this.f.op("i32.add");
    this.f.set(index);
  }

  /** One tile: `rows` by `vectors` sums, of whose last vector only `valid` lanes count. */
  private tile(row: Local, column: Local, rows: number, vectors: number, valid: number): void {
    const { f } = this;
    const sums = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => f.local("v128")));
    for (const sum of sums.flat()) {
      f.f32x4Splat(0);
      f.set(sum);
    }
    this.sumProducts(row, column, sums);
    sums.forEach((rowSums, r) => {
      rowSums.forEach((sum, v) => {
        this.epilogue(row, r, column, v * lanes, sum, v === vectors - 1 ? valid : lanes);
      });
    });
    for (const sum of sums.flat()) f.freeLocal(sum);
  }

  private sumProducts(row: Local, column: Local, sums: readonly (readonly Local[])[]): void {
    const { f } = this;
    const aPointer = f.local("i32");
    const bPointer = f.local("i32");
    this.pointTo(this.kernel.a as LoadExpr, this.axes.m, row, aPointer);
    this.pointTo(this.kernel.b as LoadExpr, this.axes.n, column, bPointer);
    const { k } = this.extents;
    const rounds = Math.floor(k / unroll);
    if (rounds > 0) this.repeat(rounds, () => this.steps(unroll, aPointer, bPointer, sums));
    if (k % unroll > 0) this.steps(k % unroll, aPointer, bPointer, sums);
    f.freeLocal(aPointer);
    f.freeLocal(bPointer);
  }

  private repeat(rounds: number, body: () => void): void {
    const { f } = this;
    if (rounds === 1) {
      body();
      return;
    }
    const left = f.local("i32");
    f.i32(rounds);
    f.set(left);
    f.loop((again) => {
      body();
      f.get(left);
      f.i32(1);
      f.op("i32.sub");
      f.tee(left);
      f.brIf(again);
    });
    f.freeLocal(left);
  }

  /** Sets a pointer to an operand's element at the tile's first row or column, summed axis at 0. */
  private pointTo(operand: LoadExpr, axis: number, at: Local, pointer: Local): void {
    const { e } = this.context;
    const linear = e.linearOf(positionOf(operand));
    const start = e.fromLinear({
      offset: linear.offset,
      terms: linear.terms.filter(
        ({ atom }) => atom.kind !== "axis" || atom.axis !== this.axes.k || this.kernel.k.length === 0,
      ),
    });
    this.code.bindAxis(axis, at, () => this.code.address(operand.value, "float32", start));
    this.f.set(pointer);
  }

  /** Some steps of the summed axis: each loads one element per row and one vector per block of columns. */
  private steps(count: number, aPointer: Local, bPointer: Local, sums: readonly (readonly Local[])[]): void {
    const { f } = this;
    const columns = (sums[0] as readonly Local[]).map(() => f.local("v128"));
    const element = f.local("v128");
    for (let step = 0; step < count; step++) {
      columns.forEach((vector, v) => {
        f.get(bPointer);
        f.load("v128.load", step * this.b.k + v * 4 * lanes);
        f.set(vector);
      });
      sums.forEach((rowSums, r) => {
        f.get(aPointer);
        f.load("v128.load32_splat", step * this.a.k + r * this.a.m);
        f.set(element);
        rowSums.forEach((sum, v) => {
          this.multiplyAdd(element, columns[v] as Local, sum);
        });
      });
    }
    for (const [pointer, stride] of [
      [aPointer, this.a.k],
      [bPointer, this.b.k],
    ] as const) {
      f.get(pointer);
      f.i32(count * stride);
      f.op("i32.add");
      f.set(pointer);
    }
    for (const local of [...columns, element]) f.freeLocal(local);
  }

  private multiplyAdd(a: Local, b: Local, sum: Local): void {
    const { f } = this;
    if (this.options.fusedMultiplyAdd) {
      f.get(a);
      f.get(b);
      f.get(sum);
      f.op("f32x4.relaxed_madd");
    } else {
      f.get(sum);
      f.get(a);
      f.get(b);
      f.op("f32x4.mul");
      f.op("f32x4.add");
    }
    f.set(sum);
  }

  // ---- the finished sums ----

  private epilogue(
    row: Local,
    rowOffset: number,
    column: Local,
    columnOffset: number,
    sum: Local,
    valid: number,
  ): void {
    const { m, n } = this.axes;
    this.withOffset(row, rowOffset, (atRow) =>
      this.code.bindAxis(m, atRow, () => {
        const whole = valid === lanes && this.kernel.stores.every((s) => isVectorStore(s.expression));
        if (whole)
          this.withOffset(column, columnOffset, (atColumn) =>
            this.code.bindAxis(n, atColumn, () => this.storeVector(sum)),
          );
        else
          for (let lane = 0; lane < valid; lane++)
            this.withOffset(column, columnOffset + lane, (atColumn) =>
              this.code.bindAxis(n, atColumn, () => this.storeLane(sum, lane)),
            );
      }),
    );
  }

  private withOffset(local: Local, offset: number, body: (sum: Local) => void): void {
    if (offset === 0) {
      body(local);
      return;
    }
    const { f } = this;
    const shifted = f.local("i32");
    f.get(local);
    f.i32(offset);
    f.op("i32.add");
    f.set(shifted);
    body(shifted);
    f.freeLocal(shifted);
  }

  private storeVector(sum: Local): void {
    const { f, code } = this;
    const { stores, result } = this.kernel;
    const { n } = this.axes;
    code.withVectors(n, () => {
      code.registers.set(result, { vector: sum });
      code.expect(stores.flatMap((s) => [...s.indices, s.expression]));
      const values = stores.map(({ expression }) => {
        const local = f.local("v128");
        code.vector(expression);
        f.set(local);
        return local;
      });
      stores.forEach(({ value, indices, expression }, i) => {
        const position = indices[0] as Expr;
        const stored = values[i] as Local;
        if (isNeighbourly(this.context.e, position, n)) {
          code.address(value, expression.dtype, position);
          f.get(stored);
          vectorStore(f, expression.dtype as VectorDType);
        } else throw new Error("A product's result has its columns side by side");
        f.freeLocal(stored);
      });
      code.registers.delete(result);
    });
  }

  private storeLane(sum: Local, lane: number): void {
    const { f, code } = this;
    const { stores, result } = this.kernel;
    const element = f.local("f32");
    f.get(sum);
    extractLane(f, "float32", lane);
    f.set(element);
    code.registers.set(result, { scalar: element });
    code.expect(stores.flatMap((s) => [...s.indices, s.expression]));
    const values = stores.map(({ expression }) => {
      const local = f.local(scalarTypes[expression.dtype]);
      code.scalar(expression);
      f.set(local);
      return local;
    });
    stores.forEach(({ value, indices, expression }, i) => {
      code.address(value, expression.dtype, indices[0] as Expr);
      f.get(values[i] as Local);
      f.store(scalarStores[expression.dtype]);
      f.freeLocal(values[i] as Local);
    });
    code.registers.delete(result);
    f.freeLocal(element);
  }
}

const positionOf = (operand: Expr): Expr => (operand as LoadExpr).indices[0] as Expr;

function isVectorStore(expression: Expr): boolean {
  let possible = true;
  const visit = (node: Expr): void => {
    if (!isVectorDType(node.dtype)) possible = false;
  };
  visitExpr(expression, visit);
  return possible;
}
