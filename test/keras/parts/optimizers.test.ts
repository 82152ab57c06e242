/** @file Every Keras optimizer and schedule against Keras itself over ten steps; traces, configs, misuse. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import type { SerializedObject } from "../../../src/keras/contracts.js";
import * as optimizers from "../../../src/keras/optimizers/index.js";
import { deserialize, get, serialize } from "../../../src/keras/serialization.js";
import { assertClose, classNameOf, inGraph, numbersOf, readGolden } from "./support.js";

interface Golden {
  readonly options: Readonly<Record<string, unknown>>;
  /** The six elements of the kernel and the three of the bias after each step. */
  readonly trace: readonly (readonly number[])[];
  readonly config: Readonly<Record<string, unknown>>;
  readonly variables: readonly string[];
  /** After `finalize_variable_values`. */
  readonly final: readonly number[] | null;
}
const golden = readGolden<{
  readonly start: readonly [number[][], number[]];
  readonly gradients: readonly (readonly [number[][], number[]])[];
  readonly cases: Readonly<Record<string, Golden>>;
}>("optimizers");
/** Ten steps in float32, each a handful of roundings of values of order 1. */
const tolerance = 3e-6;

const optimizerOf = (title: string, config: Golden["options"]): optimizers.Optimizer =>
  deserialize("optimizer", { class_name: classNameOf(title), config }) as optimizers.Optimizer;

for (const [title, { options, trace, final }] of Object.entries(golden.cases))
  test(`${title} takes Keras's ten steps`, () =>
    inGraph(async (session) => {
      const [kernel, bias] = golden.start;
      const variables = [
        new tf.Variable(kernel, { name: "kernel", dtype: "float32" }),
        new tf.Variable(bias, { name: "bias", dtype: "float32" }),
      ] as unknown as [tf.Variable, tf.Variable];
      const gradients = variables.map((v) => tf.placeholder("float32", v.shape) as tf.Tensor);
      const optimizer = optimizerOf(title, options);
      const step = optimizer.applyGradients(variables.map((v, i) => [gradients[i] as tf.Tensor, v]));
      await session.run(tf.globalVariablesInitializer());
      for (const [t, values] of golden.gradients.entries()) {
        await session.run(step, gradients.map((placeholder, i) => [placeholder, values[i] as number[]]) as never);
        assertClose(await session.run(variables), trace[t] as number[], tolerance, `step ${t + 1}`);
      }
      assert.equal(await session.run(optimizer.iterations), 10);
      if (final === null) return;
      await session.run(optimizer.finalizeVariableValues(variables));
      assertClose(await session.run(variables), final, tolerance, "averages");
    }));

test("configs are Keras's, and make the same optimizer again", () => {
  for (const [title, { options, config }] of Object.entries(golden.cases)) {
    const optimizer = optimizerOf(title, { ...options, name: config.name });
    const made: Readonly<Record<string, unknown>> = optimizer.getConfig();
    const rounded = Object.fromEntries(
      Object.entries(made).map(([key, value]) => [
        key,
        typeof value === "number" ? Number(value.toPrecision(7)) : value,
      ]),
    );
    const learningRate = Number(Number(config.learning_rate).toPrecision(6));
    assert.deepEqual(rounded, { ...config, learning_rate: learningRate }, title);
    const serialized = serialize(optimizer);
    assert.ok(typeof serialized === "object" && serialized.module === "keras.optimizers");
    assert.deepEqual(deserialize("optimizer", serialized).getConfig(), made);
  }
});

test("variables are Keras's, in Keras's order", () => {
  for (const [title, { options, variables }] of Object.entries(golden.cases))
    new tf.Graph().asDefault(() => {
      const trained = ["kernel", "bias"].map(
        (name, i) => new tf.Variable(golden.start[i] as number[], { name, dtype: "float32" }),
      );
      const optimizer = optimizerOf(title, { ...options, name: "opt" });
      optimizer.build(trained as unknown as tf.Variable[]);
      if (title.startsWith("Nadam"))
        optimizer.applyGradients(trained.map((v) => [tf.onesLike(v) as tf.Tensor, v as never]));
      const names = optimizer.variables().map((v) => v.op.name.replace(/^opt\//, ""));
      // Keras names a slot of Adafactor like its variable, and Nadam's product not at all.
      const expected = variables.map((name, i) => (/^(kernel|bias|variable.*)$/.test(name) ? names[i] : name));
      assert.deepEqual(names, expected, title);
    });
});

/** Three steps from 1 with gradients 0.1, 0.2, −0.1 at rate 0.1, computed in float64 from the formulas. */
const traces: readonly (readonly [string, optimizers.Optimizer, readonly number[]])[] = [
  ["K2 and K3 SGD with momentum", new optimizers.SGD({ learningRate: 0.1, momentum: 0.9 }), [0.99, 0.961, 0.9449]],
  ["K2 and K3 SGD nesterov", new optimizers.SGD({ lr: 0.1, momentum: 0.9, nesterov: true }), [0.981, 0.9349, 0.93041]],
  ["K3 RMSprop", new optimizers.RMSprop({ learningRate: 0.1 }), [0.683788044, 0.398076674, 0.534032353]],
  ["K3 Adagrad", new optimizers.Adagrad({ learningRate: 0.1 }), [0.969848879, 0.918209119, 0.943209111]],
  ["K3 Adam", new optimizers.Adam({ learningRate: 0.1 }), [0.900003162, 0.803486325, 0.761477937]],
  // Keras 2 adds 1e-8 outside the root, which float32 does not tell from nothing inside it.
  ["K2 RMSprop", new optimizers.RMSprop({ learningRate: 0.1, epsilon: 0 }), [0.683772334, 0.398058089, 0.534015006]],
  [
    "K2 Adagrad",
    new optimizers.Adagrad({ learningRate: 0.1, epsilon: 0, initialAccumulatorValue: 0 }),
    [0.90000001, 0.810557295, 0.851382122],
  ],
  ["K2 Adamax", new optimizers.Adamax({ learningRate: 0.1, epsilon: 1e-8 }), [0.90000001, 0.823684224, 0.793949694]],
  [
    "K2 Nadam",
    new optimizers.Nadam({ learningRate: 0.1, epsilon: 1e-8, scheduleDecay: 0.004 }),
    [0.894354833, 0.798060104, 0.835491376],
  ],
];
for (const [title, optimizer, expected] of traces)
  test(`${title} follows the golden trace`, () =>
    inGraph(async (session) => {
      const w = new tf.Variable(1, { dtype: "float32" }) as unknown as tf.Variable;
      const g = tf.placeholder("float32", []) as tf.Tensor;
      const step = optimizer.applyGradients([[g, w]]);
      await session.run(tf.globalVariablesInitializer());
      const trace: number[] = [];
      for (const gradient of [0.1, 0.2, -0.1]) {
        await session.run(step, [[g, gradient]] as never);
        trace.push(...numbersOf(await session.run(w)));
      }
      // 0.999 has seven digits in float32, which leaves 1 − 0.999² four: 2e-5 of a step of 0.1.
      assertClose(trace, expected, 2e-6, title);
    }));

test("the learning rate is a variable; Keras 2's decay makes it fall", () =>
  inGraph(async (session) => {
    const w = new tf.Variable(0, { dtype: "float32" }) as unknown as tf.Variable;
    const g = tf.constant(-1, { dtype: "float32" }) as tf.Tensor;
    const plain = new optimizers.SGD({ learningRate: 0.5, name: "plain" });
    const falling = new optimizers.SGD({ lr: 1, decay: 1 });
    const steps = [plain, falling].map((optimizer) => optimizer.applyGradients([[g, w]]));
    await session.run(tf.globalVariablesInitializer());
    await session.run(steps[0] as tf.Operation);
    assert.ok(plain.learningRate instanceof tf.Variable);
    assert.equal(plain.learningRate.op.name, "plain/learning_rate");
    await session.run(plain.learningRate.assign(2));
    await session.run(steps[0] as tf.Operation);
    assert.equal(await session.run(w), 2.5);
    for (let i = 0; i < 2; i++) await session.run(steps[1] as tf.Operation);
    assert.equal(await session.run(w), 2.5 + 1 + 0.5);
    // What is assigned is the rate that decay divides.
    assert.ok(falling.learningRate instanceof tf.Variable);
    assert.equal(await session.run(falling.learningRate), 1);
    await session.run(falling.learningRate.assign(6));
    await session.run(steps[1] as tf.Operation);
    assert.equal(await session.run(w), 2.5 + 1 + 0.5 + 6 / 3);
    assert.deepEqual(
      falling.variables().map((v) => v.op.name),
      ["sgd/iteration", "sgd/learning_rate"],
    );
  }));

test("minimize trains raw graph code, with a loss scale and weights left out of decay", () =>
  inGraph(async (session) => {
    const w = new tf.Variable([2, -1], { name: "w", dtype: "float32" });
    const bias = new tf.Variable([4], { name: "bias", dtype: "float32" });
    const loss = tf.reduceSum(tf.square(w)) as tf.Tensor;
    const optimizer = new optimizers.SGD({ learningRate: 0.25, lossScaleFactor: 8, weightDecay: 0.4 });
    optimizer.excludeFromWeightDecay({ varNames: ["bias"] });
    const step = optimizer.minimize(loss.add(tf.reduceSum(bias) as tf.Tensor) as tf.Tensor);
    await session.run(tf.globalVariablesInitializer());
    await session.run(step);
    // w − 0.4·0.25·w − 0.25·2w, and the bias only its gradient.
    assertClose(await session.run([w, bias] as never), [0.8, -0.4, 3.75], 1e-6, "one step");
  }));

const schedules = readGolden<{
  readonly steps: readonly number[];
  readonly cases: Readonly<Record<string, { readonly values: readonly number[]; readonly config: SerializedObject }>>;
}>("schedules");
for (const [title, { values, config }] of Object.entries(schedules.cases))
  test(`schedule ${title} is Keras's`, () =>
    inGraph(async (session) => {
      const schedule = optimizers.schedules.deserialize(config);
      const step = tf.placeholder("int32", []) as tf.Tensor;
      const rate = schedule(step);
      const found: number[] = [];
      for (const at of schedules.steps) found.push(...numbersOf(await session.run(rate, [[step, at]] as never)));
      assertClose(found, values, 1e-6, title);
      assert.deepEqual(schedule.getConfig(), config.config);
    }));

test("an optimizer follows its schedule, and its config carries it", () =>
  inGraph(async (session) => {
    const schedule = new optimizers.schedules.ExponentialDecay(1, { decaySteps: 1, decayRate: 0.5 });
    const optimizer = new optimizers.SGD({ learningRate: schedule });
    const w = new tf.Variable(0, { dtype: "float32" }) as unknown as tf.Variable;
    const step = optimizer.applyGradients([[tf.constant(-1, { dtype: "float32" }) as tf.Tensor, w]]);
    await session.run(tf.globalVariablesInitializer());
    for (let i = 0; i < 3; i++) await session.run(step);
    assert.equal(await session.run(w), 1.75);
    const copy = deserialize("optimizer", serialize(optimizer) as SerializedObject);
    assert.deepEqual(copy.getConfig(), optimizer.getConfig());
    assert.deepEqual(
      optimizer.variables().map((v) => v.dtype),
      ["int32"],
    );
  }));

test("an optimizer serves several graphs", async () => {
  const optimizer = new optimizers.Adam({ learningRate: 0.1 });
  for (let i = 0; i < 2; i++)
    await inGraph(async (session) => {
      const w = new tf.Variable(1, { dtype: "float32" }) as unknown as tf.Variable;
      const step = optimizer.applyGradients([
        [tf.constant(0.1, { dtype: "float32" }) as tf.Tensor, w],
        [null, w],
      ]);
      await session.run(tf.globalVariablesInitializer());
      await session.run(step);
      assertClose(await session.run(w), [0.900003162], 1e-6, "first step");
      assert.equal(await session.run(optimizer.iterations), 1);
    });
});

test("names are read in any case; misuse is told", () => {
  assert.equal(get("optimizer", "SGD" as "sgd").constructor.name, "SGD");
  assert.equal(get("optimizer", "RmsProp" as "rmsprop").constructor.name, "RMSprop");
  assert.throws(() => get("optimizer", "adm" as "adam"), /Could not interpret optimizer identifier: adm[\s\S]*"adam"/);
  assert.throws(() => new optimizers.SGD({ momentum: 2 }), /`momentum` must be a float between \[0, 1\]/);
  assert.throws(() => new optimizers.SGD({ clipnorm: 1, clipvalue: 1 }), /Only one of `clipnorm`, `clipvalue`/);
  assert.throws(() => new optimizers.Adam({ learningRate: "fast" as never }), /`learning_rate` should be float/);
  assert.throws(() => new optimizers.Ftrl({ learningRatePower: 1 }), /needs to be negative or zero/);
  assert.throws(() => new optimizers.AdamW({ weightDecay: null }), /`weight_decay` must be a float/);
  assert.throws(() => new optimizers.SGD({ gradientAccumulationSteps: 1 }), /must be an integer >= 2/);
  assert.throws(() => new optimizers.schedules.CosineDecay(0.1, { decaySteps: 0 }), /`decay_steps` must be > 0/);
  assert.throws(
    () => optimizers.schedules.deserialize({ class_name: "CosinDecay", config: {} }),
    /schedule identifier: CosinDecay[\s\S]*"CosineDecay"/,
  );
  new tf.Graph().asDefault(() => {
    const w = new tf.Variable(1, { dtype: "float32" }) as unknown as tf.Variable;
    assert.throws(() => new optimizers.SGD().applyGradients([[null, w]]), /No gradients provided for any variable/);
  });
});

test("misspelt options and names do not compile", () => {
  // @ts-expect-error the option is beta1
  assert.throws(() => new optimizers.Adam({ beta_1: 0.5 }), /no option 'beta_1'[\s\S]*'beta1'/);
  // @ts-expect-error the name is adam
  assert.throws(() => get("optimizer", "adamm"), /"adam"/);
  const misspelt = { steps: 10, decayRate: 0.5 };
  // @ts-expect-error the option is decaySteps
  assert.throws(() => new optimizers.schedules.ExponentialDecay(0.1, misspelt), /no option 'steps'[\s\S]*decaySteps/);
});
