/**
 * @file The networks that `strata train` knows: those of the two articles, written with level 1 alone.
 * Each describes its graph and the settings its article trains it with.
 */
import type { Operation, Tensor } from "../graph/index.js";
import {
  add,
  argmax,
  cast,
  constant,
  equal,
  matmul,
  nn,
  placeholder,
  reduceMean,
  truncatedNormal,
  Variable,
  zeros,
} from "../ops/index.js";
import { GradientDescentOptimizer } from "../train/index.js";

export const PIXELS = 784;
export const CLASSES = 10;

/** What training and testing need of a graph. */
export interface Network {
  /** Rows of pixels, 0 to 1. */
  readonly pixels: Tensor<"float32", readonly [null, 784]>;
  /** One-hot rows. */
  readonly labels: Tensor<"float32", readonly [null, 10]>;
  /** The class taken for each row. */
  readonly predictions: Tensor<"int32", readonly [null]>;
  readonly loss: Tensor<"float32", readonly []>;
  readonly accuracy: Tensor<"float32", readonly []>;
  /** One step of gradient descent. */
  readonly train: Operation;
}

/** How long to train: whole epochs over shuffled data, or a number of batches from an endless stream. */
export type Length = { readonly epochs: number } | { readonly steps: number };

export interface Recipe {
  /** The layers in a few words. */
  readonly summary: string;
  readonly learningRate: number;
  readonly batchSize: number;
  readonly length: Length;
  /** Adds the network to the default graph. */
  build(learningRate: number): Network;
}

/** The first article's network: one hidden layer of 64 sigmoid units. */
const raw: Recipe = {
  summary: "784-64-10, sigmoid",
  learningRate: 0.5,
  batchSize: 64,
  length: { epochs: 20 },
  build: (learningRate) => {
    const { pixels, labels } = inputs();
    const W1 = new Variable(truncatedNormal([PIXELS, 64], { stddev: PIXELS ** -0.5 }), { name: "W1" });
    const b1 = new Variable(zeros([64]), { name: "b1" });
    const hidden = nn.sigmoid(add(matmul(pixels, W1), b1));
    const W2 = new Variable(truncatedNormal([64, CLASSES], { stddev: 64 ** -0.5 }), { name: "W2" });
    const b2 = new Variable(zeros([CLASSES]), { name: "b2" });
    return classifier(pixels, labels, add(matmul(hidden, W2), b2), learningRate);
  },
};

/** The second article's network: two hidden layers of relu units, 50 and 30. */
const workshop: Recipe = {
  summary: "784-50-30-10, relu",
  learningRate: 0.1,
  batchSize: 100,
  length: { steps: 5000 },
  build: (learningRate) => {
    const { pixels, labels } = inputs();
    const hidden1 = nn.relu(add(matmul(pixels, weightVariable([PIXELS, 50])), biasVariable([50])));
    const hidden2 = nn.relu(add(matmul(hidden1, weightVariable([50, 30])), biasVariable([30])));
    const logits = add(matmul(hidden2, weightVariable([30, CLASSES])), biasVariable([CLASSES]));
    return classifier(pixels, labels, logits, learningRate);
  },
};

export const networks = { raw, workshop } as const;
export type NetworkName = keyof typeof networks;
export const networkNames = Object.keys(networks) as readonly NetworkName[];

const inputs = () => ({
  pixels: placeholder("float32", [null, PIXELS], { name: "pixels" }),
  labels: placeholder("float32", [null, CLASSES], { name: "labels" }),
});

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
  const predictions = argmax(logits, 1);
  const correct = equal(predictions, argmax(labels, 1));
  const accuracy = reduceMean(cast(correct, "float32"));
  const train = new GradientDescentOptimizer(learningRate).minimize(loss);
  return { pixels, labels, predictions, loss, accuracy, train };
}
