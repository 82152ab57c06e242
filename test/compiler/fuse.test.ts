/** @file What becomes one kernel, what never exists in memory, and what must stay apart. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { printKernels } from "../../src/compiler/print.js";
import * as tf from "../../src/index.js";
import { compileGraph, kernelsInShort } from "./support.js";

beforeEach(() => tf.resetDefaultGraph());

test("movement disappears into what reads it", () => {
  const [x, y] = [tf.placeholder("float32", [6, 4]), tf.placeholder("float32", [5, 6])];
  const product = tf.matmul(tf.transpose(x), tf.transpose(y), { name: "product" });
  const transposed = compileGraph({ fetches: [product], feeds: [x, y] });
  assert.deepEqual(kernelsInShort(transposed), ["product 4 5 6: product"]);
  const sum = tf.reduceSum(tf.reverse(tf.concat([x, x], 0), [1]), { axis: 0, name: "sum" });
  assert.deepEqual(kernelsInShort(compileGraph({ fetches: [sum], feeds: [x] })), ["loops 4: sum; sum"]);
});

test("a chain of maps is one kernel", () => {
  const x = tf.placeholder("float32", [7, 9]);
  const y = tf.multiply(tf.tanh(tf.add(tf.exp(x), 1)), x, { name: "y" });
  assert.deepEqual(kernelsInShort(compileGraph({ fetches: [y], feeds: [x] })), ["loops 7x9: y"]);
});

test("thousands of maps in a row are several kernels, none deeper than the stack", () => {
  const x = tf.placeholder("float32", [5]);
  let y: tf.Tensor = x;
  for (let i = 0; i < 12_000; i++) y = i % 2 === 0 ? tf.tanh(y) : tf.multiply(y, x);
  const { kernels } = compileGraph({ fetches: [y], feeds: [x] });
  assert.ok(kernels.length > 1 && kernels.length < 60, `${kernels.length} kernels`);
});

test("an expensive value with several readers is computed once", () => {
  const x = tf.placeholder("float32", [7, 9]);
  const e = tf.exp(x, { name: "e" });
  const y = tf.matmul(e, e, { transposeB: true, name: "y" });
  assert.deepEqual(kernelsInShort(compileGraph({ fetches: [y], feeds: [x] })), ["loops 7x9: e", "product 7 7 9: y"]);
});

test("bias, activation and a second use of the sums are the epilogue of the product", () => {
  const [x, w, b] = [
    tf.placeholder("float32", [5, 6]),
    tf.placeholder("float32", [6, 8]),
    tf.placeholder("float32", [8]),
  ];
  const sums = tf.nn.biasAdd(tf.matmul(x, w), b, { name: "sums" });
  const y = tf.nn.relu(sums, { name: "y" });
  assert.deepEqual(kernelsInShort(compileGraph({ fetches: [y], feeds: [x, w, b] })), ["product 5 8 6: y"]);
  assert.deepEqual(kernelsInShort(compileGraph({ fetches: [y, sums], feeds: [x, w, b] })), ["product 5 8 6: sums, y"]);
});

test("softmax cross entropy and its gradient go over the rows once", () => {
  const [logits, labels] = [tf.placeholder("float32", [6, 10]), tf.placeholder("float32", [6, 10])];
  const loss = tf.nn.softmaxCrossEntropyWithLogits({ logits, labels });
  const [gradient] = tf.gradients(tf.reduceSum(loss), [logits]) as [tf.Tensor];
  const stages = compileGraph({ fetches: [loss, gradient], feeds: [logits, labels] });
  assert.equal(stages.kernels.length, 1, printKernels(stages.program, stages.kernels));
});

test("a reduction over everything does not run inside the loop of what it reads", () => {
  const x = tf.placeholder("float32", [6, 10]);
  const deviation = tf.subtract(x, tf.reduceMean(x), { name: "deviation" });
  const { length } = compileGraph({ fetches: [deviation], feeds: [x] }).kernels;
  assert.equal(length, 2);
});

test("a step of gradient descent is eight kernels, and no gradient of a weight is ever in memory", () => {
  const weight = (name: string, shape: readonly number[]): tf.Variable => new tf.Variable(tf.zeros(shape), { name });
  const [x, labels] = [tf.placeholder("float32", [null, 784]), tf.placeholder("float32", [null, 10])];
  const [w1, b1, w2, b2] = [weight("w1", [784, 64]), weight("b1", [64]), weight("w2", [64, 10]), weight("b2", [10])];
  const hidden = tf.sigmoid(tf.add(tf.matmul(x, w1), b1), { name: "hidden" });
  const logits = tf.add(tf.matmul(hidden, w2, { name: "product" }), b2);
  const loss = tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogits({ logits, labels }));
  const step = new tf.train.GradientDescentOptimizer(0.5).minimize(loss);
  const stages = compileGraph({
    targets: [step],
    feeds: [
      [x, [64, 784]],
      [labels, [64, 10]],
    ],
  });
  const update = (name: string): string => `GradientDescent/update_${name}/ApplyGradientDescent`;
  assert.deepEqual(
    kernelsInShort(stages).map((line) => line.replace(/gradients\/\S*?(,|;|$)/g, "gradient$1")),
    [
      "product 64 64 784: hidden",
      "product 64 10 64: product",
      "loops 64: max; SoftmaxCrossEntropyWithLogits; sum; gradient",
      "product 64 64 10: gradient",
      `product 784 64 64: ${update("w1")}`,
      `loops 64: sum; ${update("b1")}`,
      `product 64 10 64: ${update("w2")}`,
      `loops 10: sum; ${update("b2")}`,
    ],
  );
  assert.deepEqual([...stages.plan.inPlace.values()].sort(), ["b1", "b2", "w1", "w2"]);
  assert.deepEqual([stages.plan.copies.length, stages.plan.saves.length], [0, 0]);
});

test("kernels in print show loops, phases and formulas", () => {
  const x = tf.placeholder("float32", [6, 10]);
  const { program, kernels } = compileGraph({ fetches: [tf.nn.softmax(x)], feeds: [x] });
  const text = printKernels(program, kernels);
  assert.match(text, /^0: for \[6\]$/m);
  assert.match(text, /v\d+ = max over \[10\] of v0\[i0, i1\]/);
  assert.match(text, /v\d+ = sum over \[10\] of /);
});
