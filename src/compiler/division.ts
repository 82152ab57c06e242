/**
 * @file How the threads of a machine share a program: each kernel is cut into units that come out the same
 * whoever computes them, kernels too small to share stay with one thread, and threads meet only where one
 * touches memory that another still works on. Plain data; backends write the loops and the meetings.
 */
import { sizeOf } from "../core/index.js";
import type { ValueId } from "../ir/index.js";
import { workOfKernel } from "./cost.js";
import { type Plan, touchedBy } from "./plan.js";
import type { ProductTarget, ScheduledContraction } from "./products.js";
import type { Schedule, ScheduledKernel, ScheduledLoops } from "./schedule.js";

/** What a thread takes of a kernel: units `begin` to `end` of `count`. */
export interface Units {
  readonly count: number;
}
/** Loops are cut along one of the outer axes, in pieces of `size` elements. */
export interface LoopUnits extends Units {
  readonly axis: number;
  readonly size: number;
}

/** Elements of a piece where vectors run along the axis that is cut: a multiple of every vector's lanes. */
const vectorPiece = 64;
/** An axis with fewer pieces is passed over for the next, if that has more. */
const enoughPieces = 8;

export function loopUnits({ outer, vector, phases }: ScheduledLoops): LoopUnits {
  let best: LoopUnits = { axis: 0, size: 1, count: 1 };
  for (const [axis, extent] of outer.entries()) {
    const isVector = axis === outer.length - 1 && vector === "outer";
    const size = isVector ? vectorPiece : 1;
    const count = Math.ceil(extent / size);
    if (count > best.count) best = { axis, size, count };
    if (count >= enoughPieces) break;
  }
  // A reduction of everything, or a loop over nothing, is one piece.
  return outer.length === 0 || phases.length === 0 ? { axis: 0, size: 1, count: 1 } : best;
}

/** Units of a product: batch entries, each in blocks of columns and of rows, rows innermost. */
export interface ProductUnits extends Units {
  readonly rowBlocks: number;
  readonly columnBlocks: number;
}

export function productUnits({ batch, m, n, unit }: ScheduledContraction): ProductUnits {
  // A product without rows or columns has no units either.
  const rowBlocks = Math.ceil(sizeOf(m) / Math.max(unit.rows, 1));
  const columnBlocks = Math.ceil(sizeOf(n) / Math.max(unit.columns, 1));
  return { count: sizeOf(batch) * rowBlocks * columnBlocks, rowBlocks, columnBlocks };
}

/** One kernel's part in a run that several threads share. */
export interface KernelDivision {
  /** Each thread computes a part; otherwise the first thread computes it all. */
  readonly shared: boolean;
  /** All threads meet before the kernel starts. */
  readonly meet: boolean;
}
export interface Division {
  readonly kernels: readonly KernelDivision[];
  /** Whether it is worth waking more than one thread at all. */
  readonly worthwhile: boolean;
}

export function unitsOf(kernel: ScheduledKernel): Units {
  if (kernel.kind === "contraction") return productUnits(kernel);
  return kernel.kind === "loops" ? loopUnits(kernel) : { count: 1 };
}

/** A stretch of memory a kernel reads or writes. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}
interface Touched {
  readonly reads: readonly Stretch[];
  readonly writes: readonly Stretch[];
}

/**
 * @param place where a value lies, as bytes from the start of memory
 */
export function divide(
  { kernels }: Schedule,
  plan: Plan,
  place: (id: ValueId) => Stretch,
  { worthSharing }: ProductTarget,
): Division {
  let open: { readonly shared: boolean; readonly touched: Touched }[] = [];
  let sharedWork = 0;
  const divisions = kernels.map((kernel, i): KernelDivision => {
    const work = workOfKernel(kernel);
    const shared = unitsOf(kernel).count > 1 && work >= worthSharing.kernel;
    if (shared) sharedWork += work;
    const { reads, writes } = touchedBy(kernel);
    const touched: Touched = { reads: Array.from(reads, place), writes: Array.from(writes, place) };
    // Where checks are tested everybody has met already.
    const meet =
      (plan.checkAfter >= 0 && i === plan.checkAfter + 1) ||
      open.some((other) => (other.shared || shared) && clash(other.touched, touched));
    if (meet) open = [];
    open.push({ shared, touched });
    return { shared, meet };
  });
  return { kernels: divisions, worthwhile: sharedWork >= worthSharing.run };
}

const overlap = (a: readonly Stretch[], b: readonly Stretch[]): boolean =>
  a.some((x) => b.some((y) => x.from < y.to && y.from < x.to));

const clash = (a: Touched, b: Touched): boolean =>
  overlap(a.writes, b.reads) || overlap(a.reads, b.writes) || overlap(a.writes, b.writes);
