/** @file The wire helpers: golden bytes, both list encodings, defaults, and damage. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DataLossError } from "../../src/core/index.js";
import { encodeMessage, field, readMessage } from "../../src/formats/index.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("fields have the bytes the encoding prescribes", () => {
  // The examples of the encoding's own documentation: 150 in field 1, "testing" in field 2.
  assert.equal(hex(encodeMessage((m) => m.int(1, 150))), "089601");
  assert.equal(hex(encodeMessage((m) => m.string(2, "testing"))), "120774657374696e67");
  assert.equal(hex(encodeMessage((m) => m.message(3, (inner) => inner.int(1, 150)))), "1a03089601");
  assert.equal(hex(encodeMessage((m) => m.packedInts(6, [3, 270, 86942]))), "3206038e029ea705");
  assert.equal(hex(encodeMessage((m) => m.int(1, -1))), "08ffffffffffffffffff01");
  assert.equal(
    hex(encodeMessage((m) => m.float(4, 1).double(2, 1).fixed32(6, 1))),
    "250000803f11000000000000f03f3501000000",
  );
});

test("defaults are left out unless presence is explicit; empty messages are written", () => {
  const nothing = encodeMessage((m) =>
    m
      .int(1, 0)
      .bool(2, false)
      .float(3, 0)
      .double(4, 0)
      .fixed32(5, 0)
      .string(6, "")
      .bytes(7, new Uint8Array())
      .packedInts(8, []),
  );
  assert.equal(nothing.length, 0);
  assert.equal(
    hex(encodeMessage((m) => m.int(3, 0, "explicit").bool(5, false, "explicit").string(2, "", "explicit"))),
    "180028001200",
  );
  assert.equal(hex(encodeMessage((m) => m.message(2, () => {}))), "1200");
  assert.equal(hex(encodeMessage((m) => m.float(3, -0))), "1d00000080", "negative zero is not the default");
});

test("lists are read packed and unpacked, unknown fields skipped, large integers kept exact", () => {
  const bytes = encodeMessage((m) =>
    m
      .packedInts(6, [1, 2])
      .int(6, 3)
      .string(9, "unknown")
      .packedFloats(7, [0.5])
      .int(1, 2n ** 60n)
      .int(1, -5),
  );
  const seen: unknown[] = [];
  readMessage(bytes, "Example", {
    1: field.int64((value) => seen.push(value)),
    6: field.int32((value) => seen.push(value)),
    7: field.float((value) => seen.push(value)),
  });
  assert.deepEqual(seen, [1, 2, 3, 0.5, 2n ** 60n, -5]);
});

test("damage is a DataLossError that names the message", () => {
  const damage: readonly [string, Uint8Array][] = [
    ["cut inside a string", encodeMessage((m) => m.string(1, "hello")).subarray(0, 4)],
    ["cut inside a varint", Uint8Array.of(0x10, 0x80)],
    ["field number 0", Uint8Array.of(0x00, 0x00)],
    ["a number where a string belongs", encodeMessage((m) => m.int(1, 7))],
    ["a size beyond 2^53", encodeMessage((m) => m.int(2, 2n ** 60n))],
  ];
  for (const [what, bytes] of damage)
    assert.throws(
      () => readMessage(bytes, "Example", { 1: field.string(() => {}), 2: field.integer(() => {}) }),
      (error) => error instanceof DataLossError && error.message.startsWith("Malformed Example: "),
      what,
    );
});
