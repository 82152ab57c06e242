/** @file Activations, initializers, regularizers and constraints against Keras itself; and the registry. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import * as activations from "../../../src/keras/activations.js";
import * as constraints from "../../../src/keras/constraints.js";
import type { ActivationName, Config, Kind, SerializedObject } from "../../../src/keras/contracts.js";
import * as initializers from "../../../src/keras/initializers/index.js";
import * as regularizers from "../../../src/keras/regularizers.js";
import {
  deserialize,
  get,
  nearest,
  register,
  serialize,
  snakeCase,
  stringifyConfig,
} from "../../../src/keras/serialization.js";
import { assertClose, evaluate, openSession, type Rows, readGolden } from "./support.js";

// ---- activations ----

const golden = readGolden<{
  readonly x: Rows;
  readonly weights: readonly (readonly number[])[];
  readonly cases: Readonly<
    Record<string, { readonly values: readonly number[]; readonly gradient: readonly number[] }>
  >;
  readonly options: Readonly<Record<string, readonly number[]>>;
}>("activations");
const inputs = (): tf.Tensor => tf.constant(golden.x, { dtype: "float32" }) as tf.Tensor;
/** One or two transcendental functions of float32. */
const tolerance = 2e-6;

for (const [name, { values, gradient }] of Object.entries(golden.cases)) {
  // Keras's own sparsemax does not add up to 1.
  if (name === "sparsemax") continue;
  test(`activation ${name} and its gradient are Keras's`, async () => {
    const graph = new tf.Graph();
    const tensors = graph.asDefault(() => {
      const x = inputs();
      const y = get("activation", name as ActivationName)(x);
      const weights = golden.weights.map((row) => row.slice(0, y.shape.at(-1) ?? 4));
      const slope = tf.gradients(y.mul(tf.constant(weights, { dtype: "float32" }) as tf.Tensor) as tf.Tensor, [x])[0];
      return [y, slope] as tf.Tensor[];
    });
    using session = openSession(graph);
    const [found, slope] = await session.run(tensors);
    assertClose(found, values, tolerance, "values");
    // At 0, where both of its pieces are even, Keras's celu has the sum of their slopes.
    assertClose(slope, name === "celu" ? gradient.with(4, 0.9) : gradient, tolerance, "gradient");
  });
}

test("sparsemax is the nearest distribution", async () => {
  const values = await evaluate(() => activations.sparsemax(inputs()));
  // Threshold τ of each row such that Σ max(x − τ, 0) = 1: −0.9, 0.55 and 5.5.
  assertClose(values, [0, 0, 0.3, 0.7, 0, 0, 0.35, 0.65, 0, 0, 1, 0], tolerance, "rows");
});

test("activations with options are Keras's", async () => {
  const cases: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
    "relu options": (x) => activations.relu(x, { negativeSlope: 0.1, maxValue: 2, threshold: 0.25 }),
    "elu 0.5": (x) => activations.elu(x, { alpha: 0.5 }),
    "celu 2": (x) => activations.celu(x, { alpha: 2 }),
    "gelu approximate": (x) => activations.gelu(x, { approximate: true }),
    threshold: (x) => activations.threshold(x, 0.5, -7),
    "softmax axis 0": (x) => activations.softmax(x, { axis: 0 }),
  };
  for (const [title, expected] of Object.entries(golden.options))
    assertClose(
      await evaluate(() => (cases[title] as (x: tf.Tensor) => tf.Tensor)(inputs())),
      expected,
      tolerance,
      title,
    );
});

test("gradients stay finite far out", async () => {
  for (const name of ["celu", "elu", "mish", "log_sigmoid", "softplus", "squareplus", "sparse_plus"] as const) {
    const slopes = await evaluate(() => {
      const x = tf.constant([-1000, 1000], { dtype: "float32" }) as tf.Tensor;
      return tf.gradients(get("activation", name)(x), [x])[0] as tf.Tensor;
    });
    assert.ok(slopes.every(Number.isFinite), `${name}: ${slopes}`);
  }
});

test("an activation serializes as its name", () => {
  assert.equal(serialize(activations.hardSilu), "hard_silu");
  assert.equal(get("activation", "swish"), activations.silu);
  assert.throws(() => get("activation", "threshold"), /needs a threshold[\s\S]*keras\.activations\.threshold/);
  assert.throws(
    () => get("activation", "rleu" as "relu"),
    /Could not interpret activation identifier: rleu[\s\S]*"relu"/,
  );
});

// ---- regularizers and constraints ----

const weights = readGolden<{
  readonly weight: readonly (readonly number[])[];
  readonly regularizers: Readonly<Record<string, { readonly value: number; readonly config: SerializedObject }>>;
  readonly constraints: Readonly<
    Record<string, { readonly value: readonly number[]; readonly config: SerializedObject }>
  >;
  readonly initializers: Readonly<Record<string, SerializedObject>>;
}>("weights");
const weight = (): tf.Tensor => tf.constant(weights.weight, { dtype: "float32" }) as tf.Tensor;

/** A config with its numbers as float32 shows them, seven digits each. */
const rounded = (config: Config): Config =>
  Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === "number" ? Number(value.toPrecision(7)) : value,
    ]),
  );
/** What is read from Keras's config is written as Keras's config. */
function assertRoundTrip(
  kind: Kind,
  config: SerializedObject,
  ignored: readonly string[] = [],
  added: Config = {},
): void {
  const object = deserialize(kind, config) as { getConfig(): Config };
  const made = serialize(object) as SerializedObject;
  const expected = Object.entries(config.config).filter(([key]) => !ignored.includes(key));
  assert.deepEqual(rounded(made.config as Config), { ...Object.fromEntries(expected), ...added });
  assert.deepEqual([made.module, made.class_name, made.registered_name], [config.module, config.class_name, null]);
}

for (const [title, { value, config }] of Object.entries(weights.regularizers))
  test(`regularizer ${title} is Keras's`, async () => {
    assertClose(await evaluate(() => deserialize("regularizer", config)(weight())), [value], 1e-6, title);
    assertRoundTrip("regularizer", config);
  });

for (const [title, { value, config }] of Object.entries(weights.constraints))
  test(`constraint ${title} is Keras's`, async () => {
    assertClose(await evaluate(() => deserialize("constraint", config)(weight())), value, 1e-6, title);
    assertRoundTrip("constraint", config);
  });

test("regularizers by name have Keras's defaults", async () => {
  assertClose(
    await evaluate(() => get("regularizer", "l2")(tf.constant([3, 4], { dtype: "float32" }))),
    [0.25],
    1e-6,
    "l2",
  );
  assertClose(
    await evaluate(() => regularizers.l1(0.5)(tf.constant([3, -4], { dtype: "float32" }))),
    [3.5],
    1e-6,
    "l1",
  );
  assert.deepEqual(regularizers.l1L2().getConfig(), { l1: 0.01, l2: 0.01 });
  assert.deepEqual(get("regularizer", "l1_l2").getConfig(), { l1: 0, l2: 0 });
  assert.deepEqual(new constraints.MaxNorm().getConfig(), { max_value: 2, axis: 0 });
  assert.throws(() => new regularizers.L2(-1), /expected a non-negative float\. Received: l2=-1/);
  assert.throws(() => get("constraint", "maxnorm" as "max_norm"), /identifier: maxnorm[\s\S]*"max_norm"/);
});

// ---- initializers ----

for (const [title, config] of Object.entries(weights.initializers))
  test(`initializer ${title} reads and writes Keras's config`, () =>
    // Keras forgets the gain of Identity in its config; ours keeps it.
    assertRoundTrip("initializer", config, ["input_axes", "output_axes"], title === "Identity" ? { gain: 1 } : {}));

/** Moments of 40,000 draws: the mean is within 4 σ/√n, the deviation within 4 σ/√(2n), of what is expected. */
async function assertMoments(
  title: string,
  initializer: initializers.Initializer,
  shape: number[],
  stddev: number,
  limit: number,
) {
  const values = await evaluate(() => initializer(shape));
  const n = values.length;
  const mean = values.reduce((sum, v) => sum + v, 0) / n;
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n);
  assert.ok(Math.abs(mean) < (4 * stddev) / Math.sqrt(n), `${title}: mean ${mean}`);
  assert.ok(
    Math.abs(deviation - stddev) < (4 * stddev) / Math.sqrt(2 * n),
    `${title}: ${deviation}, expected ${stddev}`,
  );
  assert.ok(Math.max(...values.map(Math.abs)) <= limit, `${title}: beyond ${limit}`);
}

test("random initializers have Keras's deviations and limits", async () => {
  const shape = [100, 400];
  const uniform = (limit: number): readonly [number, number] => [limit / Math.sqrt(3), limit * 1.0001];
  // Cut at two deviations of the wider normal distribution that leaves the wanted deviation.
  const truncated = (deviation: number): readonly [number, number] => [
    deviation,
    (2.0001 * deviation) / 0.87962566103423978,
  ];
  const cases: readonly (readonly [string, initializers.Initializer, readonly [number, number]])[] = [
    ["glorot_uniform", new initializers.GlorotUniform({ seed: 1 }), uniform(Math.sqrt(6 / 500))],
    ["glorot_normal", new initializers.GlorotNormal({ seed: 2 }), truncated(Math.sqrt(2 / 500))],
    ["he_uniform", new initializers.HeUniform({ seed: 3 }), uniform(Math.sqrt(6 / 100))],
    ["he_normal", new initializers.HeNormal({ seed: 4 }), truncated(Math.sqrt(2 / 100))],
    ["lecun_uniform", new initializers.LecunUniform({ seed: 5 }), uniform(Math.sqrt(3 / 100))],
    ["lecun_normal", new initializers.LecunNormal({ seed: 6 }), truncated(0.1)],
    ["random_normal", new initializers.RandomNormal({ seed: 7 }), [0.05, 0.5]],
    ["random_uniform", new initializers.RandomUniform({ seed: 8 }), uniform(0.05)],
    ["truncated_normal", new initializers.TruncatedNormal({ seed: 9, stddev: 1 }), [0.87962566103423978, 2]],
    [
      "variance_scaling",
      new initializers.VarianceScaling({ seed: 10, scale: 3, mode: "fan_out", distribution: "untruncated_normal" }),
      [Math.sqrt(3 / 400), 1],
    ],
  ];
  for (const [title, initializer, [stddev, limit]] of cases)
    await assertMoments(title, initializer, shape, stddev, limit);
  // A convolution's window counts as connections.
  await assertMoments(
    "he_normal 4-D",
    new initializers.HeNormal({ seed: 11 }),
    [5, 5, 40, 40],
    ...truncated(Math.sqrt(2 / 1000)),
  );
});

test("a seed draws the same values; an orthogonal matrix is orthogonal either way", async () => {
  const draw = (): Promise<number[]> => evaluate(() => new initializers.HeNormal({ seed: 5 })([3, 4]));
  assert.deepEqual(await draw(), await draw());
  for (const [shape, transposeA] of [
    [[6, 3], true],
    [[3, 6], false],
    [[2, 3, 4], true],
  ] as const) {
    const gram = await evaluate(() => {
      const matrix = tf.reshape(new initializers.Orthogonal({ seed: 2, gain: 2 })(shape), [
        -1,
        shape.at(-1) as number,
      ]) as tf.Tensor;
      return tf.matmul(matrix, matrix, { transposeA, transposeB: !transposeA }) as tf.Tensor;
    });
    const size = Math.sqrt(gram.length);
    const identity = gram.map((_, i) => (i % (size + 1) === 0 ? 4 : 0));
    assertClose(gram, identity, 2e-6, `orthogonal [${shape}]`);
  }
});

test("fixed initializers fill shapes and dtypes; functions of level 1 serve as well", async () => {
  assert.deepEqual(await evaluate(() => get("initializer", "ones")([2], { dtype: "float64" })), [1, 1]);
  assert.deepEqual(await evaluate(() => new initializers.Constant([1, 2])([2, 2])), [1, 2, 1, 2]);
  assert.deepEqual(await evaluate(() => new initializers.Identity({ gain: 3 })([2, 3])), [3, 0, 0, 0, 3, 0]);
  const drawn = get("initializer", tf.zerosInitializer() as never);
  assert.deepEqual(await evaluate(() => drawn([2])), [0, 0]);
  const variable = new tf.Graph().asDefault(() =>
    tf.getVariable("w", { shape: [3, 2], initializer: new initializers.GlorotUniform() }),
  );
  assert.deepEqual(variable.shape, [3, 2]);
});

test("initializers reject what they cannot fill", () => {
  assert.throws(() => new initializers.Orthogonal()([3]), /must be at least two-dimensional/);
  assert.throws(() => new initializers.Identity()([2, 2, 2]), /can only be used for 2D matrices/);
  assert.throws(() => new initializers.VarianceScaling({ scale: 0 }), /`scale` must be positive/);
  assert.throws(() => new initializers.VarianceScaling({ mode: "fan" as "fan_in" }), /Invalid `mode` argument: fan/);
  assert.throws(() => new initializers.HeNormal()([2], { dtype: "int32" }), /Expected floating point type, got int32/);
  assert.throws(
    () => get("initializer", "glorot_unifrm" as "glorot_uniform"),
    /Could not interpret initializer identifier: glorot_unifrm[\s\S]*did you mean "glorot_uniform"/,
  );
});

// ---- the registry ----

test("classes of one's own can be registered, serialized and read", () => {
  class Halved extends regularizers.Regularizer {
    compute(w: tf.Tensor): tf.Tensor {
      return w.reduceSum().mul(0.5) as tf.Tensor;
    }
    getConfig(): Config {
      return {};
    }
    static fromConfig(): Halved {
      return new Halved();
    }
  }
  assert.throws(() => serialize(new Halved()), /class 'Halved' cannot be serialized: it is not registered/);
  register("regularizer", "Halved", Halved);
  const config = serialize(new Halved()) as SerializedObject;
  assert.deepEqual(config, { module: null, class_name: "Halved", config: {}, registered_name: "Custom>Halved" });
  assert.ok(deserialize("regularizer", config) instanceof Halved);
  assert.ok(get("regularizer", "halved" as "l1") instanceof Halved);
  assert.throws(
    () => deserialize("regularizer", { class_name: "L1", config: "x" }),
    /config of regularizer L1 is not an object/,
  );
});

test("names in snake_case are Keras's", () => {
  assert.deepEqual(
    ["GlorotUniform", "L1L2", "TopKCategoricalAccuracy", "AUC", "MeanIoU", "KLDivergence", "Conv2D"].map(snakeCase),
    ["glorot_uniform", "l1l2", "top_k_categorical_accuracy", "auc", "mean_io_u", "kl_divergence", "conv2d"],
  );
  assert.deepEqual(nearest("sofmax", ["softmax", "softplus", "tanh"]), ["softmax"]);
});

test("floats stay floats in JSON, where Python would read an integer", () => {
  const config = {
    learning_rate: 1,
    momentum: 0,
    values: [2, 0.5],
    axis: -1,
    name: "a \u0001float:1",
    nested: { beta: -3 },
  };
  const text = stringifyConfig(config);
  assert.equal(
    text,
    '{"learning_rate":1.0,"momentum":0.0,"values":[2.0,0.5],"axis":-1,"name":"a \\u0001float:1","nested":{"beta":-3.0}}',
  );
  assert.deepEqual(JSON.parse(text), config);
  assert.equal(stringifyConfig({ threshold: null, momentum: 0.9 }, 2), '{\n  "threshold": null,\n  "momentum": 0.9\n}');
});
