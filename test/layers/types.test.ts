/** @file What the compiler knows of layers: shapes of results, clashes in words, misspelt options. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { expectType } from "../ops/expect-type.js";
import { inGraph } from "./support.js";

const { layers } = tf;

/** The static shape that the compiler says and the one that the graph has. */
const same = <const S extends tf.Shape>(tensor: tf.Tensor<"float32", S>, shape: S): void => {
  assert.deepEqual(tensor.shape, shape);
};

test("results of layers have static shapes as types, and these are true", () => {
  inGraph(() => {
    const x = tf.placeholder("float32", [null, 784]);
    const hidden = layers.dense(x, 64, { activation: tf.nn.sigmoid });
    expectType<tf.Tensor<"float32", readonly [null, 64]>>()(hidden);
    const logits = layers.dense(hidden, 10);
    expectType<tf.Tensor<"float32", readonly [null, 10]>>()(logits);
    same(logits, [null, 10]);
    const rows = tf.placeholder("float32", [null, 9, 3]);
    same(layers.dense(rows, 7), [null, 9, 7]);
    same(layers.conv1d(rows, 4, 3), [null, 7, 4]);
    same(layers.conv1d(rows, 4, [3], { strides: 2, padding: "same" }), [null, 5, 4]);
    same(layers.maxPooling1d(rows, 2, 2), [null, 4, 3]);
    same(layers.averagePooling1d(rows, 2, 2, { padding: "same" }), [null, 5, 3]);
    const pictures = tf.placeholder("float32", [null, 28, 28, 1]);
    same(layers.conv2d(pictures, 32, 5), [null, 24, 24, 32]);
    const convolved = layers.conv2d(pictures, 32, [5, 3], { strides: [2, 1], padding: "same", activation: tf.nn.relu });
    expectType<tf.Tensor<"float32", readonly [null, 14, 28, 32]>>()(convolved);
    same(convolved, [null, 14, 28, 32]);
    same(layers.maxPooling2d(convolved, 2, 2), [null, 7, 14, 32]);
    same(layers.averagePooling2d(convolved, [3, 2], [1, 2], { padding: "same" }), [null, 14, 14, 32]);
    same(layers.separableConv2d(pictures, 8, 3, { depthMultiplier: 2 }), [null, 26, 26, 8]);
    same(layers.conv2dTranspose(pictures, 4, 5, { strides: 2 }), [null, 59, 59, 4]);
    same(layers.conv2dTranspose(pictures, 4, [2, 5], { strides: [3, 2], padding: "same" }), [null, 84, 56, 4]);
    same(layers.flatten(convolved), [null, (14 * 28 * 32) as 12544]);
    same(layers.dropout(convolved, { rate: 0.25 }), [null, 14, 28, 32]);
    same(layers.batchNormalization(convolved), [null, 14, 28, 32]);
  });
});

test("classes know as much", () => {
  inGraph(() => {
    const x = tf.placeholder("float32", [null, 28, 28, 1]);
    const convolved = new layers.Conv2D(8, 3, { padding: "same", strides: [2, 2] }).apply(x);
    expectType<tf.Tensor<"float32", readonly [null, 14, 14, 8]>>()(convolved);
    same(new layers.MaxPooling2D(2, 2).apply(convolved), [null, 7, 7, 8]);
    same(new layers.Flatten().apply(convolved), [null, 1568]);
    const dense = new layers.Dense(10);
    expectType<tf.Tensor<"float64", readonly [3, 10]>>()(dense.apply(tf.placeholder("float64", [3, 5])));
  });
});

test("what is not known stays unknown, and no good program is refused", () => {
  inGraph(() => {
    const units: number = 3 + 4;
    const x = tf.placeholder("float32", [null, 5]);
    expectType<tf.Tensor<"float32", readonly [null, number]>>()(layers.dense(x, units));
    const unknown: tf.Tensor<"float32"> = x;
    layers.dense(unknown, 2);
    const anything: tf.Tensor = x;
    layers.dense(anything, 2);
    const picture = tf.placeholder("float32", [null, 8, 8, 3]);
    assert.deepEqual(layers.conv2d(picture, 2, 3, { dilationRate: 2 }).shape, [null, 4, 4, 2]);
    const first = layers.conv2d(picture, 2, 3, { dataFormat: "channels_first" });
    expectType<tf.Tensor<"float32", tf.Shape>>()(first);
    assert.deepEqual(first.shape, [null, 2, 6, 1]);
    const activation = (z: tf.Tensor) => tf.nn.leakyRelu(z, { alpha: 0.1 });
    layers.dense(x, 2, { activation, kernelRegularizer: null, reuse: null });
  });
});

test("clashes and misspelt options do not compile", () => {
  // Never run: each line is an error that the compiler must report.
  const refused = (): void => {
    const x = tf.placeholder("float32", [null, 5]);
    const pictures = tf.placeholder("float32", [null, 28, 4, 1]);
    // @ts-expect-error dense: needs rank 2 or more, but the input is [5]
    layers.dense(tf.placeholder("float32", [5]), 2);
    // @ts-expect-error dense: the last dimension of [5, ?] must be known
    layers.dense(tf.placeholder("float32", [5, null]), 2);
    // @ts-expect-error conv2d: the window [5, 5] is larger than the input [?, 28, 4, 1]
    layers.conv2d(pictures, 2, 5);
    // @ts-expect-error maxPooling2d: needs an input [batch, height, width, channels], not [?, 5]
    layers.maxPooling2d(x, 2, 2);
    // @ts-expect-error the name is activation
    layers.dense(x, 2, { activaton: tf.nn.relu });
    // @ts-expect-error an activation is a function, not a name
    layers.dense(x, 2, { activation: "relu" });
    // @ts-expect-error the name is kernelInitializer
    layers.conv2d(pictures, 2, 3, { initializer: tf.zerosInitializer() });
    // @ts-expect-error the compiler knows the paddings
    layers.conv2d(pictures, 2, 3, { padding: "full" });
    // @ts-expect-error strides are required
    layers.maxPooling2d(pictures, 2);
    // @ts-expect-error the name is rate
    layers.dropout(x, { keepProb: 0.5 });
    // @ts-expect-error training is a boolean or a bool tensor
    layers.dropout(x, { training: tf.placeholder("float32", []) });
    // @ts-expect-error the names are rmin, rmax and dmax
    layers.batchNormalization(x, { renorm: true, renormClipping: { rMax: 2 } });
    // @ts-expect-error a constraint is a function, not a name
    layers.dense(x, 2, { kernelConstraint: "max_norm" });
    // @ts-expect-error the name is useBias
    new layers.Dense(2, { bias: false });
  };
  assert.equal(typeof refused, "function");
});
