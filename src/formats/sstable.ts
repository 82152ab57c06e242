/**
 * @file Sorted string tables in LevelDB's format, which TensorFlow's checkpoint index uses: bytes
 * keys to bytes values, in blocks with checksums. Imports only `core` and this folder. The writer
 * gives the very bytes TensorFlow's gives; the reader checks every checksum. Whole tables in memory.
 *
 * Layout: data blocks, an empty metaindex block, an index block (separator key → block handle),
 * a footer of two handles, padding and the magic number. Follows `core/lib/io/table_builder.cc`,
 * `block_builder.cc` and `format.cc`.
 */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { ArgumentError, DataLossError, StrataError, UnimplementedError } from "../core/index.js";
import { crc32c, maskCrc, unmaskCrc } from "./crc32c.js";

export interface TableEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Once the estimated size of a data block reaches this, the block is closed. */
const BLOCK_SIZE = 262144;
/** Data blocks spell out every sixteenth key; the index block all of them. */
const RESTART_INTERVAL = 16;
/** Behind each block: one byte for the compression and four for the masked checksum. */
const TRAILER_SIZE = 5;
const FOOTER_SIZE = 48;
const MAGIC = 0xdb4775248b80fb57n;

const Compression = { none: 0, snappy: 1 } as const;

/** Where a block lies, without its trailer. */
interface BlockHandle {
  readonly offset: number;
  readonly size: number;
}

/** Byte-wise order, a prefix before what it begins; negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = sharedPrefix(a, b);
  if (shared === a.length || shared === b.length) return a.length - b.length;
  return (a[shared] as number) - (b[shared] as number);
}

function sharedPrefix(a: Uint8Array, b: Uint8Array): number {
  const limit = Math.min(a.length, b.length);
  let length = 0;
  while (length < limit && a[length] === b[length]) length++;
  return length;
}

// ---- writing ----

/** Entries whose keys leave out what they share with the key before; all of it at a restart. */
class BlockBuilder {
  #out = new BinaryWriter();
  #bytesWritten = 0;
  #restarts: number[] = [0];
  #sinceRestart = 0;
  #lastKey: Uint8Array = new Uint8Array();

  constructor(readonly restartInterval: number) {}

  get isEmpty(): boolean {
    return this.#bytesWritten === 0;
  }

  /** Bytes that {@link finish} would give. */
  get size(): number {
    return this.#bytesWritten + 4 * this.#restarts.length + 4;
  }

  add(key: Uint8Array, value: Uint8Array): void {
    if (this.#sinceRestart === this.restartInterval) {
      this.#restarts.push(this.#bytesWritten);
      this.#sinceRestart = 0;
    }
    const shared = this.#sinceRestart === 0 ? 0 : sharedPrefix(this.#lastKey, key);
    const unshared = key.subarray(shared);
    this.#out.uint32(shared).uint32(unshared.length).uint32(value.length).raw(unshared).raw(value);
    this.#bytesWritten +=
      varintSize(shared) + varintSize(unshared.length) + varintSize(value.length) + unshared.length + value.length;
    this.#lastKey = key;
    this.#sinceRestart++;
  }

  /** The block's bytes; the builder starts over. */
  finish(): Uint8Array {
    for (const restart of this.#restarts) this.#out.fixed32(restart);
    const bytes = this.#out.fixed32(this.#restarts.length).finish();
    this.#bytesWritten = 0;
    this.#restarts = [0];
    this.#sinceRestart = 0;
    this.#lastKey = new Uint8Array();
    return bytes;
  }
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest /= 128) size++;
  return size;
}

/**
 * The table of `entries`, uncompressed.
 *
 * @throws ArgumentError where the keys are not in strictly increasing byte order
 */
export function writeTable(entries: Iterable<TableEntry>): Uint8Array {
  const out = new BinaryWriter();
  let written = 0;
  const writeBlock = (contents: Uint8Array): BlockHandle => {
    const type = Uint8Array.of(Compression.none);
    const handle = { offset: written, size: contents.length };
    out
      .raw(contents)
      .raw(type)
      .fixed32(maskCrc(crc32c(type, crc32c(contents))));
    written += contents.length + TRAILER_SIZE;
    return handle;
  };

  const block = new BlockBuilder(RESTART_INTERVAL);
  const index = new BlockBuilder(1);
  let closed: BlockHandle | undefined;
  let lastKey: Uint8Array | undefined;
  for (const { key, value } of entries) {
    if (lastKey !== undefined && compareBytes(lastKey, key) >= 0)
      throw new ArgumentError("The keys of a table must be in strictly increasing byte order", {
        hint: "sort the entries by key and give each key once",
      });
    // A block's index entry waits for the next key, so that a short key can stand between the two.
    if (closed !== undefined) {
      index.add(shortestSeparator(lastKey ?? key, key), encodeHandle(closed));
      closed = undefined;
    }
    block.add(key, value);
    lastKey = key;
    if (block.size >= BLOCK_SIZE) closed = writeBlock(block.finish());
  }
  if (!block.isEmpty) closed = writeBlock(block.finish());
  const metaindex = writeBlock(new BlockBuilder(RESTART_INTERVAL).finish());
  if (closed !== undefined) index.add(shortSuccessor(lastKey ?? new Uint8Array()), encodeHandle(closed));
  const indexHandle = writeBlock(index.finish());

  const handles = new BinaryWriter().raw(encodeHandle(metaindex)).raw(encodeHandle(indexHandle)).finish();
  const padding = new Uint8Array(FOOTER_SIZE - 8 - handles.length);
  return out.raw(handles).raw(padding).fixed64(MAGIC).finish();
}

const encodeHandle = ({ offset, size }: BlockHandle): Uint8Array =>
  new BinaryWriter().uint64(offset).uint64(size).finish();

/** A short key `k` with `last <= k < next`. */
function shortestSeparator(last: Uint8Array, next: Uint8Array): Uint8Array {
  const at = sharedPrefix(last, next);
  const byte = last[at];
  const limit = next[at];
  if (byte === undefined || limit === undefined || byte + 1 >= limit) return last;
  return incrementedPrefix(last, at, byte);
}

/** A short key that is not below `last`. */
function shortSuccessor(last: Uint8Array): Uint8Array {
  const at = last.findIndex((byte) => byte !== 0xff);
  return at < 0 ? last : incrementedPrefix(last, at, last[at] as number);
}

function incrementedPrefix(key: Uint8Array, at: number, byte: number): Uint8Array {
  const prefix = new Uint8Array(key.subarray(0, at + 1));
  prefix[at] = byte + 1;
  return prefix;
}

// ---- reading ----

/**
 * Every entry of a table, in key order. Values are views of `bytes`.
 *
 * @param file what error messages call the table
 * @throws DataLossError where the bytes are damaged, cut short or no table
 * @throws UnimplementedError where a block is compressed
 */
export function readTable(bytes: Uint8Array, file: string): TableEntry[] {
  const lost = (reason: string, cause?: unknown): DataLossError =>
    new DataLossError(`Unable to open table file ${file}: ${reason}`, {
      hint: "the file is damaged or is no table; restore it from a copy, or use another checkpoint",
      cause,
    });
  try {
    return parseTable(bytes, file, lost);
  } catch (cause) {
    if (cause instanceof StrataError) throw cause;
    throw lost(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function parseTable(bytes: Uint8Array, file: string, lost: (reason: string) => DataLossError): TableEntry[] {
  if (bytes.length < FOOTER_SIZE) throw lost(`file is too short to be an sstable (${bytes.length} bytes)`);
  const footer = bytes.subarray(bytes.length - FOOTER_SIZE);
  if (BigInt(new BinaryReader(footer.subarray(FOOTER_SIZE - 8)).fixed64()) !== MAGIC)
    throw lost("not an sstable (bad magic number)");

  const readBlock = ({ offset, size }: BlockHandle): Uint8Array => {
    const end = offset + size;
    if (!(end + TRAILER_SIZE <= bytes.length - FOOTER_SIZE)) throw lost(`truncated block read at offset ${offset}`);
    const trailer = new BinaryReader(bytes.subarray(end + 1, end + TRAILER_SIZE));
    if (unmaskCrc(trailer.fixed32()) !== crc32c(bytes.subarray(offset, end + 1)))
      throw lost(`block checksum mismatch at offset ${offset}`);
    const type = bytes[end];
    if (type === Compression.snappy)
      throw new UnimplementedError(`Table file ${file} has blocks compressed with snappy, which are not supported`, {
        hint: "save the checkpoint again with a current TensorFlow, which writes plain blocks",
      });
    if (type !== Compression.none) throw lost(`bad block type ${type} at offset ${offset}`);
    return bytes.subarray(offset, end);
  };

  const handles = new BinaryReader(footer);
  readBlock(readHandle(handles)); // the metaindex, which is always empty, but proves the footer right
  const entries: TableEntry[] = [];
  for (const { value } of blockEntries(readBlock(readHandle(handles))))
    for (const entry of blockEntries(readBlock(readHandle(new BinaryReader(value))))) {
      const last = entries.at(-1);
      if (last !== undefined && compareBytes(last.key, entry.key) >= 0) throw lost("keys out of order");
      entries.push(entry);
    }
  return entries;
}

function readHandle(reader: BinaryReader): BlockHandle {
  return { offset: Number(reader.uint64()), size: Number(reader.uint64()) };
}

function* blockEntries(block: Uint8Array): Generator<TableEntry> {
  const restarts = new BinaryReader(block.subarray(Math.max(0, block.length - 4))).fixed32();
  const end = block.length - 4 - 4 * restarts;
  if (end < 0) throw new RangeError(`a block of ${block.length} bytes claims ${restarts} restarts`);
  const reader = new BinaryReader(block.subarray(0, end));
  let key = new Uint8Array();
  while (reader.pos < end) {
    const shared = reader.uint32();
    const unshared = reader.uint32();
    const valueSize = reader.uint32();
    const valueAt = reader.pos + unshared;
    if (shared > key.length || valueAt + valueSize > end) throw new RangeError("a block entry exceeds its block");
    const next = new Uint8Array(shared + unshared);
    next.set(key.subarray(0, shared));
    next.set(block.subarray(reader.pos, valueAt), shared);
    reader.pos = valueAt + valueSize;
    key = next;
    yield { key, value: block.subarray(valueAt, reader.pos) };
  }
}
