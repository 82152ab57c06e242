/**
 * @file A model with two inputs, with Keras: it is shown two digits and says their sum. One layer reads both,
 * so that it has to learn digits once only. `npm run example two-inputs -- --epochs 2`
 */
import { type DataSet, readDataSets } from "tensorstrata/datasets";
import * as keras from "tensorstrata/keras";
import { exampleOptions } from "./options.js";

const { source, epochs, seed } = await exampleOptions({ epochs: 10 });

const { train, test } = await readDataSets(source, { seed }); // labels are digits: no oneHot

/** Each picture beside the next one of an order, and what they add up to. */
function pairsOf(digits: DataSet) {
  const [left, right] = [digits.nextBatch(digits.numExamples), digits.nextBatch(digits.numExamples)];
  const sums = Array.from(left.labels.data, (label, i) => Number(label) + Number(right.labels.data[i]));
  return { x: [left.images, right.images], y: sums };
}

const left = keras.input({ shape: [784], name: "left" });
const right = keras.input({ shape: [784], name: "right" });

const reader = new keras.layers.Dense(64, { activation: "relu", name: "reader" }); // used twice: the same weights
const both = keras.layers.concatenate([reader.apply(left), reader.apply(right)]);
const hidden = new keras.layers.Dense(64, { activation: "relu" }).apply(both);
const sum = new keras.layers.Dense(19, { activation: "softmax", name: "sum" }).apply(hidden); // from 0 to 18

const model = new keras.Model({ inputs: [left, right], outputs: sum });
model.summary();
model.compile({ loss: "sparse_categorical_crossentropy", optimizer: "adam", metrics: ["accuracy"] });

const [known, unknown] = [pairsOf(train), pairsOf(test)];
await model.fit(known.x, known.y, { epochs, batchSize: 64, verbose: 2, seed: seed ?? null });

const { accuracy = 0 } = await model.evaluate(unknown.x, unknown.y, { returnDict: true, verbose: 0 });
console.log(`Of ${unknown.y.length} pairs of other digits ${(100 * accuracy).toFixed(1)}% are added up rightly`);
