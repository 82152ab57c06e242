/**
 * @file A campaign of random programs: each on a device and on the reference with error bounds. Every
 * difference is reported as small as it gets, with the command that replays it.
 */
import type { Device } from "../../src/backends/backend.js";
import { InterpreterDevice } from "../../src/backends/interpreter/device.js";
import { WasmDevice } from "../../src/backends/wasm/device.js";
import { bracketed } from "../../src/core/index.js";
import { findDifference, newTally, shrink, type Tally } from "./compare.js";
import { type RandomProgram, type Run, randomProgram } from "./graphs.js";

/** What varies from program to program beside the program itself. */
interface Variant {
  readonly shapes: "known" | "hidden";
  readonly device: "wasm" | "wasm without relaxed SIMD" | "interpreter";
}
const variantOf = (seed: number): Variant => ({
  shapes: seed % 2 === 0 ? "known" : "hidden",
  device: seed % 8 >= 6 ? "interpreter" : seed % 4 < 2 ? "wasm" : "wasm without relaxed SIMD",
});

/** Runs the program of one seed on a device; a report of the difference, if there is one. */
export async function checkSeed(seed: number, tally: Tally = newTally()): Promise<string | undefined> {
  const { shapes, device } = variantOf(seed);
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
    if (device === "interpreter") return new InterpreterDevice();
    return new WasmDevice((_stage, text) => texts.push(text()), { relaxedSimd: device === "wasm" });
  };
  if ((await findDifference(built, program.runs, open, tally)) === undefined) return undefined;
  const runs = await shrink(program, built, program.runs, open);
  const difference = await findDifference(built, runs, open);
  return [
    `seed ${seed}, shapes ${shapes}, ${device}: run ${difference?.run}`,
    difference?.what ?? "",
    ...runs.map((run, i) => `run ${i}: ${describeRun(program, run)}`),
    ...texts.slice(-3),
    `replay: node scripts/fuzz.mjs --graphs 1 --seed ${seed}`,
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

/** Checks `graphs` seeds from `seed` on. @returns the number of differences; each is reported */
export async function campaign(
  graphs: number,
  seed: number,
  report: (text: string) => void,
  tally: Tally = newTally(),
): Promise<number> {
  let differences = 0;
  for (let i = 0; i < graphs; i++) {
    const found = await checkSeed(seed + i, tally);
    if (found === undefined) continue;
    differences++;
    report(`${found}\n`);
  }
  return differences;
}
