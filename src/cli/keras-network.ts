/** @file The first article's network at level 4: layers in a row, compiled and fitted. */

import type { Tensor } from "../graph/index.js";
import * as keras from "../keras/index.js";
import { cast, reduceMean } from "../ops/index.js";
import { Session } from "../runtime/index.js";
import { countOf, FitSteps } from "./fit-steps.js";
import { type Build, inputs, judge } from "./network.js";
import { CLASSES, PIXELS } from "./training.js";

export const kerasNetwork: Build = (learningRate) => {
  const { pixels, labels } = inputs();
  // Checkpoints know variables by these names.
  const model = new keras.Sequential(
    [
      new keras.layers.Dense(64, { activation: "sigmoid", inputDim: PIXELS, name: "hidden" }),
      new keras.layers.Dense(CLASSES, { activation: "softmax", name: "output" }),
    ],
    { name: "sequential" },
  );
  model.compile({
    loss: "categorical_crossentropy",
    optimizer: new keras.optimizers.SGD({ learningRate, name: "sgd" }),
    metrics: ["accuracy"],
  });
  const probabilities = model.apply(pixels) as Tensor<"float32", readonly [null, 10]>;
  const loss = reduceMean(cast(keras.losses.categoricalCrossentropy(labels, probabilities), "float32"));
  return {
    pixels,
    labels,
    loss,
    ...judge(probabilities, labels),
    probabilities: () => probabilities,
    model,
    open: async (device) => {
      const session = new Session({ graph: loss.graph, device });
      keras.backend.setSession(session);
      await keras.backend.initializeVariables(model.weights, session);
      return {
        session,
        learn: async (examples, plan, watch) => {
          const steps = new FitSteps(countOf(examples), plan, watch);
          await model.fit(examples.images, examples.labels, {
            epochs: plan.rounds,
            batchSize: plan.batchSize,
            verbose: 0,
            seed: plan.seed,
            callbacks: [watcher(steps)],
          });
        },
      };
    },
  };
};

function watcher(steps: FitSteps): keras.callbacks.Callback {
  const callback: keras.callbacks.Callback = new keras.callbacks.LambdaCallback({
    onTrainBatchEnd: async (_, { loss = Number.NaN, accuracy = Number.NaN } = {}) => {
      if (!(await steps.next(loss, accuracy))) callback.model.stopTraining = true;
    },
  });
  return callback;
}
