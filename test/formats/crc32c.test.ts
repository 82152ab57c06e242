/** @file CRC-32C against published vectors, a bit-by-bit oracle, and the masking. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32c, maskCrc, maskedCrc32c, unmaskCrc } from "../../src/formats/index.js";
import fc from "../property.js";

/** The definition: one bit at a time. */
function slowCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

test("published vectors (RFC 3720, B.4)", () => {
  assert.equal(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c);
  assert.equal(crc32c(new Uint8Array()), 0);
});

test("any bytes at any offset agree with the definition", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(20), (bytes, offset) => {
      const at = Math.min(offset, bytes.length);
      const view = bytes.subarray(at);
      assert.equal(crc32c(view), slowCrc32c(view));
      assert.equal(crc32c(view, crc32c(bytes.subarray(0, at))), slowCrc32c(bytes));
    }),
  );
});

test("masking rotates and shifts, and unmasking undoes it", () => {
  // 0xe3069283 rotated right by 15 is 0x2507c60d; plus 0xa282ead8.
  assert.equal(maskedCrc32c(new TextEncoder().encode("123456789")), 0xc78ab0e5);
  assert.equal(maskCrc(0), 0xa282ead8);
  fc.assert(fc.property(fc.nat(0xffffffff), (crc) => assert.equal(unmaskCrc(maskCrc(crc)), crc)));
});
