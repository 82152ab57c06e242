/**
 * @file Products as tiles can run them: rows and columns become one axis each, operands that a tile cannot
 * walk (or would walk against the caches) are laid out first, in panels as wide as a tile, and the work
 * is cut into units and chunks. All of it is decided from sizes and strides alone.
 */
import { sizeOf } from "../core/index.js";
import { type Expr, type ExpressionBuilder, flattenIndex, type LoadExpr, type ValueId } from "../ir/index.js";
import { coefficientOf, dependsOn, joinAxes } from "./axes.js";
import type { ContractionKernel, LoopKernel, Store } from "./kernels.js";

/** What the product template of a backend works with. */
export interface ProductTarget {
  /** float32 in a vector; a product with fewer columns is computed as a sum. */
  readonly lanes: number;
  /** Rows of a full tile. */
  readonly tileRows: number;
  /** Columns of a full tile, whole vectors; also the width of a panel. */
  readonly tileColumns: number;
  /** Rows of a tile of one vector of columns, of two, and so on up to a full tile, so that each keeps many sums. */
  readonly narrowRows: readonly number[];
  /** Threads that may share a product. Results do not depend on it. */
  readonly threads: number;
  /**
   * Which second operands the template itself copies into panels, just before tiles read them: any, those
   * in memory whose columns lie side by side, or none.
   */
  readonly packs: "any" | "rows" | "none";
  /** Scalar operations that are worth handing to another thread: of a kernel, and of a whole run. */
  readonly worthSharing: { readonly kernel: number; readonly run: number };
}

/**
 * A product of float32 matrices with at most one axis each for rows and columns. Both operands are plain
 * loads; along the summed axes their positions advance in constant steps, and the second operand has the
 * columns of a tile side by side. Where the first row or column of a tile lies may be any formula.
 */
export interface ScheduledContraction extends ContractionKernel {
  /** Rows and columns of a unit; threads share units, which are computed alike by any of them. */
  readonly unit: { readonly rows: number; readonly columns: number };
  /** Columns from here on are computed in tiles narrower than a full one; a multiple of full tiles. */
  readonly narrowFrom: number;
  /** So many steps of the outermost summed axis run before the next tile; their operands stay in cache. */
  readonly chunk: number;
  /** Where each thread's sums of a unit wait for the next chunk; `null` where one chunk is all. */
  readonly partial: ValueId | null;
  /**
   * Room for each thread's panels, where the template copies what a chunk of tiles reads of the second
   * operand, which then may be any formula if the target says so; `null` where it is read where it lies.
   */
  readonly panel: ValueId | null;
}

/** What laying out needs of the schedule it becomes part of. */
export interface ProductHost {
  readonly e: ExpressionBuilder;
  readonly target: ProductTarget;
  /** Positions become flat; loads of `registers` lose theirs. */
  flatten(root: Expr, registers: ReadonlySet<ValueId>): Expr;
  flattenStore(store: Store, registers: ReadonlySet<ValueId>): Store;
  scratch(shape: readonly number[]): ValueId;
  addLoops(kernel: LoopKernel): void;
}

/** Steps of the summed axes in a chunk: the panel that a tile reads then stays in the first cache. */
const chunkSteps = 256;
/** Fewer steps than this many chunks are not cut. */
const fewestChunks = 2;
/** Most rows and columns of a unit: more rows copy the other operand less often, but a chunk of them must stay near. */
const mostUnitRows = 256;
const mostUnitColumns = 528;
/** Columns are divided among threads where each has so many full tiles of them. */
const tilesPerThread = 4;
/** Full tiles in a row whose panels are filled together. */
export const groupPanels = 5;
/** Lengths are cut into so many pieces at most. */
const mostPieces = 64;
/** A block of fewer rows would read the second operand too often for what it computes. */
const fewestUnitRows = 8;
/** Laying out an operand pays if each of its elements is used in so many rows at least. */
const reusedRows = 16;
/** So many elements stay in a second cache while others pass. */
const smallOperand = 65_536;
/** So few elements are copied sooner than several times. */
const tinyOperand = 16_384;
/** Read in so many rows, it pays wherever its elements lie. */
const oftenReused = 128;
/** Rows of an operand this many floats apart, or further, are laid out: each would be a cache line of its own. */
const farApart = 128;
/** float32 in a line of the caches. */
export const lineElements = 16;

/** @param kernel a float32 product with at least as many columns as a vector has lanes, and steps to sum */
export function scheduleProduct(kernel: ContractionKernel, host: ProductHost): ScheduledContraction {
  return new ProductScheduler(host).run(kernel);
}

/** Numbers of the axes of each group. */
interface AxisNumbers {
  readonly batch: readonly number[];
  readonly m: readonly number[];
  readonly n: readonly number[];
  readonly k: readonly number[];
}

export function axesOf({ batch, m, n, k }: Pick<ContractionKernel, "batch" | "m" | "n" | "k">): AxisNumbers {
  const from = (first: number, extents: readonly number[]): number[] => extents.map((_, i) => first + i);
  const [atM, atN, atK] = [batch.length, batch.length + m.length, batch.length + m.length + n.length];
  return { batch: from(0, batch), m: from(atM, m), n: from(atN, n), k: from(atK, k) };
}

class ProductScheduler {
  private readonly e: ExpressionBuilder;

  constructor(private readonly host: ProductHost) {
    this.e = host.e;
  }

  run(original: ContractionKernel): ScheduledContraction {
    const probe = this.join(original);
    const a = this.walks(probe, probe.a) ? original.a : this.layOutRows(original);
    const walksB = this.walks(probe, probe.b) && this.hasNeighbouringColumns(probe);
    const { packs: packable } = this.host.target;
    const packs = (packable === "any" || (packable === "rows" && walksB)) && !this.isReadOver(original);
    const b = walksB || packs ? original.b : this.laidOut(original);
    let kernel = this.join({ ...original, a, b });
    const isWorthPanels = walksB && this.isWorthColumnPanels(kernel);
    if (isWorthPanels && !packs) kernel = this.join({ ...kernel, b: this.columnPanels(kernel) });
    if (this.isWorthRowPanels(kernel)) kernel = this.join({ ...kernel, a: this.rowPanels(kernel) });
    return this.divide(kernel, packs && (isWorthPanels || !walksB));
  }

  /** The second operand in memory, as tiles can read it. */
  private laidOut(kernel: ContractionKernel): Expr {
    const isOneAxis = kernel.n.filter((extent) => extent !== 1).length <= 1;
    return isOneAxis ? this.columnPanels(kernel) : this.layOutColumns(kernel);
  }

  /** Whether the second operand is so small, and read for so many rows, that copying it once for all is best. */
  private isReadOver({ m, n, k }: ContractionKernel): boolean {
    const elements = sizeOf(n) * sizeOf(k);
    return elements <= tinyOperand || (sizeOf(m) > 4 * mostUnitRows && elements <= smallOperand);
  }

  // ---- axes ----

  /** Joins rows and columns into one axis each at any price, the other axes where possible; positions become flat. */
  private join(kernel: ContractionKernel): ContractionKernel {
    const { e, host } = this;
    const registers = new Set([kernel.result]);
    let a = host.flatten(kernel.a, registers);
    let b = host.flatten(kernel.b, registers);
    let stores = kernel.stores.map((s) => host.flattenStore(s, registers));
    const collapsed: (readonly number[])[] = [];
    let first = 0;
    let offset = 0;
    const groups = [kernel.batch, kernel.m, kernel.n, kernel.k];
    const total = groups.reduce((sum, g) => sum + g.length, 0);
    const renumber = new Map<number, Expr>();
    for (const extents of groups) {
      const roots = [a, b, ...stores.flatMap((s) => [...s.indices, s.expression])];
      const result = joinAxes(e, extents, first, roots, extents === kernel.m || extents === kernel.n);
      a = result.rewrite(a);
      b = result.rewrite(b);
      stores = rewriteStores(stores, result.rewrite);
      result.extents.forEach((extent, i) => {
        renumber.set(first + i, e.axis(total + offset + i, extent));
      });
      offset += result.extents.length;
      collapsed.push(result.extents);
      first += extents.length;
    }
    // Two steps, since an axis may take a number that another still has.
    const down = new Map<number, Expr>();
    collapsed.flat().forEach((extent, i) => {
      down.set(total + i, e.axis(i, extent));
    });
    const move = (x: Expr): Expr => e.substitute(e.substitute(x, renumber), down);
    const [batch = [], m = [], n = [], k = []] = collapsed;
    return { ...kernel, batch, m, n, k, a: move(a), b: move(b), stores: rewriteStores(stores, move) };
  }

  /** Whether an operand is in memory and advances by a constant along each summed axis. */
  private walks(kernel: ContractionKernel, operand: Expr): boolean {
    if (operand.kind !== "load") return false;
    const summed = axesOf(kernel).k;
    return this.e
      .linearOf(positionOf(operand))
      .terms.every(({ atom }) => atom.kind === "axis" || summed.every((axis) => !dependsOn(atom, axis)));
  }

  private hasNeighbouringColumns(kernel: ContractionKernel): boolean {
    const [column] = axesOf(kernel).n;
    return column === undefined || coefficientOf(this.e, positionOf(kernel.b), column) === 1;
  }

  private stride(operand: Expr, axis: number): number {
    return coefficientOf(this.e, positionOf(operand), axis) ?? 0;
  }

  private places(numbers: readonly number[], extents: readonly number[]): Expr[] {
    return extents.map((extent, i) => this.e.axis(numbers[i] as number, extent));
  }

  // ---- operands laid out ----

  /** The first operand row by row, the summed axes side by side. */
  private layOutRows(kernel: ContractionKernel): Expr {
    const { batch, m, k } = axesOf(kernel);
    return this.layOut(kernel.a, [...batch, ...m, ...k], [...kernel.batch, ...kernel.m, ...kernel.k]);
  }

  /** The second operand step by step, its columns side by side. */
  private layOutColumns(kernel: ContractionKernel): Expr {
    const { batch, n, k } = axesOf(kernel);
    return this.layOut(kernel.b, [...batch, ...k, ...n], [...kernel.batch, ...kernel.k, ...kernel.n]);
  }

  /** An operand in memory, its axes in this order. */
  private layOut(operand: Expr, numbers: readonly number[], shape: readonly number[]): Expr {
    const axes = this.places(numbers, shape);
    const places = shape.map((extent, i) => this.e.axis(i, extent));
    // Axes of one element are the constant 0 already.
    const renamed = new Map(
      axes.flatMap((axis, i) => (axis.kind === "axis" ? [[axis.axis, places[i] as Expr] as const] : [])),
    );
    const id = this.host.scratch(shape);
    this.addCopy(id, this.e.substitute(operand, renamed), flattenIndex(this.e, places, shape), shape);
    return this.e.load(id, "float32", axes);
  }

  /** The second operand in panels as wide as a tile, step by step: a tile reads it from one end to the other. */
  private columnPanels(kernel: ContractionKernel): Expr {
    const { batch, n, k, b } = kernel;
    const numbers = axesOf(kernel);
    const column = numbers.n[n.findIndex((extent) => extent !== 1)] as number;
    return this.layOutPanels(b, {
      batch: { numbers: numbers.batch, extents: batch },
      along: { number: column, extent: sizeOf(n) },
      k: { numbers: numbers.k, extents: k },
      width: this.host.target.tileColumns,
      narrow: this.narrow(sizeOf(n)),
    });
  }

  /** The first operand in panels as high as a tile. Only for joined kernels. */
  private rowPanels(kernel: ContractionKernel): Expr {
    const { batch, m, k, a } = kernel;
    const numbers = axesOf(kernel);
    return this.layOutPanels(a, {
      batch: { numbers: numbers.batch, extents: batch },
      along: { number: numbers.m[0] as number, extent: m[0] as number },
      k: { numbers: numbers.k, extents: k },
      width: this.host.target.tileRows,
      narrow: null,
    });
  }

  /** `[batch, panel, k, width]`; the last panel may be filled in part only. */
  private layOutPanels(operand: Expr, { batch, along, k, width, narrow }: PanelAxes): Expr {
    const { e } = this;
    const depth = sizeOf(k.extents);
    const pieces = piecesOf(along.extent, width, narrow);
    const panels = pieces.reduce((sum, { count }) => sum + count, 0);
    const id = this.host.scratch([sizeOf(batch.extents) * panels * depth * width]);
    const at = (group: readonly Expr[], panel: Expr, steps: readonly Expr[], inside: Expr): Expr => {
      const panelAt = e.add(e.mul(flattenIndex(e, group, batch.extents), e.index(panels)), panel);
      const stepAt = e.add(e.mul(panelAt, e.index(depth)), flattenIndex(e, steps, k.extents));
      return e.add(e.mul(stepAt, e.index(width)), inside);
    };
    const lastStep = k.numbers.at(-1);
    const lastExtent = k.extents.at(-1) ?? 1;
    // Elements of a line along the last summed axis are read together where that is how they lie.
    const isTurned =
      operand.kind === "load" &&
      lastStep !== undefined &&
      lastExtent >= lineElements &&
      this.stridesOver(operand, lastStep, along.number);
    let firstPanel = 0;
    for (const { from, count, size } of pieces) {
      const stretches: readonly (readonly [number, number])[] = isTurned
        ? [
            [0, lastExtent - (lastExtent % lineElements)],
            [lastExtent - (lastExtent % lineElements), lastExtent % lineElements],
          ]
        : [[0, lastExtent]];
      for (const [begin, length] of stretches) {
        if (length === 0) continue;
        const line = isTurned ? Math.min(length, lineElements) : 1;
        const outerSteps = k.extents.length === 0 ? [] : [...k.extents.slice(0, -1), length / line];
        const extents = [...batch.extents, count, ...outerSteps, size, ...(isTurned ? [line] : [])];
        const places = extents.map((extent, axis) => e.axis(axis, extent));
        const group = places.slice(0, batch.extents.length);
        const panel = e.add(places[group.length] as Expr, e.index(firstPanel));
        const steps = places.slice(group.length + 1, group.length + 1 + outerSteps.length);
        const inside = places[group.length + 1 + outerSteps.length] as Expr;
        if (steps.length > 0) {
          const last = e.mul(steps.at(-1) as Expr, e.index(line));
          const within = isTurned ? e.add(last, places.at(-1) as Expr) : last;
          steps[steps.length - 1] = e.add(within, e.index(begin));
        }
        const renamed = new Map<number, Expr>([
          ...batch.numbers.map((number, i) => [number, group[i] as Expr] as const),
          ...k.numbers.map((number, i) => [number, steps[i] as Expr] as const),
          [along.number, e.add(e.mul(places[group.length] as Expr, e.index(size)), e.add(inside, e.index(from)))],
        ]);
        this.addCopy(id, e.substitute(operand, renamed), at(group, panel, steps, inside), extents);
      }
      firstPanel += count;
    }
    const group = this.places(batch.numbers, batch.extents);
    const position = e.axis(along.number, along.extent);
    const steps = this.places(k.numbers, k.extents);
    /** Panel and place in it, as one of `size` columns from `from` on. */
    const among = (from: number, size: number, first: number): readonly [Expr, Expr] => {
      const shifted = e.sub(position, e.index(from));
      return [e.add(e.floorDiv(shifted, e.index(size)), e.index(first)), e.floorMod(shifted, e.index(size))];
    };
    const [panel, inside] = among(0, width, 0);
    const narrowFrom = narrow === null ? along.extent : narrow.from;
    if (narrow === null || narrowFrom >= along.extent) return e.load(id, "float32", [at(group, panel, steps, inside)]);
    const [narrowPanel, narrowInside] = among(narrowFrom, narrow.size, narrowFrom / width);
    const isWide = e.lt(position, e.index(narrowFrom));
    return e.load(id, "float32", [
      at(group, e.select(isWide, panel, narrowPanel), steps, e.select(isWide, inside, narrowInside)),
    ]);
  }

  /** Whether an operand's elements lie side by side along `near`, but not along `far`. */
  private stridesOver(operand: LoadExpr, near: number, far: number): boolean {
    const position = this.host.flatten(operand, new Set());
    return Math.abs(this.stride(position, near)) === 1 && this.stride(position, far) !== 1;
  }

  private addCopy(id: ValueId, expression: Expr, position: Expr, extents: readonly number[]): void {
    const store: Store = { value: id, indices: [position], expression };
    this.host.addLoops({ kind: "loops", outer: extents, phases: [{ kind: "map", extents: [], stores: [store] }] });
  }

  // ---- decisions ----

  /** Whether the second operand is read often enough, over rows far enough apart, to be laid out in panels. */
  private isWorthColumnPanels(kernel: ContractionKernel): boolean {
    const { target } = this.host;
    const last = axesOf(kernel).k.at(-1);
    const [columns, rows] = [sizeOf(kernel.n), sizeOf(kernel.m)];
    if (last === undefined || columns <= target.tileColumns || rows < reusedRows) return false;
    const stride = Math.abs(this.stride(kernel.b, last));
    return rows >= oftenReused || stride >= farApart || (stride % target.lanes > 0 && rows >= 2 * reusedRows);
  }

  /** Whether the first operand is read down columns, so that lines of the cache would push each other out. */
  private isWorthRowPanels(kernel: ContractionKernel): boolean {
    const { k, m } = axesOf(kernel);
    const [row, step] = [m[0], k[0]];
    if (row === undefined || step === undefined || k.length > 1) return false;
    if (sizeOf(kernel.n) <= this.host.target.tileColumns || sizeOf(kernel.m) < 2 * this.host.target.tileRows)
      return false;
    const [rowStride, stride] = [row, step].map((axis) => Math.abs(this.stride(kernel.a, axis))) as [number, number];
    // Along rows: the rows of a unit must not all fall on the same places of the second cache.
    if (stride === 1 && sizeOf(kernel.m) >= crowdedRows) return rowStride > 0 && rowStride % setElements === 0;
    if (stride < lineElements || rowStride !== 1) return false;
    const places = setElements / greatestDivisor(stride, setElements);
    return Math.min(kernel.k[0] as number, chunkSteps) / places > setWays;
  }

  /** Where narrower tiles begin, so that the last one is not a single vector. */
  private narrow(columns: number): { readonly from: number; readonly size: number } | null {
    const { lanes, tileColumns } = this.host.target;
    const size = narrowColumns(this.host.target);
    const vectors = Math.ceil(columns / lanes);
    const whole = tileColumns / lanes;
    if (vectors <= whole || vectors % whole !== 1) return null;
    return { from: (Math.floor(vectors / whole) - 1) * tileColumns, size };
  }

  private divide(kernel: ContractionKernel, packs: boolean): ScheduledContraction {
    const narrowFrom = this.narrow(sizeOf(kernel.n))?.from ?? sizeOf(kernel.n);
    const unit = chooseUnit(kernel, narrowFrom, packs, this.host.target);
    const [outermost = 1] = kernel.k;
    const depth = sizeOf(kernel.k);
    const steps = Math.max(1, Math.round((chunkSteps * outermost) / depth));
    const isCut =
      sizeOf(kernel.m) > 2 * this.host.target.tileRows && depth >= fewestChunks * chunkSteps && steps < outermost;
    const chunk = isCut ? steps : outermost;
    const { tileColumns, threads } = this.host.target;
    const partial = isCut ? this.host.scratch([threads * partialSize({ unit })]) : null;
    const panels = panelsAtOnce({ unit }, { tileColumns });
    const panel = packs ? this.host.scratch([threads * panels * panelSize({ chunk, k: kernel.k }, tileColumns)]) : null;
    return { ...kernel, unit, narrowFrom, chunk, partial, panel };
  }
}

/** Room for the sums of one thread's unit: column after column of tiles, in each of them tile after tile. */
export const partialSize = ({ unit }: Pick<ScheduledContraction, "unit">): number => unit.rows * unit.columns;

/** Rows of a tile with so many columns. */
export const rowsOfTile = (columns: number, { lanes, narrowRows, tileRows }: ProductTarget): number =>
  narrowRows[Math.ceil(columns / lanes) - 1] ?? tileRows;

/** The sizes of tiles, largest first, where a length is cut into units of `unit` elements and those into steps. */
export function tileSizes(length: number, step: number, unit: number): number[] {
  const found = new Set<number>();
  for (const piece of [Math.min(unit, length), length % unit]) {
    if (piece >= step) found.add(step);
    if (piece % step > 0) found.add(piece % step);
  }
  return [...found].sort((x, y) => y - x);
}

/** Panels that are filled at once: beside the other operand and the sums they must stay in a second cache. */
export const panelsAtOnce = (
  { unit }: Pick<ScheduledContraction, "unit">,
  { tileColumns }: Pick<ProductTarget, "tileColumns">,
): number => Math.min(groupPanels + 1, Math.ceil(unit.columns / tileColumns));

/** Elements from step to step of each summed axis in a panel. */
export const panelStrides = ({ k }: Pick<ScheduledContraction, "k">, { tileColumns }: ProductTarget): number[] =>
  k.map((_, axis) => tileColumns * sizeOf(k.slice(axis + 1)));

/** Elements of one panel: the steps of a chunk, each as wide as a tile. */
export const panelSize = ({ chunk, k }: Pick<ScheduledContraction, "chunk" | "k">, tileColumns: number): number =>
  chunk * sizeOf(k.slice(1)) * tileColumns;
const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

/**
 * The unit with which the slowest thread is done first: each block of rows reads (and copies, where the
 * template does so) all of the second operand it meets, each block of columns all of the first. Where there
 * are columns enough, each thread has columns of its own: of a matrix of weights it then writes, when the
 * weights are updated, what it reads in the next step, and another core's cache is slow to read from.
 */
function chooseUnit(
  kernel: ContractionKernel,
  narrowFrom: number,
  packs: boolean,
  target: ProductTarget,
): ScheduledContraction["unit"] {
  const { tileRows, tileColumns, threads } = target;
  const [rows, columns] = [sizeOf(kernel.m), sizeOf(kernel.n)];
  const pieces = (extent: number, tile: number, most: number, fewest: number): number[] => {
    const sizes = new Set<number>();
    for (let parts = 1; parts <= mostPieces; parts++) {
      const size = roundUp(Math.ceil(extent / parts), tile);
      if (size < fewest && parts > 1) break;
      if (size <= most || parts === mostPieces) sizes.add(Math.min(size, roundUp(extent, tile)));
    }
    return [...sizes];
  };
  const ownColumns = threads > 1 && columns >= threads * tilesPerThread * tileColumns;
  let best: { unit: ScheduledContraction["unit"]; cost: number } | undefined;
  for (const unitRows of pieces(rows, tileRows, mostUnitRows, fewestUnitRows))
    for (const unitColumns of pieces(columns, tileColumns, mostUnitColumns, tileColumns)) {
      // No unit begins among the narrow tiles.
      if (narrowFrom < columns && (narrowFrom + tileColumns) % unitColumns === 0) continue;
      const [rowBlocks, columnBlocks] = [Math.ceil(rows / unitRows), Math.ceil(columns / unitColumns)];
      if (ownColumns && columnBlocks % threads !== 0) continue;
      const unit = { rows: unitRows, columns: unitColumns };
      const rounds = Math.ceil((sizeOf(kernel.batch) * rowBlocks * columnBlocks) / threads);
      const cost = rounds * costOfUnit(unit, columns, packs, target);
      if (best === undefined || cost < best.cost) best = { unit, cost };
    }
  return (
    best?.unit ?? { rows: Math.min(mostUnitRows, roundUp(rows, tileRows)), columns: roundUp(columns, tileColumns) }
  );
}

/** Cycles that a unit takes for each step of the summed axes, about. */
function costOfUnit(
  unit: ScheduledContraction["unit"],
  columns: number,
  packs: boolean,
  { lanes }: ProductTarget,
): number {
  const vectors = Math.ceil(Math.min(unit.columns, columns) / lanes);
  const arithmetic = (unit.rows * vectors) / multiplyAdds;
  const copies = packs ? vectors * copyCycles : 0;
  return arithmetic + copies + (unit.rows + unit.columns) * elementCycles;
}

/** Multiply-adds of vectors in a cycle; cycles to copy a vector, and to bring an element from a second cache. */
const multiplyAdds = 2;
const copyCycles = 4;
const elementCycles = 0.25;

/** float32 in the part of memory that maps to one way of a first cache (4 KiB), and its ways at half use. */
const setElements = 1024;
const setWays = 4;
/** So many rows that begin at the same place of a page push each other out of a second cache. */
const crowdedRows = 128;

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

interface PanelAxes {
  readonly batch: { readonly numbers: readonly number[]; readonly extents: readonly number[] };
  /** The axis that is cut into panels. */
  readonly along: { readonly number: number; readonly extent: number };
  readonly k: { readonly numbers: readonly number[]; readonly extents: readonly number[] };
  readonly width: number;
  /** From where on panels are filled less wide; `null`: nowhere. */
  readonly narrow: { readonly from: number; readonly size: number } | null;
}

/** Consecutive panels that are filled alike: `count` of `size` elements. */
interface Piece {
  readonly from: number;
  readonly count: number;
  readonly size: number;
}

function piecesOf(extent: number, width: number, narrow: PanelAxes["narrow"]): Piece[] {
  const pieces: Piece[] = [];
  const cut = (from: number, end: number, size: number): void => {
    const count = Math.floor((end - from) / size);
    const rest = (end - from) % size;
    if (count > 0) pieces.push({ from, count, size });
    if (rest > 0) pieces.push({ from: end - rest, count: 1, size: rest });
  };
  const boundary = Math.min(narrow?.from ?? extent, extent);
  cut(0, boundary, width);
  if (narrow !== null) cut(boundary, extent, narrow.size);
  return pieces;
}

/** Columns of a tile where full tiles would leave a single vector, which would load an element for each multiply-add. */
export const narrowColumns = ({ tileColumns, lanes }: ProductTarget): number => tileColumns - lanes;

const positionOf = (operand: Expr): Expr => (operand as LoadExpr).indices[0] as Expr;

const rewriteStores = (stores: readonly Store[], rewrite: (x: Expr) => Expr): Store[] =>
  stores.map((s) => ({ ...s, indices: s.indices.map(rewrite), expression: rewrite(s.expression) }));
