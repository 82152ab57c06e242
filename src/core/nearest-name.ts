/** @file The name that somebody may have meant, for the hints of errors. */

/** The name that takes fewest edits to reach, where that is less than half of the word. Case and `_` do not count. */
export function nearestName(wanted: string, names: readonly string[]): string | undefined {
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
