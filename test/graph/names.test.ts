/** @file Names: uniquifying, scopes, what is valid, and looking elements up by name. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as tf from "tensorstrata";
import { assertFails } from "../runtime/support.js";

const { errors } = tf;
beforeEach(() => tf.resetDefaultGraph());
const c = (name?: string): string => tf.constant(1.5, { name }).op.name;

test("names are made unique with _1, _2, …; a generated name counts as used", () => {
  assert.deepEqual([c("c"), c("c"), c("c")], ["c", "c_1", "c_2"]);
  assert.deepEqual([c("c_1"), c("c"), c("c_1")], ["c_1_1", "c_3", "c_1_2"]);
  assert.deepEqual([c("d_1"), c("d"), c("d"), c("d")], ["d_1", "d", "d_2", "d_3"]);
});

test("the default name is the operation's type", () => {
  const x = tf.placeholder("float32", [2, 2]);
  assert.deepEqual(
    [c(), x.op.name, tf.matmul(x, x).op.name, tf.matmul(x, x).op.name, tf.noOp().name],
    ["Const", "Placeholder", "MatMul", "MatMul_1", "NoOp"],
  );
  assert.equal(x.name, "Placeholder:0");
});

test("case counts", () => {
  assert.deepEqual([c("a"), c("A")], ["a", "A"]);
});

test("a name scope prefixes; repeated it gets a number; a scope's name is taken for operations too", () => {
  const names: string[] = [];
  const scopes = ["a", "a", "b"].map((name) =>
    tf.withNameScope(name, (scope) => {
      names.push(c("c"), c("c"));
      return scope;
    }),
  );
  assert.deepEqual(scopes, ["a/", "a_1/", "b/"]);
  assert.deepEqual(names, ["a/c", "a/c_1", "a_1/c", "a_1/c_1", "b/c", "b/c_1"]);
  assert.equal(c("a"), "a_2");
});

test("scopes nest, are re-entered by their own name, and reset to the root", () => {
  tf.withNameScope("outer", (outer) => {
    assert.equal(outer, "outer/");
    tf.withNameScope("inner", (inner) => {
      assert.equal(inner, "outer/inner/");
      assert.equal(c("c"), "outer/inner/c");
      for (const root of [null, ""])
        tf.withNameScope(root, (scope) => {
          assert.equal(scope, "");
          assert.equal(tf.getDefaultGraph().currentNameScope, "");
        });
      assert.equal(
        tf.withNameScope(outer, () => c("c")),
        "outer/c",
      );
      assert.equal(c("d"), "outer/inner/d");
    });
    assert.equal(
      tf.withNameScope("outer/inner/", () => c("c")),
      "outer/inner/c_1",
    );
  });
  assert.equal(c("c"), "c");
});

test("`using` opens a scope until the end of the block, and errors close one", () => {
  {
    using scope = tf.nameScope("a");
    assert.equal(scope.scope, "a/");
    assert.equal(c("c"), "a/c");
  }
  assert.equal(c("c"), "c");
  assert.throws(() => tf.withNameScope("b", () => assert.fail("mine")), /mine/);
  assert.equal(c("d"), "d");
});

test("an asynchronous body keeps its scope until it is done", async () => {
  const names = await tf.withNameScope("a", async () => {
    const before = c("c");
    await Promise.resolve();
    return [before, c("d")];
  });
  assert.deepEqual(names, ["a/c", "a/d"]);
  assert.equal(c("c"), "c");
});

test("defaultName stands in for a name that is not given; values choose the graph", async () => {
  const other = new tf.Graph();
  const x = other.asDefault(() => tf.constant(1.5));
  const values = [null, undefined, 3, x];
  const [name, graph] = tf.withNameScope(undefined, (scope) => [scope, tf.getDefaultGraph()] as const, {
    defaultName: "dense",
    values,
  });
  assert.equal(name, "dense/");
  assert.equal(graph, other);
  {
    using scope = tf.nameScope("mine", { defaultName: "dense", values: [x.op] });
    assert.equal(scope.scope, "mine/");
    assert.equal(tf.getDefaultGraph(), other);
  }
  assert.notEqual(tf.getDefaultGraph(), other);
  await assertFails(() => tf.withNameScope(undefined, () => 1, { values }), {
    type: errors.ArgumentError,
    says: "At least one of name (undefined) and default_name (undefined) must be provided.",
  });
});

test("a name with a trailing slash is used as it is, once", async () => {
  const outer = tf.withNameScope("a", (scope) => tf.withNameScope("b", () => tf.constant(1.5, { name: scope })));
  assert.equal(outer.op.name, "a");
  assert.equal(
    tf.withNameScope("x", () => c("exact/name/")),
    "exact/name",
  );
  await assertFails(() => c("a/"), {
    type: errors.GraphError,
    says: "cannot add op with name a as that name is already used",
    createdIn: "names.test",
  });
});

test("which names are valid", async () => {
  for (const name of ["a", "A.b-c_d/e\\f", "0", ".x"]) assert.equal(c(name), name);
  for (const name of ["_a", "-a", "/a", "a b", "a:0", "", "é"]) {
    const invalid = { type: errors.GraphError, says: `'${name}' is not a valid scope name` };
    await assertFails(() => c(name), invalid);
    if (name !== "") await assertFails(() => tf.withNameScope(name, () => 1), invalid);
  }
  tf.withNameScope("s", () => {
    for (const name of ["_a", "-a", "\\a"]) assert.equal(c(name), `s/${name}`);
  });
  await assertFails(() => tf.withNameScope("a b/", () => 1), { type: errors.GraphError, says: /'a b' is not a valid/ });
  assert.equal(c("after"), "after");
});

test("uniqueName tells or takes a name", () => {
  const graph = tf.getDefaultGraph();
  assert.equal(graph.uniqueName("u", false), "u");
  assert.equal(graph.uniqueName("u"), "u");
  assert.equal(graph.uniqueName("u", false), "u_1");
  assert.equal(c("u"), "u_1");
});

test("elements are found by name, and what is wrong with a name is said", async () => {
  const graph = tf.getDefaultGraph();
  const x = tf.constant(1.5, { name: "dense/x" });
  assert.equal(graph.getTensorByName("dense/x:0"), x);
  assert.equal(graph.getOperationByName("dense/x"), x.op);
  assert.equal(graph.asGraphElement("dense/x:0"), x);
  assert.equal(graph.asGraphElement("dense/x"), x.op);
  assert.equal(graph.asGraphElement(x), x);
  assert.equal(graph.asGraphElement(x.op), x.op);
  const v = new tf.Variable(1.5, { name: "v" });
  assert.equal((graph.asGraphElement(v) as tf.Tensor).name, "v/read:0");
  const fails = (body: () => unknown, says: string | RegExp, hint?: RegExp | false) =>
    assertFails(body, { type: errors.GraphError, says, ...(hint !== undefined && { hint }) });
  await fails(
    () => graph.getTensorByName("dense/x"),
    `The name 'dense/x' refers to an Operation, not a Tensor. Tensor names must be of the form "<op_name>:<output_index>".`,
    /write 'dense\/x:0'/,
  );
  await fails(
    () => graph.getTensorByName("nix"),
    /^The name 'nix' looks like an \(invalid\) Operation name, not a Tensor\./,
  );
  await fails(
    () => graph.getTensorByName("dense/x:1"),
    "The name 'dense/x:1' refers to a Tensor which does not exist. The operation, 'dense/x', exists but only has 1 outputs.",
    false,
  );
  await fails(() => graph.getTensorByName("y:0"), /^The name 'y:0' refers to a Tensor which does not exist\./);
  await fails(
    () => graph.getOperationByName("dense/x:0"),
    "Name 'dense/x:0' appears to refer to a Tensor, not a Operation.",
  );
  await fails(
    () => graph.getOperationByName("dense/X"),
    "The name 'dense/X' refers to an Operation not in the graph.",
    /did you mean 'dense\/x'/,
  );
  await fails(() => graph.asGraphElement("a:b"), /appears to refer to a Tensor/);
  await fails(() => graph.asGraphElement(x, { allowTensor: false }), "Can not convert a Tensor into a Operation.");
  await fails(
    () => graph.asGraphElement(x.op, { allowOperation: false }),
    "Can not convert a Operation into a Tensor.",
  );
  await fails(() => graph.asGraphElement(3), "Can not convert a number into a Tensor or Operation.");
  await fails(() => graph.asGraphElement(null), "Can not convert a null into a Tensor or Operation.");
  await fails(
    () => new tf.Graph().asGraphElement(x),
    /^Tensor Tensor\("dense\/x:0".* is not an element of this graph\.$/,
  );
});

test("how tensors, operations and variables print", () => {
  const x = tf.placeholder("float32", [null, 784], { name: "x" });
  const inspect = Symbol.for("nodejs.util.inspect.custom");
  assert.equal(String(x), 'Tensor("x:0", shape=(?, 784), dtype=float32)');
  assert.equal(
    x[inspect as never] && (x as unknown as Record<symbol, () => string>)[inspect]?.(),
    "<tf.Tensor 'x:0' shape=(?, 784) dtype=float32>",
  );
  assert.equal(String(x.op), "<tf.Operation 'x' type=Placeholder>");
  assert.equal(
    String(tf.placeholder("int32", undefined, { name: "y" })),
    'Tensor("y:0", shape=<unknown>, dtype=int32)',
  );
  assert.equal(String(new tf.Variable([1.5], { name: "v" })), "<tf.Variable 'v:0' shape=(1,) dtype=float32>");
});

test("what opens a scope refuses a function, and leaves no scope open", () => {
  type Opener = (what: unknown, body: () => void) => unknown;
  const openers = {
    nameScope: tf.nameScope,
    variableScope: tf.variableScope,
    controlDependencies: tf.controlDependencies,
  };
  for (const [name, open] of Object.entries(openers))
    assert.throws(
      () => (open as Opener)(name === "controlDependencies" ? [] : "a", () => assert.fail("it is not called")),
      (error) =>
        error instanceof errors.ArgumentError &&
        new RegExp(`tf\\.${name} opens a scope and takes no function\\n.*created at.*\\n.*tf\\.with`).test(
          error.message,
        ),
    );
  assert.equal(c("c"), "c");
});
