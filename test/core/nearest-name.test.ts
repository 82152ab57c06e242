/** @file What is near enough to a name to be meant by it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { nearestHint } from "../../src/core/index.js";

const paddings = ["same", "valid"];

test("a letter left out, put in, changed, or swapped with its neighbour is near", () => {
  for (const wanted of ["sam", "saame", "sane", "smae", "asme", "saem", "SAME", "s_ame"])
    assert.equal(nearestHint(wanted, paddings), "did you mean 'same'?", wanted);
});

test("half of the letters wrong, or what is no text, is near to nothing", () => {
  for (const wanted of ["full", "sa", "", "emas", 3, null, undefined, ["same"]])
    assert.equal(nearestHint(wanted, paddings), "there are same, valid", String(wanted));
  assert.equal(nearestHint("full", paddings, 'use "same"'), 'use "same"');
});

test("the nearest of several is told", () => {
  assert.equal(nearestHint("numUpdate", ["name", "numUpdates", "update"]), "did you mean 'numUpdates'?");
  assert.equal(nearestHint("channel_lats", ["channels_first", "channels_last"]), "did you mean 'channels_last'?");
});
