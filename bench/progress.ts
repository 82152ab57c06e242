/** @file The line on a terminal that says what is being measured; nothing where nobody watches. */
const { stderr } = process;

/** Replaces the line; without words, removes it. */
export function progress(words = ""): void {
  if (stderr.isTTY) stderr.write(`\r\x1b[K${words}`);
}
