/**
 * @file Identifiers: names that stand for activations, losses, optimizers and so on. Literal types catch
 * a misspelling while compiling; at run time the error names the nearest there is. Imports core only.
 */
import { ArgumentError, callSiteOf, captureCallSite } from "../core/index.js";

/**
 * The entry an identifier names: by its exact key, else by its lower-case form, as the original looks.
 * @param kind what the table holds, for the message: "activation"
 * @throws ArgumentError "Invalid <kind>: <identifier>"
 */
export function lookUp<T>(kind: string, table: Readonly<Record<string, T>>, identifier: string): T {
  for (const key of [identifier, identifier.toLowerCase()]) if (Object.hasOwn(table, key)) return table[key] as T;
  const names = Object.keys(table);
  const near = nearest(identifier, names);
  throw new ArgumentError(`Invalid ${kind}: ${identifier}`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: near === undefined ? `there are ${names.join(", ")}` : `did you mean '${near}'?`,
  });
}

/** The name that takes fewest edits to reach, where that is less than half of the word. */
function nearest(wanted: string, names: readonly string[]): string | undefined {
  const plain = (name: string): string => name.toLowerCase().replaceAll("_", "");
  const distances = names.map((name) => ({ name, distance: editDistance(plain(wanted), plain(name)) }));
  distances.sort((a, b) => a.distance - b.distance);
  const [best] = distances;
  return best !== undefined && best.distance * 2 < Math.max(wanted.length, 3) ? best.name : undefined;
}

/** Insertions, deletions and substitutions between two words (Levenshtein, 1966). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
