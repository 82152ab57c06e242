/** @file The same program of Keras on every backend, `native` compiling each program before its first run: the same numbers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type BackendName, everyBackend } from "../../../src/backends/index.js";
import * as tf from "../../../src/index.js";
import * as keras from "../../../src/keras/index.js";
import { platform } from "../../../src/platform/node.js";

const toolchain = platform.toolchain();
const present = everyBackend.filter((name) => name !== "native" || !("missing" in toolchain));
const { layers } = keras;

/** Numbers in [-0.5, 0.5) that repeat late. */
function ramp(shape: readonly number[], scale = 1): tf.NdArray<"float32"> {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return new tf.NdArray(
    "float32",
    shape,
    Float32Array.from({ length: size }, (_, i) => (((i * 29) % 97) / 97 - 0.5) * scale),
  );
}
const words = new tf.NdArray(
  "int32",
  [24, 6],
  Int32Array.from({ length: 144 }, (_, i) => (i * 7) % 11),
);

const programs = {
  "pictures: convolution, pooling, normalization, dropout": {
    x: ramp([24, 8, 8, 2]),
    model: () =>
      new keras.Sequential([
        keras.input({ shape: [8, 8, 2] }),
        new layers.Conv2D(4, 3, { activation: "relu", padding: "same" }),
        new layers.MaxPooling2D(2),
        new layers.BatchNormalization(),
        new layers.Flatten(),
        new layers.Dropout(0.25, { seed: 3 }),
        new layers.Dense(3, { activation: "softmax", kernelRegularizer: "l2" }),
      ]),
  },
  "words: embedding with a mask, and a recurrent layer in both directions": {
    x: words,
    model: () =>
      new keras.Sequential([
        keras.input({ shape: [6], dtype: "int32" }),
        new layers.Embedding(11, 4, { maskZero: true }),
        new layers.Bidirectional(new layers.LSTM(5)),
        new layers.Dense(3, { activation: "softmax" }),
      ]),
  },
} as const;

async function numbersOn(device: BackendName, { x, model: make }: (typeof programs)[keyof typeof programs]) {
  keras.backend.clearSession();
  keras.backend.setDevice(device);
  tf.setRandomSeed(4);
  const model = make();
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  const y = new tf.NdArray(
    "int32",
    [24],
    Int32Array.from({ length: 24 }, (_, i) => i % 3),
  );
  const options = { epochs: 3, batchSize: 10, shuffle: false, verbose: 0, validationSplit: 0.25 } as const;
  const { history } = await model.fit(x, y, options);
  const predicted = (await model.predict(x, { verbose: 0 })) as tf.NdArray;
  assert.equal(keras.backend.getSession().deviceName, device);
  return [...Object.values(history).flat(), ...(predicted.data as Float32Array)].map(Number);
}

for (const [name, program] of Object.entries(programs))
  test(`${name}: alike on ${present.join(", ")}`, async () => {
    const before = process.env.STRATA_COMPILE_AFTER;
    process.env.STRATA_COMPILE_AFTER = "0";
    try {
      const found: number[][] = [];
      for (const device of present) found.push(await numbersOn(device, program));
      for (const [i, numbers] of found.entries()) {
        assert.equal(numbers.length, found[0]?.length);
        numbers.forEach((value, at) => {
          const expected = found[0]?.[at] ?? Number.NaN;
          // Adam divides by the root of its own average: what the order of a sum changes grows over nine steps.
          const isClose = Math.abs(value - expected) <= 2e-5 * Math.max(1, Math.abs(expected));
          assert.ok(isClose, `${present[i]}, number ${at}: ${value} is not ${expected}`);
        });
      }
    } finally {
      keras.backend.setDevice("auto");
      keras.backend.clearSession();
      if (before === undefined) delete process.env.STRATA_COMPILE_AFTER;
      else process.env.STRATA_COMPILE_AFTER = before;
    }
  });
