/**
 * @file A regression on numbers, with Keras: what a flat costs, from its size, its floor and its way to the
 * centre. The example makes the flats. `npm run example regression -- --epochs 20`
 */
import * as keras from "tensorstrata/keras";
import { ownDataOptions } from "./options.js";

const { epochs, seed, random } = ownDataOptions({ epochs: 40 });

// ---- the data: size in square metres, floor without a lift, way in kilometres; price in thousands ----

const between = (low: number, high: number) => low + (high - low) * random();
const flats = Array.from({ length: 2000 }, () => {
  const [size, floor, way] = [between(20, 150), Math.floor(between(0, 6)), between(0, 15)] as const;
  const price = size * (2 + 4 * Math.exp(-way / 4)) - 6 * floor; // a metre costs more near the centre
  return { size, floor, way, price: price + between(-15, 15) }; // and some bargain better than others
});

// Networks like numbers from about -1 to 1.
const x = flats.map(({ size, floor, way }) => [(size - 85) / 65, (floor - 2.5) / 2.5, (way - 7.5) / 7.5]);
const y = flats.map(({ price }) => [price / 100]);
const [trainX, testX, trainY, testY] = [x.slice(0, 1600), x.slice(1600), y.slice(0, 1600), y.slice(1600)];

// ---- the model ----

const model = new keras.Sequential([
  new keras.layers.Dense(32, { activation: "relu", inputDim: 3 }),
  new keras.layers.Dense(32, { activation: "relu" }),
  new keras.layers.Dense(1), // any number: no activation
]);
model.compile({ loss: "mse", optimizer: new keras.optimizers.Adam({ learningRate: 0.003 }), metrics: ["mae"] });
await model.fit(trainX, trainY, { epochs, batchSize: 32, validationSplit: 0.1, verbose: 2, seed: seed ?? null });

// ---- how good is it? ----

const { mae = Number.NaN } = await model.evaluate(testX, testY, { returnDict: true, verbose: 0 });
const mean = trainY.reduce((sum, [price = 0]) => sum + price, 0) / trainY.length;
const ofMean = testY.reduce((sum, [price = 0]) => sum + Math.abs(price - mean), 0) / testY.length;
const predicted = await model.predict(testX.slice(0, 5), { verbose: 0 });
for (const [i, { size, floor, way, price }] of flats.slice(1600, 1605).entries()) {
  const guess = 100 * Number(predicted.data[i]);
  const what = `${size.toFixed(0).padStart(3)} m², floor ${floor}, ${way.toFixed(1).padStart(4)} km`;
  console.log(`${what}: ${price.toFixed(0).padStart(3)} thousand, predicted ${guess.toFixed(0).padStart(3)}`);
}
console.log(
  `Wrong by ${(100 * mae).toFixed(1)} thousand on average; always saying the mean, by ${(100 * ofMean).toFixed(1)}`,
);
