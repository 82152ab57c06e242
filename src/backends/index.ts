/** @file Opens devices by name. */
import { UnavailableError } from "../core/index.js";
import type { BackendName, DebugSink, Device, NativeToolchain, StartThread } from "./backend.js";
import { DeferredDevice } from "./deferred.js";
import { NativeDevice } from "./native/device.js";
import { WasmDevice } from "./wasm/device.js";

export {
  type BackendName,
  backendNames,
  closedSession,
  type DebugSink,
  type Device,
  type Executable,
  everyBackend,
  type NativeToolchain,
  type VectorUnit,
} from "./backend.js";
export { type Feed, feedArray, type ResidentArray, type RowFeed } from "./feed.js";

/** What opening a device may need of the host. */
export interface DeviceHost {
  readonly debug: DebugSink;
  readonly warn: (message: string) => void;
  /** Threads that may share a run, the calling one among them. */
  readonly threads: number;
  /** Starts a worker; `undefined` where there are none. */
  readonly startThread?: StartThread | undefined;
  /** Why there is none, where there is none. */
  readonly toolchain: NativeToolchain | { readonly missing: string };
}

/** How each backend opens; total, so that a new name is a compile error here first. */
const open: Readonly<Record<BackendName, (host: DeviceHost) => Device>> = {
  interpreter: () =>
    new DeferredDevice("interpreter", async () => new (await import("./interpreter/device.js")).InterpreterDevice()),
  wasm: ({ debug, threads, startThread }) => new WasmDevice(debug, { threads, startThread }),
  native: ({ toolchain, ...host }) => {
    if ("missing" in toolchain)
      throw new UnavailableError(`The native backend is not available: ${toolchain.missing}`, {
        hint: 'install a C compiler and `npm install koffi`, or use device: "wasm"',
      });
    return new NativeDevice({ ...host, toolchain });
  },
};

/** Opens a device with no variables. @throws UnavailableError where the host lacks what it needs */
export function openDevice(name: BackendName, host: DeviceHost): Device {
  return open[name](host);
}
