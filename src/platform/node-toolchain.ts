/**
 * @file C on Node: compiled with the machine's own compiler for this very processor, loaded with the
 * optional package `koffi`. Compiled libraries are kept in a private directory under a hash of the text,
 * the compiler and the processor, written to a temporary name first so that processes may race.
 */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";
import { UnavailableError } from "../core/errors.js";
import { sha256 } from "./sha256.js";
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
interface Koffi {
  load(path: string): {
    func(declaration: typeof runDeclaration): (memory: Uint8Array, team: Team) => number;
    func(declaration: typeof runFedDeclaration): (memory: Uint8Array, team: Team, ...rows: RowArguments) => number;
    func(declaration: "void *team_open(int32_t threads)"): (threads: number) => Team;
  };
}

let found: Toolchain | { readonly missing: string } | undefined;

/** The toolchain, looked for once; nothing is started or loaded before it is used. */
export function findToolchain(
  cacheDirectory: string,
  compilers: readonly string[],
): Toolchain | { readonly missing: string } {
  found ??= look(cacheDirectory, compilers);
  return found;
}

function look(cacheDirectory: string, compilers: readonly string[]): Toolchain | { readonly missing: string } {
  const koffi = findKoffi();
  if (koffi === undefined) return { missing: "the package koffi is not installed" };
  const compiler = compilers.map(findProgram).find((path) => path !== undefined);
  if (compiler === undefined) return { missing: `no C compiler was found (${compilers.join(", ")})` };
  return new CachingToolchain(koffi, compiler, join(cacheDirectory, "native"));
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
  if (isAbsolute(name)) return existsSync(name) ? name : undefined;
  for (const directory of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(directory, name);
    if (directory !== "" && existsSync(path)) return path;
  }
  return undefined;
}

type VectorUnit = Awaited<ReturnType<Toolchain["vectorUnit"]>>;
/** What beside a text decides how it is compiled, and what the compiler says of the processor. */
interface Facts {
  readonly identity: string;
  readonly vectors: VectorUnit;
}

class CachingToolchain implements Toolchain {
  private facts: Facts | undefined;
  /** Teams by their number of threads; they live as long as the process. */
  private readonly teams = new Map<number, Promise<Team>>();

  constructor(
    private readonly koffi: () => Koffi,
    readonly compiler: string,
    private readonly directory: string,
  ) {}

  async load(parts: readonly string[], thorough: boolean): Promise<NativeProgram> {
    const library = this.koffi().load(await this.library(parts, levels[thorough ? "thorough" : "quick"]));
    const runFed = library.func(runFedDeclaration);
    return {
      run: library.func(runDeclaration),
      runFed: (memory, team, first, second) => runFed(memory, team, ...rowArguments(first), ...rowArguments(second)),
    };
  }

  async vectorUnit(): Promise<VectorUnit> {
    this.facts ??= await this.look();
    return this.facts.vectors;
  }

  team(source: string, threads: number): Promise<Team> {
    const known = this.teams.get(threads);
    if (known !== undefined) return known;
    const made = this.library([source], levels.quick).then((library) =>
      this.koffi().load(library).func("void *team_open(int32_t threads)")(threads),
    );
    this.teams.set(threads, made);
    return made;
  }

  /** The compiled form of a text in parts. */
  private async library(parts: readonly string[], level: readonly string[]): Promise<string> {
    this.facts ??= await this.look();
    const name = await hashOf([this.facts.identity, ...level, ...parts].join("\0"));
    preparePrivate(this.directory);
    const library = join(this.directory, `${name}.so`);
    if (!isOwn(library)) await this.compile([...flags, ...level], library, parts);
    return library;
  }

  private async compile(flags: readonly string[], library: string, parts: readonly string[]): Promise<void> {
    const { compiler } = this;
    const temporary = join(this.directory, crypto.randomUUID());
    const files: string[] = [];
    const file = (name: string): string => {
      const path = `${temporary}${name}`;
      files.push(path);
      return path;
    };
    const run = await runner();
    try {
      const texts = parts.map((part, i) => {
        const text = file(`-${i}.c`);
        writeFileSync(text, part, { mode: 0o600 });
        return text;
      });
      const made = file(".so");
      if (texts.length === 1) await run(compiler, [...flags, "-shared", "-o", made, ...texts, "-lm"]);
      else {
        const objects = texts.map((_, i) => file(`-${i}.o`));
        // A worker for each processor takes part after part.
        const waiting = [...texts.entries()];
        const work = async (): Promise<void> => {
          for (let part = waiting.shift(); part !== undefined; part = waiting.shift())
            await run(compiler, [...flags, "-c", "-o", objects[part[0]] as string, part[1]]);
        };
        await allSettled(Array.from({ length: Math.min(texts.length, availableParallelism()) }, work));
        await run(compiler, [...flags, "-shared", "-o", made, ...objects, "-lm"]);
      }
      chmodSync(made, 0o700);
      renameSync(made, library);
    } catch (cause) {
      const words = (cause as { stderr?: string }).stderr?.split("\n").slice(0, 5).join("\n") ?? String(cause);
      throw new UnavailableError(`${compiler} could not compile a program:\n${words}`, {
        cause,
        hint: 'use device: "wasm"',
      });
    } finally {
      for (const path of files) rmSync(path, { force: true });
    }
  }

  /**
   * What beside the text decides the result (the compiler, its options, this processor), and its vectors. The
   * compiler is asked once and the answer kept: a start from the cache then starts no process.
   */
  private async look(): Promise<Facts> {
    const file = realpathSync(this.compiler);
    const { size, mtimeMs } = statSync(file);
    const identity = [file, size, mtimeMs, ...flags, process.arch, cpus()[0]?.model ?? ""].join("\n");
    preparePrivate(this.directory);
    const kept = join(this.directory, `${await hashOf(identity)}.macros`);
    if (!isOwn(kept)) {
      const { stdout } = await (await runner())(file, [...flags, "-dM", "-E", "-x", "c", "/dev/null"]);
      const temporary = join(this.directory, crypto.randomUUID());
      writeFileSync(temporary, stdout, { mode: 0o600 });
      renameSync(temporary, kept);
    }
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

const hashOf = (text: string): Promise<string> => sha256(new TextEncoder().encode(text));

/** Starts processes; loaded for the first one. */
async function runner() {
  const [{ execFile }, { promisify }] = await Promise.all([import("node:child_process"), import("node:util")]);
  return promisify(execFile);
}

const rowArguments = (rows: NativeRows | undefined): Rows =>
  rows === undefined
    ? [null, null, 0, 0, 0]
    : [rows.source, rows.order, rows.begin, rows.source instanceof Float32Array ? 1 : 2, rows.scale];

/** Only this user may read or write what will be loaded as code. */
function preparePrivate(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { uid } = lstatSync(directory);
  if (process.getuid !== undefined && uid !== process.getuid())
    throw new UnavailableError(`${directory} belongs to another user`, {
      hint: "set XDG_CACHE_HOME to a directory of your own",
    });
  chmodSync(directory, 0o700);
}

function isOwn(path: string): boolean {
  if (!existsSync(path)) return false;
  const status = lstatSync(path);
  return status.isFile() && (process.getuid === undefined || status.uid === process.getuid());
}

/** Waits for all, so that nothing is left at work, and fails with the first that failed. */
async function allSettled(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
