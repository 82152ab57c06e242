/**
 * @file TensorFlow's element types, shapes and tensors as Protocol Buffers: `DataType`,
 * `TensorShapeProto` and `TensorProto`, which checkpoints, graphs and summaries share. Imports only
 * `core` and this folder. Every element type can be read; `NdArray`s exist for the library's own.
 */
import {
  type ConcreteShape,
  DataLossError,
  type DType,
  dtypeFacts,
  isDType,
  NdArray,
  type PartialShape,
  sizeOf,
  UnimplementedError,
  viewStorage,
} from "../core/index.js";
import { encodeMessage, type FieldReader, field, type MessageWriter, readMessage } from "./protobuf.js";

/** Enum number in `types.proto`, and bytes of one element (0 where elements have no fixed size). */
const dataTypeFacts = {
  float32: { proto: 1, bytes: 4 },
  float64: { proto: 2, bytes: 8 },
  int32: { proto: 3, bytes: 4 },
  uint8: { proto: 4, bytes: 1 },
  int16: { proto: 5, bytes: 2 },
  int8: { proto: 6, bytes: 1 },
  string: { proto: 7, bytes: 0 },
  complex64: { proto: 8, bytes: 8 },
  int64: { proto: 9, bytes: 8 },
  bool: { proto: 10, bytes: 1 },
  qint8: { proto: 11, bytes: 1 },
  quint8: { proto: 12, bytes: 1 },
  qint32: { proto: 13, bytes: 4 },
  bfloat16: { proto: 14, bytes: 2 },
  qint16: { proto: 15, bytes: 2 },
  quint16: { proto: 16, bytes: 2 },
  uint16: { proto: 17, bytes: 2 },
  complex128: { proto: 18, bytes: 16 },
  float16: { proto: 19, bytes: 2 },
  resource: { proto: 20, bytes: 0 },
  variant: { proto: 21, bytes: 0 },
  uint32: { proto: 22, bytes: 4 },
  uint64: { proto: 23, bytes: 8 },
  float8_e5m2: { proto: 24, bytes: 1 },
  float8_e4m3fn: { proto: 25, bytes: 1 },
} as const satisfies Record<string, { proto: number; bytes: number }>;

/** TensorFlow's name of an element type that a tensor can have. */
export type BaseDataType = keyof typeof dataTypeFacts;
/** An element type; `float32_ref` and its like are references to variables of that type. */
export type DataType = BaseDataType | `${BaseDataType}_ref`;

const dataTypes = Object.keys(dataTypeFacts) as BaseDataType[];
const byNumber = new Map(dataTypes.map((name) => [dataTypeFacts[name].proto as number, name]));
const REFERENCE_OFFSET = 100;

const baseOf = (type: DataType): BaseDataType => type.replace(/_ref$/, "") as BaseDataType;

/** Enum number of an element type. */
export function dataTypeNumber(type: DataType): number {
  const base = baseOf(type);
  return dataTypeFacts[base].proto + (base === type ? 0 : REFERENCE_OFFSET);
}

/**
 * Name of an element type.
 * @param where what carries the number; for the error
 * @throws UnimplementedError for a number without a name
 */
export function dataTypeName(number: number, where: string): DataType {
  const base = byNumber.get(number % REFERENCE_OFFSET);
  if (base === undefined || number >= 2 * REFERENCE_OFFSET)
    throw new UnimplementedError(`${where} has the element type number ${number}, which is not supported`);
  return number > REFERENCE_OFFSET ? `${base}_ref` : base;
}

/** Bytes of one element, 0 where they have no fixed size (strings, resources). */
export const elementBytes = (type: DataType): number => dataTypeFacts[baseOf(type)].bytes;

// ---- TensorShapeProto ----

export function writeShape(writer: MessageWriter, shape: PartialShape): void {
  if (shape === null) writer.bool(3, true);
  else for (const size of shape) writer.message(2, (dimension) => dimension.int(1, size ?? -1));
}

/** The shape in a TensorShapeProto; unknown dimensions and an unknown rank are `null`. */
export function decodeShape(bytes: Uint8Array, where: string): PartialShape {
  const shape: (number | null)[] = [];
  let unknownRank = false;
  readMessage(bytes, where, {
    2: field.bytes((dimension) => {
      let size = 0;
      readMessage(dimension, where, { 1: field.integer((value) => (size = value)) });
      shape.push(size < 0 ? null : size);
    }),
    3: field.bool((value) => (unknownRank = value)),
  });
  return unknownRank ? null : shape;
}

// ---- TensorProto ----

/** A constant: its elements as little-endian bytes in row-major order, or as strings of bytes. */
export type TensorProto =
  | { readonly dtype: Exclude<BaseDataType, "string">; readonly shape: ConcreteShape; readonly content: Uint8Array }
  | { readonly dtype: "string"; readonly shape: ConcreteShape; readonly strings: readonly Uint8Array[] };

/**
 * The values of a constant.
 * @throws UnimplementedError for an element type the library has not, such as float16
 */
export function arrayOfTensorProto(tensor: TensorProto): NdArray {
  if (tensor.dtype === "string") {
    const text = new TextDecoder();
    return new NdArray(
      "string",
      tensor.shape,
      tensor.strings.map((element) => text.decode(element)),
    );
  }
  if (!isDType(tensor.dtype))
    throw new UnimplementedError(`A constant of dtype ${tensor.dtype} cannot become an array`, {
      hint: `cast it to one of ${supportedDTypes}`,
    });
  return arrayOfBytes(tensor.dtype, tensor.shape, tensor.content);
}

/** The element types an array can have, as an error message lists them. */
export const supportedDTypes = Object.keys(dtypeFacts)
  .filter((dtype) => dtype !== "string")
  .join(", ");

/** An array of its own over a copy of little-endian `bytes`, which may lie unaligned. */
export function arrayOfBytes(dtype: Exclude<DType, "string">, shape: ConcreteShape, bytes: Uint8Array): NdArray {
  const copy = new Uint8Array(bytes); // not slice(), which does not copy a Node Buffer
  return new NdArray<DType>(dtype, shape, viewStorage(dtype, copy.buffer, 0, copy.length / dtypeFacts[dtype].bytes));
}

export function writeTensorProto(writer: MessageWriter, tensor: TensorProto): void {
  writer.int(1, dataTypeNumber(tensor.dtype)).message(2, (shape) => writeShape(shape, tensor.shape));
  if (tensor.dtype !== "string") writer.bytes(4, tensor.content);
  else for (const element of tensor.strings) writer.bytes(8, element, "explicit");
}

export const encodeTensorProto = (tensor: TensorProto): Uint8Array =>
  encodeMessage((writer) => writeTensorProto(writer, tensor));

/** No constant in a graph is larger: a protocol buffer ends at 2 GiB. */
const MAXIMUM_CONTENT = 2 ** 31;
/** What a string counts for against that limit, so that a few bytes cannot ask for billions of them. */
const STRING_COST = 128;

/**
 * Reads a constant. Values may stand as raw content or in the list of their type, where a list
 * that is too short repeats its last value.
 * @throws DataLossError where shape and content do not fit
 */
export function decodeTensorProto(bytes: Uint8Array, where: string): TensorProto {
  let number = 0;
  let shape: PartialShape = [];
  let content: Uint8Array | undefined;
  const strings: Uint8Array[] = [];
  const values: (number | bigint)[] = [];
  const listed = (read: (take: (value: number | bigint) => void) => FieldReader): FieldReader =>
    read((value) => values.push(value));
  readMessage(bytes, where, {
    1: field.int32((value) => (number = value)),
    2: field.bytes((value) => (shape = decodeShape(value, where))),
    4: field.bytes((value) => (content = value)),
    5: listed(field.float),
    6: listed(field.double),
    7: listed(field.int32),
    8: field.bytes((value) => strings.push(value)),
    9: listed(field.float),
    10: listed(field.int64),
    11: field.bool((value) => values.push(Number(value))),
    12: listed(field.double),
    13: listed(field.int32),
    16: listed(field.uint32),
    17: listed(field.uint64),
    18: field.bytes((value) => {
      for (const byte of value) values.push(byte);
    }),
  });
  const dtype = baseOf(dataTypeName(number, where));
  const concrete = concreteShape(shape, where);
  const size = sizeOf(concrete);
  if (!(size * (elementBytes(dtype) || STRING_COST) <= MAXIMUM_CONTENT))
    throw new DataLossError(`${where} claims ${size} elements, more than a constant can hold`);
  if (dtype === "string")
    return { dtype, shape: concrete, strings: repeatLast(strings, size, new Uint8Array(), where) };
  content ??= contentOf(dtype, values, size, where);
  if (content.length !== size * elementBytes(dtype))
    throw new DataLossError(`${where} holds ${content.length} bytes for ${size} elements of dtype ${dtype}`);
  return { dtype, shape: concrete, content };
}

/** @throws DataLossError where a dimension is unknown */
export function concreteShape(shape: PartialShape, where: string): ConcreteShape {
  if (shape === null || shape.some((size) => size === null))
    throw new DataLossError(`${where} has a shape with unknown dimensions`);
  return shape as ConcreteShape;
}

/** Writes one component of an element; a complex element has two. */
type ComponentWriter = readonly [bytes: number, write: (view: DataView, at: number, value: number | bigint) => void];

const float32Component: ComponentWriter = [4, (view, at, value) => view.setFloat32(at, Number(value), true)];
const float64Component: ComponentWriter = [8, (view, at, value) => view.setFloat64(at, Number(value), true)];
const integerComponents: Readonly<Record<number, ComponentWriter>> = {
  1: [1, (view, at, value) => view.setUint8(at, Number(value))],
  2: [2, (view, at, value) => view.setUint16(at, Number(value), true)],
  4: [4, (view, at, value) => view.setUint32(at, Number(value), true)],
  8: [8, (view, at, value) => view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true)],
};

function componentOf(dtype: BaseDataType): ComponentWriter | undefined {
  if (dtype === "float32" || dtype === "complex64") return float32Component;
  if (dtype === "float64" || dtype === "complex128") return float64Component;
  return integerComponents[elementBytes(dtype)];
}

function contentOf(dtype: BaseDataType, values: readonly (number | bigint)[], size: number, where: string): Uint8Array {
  const component = componentOf(dtype);
  if (component === undefined) throw new UnimplementedError(`${where} has dtype ${dtype}, which is not supported`);
  const [bytes, write] = component;
  const perElement = elementBytes(dtype) / bytes;
  const content = new Uint8Array(size * elementBytes(dtype));
  const view = new DataView(content.buffer);
  if (values.length > size * perElement)
    throw new DataLossError(`${where} holds ${values.length / perElement} values for ${size} elements`);
  values.forEach((value, i) => {
    write(view, i * bytes, value);
  });
  const given = values.length * bytes;
  if (given > 0)
    for (let at = given; at < content.length; at++) content[at] = content[at - elementBytes(dtype)] as number;
  return content;
}

function repeatLast<T>(values: readonly T[], size: number, otherwise: T, where: string): T[] {
  if (values.length > size) throw new DataLossError(`${where} holds ${values.length} values for ${size} elements`);
  const last = values.at(-1) ?? otherwise;
  return Array.from({ length: size }, (_, i) => values[i] ?? last);
}
