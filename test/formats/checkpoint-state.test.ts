/** @file The `checkpoint` file: TensorFlow's own text, escapes both ways, and damage. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DataLossError } from "../../src/core/index.js";
import { type CheckpointState, formatCheckpointState, parseCheckpointState } from "../../src/formats/index.js";
import fc from "../property.js";

test("the text is TensorFlow's", () => {
  const state: CheckpointState = {
    modelCheckpointPath: "/tmp/model-1000",
    allModelCheckpointPaths: ["/tmp/model-500", "/tmp/model-1000"],
  };
  const text =
    'model_checkpoint_path: "/tmp/model-1000"\nall_model_checkpoint_paths: "/tmp/model-500"\nall_model_checkpoint_paths: "/tmp/model-1000"\n';
  assert.equal(formatCheckpointState(state), text);
  assert.deepEqual(parseCheckpointState(text), state);
});

test("escapes are those of TensorFlow's text format", () => {
  // Printed by Python's text_format.MessageToString for this very path.
  const path = "/tmp/a \"q\" 'x' é日 \t\u0001\\ \n\u007f\u0085😀";
  const printed =
    'model_checkpoint_path: "/tmp/a \\"q\\" \\\'x\\\' é日 \\t\\001\\\\ \\n\\177\u0085😀"\nall_model_checkpoint_timestamps: 1.5\n' +
    "all_model_checkpoint_timestamps: 2.0\nall_model_checkpoint_timestamps: 1700000000.123456\nlast_preserved_timestamp: 3.0\n";
  const state: CheckpointState = {
    modelCheckpointPath: path,
    allModelCheckpointPaths: [],
    allModelCheckpointTimestamps: [1.5, 2, 1700000000.123456],
    lastPreservedTimestamp: 3,
  };
  assert.equal(formatCheckpointState(state), printed);
  assert.deepEqual(parseCheckpointState(printed), state);
});

test("older writers' octal bytes, single quotes, comments and joined strings are read", () => {
  const text = `# saved by hand
model_checkpoint_path: 'mod\\303\\251le' "-\\x31\\u0030" ; all_model_checkpoint_paths : "a" # the first
all_model_checkpoint_timestamps: 1e+20, all_model_checkpoint_timestamps: -.5f`;
  assert.deepEqual(parseCheckpointState(text), {
    modelCheckpointPath: "modéle-10",
    allModelCheckpointPaths: ["a"],
    allModelCheckpointTimestamps: [1e20, -0.5],
  });
});

test("any path survives", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.array(fc.string({ unit: "binary" })), (latest, all) => {
      const state = { modelCheckpointPath: latest, allModelCheckpointPaths: all };
      assert.deepEqual(parseCheckpointState(formatCheckpointState(state)), state);
    }),
  );
});

test("damage is a DataLossError with file and line", () => {
  const damaged: readonly [string, RegExp][] = [
    ['model_checkpoint_path: "m', /run\/checkpoint, line 1: expected a quoted string or a number/],
    ['\n\nmodel_checkpoint_path "m"', /line 3: expected a field name and a colon/],
    ["model_checkpoint_path: 7", /line 1: model_checkpoint_path must be a quoted string/],
    ['all_model_checkpoint_timestamps: "7"', /must be a number/],
    ['model_path: "m"', /has no field "model_path"/],
    ["\u0000\u0001binary", /line 1/],
  ];
  for (const [text, message] of damaged)
    assert.throws(
      () => parseCheckpointState(text, "run/checkpoint"),
      (error) => error instanceof DataLossError && message.test(error.message),
      text,
    );
});
