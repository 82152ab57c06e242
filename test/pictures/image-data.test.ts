/**
 * @file Pictures of files as data for TFLearn: which files, their labels and sizes. `golden/pillow.json` has what
 * Pillow 12 makes of random levels: `Image.resize(…, LANCZOS)` and `convert("L")`, which the original calls.
 */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as tf from "../../src/index.js";
import { type Levels, lanczos } from "../../src/pictures/lanczos.js";
import { dataUtils } from "../../src/tflearn/index.js";
import { readText } from "../house/repository.js";
import { inTemporaryDirectory } from "../platform/support.js";
import { makePng } from "./png-maker.js";

interface Golden {
  readonly rows: number;
  readonly columns: number;
  readonly levels: readonly number[];
}
const golden: Golden & { readonly resized: readonly Golden[]; readonly grey: readonly number[] } = JSON.parse(
  readText("test/pictures/golden/pillow.json"),
);
const source: Levels = { rows: 5, columns: 7, channels: 3, levels: Uint8Array.from(golden.levels) };
const { ArgumentError, DataLossError, NotFoundError, UnimplementedError } = tf.errors;

/** Levels in rows as a PNG file of colours. */
const png = (rows: number, columns: number, levels: readonly number[], channels: 1 | 3 | 4 = 3): Uint8Array =>
  makePng({
    width: columns,
    height: rows,
    depth: 8,
    colorType: channels === 1 ? 0 : channels === 3 ? 2 : 6,
    rows: Array.from({ length: rows }, (_, row) =>
      levels.slice(row * columns * channels, (row + 1) * columns * channels),
    ),
  });
const near = (actual: ArrayLike<number>, expected: readonly number[]): void =>
  assert.deepEqual(
    Array.from(actual, (value) => Math.round(value * 255)),
    expected,
  );

for (const { rows, columns, levels } of golden.resized)
  test(`7×5 pixels as ${columns}×${rows}: each level is Pillow's`, () => {
    const made = lanczos(source, rows, columns);
    assert.deepEqual([made.rows, made.columns], [rows, columns]);
    assert.deepEqual([...made.levels], levels);
  });

test("the same size keeps every level", () => {
  assert.deepEqual([...lanczos(source, 5, 7).levels], golden.levels);
});

test("a list of files: one size, colours or greys, labels as rows or numbers", () =>
  inTemporaryDirectory(async (directory) => {
    writeFileSync(join(directory, "a.png"), png(5, 7, golden.levels));
    writeFileSync(join(directory, "b.png"), png(2, 3, golden.resized[0]?.levels ?? []));
    writeFileSync(join(directory, "c.txt.png"), png(2, 3, [0, 51, 102, 153, 204, 255], 1));
    const list = join(directory, "list.txt");
    writeFileSync(list, "a.png 2\r\nb.png   0\n\nc.txt.png 1\n");
    const imageBasePath = `${directory}/`;

    const { X, Y } = await dataUtils.imagePreloader(list, [2, 3], { imageBasePath });
    assert.deepEqual(X.shape, [3, 2, 3, 3]);
    const small = golden.resized[0]?.levels ?? [];
    near(X.data.subarray(0, 18), small);
    near(X.data.subarray(18, 36), small);
    // A grey pixel is three equal parts.
    near(
      X.data.subarray(36),
      [0, 51, 102, 153, 204, 255].flatMap((level) => [level, level, level]),
    );
    assert.deepEqual(Y.toArray(), [
      [0, 0, 1],
      [1, 0, 0],
      [0, 1, 0],
    ]);

    const grey = await dataUtils.imagePreloader(list, [5, 7], {
      imageBasePath,
      grayscale: true,
      normalize: false,
      categoricalLabels: false,
      filesExtension: ["a.png"],
    });
    assert.deepEqual(grey.X.shape, [1, 5, 7, 1]);
    assert.deepEqual([...grey.X.data], golden.grey);
    assert.deepEqual([...grey.Y.data], [2]);
    const colored = await dataUtils.imagePreloader(list, [2, 3], { imageBasePath, filterChannel: true });
    assert.equal(colored.X.shape[0], 2);
  }));

test("labels of a list may be numbers of any kind", () =>
  inTemporaryDirectory(async (directory) => {
    const picture = join(directory, "a.png");
    writeFileSync(picture, png(1, 1, [1, 2, 3, 0], 4));
    const list = join(directory, "list.txt");
    writeFileSync(list, `${picture} -0.5`);
    const { X, Y } = await dataUtils.imagePreloader(list, [1, 1], { floatLabels: true, normalize: false });
    assert.deepEqual([...Y.data], [-0.5]);
    // What is transparent keeps its colour.
    assert.deepEqual([...X.data], [1, 2, 3]);
    await assert.rejects(dataUtils.imagePreloader(list, [1, 1]), (error) => {
      assert.ok(error instanceof ArgumentError);
      return /Line 1 of .*list\.txt has no label/.test(error.message);
    });
  }));

test("a folder for each class, numbered by name; also as buildImageDatasetFromDir", () =>
  inTemporaryDirectory(async (directory) => {
    for (const [folder, level] of [
      ["zebra", 200],
      ["ape", 100],
    ] as const) {
      mkdirSync(join(directory, folder));
      for (const name of ["1.png", "2.png"])
        writeFileSync(join(directory, folder, name), png(1, 2, [level, level, level, level, level, level]));
    }
    writeFileSync(join(directory, "notes.txt"), "no folder");
    writeFileSync(join(directory, "ape", "notes.txt"), "no picture");

    const options = { mode: "folder", filesExtension: [".png"], normalize: false } as const;
    const { X, Y } = await dataUtils.imagePreloader(directory, [1, 2], options);
    assert.deepEqual(X.shape, [4, 1, 2, 3]);
    assert.deepEqual(
      [0, 6, 12, 18].map((at) => X.data[at]),
      [100, 100, 200, 200],
    );
    assert.deepEqual(Y.toArray(), [
      [1, 0],
      [1, 0],
      [0, 1],
      [0, 1],
    ]);

    const built = await dataUtils.buildImageDatasetFromDir(directory, { filetypes: [".png"], convertGray: true });
    assert.deepEqual(built.X.shape, [4, 1, 2, 1]);
    assert.deepEqual([...built.Y.data], [0, 0, 1, 1]);
    near(built.X.data, [100, 100, 100, 100, 200, 200, 200, 200]);
    const mixed = await dataUtils.buildImageDatasetFromDir(directory, {
      filetypes: [".png"],
      shuffleData: true,
      categoricalY: true,
    });
    // Whatever the order, each row still has its label.
    for (let row = 0; row < 4; row++)
      assert.equal(Math.round((mixed.X.data[row * 6] ?? 0) * 255), mixed.Y.data[row * 2] === 1 ? 100 : 200);
    await assert.rejects(dataUtils.buildImageDatasetFromDir(directory), /notes\.txt is no PNG file/);
  }));

test("what cannot be read says which file, and what to do", () =>
  inTemporaryDirectory(async (directory) => {
    const folder = join(directory, "ones");
    mkdirSync(folder);
    await assert.rejects(dataUtils.buildImageDatasetFromDir(directory), (error) => {
      assert.ok(error instanceof ArgumentError);
      return /There are no pictures in .*folder for each class/s.test(error.message);
    });
    writeFileSync(join(folder, "a.png"), png(1, 1, [1, 2, 3]));
    writeFileSync(join(folder, "b.png"), png(1, 2, [1, 2, 3, 4, 5, 6]));
    await assert.rejects(dataUtils.buildImageDatasetFromDir(directory), /b\.png has 2×1 pixels, those before it 1×1/);
    const both = await dataUtils.buildImageDatasetFromDir(directory, { resize: [1, 1] });
    assert.deepEqual(both.X.shape, [2, 1, 1, 3]);
    writeFileSync(join(folder, "c.png"), png(1, 1, [1, 2, 3]).subarray(0, 40));
    await assert.rejects(dataUtils.imagePreloader(directory, [1, 1], { mode: "folder" }), (error) => {
      assert.ok(error instanceof DataLossError);
      return /c\.png is a damaged PNG file/.test(error.message);
    });
    await assert.rejects(dataUtils.imagePreloader(join(directory, "absent"), [1, 1]), NotFoundError);
    await assert.rejects(
      dataUtils.imagePreloader(join(directory, "absent"), [1, 1], { mode: "folder" }),
      NotFoundError,
    );
    await assert.rejects(dataUtils.imagePreloader(directory, [0, 1]), /imageShape is a height and a width/);
    assert.throws(
      () => dataUtils.buildHdf5ImageDataset(directory, [1, 1]),
      (error) => {
        assert.ok(error instanceof UnimplementedError);
        return /HDF5/.test(error.message) && /imagePreloader/.test(error.message);
      },
    );
  }));
