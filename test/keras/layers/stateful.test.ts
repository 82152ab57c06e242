/**
 * @file Stateful recurrent layers against Keras 3's own numbers for `x[i] = sin(1.7 i + start) / 2`, weight
 * number k filled with `sin(1.7 i + k) / 2`: two batches one after the other, training, resetting, misuse.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import * as tf from "tensorstrata";
import * as keras from "tensorstrata/keras";
import { backendNames } from "../../../src/backends/index.js";

const { Bidirectional, Dense, GRU, LSTM, SimpleRNN } = keras.layers;
after(() => keras.backend.setDevice("auto"));

const filled = (shape: readonly number[], start: number): tf.NdArray<"float32"> => {
  const size = shape.reduce((a, b) => a * b, 1);
  return new tf.NdArray(
    "float32",
    shape,
    Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.7 + start) / 2),
  );
};
const numbersOf = (value: unknown): number[] => Array.from((value as tf.NdArray<"float32">).data);
/** The goldens have six or seven decimals; sums of a dozen float32 products lie between. */
const assertNear = (actual: readonly number[], expected: readonly number[], what: string): void => {
  assert.equal(actual.length, expected.length, what);
  actual.forEach((value, i) => {
    assert.ok(Math.abs(value - (expected[i] as number)) < 3e-6, `${what}[${i}]: ${value}, not ${expected[i]}`);
  });
};

type Recurrent = InstanceType<typeof LSTM>;
interface Case {
  readonly make: () => unknown;
  /** The outputs for `start` 0.3, then for 0.9. */
  readonly outputs: readonly (readonly (readonly number[])[])[];
}
const stateful = { stateful: true } as const;
const cases: Readonly<Record<string, Case>> = {
  "a simple one": {
    make: () => new SimpleRNN(2, stateful),
    outputs: [[[0.6728869, -0.6641374, 0.3679458, -0.7060184]], [[0.6681048, -0.7189445, 0.3062801, -0.7427686]]],
  },
  "an LSTM with sequences and states": {
    make: () => new LSTM(2, { ...stateful, returnSequences: true, returnState: true }),
    outputs: [
      [
        [
          0.0221079, -0.1171367, -0.0815346, -0.1914765, -0.1911213, -0.1826932, -0.178046, -0.1076452, 0.0245958,
          -0.047242, 0.0584224, -0.1329119, -0.0161699, -0.2095468, -0.1486084, -0.2146224,
        ],
        [-0.178046, -0.1076452, -0.1486084, -0.2146224],
        [-0.3129475, -0.2193912, -0.2312668, -0.3807649],
      ],
      [
        [
          -0.0267479, -0.130673, -0.0461548, -0.2058445, -0.1626, -0.221105, -0.2124709, -0.1577964, -0.0873241,
          -0.0987218, 0.0118845, -0.1124148, 0.0168704, -0.1922782, -0.0987692, -0.2306391,
        ],
        [-0.2124709, -0.1577964, -0.0987692, -0.2306391],
        [-0.3486863, -0.3129437, -0.1584783, -0.390075],
      ],
    ],
  },
  "a GRU backwards": {
    make: () => new GRU(2, { ...stateful, goBackwards: true }),
    outputs: [[[-0.1242101, -0.308078, 0.0356574, -0.2285895]], [[-0.0869704, -0.2518775, 0.0838653, -0.3293886]]],
  },
  "both directions": {
    make: () => new Bidirectional(new GRU(2, stateful)),
    outputs: [
      [[-0.0390374, -0.5271968, 0.0439011, 0.1402692, -0.1366482, -0.4194016, -0.2505106, 0.133891]],
      [[-0.1046936, -0.5640163, -0.0590123, 0.0893292, -0.1451385, -0.3714094, -0.3124629, 0.2091396]],
    ],
  },
};

for (const device of backendNames) {
  for (const [name, { make, outputs }] of Object.entries(cases))
    test(`${name} goes on where the batch before ended, and begins anew when told, on ${device}`, async () => {
      keras.backend.clearSession();
      keras.backend.setDevice(device);
      const layer = make() as Recurrent;
      const x = keras.input({ batchShape: [2, 4, 3] });
      const applied = layer.apply(x);
      const results = (Array.isArray(applied) ? applied : [applied]) as tf.Tensor[];
      assert.equal(layer.stateful, true);
      // A state is no weight.
      assert.equal(layer.weights.length, layer.trainableWeights.length);
      await layer.setWeights(layer.weights.map(({ shape }, i) => filled(shape as readonly number[], i + 1)));
      await layer.resetState();
      for (const round of [1, 2]) {
        for (const [i, start] of [0.3, 0.9].entries()) {
          const values = await keras.backend.getSession().run(results, [[x, filled([2, 4, 3], start)]]);
          values.forEach((value, k) => {
            assertNear(numbersOf(value), outputs[i]?.[k] ?? [], `round ${round}, batch ${i}, output ${k}`);
          });
        }
        await layer.resetStates();
      }
    });

  test(`fit, evaluate and predict carry the state from batch to batch on ${device}`, async () => {
    keras.backend.clearSession();
    keras.backend.setDevice(device);
    const model = new keras.Sequential([new LSTM(2, { ...stateful, batchInputShape: [2, 4, 3] }), new Dense(1)]);
    await model.setWeights(model.weights.map(({ shape }, i) => filled(shape as readonly number[], i + 1)));
    model.compile({ optimizer: new keras.optimizers.SGD({ learningRate: 0.5 }), loss: "mse" });
    const [x, y] = [filled([6, 4, 3], 0.3), filled([6, 1], 0.7)];
    // Batches of two without being told: the input says so.
    const { history } = await model.fit(x, y, { epochs: 2, shuffle: false, verbose: 0 });
    assertNear(history.loss ?? [], [0.43901768, 0.21985464], "losses");
    const [kernel] = await model.getWeights();
    assertNear(
      numbersOf(kernel).slice(0, 8),
      [0.401347, 0.203489, -0.486602, -0.099509, 0.608558, 0.016074, -0.498929, 0.158817],
      "kernel",
    );
    const predicted = [0.35760501, 0.38242799, 0.256322, 0.218215, 0.345182, 0.381596];
    assertNear(numbersOf(await model.predict(x)), predicted, "predictions");
    await model.resetStates();
    const first = numbersOf(await model.predict(x));
    await model.resetStates();
    assert.deepEqual(numbersOf(await model.predict(x)), first);
    assert.notDeepEqual(numbersOf(await model.predict(x)), first);
    await model.resetStates();
    const loss = await model.evaluate(x, y, { verbose: 0 });
    assert.notEqual(await model.evaluate(x, y, { verbose: 0 }), loss);
  });
}

test("a state can be set, and is part of the config but not of the weights", async () => {
  keras.backend.clearSession();
  const layer = new LSTM(2, { ...stateful, name: "kept" });
  const x = keras.input({ batchShape: [2, 4, 3] });
  const y = layer.apply(x) as tf.Tensor;
  await keras.backend.initializeVariables(layer.weights);
  const run = async () => numbersOf(await keras.backend.getSession().run(y, [[x, filled([2, 4, 3], 0.3)]]));
  await layer.resetState();
  await run();
  const states = await Promise.all(layer.stateVariables.map((state) => keras.backend.getValue(state)));
  const next = await run();
  await layer.resetState(states);
  assert.deepEqual(await run(), next);
  const again = LSTM.fromConfig(layer.getConfig());
  assert.equal(again.stateful, true);
  assert.deepEqual(again.getConfig(), layer.getConfig());
});

test("misuse of stateful layers", async () => {
  keras.backend.clearSession();
  const { ArgumentError, ShapeError } = tf.errors;
  assert.throws(
    () => new GRU(2, stateful).apply(keras.input({ shape: [4, 3] })),
    (error) =>
      error instanceof ShapeError &&
      /When using `stateful=True` in a RNN, the batch size must be static\. .*\(None, 4, 3\)/.test(error.message) &&
      /batchInputShape/.test(error.message),
  );
  await assert.rejects(
    new GRU(2).resetState(),
    (e) => e instanceof ArgumentError && /must be stateful/.test(e.message),
  );
  const early = new GRU(2, stateful);
  await assert.rejects(early.resetState(), (e) => e instanceof ArgumentError && /has no state yet/.test(e.message));
  const model = new keras.Sequential([new LSTM(2, { ...stateful, batchInputShape: [2, 4, 3] })]);
  await assert.rejects(
    (model.layers[0] as unknown as Recurrent).resetState([filled([2, 2], 0)]),
    (e) => e instanceof ArgumentError && /expects 2 states, but it received 1/.test(e.message),
  );
  await assert.rejects(
    (model.layers[0] as unknown as Recurrent).resetState([filled([3, 2], 0), filled([2, 2], 0)]),
    (e) => e instanceof tf.errors.FeedError,
  );
  await assert.rejects(
    model.predict(filled([5, 4, 3], 0)),
    (e) => e instanceof ArgumentError && /can be divided by the batch size. Found: 5 samples/.test(e.message),
  );
  await assert.rejects(
    model.predict(filled([4, 4, 3], 0), { batchSize: 4 }),
    (e) => e instanceof ArgumentError && /made for batches of 2 rows, but `batch_size` is 4/.test(e.message),
  );
});
