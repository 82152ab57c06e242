/**
 * @file A program's C in parts that compile side by side. Kernels are compiled without regard to who calls them, so
 * that what becomes of one does not depend on the part that it is in.
 */

/** A function of its own: its head without linkage, and its body. */
export interface CFunction {
  readonly head: string;
  readonly body: string;
}

/** Kernels of so much text, in characters, are worth a process of the compiler. */
const partLength = 12_000;
const mostParts = 8;

/** Seen by the other parts, and by nobody else. */
const acrossParts = '__attribute__((visibility("hidden")))';

const define = (linkage: string, { head, body }: CFunction): string => `${linkage} ${head} {\n${body}\n}`;

/** All of it in one text. */
export const inOneText = (prelude: string, functions: readonly CFunction[], main: string): string =>
  [prelude, ...functions.map((f) => define("static", f)), main].join("\n");

/**
 * Cuts a program into parts of about equal length.
 * @param prelude what every part begins with: types, and functions that each part has for itself
 * @param main what calls the functions; it is in the last part
 */
export function inParts(prelude: string, functions: readonly CFunction[], main: string): readonly string[] {
  const length = functions.reduce((sum, { body }) => sum + body.length, 0);
  // Two, four or eight keep as many processors busy to the end.
  const count = Math.min(2 ** Math.max(Math.round(Math.log2(length / partLength)), 0), mostParts);
  if (count === 1) return [inOneText(prelude, functions, main)];
  const parts = Array.from({ length: count }, (_, i) => ({
    texts: [] as string[],
    length: i === count - 1 ? main.length : 0,
  }));
  // The longest first, each to the part that is shortest so far.
  for (const f of [...functions].sort((a, b) => b.body.length - a.body.length)) {
    const part = parts.reduce((shortest, other) => (other.length < shortest.length ? other : shortest));
    part.texts.push(define(acrossParts, f));
    part.length += f.body.length;
  }
  const declarations = functions.map(({ head }) => `${acrossParts} ${head};`);
  return parts.map(({ texts }, i) =>
    [prelude, ...declarations, ...texts, ...(i === count - 1 ? [main] : [])].join("\n"),
  );
}
