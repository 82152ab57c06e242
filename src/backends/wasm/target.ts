/** @file What WebAssembly's vectors are like for the template of products. */
import type { ProductTarget } from "../../compiler/index.js";

/**
 * Twelve sums in registers hide the multiply-add's latency; with more the engine has to spill. Measured
 * against 4×8, 6×8, 3×16 and 2×16.
 */
export const wasmTarget: ProductTarget = { lanes: 4, tileRows: 4, tileColumns: 12, threads: 1 };
