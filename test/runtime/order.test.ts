/** @file What runs, how often, and in which order; and that runs take turns with each other and with the event loop. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as tf from "tensorstrata";
import { onEveryBackend } from "./support.js";

onEveryBackend((device) => {
  let session: tf.Session;
  beforeEach(() => {
    tf.resetDefaultGraph();
    session = new tf.Session({ device });
  });

  async function variable(value: number, name = "v"): Promise<tf.Variable<"float32", readonly []>> {
    const v = new tf.Variable(tf.constant(value, { dtype: "float32" }), { name });
    await session.run(v.initializer);
    return v;
  }

  test("an operation that nothing needs does not run", async () => {
    const v = await variable(1.5);
    const change = v.assign(9);
    tf.add(change, 1);
    assert.equal(await session.run(tf.add(v, 1)), 2.5);
    assert.equal(await session.run(v), 1.5);
  });

  test("assigning returns the new value and keeps it for later runs", async () => {
    const v = await variable(1.5);
    assert.equal(await session.run(v.assign(4)), 4);
    assert.equal(await session.run(v.assignAdd(2)), 6);
    assert.equal(await session.run(v.assignSub(1)), 5);
    assert.equal(await session.run(v), 5);
  });

  test("an operation runs once, however often it is needed", async () => {
    const v = await variable(0);
    const step = v.assignAdd(1);
    assert.deepEqual(await session.run([step, step, tf.add(step, 0), step.op]), [1, 1, 1, null]);
    assert.equal(await session.run(v), 1);
    const random = tf.randomUniform([]);
    const [a, b] = await session.run([tf.add(random, 1), tf.subtract(random, -1)]);
    assert.equal(a, b);
  });

  test("reads come before the writes of the same run", async () => {
    const v = await variable(1.5);
    const update = v.assign(9);
    const loss = tf.multiply(v, 2);
    assert.deepEqual(await session.run([update, loss, v]), [9, 3, 1.5]);
    assert.equal(await session.run(loss), 18);
    assert.deepEqual(await session.run([loss, v.assign(1)]), [18, 1]);
  });

  test("a control dependency puts a read after a write", async () => {
    const v = await variable(1.5);
    const update = v.assign(9);
    const [before, after] = tf.withControlDependencies([update], () => [v.value(), v.readValue()] as const);
    assert.deepEqual(await session.run([after, before]), [9, 1.5]);
  });

  test("control dependencies order chains of writes", async () => {
    const v = await variable(1);
    const doubled = v.assign(tf.multiply(v, 2));
    const added = tf.withControlDependencies([doubled], () => v.assignAdd(10));
    const read = tf.withControlDependencies([added], () => v.readValue());
    assert.deepEqual(await session.run([read, doubled]), [12, 2]);
  });

  test("an operation of the block is run for its dependents", async () => {
    const v = await variable(0);
    const step = v.assignAdd(1);
    const x = tf.constant(5.5);
    const outside = tf.withControlDependencies([step], () => x);
    const inside = tf.withControlDependencies([step], () => tf.identity(x));
    await session.run(outside);
    assert.equal(await session.run(v), 0);
    await session.run(inside);
    assert.equal(await session.run(v), 1);
  });

  test("a group runs all its members and gives null", async () => {
    const a = await variable(0, "a");
    const b = await variable(0, "b");
    const both = tf.group(a.assignAdd(1), b.assign(7).op);
    assert.equal(await session.run(both), null);
    assert.deepEqual(await session.run([a, b]), [1, 7]);
    assert.equal(await session.run(tf.group()), null);
  });

  test("a tuple gives its members once all of them, and what else it waits for, are computed", async () => {
    const v = await variable(0);
    const step = v.assignAdd(1);
    const [a, nothing] = tf.tuple([tf.constant(2.5), null], { controlInputs: [step] });
    assert.equal(nothing, null);
    assert.equal(await session.run(a), 2.5);
    assert.equal(await session.run(v), 1);
  });

  test("a failing run changes no variable", async () => {
    const v = await variable(1.5);
    const divisor = tf.placeholder("int32", []);
    const update = v.assign(9);
    const quotient = tf.floorDiv(tf.constant(7), divisor);
    await assert.rejects(session.run([update, quotient], [[divisor, 0]]), tf.errors.InvalidArgumentError);
    assert.equal(await session.run(v), 1.5);
    assert.deepEqual(await session.run([update, quotient], [[divisor, 2]]), [9, 3]);
  });

  test("two sessions on one graph share no values", async () => {
    const v = await variable(1.5);
    using other = new tf.Session({ device });
    await assert.rejects(other.run(v), tf.errors.FailedPreconditionError);
    await other.run(v.initializer);
    await other.run(v.assign(7));
    assert.equal(await session.run(v), 1.5);
    assert.equal(await other.run(v), 7);
  });

  test("the graph may grow after the session is opened", async () => {
    const x = tf.constant(2.5);
    assert.equal(await session.run(x), 2.5);
    assert.equal(await session.run(tf.add(x, 1)), 3.5);
  });

  test("runs that nobody waits for happen in the order of their calls", async () => {
    const v = await variable(1);
    const x = tf.placeholder("float32", []);
    const scaled = v.assign(tf.multiply(v, x));
    const added = v.assignAdd(x);
    const seen: string[] = [];
    const note = (name: string) => (value: number) => seen.push(`${name}=${value}`);
    await Promise.all([
      session.run(scaled, [[x, 3]]).then(note("scaled")),
      session.run(added, [[x, 4]]).then(note("added")),
      session.run(scaled, [[x, 10]]).then(note("scaled")),
      session.run(v).then(note("v")),
    ]);
    assert.deepEqual(seen, ["scaled=3", "added=7", "scaled=70", "v=70"]);
  });

  test("a run that fails does not hold up the next ones", async () => {
    const v = await variable(1);
    const x = tf.placeholder("float32", []);
    const failing = session.run(x);
    const next = session.run(v.assignAdd(1));
    await assert.rejects(failing, tf.errors.InvalidArgumentError);
    assert.equal(await next, 2);
  });

  for (const [how, awaited] of [
    ["awaited one by one", true],
    ["started all at once", false],
  ] as const)
    test(`the event loop turns during many runs ${how}`, async () => {
      const v = await variable(0);
      const step = v.assignAdd(1);
      const busy = tf.reduceSum(tf.matmul(tf.zeros([40, 40]), tf.zeros([40, 40])));
      await session.run([step, busy]);
      const begin = performance.now();
      for (let i = 0; i < 10; i++) await session.run([step, busy]);
      // As many as take about a quarter of a second.
      const count = Math.min(20_000, Math.ceil((250 * 10) / (performance.now() - begin)));
      let turns = 0;
      const timer = setInterval(() => turns++, 5);
      const start = performance.now();
      const pending: Promise<unknown>[] = [];
      for (let i = 0; i < count; i++) {
        const run = session.run([step, busy]);
        if (awaited) await run;
        else pending.push(run);
      }
      await Promise.all(pending);
      const elapsed = performance.now() - start;
      clearInterval(timer);
      assert.equal(await session.run(v), count + 11);
      // At least every 50 ms, with as much again allowed for a busy machine.
      assert.ok(turns >= Math.floor(elapsed / 100), `${turns} turns in ${elapsed} ms`);
    });
});
