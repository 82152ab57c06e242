/**
 * @file What the exercises share, so that each shows its own idea alone: the workshop's layers, its data
 * and training, and a table of results. An exercise builds its variants in graphs of their own.
 */
import * as tf from "tensorstrata";
import { DataSet, type DataSets, readDataSets } from "tensorstrata/datasets";
import { exampleOptions } from "../options.js";

export type Digits = DataSets<"float32", "float64">;
type Matrix<Columns extends number | null> = tf.Tensor<"float32", readonly [null, Columns]>;
type Scalar = tf.Tensor<"float32", readonly []>;

/** Reads `--data` and `--steps`, and the data. `seed` makes a variant's run repeatable. */
export async function prepare(defaultSteps: number): Promise<{ mnist: Digits; steps: number; seed: number }> {
  const { source, steps, seed = 1 } = await exampleOptions({ steps: defaultSteps });
  return { mnist: await readDataSets(source, { oneHot: true, seed, log: null }), steps, seed };
}

// ---- building ----

/** Small random weights. */
export const weightVariable = <const S extends readonly number[]>(shape: S) =>
  new tf.Variable(tf.truncatedNormal(shape, { stddev: 0.1 }));

/** Small positive biases. */
export const biasVariable = <const S extends readonly number[]>(shape: S) =>
  new tf.Variable(tf.constant(0.1, { shape }));

/** A layer without activation: `x·W + b`. Callers see its widths in the types; inside they are any numbers. */
export function linear<const In extends number, const Out extends number>(x: Matrix<In>, from: In, to: Out) {
  const W = weightVariable<readonly [number, number]>([from, to]);
  const b = biasVariable<readonly [number]>([to]);
  return tf.add(tf.matmul(x as Matrix<number>, W), b) as Matrix<number> as Matrix<Out>;
}

export const inputs = () => ({
  x: tf.placeholder("float32", [null, 784], { name: "x" }),
  labels: tf.placeholder("float32", [null, 10], { name: "labels" }),
});

/** The workshop's network: two hidden layers of 50 and 30 relu units. */
export function workshopLogits(x: Matrix<784>): Matrix<10> {
  const hidden1 = tf.nn.relu(linear(x, 784, 50));
  const hidden2 = tf.nn.relu(linear(hidden1, 50, 30));
  return linear(hidden2, 30, 10);
}

/** Mean cross-entropy of softmax, the loss that most exercises keep. */
export const crossEntropy = (logits: Matrix<10>, labels: Matrix<10>): Scalar =>
  tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogits({ logits, labels }));

/** Fraction of rows whose largest logit is the label's. */
export const accuracyOf = (logits: Matrix<10>, labels: Matrix<10>): Scalar =>
  tf.reduceMean(tf.cast(tf.equal(tf.argmax(logits, 1), tf.argmax(labels, 1)), "float32"));

/** One step of plain gradient descent, with the workshop's learning rate unless another is given. */
export const descend = (loss: Scalar, learningRate = 0.1): tf.Operation =>
  new tf.train.GradientDescentOptimizer(learningRate).minimize(loss);

/** What a variant is made of. */
export interface Variant {
  readonly x: Matrix<784>;
  readonly labels: Matrix<10>;
  readonly loss: Scalar;
  readonly accuracy: Scalar;
  /** One step of training. */
  readonly train: tf.Operation;
  /** What else to feed while training, by step, and while measuring. */
  readonly trainingFeeds?: (step: number) => readonly Feed[];
  readonly testFeeds?: readonly Feed[];
}
export type Feed = readonly [tf.Tensor, number];

/** Completes a network; loss and training are the workshop's unless others are given. */
export function classifier(
  parts: Pick<Variant, "x" | "labels"> & { readonly logits: Matrix<10> } & Partial<Variant>,
): Variant {
  const { labels, logits, ...given } = parts;
  const loss = given.loss ?? crossEntropy(logits, labels);
  return { loss, labels, accuracy: accuracyOf(logits, labels), train: given.train ?? descend(loss), ...given };
}

// ---- training ----

export interface TrainingOptions {
  readonly steps: number;
  readonly seed: number;
  /** Default 100. */
  readonly batchSize?: number;
  /** What to measure on. Default the test set. */
  readonly measuredOn?: readonly (keyof Digits)[];
}

/** A figure of a variant's results, such as `test accuracy`. */
export type Results = Readonly<Record<string, number>>;

/** Builds a variant in a graph of its own, trains it, and measures its accuracy. */
export async function trainAndTest(mnist: Digits, options: TrainingOptions, build: () => Variant): Promise<Results> {
  const { steps, seed, batchSize = 100, measuredOn = ["test"] } = options;
  const graph = new tf.Graph();
  const { init, ...variant } = graph.asDefault(() => {
    tf.setRandomSeed(seed);
    // Made after the optimizer, so that it initializes the optimizer's own variables too.
    return { ...build(), init: tf.globalVariablesInitializer() };
  });
  const { x, labels, accuracy, train, trainingFeeds = () => [], testFeeds = [] } = variant;
  // A stream of its own, so that every variant sees the same batches.
  const stream = new DataSet(mnist.train.images, mnist.train.labels, { seed });
  using session = new tf.Session({ graph });
  await session.run(init);
  for (let step = 0; step < steps; step++) {
    const batch = stream.nextBatch(batchSize);
    await session.run(train, [[x, batch.images], [labels, batch.labels], ...trainingFeeds(step)]);
  }
  const results: Record<string, number> = {};
  for (const name of measuredOn) {
    const feeds: tf.Feeds = [[x, mnist[name].images], [labels, mnist[name].labels], ...testFeeds];
    results[`${name} accuracy`] = await session.run(accuracy, feeds);
  }
  return results;
}

/** Prints a variant's results on a line. */
export function report(variant: string, results: Results): void {
  const figures = Object.entries(results).map(([name, value]) => `${name} ${value.toFixed(4)}`);
  console.log(`${variant.padEnd(30)} ${figures.join("  ")}`);
}
