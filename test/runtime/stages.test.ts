/**
 * @file Runs that no single program can do: operations that need JavaScript itself, and shapes that
 * depend on computed values. They fall into stages, which nobody should notice.
 */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as tf from "tensorstrata";
import { asText, hostRuns, joinTexts, onEveryBackend, plain, positives, sevens } from "./support.js";

onEveryBackend((device) => {
  let session: tf.Session;
  beforeEach(() => {
    tf.resetDefaultGraph();
    hostRuns.length = 0;
    session = new tf.Session({ device });
  });

  const programs = (): number => (session as unknown as { executor: { programCount: number } }).executor.programCount;

  test("a host operation in the middle: what comes before is computed, what follows gets its result", async () => {
    const x = tf.placeholder("float32", [null]);
    const kept = positives.build([tf.subtract(x, 1)], {}, { name: "kept" });
    const result = tf.multiply(kept, 10);
    assert.deepEqual(plain(await session.run([result, x, kept], [[x, [0, 2, 4]]])), [
      [10, 30],
      [0, 2, 4],
      [1, 3],
    ]);
    assert.deepEqual(plain(await session.run(result, [[x, [0]]])), []);
    assert.deepEqual(hostRuns, ["kept", "kept"]);
  });

  test("its result is data, not part of the program: other values need no other program", async () => {
    const x = tf.placeholder("float32", [null]);
    const result = tf.multiply(positives.build([x]), 10);
    await session.run(result, [[x, [1, -1]]]);
    const before = programs();
    for (const value of [2, 3, 4]) assert.deepEqual(plain(await session.run(result, [[x, [value, -1]]])), [10 * value]);
    assert.equal(programs(), before);
  });

  test("a fed result makes the host operation unnecessary", async () => {
    const x = tf.placeholder("float32", [null]);
    const kept = positives.build([x]);
    assert.deepEqual(plain(await session.run(tf.add(kept, 1), [[kept, [5]]])), [6]);
    assert.deepEqual(hostRuns, []);
  });

  test("strings come back, alone and beside numbers, and feed other host operations, each run once", async () => {
    const x = tf.placeholder("float32", [null]);
    const a = asText.build([x], {}, { name: "a" });
    const b = asText.build([tf.negative(x)], {}, { name: "b" });
    const both = joinTexts.build([a, b, a], {}, { name: "both" });
    assert.deepEqual(plain(await session.run([both, tf.add(x, 1), a], [[x, [1, 2]]])), [
      "<1 2>+<-1 -2>+<1 2>",
      [2, 3],
      "<1 2>",
    ]);
    assert.deepEqual(hostRuns, ["a", "b", "both"]);
  });

  test("host operations whose results nobody computes with share one program with the rest", async () => {
    const x = tf.placeholder("float32", [null]);
    const v = new tf.Variable(tf.constant(0, { dtype: "float32" }));
    await session.run(v.initializer);
    const loss = tf.reduceSum(x);
    const text = joinTexts.build([asText.build([loss]), asText.build([v])]);
    const step = v.assignAdd(loss);
    const before = programs();
    assert.deepEqual(await session.run([text, step], [[x, [1, 2]]]), ["<3>+<0>", 3]);
    assert.deepEqual(await session.run([text, step], [[x, [4, 5]]]), ["<9>+<3>", 12]);
    assert.equal(programs(), before + 1);
  });

  test("string constants, placeholders and feeds", async () => {
    const text = tf.placeholder("string", [], { name: "text" });
    const fixed = tf.constant("fixed");
    const joined = joinTexts.build([text, fixed]);
    assert.equal(await session.run(joined, { text: "fed" }), "fed+fixed");
    assert.deepEqual(await session.run([text, fixed, tf.constant(2.5)], { text: "fed" }), ["fed", "fixed", 2.5]);
    assert.equal(
      await session.run(joined, [
        [text, "x"],
        [fixed, "y"],
      ]),
      "x+y",
    );
  });

  test("a shape computed while running", async () => {
    const n = tf.placeholder("int32", []);
    const made = sevens.build([tf.add(n, 1)]);
    const sum = tf.reduceSum(made);
    assert.deepEqual(plain(await session.run([made, sum], [[n, 2]])), [[7, 7, 7], 21]);
    assert.deepEqual(plain(await session.run([made, sum], [[n, 0]])), [[7], 7]);
    const before = programs();
    assert.deepEqual(plain(await session.run([made, sum], [[n, 2]])), [[7, 7, 7], 21]);
    assert.equal(programs(), before);
  });

  test("a shape that is fed directly, and one read from a variable", async () => {
    const n = tf.placeholder("int32", []);
    assert.deepEqual(plain(await session.run(sevens.build([n]), [[n, 2]])), [7, 7]);
    const v = new tf.Variable(tf.constant(2));
    await session.run(v.initializer);
    const made = sevens.build([v]);
    assert.deepEqual(plain(await session.run(made)), [7, 7]);
    await session.run(v.assignAdd(1));
    assert.deepEqual(plain(await session.run(made)), [7, 7, 7]);
  });

  test("a shape that depends on another such shape, and on a host operation", async () => {
    const x = tf.placeholder("float32", [null]);
    const count = tf.cast(tf.reduceSum(positives.build([x])), "int32");
    const once = sevens.build([count]);
    const twice = sevens.build([tf.cast(tf.divide(tf.reduceSum(once), 7), "int32")]);
    assert.deepEqual(plain(await session.run([once, twice], [[x, [1, 1, -5]]])), [
      [7, 7],
      [7, 7],
    ]);
  });

  test("stages draw random numbers once and run updates once", async () => {
    const v = new tf.Variable(tf.constant(0, { dtype: "float32" }));
    await session.run(v.initializer);
    const noise = tf.randomUniform([3]);
    const step = v.assignAdd(1);
    const kept = positives.build([noise]);
    const after = tf.withControlDependencies([step], () => tf.multiply(kept, 1));
    const [a, b, c] = await session.run([after, noise, step]);
    assert.deepEqual(plain(a), plain(b));
    assert.equal(c, 1);
    assert.equal(await session.run(v), 1);
  });

  test("reads come before the writes of the same run across stages too", async () => {
    const v = new tf.Variable(tf.constant([1.5]));
    await session.run(v.initializer);
    const before = tf.multiply(v, 2);
    const written = v.assign([8]);
    const kept = tf.add(positives.build([written]), 0);
    assert.deepEqual(plain(await session.run([before, kept, v])), [[3], [8], [1.5]]);
    assert.deepEqual(plain(await session.run([kept, before])), [[8], [16]]);
  });

  test("a write that only a later stage waits for is not forgotten", async () => {
    const a = new tf.Variable(tf.constant([1.5]), { name: "a" });
    const b = new tf.Variable(tf.constant([0.5]), { name: "b" });
    await session.run(tf.globalVariablesInitializer());
    const other = b.assign([9]);
    const kept = positives.build([a.assign([8])]);
    const last = tf.withControlDependencies([other], () => tf.identity(tf.add(kept, 0)));
    assert.deepEqual(plain(await session.run(last)), [8]);
    assert.deepEqual(plain(await session.run([a, b])), [[8], [9]]);
  });

  test("a host operation waits for its control dependencies", async () => {
    const v = new tf.Variable(tf.constant([1.5]));
    await session.run(v.initializer);
    const written = v.assign([8]);
    const seen = tf.withControlDependencies([written], () => asText.build([v.readValue()]));
    const early = asText.build([v]);
    assert.deepEqual(await session.run([seen, early]), ["<8>", "<1.5>"]);
  });

  test("an error in a host operation names it", async () => {
    const report = tf.reportUninitializedVariables([new tf.Variable(tf.constant(1.5), { name: "w" })]);
    assert.deepEqual(plain(await session.run(report)), ["w"]);
    const bad = tf.placeholder("float32", [null]);
    await assert.rejects(session.run(tf.add(positives.build([bad]), 1)), tf.errors.InvalidArgumentError);
  });
});
