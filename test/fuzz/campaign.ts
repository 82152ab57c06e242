/**
 * @file A campaign of random programs: each on a device and on the reference with error bounds, or on several threads
 * and on one. Every difference is reported as small as it gets, with the command that replays it.
 */

import type { StartThread } from "../../src/backends/backend.js";
import type { DebugSink, Device, NativeToolchain } from "../../src/backends/index.js";
import { InterpreterDevice } from "../../src/backends/interpreter/device.js";
import { NativeDevice } from "../../src/backends/native/device.js";
import { WasmDevice } from "../../src/backends/wasm/device.js";
import { bracketed } from "../../src/core/index.js";
import { platform } from "../../src/platform/node.js";
import { besideBounds, besideTwin, findDifference, newTally, type Sides, shrink, type Tally } from "./compare.js";
import { type RandomProgram, type Run, randomProgram } from "./graphs.js";
import type { Size } from "./random.js";
import { everything, sharingWasmDevice } from "./sharing.js";
import { inTurns } from "./turns.js";

function toolchainHere(): NativeToolchain {
  const toolchain = platform.toolchain();
  if ("missing" in toolchain) throw new Error(`There is no native backend here: ${toolchain.missing}`);
  return toolchain;
}
const warn = (message: string): never => {
  throw new Error(message);
};
const native = (debug: DebugSink, threads: number, toolchain = toolchainHere()): Device =>
  new NativeDevice({ debug, warn, toolchain, compileAfter: 0, threads, worthSharing: everything, alikeFrom: 0 });

const quiet: DebugSink = () => undefined;

interface OpenOptions {
  readonly seed: number;
  readonly startThread: StartThread | undefined;
}

const openers = {
  interpreter: () => besideBounds(new InterpreterDevice()),
  wasm: (debug) => besideBounds(new WasmDevice(debug, { alikeFrom: 0 })),
  "wasm without relaxed SIMD": (debug) => besideBounds(new WasmDevice(debug, { relaxedSimd: false })),
  native: (debug) => besideBounds(native(debug, 1)),
  "wasm with threads": (debug, { startThread }) =>
    besideTwin(sharingWasmDevice(debug, 3, startThread), new WasmDevice(quiet)),
  "native with threads": (debug) => besideTwin(native(debug, 3), native(quiet, 1)),
  "native in turns": (debug, { seed }) => {
    const threads = 2 + (seed % 5);
    return besideTwin(native(debug, threads, inTurns(toolchainHere(), threads, seed)), native(quiet, 1));
  },
} satisfies Record<string, (debug: DebugSink, options: OpenOptions) => Sides>;
export type DeviceName = keyof typeof openers;
export const deviceNames = Object.keys(openers) as readonly DeviceName[];

/** What varies from program to program beside the program itself. */
interface Variant {
  readonly shapes: "known" | "hidden";
  readonly size: Size;
  readonly device: DeviceName;
}
/** Without a device, all take turns but those of C, which take a second for each program. */
function variantOf(seed: number, device?: DeviceName): Variant {
  const shapes = seed % 2 === 0 ? "known" : "hidden";
  // What threads get wrong may take tensors of several units, which the reference would be slow at.
  const isShared = device !== undefined && /threads|turns/.test(device);
  if (device !== undefined) return { shapes, device, size: isShared && seed % 4 < 2 ? "large" : "small" };
  return {
    shapes,
    size: "small",
    device: seed % 8 >= 6 ? "interpreter" : seed % 4 < 2 ? "wasm" : "wasm without relaxed SIMD",
  };
}

/** Runs the program of one seed on a device; a report of the difference, if there is one. */
async function checkSeed(
  seed: number,
  { shapes, size, device }: Variant,
  tally: Tally,
  startThread: StartThread | undefined,
): Promise<string | undefined> {
  let program: RandomProgram;
  try {
    program = randomProgram(seed, size);
  } catch (error) {
    throw new Error(`the program of seed ${seed} cannot be built`, { cause: error });
  }
  const built = program.build(shapes);
  const texts: string[] = [];
  const open = (): Sides => {
    texts.length = 0;
    const debug = async (_stage: string, text: () => string | Promise<string>): Promise<void> => {
      texts.push(await text());
    };
    return openers[device](debug, { seed, startThread });
  };
  if ((await findDifference(built, program.runs, open, tally)) === undefined) return undefined;
  const runs = await shrink(program, built, program.runs, open);
  const difference = await findDifference(built, runs, open);
  return [
    `seed ${seed}, shapes ${shapes}, ${device}: run ${difference?.run}`,
    difference?.what ?? "",
    ...runs.map((run, i) => `run ${i}: ${describeRun(program, run)}`),
    ...texts.slice(-3),
    `replay: node scripts/fuzz.mjs --graphs 1 --seed ${seed} --device "${device}"`,
  ].join("\n");
}

function describeRun({ entries, labelOf }: RandomProgram, { fetches, targets, feeds }: Run): string {
  const name = (id: number): string => {
    const entry = entries[id];
    return `#${id} ${labelOf(id)} ${entry?.dtype}${bracketed(entry?.shape ?? null)}`;
  };
  const list = (ids: Iterable<number>): string => [...ids].map(name).join("; ") || "nothing";
  return `fetches ${list(fetches)} | runs ${list(targets)} | feeds ${list(feeds.keys())}`;
}

/**
 * Checks `graphs` seeds from `seed` on, on `device` or on one after the other.
 * @param startThread what starts the workers of devices that have some; default: the platform's
 * @returns the number of differences; each is reported
 */
export async function campaign(
  graphs: number,
  seed: number,
  report: (text: string) => void,
  tally: Tally = newTally(),
  device?: DeviceName,
  startThread?: StartThread,
): Promise<number> {
  let differences = 0;
  // Workers do not keep a process alive, not even while a program waits for them.
  const alive = setInterval(() => undefined, 1000);
  try {
    for (let i = 0; i < graphs; i++) {
      const found = await checkSeed(seed + i, variantOf(seed + i, device), tally, startThread);
      if (found === undefined) continue;
      differences++;
      report(`${found}\n`);
    }
  } finally {
    clearInterval(alive);
  }
  return differences;
}
