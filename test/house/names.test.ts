/** @file The page of names lists what the library exports, and the script that makes it notices where it does not. */
import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readText, repositoryRoot } from "./repository.js";

const check = (...pages: readonly string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [fileURLToPath(new URL("scripts/names.mjs", repositoryRoot)), "--check", ...pages], {
    encoding: "utf8",
  });

test("docs/names.md has the names of the built library", () => {
  const { status, stderr } = check();
  assert.equal(stderr, "");
  assert.equal(status, 0);
});

test("a page without one of the names is not current", () => {
  const folder = mkdtempSync(join(tmpdir(), "strata-names-"));
  try {
    const page = join(folder, "names.md");
    writeFileSync(page, readText("docs/names.md").replace(/\n.*`tf\.matmul`.*/, ""));
    const { status, stderr } = check(page);
    assert.match(stderr, /differs from what the library exports\n {2}fix {2}node scripts\/names\.mjs/);
    assert.equal(status, 1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("names follow the rule, and the exceptions of each original", () => {
  const rows = new Set(readText("docs/names.md").split("\n"));
  const wanted = {
    "tf.reduce_mean": "tf.reduceMean",
    "tf.floordiv": "tf.floorDiv",
    "tf.case": "tf.switchCase",
    "tf.nn.l2_loss": "tf.nn.l2Loss",
    "tf.nn.in_top_k": "tf.nn.inTopK",
    "tf.nn.softmax_cross_entropy_with_logits_v2": "tf.nn.softmaxCrossEntropyWithLogitsV2",
    "tf.nn.conv2d_transpose": "tf.nn.conv2dTranspose",
    "tf.contrib.layers.l2_regularizer": "tf.regularizers.l2",
    "tflearn.conv_2d_transpose": "tflearn.conv2dTranspose",
    "tflearn.metrics.Top_k": "tflearn.metrics.TopK",
    "keras.Input": "keras.input",
    "keras.models.model_from_json": "keras.models.modelFromJSON",
  };
  for (const [original, here] of Object.entries(wanted))
    assert.ok(rows.has(`| \`${original}\` | \`${here}\` |`), `${original} is ${here}`);
});
