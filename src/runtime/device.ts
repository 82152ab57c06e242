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
