/**
 * @file Layers: names, shapes, variables, formulas against NumPy (tolerance 2e-6 unless stated), training
 * mode, sharing, and misuse in the original's words.
 */
import assert from "node:assert/strict";
import { NdArray } from "../../src/core/index.js";
import * as tf from "../../src/index.js";
import * as tflearn from "../../src/tflearn/index.js";
import { expectType } from "../ops/expect-type.js";
import { assertClose, inGraph, valuesOf } from "./support.js";

const names = (variables: readonly tf.Variable[]): string[] => variables.map(({ name }) => name);
const ones = (shape: readonly number[]): tf.Tensor => tf.ones(shape) as tf.Tensor;
const range = (shape: readonly number[]): NdArray<"float32"> => {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return new NdArray(
    "float32",
    shape,
    Float32Array.from({ length: size }, (_, i) => i),
  );
};

inGraph("an input is a placeholder with a batch dimension", () => {
  const pixels = tflearn.inputData({ shape: [null, 784], name: "pixels" });
  const pictures = tflearn.inputData({ shape: [28, 28, 1] });
  const numbers = tflearn.inputData({ shape: [null], dtype: "int32" });
  expectType<tf.Tensor<"float32", readonly [null, 784]>>()(pixels);
  expectType<tf.Tensor<"float32", readonly [null, 28, 28, 1]>>()(pictures);
  assert.equal(pixels.name, "pixels/X:0");
  assert.equal(pictures.name, "InputData/X:0");
  assert.deepEqual(pictures.shape, [null, 28, 28, 1]);
  assert.deepEqual(numbers.shape, [null]);
  assert.deepEqual(tf.getCollection(tflearn.Collections.INPUTS), [pixels, pictures, numbers]);
  assert.equal(tflearn.getLayerByName("pixels"), pixels);
  const given = tf.placeholder("float32", [null, 3]);
  assert.equal(tflearn.inputData({ placeholder: given }), given);
  assert.throws(() => tflearn.inputData({}), /Either a `shape` or `placeholder` argument is required/);
});

inGraph("a fully connected layer: names, variables, formula", async () => {
  const x = tflearn.inputData({ shape: [null, 2, 3] });
  const first = tflearn.fullyConnected(x, 4, { activation: "tanh" });
  const second = tflearn.fullyConnected(first, 2, {
    weightsInit: () => ones([4, 2]),
    biasInit: () => tf.constant([1, 2], { dtype: "float32" }),
    activation: "relu",
  });
  expectType<tf.Tensor<"float32", readonly [null, 4]>["shape"]>()(first.shape);
  assert.deepEqual([first.W.name, second.W.name], ["FullyConnected/W:0", "FullyConnected_1/W:0"]);
  assert.deepEqual([first.W.shape, first.b?.shape, first.scope.name], [[6, 4], [4], "FullyConnected"]);
  assert.deepEqual(names(tflearn.variables.getLayerVariablesByName("FullyConnected_1")), [
    "FullyConnected_1/W:0",
    "FullyConnected_1/b:0",
  ]);
  assert.equal(tflearn.getLayerByName("FullyConnected_1"), second);
  assert.deepEqual(tf.getCollection(tflearn.Collections.ACTIVATIONS), [first, second]);
  const feeds: [tf.Tensor, number[]][] = [
    [
      x,
      [
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ] as unknown as number[],
    ],
  ];
  const [hidden, result] = await valuesOf([first, second], feeds);
  const sum = (hidden as number[]).reduce((total, value) => total + value, 0);
  assertClose(result as number[], [Math.max(0, sum + 1), Math.max(0, sum + 2)]);
});

inGraph("weights start with a standard deviation of 0.02, and no bias is no variable", async () => {
  const x = tflearn.inputData({ shape: [null, 300] });
  const layer = tflearn.fullyConnected(x, 200, { bias: false });
  assert.equal(layer.b, null);
  const [values] = await valuesOf([layer.W]);
  const all = values as number[];
  const deviation = Math.sqrt(all.reduce((total, value) => total + value * value, 0) / all.length);
  // 60,000 draws of a normal distribution cut at two deviations: 0.8796 of 0.02, within 2%.
  assert.ok(Math.abs(deviation - 0.0176) < 0.00035, String(deviation));
  assert.ok(all.every((value) => Math.abs(value) <= 0.04));
});

inGraph("layers share variables by scope and reuse, and only then", () => {
  const x = tflearn.inputData({ shape: [null, 3] });
  const first = tflearn.fullyConnected(x, 2, { scope: "shared" });
  const second = tflearn.fullyConnected(x, 2, { scope: "shared", reuse: true });
  assert.equal(first.W, second.W);
  assert.throws(() => tflearn.fullyConnected(x, 2, { scope: "shared" }), /Variable shared\/W already exists/);
  assert.throws(
    () => tflearn.fullyConnected(x, 5, { scope: "shared", reuse: true }),
    /Trying to share variable shared\/W, but specified shape \(3, 5\)/,
  );
});

inGraph("a regularizer joins the losses, once", async () => {
  const x = tflearn.inputData({ shape: [null, 2] });
  tflearn.fullyConnected(x, 3, { regularizer: "L2", weightDecay: 0.5, weightsInit: () => ones([2, 3]), scope: "a" });
  tflearn.fullyConnected(x, 3, { regularizer: "L2", scope: "a", reuse: true });
  tflearn.fullyConnected(x, 1, { regularizer: "L1", weightsInit: () => ones([2, 1]) });
  const penalties = tf.losses.getRegularizationLosses();
  assertClose((await valuesOf(penalties)).flat(), [0.5 * 3, 0.002]);
});

inGraph("incoming tensors of the wrong rank are errors that say so", () => {
  const row = tflearn.inputData({ shape: [null] });
  const matrix = tflearn.inputData({ shape: [null, 4] });
  assert.throws(() => tflearn.fullyConnected(row, 2), /Incoming Tensor shape must be at least 2-D/);
  assert.throws(() => tflearn.conv2d(matrix, 2, 3), /Incoming Tensor shape must be 4-D/);
  assert.throws(() => tflearn.maxPool2d(matrix, 2), /Incoming Tensor shape must be 4-D/);
  assert.throws(() => tflearn.embedding(row, 5, 2), /Incoming Tensor shape must be 2-D/);
  assert.throws(() => tflearn.fullyConnected("pixels" as never, 2), /Invalid incoming layer/);
  assert.throws(() => tflearn.fullyConnected(matrix, 2.5), /number of units must be a whole number above 0, got 2.5/);
  const unknown = tflearn.inputData({ shape: [null, null] });
  assert.throws(() => tflearn.fullyConnected(unknown, 2), /dimensions of a sample must be known/);
  assert.throws(() => tflearn.getLayerByName("Dense"), /No layer found with name 'Dense'/);
  // @ts-expect-error a misspelt option does not compile, and without a compiler the call says so
  assert.throws(() => tflearn.fullyConnected(matrix, 2, { activaton: "relu" }), /did you mean 'activation'\?/);
  // @ts-expect-error nor does a misspelt identifier
  assert.throws(() => tflearn.fullyConnected(matrix, 2, { activation: "rellu" }), /Invalid activation: rellu/);
});

inGraph("dropout acts in training mode alone", async () => {
  tf.setRandomSeed(3);
  const x = tflearn.inputData({ shape: [null, 1000] });
  const dropped = tflearn.dropout(x, 0.8);
  assert.equal(tflearn.dropout(x, 1), x);
  assert.throws(() => tflearn.dropout(x, 0), /keep_prob must be/);
  using session = new tf.Session();
  await session.run(tf.globalVariablesInitializer());
  const feeds = [[x, NdArray.from([new Array(1000).fill(1)], "float32")]] as const;
  const kept = async () => Array.from((await session.run(dropped, feeds)).data);
  assert.ok((await kept()).every((value) => value === 1));
  await tflearn.isTraining(true, session);
  const training = await kept();
  const survivors = training.filter((value) => value !== 0);
  assertClose(
    survivors,
    survivors.map(() => 1.25),
  );
  // 1000 draws of probability 0.8: within 5 standard deviations of 800.
  assert.ok(Math.abs(survivors.length - 800) < 64, String(survivors.length));
  await tflearn.isTraining(false, session);
  assert.ok((await kept()).every((value) => value === 1));
  await assert.rejects(tflearn.isTraining(true), /there is no session/);
});

inGraph("batch normalization: batch statistics while training, unbiased averages otherwise", async () => {
  const x = tflearn.inputData({ shape: [null, 2] });
  const layer = tflearn.batchNormalization(x, { stddev: 0 });
  assert.deepEqual(names(tf.trainableVariables()), ["BatchNormalization/beta:0", "BatchNormalization/gamma:0"]);
  const b1 = [
    [1, 2],
    [3, 6],
    [5, 1],
  ];
  const b2 = [
    [0, 1],
    [2, 2],
    [4, 9],
  ];
  using session = new tf.Session();
  await session.run(tf.globalVariablesInitializer());
  const run = async (batch: number[][]) => Array.from((await session.run(layer, [[x, batch]])).data);
  const averages = async () => {
    const [mean, variance] = await session.run([layer.movingMean, layer.movingVariance] as tf.Tensor[]);
    return [mean, variance].flatMap((value) => Array.from((value as NdArray).data as Float32Array));
  };
  await run(b2);
  assert.deepEqual(await averages(), [0, 0, 1, 1], "prediction changes no average");
  await tflearn.isTraining(true, session);
  await run(b1);
  // The first average is the batch's own: means 3, variances 8/3 and 14/3.
  assertClose(await averages(), [3, 3, 8 / 3, 14 / 3]);
  assertClose(
    await run(b2),
    [-1.2247425750014138, -0.8429268976892886, 0, -0.5619512651261924, 1.2247425750014138, 1.404878162815481],
  );
  assertClose(await averages(), [2.473684210526316, 3.526315789473685, 2.666666666666667, 8.87719298245614]);
  await tflearn.isTraining(false, session);
  assertClose(
    await run(b1),
    [
      -0.9024418973694628, -0.51227872712771, 0.3223006776319509, 0.8302448336207707, 1.5470432526333646,
      -0.8479096173148303,
    ],
  );
});

inGraph("convolution, pooling and what surrounds them keep TFLearn's shapes", async () => {
  const x = tflearn.inputData({ shape: [null, 6, 6, 2] });
  const convolved = tflearn.conv2d(x, 3, 3, { activation: "relu" });
  const strided = tflearn.conv2d(x, 3, [3, 2], { strides: 2, padding: "valid" });
  assert.deepEqual([convolved.W.name, convolved.W.shape, convolved.b?.shape], ["Conv2D/W:0", [3, 3, 2, 3], [3]]);
  assert.deepEqual(
    [convolved.shape, strided.shape],
    [
      [null, 6, 6, 3],
      [null, 2, 3, 3],
    ],
  );
  assert.deepEqual(tflearn.maxPool2d(convolved, 2).shape, [null, 3, 3, 3]);
  assert.deepEqual(tflearn.avgPool2d(convolved, 4).shape, [null, 2, 2, 3]);
  assert.deepEqual(tflearn.maxPool2d(convolved, 2, { strides: 1 }).shape, [null, 6, 6, 3]);
  assert.deepEqual(tflearn.conv2dTranspose(x, 4, 3, [12, 12], { strides: 2 }).shape, [null, 12, 12, 4]);
  assert.deepEqual(tflearn.globalAvgPool(x).shape, [null, 2]);
  assert.deepEqual(tflearn.upsample2d(x, [2, 3]).shape, [null, 12, 18, 2]);
  assert.deepEqual(tflearn.flatten(x).shape, [null, 72]);
  const sequence = tflearn.inputData({ shape: [null, 7, 2] });
  const along = tflearn.conv1d(sequence, 4, 3);
  assert.deepEqual(
    [along.W.shape, along.shape],
    [
      [3, 1, 2, 4],
      [null, 7, 4],
    ],
  );
  assert.throws(
    () => tflearn.conv2d(x, 3, 3, { padding: "full" as "same" }),
    /Unknow padding! Accepted values: 'same', 'valid'/,
  );
  assert.throws(() => tflearn.conv2d(x, 3, [1, 2, 3] as never), /filter length error: 3/);
  assert.throws(() => tflearn.maxPool2d(x, [1, 2, 3] as never), /kernel length error: 3, only a length of 2 or 4/);
  assert.throws(() => tflearn.conv2dTranspose(x, 4, 3, [12]), /output_shape length error: 1/);
  const [upsampled] = await valuesOf([tflearn.upsample2d(tf.constant(range([1, 1, 2, 1])) as tf.Tensor, [2, 2])]);
  assert.deepEqual(upsampled, [0, 0, 1, 1, 0, 0, 1, 1]);
});

inGraph("a convolution is the sum over its window, and the mean pool ignores the padding", async () => {
  const x = tf.constant(range([1, 2, 2, 1])) as tf.Tensor;
  const convolved = tflearn.conv2d(x, 1, 3, {
    weightsInit: () => ones([3, 3, 1, 1]),
    biasInit: () => tf.constant([0.5]),
  });
  const [sums, means] = await valuesOf([convolved, tflearn.avgPool2d(x, 3, { strides: 1 })]);
  assertClose(sums as number[], [6.5, 6.5, 6.5, 6.5]);
  assertClose(means as number[], [1.5, 1.5, 1.5, 1.5]);
});

inGraph("normalization across channels and to length 1 are NumPy's", async () => {
  const x = tf.constant(
    new NdArray(
      "float32",
      [1, 1, 2, 4],
      Float32Array.from({ length: 8 }, (_, i) => (i + 1) / 2),
    ),
  ) as tf.Tensor;
  const [lrn, unit] = await valuesOf([
    tflearn.localResponseNormalization(x, { depthRadius: 1, alpha: 0.1 }),
    tflearn.l2Normalize(tf.constant([[3, 4]], { dtype: "float32" }) as tf.Tensor, 1),
  ]);
  const expected = [
    0.4577260319793595, 0.7984535821401871, 0.996550782510364, 1.3896005319096774, 1.2480844486290916,
    1.1132630734854962, 1.0921107567624118, 1.4624681332577505,
  ];
  assertClose(lrn as number[], expected);
  assertClose(unit as number[], [0.6, 0.8]);
});

inGraph("highway, single unit, embedding", async () => {
  const x = tflearn.inputData({ shape: [null, 2] });
  const gated = tflearn.highway(x, 2, { weightsInit: () => ones([2, 2]), activation: "relu" });
  assert.deepEqual(names([gated.W, gated.W_t]), ["FullyConnectedHighway/W:0", "FullyConnectedHighway/W_T:0"]);
  const line = tflearn.inputData({ shape: [null] });
  const single = tflearn.singleUnit(line);
  assert.deepEqual([single.W.name, single.W.shape, single.shape], ["Linear/W:0", [1], [null]]);
  const ids = tflearn.inputData({ shape: [null, 3] });
  const vectors = tflearn.embedding(ids, 4, 2, { weightsInit: () => tf.constant(range([4, 2])) });
  expectType<tf.Tensor<"float32", readonly [null, 3, 2]>["shape"]>()(vectors.shape);
  const [carried, affine, weights, looked, lengths] = await valuesOf(
    [gated, single, tf.stack([single.W, single.b as tf.Variable]) as tf.Tensor, vectors, vectors.seqLength],
    [
      [x, [[1, 2]]],
      [line, [1, 2]],
      [ids, [[3, 1, 0]]],
    ],
  );
  const gate = 1 / (1 + Math.exp(-2));
  assertClose(carried as number[], [3 * gate + (1 - gate), 3 * gate + 2 * (1 - gate)]);
  const [w = 0, b = 0] = weights as number[];
  assertClose(affine as number[], [w + b, 2 * w + b]);
  assert.deepEqual(looked, [6, 7, 2, 3, 0, 1]);
  assert.deepEqual(lengths, [2]);
  assert.throws(() => tflearn.highway(x, 3), /a sample has 2 elements, but the layer 3 units/);
});

inGraph("merge has every mode of the original", async () => {
  const a = tf.constant([[1, 2]], { dtype: "float32" }) as tf.Tensor;
  const b = tf.constant([[3, -4]], { dtype: "float32" }) as tf.Tensor;
  const [t, f] = [tf.constant([[true, true]]), tf.constant([[true, false]])] as tf.Tensor[];
  const of = (mode: tflearn.MergeMode): tf.Tensor => tflearn.merge([a, b], mode);
  const modes = ["concat", "elemwise_sum", "elemwise_mul", "sum", "mean", "prod", "max", "min"] as const;
  const values = await valuesOf([
    ...modes.map(of),
    tflearn.merge([t as tf.Tensor, f as tf.Tensor], "and"),
    tflearn.merge([t as tf.Tensor, f as tf.Tensor], "or"),
    tflearn.mergeOutputs([a, b]),
  ]);
  const expected = [[1, 2, 3, -4], [4, -2], [3, -8], [2], [0.5], [-24], [3], [-4], [0], [1], [1, 2, 3, -4]];
  assert.deepEqual(values, expected);
  assert.throws(() => tflearn.merge([a], "concat"), /Merge required 2 or more tensors/);
  assert.throws(() => tflearn.merge([a, b], "summ" as "sum"), /Invalid merge mode: summ\n.*'sum'/s);
});

inGraph("reshape, activation, custom layers, one-hot rows, steps", async () => {
  const x = tflearn.inputData({ shape: [null, 2, 3] });
  const timed = tflearn.timeDistributed(
    x,
    tflearn.fullyConnected as (step: tf.Tensor, units: number) => tf.Tensor,
    [4],
  );
  assert.deepEqual(timed.shape, [null, 2, 4]);
  const shared = tflearn.timeDistributed(
    x,
    (step, options?: { scope?: string }) => tflearn.fullyConnected(step, 4, options),
    undefined,
    "step",
  );
  assert.deepEqual(shared.shape, [null, 2, 4]);
  assert.ok(names(tf.trainableVariables()).includes("step-1/W:0"));
  assert.throws(() => tflearn.timeDistributed(tflearn.flatten(x), (step) => step), /needs \[batch, steps, …\]/);
  const doubled = tflearn.customLayer(x, (incoming) => tf.multiply(incoming as tf.Tensor, 2) as tf.Tensor, {
    name: "Twice",
  });
  assert.match(doubled.name, /^Twice\//);
  assert.equal(tflearn.activation(x, "linear"), x);
  const [encoded] = await valuesOf([
    tflearn.oneHotEncoding(tf.constant([2, 0], { dtype: "float32" }), 3, { offValue: -1 }),
  ]);
  assert.deepEqual(encoded, [-1, -1, 1, 1, -1, -1]);
  assert.deepEqual(tflearn.reshape([x, x], [-1, 6]).shape, [null, 6]);
});
