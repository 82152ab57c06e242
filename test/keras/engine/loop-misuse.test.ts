/**
 * @file What callers without types may tell `fit` and its siblings: each mistake has an error of this library that says
 * where and what, and the model trains as before.
 */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { StrataError } from "../../../src/core/index.js";
import { backend, callbacks, input, layers, losses, Model, Sequential } from "../../../src/keras/index.js";

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

const noIterator = /iterator of a stream of batches must be an object with a method next\(\), not/;
const noResult = /iterator of a stream of batches must return objects from next\(\), not 5/;
const malformed: readonly (readonly [stream: unknown, words: RegExp])[] = [
  [{ [Symbol.iterator]: () => ({}) }, noIterator],
  [{ [Symbol.iterator]: () => 5 }, noIterator],
  [{ [Symbol.asyncIterator]: () => null }, noIterator],
  [{ [Symbol.asyncIterator]: () => ({ next: "next" }) }, noIterator],
  [{ [Symbol.iterator]: () => ({ next: () => 5 }) }, noResult],
  [{ [Symbol.asyncIterator]: () => ({ next: async () => 5 }) }, noResult],
  [() => ({ [Symbol.iterator]: () => ({ next: () => 5 }) }), noResult],
];

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
    ...malformed.flatMap(([stream, words]) =>
      [() => model.fit(stream, silent), () => model.evaluate(stream, silent), () => model.predict(stream)].map(
        (run) => [run, words] as const,
      ),
    ),
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

test("iterators of a user's own: promised batches, and an end that is told to them", async () => {
  const model = single();
  let returned = 0;
  const endless = (value: unknown) => ({
    [Symbol.iterator]: () => ({ next: () => ({ value }), return: () => ({ done: true, value: returned++ }) }),
  });
  const count = { steps: 2, verbose: 0 };
  await model.evaluate(endless([rows, targets]), count);
  await model.evaluate(endless(Promise.resolve([rows, targets])), count);
  assert.equal(returned, 0, "a stream goes on in the next epoch");
  await assert.rejects(() => model.evaluate(endless("no batch"), count), /A batch must be a list/);
  assert.equal(returned, 1);
});

/** As in Keras 3.15, whose `evaluate` of this model and a generator says 41.5 with every batch size. */
test("batchSize does not touch streams, which are batches already", async () => {
  const model = new Sequential([new layers.Dense(1, { inputDim: 2, kernelInitializer: "ones" })]);
  model.compile({ loss: "mse", optimizer: "sgd" });
  const x = [0, 1, 2, 3].map((row) => [2 * row, 2 * row + 1]);
  const y = [[0], [1], [2], [3]];
  const sizes: number[] = [];
  const followed = {
    batchSize: 3,
    verbose: 0,
    callbacks: { onTestBatchEnd: (batch: number) => void sizes.push(batch) },
  } as const;
  const stream = () => [[x, y] as const].values();
  assert.equal(await model.evaluate(stream, followed), 41.5);
  assert.equal((await model.predict(stream, { batchSize: 3 })).shape[0], 4);
  await model.fit(stream, { ...followed, validationData: stream, validationBatchSize: 2 });
  assert.deepEqual(sizes, [0, 0], "one batch of evaluate, one of the validation");
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

test("sample weights are one for each row, or for each value of the loss", async () => {
  const model = single();
  const fitting = [
    [1, 2, 3, 4],
    [[1], [2], [3], [4]],
  ];
  const values = [];
  for (const sampleWeight of fitting) values.push(await model.evaluate(rows, targets, { sampleWeight, verbose: 0 }));
  assert.equal(values[0], values[1]);
  const words =
    /^ShapeError: Sample weights with shape \(\?, 2\) were passed for the output '.*values of shape \(\?,\)/;
  // As many weights as rows would broadcast, each row's against all others.
  for (const count of [4, 2])
    for (const method of ["fit", "evaluate"] as const)
      await assert.rejects(
        () =>
          model[method](rows.slice(0, count), targets.slice(0, count), {
            sampleWeight: rows.slice(0, count),
            verbose: 0,
          }),
        (error) => error instanceof StrataError && words.test(String(error)),
      );
  const steps = new Sequential([new layers.Dense(1, { inputShape: [3, 2] })]) as unknown as Untyped;
  steps.compile({ loss: "mse", optimizer: "sgd" });
  const [x, y] = [[1, 2].map(() => [...rows.slice(1)]), [1, 2].map(() => targets.slice(1))];
  const sequences = (sampleWeight: unknown) => steps.evaluate(x, y, { sampleWeight, verbose: 0 });
  for (const sampleWeight of [[1, 2], [[1], [2]], [1, 2].map(() => [1, 2, 3])]) await sequences(sampleWeight);
  await assert.rejects(
    () => sequences(rows.slice(2)),
    /Sample weights with shape \(\?, 2\).*values of shape \(\?, 3\)/,
  );
});

/** Keras 3.15 says 63.1484375 for mse and 6.5625 for mae, and fails for targets of fewer axes where rows are not 3. */
test("targets that broadcast against the output as in Keras, and targets of fewer axes", async () => {
  const x = [0, 1, 2, 3].map((row) => [2 * row, 2 * row + 1]);
  const y = [0, 1, 2, 3].map((row) => [[row / 4, (2 * row + 1) / 8]]);
  const model = (units: number) =>
    new Sequential([new layers.Dense(units, { inputDim: 2, kernelInitializer: "ones" })]);
  for (const [loss, value] of [
    ["mse", 63.1484375],
    ["mae", 6.5625],
  ] as const) {
    const one = model(1);
    one.compile({ loss });
    assert.equal(await one.evaluate(x, y, { verbose: 0 }), value);
    const three = model(3);
    three.compile({ loss });
    for (const count of [4, 3])
      await assert.rejects(
        () => three.evaluate(x.slice(0, count), [1, 2, 3, 4].slice(0, count), { verbose: 0 }),
        /A target array with shape \(\?,\) was passed for an output of shape \(\?, 3\)/,
      );
  }
});

/** Keras 3.15 says 0.823959 for both names, and that there is no such loss for `losses.get`. */
test("compile takes crossentropy for the one that fits", async () => {
  const x = [0, 1, 2, 3].map((row) => [2 * row, 2 * row + 1]);
  const y = [0, 1, 2, 3].map((row) => [0, 1, 2].map((column) => Number(row === column)));
  for (const loss of ["crossentropy", "ce"] as const) {
    const model = new Sequential([new layers.Dense(3, { inputDim: 2, kernelInitializer: "ones" })]);
    model.compile({ loss });
    const value = await model.evaluate(x, y, { verbose: 0 });
    // Logarithms and a mean of four in float32.
    assert.ok(Math.abs((value as number) - 0.823959231376648) < 1e-6, `${value}`);
    assert.throws(() => losses.get(loss as "bce"), /Could not interpret loss identifier: c[\s\S]*did you mean/);
  }
});

test("compile refuses what is no optimizer or loss", () => {
  const model = single();
  assert.throws(() => model.compile({ optimizer: null }), /Could not interpret optimizer identifier: null/);
  assert.throws(() => model.compile({ loss: 1 }), /Could not interpret loss identifier: 1/);
});
