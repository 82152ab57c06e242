/**
 * @file Which rows each epoch sees with `stepsPerEpoch`, `validationSteps` and `steps`: as Keras 3.15 on the same data,
 * but for streams that have ended, of which Keras goes on with the first two batches and we say that they have ended.
 */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { platform } from "#platform";
import type { Tensor } from "../../../src/index.js";
import { backend, callbacks, layers, Sequential } from "../../../src/keras/index.js";

const rowsFrom = (first: number, count: number): number[][] => Array.from({ length: count }, (_, i) => [first + i]);

const powers = (rows: readonly number[][]): number[][] => rows.map(([row = 0]) => [2 ** row]);

/** A model whose loss is the mean of its targets, so that losses tell which rows were seen. */
function counting(): Sequential {
  const model = new Sequential([new layers.Dense(1, { inputDim: 1 })]);
  model.compile({ optimizer: "sgd", loss: (yTrue: Tensor, yPred: Tensor) => yPred.mul(0).add(yTrue) as Tensor });
  return model;
}

/** The rows of each batch, epoch by epoch, of batches of consecutive rows: from the running means of the losses. */
class Rows extends callbacks.Callback {
  readonly epochs: number[][] = [];
  private sums: readonly [rows: number, sum: number] = [0, 0];
  constructor(private readonly batchSizeAt: (first: number) => number) {
    super();
  }
  override onEpochBegin(): void {
    this.epochs.push([]);
    this.sums = [0, 0];
  }
  override onTrainBatchEnd(_batch: number, logs: Readonly<Record<string, number>> = {}): void {
    // Row r counts 2^r: no two batches have the same mean.
    const [rows, sum] = this.sums;
    for (let first = 0; first < 10; first++) {
      const n = this.batchSizeAt(first);
      const added = sum + 2 ** (first + n) - 2 ** first;
      if (n > 0 && Math.abs(added / (rows + n) - (logs.loss ?? 0)) < 1e-4) {
        this.sums = [rows + n, added];
        this.epochs.at(-1)?.push(first);
        return;
      }
    }
    assert.fail(`no batch has the loss ${logs.loss}`);
  }
}

describe("the steps of an epoch", () => {
  let warnings: string[] = [];
  beforeEach(() => {
    backend.clearSession();
    warnings = [];
    mock.method(platform.stderr, "write", (text: string) => void warnings.push(text));
  });
  afterEach(() => mock.restoreAll());

  /** Batches by their first rows, and how many warnings there are. */
  // biome-ignore format: a table
  const ofArrays: readonly (readonly [rows: number, size: number, steps: number | null, number[][], number])[] = [
    [7, 2, null, [[0, 2, 4, 6], [0, 2, 4, 6], [0, 2, 4, 6], [0, 2, 4, 6]], 0],
    [7, 2, 1, [[0], [2], [4], [6]], 0],
    [7, 2, 2, [[0, 2], [4, 6], [0, 2], [4, 6]], 0],
    [7, 2, 3, [[0, 2, 4], [6], [0, 2, 4], [6]], 2],
    [7, 2, 4, [[0, 2, 4, 6], [0, 2, 4, 6], [0, 2, 4, 6], [0, 2, 4, 6]], 0],
    [7, 2, 9, [[0, 2, 4, 6], [0, 2, 4, 6], [0, 2, 4, 6], [0, 2, 4, 6]], 4],
    [6, 2, 2, [[0, 2], [4], [0, 2], [4]], 2],
  ];
  for (const [rows, batchSize, stepsPerEpoch, expected, warned] of ofArrays)
    test(`${rows} rows in batches of ${batchSize}, ${stepsPerEpoch} steps`, async () => {
      const x = rowsFrom(0, rows);
      const seen = new Rows((first) => (first % batchSize === 0 ? Math.min(batchSize, rows - first) : 0));
      const options = { epochs: 4, batchSize, stepsPerEpoch, shuffle: false, verbose: 0, callbacks: seen } as const;
      const { history } = await counting().fit(x, powers(x), options);
      assert.deepEqual(seen.epochs, expected);
      assert.equal(history.loss?.length, 4);
      assert.equal(warnings.filter((text) => /ran out after \d of the \d steps/.test(text)).length, warned);
    });

  test("a stream that ends within an epoch", async () => {
    const batches = [0, 2, 4, 6].map((first) => [rowsFrom(first, 2), powers(rowsFrom(first, 2))] as const);
    const seen = new Rows((first) => (first % 2 === 0 ? 2 : 0));
    const options = { stepsPerEpoch: 3, shuffle: false, verbose: 0, callbacks: seen } as const;
    const { history } = await counting().fit(batches.values(), { ...options, epochs: 2 });
    assert.deepEqual(seen.epochs, [[0, 2, 4], [6]]);
    assert.equal(history.loss?.length, 2);
    assert.equal(warnings.length, 1);
    await assert.rejects(counting().fit(batches.values(), { ...options, epochs: 3 }), /ran out after 2 epoch/);
    // One that begins again does so with the next epoch.
    seen.epochs.length = 0;
    await counting().fit(() => batches.values(), { ...options, epochs: 3 });
    assert.deepEqual(seen.epochs, [[0, 2, 4], [6], [0, 2, 4]]);
  });

  test("each validation begins with the first batch, and steps beyond the end are not made up", async () => {
    const [x, held] = [rowsFrom(0, 4), rowsFrom(100, 5)];
    const options = { epochs: 3, verbose: 0, validationBatchSize: 2, validationSteps: 2 } as const;
    const means = (history: { readonly history: Readonly<Record<string, readonly number[]>> }) =>
      history.history.val_loss;
    assert.deepEqual(
      means(await counting().fit(x, x, { ...options, validationData: [held, held] })),
      [101.5, 101.5, 101.5],
    );
    const pairs = [100, 102, 104].map((first) => [rowsFrom(first, 2), rowsFrom(first, 2)] as const);
    const again = { ...options, validationData: () => pairs.values() };
    assert.deepEqual(means(await counting().fit(x, x, again)), [101.5, 101.5, 101.5]);
    // What can be had only once goes on.
    const once = { ...options, epochs: 2, validationSteps: 1, validationData: pairs.values() };
    assert.deepEqual(means(await counting().fit(x, x, once)), [100.5, 102.5]);
    assert.deepEqual(warnings, []);
    assert.equal(await counting().evaluate(held, held, { verbose: 0, batchSize: 2, steps: 9 }), 102);
    assert.deepEqual((await counting().predict(held, { batchSize: 2, steps: 9 })).shape, [5, 1]);
    assert.equal(warnings.length, 2);
  });
});
