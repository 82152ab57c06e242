/** @file Every Keras loss against Keras itself: values, means, weights, gradients, configs; and misuse. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import * as losses from "../../../src/keras/losses/index.js";
import { deserialize, get, serialize } from "../../../src/keras/serialization.js";
import { assertClose, classNameOf, evaluate, numbersOf, openSession, type Rows, readGolden } from "./support.js";

interface Golden {
  readonly y: Rows;
  readonly p: Rows;
  readonly values: readonly number[];
  readonly mean: number;
  readonly weighted: number | null;
  readonly gradient: readonly number[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
}
const goldens = readGolden<Readonly<Record<string, Golden>>>("losses");
/** A few roundings of float32; percentages are a hundred times as large. */
const tolerance = 2e-6;

const lossOf = (title: string, config: Golden["config"]): losses.Loss =>
  deserialize("loss", { class_name: classNameOf(title), config }) as losses.Loss;

for (const [title, golden] of Object.entries(goldens))
  test(`${title} is Keras's`, async () => {
    const { y, p } = golden;
    const graph = new tf.Graph();
    const [values, mean, weighted, gradient] = graph.asDefault(() => {
      const loss = lossOf(title, golden.options);
      const prediction = tf.constant(p, { dtype: "float32" }) as tf.Tensor;
      const reduced = loss.apply(y, prediction);
      const sampleWeight = tf.constant([1, 0.5]) as tf.Tensor;
      return [
        loss.call(y, prediction),
        reduced,
        golden.weighted === null ? reduced : loss.apply(y, prediction, { sampleWeight }),
        tf.gradients(reduced, [prediction])[0] as tf.Tensor,
      ];
    });
    using session = openSession(graph);
    const results = await session.run([values, mean, weighted, gradient] as tf.Tensor[]);
    assertClose(results[0], golden.values, tolerance, "values");
    assertClose(results[1], [golden.mean], tolerance, "mean");
    assertClose(results[2], [golden.weighted ?? golden.mean], tolerance, "weighted");
    assertClose(results[3], golden.gradient, tolerance, "gradient");
  });

test("configs are Keras's, and make the same loss again", () => {
  for (const [title, { options, config }] of Object.entries(goldens)) {
    const loss = lossOf(title, options);
    const made = loss.getConfig();
    // Keras forgets some options of its own (the delta of Huber); those are ours to keep.
    const expected = Object.fromEntries(
      Object.keys(made).map((key) => [key, config[key] ?? options[key] ?? made[key]]),
    );
    assert.deepEqual(made, expected, title);
    const serialized = serialize(loss);
    assert.ok(typeof serialized === "object" && serialized.module === "keras.losses");
    assert.deepEqual((deserialize("loss", serialized) as losses.Loss).getConfig(), made);
  }
});

test("cross-entropies of a softmax or sigmoid are computed of its logits", async () => {
  const far = [[200, 0, -200]];
  const values = await evaluate(() =>
    tf.stack([
      losses.categoricalCrossentropy([[0, 1, 0]], tf.nn.softmax(tf.constant(far, { dtype: "float32" }))),
      losses.sparseCategoricalCrossentropy([1], tf.nn.softmax(tf.constant(far, { dtype: "float32" }))),
      losses.binaryCrossentropy([[0]], tf.nn.sigmoid(tf.constant([[200]], { dtype: "float32" }))),
    ] as tf.Tensor[]),
  );
  assert.deepEqual(values, [200, 200, 200], "clipped probabilities would give 16.1");
});

test("reductions divide by the number of values, the weights, or nothing", async () => {
  const run = (reduction: losses.Reduction | null): Promise<number[]> =>
    evaluate(() =>
      new losses.MeanAbsoluteError({ reduction }).apply(
        [[0], [0], [0]],
        tf.constant([[1], [2], [6]], { dtype: "float32" }),
        {
          sampleWeight: tf.constant([1, 1, 0.5]) as tf.Tensor,
        },
      ),
    );
  assert.deepEqual(await run("sum_over_batch_size"), [2]);
  assert.deepEqual(await run("mean"), [2]);
  assert.deepEqual(await run("sum"), [6]);
  assertClose(await run("mean_with_sample_weight"), [6 / 2.5], 1e-6, "by the weights");
  assert.deepEqual(await run(null), [1, 2, 3]);
  assert.throws(() => new losses.Poisson({ reduction: "total" as never }), /Invalid value for argument `reduction`/);
});

test("ignored classes count neither in the sum nor in the mean, nor reach the gradient", async () => {
  const graph = new tf.Graph();
  const [loss, gradient] = graph.asDefault(() => {
    const logits = tf.constant(
      [
        [1, 2],
        [Number.NaN, 0],
        [0.5, 0],
      ],
      { dtype: "float32" },
    ) as tf.Tensor;
    const loss = new losses.SparseCategoricalCrossentropy({ fromLogits: true, ignoreClass: 255 }).apply(
      [0, 255, 0],
      logits,
    );
    return [loss, tf.gradients(loss, [logits])[0] as tf.Tensor] as const;
  });
  using session = openSession(graph);
  const [value, slope] = await session.run([loss, gradient] as tf.Tensor[]);
  assertClose(value, [(Math.log1p(Math.E) + Math.log1p(Math.exp(-0.5))) / 2], 1e-6, "mean of two");
  assert.deepEqual(numbersOf(slope).slice(2, 4), [0, 0]);
});

test("names make losses under that name, in Keras's spellings old and new", async () => {
  for (const [name, className] of [
    ["mse", "MeanSquaredError"],
    ["MAE", "MeanAbsoluteError"],
    ["mean_squared_error", "MeanSquaredError"],
    ["CategoricalCrossentropy", "CategoricalCrossentropy"],
    ["kullback_leibler_divergence", "KLDivergence"],
    ["logcosh", "LogCosh"],
    ["huber_loss", "Huber"],
    ["bce", "BinaryCrossentropy"],
  ] as const) {
    const loss = get("loss", name as "mse");
    assert.deepEqual([loss.name, loss.constructor.name], [name, className]);
  }
  const proximity = await evaluate(() =>
    get("loss", "cosine_proximity").call(
      tf.constant([[3, 4]], { dtype: "float32" }),
      tf.constant([[3, 4]], { dtype: "float32" }),
    ),
  );
  assertClose(proximity, [-0.5], 1e-6, "Keras 2 divides by the number of elements");
});

test("a function of labels and predictions is a loss", async () => {
  const worst = (yTrue: tf.Tensor, yPred: tf.Tensor): tf.Tensor =>
    tf.reduceMax(tf.abs(yTrue.sub(yPred)), -1) as tf.Tensor;
  const loss = get("loss", worst);
  assert.equal(loss.name, "worst");
  assert.deepEqual(
    await evaluate(() => loss.call(tf.constant([[1, 5]]) as tf.Tensor, tf.constant([[2, 2]]) as tf.Tensor)),
    [3],
  );
  assert.throws(() => loss.getConfig(), /function 'worst' cannot be serialized[\s\S]*registerFunction/);
});

test("misuse is told in Keras's words", () => {
  new tf.Graph().asDefault(() => {
    const p = tf.constant([[0.2, 0.8]]);
    assert.throws(
      () => losses.categoricalCrossentropy([[1]], p),
      /Arguments `target` and `output` must have the same shape\. Received: target\.shape=\(1, 1\), output\.shape=\(1, 2\)[\s\S]*toCategorical/,
    );
    assert.throws(
      () => losses.sparseCategoricalCrossentropy([[0, 1]], p),
      /must have rank[\s\S]*"categorical_crossentropy"/,
    );
    assert.throws(
      () => get("loss", "categorical_crossentrop" as "mse"),
      /Could not interpret loss identifier: categorical_crossentrop[\s\S]*did you mean "categorical_crossentropy"/,
    );
    assert.throws(() => get("loss", "nothing like it" as "mse"), /known are [\s\S]*mean_squared_error/);
    assert.throws(() => get("loss", 3 as never), /Could not interpret loss identifier: /);
  });
});
