/**
 * @file C on Node: compiled with the machine's own compiler for this very processor, loaded with the
 * optional package `koffi`. Compiled libraries are kept in a private directory under a hash of the text,
 * the compiler and the processor, written to a temporary name first so that processes may race.
 */
import { execFile, spawnSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { chmodSync, existsSync, lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { UnavailableError } from "../core/errors.js";
import type { Toolchain } from "./types.js";

const flags = [
  "-O3",
  "-march=native",
  "-ffp-contract=fast",
  "-fno-math-errno",
  "-fno-trapping-math",
  "-fopenmp-simd",
  "-fwrapv",
  "-shared",
  "-fPIC",
  "-w",
];

interface Koffi {
  load(path: string): { func(declaration: string): (memory: Uint8Array) => number };
}

let found: Toolchain | { readonly missing: string } | undefined;

/** The toolchain, looked for once. */
export function findToolchain(
  cacheDirectory: string | undefined,
  compilers: readonly string[],
): Toolchain | { readonly missing: string } {
  found ??= look(cacheDirectory, compilers);
  return found;
}

function look(
  cacheDirectory: string | undefined,
  compilers: readonly string[],
): Toolchain | { readonly missing: string } {
  if (cacheDirectory === undefined) return { missing: "there is no directory to keep compiled programs in" };
  const koffi = loadKoffi();
  if (koffi === undefined) return { missing: "the package koffi is not installed" };
  for (const compiler of compilers) {
    const { status, stdout } = spawnSync(compiler, ["--version"], { encoding: "utf8" });
    if (status === 0) return makeToolchain(koffi, compiler, stdout, join(cacheDirectory, "native"));
  }
  return { missing: `no C compiler was found (${compilers.join(", ")})` };
}

function loadKoffi(): Koffi | undefined {
  for (const origin of [join(process.cwd(), "package.json"), import.meta.url]) {
    try {
      return createRequire(origin)("koffi") as Koffi;
    } catch {
      // Not installed there.
    }
  }
  return undefined;
}

function makeToolchain(koffi: Koffi, compiler: string, version: string, directory: string): Toolchain {
  const identity = [version, flags.join(" "), process.arch, cpus()[0]?.model ?? ""].join("\n");
  return {
    load: async (source) => {
      const name = createHash("sha256").update(identity).update("\0").update(source).digest("hex");
      preparePrivate(directory);
      const library = join(directory, `${name}.so`);
      if (!isOwn(library)) await compile(compiler, directory, library, source);
      return koffi.load(library).func("int32_t run(uint8_t *memory)");
    },
  };
}

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

async function compile(compiler: string, directory: string, library: string, source: string): Promise<void> {
  const temporary = join(directory, randomUUID());
  const text = `${temporary}.c`;
  const made = `${temporary}.so`;
  try {
    writeFileSync(text, source, { mode: 0o600 });
    await promisify(execFile)(compiler, [...flags, "-o", made, text, "-lm"]);
    chmodSync(made, 0o700);
    renameSync(made, library);
  } catch (cause) {
    const words = (cause as { stderr?: string }).stderr?.split("\n").slice(0, 5).join("\n") ?? String(cause);
    throw new UnavailableError(`${compiler} could not compile a program:\n${words}`, {
      cause,
      hint: 'use device: "wasm"',
    });
  } finally {
    rmSync(text, { force: true });
    rmSync(made, { force: true });
  }
}
