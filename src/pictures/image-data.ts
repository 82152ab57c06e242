/**
 * @file `tflearn.data_utils`: all of it, together with what reads pictures from files. Follows `data_utils.py` of
 * TFLearn. May import `tflearn`, `platform` and `core`.
 */
import { platform } from "#platform";
import {
  ArgumentError,
  castArray,
  describe,
  NdArray,
  NotFoundError,
  nearestHint,
  type OptionNames,
  requireOptions,
  UnavailableError,
  UnimplementedError,
} from "../core/index.js";
import { shuffle, toCategorical } from "../tflearn/data/utils.js";
import { lanczos } from "./lanczos.js";
import { readPngColors } from "./read-png.js";

export * from "../tflearn/data/utils.js";

/** Options of {@link imagePreloader}. */
export interface ImagePreloaderOptions {
  /** Whether the path is a list of files or a directory with a folder for each class. Default `"file"`. */
  readonly mode?: "file" | "folder";
  /** Levels from 0 to 1 in place of 0 to 255. Default true. */
  readonly normalize?: boolean;
  /** One channel of greys in place of three of colours. Default false. */
  readonly grayscale?: boolean;
  /** Labels as rows with a one in the label's column. Default true. */
  readonly categoricalLabels?: boolean;
  /** Reads only files with one of these in their names: `[".png"]`. Default: all. */
  readonly filesExtension?: readonly string[] | null;
  /** Leaves out files without exactly three channels. Default false. */
  readonly filterChannel?: boolean;
  /** Stands before the names in a list of files. Default `""`. */
  readonly imageBasePath?: string;
  /** Labels in a list are numbers of any kind; they are not made into rows. Default false. */
  readonly floatLabels?: boolean;
}

const preloaderOptions: OptionNames<ImagePreloaderOptions> = {
  mode: true,
  normalize: true,
  grayscale: true,
  categoricalLabels: true,
  filesExtension: true,
  filterChannel: true,
  imageBasePath: true,
  floatLabels: true,
};

function requirePath(call: string, path: unknown): void {
  if (typeof path === "string") return;
  throw new ArgumentError(`${call} takes the path of a file or directory, got ${describe(path)}`, {
    hint: 'await imagePreloader("pictures", [28, 28], { mode: "folder" })',
  });
}

/** Pictures and their labels, row by row. */
export interface LabelledPictures {
  /** `[n, height, width, 3]`, or 1 channel in greys. */
  readonly X: NdArray<"float32">;
  /** Labels `[n]`, or rows `[n, classes]`. */
  readonly Y: NdArray<"float64">;
}

/**
 * Pictures of a list of files, or of a directory with a folder for each class, in one size. Each line of a list has the
 * name of a file and the number of its class; folders are numbered in the order of their names. Files are PNG. The
 * original reads a file whenever a batch needs it; this reads all of them at once.
 * `tflearn.data_utils.image_preloader`.
 * @param imageShape height and width, to which other sizes are brought
 * @throws NotFoundError for a file that is not there, DataLossError for a damaged one
 * @throws ArgumentError for a line without a label, a file that is no PNG, or no files at all
 */
export async function imagePreloader(
  targetPath: string,
  imageShape: readonly [height: number, width: number],
  options: ImagePreloaderOptions = {},
): Promise<LabelledPictures> {
  requireOptions("imagePreloader", options, preloaderOptions);
  requirePath("imagePreloader", targetPath);
  const { mode = "file", categoricalLabels = true, floatLabels = false } = options;
  requireSize(imageShape, "imageShape");
  if (mode !== "file" && mode !== "folder")
    throw new ArgumentError(`imagePreloader mode ${describe(mode)} is unknown`, {
      hint: nearestHint(mode, ["file", "folder"]),
    });
  const extensions = options.filesExtension ?? [];
  const samples =
    mode === "folder" ? await ofFolders(targetPath, extensions) : await ofList(targetPath, extensions, options);
  return load(samples, {
    where: targetPath,
    size: imageShape,
    isGrey: options.grayscale ?? false,
    divisor: (options.normalize ?? true) ? 255 : 1,
    isCategorical: categoricalLabels && !floatLabels,
    onlyColors: options.filterChannel ?? false,
  });
}

/** Options of {@link buildImageDatasetFromDir}. */
export interface ImageDatasetOptions {
  /** Height and width. Default: pictures have one size already. */
  readonly resize?: readonly [height: number, width: number] | null;
  /** One channel of greys in place of three of colours. Default false. */
  readonly convertGray?: boolean;
  /** Reads only files with one of these in their names. Default: all. */
  readonly filetypes?: readonly string[] | null;
  /** Rows in a random order. Default false. */
  readonly shuffleData?: boolean;
  /** Labels as rows. Default false. */
  readonly categoricalY?: boolean;
}

const datasetOptions: OptionNames<ImageDatasetOptions> = {
  resize: true,
  convertGray: true,
  filetypes: true,
  shuffleData: true,
  categoricalY: true,
};

/**
 * Pictures, levels from 0 to 1, of a directory with a folder for each class. The original also writes them to a file
 * in Python's own format; this does not. `tflearn.data_utils.build_image_dataset_from_dir`.
 * @throws as {@link imagePreloader}, and ArgumentError where sizes differ and there is no `resize`
 */
export async function buildImageDatasetFromDir(
  directory: string,
  options: ImageDatasetOptions = {},
): Promise<LabelledPictures> {
  requireOptions("buildImageDatasetFromDir", options, datasetOptions);
  requirePath("buildImageDatasetFromDir", directory);
  const { resize = null, shuffleData = false } = options;
  if (resize !== null) requireSize(resize, "resize");
  const loaded = await load(await ofFolders(directory, options.filetypes ?? []), {
    where: directory,
    size: resize,
    isGrey: options.convertGray ?? false,
    divisor: 255,
    isCategorical: options.categoricalY ?? false,
    onlyColors: false,
  });
  if (!shuffleData) return loaded;
  const [X, Y] = shuffle([loaded.X, loaded.Y]);
  return { X, Y };
}

/** Not available: HDF5 files. @throws UnimplementedError always, with what to use in its place */
export function buildHdf5ImageDataset(..._arguments: readonly unknown[]): never {
  throw new UnimplementedError("buildHdf5ImageDataset is not available: HDF5 files are neither read nor written", {
    hint: "use await imagePreloader(path, [height, width], { mode }), which keeps the pictures in memory",
  });
}

// ---- which files ----

interface Sample {
  readonly path: string;
  readonly label: number;
}

const isWanted = (name: string, extensions: readonly string[]): boolean =>
  extensions.length === 0 || extensions.some((extension) => name.includes(extension));

function requireFiles() {
  const { files } = platform;
  if (files === undefined)
    throw new UnavailableError("There are no files here to read pictures from", {
      hint: "fetch the pictures, and pass their pixels as arrays",
    });
  return files;
}

async function ofFolders(directory: string, extensions: readonly string[]): Promise<Sample[]> {
  const files = requireFiles();
  if (!(await files.isDirectory(directory)))
    throw new NotFoundError(`There is no directory ${directory}`, { hint: "it holds a folder for each class" });
  const paths = (await files.list(directory)).map((name) => files.join(directory, name));
  const samples: Sample[] = [];
  let label = 0;
  for (const folder of paths) {
    if (!(await files.isDirectory(folder))) continue;
    for (const name of await files.list(folder)) {
      const path = files.join(folder, name);
      if (isWanted(name, extensions) && !(await files.isDirectory(path))) samples.push({ path, label });
    }
    label++;
  }
  return samples;
}

async function ofList(
  list: string,
  extensions: readonly string[],
  { imageBasePath = "", floatLabels = false }: ImagePreloaderOptions,
): Promise<Sample[]> {
  const lines = new TextDecoder().decode(await requireFiles().read(list)).split(/\r?\n/);
  return lines.flatMap((line, i) => {
    const [name, text] = line.trim().split(/\s+/);
    if (name === undefined || name === "") return [];
    const path = imageBasePath + name;
    if (!isWanted(path, extensions)) return [];
    const label = text === undefined ? Number.NaN : Number(text);
    if (floatLabels ? !Number.isFinite(label) : !Number.isInteger(label) || label < 0)
      throw new ArgumentError(`Line ${i + 1} of ${list} has no label: ${describe(line)}`, {
        hint: `a line is a file's name and ${floatLabels ? "a number" : "the number of its class, from 0"}: pictures/7.png 3`,
      });
    return [{ path, label }];
  });
}

// ---- what is in them ----

interface Loading {
  readonly where: string;
  readonly size: readonly [height: number, width: number] | null;
  readonly isGrey: boolean;
  readonly divisor: number;
  readonly isCategorical: boolean;
  readonly onlyColors: boolean;
}

async function load(samples: readonly Sample[], loading: Loading): Promise<LabelledPictures> {
  const { where, size, isGrey, divisor, isCategorical, onlyColors } = loading;
  const files = requireFiles();
  const channels = isGrey ? 1 : 3;
  const pictures: Float32Array[] = [];
  const labels: number[] = [];
  let [height, width] = size ?? [0, 0];
  for (const { path, label } of samples) {
    const colors = readPngColors(await files.read(path), path);
    if (onlyColors && colors.channelsInFile !== 3) continue;
    if (size === null && pictures.length === 0) [height, width] = [colors.rows, colors.columns];
    if (size === null && (colors.rows !== height || colors.columns !== width))
      throw new ArgumentError(
        `${path} has ${colors.columns}×${colors.rows} pixels, those before it ${width}×${height}`,
        { hint: "bring all to one size: { resize: [height, width] }" },
      );
    const { levels } = lanczos({ ...colors, channels: 3 }, height, width);
    const shown = isGrey ? greysOf(levels) : levels;
    pictures.push(Float32Array.from(shown, (level) => level / divisor));
    labels.push(label);
  }
  if (pictures.length === 0)
    throw new ArgumentError(`There are no pictures in ${where}`, {
      hint: "a list has a file and a label in each line, a directory a folder for each class; see also filesExtension",
    });
  const rowSize = height * width * channels;
  const data = new Float32Array(pictures.length * rowSize);
  pictures.forEach((picture, i) => {
    data.set(picture, i * rowSize);
  });
  const numbers = castArray(NdArray.from(labels), "float64");
  return {
    X: new NdArray("float32", [pictures.length, height, width, channels], data),
    Y: isCategorical ? toCategorical(numbers, Math.max(...labels) + 1) : numbers,
  };
}

/** Pillow's greys: the weights of ITU-R BT.601 in units of 2⁻¹⁶. */
function greysOf(levels: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: levels.length / 3 }, (_, i) => {
    const [red = 0, green = 0, blue = 0] = levels.subarray(i * 3, i * 3 + 3);
    return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
  });
}

function requireSize(size: readonly number[], name: string): void {
  if (Array.isArray(size) && size.length === 2 && size.every((extent) => Number.isInteger(extent) && extent > 0))
    return;
  throw new ArgumentError(`${name} is a height and a width in pixels, not ${describe(size)}`, {
    hint: `${name}: [28, 28]`,
  });
}
