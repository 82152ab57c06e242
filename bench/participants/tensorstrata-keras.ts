/** @file Tensorstrata's level 4: one epoch of Keras's `fit` is one call. The variant is the device. */
import * as tf from "tensorstrata";
import * as keras from "tensorstrata/keras";
import { batchesOf, type LoadedTensor, load } from "../data.js";
import type { Prepare } from "../participant.js";
import { kernelsOf } from "../workloads.js";
import { version } from "./tensorstrata.js";

const array = ({ shape, values }: LoadedTensor): tf.NdArray<"float32"> => new tf.NdArray("float32", shape, values);

export const prepare: Prepare = async ({ task, threads, variant: device = "wasm" }) => {
  if (task.kind !== "fit") throw new Error(`${task.kind} is in tensorstrata.ts`);
  // Keras opens its session itself, and finds these there.
  process.env.STRATA_THREADS = String(threads);
  process.env.STRATA_DEVICE = device;
  const read = load(task.data);
  const [inputDim] = task.network.input;
  const model = new keras.Sequential();
  task.network.layers.forEach((layer, i) => {
    if (layer.kind !== "dense") throw new Error("Only dense layers are fitted here");
    const first = i === 0 ? { inputDim } : {};
    model.add(new keras.layers.Dense(layer.units, { activation: layer.activation ?? "linear", ...first }));
  });
  model.compile({
    loss: new keras.losses.CategoricalCrossentropy({ fromLogits: true }),
    optimizer: new keras.optimizers.SGD({ learningRate: task.learningRate }),
  });
  await model.setWeights(
    kernelsOf(task.network).flatMap(({ shape }, i) => {
      const units = shape.at(-1) ?? 0;
      return [array(read(`kernel${i}`)), new tf.NdArray("float32", [units], new Float32Array(units))];
    }),
  );
  const { batchSize, shuffle } = task;
  const [images, labels] = [read("images"), read("labels")];
  const [x, y] = [array(images), array(labels)];
  const [firstImages, firstLabels] = [images, labels].map((all) => batchesOf(all, batchSize)[0] as LoadedTensor);
  return {
    version: `${version()} (${device})`,
    stepsPerCall: (images.shape[0] ?? 0) / batchSize,
    step: () => model.fit(x, y, { batchSize, epochs: 1, shuffle, verbose: 0 }),
    check: async () => {
      const [x0, y0] = [array(firstImages as LoadedTensor), array(firstLabels as LoadedTensor)];
      return [Number(await model.evaluate(x0, y0, { batchSize, verbose: 0 }))];
    },
  };
};
