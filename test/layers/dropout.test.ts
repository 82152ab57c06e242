/** @file Dropout: when it drops, how much, by which mask; and flattening of what is hardly known. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { backendNames, elements, inGraph } from "./support.js";

const { layers } = tf;

test("dropout drops while training alone, and keeps the expected sum", async () => {
  for (const device of backendNames)
    await inGraph(async (graph) => {
      const x = tf.ones([100, 50]);
      const fed = tf.placeholder("bool", []);
      const dropped = layers.dropout(x, { rate: 0.2, training: true, seed: 42 });
      const chosen = layers.dropout(x, { rate: 0.2, training: fed, seed: 42 });
      const never = layers.dropout(x, { rate: 0.2 });
      using session = new tf.Session({ graph, device });
      assert.ok(elements(await session.run(never)).every((v) => v === 1));
      assert.ok(elements(await session.run(chosen, [[fed, false]])).every((v) => v === 1));
      for (const values of [await session.run(dropped), await session.run(chosen, [[fed, true]])]) {
        const list = elements(values);
        assert.ok(list.every((v) => v === 0 || v === 1.25));
        // 5,000 draws with probability 0.2: five standard deviations are 141.
        const zeros = list.filter((v) => v === 0).length;
        assert.ok(Math.abs(zeros - 1000) < 141, `${zeros} dropped`);
      }
    });
});

test("the mask's shape: null for an axis of the inputs, 1 for all of an axis at once", async () => {
  await inGraph(async (graph) => {
    const x = tf.placeholder("float32", [null, 10]);
    const dropped = layers.dropout(x, { noiseShape: [null, 1], training: true, seed: 1 });
    using session = new tf.Session({ graph, device: "interpreter" });
    const rows = (await session.run(dropped, [
      [
        x,
        tf.NdArray.from(
          Array.from({ length: 40 }, () => new Array(10).fill(1)),
          "float32",
        ),
      ],
    ])) as tf.NdArray;
    const sums = (rows.toArray() as number[][]).map((row) => row.reduce((total, v) => total + v, 0));
    assert.ok(sums.every((sum) => sum === 0 || sum === 20));
    assert.ok(sums.includes(0) && sums.includes(20));
  });
});

test("a rate may be fed, and 0 drops nothing", async () => {
  await inGraph(async (graph) => {
    const rate = tf.placeholder("float32", []);
    const dropped = layers.dropout(tf.ones([50]), { rate, training: true, seed: 1 });
    using session = new tf.Session({ graph, device: "interpreter" });
    assert.ok(elements(await session.run(dropped, [[rate, 0]])).every((v) => v === 1));
    assert.deepEqual([...new Set(elements(await session.run(dropped, [[rate, 0.5]])))].sort(), [0, 2]);
    assert.ok(
      elements(await session.run(layers.dropout(tf.ones([5]), { rate: 0, training: true }))).every((v) => v === 1),
    );
  });
});

test("one layer draws anew each time it is applied", async () => {
  await inGraph(async (graph) => {
    tf.setRandomSeed(1);
    const layer = new layers.Dropout(0.5);
    const [a, b] = [layer.apply(tf.ones([64]), { training: true }), layer.apply(tf.ones([64]), { training: true })];
    using session = new tf.Session({ graph, device: "interpreter" });
    const [first, second] = await session.run([a, b]);
    assert.notDeepEqual(elements(first), elements(second));
  });
});

test("flatten: known and unknown batches and sizes, also without examples", async () => {
  await inGraph(async (graph) => {
    const known = tf.placeholder("float32", [2, null, 3]);
    const unknown = tf.placeholder("float32", [null, 2, null]);
    const width = tf.placeholder("float32", [null, 2, 3]);
    const flat = [known, unknown, width].map((x) => layers.flatten(x as tf.Tensor<"float32">));
    assert.deepEqual(
      flat.map((y) => y.shape),
      [
        [2, null],
        [null, null],
        [null, 6],
      ],
    );
    using session = new tf.Session({ graph, device: "interpreter" });
    const [a, b, c] = flat as tf.Tensor[] as [tf.Tensor, tf.Tensor, tf.Tensor];
    const zeros = (...shape: number[]) => tf.NdArray.zeros("float32", shape);
    const shapeOf = async (y: tf.Tensor, x: tf.Tensor, ...shape: number[]) =>
      ((await session.run(y, [[x, zeros(...shape)]])) as tf.NdArray).shape;
    assert.deepEqual(await shapeOf(a, known, 2, 5, 3), [2, 15]);
    assert.deepEqual(await shapeOf(b, unknown, 4, 2, 3), [4, 6]);
    assert.deepEqual(await shapeOf(c, width, 4, 2, 3), [4, 6]);
    assert.deepEqual(await shapeOf(c, width, 0, 2, 3), [0, 6]);
  });
});
