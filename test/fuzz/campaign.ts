/**
 * @file A campaign of random programs: each on a device and on the reference with error bounds. Every
 * difference is reported as small as it gets, with the command that replays it.
 */
import type { DebugSink, Device } from "../../src/backends/backend.js";
import { InterpreterDevice } from "../../src/backends/interpreter/device.js";
import { NativeDevice } from "../../src/backends/native/device.js";
import { WasmDevice } from "../../src/backends/wasm/device.js";
import { bracketed } from "../../src/core/index.js";
import { platform } from "../../src/platform/node.js";
import { findDifference, newTally, shrink, type Tally } from "./compare.js";
import { type RandomProgram, type Run, randomProgram } from "./graphs.js";

const openers = {
  interpreter: () => new InterpreterDevice(),
  wasm: (debug) => new WasmDevice(debug),
  "wasm without relaxed SIMD": (debug) => new WasmDevice(debug, { relaxedSimd: false }),
  native: (debug) => {
    const toolchain = platform.toolchain();
    if ("missing" in toolchain) throw new Error(`There is no native backend here: ${toolchain.missing}`);
    const warn = (message: string): never => {
      throw new Error(message);
    };
    return new NativeDevice({ debug, warn, toolchain, compileAfter: 0, threads: 2 });
  },
} satisfies Record<string, (debug: DebugSink) => Device>;
export type DeviceName = keyof typeof openers;
export const deviceNames = Object.keys(openers) as readonly DeviceName[];

/** What varies from program to program beside the program itself. */
interface Variant {
  readonly shapes: "known" | "hidden";
  readonly device: DeviceName;
}
const variantOf = (seed: number): Variant => ({
  shapes: seed % 2 === 0 ? "known" : "hidden",
  device: seed % 8 >= 6 ? "interpreter" : seed % 4 < 2 ? "wasm" : "wasm without relaxed SIMD",
});

/** Runs the program of one seed on a device; a report of the difference, if there is one. */
async function checkSeed(seed: number, { shapes, device }: Variant, tally: Tally): Promise<string | undefined> {
  let program: RandomProgram;
  try {
    program = randomProgram(seed);
  } catch (error) {
    throw new Error(`the program of seed ${seed} cannot be built`, { cause: error });
  }
  const built = program.build(shapes);
  const texts: string[] = [];
  const open = (): Device => {
    texts.length = 0;
    return openers[device](async (_stage, text) => {
      texts.push(await text());
    });
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
 * Checks `graphs` seeds from `seed` on, on `device` or on all in turn but the native one, which takes a
 * second for each program. @returns the number of differences; each is reported
 */
export async function campaign(
  graphs: number,
  seed: number,
  report: (text: string) => void,
  tally: Tally = newTally(),
  device?: DeviceName,
): Promise<number> {
  let differences = 0;
  for (let i = 0; i < graphs; i++) {
    const variant = variantOf(seed + i);
    const found = await checkSeed(seed + i, { ...variant, device: device ?? variant.device }, tally);
    if (found === undefined) continue;
    differences++;
    report(`${found}\n`);
  }
  return differences;
}
