/**
 * @file Article 1's network at level 3, TFLearn: layers with defaults, and a model that trains itself.
 * `npm run example tflearn -- --data sample --epochs 5`
 */
import * as tflearn from "tensorstrata/tflearn";
import { exampleOptions } from "./options.js";

const { source, epochs } = await exampleOptions({ epochs: 20 });

const [X, Y, testX, testY] = await tflearn.datasets.mnist.loadData(source, { oneHot: true });

const pixels = tflearn.inputData({ shape: [null, 784], name: "pixels" });
const hidden = tflearn.fullyConnected(pixels, 64, { activation: "sigmoid" });
const probabilities = tflearn.fullyConnected(hidden, 10, { activation: "softmax" });
const net = tflearn.regression(probabilities, {
  optimizer: new tflearn.SGD({ learningRate: 0.5 }),
  loss: "categorical_crossentropy",
});

const model = new tflearn.DNN(net);
await model.fit(X, Y, { nEpoch: epochs, batchSize: 64, validationSet: [testX, testY], showMetric: true });
