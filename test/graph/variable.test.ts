/** @file Variables: the operations they consist of, collections, initialization, assignment. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as tf from "tensorstrata";
import { assertFails, plain } from "../runtime/support.js";

const { errors } = tf;
let session: tf.Session;
beforeEach(() => {
  tf.resetDefaultGraph();
  session = new tf.Session({ device: "interpreter" });
});
const operationNames = () =>
  tf
    .getDefaultGraph()
    .getOperations()
    .map((op) => `${op.name} ${op.type}`);

test("a variable from values consists of four operations", () => {
  const v = new tf.Variable([1.5, 2]);
  assert.deepEqual(operationNames(), [
    "Variable/initial_value Const",
    "Variable VariableV2",
    "Variable/Assign Assign",
    "Variable/read Identity",
  ]);
  assert.equal(v.name, "Variable:0");
  assert.equal(v.op.name, "Variable");
  assert.equal(v.initializer.name, "Variable/Assign");
  assert.equal(v.initialValue.name, "Variable/initial_value:0");
  assert.equal(v.value().name, "Variable/read:0");
  assert.equal(v.asTensor(), v.value());
  assert.deepEqual([v.shape, v.dtype], [[2], "float32"]);
  assert.equal(new tf.Variable(1.5).op.name, "Variable_1");
});

test("a variable from a tensor takes it as it is; one from a function builds under Initializer", () => {
  const x = tf.constant([1.5, 2], { name: "x" });
  const v = new tf.Variable(x, { name: "v" });
  assert.equal(v.initialValue, x);
  const w = new tf.Variable(() => tf.constant([1.5], { name: "made" }), { name: "w" });
  assert.equal(w.initialValue.op.name, "w/Initializer/made");
  const u = new tf.Variable((() => [1.5]) as never, { name: "u" });
  assert.equal(u.initialValue.op.name, "u/Initializer/initial_value");
});

test("names obey name scopes", () => {
  const v = tf.withNameScope("layer", () => new tf.Variable(1.5, { name: "kernel" }));
  assert.equal(v.op.name, "layer/kernel");
  assert.equal(v.initializer.name, "layer/kernel/Assign");
});

test("collections: global always, trainable unless said otherwise, others instead when given", () => {
  const a = new tf.Variable(1.5, { name: "a" });
  const b = new tf.Variable(1.5, { name: "b", trainable: false });
  const c = new tf.Variable(1.5, { name: "c", collections: [tf.GraphKeys.LOCAL_VARIABLES], trainable: false });
  const d = new tf.Variable(1.5, { name: "d", collections: [tf.GraphKeys.MODEL_VARIABLES] });
  assert.deepEqual(tf.globalVariables(), [a, b]);
  assert.deepEqual(tf.trainableVariables(), [a, d]);
  assert.deepEqual(tf.localVariables(), [c]);
  assert.deepEqual(tf.modelVariables(), [d]);
  assert.deepEqual([a.trainable, b.trainable], [true, false]);
  tf.globalVariables().pop();
  assert.equal(tf.globalVariables().length, 2);
});

test("a variable needs an initial value of known shape", async () => {
  for (const nothing of [null, undefined])
    await assertFails(() => new tf.Variable(nothing as never), {
      type: errors.ArgumentError,
      says: "initial_value must be specified.",
    });
  const open = tf.placeholder("float32", [null, 2], { name: "open" });
  await assertFails(() => new tf.Variable(open), {
    type: errors.ArgumentError,
    says: 'initial_value must have a shape specified: Tensor("open:0", shape=(?, 2), dtype=float32)',
    createdIn: "variable.test",
    hint: /validateShape: false/,
  });
  const v = new tf.Variable(open, { validateShape: false });
  assert.equal(v.partialShape, null);
  await session.run(v.initializer, [
    [
      open,
      [
        [1, 2],
        [3, 4],
      ],
    ],
  ]);
  assert.deepEqual(plain(await session.run(v)), [
    [1, 2],
    [3, 4],
  ]);
  assert.deepEqual(plain(await session.run(v.assign([5]))), [5]);
  assert.deepEqual(plain(await session.run(v)), [5]);
});

test("dtype converts values, and must agree with a tensor", async () => {
  assert.equal(new tf.Variable([1, 2], { dtype: "float64" }).dtype, "float64");
  assert.equal(new tf.Variable([1, 2]).dtype, "int32");
  await assertFails(() => new tf.Variable(tf.constant(1.5) as tf.Tensor, { dtype: "int32" }), {
    type: errors.DTypeError,
    says: /^Tensor conversion requested dtype int32 for Tensor with dtype float32/,
  });
});

test("a variable is created outside control dependencies", () => {
  const v = tf.withControlDependencies([tf.noOp()], () => new tf.Variable(() => tf.constant(1.5)));
  for (const op of [v.op, v.initializer, v.value().op, v.initialValue.op]) assert.deepEqual(op.controlInputs, []);
});

test("globalVariablesInitializer initializes what exists when it is called", async () => {
  const a = new tf.Variable(1.5, { name: "a" });
  const init = tf.globalVariablesInitializer();
  const b = new tf.Variable(2.5, { name: "b" });
  assert.equal(init.name, "init");
  assert.deepEqual(init.controlInputs, [a.initializer]);
  await session.run(init);
  assert.deepEqual(await session.run([tf.isVariableInitialized(a), tf.isVariableInitialized(b)]), [true, false]);
  const local = new tf.Variable(3.5, { collections: [tf.GraphKeys.LOCAL_VARIABLES], name: "c" });
  await session.run([tf.localVariablesInitializer(), tf.variablesInitializer([b], "b_init")]);
  assert.deepEqual(await session.run([a, b, local]), [1.5, 2.5, 3.5]);
  assert.equal(tf.variablesInitializer([]).type, "NoOp");
});

test("initializing draws again; two sessions draw each for themselves", async () => {
  const v = new tf.Variable(tf.randomNormal([8]));
  await session.run(v.initializer);
  const first = plain(await session.run(v));
  assert.deepEqual(plain(await session.run(v)), first);
  await session.run(v.initializer);
  assert.notDeepEqual(plain(await session.run(v)), first);
});

test("isVariableInitialized and reportUninitializedVariables see the session's state at their turn", async () => {
  const a = new tf.Variable(1.5, { name: "a" });
  const b = new tf.Variable(2.5, { name: "b", collections: [tf.GraphKeys.LOCAL_VARIABLES] });
  const report = tf.reportUninitializedVariables();
  const isA = tf.isVariableInitialized(a);
  const after = tf.withControlDependencies([a.initializer], () => [
    tf.isVariableInitialized(a),
    tf.reportUninitializedVariables(),
  ]);
  assert.deepEqual(plain(await session.run([report, isA])), [["a", "b"], false]);
  assert.deepEqual(plain(await session.run([report, isA, ...after])), [["a", "b"], false, true, ["b"]]);
  assert.deepEqual(plain(await session.run([report, isA])), [["b"], true]);
  assert.deepEqual(plain(await session.run(tf.reportUninitializedVariables([a]))), []);
  await session.run(b.initializer);
  assert.deepEqual(plain(await session.run(report)), []);
});

test("initializedValue lets one variable start from another in a single run", async () => {
  const parent = new tf.Variable(tf.randomNormal([4]), { name: "parent" });
  const child = new tf.Variable(tf.multiply(parent.initializedValue(), 2), { name: "child" });
  await session.run(tf.globalVariablesInitializer());
  const [p, c] = await session.run([parent, child]);
  assert.deepEqual(
    plain(c),
    Array.from(p.data, (x) => Math.fround(2 * x)),
  );
  await session.run(parent.assign([1, 2, 3, 4]));
  await session.run(child.initializer);
  assert.deepEqual(plain(await session.run(child)), [2, 4, 6, 8]);
});

test("a variable that starts from another's plain value needs that one first", async () => {
  const parent = new tf.Variable(1.5, { name: "parent" });
  const child = new tf.Variable(tf.multiply(parent, 2), { name: "child" });
  await assertFails(() => session.run(tf.globalVariablesInitializer()), {
    type: errors.FailedPreconditionError,
    says: "Attempting to use uninitialized value parent",
  });
  await session.run(parent.initializer);
  await session.run(child.initializer);
  assert.equal(await session.run(child), 3);
});

test("assignments return the new value; what they are given becomes the variable's dtype", async () => {
  const v = new tf.Variable(tf.constant([1.5, 2.5]), { name: "v" });
  await session.run(v.initializer);
  const x = tf.placeholder("float32", [2]);
  assert.deepEqual(plain(await session.run(v.assign(x), [[x, [3, 4]]])), [3, 4]);
  assert.deepEqual(plain(await session.run(tf.assign(v, [5, 6]))), [5, 6]);
  assert.deepEqual(plain(await session.run(tf.assignAdd(v, [1, 1]))), [6, 7]);
  assert.deepEqual(plain(await session.run(tf.assignSub(v, [2, 2]))), [4, 5]);
  assert.equal(v.assign(x, { name: "update" }).op.name, "update");
  await assertFails(() => v.assign(tf.constant([1, 2])), {
    type: errors.DTypeError,
    says: "Input 'value' of 'Assign' Op has type int32 that does not match type float32 of argument 'ref'.",
  });
});

test("validateShape: false lets a variable take a new shape", async () => {
  const v = new tf.Variable(tf.constant([1.5, 2.5]));
  await session.run(v.initializer);
  const grown = tf.assign(v, [1, 2, 3], { validateShape: false });
  assert.deepEqual(plain(await session.run(grown)), [1, 2, 3]);
  assert.deepEqual(plain(await session.run(tf.add(v, 1))), [2, 3, 4]);
});

test("load sets a value without an operation of its own", async () => {
  const v = new tf.Variable(() => tf.zeros([2]));
  const { version } = tf.getDefaultGraph();
  await v.load([3, 4], session);
  assert.deepEqual(plain(await session.run(v)), [3, 4]);
  assert.equal(tf.getDefaultGraph().version, version);
  await assertFails(() => v.load([1, 2, 3], session), {
    type: errors.FeedError,
    says: /^Cannot feed value of shape \(3,\) for Tensor 'Variable\/Initializer\/zeros:0', which has shape '\(2,\)'/,
  });
});

test("a variable stands wherever a tensor can", async () => {
  const v = new tf.Variable(tf.constant([[1.5, 2]]));
  await session.run(v.initializer);
  assert.deepEqual(plain(await session.run([tf.add(v, 1), v.multiply(2), tf.matmul(v, v, { transposeB: true })])), [
    [[2.5, 3]],
    [[3, 4]],
    [[6.25]],
  ]);
});
