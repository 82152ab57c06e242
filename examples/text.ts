/**
 * @file A text classifier, with Keras: an embedding gives each word some numbers, an LSTM reads them in order.
 * It judges reviews that the example writes, in which `not` and `but` matter. `npm run example text -- --epochs 5`
 */
import * as keras from "tensorstrata/keras";
import { ownDataOptions } from "./options.js";

const { epochs, seed, random } = ownDataOptions({ epochs: 8 });

// ---- the data: what comes after "but" decides, and "not" turns a word around ----

const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const good = ["good", "lovely", "fresh", "friendly", "great"];
const bad = ["bad", "awful", "cold", "rude", "boring"];

function clause() {
  const [isKind, isNegated] = [random() < 0.5, random() < 0.4];
  const words = ["the", one(["soup", "waiter", "room", "music", "view"]), one(["was", "seemed"])];
  words.push(...(isNegated ? ["not"] : []), ...one([[], ["very"], ["really"]]), one(isKind ? good : bad));
  return { text: words.join(" "), isPositive: isKind !== isNegated };
}
function review() {
  const [first, second] = [clause(), clause()];
  return random() < 0.3 ? first : { text: `${first.text} but ${second.text}`, isPositive: second.isPositive };
}
const reviews = Array.from({ length: 3000 }, review);

// ---- words as numbers, sentences of one length ----

const tokenizer = new keras.preprocessing.Tokenizer();
tokenizer.fitOnTexts(reviews.map(({ text }) => text));
const numbersOf = (texts: readonly string[]) =>
  keras.preprocessing.padSequences(tokenizer.textsToSequences(texts), { maxlen: 13 }); // zeros in front
const labelsOf = (list: typeof reviews) => list.map(({ isPositive }) => [Number(isPositive)]);
const [train, test] = [reviews.slice(0, 2500), reviews.slice(2500)];
const trainX = numbersOf(train.map(({ text }) => text));
const testX = numbersOf(test.map(({ text }) => text));

// ---- the model ----

const model = new keras.Sequential([
  keras.input({ shape: [13], dtype: "int32" }),
  new keras.layers.Embedding(tokenizer.wordIndex.size + 1, 8, { maskZero: true }), // 0 is no word, and skipped
  new keras.layers.LSTM(16),
  new keras.layers.Dense(1, { activation: "sigmoid" }), // how likely the review is a good one
]);
model.compile({
  loss: "binary_crossentropy",
  optimizer: new keras.optimizers.Adam({ learningRate: 0.01 }),
  metrics: ["accuracy"],
});
await model.fit(trainX, labelsOf(train), {
  epochs,
  batchSize: 50,
  validationSplit: 0.1,
  verbose: 2,
  seed: seed ?? null,
});

// ---- how good is it? ----

const { accuracy = 0 } = await model.evaluate(testX, labelsOf(test), { returnDict: true, verbose: 0 });
console.log(`Of ${test.length} other reviews ${(100 * accuracy).toFixed(1)}% are judged rightly`);
const sentences = [
  "the soup was not bad",
  "the soup was good but the waiter was rude",
  "the soup was rude but the waiter was good",
  "the room was awful but the view was really not boring",
];
const judged = await model.predict(numbersOf(sentences), { verbose: 0 });
for (const [i, text] of sentences.entries()) console.log(`${Number(judged.data[i]).toFixed(2)}  ${text}`);
