/** @file What WebAssembly's vectors are like for the template of products. */
import type { ProductTarget } from "../../compiler/index.js";

/**
 * Eight sums in registers hide the multiply-add's latency, and leave room for what they are computed from:
 * V8 loads a whole step before it computes. Measured against 3×12 (nearly as fast), 4×8, 4×12, 5×8 and 3×8.
 */
export const wasmTarget: ProductTarget = {
  lanes: 4,
  tileRows: 2,
  tileColumns: 16,
  narrowRows: [6, 4, 3],
  threads: 1,
  packs: "rows",
  worthSharing: { kernel: 100_000, run: 8_000_000 },
};
