/**
 * @file What callers without types may tell `fit` and its siblings: each mistake has an error of this library that says
 * where and what, and the model trains as before.
 */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { StrataError } from "../../../src/core/index.js";
import { backend, callbacks, input, layers, Model, Sequential } from "../../../src/keras/index.js";

beforeEach(() => backend.clearSession());

/** The methods, for callers without types. */
interface Untyped {
  compile(options: unknown): void;
  fit(...given: unknown[]): Promise<unknown>;
  evaluate(...given: unknown[]): Promise<unknown>;
  predict(...given: unknown[]): Promise<unknown>;
  trainOnBatch(...given: unknown[]): Promise<unknown>;
}
const rows = [
  [1, 2],
  [3, 4],
  [5, 6],
  [7, 8],
];
const targets = [[1], [2], [3], [4]];

function single(): Untyped {
  const model = new Sequential([new layers.Dense(1, { inputDim: 2 })]);
  model.compile({ loss: "mse", optimizer: "sgd" });
  return model as unknown as Untyped;
}
function double(): Untyped {
  const [a, b] = [input({ shape: [2], name: "a" }), input({ shape: [2], name: "b" })];
  const both = new layers.Add().apply([a, b]);
  const outputs = [new layers.Dense(1, { name: "p" }).apply(both), new layers.Dense(2, { name: "q" }).apply(both)];
  const model = new Model({ inputs: [a, b], outputs });
  model.compile({ loss: "mse", optimizer: "sgd" });
  return model as unknown as Untyped;
}

const options: readonly (readonly [options: object, words: RegExp])[] = [
  [{ validationSplit: 1 }, /validationSplit of fit\(\) must be a number from 0 to less than 1, not 1/],
  [{ validationSplit: -0.1 }, /validationSplit of fit/],
  [{ validationSplit: Number.NaN }, /validationSplit of fit/],
  [{ validationSplit: "0.5" }, /validationSplit of fit\(\).*'0.5'/],
  [{ validationFreq: 0 }, /validationFreq of fit\(\) must be a whole number above 0, or a list of epochs/],
  [{ validationFreq: ["1"] }, /validationFreq of fit/],
  [{ validationFreq: true }, /validationFreq of fit/],
  [{ classWeight: 1 }, /classWeight of fit\(\) must be a record or Map/],
  [{ classWeight: [1, 2] }, /classWeight of fit/],
  [{ seed: "a" }, /seed of fit\(\) must be a whole number/],
  [{ epochs: -1 }, /epochs of fit\(\) must be a whole number, 0 or more, not -1/],
  [{ callbacks: new Set([new callbacks.History()]) }, /Callbacks are objects with hooks/],
  [{ callbacks: [[new callbacks.History()]] }, /Callbacks are objects with hooks/],
  [{ callbacks: [{ onEpochEnd: 5 }] }, /The hook onEpochEnd of a callback must be a function, not 5/],
  [{ callbacks: { onEpochEnds: () => undefined } }, /no option 'onEpochEnds'[\s\S]*'onEpochEnd'/],
  [{ callbacks: [{ setModel: 5 }] }, /The hook setModel/],
  [new Map(), /options of fit\(\) must be one record/],
  [Promise.resolve({}), /options of fit\(\) must be one record/],
];
test("options of fit that cannot be", async () => {
  const model = single();
  for (const [told, words] of options) {
    const isRecord = Object.getPrototypeOf(told) === Object.prototype;
    await assert.rejects(
      model.fit(rows, targets, isRecord ? { verbose: 0, validationData: [rows, targets], ...told } : told),
      (error) => error instanceof StrataError && words.test(String(error)),
      String(words),
    );
    await model.fit(rows, targets, { verbose: 0, callbacks: null, validationFreq: null, validationSplit: 0 });
  }
});

test("streams that cannot be, and errors of the user's own", async () => {
  const model = single();
  const one = () => [[rows, targets]].values();
  const silent = { verbose: 0 };
  const mine = new RangeError("mine");
  const refused: readonly (readonly [() => Promise<unknown>, RegExp])[] = [
    [() => model.fit(one, { ...silent, sampleWeight: [1, 1, 1, 1] }), /`sampleWeight` should not be passed/],
    [() => model.evaluate(one, { ...silent, sampleWeight: [1, 1, 1, 1] }), /`sampleWeight` should not be passed/],
    [() => model.fit({ [Symbol.iterator]: 5 }, silent), /stream of batches/],
    [() => model.predict(() => []), /The data to predict from has no batches/],
    [() => model.fit(() => [], silent), /The data has no batches/],
  ];
  for (const [run, words] of refused) {
    await assert.rejects(run, (error) => error instanceof StrataError && words.test(String(error)), String(words));
    await model.fit(one, silent);
  }
  const failing: readonly unknown[] = [
    async function* () {
      yield [rows, targets];
      throw mine;
    },
    () => {
      throw mine;
    },
    async () => Promise.reject(mine),
  ];
  for (const stream of failing) {
    await assert.rejects(
      () => model.fit(stream, silent),
      (error) => error === mine,
    );
    await model.fit(one, silent);
  }
  const callback = {
    onEpochEnd: () => {
      throw mine;
    },
  };
  await assert.rejects(
    () => model.fit(rows, targets, { ...silent, callbacks: [callback] }),
    (error) => error === mine,
  );
  // A function may take its time to begin a stream.
  await model.fit(async () => one(), silent);
});

test("data of several inputs and outputs by wrong names, and of wrong numbers", async () => {
  const model = double();
  const [x, y] = [
    { a: rows, b: rows },
    { p: targets, q: rows },
  ];
  const refused: readonly (readonly [x: unknown, y: unknown, words: RegExp, options?: object])[] = [
    [{ a: rows, c: rows }, y, /no input named 'c'.*\[a,b\]/],
    [{ a: rows }, y, /Missing data for input "b"/],
    [[rows, null], y, /No data were given for the input 'b'/],
    [[rows, rows, rows], y, /expects 2 input array\(s\), but it received 3/],
    [x, { p: targets, r: rows }, /no target named 'r'.*\[p,q\]/],
    [x, { p: targets }, /No target was given for the output 'q'/],
    [x, y, /no weight named 'z'/, { sampleWeight: { p: [1, 1, 1, 1], z: [1, 1, 1, 1] } }],
    [x, y, /single output/, { classWeight: { 0: 1 } }],
    [{ a: rows, b: rows.slice(1) }, y, /Data cardinality is ambiguous/],
  ];
  for (const [given, wanted, words, told] of refused)
    for (const run of [
      () => model.fit(given, wanted, { verbose: 0, ...told }),
      ...(told === undefined ? [() => model.trainOnBatch(given, wanted)] : []),
    ]) {
      await assert.rejects(run, (error) => error instanceof StrataError && words.test(String(error)), String(words));
      await model.fit(x, y, { verbose: 0 });
    }
});

test("compile refuses what is no optimizer or loss", () => {
  const model = single();
  assert.throws(() => model.compile({ optimizer: null }), /Could not interpret optimizer identifier: null/);
  assert.throws(() => model.compile({ loss: 1 }), /Could not interpret loss identifier: 1/);
});
