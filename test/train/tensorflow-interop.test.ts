/**
 * @file A training run that goes from Tensorstrata to TensorFlow and back, and a graph that
 * TensorFlow imports. Skipped where there is no Python with TensorFlow; interop/setup.sh installs one.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as tf from "tensorstrata";
import { inTemporaryDirectory } from "../platform/support.js";
import { assertClose, numbersOf, openSession } from "./support.js";

const interop = new URL("../../../interop/", import.meta.url);
const { findPython }: { findPython: () => { python: string } | { missing: string } } = await import(
  new URL("find-python.mjs", interop).href
);
const found = findPython();

async function python<Result>(script: string, ...args: readonly string[]): Promise<Result> {
  assert.ok("python" in found);
  const { stdout } = await promisify(execFile)(found.python, [fileURLToPath(new URL(script, interop)), ...args]);
  return JSON.parse(stdout);
}

type Variables = Readonly<Record<string, readonly number[]>>;

async function valuesOf(session: tf.Session): Promise<Variables> {
  const variables = tf.globalVariables();
  const values: unknown[] = await session.run(variables);
  return Object.fromEntries(variables.map((variable, i) => [variable.op.name, numbersOf(values[i])]));
}

describe("TensorFlow", { skip: "missing" in found && found.missing }, () => {
  beforeEach(() => tf.resetDefaultGraph());

  test("continues a training run, which Tensorstrata takes up again", () =>
    inTemporaryDirectory(async (directory) => {
      const inputs = tf.constant(
        [
          [0, 0],
          [0, 1],
          [1, 0],
          [1, 1],
        ],
        { dtype: "float32" },
      );
      const targets = tf.constant([[0], [1], [1], [0]], { dtype: "float32" });
      const kernel = new tf.Variable(tf.randomUniform([2, 3], { seed: 1 }), { name: "hidden/kernel" });
      const bias = new tf.Variable(tf.zeros([3]), { name: "hidden/bias" });
      const output = new tf.Variable(tf.randomUniform([3, 1], { seed: 2 }), { name: "output/kernel" });
      const predictions = tf.matmul(tf.nn.sigmoid(tf.add(tf.matmul(inputs, kernel), bias)), output);
      const loss = tf.reduceMean(tf.square(tf.subtract(predictions, targets)));
      const globalStep = tf.train.getOrCreateGlobalStep();
      const step = new tf.train.AdamOptimizer(0.1).minimize(loss, { globalStep });
      const saver = new tf.train.Saver();

      using session = openSession();
      await session.run(tf.globalVariablesInitializer());
      for (let i = 0; i < 3; i++) await session.run(step);
      const prefix = await saver.save(session, join(directory, "model"), { globalStep });
      const trained = await valuesOf(session);
      const before = await session.run(loss);
      await session.run(step);
      const continued = await valuesOf(session);

      const original = await python<{ restored: Variables; loss: number; prefix: string; continued: Variables }>(
        "training.py",
        "continue",
        prefix,
        directory,
      );
      assert.deepEqual(original.restored, trained); // the very bits, step and slots included
      // One loss, and one step of Adam: a few float32 roundings of numbers near 1.
      assertClose(original.loss, [before], 1e-6);
      for (const [name, values] of Object.entries(continued))
        assertClose([...(original.continued[name] ?? [])], values, 2e-6, name);

      assert.equal(await tf.train.latestCheckpoint(directory), join(directory, "continued-4"));
      await saver.restore(session, original.prefix);
      assert.deepEqual(await valuesOf(session), original.continued);
    }));

  test("imports the graph of a model, restores and computes", () =>
    inTemporaryDirectory(async (directory) => {
      const x = tf.constant([
        [1, -2],
        [0.5, 3],
      ]);
      const kernel = new tf.Variable(tf.zeros([2, 2]), { name: "kernel" });
      const bias = new tf.Variable(tf.zeros([2]), { name: "bias" });
      const y = tf.sigmoid(tf.add(tf.matmul(x, kernel), bias), { name: "y" });
      using session = openSession();
      await session.run([
        kernel.assign([
          [0.5, -1],
          [2, 0.25],
        ]),
        bias.assign([0.1, -0.1]),
      ]);
      const prefix = await new tf.train.Saver().save(session, join(directory, "model"));
      const original = await python<{ value: number[][]; trainable: string[] }>(
        "checkpoint.py",
        "evaluate",
        prefix,
        "y:0",
      );
      assert.deepEqual(original.trainable, ["kernel:0", "bias:0"]);
      // A sum of three products and one sigmoid in float32.
      assertClose(original.value.flat(), numbersOf(await session.run(y)), 1e-6);
    }));
});
