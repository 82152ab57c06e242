/**
 * @file Whole training runs against Keras itself, from the same JSON, weights and data in the same order:
 * histories, weights, evaluations and predictions agree, and its JSON makes the same model here. Skipped
 * where there is no Python with TensorFlow.
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
import { backend, models } from "../../../src/keras/index.js";
import { inTemporaryDirectory } from "../../platform/support.js";
import { assertClose, numbersOf } from "../layers/support.js";
import { startingWeights, type TrainingCase, train, trainingCases } from "./models.js";

const interop = new URL("../../../../interop/", import.meta.url);
const { findPython }: { findPython: () => { python: string } | { missing: string } } = await import(
  new URL("find-python.mjs", interop).href
);
const found = findPython();

interface Entry {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Result {
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly evaluation: Readonly<Record<string, number>>;
  readonly weights: readonly Entry[];
  readonly predictions: readonly Entry[];
  readonly model: SerializedObject;
  readonly params: number;
}

const entry = (array: NdArray) => ({ shape: array.shape, dtype: array.dtype, data: numbersOf(array) });
const results = new Map<TrainingCase, Result>();

describe("Keras", { skip: "missing" in found && found.missing }, () => {
  before(async () => {
    const written: object[] = [];
    for (const trainingCase of trainingCases) {
      backend.clearSession();
      const model = trainingCase.make();
      const { epochs, batchSize, validationSplit, classWeight, sampleWeight } = trainingCase.fit;
      const fit = {
        epochs,
        batch_size: batchSize,
        ...(validationSplit === undefined ? {} : { validation_split: validationSplit }),
        ...(classWeight === undefined ? {} : { class_weight: classWeight }),
        ...(sampleWeight === undefined ? {} : { sample_weight: [entry(sampleWeight as NdArray)] }),
      };
      const weights = startingWeights(await model.getWeights()).map(entry);
      written.push({ model: model.toJSON(), weights, x: trainingCase.x.map(entry), y: trainingCase.y.map(entry), fit });
    }
    await inTemporaryDirectory(async (directory) => {
      assert.ok("python" in found);
      const path = join(directory, "cases.json");
      writeFileSync(path, JSON.stringify(written));
      const script = fileURLToPath(new URL("keras-training.py", interop));
      const { stdout } = await promisify(execFile)(found.python, [script, path], { maxBuffer: 2 ** 26 });
      (JSON.parse(stdout) as Result[]).forEach((result, i) => {
        results.set(trainingCases[i] as TrainingCase, result);
      });
    });
  });

  for (const trainingCase of trainingCases)
    for (const origin of ["our model", "the model of Keras's JSON"] as const)
      test(`${trainingCase.name}: ${origin}`, async () => {
        const expected = results.get(trainingCase) as Result;
        backend.clearSession();
        const model = origin === "our model" ? trainingCase.make() : models.modelFromJSON(expected.model);
        const actual = await train(model, trainingCase);
        assert.equal(model.countParams(), expected.params);
        // A dozen float32 updates, each of which may round the other way.
        const tolerance = 1e-4;
        assert.deepEqual(Object.keys(actual.history).sort(), Object.keys(expected.history).sort());
        for (const [name, values] of Object.entries(expected.history))
          assertClose(actual.history[name] as readonly number[], values, tolerance, name);
        assert.deepEqual(Object.keys(actual.evaluation).sort(), Object.keys(expected.evaluation).sort());
        for (const [name, value] of Object.entries(expected.evaluation))
          assertClose([actual.evaluation[name] as number], [value], tolerance, `evaluated ${name}`);
        expected.weights.forEach((weight, i) => {
          assert.deepEqual(actual.weights[i]?.shape, weight.shape);
          assertClose(numbersOf(actual.weights[i] as NdArray), weight.data, tolerance, `weight ${i}`);
        });
        expected.predictions.forEach((prediction, i) => {
          assertClose(numbersOf(actual.predictions[i] as NdArray), prediction.data, tolerance, `prediction ${i}`);
        });
      });
});
