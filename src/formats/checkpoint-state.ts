/**
 * @file The file `checkpoint` that stands beside saved models and says which is the latest: a
 * CheckpointState in Protocol Buffers' text format. Text in and out, no files. Imports only `core`.
 * Follows `python/training/checkpoint_state.proto`.
 */
import { DataLossError } from "../core/index.js";

/** Which checkpoints a directory holds, as their Saver last knew. */
export interface CheckpointState {
  /** Prefix of the latest checkpoint, absolute or relative to the directory. */
  readonly modelCheckpointPath: string;
  /** Prefixes of all that are kept, oldest first. */
  readonly allModelCheckpointPaths: readonly string[];
  /** When each was made, in seconds since 1970; none where the writer did not say. */
  readonly allModelCheckpointTimestamps?: readonly number[];
  /** When the last checkpoint was made that is kept for good. */
  readonly lastPreservedTimestamp?: number;
}

/** The text of a `checkpoint` file, as TensorFlow prints it. */
export function formatCheckpointState(state: CheckpointState): string {
  const lines = [`model_checkpoint_path: ${quote(state.modelCheckpointPath)}`];
  for (const path of state.allModelCheckpointPaths) lines.push(`all_model_checkpoint_paths: ${quote(path)}`);
  for (const time of state.allModelCheckpointTimestamps ?? [])
    lines.push(`all_model_checkpoint_timestamps: ${decimal(time)}`);
  if (state.lastPreservedTimestamp !== undefined)
    lines.push(`last_preserved_timestamp: ${decimal(state.lastPreservedTimestamp)}`);
  return `${lines.join("\n")}\n`;
}

const decimal = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value));

const escapes: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  '"': '\\"',
  "'": "\\'",
  "\\": "\\\\",
};

/** Quotes a string; what is not printable becomes the octal escapes of its bytes. Other letters stay. */
function quote(value: string): string {
  const octal = (character: string): string => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
  return `"${value.replace(/[\x00-\x1f\x7f"'\\]/g, (character) => escapes[character] ?? octal(character))}"`;
}

/**
 * Parses a `checkpoint` file.
 *
 * @param file what error messages call it
 * @throws DataLossError with the line, where the text is no CheckpointState
 */
export function parseCheckpointState(text: string, file = "checkpoint"): CheckpointState {
  let modelCheckpointPath = "";
  const allModelCheckpointPaths: string[] = [];
  const allModelCheckpointTimestamps: number[] = [];
  let lastPreservedTimestamp: number | undefined;
  for (const { name, value, line } of fieldsOf(text, file)) {
    const lost = (expected: string): DataLossError => malformed(file, line, `${name} must be ${expected}`);
    const path = (): string => {
      if (typeof value !== "string") throw lost("a quoted string");
      return value;
    };
    const time = (): number => {
      if (typeof value !== "number") throw lost("a number");
      return value;
    };
    if (name === "model_checkpoint_path") modelCheckpointPath = path();
    else if (name === "all_model_checkpoint_paths") allModelCheckpointPaths.push(path());
    else if (name === "all_model_checkpoint_timestamps") allModelCheckpointTimestamps.push(time());
    else if (name === "last_preserved_timestamp") lastPreservedTimestamp = time();
    else throw malformed(file, line, `a checkpoint state has no field "${name}"`);
  }
  return {
    modelCheckpointPath,
    allModelCheckpointPaths,
    ...(allModelCheckpointTimestamps.length > 0 && { allModelCheckpointTimestamps }),
    ...(lastPreservedTimestamp !== undefined && { lastPreservedTimestamp }),
  };
}

function malformed(file: string, line: number, reason: string): DataLossError {
  return new DataLossError(`Malformed checkpoint state ${file}, line ${line}: ${reason}`, {
    hint: "delete the file and name the checkpoint by its prefix, or restore the file from a copy",
  });
}

interface Field {
  readonly name: string;
  readonly value: string | number;
  readonly line: number;
}

/** Blanks, comments and the separators that may follow a value. */
const GAP = /(?:[\s,;]|#[^\n]*)*/y;
const NAME = /([A-Za-z_]\w*)(?:\s|#[^\n]*)*:/y;
const STRING = /"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'/y;
const NUMBER = /-?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|inf|nan)[fF]?/y;

/** The fields of a text-format message whose values are strings and numbers. */
function* fieldsOf(text: string, file: string): Generator<Field> {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  for (take(GAP); at < text.length; take(GAP)) {
    const line = text.slice(0, at).split("\n").length;
    const name = take(NAME)?.[1];
    if (name === undefined) throw malformed(file, line, "expected a field name and a colon");
    take(GAP);
    const pieces: string[] = [];
    for (let piece = take(STRING); piece !== null; piece = take(STRING)) {
      pieces.push(piece[1] ?? piece[2] ?? "");
      take(GAP); // strings that follow one another are one string
    }
    if (pieces.length > 0) {
      yield { name, value: unquote(pieces.join("")), line };
      continue;
    }
    const number = take(NUMBER)?.[0];
    if (number === undefined) throw malformed(file, line, `expected a quoted string or a number after "${name}:"`);
    yield { name, value: Number(number.replace(/[fF]$/, "").replace("inf", "Infinity")), line };
  }
}

const controls: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };

/** Undoes C's escapes. Octal and hexadecimal ones are bytes of UTF-8, so the whole is decoded as bytes. */
function unquote(quoted: string): string {
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  const pattern =
    /\\([0-7]{1,3})|\\[xX]([0-9a-fA-F]{1,2})|\\u([0-9a-fA-F]{4})|\\U(00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4})|\\(.)|[^\\]+/gsu;
  for (const [plain, octal, hex, short, long, letter] of quoted.matchAll(pattern)) {
    const codePoint = short ?? long;
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 255);
    else if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (codePoint !== undefined)
      bytes.push(...encoder.encode(String.fromCodePoint(Number.parseInt(codePoint, 16))));
    else if (letter !== undefined)
      bytes.push(...(letter in controls ? [controls[letter] ?? 0] : encoder.encode(letter)));
    else bytes.push(...encoder.encode(plain));
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
