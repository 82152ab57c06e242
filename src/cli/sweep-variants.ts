/**
 * @file What `strata sweep` compares: the exercises after the second article, each a question with the
 * networks that answer it. A variant says only where it differs from the workshop's network.
 */
import type { Operation, Tensor } from "../graph/index.js";
import {
  add,
  addN,
  argmax,
  cast,
  constant,
  equal,
  matmul,
  multiply,
  nn,
  placeholder,
  reduceMean,
  reduceSum,
  square,
  subtract,
  truncatedNormal,
  Variable,
} from "../ops/index.js";
import {
  AdadeltaOptimizer,
  AdagradOptimizer,
  AdamOptimizer,
  exponentialDecay,
  GradientDescentOptimizer,
  getOrCreateGlobalStep,
  type Hyperparameter,
  MomentumOptimizer,
  type Optimizer,
  polynomialDecay,
  RMSPropOptimizer,
} from "../train/index.js";

const PIXELS = 784;
const CLASSES = 10;

type Matrix = Tensor<"float32", readonly [null, number]>;
type Logits = Tensor<"float32", readonly [null, 10]>;
type Scalar = Tensor<"float32", readonly []>;

/** A network and how it learns. What is left out is the workshop's. */
export interface Variant {
  readonly name: string;
  /** Units of the hidden layers, first to last. Default 50 and 30. */
  readonly hidden?: readonly number[];
  /** Default relu. */
  readonly activation?: (x: Matrix) => Matrix;
  /** Mean loss of a batch. Default cross-entropy of softmax. */
  readonly loss?: (logits: Logits, labels: Logits) => Scalar;
  /** Probability of keeping a hidden unit while training. Default: no dropout. */
  readonly keepProb?: number;
  /** Default plain gradient descent. */
  readonly optimizer?: (learningRate: Hyperparameter) => Optimizer;
  /** A number, or a schedule over so many steps. Default 0.1. */
  readonly learningRate?: number | ((globalStep: Tensor, steps: number) => Hyperparameter);
  /** Factor of half the sum of squared weights, which joins the loss. Default 0: no such term. */
  readonly lambda?: number;
}

/** A question, and the variants that answer it. */
export interface Sweep {
  readonly question: string;
  readonly variants: readonly Variant[];
}

/** What training and measuring need of a variant's graph. */
export interface VariantGraph {
  readonly pixels: Tensor<"float32", readonly [null, 784]>;
  readonly labels: Logits;
  /** The probability to feed while training, and 1 while measuring; absent without dropout. */
  readonly keepProb?: Scalar;
  readonly loss: Scalar;
  readonly accuracy: Scalar;
  readonly train: Operation;
}

/**
 * Adds a variant to the default graph. Each layer seeds its weights by its place, so that variants whose
 * layers have the same sizes start from the same weights, whatever else their graphs hold.
 * @param steps how long it will train, for schedules
 */
export function buildVariant(variant: Variant, steps: number): VariantGraph {
  const { hidden = [50, 30], activation = nn.relu, loss: lossOf = crossEntropy, lambda = 0 } = variant;
  const pixels = placeholder("float32", [null, PIXELS], { name: "pixels" });
  const labels = placeholder("float32", [null, CLASSES], { name: "labels" });
  const keepProb = variant.keepProb === undefined ? undefined : placeholder("float32", [], { name: "keep_prob" });
  const weights: Variable<"float32", readonly [number, number]>[] = [];
  const linear = (x: Matrix, fanIn: number, units: number): Matrix => {
    const seed = weights.length + 1;
    const W = new Variable(truncatedNormal([fanIn, units], { stddev: 0.1, seed }), { name: "weights" });
    weights.push(W);
    return add(matmul(x, W), new Variable(constant(0.1, { shape: [units] }), { name: "bias" }));
  };
  let output: Matrix = pixels;
  let width = PIXELS;
  for (const units of hidden) {
    const activated = activation(linear(output, width, units));
    output = keepProb === undefined ? activated : nn.dropout(activated, keepProb, { seed: weights.length });
    width = units;
  }
  const logits = linear(output, width, CLASSES) as Tensor as Logits;
  const dataLoss = lossOf(logits, labels);
  const loss = lambda === 0 ? dataLoss : add(dataLoss, multiply(addN(weights.map((W) => nn.l2Loss(W))), lambda));
  const accuracy = reduceMean(cast(equal(argmax(logits, 1), argmax(labels, 1)), "float32"));
  return { pixels, labels, ...(keepProb && { keepProb }), loss, accuracy, train: training(variant, loss, steps) };
}

function training({ optimizer = descent, learningRate = 0.1 }: Variant, loss: Scalar, steps: number): Operation {
  if (typeof learningRate === "number") return optimizer(learningRate).minimize(loss);
  const globalStep = getOrCreateGlobalStep();
  return optimizer(learningRate(globalStep, steps)).minimize(loss, { globalStep });
}

const descent = (learningRate: Hyperparameter): Optimizer => new GradientDescentOptimizer(learningRate);

// ---- losses ----

const crossEntropy = (logits: Logits, labels: Logits): Scalar =>
  reduceMean(nn.softmaxCrossEntropyWithLogits({ logits, labels }));

/** Cross-entropy with the term for the wrong classes: ten questions of yes or no. */
const fullCrossEntropy = (logits: Logits, labels: Logits): Scalar =>
  reduceMean(reduceSum(nn.sigmoidCrossEntropyWithLogits({ logits, labels }), 1));

const meanSquaredError = (logits: Logits, labels: Logits): Scalar =>
  reduceMean(square(subtract(nn.softmax(logits), labels)));

// ---- the exercises ----

export const sweeps = {
  activation: {
    question: "What do other activations do to the accuracy, and what is left of the network with none at all?",
    variants: [
      { name: "relu" },
      { name: "tanh", activation: nn.tanh },
      { name: "sigmoid", activation: nn.sigmoid },
      { name: "none", activation: (x) => x },
    ],
  },
  neurons: {
    question: "How does the number of hidden units change the accuracy, and its gap to that on the training data?",
    variants: [5, 20, 50, 200, 500].map((units) => ({ name: `${units} a layer`, hidden: [units, units] })),
  },
  loss: {
    question: "Can the squared error, or a yes or no for each class, stand in for cross-entropy?",
    variants: [
      { name: "cross-entropy, rate 0.1" },
      { name: "full cross-entropy, rate 0.1", loss: fullCrossEntropy },
      { name: "squared error, rate 0.1", loss: meanSquaredError },
      { name: "squared error, rate 1", loss: meanSquaredError, learningRate: 1 },
    ],
  },
  layers: {
    question: "Does one more hidden layer help, and what are the hidden layers worth?",
    variants: [
      { name: "no hidden layer", hidden: [] },
      { name: "50", hidden: [50] },
      { name: "50, 30" },
      { name: "50, 30, 20", hidden: [50, 30, 20] },
    ],
  },
  dropout: {
    question: "Does leaving out hidden units at random while training help on examples never seen?",
    variants: [1, 0.75, 0.5].map((keepProb) => ({ name: `keep ${keepProb}`, keepProb })),
  },
  optimizer: {
    question: "Which optimizer gets furthest in the same number of steps?",
    variants: [
      { name: "gradient descent 0.1" },
      { name: "momentum 0.1, 0.9", optimizer: (rate) => new MomentumOptimizer(rate, 0.9) },
      { name: "Nesterov 0.1, 0.9", optimizer: (rate) => new MomentumOptimizer(rate, 0.9, { useNesterov: true }) },
      { name: "Adagrad 0.1", optimizer: (rate) => new AdagradOptimizer(rate) },
      { name: "Adadelta 1", optimizer: (rate) => new AdadeltaOptimizer(rate), learningRate: 1 },
      { name: "RMSProp 0.001", optimizer: (rate) => new RMSPropOptimizer(rate), learningRate: 0.001 },
      { name: "Adam 0.001", optimizer: (rate) => new AdamOptimizer(rate), learningRate: 0.001 },
    ],
  },
  "lr-decay": {
    question: "Is it worth beginning with large steps and ending with small ones?",
    variants: [
      { name: "constant 0.1" },
      { name: "constant 0.3", learningRate: 0.3 },
      {
        name: "0.3, halved four times",
        learningRate: (globalStep, steps) => exponentialDecay(0.3, globalStep, steps / 4, 0.5),
      },
      {
        name: "0.3, in a line to 0",
        learningRate: (globalStep, steps) => polynomialDecay(0.3, globalStep, steps, { endLearningRate: 0 }),
      },
    ],
  },
  l2: {
    question: "How much should large weights cost, for the sake of examples never seen?",
    variants: [0, 1e-4, 1e-3, 1e-2].map((lambda) => ({ name: `lambda ${lambda}`, lambda })),
  },
} as const satisfies Record<string, Sweep>;

export type SweepName = keyof typeof sweeps;
export const sweepNames = Object.keys(sweeps) as readonly SweepName[];
