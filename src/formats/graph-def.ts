/**
 * @file Graphs as data: TensorFlow's GraphDef in plain objects, and its Protocol Buffers encoding.
 * Imports only `core` and this folder. Encoding is deterministic (attributes in name order), and
 * decoding keeps what an object here can say; an attribute of an unknown kind is an error.
 * Follows `core/framework/{graph,node_def,attr_value,function,versions}.proto`.
 */
import { type PartialShape, UnimplementedError } from "../core/index.js";
import { encodeMessage, type FieldReader, field, type MessageWriter, readMessage } from "./protobuf.js";
import {
  type DataType,
  dataTypeName,
  dataTypeNumber,
  decodeShape,
  decodeTensorProto,
  type TensorProto,
  writeShape,
  writeTensorProto,
} from "./tensor-proto.js";

/** A function's name with its attributes. */
export interface NameAttrList {
  readonly name: string;
  readonly attr: Readonly<Record<string, AttrValue>>;
}

/** The kinds of value an attribute can have, under TensorFlow's one-letter names. */
export interface AttrKinds {
  /** Text, or bytes where they are no UTF-8. */
  readonly s: string | Uint8Array;
  /** A bigint beyond 2^53. */
  readonly i: number | bigint;
  readonly f: number;
  readonly b: boolean;
  readonly type: DataType;
  readonly shape: PartialShape;
  readonly tensor: TensorProto;
  readonly func: NameAttrList;
}

type OneOf<T> = { [K in keyof T]: { readonly [P in K]: T[K] } }[keyof T];

/** A list of values of one kind; an empty list has none. */
export type AttrList = OneOf<{ [K in keyof AttrKinds]: readonly AttrKinds[K][] }> | Readonly<Record<string, never>>;
/** `{ i: 3 }`, `{ type: "float32" }`, `{ shape: [null, 784] }`, `{ list: { s: ["a", "b"] } }`, … */
export type AttrValue = OneOf<AttrKinds> | { readonly list: AttrList } | { readonly placeholder: string };

/** One operation. */
export interface NodeDef {
  readonly name: string;
  /** The operation's type, such as `MatMul`. */
  readonly op: string;
  /** `node` (its output 0), `node:k` or, for a control input, `^node`; control inputs last. */
  readonly input: readonly string[];
  /** Empty where the runtime chooses. */
  readonly device?: string;
  readonly attr: Readonly<Record<string, AttrValue>>;
}

export interface GraphDef {
  readonly node: readonly NodeDef[];
  readonly versions: { readonly producer: number; readonly minConsumer?: number };
  /** An encoded FunctionDefLibrary, carried along unread. */
  readonly library?: Uint8Array;
}

// ---- encoding ----

/** The bytes of a GraphDef, as in a `.pb` file. */
export const encodeGraphDef = (graph: GraphDef): Uint8Array => encodeMessage((writer) => writeGraphDef(writer, graph));

export function writeGraphDef(writer: MessageWriter, graph: GraphDef): void {
  for (const node of graph.node) writer.message(1, (message) => writeNode(message, node));
  if (graph.library !== undefined) writer.bytes(2, graph.library);
  writer.message(4, (versions) => versions.int(1, graph.versions.producer).int(2, graph.versions.minConsumer ?? 0));
}

function writeNode(writer: MessageWriter, node: NodeDef): void {
  writer.string(1, node.name).string(2, node.op);
  for (const input of node.input) writer.string(3, input, "explicit");
  writer.string(4, node.device ?? "");
  writeAttrs(writer, 5, node.attr);
}

function writeAttrs(writer: MessageWriter, number: number, attrs: Readonly<Record<string, AttrValue>>): void {
  for (const name of Object.keys(attrs).sort()) {
    const value = attrs[name];
    if (value === undefined) continue;
    writer.message(number, (entry) => entry.string(1, name).message(2, (message) => writeAttr(message, value)));
  }
}

const bytesOf = (value: string | Uint8Array): Uint8Array =>
  typeof value === "string" ? new TextEncoder().encode(value) : value;

function writeFunc(writer: MessageWriter, { name, attr }: NameAttrList): void {
  writer.string(1, name);
  writeAttrs(writer, 2, attr);
}

function writeAttr(writer: MessageWriter, value: AttrValue): void {
  if ("list" in value) writer.message(1, (message) => writeAttrList(message, value.list));
  else if ("s" in value) writer.bytes(2, bytesOf(value.s), "explicit");
  else if ("i" in value) writer.int(3, value.i, "explicit");
  else if ("f" in value) writer.float(4, value.f, "explicit");
  else if ("b" in value) writer.bool(5, value.b, "explicit");
  else if ("type" in value) writer.int(6, dataTypeNumber(value.type), "explicit");
  else if ("shape" in value) writer.message(7, (message) => writeShape(message, value.shape));
  else if ("tensor" in value) writer.message(8, (message) => writeTensorProto(message, value.tensor));
  else if ("func" in value) writer.message(10, (message) => writeFunc(message, value.func));
  else writer.string(9, value.placeholder, "explicit");
}

function writeAttrList(writer: MessageWriter, list: AttrList): void {
  const values: { readonly [K in keyof AttrKinds]?: readonly AttrKinds[K][] } = list;
  for (const text of values.s ?? []) writer.bytes(2, bytesOf(text), "explicit");
  writer.packedInts(3, values.i ?? []);
  writer.packedFloats(4, values.f ?? []);
  writer.packedBools(5, values.b ?? []);
  writer.packedInts(6, (values.type ?? []).map(dataTypeNumber));
  for (const shape of values.shape ?? []) writer.message(7, (message) => writeShape(message, shape));
  for (const tensor of values.tensor ?? []) writer.message(8, (message) => writeTensorProto(message, tensor));
  for (const func of values.func ?? []) writer.message(9, (message) => writeFunc(message, func));
}

// ---- decoding ----

/**
 * Reads a GraphDef.
 * @param where what error messages call it, such as the file's name
 * @throws DataLossError where the bytes are none
 * @throws UnimplementedError for element types or attributes unknown here
 */
export function decodeGraphDef(bytes: Uint8Array, where = "GraphDef"): GraphDef {
  const node: NodeDef[] = [];
  let library: Uint8Array | undefined;
  let producer = 0;
  let minConsumer = 0;
  readMessage(bytes, where, {
    1: field.bytes((value) => node.push(decodeNode(value, where))),
    2: field.bytes((value) => (library = value)),
    4: field.bytes((value) =>
      readMessage(value, where, {
        1: field.int32((version) => (producer = version)),
        2: field.int32((version) => (minConsumer = version)),
      }),
    ),
  });
  const versions = minConsumer === 0 ? { producer } : { producer, minConsumer };
  return { node, versions, ...(library !== undefined && { library }) };
}

function decodeNode(bytes: Uint8Array, graph: string): NodeDef {
  let name = "";
  let op = "";
  let device = "";
  const input: string[] = [];
  const attr: Record<string, AttrValue> = {};
  readMessage(bytes, `node of ${graph}`, {
    1: field.string((value) => (name = value)),
    2: field.string((value) => (op = value)),
    3: field.string((value) => input.push(value)),
    4: field.string((value) => (device = value)),
    // The name stands before the attributes in every file, so that an error can give it.
    5: field.bytes((value) => readAttr(value, attr, `node "${name}" of ${graph}`)),
  });
  return { name, op, input, ...(device !== "" && { device }), attr };
}

function readAttr(entry: Uint8Array, into: Record<string, AttrValue>, where: string): void {
  let name = "";
  let bytes: Uint8Array = new Uint8Array();
  readMessage(entry, `attribute of ${where}`, {
    1: field.string((value) => (name = value)),
    2: field.bytes((value) => (bytes = value)),
  });
  into[name] = decodeAttr(bytes, `attribute "${name}" of ${where}`);
}

function decodeAttr(bytes: Uint8Array, where: string): AttrValue {
  let attr: AttrValue | undefined;
  readMessage(bytes, where, {
    ...kindReaders(where, (value) => (attr = value)),
    1: field.bytes((value) => (attr = { list: decodeAttrList(value, where) })),
    9: field.string((placeholder) => (attr = { placeholder })),
    10: field.bytes((value) => (attr = { func: decodeFunc(value, where) })),
  });
  if (attr === undefined) throw new UnimplementedError(`The ${where} has no value of a known kind`);
  return attr;
}

function decodeAttrList(bytes: Uint8Array, where: string): AttrList {
  const lists: Record<string, unknown[]> = {};
  const append = (value: OneOf<AttrKinds>): void => {
    for (const [kind, element] of Object.entries(value)) {
      const list = lists[kind] ?? [];
      list.push(element);
      lists[kind] = list;
    }
  };
  readMessage(bytes, where, {
    ...kindReaders(where, append),
    9: field.bytes((value) => append({ func: decodeFunc(value, where) })),
  });
  return lists as unknown as AttrList;
}

/** Readers of the fields that have the same number in an AttrValue and in its lists. */
function kindReaders(where: string, take: (value: OneOf<AttrKinds>) => void): Readonly<Record<number, FieldReader>> {
  return {
    2: field.bytes((value) => take({ s: textOf(value) })),
    3: field.int64((i) => take({ i })),
    4: field.float((f) => take({ f })),
    5: field.bool((b) => take({ b })),
    6: field.int32((value) => take({ type: dataTypeName(value, where) })),
    7: field.bytes((value) => take({ shape: decodeShape(value, where) })),
    8: field.bytes((value) => take({ tensor: decodeTensorProto(value, where) })),
  };
}

function textOf(bytes: Uint8Array): string | Uint8Array {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes;
  }
}

function decodeFunc(bytes: Uint8Array, where: string): NameAttrList {
  let name = "";
  const attr: Record<string, AttrValue> = {};
  readMessage(bytes, where, {
    1: field.string((value) => (name = value)),
    2: field.bytes((value) => readAttr(value, attr, `function of ${where}`)),
  });
  return { name, attr };
}
