/**
 * @file Code for products: tiles of two rows by sixteen columns, or more rows by fewer columns, kept in registers
 * while the summed axes run, then the epilogue (bias, activation, optimizer update) on the finished sums. Around the tiles
 * run the units that threads share, and the chunks whose operands stay in cache. Columns that do not fill
 * a vector are computed in one and stored element by element.
 */
import {
  axesOf,
  coefficientOf,
  dependsOn,
  panelStrides,
  partialSize,
  type ScheduledContraction,
} from "../../compiler/index.js";
import { sizeOf } from "../../core/index.js";
import { type Expr, type LoadExpr, visitExpr } from "../../ir/index.js";
import type { FunctionBuilder, Local } from "./assembler/index.js";
import { ExpressionCode, type ExpressionContext, isNeighbourly } from "./expression-code.js";
import { type Parts, requirePart } from "./parts.js";
import { scalarStores, scalarTypes } from "./scalar-code.js";
import { wasmTarget } from "./target.js";
import { advance, type Chunk, repeat, repeatAlong, type TilePlace, type Visitor, walkTiles } from "./tile-walk.js";
import { extractLane, isVectorDType, type VectorDType, vectorStore } from "./vector-code.js";

const { lanes } = wasmTarget;

export interface ContractionOptions {
  /** Whether `f32x4.relaxed_madd` exists here. */
  readonly fusedMultiplyAdd: boolean;
  readonly parts: Pick<Parts, "panels">;
}

/** Units `begin` to `end` of a product; all of them without a range. */
export function emitContraction(
  kernel: ScheduledContraction,
  context: ExpressionContext,
  options: ContractionOptions,
): void {
  new ContractionCode(kernel, context, options).emit();
}

/** What moves while a tile sums: pointers to its rows and to its columns, in bytes. */
interface Pointers {
  /** One for each row, or one for all where rows are a fixed distance apart. */
  readonly rows: readonly Local[];
  readonly columns: Local;
}

/** A pointer, and the bytes that it moves per step of each summed axis. */
interface Moving {
  readonly pointer: Local;
  readonly steps: readonly number[];
}

/** A tile at work. */
interface Tile extends TilePlace {
  readonly vectors: number;
  readonly sums: readonly (readonly Local[])[];
}

class ContractionCode implements Visitor {
  private readonly code: ExpressionCode;
  private readonly f: FunctionBuilder;
  private readonly m: number;
  private readonly n: number;
  private readonly axes: ReturnType<typeof axesOf>;
  /** Bytes that an operand moves per step of each summed axis. */
  private readonly aSteps: readonly number[];
  private readonly bSteps: readonly number[];
  /** The same for what tiles read of the second operand. */
  private readonly tileSteps: readonly number[];
  /** Bytes from row to row of the first operand, where that is the same everywhere. */
  private readonly rowStep: number | undefined;

  constructor(
    private readonly kernel: ScheduledContraction,
    private readonly context: ExpressionContext,
    private readonly options: ContractionOptions,
  ) {
    this.code = new ExpressionCode(context);
    this.f = context.f;
    this.m = sizeOf(kernel.m);
    this.n = sizeOf(kernel.n);
    this.axes = axesOf(kernel);
    const steps = (operand: Expr): number[] => this.axes.k.map((axis) => this.stride(operand, axis) as number);
    this.aSteps = steps(kernel.a);
    this.bSteps = steps(kernel.b);
    this.tileSteps = kernel.panel === null ? this.bSteps : panelStrides(kernel, wasmTarget).map((step) => 4 * step);
    const [rowAxis] = this.axes.m;
    const rowStep = rowAxis === undefined ? 0 : this.stride(kernel.a, rowAxis);
    this.rowStep = rowStep !== undefined && rowStep >= 0 ? rowStep : undefined;
  }

  /** Bytes per step of an axis; `undefined` where that differs from step to step. */
  private stride(operand: Expr, axis: number): number | undefined {
    const elements = coefficientOf(this.context.e, positionOf(operand), axis);
    return elements === undefined ? undefined : 4 * elements;
  }

  emit(): void {
    if ([...this.kernel.batch, this.m, this.n, ...this.kernel.k].includes(0)) return;
    walkTiles(this.kernel, this.context, this.code, this);
  }

  get panels() {
    return this.kernel.panel === null ? undefined : requirePart(this.options.parts, "panels");
  }

  tile(place: TilePlace, part: Chunk | undefined): void {
    const { f } = this;
    const { row, column, rows, columns } = place;
    const [vectors, valid] = [Math.ceil(columns / lanes), columns % lanes || lanes];
    const sums = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => f.local("v128")));
    const tile: Tile = { ...place, vectors, sums };
    const kept = part === undefined ? undefined : this.partialAddress(tile);
    const clear = (): void => {
      for (const sum of sums.flat()) {
        f.f32x4Splat(0);
        f.set(sum);
      }
    };
    const each = (visit: (sum: Local, offset: number) => void): void => {
      sums.forEach((rowSums, r) => {
        rowSums.forEach((sum, v) => {
          visit(sum, 4 * lanes * (r * vectors + v));
        });
      });
    };
    if (part === undefined || kept === undefined) clear();
    else {
      f.get(part.from);
      f.if(
        () =>
          each((sum, offset) => {
            f.get(kept);
            f.load("v128.load", offset);
            f.set(sum);
          }),
        clear,
      );
    }
    this.sumProducts(tile, part);
    const finish = (): void => {
      sums.forEach((rowSums, r) => {
        rowSums.forEach((sum, v) => {
          this.epilogue(row, r, column, v * lanes, sum, v === vectors - 1 ? valid : lanes);
        });
      });
    };
    if (part === undefined || kept === undefined) finish();
    else {
      f.get(part.from);
      f.i32(this.kernel.chunk);
      f.op("i32.add");
      f.i32(this.kernel.k[0] as number);
      f.op("i32.ge_s");
      f.if(finish, () =>
        each((sum, offset) => {
          f.get(kept);
          f.get(sum);
          f.store("v128.store", offset);
        }),
      );
      f.freeLocal(kept);
    }
    for (const sum of sums.flat()) f.freeLocal(sum);
  }

  /** Where the sums of a tile wait; see {@link partialSize}. */
  private partialAddress({ row, column, firstRow, firstColumn, vectors }: Tile): Local {
    const { f } = this;
    const { partial, unit } = this.kernel;
    const address = f.local("i32");
    f.get(this.context.base(partial as number));
    for (const [at, first, elements] of [
      [column, firstColumn, unit.rows],
      [row, firstRow, vectors * lanes],
    ] as const) {
      f.get(at);
      f.get(first);
      f.op("i32.sub");
      f.i32(4 * elements);
      f.op("i32.mul");
      f.op("i32.add");
    }
    if (this.context.units !== undefined) {
      f.get(this.context.units.thread);
      f.i32(4 * partialSize(this.kernel));
      f.op("i32.mul");
      f.op("i32.add");
    }
    f.set(address);
    return address;
  }

  // ---- sums ----

  private sumProducts(tile: Tile, part: Chunk | undefined): void {
    const { f } = this;
    const { row, column, panel, rows } = tile;
    const [rowAxis] = this.axes.m;
    const count = this.rowStep === undefined ? rows : 1;
    const pointers: Pointers = {
      rows: Array.from({ length: count }, (_, r) => {
        const pointer = f.local("i32");
        this.withOffset(row, r, (at) => this.pointTo(this.kernel.a as LoadExpr, rowAxis, at, pointer));
        if (part !== undefined) this.advanceBy(pointer, part.from, this.aSteps[0] as number);
        return pointer;
      }),
      columns: panel === null ? this.pointToColumn(column, part) : this.copyOf(panel),
    };
    const moving = pointers.rows.map((pointer) => ({ pointer, steps: this.aSteps }));
    this.along([...moving, { pointer: pointers.columns, steps: this.tileSteps }], part, () =>
      this.step(tile, pointers),
    );
    for (const pointer of [...pointers.rows, pointers.columns]) f.freeLocal(pointer);
  }

  /** A pointer to the second operand at a column, where a chunk begins. */
  pointToColumn(column: Local, part: Chunk | undefined): Local {
    const pointer = this.f.local("i32");
    this.pointTo(this.kernel.b as LoadExpr, this.axes.n[0], column, pointer);
    if (part !== undefined) this.advanceBy(pointer, part.from, this.bSteps[0] as number);
    return pointer;
  }

  private copyOf(local: Local): Local {
    const copy = this.f.local("i32");
    this.f.get(local);
    this.f.set(copy);
    return copy;
  }

  alongPanel(from: Local, to: Local, part: Chunk | undefined, body: () => void): void {
    const moving = [
      { pointer: from, steps: this.bSteps },
      { pointer: to, steps: this.tileSteps },
    ];
    this.along(moving, part, body);
  }

  private advanceBy(pointer: Local, steps: Local, stride: number): void {
    const { f } = this;
    f.get(pointer);
    f.get(steps);
    f.i32(stride);
    f.op("i32.mul");
    f.op("i32.add");
    f.set(pointer);
  }

  /** Runs `body` at each step of the summed axes, the outermost in a chunk, and moves pointers along. */
  private along(moving: readonly Moving[], part: Chunk | undefined, body: () => void, axis = 0): void {
    const { k } = this.kernel;
    const isInnermost = axis >= k.length - 1;
    const rounds = axis === 0 && part !== undefined ? part.steps : (k[axis] ?? 1);
    const round = (): void => {
      if (isInnermost) body();
      else this.along(moving, part, body, axis + 1);
      for (const { pointer, steps } of moving) {
        const moved = isInnermost ? 0 : (k[axis + 1] as number) * (steps[axis + 1] as number);
        advance(this.f, pointer, (steps[axis] ?? 0) - moved);
      }
    };
    const guide = moving.find(({ steps }) => steps[axis]);
    if (isInnermost && guide !== undefined)
      repeatAlong(this.f, guide.pointer, guide.steps[axis] as number, rounds, round);
    else repeat(this.f, rounds, round);
  }

  /** Sets a pointer to an operand's element at a row or column, the summed axes at 0. */
  private pointTo(operand: LoadExpr, axis: number | undefined, at: Local, pointer: Local): void {
    const { e } = this.context;
    const linear = e.linearOf(positionOf(operand));
    const start = e.fromLinear({
      offset: linear.offset,
      terms: linear.terms.filter(({ atom }) => !this.axes.k.some((summed) => dependsOn(atom, summed))),
    });
    const address = (): void => this.code.address(operand.value, "float32", start);
    if (axis === undefined) address();
    else this.code.bindAxis(axis, at, address);
    this.f.set(pointer);
  }

  /**
   * A step of the innermost summed axis: one element of each row, and a vector of each block of columns. One
   * step a round: V8 would load everything that several steps need before it computes, and run out of registers.
   */
  private step(tile: Tile, pointers: Pointers): void {
    const { f } = this;
    const columns = Array.from({ length: tile.vectors }, () => f.local("v128"));
    const element = f.local("v128");
    columns.forEach((vector, v) => {
      f.get(pointers.columns);
      f.load("v128.load", v * 4 * lanes);
      f.set(vector);
    });
    tile.sums.forEach((rowSums, r) => {
      f.get(pointers.rows[this.rowStep === undefined ? r : 0] as Local);
      f.load("v128.load32_splat", r * (this.rowStep ?? 0));
      f.set(element);
      rowSums.forEach((sum, v) => {
        this.multiplyAdd(element, columns[v] as Local, sum);
      });
    });
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
    const [m = -1] = this.axes.m;
    const [n = -1] = this.axes.n;
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
    const [n = -1] = this.axes.n;
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
