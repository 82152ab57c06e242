/**
 * @file The four files of MNIST's format: finds them in a directory, downloads those that are absent,
 * and reads them into uint8 arrays. Never changes or removes a file that is there.
 */
import { platform } from "#platform";
import {
  DataLossError,
  FailedPreconditionError,
  type NdArray,
  NotFoundError,
  tupled,
  UnimplementedError,
} from "../core/index.js";
import { ProgressLine, progressBar } from "../platform/progress-line.js";
import type { FileSystem } from "../platform/types.js";
import { type DownloadOptions, type DownloadProgress, download, downloadTo } from "./download.js";
import { parseImages, parseLabels, replaceFile } from "./idx.js";
import { type DataSetName, type FileRole, fileNames, published } from "./mirrors.js";

/** Everything as published: images uint8 [n, rows, columns, 1], labels uint8 [n]. */
export interface RawDataSets {
  readonly trainImages: NdArray<"uint8">;
  readonly trainLabels: NdArray<"uint8">;
  readonly testImages: NdArray<"uint8">;
  readonly testLabels: NdArray<"uint8">;
}

export interface DownloadSource {
  /** Which data set an absent file belongs to. */
  readonly name: DataSetName;
  /** A directory's address to download from in place of the mirrors; its files are not checked by sum. */
  readonly sourceUrl?: string | undefined;
  /** Takes each line of the log; `null` for silence, which covers the progress bar too. */
  readonly log: ((line: string) => void) | null;
  /** Milliseconds without a byte after which a server is given up. */
  readonly stallTimeout?: number | undefined;
}

export interface FilesOptions extends DownloadSource {
  /** Whether absent files may be downloaded. */
  readonly download: boolean;
}

const roles = Object.keys(fileNames) as readonly FileRole[];

/** The directory under the cache where a data set's downloads are kept; undefined in browsers. */
export function cachedDirectory(name: DataSetName): string | undefined {
  const cache = platform.cacheDirectory();
  return cache === undefined ? undefined : platform.files?.join(cache, published[name].directory);
}

/** Which of the four files a directory holds, gzipped or not, by path. */
export async function locateFiles(directory: string): Promise<Partial<Record<FileRole, string>>> {
  const files = platform.files;
  if (files === undefined || !(await files.isDirectory(directory))) return {};
  const present = new Set(await files.list(directory));
  const found: Partial<Record<FileRole, string>> = {};
  for (const role of roles) {
    const name = spellings(fileNames[role]).find((spelling) => present.has(spelling));
    if (name !== undefined) found[role] = files.join(directory, name);
  }
  return found;
}

export const isComplete = (found: Partial<Record<FileRole, string>>): boolean =>
  roles.every((role) => found[role] !== undefined);

/** Published gzipped; unpackers leave it plain, and some write a dot before `idx`. */
const spellings = (name: string): string[] => {
  const plain = name.replace(/\.gz$/, "");
  return [name, plain, plain.replace("-idx", ".idx")];
};

/**
 * Reads the four files of a directory; absent ones are downloaded into it first.
 * In browsers `directory` is the address of one, or empty for the mirrors.
 * @throws FailedPreconditionError where `directory` is a file
 * @throws NotFoundError where files are absent and may not be downloaded
 * @throws UnavailableError where files are absent and no mirror delivers them
 * @throws DataLossError where a file is damaged, with its name
 */
export async function readFiles(directory: string, options: FilesOptions): Promise<RawDataSets> {
  const { files } = platform;
  const open = files === undefined ? fromAddress(directory, options) : await fromDirectory(files, directory, options);
  const trainImages = await open("trainImages", parseImages);
  const trainLabels = await open("trainLabels", parseLabels);
  const testImages = await open("testImages", parseImages);
  const testLabels = await open("testLabels", parseLabels);
  checkCounts("train", trainImages, trainLabels, directory);
  checkCounts("t10k", testImages, testLabels, directory);
  const size = (images: NdArray) => tupled(images.shape.slice(1));
  if (size(trainImages) !== size(testImages))
    throw new DataLossError(
      `Training images are ${size(trainImages)} and test images ${size(testImages)} in ${directory}`,
      { hint: "the four files are not of one data set; keep each data set in its own directory" },
    );
  return { trainImages, trainLabels, testImages, testLabels };
}

/**
 * Downloads those of the four files that a directory lacks.
 * @throws UnavailableError where no mirror delivers one, and the file system's errors
 */
export async function downloadMissing(directory: string, options: DownloadSource): Promise<void> {
  const { files } = platform;
  if (files === undefined) return;
  const found = await locateFiles(directory);
  for (const role of roles) if (found[role] === undefined) await fetchInto(files, directory, role, options);
}

type Open = (role: FileRole, parse: (bytes: Uint8Array, file: string) => NdArray<"uint8">) => Promise<NdArray<"uint8">>;

async function fromDirectory(files: FileSystem, directory: string, options: FilesOptions): Promise<Open> {
  if ((await files.exists(directory)) && !(await files.isDirectory(directory)))
    throw new FailedPreconditionError(`${directory} is a file, not a directory`, {
      hint: `name the directory that holds ${fileNames.trainImages} and the other three files`,
    });
  const found = await locateFiles(directory);
  if (!options.download && !isComplete(found)) {
    const absent = roles.filter((role) => found[role] === undefined).map((role) => fileNames[role]);
    throw new NotFoundError(`${directory} lacks ${absent.join(", ")}`, {
      hint: 'put the files there, or let them be downloaded (download: true), or use readDataSets("sample")',
    });
  }
  return async (role, parse) => {
    const path = found[role] ?? (await fetchInto(files, directory, role, options));
    options.log?.(`Extracting ${path}`);
    return parse(await uncompressed(await files.read(path), path), path);
  };
}

/** Without files there is no cache: every byte comes over the network, and stays in memory. */
function fromAddress(directory: string, options: FilesOptions): Open {
  if (!options.download)
    throw new UnimplementedError("There are no files in a browser, so data must be downloaded", {
      hint: "leave download: true, the default",
    });
  const sourceUrl = options.sourceUrl ?? (directory || undefined);
  return async (role, parse) => {
    const file = fileNames[role];
    const bytes = await withProgress(options.log, (onProgress) =>
      download(file, ...sourceOf(role, { ...options, sourceUrl }, onProgress)),
    );
    options.log?.(`Extracting ${file}`);
    return parse(await uncompressed(bytes, file), file);
  };
}

/** Downloads one file into the directory. @returns its path */
async function fetchInto(
  files: FileSystem,
  directory: string,
  role: FileRole,
  options: DownloadSource,
): Promise<string> {
  const file = fileNames[role];
  const path = files.join(directory, file);
  const bytes = await withProgress(options.log, async (onProgress) => {
    const [mirrors, how] = sourceOf(role, options, onProgress);
    const hint = `check the network, or put ${file} into ${directory} yourself, or use readDataSets("sample")`;
    await files.makeDirectory(directory);
    return downloadTo(path, file, mirrors, { ...how, files, hint });
  });
  options.log?.(`Successfully downloaded ${file} ${bytes} bytes.`);
  return path;
}

type Source = [mirrors: readonly string[], how: DownloadOptions];

function sourceOf(role: FileRole, options: DownloadSource, onProgress: DownloadOptions["onProgress"]): Source {
  const { name, sourceUrl, stallTimeout } = options;
  return sourceUrl === undefined
    ? [published[name].mirrors, { expected: published[name].files[role], stallTimeout, onProgress }]
    : [[sourceUrl.endsWith("/") ? sourceUrl : `${sourceUrl}/`], { stallTimeout, onProgress }];
}

/** Runs a download under a progress bar on standard error, wiped when it is over. */
async function withProgress<T>(
  log: DownloadSource["log"],
  run: (onProgress: ((progress: DownloadProgress) => void) | undefined) => Promise<T>,
): Promise<T> {
  if (log === null) return run(undefined);
  const line = new ProgressLine({ stream: platform.stderr, now: platform.now });
  try {
    return await run((progress) => line.update(describe(progress)));
  } finally {
    line.finish();
  }
}

function describe({ file, receivedBytes, totalBytes }: DownloadProgress): string {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  return totalBytes === undefined
    ? `${file}  ${megabytes(receivedBytes)} MB`
    : `${file}  ${progressBar(receivedBytes / totalBytes, 20)}  ${megabytes(receivedBytes)}/${megabytes(totalBytes)} MB`;
}

/** Goes by the bytes, not by the name: a `.gz` that something on the way has unpacked is still good. */
async function uncompressed(bytes: Uint8Array, file: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await platform.gunzip(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataLossError(`${file}: ${reason}`, { hint: replaceFile, cause: error });
  }
}

function checkCounts(prefix: string, images: NdArray, labels: NdArray, directory: string): void {
  if (images.shape[0] === labels.shape[0]) return;
  throw new DataLossError(
    `images.shape: ${tupled(images.shape)} labels.shape: ${tupled(labels.shape)} in the ${prefix} files of ${directory}`,
    { hint: "every image needs its label: the two files are not of one data set, so replace both" },
  );
}
