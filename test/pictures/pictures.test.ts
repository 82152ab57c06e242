/** @file Pictures of data: which are chosen, and how they look as PNG and as text. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "fast-png";
import { ArgumentError, NdArray, ShapeError } from "../../src/core/index.js";
import { DataSet, denseToOneHot, readDataSets } from "../../src/datasets/index.js";
import { contactSheet, labelOf, type Picture, pictureOf, showPics, terminalSheet } from "../../src/pictures/index.js";
import { withEnvironment } from "../platform/support.js";

/** Three examples of each label, 2×2, with pixels that tell which example it is. */
function small(): { images: NdArray<"uint8">; labels: NdArray<"uint8"> } {
  const images = Uint8Array.from({ length: 4 * 30 }, (_, i) => Math.floor(i / 4));
  const labels = Uint8Array.from({ length: 30 }, (_, i) => i % 10);
  return { images: new NdArray("uint8", [30, 4], images), labels: new NdArray("uint8", [30], labels) };
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);
const picture = (rows: number, columns: number, ink: readonly number[], title = ""): Picture => ({
  rows,
  columns,
  ink: Float32Array.from(ink),
  title,
});

test("one of each label, by default for the terminal", () => {
  const { images, labels } = small();
  for (const data of [
    new DataSet(images, labels),
    new DataSet(images, denseToOneHot(labels)),
    new DataSet(images.reshape([30, 2, 2, 1]), labels),
    { train: new DataSet(images, labels) },
  ]) {
    const shown = showPics(data, { columns: 200, color: "none" });
    assert.deepEqual(shown.labels, upTo(10));
    assert.deepEqual(
      shown.text.match(/Label: \d/g),
      upTo(10).map((label) => `Label: ${label}`),
    );
  }
});

test("several of one label; 0 is a label like the others", () => {
  const { images, labels } = small();
  const data = new DataSet(images, labels);
  assert.deepEqual(showPics(data, { label: 0, count: 2 }).labels, [0, 0]);
  assert.deepEqual(showPics(data, { label: 7 }).labels, [7, 7, 7], "ten are wanted, three are there");
  assert.deepEqual(
    showPics(data, { count: 2 }).labels,
    upTo(20).map((i) => Math.floor(i / 2)),
  );
});

test("the pictures are those of their labels", () => {
  const { images, labels } = small();
  const { png, labels: shown } = showPics(new DataSet(images, labels), { format: "png", columns: 10 });
  const sheet = decode(png);
  // Each picture is 8×8 under a title 94 dots wide: cells of 94, margins of 16, the picture in the middle.
  shown.forEach((label, i) => {
    const grey = sheet.data[(16 + 20 + 4) * sheet.width + 16 + i * 110 + 47];
    assert.equal((255 - (grey ?? 0)) % 10, label);
  });
});

test("looking leaves the data set as it was", () => {
  const { images, labels } = small();
  const [seen, twin] = [new DataSet(images, labels, { seed: 1 }), new DataSet(images, labels, { seed: 1 })];
  showPics(seen);
  assert.deepEqual([...seen.nextBatch(30).labels.data], [...twin.nextBatch(30).labels.data]);
});

test("a seed shows the same pictures again", () => {
  const { images, labels } = small();
  const data = new DataSet(images, labels);
  const show = (seed: number) => Buffer.from(showPics(data, { format: "png", seed }).png).toString("base64");
  assert.equal(show(1), show(1));
  assert.notEqual(show(1), show(2));
});

test("labels and counts that cannot be", () => {
  const { images, labels } = small();
  const data = new DataSet(images, labels);
  for (const label of [-1, 10, 2.5])
    assert.throws(() => showPics(data, { label }), /label must be a whole number from 0 to 9/);
  assert.throws(() => showPics(data, { count: 0 }), /count must be a whole number above 0/);
  const sevens = new DataSet(images.rows(7, 8), labels.rows(7, 8));
  assert.throws(
    () => showPics(sevens, { label: 3 }),
    (error: Error) => error instanceof ArgumentError && /no example has label 3/.test(error.message),
  );
  // @ts-expect-error there is no such format
  assert.throws(() => showPics(data, { format: "gif" }), /format must be "terminal" or "png"/);
});

test("real digits make a sheet of ten", async () => {
  const { test: data } = await readDataSets("sample", { log: null });
  const { png, labels } = showPics(data, { format: "png", seed: 1 });
  assert.deepEqual(labels, upTo(10));
  const sheet = decode(png);
  assert.deepEqual([sheet.width, sheet.height, sheet.channels, sheet.depth], [16 + 5 * 128, 16 + 2 * 148, 1, 8]);
  const ink = Array.from(sheet.data).filter((grey) => grey < 128).length / sheet.data.length;
  assert.ok(ink > 0.02 && ink < 0.2, `black on white: ${ink} of the sheet is dark`);
});

test("ink: bytes up to 255, floats up to 1, and no more than black", () => {
  const bytes = new NdArray("uint8", [2, 1, 2], Uint8Array.of(0, 1, 51, 255));
  assert.deepEqual([...pictureOf(bytes, 1, "").ink], [Math.fround(0.2), 1]);
  const floats = new NdArray("float32", [1, 1, 4, 1], Float32Array.of(-1, 0.5, 2, Number.NaN));
  const { rows, columns, ink } = pictureOf(floats, 0, "");
  assert.deepEqual([rows, columns, ...ink], [1, 4, 0, 0.5, 1, 0]);
  assert.throws(() => pictureOf(bytes, 2, ""), ArgumentError);
  for (const shape of [[2, 5], [2, 2, 2, 3], [10]])
    assert.throws(() => pictureOf(NdArray.zeros("float32", shape), 0, ""), ShapeError);
});

test("labels as numbers and as rows", () => {
  assert.equal(labelOf(new NdArray("uint8", [2], Uint8Array.of(4, 9)), 1), 9);
  assert.equal(labelOf(new NdArray("float64", [2, 3], Float64Array.of(1, 0, 0, 0, 0, 1)), 1), 2);
  assert.throws(() => labelOf(NdArray.zeros("uint8", [1, 2, 3]), 0), ShapeError);
});

test("a sheet is white, its ink black, and the pictures keep their places", () => {
  const black = picture(1, 1, [1]);
  const sheet = decode(contactSheet([black, picture(1, 1, [0.5]), black], { columns: 2, scale: 3 }));
  assert.deepEqual([sheet.width, sheet.height], [16 + 2 * 19, 16 + 2 * 39]);
  const grey = (x: number, y: number) => sheet.data[y * sheet.width + x];
  assert.equal(grey(0, 0), 255);
  assert.deepEqual([grey(16, 36), grey(18, 38), grey(15, 36), grey(19, 38)], [0, 0, 255, 255]);
  assert.equal(grey(16 + 19, 36), 128);
  assert.equal(grey(16, 36 + 39), 0);
  assert.throws(() => contactSheet([]), ArgumentError);
  assert.throws(() => contactSheet([black], { scale: 0 }), /scale must be a whole number above 0/);
});

test("without colour, denser characters for more ink; two dots to a character", () => {
  const four = picture(3, 4, [0, 0.5, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0], "abc");
  assert.equal(terminalSheet([four], { color: "none" }), "abc \n ░▒█\n▒   \n");
});

test("pictures stand side by side as far as the width goes", () => {
  const dots = upTo(3).map((i) => picture(2, 2, [1, 1, 1, 1], `${i}`));
  assert.equal(terminalSheet(dots, { color: "none", columns: 6 }), "0   1 \n██  ██\n\n2 \n██\n");
  assert.equal(terminalSheet(dots, { color: "none", columns: 1 }).split("\n\n").length, 3);
  assert.throws(() => terminalSheet([]), ArgumentError);
});

test("with colour, a half block over its ground, black ink on white, reset at the end", () => {
  const column = picture(2, 2, [1, 1, 0, 0]);
  assert.equal(
    terminalSheet([column], { color: "truecolor" }).split("\n")[1],
    "\x1b[38;2;0;0;0;48;2;255;255;255m▀▀\x1b[0m",
  );
  assert.equal(terminalSheet([column], { color: "256" }).split("\n")[1], "\x1b[38;5;16;48;5;231m▀▀\x1b[0m");
  const middle = terminalSheet([picture(1, 1, [0.5])], { color: "256" });
  assert.match(middle, /38;5;244;48;5;231m/);
});

test("NO_COLOR keeps escapes out", () =>
  withEnvironment({ NO_COLOR: "1", FORCE_COLOR: undefined }, () => {
    assert.equal(terminalSheet([picture(2, 1, [1, 0])]).includes("\x1b"), false);
  }));
