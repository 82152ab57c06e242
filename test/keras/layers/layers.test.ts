/** @file Every layer through the harness, and the list of layers against the registry. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Layer, layers } from "../../../src/keras/index.js";
import { layerCases } from "./cases.js";
import { runLayerTest } from "./run-layer-test.js";

test("every layer has a case", () => {
  const tested = new Set(layerCases.map(({ make }) => make().className));
  const abstractOrElsewhere = ["Layer", "Wrapper", "InputLayer", "Lambda"];
  const missing = Object.entries(layers)
    .filter(
      ([name, value]) =>
        typeof value === "function" && value.prototype instanceof Layer && !abstractOrElsewhere.includes(name),
    )
    .map(([name]) => name)
    .filter((name) => !tested.has(name));
  assert.deepEqual(missing, []);
});

for (const layerCase of layerCases) runLayerTest(layerCase);
