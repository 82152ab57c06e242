/** @file `strata summary`: of the networks that can be trained, and of checkpoints, also those of others. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { networkNames } from "../../src/cli/networks.js";
import { Graph } from "../../src/graph/index.js";
import { globalVariablesInitializer, Variable, zeros } from "../../src/ops/index.js";
import { Session } from "../../src/runtime/index.js";
import { Saver } from "../../src/train/index.js";
import { run, withDigits, withDirectory } from "./support.js";

test("a network of variables shows them with shapes, types and numbers of parameters", async () => {
  const { code, stdout, stderr } = await run(["summary"]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^raw: 784-64-10, sigmoid\n/);
  assert.match(stdout, /│ W1 +│ \(784, 64\) +│ float32 +│ +50,176 │ yes/);
  assert.match(stdout, /│ b2 +│ \(10\) +│ float32 +│ +10 │ yes/);
  assert.match(stdout, /Total params: 50,890 \(198\.79 KB\)\n Trainable params: 50,890 .*\n Non-trainable params: 0 /);
  assert.match((await run(["summary", "workshop"])).stdout, /Total params: 41,090 /);
});

test("a Keras model shows its layers as Keras does", async () => {
  const { stdout } = await run(["summary", "keras"]);
  assert.match(stdout, /Model: "sequential"\n┏/);
  assert.match(stdout, /│ hidden \(Dense\) +│ \(None, 64\) +│ +50,240 │/);
  assert.match(stdout, /│ output \(Dense\) +│ \(None, 10\) +│ +650 │/);
  assert.match(stdout, /Total params: 50,890 \(198\.79 KB\)/);
});

test("--json is one object, and says as much of every network", async () => {
  for (const network of networkNames) {
    const { stdout } = await run(["summary", network, "--json"]);
    const summary: Record<string, unknown> = JSON.parse(stdout);
    const variables = summary.variables as { shape: number[]; dtype: string; parameters: number; trainable: boolean }[];
    assert.equal(summary.network, network);
    const expected = network === "workshop" ? 41_090 : 50_890;
    assert.deepEqual([summary.parameters, summary.trainableParameters], [expected, expected]);
    assert.deepEqual(variables[0]?.shape, network === "workshop" ? [784, 50] : [784, 64]);
    for (const { shape, dtype, parameters, trainable } of variables) {
      assert.deepEqual([dtype, trainable], ["float32", true]);
      assert.equal(
        parameters,
        shape.reduce((product, size) => product * size, 1),
      );
    }
    assert.equal(Array.isArray(summary.layers), network === "keras");
  }
});

test("a checkpoint shows what is in it, and which network it is", () =>
  withDigits(async (data) => {
    const [raw, keras] = [join(data, "raw"), join(data, "keras")];
    await run(["train", "raw", "--data", data, "--steps", "7", "--save", raw]);
    const ofRaw = await run(["summary", raw]);
    assert.ok(ofRaw.stdout.startsWith(`Checkpoint ${join(raw, "model-7")}\nraw: 784-64-10, sigmoid\n`), ofRaw.stdout);
    assert.match(ofRaw.stdout, /│ W2 +│ \(64, 10\) /);
    await run(["train", "keras", "--data", data, "--steps", "7", "--save", keras]);
    const { stdout } = await run(["summary", join(keras, "model-7.index")]);
    assert.match(stdout, /│ hidden \(Dense\) /);
    assert.match(stdout, /In the checkpoint beside these:\n[\s\S]*│ sgd\/iteration +│ \(\) +│ int64 +│ +1 │ no/);
    const json: Record<string, unknown> = JSON.parse((await run(["summary", keras, "--json"])).stdout);
    assert.deepEqual(
      [json.network, json.checkpoint, json.trainableParameters],
      ["keras", join(keras, "model-7"), 50_890],
    );
  }));

test("a checkpoint of another program is listed too", () =>
  withDirectory(async (directory) => {
    const graph = new Graph();
    const prefix = await graph.asDefault(async () => {
      new Variable(zeros([3, 4]), { name: "mine/weights" });
      new Variable(zeros([2]), { name: "mine/count", trainable: false });
      using session = new Session({ graph });
      await session.run(globalVariablesInitializer());
      return new Saver().save(session, join(directory, "own"));
    });
    const { code, stdout } = await run(["summary", prefix]);
    assert.equal(code, 0);
    assert.match(stdout, /│ mine\/weights +│ \(3, 4\) +│ float32 +│ +12 │ yes/);
    assert.match(stdout, /│ mine\/count +│ \(2\) +│ float32 +│ +2 │ no/);
    assert.match(stdout, /Total params: 14 .*\n Trainable params: 12 .*\n Non-trainable params: 2 /);
  }));

test("what is neither a network nor a checkpoint is refused in words", async () => {
  const { code, stdout, stderr } = await run(["summary", "kerass"]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^NotFoundError: There is neither a network nor a checkpoint kerass\n {2}fix .*raw, workshop/);
});
