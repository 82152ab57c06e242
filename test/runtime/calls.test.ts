/** @file Runs that are asked for again and again: callables, their `sync`, and what a session remembers of `run`. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as tf from "tensorstrata";
import { assertFails, asText, onEveryBackend, plain, positives } from "./support.js";

beforeEach(() => tf.resetDefaultGraph());

onEveryBackend((device) => {
  test("a callable's sync returns what awaiting it returns, and has the same effects", async () => {
    const x = tf.placeholder("float32", [null]);
    const total = new tf.Variable(10, { dtype: "float32" });
    const add = total.assignAdd(tf.reduceSum(x));
    const session = new tf.Session({ device });
    await session.run(total.initializer);
    const step = session.makeCallable({ add, twice: [tf.multiply(x, 2), add.op] }, [x]);
    const awaited = await step([1, 2]);
    const direct = step.sync([3, 4]);
    assert.deepEqual(plain(awaited), { add: 13, twice: [[2, 4], null] });
    assert.deepEqual(plain(direct), { add: 20, twice: [[6, 8], null] });
    assert.equal(await session.run(total), 20);
  });

  test("sync needs a program for these shapes; prepare makes one without running it", async () => {
    const x = tf.placeholder("float32", [null]);
    const total = new tf.Variable(0, { dtype: "float32" });
    const session = new tf.Session({ device });
    await session.run(total.initializer);
    const step = session.makeCallable(total.assignAdd(tf.reduceSum(x)), [x]);
    const missing = { type: tf.errors.SessionError, says: "sync() has no compiled program for feeds of these shapes." };
    await assertFails(() => step.sync([1, 2]), { ...missing, hint: /prepare/ });
    await step.prepare([0, 0]);
    assert.equal(await session.run(total), 0, "preparing runs nothing");
    assert.equal(step.sync([1, 2]), 3);
    await assertFails(() => step.sync([1, 2, 3]), missing);
    assert.equal(step.sync([4, 5]), 12);
  });

  test("sync keeps the order of runs: it refuses while an earlier one has not finished", async () => {
    const x = tf.placeholder("float32", []);
    const step = new tf.Session({ device }).makeCallable(tf.add(x, 1), [x]);
    await step(1);
    const session = new tf.Session({ device });
    const other = session.makeCallable(tf.add(x, 1), [x]);
    const pending = other(1);
    await assertFails(() => other.sync(1), {
      type: tf.errors.SessionError,
      says: "sync() was called while an earlier run of this session has not finished.",
      hint: /await/,
    });
    assert.equal(await pending, 2);
    assert.equal(other.sync(2), 3);
    assert.equal(step.sync(5), 6);
  });

  test("what takes more than one program cannot be prepared, and says so", async () => {
    const x = tf.placeholder("float32", [null]);
    const session = new tf.Session({ device });
    for (const fetched of [tf.reduceSum(positives.build([x], {}) as tf.Tensor), asText.build([x], {}) as tf.Tensor]) {
      const call = session.makeCallable(fetched, [x]);
      await call([1, -2]);
      await assertFails(() => call.prepare([1, -2]), {
        type: tf.errors.SessionError,
        says: "A run of these fetches takes more than one program, so that it cannot be prepared.",
        hint: /await/,
      });
      await assertFails(() => call.sync([1, -2]), { type: tf.errors.SessionError, says: /no compiled program/ });
    }
  });

  test("a failed check leaves variables alone, through every way of calling", async () => {
    const x = tf.placeholder("int32", [null]);
    const total = new tf.Variable([0, 0], { dtype: "float32" });
    const rows = tf.gather(
      tf.constant(
        [
          [1, 2],
          [3, 4],
        ],
        { dtype: "float32" },
      ),
      x,
    );
    const add = total.assignAdd(tf.reduceSum(rows, { axis: 0 }) as tf.Tensor<"float32", [2]>);
    const session = new tf.Session({ device });
    await session.run(total.initializer);
    const call = session.makeCallable(add, [x]);
    await call([0, 1]);
    await assert.rejects(call([0, 7]), tf.errors.InvalidArgumentError);
    assert.throws(() => call.sync([7, 0]), tf.errors.InvalidArgumentError);
    await assert.rejects(session.run(add, [[x, [0, 7]]]), tf.errors.InvalidArgumentError);
    assert.deepEqual(plain(await session.run(total)), [4, 6]);
    assert.deepEqual(plain(call.sync([1, 1])), [10, 14]);
  });

  test("a program made for a variable's old shape is not used for its new one", async () => {
    const shape = tf.placeholder("int32", [1]);
    const v = new tf.Variable(tf.zeros([2]), { validateShape: false });
    const grow = tf.assign(v, tf.ones(shape as tf.Tensor<"int32">), { validateShape: false });
    const session = new tf.Session({ device });
    await session.run(v.initializer);
    const sum = session.makeCallable(tf.reduceSum(v));
    assert.equal(await sum(), 0);
    await session.run((grow as tf.Tensor).op, [[shape, [5]]]);
    await assertFails(() => sum.sync(), { type: tf.errors.SessionError, says: /no compiled program/ });
    assert.equal(await sum(), 5);
    assert.equal(sum.sync(), 5);
  });

  test("fetched arrays belong to the caller: later runs do not change them", async () => {
    const x = tf.placeholder("float32", [2]);
    const call = new tf.Session({ device }).makeCallable([x, tf.add(x, 1)], [x]);
    const fed = tf.NdArray.from([1, 2], "float32");
    const first = await call(fed);
    const second = call.sync([5, 6]);
    fed.data[0] = 100;
    assert.deepEqual(plain(first), [
      [1, 2],
      [2, 3],
    ]);
    assert.deepEqual(plain(second), [
      [5, 6],
      [6, 7],
    ]);
  });

  test("run tells calls apart that look alike: order, structure, feeds, later changes of the caller's arrays", async () => {
    const [x, y] = [tf.placeholder("float32", [], { name: "x" }), tf.placeholder("float32", [], { name: "y" })];
    const difference = tf.subtract(x, y);
    const session = new tf.Session({ device });
    const fetches: (tf.Tensor | string)[] = [difference, x];
    for (let round = 0; round < 3; round++) {
      assert.equal(
        await session.run(difference, [
          [x, 5],
          [y, 3],
        ]),
        2,
      );
      assert.equal(
        await session.run(difference, [
          [y, 5],
          [x, 3],
        ]),
        -2,
      );
      assert.equal(
        await session.run(
          difference,
          new Map([
            [x, 7],
            [y, 3],
          ]),
        ),
        4,
      );
      assert.equal(await session.run(difference, { x: 1, "y:0": 3 }), -2);
      assert.deepEqual(
        await session.run(
          [difference],
          [
            [x, 5],
            [y, 3],
          ],
        ),
        [2],
      );
      assert.deepEqual(
        await session.run(
          [[difference]],
          [
            [x, 5],
            [y, 3],
          ],
        ),
        [[2]],
      );
      assert.deepEqual(
        await session.run({ d: difference }, [
          [x, 5],
          [y, 3],
        ]),
        { d: 2 },
      );
      assert.deepEqual(
        await session.run({ e: difference }, [
          [x, 5],
          [y, 3],
        ]),
        { e: 2 },
      );
      // The later of two values for one tensor counts.
      assert.equal(
        await session.run(difference, [
          [x, 5],
          [y, 3],
          [x, 10],
        ]),
        7,
      );
      assert.equal(await session.run(difference, [[difference, 42]]), 42);
    }
    assert.deepEqual(
      await session.run(fetches, [
        [x, 5],
        [y, 3],
      ]),
      [2, 5],
    );
    fetches[1] = y;
    assert.deepEqual(
      await session.run(fetches, [
        [x, 5],
        [y, 3],
      ]),
      [2, 3],
    );
    await assertFails(() => session.run(difference, [[x, 5]]), {
      type: tf.errors.InvalidArgumentError,
      says: /You must feed a value for placeholder tensor 'y'/,
    });
  });
});

// ---- how many programs a session keeps ----

interface Inside {
  readonly executor: { readonly programCount: number };
}
const programsOf = (session: tf.Session): number => (session as unknown as Inside).executor.programCount;

onEveryBackend((device) => {
  test("programs beyond the limit go, oldest use first; values, variables and random streams do not notice", async () => {
    const x = tf.placeholder("float32", [null]);
    const v = new tf.Variable(1, { dtype: "float32" });
    const noise = tf.randomUniform([2], { seed: 3 });
    const y = tf.add(tf.add(tf.reduceSum(x), v.assignAdd(1)), tf.reduceSum(noise));
    const results: number[][] = [];
    for (const programLimit of [2, 256]) {
      const session = new tf.Session({ device, programLimit });
      await session.run(v.initializer);
      const call = session.makeCallable(y, [x]);
      const seen: number[] = [];
      for (const length of [1, 2, 1, 3, 4, 1, 2, 5, 1])
        seen.push(Number(await call(new Float32Array(length).fill(length))));
      assert.ok(programsOf(session) <= programLimit);
      results.push(seen);
      session.close();
    }
    assert.deepEqual(results[0], results[1]);
  });

  test("what is used again stays: only the program that was not used for longest is made anew", async () => {
    const x = tf.placeholder("float32", [null]);
    const session = new tf.Session({ device, programLimit: 2 });
    const call = session.makeCallable(tf.reduceSum(x), [x]);
    await call([1]);
    await call([1, 2]);
    assert.equal(call.sync([5]), 5);
    await call([1, 2, 3]);
    assert.equal(call.sync([6]), 6, "used last before the third came");
    await assertFails(() => call.sync([1, 2]), { type: tf.errors.SessionError, says: /no compiled program/ });
    assert.equal(programsOf(session), 2);
  });
});

test("a limit must be a whole number above 0", async () => {
  for (const programLimit of [0, -1, 1.5, Number.NaN])
    await assertFails(() => new tf.Session({ device: "interpreter", programLimit }), {
      type: tf.errors.ArgumentError,
      says: `programLimit must be a whole number above 0, not ${programLimit}`,
      hint: false,
    });
});

test("constants of programs that went make room for those of new ones", async () => {
  const session = new tf.Session({ device: "wasm", programLimit: 2 });
  const x = tf.placeholder("float32", [100_000]);
  const used: number[] = [];
  for (let i = 0; i < 12; i++) {
    const table = tf.constant(Float32Array.from({ length: 100_000 }, (_, k) => (k % 7) + i));
    assert.equal(await session.run(tf.reduceMax(tf.add(x, table)), [[x, new Float32Array(100_000)]]), 6 + i);
    used.push(session.memoryUsage);
  }
  assert.equal(used.at(-1), used[3], `${used}`);
});
