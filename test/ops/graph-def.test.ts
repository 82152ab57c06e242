/** @file Graphs as data: names, inputs, attributes, and that every operation of the registry can be written. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as tf from "tensorstrata";
import { decodeGraphDef } from "../../src/formats/index.js";
import { definitions } from "../../src/graph/index.js";
import { samplesOf } from "./references.js";

beforeEach(() => tf.resetDefaultGraph());

test("inputs, control inputs, devices and shapes", () => {
  const graph = tf.getDefaultGraph();
  const x = tf.placeholder("float32", [null, 4], { name: "x" });
  const [, right] = tf.split(x, 2, { axis: 1, name: "halves" });
  graph.device("/cpu:0", () =>
    graph.controlDependencies([x], () => tf.identity(right as tf.Tensor, { name: "right" })),
  );
  const { node, versions } = graph.asGraphDef({ addShapes: true });
  assert.equal(versions.producer, 24);
  assert.deepEqual(node.at(-1), {
    name: "right",
    op: "Identity",
    input: ["halves:1", "^x"],
    device: "/cpu:0",
    attr: { T: { type: "float32" }, _output_shapes: { list: { shape: [[null, 2]] } } },
  });
  assert.deepEqual(node[0], {
    name: "x",
    op: "Placeholder",
    input: [],
    attr: {
      dtype: { type: "float32" },
      shape: { shape: [null, 4] },
      _output_shapes: { list: { shape: [[null, 4]] } },
    },
  });
});

test("variables and constants as TensorFlow writes them", () => {
  new tf.Variable([1, 2], { name: "v" });
  const byName = new Map(
    tf
      .getDefaultGraph()
      .asGraphDef()
      .node.map((node) => [node.name, node]),
  );
  assert.deepEqual(byName.get("v/initial_value")?.attr, {
    dtype: { type: "int32" },
    value: { tensor: { dtype: "int32", shape: [2], content: Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0) } },
  });
  assert.deepEqual(byName.get("v")?.attr, {
    dtype: { type: "int32" },
    shape: { shape: [2] },
    container: { s: "" },
    shared_name: { s: "" },
  });
  assert.deepEqual(byName.get("v/Assign"), {
    name: "v/Assign",
    op: "Assign",
    input: ["v", "v/initial_value"],
    attr: { T: { type: "int32" }, use_locking: { b: false }, validate_shape: { b: true } },
  });
});

test("every operation of the registry is written, and read back the same", async () => {
  const graph = new tf.Graph();
  graph.asDefault(() => {
    for (const definition of definitions().values())
      for (const sample of samplesOf(definition).slice(0, 3)) {
        const inputs = sample.inputs.map((array) => tf.constant(array) as tf.Tensor);
        graph.createOperation(definition, inputs, sample.attributes ?? {});
      }
  });
  const written = graph.asGraphDef();
  assert.ok(written.node.length > 300);
  const read = decodeGraphDef(await graph.serializeGraphDef());
  assert.deepEqual(
    read.node.map(({ name, op, input }) => ({ name, op, input })),
    written.node.map(({ name, op, input }) => ({ name, op, input })),
  );
  for (const [i, node] of written.node.entries())
    assert.deepEqual(Object.keys(read.node[i]?.attr ?? {}), Object.keys(node.attr).sort(), node.op);
});
