/**
 * @file Constraints: what an optimizer updates is brought back to what its constraint admits, in the same run,
 * by every optimizer and on every backend; and the misuses.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import * as keras from "tensorstrata/keras";
import { assertClose, backendNames, elements, inGraph, ramp } from "./support.js";

const { layers } = tf;
const nonNegative = (w: tf.Tensor): tf.Tensor => tf.maximum(w, 0) as tf.Tensor;

/** Learning rates small enough that no step overflows, large enough that every update crosses zero somewhere. */
const optimizers: Readonly<Record<string, () => tf.train.Optimizer>> = {
  GradientDescent: () => new tf.train.GradientDescentOptimizer(0.5),
  Momentum: () => new tf.train.MomentumOptimizer(0.5, 0.9),
  Adam: () => new tf.train.AdamOptimizer(0.5),
  Adagrad: () => new tf.train.AdagradOptimizer(2),
  Adadelta: () => new tf.train.AdadeltaOptimizer(50),
  RMSProp: () => new tf.train.RMSPropOptimizer(0.5),
  Ftrl: () => new tf.train.FtrlOptimizer(0.5),
};

for (const [name, make] of Object.entries(optimizers))
  test(`${name} keeps a constrained variable admissible, and updates the others as without`, async () => {
    const runs = await Promise.all(
      [nonNegative, null].map((constraint) =>
        inGraph(async (graph) => {
          const w = new tf.Variable(tf.constant([0.5, -0.25, 0.125, 1]), { name: "w", constraint }) as tf.Variable;
          const free = new tf.Variable(tf.constant([0.5, -0.25])) as tf.Variable;
          const loss = tf.add(
            tf.reduceSum(tf.square(tf.subtract(w, [-1, 2, 0.1, -3]) as tf.Tensor)),
            tf.reduceSum(tf.square(tf.subtract(free, [3, -3]) as tf.Tensor)),
          ) as tf.Tensor;
          const step = make().minimize(loss);
          const init = tf.globalVariablesInitializer();
          const found: (readonly [number[], number[]])[] = [];
          for (const device of backendNames) {
            using session = new tf.Session({ graph, device });
            await session.run(init);
            await session.run(step);
            const [a, b] = await session.run([w, free]);
            found.push([elements(a), elements(b)]);
          }
          return found;
        }),
      ),
    );
    const [constrained, plain] = runs as [(typeof runs)[0], (typeof runs)[0]];
    constrained.forEach(([w, free], i) => {
      const [unbound = [], other = []] = plain?.[i] ?? [];
      // The first step starts from the same weights, so it differs by the projection alone.
      assert.ok(
        unbound.some((value) => value < 0),
        "the step leaves what is admissible",
      );
      assertClose(
        w,
        unbound.map((value) => Math.max(value, 0)),
        `${name} on ${backendNames[i]}`,
      );
      assertClose(free, other, `${name} on ${backendNames[i]}, unconstrained`);
    });
  });

test("layers constrain kernel and bias, with functions and with the constraints of Keras", async () => {
  await inGraph(async (graph) => {
    const x = tf.placeholder("float32", [null, 3]);
    const dense = new layers.Dense(2, {
      kernelConstraint: new keras.constraints.UnitNorm({ axis: 0 }),
      biasConstraint: nonNegative,
    });
    const y = dense.apply(x);
    const loss = tf.reduceMean(tf.square(tf.subtract(y, [[-5, 5]]) as tf.Tensor)) as tf.Tensor;
    const step = new tf.train.GradientDescentOptimizer(0.1).minimize(loss);
    const init = tf.globalVariablesInitializer();
    for (const device of backendNames) {
      using session = new tf.Session({ graph, device });
      await session.run(init);
      for (let i = 0; i < 3; i++) await session.run(step, [[x, ramp([4, 3], 5, 13)]]);
      const [kernel, bias] = await session.run([dense.kernel, dense.bias as tf.Variable]);
      const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = elements(kernel);
      assertClose([a * a + c * c + e * e, b * b + d * d + f * f], [1, 1], `columns on ${device}`);
      const [first = -1, second = -1] = elements(bias);
      assert.equal(first, 0);
      assert.ok(second > 0);
    }
  });
});

test("every layer passes its constraints on, and scopes have a default", () => {
  inGraph(() => {
    const marked = (): ((w: tf.Tensor) => tf.Tensor) => (w) => w;
    const [k, b, p] = [marked(), marked(), marked()];
    const pictures = tf.placeholder("float32", [null, 6, 6, 2]);
    const rows = tf.placeholder("float32", [null, 6, 2]);
    layers.conv1d(rows, 3, 2, { kernelConstraint: k, biasConstraint: b });
    layers.conv2d(pictures, 3, 2, { kernelConstraint: k, biasConstraint: b });
    layers.conv2dTranspose(pictures, 3, 2, { kernelConstraint: k, biasConstraint: b });
    layers.separableConv2d(pictures, 3, 2, { depthwiseConstraint: k, pointwiseConstraint: p, biasConstraint: b });
    layers.batchNormalization(rows, { gammaConstraint: k, betaConstraint: b });
    tf.withVariableScope("bound", () => layers.dense(rows, 2, { biasConstraint: b }), { constraint: p });
    const found = tf.trainableVariables().map(({ op, constraint }) => [op.name, constraint] as const);
    assert.deepEqual(found, [
      ["conv1d/kernel", k],
      ["conv1d/bias", b],
      ["conv2d/kernel", k],
      ["conv2d/bias", b],
      ["conv2d_transpose/kernel", k],
      ["conv2d_transpose/bias", b],
      ["separable_conv2d/depthwise_kernel", k],
      ["separable_conv2d/pointwise_kernel", p],
      ["separable_conv2d/bias", b],
      ["batch_normalization/gamma", k],
      ["batch_normalization/beta", b],
      ["bound/dense/kernel", p],
      ["bound/dense/bias", b],
    ]);
    assert.equal((tf.getVariable("free", { shape: [2] }) as tf.Variable).constraint, null);
  });
});

test("a constraint that is none, or gives another shape, is an error in words", () => {
  inGraph(() => {
    assert.throws(
      () => new tf.Variable(tf.zeros([2]), { constraint: "non_neg" as never }),
      (error: Error) =>
        error instanceof tf.errors.ArgumentError &&
        /constraint of a variable must be a function of its value, got .*non_neg/.test(error.message) &&
        /constraints\.test\.[jt]s/.test(error.message),
    );
    const w = new tf.Variable(tf.zeros([2]), { name: "w", constraint: (x) => tf.reduceSum(x) as tf.Tensor });
    const loss = tf.reduceSum(tf.square(w as tf.Variable)) as tf.Tensor;
    assert.throws(
      () => new tf.train.GradientDescentOptimizer(1).minimize(loss),
      (error: Error) =>
        error instanceof tf.errors.ShapeError && /The constraint of .*'w:0'.* gives .*\(\)/.test(error.message),
    );
  });
});
