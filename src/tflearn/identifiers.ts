/**
 * @file Identifiers: names that stand for activations, losses, optimizers and so on. Literal types catch
 * a misspelling while compiling; at run time the error names the nearest there is. Imports core only.
 */
import { ArgumentError, callSiteOf, captureCallSite, describe, nearestHint } from "../core/index.js";

/**
 * The entry an identifier names: by its exact key, else by its lower-case form, as the original looks.
 * @param kind what the table holds, for the message: "activation"
 * @throws ArgumentError "Invalid <kind>: <identifier>"
 */
export function lookUp<T>(kind: string, table: Readonly<Record<string, T>>, identifier: string): T {
  if (typeof identifier !== "string")
    throw new ArgumentError(`Invalid ${kind}: ${describe(identifier)}`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: `pass a name: ${Object.keys(table).join(", ")}`,
    });
  for (const key of [identifier, identifier.toLowerCase()]) if (Object.hasOwn(table, key)) return table[key] as T;
  const names = Object.keys(table);
  throw new ArgumentError(`Invalid ${kind}: ${identifier}`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: nearestHint(identifier, names),
  });
}
