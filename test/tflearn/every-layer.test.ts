/** @file Every layer of TFLearn through the harness that `tf.layers` goes through, training mode switched in between. */
import * as tf from "tensorstrata";
import * as tflearn from "tensorstrata/tflearn";
import { type LayerCase, runLayerTest, testThatEachHasACase } from "../layers/layer-harness.js";

const flat = [4, 5] as const;
const picture = [3, 6, 6, 2] as const;
const sequence = [3, 6, 2] as const;
type Flat = tf.Tensor<"float32", readonly [null, number]>;
type Picture = tf.Tensor<"float32", readonly [null, number, number, number]>;
type Sequence = tf.Tensor<"float32", readonly [null, number, number]>;
const on =
  <T>() =>
  (build: (x: T) => unknown) =>
  (x: tf.Tensor) =>
    build(x as T) as tf.Tensor;
const [rows, pictures, sequences] = [on<Flat>(), on<Picture>(), on<Sequence>()];
const kink = { isNotSmooth: true } as const;
/** TFLearn's own deviation of 0.02 makes numbers too small to tell a gradient from its absence. */
const start = { weightsInit: "xavier" } as const;

const cases: Readonly<Record<string, LayerCase>> = {
  fullyConnected: {
    inputs: flat,
    weights: 2,
    build: rows((x) => tflearn.fullyConnected(x, 3, { activation: "tanh", regularizer: "L2", ...start })),
  },
  conv1d: { inputs: sequence, weights: 2, build: sequences((x) => tflearn.conv1d(x, 3, 3, start)) },
  conv2d: { inputs: picture, weights: 2, build: pictures((x) => tflearn.conv2d(x, 3, 3, { strides: 2, ...start })) },
  conv2dTranspose: {
    inputs: picture,
    weights: 2,
    build: pictures((x) => tflearn.conv2dTranspose(x, 3, 3, [12, 12], { strides: 2, ...start })),
  },
  groupedConv2d: { inputs: picture, weights: 1, build: pictures((x) => tflearn.groupedConv2d(x, 2, 3)) },
  highwayConv1d: { inputs: sequence, weights: 4, build: sequences((x) => tflearn.highwayConv1d(x, 2, 3)) },
  highwayConv2d: { inputs: picture, weights: 4, build: pictures((x) => tflearn.highwayConv2d(x, 2, 3)) },
  maxPool1d: { inputs: sequence, build: sequences((x) => tflearn.maxPool1d(x, 2)), ...kink },
  maxPool2d: { inputs: picture, build: pictures((x) => tflearn.maxPool2d(x, 2)), ...kink },
  avgPool1d: { inputs: sequence, build: sequences((x) => tflearn.avgPool1d(x, 2)) },
  avgPool2d: { inputs: picture, build: pictures((x) => tflearn.avgPool2d(x, 4)) },
  globalAvgPool: { inputs: picture, build: pictures((x) => tflearn.globalAvgPool(x)) },
  globalMaxPool: { inputs: picture, build: pictures((x) => tflearn.globalMaxPool(x)), ...kink },
  upsample2d: { inputs: picture, build: pictures((x) => tflearn.upsample2d(x, 2)) },
  batchNormalization: { inputs: picture, weights: 2, build: pictures((x) => tflearn.batchNormalization(x)) },
  localResponseNormalization: { inputs: picture, build: pictures((x) => tflearn.localResponseNormalization(x)) },
  l2Normalize: { inputs: flat, build: rows((x) => tflearn.l2Normalize(x, 1)) },
  dropout: { inputs: flat, build: rows((x) => tflearn.dropout(x, 0.5)) },
  activation: { inputs: flat, build: rows((x) => tflearn.activation(x, "softmax")) },
  "activation, with weights": { inputs: flat, weights: 1, build: rows((x) => tflearn.activation(x, "prelu")), ...kink },
  flatten: { inputs: picture, build: pictures((x) => tflearn.flatten(x)) },
  reshape: { inputs: sequence, build: sequences((x) => tflearn.reshape(x, [-1, 3, 4])) },
  customLayer: { inputs: flat, build: rows((x) => tflearn.customLayer(x, (value) => tf.square(value))) },
  oneHotEncoding: { inputs: [4], integers: 3, build: (x) => tflearn.oneHotEncoding(x as never, 3) as tf.Tensor },
  embedding: {
    inputs: [3, 4],
    integers: 6,
    weights: 1,
    build: (x) => tflearn.embedding(x as never, 6, 2) as tf.Tensor,
  },
  timeDistributed: {
    inputs: sequence,
    weights: 12,
    build: sequences((x) => tflearn.timeDistributed(x, tflearn.fullyConnected as never, [3] as never)),
  },
  singleUnit: { inputs: [4], weights: 2, build: (x) => tflearn.singleUnit(x as never) as tf.Tensor },
  highway: { inputs: flat, weights: 4, build: rows((x) => tflearn.highway(x, 5, start)) },
  merge: { inputs: flat, build: rows((x) => tflearn.merge([x, tf.tanh(x)], "concat")) },
  mergeOutputs: { inputs: flat, build: rows((x) => tflearn.mergeOutputs([x, tf.tanh(x)] as never)) },
  simpleRnn: { inputs: sequence, weights: 2, build: sequences((x) => tflearn.simpleRnn(x, 3)) },
  lstm: { inputs: sequence, weights: 2, build: sequences((x) => tflearn.lstm(x, 3, { returnSeq: true })) },
  gru: { inputs: sequence, weights: 4, build: sequences((x) => tflearn.gru(x, 3)) },
  bidirectionalRnn: {
    inputs: sequence,
    weights: 4,
    build: sequences((x) => tflearn.bidirectionalRnn(x, new tflearn.BasicLSTMCell(3), new tflearn.BasicLSTMCell(3))),
  },
  residualBlock: { inputs: picture, weights: 8, build: pictures((x) => tflearn.residualBlock(x, 1, 2)), ...kink },
  residualBottleneck: {
    inputs: picture,
    weights: 10,
    build: pictures((x) => tflearn.residualBottleneck(x, 1, 2, 4)),
    ...kink,
  },
  resnextBlock: { inputs: picture, weights: 11, build: pictures((x) => tflearn.resnextBlock(x, 1, 2, 2)), ...kink },
  densenetBlock: { inputs: picture, weights: 20, build: pictures((x) => tflearn.densenetBlock(x, 2, 2)), ...kink },
};

const others = [
  "inputData",
  "multiTargetData",
  "regression",
  "addWeightsRegularizer",
  "getLayerByName",
  "getTrainingMode",
  "initGraph",
  "initTrainingMode",
  "isTraining",
];

testThatEachHasACase(tflearn, Object.keys(cases), others);
for (const [name, layerCase] of Object.entries(cases))
  runLayerTest(name, layerCase, async (session) => {
    if (tf.globalVariables().some((variable) => variable.op.name === "is_training"))
      await tflearn.isTraining(true, session);
  });
