/**
 * @file What the library asks of the machine it runs on. `node.ts` and `browser.ts` each fulfil it,
 * and `import { platform } from "#platform"` takes the right one. Imports nothing.
 */

/** Bytes as one array, or as pieces that arrive one after another. */
export type ByteSource = Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Files and directories. Paths are the host's own. Every failure is a StrataError that names the
 * path: NotFoundError, PermissionDeniedError, ResourceExhaustedError (disk full, too many open
 * files), AlreadyExistsError, FailedPreconditionError (a file where a directory is expected, or the
 * reverse), DataLossError (the device fails), UnavailableError (anything else).
 */
export interface FileSystem {
  /** `directory/name`, the directory spelled as given. */
  join(directory: string, name: string): string;
  /** The whole file. */
  read(path: string): Promise<Uint8Array>;
  /** Whether something of that name is there. */
  exists(path: string): Promise<boolean>;
  /** False where there is nothing. */
  isDirectory(path: string): Promise<boolean>;
  /** Names in a directory, sorted. */
  list(directory: string): Promise<string[]>;
  /** Makes the directory and those above it; content if it is there already. */
  makeDirectory(path: string): Promise<void>;
  /** Removes a file, or a directory with all it holds; content if there is nothing. */
  remove(path: string): Promise<void>;
  /** Replaces what stands at `to`. */
  rename(from: string, to: string): Promise<void>;
  /** Adds to the end of a file, which it makes if need be. */
  append(path: string, bytes: Uint8Array): Promise<void>;
  /**
   * Writes a file so that nobody ever sees half of it: to a temporary file beside it, flushed to the
   * disk, then renamed. On any failure, of the disk or of `content`, the temporary file goes and what
   * stood at `path` stays.
   */
  writeAtomic(path: string, content: ByteSource): Promise<void>;
}

/** Where lines and progress go. */
export interface OutputStream {
  /** Whether a person watches: only then are carriage returns and escapes welcome. */
  readonly isTerminal: boolean;
  /** Width in characters; undefined where it is not a terminal. */
  readonly columns: number | undefined;
  /** Bits of colour: 1 (none), 4, 8 or 24. Honours `NO_COLOR` and `FORCE_COLOR`. */
  readonly colorDepth: number;
  write(text: string): void;
}

/** Rows that a native program copies itself: of an array that lies anywhere in the process. */
export interface NativeRows {
  readonly source: Float32Array | Uint8Array;
  /** Row numbers; `null`: the rows follow one another. */
  readonly order: Int32Array | null;
  /** The first entry of `order`, or the first row. */
  readonly begin: number;
  /** What bytes are multiplied with. */
  readonly scale: number;
}

/** A translated program; both forms return 0, or one more than the position of the first check that failed. */
export interface NativeProgram {
  run(memory: Uint8Array, team: object | null): number;
  /** The same after copying the rows of up to two feeds; `undefined` leaves one to what is in memory. */
  runFed(
    memory: Uint8Array,
    team: object | null,
    first: NativeRows | undefined,
    second: NativeRows | undefined,
  ): number;
}

/** A C compiler and what loads its results. */
export interface Toolchain {
  /**
   * Operations after which programs are compiled, as `STRATA_COMPILE_AFTER` says; 0: all of them are.
   * @throws ArgumentError for anything but a number of at least 0
   */
  readonly compileAfter: number | undefined;
  /** Path of the compiler. */
  readonly compiler: string;
  /** float32 in a vector of this processor, and its vector registers. */
  vectorUnit(): Promise<{ readonly lanes: number; readonly registers: number }>;
  /**
   * Compiles C that defines `run` and `run_fed`, its parts side by side. Results are kept in a private directory
   * by a hash of the text, so that the next process finds them. `thorough` makes the code a few percent faster in about a
   * third more time.
   * @throws UnavailableError where compiling fails
   */
  load(parts: readonly string[], thorough: boolean): Promise<NativeProgram>;
  /** Calls `void *team_open(int32_t threads)` of some C, once for each number of threads. */
  team(source: string, threads: number): Promise<object | null>;
}

/** A thread that runs a script of its own, as workers of Node and browsers do. */
export interface HostThread {
  post(message: unknown): void;
  /** Replaces what is called with each message from the thread, or with `undefined` where it has failed. */
  listen(handler: (message: unknown) => void): void;
  terminate(): void;
}

/** The host: Node or a browser. */
export interface Platform {
  readonly name: "node" | "browser";
  /** An environment variable; undefined where unset or empty, and in browsers. */
  environment(name: string): string | undefined;
  /** The machine's name; `"browser"` in browsers. */
  hostname(): string;
  /** The process's number; 0 in browsers. */
  processId(): number;
  /** Threads worth starting, at least 1. */
  availableParallelism(): number;
  /** Decompresses gzip. @throws DataLossError where the bytes are truncated or corrupt */
  gunzip(bytes: Uint8Array): Promise<Uint8Array>;
  /** The SHA-256 sum as 64 lower-case hexadecimal digits. */
  sha256(bytes: Uint8Array): Promise<string>;
  /** Lets the event loop turn once: timers, input and drawing get their chance. */
  turn(): Promise<void>;
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** Undefined in browsers. */
  readonly files: FileSystem | undefined;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Where downloads and compiled kernels are kept: the system's cache directory plus `tensorstrata`. */
  cacheDirectory(): string | undefined;
  /** What compiles and loads C here, or why nothing does. */
  toolchain(): Toolchain | { readonly missing: string };
  /**
   * Starts a thread from source, in which `post(message)` and `listen(handler)` are defined; undefined, or
   * returns it, where there are none that could share memory. It does not keep the process alive.
   */
  readonly startThread: ((source: string) => HostThread | undefined) | undefined;
  /** Turns on relaxed SIMD where the engine has it behind a switch (Node 20); call before compiling. */
  enableRelaxedSimd(): void;
  /**
   * The directory of an installed npm package, seen from the working directory or else from this
   * library; undefined where it is not installed, and in browsers.
   */
  resolvePackage(name: string): string | undefined;
}
