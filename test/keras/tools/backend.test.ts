/** @file Keras 2's functions of tensors: their numbers, and that a loss, a function and a state made of them run. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { UnimplementedError } from "../../../src/core/index.js";
import * as tf from "../../../src/index.js";
import { backend as K, layers, Sequential } from "../../../src/keras/index.js";
import { assertClose, numbersOf } from "../layers/support.js";

beforeEach(() => K.clearSession());
const numbers = async (x: tf.Tensor): Promise<number[]> => numbersOf(await K.eval(x));
const matrix = [
  [1, -2, 3],
  [4, 5, -6],
];

test("numbers of the functions", async () => {
  const cases: readonly (readonly [name: string, tensor: tf.Tensor, expected: readonly number[]])[] = [
    ["sum", K.sum(matrix), [5]],
    ["sum of rows", K.sum(matrix, -1, true), [2, 3]],
    ["mean", K.mean(matrix, 0), [2.5, 1.5, -1.5]],
    ["mean of truths", K.mean(K.greater(matrix, 0)), [4 / 6]],
    ["max", K.max(matrix, 1), [3, 5]],
    ["min", K.min(matrix), [-6]],
    ["prod", K.prod([2, 3, 4]), [24]],
    ["var", K.var([1, 2, 3, 6]), [3.5]],
    ["std", K.std([1, 2, 3, 6]), [Math.sqrt(3.5)]],
    ["any", K.cast(K.any([0, 2]), "float32"), [1]],
    ["all", K.cast(K.all([0, 2]), "float32"), [0]],
    ["argmax", K.argmax(matrix), [2, 1]],
    ["sqrt of what is negative", K.sqrt([-1, 4]), [0, 2]],
    ["clip", K.clip([-1, 0.5, 2], 0, 1), [0, 0.5, 1]],
    ["pow", K.pow([2, 3], 2), [4, 9]],
    ["hardSigmoid", K.hardSigmoid([-3, 1, 9]), [0, 0.7, 1]],
    ["logsumexp", K.logsumexp([0, 0]), [Math.log(2)]],
    ["dot", K.dot([[1, 2]], [[3], [4]]), [11]],
    ["dot of a vector", K.dot([1, 2], [[3], [4]]), [11]],
    ["dot of three axes", K.dot([[[1, 2]], [[3, 4]]], [[1], [10]]), [21, 43]],
    [
      "batchFlatten",
      K.sum(
        K.batchFlatten([
          [[1], [2]],
          [[3], [4]],
        ]),
        1,
      ),
      [3, 7],
    ],
    ["concatenate", K.concatenate([[[1]], [[2]]]), [1, 2]],
    ["permuteDimensions", K.permuteDimensions(matrix, [1, 0]), [1, 4, -2, 5, 3, -6]],
    ["oneHot", K.oneHot([1, 0], 2), [0, 1, 1, 0]],
    ["switch", K.switch(K.less(matrix, 0), K.zerosLike(matrix), matrix), [1, 0, 3, 4, 5, 0]],
    ["binaryCrossentropy", K.binaryCrossentropy([[1, 0]], [[0.5, 0.25]]), [Math.log(2), -Math.log(0.75)]],
    ["categoricalCrossentropy", K.categoricalCrossentropy([[0, 1]], [[0.75, 0.25]]), [-Math.log(0.25)]],
    ["sparseCategoricalCrossentropy", K.sparseCategoricalCrossentropy([1], [[0, 0]], true), [Math.log(2)]],
    ["l2Normalize", K.l2Normalize([3, 4], 0), [0.6, 0.8]],
  ];
  for (const [name, tensor, expected] of cases) assertClose(await numbers(tensor), expected, 1e-6, name);
  assert.deepEqual(K.intShape(K.placeholder({ shape: [null, 3] })), [null, 3]);
  assert.equal(K.ndim(K.placeholder({ ndim: 3 })), 3);
});

test("a loss of them trains a model", async () => {
  const model = new Sequential([new layers.Dense(1, { inputDim: 1, kernelInitializer: "zeros" })]);
  const loss = (y: tf.Tensor, p: tf.Tensor): tf.Tensor => K.mean(K.square(y.sub(p) as tf.Tensor), -1);
  model.compile({ optimizer: new tf.train.GradientDescentOptimizer(0.1), loss });
  assert.equal(await model.trainOnBatch([[1], [2]], [[1], [2]]), 2.5);
  assertClose(numbersOf((await model.getWeights())[0] as tf.NdArray), [0.5], 1e-6, "the kernel");
});

test("function() computes outputs, then updates; gradients() are of the graph", async () => {
  const x = K.placeholder({ shape: [null, 2] });
  const total = K.variable(0);
  const output = K.sum(K.square(x), 1);
  const step = K.function([x], [output, total], [[total, total.add(K.sum(output)) as tf.Tensor]]);
  const first = await step([
    [
      [1, 2],
      [3, 4],
    ],
  ]);
  assert.deepEqual(first.map(numbersOf), [[5, 25], [0]], "outputs come before updates");
  const second = await step([[[1, 0]]]);
  assert.deepEqual(second.map(numbersOf), [[1], [30]]);
  assert.deepEqual(numbersOf(await K.getValue(total)), [31]);
  await assert.rejects(step([]), /takes 1 input\(s\), but received 0/);

  const [slope] = K.gradients(output, [x]);
  const slopes = K.function([x], [slope as tf.Tensor]);
  assert.deepEqual(numbersOf((await slopes([[[1, 2]]]))[0] as tf.NdArray), [2, 4]);

  // Layers' outputs within a model, as one reads them by hand.
  const model = new Sequential([new layers.Dense(2, { inputDim: 2, kernelInitializer: "ones" }), new layers.Flatten()]);
  const inner = K.function([...model.inputs], [model.layers[0]?.output as tf.Tensor]);
  assert.deepEqual(numbersOf((await inner([[[1, 2]]]))[0] as tf.NdArray), [3, 3]);
});

test("there is no learning phase", () => {
  assert.throws(() => K.learningPhase(), UnimplementedError);
  assert.throws(() => K.inTrainPhase(1, 2), /call\(x, \{ training \}\)/);
});
