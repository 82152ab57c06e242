/**
 * @file Protocol Buffers by field number, over the wire primitives of `@bufbuild/protobuf`: enough
 * for the handful of TensorFlow messages the library writes and reads. Imports only `core`.
 * Reading skips unknown fields, takes packed and unpacked lists, and turns damage into DataLossError.
 */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { DataLossError, StrataError } from "../core/index.js";

/**
 * Whether a scalar that holds its default (0, false, "") is written. `implicit` leaves it out, as
 * proto3 does for plain fields; `explicit` writes it, as members of a `oneof` need.
 */
export type Presence = "implicit" | "explicit";

/** Writes one message, field by field; every method returns the writer. */
export class MessageWriter {
  readonly #out: BinaryWriter;

  constructor(out: BinaryWriter = new BinaryWriter()) {
    this.#out = out;
  }

  /** An int32, int64 or enum field. */
  int(field: number, value: number | bigint, presence: Presence = "implicit"): this {
    if (presence === "explicit" || Number(value) !== 0) this.#out.tag(field, WireType.Varint).int64(value);
    return this;
  }

  bool(field: number, value: boolean, presence: Presence = "implicit"): this {
    if (presence === "explicit" || value) this.#out.tag(field, WireType.Varint).bool(value);
    return this;
  }

  float(field: number, value: number, presence: Presence = "implicit"): this {
    if (presence === "explicit" || !Object.is(value, 0)) this.#out.tag(field, WireType.Bit32).float(value);
    return this;
  }

  double(field: number, value: number, presence: Presence = "implicit"): this {
    if (presence === "explicit" || !Object.is(value, 0)) this.#out.tag(field, WireType.Bit64).double(value);
    return this;
  }

  fixed32(field: number, value: number, presence: Presence = "implicit"): this {
    if (presence === "explicit" || value !== 0) this.#out.tag(field, WireType.Bit32).fixed32(value);
    return this;
  }

  string(field: number, value: string, presence: Presence = "implicit"): this {
    if (presence === "explicit" || value !== "") this.#out.tag(field, WireType.LengthDelimited).string(value);
    return this;
  }

  bytes(field: number, value: Uint8Array, presence: Presence = "implicit"): this {
    if (presence === "explicit" || value.length > 0) this.#out.tag(field, WireType.LengthDelimited).bytes(value);
    return this;
  }

  /** A nested message, written even where it is empty: a message field knows whether it is set. */
  message(field: number, write: (inner: MessageWriter) => void): this {
    this.#out.tag(field, WireType.LengthDelimited).fork();
    write(new MessageWriter(this.#out));
    this.#out.join();
    return this;
  }

  /** A packed list of int32, int64 or enum values; nothing where it is empty. */
  packedInts(field: number, values: readonly (number | bigint)[]): this {
    return this.#packed(field, values, (value) => this.#out.int64(value));
  }

  packedFloats(field: number, values: readonly number[]): this {
    return this.#packed(field, values, (value) => this.#out.float(value));
  }

  packedDoubles(field: number, values: ArrayLike<number>): this {
    return this.#packed(field, Array.from(values), (value) => this.#out.double(value));
  }

  packedBools(field: number, values: readonly boolean[]): this {
    return this.#packed(field, values, (value) => this.#out.bool(value));
  }

  /** The message's bytes; the writer starts over. */
  finish(): Uint8Array {
    return this.#out.finish();
  }

  #packed<T>(field: number, values: readonly T[], write: (value: T) => void): this {
    if (values.length === 0) return this;
    this.#out.tag(field, WireType.LengthDelimited).fork();
    values.forEach(write);
    this.#out.join();
    return this;
  }
}

/** The bytes of the message that `write` fills in. */
export function encodeMessage(write: (writer: MessageWriter) => void): Uint8Array {
  const writer = new MessageWriter();
  write(writer);
  return writer.finish();
}

/** How one field is read: its wire type, and what takes its value each time it occurs. */
export interface FieldReader {
  readonly wire: WireType;
  readonly read: (reader: BinaryReader) => void;
}

const reads =
  <T>(wire: WireType, value: (reader: BinaryReader) => T) =>
  (take: (value: T) => void): FieldReader => ({ wire, read: (reader) => take(value(reader)) });

/** Readers of single values; a list's reader takes one element after the other. */
export const field = {
  int32: reads(WireType.Varint, (reader) => reader.int32()),
  uint32: reads(WireType.Varint, (reader) => reader.uint32()),
  /** A number, or a bigint where a number would not be exact. */
  int64: reads(WireType.Varint, (reader) => plainInteger(BigInt(reader.int64()))),
  uint64: reads(WireType.Varint, (reader) => plainInteger(BigInt(reader.uint64()))),
  /** An int64 that must be a whole number JavaScript holds exactly: sizes, offsets, dimensions. */
  integer: reads(WireType.Varint, (reader) => exactInteger(BigInt(reader.int64()))),
  bool: reads(WireType.Varint, (reader) => reader.bool()),
  float: reads(WireType.Bit32, (reader) => reader.float()),
  double: reads(WireType.Bit64, (reader) => reader.double()),
  fixed32: reads(WireType.Bit32, (reader) => reader.fixed32()),
  string: reads(WireType.LengthDelimited, (reader) => reader.string()),
  /** Bytes or a nested message, as a view of the bytes being read. */
  bytes: reads(WireType.LengthDelimited, (reader) => reader.bytes()),
} as const;

function plainInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function exactInteger(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is beyond 2^53`);
  return number;
}

/**
 * Reads one message: each field that `fields` names, in the order it occurs; others are skipped.
 *
 * @param what the message's type name and, where known, its file; for errors
 * @throws DataLossError where the bytes are no such message
 */
export function readMessage(bytes: Uint8Array, what: string, fields: Readonly<Record<number, FieldReader>>): void {
  try {
    const reader = new BinaryReader(plainBytes(bytes));
    while (reader.pos < reader.len) {
      const [number, wire] = reader.tag();
      const known = fields[number];
      if (known === undefined) reader.skip(wire, number);
      else if (wire === known.wire) known.read(reader);
      else if (wire === WireType.LengthDelimited) readPacked(reader.bytes(), known);
      else throw new RangeError(`field ${number} has wire type ${wire} instead of ${known.wire}`);
    }
  } catch (cause) {
    if (cause instanceof StrataError) throw cause;
    throw new DataLossError(`Malformed ${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** The same bytes as a plain Uint8Array, so that views of a Node Buffer are no Buffers. */
export const plainBytes = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function readPacked(bytes: Uint8Array, element: FieldReader): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) element.read(reader);
}
