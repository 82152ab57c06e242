/** @file Rows of arrays as feeds: taken where they lie, in the session's memory or outside. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as tf from "tensorstrata";
import { PickedRows } from "../../src/core/index.js";
import { type Batch, DataSet } from "../../src/datasets/index.js";
import { assertFails, asText, onEveryBackend, plain } from "./support.js";

beforeEach(() => tf.resetDefaultGraph());

const table = (dtype: "float32" | "int32" | "uint8", rows: number, row: number): tf.NdArray =>
  tf.NdArray.from(
    Array.from({ length: rows * row }, (_, i) => (i * 7) % 251),
    dtype,
  ).reshape([rows, row]);

/** The rows as a feed of their own, the plain way. */
const gathered = (source: tf.NdArray, order: ArrayLike<number>): unknown =>
  Array.from(order, (at) => plain(source.rows(at, at + 1).reshape(source.shape.slice(1))));

onEveryBackend((device) => {
  test("rows come in the order asked for, of arrays and of what was uploaded, whatever their length", async () => {
    const session = new tf.Session({ device });
    for (const dtype of ["float32", "int32", "uint8"] as const)
      for (const row of [1, 2, 3, 4, 5, 16, 17, 67, 128, 151, 279]) {
        const source = table(dtype, 11, row);
        const x = tf.placeholder(dtype, [null, row]);
        const call = session.makeCallable(tf.identity(x), [x]);
        const order = Int32Array.of(3, 10, 0, 3, 7, 1);
        using uploaded = await session.upload(source);
        for (const from of [source, uploaded]) {
          assert.deepEqual(plain(await call(tf.takeRows(from, order))), gathered(source, order));
          assert.deepEqual(plain(call.sync(tf.takeRows(from, order))), gathered(source, order));
          assert.deepEqual(plain(await call(tf.takeRows(from, order, 1, 4))), gathered(source, [10, 0, 3]));
          assert.deepEqual(plain(await call(tf.takeRows(from, null, 2, 5))), gathered(source, [2, 3, 4]));
          assert.deepEqual(plain(await call(tf.takeRows(from, order, 2, 2))), []);
        }
      }
  });

  test("rows convert as a cast would, also on the way", async () => {
    const session = new tf.Session({ device });
    const bytes = table("uint8", 5, 3);
    const fractions = tf.NdArray.from([[1.75], [-2.25], [3]], "float32");
    const x = tf.placeholder("float32", [null, 3]);
    const whole = tf.placeholder("int32", [null, 1]);
    for (const from of [bytes, await session.upload(bytes)])
      assert.deepEqual(
        plain(await session.run(tf.divide(x, 2), [[x, tf.takeRows(from, Int32Array.of(4, 0))]])),
        (gathered(bytes, [4, 0]) as number[][]).map((row) => row.map((v) => v / 2)),
      );
    for (const from of [fractions, await session.upload(fractions)])
      assert.deepEqual(plain(await session.run(whole, [[whole, tf.takeRows(from, Int32Array.of(1, 0))]])), [[-2], [1]]);
    assert.equal((await session.upload([1, 2, 3], "float32")).dtype, "float32");
  });

  test("batches are the same numbers fed as they are and read first, and feeding leaves them unread", async () => {
    const session = new tf.Session({ device });
    for (const row of [1, 5, 15, 16, 17, 67]) {
      const bytes = table("uint8", 11, row) as tf.NdArray<"uint8">;
      const images = PickedRows.ofBytes(bytes, "float32", 1 / 255);
      const labels = PickedRows.ofBytes(bytes, "float64");
      const data = new DataSet(images, labels, { seed: row });
      const single = tf.placeholder("float32", [null, row]);
      const double = tf.placeholder("float64", [null, row]);
      const whole = tf.placeholder("int32", [null, row]);
      const fetches = [tf.identity(single), tf.identity(double), tf.identity(whole)];
      const run = async ({ images, labels }: Batch<"float32", "float64">) =>
        (
          await session.run(fetches, [
            [single, images],
            [double, images],
            [whole, labels],
          ])
        ).map((array) => (array as tf.NdArray).toArray());
      // What takes bytes into WebAssembly's memory is loaded beside the first run.
      for (let round = 0; round < 3; round++) {
        const batch = data.nextBatch(4);
        const unread = await run(batch);
        const [first, second] = [batch.images.pendingRows, batch.labels.pendingRows];
        assert.ok(first !== undefined, "still unread");
        assert.ok(second === undefined, "whole numbers are rounded on the host");
        assert.deepEqual(unread, [batch.images.toArray(), batch.images.toArray(), batch.labels.toArray()]);
        assert.deepEqual(await run(batch), unread);
        batch.images.data[0] = 7;
        const [changed] = await run(batch);
        assert.deepEqual(changed, batch.images.toArray(), "once read, its own elements are fed");
        assert.notDeepEqual(changed, unread[0]);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      assert.ok(images.pendingRows !== undefined, "batches do not need all of the data");
    }
  });

  test("arrays of another floating or byte type convert on the way, at any size", async () => {
    const session = new tf.Session({ device });
    const x = tf.placeholder("float32", null);
    const same = session.makeCallable(tf.identity(x), [x]);
    for (let round = 0; round < 2; round++) {
      for (const shape of [[0], [1], [3, 1], [16], [7, 9], [2, 0], [5, 3, 11]]) {
        const values = Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i / 3);
        const double = tf.NdArray.from(values).reshape(shape);
        const bytes = tf.NdArray.from(Uint8Array.from(values, (v) => 255 - v)).reshape(shape);
        assert.deepEqual((await same(double)).data, Float32Array.from(values));
        assert.deepEqual((await same(bytes)).data, Float32Array.from(bytes.data as Uint8Array));
        assert.deepEqual((await same(bytes)).shape, shape);
      }
      assert.equal(plain(await same(tf.NdArray.from(0.1, "float64"))), Math.fround(0.1));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });

  test("memory that grows under an upload leaves it as it was", async () => {
    const session = new tf.Session({ device });
    const source = table("float32", 9, 4);
    const uploaded = await session.upload(source);
    const x = tf.placeholder("float32", [null, 4]);
    const call = session.makeCallable(tf.add(x, 0.5), [x]);
    const order = Int32Array.of(8, 2);
    const before = plain(await call(tf.takeRows(uploaded, order)));
    await session.upload(new Float32Array(3_000_000));
    const big = tf.placeholder("float32", [2_000_000]);
    await session.run(tf.reduceSum(tf.exp(big)), [[big, new Float32Array(2_000_000)]]);
    assert.deepEqual(plain(await call(tf.takeRows(uploaded, order))), before);
    assert.deepEqual(plain(call.sync(tf.takeRows(uploaded, order))), before);
  });

  test("operations that run on the host, and runs in stages, see the rows too", async () => {
    const session = new tf.Session({ device });
    const source = table("float32", 4, 2);
    const x = tf.placeholder("float32", [null, 2]);
    const rows = tf.takeRows(await session.upload(source), Int32Array.of(2, 0));
    assert.equal(await session.run(asText.build([x], {}) as tf.Tensor, [[x, rows]]), "<28 35 0 7>");
    const sum = tf.reduceSum(x);
    const handle = session.partialRunSetup([sum], [x]);
    assert.equal(await session.partialRun(handle, sum, [[x, rows]]), 70);
  });
});

test("memory given back is used again", async () => {
  const session = new tf.Session({ device: "wasm" });
  const array = new Float32Array(1_000_000);
  (await session.upload(array)).dispose();
  const { memoryUsage } = session;
  for (let i = 0; i < 20; i++) (await session.upload(array)).dispose();
  assert.equal(session.memoryUsage, memoryUsage);
  const kept = await session.upload(array);
  const more = await session.upload(array);
  assert.ok(session.memoryUsage > memoryUsage, "two at once need twice the room");
  kept.dispose();
  kept.dispose();
  more.dispose();
});

test("misuse is an error before anything is read", async () => {
  const session = new tf.Session({ device: "wasm" });
  const source = table("float32", 4, 2);
  const uploaded = await session.upload(source);
  const x = tf.placeholder("float32", [null, 2], { name: "x" });
  const y = tf.placeholder("float32", [null, 3], { name: "y" });
  const { ArgumentError, FeedError, SessionError } = tf.errors;
  for (const from of [source, uploaded]) {
    for (const order of [Int32Array.of(0, 4), Int32Array.of(-1)])
      await assertFails(() => tf.takeRows(from, order), {
        type: ArgumentError,
        says: /^Row (4|-1) is outside an array of shape \[4,2\]$/,
        hint: false,
      });
    for (const [begin, end] of [
      [0, 5],
      [3, 2],
      [-1, 2],
      [0.5, 2],
    ])
      await assertFails(() => tf.takeRows(from, null, begin, end), {
        type: ArgumentError,
        says: `takeRows() cannot take ${begin} to ${end} of 4 rows`,
        hint: false,
      });
    await assertFails(() => session.run(y, [[y, tf.takeRows(from)]]), {
      type: FeedError,
      says: "Cannot feed value of shape (4, 2) for Tensor 'y:0', which has shape '(?, 3)'",
    });
  }
  await assertFails(() => tf.takeRows(tf.NdArray.from(1.5)), {
    type: ArgumentError,
    says: /needs an array with rows/,
    hint: false,
  });
  await assertFails(() => tf.takeRows(tf.NdArray.from(["a"])), { type: ArgumentError, says: /numeric NdArray/ });
  await assertFails(() => tf.takeRows([1, 2] as unknown as tf.NdArray), {
    type: ArgumentError,
    says: /numeric NdArray/,
  });
  await assertFails(() => session.upload(["a"]), { type: ArgumentError, says: /Strings cannot be uploaded/ });
  const other = new tf.Session({ device: "wasm" });
  await assertFails(() => other.run(x, [[x, tf.takeRows(uploaded)]]), {
    type: FeedError,
    says: "Tensor 'x:0' was fed rows that were uploaded to another session",
  });
  const rows = tf.takeRows(uploaded);
  uploaded.dispose();
  for (const late of [() => session.run(x, [[x, rows]]), () => session.run(x, [[x, tf.takeRows(uploaded)]])])
    await assertFails(late, {
      type: SessionError,
      says: "An uploaded array was used after its dispose().",
      hint: /upload/,
    });
});
