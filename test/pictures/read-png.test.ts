/** @file `readPng`: every kind of PNG becomes the same ink, and what is none is refused in words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "fast-png";
import { ArgumentError, DataLossError, UnimplementedError } from "../../src/core/index.js";
import { readPng } from "../../src/pictures/index.js";
import { makePng } from "./png-maker.js";

const inkOf = (bytes: Uint8Array): number[] => [...readPng(bytes, "p.png").ink];

/** Within a half of the smallest step of 8 bits. */
function assertInk(bytes: Uint8Array, expected: readonly number[]): void {
  const ink = inkOf(bytes);
  assert.equal(ink.length, expected.length);
  for (const [i, amount] of ink.entries())
    assert.ok(Math.abs(amount - (expected[i] ?? Number.NaN)) < 1 / 510, `${ink} is not ${expected}`);
}

test("greys of 8 and 16 bits are ink the other way round, in rows", () => {
  const data = Uint8Array.of(0, 51, 102, 153, 204, 255);
  const expected = [1, 0.8, 0.6, 0.4, 0.2, 0];
  assertInk(encode({ width: 3, height: 2, data, channels: 1 }), expected);
  const wide = Uint16Array.from(data, (value) => value * 257);
  assertInk(encode({ width: 3, height: 2, data: wide, channels: 1, depth: 16 }), expected);
  const { rows, columns, title } = readPng(encode({ width: 3, height: 2, data, channels: 1 }), "p.png");
  assert.deepEqual({ rows, columns, title }, { rows: 2, columns: 3, title: "p.png" });
});

test("colours count by their brightness", () => {
  const data = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255);
  assertInk(encode({ width: 4, height: 1, data, channels: 3 }), [1 - 0.299, 1 - 0.587, 1 - 0.114, 0]);
});

test("few bits, each row beginning with a byte", () => {
  const bits = { width: 3, height: 2, colorType: 0 };
  assertInk(makePng({ ...bits, depth: 1, rows: [[0b01000000], [0b10100000]] }), [1, 0, 1, 0, 1, 0]);
  assertInk(makePng({ ...bits, depth: 2, rows: [[0b00011000], [0b11000000]] }), [1, 2 / 3, 1 / 3, 0, 1, 1]);
  assertInk(
    makePng({
      ...bits,
      depth: 4,
      rows: [
        [0x0f, 0x30],
        [0xf0, 0xc0],
      ],
    }),
    [1, 0, 0.8, 0, 1, 0.2],
  );
});

test("palettes, also of few bits, and with colours that are clear", () => {
  const PLTE = ["PLTE", [255, 255, 255, 0, 0, 0, 51, 51, 51]] as const;
  const indexed = { width: 4, height: 1, colorType: 3, chunks: [PLTE] };
  assertInk(makePng({ ...indexed, depth: 8, rows: [[0, 1, 2, 1]] }), [0, 1, 0.8, 1]);
  assertInk(makePng({ ...indexed, depth: 2, rows: [[0b00011001]] }), [0, 1, 0.8, 1]);
  const clear = [PLTE, ["tRNS", [255, 0, 255]] as const];
  assertInk(makePng({ ...indexed, chunks: clear, depth: 8, rows: [[0, 1, 2, 1]] }), [0, 0, 0.8, 0]);
  assert.throws(() => inkOf(makePng({ ...indexed, depth: 8, rows: [[0, 1, 2, 3]] })), /not in its palette/);
});

test("what is clear is white paper; or black, where nothing would show on white", () => {
  const grey = { width: 3, height: 1, depth: 8, colorType: 4 };
  assertInk(makePng({ ...grey, rows: [[0, 255, 0, 0, 0, 51]] }), [1, 0, 0.2]);
  assertInk(makePng({ ...grey, rows: [[255, 255, 255, 0, 255, 51]] }), [0, 1, 0.8]);
  const white = { width: 2, height: 1, depth: 8, colorType: 0, chunks: [["tRNS", [0, 9]] as const] };
  assertInk(makePng({ ...white, rows: [[9, 0]] }), [0, 1]);
});

test("interlaced pictures of 8 bits", () => {
  // One pixel alone is in the first of the seven passes, the one beside it in the sixth.
  assertInk(makePng({ width: 2, height: 1, depth: 8, colorType: 0, interlaced: true, rows: [[0], [204]] }), [1, 0.2]);
  const few = makePng({ width: 2, height: 1, depth: 1, colorType: 0, interlaced: true, rows: [[0], [128]] });
  assert.throws(
    () => inkOf(few),
    (error) => error instanceof UnimplementedError && /interlaced[\s\S]*fix +save it again/.test(error.message),
  );
});

test("what is no PNG file is refused by name, and other formats are told", () => {
  const cases: readonly (readonly [bytes: readonly number[], words: RegExp])[] = [
    [[], /^p\.png is empty/],
    [[...Buffer.from("hello")], /^p\.png is no PNG file\n/],
    [[0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70], /like a JPEG file/],
    [[...Buffer.from("GIF89a......")], /like a GIF file/],
    [[...Buffer.from("RIFF....WEBPVP8 ")], /like a WebP file/],
    [[...Buffer.from('<svg xmlns="')], /like an SVG/],
  ];
  for (const [bytes, words] of cases)
    assert.throws(
      () => inkOf(Uint8Array.from(bytes)),
      (error) => error instanceof ArgumentError && words.test(error.message) && error.hint !== undefined,
    );
});

test("a file is refused wherever it is cut, and whichever byte of its pixels is changed", () => {
  const data = Uint8Array.from({ length: 64 }, (_, i) => (i * 37) & 255);
  const whole = encode({ width: 8, height: 8, data, channels: 1 });
  for (let length = 9; length < whole.length; length++)
    assert.throws(
      () => inkOf(whole.slice(0, length)),
      (error) => error instanceof DataLossError && /^p\.png is a damaged PNG file: it is cut short/.test(error.message),
      `${length} of ${whole.length} bytes`,
    );
  for (let i = 45; i < whole.length - 12; i++) {
    const changed = whole.slice();
    changed[i] = (changed[i] ?? 0) ^ 0x55;
    assert.throws(() => inkOf(changed), DataLossError, `byte ${i}`);
  }
});

test("a picture that would take too much memory is refused by its header alone", () => {
  const bytes = makePng({ width: 100_000, height: 100_000, depth: 8, colorType: 0, rows: [[0]] });
  assert.throws(() => inkOf(bytes), /100000×100000 pixels, which is too much/);
});
