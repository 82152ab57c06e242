/** @file The first article's network at level 3: layers with defaults, and a model that trains itself. */
import type { Tensor } from "../graph/index.js";
import { cast, reduceMean } from "../ops/index.js";
import * as tflearn from "../tflearn/index.js";
import { countOf, FitSteps } from "./fit-steps.js";
import { type Build, inputs, judge } from "./network.js";
import { CLASSES } from "./training.js";

export const tflearnNetwork: Build = (learningRate) => {
  const { pixels, labels } = inputs();
  const start = tflearn.inputData({ placeholder: pixels });
  const hidden = tflearn.fullyConnected(start, 64, { activation: "sigmoid" });
  const probabilities = tflearn.fullyConnected(hidden, CLASSES, { activation: "softmax" });
  const loss: Tensor = tflearn.objectives.categoricalCrossentropy(probabilities, labels);
  const net = tflearn.regression(probabilities, {
    placeholder: labels,
    optimizer: new tflearn.SGD({ learningRate }),
    loss,
  });
  return {
    pixels,
    labels,
    loss: reduceMean(cast(loss, "float32")),
    ...judge(probabilities, labels),
    probabilities: () => probabilities,
    open: async (device) => {
      const model = new tflearn.DNN(net, { device, output: null });
      return {
        session: model.session,
        learn: (examples, plan, watch) => {
          const steps = new FitSteps(countOf(examples), plan, watch);
          return model.fit(examples.images, examples.labels, {
            nEpoch: plan.rounds,
            batchSize: plan.batchSize,
            showMetric: true,
            seed: plan.seed,
            callbacks: new Watcher(steps),
          });
        },
      };
    },
  };
};

class Watcher extends tflearn.Callback {
  constructor(private readonly steps: FitSteps) {
    super();
  }

  override async onBatchEnd({ lossValue, accValue }: tflearn.TrainingState): Promise<void> {
    if (!(await this.steps.next(lossValue ?? Number.NaN, accValue ?? Number.NaN))) throw new tflearn.StopIteration();
  }
}
