/**
 * @file The networks that are a graph with an operation for a step: the articles' two, written with level 1
 * alone, and the first of them from the layers of level 2. They share one loop over batches.
 */
import type { Operation, Tensor } from "../graph/index.js";
import { dense } from "../layers/index.js";
import {
  add,
  constant,
  globalVariablesInitializer,
  matmul,
  nn,
  reduceMean,
  truncatedNormal,
  truncatedNormalInitializer,
  Variable,
  zeros,
} from "../ops/index.js";
import { Session } from "../runtime/index.js";
import { GradientDescentOptimizer } from "../train/index.js";
import { type Build, feedsOf, inputs, judge, type Learner, type Network } from "./network.js";
import { batchesOf, CLASSES, PIXELS, placeOf } from "./training.js";

/** The first article's network: one hidden layer of 64 sigmoid units. */
export const raw: Build = (learningRate) => {
  const { pixels, labels } = inputs();
  const W1 = new Variable(truncatedNormal([PIXELS, 64], { stddev: PIXELS ** -0.5 }), { name: "W1" });
  const b1 = new Variable(zeros([64]), { name: "b1" });
  const hidden = nn.sigmoid(add(matmul(pixels, W1), b1));
  const W2 = new Variable(truncatedNormal([64, CLASSES], { stddev: 64 ** -0.5 }), { name: "W2" });
  const b2 = new Variable(zeros([CLASSES]), { name: "b2" });
  return classifier(pixels, labels, add(matmul(hidden, W2), b2), learningRate);
};

/** The second article's network: two hidden layers of relu units, 50 and 30. */
export const workshop: Build = (learningRate) => {
  const { pixels, labels } = inputs();
  const hidden1 = nn.relu(add(matmul(pixels, weightVariable([PIXELS, 50])), biasVariable([50])));
  const hidden2 = nn.relu(add(matmul(hidden1, weightVariable([50, 30])), biasVariable([30])));
  const logits = add(matmul(hidden2, weightVariable([30, CLASSES])), biasVariable([CLASSES]));
  return classifier(pixels, labels, logits, learningRate);
};

/** The first article's network from layers that make their own weights, which begin as the article's do. */
export const layers: Build = (learningRate) => {
  const { pixels, labels } = inputs();
  const hidden = dense(pixels, 64, {
    activation: nn.sigmoid,
    kernelInitializer: truncatedNormalInitializer({ stddev: PIXELS ** -0.5 }),
  });
  const logits = dense(hidden, CLASSES, { kernelInitializer: truncatedNormalInitializer({ stddev: 64 ** -0.5 }) });
  return classifier(pixels, labels, logits, learningRate);
};

const weightVariable = <const S extends readonly [number, number]>(shape: S) =>
  new Variable(truncatedNormal(shape, { stddev: 0.1 }), { name: "weights" });

const biasVariable = <const S extends readonly [number]>(shape: S) =>
  new Variable(constant(0.1, { shape }), { name: "bias" });

/** What both articles put behind their last layer. */
function classifier(
  pixels: Network["pixels"],
  labels: Network["labels"],
  logits: Tensor<"float32", readonly [null, 10]>,
  learningRate: number,
): Network {
  const loss = reduceMean(nn.softmaxCrossEntropyWithLogits({ logits, labels }));
  const measured = { pixels, labels, loss, ...judge(logits, labels), probabilities: () => nn.softmax(logits) };
  const train = new GradientDescentOptimizer(learningRate).minimize(loss);
  return {
    ...measured,
    open: async (device) => {
      const { graph } = loss;
      const session = new Session({ graph, device });
      await session.run(graph.asDefault(() => globalVariablesInitializer()));
      return learnerOf(session, measured, train);
    },
  };
}

/** Trains with one run for each batch: the step, and the batch's loss and accuracy before it. */
function learnerOf(session: Session, network: Omit<Network, "open">, train: Operation): Learner {
  const { loss, accuracy } = network;
  return {
    session,
    learn: async (examples, plan, watch) => {
      let number = 0;
      for (const batch of batchesOf(examples, plan)) {
        const values = await session.run({ loss, accuracy, train }, feedsOf(network, batch));
        number++;
        const { images } = batch;
        const goesOn = await watch({
          number,
          ...placeOf(number, plan),
          examples: images.shape[0] ?? 0,
          loss: values.loss,
          accuracy: values.accuracy,
          batch,
        });
        if (!goesOn) return;
      }
    },
  };
}
