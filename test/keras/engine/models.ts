/** @file Models and data that the engine's tests train, small enough for golden values. */
import * as tf from "../../../src/index.js";
import type { FitOptions } from "../../../src/keras/engine/training/options.js";
import {
  constraints,
  input,
  layers as L,
  losses,
  Model,
  metrics,
  optimizers,
  regularizers,
  Sequential,
} from "../../../src/keras/index.js";
import type { AnyModel } from "../../../src/keras/models/index.js";

/** Numbers without a pattern that a model could find at once, the same every time. */
export function numbers(shape: readonly number[], phase = 0): tf.NdArray<"float32"> {
  const size = shape.reduce((n, d) => n * d, 1);
  return new tf.NdArray(
    "float32",
    [...shape],
    Float32Array.from({ length: size }, (_, i) => Math.sin((i + 1) * 1.7 + phase)),
  );
}
/** Class numbers. */
export const classes = (rows: number, count: number, dtype: "int32" | "float32" = "int32"): tf.NdArray =>
  tf.NdArray.from(
    Int32Array.from({ length: rows }, (_, i) => (i * i + 1) % count),
    dtype,
  );
export function oneHot(labels: tf.NdArray, count: number): tf.NdArray<"float32"> {
  const data = new Float32Array(labels.size * count);
  labels.data.forEach((label, i) => {
    data[i * count + Number(label)] = 1;
  });
  return new tf.NdArray("float32", [labels.size, count], data);
}

export interface TrainingCase {
  readonly name: string;
  readonly make: () => AnyModel;
  readonly x: readonly tf.NdArray[];
  readonly y: readonly tf.NdArray[];
  readonly fit: FitOptions;
}

const rows = 22;
const any = (model: unknown): AnyModel => model as AnyModel;

export const trainingCases: readonly TrainingCase[] = [
  {
    name: "a classifier with one-hot labels, momentum and a penalty",
    make: () => {
      const model = new Sequential([
        new L.Dense(6, { activation: "relu", inputShape: [4], kernelRegularizer: regularizers.l2(0.01) }),
        new L.Dense(3, { activation: "softmax", kernelConstraint: new constraints.MaxNorm(0.9) }),
      ]);
      model.compile({
        optimizer: new optimizers.SGD({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
        loss: "categorical_crossentropy",
        metrics: ["accuracy", "mse"],
      });
      return any(model);
    },
    x: [numbers([rows, 4])],
    y: [oneHot(classes(rows, 3), 3)],
    fit: { epochs: 3, batchSize: 5, validationSplit: 0.25 },
  },
  {
    name: "class numbers, class weights, Adam",
    make: () => {
      const model = new Sequential([new L.Dense(5, { activation: "tanh", inputShape: [4] }), new L.Dense(3)]);
      model.compile({
        optimizer: "adam",
        loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }),
        metrics: ["accuracy"],
        weightedMetrics: ["accuracy"],
      });
      return any(model);
    },
    x: [numbers([rows, 4])],
    y: [classes(rows, 3)],
    fit: { epochs: 2, batchSize: 8, classWeight: { 0: 1, 1: 0.5, 2: 3 } },
  },
  {
    name: "a binary classifier with batch normalization and sample weights",
    make: () => {
      const model = new Sequential([
        new L.Dense(4, { inputShape: [4] }),
        new L.BatchNormalization({ momentum: 0.8 }),
        new L.Activation("relu"),
        new L.Dense(1, { activation: "sigmoid", activityRegularizer: regularizers.l1(0.01) }),
      ]);
      model.compile({
        optimizer: new optimizers.RMSprop({ learningRate: 0.01 }),
        loss: "binary_crossentropy",
        metrics: ["accuracy", new metrics.AUC()],
      });
      return any(model);
    },
    x: [numbers([rows, 4])],
    y: [classes(rows, 2, "float32")],
    fit: { epochs: 2, batchSize: 8, sampleWeight: numbers([rows], 1) },
  },
  {
    name: "two inputs, two outputs, a shared layer",
    make: () => {
      const [a, b] = [input({ shape: [4], name: "a" }), input({ shape: [4], name: "b" })];
      const shared = new L.Dense(3, { activation: "sigmoid", name: "shared" });
      const merged = L.concatenate([shared.apply(a), shared.apply(b)]);
      const price = new L.Dense(1, { name: "price" }).apply(merged);
      const kind = new L.Dense(2, { activation: "softmax", name: "kind" }).apply(merged);
      const model = new Model({ inputs: [a, b], outputs: [price, kind] });
      model.compile({
        optimizer: new optimizers.SGD({ learningRate: 0.05, momentum: 0.5 }),
        loss: { price: "mse", kind: "categorical_crossentropy" },
        lossWeights: { price: 0.5, kind: 2 },
        metrics: { price: ["mae"], kind: ["accuracy"] },
      });
      return any(model);
    },
    x: [numbers([rows, 4]), numbers([rows, 4], 2)],
    y: [numbers([rows, 1], 3), oneHot(classes(rows, 2), 2)],
    // Full batches: of others Keras takes the mean of means for the loss of one output.
    fit: { epochs: 2, batchSize: 11 },
  },
  {
    name: "a convolutional network",
    make: () => {
      const model = new Sequential([
        input({ shape: [6, 6, 1] }),
        new L.Conv2D(3, 3, { activation: "relu", padding: "same" }),
        new L.MaxPooling2D(),
        new L.Flatten(),
        new L.Dense(2, { activation: "softmax" }),
      ]);
      model.compile({
        optimizer: new optimizers.SGD({ learningRate: 0.1, momentum: 0.5 }),
        loss: "sparse_categorical_crossentropy",
        metrics: ["acc"],
      });
      return any(model);
    },
    x: [numbers([rows, 6, 6, 1])],
    y: [classes(rows, 2)],
    fit: { epochs: 2, batchSize: 7 },
  },
  {
    name: "words, some of them missing, through a mask",
    make: () => {
      const words = input({ shape: [5], dtype: "int32" });
      const vectors = new L.Embedding(6, 3, { maskZero: true }).apply(words);
      const mean = new L.GlobalAveragePooling1D().apply(vectors);
      const model = new Model({ inputs: words, outputs: new L.Dense(1).apply(mean) });
      model.compile({
        optimizer: new optimizers.SGD({ learningRate: 0.5, momentum: 0.5 }),
        loss: "mse",
        metrics: ["mae"],
      });
      return any(model);
    },
    x: [tf.NdArray.from(Int32Array.from({ length: rows * 5 }, (_, i) => ((i * 7) % 11) % 6)).reshape([rows, 5])],
    y: [numbers([rows, 1])],
    fit: { epochs: 2, batchSize: 8 },
  },
  {
    name: "a loss for every step, masked",
    make: () => {
      const steps = input({ shape: [4, 2] });
      const masked = new L.Masking().apply(steps);
      const model = new Model({ inputs: steps, outputs: new L.Dense(1, { activation: "tanh" }).apply(masked) });
      model.compile({
        optimizer: new optimizers.SGD({ learningRate: 0.2, momentum: 0.5 }),
        loss: "mse",
        metrics: ["mae"],
      });
      return any(model);
    },
    x: [withZeros(numbers([rows, 4, 2]))],
    y: [numbers([rows, 4, 1], 1)],
    fit: { epochs: 2, batchSize: 8 },
  },
  {
    name: "class weights, which do not weigh the part held out",
    make: () => {
      const model = new Sequential([new L.Dense(3, { activation: "softmax", inputShape: [4] })]);
      model.compile({
        optimizer: new optimizers.SGD({ learningRate: 0.1, momentum: 0.5 }),
        loss: "sparse_categorical_crossentropy",
        metrics: ["accuracy"],
      });
      return any(model);
    },
    x: [numbers([rows, 4])],
    y: [classes(rows, 3)],
    fit: { epochs: 2, batchSize: 5, validationSplit: 0.3, classWeight: { 0: 1, 1: 0.5, 2: 3 } },
  },
  {
    name: "masks through merging and normalization",
    make: () => {
      const words = input({ shape: [5], dtype: "int32" });
      const vectors = new L.Embedding(6, 3, { maskZero: true }).apply(words);
      const unmasked = new L.Reshape([5, 3]).apply(new L.Activation("tanh").apply(vectors));
      const normal = new L.BatchNormalization({ momentum: 0.7 }).apply(vectors);
      const joined = [
        new L.Multiply().apply([vectors, unmasked]),
        new L.Add().apply([normal, new L.Dense(3).apply(vectors)]),
        new L.Multiply().apply([normal, vectors]),
        // Keras gives its operations on masks the names that these would have.
        new L.Concatenate({ name: "beside" }).apply([vectors, unmasked]),
        new L.Concatenate({ name: "besides" }).apply([vectors, normal]),
        new L.Concatenate(1, { name: "after" }).apply([vectors, unmasked]),
      ];
      const last = joined.map((steps) => new L.SimpleRNN(2).apply(steps)) as tf.Tensor[];
      const model = new Model({ inputs: words, outputs: new L.Dense(1).apply(L.concatenate(last, { name: "all" })) });
      model.compile({
        optimizer: new optimizers.SGD({ learningRate: 0.1, momentum: 0.5 }),
        loss: "mse",
        metrics: ["mae"],
      });
      return any(model);
    },
    x: [tf.NdArray.from(Int32Array.from({ length: rows * 5 }, (_, i) => ((i * 7) % 11) % 6)).reshape([rows, 5])],
    y: [numbers([rows, 1])],
    fit: { epochs: 2, batchSize: 8 },
  },
  {
    name: "a sequence read, and another one written from the state",
    make: () => {
      const [read, written] = [input({ shape: [4, 2] }), input({ shape: [3, 2] })];
      const [, ...states] = new L.LSTM(3, { returnState: true }).apply(read) as readonly tf.Tensor[];
      const steps = new L.LSTM(3, { returnSequences: true }).apply([written, ...states]) as tf.Tensor;
      const both = new L.Bidirectional(new L.GRU(2, { returnSequences: true })).apply([
        steps,
        ...[0, 1].map(() => new L.Dense(2).apply(states[0] as tf.Tensor)),
      ]) as tf.Tensor;
      const output = new L.TimeDistributed(new L.Dense(2, { activation: "softmax" })).apply(both);
      const model = new Model({ inputs: [read, written], outputs: output });
      model.compile({
        optimizer: new optimizers.SGD({ learningRate: 0.2, momentum: 0.5 }),
        loss: "categorical_crossentropy",
        metrics: ["accuracy"],
      });
      return any(model);
    },
    x: [numbers([rows, 4, 2]), numbers([rows, 3, 2], 1)],
    y: [oneHot(classes(rows * 3, 2), 2).reshape([rows, 3, 2])],
    fit: { epochs: 2, batchSize: 8 },
  },
];

/** Some steps of a sequence of zeros alone. */
function withZeros(x: tf.NdArray<"float32">): tf.NdArray<"float32"> {
  const data = Float32Array.from(x.data, (value, i) => (Math.floor(i / 2) % 3 === 0 ? 0 : value));
  return new tf.NdArray("float32", x.shape, data);
}

/** Weights of a model: distinct, small, the same every time. */
export const startingWeights = (weights: readonly tf.NdArray[]): tf.NdArray[] =>
  weights.map(({ dtype, shape, size }, k) => {
    const values = Float64Array.from(
      { length: size },
      (_, i) => 0.6 * Math.sin(i * 2.3 + k) + (shape.length === 1 ? 0.8 : 0),
    );
    return tf.NdArray.from(values, dtype).reshape(shape);
  });

/** Everything that both libraries compute. */
export interface Trained {
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly evaluation: Readonly<Record<string, number>>;
  readonly weights: readonly tf.NdArray[];
  readonly predictions: readonly tf.NdArray[];
}

const alone = <T>(list: readonly T[]): T | readonly T[] => (list.length === 1 ? (list[0] as T) : list);

/** Sets the weights, fits, evaluates and predicts. */
export async function train(model: AnyModel, { x, y, fit }: TrainingCase): Promise<Trained> {
  await model.setWeights(startingWeights(await model.getWeights()));
  const { history } = await model.fit(alone(x), alone(y), { ...fit, shuffle: false, verbose: 0 });
  const evaluation = await model.evaluate(alone(x), alone(y), { verbose: 0, returnDict: true });
  const predicted = (await model.predict(alone(x))) as unknown as tf.NdArray | readonly tf.NdArray[];
  const predictions = predicted instanceof tf.NdArray ? [predicted] : predicted;
  return { history, evaluation, weights: await model.getWeights(), predictions };
}
