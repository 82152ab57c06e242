/**
 * @file Checkpoints that say which network they hold. `strata train --save` writes it into the graph, and so
 * into `<prefix>.meta` beside the values; `strata predict` and `strata summary` read it there.
 */

import { platform } from "#platform";
import { DataLossError, NotFoundError, UnimplementedError } from "../core/index.js";
import {
  type BundleEntry,
  BundleReader,
  bundleIndexFile,
  decodeMetaGraphDef,
  decodeVariableDef,
  type MetaGraphDef,
} from "../formats/index.js";
import { type Graph, GraphKeys } from "../graph/index.js";
import { namesKey } from "../keras/models/weight-files.js";
import type { FileSystem } from "../platform/types.js";
import { checkpointExists, latestCheckpoint } from "../train/index.js";
import type { DataKind } from "./digits.js";
import { isNetworkName, type NetworkName, networkNames } from "./networks.js";
import { version } from "./version.js";

/** What a checkpoint says of itself. */
export interface NetworkDescription {
  readonly network: NetworkName;
  /** Which pictures it knows. */
  readonly data: DataKind;
}

/** One variable in a checkpoint. */
export interface SavedVariable extends Pick<BundleEntry, "dtype" | "shape"> {
  readonly name: string;
  readonly trainable: boolean;
}

/** A checkpoint that has been found, its values not yet read. */
export interface SavedNetwork {
  /** What `Saver.restore` takes. */
  readonly prefix: string;
  /** Undefined where another program has saved it. */
  readonly description: NetworkDescription | undefined;
  /** In the order of their names. */
  readonly variables: readonly SavedVariable[];
}

/** The collection of a graph that holds the description. */
const COLLECTION = "tensorstrata/network";
const HOW_TO_SAVE = "train a network with strata train --save runs/digits, then name it with --model runs/digits";

/** Makes all checkpoints of a graph say what it is. */
export function describeIn(graph: Graph, description: NetworkDescription): void {
  graph.addToCollection(COLLECTION, JSON.stringify({ ...description, version }));
}

/**
 * Finds a checkpoint and reads what it says of itself.
 * @param path a directory, for its latest checkpoint; or a checkpoint's prefix or one of its files
 * @throws NotFoundError where there is none, DataLossError where it is damaged
 */
export async function openSaved(path: string): Promise<SavedNetwork> {
  const { files } = platform;
  if (files === undefined) throw new UnimplementedError("There are no files here to read checkpoints from");
  const prefix = await prefixOf(path, files);
  const reader = new BundleReader(await files.read(bundleIndexFile(prefix)), prefix);
  const metaPath = `${prefix}.meta`;
  const meta = (await files.exists(metaPath)) ? decodeMetaGraphDef(await files.read(metaPath), metaPath) : undefined;
  const trainable = trainableNames(meta, metaPath);
  const keys = reader.keys().filter((name) => name !== namesKey);
  const variables = keys.map((name): SavedVariable => {
    const { dtype, shape } = reader.entry(name);
    return { name, dtype, shape, trainable: trainable.has(name) };
  });
  return { prefix, description: descriptionIn(meta, metaPath), variables };
}

async function prefixOf(path: string, files: FileSystem): Promise<string> {
  if (await files.isDirectory(path)) {
    const latest = (await latestCheckpoint(path)) ?? (await newestIn(path, files));
    if (latest !== undefined) return latest;
    throw new NotFoundError(`There is no checkpoint in ${path === "." ? "this directory" : path}`, {
      hint: HOW_TO_SAVE,
    });
  }
  const prefix = path.replace(/\.(index|meta|data-\d{5}-of-\d{5})$/, "");
  if (await checkpointExists(prefix)) return prefix;
  throw new NotFoundError(`There is no checkpoint at ${prefix}`, { hint: HOW_TO_SAVE });
}

/** The checkpoint of most steps; for a directory that was moved, whose state file names the place it was in. */
async function newestIn(directory: string, files: FileSystem): Promise<string | undefined> {
  const stepOf = (name: string): number => Number(/-(\d+)\.index$/.exec(name)?.[1] ?? -1);
  const names = (await files.list(directory)).filter((name) => name.endsWith(".index") && !name.startsWith("."));
  const newest = names.sort((a, b) => stepOf(a) - stepOf(b)).at(-1);
  return newest === undefined ? undefined : files.join(directory, newest.replace(/\.index$/, ""));
}

function trainableNames(meta: MetaGraphDef | undefined, where: string): ReadonlySet<string> {
  const collection = meta?.collectionDef[GraphKeys.TRAINABLE_VARIABLES];
  if (collection === undefined || !("bytesList" in collection)) return new Set();
  const names = collection.bytesList.map((bytes) => decodeVariableDef(bytes, where).variableName);
  return new Set(names.map((name) => name.replace(/:\d+$/, "")));
}

function descriptionIn(meta: MetaGraphDef | undefined, where: string): NetworkDescription | undefined {
  const collection = meta?.collectionDef[COLLECTION];
  const [bytes] = collection !== undefined && "bytesList" in collection ? collection.bytesList : [];
  if (bytes === undefined) return undefined;
  const { network, data, version: by } = parsed(bytes, where);
  if (!isNetworkName(network) || (data !== "digits" && data !== "fashion"))
    throw new UnimplementedError(`${where} holds the network ${String(network)}, trained on ${String(data)}`, {
      hint: `version ${String(by)} wrote it; this is ${version}, which knows ${networkNames.join(", ")}`,
    });
  return { network, data };
}

function parsed(bytes: Uint8Array, where: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Said below.
  }
  throw new DataLossError(`${where} is damaged: what it says of its network cannot be read`);
}
