/** @file What a run needs, and in which order it takes effect. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { pathTo, prune } from "../../src/compiler/index.js";
import * as tf from "../../src/index.js";

beforeEach(() => tf.resetDefaultGraph());

const names = (fetches: tf.Tensor[], targets: tf.Operation[] = [], fed: tf.Tensor[] = []): string[] =>
  prune(fetches, targets, new Set(fed)).order.map((op) => op.name);

test("only what is needed, operands first", () => {
  const x = tf.placeholder("float32", [2], { name: "x" });
  const a = tf.negative(x, { name: "a" });
  tf.exp(x, { name: "unused" });
  const b = tf.add(a, x, { name: "b" });
  assert.deepEqual(names([b]), ["x", "a", "b"]);
});

test("a fed tensor cuts off what it is made of", () => {
  const x = tf.placeholder("float32", [2], { name: "x" });
  const a = tf.negative(x, { name: "a" });
  const b = tf.exp(a, { name: "b" });
  assert.deepEqual(names([b], [], [a]), ["b"]);
});

test("reads come before the writes of their epoch, whatever was made first", () => {
  const v = new tf.Variable([1, 2], { name: "v" });
  const update = v.assignAdd([1, 1], { name: "update" });
  const loss = tf.reduceSum(v, { name: "loss" });
  const order = names([loss], [update.op]);
  assert.ok(order.indexOf("loss") < order.indexOf("update"), order.join(" "));
});

test("a control dependency puts a read after a write", () => {
  const v = new tf.Variable([1, 2], { name: "v" });
  const update = v.assignAdd([1, 1], { name: "update" });
  const after = tf.withControlDependencies([update], () => tf.reduceSum(v.readValue(), { name: "after" }));
  const order = names([after]);
  assert.ok(order.indexOf("update") < order.indexOf("after"), order.join(" "));
});

test("writes keep their order of creation", () => {
  const v = new tf.Variable([1, 2], { name: "v" });
  const first = v.assignAdd([1, 1], { name: "first" });
  const second = v.assign([5, 5], { name: "second" });
  const order = names([], [second.op, first.op]).filter((n) => n === "first" || n === "second");
  assert.deepEqual(order, ["first", "second"]);
});

test("a chain of ten thousand operations is no deeper than the stack", () => {
  let x: tf.Tensor = tf.placeholder("float32", [], { name: "x" });
  for (let i = 0; i < 10_000; i++) x = tf.negative(x);
  assert.equal(names([x]).length, 10_001);
});

test("a path for messages", () => {
  const x = tf.placeholder("float32", [2], { name: "x" });
  const a = tf.negative(x, { name: "a" });
  const b = tf.exp(a, { name: "b" });
  assert.equal(pathTo(x.op, [b], [], new Set()), "b ← a ← x");
});
