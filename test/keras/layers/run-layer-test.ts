/**
 * @file The harness that every layer goes through: static shapes against running ones, a config that comes
 * back, a training step, gradients against central differences in float64, and the same numbers on every
 * backend.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { BackendName } from "../../../src/backends/index.js";
import { backendNames } from "../../../src/backends/index.js";
import * as tf from "../../../src/index.js";
import type { AnyLayer } from "../../../src/keras/engine/layer.js";
import { deserializeLayer, serializeLayer } from "../../../src/keras/engine/layer-registry.js";
import { backend, input, Model } from "../../../src/keras/index.js";
import type { LayerCase } from "./cases.js";
import { assertClose, batch, compute, inputsOf, numbersOf, weigh, weightsLike } from "./support.js";

/** Declares the tests of one case. */
export function runLayerTest(layerCase: LayerCase): void {
  test(`${layerCase.name}: shapes`, () => shapes(layerCase));
  test(`${layerCase.name}: config`, () => config(layerCase));
  test(`${layerCase.name}: a training step`, () => trainingStep(layerCase));
  if (layerCase.isRandom !== true && layerCase.isNotSmooth !== true)
    test(`${layerCase.name}: gradients`, () => gradients(layerCase));
  test(`${layerCase.name}: every backend`, () => everyBackend(layerCase));
}

const inputTensors = ({ inputs, integers }: LayerCase): tf.Tensor[] =>
  inputs.map((shape) => input({ shape, dtype: integers === undefined ? "float32" : "int32" }) as tf.Tensor);
const oneOrMore = <T>(list: readonly T[]): T | readonly T[] => (list.length === 1 ? (list[0] as T) : list);

async function shapes(layerCase: LayerCase): Promise<void> {
  backend.clearSession();
  const { layer, output } = await compute(layerCase, false);
  const declared = layer.outputShape as readonly (number | null)[];
  assert.equal(declared[0], null, "the batch is left open");
  assert.deepEqual([batch, ...declared.slice(1)], [...output.shape], "static shape against running");
  assert.ok(
    declared.slice(1).every((d) => d !== null),
    "every other size is known beforehand",
  );
  const given = layerCase.inputs.map((shape) => [null, ...shape]);
  assert.deepEqual(
    layer.computeOutputShape(oneOrMore<readonly (number | null)[]>(given) as never),
    declared,
    "computeOutputShape",
  );
  assert.equal(
    layer.countParams(),
    layer.weights.reduce((n, { shape }) => n + (shape as readonly number[]).reduce((a, d) => a * d, 1), 0),
  );
}

async function config(layerCase: LayerCase): Promise<void> {
  backend.clearSession();
  const layer = layerCase.make();
  layer.apply(oneOrMore(inputTensors(layerCase)));
  const written = JSON.parse(JSON.stringify(serializeLayer(layer)));
  backend.clearSession();
  const again = deserializeLayer(written);
  assert.equal(again.constructor, layer.constructor);
  again.apply(oneOrMore(inputTensors(layerCase)));
  assert.deepEqual(JSON.parse(JSON.stringify(serializeLayer(again))), written);
  assert.deepEqual(
    again.weights.map(({ shape }) => shape),
    layer.weights.map(({ shape }) => shape),
  );
}

async function trainingStep(layerCase: LayerCase): Promise<void> {
  backend.clearSession();
  const layer = layerCase.make();
  const tensors = inputTensors(layerCase);
  const output = layer.apply(oneOrMore(tensors)) as tf.Tensor;
  const model = new Model({ inputs: tensors, outputs: output });
  model.compile({ optimizer: new tf.train.GradientDescentOptimizer(0.1), loss: "mse" });
  const x = inputsOf(layerCase);
  const predicted = await model.predictOnBatch(x);
  const y = new tf.NdArray("float32", predicted.shape, new Float32Array(predicted.size).fill(3));
  const before = await model.getWeights();
  const loss = await model.trainOnBatch(x, y);
  assert.ok(Number.isFinite(loss as number), `the loss is ${loss}`);
  const after = await model.getWeights();
  model.weights.forEach((weight, i) => {
    const changed = !(before[i] as tf.NdArray).equals(after[i] as tf.NdArray);
    const isMoving = weight.op.name.includes("moving_");
    assert.equal(changed, weight.trainable || isMoving, `${weight.op.name} ${changed ? "changed" : "did not change"}`);
  });
  // Nothing random is left where the layer does not train.
  assert.ok((await model.predictOnBatch(x)).equals(await model.predictOnBatch(x)));
}

async function gradients(layerCase: LayerCase): Promise<void> {
  backend.clearSession();
  const written = serializeLayer(layerCase.make() as unknown as AnyLayer);
  const layer = deserializeLayer({
    ...written,
    config: { ...(written.config as object), ...inFloat64(written.config as object) },
  });
  const arrays = inputsOf(layerCase).map((array) =>
    array.dtype === "int32" ? array : tf.NdArray.from(array, "float64"),
  );
  const tensors = arrays.map(({ dtype, shape }) => tf.placeholder(dtype, shape) as tf.Tensor);
  const loss = weigh(layer.apply(oneOrMore(tensors), { training: true }) as tf.Tensor);
  await layer.setWeights(weightsLike(await layer.getWeights()));
  const session = backend.getSession();
  const weights = layer.trainableWeights;
  const floats = tensors.filter(({ dtype }) => dtype === "float64");
  const sources = [...floats, ...weights.map(({ ref }) => ref)];
  if (sources.length === 0) return;
  const derivatives = tf.gradients(loss, sources).map((g, i) => g ?? tf.zerosLike(sources[i] as tf.Tensor));
  const feedsWith = (changed?: tf.Tensor, value?: tf.NdArray) =>
    [...tensors, ...weights].map((tensor, i) => {
      const usual = i < tensors.length ? (arrays[i] as tf.NdArray) : (values[i - tensors.length] as tf.NdArray);
      return [tensor, tensor === changed ? (value as tf.NdArray) : usual] as const;
    });
  const values = await Promise.all(weights.map((weight) => backend.getValue(weight)));
  const exact = (await session.run(derivatives, feedsWith())) as unknown as tf.NdArray[];
  const lossAt = async (source: tf.Tensor, value: tf.NdArray): Promise<number> =>
    Number(await session.run(loss, feedsWith(source, value)));
  const step = 1e-6;
  for (const [k, source] of [...floats, ...weights].entries()) {
    const usual = feedsWith().find(([tensor]) => tensor === source)?.[1] as tf.NdArray<"float64">;
    // A few places of each; every place of a tensor is computed alike.
    for (let at = 0; at < usual.size; at += Math.ceil(usual.size / 5)) {
      const moved = (by: number): tf.NdArray => {
        const data = Float64Array.from(usual.data);
        data[at] = (data[at] as number) + by;
        return new tf.NdArray("float64", usual.shape, data);
      };
      const slope = ((await lossAt(source, moved(step))) - (await lossAt(source, moved(-step)))) / (2 * step);
      const found = Number(exact[k]?.data[at]);
      // The differences err by step² and by 1e-16 · loss / step; both are far below this.
      assert.ok(
        Math.abs(slope - found) < 1e-5 * Math.max(1, Math.abs(slope)),
        `${source.name}[${at}]: ${found}, not ${slope}`,
      );
    }
  }
}

/** A config whose weights and inputs are float64; layers within it as well. */
function inFloat64(config: object): object {
  const inner = (config as { readonly layer?: { readonly config: object } }).layer;
  return inner === undefined
    ? { dtype: "float64" }
    : { dtype: "float64", layer: { ...inner, config: { ...inner.config, dtype: "float64" } } };
}

async function everyBackend(layerCase: LayerCase): Promise<void> {
  const runs: { readonly device: BackendName; readonly numbers: readonly number[] }[] = [];
  try {
    for (const device of backendNames) {
      backend.clearSession();
      backend.setDevice(device);
      tf.setRandomSeed(1);
      const { output, gradients: slopes, weights } = await compute(layerCase, true);
      assert.equal(backend.getSession().deviceName, device);
      runs.push({ device, numbers: [output, ...slopes, ...weights].flatMap(numbersOf) });
    }
  } finally {
    backend.setDevice("auto");
  }
  const [first, ...others] = runs;
  // Other orders of float32 sums of up to a hundred terms.
  for (const { device, numbers } of others) assertClose(numbers, first?.numbers ?? [], 2e-5, device);
}
