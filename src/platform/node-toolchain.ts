/**
 * @file C on Node: compiled with the machine's own compiler for this very processor, loaded with the
 * optional package `koffi`. Compiled libraries are kept in a private directory under a hash of the text,
 * the compiler and the processor.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus } from "node:os";
import { basename, delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { ArgumentError, UnavailableError } from "../core/errors.js";
import { PrivateStore, reasonOf, sumOf } from "./node-store.js";
import type { NativeProgram, NativeRows, Toolchain } from "./types.js";

const flags = [
  "-march=native",
  "-ffp-contract=fast",
  "-fno-math-errno",
  "-fno-trapping-math",
  "-fopenmp-simd",
  "-fPIC",
  "-pthread",
  "-w",
];

/** Loops go into vectors at either level, since they ask for it. */
const levels = { quick: ["-O2", "-funswitch-loops"], thorough: ["-O3"] } as const;

const runDeclaration = "int32_t run(uint8_t *memory, void *team)";
const runFedDeclaration =
  "int32_t run_fed(uint8_t *memory, void *team, " +
  "const void *s0, const int32_t *o0, int32_t b0, int32_t k0, float f0, " +
  "const void *s1, const int32_t *o1, int32_t b1, int32_t k1, float f1)";

type Team = object | null;
/** Source, order, begin, kind (0: none, 1: float32, 2: bytes) and factor of two feeds. */
type Rows = [NativeRows["source"] | null, Int32Array | null, number, number, number];
type RowArguments = [...Rows, ...Rows];
interface Library {
  func(declaration: typeof runDeclaration): (memory: Uint8Array, team: Team) => number;
  func(declaration: typeof runFedDeclaration): (memory: Uint8Array, team: Team, ...rows: RowArguments) => number;
  func(declaration: "void *team_open(int32_t threads)"): (threads: number) => Team;
}
interface Koffi {
  load(path: string): Library;
}

let found: Toolchain | { readonly missing: string } | undefined;

/** The toolchain, looked for once; nothing is started or loaded before it is used. */
export function findToolchain(
  cacheDirectory: string,
  compilers: readonly string[],
): Toolchain | { readonly missing: string } {
  found ??= openToolchain(cacheDirectory, compilers);
  return found;
}

/** The same, looked for now. A compiler is stopped after `patience` milliseconds. */
export function openToolchain(
  cacheDirectory: string,
  compilers: readonly string[],
  patience = 300_000,
): Toolchain | { readonly missing: string } {
  const koffi = findKoffi();
  if (koffi === undefined) return { missing: "the package koffi is not installed" };
  const compiler = compilers.map(findProgram).find((path) => path !== undefined);
  if (compiler === undefined) return { missing: `no C compiler was found (${compilers.join(", ")})` };
  return new CachingToolchain(koffi, compiler, join(cacheDirectory, "native"), patience);
}

/** A way to require koffi, from the working directory or else from this library. */
function findKoffi(): (() => Koffi) | undefined {
  for (const origin of [join(process.cwd(), "package.json"), import.meta.url]) {
    const require = createRequire(origin);
    try {
      require.resolve("koffi");
      return () => require("koffi") as Koffi;
    } catch {
      // Not installed there.
    }
  }
  return undefined;
}

function findProgram(name: string): string | undefined {
  if (isAbsolute(name)) return isProgram(name) ? name : undefined;
  for (const directory of (process.env.PATH ?? "").split(delimiter)) {
    const path = resolve(directory, name);
    if (directory !== "" && isProgram(path)) return path;
  }
  return undefined;
}

/** As a shell looks: what may not be run does not hide what comes later. */
function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

type VectorUnit = Awaited<ReturnType<Toolchain["vectorUnit"]>>;
/** What beside a text decides how it is compiled, and what the compiler says of the processor. */
interface Facts {
  readonly identity: string;
  readonly vectors: VectorUnit;
}

class CachingToolchain implements Toolchain {
  private facts: Promise<Facts> | undefined;
  private readonly store: PrivateStore;
  /** Teams by their number of threads; they live as long as the process. */
  private readonly teams = new Map<number, Promise<Team>>();

  constructor(
    private readonly koffi: () => Koffi,
    readonly compiler: string,
    directory: string,
    private readonly patience: number,
  ) {
    this.store = new PrivateStore(directory);
  }

  get compileAfter(): number | undefined {
    const text = process.env.STRATA_COMPILE_AFTER;
    if (!text) return undefined;
    if (Number(text) >= 0) return Number(text);
    throw new ArgumentError(`Programs are compiled after a number of operations, not ${text}`, {
      hint: "set STRATA_COMPILE_AFTER to 0, which compiles all of them, or to a number such as 3e9, or leave it unset",
    });
  }

  async load(parts: readonly string[], thorough: boolean): Promise<NativeProgram> {
    const library = await this.open(parts, levels[thorough ? "thorough" : "quick"]);
    const runFed = library.func(runFedDeclaration);
    return {
      run: library.func(runDeclaration),
      runFed: (memory, team, first, second) => runFed(memory, team, ...rowArguments(first), ...rowArguments(second)),
    };
  }

  async vectorUnit(): Promise<VectorUnit> {
    return (await this.look()).vectors;
  }

  team(source: string, threads: number): Promise<Team> {
    const known = this.teams.get(threads);
    if (known !== undefined) return known;
    const made = this.open([source], levels.quick).then((library) =>
      library.func("void *team_open(int32_t threads)")(threads),
    );
    this.teams.set(threads, made);
    return made;
  }

  /** The compiled form of a text in parts. */
  private async open(parts: readonly string[], level: readonly string[]): Promise<Library> {
    const koffi = this.loader();
    const key = sumOf([(await this.look()).identity, ...level, ...parts].join("\0"));
    const path =
      this.store.find(key, ".so") ??
      (await this.store.keep(key, ".so", (made) => this.compile([...flags, ...level], made, parts)));
    try {
      return koffi.load(path);
    } catch (cause) {
      throw new UnavailableError(`${path} could not be loaded: ${reasonOf(cause)}`, {
        cause,
        hint: "allow programs to run from there, or set XDG_CACHE_HOME to a directory where they may",
      });
    }
  }

  private loader(): Koffi {
    try {
      return this.koffi();
    } catch (cause) {
      throw new UnavailableError(`The package koffi could not be loaded: ${reasonOf(cause)}`, {
        cause,
        hint: 'run `npm install koffi` on this machine, or use device: "wasm"',
      });
    }
  }

  /** Names are the same each time, so that the same text gives the same bytes. */
  private async compile(flags: readonly string[], made: string, parts: readonly string[]): Promise<void> {
    const workplace = dirname(made);
    const run = (...arguments_: string[]) => this.ask("compile a program", arguments_, workplace);
    const output = basename(made);
    const texts = parts.map((part, i) => {
      writeFileSync(join(workplace, `${i}.c`), part, { mode: 0o600 });
      return `${i}.c`;
    });
    if (texts.length === 1) await run(...flags, "-shared", "-o", output, ...texts, "-lm");
    else {
      const objects = texts.map((_, i) => `${i}.o`);
      // A worker for each processor takes part after part.
      const waiting = [...texts.entries()];
      const work = async (): Promise<void> => {
        for (let part = waiting.shift(); part !== undefined; part = waiting.shift())
          await run(...flags, "-c", "-o", objects[part[0]] as string, part[1]);
      };
      await allSettled(Array.from({ length: Math.min(texts.length, availableParallelism()) }, work));
      await run(...flags, "-shared", "-o", output, ...objects, "-lm");
    }
    if (existsSync(made)) return;
    throw new UnavailableError(`${this.compiler} says that it has compiled a program, but there is none`, {
      hint: compilerHint,
    });
  }

  /** What the compiler prints. */
  private async ask(task: string, arguments_: readonly string[], directory?: string): Promise<string> {
    const { compiler, patience } = this;
    const options = { cwd: directory, timeout: patience, killSignal: "SIGKILL", maxBuffer: 2 ** 26 } as const;
    try {
      const [{ execFile }, { promisify }] = await Promise.all([import("node:child_process"), import("node:util")]);
      return (await promisify(execFile)(compiler, arguments_, options)).stdout;
    } catch (cause) {
      const { stderr, killed } = cause as { readonly stderr?: string; readonly killed?: boolean };
      const words = killed
        ? `it was stopped after ${patience / 1000} seconds`
        : stderr?.trim().split("\n").slice(0, 5).join("\n") || reasonOf(cause);
      throw new UnavailableError(`${compiler} could not ${task}:\n${words}`, { cause, hint: compilerHint });
    }
  }

  private look(): Promise<Facts> {
    this.facts ??= this.find();
    return this.facts;
  }

  /**
   * What beside the text decides the result (the compiler, its options, this processor), and its vectors. The
   * compiler is asked once and the answer kept: a start from the cache then starts no process.
   */
  private async find(): Promise<Facts> {
    const file = realpathSync(this.compiler);
    const { size, mtimeMs } = statSync(file);
    const identity = [file, size, mtimeMs, ...flags, process.arch, cpus()[0]?.model ?? "", features()].join("\n");
    const key = sumOf(identity);
    const answer = async (path: string): Promise<void> => {
      const macros = await this.ask("tell what it knows of this processor", [
        ...flags,
        "-dM",
        "-E",
        "-x",
        "c",
        "/dev/null",
      ]);
      writeFileSync(path, macros, { mode: 0o600 });
    };
    const kept = this.store.find(key, ".macros") ?? (await this.store.keep(key, ".macros", answer));
    const macros = readFileSync(kept, "utf8");
    const has = (macro: string): boolean => macros.includes(`#define ${macro} `);
    const vectors = has("__AVX512F__")
      ? { lanes: 16, registers: 32 }
      : has("__AVX__")
        ? { lanes: 8, registers: 16 }
        : { lanes: 4, registers: has("__aarch64__") ? 32 : 16 };
    return { identity: `${identity}\n${macros}`, vectors };
  }
}

const compilerHint = 'mend the compiler or name another in the variable CC, or use device: "wasm"';

/** What the processor can do: of two of one model, one may be virtual and have less. Linux alone tells. */
function features(): string {
  try {
    const file = openSync("/proc/cpuinfo", "r");
    try {
      // The first processor is enough; a large machine has a long list.
      const bytes = Buffer.alloc(8192);
      const length = readSync(file, bytes);
      return /^(?:flags|Features)\s*:.*$/m.exec(bytes.toString("latin1", 0, length))?.[0] ?? "";
    } finally {
      closeSync(file);
    }
  } catch {
    return "";
  }
}

const rowArguments = (rows: NativeRows | undefined): Rows =>
  rows === undefined
    ? [null, null, 0, 0, 0]
    : [rows.source, rows.order, rows.begin, rows.source instanceof Float32Array ? 1 : 2, rows.scale];

/** Waits for all, so that nothing is left at work, and fails with the first that failed. */
async function allSettled(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
