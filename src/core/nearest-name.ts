/** @file The name that somebody may have meant, for the hints of errors. */

/**
 * The hint of an error about a name that is none of `names`: the nearest there is.
 * @param otherwise what to say where none is near. Default: all of them
 */
export function nearestHint(wanted: unknown, names: readonly string[], otherwise?: string): string {
  const near = typeof wanted === "string" ? nearestName(wanted, names) : undefined;
  return near === undefined ? (otherwise ?? `there are ${names.join(", ")}`) : `did you mean '${near}'?`;
}

/** The name that takes fewest edits to reach, where that is less than half of the word. Case and `_` do not count. */
export function nearestName(wanted: string, names: readonly string[]): string | undefined {
  const plain = (name: string): string => name.toLowerCase().replaceAll("_", "");
  const distances = names.map((name) => ({ name, distance: editDistance(plain(wanted), plain(name)) }));
  distances.sort((a, b) => a.distance - b.distance);
  const [best] = distances;
  return best !== undefined && best.distance * 2 < Math.max(wanted.length, 3) ? best.name : undefined;
}

/** Insertions, deletions, substitutions and swaps of neighbours between two words (Damerau, 1964; no part twice). */
function editDistance(a: string, b: string): number {
  let above: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? (above[j - 2] as number) + 1 : substitution;
      next.push(Math.min(substitution, swap, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    [above, row] = [row, next];
  }
  return row[b.length] as number;
}
