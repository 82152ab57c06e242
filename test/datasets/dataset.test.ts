/** @file `DataSet`: the endless stream of `nextBatch`, plain epochs, and who may see what change. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ArgumentError, NdArray } from "../../src/core/index.js";
import { type Batch, DataSet } from "../../src/datasets/index.js";

/** Example `i` is the image [i, i + 0.5] with label `i`. */
function examples(count: number, seed?: number): DataSet<"float32", "uint8"> {
  const images = Float32Array.from({ length: 2 * count }, (_, i) => Math.floor(i / 2) + (i % 2) / 2);
  const labels = Uint8Array.from({ length: count }, (_, i) => i);
  return new DataSet(new NdArray("float32", [count, 2], images), new NdArray("uint8", [count], labels), { seed });
}

/** The labels of a batch, after checking that each image is its own. */
function labelsOf({ images, labels }: Batch): number[] {
  const found = [...(labels.data as Uint8Array)];
  assert.deepEqual(images.shape, [found.length, 2]);
  assert.deepEqual(
    [...(images.data as Float32Array)],
    found.flatMap((label) => [label, label + 0.5]),
  );
  return found;
}

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

test("without shuffling, nextBatch goes round in order and fills batches across the end", () => {
  const data = examples(5);
  const next = () => labelsOf(data.nextBatch(3, { shuffle: false }));
  assert.deepEqual(next(), [0, 1, 2]);
  assert.equal(data.epochsCompleted, 0);
  assert.deepEqual(next(), [3, 4, 0]);
  assert.equal(data.epochsCompleted, 1);
  assert.deepEqual(next(), [1, 2, 3]);
});

test("an epoch that ends exactly with a batch counts at the next call", () => {
  const data = examples(4);
  data.nextBatch(2);
  data.nextBatch(2);
  assert.equal(data.epochsCompleted, 0);
  data.nextBatch(2);
  assert.equal(data.epochsCompleted, 1);
});

test("the first call shuffles, and every epoch holds each example once", () => {
  const data = examples(100, 7);
  const first = upTo(10).flatMap(() => labelsOf(data.nextBatch(10)));
  assert.notDeepEqual(first, upTo(100));
  assert.deepEqual(sorted(first), upTo(100));
  const second = upTo(10).flatMap(() => labelsOf(data.nextBatch(10)));
  assert.deepEqual(sorted(second), upTo(100));
  assert.notDeepEqual(second, first);
});

test("a batch across the boundary joins the old order's tail to the new order's head", () => {
  const data = examples(10, 3);
  const old = labelsOf(data.nextBatch(8));
  const tail = sorted(upTo(10).filter((label) => !old.includes(label)));
  const across = labelsOf(data.nextBatch(6));
  assert.deepEqual(sorted(across.slice(0, 2)), tail);
  assert.equal(new Set(across.slice(2)).size, 4);
  const rest = labelsOf(data.nextBatch(6));
  assert.deepEqual(
    sorted([...across.slice(2), ...rest]),
    upTo(10),
    "index = n − leftover: the new epoch goes on there",
  );
});

test("a batch larger than the data set is full all the same", () => {
  const data = examples(3);
  assert.deepEqual(labelsOf(data.nextBatch(7, { shuffle: false })), [0, 1, 2, 0, 1, 2, 0]);
  assert.equal(data.epochsCompleted, 2);
});

test("nextBatch replaces images and labels by permuted ones; what was taken before keeps its order", () => {
  const data = examples(50, 1);
  const { images, labels } = data;
  const batch = data.nextBatch(20);
  assert.deepEqual(labelsOf({ images, labels }), upTo(50));
  const after = labelsOf({ images: data.images, labels: data.labels });
  assert.notDeepEqual(after, upTo(50));
  assert.deepEqual(after.slice(0, 20), labelsOf(batch), "the batch is the head of the new order");
  assert.equal(data.images, data.images);
});

test("a batch handed out is never overwritten, and writing to it spoils nothing", () => {
  const data = examples(6);
  const kept = data.nextBatch(4, { shuffle: false });
  data.nextBatch(4, { shuffle: false });
  assert.deepEqual(labelsOf(kept), [0, 1, 2, 3]);
  kept.images.data.fill(-1);
  assert.deepEqual(labelsOf(data), upTo(6));
});

test("the same seed gives the same order, another seed another", () => {
  const order = (seed?: number) => labelsOf(examples(60, seed).nextBatch(60));
  assert.deepEqual(order(5), order(5));
  assert.notDeepEqual(order(5), order(6));
  assert.notDeepEqual(order(), order());
});

test("batches is one epoch with a smaller last batch, and leaves the stream alone", () => {
  const data = examples(10, 2);
  const twin = examples(10, 2);
  const epoch = [...data.batches(4, { seed: 1 })].map(labelsOf);
  assert.deepEqual(
    epoch.map((batch) => batch.length),
    [4, 4, 2],
  );
  assert.deepEqual(sorted(epoch.flat()), upTo(10));
  assert.equal(data.epochsCompleted, 0);
  assert.deepEqual(labelsOf(data), upTo(10));
  assert.deepEqual(labelsOf(data.nextBatch(10)), labelsOf(twin.nextBatch(10)));
});

test("batches: order by seed, by the own generator, or as it stands", () => {
  const data = examples(30, 2);
  const epoch = (options?: { shuffle?: boolean; seed?: number }) => [...data.batches(7, options)].flatMap(labelsOf);
  assert.deepEqual(epoch({ shuffle: false }), upTo(30));
  assert.deepEqual(epoch({ seed: 9 }), epoch({ seed: 9 }));
  assert.notDeepEqual(epoch(), epoch());
  const bySeed = epoch({ seed: 9 });
  data.nextBatch(1);
  assert.deepEqual(epoch({ seed: 9 }), bySeed, "a seeded epoch does not depend on what was drawn before");
  assert.deepEqual(epoch({ shuffle: false }), labelsOf(data), "unshuffled means the current order");
});

test("an epoch under way is not disturbed by the stream", () => {
  const data = examples(9);
  const epoch = data.batches(3, { shuffle: false });
  const seen = labelsOf(epoch.next().value);
  data.nextBatch(5);
  for (const batch of epoch) seen.push(...labelsOf(batch));
  assert.deepEqual(seen, upTo(9));
});

test("rows of any rank are batched", () => {
  const images = new NdArray("uint8", [3, 1, 2, 1], Uint8Array.of(1, 2, 3, 4, 5, 6));
  const labels = new NdArray("float64", [3, 2], Float64Array.of(1, 0, 0, 1, 1, 0));
  const batch = new DataSet(images, labels).nextBatch(2, { shuffle: false });
  assert.deepEqual(batch.images.toArray(), [[[[1], [2]]], [[[3], [4]]]]);
  assert.deepEqual(batch.labels.toArray(), [
    [1, 0],
    [0, 1],
  ]);
});

test("misuse is named", () => {
  assert.throws(
    () => new DataSet(NdArray.zeros("float32", [3, 2]), NdArray.zeros("uint8", [4])),
    (error: Error) =>
      error instanceof ArgumentError && /^images\.shape: \(3, 2\) labels\.shape: \(4,\)/.test(error.message),
  );
  assert.throws(() => new DataSet(NdArray.zeros("float32", []), NdArray.zeros("uint8", [])), ArgumentError);
  for (const size of [0, -1, 2.5, Number.NaN]) {
    assert.throws(() => examples(3).nextBatch(size), /nextBatch: the batch size must be a whole number above 0/);
    assert.throws(() => examples(3).batches(size), /batches: the batch size/);
  }
  assert.throws(() => examples(0).nextBatch(1), /no examples/);
});
