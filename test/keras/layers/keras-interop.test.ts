/**
 * @file Every layer against Keras itself: it reads our configs, computes the same outputs and gradients from
 * the same weights, and we read its configs. Skipped where there is no Python with TensorFlow.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { NdArray } from "../../../src/index.js";
import type { SerializedObject } from "../../../src/keras/contracts.js";
import { deserializeLayer, serializeLayer } from "../../../src/keras/engine/layer-registry.js";
import { backend } from "../../../src/keras/index.js";
import { inTemporaryDirectory } from "../../platform/support.js";
import { type LayerCase, layerCases } from "./cases.js";
import { assertClose, type Computed, compute, inputsOf, numbersOf, weightsLike } from "./support.js";

const interop = new URL("../../../../interop/", import.meta.url);
const { findPython }: { findPython: () => { python: string } | { missing: string } } = await import(
  new URL("find-python.mjs", interop).href
);
const found = findPython();

interface Entry {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Call {
  readonly output: Entry;
  readonly gradients: readonly Entry[];
  readonly penalty: number;
}
interface Result {
  readonly inference: Call;
  readonly training?: Call;
  readonly weights: readonly Entry[];
  readonly layer: SerializedObject;
  readonly outputShape: readonly (number | null)[];
}

const entry = (array: NdArray) => ({ shape: array.shape, dtype: array.dtype, data: numbersOf(array) });
const cases = layerCases.filter(({ isOld }) => isOld !== true);
const results = new Map<LayerCase, Result>();

describe("Keras", { skip: "missing" in found && found.missing }, () => {
  before(async () => {
    const written: object[] = [];
    for (const layerCase of cases) {
      backend.clearSession();
      const { layer, weights } = await compute(layerCase, false);
      written.push({
        layer: serializeLayer(layer),
        inputs: inputsOf(layerCase).map(entry),
        weights: weightsLike(weights).map(entry),
        random: layerCase.isRandom ?? false,
      });
    }
    await inTemporaryDirectory(async (directory) => {
      assert.ok("python" in found);
      const path = join(directory, "cases.json");
      writeFileSync(path, JSON.stringify(written));
      const script = fileURLToPath(new URL("keras-layers.py", interop));
      const { stdout } = await promisify(execFile)(found.python, [script, path], { maxBuffer: 2 ** 26 });
      (JSON.parse(stdout) as Result[]).forEach((result, i) => {
        results.set(cases[i] as LayerCase, result);
      });
    });
  });

  for (const layerCase of cases)
    test(layerCase.name, async () => {
      const result = results.get(layerCase) as Result;
      // float32 sums of at most a hundred terms in another order.
      const tolerance = 2e-5;
      const agree = ({ output, gradients, penalty }: Computed, expected: Call, what: string): void => {
        assert.deepEqual(output.shape, expected.output.shape, `${what}: shape`);
        assertClose(numbersOf(output), expected.output.data, tolerance, `${what}: output`);
        expected.gradients.forEach((gradient, i) => {
          assertClose(numbersOf(gradients[i] as NdArray), gradient.data, tolerance, `${what}: gradient ${i}`);
        });
        assertClose([penalty], [expected.penalty], tolerance, `${what}: penalty`);
      };
      backend.clearSession();
      const again = deserializeLayer(result.layer);
      agree(await compute(layerCase, false, again), result.inference, "inference");
      assert.deepEqual(again.outputShape, result.outputShape);
      if (result.training === undefined) return;
      backend.clearSession();
      const trained = await compute(layerCase, true);
      agree(trained, result.training, "training");
      result.weights.forEach((weight, i) => {
        assertClose(numbersOf(trained.weights[i] as NdArray), weight.data, tolerance, `weight ${i} after training`);
      });
    });
});
