/**
 * @file Chooses the backend of a session: the option, then `STRATA_DEVICE`, then `auto`, which for now is
 * WebAssembly: `native` is faster, and is asked for by name until it has threads.
 */
import { platform } from "#platform";
import { type BackendName, backendNames, everyBackend } from "../backends/index.js";
import { ArgumentError } from "../core/index.js";

/** @throws ArgumentError for a name that is not a backend */
export function selectDevice(requested?: string): BackendName {
  const name = requested ?? platform.environment("STRATA_DEVICE") ?? "auto";
  if (name === "auto") return backendNames[0];
  const known = everyBackend.find((backend) => backend === name);
  if (known === undefined)
    throw new ArgumentError(`Unknown device '${name}'`, { hint: `use auto, ${everyBackend.join(" or ")}` });
  return known;
}
