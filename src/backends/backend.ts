/**
 * @file What every backend offers the runtime: a device that keeps variables and random generators,
 * and turns programs into executables. A run of an executable is one synchronous call.
 */
import { type NdArray, type NumericDType, SessionError } from "../core/index.js";
import type { Program } from "../ir/index.js";
import type { Feed, ResidentArray } from "./feed.js";

/** The backends that work everywhere. */
export const backendNames = ["wasm", "interpreter"] as const;
/** Every backend; `native` needs a C compiler and the optional package `koffi`. */
export const everyBackend = [...backendNames, "native"] as const;
export type BackendName = (typeof everyBackend)[number];

/** What a session says once it is closed, and its device to those who were still at work. */
export const closedSession = (): SessionError =>
  new SessionError("Attempted to use a closed Session.", { hint: "open a new Session; its variables start anew" });

export interface Executable {
  /** Called before each run; returns a promise where there is something to wait for first. */
  prepare?(): Promise<void> | undefined;
  /** Instead of {@link prepare}, where nobody can wait: `false` where it would have returned a promise. */
  isReady?(): boolean;
  /**
   * Runs the program once: feeds in the program's order in, outputs out. Output data belongs to the
   * caller. A failed check throws and leaves variables and random generators as they were.
   */
  run(feeds: readonly Feed[]): NdArray<NumericDType>[];
  /** Gives back the memory that is this program's alone. It must not run again. */
  release?(): void;
}

/** A worker as the platform starts it. */
export interface WorkerThread {
  post(message: unknown): void;
  /** Called with each message from the worker, and with `undefined` where it has failed. */
  listen(handler: (message: unknown) => void): void;
  terminate(): void;
}
/** Starts a worker from source that uses `post(message)` and `listen(handler)`; `undefined` where there are none. */
export type StartThread = (source: string) => WorkerThread | undefined;

/** The state of one session on one backend. */
export interface Device {
  readonly backend: BackendName;
  compile(program: Program): Promise<Executable>;
  /** The value of a variable, or `undefined` before it has one. */
  readVariable(name: string): NdArray<NumericDType> | undefined;
  /** Puts an array into the device's memory, to feed rows of it. */
  upload(array: NdArray<NumericDType>): Promise<ResidentArray>;
  /** Bytes this device holds now, for diagnostics. */
  readonly bytes: number;
  close(): void;
}

/** Debug output, one call per stage: `program`, `kernels`, `plan`. The text is made only where it is wanted. */
export type DebugSink = (stage: string, text: () => string | Promise<string>) => void | Promise<void>;

/** The vectors of a processor, as far as kernels care. */
export interface VectorUnit {
  /** float32 in a vector. */
  readonly lanes: number;
  /** Vector registers. */
  readonly registers: number;
}

/** A set of threads that native programs run on together, as the toolchain made it; `null`: one thread. */
export type NativeTeam = object | null;

/** Rows that a program copies itself, and turns into float32 where they are bytes. */
export interface FedRows {
  readonly source: Float32Array | Uint8Array;
  /** Row numbers; `null`: the rows follow one another. */
  readonly order: Int32Array | null;
  /** The first entry of `order`, or the first row. */
  readonly begin: number;
  /** What bytes are multiplied with. */
  readonly scale: number;
}

/** Compiled C: both forms return 0, or one more than the position of the first check that failed. */
export interface NativeProgram {
  run(memory: Uint8Array, team: NativeTeam): number;
  /** The same after copying the rows of up to two feeds; `undefined` leaves one to what is in memory. */
  runFed(memory: Uint8Array, team: NativeTeam, first: FedRows | undefined, second: FedRows | undefined): number;
}

/** Turns C into something to call. What a platform offers where it has a compiler. */
export interface NativeToolchain {
  /** Operations after which programs are worth compiling, where the user has said so; 0: all of them are. */
  readonly compileAfter?: number | undefined;
  /** What the compiler generates code for. */
  vectorUnit(): Promise<VectorUnit>;
  /**
   * Compiles C that defines `run` and `run_fed`, in parts; a cached result of the same text serves again.
   * `thorough` makes it a few percent faster in about a third more time.
   * @throws where the compiler fails
   */
  load(parts: readonly string[], thorough: boolean): Promise<NativeProgram>;
  /** A team from C that defines `void *team_open(int32_t threads)`; the same one for the same number of threads. */
  team(source: string, threads: number): Promise<NativeTeam>;
}
