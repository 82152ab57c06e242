/** @file Fetches: the result has the structure of what was asked for, in values and in types. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as tf from "tensorstrata";
import { expectType } from "../ops/expect-type.js";
import { onEveryBackend, plain } from "./support.js";

onEveryBackend((device) => {
  let session: tf.Session;
  beforeEach(() => {
    tf.resetDefaultGraph();
    session = new tf.Session({ device });
  });

  test("a scalar comes back as a number or truth value, other tensors as arrays, operations as null", async () => {
    const number = tf.constant(2.5);
    const truth = tf.greater(number, 1);
    const vector = tf.placeholder("float32", [3]);
    const noOp = tf.noOp();
    const a = await session.run(number);
    const b = await session.run(truth);
    const c = await session.run(vector, [[vector, [1, 2, 3]]]);
    const d = await session.run(noOp);
    expectType<number>()(a);
    expectType<boolean>()(b);
    expectType<tf.NdArray<"float32", readonly [3]>>()(c);
    expectType<null>()(d);
    assert.equal(a, 2.5);
    assert.equal(b, true);
    assert.deepEqual(plain(c), [1, 2, 3]);
    assert.equal(d, null);
  });

  test("lists and records nest as deep as one likes", async () => {
    const x = tf.constant(2.5, { name: "x" });
    const rows = tf.placeholder("int32", [null, 2], { name: "rows" });
    const result = await session.run({ loss: x, parts: [rows, { step: tf.noOp(), again: [x] }] }, [[rows, [[1, 2]]]]);
    expectType<{
      loss: number;
      parts: [tf.NdArray<"int32", readonly [number, 2]>, { step: null; again: [number] }];
    }>()(result);
    assert.deepEqual(plain(result), { loss: 2.5, parts: [[[1, 2]], { step: null, again: [2.5] }] });
  });

  test("names fetch tensors and operations; a list of them has no static type", async () => {
    const x = tf.constant(2.5, { name: "x" });
    assert.deepEqual(await session.run(["x:0", "x"]), [2.5, null]);
    const list: tf.Tensor[] = [x, tf.constant([1, 2])];
    assert.deepEqual(plain(await session.run(list)), [2.5, [1, 2]]);
  });

  test("a variable is fetched by its value", async () => {
    const v = new tf.Variable(tf.constant(1.5), { name: "v" });
    await session.run(v.initializer);
    const value = await session.run(v);
    expectType<number>()(value);
    assert.equal(value, 1.5);
    assert.equal(await session.run("v:0"), 1.5);
  });

  test("a tensor of unknown rank is an array, even if it turns out to be a scalar", async () => {
    const any = tf.placeholder("float32");
    const value = await session.run(any, [[any, 3]]);
    expectType<tf.NdArray<"float32">>()(value);
    assert.ok(value instanceof tf.NdArray);
    assert.deepEqual(value.shape, []);
  });

  test("an empty list runs nothing", async () => {
    tf.placeholder("float32", []);
    assert.deepEqual(await session.run([]), []);
    assert.deepEqual(await session.run({ a: [], b: {} }), { a: [], b: {} });
  });

  test("what a run returns belongs to the caller", async () => {
    const v = new tf.Variable([1.5, 2.5]);
    await session.run(v.initializer);
    const first = await session.run(v);
    (first.data as Float32Array).fill(9);
    assert.deepEqual(plain(await session.run(v)), [1.5, 2.5]);
    const constant = tf.constant([1.5, 2.5]);
    ((await session.run(constant)).data as Float32Array).fill(9);
    assert.deepEqual(plain(await session.run(constant)), [1.5, 2.5]);
    const x = tf.placeholder("float32", [2]);
    const fed = new Float32Array([1, 2]);
    ((await session.run(x, [[x, fed]])).data as Float32Array).fill(9);
    assert.deepEqual([...fed], [1, 2]);
  });

  test("the same tensor fetched twice is one value", async () => {
    const random = tf.randomNormal([4]);
    const [a, b] = await session.run([random, [random]]);
    assert.deepEqual(plain(a), plain(b[0]));
    const again = await session.run(random);
    assert.notDeepEqual(plain(again), plain(a));
  });

  test("a constant is typed as its literal values are", () => {
    expectType<tf.Tensor<"int32", readonly []>>()(tf.constant(1));
    expectType<tf.Tensor<"float32", readonly []>>()(tf.constant(1.5));
    expectType<tf.Tensor<"float32", readonly [2, 2]>>()(
      tf.constant([
        [1, 2.5],
        [3, 4],
      ]),
    );
    expectType<tf.Tensor<"int32", readonly [3]>>()(tf.constant([1, 2, 3]));
    expectType<tf.Tensor<"bool", readonly [2]>>()(tf.constant([true, false]));
    expectType<tf.Tensor<"float64", readonly [number]>>()(tf.constant(new Float64Array(3)));
    expectType<tf.Tensor<"float32", readonly [3, 4]>>()(tf.constant(0, { dtype: "float32", shape: [3, 4] }));
    for (const [value, dtype] of [
      [1, "int32"],
      [1.5, "float32"],
      [[true], "bool"],
      [new Float64Array(1), "float64"],
    ] as const)
      assert.equal(tf.constant(value as number).dtype, dtype);
  });
});
