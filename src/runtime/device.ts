/** @file Chooses the backend of a session: the option, then `STRATA_DEVICE`, then the fastest that works. */
import { platform } from "#platform";
import { type BackendName, everyBackend } from "../backends/index.js";
import { ArgumentError } from "../core/index.js";

/** What `auto` means here: `native` where C can be compiled and loaded, else `wasm`. */
export const fastestBackend = (): BackendName => ("missing" in platform.toolchain() ? "wasm" : "native");

/** @throws ArgumentError for a name that is not a backend */
export function selectDevice(requested?: string): BackendName {
  const name = requested ?? platform.environment("STRATA_DEVICE") ?? "auto";
  if (name === "auto") return fastestBackend();
  const known = everyBackend.find((backend) => backend === name);
  if (known === undefined)
    throw new ArgumentError(`Unknown device '${name}'`, { hint: `use auto, ${everyBackend.join(" or ")}` });
  return known;
}

/** More threads than this share little: the kernels of small networks have no more units. */
const mostThreads = 8;

/** @throws ArgumentError for anything but a whole number above 0 */
export function selectThreads(requested?: number): number {
  const text = platform.environment("STRATA_THREADS");
  const threads =
    requested ?? (text === undefined ? Math.min(platform.availableParallelism(), mostThreads) : Number(text));
  if (Number.isInteger(threads) && threads >= 1) return threads;
  throw new ArgumentError(`A session runs on one thread or more, not ${requested ?? text}`, {
    hint:
      requested === undefined
        ? "set STRATA_THREADS to a whole number, or leave it unset"
        : "pass threads: 1 for one thread, or leave it out",
  });
}
