/** @file `CSVLogger`: a table of the epochs in a file. Follows `csv_logger.py` of Keras 3. */
import { ArgumentError } from "../../core/index.js";
import { recordOf, requireNoMore, requireText } from "../arguments.js";
import type { Logs } from "../contracts.js";
import { floatText } from "../terminal/index.js";
import { Callback, filesFor } from "./callback.js";

/** Options of {@link CSVLogger}. */
export interface CSVLoggerOptions {
  /** What stands between two values. Default `","`. */
  readonly separator?: string;
  /** Adds to the file in place of beginning it anew. Default false. */
  readonly append?: boolean;
}

/**
 * Writes a line for every epoch: its number from 0, then the logs by name; `NA` where a value is missing.
 * Each line is in the file when its epoch is over. `keras.callbacks.CSVLogger`.
 */
export class CSVLogger extends Callback {
  static override readonly name: string = "CSVLogger";
  private readonly separator: string;
  private readonly append: boolean;
  private keys: string[] | null = null;
  private needsHeader = true;

  /** @throws ArgumentError for a separator that is not one character */
  constructor(
    readonly filename: string,
    options: CSVLoggerOptions = {},
  ) {
    const { separator = ",", append = false, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["separator", "append"]);
    super();
    requireText(filename, "filename", new.target, '"runs/log.csv"');
    if (typeof separator !== "string" || separator.length !== 1 || /["\r\n]/.test(separator))
      throw new ArgumentError(`The separator must be one character, not ${JSON.stringify(separator)}`, {
        hint: 'use ",", ";" or "\\t"',
      });
    this.separator = separator;
    this.append = append;
  }

  override async onTrainBegin(): Promise<void> {
    const files = filesFor("CSVLogger");
    this.keys = null;
    const isFilled = this.append && (await files.exists(this.filename)) && (await files.read(this.filename)).length > 0;
    this.needsHeader = !isFilled;
    if (!this.append) await files.writeAtomic(this.filename, new Uint8Array());
  }

  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    this.keys ??= columnsOf(logs);
    const rows: string[][] = this.needsHeader ? [["epoch", ...this.keys]] : [];
    rows.push([String(epoch), ...this.keys.map((key) => textOf(logs[key]))]);
    const text = rows.map((row) => `${row.map((cell) => this.quoted(cell)).join(this.separator)}\r\n`).join("");
    await filesFor("CSVLogger").append(this.filename, new TextEncoder().encode(text));
    this.needsHeader = false;
  }

  private quoted(cell: string): string {
    const isPlain = !cell.includes(this.separator) && !/["\r\n]/.test(cell);
    return isPlain ? cell : `"${cell.replaceAll('"', '""')}"`;
  }
}

/** An epoch without validation leaves room for the values of later ones. */
function columnsOf(logs: Logs): string[] {
  const keys = Object.keys(logs).sort();
  return keys.some((key) => key.startsWith("val_")) ? keys : [...keys, ...keys.map((key) => `val_${key}`)];
}

const textOf = (value: number | undefined): string => (value === undefined ? "NA" : floatText(value));
