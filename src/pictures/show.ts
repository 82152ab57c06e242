/**
 * @file `showPics`: a look at a data set, one picture of each label or several of one, for the terminal
 * or as a PNG file. The data set stays as it was.
 */
import { ArgumentError } from "../core/index.js";
import { Random } from "../core/random.js";
import type { DataSet } from "../datasets/index.js";
import { labelOf, type Picture, pictureOf } from "./picture.js";
import { contactSheet } from "./png.js";
import { type ColorMode, terminalSheet } from "./terminal.js";

/** Options of {@link showPics}. */
export interface ShowOptions {
  /** Only pictures of this label; default one of each. 0 is a label like the others. */
  readonly label?: number | undefined;
  /** How many of each label that is shown. Default 10 where `label` is given, else 1. */
  readonly count?: number | undefined;
  /** Terminal: width in characters, default the terminal's. PNG: pictures in a row, default 5. */
  readonly columns?: number | undefined;
  /** Terminal only; default what standard output has. */
  readonly color?: ColorMode | undefined;
  /** Shows the same pictures again; default others each time. */
  readonly seed?: number | undefined;
}

interface Shown {
  /** The label of each picture shown, in their order. */
  readonly labels: readonly number[];
}
/** What {@link showPics} returns with `format: "terminal"`. */
export interface TerminalPictures extends Shown {
  /** The pictures as text, with escapes where there is color. */
  readonly text: string;
}
/** What {@link showPics} returns with `format: "png"`. */
export interface PngPictures extends Shown {
  /** The bytes of the file. */
  readonly png: Uint8Array;
}

/** Classes of integer labels; one-hot labels tell their own. */
const CLASSES = 10;
const BATCH = 100;

/**
 * Draws examples at random until it has `count` of each wanted label, or all there are, and shows them
 * by label, titled `Label: <d>`, black (1) on white (0). Nothing is printed: write `text` to the
 * terminal, or `png` to a file. Neither the order nor the random numbers of the data set change.
 * @param data a data set, or the three of `readDataSets`, of which the training set is shown
 * @param options `format` is `"terminal"` (the default) or `"png"`
 * @throws ArgumentError for a label or count that cannot be, or where no example has the label
 */
export function showPics(
  data: DataSet | { readonly train: DataSet },
  options: ShowOptions & {
    /** Make a file of the pictures. */
    readonly format: "png";
  },
): PngPictures;
export function showPics(
  data: DataSet | { readonly train: DataSet },
  options?: ShowOptions & {
    /** Make text of the pictures, for a terminal. The default. */
    readonly format?: "terminal";
  },
): TerminalPictures;
export function showPics(
  data: DataSet | { readonly train: DataSet },
  options: ShowOptions & { readonly format?: "terminal" | "png" } = {},
): TerminalPictures | PngPictures {
  const { format = "terminal", columns, color } = options;
  if (format !== "terminal" && format !== "png")
    throw new ArgumentError(`showPics: format must be "terminal" or "png", not ${String(format)}`);
  const chosen = choose("train" in data ? data.train : data, options);
  const pictures = chosen.map(({ picture }) => picture);
  const labels = chosen.map(({ label }) => label);
  return format === "png"
    ? { png: contactSheet(pictures, { columns }), labels }
    : { text: terminalSheet(pictures, { columns, color }), labels };
}

interface Chosen {
  readonly label: number;
  readonly picture: Picture;
}

function choose(dataSet: DataSet, { label, count = label === undefined ? 1 : 10, seed }: ShowOptions): Chosen[] {
  const classes = dataSet.labels.rank === 2 ? (dataSet.labels.shape[1] ?? 0) : CLASSES;
  if (label !== undefined && (!Number.isInteger(label) || label < 0 || label >= classes))
    throw new ArgumentError(`showPics: label must be a whole number from 0 to ${classes - 1}, not ${label}`);
  if (!Number.isInteger(count) || count < 1)
    throw new ArgumentError(`showPics: count must be a whole number above 0, not ${count}`);
  const wanted = new Map(
    (label === undefined ? Array.from({ length: classes }, (_, i) => i) : [label]).map((one) => [one, count]),
  );
  const chosen: Chosen[] = [];
  // A seed of its own, so that looking at the data does not change what is drawn for training.
  const order = { seed: seed ?? new Random().integer(2 ** 32) };
  for (const { images, labels } of dataSet.batches(BATCH, order)) {
    for (let i = 0; i < (labels.shape[0] ?? 0) && wanted.size > 0; i++) {
      const found = labelOf(labels, i);
      const left = wanted.get(found);
      if (left === undefined) continue;
      if (left === 1) wanted.delete(found);
      else wanted.set(found, left - 1);
      chosen.push({ label: found, picture: pictureOf(images, i, `Label: ${found}`) });
    }
    if (wanted.size === 0) break;
  }
  if (chosen.length === 0)
    throw new ArgumentError(
      `showPics: no example has ${label === undefined ? "a label from 0 to 9" : `label ${label}`}`,
    );
  return chosen.sort((a, b) => a.label - b.label);
}
