/**
 * @file The native device: a WebAssembly device whose programs, once they have proved to run again and
 * again, are translated to C and compiled by the machine's own compiler. Both forms work on the same
 * memory, so everything else (variables, feeds, growth) is shared, and a program that cannot be translated
 * or compiled simply stays as it is.
 */
import type { BackendName, NativeToolchain } from "../backend.js";
import { WasmDevice, type WasmDeviceOptions } from "../wasm/device.js";

/**
 * Compiling C takes about a second, in which WebAssembly does some 30 billion operations. A program that
 * has done as many would have been worth compiling at once; one that has not costs at most twice the best.
 */
export const worthCompiling = 3e10;

export interface NativeHost {
  readonly debug: ConstructorParameters<typeof WasmDevice>[0];
  /** Told once why programs stay with WebAssembly. */
  readonly warn: (message: string) => void;
  readonly toolchain: NativeToolchain;
  /** Operations after which a program is compiled. Default {@link worthCompiling}. */
  readonly compileAfter?: number | undefined;
}

export class NativeDevice extends WasmDevice {
  override readonly backend: BackendName = "native";

  constructor({ debug, warn, toolchain, compileAfter = worthCompiling }: NativeHost) {
    super(debug, { accelerate: { after: compileAfter, make: compileWith(toolchain, debug, warn) } });
  }
}

function compileWith(
  toolchain: NativeToolchain,
  debug: NativeHost["debug"],
  warn: NativeHost["warn"],
): NonNullable<WasmDeviceOptions["accelerate"]>["make"] {
  let failed = false;
  return async ({ program, schedule, plan, addresses }) => {
    if (failed) return undefined;
    // Loaded where it is used: a browser has no compiler, and never needs it.
    const { translateProgram } = await import("./c-program.js");
    const source = translateProgram(program, schedule, plan, addresses);
    if (source === undefined) return undefined;
    debug("c", () => source);
    try {
      return await toolchain.load(source);
    } catch (error) {
      failed = true;
      warn(`The native backend falls back to WebAssembly: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
}
