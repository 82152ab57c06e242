/**
 * @file Article 1's network in TFLearn, on the 10,000 sample digits: it learns them, prints its progress,
 * and repeats with its seed.
 */
import assert from "node:assert/strict";
import { NdArray } from "../../src/core/index.js";
import * as tf from "../../src/index.js";
import * as tflearn from "../../src/tflearn/index.js";
import { inGraph, Recorder } from "./support.js";

inGraph("784-64-10 with gradient descent passes 90% on the sample in twelve epochs", async () => {
  tf.setRandomSeed(1);
  const [X, Y, testX, testY] = await tflearn.datasets.mnist.loadData("sample", { oneHot: true });
  assert.deepEqual(
    [X.shape, Y.shape, testX.shape, testY.shape],
    [
      [7000, 784],
      [7000, 10],
      [2000, 784],
      [2000, 10],
    ],
  );
  const input = tflearn.inputData({ shape: [null, 784], name: "pixels" });
  const hidden = tflearn.fullyConnected(input, 64, { activation: "sigmoid" });
  const output = tflearn.fullyConnected(hidden, 10, { activation: "softmax" });
  const net = tflearn.regression(output, {
    optimizer: new tflearn.SGD({ learningRate: 0.5 }),
    loss: "categorical_crossentropy",
  });
  const recorder = new Recorder();
  const model = new tflearn.DNN(net, { output: recorder });
  await model.fit(X, Y, { nEpoch: 12, batchSize: 64, validationSet: [testX, testY], showMetric: true, seed: 1 });
  const last = /epoch: 012 \| loss: (\S+) - acc: (\S+) \| val_loss: (\S+) - val_acc: (\S+) -- iter: 7000\/7000/.exec(
    recorder.text,
  );
  assert.ok(last !== null, recorder.text);
  const [, , , valLoss = "", valAcc = ""] = last;
  assert.ok(Number(valAcc) > 0.9, `accuracy ${valAcc}`);
  assert.ok(Number(valLoss) < 0.33, `loss ${valLoss}`);
  const [accuracy = 0] = await model.evaluate(testX, testY);
  assert.equal(accuracy.toFixed(4), valAcc);
  const labels = await model.predictLabel(testX);
  const hits = Array.from({ length: 2000 }, (_, i) => testY.item(i, labels.item(i, 0)) as number);
  assert.equal((hits.reduce((sum, hit) => sum + hit, 0) / 2000).toFixed(4), valAcc);
  assert.ok(labels instanceof NdArray);
});
