/** @file Tables: round trips over many blocks, TensorFlow's own bytes, and every kind of damage. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ArgumentError, DataLossError, UnimplementedError } from "../../src/core/index.js";
import { compareBytes, maskedCrc32c, readTable, type TableEntry, writeTable } from "../../src/formats/index.js";
import fc from "../property.js";
import { odd, small } from "./fixtures.js";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const plain = (entries: readonly TableEntry[]): [string, string][] =>
  entries.map(({ key, value }) => [Buffer.from(key).toString("latin1"), Buffer.from(value).toString("latin1")]);

test("writing again what TensorFlow wrote gives the same bytes", () => {
  for (const { index } of [small, odd]) assert.deepEqual(writeTable(readTable(index, "fixture")), index);
});

test("sorted entries survive, whatever their bytes", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ maxLength: 300 }))), (pairs) => {
      const byKey = new Map(pairs.map(([key, value]) => [Buffer.from(key).toString("latin1"), { key, value }]));
      const entries = [...byKey.values()].sort((a, b) => compareBytes(a.key, b.key));
      assert.deepEqual(plain(readTable(writeTable(entries), "t")), plain(entries));
    }),
  );
});

test("a table larger than a block is split and read back", () => {
  const entries = Array.from({ length: 3000 }, (_, i) => ({
    key: encode(`${String(i).padStart(5, "0")}/${"x".repeat(200)}`),
    value: encode(`value ${i}`),
  }));
  const bytes = writeTable(entries);
  assert.ok(bytes.length > 2 * 262144, "this must take three blocks");
  assert.deepEqual(plain(readTable(bytes, "t")), plain(entries));
});

test("a Node Buffer as key is neither changed nor misread", () => {
  const key = Buffer.from("key");
  const bytes = writeTable([{ key, value: Buffer.from("v") }]);
  assert.equal(key.toString(), "key");
  assert.deepEqual(plain(readTable(Buffer.from(bytes), "t")), [["key", "v"]]);
});

test("keys out of order or repeated are refused", () => {
  const entry = (key: string): TableEntry => ({ key: encode(key), value: encode("") });
  for (const keys of [
    ["b", "a"],
    ["a", "a"],
    ["ab", "a"],
  ])
    assert.throws(() => writeTable(keys.map(entry)), ArgumentError, keys.join());
});

test("every flipped byte outside the padding is noticed", () => {
  const original = plain(readTable(small.index, "model.index"));
  const footer = small.index.length - 48;
  for (let at = 0; at < small.index.length; at++) {
    const damaged = small.index.slice();
    damaged[at] = (damaged[at] as number) ^ 0x40;
    // The footer's six bytes of handles are followed by padding, which nobody reads.
    if (at >= footer + 6 && at < small.index.length - 8) continue;
    assert.throws(
      () => readTable(damaged, "model.index"),
      (error) => error instanceof DataLossError && error.message.includes("model.index"),
      `byte ${at}`,
    );
  }
  assert.deepEqual(plain(readTable(small.index, "model.index")), original);
});

test("every cut is noticed, and the first line says what is wrong", () => {
  for (let length = 0; length < small.index.length; length++)
    assert.throws(() => readTable(small.index.subarray(0, length), "model.index"), DataLossError, `${length} bytes`);
  assert.throws(() => readTable(new Uint8Array(10), "model.index"), /model\.index: file is too short to be an sstable/);
  assert.throws(() => readTable(new Uint8Array(100), "model.index"), /not an sstable \(bad magic number\)/);
});

test("a block compressed with snappy is refused by name", () => {
  const bytes = small.index.slice();
  const view = new DataView(bytes.buffer);
  // The first block is 127 bytes; mark it as compressed and give it the checksum that then fits.
  bytes[127] = 1;
  view.setUint32(128, maskedCrc32c(bytes.subarray(0, 128)), true);
  assert.throws(
    () => readTable(bytes, "model.index"),
    (error) => error instanceof UnimplementedError && error.message.includes("snappy"),
  );
});
