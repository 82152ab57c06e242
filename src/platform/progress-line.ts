/**
 * @file One line of progress that redraws itself, for downloads and training alike. Goes to a stream
 * of the platform, shows whole lines only where no terminal is, and keeps to the terminal's width.
 */
import type { OutputStream } from "./types.js";

/** Redrawing more often costs time and shows nothing more. */
const REDRAW_MILLISECONDS = 50;

/** A bar of `width` characters, filled up to `fraction` (0 to 1): `━━━━────`. */
export function progressBar(fraction: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return "━".repeat(filled) + "─".repeat(width - filled);
}

export interface ProgressLineOptions {
  readonly stream: OutputStream;
  /** Milliseconds; the platform's clock. */
  readonly now: () => number;
}

/**
 * A line that is rewritten in place: at most every 50 ms, cut to the terminal's width (80 where it is
 * not known). Without a terminal `update` is silent and only {@link finish} writes, so that a log
 * holds complete lines and no carriage returns.
 */
export class ProgressLine {
  #stream: OutputStream;
  #now: () => number;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #visible = false;

  constructor(options: ProgressLineOptions) {
    this.#stream = options.stream;
    this.#now = options.now;
  }

  /** Shows `text` in place of the line before, unless that was shown less than 50 ms ago. */
  update(text: string): void {
    if (!this.#stream.isTerminal) return;
    const now = this.#now();
    if (now - this.#drawnAt < REDRAW_MILLISECONDS) return;
    this.#drawnAt = now;
    this.#visible = true;
    // One column stays free: terminals wrap as soon as the last one is written.
    const width = (this.#stream.columns ?? 80) - 1;
    this.#stream.write(`\r${Array.from(text).slice(0, width).join("")}\x1b[K`);
  }

  /** Ends the line: leaves `text` for good, or wipes what was shown where there is none. */
  finish(text?: string): void {
    if (this.#visible) this.#stream.write("\r\x1b[K");
    if (text !== undefined) this.#stream.write(`${text}\n`);
    this.#visible = false;
    this.#drawnAt = Number.NEGATIVE_INFINITY;
  }
}
