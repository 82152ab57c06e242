/**
 * @file The data a command works on: found, read and split, with the words to say which it is.
 */
import { ArgumentError, NotFoundError, PickedRows } from "../core/index.js";
import { isComplete, locateFiles } from "../datasets/files.js";
import { findData, readDataSets } from "../datasets/index.js";
import { dataSetNameOf } from "../datasets/mirrors.js";
import type { Examples } from "./training.js";

/** What the pictures show. */
export type DataKind = "digits" | "fashion";

export interface Digits {
  /** What `--data` takes to get the same again. */
  readonly source: string;
  /** Which data, and from where. */
  readonly description: string;
  readonly training: Examples;
  readonly validation: Examples;
  readonly test: Examples;
  readonly kind: DataKind;
  /** What a class is called. */
  nameOf(label: number): string;
}

const FASHION_CLASSES = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
] as const;

/** What a class of such pictures is called. */
export const nameOfClass = (kind: DataKind, label: number): string =>
  (kind === "fashion" ? FASHION_CLASSES[label] : undefined) ?? String(label);

/** As many as the original takes of MNIST, and an eighth of smaller sets. */
const MAXIMUM_VALIDATION = 5000;
const VALIDATION_SHARE = 8;

/**
 * Reads what the user asked for, or the best there is.
 * @param requested `mnist`, `fashion`, `sample`, a directory, or nothing
 * @param log takes the lines of a download; `null` for silence
 * @throws NotFoundError, DataLossError and the others of `readDataSets`
 */
export async function loadDigits(requested: string | undefined, log: ((line: string) => void) | null): Promise<Digits> {
  const { source, description } = await findData(requested ?? "mnist", { log });
  if (requested === "mnist" && source === "sample")
    throw new NotFoundError("MNIST is not here and could not be downloaded", {
      hint: "connect to the network, or name its directory with --data, or take the 10,000 digits of --data sample",
    });
  // A directory that the user spelled wrong should not be filled with a download.
  if (source !== "sample" && !isComplete(await locateFiles(source)))
    throw new NotFoundError(`${source} does not hold the four files of MNIST's format`, {
      hint: "name their directory with --data; or take --data sample, or mnist or fashion, which are downloaded",
    });
  const sets = await readDataSets(source, { oneHot: true, validationSize: 0, download: false, log: null });
  const { images, labels } = sets.train;
  const split = Math.min(MAXIMUM_VALIDATION, Math.floor((images.shape[0] ?? 0) / VALIDATION_SHARE));
  if (split < 1 || sets.test.numExamples === 0)
    throw new ArgumentError(`There are too few examples in ${source}`, {
      hint: `training takes at least ${VALIDATION_SHARE} examples, and testing 1`,
    });
  const part = (begin: number, end: number): Examples => ({
    images: PickedRows.of(images, null, begin, end),
    labels: PickedRows.of(labels, null, begin, end),
  });
  const kind: DataKind = requested === "fashion" || dataSetNameOf(source) === "fashion" ? "fashion" : "digits";
  return {
    source,
    description,
    kind,
    training: part(split, sets.train.numExamples),
    validation: part(0, split),
    test: { images: sets.test.images, labels: sets.test.labels },
    nameOf: (label) => nameOfClass(kind, label),
  };
}
