/**
 * @file Article 1's network at level 4, Keras: layers in a row, compiled and fitted.
 * `npm run example keras -- --data sample --epochs 5`
 */
import * as tf from "tensorstrata";
import { readDataSets } from "tensorstrata/datasets";
import * as keras from "tensorstrata/keras";
import { exampleOptions } from "./options.js";

const { source, epochs, seed } = await exampleOptions({ epochs: 20 });

const { train, test } = await readDataSets(source, { oneHot: true, seed });

const model = new keras.Sequential();
model.add(new keras.layers.Dense(64, { activation: "sigmoid", inputDim: 784 }));
model.add(new keras.layers.Dense(10, { activation: "softmax" }));
model.compile({
  loss: "categorical_crossentropy",
  optimizer: new tf.train.GradientDescentOptimizer(0.5), // or new keras.optimizers.SGD(0.5)
  metrics: ["accuracy"],
});
await model.fit(train.images, train.labels, {
  epochs,
  batchSize: 64,
  validationData: [test.images, test.labels],
});
