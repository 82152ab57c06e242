/**
 * @file Weights in files, and the callbacks that write and read them: checkpoints of the best epoch, training
 * that goes on after an interruption, and moving averages in the place of weights (against Keras 3's numbers).
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as tf from "tensorstrata";
import * as keras from "tensorstrata/keras";
import { inTemporaryDirectory } from "../../platform/support.js";

const { BackupAndRestore, LambdaCallback, ModelCheckpoint, SwapEMAWeights } = keras.callbacks;
const { ArgumentError, DataLossError, InvalidArgumentError, NotFoundError, ShapeError, UnimplementedError } = tf.errors;

const filled = (shape: readonly number[], start: number): tf.NdArray<"float32"> => {
  const size = shape.reduce((a, b) => a * b, 1);
  return new tf.NdArray(
    "float32",
    shape,
    Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.7 + start) / 2),
  );
};
const x = filled([8, 3], 0.3);
const y = filled([8, 2], 0.7);
const quiet = { verbose: 0, shuffle: false, batchSize: 4 } as const;

type Optimizer = NonNullable<Parameters<keras.Sequential["compile"]>[0]>["optimizer"];
/** A model with weights that training does not change, nested layers, and the same first weights every time. */
async function makeModel(optimizer: Optimizer = "adam", units = 4): Promise<keras.Sequential> {
  const inner = new keras.Sequential([
    new keras.layers.Dense(units, { activation: "tanh", inputDim: 3 }),
    new keras.layers.BatchNormalization(),
  ]);
  const model = new keras.Sequential([inner as never, new keras.layers.Dense(2)]);
  model.build([null, 3]);
  await model.setWeights(model.weights.map(({ shape }, i) => filled(shape as readonly number[], i + 1)));
  model.compile({ optimizer, loss: "mse" });
  return model;
}
const valuesOf = async (model: keras.Sequential): Promise<number[][]> =>
  (await model.getWeights()).map((weight) => Array.from(weight.data));

test("a checkpoint of the best epoch is read into a model whose layers have other names", () =>
  inTemporaryDirectory(async (directory) => {
    keras.backend.clearSession();
    const model = await makeModel();
    const path = join(directory, "runs", "best");
    // The loss of the third epoch is the best one: later ones are spoilt.
    const spoil = new LambdaCallback({
      onEpochBegin: async (epoch) => {
        if (epoch === 3)
          await model.setWeights(model.weights.map(({ shape }) => filled(shape as readonly number[], 9)));
      },
    });
    let best: number[][] = [];
    const remember = new LambdaCallback({
      onEpochEnd: async (epoch) => {
        if (epoch === 2) best = await valuesOf(model);
      },
    });
    const checkpoint = new ModelCheckpoint(path, { monitor: "loss", saveBestOnly: true, saveWeightsOnly: true });
    const { history } = await model.fit(x, y, { ...quiet, epochs: 4, callbacks: [spoil, remember, checkpoint] });
    assert.ok(Math.min(...(history.loss ?? [])) === history.loss?.[2]);
    assert.equal(await tf.train.latestCheckpoint(join(directory, "runs")), path);

    const other = await makeModel();
    assert.notEqual(other.layers[1]?.name, model.layers[1]?.name);
    await other.loadWeights(path);
    assert.deepEqual(await valuesOf(other), best);
    // The template makes a name for each epoch.
    const each = new ModelCheckpoint(join(directory, "each", "{epoch:02d}-{loss:.1f}"), { saveWeightsOnly: true });
    await other.fit(x, y, { ...quiet, epochs: 2, callbacks: [each] });
    const written = readdirSync(join(directory, "each")).filter((name) => name.endsWith(".index"));
    assert.equal(written.length, 2);
    assert.match(written[0] ?? "", /^01-0\.\d\.index$/);
  }));

test("weights of another architecture, or none, change nothing and say why", () =>
  inTemporaryDirectory(async (directory) => {
    keras.backend.clearSession();
    const path = join(directory, "weights");
    await (await makeModel("adam", 5)).saveWeights(path);
    const model = await makeModel();
    const before = await valuesOf(model);
    await assert.rejects(
      model.loadWeights(path),
      (error) =>
        error instanceof InvalidArgumentError && /layers\/sequential\/layers\/dense\/vars\/0/.test(error.message),
    );
    await assert.rejects(model.loadWeights(join(directory, "absent")), NotFoundError);
    assert.deepEqual(await valuesOf(model), before);
    await assert.rejects(model.saveWeights(join(directory, "no", "such")), /Parent directory of .* doesn't exist/);
    await assert.rejects(
      new keras.Sequential([new keras.layers.Dense(2)]).saveWeights(path),
      (error) => error instanceof ArgumentError && /There are no weights/.test(error.message),
    );
  }));

test("weights are found by the names of layers, where those say so and fit", () =>
  inTemporaryDirectory(async (directory) => {
    keras.backend.clearSession();
    const { Dense } = keras.layers;
    const make = (...layers: (readonly [name: string, units: number])[]): keras.Sequential =>
      new keras.Sequential([keras.input([3]), ...layers.map(([name, units]) => new Dense(units, { name }))]);
    const path = join(directory, "weights");
    const source = make(["first", 4], ["second", 5], ["top", 2]);
    await source.saveWeights(path);
    const [kernel, bias] = (await valuesOf(source)) as [number[], number[]];

    const other = make(["first", 4], ["between", 5], ["top", 3]);
    const before = await valuesOf(other);
    await assert.rejects(
      other.loadWeights(path, { byName: true }),
      (error) => error instanceof ShapeError && /Layer 'top' .*\(5, 3\), \(3,\).*\(5, 2\), \(2,\)/.test(error.message),
    );
    assert.deepEqual(await valuesOf(other), before, "nothing changed");
    await other.loadWeights(path, { byName: true, skipMismatch: true });
    assert.deepEqual(await valuesOf(other), [kernel, bias, ...before.slice(2)]);

    // By place, the layer between fits too.
    await other.loadWeights(path, { skipMismatch: true });
    assert.deepEqual(await valuesOf(other), [...(await valuesOf(source)).slice(0, 4), ...before.slice(4)]);
    await assert.rejects(
      make(["a", 4]).loadWeights(path, { byName: true }),
      (error) =>
        error instanceof ArgumentError && /No layer of the model .* has first, second, top/s.test(error.message),
    );
    await assert.rejects(other.loadWeights(path, { by_name: true } as object), /no option 'by_name'.*'byName'/s);

    // Layers within a model are named after it.
    const nested = (): keras.Model<tf.Tensor> => {
      const inner = new keras.Sequential([keras.input([3]), new Dense(4, { name: "first" })], { name: "inner" });
      const inputs = keras.input([3]);
      return new keras.Model({ inputs, outputs: new Dense(1, { name: "out" }).apply(inner.apply(inputs)) });
    };
    const model = nested();
    await assert.rejects(model.loadWeights(path, { byName: true }), /No layer of the model/);
    await model.saveWeights(path);
    keras.backend.clearSession();
    const again = nested();
    await again.loadWeights(path, { byName: true });
    assert.equal((await again.getWeights()).length, 4);

    const plain = join(directory, "plain");
    await new tf.train.Saver().save(keras.backend.getSession(), plain);
    await assert.rejects(again.loadWeights(plain, { byName: true }), /does not tell the names of layers/);
  }));

test("Keras's own files are refused before any training, with what to do instead", () =>
  inTemporaryDirectory(async (directory) => {
    keras.backend.clearSession();
    const model = await makeModel();
    const before = await valuesOf(model);
    const isRefusal = (hint: RegExp) => (error: unknown) =>
      error instanceof UnimplementedError && hint.test(error.message);
    for (const [callback, hint] of [
      [new ModelCheckpoint(join(directory, "m.keras")), /saveWeights\("runs\/best"\).*modelToJSON\(model\)/],
      [
        new ModelCheckpoint(join(directory, "m.weights.h5"), { saveWeightsOnly: true }),
        /leave out the ending: ".*\/m" is/,
      ],
    ] as const)
      await assert.rejects(model.fit(x, y, { ...quiet, callbacks: [callback] }), isRefusal(hint));
    await assert.rejects(model.save(join(directory, "m.keras")), isRefusal(/modelToJSON/));
    await assert.rejects(model.loadWeights(join(directory, "m.h5")), isRefusal(/TensorFlow checkpoint/));
    assert.deepEqual(await valuesOf(model), before);
    assert.deepEqual(readdirSync(directory), []);
  }));

for (const optimizer of ["adam", "sgd with averages and a momentum"] as const)
  test(`training goes on after an interruption as if there had been none: ${optimizer}`, () =>
    inTemporaryDirectory(async (directory) => {
      const make = () =>
        makeModel(
          optimizer === "adam" ? "adam" : new keras.optimizers.SGD({ learningRate: 0.1, momentum: 0.9, useEma: true }),
        );
      const options = { ...quiet, epochs: 5 };
      keras.backend.clearSession();
      const whole = await make();
      const { history } = await whole.fit(x, y, options);
      const expected = await valuesOf(whole);

      const backup = join(directory, "backup");
      keras.backend.clearSession();
      const interrupted = await make();
      const stop = new LambdaCallback({
        onTrainBatchBegin: (batch) => {
          if (batch === 1 && existsSync(join(backup, "latest.index")) && ++begun === 3) throw new Error("power cut");
        },
      });
      let begun = 0;
      await assert.rejects(
        interrupted.fit(x, y, { ...options, callbacks: [new BackupAndRestore(backup), stop] }),
        /power cut/,
      );

      keras.backend.clearSession();
      const resumed = await make();
      const rest = await resumed.fit(x, y, { ...options, callbacks: [new BackupAndRestore(backup)] });
      assert.deepEqual(rest.epoch, [3, 4]);
      assert.deepEqual(rest.history.loss, history.loss?.slice(3));
      assert.deepEqual(await valuesOf(resumed), expected);
      assert.ok(!existsSync(backup), "a training that has ended leaves no backup");
      // A second training of the same model begins with its first epoch.
      const again = await resumed.fit(x, y, { ...options, epochs: 1 });
      assert.deepEqual(again.epoch, [0]);
    }));

test("a backup that is damaged, of another model, or of a model without weights, says so", () =>
  inTemporaryDirectory(async (directory) => {
    keras.backend.clearSession();
    const keep = new BackupAndRestore(directory, { deleteCheckpoint: false, saveFreq: 1 });
    await (await makeModel("adam", 5)).fit(x, y, { ...quiet, callbacks: [keep] });
    const fitWith = async (model: keras.Sequential) =>
      model.fit(x, y, { ...quiet, callbacks: [new BackupAndRestore(directory)] });
    await assert.rejects(fitWith(await makeModel()), InvalidArgumentError);
    writeFileSync(join(directory, "training_metadata.json"), "{");
    await assert.rejects(
      fitWith(await makeModel("adam", 5)),
      (error) => error instanceof DataLossError && /training_metadata\.json/.test(error.message),
    );
    const unbuilt = new keras.Sequential([new keras.layers.Dense(2)]);
    unbuilt.compile({ optimizer: "sgd", loss: "mse" });
    await assert.rejects(
      fitWith(unbuilt),
      (error) => error instanceof ArgumentError && /must be built/.test(error.message),
    );
    assert.throws(() => new BackupAndRestore(""), /Empty `backup_dir`/);
    assert.throws(() => new BackupAndRestore("a", { saveFreq: 0.5 }), /save_freq=0\.5/);
  }));

// ---- moving averages ----

/** What Keras 3 gives for a dense layer on `x` and `y`: losses of validation, the kernel at each epoch's end and after all. */
const averaged = {
  none: {
    callback: null,
    validation: [0.1736655, 0.1492493, 0.1421716],
    lastEpoch: [0.4720234, 0.1460938, -0.3701328, -0.0596477, 0.4207543, 0.0219205],
  },
  "in validation": {
    callback: () => new SwapEMAWeights(),
    validation: [0.1961503, 0.1848353, 0.1727785],
    lastEpoch: [0.4720234, 0.1460938, -0.3701328, -0.0596477, 0.4207543, 0.0219205],
  },
  "at the end of epochs": {
    callback: () => new SwapEMAWeights({ swapOnEpoch: true }),
    validation: [0.1961503, 0.1848353, 0.1727785],
    lastEpoch: [0.4500066, 0.1859555, -0.4227331, -0.0739281, 0.4563255, -0.0142613],
  },
} as const;
const finalKernel = [0.4500066, 0.1859555, -0.4227331, -0.0739281, 0.4563255, -0.0142613];
/** The goldens have seven decimals, after a few float32 steps. */
const assertNear = (actual: readonly number[], expected: readonly number[], what: string): void => {
  assert.equal(actual.length, expected.length, what);
  actual.forEach((value, i) => {
    assert.ok(Math.abs(value - (expected[i] as number)) < 1e-6, `${what}[${i}]: ${value}, not ${expected[i]}`);
  });
};

for (const [name, { callback, validation, lastEpoch }] of Object.entries(averaged))
  test(`averages with useEma, swapped ${name}: Keras's numbers, and the averages at the end`, async () => {
    keras.backend.clearSession();
    const model = new keras.Sequential([new keras.layers.Dense(2, { inputDim: 3 })]);
    await model.setWeights(model.weights.map(({ shape }, i) => filled(shape as readonly number[], i + 1)));
    model.compile({
      optimizer: new keras.optimizers.SGD({ learningRate: 0.3, useEma: true, emaMomentum: 0.9 }),
      loss: "mse",
    });
    const kernels: number[][] = [];
    const look = new LambdaCallback({
      onEpochEnd: async () => {
        kernels.push((await valuesOf(model))[0] ?? []);
      },
    });
    const { history } = await model.fit(x, y, {
      ...quiet,
      epochs: 3,
      validationData: [filled([4, 3], 1.3), filled([4, 2], 1.7)],
      callbacks: [...(callback === null ? [] : [callback()]), look],
    });
    assertNear(history.loss ?? [], [0.2627701, 0.1776057, 0.1542095], "losses");
    assertNear(history.val_loss ?? [], validation, "losses of validation");
    assertNear(kernels.at(-1) ?? [], lastEpoch, "kernel at the end of the last epoch");
    assertNear((await valuesOf(model))[0] ?? [], finalKernel, "kernel after training");
  });

test("swapping averages needs an optimizer that keeps some", async () => {
  keras.backend.clearSession();
  await assert.rejects(
    (await makeModel()).fit(x, y, { ...quiet, callbacks: [new SwapEMAWeights()] }),
    (error) => error instanceof ArgumentError && /`use_ema=True`/.test(error.message) && /useEma/.test(error.message),
  );
});
