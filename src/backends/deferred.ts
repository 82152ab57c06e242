/**
 * @file A device whose code is loaded when it compiles its first program, so that a page does not load
 * what it never uses. Until then it has no state to speak of.
 */
import type { NdArray, NumericDType } from "../core/index.js";
import type { Program } from "../ir/index.js";
import type { BackendName, Device, Executable } from "./backend.js";
import { hostResident, type ResidentArray } from "./feed.js";

export class DeferredDevice implements Device {
  private opening: Promise<Device> | undefined;
  private device: Device | undefined;
  private closed = false;

  constructor(
    readonly backend: BackendName,
    private readonly load: () => Promise<Device>,
  ) {}

  get bytes(): number {
    return this.device?.bytes ?? 0;
  }

  async compile(program: Program): Promise<Executable> {
    this.opening ??= this.load();
    try {
      this.device = await this.opening;
    } catch (error) {
      // The network may be back at the next run.
      this.opening = undefined;
      throw error;
    }
    if (this.closed) this.device.close();
    return this.device.compile(program);
  }

  readVariable(name: string): NdArray<NumericDType> | undefined {
    return this.device?.readVariable(name);
  }

  /** Before there is a device, its memory is the host's; what is loaded has no other. */
  async upload(array: NdArray<NumericDType>): Promise<ResidentArray> {
    return this.device?.upload(array) ?? hostResident(array);
  }

  close(): void {
    this.closed = true;
    this.device?.close();
  }
}
