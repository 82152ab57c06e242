/** @file `digitOf`: pictures of digits come out as MNIST's own, wherever and however they were drawn. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { ArgumentError, type NdArray } from "../../src/core/index.js";
import { Random } from "../../src/core/random.js";
import { readDataSets } from "../../src/datasets/index.js";
import { digitOf, type Picture, pictureOf } from "../../src/pictures/index.js";

/** A sheet on which `inkAt` says how much ink there is. */
function sheet(rows: number, columns: number, inkAt: (row: number, column: number) => number): Picture {
  const ink = Float32Array.from({ length: rows * columns }, (_, i) => inkAt(Math.floor(i / columns), i % columns));
  return { rows, columns, ink, title: "drawn.png" };
}

/** A picture `times` as large, with its upper left corner at a place of a larger sheet. */
const enlarged = ({ rows, columns, ink }: Picture, times: number, [top, left]: readonly [number, number]): Picture =>
  sheet(rows * times + 2 * top, columns * times + 2 * left, (row, column) => {
    const [y, x] = [Math.floor((row - top) / times), Math.floor((column - left) / times)];
    return y < 0 || x < 0 || y >= rows || x >= columns ? 0 : (ink[y * columns + x] ?? 0);
  });

const changed = (picture: Picture, change: (ink: number, row: number, column: number) => number): Picture =>
  sheet(picture.rows, picture.columns, (row, column) =>
    change(picture.ink[row * picture.columns + column] ?? 0, row, column),
  );

/** A seven: a bar, and a slanting stroke. */
const seven = sheet(60, 40, (row, column) =>
  (row < 8 && column > 4 && column < 36) || (row < 56 && Math.abs(column - (34 - row / 3)) < 4) ? 1 : 0,
);

const difference = (a: Picture, b: Picture): number =>
  a.ink.reduce((sum, ink, i) => sum + Math.abs(ink - (b.ink[i] ?? 0)), 0) / a.ink.reduce((sum, ink) => sum + ink, 0);

const shifted = (ink: Float32Array, by: number): Float32Array => ink.map((_, i) => ink[i + by] ?? 0);

function extentOf({ columns, ink }: Picture) {
  const places = [...ink.keys()].filter((i) => (ink[i] ?? 0) > 0);
  const [rows, across] = [places.map((i) => Math.floor(i / columns)), places.map((i) => i % columns)];
  const span = (list: readonly number[]) => Math.max(...list) - Math.min(...list) + 1;
  return { height: span(rows), width: span(across) };
}

function massOf({ columns, ink }: Picture): readonly [row: number, column: number] {
  const sum = ink.reduce((total, amount) => total + amount, 0);
  const mean = (place: (i: number) => number) => ink.reduce((total, amount, i) => total + amount * place(i), 0) / sum;
  return [mean((i) => Math.floor(i / columns)), mean((i) => i % columns)];
}

test("the ink fills 20 rows of 28, keeps its proportions, and balances on the middle", () => {
  const digit = digitOf(seven);
  assert.deepEqual([digit.rows, digit.columns, digit.ink.length, digit.title], [28, 28, 784, "drawn.png"]);
  const { height, width } = extentOf(digit);
  assert.equal(height, 20);
  // 56 rows and 33 columns of ink; a column more or less is rounding.
  assert.ok(Math.abs(width - (20 * 33) / 56) <= 1, `${width} columns`);
  for (const place of massOf(digit)) assert.ok(Math.abs(place - 14) <= 0.5, `balances at ${place}`);
  assert.equal(Math.max(...digit.ink), 1);
});

test("size and place on the sheet do not matter", () => {
  const digit = digitOf(seven);
  // Edges fall between other pixels at other sizes, which changes a part of the ink at the strokes' borders.
  for (const [times, place] of [
    [1, [0, 0]],
    [2, [10, 90]],
    [5, [0, 300]],
    [9, [200, 20]],
  ] as const)
    assert.ok(difference(digit, digitOf(enlarged(seven, times, place))) < 0.1, `${times} times, at ${place}`);
});

test("white on black and grey on grey are the same as black on white", () => {
  const drawn = enlarged(seven, 2, [20, 30]);
  const digit = digitOf(drawn);
  for (const change of [(ink: number) => 1 - ink, (ink: number) => 0.3 + 0.2 * ink, (ink: number) => 0.9 - 0.5 * ink])
    assert.ok(difference(digit, digitOf(changed(drawn, change))) < 0.01);
});

test("shadow, noise and dirt on the paper are taken away", () => {
  const drawn = enlarged(seven, 3, [60, 80]);
  const digit = digitOf(drawn);
  const random = new Random(5);
  const noise = () => 0.06 * (random.uniform() + random.uniform() - 1);
  const isSpeck = (row: number, column: number) => (row < 3 && column < 3) || (row === 290 && column > 270);
  const photographed = changed(drawn, (ink, row, column) => {
    const shadow = (0.25 * row) / drawn.rows + (0.1 * column) / drawn.columns;
    return 0.1 + shadow + 0.6 * (isSpeck(row, column) ? 1 : ink) + noise();
  });
  assert.ok(difference(digit, digitOf(photographed)) < 0.15);
});

test("a thin pen on a large sheet is as good as a broad one", () => {
  /** The same seven, twelve times as large, its strokes so many pixels wide. */
  const drawnWith = (width: number) =>
    sheet(800, 700, (row, column) => {
      const isBar = Math.abs(row - 60) < width / 2 && column > 100 && column < 440;
      const isStroke = row >= 60 && row < 660 && Math.abs(column - (440 - (row - 60) / 3)) < width / 2;
      return isBar || isStroke ? 1 : 0;
    });
  const broad = digitOf(drawnWith(70));
  const amount = ({ ink }: Picture) => ink.reduce((sum, part) => sum + part, 0);
  for (const width of [3, 6, 20]) {
    const thin = digitOf(drawnWith(width));
    // Without strokes being made wider a line of 3 in 660 pixels leaves a twentieth of the ink.
    assert.ok(amount(thin) > 0.8 * amount(broad) && amount(thin) < 1.25 * amount(broad), `${width} pixels wide`);
    // Where two pixels are as near to the middle, either may be taken.
    const shifts = [-29, -28, -27, -1, 0, 1, 27, 28, 29];
    const least = Math.min(...shifts.map((shift) => difference(broad, { ...thin, ink: shifted(thin.ink, shift) })));
    assert.ok(least < 0.35, `${width} pixels wide: differs by ${least}`);
  }
});

test("nothing is refused in words: one colour, noise alone", () => {
  const random = new Random(3);
  const noise = sheet(80, 80, () => 0.2 + 0.05 * (random.uniform() + random.uniform() + random.uniform()));
  for (const picture of [sheet(50, 50, () => 0), sheet(1, 1, () => 0.5), sheet(30, 90, () => 1), noise])
    assert.throws(
      () => digitOf(picture),
      (error) => error instanceof ArgumentError && /nothing to be seen in drawn\.png[\s\S]*fix/.test(error.message),
    );
  assert.throws(() => digitOf(seven, { box: 29 }), /box must be from 1 to 28/);
});

test("a box of 28 in the middle, as Fashion-MNIST has it", () => {
  const digit = digitOf(seven, { box: 28, centre: "box" });
  const { height, width } = extentOf(digit);
  assert.equal(height, 28);
  assert.ok(Math.abs(width - (28 * 33) / 56) <= 1);
});

describe("MNIST's own digits", () => {
  let images: NdArray;
  before(async () => {
    images = (await readDataSets("sample", { log: null })).test.images;
  });

  test("are left as they are, but for a shift by a pixel where they balance between two", () => {
    const count = 200;
    let same = 0;
    for (let i = 0; i < count; i++) {
      const own = pictureOf(images, i, "own");
      const [row, column] = massOf(own);
      const [newRow, newColumn] = massOf(digitOf(own));
      assert.ok(Math.abs(newRow - row) < 1.1 && Math.abs(newColumn - column) < 1.1, `digit ${i}`);
      if (difference(own, digitOf(own)) < 0.01) same++;
    }
    // 82% of MNIST's test digits are; others have an edge too faint to count, so that they grow by a pixel.
    assert.ok(same > 0.7 * count, `${same} of ${count}`);
  });
});
