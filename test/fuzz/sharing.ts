/** @file WebAssembly devices for tests that share all they can with their workers, and proof that they did. */

import type { StartThread, WorkerThread } from "../../src/backends/backend.js";
import type { DebugSink } from "../../src/backends/index.js";
import { meeting } from "../../src/backends/wasm/control.js";
import { WasmDevice } from "../../src/backends/wasm/device.js";
import { platform } from "../../src/platform/node.js";

/** Everything that has more than one unit is shared. */
export const everything = { kernel: 0, run: 0 };

/** A device whose programs wait for its workers before their first run. */
export const sharingWasmDevice = (debug: DebugSink, threads: number, startThread?: StartThread): WasmDevice =>
  new WasmDevice(debug, {
    threads,
    startThread: startThread ?? platform.startThread,
    threadsAfter: 0,
    worthSharing: everything,
    alikeFrom: 0,
  });

/** Counts how often all threads have met of the devices whose workers it starts: each time ends a stretch of work. */
export class MeetingCount {
  /** The words of each device where its threads count their meetings; a device tells all its workers the same. */
  private readonly controls = new Map<WebAssembly.Memory, Int32Array>();

  readonly startThread: StartThread = (source) => {
    const worker = platform.startThread?.(source);
    return worker && { ...worker, post: (message) => this.post(worker, message) };
  };

  get total(): number {
    return [...this.controls.values()].reduce((sum, control) => sum + (control[0] as number), 0);
  }

  private post(worker: WorkerThread, message: unknown): void {
    const { memory, control } = message as { readonly memory?: WebAssembly.Memory; readonly control: number };
    if (memory !== undefined) this.controls.set(memory, new Int32Array(memory.buffer, control + meeting.phase, 1));
    worker.post(message);
  }
}
