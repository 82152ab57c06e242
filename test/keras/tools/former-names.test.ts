/** @file Names of Keras 2 that still do what they did, and names of what is not there, which say what to use in its place. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "../../../src/index.js";
import * as keras from "../../../src/keras/index.js";

const { callbacks, datasets, models, preprocessing } = keras;

/** What is asked for, and what the error proposes. */
const absent: Readonly<Record<string, readonly [ask: () => unknown, proposes: RegExp]>> = {
  cifar10: [() => datasets.cifar10.loadData(), /fashionMnist.*imagePreloader/],
  cifar100: [() => datasets.cifar100.loadData({ labelMode: "fine" }), /imagePreloader/],
  imdb: [() => datasets.imdb.loadData({ numWords: 1000 }), /Tokenizer/],
  reuters: [() => datasets.reuters.loadData(), /Tokenizer/],
  boston_housing: [() => datasets.bostonHousing.loadData(), /loadCsv/],
  california_housing: [() => datasets.californiaHousing.loadData(), /loadCsv/],
  "A whole model": [() => models.loadModel("m.keras"), /modelFromJSON.*loadWeights/],
  BaseLogger: [() => new callbacks.BaseLogger(), /logs/],
  TensorBoard: [() => new callbacks.TensorBoard({ logDir: "logs" }), /CSVLogger/],
  ImageDataGenerator: [() => new preprocessing.ImageDataGenerator({ rescale: 1 / 255 }), /generator of batches/],
};
for (const [what, [ask, proposes]] of Object.entries(absent))
  test(`${what} says that it is not there`, async () => {
    await assert.rejects(
      async () => ask(),
      (error) =>
        error instanceof errors.UnimplementedError && error.message.includes(what) && proposes.test(error.hint ?? ""),
    );
  });

test("Keras 2's names of methods on streams do what fit, evaluate and predict do", async () => {
  const run = async (isOld: boolean) => {
    keras.utils.clearSession();
    const model = new keras.Sequential([
      new keras.layers.Dense(1, { inputDim: 2, kernelInitializer: "ones", name: "only" }),
    ]);
    model.compile({ optimizer: new keras.optimizers.SGD(0.1), loss: "mse" });
    const batches = [
      [[[1, 2]], [[3]]],
      [[[2, -1]], [[0]]],
    ] as const;
    const quiet = { verbose: 0, epochs: 2, stepsPerEpoch: 2 } as const;
    async function* forever() {
      for (;;) yield* batches;
    }
    const { history } = await (isOld ? model.fitGenerator(forever(), quiet) : model.fit(forever(), quiet));
    const steps = { steps: 2, verbose: 0 } as const;
    const loss = await (isOld ? model.evaluateGenerator(forever(), steps) : model.evaluate(forever(), steps));
    const inputs = () => batches.map(([x]) => [x] as const);
    const outputs = await (isOld ? model.predictGenerator(inputs) : model.predict(inputs));
    return { history, loss, outputs: outputs.toArray() };
  };
  const [now, before] = [await run(false), await run(true)];
  assert.deepEqual(before, now);
  assert.equal(now.history.loss?.length, 2);
});

test("Keras 2's names of the hooks of batches are called, where a callback has none of the present name", async () => {
  keras.utils.clearSession();
  const told: string[] = [];
  class Former extends callbacks.Callback {
    override onBatchBegin(batch: number) {
      told.push(`former ${batch} begins`);
    }
    override onBatchEnd(batch: number, logs?: Record<string, number>) {
      told.push(`former ${batch}: ${Object.keys(logs ?? {})}`);
    }
  }
  class Both extends Former {
    override async onTrainBatchEnd(batch: number) {
      told.push(`present ${batch}`);
    }
  }
  const model = new keras.Sequential([new keras.layers.Dense(1, { inputDim: 1 })]);
  model.compile({ optimizer: "sgd", loss: "mse" });
  const options = { batchSize: 1, verbose: 0 } as const;
  await model.fit([[1], [2]], [[1], [2]], { ...options, callbacks: [new Former(), new Both()] });
  assert.deepEqual(told, [
    ...["former 0 begins", "former 0 begins", "former 0: loss", "present 0"],
    ...["former 1 begins", "former 1 begins", "former 1: loss", "present 1"],
  ]);
});
