/**
 * @file The native device: a WebAssembly device whose programs, once they have proved to run again and
 * again, are translated to C and compiled by the machine's own compiler. Both forms work on the same
 * memory, so variables, feeds and growth are shared, and a program that cannot be translated or compiled
 * simply stays as it is.
 */

import type { ProductTarget } from "../../compiler/index.js";
import type { BackendName, NativeToolchain } from "../backend.js";
import { type Accelerate, WasmDevice } from "../wasm/device.js";

/**
 * Compiling C takes a process about a second, in which WebAssembly does some 30 billion operations. But the next
 * process finds the result: a program that has worked for a tenth of that time is likely to be one that trains.
 */
export const worthCompiling = 3e9;

/** How much longer a program of so many kernels compiles than a network of some layers: the time grows with the text. */
const effortOf = (kernels: number): number => Math.max(1, kernels / 40);

export interface NativeHost {
  readonly debug: ConstructorParameters<typeof WasmDevice>[0];
  /** Told once why programs stay with WebAssembly. */
  readonly warn: (message: string) => void;
  readonly toolchain: NativeToolchain;
  /** Threads that share a program, the calling one among them. */
  readonly threads: number;
  /** Operations after which a program of some layers is compiled; larger ones later. Default: what the toolchain says. */
  readonly compileAfter?: number;
  /** See `WasmDeviceOptions.worthSharing`. */
  readonly worthSharing?: ProductTarget["worthSharing"];
  /** See `WasmDeviceOptions.alikeFrom`. */
  readonly alikeFrom?: number;
}

export class NativeDevice extends WasmDevice {
  override readonly backend: BackendName = "native";

  constructor(host: NativeHost) {
    const { debug, toolchain, compileAfter = toolchain.compileAfter ?? worthCompiling, alikeFrom } = host;
    let loading: Promise<Accelerate["make"]> | undefined;
    const make: Accelerate["make"] = async (...program) => {
      loading ??= import("./accelerate.js").then(({ accelerateWith }) => accelerateWith(host));
      return (await loading)(...program);
    };
    const accelerate: Accelerate = { after: (kernels) => compileAfter * effortOf(kernels), make };
    super(debug, { accelerate, ...(alikeFrom === undefined ? {} : { alikeFrom }) });
  }
}
