/** @file Options as plain JavaScript passes them: an object, with names that the call knows. */
import { ArgumentError, callSiteOf, captureCallSite } from "./errors.js";
import { describe } from "./ndarray.js";
import { nearestHint } from "./nearest-name.js";

/** The names of all options of a type. */
export type OptionNames<Options> = { readonly [Name in keyof Options]-?: true };

/**
 * The compiler checks options; this does so for callers without one.
 * @param call what takes the options, as the user writes it
 * @param known the names there are; leave it out where users may add their own
 * @throws ArgumentError for anything but an object, and for a name that is not known
 */
export function requireOptions(call: string, options: unknown, known?: Readonly<Record<string, true>>): void {
  if (!isRecord(options))
    throw new ArgumentError(`${call}: the options must be an object, got ${describe(options)}`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: "what Python passes by keyword is one object here, such as { name: 'first' }",
    });
  if (known === undefined) return;
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    throw new ArgumentError(`${call} has no option '${name}'`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: nearestHint(name, Object.keys(known)),
    });
  }
}

/** An object as `{ … }` writes it, also one of another realm; no array, tensor or function. */
function isRecord(value: unknown): value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
