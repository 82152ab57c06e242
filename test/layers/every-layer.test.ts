/** @file Every layer of `tf.layers` through the harness. Those over volumes say in `layer.test.ts` that they do not exist. */
import * as tf from "tensorstrata";
import { type LayerCase, runLayerTest, testThatEachHasACase } from "./layer-harness.js";

const { layers } = tf;
type Flat = tf.Tensor<"float32", readonly [null, number]>;
type Picture = tf.Tensor<"float32", readonly [null, number, number, number]>;
const picture = [3, 6, 5, 2] as const;
const sequence = [3, 8, 2] as const;
const float = (build: (x: Flat) => unknown) => (x: tf.Tensor) => build(x as Flat) as tf.Tensor;
const pictures = (build: (x: Picture) => unknown) => (x: tf.Tensor) => build(x as Picture) as tf.Tensor;
const kink = { isNotSmooth: true } as const;

const cases: Readonly<Record<string, LayerCase>> = {
  dense: { inputs: [4, 5], weights: 2, build: float((x) => layers.dense(x, 3, { activation: tf.nn.tanh })) },
  conv1d: { inputs: sequence, weights: 2, build: float((x) => layers.conv1d(x, 3, 3, { padding: "same" })) },
  conv2d: { inputs: picture, weights: 2, build: pictures((x) => layers.conv2d(x, 3, 3, { strides: 2 })) },
  separableConv2d: { inputs: picture, weights: 3, build: pictures((x) => layers.separableConv2d(x, 3, [3, 2])) },
  conv2dTranspose: {
    inputs: picture,
    weights: 2,
    build: pictures((x) => layers.conv2dTranspose(x, 3, 3, { strides: 2 })),
  },
  maxPooling1d: { inputs: sequence, build: float((x) => layers.maxPooling1d(x, 2, 2)), ...kink },
  maxPooling2d: { inputs: picture, build: pictures((x) => layers.maxPooling2d(x, 2, 2)), ...kink },
  averagePooling1d: { inputs: sequence, build: float((x) => layers.averagePooling1d(x, 3, 2)) },
  averagePooling2d: { inputs: picture, build: pictures((x) => layers.averagePooling2d(x, 2, 2, { padding: "same" })) },
  batchNormalization: {
    inputs: [6, 5],
    weights: 2,
    build: float((x) => layers.batchNormalization(x, { training: true })),
  },
  "batchNormalization, by moving averages": {
    inputs: picture,
    weights: 2,
    build: pictures((x) => layers.batchNormalization(x)),
  },
  // Draws other numbers in each run.
  dropout: { inputs: [4, 5], build: float((x) => layers.dropout(x, { training: true, seed: 3 })), ...kink },
  "dropout, while predicting": { inputs: [4, 5], build: float((x) => layers.dropout(x)) },
  flatten: { inputs: picture, build: pictures((x) => layers.flatten(x)) },
};

testThatEachHasACase(layers, Object.keys(cases), ["conv3d", "conv3dTranspose", "maxPooling3d", "averagePooling3d"]);
for (const [name, layerCase] of Object.entries(cases)) runLayerTest(name, layerCase);
