/**
 * @file `keras.datasets`: MNIST and Fashion-MNIST as Keras's `load_data` returns them, on top of
 * `readDataSets`; and names of those that are not available. May import the rest of `datasets` and `core`.
 */
import { NdArray, type OptionNames, requireOptions, UnimplementedError } from "../core/index.js";
import { type FindOptions, findData } from "./find.js";
import { type ReadOptions, readDataSets } from "./read.js";

/** Images uint8 [n, 28, 28] from 0 to 255, and labels uint8 [n] from 0 to 9. */
export type LabelledImages = readonly [x: NdArray<"uint8">, y: NdArray<"uint8">];

/** Options of `loadData`. */
export interface LoadOptions extends Pick<FindOptions, "sourceUrl" | "onlineTimeout"> {
  /** A directory with the four files, or `"sample"` for 10,000 digits. Default: found, or downloaded once. */
  readonly path?: string;
  /** Takes the lines of a download; `null` for silence. Default: standard error. */
  readonly log?: FindOptions["log"];
}

const loadOptions: OptionNames<LoadOptions> = { path: true, log: true, sourceUrl: true, onlineTimeout: true };

async function load(
  name: "mnist" | "fashion",
  given: string | LoadOptions,
): Promise<readonly [LabelledImages, LabelledImages]> {
  const options = typeof given === "string" ? { path: given } : given;
  requireOptions("loadData", options, loadOptions);
  const source = options.path ?? (await findData(name, options)).source;
  const reading = { name, dtype: "uint8", validationSize: 0, log: null } as const satisfies ReadOptions;
  const { train, test } = await readDataSets(source, { ...reading, sourceUrl: options.sourceUrl });
  const shaped = (set: typeof train): LabelledImages => {
    const count = set.numExamples;
    return [new NdArray("uint8", [count, 28, 28], set.images.data), set.labels];
  };
  return [shaped(train), shaped(test)];
}

/** Handwritten digits: 60,000 to train on and 10,000 to test. `keras.datasets.mnist`. */
export const mnist = {
  /**
   * @param options a path alone stands for `{ path }`
   * @returns `[[xTrain, yTrain], [xTest, yTest]]`
   * @throws ArgumentError for an unknown option; NotFoundError, DataLossError as `readDataSets` does
   */
  loadData: (options: string | LoadOptions = {}) => load("mnist", options),
};

/** Pictures of clothes in ten classes, in MNIST's sizes. `keras.datasets.fashion_mnist`. */
export const fashionMnist = {
  /** As `mnist.loadData`. */
  loadData: (options: string | LoadOptions = {}) => load("fashion", options),
};

// ---- not available ----

/** What Keras downloads from places of its own. Nothing here reads these files. */
const unavailable = (name: string, hint: string) =>
  ({
    /** @throws UnimplementedError always, with what to use in its place */
    loadData: async (..._arguments: readonly unknown[]): Promise<never> => {
      throw new UnimplementedError(`keras.datasets.${name} is not available: nothing here downloads or reads it`, {
        hint,
      });
    },
  }) as const;
const pictures =
  "use keras.datasets.fashionMnist; or export it as PNG files, one folder for each class, and read them with " +
  'dataUtils.imagePreloader(directory, [32, 32], { mode: "folder" }) of tensorstrata/tflearn';
const texts =
  "read texts of your own and number their words with keras.preprocessing.Tokenizer; examples/text.ts makes some";
const numbers =
  "read a table of your own with dataUtils.loadCsv(path) of tensorstrata/tflearn; examples/regression.ts makes one";

/** Not available. `keras.datasets.cifar10`. */
export const cifar10 = unavailable("cifar10", pictures);
/** Not available. `keras.datasets.cifar100`. */
export const cifar100 = unavailable("cifar100", pictures);
/** Not available. `keras.datasets.imdb`. */
export const imdb = unavailable("imdb", texts);
/** Not available. `keras.datasets.reuters`. */
export const reuters = unavailable("reuters", texts);
/** Not available. `keras.datasets.boston_housing`. */
export const bostonHousing = unavailable("boston_housing", numbers);
/** Not available. `keras.datasets.california_housing`. */
export const californiaHousing = unavailable("california_housing", numbers);
