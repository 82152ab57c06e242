/**
 * @file Ctrl-C while training: the first asks for a stop after the batch, the second stops at once. And
 * the terminal's cursor, hidden meanwhile and back in every case.
 */
import type { OutputStream } from "../platform/types.js";

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";

/** Shells expect 128 plus the signal's number. */
const signalCodes = { SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof signalCodes;

/** Listens for signals, and hides the cursor of a terminal, until it is disposed. */
export class Interruption implements Disposable {
  private signal: StopSignal | undefined;
  private readonly hidden: boolean;

  constructor(private readonly terminal: OutputStream) {
    this.hidden = terminal.isTerminal;
    if (this.hidden) terminal.write(HIDE_CURSOR);
    for (const signal of Object.keys(signalCodes)) process.on(signal, this.onSignal);
    process.on("exit", this.showCursor);
  }

  /** Whether somebody asked to stop. */
  get requested(): boolean {
    return this.signal !== undefined;
  }
  /** The exit code that says so. */
  get exitCode(): number {
    return signalCodes[this.signal ?? "SIGINT"];
  }

  [Symbol.dispose](): void {
    for (const signal of Object.keys(signalCodes)) process.off(signal, this.onSignal);
    process.off("exit", this.showCursor);
    this.showCursor();
  }

  private readonly onSignal = (signal: StopSignal): void => {
    if (this.signal !== undefined) process.exit(signalCodes[signal]);
    this.signal = signal;
  };

  private readonly showCursor = (): void => {
    if (this.hidden) this.terminal.write(SHOW_CURSOR);
  };
}
