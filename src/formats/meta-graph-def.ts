/**
 * @file A checkpoint's `<prefix>.meta`: a graph with its collections and its saver, as TensorFlow's
 * MetaGraphDef in plain objects and its Protocol Buffers encoding. Imports only this folder.
 * Follows `core/protobuf/{meta_graph,saver}.proto` and `core/framework/variable.proto`.
 */
import { decodeGraphDef, type GraphDef, writeGraphDef } from "./graph-def.js";
import { encodeMessage, field, type MessageWriter, readMessage } from "./protobuf.js";

/** What one collection of a graph holds. */
export type CollectionDef =
  /** Names of nodes or tensors. */
  | { readonly nodeList: readonly string[] }
  /** Encoded messages, such as {@link encodeVariableDef} gives, or texts. */
  | { readonly bytesList: readonly Uint8Array[] }
  | { readonly int64List: readonly (number | bigint)[] }
  | { readonly floatList: readonly number[] };

/** The nodes of a graph that save and restore it. */
export interface SaverDef {
  /** Tensor that is fed the prefix, such as `save/Const:0`. */
  readonly filenameTensorName: string;
  /** Tensor whose evaluation saves, such as `save/control_dependency:0`. */
  readonly saveTensorName: string;
  /** Operation that restores, such as `save/restore_all`. */
  readonly restoreOpName: string;
  /** 0 keeps all. */
  readonly maxToKeep: number;
  readonly sharded: boolean;
  readonly keepCheckpointEveryNHours: number;
}

export interface MetaGraphDef {
  readonly graphDef: GraphDef;
  /** Name → contents; `variables` and `trainable_variables` hold encoded {@link VariableDef}s. */
  readonly collectionDef: Readonly<Record<string, CollectionDef>>;
  /** Only where the graph holds the nodes it names. */
  readonly saverDef?: SaverDef;
  readonly tags?: readonly string[];
  /** The TensorFlow version the graph follows; "1.3.0" unless given. */
  readonly tensorflowVersion?: string;
}

/** A variable as the collections hold it. */
export interface VariableDef {
  /** The variable's tensor, such as `dense/kernel:0`. */
  readonly variableName: string;
  readonly initialValueName: string;
  /** The operation that assigns the initial value. */
  readonly initializerName: string;
  /** The tensor that reads it, such as `dense/kernel/read:0`. */
  readonly snapshotName: string;
  readonly isResource: boolean;
  readonly trainable: boolean;
}

/** The V2 format of checkpoints, which is the one the library writes. */
const SAVER_VERSION_V2 = 2;

export function encodeMetaGraphDef(meta: MetaGraphDef): Uint8Array {
  return encodeMessage((writer) => {
    writer.message(1, (info) => {
      for (const tag of meta.tags ?? []) info.string(4, tag, "explicit");
      info.string(5, meta.tensorflowVersion ?? "1.3.0");
    });
    writer.message(2, (graph) => writeGraphDef(graph, meta.graphDef));
    const { saverDef } = meta;
    if (saverDef !== undefined) writer.message(3, (saver) => writeSaverDef(saver, saverDef));
    for (const name of Object.keys(meta.collectionDef).sort()) {
      const collection = meta.collectionDef[name];
      if (collection === undefined) continue;
      writer.message(4, (entry) => entry.string(1, name).message(2, (value) => writeCollection(value, collection)));
    }
  });
}

function writeSaverDef(writer: MessageWriter, saver: SaverDef): void {
  writer
    .string(1, saver.filenameTensorName)
    .string(2, saver.saveTensorName)
    .string(3, saver.restoreOpName)
    .int(4, saver.maxToKeep)
    .bool(5, saver.sharded)
    .float(6, saver.keepCheckpointEveryNHours)
    .int(7, SAVER_VERSION_V2);
}

function writeCollection(writer: MessageWriter, collection: CollectionDef): void {
  if ("nodeList" in collection)
    writer.message(1, (list) => {
      for (const name of collection.nodeList) list.string(1, name, "explicit");
    });
  else if ("bytesList" in collection)
    writer.message(2, (list) => {
      for (const value of collection.bytesList) list.bytes(1, value, "explicit");
    });
  else if ("int64List" in collection) writer.message(3, (list) => list.packedInts(1, collection.int64List));
  else writer.message(4, (list) => list.packedFloats(1, collection.floatList));
}

export function encodeVariableDef(variable: VariableDef): Uint8Array {
  return encodeMessage((writer) =>
    writer
      .string(1, variable.variableName)
      .string(2, variable.initializerName)
      .string(3, variable.snapshotName)
      .bool(5, variable.isResource)
      .string(6, variable.initialValueName)
      .bool(7, variable.trainable),
  );
}

/**
 * Reads a MetaGraphDef. Collections of other kinds of message than {@link CollectionDef} are left out.
 * @param where what error messages call it, such as the file's name
 * @throws DataLossError where the bytes are none
 */
export function decodeMetaGraphDef(bytes: Uint8Array, where = "MetaGraphDef"): MetaGraphDef {
  let graphDef: GraphDef = { node: [], versions: { producer: 0 } };
  let saverDef: SaverDef | undefined;
  const collectionDef: Record<string, CollectionDef> = {};
  const tags: string[] = [];
  let tensorflowVersion = "";
  readMessage(bytes, where, {
    1: field.bytes((info) =>
      readMessage(info, where, {
        4: field.string((tag) => tags.push(tag)),
        5: field.string((version) => (tensorflowVersion = version)),
      }),
    ),
    2: field.bytes((graph) => (graphDef = decodeGraphDef(graph, where))),
    3: field.bytes((saver) => (saverDef = decodeSaverDef(saver, where))),
    4: field.bytes((entry) => readCollection(entry, collectionDef, where)),
  });
  return { graphDef, collectionDef, ...(saverDef !== undefined && { saverDef }), tags, tensorflowVersion };
}

function decodeSaverDef(bytes: Uint8Array, where: string): SaverDef {
  let [filenameTensorName, saveTensorName, restoreOpName] = ["", "", ""];
  let [maxToKeep, keepCheckpointEveryNHours] = [0, 0];
  let sharded = false;
  readMessage(bytes, `saver of ${where}`, {
    1: field.string((value) => (filenameTensorName = value)),
    2: field.string((value) => (saveTensorName = value)),
    3: field.string((value) => (restoreOpName = value)),
    4: field.int32((value) => (maxToKeep = value)),
    5: field.bool((value) => (sharded = value)),
    6: field.float((value) => (keepCheckpointEveryNHours = value)),
  });
  return { filenameTensorName, saveTensorName, restoreOpName, maxToKeep, sharded, keepCheckpointEveryNHours };
}

function readCollection(entry: Uint8Array, into: Record<string, CollectionDef>, graph: string): void {
  let name = "";
  let value: Uint8Array = new Uint8Array();
  const where = `collection of ${graph}`;
  readMessage(entry, where, {
    1: field.string((key) => (name = key)),
    2: field.bytes((bytes) => (value = bytes)),
  });
  readMessage(value, where, {
    1: field.bytes((list) => {
      const nodeList: string[] = [];
      readMessage(list, where, { 1: field.string((node) => nodeList.push(node)) });
      into[name] = { nodeList };
    }),
    2: field.bytes((list) => {
      const bytesList: Uint8Array[] = [];
      readMessage(list, where, { 1: field.bytes((bytes) => bytesList.push(bytes)) });
      into[name] = { bytesList };
    }),
    3: field.bytes((list) => {
      const int64List: (number | bigint)[] = [];
      readMessage(list, where, { 1: field.int64((int) => int64List.push(int)) });
      into[name] = { int64List };
    }),
    4: field.bytes((list) => {
      const floatList: number[] = [];
      readMessage(list, where, { 1: field.float((float) => floatList.push(float)) });
      into[name] = { floatList };
    }),
  });
}

export function decodeVariableDef(bytes: Uint8Array, where = "VariableDef"): VariableDef {
  let [variableName, initialValueName, initializerName, snapshotName] = ["", "", "", ""];
  let isResource = false;
  let trainable = false;
  readMessage(bytes, where, {
    1: field.string((value) => (variableName = value)),
    2: field.string((value) => (initializerName = value)),
    3: field.string((value) => (snapshotName = value)),
    5: field.bool((value) => (isResource = value)),
    6: field.string((value) => (initialValueName = value)),
    7: field.bool((value) => (trainable = value)),
  });
  return { variableName, initialValueName, initializerName, snapshotName, isResource, trainable };
}
