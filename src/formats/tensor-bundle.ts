/**
 * @file TensorFlow's V2 checkpoints ("tensor bundles"): `<prefix>.index`, a table of what lies
 * where, and `<prefix>.data-0000k-of-0000n`, the raw little-endian bytes. Pure functions on bytes;
 * whoever calls them does the reading and writing of files. Imports only `core` and this folder.
 * Follows `core/util/tensor_bundle/tensor_bundle.cc` and `core/protobuf/tensor_bundle.proto`.
 */
import {
  ArgumentError,
  bracketed,
  type ConcreteShape,
  DataLossError,
  type DType,
  DTypeError,
  isDType,
  NdArray,
  NotFoundError,
  type NumericDType,
  type PartialShape,
  ShapeError,
  sizeOf,
  type TypedArray,
  UnimplementedError,
} from "../core/index.js";
import { maskedCrc32c } from "./crc32c.js";
import { encodeMessage, field, readMessage } from "./protobuf.js";
import { compareBytes, readTable, writeTable } from "./sstable.js";
import {
  arrayOfBytes,
  concreteShape,
  type DataType,
  dataTypeName,
  dataTypeNumber,
  decodeShape,
  elementBytes,
  supportedDTypes,
  writeShape,
} from "./tensor-proto.js";

/** The format's version that this file writes and reads. */
const BUNDLE_VERSION = 1;
/** Key of the header; it sorts before every name. */
const HEADER_KEY = "";
/** Keys that begin so are slices of tensors, not names. */
const SLICE_PREFIX = "\0";

/** `<prefix>.index` */
export const bundleIndexFile = (prefix: string): string => `${prefix}.index`;

/** `<prefix>.data-0000k-of-0000n`; one shard unless told otherwise. */
export function bundleDataFile(prefix: string, shard = 0, shardCount = 1): string {
  const digits = (number: number): string => String(number).padStart(5, "0");
  return `${prefix}.data-${digits(shard)}-of-${digits(shardCount)}`;
}

// ---- writing ----

/** One tensor to save. `int64` takes 32-bit data and widens it: what TensorFlow stores for steps and indices. */
export interface BundleTensor {
  /** The key in the checkpoint; not empty. */
  readonly name: string;
  readonly dtype: DType | "int64";
  readonly shape: ConcreteShape;
  /** Row-major elements: the typed array of `dtype`; `Int32Array` or `BigInt64Array` for int64. */
  readonly data: TypedArray | BigInt64Array | readonly string[];
}

/** The contents of a checkpoint's two files. */
export interface BundleFiles {
  /** Contents of {@link bundleIndexFile}. */
  readonly index: Uint8Array;
  /** Contents of {@link bundleDataFile}, in pieces to be written one after the other. */
  readonly data: readonly Uint8Array[];
}

/**
 * A checkpoint of one shard. The pieces of `data` are views of the tensors' own data: do not change
 * it before they are written. Byte for byte what TensorFlow's Saver writes for the same tensors.
 *
 * @throws ArgumentError for an empty or repeated name
 * @throws ShapeError, DTypeError where data does not fit shape or dtype
 * @throws UnimplementedError for strings
 */
export function writeBundle(tensors: Iterable<BundleTensor>): BundleFiles {
  const text = new TextEncoder();
  const sorted = Array.from(tensors, (tensor) => ({ key: text.encode(tensor.name), tensor }));
  sorted.sort((a, b) => compareBytes(a.key, b.key));
  const header = encodeMessage((message) => message.int(1, 1).message(3, (version) => version.int(1, BUNDLE_VERSION)));
  const entries = [{ key: text.encode(HEADER_KEY), value: header }];
  const data: Uint8Array[] = [];
  let offset = 0;
  sorted.forEach(({ key, tensor }, i) => {
    if (tensor.name.startsWith(SLICE_PREFIX) || tensor.name === HEADER_KEY)
      throw new ArgumentError(`"${tensor.name}" cannot name a tensor in a checkpoint`, { hint: "give it a name" });
    if (sorted[i + 1]?.tensor.name === tensor.name)
      throw new ArgumentError(`Two tensors of one checkpoint are called "${tensor.name}"`, {
        hint: "give each tensor its own name",
      });
    const { dtype, bytes } = bytesOf(tensor);
    const value = encodeMessage((message) =>
      message
        .int(1, dataTypeNumber(dtype))
        .message(2, (shape) => writeShape(shape, tensor.shape))
        .int(4, offset)
        .int(5, bytes.length)
        .fixed32(6, maskedCrc32c(bytes)),
    );
    entries.push({ key, value });
    if (bytes.length > 0) data.push(bytes);
    offset += bytes.length;
  });
  return { index: writeTable(entries), data };
}

const storageTypes = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const satisfies Record<NumericDType | "int64", unknown>;

function bytesOf({ name, dtype, shape, data }: BundleTensor): { dtype: NumericDType | "int64"; bytes: Uint8Array } {
  if (dtype === "string")
    throw new UnimplementedError(`Tensor "${name}" has dtype string, which cannot be saved in a checkpoint`, {
      hint: `save tensors of dtype ${supportedDTypes} or int64`,
    });
  if (sizeOf(shape) !== data.length)
    throw new ShapeError(
      `Tensor "${name}" of shape ${bracketed(shape)} has ${sizeOf(shape)} elements, but ${data.length} were given`,
    );
  const stored = dtype === "int64" && data instanceof Int32Array ? BigInt64Array.from(data, BigInt) : data;
  const expected = storageTypes[dtype];
  if (!ArrayBuffer.isView(stored) || !(stored instanceof expected))
    throw new DTypeError(`Tensor "${name}" of dtype ${dtype} needs its data as ${expected.name}`);
  return { dtype, bytes: new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength) };
}

// ---- reading ----

/** What the index says of one tensor. */
export interface BundleEntry {
  /** TensorFlow's name of the element type. */
  readonly dtype: DataType;
  readonly shape: ConcreteShape;
  /** Which data file holds the bytes, and where in it. */
  readonly shard: number;
  readonly offset: number;
  readonly size: number;
  /** Masked CRC-32C of the bytes. */
  readonly checksum: number;
  /** A partitioned variable: its bytes lie under other keys, slice by slice. */
  readonly isSliced: boolean;
}

/** Reads a checkpoint. The index is taken in and checked at once, tensors when they are asked for. */
export class BundleReader {
  /** How many data files the checkpoint has; see {@link bundleDataFile}. */
  readonly shardCount: number;
  readonly #entries = new Map<string, BundleEntry>();

  /**
   * @param index contents of `<prefix>.index`
   * @param prefix the checkpoint's name, for error messages
   * @param shards contents of the data files in order, for {@link read}; without them, read the
   *   range that {@link entry} names and give it to {@link decode}
   * @throws DataLossError where the index is damaged
   * @throws UnimplementedError for big-endian or newer checkpoints
   */
  constructor(
    index: Uint8Array,
    readonly prefix: string,
    readonly shards: readonly Uint8Array[] = [],
  ) {
    const file = bundleIndexFile(prefix);
    const text = new TextDecoder();
    const [first, ...rest] = readTable(index, file);
    if (first === undefined || first.key.length > 0)
      throw new DataLossError(`${file} has no header, so it is not the index of a checkpoint`, {
        hint: "name a checkpoint by its prefix, such as the path that save() returned",
      });
    this.shardCount = readHeader(first.value, file);
    for (const { key, value } of rest) {
      const name = text.decode(key);
      if (!name.startsWith(SLICE_PREFIX)) this.#entries.set(name, readEntry(value, `entry "${name}" of ${file}`));
    }
  }

  /** The names of all tensors, in byte order. */
  keys(): string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** @throws NotFoundError where the checkpoint has no such tensor */
  entry(name: string): BundleEntry {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry;
    const keys = this.keys();
    const shown = keys.length > 8 ? `${keys.slice(0, 8).join(", ")}, … (${keys.length} in all)` : keys.join(", ");
    throw new NotFoundError(`Key ${name} not found in checkpoint`, {
      hint: `${this.prefix} ${keys.length === 0 ? "is empty" : `holds ${shown}`}; restore under one of its keys, or save again`,
    });
  }

  /**
   * A tensor's values, from the data files given to the constructor. int64 becomes int32.
   * @throws NotFoundError where the checkpoint has no such tensor, or its data file was not given
   * @throws DataLossError where the data file is cut short or damaged
   * @throws UnimplementedError, DTypeError for values the library cannot hold
   */
  read(name: string): NdArray {
    const { shard, offset, size } = this.entry(name);
    const data = this.shards[shard];
    if (data === undefined)
      throw new NotFoundError(`${this.#dataFile(shard)} is missing; it holds the key ${name}`, {
        hint: `a checkpoint is its index and all ${this.shardCount} data files`,
      });
    return this.decode(name, data.subarray(offset, offset + size));
  }

  /**
   * A tensor's values from its `size` bytes at `offset` of data file `shard`, as {@link entry}
   * says. Copies them. Errors as {@link read}.
   */
  decode(name: string, bytes: Uint8Array): NdArray {
    const entry = this.entry(name);
    const file = this.#dataFile(entry.shard);
    const { dtype, shape } = entry;
    if (entry.isSliced)
      throw new UnimplementedError(`Key ${name} of ${this.prefix} was saved in slices by a partitioner`, {
        hint: "save the variable again without a partitioner",
      });
    if (dtype !== "int64" && (!isDType(dtype) || dtype === "string"))
      throw new UnimplementedError(`Key ${name} of ${this.prefix} has dtype ${dtype}, which is not supported`, {
        hint: `cast it to one of ${supportedDTypes} or int64 and save it again`,
      });
    const expected = sizeOf(shape) * elementBytes(dtype);
    if (entry.size !== expected)
      throw new DataLossError(
        `${bundleIndexFile(this.prefix)} gives key ${name} ${entry.size} bytes, but ${dtype} of shape ${bracketed(shape)} takes ${expected}`,
      );
    if (bytes.length !== entry.size)
      throw new DataLossError(
        `${file} is truncated: key ${name} needs ${entry.size} bytes at offset ${entry.offset}, ${bytes.length} are there`,
        { hint: "restore the file from a copy, or use another checkpoint" },
      );
    const checksum = maskedCrc32c(bytes);
    if (checksum !== entry.checksum)
      throw new DataLossError(
        `Checksum of key ${name} in ${file} does not match: stored ${entry.checksum} vs. calculated on the restored bytes ${checksum}`,
        { hint: "the file is damaged; restore it from a copy, or use another checkpoint" },
      );
    return dtype === "int64" ? narrowed(name, shape, bytes) : arrayOfBytes(dtype, shape, bytes);
  }

  #dataFile(shard: number): string {
    return bundleDataFile(this.prefix, shard, this.shardCount);
  }
}

function readHeader(bytes: Uint8Array, file: string): number {
  let shardCount = 0;
  let endianness = 0;
  let minimumConsumer = 0;
  readMessage(bytes, `header of ${file}`, {
    1: field.int32((value) => (shardCount = value)),
    2: field.int32((value) => (endianness = value)),
    3: field.bytes((version) =>
      readMessage(version, `header of ${file}`, { 2: field.int32((value) => (minimumConsumer = value)) }),
    ),
  });
  if (endianness !== 0)
    throw new UnimplementedError(`${file} was written on a big-endian machine, which is not supported`);
  if (minimumConsumer > BUNDLE_VERSION)
    throw new UnimplementedError(
      `${file} asks for a reader of version ${minimumConsumer} or later; this one is of version ${BUNDLE_VERSION}`,
    );
  return shardCount;
}

function readEntry(bytes: Uint8Array, where: string): BundleEntry {
  let type = 0;
  let shape: PartialShape = [];
  let [shard, offset, size, checksum] = [0, 0, 0, 0];
  let isSliced = false;
  readMessage(bytes, where, {
    1: field.int32((value) => (type = value)),
    2: field.bytes((value) => (shape = decodeShape(value, where))),
    3: field.int32((value) => (shard = value)),
    4: field.integer((value) => (offset = value)),
    5: field.integer((value) => (size = value)),
    6: field.fixed32((value) => (checksum = value)),
    7: field.bytes(() => (isSliced = true)),
  });
  const dtype = dataTypeName(type, where);
  return { dtype, shape: concreteShape(shape, where), shard, offset, size, checksum, isSliced };
}

function narrowed(name: string, shape: ConcreteShape, bytes: Uint8Array): NdArray<"int32"> {
  const wide = new BigInt64Array(new Uint8Array(bytes).buffer);
  const data = new Int32Array(wide.length);
  wide.forEach((value, i) => {
    data[i] = Number(value);
    if (BigInt(data[i] as number) !== value)
      throw new DTypeError(`Key ${name} is int64 and holds ${value} at position ${i}, which does not fit int32`, {
        hint: "the library has no int64; keep such values within ±2^31, or save them as float64",
      });
  });
  return new NdArray("int32", shape, data);
}
