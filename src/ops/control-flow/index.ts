/** @file Conditionals and loops. */
export { type CondOptions, cond, switchCase } from "./cond.js";
export { buildLoop, type LoopResult, type LoopSpec } from "./loop.js";
export type { Structure } from "./trace.js";
export { trace, withEnds } from "./trace.js";
export { foldl, foldr, mapFn, type ScanOptions, scan, type WhileLoopOptions, whileLoop } from "./while-loop.js";
