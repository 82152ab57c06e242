/** @file Every layer through the harness, and the list of layers against the registry. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { UnimplementedError } from "../../../src/core/index.js";
import { Layer, layers } from "../../../src/keras/index.js";
import * as aliases from "../../../src/keras/layers/aliases.js";
import * as volumes from "../../../src/keras/layers/three-dimensional.js";
import { layerCases } from "./cases.js";
import { runLayerTest } from "./run-layer-test.js";

test("every layer has a case", () => {
  const tested = new Set(layerCases.map(({ make }) => make().className));
  const abstractOrElsewhere = [
    "Layer",
    "Wrapper",
    "InputLayer",
    "Lambda",
    ...Object.keys(volumes),
    ...Object.keys(aliases),
  ];
  const missing = Object.entries(layers)
    .filter(
      ([name, value]) =>
        typeof value === "function" && value.prototype instanceof Layer && !abstractOrElsewhere.includes(name),
    )
    .map(([name]) => name)
    .filter((name) => !tested.has(name));
  assert.deepEqual(missing, []);
});

test("layers over volumes say that there are none, and what to do", () => {
  for (const [name, Volume] of Object.entries(volumes))
    assert.throws(
      () => new Volume(4, 3),
      (error) =>
        error instanceof UnimplementedError &&
        error.message.startsWith(`keras.layers.${name} is not implemented: there are no operations over three`) &&
        /fix {9}.*(Reshape|TimeDistributed)/.test(error.message),
    );
});

for (const layerCase of layerCases) runLayerTest(layerCase);
