/** @file The assembler: TypeScript calls in, WebAssembly module bytes out. */
export { detectFeatures, type WasmFeatures } from "./features.js";
export { FunctionBuilder, type VectorBits } from "./function-builder.js";
export { type MemoryLimits, ModuleBuilder, type ModuleOptions } from "./module-builder.js";
export type {
  AtomicOpcode,
  LaneOpcode,
  LoadLaneOpcode,
  LoadOpcode,
  Opcode,
  StoreLaneOpcode,
  StoreOpcode,
} from "./opcodes.js";
export type { FunctionRef, Label, Local, ValType } from "./types.js";
