/**
 * @file Metrics over two batches: TensorFlow's values and updates, names, local variables, collections, and
 * errors.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";

const batches = [
  { y: [1, 0, 1, 1, 0, 0], p: [0.9, 0.6, 0.3, 0.55, 0.1, 0.45], w: [1, 2, 0, 1, 0.5, 3] },
  { y: [0, 1, 1, 0, 1, 0], p: [0.2, 0.8, 0.7, 0.65, 0.05, 0.35], w: [1, 1, 1, 1, 4, 0.25] },
] as const;
// TensorFlow's values are float32 sums of some 200 products, as in `auc`; these differ by a few ulp.
const tolerance = 2e-6;
const assertClose = (actual: unknown, expected: number, what: string): void =>
  assert.ok(Math.abs(Number(actual) - expected) <= tolerance, `${what}: ${actual} is not ${expected}`);

/** Builds metrics over placeholders and feeds them both batches. */
async function overBatches<M extends Record<string, tf.metrics.Metric>>(
  build: (y: tf.Tensor, p: tf.Tensor, w: tf.Tensor) => M,
  see: (metrics: M, updates: readonly Record<string, number>[], last: Record<string, number>) => void,
): Promise<void> {
  const graph = new tf.Graph();
  const { y, p, w, metrics, init } = graph.asDefault(() => {
    const y = tf.placeholder("float32", [null]);
    const p = tf.placeholder("float32", [null]);
    const w = tf.placeholder("float32", [null]);
    const metrics = build(y, p, w);
    return { y, p, w, metrics, init: tf.localVariablesInitializer() };
  });
  using session = new tf.Session({ device: "interpreter", graph });
  await session.run(init);
  const names = Object.keys(metrics);
  const each = (which: 0 | 1): tf.Tensor[] => names.map((name) => metrics[name]?.[which] as tf.Tensor);
  const record = (values: readonly unknown[]): Record<string, number> =>
    Object.fromEntries(names.map((name, i) => [name, Number(values[i])]));
  const updates: Record<string, number>[] = [];
  for (const batch of batches)
    updates.push(
      record(
        await session.run(each(1), [
          [y, batch.y],
          [p, batch.p],
          [w, batch.w],
        ]),
      ),
    );
  see(metrics, updates, record(await session.run(each(0))));
}
const answersOf = (p: tf.Tensor): tf.Tensor => tf.cast(tf.greater(p, 0.5) as tf.Tensor, "float32");

test("values and updates are TensorFlow's", async () => {
  const expected: Readonly<Record<string, readonly [number, number]>> = {
    accuracy: [0.66666669, 0.66666669],
    weightedAccuracy: [0.73333341, 0.55555558],
    mean: [0.48333329, 0.4708333],
    weightedMean: [0.54000002, 0.42460319],
    precision: [0.66666669, 0.66666669],
    weightedPrecision: [0.5, 0.5714286],
    recall: [0.66666669, 0.66666669],
    weightedRecall: [1, 0.5],
    auc: [0.66666663, 0.66666663],
    weightedAuc: [0.81818181, 0.45161289],
    precisionRecall: [0.71111101, 0.7730639],
    meanSquaredError: [0.21250001, 0.2410416],
    rootMeanSquaredError: [0.4538722, 0.60569388],
    meanAbsoluteError: [0.40000001, 0.42083341],
    meanRelativeError: [0.16527779, 0.17291661],
    truePositives: [2, 4],
    weightedFalsePositives: [2, 3],
    falseNegatives: [1, 2],
    trueNegatives: [2, 4],
    percentageBelow: [0.0666667, 0.3650794],
  };
  await overBatches(
    (y, p, w) => {
      const b = answersOf(p);
      return {
        accuracy: tf.metrics.accuracy(y, b),
        weightedAccuracy: tf.metrics.accuracy(y, b, { weights: w }),
        mean: tf.metrics.mean(p),
        weightedMean: tf.metrics.mean(p, { weights: w }),
        precision: tf.metrics.precision(y, b),
        weightedPrecision: tf.metrics.precision(y, b, { weights: w }),
        recall: tf.metrics.recall(y, b),
        weightedRecall: tf.metrics.recall(y, b, { weights: w }),
        auc: tf.metrics.auc(y, p),
        weightedAuc: tf.metrics.auc(y, p, { weights: w }),
        precisionRecall: tf.metrics.auc(y, p, { curve: "PR", numThresholds: 50 }),
        meanSquaredError: tf.metrics.meanSquaredError(y, p),
        rootMeanSquaredError: tf.metrics.rootMeanSquaredError(y, p, { weights: w }),
        meanAbsoluteError: tf.metrics.meanAbsoluteError(y, p),
        meanRelativeError: tf.metrics.meanRelativeError(y, p, tf.add(y, 2) as tf.Tensor),
        truePositives: tf.metrics.truePositives(y, b),
        weightedFalsePositives: tf.metrics.falsePositives(y, b, { weights: w }),
        falseNegatives: tf.metrics.falseNegatives(y, b),
        trueNegatives: tf.metrics.trueNegatives(y, b),
        percentageBelow: tf.metrics.percentageBelow(p, 0.45, { weights: w }),
      };
    },
    (_metrics, updates, last) => {
      for (const [name, [first, second]] of Object.entries(expected)) {
        assertClose(updates[0]?.[name], first, `${name} after the first batch`);
        assertClose(updates[1]?.[name], second, `${name} after the second batch`);
        assertClose(last[name], second, `${name}, its value`);
      }
    },
  );
});

test("the value lags behind the update of the same run, and starts at 0", async () => {
  const graph = new tf.Graph();
  const [metric, init] = graph.asDefault(
    () => [tf.metrics.mean(tf.constant([2, 4])), tf.localVariablesInitializer()] as const,
  );
  using session = new tf.Session({ device: "interpreter", graph });
  await assert.rejects(session.run(metric[0]), {
    name: "FailedPreconditionError",
    message: /Attempting to use uninitialized value mean\/(total|count)/,
  });
  await session.run(init);
  assert.deepEqual(await session.run(metric), [0, 3]);
  assert.deepEqual(await session.run(metric), [3, 3]);
});

test("counters are local variables under TensorFlow's names", () => {
  new tf.Graph().asDefault((graph) => {
    const y = tf.constant([1, 0, 1]);
    const [value, update] = tf.metrics.accuracy(y, y);
    const again = tf.metrics.accuracy(y, y);
    assert.deepEqual(
      [value.name, update.name, again[0].name],
      ["accuracy/value:0", "accuracy/update_op:0", "accuracy_1/value:0"],
    );
    tf.metrics.precision(y, y);
    tf.metrics.auc(y, y);
    tf.metrics.mean(y, { name: "average", metricsCollections: ["m"], updatesCollections: ["u"] });
    assert.deepEqual(
      tf.localVariables().map((v) => v.name),
      [
        "accuracy/total:0",
        "accuracy/count:0",
        "accuracy_1/total:0",
        "accuracy_1/count:0",
        "precision/true_positives/count:0",
        "precision/false_positives/count:0",
        "auc/true_positives:0",
        "auc/false_negatives:0",
        "auc/true_negatives:0",
        "auc/false_positives:0",
        "average/total:0",
        "average/count:0",
      ],
    );
    assert.deepEqual([tf.globalVariables(), tf.trainableVariables()], [[], []]);
    const names = (key: string) => graph.getCollection<tf.Tensor>(key).map((t) => t.name);
    assert.deepEqual([names("m"), names("u")], [["average/value:0"], ["average/update_op:0"]]);
  });
});

test("a last axis of extent 1 too many is dropped, of weights also added", async () => {
  const graph = new tf.Graph();
  const [update, rows, init] = graph.asDefault(() => {
    const column = tf.constant([[1], [0], [1]], { dtype: "int32" });
    const [, update] = tf.metrics.accuracy(column, tf.constant([1, 1, 1], { dtype: "int32" }), { weights: [1, 0, 1] });
    const values = tf.constant(
      [
        [1, 2],
        [5, 6],
      ],
      { dtype: "float32" },
    );
    const [, rows] = tf.metrics.mean(values, { weights: [1, 3] });
    return [update, rows, tf.localVariablesInitializer()] as const;
  });
  using session = new tf.Session({ device: "interpreter", graph });
  await session.run(init);
  assert.equal(await session.run(update), 1);
  assert.equal(await session.run(rows), (1.5 + 3 * 5.5) / 4);
});

test("misuse is reported in words", async () => {
  const graph = new tf.Graph();
  const [p, update, init] = graph.asDefault(() => {
    const y = tf.placeholder("float32", [2]);
    assert.throws(() => tf.metrics.accuracy(y, tf.placeholder("float32", [3])), {
      name: "ShapeError",
      message: /^Shapes \(3,\) and \(2,\) are incompatible/,
    });
    assert.throws(() => tf.metrics.auc(y, y, { curve: "roc" as "ROC" }), {
      name: "ArgumentError",
      message: /^curve must be either ROC or PR, roc unknown/,
    });
    assert.throws(() => tf.metrics.auc(y, y, { numThresholds: 1 }), /numThresholds must be a whole number/);
    assert.throws(() => tf.metrics.mean(y, { weights: [1, 2, 3] }), /weights can not be broadcast to values/);
    const p = tf.placeholder("float32", [2]);
    return [p, tf.metrics.auc([1, 0], p)[1], tf.localVariablesInitializer()] as const;
  });
  using session = new tf.Session({ device: "interpreter", graph });
  await session.run(init);
  await assert.rejects(session.run(update, [[p, [0.5, 1.5]]]), {
    name: "InvalidArgumentError",
    message: /^predictions must be in \[0, 1\], but one is 1\.5/,
  });
});
