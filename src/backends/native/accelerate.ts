/**
 * @file Programs as native code: scheduled for the machine's vectors, translated to C, compiled and loaded. Loaded
 * itself for the first program that has proved to run again: a browser has no compiler, and never needs it.
 */
import { type ProductTarget, workOf } from "../../compiler/index.js";
import { NdArray, SessionError } from "../../core/index.js";
import type { FedRows, NativeTeam, VectorUnit } from "../backend.js";
import type { Feed } from "../feed.js";
import { Pace } from "../pace.js";
import type { Accelerate } from "../wasm/device.js";
import type { WasmResident } from "../wasm/resident.js";
import { isTranslatable, translateProgram } from "./c-program.js";
import { teamLibrary } from "./c-team.js";
import type { NativeHost } from "./device.js";

/**
 * Tiles hold their sums in most of the registers: twelve sums of sixteen registers, or 24 of 32, beside
 * the vectors of a step and the element that they are multiplied with. Eight at least: so many are under way at once.
 */
const targetOf = ({ lanes, registers }: VectorUnit, { threads, worthSharing }: NativeHost): ProductTarget => ({
  lanes,
  tileRows: registers >= 32 ? 8 : 4,
  tileColumns: 3 * lanes,
  narrowRows: registers >= 32 ? [8, 8] : [8, 6],
  threads,
  packs: "any",
  // Another core's cache is slow to reach: what takes less than some microseconds stays on one thread.
  worthSharing: worthSharing ?? { kernel: 100_000, run: 8_000_000 },
});

/** Operations of a run, as `workOf` counts them, from which on a few percent of it outweigh the compiler's pains. */
const worthPains = 1e8;

/** Why programs stayed with WebAssembly: many sessions meet with the same compiler, and each reason is said once. */
const told = new Set<string>();

/** Native forms of a device's programs. After the first failure there are none. */
export function accelerateWith(host: NativeHost): Accelerate["make"] {
  const { debug, warn, toolchain, threads } = host;
  let failed = false;
  return async (program, place) => {
    if (failed || !isTranslatable(program)) return undefined;
    try {
      const target = targetOf(await toolchain.vectorUnit(), host);
      const { schedule, plan, addresses, fill, feedBlock } = await place(program, target);
      const { parts, source, direct, checks, threaded } = translateProgram(
        program,
        schedule,
        plan,
        addresses,
        feedBlock,
        target,
      );
      await debug("c", source);
      const [native, team] = await Promise.all([
        toolchain.load(parts, workOf(schedule) >= worthPains),
        threaded && threads > 1 ? toolchain.team(teamLibrary, threads) : null,
      ]);
      const pace = team === null ? undefined : new Pace();
      const taken: (FedRows | undefined)[] = [undefined, undefined];
      return {
        plan,
        addresses,
        checks,
        take: (feed, value) => {
          const number = direct.indexOf(feed);
          if (number < 0) return false;
          // Also where there are none: a run that failed before it began may have left some.
          taken[number] = rowsOf(value);
          return taken[number] !== undefined;
        },
        run: (memory) => {
          fill?.();
          const [first, second] = taken;
          const isFed = first !== undefined || second !== undefined;
          const start = (threads: NativeTeam): number =>
            isFed ? native.runFed(memory, threads, first, second) : native.run(memory, threads);
          taken.fill(undefined);
          return pace === undefined ? start(null) : pace.run((together) => start(together ? team : null));
        },
      };
    } catch (error) {
      // The session was closed meanwhile.
      if (error instanceof SessionError) throw error;
      failed = true;
      const reason = error instanceof Error ? error.message : String(error);
      if (!told.has(reason)) warn(`The native backend falls back to WebAssembly: ${reason}`);
      told.add(reason);
      return undefined;
    }
  };
}

/** A feed as rows that a program copies itself, where its elements are of a kind that it can. */
function rowsOf(feed: Feed): FedRows | undefined {
  if (feed instanceof NdArray)
    return feed.data instanceof Float32Array ? { source: feed.data, order: null, begin: 0, scale: 1 } : undefined;
  const { order, begin, scale } = feed;
  const source = feed.source instanceof NdArray ? feed.source.data : (feed.source as WasmResident).elements();
  if (source instanceof Float32Array) return scale === undefined ? { source, order, begin, scale: 1 } : undefined;
  return source instanceof Uint8Array ? { source, order, begin, scale: scale ?? 1 } : undefined;
}
