/** @file Graphs: defaults, collections, control dependencies, devices, finalizing, and mixing them. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as tf from "tensorstrata";
import { assertFails } from "../runtime/support.js";

const { errors } = tf;
beforeEach(() => tf.resetDefaultGraph());

test("default graphs stack; the bottom is made when first asked for", () => {
  const bottom = tf.getDefaultGraph();
  assert.equal(tf.getDefaultGraph(), bottom);
  const a = new tf.Graph();
  const b = new tf.Graph();
  a.asDefault((graph) => {
    assert.equal(graph, a);
    assert.equal(tf.getDefaultGraph(), a);
    b.asDefault(() => {
      assert.equal(tf.getDefaultGraph(), b);
      assert.equal(tf.constant(1.5).graph, b);
    });
    assert.equal(tf.getDefaultGraph(), a);
  });
  assert.equal(tf.getDefaultGraph(), bottom);
  assert.throws(() => a.asDefault(() => assert.fail("mine")), /mine/);
  assert.equal(tf.getDefaultGraph(), bottom);
  {
    using _default = a.asDefault();
    assert.equal(tf.getDefaultGraph(), a);
  }
  assert.equal(tf.getDefaultGraph(), bottom);
});

test("an asynchronous body keeps the default graph until it is done", async () => {
  const graph = new tf.Graph();
  await graph.asDefault(async () => {
    await Promise.resolve();
    assert.equal(tf.getDefaultGraph(), graph);
  });
  assert.notEqual(tf.getDefaultGraph(), graph);
  await assert.rejects(
    graph.asDefault(async () => assert.fail("mine")),
    /mine/,
  );
  assert.notEqual(tf.getDefaultGraph(), graph);
});

test("resetting gives a new default graph, and is refused inside asDefault", async () => {
  const old = tf.constant(1.5, { name: "old" });
  tf.resetDefaultGraph();
  assert.notEqual(tf.getDefaultGraph(), old.graph);
  assert.equal(tf.getDefaultGraph().version, 0);
  await new tf.Graph().asDefault(() =>
    assertFails(() => tf.resetDefaultGraph(), {
      type: errors.GraphError,
      says: "Do not use resetDefaultGraph() to clear nested graphs.",
    }),
  );
  await assertFails(() => tf.add(tf.constant(1.5, { name: "fresh" }), old), {
    type: errors.GraphError,
    says: 'Tensor("old:0", shape=(), dtype=float32) must be from the same graph as Tensor("fresh:0", shape=(), dtype=float32).',
    createdIn: "graph.test",
    hint: /resetDefaultGraph\(\) makes older tensors unusable/,
  });
});

test("operations are built in the graph of their operands, constants included", () => {
  const other = new tf.Graph();
  const x = other.asDefault(() => tf.placeholder("float32", [2]));
  const y = tf.add(x, [1, 2]).add(1);
  assert.equal(y.graph, other);
  assert.equal(tf.getDefaultGraph().version, 0);
});

test("a finalized graph takes no more operations, and still runs", async () => {
  const x = tf.constant(1.5);
  const v = new tf.Variable(2.5);
  const init = tf.globalVariablesInitializer();
  const graph = tf.getDefaultGraph();
  const session = new tf.Session({ device: "interpreter" });
  assert.equal(graph.finalized, false);
  graph.finalize();
  assert.equal(graph.finalized, true);
  const { version } = graph;
  await assertFails(() => tf.constant(1.5), {
    type: errors.GraphError,
    says: "Graph is finalized and cannot be modified.",
  });
  await session.run(init);
  assert.deepEqual(await session.run([x, v]), [1.5, 2.5]);
  await v.load(4, session);
  assert.equal(await v.eval(undefined, session), 4);
  assert.equal(graph.version, version);
});

test("version counts operations; getOperations lists them in order, as a copy", () => {
  const graph = tf.getDefaultGraph();
  const x = tf.constant(1.5, { name: "x" });
  tf.negative(x, { name: "y" });
  assert.equal(graph.version, 2);
  const list = graph.getOperations() as tf.Operation[];
  assert.deepEqual(
    list.map((op) => op.name),
    ["x", "y"],
  );
  list.length = 0;
  assert.equal(graph.getOperations().length, 2);
});

test("operations know their parts", async () => {
  const x = tf.placeholder("float32", [2, 3]);
  const y = tf.matmul(x, x, { transposeB: true, name: "y" });
  assert.equal(y.op.type, "MatMul");
  assert.deepEqual(y.op.inputs, [x, x]);
  assert.deepEqual(y.op.outputs, [y]);
  assert.equal(y.op.output, y);
  assert.equal(y.op.getAttr("transposeB"), true);
  assert.deepEqual(x.consumers(), [y.op, y.op]);
  assert.match(y.op.createdAt ?? "", /graph\.test\.[jt]s:\d+:\d+$/);
  await assertFails(() => y.op.getAttr("nothing"), {
    type: errors.GraphError,
    says: "Operation 'y' has no attr named 'nothing'.",
    hint: false,
  });
  await assertFails(() => tf.noOp({ name: "n" }).output, {
    type: errors.GraphError,
    says: "Operation 'n' has no outputs",
    hint: false,
  });
});

test("setShape merges what is known and never overwrites", async () => {
  const x: tf.Tensor = tf.placeholder("float32");
  assert.equal(x.partialShape, null);
  assert.equal(x.rank, null);
  await assertFails(() => x.shape, {
    type: errors.ShapeError,
    says: "as_list() is not defined on an unknown TensorShape.",
  });
  x.setShape([null, 3]);
  x.setShape([2, null]);
  x.setShape(null);
  assert.deepEqual(x.shape, [2, 3]);
  await assertFails(() => x.setShape([4, 3]), {
    type: errors.ShapeError,
    says: "Shapes (2, 3) and (4, 3) are not compatible",
    hint: false,
  });
  assert.deepEqual(x.shape, [2, 3]);
});

test("collections are lists: duplicates stay, copies are copies, the reference is live", () => {
  const graph = tf.getDefaultGraph();
  assert.deepEqual(tf.getCollection("k"), []);
  assert.deepEqual(graph.getAllCollectionKeys(), []);
  tf.addToCollection("k", 1);
  tf.addToCollection("k", 1);
  const copy = tf.getCollection("k");
  copy.push(2);
  assert.deepEqual(tf.getCollection("k"), [1, 1]);
  tf.getCollectionRef("k").push(3);
  assert.deepEqual(tf.getCollection("k"), [1, 1, 3]);
  tf.getCollectionRef("other");
  assert.deepEqual(graph.getAllCollectionKeys(), ["k", "other"]);
  graph.clearCollection("k");
  assert.deepEqual(tf.getCollection("k"), []);
});

test("a collection can be filtered by a pattern at the start of names; the nameless are left out", () => {
  const make = (name: string) => tf.constant(1.5, { name });
  const items = [make("a/x"), make("ab/x"), make("b/a/x"), 7, new tf.Variable(1.5, { name: "a/v" }), null];
  for (const item of items) tf.addToCollection("k", item);
  const names = (scope: string) => tf.getCollection<tf.Tensor>("k", scope).map(({ name }) => name);
  assert.deepEqual(names("a/"), ["a/x:0", "a/v:0"]);
  assert.deepEqual(names("a"), ["a/x:0", "ab/x:0", "a/v:0"]);
  assert.deepEqual(names(".*/a|ab"), ["ab/x:0", "b/a/x:0"]);
  assert.deepEqual(names("x"), []);
});

test("GraphKeys have the original's values", () => {
  assert.equal(tf.GraphKeys.GLOBAL_VARIABLES, "variables");
  assert.equal(tf.GraphKeys.TRAINABLE_VARIABLES, "trainable_variables");
  assert.equal(tf.GraphKeys.UPDATE_OPS, "update_ops");
  assert.equal(tf.GraphKeys.TABLE_INITIALIZERS, "table_initializer");
});

test("only operations created inside a block get its control dependencies; blocks add up and clear", () => {
  const [a, b] = [tf.noOp({ name: "a" }), tf.noOp({ name: "b" })];
  const x = tf.constant(1.5, { name: "x" });
  const names = (t: tf.Tensor | tf.Operation) =>
    (t instanceof tf.Operation ? t : t.op).controlInputs.map((op) => op.name);
  tf.withControlDependencies([a, x], () => {
    assert.deepEqual(names(x), []);
    assert.deepEqual(names(tf.constant(1.5)), ["a", "x"]);
    assert.deepEqual(names(tf.negative(x)), ["a"], "an input needs no second edge");
    tf.withControlDependencies([b, a], () => assert.deepEqual(names(tf.constant(1.5)), ["a", "x", "b"]));
    tf.withControlDependencies(null, () => {
      assert.deepEqual(names(tf.constant(1.5)), []);
      tf.withControlDependencies([b], () => assert.deepEqual(names(tf.constant(1.5)), ["b"]));
    });
    assert.deepEqual(names(tf.noOp()), ["a", "x"]);
  });
  assert.deepEqual(names(tf.constant(1.5)), []);
  {
    using _scope = tf.controlDependencies([a]);
    assert.deepEqual(names(tf.noOp()), ["a"]);
  }
  assert.deepEqual(names(tf.noOp()), []);
});

test("an operation fed by one of its own block needs no edge of its own", () => {
  const a = tf.noOp({ name: "a" });
  const b = tf.noOp({ name: "b" });
  const x = tf.constant(1.5, { name: "x" });
  tf.withControlDependencies([a], () => {
    const inner = tf.negative(x);
    assert.deepEqual(tf.negative(inner).op.controlInputs, []);
    tf.withControlDependencies([b], () => assert.deepEqual(tf.negative(inner).op.controlInputs, [b]));
  });
});

test("a control dependency must be an element of the graph", async () => {
  const other = new tf.Graph().asDefault(() => tf.constant(1.5));
  await assertFails(() => tf.withControlDependencies([other], () => 1), {
    type: errors.GraphError,
    says: /is not an element of this graph\.$/,
  });
  await assertFails(() => tf.withControlDependencies([3 as never], () => 1), {
    type: errors.GraphError,
    says: "Can not convert a number into a Tensor or Operation.",
  });
});

test("devices are recorded, innermost last, and change nothing else", () => {
  const device = (body: () => tf.Tensor = () => tf.constant(1.5)) => body().op.device;
  assert.equal(device(), "");
  tf.withDevice("/gpu:0", () => {
    assert.equal(device(), "/gpu:0");
    tf.withDevice("/cpu:0", () => assert.equal(device(), "/cpu:0"));
    tf.withDevice(null, () => assert.equal(device(), ""));
  });
  const x = tf.withDevice("/gpu:1", () => tf.constant(1.5));
  assert.equal(
    tf.withColocation(x, () => device()),
    "/gpu:1",
  );
  assert.equal(
    tf.withColocation(x.op, () => device()),
    "/gpu:1",
  );
  assert.equal(
    tf.withDevice("/gpu:0", () =>
      tf.withColocation(
        tf.withDevice(null, () => tf.noOp()),
        () => device(),
      ),
    ),
    "",
  );
  assert.equal(device(), "");
});

test("group and tuple: names, edges, and what they refuse", async () => {
  const x = tf.constant(1.5, { name: "x" });
  const y = new tf.Variable(1.5, { name: "y" });
  const all = tf.group(x, y, x.op);
  assert.equal(all.name, "group_deps");
  assert.equal(all.type, "NoOp");
  assert.deepEqual(all.controlInputs, [x.op, y.value().op]);
  assert.equal(tf.group(x, { name: "named" }).name, "named");
  assert.deepEqual(tf.group().controlInputs, []);
  const [a, nothing, b] = tf.tuple([x, null, y]);
  assert.equal(nothing, null);
  assert.equal(a.name, "tuple/control_dependency:0");
  assert.equal(b.name, "tuple/control_dependency_1:0");
  assert.deepEqual(
    a.op.controlInputs.map((op) => op.name),
    ["tuple/group_deps"],
  );
  assert.deepEqual(b.op.inputs, [y.value()]);
  await assertFails(() => tf.group(x, 3 as never, x), {
    type: errors.ArgumentError,
    says: /^Expected an operation or tensor, got 3/,
    hint: false,
  });
});
