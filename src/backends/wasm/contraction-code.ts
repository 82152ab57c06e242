/**
 * @file Code for products: tiles of up to four rows by twelve columns kept in registers while the summed
 * axes run, then the epilogue (bias, activation, optimizer update) on the finished sums. Around the tiles
 * run the units that threads share, and the chunks whose operands stay in cache. Columns that do not fill
 * a vector are computed in one and stored element by element.
 */
import {
  axesOf,
  coefficientOf,
  dependsOn,
  partialShape,
  productUnits,
  type ScheduledContraction,
} from "../../compiler/index.js";
import { sizeOf } from "../../core/index.js";
import { type Expr, type LoadExpr, visitExpr } from "../../ir/index.js";
import type { FunctionBuilder, Local } from "./assembler/index.js";
import { ExpressionCode, type ExpressionContext, isNeighbourly } from "./expression-code.js";
import { scalarStores, scalarTypes } from "./scalar-code.js";
import { wasmTarget } from "./target.js";
import { extractLane, isVectorDType, type VectorDType, vectorStore } from "./vector-code.js";

const { lanes, tileRows, tileColumns } = wasmTarget;
/** Steps of the innermost summed axis per round of its loop. */
const unroll = 4;

export interface ContractionOptions {
  /** Whether `f32x4.relaxed_madd` exists here. */
  readonly fusedMultiplyAdd: boolean;
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

/** A tile at work. */
interface Tile {
  readonly row: Local;
  readonly column: Local;
  readonly rows: number;
  readonly vectors: number;
  /** Lanes of the last vector that count. */
  readonly valid: number;
  readonly sums: readonly (readonly Local[])[];
}

/** A chunk of the outermost summed axis. */
interface Chunk {
  readonly from: Local;
  /** How many steps it has. */
  readonly steps: Local;
}

class ContractionCode {
  private readonly code: ExpressionCode;
  private readonly f: FunctionBuilder;
  private readonly m: number;
  private readonly n: number;
  private readonly axes: ReturnType<typeof axesOf>;
  /** Bytes that an operand moves per step of each summed axis. */
  private readonly aSteps: readonly number[];
  private readonly bSteps: readonly number[];
  /** Bytes from row to row of the first operand, where that is the same everywhere. */
  private readonly rowStep: number | undefined;
  /** Where the unit at work begins. */
  private readonly firstRow: Local;
  private readonly firstColumn: Local;

  constructor(
    private readonly kernel: ScheduledContraction,
    private readonly context: ExpressionContext,
    private readonly options: ContractionOptions,
  ) {
    this.code = new ExpressionCode(context);
    this.f = context.f;
    this.firstRow = this.f.local("i32");
    this.firstColumn = this.f.local("i32");
    this.m = sizeOf(kernel.m);
    this.n = sizeOf(kernel.n);
    this.axes = axesOf(kernel);
    const steps = (operand: Expr): number[] => this.axes.k.map((axis) => this.stride(operand, axis) as number);
    this.aSteps = steps(kernel.a);
    this.bSteps = steps(kernel.b);
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
    const { batch, k } = this.kernel;
    if ([...batch, this.m, this.n, ...k].includes(0)) return;
    const { f } = this;
    const { units } = this.context;
    const unit = f.local("i32");
    if (units === undefined) f.i32(0);
    else f.get(units.begin);
    f.set(unit);
    const { count } = productUnits(this.kernel);
    this.countTo(unit, units?.end ?? count, 1, () => this.unit(unit));
    f.freeLocal(unit);
  }

  // ---- units, chunks and tiles ----

  private unit(unit: Local): void {
    const { f } = this;
    const { batch, unit: size } = this.kernel;
    const { rowBlocks, columnBlocks } = productUnits(this.kernel);
    /** `unit / divisor % extent`, the divisions that change nothing left out. */
    const part = (divisor: number, extent: number, isFirst: boolean): void => {
      f.get(unit);
      if (divisor > 1) {
        f.i32(divisor);
        f.op("i32.div_u");
      }
      if (!isFirst) {
        f.i32(extent);
        f.op("i32.rem_u");
      }
    };
    let inner = rowBlocks * columnBlocks;
    const groups = batch.map(() => f.local("i32"));
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      part(inner, batch[axis] as number, axis === 0);
      f.set(groups[axis] as Local);
      inner *= batch[axis] as number;
    }
    const [row, endRow] = this.block(size.rows, this.m, () => part(columnBlocks, rowBlocks, batch.length === 0));
    const [column, endColumn] = this.block(size.columns, this.n, () =>
      part(1, columnBlocks, batch.length === 0 && rowBlocks === 1),
    );
    const within = (axis: number): void => {
      const group = groups[axis];
      if (group === undefined) this.chunks(row, endRow, column, endColumn);
      else this.code.bindAxis(axis, group, () => within(axis + 1));
    };
    within(0);
    for (const local of [...groups, row, endRow, column, endColumn]) f.freeLocal(local);
  }

  /** First and end of a block whose number `push` pushes. */
  private block(size: number, extent: number, push: () => void): readonly [Local, Local] {
    const { f } = this;
    const [first, end] = [f.local("i32"), f.local("i32")];
    if (size >= extent) {
      f.i32(0);
      f.set(first);
      f.i32(extent);
      f.set(end);
      return [first, end];
    }
    push();
    f.i32(size);
    f.op("i32.mul");
    f.tee(first);
    f.i32(size);
    f.op("i32.add");
    f.set(end);
    if (extent % size > 0) this.limit(end, extent);
    return [first, end];
  }

  /** `local = min(local, most)`. */
  private limit(local: Local, most: number): void {
    const { f } = this;
    f.get(local);
    f.i32(most);
    f.get(local);
    f.i32(most);
    f.op("i32.lt_s");
    f.select();
    f.set(local);
  }

  private chunks(row: Local, endRow: Local, column: Local, endColumn: Local): void {
    const { f } = this;
    const { chunk, partial } = this.kernel;
    const outermost = this.kernel.k[0] ?? 1;
    const { firstRow, firstColumn } = this;
    for (const [start, first] of [
      [row, firstRow],
      [column, firstColumn],
    ] as const) {
      f.get(start);
      f.set(first);
    }
    const tiles = (part: Chunk | undefined): void => {
      f.get(firstColumn);
      f.set(column);
      this.countTo(column, endColumn, tileColumns, () => {
        f.get(firstRow);
        f.set(row);
        this.countTo(row, endRow, tileRows, () => this.tileAt(row, endRow, column, part));
      });
    };
    if (partial === null) tiles(undefined);
    else {
      const part: Chunk = { from: f.local("i32"), steps: f.local("i32") };
      f.i32(0);
      f.set(part.from);
      this.countTo(part.from, outermost, chunk, () => {
        f.i32(outermost);
        f.get(part.from);
        f.op("i32.sub");
        f.set(part.steps);
        this.limit(part.steps, chunk);
        tiles(part);
      });
      f.freeLocal(part.from);
      f.freeLocal(part.steps);
    }
  }

  /** The tile at a row and column, as large as there is room. */
  private tileAt(row: Local, endRow: Local, column: Local, part: Chunk | undefined): void {
    const { f, m, n } = this;
    const rowSizes = sizesOf(m, tileRows);
    const columnSizes = sizesOf(n, tileColumns);
    const byColumns = (rows: number): void => {
      const tile = (columns: number): void =>
        this.tile({ row, column, rows, vectors: Math.ceil(columns / lanes), valid: columns % lanes || lanes }, part);
      if (columnSizes.length === 1) {
        tile(columnSizes[0] as number);
        return;
      }
      f.get(column);
      f.i32(n - tileColumns);
      f.op("i32.le_s");
      f.if(
        () => tile(tileColumns),
        () => tile(n % tileColumns),
      );
    };
    if (rowSizes.length === 1) {
      byColumns(rowSizes[0] as number);
      return;
    }
    f.get(row);
    f.get(endRow);
    f.i32(tileRows);
    f.op("i32.sub");
    f.op("i32.le_s");
    f.if(
      () => byColumns(tileRows),
      () => byColumns(m % tileRows),
    );
  }

  /** Runs `body` while `index` is below `end`. */
  private countTo(index: Local, end: Local | number, step: number, body: () => void): void {
    const { f } = this;
    f.block((done) => {
      f.loop((again) => {
        f.get(index);
        if (typeof end === "number") f.i32(end);
        else f.get(end);
        f.op("i32.ge_s");
        f.brIf(done);
        body();
        this.advance(index, step);
        f.br(again);
      });
    });
  }

  private advance(index: Local, step: number): void {
    if (step === 0) return;
    this.f.get(index);
    this.f.i32(step);
    this.f.op("i32.add");
    this.f.set(index);
  }

  private tile(shape: Omit<Tile, "sums">, part: Chunk | undefined): void {
    const { f } = this;
    const { row, column, rows, vectors, valid } = shape;
    const sums = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => f.local("v128")));
    const tile: Tile = { ...shape, sums };
    const kept = part === undefined ? undefined : this.partialAddress(row, column, rows);
    const clear = (): void => {
      for (const sum of sums.flat()) {
        f.f32x4Splat(0);
        f.set(sum);
      }
    };
    const each = (visit: (sum: Local, offset: number) => void): void => {
      sums.forEach((rowSums, r) => {
        rowSums.forEach((sum, v) => {
          visit(sum, 4 * (r * tileColumns + v * lanes));
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

  /** Where the sums of a tile wait: strips of a tile's rows, in each of them tile after tile. */
  private partialAddress(row: Local, column: Local, rows: number): Local {
    const { f } = this;
    const { partial } = this.kernel;
    const shape = partialShape(this.kernel, wasmTarget);
    const address = f.local("i32");
    f.get(this.context.base(partial as number));
    f.get(row);
    f.get(this.firstRow);
    f.op("i32.sub");
    f.i32(4 * shape.columns);
    f.op("i32.mul");
    f.op("i32.add");
    f.get(column);
    f.get(this.firstColumn);
    f.op("i32.sub");
    f.i32(4 * rows);
    f.op("i32.mul");
    f.op("i32.add");
    if (this.context.units !== undefined) {
      f.get(this.context.units.thread);
      f.i32(4 * shape.rows * shape.columns);
      f.op("i32.mul");
      f.op("i32.add");
    }
    f.set(address);
    return address;
  }

  // ---- sums ----

  private sumProducts(tile: Tile, part: Chunk | undefined): void {
    const { f } = this;
    const { row, column, rows } = tile;
    const [rowAxis] = this.axes.m;
    const [columnAxis] = this.axes.n;
    const count = this.rowStep === undefined ? rows : 1;
    const pointers: Pointers = {
      rows: Array.from({ length: count }, (_, r) => {
        const pointer = f.local("i32");
        this.withOffset(row, r, (at) => this.pointTo(this.kernel.a as LoadExpr, rowAxis, at, pointer));
        return pointer;
      }),
      columns: f.local("i32"),
    };
    this.pointTo(this.kernel.b as LoadExpr, columnAxis, column, pointers.columns);
    if (part !== undefined) {
      for (const pointer of pointers.rows) this.advanceBy(pointer, part.from, this.aSteps[0] as number);
      this.advanceBy(pointers.columns, part.from, this.bSteps[0] as number);
    }
    this.sumAlong(0, tile, pointers, part);
    for (const pointer of [...pointers.rows, pointers.columns]) f.freeLocal(pointer);
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

  /** Loops over the summed axes from `axis` inward; pointers end where they would be after that axis. */
  private sumAlong(axis: number, tile: Tile, pointers: Pointers, part: Chunk | undefined): void {
    const { k } = this.kernel;
    const extent = k[axis] ?? 1;
    const count = axis === 0 && part !== undefined ? part.steps : extent;
    if (axis >= k.length - 1) {
      const isForward = (this.aSteps[axis] ?? 0) >= 0 && (this.bSteps[axis] ?? 0) >= 0;
      this.innermost(isForward ? unroll : 1, count, axis, tile, pointers);
      return;
    }
    const inner = (list: readonly number[]): number => (k[axis + 1] as number) * (list[axis + 1] as number);
    this.repeat(count, () => {
      this.sumAlong(axis + 1, tile, pointers, part);
      for (const pointer of pointers.rows) this.advance(pointer, (this.aSteps[axis] as number) - inner(this.aSteps));
      this.advance(pointers.columns, (this.bSteps[axis] as number) - inner(this.bSteps));
    });
  }

  private innermost(together: number, count: Local | number, axis: number, tile: Tile, pointers: Pointers): void {
    const { f } = this;
    const steps = (number: number): void => this.steps(number, axis, tile, pointers);
    if (typeof count === "number") {
      const rounds = Math.floor(count / together);
      if (rounds > 0) this.repeat(rounds, () => steps(together));
      if (count % together > 0) steps(count % together);
      return;
    }
    const rounds = f.local("i32");
    f.get(count);
    f.i32(together);
    f.op("i32.div_u");
    f.set(rounds);
    this.repeat(rounds, () => steps(together));
    if (together > 1) {
      f.get(count);
      f.i32(together);
      f.op("i32.rem_u");
      f.set(rounds);
      this.repeat(rounds, () => steps(1));
    }
    f.freeLocal(rounds);
  }

  private repeat(rounds: Local | number, body: () => void): void {
    const { f } = this;
    if (rounds === 1) {
      body();
      return;
    }
    const left = f.local("i32");
    if (typeof rounds === "number") f.i32(rounds);
    else f.get(rounds);
    f.set(left);
    const loop = (): void =>
      f.loop((again) => {
        body();
        f.get(left);
        f.i32(1);
        f.op("i32.sub");
        f.tee(left);
        f.brIf(again);
      });
    if (typeof rounds === "number") loop();
    else {
      f.get(left);
      f.if(loop);
    }
    f.freeLocal(left);
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

  /** Some steps of the innermost summed axis: each loads one element per row and one vector per block of columns. */
  private steps(count: number, axis: number, tile: Tile, pointers: Pointers): void {
    const { f } = this;
    const [aStep, bStep] = [this.aSteps[axis] ?? 0, this.bSteps[axis] ?? 0];
    const columns = Array.from({ length: tile.vectors }, () => f.local("v128"));
    const element = f.local("v128");
    for (let step = 0; step < count; step++) {
      columns.forEach((vector, v) => {
        f.get(pointers.columns);
        f.load("v128.load", step * bStep + v * 4 * lanes);
        f.set(vector);
      });
      tile.sums.forEach((rowSums, r) => {
        f.get(pointers.rows[this.rowStep === undefined ? r : 0] as Local);
        f.load("v128.load32_splat", step * aStep + r * (this.rowStep ?? 0));
        f.set(element);
        rowSums.forEach((sum, v) => {
          this.multiplyAdd(element, columns[v] as Local, sum);
        });
      });
    }
    for (const pointer of pointers.rows) this.advance(pointer, count * aStep);
    this.advance(pointers.columns, count * bStep);
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

/** Sizes of the pieces when a length is cut into steps. */
const sizesOf = (length: number, step: number): number[] =>
  [length >= step ? step : 0, length % step].filter((size) => size > 0);

const positionOf = (operand: Expr): Expr => (operand as LoadExpr).indices[0] as Expr;

function isVectorStore(expression: Expr): boolean {
  let possible = true;
  const visit = (node: Expr): void => {
    if (!isVectorDType(node.dtype)) possible = false;
  };
  visitExpr(expression, visit);
  return possible;
}
