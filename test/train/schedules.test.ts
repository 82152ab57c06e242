/** @file Learning rates that change with the step, against the values of TensorFlow itself. */
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import * as tf from "tensorstrata";
import { expectType } from "../ops/expect-type.js";
import { assertClose, openSession } from "./support.js";

const { train } = tf;
type Step = tf.Tensor<"int32", readonly []>;

beforeEach(() => tf.resetDefaultGraph());

const steps = [0, 1, 5, 10, 13, 30, 70];
/** Printed by TensorFlow in float32 at {@link steps}. */
const original: Readonly<Record<string, readonly [(step: Step) => tf.Tensor, readonly number[]]>> = {
  "exponential decay": [
    (s) => train.exponentialDecay(0.1, s, 10, 0.5),
    [0.1, 0.0933033004, 0.0707106814, 0.05, 0.0406126194, 0.0125, 0.00078125],
  ],
  "exponential decay in stairs": [
    (s) => train.exponentialDecay(0.1, s, 10, 0.5, { staircase: true }),
    [0.1, 0.1, 0.1, 0.05, 0.05, 0.0125, 0.00078125],
  ],
  "natural exponential decay": [
    (s) => train.naturalExpDecay(0.1, s, 10, 0.5),
    [0.1, 0.0951229483, 0.0778800771, 0.0606530681, 0.0522045791, 0.0223130174, 0.00301973871],
  ],
  "natural exponential decay in stairs": [
    (s) => train.naturalExpDecay(0.1, s, 10, 0.5, { staircase: true }),
    [0.1, 0.1, 0.1, 0.0606530681, 0.0606530681, 0.0223130174, 0.00301973871],
  ],
  "inverse time decay": [
    (s) => train.inverseTimeDecay(0.1, s, 10, 0.5),
    [0.1, 0.0952381045, 0.08, 0.0666666701, 0.0606060587, 0.04, 0.0222222228],
  ],
  "inverse time decay in stairs": [
    (s) => train.inverseTimeDecay(0.1, s, 10, 0.5, { staircase: true }),
    [0.1, 0.1, 0.1, 0.0666666701, 0.0666666701, 0.04, 0.0222222228],
  ],
  "polynomial decay": [
    (s) => train.polynomialDecay(0.1, s, 10),
    [0.1, 0.09001, 0.05005, 0.0001, 0.0001, 0.0001, 0.0001],
  ],
  "polynomial decay in cycles": [
    (s) => train.polynomialDecay(0.1, s, 10, { endLearningRate: 0.01, power: 2, cycle: true }),
    [0.1, 0.0829, 0.0325, 0.01, 0.021025002, 0.01, 0.01],
  ],
  "piecewise constant": [
    (s) => train.piecewiseConstant(s, [1, 10, 30], [0.1, 0.05, 0.01, 0.001]),
    [0.1, 0.1, 0.05, 0.05, 0.01, 0.01, 0.001],
  ],
  "cosine decay": [
    (s) => train.cosineDecay(0.1, s, 10, { alpha: 0.1 }),
    [0.1, 0.0977975428, 0.055, 0.01, 0.01, 0.01, 0.01],
  ],
  "cosine decay with restarts": [
    (s) => train.cosineDecayRestarts(0.1, s, 10, { mMul: 0.5, alpha: 0.1 }),
    [0.1, 0.0977975428, 0.055, 0.055, 0.0525476448, 0.0325, 0.02125],
  ],
  "cosine decay with even restarts": [
    (s) => train.cosineDecayRestarts(0.1, s, 10, { tMul: 1 }),
    [0.1, 0.0975528285, 0.05, 0.1, 0.0793892518, 0.1, 0.1],
  ],
  "linear cosine decay": [
    (s) => train.linearCosineDecay(0.1, s, 10),
    [0.1001, 0.0878975466, 0.0251, 0.0001, 0.0001, 0.0001, 0.0001],
  ],
  "linear cosine decay, every parameter": [
    (s) => train.linearCosineDecay(0.1, s, 10, { numPeriods: 1.5, alpha: 0.1, beta: 0.01 }),
    [0.111, 0.0803892612, 0.031, 0.001, 0.001, 0.001, 0.001],
  ],
};

describe("schedules", () => {
  for (const [name, [build, expected]] of Object.entries(original))
    test(name, async () => {
      const step = tf.placeholder("int32", [], { name: "step" });
      const rate = build(step);
      assert.deepEqual([rate.dtype, rate.shape], ["float32", []]);
      using session = openSession();
      // A handful of float32 roundings of numbers up to 0.1; the cosine near 0 loses a few more.
      for (const [i, at] of steps.entries())
        assertClose(await session.run(rate, [[step, at]]), [expected[i] as number], 5e-8, `step ${at}`);
    });

  test("the rate follows the variable that minimize increments", async () => {
    const globalStep = train.getOrCreateGlobalStep();
    const rate = train.exponentialDecay(1, globalStep, 1, 0.5);
    const w = new tf.Variable(tf.constant([0], { dtype: "float32" }));
    const loss = tf.reduceSum(w);
    const step = new train.GradientDescentOptimizer(rate).minimize(loss, { globalStep });
    using session = openSession();
    await session.run(tf.globalVariablesInitializer());
    for (let i = 0; i < 3; i++) await session.run(step);
    assertClose(await session.run(w), [-1.75], 0); // 1 + ½ + ¼
    assert.equal(await session.run(rate), 0.125);
  });

  test("a tensor gives its dtype, arguments may be tensors", async () => {
    const rate = tf.constant(0.5, { dtype: "float64" });
    const decayed = train.exponentialDecay(rate, tf.constant(2), tf.constant(1), tf.constant(0.25));
    expectType<tf.Tensor<"float64", readonly []>>()(decayed);
    expectType<tf.Tensor<"float32", readonly []>>()(train.cosineDecay(0.1, tf.constant(2), 1));
    using session = openSession();
    assert.equal(await session.run(decayed), 0.5 / 16);
  });

  test("errors", () => {
    const none = null as unknown as number;
    assert.throws(() => train.exponentialDecay(0.1, none, 10, 0.5), {
      name: "ArgumentError",
      message: /^global_step is required for ExponentialDecay\./,
    });
    const step = train.getOrCreateGlobalStep();
    assert.throws(() => train.piecewiseConstant(step, [1, 2], [0.1, 0.2]), {
      name: "ArgumentError",
      message: /^The length of boundaries should be 1 less than the length of values/,
    });
    assert.throws(() => train.piecewiseConstant(step, [1.5], [0.1, 0.2]), {
      name: "DTypeError",
      message: /^Boundaries \(1\.5\) must have the same dtype as x \(int32\)\./,
    });
    assert.throws(() => train.piecewiseConstant(step, [tf.constant(1.5)], [0.1, 0.2]), {
      name: "DTypeError",
      message: /^Boundaries \(Tensor\("Const/,
    });
    assert.throws(() => train.cosineDecay(tf.cast(step, "int32"), step, 10), {
      name: "DTypeError",
      message: /^The learning rate must be floating/,
    });
  });
});

describe("the global step", () => {
  test("is one int32 scalar of the graph, not trained", async () => {
    assert.equal(train.getGlobalStep(), null);
    const step = train.createGlobalStep();
    expectType<tf.train.GlobalStep>()(step);
    assert.deepEqual([step.name, step.dtype, step.shape, step.savedAs], ["global_step:0", "int32", [], "int64"]);
    assert.equal(train.getOrCreateGlobalStep(), step);
    assert.deepEqual(tf.trainableVariables(), []);
    using session = openSession();
    await session.run(tf.globalVariablesInitializer());
    await session.run(step.assign(41));
    assert.equal(await train.globalStep(session, step), 41);
  });

  test("is found by its name", () => {
    const made = new tf.Variable(0, { name: "global_step", trainable: false });
    assert.equal(train.getOrCreateGlobalStep(), made);
  });

  test("errors", () => {
    const float = new tf.Variable(0.5, { name: "global_step", trainable: false });
    assert.throws(() => train.getGlobalStep(), {
      name: "ArgumentError",
      message: /^Existing "global_step" does not have integer type: float32/,
    });
    assert.equal(float.op.name, "global_step");
    new tf.Graph().asDefault(() => {
      train.createGlobalStep();
      assert.throws(() => train.createGlobalStep(), { message: /^"global_step" already exists\./ });
    });
    new tf.Graph().asDefault(() => {
      new tf.Variable([0, 0], { name: "global_step" });
      assert.throws(() => train.getGlobalStep(), { message: /^Existing "global_step" is not scalar/ });
    });
  });
});
