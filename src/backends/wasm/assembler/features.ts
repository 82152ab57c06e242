/**
 * @file Asks the engine which WebAssembly extensions it accepts, by validating tiny modules.
 * Imports the module builder. Probes only: switching an extension on (Node 20 keeps relaxed SIMD behind
 * a V8 flag) is the platform's business, before the first call here.
 */
import { ModuleBuilder } from "./module-builder.js";

export interface WasmFeatures {
  /** 128-bit vectors. */
  readonly simd: boolean;
  /** Fused multiply-add and the other instructions whose rounding the engine may choose. */
  readonly relaxedSimd: boolean;
  /** Shared memory and atomics. Whether the page may create a shared memory is another question. */
  readonly threads: boolean;
}

/** What this engine accepts now; not cached, since flags may change at run time. */
export function detectFeatures(): WasmFeatures {
  return {
    simd: validates(simdModule()),
    relaxedSimd: validates(relaxedModule()),
    threads: validates(threadsModule()),
  };
}

const validates = (module: ModuleBuilder): boolean =>
  typeof WebAssembly === "object" && WebAssembly.validate(module.toBytes());

function simdModule(): ModuleBuilder {
  const module = new ModuleBuilder();
  module.defineFunction("probe", ["v128"], ["v128"], (f) => {
    f.get(f.param(0));
    f.op("f32x4.sqrt");
  });
  return module;
}

function relaxedModule(): ModuleBuilder {
  const module = new ModuleBuilder();
  module.defineFunction("probe", ["v128"], ["v128"], (f) => {
    for (let operand = 0; operand < 3; operand++) f.get(f.param(0));
    f.op("f32x4.relaxed_madd");
  });
  return module;
}

function threadsModule(): ModuleBuilder {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { initial: 1, maximum: 1, shared: true });
  module.defineFunction("probe", ["i32"], ["i32"], (f) => {
    f.get(f.param(0));
    f.atomic("i32.atomic.load");
  });
  return module;
}
