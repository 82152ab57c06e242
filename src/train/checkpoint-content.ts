/**
 * @file The files of a checkpoint: writing all of them or none, reading and removing them. What the bytes mean is
 * `formats`' business. Loaded where a checkpoint is written or read: most pages do neither. May import `platform`,
 * `formats` and `core`.
 */
import { platform } from "#platform";
import { NotFoundError } from "../core/index.js";
import { BundleReader, type BundleTensor, bundleDataFile, bundleIndexFile, writeBundle } from "../formats/index.js";
import { checkpointExists, directoryOf, fileName, requireFiles } from "./checkpoint-files.js";

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
