/** @file Chooses the backend of a session: the option, then `STRATA_DEVICE`, then the fastest that works. */
import { platform } from "#platform";
import { type BackendName, backendNames } from "../backends/index.js";
import { ArgumentError } from "../core/index.js";

/** @throws ArgumentError for a name that is not a backend */
export function selectDevice(requested?: string): BackendName {
  const name = requested ?? platform.environment("STRATA_DEVICE") ?? "auto";
  if (name === "auto") return backendNames[0];
  const known = backendNames.find((backend) => backend === name);
  if (known === undefined)
    throw new ArgumentError(`Unknown device '${name}'`, { hint: `use auto, ${backendNames.join(" or ")}` });
  return known;
}
