/**
 * @file What a command writes to and asks for the time; tests bring their own. And how text is
 * emphasised on a terminal that has colours. Imports platform's types alone.
 */
import type { OutputStream, Platform } from "../platform/types.js";

/** Results go to `stdout`, progress and errors to `stderr`. */
export type Host = Pick<Platform, "stdout" | "stderr" | "now" | "environment">;

/** How a command ends: done, failed, misused, or stopped because the loss was no number any more. */
export const exitCodes = { done: 0, failed: 1, usage: 2, diverged: 3 } as const;

const RESET = "\x1b[0m";
const codes = { bold: "\x1b[1m", dim: "\x1b[2m" } as const;

/** Text in a style where the stream has colours, and as it is elsewhere. */
export function styled(stream: OutputStream, style: keyof typeof codes, text: string): string {
  return stream.colorDepth > 1 ? `${codes[style]}${text}${RESET}` : text;
}

/** Writes one line. */
export function writeLine(stream: OutputStream, line = ""): void {
  stream.write(`${line}\n`);
}
