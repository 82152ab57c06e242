/** @file Checkpoints: what comes back, which files stand where, rotation, and that nothing is lost on the way. */
import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, test } from "node:test";
import * as tf from "tensorstrata";
import { BundleReader, decodeMetaGraphDef, decodeVariableDef } from "../../src/formats/index.js";
import { platform } from "../../src/platform/node.js";
import { fullDisk, inTemporaryDirectory } from "../platform/support.js";
import { assertClose, openSession } from "./support.js";

const { Saver } = tf.train;

beforeEach(() => tf.resetDefaultGraph());

const floats = (values: readonly number[], name: string): tf.Variable =>
  new tf.Variable(tf.constant(values, { dtype: "float32" }), { name });

/** A session with everything initialized. */
async function initialized(): Promise<tf.Session> {
  const session = openSession();
  await session.run(tf.globalVariablesInitializer());
  return session;
}

describe("saving and restoring", () => {
  test("every dtype and shape comes back, into variables without a value", () =>
    inTemporaryDirectory(async (directory) => {
      const variables = [
        floats([1.5, -0, Number.NaN], "float"),
        new tf.Variable(tf.constant([[1e300], [-5e-324]], { dtype: "float64" }), { name: "double" }),
        new tf.Variable([1, -(2 ** 31)], { name: "int" }),
        new tf.Variable(tf.constant([7, 255], { dtype: "uint8" }), { name: "byte" }),
        new tf.Variable([true, false], { name: "flag" }),
        new tf.Variable(0.25, { name: "scalar" }),
        new tf.Variable(tf.zeros([0, 3]), { name: "empty" }),
        tf.train.getOrCreateGlobalStep(),
      ];
      const saver = new Saver();
      using session = await initialized();
      await session.run((variables[7] as tf.Variable).assign(-3));
      const prefix = await saver.save(session, join(directory, "model"));
      assert.equal(prefix, join(directory, "model"));
      using fresh = openSession();
      await saver.restore(fresh, prefix);
      const before: unknown[] = await session.run(variables);
      const after: unknown[] = await fresh.run(variables);
      before.forEach((value, i) => {
        const same = value instanceof tf.NdArray ? value.equals(after[i] as tf.NdArray) : Object.is(value, after[i]);
        assert.ok(same, `${variables[i]}: ${value} came back as ${after[i]}`);
      });
      assert.equal(after[7], -3);
    }));

  test("what training changed afterwards is undone, slots and powers included", () =>
    inTemporaryDirectory(async (directory) => {
      const w = floats([1, 2], "w");
      const globalStep = tf.train.getOrCreateGlobalStep();
      const step = new tf.train.AdamOptimizer(0.1).minimize(tf.reduceSum(tf.square(w)), { globalStep });
      const saver = new Saver();
      using session = await initialized();
      await session.run(step);
      const prefix = await saver.save(session, join(directory, "model"), { globalStep });
      assert.equal(prefix, join(directory, "model-1"));
      await session.run(step);
      const continued = await session.run(tf.globalVariables());
      await saver.restore(session, prefix);
      assert.equal(await session.run(globalStep), 1);
      await session.run(step);
      assert.deepEqual(await session.run(tf.globalVariables()), continued);
    }));

  test("variables that share an initial value are restored apart", () =>
    inTemporaryDirectory(async (directory) => {
      const zeros = tf.zeros([2]);
      const [a, b] = [new tf.Variable(zeros, { name: "a" }), new tf.Variable(zeros, { name: "b" })];
      const saver = new Saver();
      using session = await initialized();
      await session.run([a.assign([1, 2]), b.assign([3, 4])]);
      const prefix = await saver.save(session, join(directory, "model"));
      await session.run(tf.globalVariablesInitializer());
      await saver.restore(session, prefix);
      assertClose(await session.run([a, b]), [1, 2, 3, 4], 0);
    }));

  test("a record gives other names, and a part of the variables", () =>
    inTemporaryDirectory(async (directory) => {
      const [a, b] = [floats([1], "a"), floats([2], "b")];
      using session = await initialized();
      const prefix = await new Saver({ varList: { "old/name": a } }).save(session, join(directory, "model"));
      await new Saver({ varList: { "old/name": b } }).restore(session, prefix);
      assertClose(await session.run([a, b]), [1, 1], 0);
      const reader = new BundleReader(await readFile(`${prefix}.index`), prefix);
      assert.deepEqual(reader.keys(), ["old/name"]);
    }));

  test("moving averages are restored into the variables themselves", () =>
    inTemporaryDirectory(async (directory) => {
      const w = floats([4], "w");
      const averages = new tf.train.ExponentialMovingAverage(0.5);
      const update = averages.apply([w]);
      using session = await initialized();
      await session.run(w.assign([8]));
      await session.run(update);
      const prefix = await new Saver().save(session, join(directory, "model"));
      await new Saver({ varList: averages.variablesToRestore() }).restore(session, prefix);
      assertClose(await session.run(w), [6], 0); // ½·4 + ½·8
    }));

  test("the global step is int64 in the file, and int64 of others fits an int32", () =>
    inTemporaryDirectory(async (directory) => {
      const step = tf.train.getOrCreateGlobalStep();
      using session = await initialized();
      await session.run(step.assign(7));
      const prefix = await new Saver().save(session, join(directory, "model"));
      const reader = new BundleReader(await readFile(`${prefix}.index`), prefix);
      assert.equal(reader.entry("global_step").dtype, "int64");
      const plain = new tf.Variable(0, { name: "plain" });
      await new Saver({ varList: { global_step: plain } }).restore(session, prefix);
      assert.equal(await session.run(plain), 7);
    }));

  test("values are those of the call, whatever the session does while files are written", () =>
    inTemporaryDirectory(async (directory) => {
      const w = floats([1], "w");
      const saver = new Saver();
      using session = await initialized();
      const writing = saver.save(session, join(directory, "model"));
      await session.run(w.assign([2]));
      await saver.restore(session, await writing);
      assertClose(await session.run(w), [1], 0);
    }));

  test("reshape fits values of another shape", () =>
    inTemporaryDirectory(async (directory) => {
      const flat = floats([1, 2, 3, 4, 5, 6], "w");
      using session = await initialized();
      const prefix = await new Saver().save(session, join(directory, "model"));
      const square = new tf.Variable(tf.zeros([2, 3]), { name: "square" });
      await new Saver({ varList: { w: square }, reshape: true }).restore(session, prefix);
      assertClose(await session.run(square), [1, 2, 3, 4, 5, 6], 0);
      assert.deepEqual((await session.run(square)).shape, [2, 3]);
      assertClose(await session.run(flat), [1, 2, 3, 4, 5, 6], 0);
    }));

  test("an empty saver, where that is allowed, writes the graph alone", () =>
    inTemporaryDirectory(async (directory) => {
      tf.constant(1);
      const saver = new Saver({ allowEmpty: true });
      using session = openSession();
      const prefix = await saver.save(session, join(directory, "model"));
      await saver.restore(session, prefix);
      assert.ok((await readdir(directory)).includes("model.meta"));
    }));
});

describe("files", () => {
  test("names, padding, and what may be left out", () =>
    inTemporaryDirectory(async (directory) => {
      floats([1], "w");
      using session = await initialized();
      const path = join(directory, "model");
      assert.equal(await new Saver().save(session, path, { globalStep: 1000 }), `${path}-1000`);
      const padded = new Saver({ padStepNumber: true });
      const options = { globalStep: 1000, writeMetaGraph: false, writeState: false };
      assert.equal(await padded.save(session, path, options), `${path}-00001000`);
      assert.deepEqual(await readdir(directory), [
        "checkpoint",
        "model-00001000.data-00000-of-00001",
        "model-00001000.index",
        "model-1000.data-00000-of-00001",
        "model-1000.index",
        "model-1000.meta",
      ]);
      assert.equal(
        await readFile(join(directory, "checkpoint"), "utf8"),
        `model_checkpoint_path: "${path}-1000"\nall_model_checkpoint_paths: "${path}-1000"\n`,
      );
    }));

  test("the oldest go once there are too many; saving over one makes it the latest", () =>
    inTemporaryDirectory(async (directory) => {
      floats([1], "w");
      const saver = new Saver({ maxToKeep: 2 });
      using session = await initialized();
      const path = join(directory, "model");
      for (const globalStep of [1, 2, 1, 3]) await saver.save(session, path, { globalStep });
      assert.deepEqual(saver.lastCheckpoints, [`${path}-1`, `${path}-3`]);
      const kept = (await readdir(directory)).filter((name) => name.startsWith("model-"));
      assert.deepEqual(
        kept,
        [1, 3].flatMap((step) =>
          ["data-00000-of-00001", "index", "meta"].map((extension) => `model-${step}.${extension}`),
        ),
      );
      const state = await tf.train.getCheckpointState(directory);
      assert.deepEqual(state, {
        modelCheckpointPath: `${path}-3`,
        allModelCheckpointPaths: [`${path}-1`, `${path}-3`],
      });
      const next = new Saver({ maxToKeep: 2 });
      next.setLastCheckpoints(saver.lastCheckpoints);
      await next.save(session, path, { globalStep: 4 });
      assert.equal(await tf.train.checkpointExists(`${path}-1`), false);
      assert.equal(await tf.train.checkpointExists(`${path}-3`), true);
    }));

  test("0 or null keeps all; so does an interval that is always over", () =>
    inTemporaryDirectory(async (directory) => {
      floats([1], "w");
      using session = await initialized();
      // 3.6 microseconds: every checkpoint is later than that after the one before.
      const always = { maxToKeep: 1, keepCheckpointEveryNHours: 1e-9 };
      for (const [name, options] of Object.entries({ none: { maxToKeep: 0 }, nil: { maxToKeep: null }, always })) {
        const saver = new Saver(options);
        for (const globalStep of [1, 2, 3]) await saver.save(session, join(directory, name), { globalStep });
        for (const step of [1, 2, 3])
          assert.ok(await tf.train.checkpointExists(join(directory, `${name}-${step}`)), `${name}-${step}`);
      }
    }));

  test("relative paths move with their directory", () =>
    inTemporaryDirectory(async (directory) => {
      floats([1], "w");
      const saver = new Saver({ saveRelativePaths: true });
      using session = await initialized();
      const first = join(directory, "first");
      await mkdir(first);
      await saver.save(session, join(first, "model"), { globalStep: 1 });
      await saver.save(session, join(first, "model"), { globalStep: 2 });
      assert.match(await readFile(join(first, "checkpoint"), "utf8"), /^model_checkpoint_path: "model-2"$/m);
      const second = join(directory, "second");
      await rename(first, second);
      assert.equal(await tf.train.latestCheckpoint(second), join(second, "model-2"));
      await saver.restore(session, join(second, "model-1"));
    }));

  test("a path relative to the working directory is stored relative to its own", () =>
    inTemporaryDirectory(async (directory) => {
      floats([1], "w");
      using session = await initialized();
      const before = process.cwd();
      process.chdir(directory);
      try {
        await mkdir("runs");
        assert.equal(await new Saver().save(session, "runs/model"), "runs/model");
        assert.match(await readFile("runs/checkpoint", "utf8"), /^model_checkpoint_path: "model"$/m);
        assert.equal(await tf.train.latestCheckpoint("runs"), join("runs", "model"));
        assert.equal(await new Saver().save(session, "bare", { latestFilename: "latest" }), "bare");
        assert.match((await tf.train.latestCheckpoint(".", { latestFilename: "latest" })) ?? "", /^\.[\\/]bare$/);
      } finally {
        process.chdir(before);
      }
    }));

  test("latestCheckpoint is null where there is nothing, or the files are gone", () =>
    inTemporaryDirectory(async (directory) => {
      assert.equal(await tf.train.latestCheckpoint(directory), null);
      assert.equal(await tf.train.getCheckpointState(directory), null);
      floats([1], "w");
      using session = await initialized();
      const prefix = await new Saver().save(session, join(directory, "model"));
      assert.equal(await tf.train.latestCheckpoint(directory), prefix);
      await rm(`${prefix}.index`);
      assert.equal(await tf.train.latestCheckpoint(directory), null);
      await writeFile(join(directory, "checkpoint"), "model_checkpoint_path: ");
      await assert.rejects(tf.train.latestCheckpoint(directory), {
        name: "DataLossError",
        message: /Malformed checkpoint state .*checkpoint, line 1/,
      });
    }));

  test("the meta graph holds the graph and its variables", () =>
    inTemporaryDirectory(async (directory) => {
      const w = new tf.Variable(tf.zeros([2, 3]), { name: "w" });
      const x = tf.placeholder("float32", [null, 2], { name: "x" });
      tf.matmul(x, w, { name: "product" });
      tf.train.getOrCreateGlobalStep();
      using session = await initialized();
      const prefix = await new Saver().save(session, join(directory, "model"));
      const meta = decodeMetaGraphDef(await readFile(`${prefix}.meta`));
      const product = meta.graphDef.node.find((node) => node.name === "product");
      assert.deepEqual(product, {
        name: "product",
        op: "MatMul",
        input: ["x", "w/read"],
        attr: { T: { type: "float32" }, transpose_a: { b: false }, transpose_b: { b: false } },
      });
      const { variables, global_step: step } = meta.collectionDef;
      assert.ok(variables !== undefined && "bytesList" in variables && step !== undefined);
      assert.deepEqual(
        variables.bytesList.map((bytes) => decodeVariableDef(bytes)),
        ["w", "global_step"].map((name) => ({
          variableName: `${name}:0`,
          initialValueName: name === "w" ? "zeros:0" : `${name}/initial_value:0`,
          initializerName: `${name}/Assign`,
          snapshotName: `${name}/read:0`,
          isResource: false,
          trainable: name === "w",
        })),
      );
    }));
});

describe("nothing is lost", () => {
  test("a disk that fills up leaves the checkpoint before, and no other files", () =>
    inTemporaryDirectory(async (directory) => {
      const w = floats([1, 2, 3], "w");
      const saver = new Saver();
      using session = await initialized();
      const prefix = await saver.save(session, join(directory, "model"));
      const before = await readdir(directory);
      await session.run(w.assign([9, 9, 9]));
      // Room for the graph, for some of the values, and for nothing.
      const metaBytes = (await readFile(`${prefix}.meta`)).length;
      for (const room of [metaBytes + 12, metaBytes + 5, 0]) {
        const disk = Object.assign(platform, { files: fullDisk(room) });
        try {
          await assert.rejects(saver.save(session, prefix), { name: "ResourceExhaustedError" });
        } finally {
          Object.assign(disk, { files: realFiles });
        }
        assert.deepEqual(await readdir(directory), before);
      }
      await saver.restore(session, prefix);
      assertClose(await session.run(w), [1, 2, 3], 0);
      await saver.save(session, prefix); // and a later attempt succeeds
    }));
  const realFiles = platform.files;

  test("a damaged or shortened file changes no variable", () =>
    inTemporaryDirectory(async (directory) => {
      const [a, b] = [floats([1], "a"), floats([2], "b")];
      const saver = new Saver();
      using session = await initialized();
      const prefix = await saver.save(session, join(directory, "model"));
      await session.run([a.assign([5]), b.assign([6])]);
      const file = `${prefix}.data-00000-of-00001`;
      const bytes = await readFile(file);
      const damage: readonly (readonly [Uint8Array, RegExp])[] = [
        [bytes.with(6, 0xff), /^Checksum of key b in .*model\.data-00000-of-00001 does not match/],
        [bytes.subarray(0, 6), /model\.data-00000-of-00001 is truncated: key b needs 4 bytes at offset 4, 2 are there/],
      ];
      for (const [content, message] of damage) {
        await writeFile(file, content);
        await assert.rejects(saver.restore(session, prefix), { name: "DataLossError", message });
      }
      await rm(file);
      await assert.rejects(saver.restore(session, prefix), {
        name: "NotFoundError",
        message: /model\.data-00000-of-00001 is missing; it holds the key a/,
      });
      assertClose(await session.run([a, b]), [5, 6], 0);
    }));
});

describe("errors", () => {
  test("of a Saver", () => {
    assert.throws(() => new Saver(), { name: "ArgumentError", message: /^No variables to save/ });
    const w = floats([1], "w");
    assert.throws(() => new Saver({ varList: [w, w] }), {
      name: "ArgumentError",
      message: /^At least two variables have the same name: w/,
    });
    const tensor = w.value() as unknown as tf.Variable;
    assert.throws(() => new Saver({ varList: [tensor] }), {
      name: "ArgumentError",
      message: /^Variable to save is not a Variable: Tensor\("w\/read:0"/,
    });
  });

  test("of saving", () =>
    inTemporaryDirectory(async (directory) => {
      const w = floats([1], "w");
      const saver = new Saver();
      using session = openSession();
      const path = join(directory, "model");
      await assert.rejects(saver.save(session, path), (error: Error) => {
        assert.ok(error instanceof tf.errors.FailedPreconditionError);
        assert.match(error.message, /^Attempting to use uninitialized value w\n/);
        return true;
      });
      await session.run(w.initializer);
      const missing = join(directory, "missing", "model");
      await assert.rejects(saver.save(session, missing), (error: Error) => {
        assert.equal(error.name, "ArgumentError");
        assert.ok(error.message.startsWith(`Parent directory of ${missing} doesn't exist, can't save.`));
        return true;
      });
      await assert.rejects(saver.save(session, path, { latestFilename: "a/b" }), {
        name: "ArgumentError",
        message: /^'latest_filename' must not contain path components: 'a\/b'/,
      });
      await assert.rejects(saver.save(session, join(directory, "checkpoint")), {
        name: "ArgumentError",
        message: /^'latest_filename' collides with 'save_path': 'checkpoint' and/,
      });
      await assert.rejects(saver.save(session, path, { globalStep: 1.5 }), {
        name: "ArgumentError",
        message: /^The global step must be a whole number, got 1\.5/,
      });
      const other = new tf.Graph();
      other.asDefault(() => tf.constant(1));
      using elsewhere = openSession(other);
      await assert.rejects(saver.save(elsewhere, path), { name: "ArgumentError", message: /is not of the session's/ });
      assert.deepEqual(await readdir(directory), []);
    }));

  test("of restoring", () =>
    inTemporaryDirectory(async (directory) => {
      const w = floats([1, 2], "w");
      using session = await initialized();
      const saver = new Saver();
      const prefix = await saver.save(session, join(directory, "model"));
      const none = null as unknown as string;
      await assert.rejects(saver.restore(session, none), {
        name: "ArgumentError",
        message: /^Can't load save_path when it is None\./,
      });
      await assert.rejects(saver.restore(session, join(directory, "modle")), {
        name: "NotFoundError",
        message: /Failed to find any matching files for .*modle\n.*holds model$/s,
      });
      const restoreAs = (variable: tf.Variable) => new Saver({ varList: { w: variable } }).restore(session, prefix);
      await assert.rejects(restoreAs(floats([1, 2, 3], "longer")), {
        name: "InvalidArgumentError",
        message: /^Assign requires shapes of both tensors to match\. lhs shape= \[3\] rhs shape= \[2\]\n.*key w of/s,
      });
      await assert.rejects(restoreAs(new tf.Variable([1, 2], { name: "whole" })), {
        name: "InvalidArgumentError",
        message: /^tensor_name = w; expected dtype int32 does not equal original dtype float32/,
      });
      await assert.rejects(new Saver({ varList: { other: w } }).restore(session, prefix), {
        name: "NotFoundError",
        message: /^Key other not found in checkpoint\n.*holds w;/s,
      });
      assertClose(await session.run(w), [1, 2], 0);
    }));
});
