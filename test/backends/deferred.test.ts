/** @file A device whose code comes later: loaded once, by the first program, and again after a failure. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DeferredDevice } from "../../src/backends/deferred.js";
import { InterpreterDevice } from "../../src/backends/interpreter/device.js";
import * as tf from "../../src/index.js";
import { ExpressionBuilder, type Program } from "../../src/ir/index.js";

const empty: Program = {
  builder: new ExpressionBuilder(),
  values: [],
  feeds: [],
  outputs: [],
  updates: [],
  checks: [],
};

test("the code is loaded by the first program, once", async () => {
  let loads = 0;
  const device = new DeferredDevice("interpreter", async () => {
    loads++;
    return new InterpreterDevice();
  });
  assert.equal(device.backend, "interpreter");
  assert.equal(device.bytes, 0);
  assert.equal(device.readVariable("v"), undefined);
  assert.equal(loads, 0);
  await Promise.all([device.compile(empty), device.compile(empty)]);
  await device.compile(empty);
  assert.equal(loads, 1);
});

test("a failure to load is the program's, and the next program tries again", async () => {
  let loads = 0;
  const device = new DeferredDevice("interpreter", async () => {
    if (++loads === 1) throw new TypeError("Failed to fetch dynamically imported module");
    return new InterpreterDevice();
  });
  await assert.rejects(device.compile(empty), /Failed to fetch/);
  await device.compile(empty);
  assert.equal(loads, 2);
});

test("closing it while it loads closes what was loaded", async () => {
  let closed = false;
  class Watched extends InterpreterDevice {
    override close(): void {
      closed = true;
      super.close();
    }
  }
  const device = new DeferredDevice("interpreter", async () => new Watched());
  const compiling = device.compile(empty);
  device.close();
  await compiling;
  assert.ok(closed);
});

test("a session on it keeps its variables", async () => {
  const graph = new tf.Graph();
  const [v, more] = graph.asDefault(() => {
    const variable = new tf.Variable(tf.constant([1, 2]));
    return [variable, variable.assignAdd([1, 1])] as const;
  });
  using session = new tf.Session({ graph, device: "interpreter" });
  assert.equal(session.memoryUsage, 0);
  await session.run(graph.asDefault(() => tf.globalVariablesInitializer()));
  await session.run(more);
  assert.deepEqual((await session.run(v)).toArray(), [2, 3]);
  assert.ok(session.memoryUsage > 0);
});
