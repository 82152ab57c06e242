/**
 * @file Variable scopes: names of variables and operations as TensorFlow gives them, sharing, inherited
 * defaults, regularizers, and every misuse in words.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { expectType } from "./expect-type.js";

const inGraph = <T>(body: (graph: tf.Graph) => T): T => new tf.Graph().asDefault(body);
const sessionOn = (graph: tf.Graph): tf.Session => new tf.Session({ device: "interpreter", graph });
const facts = (scope: tf.VariableScope): unknown[] => [scope.name, scope.originalNameScope, scope.reuse];

test("variables take their names from variable scopes, operations theirs from name scopes", () => {
  inGraph(() => {
    const [foo, bar] = tf.withVariableScope("foo", (foo) => {
      assert.deepEqual(facts(foo), ["foo", "foo/", false]);
      assert.equal(tf.getVariable("w", { shape: [1] }).name, "foo/w:0");
      const bar = tf.withVariableScope("bar", (bar) => {
        assert.equal(tf.getVariable("w", { shape: [1] }).name, "foo/bar/w:0");
        return bar;
      });
      tf.withNameScope("n", () => {
        assert.equal(tf.getVariable("v", { shape: [1] }).name, "foo/v:0");
        assert.equal(tf.constant(1).name, "foo/n/Const:0");
      });
      return [foo, bar] as const;
    });
    assert.deepEqual(facts(bar), ["foo/bar", "foo/bar/", false]);
    tf.withVariableScope("foo", (again) => {
      assert.deepEqual(facts(again), ["foo", "foo_1/", false]);
      assert.equal(tf.getVariable("w2", { shape: [1] }).name, "foo/w2:0");
    });
    tf.withVariableScope(
      foo,
      (captured) => {
        assert.deepEqual(facts(captured), ["foo", "foo/", true]);
        assert.equal(tf.getVariable("w", { shape: [1] }).name, "foo/w:0");
        assert.equal(tf.constant(1).name, "foo_2/Const:0");
      },
      { reuse: true },
    );
    tf.withVariableScope("outer", () => {
      tf.withVariableScope(bar, (captured) => {
        assert.deepEqual(facts(captured), ["foo/bar", "foo/bar/", false]);
        assert.equal(tf.constant(1).name, "outer/bar/Const:0");
      });
    });
    assert.equal(tf.getVariableScope().name, "");
  });
});

test("default names are made unique for variables too", () => {
  inGraph(() => {
    const named = (name: string) =>
      tf.withVariableScope(null, (scope) => [scope.name, scope.originalNameScope], { defaultName: name });
    tf.withVariableScope("foo", () => undefined);
    tf.withVariableScope("outer", () => {
      assert.deepEqual(named("dense"), ["outer/dense", "outer/dense/"]);
      assert.deepEqual(named("dense"), ["outer/dense_1", "outer/dense_1/"]);
    });
    tf.withVariableScope("outer", () => {
      assert.deepEqual(named("dense"), ["outer/dense", "outer_1/dense/"]);
    });
    assert.deepEqual(named("dense"), ["dense", "dense/"]);
    const second = tf.withVariableScope(null, (scope) => scope, { defaultName: "dense" });
    assert.equal(second.name, "dense_1");
    tf.withVariableScope(second, () => {
      assert.deepEqual(named("in"), ["dense_1/in", "dense_1_1/in/"]);
    });
    assert.deepEqual(named("foo"), ["foo_1", "foo_1/"]);
    assert.deepEqual(named("dense"), ["dense_2", "dense_2/"]);
  });
});

test("reuse gives the same variable, is inherited, and false does not switch it off", () => {
  inGraph(() => {
    const first = tf.withVariableScope("a", () => tf.getVariable("w", { shape: [2, 3] }));
    tf.withVariableScope(
      "a",
      () => {
        assert.equal(tf.getVariable("w", { shape: [2, 3] }), first);
        assert.equal(tf.getVariable("w"), first);
        assert.equal(tf.getVariable("w", { shape: [null, 3] }), first);
      },
      { reuse: true },
    );
    tf.withVariableScope(
      "r",
      () => tf.withVariableScope("s", (scope) => assert.equal(scope.reuse, true), { reuse: false }),
      { reuse: true },
    );
    tf.withVariableScope("a", (scope) => {
      assert.equal(scope.reuse, false);
      scope.reuseVariables();
      assert.equal(tf.getVariable("w"), first);
    });
    assert.equal(tf.getVariableScope().reuse, false);
    assert.equal(tf.globalVariables().length, 1);
  });
});

test("AUTO_REUSE makes what is missing and shares what exists", () => {
  inGraph(() => {
    const layer = () =>
      tf.withVariableScope("layer", () => tf.getVariable("w", { shape: [2] }), { reuse: tf.AUTO_REUSE });
    assert.equal(layer(), layer());
  });
});

test("the disposable form closes the scope, also after an error", () => {
  inGraph((graph) => {
    const inside = () => {
      using opened = tf.variableScope("block");
      assert.equal(opened.scope.name, "block");
      assert.equal(tf.getVariable("w", { shape: [1] }).name, "block/w:0");
      throw new Error("stop");
    };
    assert.throws(inside, /stop/);
    assert.equal(tf.getVariableScope().name, "");
    assert.equal(graph.currentNameScope, "");
    assert.throws(() => tf.variableScope("no such name!"), /is not a valid scope name/);
    assert.equal(tf.getDefaultGraph(), graph);
  });
});

test("each graph has variables and scopes of its own", () => {
  const one = inGraph(() => tf.getVariable("w", { shape: [1] }));
  const two = inGraph(() => tf.getVariable("w", { shape: [1] }));
  assert.notEqual(one, two);
  assert.equal(one.name, two.name);
  const outside = tf.withVariableScope("s", () => tf.getVariable("w", { shape: [1] }), { values: [one] });
  assert.equal(outside.graph, one.graph);
});

test("initializers: the call's, the scope's, a value, or Glorot uniform and zeros", async () => {
  const graph = new tf.Graph();
  const fetches = graph.asDefault(() => {
    const scoped = tf.withVariableScope(
      "s",
      () => [tf.getVariable("a", { shape: [2] }), tf.withVariableScope("t", () => tf.getVariable("b", { shape: [1] }))],
      { initializer: tf.constantInitializer(2) },
    );
    const own = tf.getVariable("own", { shape: [2], initializer: tf.onesInitializer() });
    const value = tf.getVariable("value", { initializer: tf.constant([1.5, 2.5]) });
    const numbers = tf.getVariable("numbers", { initializer: [1, 2, 3] });
    const counter = tf.getVariable("counter", { initializer: 7, dtype: "int32" });
    const weights = tf.getVariable("weights", { shape: [3, 5] });
    const integers = tf.getVariable("integers", { shape: [2], dtype: "int32" });
    expectType<tf.Variable<"float32", readonly [3, 5]>>()(weights);
    expectType<tf.Variable<"int32", readonly [2]>>()(integers);
    assert.equal(weights.initialValue.op.name, "weights/Initializer/random_uniform");
    assert.deepEqual([numbers.dtype, counter.dtype], ["float32", "int32"]);
    return [...scoped, own, value, numbers, counter, weights, integers];
  });
  using session = sessionOn(graph);
  await session.run(graph.asDefault(() => tf.globalVariablesInitializer()));
  const values = (await session.run(fetches)).map((v) => (v instanceof tf.NdArray ? v.toArray() : v));
  assert.deepEqual(values.slice(0, 6), [[2, 2], [2], [1, 1], [1.5, 2.5], [1, 2, 3], 7]);
  const limit = Math.sqrt(6 / 8);
  assert.ok((values[6] as number[][]).flat().every((w) => Math.abs(w) <= limit && w !== 0));
  assert.deepEqual(values[7], [0, 0]);
});

test("the scope's dtype is the default", () => {
  inGraph(() => {
    tf.withVariableScope("s", () => assert.equal(tf.getVariable("w", { shape: [1] }).dtype, "float64"), {
      dtype: "float64",
    });
  });
});

test("a regularizer runs once, at creation, and what it returns joins the collection", () => {
  inGraph((graph) => {
    let calls = 0;
    const regularizer = (variable: tf.Variable) => {
      calls++;
      return variable.name.includes("bias") ? null : tf.reduceSum(variable).mul(0.5);
    };
    const build = () => {
      tf.getVariable("w", { shape: [2] });
      tf.getVariable("bias", { shape: [2] });
    };
    tf.withVariableScope("s", build, { regularizer });
    tf.withVariableScope("s", build, { regularizer, reuse: true });
    assert.equal(calls, 2);
    const losses = graph.getCollection<tf.Tensor>(tf.GraphKeys.REGULARIZATION_LOSSES);
    assert.equal(losses.length, 1);
    assert.match(losses[0]?.name ?? "", /^s\/w\/Regularizer\//);
  });
});

test("collections, trainability and a scope's own variables", () => {
  inGraph(() => {
    tf.withVariableScope("s.1", (scope) => {
      const w = tf.getVariable("w", { shape: [1] });
      const frozen = tf.getVariable("frozen", { shape: [1], trainable: false });
      const local = tf.getLocalVariable("local", { shape: [], initializer: tf.zerosInitializer() });
      assert.deepEqual(scope.globalVariables(), [w, frozen]);
      assert.deepEqual(scope.trainableVariables(), [w]);
      assert.deepEqual(tf.localVariables(), [local]);
    });
    tf.withVariableScope("sx1", (scope) => assert.deepEqual(scope.globalVariables(), []));
    tf.getVariable("mine", { shape: [1], collections: ["c"], trainable: false });
    assert.deepEqual(
      tf.getCollection<tf.Variable>("c").map((v) => v.name),
      ["mine:0"],
    );
  });
});

test("a scope opened inside control dependencies makes variables outside them", () => {
  inGraph(() => {
    const gate = tf.noOp();
    const w = tf.withControlDependencies([gate], () => tf.getVariable("w", { shape: [2] }));
    assert.deepEqual(w.initializer.controlInputs, []);
    assert.deepEqual(w.initialValue.op.controlInputs, []);
  });
});

test("misuse is reported in TensorFlow's words", () => {
  inGraph(() => {
    tf.withVariableScope("v", () => tf.getVariable("w", { shape: [2, 3] }));
    const inScope = (options: Parameters<typeof tf.getVariable>[1], name = "w", reuse = true) =>
      tf.withVariableScope("v", () => tf.getVariable(name, options), { reuse });
    assert.throws(() => inScope({ shape: [2, 3] }, "w", false), {
      name: "GraphError",
      message:
        /^Variable v\/w already exists, disallowed\. Did you mean to set reuse=True in VarScope\? Originally defined at:\n\n {2}.*variable-scope\.test\.js:\d+/,
    });
    assert.throws(() => inScope({ shape: [2] }, "missing"), {
      name: "GraphError",
      message:
        /^Variable v\/missing does not exist, or was not created with tf\.get_variable\(\)\. Did you mean to set reuse=None in VarScope\?/,
    });
    assert.throws(() => tf.withVariableScope("u", () => tf.getVariable("w"), { reuse: true }), /did you mean 'v\/w'\?/);
    assert.throws(() => inScope({ shape: [2, 4] }), {
      name: "ShapeError",
      message: /^Trying to share variable v\/w, but specified shape \(2, 4\) and found shape \(2, 3\)\./,
    });
    assert.throws(() => inScope({ shape: [2, 3], dtype: "int32" }), {
      name: "DTypeError",
      message: /^Trying to share variable v\/w, but specified dtype int32 and found dtype float32\./,
    });
    assert.throws(() => tf.getVariable("new"), {
      name: "ShapeError",
      message: /^Shape of a new variable \(new\) must be fully defined, but instead was <unknown>\./,
    });
    assert.throws(() => tf.getVariable("new", { shape: [null, 3] }), {
      name: "ShapeError",
      message: /^Shape of a new variable \(new\) must be fully defined, but instead was \(\?, 3\)\./,
    });
    assert.throws(() => tf.getVariable("new", { shape: [2], initializer: [1, 2] }), {
      name: "ArgumentError",
      message: /^If initializer is a constant, do not specify shape\./,
    });
    assert.throws(() => tf.getVariable("new", { initializer: tf.constant([1.5]), dtype: "int32" as "float32" }), {
      name: "DTypeError",
      message: /^Initializer type 'float32' and explicit dtype 'int32' don't match\./,
    });
    assert.throws(() => tf.withVariableScope(null, () => 0), {
      name: "ArgumentError",
      message: /^If default_name is None then name_or_scope is required/,
    });
    assert.throws(() => tf.withVariableScope(null, () => 0, { defaultName: "d", reuse: true }), {
      name: "ArgumentError",
      message: /^reuse=True cannot be used without a name_or_scope/,
    });
    assert.throws(() => tf.withVariableScope(3 as unknown as string, () => 0), {
      name: "ArgumentError",
      message: /^VariableScope: name_or_scope must be a string or VariableScope\./,
    });
    // A failed creation leaves the name free.
    assert.equal(tf.getVariable("new", { shape: [1] }).name, "new:0");
  });
});
