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
import { RandomState } from "../../core/random-state.js";
import type { Program, RandomDefinition, ValueId } from "../../ir/index.js";
import {
  type BackendName,
  closedSession,
  type DebugSink,
  type Device,
  type Executable,
  type StartThread,
} from "../backend.js";
import type { Feed, ResidentArray } from "../feed.js";
import { detectFeatures } from "./assembler/index.js";
import { Place, writeFeed } from "./bindings.js";
import type { ByteFeed, ByteRows } from "./byte-rows.js";
import { controlBytes } from "./control.js";
import type { Crew } from "./crew.js";
import { FreeList } from "./free-list.js";
import { mathImports } from "./math.js";
import { loadParts } from "./parts.js";
import { type Addresses, assembleProgram, hostImports, type PlacedCheck, sharedPages } from "./program-code.js";
import type { Residents } from "./resident.js";
import { wasmTarget } from "./target.js";

/** What shows the stages of the compiler, loaded where somebody wants to see them. */
type Printers = typeof import("../../compiler/print.js");

/** Room for what a run is told of two feeds. */
const feedBlockBytes = 128;
const pageBytes = 65536;
/** Address 0 stays unused, so that it can never be a value's. */
const firstAddress = alignment;
const roomFor = (bytes: number): number => Math.ceil((bytes + slack) / alignment) * alignment;

/** Where a program's feeds, outputs and variables are. */
interface Bindings {
  /** One for each feed; `undefined` for one that the program does not read. */
  readonly feeds: readonly (Place | undefined)[];
  readonly outputs: readonly Place[];
  readonly updates: readonly (readonly [variable: string, place: Place])[];
}

interface Block {
  readonly address: number;
  readonly bytes: number;
}

/** A program with a place in a session's memory. */
export interface PlacedProgram {
  readonly schedule: Schedule;
  readonly plan: Plan;
  readonly addresses: Addresses;
  /** Draws the random numbers of the outermost program; undefined where there are none. */
  readonly fill: (() => void) | undefined;
  /** Where a run may be told of the feeds that it copies itself: 128 bytes. */
  readonly feedBlock: number;
}
/** What runs a program: feeds are where `plan` says, and `checks` numbers what `run` returns. */
interface Runnable {
  readonly plan: Plan;
  readonly addresses: Addresses;
  readonly checks: readonly PlacedCheck[];
  /** Returns 0, or one more than the position of the check that failed. */
  readonly run: (memory: Uint8Array) => number;
  /** Whether the next run copies this value of a feed itself, from where it lies; otherwise it is copied to its place. */
  readonly take?: (feed: number, value: Feed) => boolean;
}

/** A faster form of programs that run again and again. */
export interface Accelerate {
  /** Operations, as `workOf` counts them, that a program of so many kernels must have done before it is worth the effort. */
  readonly after: (kernels: number) => number;
  /** Asked once for each program; `undefined`: there is none. `place` gives it memory. */
  readonly make: (
    program: Program,
    place: (program: Program, target: ProductTarget) => Promise<PlacedProgram>,
  ) => Promise<Runnable | undefined>;
}

export interface WasmDeviceOptions {
  /** `false` leaves the extension unused where it exists; results differ in rounding alone. */
  readonly relaxedSimd?: boolean;
  /** Threads that may share a program, the calling one among them. Default 1. */
  readonly threads?: number;
  /** What starts the others; without it there are none. */
  readonly startThread?: StartThread | undefined;
  /**
   * Scalar operations after which a program is given to the other threads; 0: it waits for them before its first run.
   * Default {@link worthThreads}.
   */
  readonly threadsAfter?: number;
  /** Work below which a kernel, or a whole run, stays with one thread. Tests share everything; default: what pays. */
  readonly worthSharing?: ProductTarget["worthSharing"];
  /** Kernels of a program from which on those alike are looked for. Tests look always; default: {@link manyKernels}. */
  readonly alikeFrom?: number;
  readonly accelerate?: Accelerate;
}

/** A program with fewer kernels has written them out sooner than compared. */
const manyKernels = 48;

/** Starting workers takes about as long as this many operations on one thread. */
export const worthThreads = 3e8;

/** A memory that threads may share, where the host has such a thing; a page needs isolation for it. */
function sharedMemory(): WebAssembly.Memory | undefined {
  try {
    return new WebAssembly.Memory({ initial: 16, maximum: sharedPages, shared: true });
  } catch {
    return undefined;
  }
}

/** Whether a feed is rows of bytes that lie with the host. */
const isHostBytes = (feed: Feed): feed is ByteFeed =>
  !(feed instanceof NdArray) && feed.source instanceof NdArray && feed.source.dtype === "uint8";

export class WasmDevice implements Device {
  readonly backend: BackendName = "wasm";
  private memory: WebAssembly.Memory | undefined;
  private next = firstAddress;
  private arena = { address: firstAddress, bytes: 0 };
  private readonly variables = new Map<string, Place>();
  /** A variable that changes size keeps a place for each size: programs are compiled for one of them. */
  private readonly places = new Map<string, number>();
  private readonly generators = new Map<string, number>();
  private readonly relaxedSimd: boolean;
  private readonly free = new FreeList();
  private wholeMemory: Uint8Array | undefined;
  private residents: Residents | undefined;
  /** Takes bytes to programs that read float32, once it is loaded; the first such feed asks for it. */
  private byteRows: ByteRows | undefined;
  private byteRowsAsked: Promise<void> | undefined;
  /** The threads of the session, once a program is worth them. */
  private crew: Crew | undefined;
  private readonly target: ProductTarget;
  /** Where threads meet, where there may be several. */
  private readonly control: number | undefined;

  constructor(
    private readonly debug: DebugSink,
    private readonly options: WasmDeviceOptions = {},
  ) {
    this.relaxedSimd = (options.relaxedSimd ?? true) && detectFeatures().relaxedSimd;
    const { threads = 1, startThread, worthSharing = wasmTarget.worthSharing } = options;
    const shared = threads > 1 && startThread !== undefined ? sharedMemory() : undefined;
    this.memory = shared ?? new WebAssembly.Memory({ initial: 16 });
    this.target = { ...wasmTarget, threads: shared === undefined ? 1 : threads, worthSharing };
    if (shared !== undefined) this.control = this.allocate(controlBytes);
  }

  get bytes(): number {
    return this.memory?.buffer.byteLength ?? 0;
  }

  close(): void {
    this.crew?.close();
    this.crew = undefined;
    this.memory = undefined;
    this.variables.clear();
  }

  readVariable(name: string): NdArray<NumericDType> | undefined {
    return this.variables.get(name)?.read(this.requireMemory().buffer);
  }

  async upload(array: NdArray<NumericDType>): Promise<ResidentArray> {
    const { Residents } = await import("./resident.js");
    this.residents ??= new Residents({
      memory: () => this.requireMemory(),
      reserve: (bytes) => this.allocate(bytes),
      release: (address, bytes) => this.release(address, bytes),
    });
    return this.residents.upload(array);
  }

  async compile(program: Program): Promise<Executable> {
    const scheduled = await this.schedule(program, this.target);
    const plan = planMemory(program, scheduled);
    const stages: readonly (readonly [string, (printers: Printers) => string])[] = [
      ["program", ({ printProgram }) => printProgram(program)],
      ["kernels", ({ printKernels }) => printKernels(program, scheduled.kernels)],
      ["plan", ({ printPlan }) => printPlan(program, plan)],
    ];
    for (const [stage, text] of stages)
      await this.debug(stage, async () => text(await import("../../compiler/print.js")));
    const owned: Block[] = [];
    const addresses = this.locate(program, plan, owned);
    let runnable: Runnable = await this.assemble(program, scheduled, plan, addresses);
    let bindings = this.bind(program, runnable);
    const { accelerate } = this.options;
    const work = accelerate === undefined ? 0 : workOf(scheduled);
    const worthIt = accelerate?.after(scheduled.kernels.length) ?? 0;
    let done = accelerate === undefined ? Number.NaN : 0;
    const replace = async (): Promise<void> => {
      const faster = await accelerate?.make(program, (placed, target) => this.place(placed, target, owned));
      if (faster === undefined) return;
      runnable = faster;
      bindings = this.bind(program, runnable);
    };
    // Counted, not timed: the change comes before the same run every time, so that results repeat.
    const isReady = (): boolean => {
      if (done >= worthIt) return false;
      done += work;
      return true;
    };
    return {
      isReady,
      prepare: () => {
        if (isReady()) return undefined;
        done = Number.NaN;
        return replace();
      },
      run: (feeds) => this.run(bindings, runnable, feeds),
      release: () => {
        for (const { address, bytes } of owned) this.release(address, bytes);
      },
    };
  }

  private async schedule(program: Program, target: ProductTarget): Promise<Schedule> {
    const kernels = fuse(program);
    const { alikeFrom = manyKernels } = this.options;
    const alike = kernels.length < alikeFrom ? undefined : await import("../../compiler/alike.js");
    return schedule(program, kernels, target, alike);
  }

  private async assemble(program: Program, scheduled: Schedule, plan: Plan, addresses: Addresses): Promise<Runnable> {
    const { relaxedSimd, control, target } = this;
    const work = workOf(scheduled);
    const parts = await loadParts(program, scheduled, control !== undefined && work >= target.worthSharing.run);
    const options = { relaxedSimd, control, target };
    const { bytes, checks, threaded } = assembleProgram(program, scheduled, plan, addresses, options, parts);
    const module = await WebAssembly.compile(bytes);
    const imports = { env: { memory: this.requireMemory() }, math: { ...mathImports }, host: hostImports };
    const { run } = (await WebAssembly.instantiate(module, imports)).exports as { run: (...share: number[]) => number };
    return { plan, addresses, checks, run: threaded ? await this.shared(module, run, work) : () => run() };
  }

  /** Runs a program on this thread until it has proved to run again, then on all of them. */
  private async shared(module: WebAssembly.Module, run: (thread: number, threads: number) => number, work: number) {
    const { threadsAfter = worthThreads } = this.options;
    // Workers have nothing of JavaScript's for a module to call.
    let done = WebAssembly.Module.imports(module).every(({ kind }) => kind === "memory") ? 0 : Number.NaN;
    let id: number | undefined;
    const giveIfWorthIt = async (): Promise<void> => {
      if (!(done >= threadsAfter)) return;
      done = Number.NaN;
      id = await this.give(module);
    };
    await giveIfWorthIt();
    return (): number => {
      const together = id === undefined ? undefined : this.crew?.run(id, run);
      if (together !== undefined) return together;
      done += work;
      void giveIfWorthIt();
      return run(0, 1);
    };
  }

  /** Gives a program to the other threads; returns its number, `undefined` where they cannot run it. */
  private async give(module: WebAssembly.Module): Promise<number | undefined> {
    // Where the network is gone, programs stay with this thread.
    const loaded = await import("./crew.js").catch(() => undefined);
    const { memory, control } = this;
    const { threads } = this.target;
    const { startThread } = this.options;
    // The session may be closed by now.
    if (memory === undefined || control === undefined || startThread === undefined) return undefined;
    if (loaded === undefined) return undefined;
    this.crew ??= new loaded.Crew(memory, control, threads, startThread);
    return this.crew.add(module);
  }

  /** Schedules a program for another target, and gives it memory of its own. Random numbers come first. */
  private async place(program: Program, target: ProductTarget, owned: Block[]): Promise<PlacedProgram> {
    const { kernels, ...rest } = await this.schedule(program, target);
    const random = kernels.filter((kernel) => kernel.kind === "random");
    const scheduled = { kernels: [...random, ...kernels.filter((kernel) => kernel.kind !== "random")], ...rest };
    const plan = planMemory(program, scheduled);
    const addresses = this.locate(program, plan, owned);
    const feedBlock = this.allocate(feedBlockBytes);
    owned.push({ address: feedBlock, bytes: feedBlockBytes });
    if (random.length === 0) return { schedule: scheduled, plan, addresses, fill: undefined, feedBlock };
    const only = { ...plan, saves: [], copies: [], checkAfter: -1 };
    const draws = { ...rest, kernels: random };
    const { run } = await this.assemble({ ...program, checks: [] }, draws, only, addresses);
    return { schedule: scheduled, plan, addresses, fill: run as () => number, feedBlock };
  }

  /** Settles what stays the same from run to run. */
  private bind(program: Program, { plan, addresses }: Runnable): Bindings {
    const facts = (id: ValueId) => program.values[id] as { dtype: NumericDType; shape: readonly number[] };
    const placeOf = (id: ValueId): Place => new Place(facts(id).dtype, facts(id).shape, addresses.value(id));
    return {
      feeds: program.feeds.map((id) => (plan.offsets.has(id) ? placeOf(id) : undefined)),
      outputs: program.outputs.map(placeOf),
      updates: program.updates.map(({ variable, value }) => {
        const { dtype, shape } = facts(value);
        const address = addresses.variable(variable, sizeOf(shape) * dtypeFacts[dtype].bytes);
        return [variable, new Place(dtype, shape, address)] as const;
      }),
    };
  }

  private run(
    { feeds, outputs, updates }: Bindings,
    { checks, run, take }: Runnable,
    values: readonly Feed[],
  ): NdArray<NumericDType>[] {
    const memory = this.requireMemory();
    for (let i = 0; i < feeds.length; i++) {
      const place = feeds[i];
      const value = values[i] as Feed;
      if (place !== undefined && take?.(i, value) !== true) this.write(place, value);
    }
    // A run that no check can fail needs no way back.
    const before = checks.length === 0 ? [] : this.saveGenerators();
    const failed = run(this.bytesOf(memory));
    if (failed > 0) {
      for (const { words, saved } of before) words.set(saved);
      const placed = checks[failed - 1];
      if (placed === undefined) throw new InternalError(`Program reported check ${failed} of ${checks.length}`);
      const details = placed.details.map(({ value, address }) => this.copyOut(value.dtype, value.shape, address));
      throw placed.check.error(details);
    }
    for (const [variable, place] of updates)
      if (this.variables.get(variable) !== place) this.variables.set(variable, place);
    const { buffer } = memory;
    return outputs.map((place) => place.read(buffer));
  }

  private write(place: Place, feed: Feed): void {
    const { byteRows } = this;
    if (place.dtype === "float32" && isHostBytes(feed)) {
      if (byteRows !== undefined) {
        byteRows.write(place, feed);
        return;
      }
      this.byteRowsAsked ??= this.loadByteRows();
    }
    writeFeed(this.requireMemory().buffer, place, feed);
  }

  /** Where it cannot be loaded, as in a page whose network is gone, feeds take the slower way to the same bits. */
  private async loadByteRows(): Promise<void> {
    const loaded = await import("./byte-rows.js").catch(() => undefined);
    if (loaded !== undefined && this.memory !== undefined) this.byteRows = new loaded.ByteRows(this.memory);
  }

  /** Reserves memory for everything a program touches. Its constants, its own alone, are added to `owned`. */
  private locate(program: Program, plan: Plan, owned: Block[]): Addresses {
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
      owned.push({ address, bytes: data.byteLength });
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

  /** Reserves memory, with room behind it so that whole vectors can be read. */
  private allocate(bytes: number): number {
    const size = roomFor(bytes);
    const reused = this.free.take(size);
    if (reused !== undefined) return reused;
    const address = this.next;
    this.next = address + size;
    const memory = this.requireMemory();
    const missing = this.next - memory.buffer.byteLength;
    if (missing > 0) {
      try {
        memory.grow(Math.ceil(missing / pageBytes));
      } catch (cause) {
        this.next = address;
        throw new ResourceExhaustedError(`WebAssembly memory cannot grow to ${address + size} bytes`, {
          cause,
          hint: "use smaller batches; 4 GiB is the limit of one session",
        });
      }
    }
    return address;
  }

  private release(address: number, bytes: number): void {
    this.free.give(address, roomFor(bytes));
  }

  /** All of the memory, as native programs take it. */
  private bytesOf({ buffer }: WebAssembly.Memory): Uint8Array {
    if (this.wholeMemory?.buffer !== buffer) this.wholeMemory = new Uint8Array(buffer);
    return this.wholeMemory;
  }

  private requireMemory(): WebAssembly.Memory {
    if (this.memory === undefined) throw closedSession();
    return this.memory;
  }
}
