/**
 * @file Blocks, gated and grouped convolutions, and poolings of sequences: against the same formulas written with
 * TensorFlow's operations in Python, in float64 (the sum of all elements, that of their squares, and the first four,
 * within 2e-6 times their size: sums of at most a few hundred products in float32), names, training, and misuse.
 */
import assert from "node:assert/strict";
import { NdArray } from "../../src/core/index.js";
import * as tf from "../../src/index.js";
import * as tflearn from "../../src/tflearn/index.js";
import { assertClose, inGraph, valuesOf } from "./support.js";

/** `(7·i mod 11 − 5) / 10` in the order of the elements. */
const pattern = (shape: readonly number[]): tf.Tensor => {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return tf.constant(
    new NdArray(
      "float32",
      shape,
      Float32Array.from({ length: size }, (_, i) => (((7 * i) % 11) - 5) / 10),
    ),
  ) as tf.Tensor;
};
const counted = (shape: readonly number[], value: (i: number) => number): tf.Tensor => {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return tf.constant(
    new NdArray(
      "float32",
      shape,
      Float32Array.from({ length: size }, (_, i) => value(i)),
    ),
  ) as tf.Tensor;
};

interface Golden {
  readonly shape: readonly number[];
  readonly sum: number;
  readonly squares: number;
  readonly first: readonly number[];
}

async function assertGolden(output: tf.Tensor, golden: Golden, what: string): Promise<void> {
  using session = new tf.Session();
  await session.run(tf.globalVariablesInitializer());
  const value = (await session.run(output)) as NdArray<"float32">;
  assert.deepEqual(value.shape, golden.shape, what);
  const all = Array.from(value.data);
  const sum = all.reduce((total, x) => total + x, 0);
  const squares = all.reduce((total, x) => total + x * x, 0);
  assertClose([sum, squares, ...all.slice(0, 4)], [golden.sum, golden.squares, ...golden.first]);
}

inGraph("blocks compute what their articles say", async () => {
  const x = counted([1, 4, 4, 2], (i) => i / 16 - 0.7);
  const plain = { batchNorm: false, bias: false, weightsInit: pattern } as const;
  const down = { ...plain, downsample: true } as const;
  const bottom = [0, 0, 0, 0];
  await assertGolden(
    tflearn.residualBlock(x, 2, 2, plain),
    { shape: [1, 4, 4, 2], sum: 6.6593425, squares: 13.891372542, first: [-0.66814, -0.63925, -0.577385, -0.4776275] },
    "two residual blocks",
  );
  await assertGolden(
    tflearn.residualBlock(x, 1, 4, down),
    { shape: [1, 2, 2, 4], sum: 2.057125, squares: 3.359259141, first: [-0.109375, -0.175875, -0.446875, 0.1675] },
    "residualBlock, half as large and twice as deep",
  );
  await assertGolden(
    tflearn.residualBottleneck(x, 1, 3, 4, down),
    { shape: [1, 2, 2, 4], sum: 3.4269125, squares: 2.537214908, first: [0.047725, 0, 0, 0.061875] },
    "residualBottleneck",
  );
  await assertGolden(
    tflearn.residualBottleneck(x, 1, 3, 2, plain),
    { shape: [1, 4, 4, 2], sum: 13.6059625, squares: 11.821570856, first: bottom },
    "residualBottleneck of as many channels",
  );
  await assertGolden(
    tflearn.resnextBlock(x, 1, 4, 32, down),
    { shape: [1, 2, 2, 4], sum: 2.73025, squares: 1.44491853, first: bottom },
    "resnextBlock",
  );
  await assertGolden(
    tflearn.densenetBlock(x, 2, 3, plain),
    {
      shape: [1, 2, 2, 3],
      sum: -0.9181234375,
      squares: 1.227833467,
      first: [-0.0055777, 0.0041274, -0.0051831, -0.0080025],
    },
    "densenetBlock",
  );
});

inGraph("gated and grouped convolutions, and poolings of sequences", async () => {
  const x = counted([1, 4, 4, 2], (i) => i / 16 - 0.7);
  // The first column of the pictures.
  const column = counted([1, 4, 2], (i) => (Math.floor(i / 2) * 8 + (i % 2)) / 16 - 0.7);
  const options = { weightsInit: pattern, activation: "tanh" } as const;
  await assertGolden(
    tflearn.highwayConv2d(x, 3, 3, options),
    { shape: [1, 4, 4, 3], sum: 1.46573505, squares: 12.8007892, first: [0.7190115, -0.7993817, 0.0874896, 0.5295985] },
    "highwayConv2d",
  );
  await assertGolden(
    tflearn.highwayConv1d(column, 3, 3, options),
    { shape: [1, 4, 3], sum: 0.71271131, squares: 3.19201886, first: [-0.5223584, 0.1449509, 0.4425734, 0.00625] },
    "highwayConv1d",
  );
  await assertGolden(
    tflearn.groupedConv2d(x, 2, 3, { weightsInit: pattern, strides: 2 }),
    { shape: [1, 2, 2, 4], sum: 0.38, squares: 1.5109125, first: [0.525, -0.2225, -0.2, -0.19625] },
    "groupedConv2d",
  );
  const steps = counted([1, 5, 2], (i) => i % 7);
  await assertGolden(
    tflearn.maxPool1d(steps, 2),
    { shape: [1, 3, 2], sum: 19, squares: 79, first: [2, 3, 6, 5] },
    "maxPool1d",
  );
  await assertGolden(
    tflearn.avgPool1d(steps, 3, { strides: 2 }),
    { shape: [1, 3, 2], sum: 14.166666667, squares: 41.361111111, first: [1, 2, 4, 2.6666667] },
    "avgPool1d",
  );
});

inGraph("a block is a scope whose variables another block shares, and whose penalties join the loss", async () => {
  const x = tflearn.inputData({ shape: [null, 4, 4, 2] });
  const first = tflearn.residualBlock(x, 2, 4, { scope: "block" });
  const names = tf.trainableVariables().map(({ op }) => op.name);
  assert.deepEqual(names.slice(0, 4), [
    "block/BatchNormalization/beta",
    "block/BatchNormalization/gamma",
    "block/Conv2D/W",
    "block/Conv2D/b",
  ]);
  assert.equal(names.length, 16);
  assert.ok(names.includes("block/Conv2D_3/W"));
  assert.equal(tf.losses.getRegularizationLosses().length, 4);
  const second = tflearn.residualBlock(x, 2, 4, { scope: "block", reuse: true });
  assert.equal(tf.trainableVariables().length, 16, "no new variables");
  const pictures = Array.from({ length: 32 }, (_, i) => i / 16 - 1);
  const [one, other] = await valuesOf(
    [first, second],
    [[x, new NdArray("float32", [1, 4, 4, 2], Float32Array.from(pictures)) as never]],
  );
  assert.deepEqual(one, other);
  assert.equal(tflearn.getLayerByName("block"), second);
  assert.throws(() => tflearn.residualBlock(x, 1, 5), /2 channels come in, so 5 cannot go out\n.*created at/);
  assert.throws(() => tflearn.resnextBlock(x, 1, 4, 3 as 4), /cardinality must be in \[1, 2, 4, 8, 32\]/);
});

inGraph("a small residual network learns which half of a picture is bright", async () => {
  tflearn.initGraph({ seed: 4 });
  const x = tflearn.inputData({ shape: [null, 8, 8, 1] });
  let network: tf.Tensor = tflearn.conv2d(x, 4, 3, { regularizer: "L2", weightDecay: 0.0001 });
  network = tflearn.residualBlock(network, 1, 4);
  network = tflearn.residualBlock(network, 1, 8, { downsample: true });
  network = tflearn.activation(tflearn.batchNormalization(network), "relu");
  network = tflearn.fullyConnected(tflearn.globalAvgPool(network), 2, { activation: "softmax" });
  const model = new tflearn.DNN(
    tflearn.regression(network, { optimizer: new tflearn.Momentum({ learningRate: 0.1 }), batchSize: 16 }),
    { output: null },
  );
  const isBright = (picture: number, at: number): boolean => Math.floor(at / 32) === picture % 2;
  const pixels = Float32Array.from({ length: 64 * 64 }, (_, i) => {
    const noise = ((i * 7919) % 101) / 101;
    return (isBright(Math.floor(i / 64), i % 64) ? 1 : 0) + noise / 4;
  });
  // Which half is bright is seen by what borders on the edge above and below.
  const X = new NdArray("float32", [64, 8, 8, 1], pixels);
  const Y = tflearn.dataUtils.toCategorical(
    Array.from({ length: 64 }, (_, i) => i % 2),
    2,
  );
  await model.fit(X, Y, { nEpoch: 20, seed: 5 });
  const [accuracy = 0] = await model.evaluate(X, Y);
  assert.ok(accuracy > 0.95, `accuracy ${accuracy}`);
});
