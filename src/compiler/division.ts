/** @file What threads may take of a kernel: units that come out the same whoever computes them. */
import { sizeOf } from "../core/index.js";
import type { ScheduledContraction } from "./products.js";
import type { ScheduledKernel, ScheduledLoops } from "./schedule.js";

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

export function unitsOf(kernel: ScheduledKernel): Units {
  if (kernel.kind === "contraction") return productUnits(kernel);
  return kernel.kind === "loops" ? loopUnits(kernel) : { count: 1 };
}
