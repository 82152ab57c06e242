/**
 * @file A convolutional network for digits, with Keras: two layers of filters, each with pooling after it,
 * then two dense ones. Over 99% of MNIST's test digits. `npm run example cnn -- --epochs 2`
 */
import { readDataSets } from "tensorstrata/datasets";
import * as keras from "tensorstrata/keras";
import { exampleOptions } from "./options.js";

const { source, epochs, seed } = await exampleOptions({ epochs: 8 });

const { train, test } = await readDataSets(source, { oneHot: true, reshape: false, seed }); // images [n, 28, 28, 1]

const { Conv2D, Dense, Dropout, Flatten, MaxPooling2D } = keras.layers;
const model = new keras.Sequential([
  keras.input({ shape: [28, 28, 1] }),
  new Conv2D(16, 3, { activation: "relu" }), // 16 filters of 3×3 pixels
  new MaxPooling2D(), // the largest of each 2×2: half as wide and high
  new Conv2D(32, 3, { activation: "relu" }),
  new MaxPooling2D(),
  new Flatten(),
  new Dense(64, { activation: "relu" }),
  new Dropout(0.3),
  new Dense(10, { activation: "softmax" }),
]);
model.summary();

const stepsPerEpoch = Math.ceil(train.numExamples / 64);
model.compile({
  loss: "categorical_crossentropy",
  // Large steps at first, then ever smaller ones.
  optimizer: new keras.optimizers.Adam({
    learningRate: new keras.schedules.CosineDecay(0.002, { decaySteps: epochs * stepsPerEpoch }),
  }),
  metrics: ["accuracy"],
});
await model.fit(train.images, train.labels, {
  epochs,
  batchSize: 64,
  validationData: [test.images, test.labels],
});

const [loss = Number.NaN, accuracy = 0] = [await model.evaluate(test.images, test.labels, { verbose: 0 })].flat();
console.log(
  `Of ${test.numExamples} test digits ${(100 * accuracy).toFixed(2)}% are right, with a loss of ${loss.toFixed(4)}`,
);
