/**
 * @file The WebAssembly device: one memory for a session's variables, generator states, constants and a
 * shared arena, and one module per program whose `run` is a single call.
 */
import {
  alignment,
  fuse,
  type Plan,
  type ProductTarget,
  planMemory,
  printKernels,
  printPlan,
  printProgram,
  type Schedule,
  schedule,
  slack,
  workOf,
} from "../../compiler/index.js";
import {
  dtypeFacts,
  InternalError,
  NdArray,
  type NumericDType,
  ResourceExhaustedError,
  sizeOf,
  viewStorage,
} from "../../core/index.js";
import { RandomState } from "../../core/random.js";
import type { Program, RandomDefinition, ValueId } from "../../ir/index.js";
import type { BackendName, DebugSink, Device, Executable } from "../backend.js";
import { detectFeatures } from "./assembler/index.js";
import { mathImports } from "./math.js";
import { type Addresses, assembleProgram, hostImports, type PlacedCheck } from "./program-code.js";
import { wasmTarget } from "./target.js";

const pageBytes = 65536;
/** Address 0 stays unused, so that it can never be a value's. */
const firstAddress = alignment;

interface VariablePlace {
  readonly dtype: NumericDType;
  readonly shape: readonly number[];
  readonly address: number;
}

/** A program with a place in a session's memory. */
export interface PlacedProgram {
  readonly schedule: Schedule;
  readonly plan: Plan;
  readonly addresses: Addresses;
  /** Draws the random numbers of the outermost program; undefined where there are none. */
  readonly fill: (() => void) | undefined;
}
/** What runs a program: feeds are where `plan` says, and `checks` numbers what `run` returns. */
interface Runnable {
  readonly plan: Plan;
  readonly addresses: Addresses;
  readonly checks: readonly PlacedCheck[];
  /** Returns 0, or one more than the position of the check that failed. */
  readonly run: (memory: Uint8Array) => number;
}

/** A faster form of programs that run again and again. */
export interface Accelerate {
  /** Operations, as `workOf` counts them, that a program must have done before it is worth the effort. */
  readonly after: number;
  /** Asked once for each program; `undefined`: there is none. `place` gives it memory. */
  readonly make: (
    program: Program,
    place: (program: Program, target: ProductTarget) => Promise<PlacedProgram>,
  ) => Promise<Runnable | undefined>;
}

export interface WasmDeviceOptions {
  /** `false` leaves the extension unused where it exists; results differ in rounding alone. */
  readonly relaxedSimd?: boolean;
  readonly accelerate?: Accelerate;
}

export class WasmDevice implements Device {
  readonly backend: BackendName = "wasm";
  private memory: WebAssembly.Memory | undefined = new WebAssembly.Memory({ initial: 16 });
  private next = firstAddress;
  private arena = { address: firstAddress, bytes: 0 };
  private readonly variables = new Map<string, VariablePlace>();
  /** A variable that changes size keeps a place for each size: programs are compiled for one of them. */
  private readonly places = new Map<string, number>();
  private readonly generators = new Map<string, number>();
  private readonly relaxedSimd: boolean;

  constructor(
    private readonly debug: DebugSink,
    private readonly options: WasmDeviceOptions = {},
  ) {
    this.relaxedSimd = (options.relaxedSimd ?? true) && detectFeatures().relaxedSimd;
  }

  get bytes(): number {
    return this.memory?.buffer.byteLength ?? 0;
  }

  close(): void {
    this.memory = undefined;
    this.variables.clear();
  }

  readVariable(name: string): NdArray<NumericDType> | undefined {
    const place = this.variables.get(name);
    return place && this.copyOut(place.dtype, place.shape, place.address);
  }

  async compile(program: Program): Promise<Executable> {
    const scheduled = schedule(program, fuse(program), wasmTarget);
    const plan = planMemory(program, scheduled);
    const stages: readonly (readonly [string, () => string])[] = [
      ["program", () => printProgram(program)],
      ["kernels", () => printKernels(program, scheduled.kernels)],
      ["plan", () => printPlan(program, plan)],
    ];
    const describe = (): string => stages.map(([, text]) => text()).join("\n\n");
    for (const [stage, text] of stages) this.debug(stage, text);
    const addresses = this.locate(program, plan);
    let runnable: Runnable = await this.assemble(program, scheduled, plan, addresses);
    const { accelerate } = this.options;
    const work = accelerate === undefined ? 0 : workOf(scheduled);
    let done = accelerate === undefined ? Number.NaN : 0;
    const replace = async (): Promise<void> => {
      const faster = await accelerate?.make(program, (placed, target) => this.place(placed, target));
      if (faster !== undefined) runnable = faster;
    };
    return {
      prepare: () => {
        // Counted, not timed: the change comes before the same run every time, so that results repeat.
        const isDue = done >= (accelerate?.after ?? 0);
        done = isDue ? Number.NaN : done + work;
        return isDue ? replace() : undefined;
      },
      run: (feeds) => this.run(program, runnable, feeds),
      describe,
    };
  }

  private async assemble(program: Program, scheduled: Schedule, plan: Plan, addresses: Addresses): Promise<Runnable> {
    const { bytes, checks } = assembleProgram(program, scheduled, plan, addresses, { relaxedSimd: this.relaxedSimd });
    const module = await WebAssembly.compile(bytes);
    const imports = { env: { memory: this.requireMemory() }, math: { ...mathImports }, host: hostImports };
    const instance = await WebAssembly.instantiate(module, imports);
    return { plan, addresses, checks, run: instance.exports.run as () => number };
  }

  /** Schedules a program for another target, and gives it memory of its own. Random numbers come first. */
  private async place(program: Program, target: ProductTarget): Promise<PlacedProgram> {
    const { kernels, scratch } = schedule(program, fuse(program), target);
    const random = kernels.filter((kernel) => kernel.kind === "random");
    const scheduled = { kernels: [...random, ...kernels.filter((kernel) => kernel.kind !== "random")], scratch };
    const plan = planMemory(program, scheduled);
    const addresses = this.locate(program, plan);
    if (random.length === 0) return { schedule: scheduled, plan, addresses, fill: undefined };
    const only = { ...plan, saves: [], copies: [], checkAfter: -1 };
    const draws = { kernels: random, scratch: [] };
    const { run } = await this.assemble({ ...program, checks: [] }, draws, only, addresses);
    return { schedule: scheduled, plan, addresses, fill: run as () => number };
  }

  private run(program: Program, runnable: Runnable, feeds: readonly NdArray<NumericDType>[]): NdArray<NumericDType>[] {
    const { plan, addresses, checks } = runnable;
    const { buffer } = this.requireMemory();
    program.feeds.forEach((id, i) => {
      if (!plan.offsets.has(id)) return;
      const { dtype, data } = feeds[i] as NdArray<NumericDType>;
      viewStorage(dtype, buffer, addresses.value(id), data.length).set(data);
    });
    // A run that no check can fail needs no way back.
    const before = checks.length === 0 ? [] : this.saveGenerators();
    const failed = runnable.run(new Uint8Array(buffer));
    const read = (id: ValueId): NdArray<NumericDType> => {
      const { dtype, shape } = program.values[id] as { dtype: NumericDType; shape: readonly number[] };
      return this.copyOut(dtype, shape, addresses.value(id));
    };
    if (failed > 0) {
      for (const { words, saved } of before) words.set(saved);
      const placed = checks[failed - 1];
      if (placed === undefined) throw new InternalError(`Program reported check ${failed} of ${checks.length}`);
      const details = placed.details.map(({ value, address }) => this.copyOut(value.dtype, value.shape, address));
      throw placed.check.error(details);
    }
    for (const { variable, value } of program.updates) {
      const { dtype, shape } = program.values[value] as { dtype: NumericDType; shape: readonly number[] };
      const known = this.variables.get(variable);
      const address = addresses.variable(variable, sizeOf(shape) * dtypeFacts[dtype].bytes);
      if (known?.address !== address || known.shape !== shape) this.variables.set(variable, { dtype, shape, address });
    }
    return program.outputs.map(read);
  }

  /** Reserves memory for everything a program touches. */
  private locate(program: Program, plan: Plan): Addresses {
    if (plan.arenaBytes > this.arena.bytes) {
      const bytes = Math.max(plan.arenaBytes, 2 * this.arena.bytes);
      this.arena = { address: this.allocate(bytes), bytes };
    }
    const arena = this.arena.address;
    const constants = new Map<NdArray<NumericDType>, number>();
    const constant = (array: NdArray<NumericDType>): number => {
      const known = constants.get(array);
      if (known !== undefined) return known;
      const { data, dtype } = array;
      const address = this.allocate(data.byteLength);
      viewStorage(dtype, this.requireMemory().buffer, address, data.length).set(data);
      constants.set(array, address);
      return address;
    };
    const bytesOf = (id: ValueId): number => {
      const { dtype, shape } = program.values[id] as { dtype: NumericDType; shape: readonly number[] };
      return sizeOf(shape) * dtypeFacts[dtype].bytes;
    };
    const variable = (name: string, bytes: number): number => {
      const key = `${bytes}:${name}`;
      const known = this.places.get(key);
      if (known !== undefined) return known;
      const address = this.allocate(bytes);
      this.places.set(key, address);
      return address;
    };
    const value = (id: ValueId): number => {
      const offset = plan.offsets.get(id);
      if (offset !== undefined) return arena + offset;
      const target = plan.inPlace.get(id);
      if (target !== undefined) return variable(target, bytesOf(id));
      const definition = program.values[id]?.definition;
      if (definition?.kind === "constant") return constant(definition.data);
      if (definition?.kind === "variable") return variable(definition.variable, bytesOf(id));
      throw new InternalError(`Value v${id} has no place in memory`);
    };
    return { value, variable, constant, generator: (definition) => this.generatorState(definition) };
  }

  private generatorState(definition: RandomDefinition): number {
    const known = this.generators.get(definition.generator);
    if (known !== undefined) return known;
    const address = this.allocate(4 * RandomState.WORDS);
    new Uint32Array(this.requireMemory().buffer, address, RandomState.WORDS).set(
      RandomState.fromSeeds(definition.seed).words,
    );
    this.generators.set(definition.generator, address);
    return address;
  }

  private saveGenerators(): { readonly words: Uint32Array; readonly saved: Uint32Array }[] {
    const { buffer } = this.requireMemory();
    return Array.from(this.generators.values(), (address) => {
      const words = new Uint32Array(buffer, address, RandomState.WORDS);
      return { words, saved: words.slice() };
    });
  }

  private copyOut(dtype: NumericDType, shape: readonly number[], address: number): NdArray<NumericDType> {
    const view = viewStorage(dtype, this.requireMemory().buffer, address, sizeOf(shape));
    return new NdArray<NumericDType>(dtype, shape, view.slice());
  }

  /** Reserves memory for good, with room behind it so that whole vectors can be read. */
  private allocate(bytes: number): number {
    const address = this.next;
    this.next = Math.ceil((address + bytes + slack) / alignment) * alignment;
    const memory = this.requireMemory();
    const missing = this.next - memory.buffer.byteLength;
    if (missing > 0) {
      try {
        memory.grow(Math.ceil(missing / pageBytes));
      } catch (cause) {
        throw new ResourceExhaustedError(`WebAssembly memory cannot grow to ${this.next} bytes`, {
          cause,
          hint: "use smaller batches; 4 GiB is the limit of one session",
        });
      }
    }
    return address;
  }

  private requireMemory(): WebAssembly.Memory {
    if (this.memory === undefined) throw new InternalError("The device is closed");
    return this.memory;
  }
}
