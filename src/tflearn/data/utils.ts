/**
 * @file Data utilities: labels, sequences, normalization, CSV files. They work on host arrays, before
 * there is a graph, and never change what they are given. Follows `data_utils.py` of TFLearn.
 */
import { platform } from "#platform";
import {
  ArgumentError,
  type ArrayLike_,
  allocateStorage,
  castArray,
  DataLossError,
  describe,
  NdArray,
  type NumericDType,
  nearestHint,
  type OptionNames,
  requireOptions,
  roundTo,
  UnavailableError,
} from "../../core/index.js";
import { Random } from "../../core/random.js";
import { gatherRows, mapElements, sampleCount, sampleShape, samplesOf, spread, stackSamples } from "./rows.js";

const epsilon = 1e-8;

// ---- labels ----

/**
 * Class labels [n] as rows [n, classes] of float64 with a one in the label's column.
 * `tflearn.data_utils.to_categorical`.
 * @param nbClasses how many classes there are, labels counting from 0. Default: a column for each distinct
 * label, in ascending order
 * @throws ArgumentError for a label that is no whole number, or not in [0, nbClasses)
 */
export function toCategorical(y: ArrayLike_, nbClasses?: number | null): NdArray<"float64"> {
  if (nbClasses !== undefined && nbClasses !== null && !(Number.isInteger(nbClasses) && nbClasses > 0))
    throw new ArgumentError(
      `toCategorical: the number of classes is a whole number above 0, got ${describe(nbClasses)}`,
      {
        hint: "leave it out to number the labels there are",
      },
    );
  const labels = castArray(NdArray.from(y), "float64").data;
  const distinct = [...new Set(labels)].sort((a, b) => a - b);
  const columns = nbClasses ?? distinct.length;
  const columnOf = new Map(distinct.map((label, i) => [label, i]));
  const rows = NdArray.zeros("float64", [labels.length, columns]);
  labels.forEach((label, i) => {
    const column = nbClasses === undefined || nbClasses === null ? columnOf.get(label) : label;
    if (column === undefined || !Number.isInteger(column) || column < 0 || column >= columns)
      throw new ArgumentError(`Label ${label} of example ${i} is not one of ${columns} classes`, {
        hint: "labels are whole numbers from 0; leave out nbClasses to number the labels there are",
      });
    rows.data[i * columns + column] = 1;
  });
  return rows;
}

// ---- sequences ----

/** Options of {@link padSequences}. */
export interface PadSequencesOptions {
  /** Length of the rows. Default: that of the longest sequence. */
  readonly maxlen?: number | null;
  /** Default int32. */
  readonly dtype?: NumericDType;
  /** Which end is filled. Default "post". */
  readonly padding?: "pre" | "post";
  /** Which end is cut. Default "post". */
  readonly truncating?: "pre" | "post";
  /** What fills. Default 0. */
  readonly value?: number;
}

const padOptions: OptionNames<PadSequencesOptions> = {
  maxlen: true,
  dtype: true,
  padding: true,
  truncating: true,
  value: true,
};

const isSequence = (sequence: unknown): boolean =>
  ArrayBuffer.isView(sequence) || (Array.isArray(sequence) && sequence.every((value) => typeof value === "number"));

/**
 * Sequences of any lengths as rows of one length. `tflearn.data_utils.pad_sequences`, which pads at the
 * end where Keras pads at the beginning.
 * @throws ArgumentError for other words than "pre" and "post"
 */
export function padSequences(
  sequences: readonly ArrayLike<number>[],
  options: PadSequencesOptions = {},
): NdArray<NumericDType> {
  requireOptions("padSequences", options, padOptions);
  if (!Array.isArray(sequences) || !sequences.every(isSequence))
    throw new ArgumentError(`padSequences takes a list of lists of numbers, got ${describe(sequences)}`, {
      hint: "pass one list for each sequence: [[1, 2], [3]]",
    });
  const { dtype = "int32", padding = "post", truncating = "post", value = 0 } = options;
  requireEnd("Truncating", truncating);
  requireEnd("Padding", padding);
  const length = options.maxlen ?? sequences.reduce((most, sequence) => Math.max(most, sequence.length), 0);
  const data = allocateStorage(dtype, sequences.length * length);
  const round = roundTo[dtype];
  data.fill(round(value));
  sequences.forEach((sequence, row) => {
    const kept = Math.min(sequence.length, length);
    const skipped = truncating === "pre" ? sequence.length - kept : 0;
    const begin = row * length + (padding === "pre" ? length - kept : 0);
    for (let i = 0; i < kept; i++) data[begin + i] = round(sequence[skipped + i] as number);
  });
  return new NdArray<NumericDType>(dtype, [sequences.length, length], data);
}

function requireEnd(what: string, end: string): void {
  if (end === "pre" || end === "post") return;
  throw new ArgumentError(`${what} type '${end}' not understood`, {
    hint: nearestHint(end, ["pre", "post"]),
  });
}

/** What {@link stringToSemiRedundantSequences} makes of a text. */
export interface SemiRedundantSequences {
  /** One-hot characters, [sequences, seqMaxlen, characters], uint8. */
  readonly X: NdArray<"uint8">;
  /** The character behind each sequence, [sequences, characters], uint8. */
  readonly Y: NdArray<"uint8">;
  /** The column of each character, in the order of code points. */
  readonly charIdx: ReadonlyMap<string, number>;
}

/**
 * Overlapping stretches of a text, with the character that follows each: data for learning to write.
 * `tflearn.data_utils.string_to_semi_redundant_sequences`.
 * @param options.seqMaxlen length of a stretch. Default 25
 * @param options.redunStep characters between the beginnings of two. Default 3
 */
export function stringToSemiRedundantSequences(
  text: string,
  options: {
    /** Length of a stretch. Default 25. */
    readonly seqMaxlen?: number;
    /** Characters between the beginnings of two. Default 3. */
    readonly redunStep?: number;
  } = {},
): SemiRedundantSequences {
  requireOptions("stringToSemiRedundantSequences", options, { seqMaxlen: true, redunStep: true });
  if (typeof text !== "string")
    throw new ArgumentError(`stringToSemiRedundantSequences takes a text, got ${describe(text)}`, {
      hint: "pass a string, such as what readFile(path, 'utf8') gives",
    });
  const { seqMaxlen = 25, redunStep = 3 } = options;
  if (!(Number.isInteger(seqMaxlen) && seqMaxlen > 0 && Number.isInteger(redunStep) && redunStep > 0))
    throw new ArgumentError(`seqMaxlen and redunStep must be whole numbers above 0, got ${seqMaxlen} and ${redunStep}`);
  const characters = [...text];
  const charIdx = new Map([...new Set(characters)].sort().map((character, i) => [character, i]));
  const count = Math.max(0, Math.ceil((characters.length - seqMaxlen) / redunStep));
  const X = NdArray.zeros("uint8", [count, seqMaxlen, charIdx.size]);
  const Y = NdArray.zeros("uint8", [count, charIdx.size]);
  const column = (at: number): number => charIdx.get(characters[at] as string) as number;
  for (let i = 0; i < count; i++) {
    for (let t = 0; t < seqMaxlen; t++) X.data[(i * seqMaxlen + t) * charIdx.size + column(i * redunStep + t)] = 1;
    Y.data[i * charIdx.size + column(i * redunStep + seqMaxlen)] = 1;
  }
  return { X, Y, charIdx };
}

// ---- samples ----

/**
 * Arrays with their rows in one random order. `tflearn.data_utils.shuffle`.
 * @param options.seed draws the same order every time
 * @throws ArgumentError where the arrays have different numbers of rows
 */
export function shuffle<const A extends readonly ArrayLike_[]>(
  arrays: A,
  options: {
    /** Draws the same order every time. Default: another each time. */
    readonly seed?: number;
  } = {},
): { -readonly [I in keyof A]: A[I] extends NdArray ? A[I] : NdArray } {
  requireOptions("shuffle", options, { seed: true });
  if (!Array.isArray(arrays))
    throw new ArgumentError(`shuffle takes a list of arrays, got ${describe(arrays)}`, {
      hint: "const [X, Y] = shuffle([X, Y])",
    });
  const converted = arrays.map((array) => NdArray.from(array));
  const counts = new Set(converted.map(sampleCount));
  if (counts.size > 1)
    throw new ArgumentError(`The arrays have ${[...counts].join(" and ")} rows`, {
      hint: "shuffle keeps rows together",
    });
  const order = new Random(options.seed).permutation([...counts][0] ?? 0);
  return converted.map((array) => gatherRows(array, order)) as never;
}

/** Each sample minus its mean. `tflearn.data_utils.samplewise_zero_center`. */
export const samplewiseZeroCenter = (X: ArrayLike_): NdArray<"float32"> =>
  eachSample(NdArray.from(X), (value, { mean }) => value - mean);

/** Each sample divided by its standard deviation. `tflearn.data_utils.samplewise_std_normalization`. */
export const samplewiseStdNormalization = (X: ArrayLike_): NdArray<"float32"> =>
  eachSample(NdArray.from(X), (value, { std }) => value / (std + epsilon));

function eachSample(
  X: NdArray,
  change: (value: number, statistics: ReturnType<typeof spread>) => number,
): NdArray<"float32"> {
  // Over the sample's first axis, as the original: rows of numbers have one mean, matrices one for each column.
  const groups = X.shape.slice(2).reduce((product, extent) => product * extent, 1);
  const changed = samplesOf(X).map((sample) => {
    const statistics = Array.from({ length: groups }, (_, group) => spread(sample, group, groups));
    return sample.map((value, at) => change(value, statistics[at % groups] as ReturnType<typeof spread>));
  });
  return stackSamples(changed, sampleShape(X));
}

/**
 * All samples minus one mean for each feature, that of the data unless it is given; returns both.
 * `tflearn.data_utils.featurewise_zero_center`.
 */
export function featurewiseZeroCenter(
  X: ArrayLike_,
  mean?: ArrayLike_,
): { readonly X: NdArray<"float32">; readonly mean: NdArray } {
  const data = NdArray.from(X);
  const by = mean === undefined ? featureStatistic(data, "mean") : NdArray.from(mean, "float32");
  return { X: mapElements(data, (value, at) => value - (by.data[at % by.size] as number)), mean: by };
}

/**
 * All samples divided by one standard deviation for each feature, that of the data unless it is given;
 * returns both. `tflearn.data_utils.featurewise_std_normalization`.
 */
export function featurewiseStdNormalization(
  X: ArrayLike_,
  std?: ArrayLike_,
): { readonly X: NdArray<"float32">; readonly std: NdArray } {
  const data = NdArray.from(X);
  const by = std === undefined ? featureStatistic(data, "std") : NdArray.from(std, "float32");
  return { X: mapElements(data, (value, at) => value / ((by.data[at % by.size] as number) + epsilon)), std: by };
}

function featureStatistic(data: NdArray, which: "mean" | "std"): NdArray {
  const shape = sampleShape(data);
  const size = shape.reduce((product, extent) => product * extent, 1);
  const values = castArray(data, "float64").data;
  const statistics = Float32Array.from({ length: size }, (_, at) => spread(values, at, size)[which]);
  return new NdArray("float32", shape, statistics);
}

// ---- files ----

/** Options of {@link loadCsv}. */
export interface LoadCsvOptions {
  /** The column of the labels; negative counts from the end. Default −1. */
  readonly targetColumn?: number;
  /** Columns to leave out, counted with the target. Default none. */
  readonly columnsToIgnore?: readonly number[];
  /** Whether the first line has names. Default true. */
  readonly hasHeader?: boolean;
  /** Labels as rows of `nClasses`. Default false. */
  readonly categoricalLabels?: boolean;
  /** Needed with `categoricalLabels`. */
  readonly nClasses?: number;
}

const csvOptions: OptionNames<LoadCsvOptions> = {
  targetColumn: true,
  columnsToIgnore: true,
  hasHeader: true,
  categoricalLabels: true,
  nClasses: true,
};

/**
 * A table of comma-separated values: the data columns as text, the labels as text, or as rows with
 * `categoricalLabels`. `tflearn.data_utils.load_csv`.
 * @throws NotFoundError for a file that is not there, DataLossError for lines of different lengths
 */
export async function loadCsv(
  path: string,
  options: LoadCsvOptions = {},
): Promise<{ readonly data: string[][]; readonly labels: string[] | NdArray<"float64"> }> {
  requireOptions("loadCsv", options, csvOptions);
  if (typeof path !== "string")
    throw new ArgumentError(`loadCsv takes the path of a file, got ${describe(path)}`, {
      hint: 'await loadCsv("titanic.csv", { targetColumn: 0 })',
    });
  const { targetColumn = -1, columnsToIgnore = [], hasHeader = true, categoricalLabels = false, nClasses } = options;
  const { files } = platform;
  if (files === undefined)
    throw new UnavailableError("There are no files here", { hint: "fetch the text and parse it in a browser" });
  if (categoricalLabels && !(Number.isInteger(nClasses) && (nClasses as number) > 0))
    throw new ArgumentError(`'n_classes' is required when using 'categorical_labels', got ${describe(nClasses)}`);
  const records = parseCsv(new TextDecoder().decode(await files.read(path)), path);
  const rows = hasHeader ? records.slice(1) : records;
  const width = records[0]?.length ?? 0;
  const target = targetColumn < 0 ? width + targetColumn : targetColumn;
  if (width > 0 && (target < 0 || target >= width))
    throw new ArgumentError(`${path} has ${width} columns and no column ${targetColumn}`);
  const ignored = new Set([...columnsToIgnore, target]);
  const labels = rows.map((row) => row[target] as string);
  return {
    data: rows.map((row) => row.filter((_, column) => !ignored.has(column))),
    labels: categoricalLabels
      ? toCategorical(
          labels.map((label) => labelNumber(label, path)),
          nClasses,
        )
      : labels,
  };
}

function labelNumber(label: string, path: string): number {
  const number = Number(label);
  if (label.trim() !== "" && Number.isInteger(number)) return number;
  throw new ArgumentError(`Label ${describe(label)} in ${path} is no whole number`, {
    hint: "leave out categoricalLabels and number the labels yourself",
  });
}

/** Records of RFC 4180: fields may be quoted, and a quoted field may hold commas, quotes and line breaks. */
function parseCsv(text: string, path: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let field = "";
  let quoted = false;
  const endField = (): void => {
    record.push(field);
    field = "";
  };
  const endRecord = (): void => {
    endField();
    if (record.length > 1 || record[0] !== "") records.push(record);
    record = [];
  };
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string;
    if (quoted) {
      if (character !== '"') field += character;
      else if (text[i + 1] === '"') field += text[i++ + 1];
      else quoted = false;
    } else if (character === '"' && field === "") quoted = true;
    else if (character === ",") endField();
    else if (character === "\n") endRecord();
    else if (character !== "\r" || text[i + 1] !== "\n") field += character;
  }
  if (quoted) throw new DataLossError(`${path} ends inside a quoted field`);
  if (field !== "" || record.length > 0) endRecord();
  const width = records[0]?.length ?? 0;
  const odd = records.findIndex(({ length }) => length !== width);
  if (odd >= 0)
    throw new DataLossError(
      `Record ${odd + 1} of ${path} has ${records[odd]?.length} fields, but the first has ${width}`,
    );
  return records;
}
