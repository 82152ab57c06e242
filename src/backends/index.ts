/** @file Opens devices by name. */
import type { BackendName, DebugSink, Device } from "./backend.js";
import { InterpreterDevice } from "./interpreter/device.js";
import { WasmDevice } from "./wasm/device.js";

export { type BackendName, backendNames, type DebugSink, type Device, type Executable } from "./backend.js";

/** How each backend opens; total, so that a new name is a compile error here first. */
const open: Readonly<Record<BackendName, (debug: DebugSink) => Device>> = {
  interpreter: () => new InterpreterDevice(),
  wasm: (debug) => new WasmDevice(debug),
};

/** Opens a device with no variables. */
export function openDevice(name: BackendName, debug: DebugSink): Device {
  return open[name](debug);
}
