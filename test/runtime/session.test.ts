/** @file Sessions as objects: defaults, closing, callables, runs in stages that the user supplies. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as tf from "tensorstrata";
import { expectType } from "../ops/expect-type.js";
import { assertFails, plain } from "./support.js";

const device = "interpreter";
beforeEach(() => tf.resetDefaultGraph());

test("a session is bound to the default graph at its construction, or to the one given", () => {
  const inner = new tf.Graph();
  const session = inner.asDefault(() => new tf.Session({ device }));
  assert.equal(session.graph, inner);
  assert.equal(new tf.Session({ device }).graph, tf.getDefaultGraph());
  assert.equal(new tf.Session({ device, graph: inner }).graph, inner);
});

test("a session by itself is no default; withSession makes it one, with its graph, and closes it", async () => {
  const graph = new tf.Graph();
  const session = new tf.Session({ device, graph });
  assert.equal(tf.getDefaultSession(), null);
  const outer = tf.getDefaultGraph();
  const result = await tf.withSession(session, async (s) => {
    assert.equal(s, session);
    assert.equal(tf.getDefaultSession(), session);
    assert.equal(tf.getDefaultGraph(), graph);
    const x = tf.constant(2.5);
    await tf.noOp().run();
    return x.eval();
  });
  assert.equal(result, 2.5);
  assert.equal(tf.getDefaultSession(), null);
  assert.equal(tf.getDefaultGraph(), outer);
  await assert.rejects(session.run("Const:0"), tf.errors.SessionError);
});

test("withSession closes on exceptions too, thrown at once or later", async () => {
  tf.constant(1.5, { name: "x" });
  for (const body of [
    () => {
      throw new RangeError("mine");
    },
    async () => {
      await Promise.resolve();
      throw new RangeError("mine");
    },
  ]) {
    const session = new tf.Session({ device });
    await assert.rejects(tf.withSession(session, body), RangeError);
    assert.equal(tf.getDefaultSession(), null);
    await assert.rejects(session.run("x:0"), tf.errors.SessionError);
  }
});

test("withSession is not re-entrant", async () => {
  const session = new tf.Session({ device });
  await tf.withSession(session, async () => {
    await assertFails(() => tf.withSession(session, () => 1), {
      type: tf.errors.SessionError,
      says: "Session context managers are not re-entrant.",
      hint: /session\.asDefault\(\)/,
    });
    assert.equal(tf.getDefaultSession(), session);
  });
});

test("`using` closes a session at the end of its scope", async () => {
  tf.constant(1.5, { name: "x" });
  let escaped: tf.Session;
  {
    using session = new tf.Session({ device });
    escaped = session;
    assert.equal(await session.run("x:0"), 1.5);
  }
  await assert.rejects(escaped.run("x:0"), tf.errors.SessionError);
});

test("asDefault nests, keeps the graph, and does not close", async () => {
  const x = tf.constant(1.5);
  const a = new tf.Session({ device });
  const b = new tf.Session({ device });
  const graph = tf.getDefaultGraph();
  await a.asDefault(async () => {
    assert.equal(tf.getDefaultSession(), a);
    b.asDefault(() => assert.equal(tf.getDefaultSession(), b));
    await Promise.resolve();
    assert.equal(tf.getDefaultSession(), a);
    assert.equal(tf.getDefaultGraph(), graph);
    assert.equal(await x.eval(), 1.5);
  });
  assert.equal(tf.getDefaultSession(), null);
  {
    using _default = a.asDefault();
    assert.equal(tf.getDefaultSession(), a);
  }
  assert.equal(tf.getDefaultSession(), null);
  assert.throws(() => a.asDefault(() => assert.fail("mine")), /mine/);
  assert.equal(tf.getDefaultSession(), null);
  assert.equal(await a.run(x), 1.5);
});

test("an interactive session is the default from the start until it is closed, in any order", async () => {
  const graph = new tf.Graph();
  const outer = tf.getDefaultGraph();
  const a = new tf.InteractiveSession({ device });
  assert.equal(tf.getDefaultSession(), a);
  assert.equal(tf.getDefaultGraph(), outer);
  assert.equal(await tf.constant(2.5).eval(), 2.5);
  const b = new tf.InteractiveSession({ device, graph });
  assert.equal(tf.getDefaultGraph(), graph);
  assert.equal(await tf.constant(3.5).eval(), 3.5);
  a.close();
  assert.equal(tf.getDefaultSession(), b);
  b.close();
  b.close();
  assert.equal(tf.getDefaultSession(), null);
  assert.equal(tf.getDefaultGraph(), outer);
});

test("eval, run and load take feeds and a session", async () => {
  using session = new tf.Session({ device });
  const x = tf.placeholder("float32", [], { name: "x" });
  const v = new tf.Variable(tf.constant([1.5, 2.5]), { name: "v" });
  const value = await tf.add(x, 1).eval([[x, 2]], session);
  expectType<number>()(value);
  assert.equal(value, 3);
  expectType<void>()(await v.initializer.run(undefined, session));
  await v.load([7, 8], session);
  assert.deepEqual(plain(await v.eval(undefined, session)), [7, 8]);
  assert.deepEqual(plain(await v.ref.eval(undefined, session)), [7, 8]);
});

test("a callable takes values by position and returns what run does", async () => {
  using session = new tf.Session({ device });
  const x = tf.placeholder("float32", []);
  const y = tf.placeholder("float32", [], { name: "y" });
  const f = session.makeCallable({ sum: tf.add(x, y), all: [x, tf.noOp()] }, [x, "y"]);
  const result = await f(1, 2.5);
  expectType<{ sum: number; all: [number, null] }>()(result);
  assert.deepEqual(result, { sum: 3.5, all: [1, null] });
  assert.deepEqual(await f(2, 3), { sum: 5, all: [2, null] });
  await assertFails(() => f(1), {
    type: tf.errors.ArgumentError,
    says: "Expected 2 values for feed_list; got 1",
    hint: false,
  });
  await assertFails(() => f(1, [2, 3]), {
    type: tf.errors.FeedError,
    says: "Cannot feed value of shape (2,) for Tensor 'y:0', which has shape '()'",
  });
  assert.throws(() => session.makeCallable(x, ["nothing"]), tf.errors.FeedError);
  assert.throws(() => session.makeCallable("nothing"), tf.errors.FetchError);
});

test("a partial run is supplied in stages; everything still runs once", async () => {
  using session = new tf.Session({ device });
  const a = tf.placeholder("float32", [], { name: "a" });
  const b = tf.placeholder("float32", [], { name: "b" });
  const noise = tf.randomNormal([]);
  const v = new tf.Variable(tf.constant(0, { dtype: "float32" }));
  await session.run(v.initializer);
  const step = v.assignAdd(1);
  const first = tf.add(tf.add(a, noise), tf.multiply(step, 0));
  const second = tf.withControlDependencies([step], () => tf.multiply(first, b));
  const third = tf.subtract(second, tf.multiply(noise, b));
  const handle = session.partialRunSetup([first, second, third], [a, b]);
  const one = await session.partialRun(handle, first, [[a, 2]]);
  expectType<number>()(one);
  const [two, three] = await session.partialRun(handle, [second, third], [[b, 10]]);
  assert.ok(Math.abs(two - one * 10) < 1e-4);
  assert.ok(Math.abs(three - 20) < 1e-4, `the noise was drawn twice: ${three}`);
  assert.equal(await session.run(v), 1);
});

test("what a partial run refuses", async () => {
  using session = new tf.Session({ device });
  const a = tf.placeholder("float32", [], { name: "a" });
  const b = tf.placeholder("float32", [], { name: "b" });
  const c = tf.placeholder("float32", [], { name: "c" });
  const sum = tf.add(a, 1, { name: "sum" });
  const product = tf.multiply(sum, b, { name: "product" });
  const handle = session.partialRunSetup([sum, product, b], [a, b]);
  const fails = (fetch: unknown, feeds: tf.Feeds, says: string) =>
    assertFails(() => session.partialRun(handle, fetch, feeds), { type: tf.errors.ArgumentError, says });
  await assertFails(() => session.partialRun(handle, product.op), {
    type: tf.errors.SessionError,
    says: "partial_run() requires empty target_list.",
  });
  await fails(product, [[a, 1]], "product:0 needs b:0, which has not been fed yet.");
  await fails(b, [[a, 1]], "b:0 needs b:0, which has not been fed yet.");
  await fails(
    sum,
    [
      [a, 1],
      [c, 1],
    ],
    "The feed c:0 was not specified in partial_run_setup, or was fed already.",
  );
  await fails(
    tf.negative(sum, { name: "other" }),
    [[a, 1]],
    "The fetch other:0 was not specified in partial_run_setup, or was fetched already.",
  );
  assert.equal(await session.partialRun(handle, sum, [[a, 1]]), 2);
  await fails(sum, [], "The fetch sum:0 was not specified in partial_run_setup, or was fetched already.");
  await fails(
    product,
    [
      [a, 1],
      [b, 1],
    ],
    "The feed a:0 was not specified in partial_run_setup, or was fed already.",
  );
  assert.deepEqual(await session.partialRun(handle, [product, b], [[b, 5]]), [10, 5]);
});

test("a stage that fails while running can be repeated", async () => {
  using session = new tf.Session({ device });
  const divisor = tf.placeholder("int32", []);
  const quotient = tf.floorDiv(tf.constant(7), divisor);
  const handle = session.partialRunSetup([quotient], [divisor]);
  await assert.rejects(session.partialRun(handle, quotient, [[divisor, 0]]), tf.errors.InvalidArgumentError);
  assert.equal(await session.partialRun(handle, quotient, [[divisor, 2]]), 3);
});

test("a session says where it computes and how much it holds", async () => {
  using session = new tf.Session({ device });
  assert.equal(session.deviceName, "interpreter");
  const v = new tf.Variable(tf.zeros([10]));
  await session.run(v.initializer);
  assert.ok(session.memoryUsage >= 40);
  assert.deepEqual(
    session.listDevices().map(({ name, deviceType }) => [name, deviceType]),
    [["/device:interpreter:0", "interpreter"]],
  );
});

test("a session that is closed while a program is being compiled says so", async () => {
  const session = new tf.Session({ device: "wasm" });
  const run = session.run(tf.add(tf.constant(1), 2));
  session.close();
  await assert.rejects(run, tf.errors.SessionError);
});
