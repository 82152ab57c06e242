/** @file Every Keras metric against Keras itself, over two batches, with and without weights; and its state. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import type { Metric as MetricContract } from "../../../src/keras/contracts.js";
import * as metrics from "../../../src/keras/metrics/index.js";
import { deserialize, get, serialize } from "../../../src/keras/serialization.js";
import { assertClose, classNameOf, inGraph, numbersOf, type Rows, readGolden } from "./support.js";

interface Golden {
  readonly batches: readonly { readonly y: Rows; readonly p: Rows; readonly w: readonly number[] }[];
  /** The result after each batch. */
  readonly plain: readonly (readonly number[])[];
  readonly weighted: readonly (readonly number[])[];
  readonly config: Readonly<Record<string, unknown>>;
}
const goldens = readGolden<Readonly<Record<string, Golden>>>("metrics");
/** Sums of up to 15 values of order 1 in float32, and a division. */
const tolerance = 3e-6;

type AnyMetric = metrics.Metric | metrics.Mean;
const metricOf = (title: string, config: Golden["config"]): AnyMetric =>
  deserialize("metric", { class_name: classNameOf(title), config }) as unknown as AnyMetric;

for (const [title, golden] of Object.entries(goldens))
  test(`${title} is Keras's`, async () => {
    for (const [kind, expected] of [
      ["plain", golden.plain],
      ["weighted", golden.weighted],
    ] as const)
      await inGraph(async (session) => {
        const metric = metricOf(title, golden.config);
        const constant = (rows: Rows): tf.Tensor => tf.constant(rows, { dtype: "float32" }) as tf.Tensor;
        const updates = golden.batches.map(({ y, p, w }) => {
          const weight = kind === "weighted" ? constant(w) : null;
          if (metric instanceof metrics.Mean || metric instanceof metrics.Sum)
            return metric.updateState(constant(y), weight);
          return (metric as metrics.Metric).updateState(constant(y), constant(p), weight);
        });
        await session.run(metric.resetState());
        const result = metric.result();
        for (const [i, update] of updates.entries()) {
          await session.run(update);
          assertClose(await session.run(result), expected[i] as number[], tolerance, `${kind}, batch ${i}`);
        }
      });
  });

test("configs are Keras's, and make the same metric again", () => {
  for (const [title, { config }] of Object.entries(goldens)) {
    const metric = metricOf(title, config);
    const made: Readonly<Record<string, unknown>> = metric.getConfig();
    const expected = Object.fromEntries(Object.keys(made).map((key) => [key, key in config ? config[key] : made[key]]));
    assert.deepEqual(made, expected, title);
    const serialized = serialize(metric);
    assert.ok(typeof serialized === "object" && serialized.module === "keras.metrics");
    assert.deepEqual((deserialize("metric", serialized) as unknown as AnyMetric).getConfig(), made);
  }
});

test("every named metric is made by its name", () => {
  for (const [name, className] of [
    ["acc", "Accuracy"],
    ["auc", "AUC"],
    ["mse", "MeanSquaredError"],
    ["f1_score", "F1Score"],
    ["r2_score", "R2Score"],
    ["huber", "MeanMetricWrapper"],
    ["sparse_top_k_categorical_accuracy", "SparseTopKCategoricalAccuracy"],
    ["kld", "KLDivergence"],
  ] as const) {
    const metric = get("metric", name);
    assert.deepEqual([metric.name, metric.constructor.name], [name, className]);
  }
});

test("a result read after the update of the same run sees it; reset forgets", () =>
  inGraph(async (session) => {
    const y = tf.placeholder("float32", [null, 1]) as tf.Tensor;
    const p = tf.placeholder("float32", [null, 1]) as tf.Tensor;
    const metric = get("metric", "mae");
    const update = metric.updateState(y, p);
    const after = tf.getDefaultGraph().controlDependencies([update], () => metric.result());
    assert.deepEqual(
      metric.variables.map((v) => v.name),
      ["mae/total:0", "mae/count:0"],
    );
    assert.deepEqual(tf.localVariables(), metric.variables);
    assert.deepEqual(tf.globalVariables(), []);
    await session.run(metric.resetState());
    assert.equal(await session.run(metric.result()), 0, "nothing seen is 0, not NaN");
    const step = (from: number[][], to: number[][]) =>
      session.run(after, [
        [y, from],
        [p, to],
      ]);
    assert.equal(await step([[1], [2]], [[2], [4]]), 1.5);
    assert.equal(await step([[0]], [[6]]), 3);
    await session.run(metric.resetState());
    assert.equal(await step([[0]], [[1]]), 1);
  }));

test("one metric serves two graphs, each with variables of its own", async () => {
  const metric = new metrics.Sum();
  for (const value of [3, 4])
    await inGraph(async (session) => {
      const update = metric.updateState(tf.constant([value]) as tf.Tensor);
      await session.run(metric.resetState());
      await session.run(update);
      assert.equal(await session.run(metric.result()), value);
      assert.equal(metric.variables.length, 1);
    });
});

test("metrics without a name number themselves; functions lend theirs", () => {
  const first = new metrics.Precision();
  const second = new metrics.Precision();
  assert.match(first.name, /^precision(_\d+)?$/);
  assert.notEqual(first.name, second.name);
  assert.equal(get("metric", metrics.binaryAccuracy as never).name, "binary_accuracy");
});

test("accuracy and cross-entropy follow the shapes of labels and outputs", () => {
  new tf.Graph().asDefault(() => {
    const of = (...shape: (number | null)[]): tf.Tensor => tf.placeholder("float32", shape) as tf.Tensor;
    const kinds: readonly (readonly [tf.Tensor, tf.Tensor, string, string])[] = [
      [of(null, 1), of(null, 1), "BinaryAccuracy", "BinaryCrossentropy"],
      [of(null), of(null, 10), "SparseCategoricalAccuracy", "SparseCategoricalCrossentropy"],
      [of(null, 1), of(null, 10), "SparseCategoricalAccuracy", "SparseCategoricalCrossentropy"],
      [of(null, 10), of(null, 10), "CategoricalAccuracy", "CategoricalCrossentropy"],
    ];
    for (const [y, p, accuracy, crossentropy] of kinds) {
      const made: MetricContract = metrics.resolveMetric("acc", y, p);
      assert.deepEqual([made.name, made.constructor.name], ["acc", accuracy]);
      assert.equal(metrics.resolveMetric("ce", y, p).constructor.name, crossentropy);
      assert.equal(metrics.resolveLoss("crossentropy", y, p).constructor.name, crossentropy);
    }
    assert.throws(() => metrics.resolveMetric(null as never, of(null), of(null)), /Expected metric, received `None`/);
  });
});

test("misuse is told", () => {
  new tf.Graph().asDefault(() => {
    assert.throws(
      () => get("metric", "acuracy" as "acc"),
      /Could not interpret metric identifier: acuracy[\s\S]*"accuracy"/,
    );
    assert.throws(
      () => new metrics.Precision({ thresholds: [0.5, 2] }),
      /Threshold values must be in \[0, 1\]\. Received: 2/,
    );
    assert.throws(() => new metrics.AUC({ numThresholds: 1 }), /`num_thresholds` must be an integer > 1/);
    assert.throws(() => new metrics.AUC({ curve: "roq" as "ROC" }), /Expected one of \{ROC, PR, PRGAIN\}/);
    assert.throws(() => new metrics.FBetaScore({ beta: 0 }), /should be > 0/);
    assert.throws(() => get("metric", "mean_iou"), /number of classes[\s\S]*numClasses/);
    assert.throws(() => new metrics.F1Score().result(), /has not seen a batch/);
    assert.throws(
      () => new metrics.F1Score().updateState(tf.constant([1]) as tf.Tensor, tf.constant([1]) as tf.Tensor),
      /expects 2D inputs/,
    );
  });
});

test("an update gives null and variables are not trained", () =>
  inGraph(async (session) => {
    const metric = new metrics.BinaryAccuracy();
    const update = metric.updateState(tf.constant([[1]]) as tf.Tensor, tf.constant([[0.7]]) as tf.Tensor);
    await session.run(metric.resetState());
    assert.equal(await session.run(update), null);
    assert.deepEqual(tf.trainableVariables(), []);
    assert.deepEqual(numbersOf(await session.run(metric.variables as tf.Variable[])), [1, 1]);
  }));
