/**
 * @file The files of a checkpoint: writing all of them or none, reading and removing them, and the file that tells of
 * them. What the bytes mean is `formats`' business. Loaded where a checkpoint is written or read: most pages do neither. May import `platform`,
 * `formats` and `core`.
 */
import { platform } from "#platform";
import {
  bracketed,
  InvalidArgumentError,
  isCompatible,
  isFullyDefined,
  type NdArray,
  NotFoundError,
  type NumericDType,
  sizeOf,
} from "../core/index.js";
import {
  BundleReader,
  type BundleTensor,
  bundleDataFile,
  bundleIndexFile,
  formatCheckpointState,
  writeBundle,
} from "../formats/index.js";
import { checkpointExists, directoryOf, fileName, isAbsolute, requireFiles } from "./checkpoint-files.js";
import { type LatestOptions, stateFileName } from "./checkpoint-state.js";
import type { Saved, SaverOptions } from "./saver.js";

// ---- writing ----

let staged = 0;

/**
 * Writes a checkpoint's files. Until all are written under other names, nothing that stands at
 * `prefix` changes; on any failure it stays, and nothing new remains.
 * @param meta contents of `<prefix>.meta`; none is written where undefined
 * @throws NotFoundError, PermissionDeniedError, ResourceExhaustedError, … as {@link FileSystem}
 */
export async function writeCheckpoint(
  prefix: string,
  tensors: readonly BundleTensor[],
  meta: Uint8Array | undefined,
): Promise<void> {
  const files = requireFiles();
  const bundle = writeBundle(tensors);
  const stage = files.join(
    directoryOf(prefix),
    `.${fileName(prefix)}.${platform.processId()}-${Date.now().toString(36)}-${staged++}`,
  );
  // The index comes last: a checkpoint is there when its index is.
  const parts: readonly (readonly [from: string, to: string, content: Iterable<Uint8Array>])[] = [
    ...(meta === undefined ? [] : [[`${stage}.meta`, metaFile(prefix), [meta]] as const]),
    [bundleDataFile(stage), bundleDataFile(prefix), bundle.data],
    [bundleIndexFile(stage), bundleIndexFile(prefix), [bundle.index]],
  ];
  try {
    for (const [from, , content] of parts) await files.writeAtomic(from, content);
    for (const [from, to] of parts) await files.rename(from, to);
  } catch (error) {
    for (const [from] of parts) await files.remove(from).catch(() => undefined);
    throw error;
  }
}

export const metaFile = (prefix: string): string => `${prefix}.meta`;

// ---- reading ----

/**
 * Opens a checkpoint: the index and the data files that hold `keys`.
 * @throws NotFoundError where there is no such checkpoint, or no such key in it
 * @throws DataLossError where a file is damaged
 */
export async function openCheckpoint(prefix: string, keys: readonly string[]): Promise<BundleReader> {
  const files = requireFiles();
  if (!(await checkpointExists(prefix)))
    throw new NotFoundError(
      `Unsuccessful TensorSliceReader constructor: Failed to find any matching files for ${prefix}`,
      { hint: `give the prefix that save() returned, without .index; ${await neighbours(prefix)}` },
    );
  const index = await files.read(bundleIndexFile(prefix));
  const reader = new BundleReader(index, prefix);
  const shards: Uint8Array[] = [];
  for (const shard of new Set(keys.map((key) => reader.entry(key).shard))) {
    const path = bundleDataFile(prefix, shard, reader.shardCount);
    // A missing one is the reader's to report, with the key that lies in it.
    if (await files.exists(path)) shards[shard] = await files.read(path);
  }
  return new BundleReader(index, prefix, shards);
}

/** The checkpoints beside a missing one, as a hint. */
async function neighbours(prefix: string): Promise<string> {
  const files = requireFiles();
  const directory = directoryOf(prefix);
  if (!(await files.isDirectory(directory))) return `the directory ${directory} does not exist`;
  const names = (await files.list(directory)).filter((name) => name.endsWith(".index"));
  if (names.length === 0) return `${directory} holds no checkpoints`;
  const shown = names.slice(-5).map((name) => name.replace(/\.index$/, ""));
  return `${directory} holds ${shown.join(", ")}`;
}

/** A checkpoint's value for a variable. @throws InvalidArgumentError where it does not fit */
export function fitting({ key, variable }: Saved, reader: BundleReader, options: SaverOptions): NdArray<NumericDType> {
  const { dtype: stored, shape } = reader.entry(key);
  const details = {
    op: variable.op.name,
    createdAt: variable.op.createdAt,
    hint: `key ${key} of ${reader.prefix} is ${stored} of shape ${bracketed(shape)}; restore it into a variable like that`,
  };
  const expected: string = variable.dtype;
  // The library's int32 stands for TensorFlow's int64 too.
  if (stored !== expected && !(stored === "int64" && expected === "int32"))
    throw new InvalidArgumentError(
      `tensor_name = ${key}; expected dtype ${expected} does not equal original dtype ${stored}`,
      details,
    );
  const value = reader.read(key) as NdArray<NumericDType>;
  const wanted = variable.partialShape;
  if (isCompatible(wanted, shape)) return value;
  if (options.reshape === true && isFullyDefined(wanted) && sizeOf(wanted) === sizeOf(shape))
    return value.reshape(wanted);
  throw new InvalidArgumentError(
    `Assign requires shapes of both tensors to match. lhs shape= ${bracketed(wanted)} rhs shape= ${bracketed(shape)}`,
    details,
  );
}

// ---- the state file ----

/**
 * Writes the state file of a directory. Relative paths are stored relative to it; with
 * `relativePaths` absolute ones too, so that the directory can be moved.
 */
export async function writeCheckpointState(
  directory: string,
  latest: string,
  all: readonly string[],
  options: LatestOptions & { readonly relativePaths?: boolean } = {},
): Promise<void> {
  const files = requireFiles();
  const stored = (prefix: string): string => {
    if (isAbsolute(prefix) !== isAbsolute(directory)) return prefix;
    return isAbsolute(prefix) && options.relativePaths !== true ? prefix : relativeTo(directory, prefix);
  };
  const listed = all.includes(latest) ? all : [...all, latest];
  const text = formatCheckpointState({
    modelCheckpointPath: stored(latest),
    allModelCheckpointPaths: listed.map(stored),
  });
  await files.writeAtomic(files.join(directory, stateFileName(options)), new TextEncoder().encode(text));
}

/** `path` as seen from `directory`, both absolute or both relative to the same place. */
export function relativeTo(directory: string, path: string): string {
  const parts = (p: string): string[] => p.split(/[\\/]/).filter((part) => part !== "" && part !== ".");
  const from = parts(directory);
  const to = parts(path);
  let common = 0;
  while (common < from.length && common < to.length - 1 && from[common] === to[common]) common++;
  return [...from.slice(common).map(() => ".."), ...to.slice(common)].join("/");
}

// ---- removing ----

/** Removes a checkpoint's files, the index first, so that no half of it is ever found. */
export async function removeCheckpoint(prefix: string): Promise<void> {
  const files = requireFiles();
  await files.remove(bundleIndexFile(prefix));
  await files.remove(metaFile(prefix));
  const directory = directoryOf(prefix);
  if (!(await files.isDirectory(directory))) return;
  const name = fileName(prefix);
  for (const file of await files.list(directory))
    if (file.startsWith(`${name}.data-`) && /^\d{5}-of-\d{5}$/.test(file.slice(name.length + 6)))
      await files.remove(files.join(directory, file));
}
