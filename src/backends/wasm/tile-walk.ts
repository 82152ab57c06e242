/**
 * @file The walk over a product's tiles: the units that threads share, the chunks of the outermost summed
 * axis whose operands stay in cache, then columns and rows. What happens in a tile is the caller's.
 */
import {
  narrowColumns,
  panelSize,
  productUnits,
  rowsOfTile,
  type ScheduledContraction,
  tileSizes,
} from "../../compiler/index.js";
import { sizeOf } from "../../core/index.js";
import type { FunctionBuilder, Local } from "./assembler/index.js";
import type { ExpressionCode, ExpressionContext } from "./expression-code.js";
import type { PanelSource } from "./panel-code.js";
import { wasmTarget } from "./target.js";

const { tileColumns } = wasmTarget;

/** A chunk of the outermost summed axis. */
export interface Chunk {
  readonly from: Local;
  /** How many steps it has. */
  readonly steps: Local;
}

interface TileSize {
  readonly rows: number;
  readonly columns: number;
}

/** A tile: where it is, and how large. */
export interface TilePlace extends TileSize {
  readonly row: Local;
  readonly column: Local;
  /** Where the unit at work begins. */
  readonly firstRow: Local;
  readonly firstColumn: Local;
  /** Address of the panel that holds the tile's columns of the second operand; `null` where it is read where it lies. */
  readonly panel: Local | null;
}

/** What happens on the walk. */
export interface Visitor extends PanelSource {
  tile(place: TilePlace, chunk: Chunk | undefined): void;
  /** Where tiles read panels. */
  readonly panels: typeof import("./panel-code.js") | undefined;
}

// ---- loops ----

/** Adds a constant to a local. */
export function advance(f: FunctionBuilder, local: Local, step: number): void {
  if (step === 0) return;
  f.get(local);
  f.i32(step);
  f.op("i32.add");
  f.set(local);
}

/** Runs `body` so many times. */
export function repeat(f: FunctionBuilder, rounds: Local | number, body: () => void): void {
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

/** Runs `body`, which moves a pointer by `step`, so many times, at least once: without a counter beside the pointer. */
export function repeatAlong(
  f: FunctionBuilder,
  pointer: Local,
  step: number,
  rounds: Local | number,
  body: () => void,
): void {
  if (rounds === 1) {
    body();
    return;
  }
  const end = f.local("i32");
  f.get(pointer);
  if (typeof rounds === "number") f.i32(rounds * step);
  else {
    f.get(rounds);
    f.i32(step);
    f.op("i32.mul");
  }
  f.op("i32.add");
  f.set(end);
  f.loop((again) => {
    body();
    f.get(pointer);
    f.get(end);
    f.op("i32.ne");
    f.brIf(again);
  });
  f.freeLocal(end);
}

/** Runs `body` while `index` is below `end`. */
export function countTo(f: FunctionBuilder, index: Local, end: Local | number, step: number, body: () => void): void {
  f.block((done) => {
    f.loop((again) => {
      f.get(index);
      if (typeof end === "number") f.i32(end);
      else f.get(end);
      f.op("i32.ge_s");
      f.brIf(done);
      body();
      advance(f, index, step);
      f.br(again);
    });
  });
}

/** `local = min(local, most)`. */
export function limit(f: FunctionBuilder, local: Local, most: Local | number): void {
  const bound = (): void => (typeof most === "number" ? f.i32(most) : f.get(most));
  f.get(local);
  bound();
  f.get(local);
  bound();
  f.op("i32.lt_s");
  f.select();
  f.set(local);
}

// ---- the walk ----

/** Writes the loops around the tiles of a product: of `context.units`, or of all. */
export function walkTiles(
  kernel: ScheduledContraction,
  context: ExpressionContext,
  code: ExpressionCode,
  visitor: Visitor,
): void {
  new TileWalk(kernel, context, code, visitor).emit();
}

export class TileWalk {
  private readonly f: FunctionBuilder;
  private readonly m: number;
  private readonly n: number;
  private readonly firstRow: Local;
  private readonly firstColumn: Local;

  constructor(
    readonly kernel: ScheduledContraction,
    readonly context: ExpressionContext,
    private readonly code: ExpressionCode,
    readonly visitor: Visitor,
  ) {
    this.f = context.f;
    this.m = sizeOf(kernel.m);
    this.n = sizeOf(kernel.n);
    this.firstRow = this.f.local("i32");
    this.firstColumn = this.f.local("i32");
  }

  emit(): void {
    const { f } = this;
    const { units } = this.context;
    const unit = f.local("i32");
    if (units === undefined) f.i32(0);
    else f.get(units.begin);
    f.set(unit);
    const { count } = productUnits(this.kernel);
    countTo(f, unit, units?.end ?? count, 1, () => this.unit(unit));
    f.freeLocal(unit);
  }

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
    const [row, endRow] = this.block(size.rows, this.m, () =>
      part(1, rowBlocks, batch.length === 0 && columnBlocks === 1),
    );
    const [column, endColumn] = this.block(size.columns, this.n, () =>
      part(rowBlocks, columnBlocks, batch.length === 0),
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
    if (extent % size > 0) limit(f, end, extent);
    return [first, end];
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
      const walk = (end: Local, panel: Local | null): void =>
        this.eachColumn(column, end, panel, (size) => {
          f.get(firstRow);
          f.set(row);
          const height = rowsOfTile(size, wasmTarget);
          countTo(f, row, endRow, height, () =>
            this.tileAt(row, endRow, column, panel, { rows: height, columns: size }, part),
          );
        });
      if (this.kernel.panel === null) walk(endColumn, null);
      else this.visitor.panels?.inGroups(this, column, endColumn, part, walk);
    };
    if (partial === null) tiles(undefined);
    else {
      const part: Chunk = { from: f.local("i32"), steps: f.local("i32") };
      f.i32(0);
      f.set(part.from);
      countTo(f, part.from, outermost, chunk, () => {
        f.i32(outermost);
        f.get(part.from);
        f.op("i32.sub");
        f.set(part.steps);
        limit(f, part.steps, chunk);
        tiles(part);
      });
      f.freeLocal(part.from);
      f.freeLocal(part.steps);
    }
  }

  /** Moves `column` from tile to tile up to `end`, and with it the panel. */
  eachColumn(column: Local, end: Local, panel: Local | null, body: (size: number) => void): void {
    for (const { until, size } of this.columnTiles())
      this.countWhole(column, end, until, size, () => {
        body(size);
        if (panel !== null) advance(this.f, panel, 4 * panelSize(this.kernel, tileColumns));
      });
  }

  /** The tile at a row and column, as high as there is room. */
  private tileAt(
    row: Local,
    endRow: Local,
    column: Local,
    panel: Local | null,
    size: TileSize,
    part: Chunk | undefined,
  ): void {
    const { f } = this;
    const [highest = 0, ...lower] = tileSizes(this.m, size.rows, this.kernel.unit.rows);
    const { firstRow, firstColumn } = this;
    const tile = (rows: number): void =>
      this.visitor.tile({ row, column, firstRow, firstColumn, panel, rows, columns: size.columns }, part);
    const whereRoom = (rows: number, others: readonly number[]): void => {
      const [next, ...rest] = others;
      if (next === undefined) {
        tile(rows);
        return;
      }
      f.get(row);
      f.get(endRow);
      f.i32(rows);
      f.op("i32.sub");
      f.op("i32.le_s");
      f.if(
        () => tile(rows),
        () => whereRoom(next, rest),
      );
    };
    whereRoom(highest, lower);
  }

  /** Widths of the tiles that there are, in the order of the columns: full ones, narrower ones, and what is left. */
  private columnTiles(): { readonly until: number; readonly size: number }[] {
    const { n } = this;
    const { narrowFrom } = this.kernel;
    const isNarrowed = narrowFrom < n;
    const full = Math.min(narrowFrom, n);
    const tiles = full < tileColumns ? [] : [{ until: full, size: tileColumns }];
    const narrow = narrowColumns(wasmTarget);
    if (isNarrowed) tiles.push({ until: n, size: narrow });
    const rest = isNarrowed ? (n - narrowFrom) % narrow : n % tileColumns;
    if (rest > 0) tiles.push({ until: n, size: rest });
    return tiles;
  }

  /** Runs `body` while a whole step from `index` lies before both bounds. */
  private countWhole(index: Local, end: Local, until: number, step: number, body: () => void): void {
    const { f } = this;
    const bound = f.local("i32");
    f.get(end);
    f.set(bound);
    limit(f, bound, until);
    f.get(bound);
    f.i32(step - 1);
    f.op("i32.sub");
    f.set(bound);
    countTo(f, index, bound, step, body);
    f.freeLocal(bound);
  }
}
