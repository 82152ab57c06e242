/** @file Every misuse of a model says what is wrong in Keras's words, and how to mend it. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as tf from "../../../src/index.js";
import { backend, input, layers as L, Model, Sequential } from "../../../src/keras/index.js";
import { assertFails } from "../../runtime/support.js";
import { classes, numbers, oneHot } from "./models.js";

beforeEach(() => backend.clearSession());

function classifier(
  loss: "categorical_crossentropy" | "sparse_categorical_crossentropy" | "mse" = "categorical_crossentropy",
): Sequential {
  const model = new Sequential([new L.Dense(3, { activation: "softmax", inputDim: 4, name: "classes" })]);
  model.compile({ loss, optimizer: "sgd", metrics: ["accuracy"] });
  return model;
}
const x = numbers([6, 4]);
const y = oneHot(classes(6, 3), 3);
const silent = { verbose: 0 } as const;
/** The compiled file, which errors name as their origin. */
const here = "errors.test.js";
const { ArgumentError, InvalidArgumentError, ShapeError } = tf.errors;

test("training before compile", async () => {
  const model = new Sequential([new L.Dense(3, { inputDim: 4 })]);
  const attempts = {
    fit: () => model.fit(x, y),
    evaluate: () => model.evaluate(x, y),
    trainOnBatch: () => model.trainOnBatch(x, y),
  };
  for (const [method, attempt] of Object.entries(attempts))
    await assertFails(attempt, {
      type: ArgumentError,
      says: `You must call \`compile()\` before calling \`${method}()\`.`,
      hint: /model\.compile/,
    });
});

test("a loss, optimizer, metric or activation that there is not", async () => {
  const model = classifier();
  const attempts = [
    [() => model.compile({ loss: "categorical_crossentropie" as "mse" }), "loss", /categorical_crossentropy/],
    [() => model.compile({ optimizer: "sdg" as "sgd", loss: "mse" }), "optimizer", /sgd/],
    [() => model.compile({ loss: "mse", metrics: ["acuracy" as "accuracy"] }), "metric", /accuracy/],
    [() => new L.Dense(1, { activation: "rellu" as "relu" }), "activation", /relu/],
    [() => new L.Dense(1, { kernelInitializer: "glorot" as "zeros" }), "initializer", /glorot_/],
  ] as const;
  for (const [attempt, kind, hint] of attempts)
    await assertFails(attempt, {
      type: ArgumentError,
      says: new RegExp(`^Could not interpret ${kind} identifier: `),
      hint,
    });
});

test("no loss at all", async () => {
  const model = new Sequential([new L.Dense(3, { inputDim: 4 })]);
  model.compile({ optimizer: "sgd" });
  await assertFails(() => model.fit(x, y, silent), {
    type: ArgumentError,
    says: "No loss to compute. Provide a `loss` argument in `compile()`.",
  });
});

test("inputs of another shape, another number, another name", async () => {
  const model = classifier();
  await assertFails(() => model.fit(numbers([6, 5]), y, silent), {
    type: ShapeError,
    says: "Error when checking input: expected classes_input to have shape (None, 4) but got array with shape (6, 5)",
  });
  await assertFails(() => model.predict([x, x]), {
    type: ArgumentError,
    says: "The model expects 1 input array(s), but it received 2: the inputs are [classes_input].",
  });
  await assertFails(() => model.predict({ wrong: x }), {
    type: ArgumentError,
    says: "There is no input named 'wrong'. Expected the following keys: [classes_input]",
    hint: false,
  });
  const [a, b] = [input({ shape: [1], name: "a" }), input({ shape: [1], name: "b" })];
  const two = new Model({ inputs: [a, b], outputs: L.add([a, b]) });
  await assertFails(() => two.predict([numbers([2, 1])]), {
    type: ArgumentError,
    says: "The model expects 2 input array(s), but it received 1: the inputs are [a,b].",
  });
  await assertFails(() => two.predict({ a: numbers([2, 1]) }), {
    type: ArgumentError,
    says: /^Missing data for input "b"/,
    hint: false,
  });
});

test("targets of another shape", async () => {
  await assertFails(() => classifier().fit(x, classes(6, 3), silent), {
    type: ShapeError,
    says: /^You are passing a target array of shape \(\?,\) while using as loss `categorical_crossentropy`/,
    hint: /toCategorical|sparse_categorical_crossentropy/,
  });
  backend.clearSession();
  await assertFails(async () => await classifier("mse").fit(x, numbers([6, 2]), silent), {
    type: ShapeError,
    createdIn: here,
    says: "A target array with shape (?, 2) was passed for an output of shape (?, 3) while using as loss `mse`. This loss expects targets to have the same shape as the output.",
  });
  backend.clearSession();
  await assertFails(() => classifier().fit(x, null, silent), {
    type: ArgumentError,
    says: "No target was given for the output 'classes', which has a loss.",
  });
});

test("different numbers of rows, or none", async () => {
  const model = classifier();
  await assertFails(() => model.fit(x, y.rows(0, 5), silent), {
    type: ArgumentError,
    says: /^Data cardinality is ambiguous.* 'x' sizes: 6\. 'y' sizes: 5\./,
  });
  await assertFails(() => model.fit(x, y, { ...silent, sampleWeight: [1, 2] }), {
    type: ArgumentError,
    says: / 'sample_weight' sizes: 2\./,
  });
  await assertFails(() => model.fit(x.rows(0, 0), y.rows(0, 0), silent), {
    type: ArgumentError,
    says: "The data has no rows.",
  });
  await assertFails(() => model.fit(x, y, { ...silent, validationSplit: 0.9 }), {
    type: ArgumentError,
    says: /^Training data contains 6 samples, which is not sufficient to split it/,
  });
});

test("labels out of range fail the step and change nothing", async () => {
  const model = classifier("sparse_categorical_crossentropy");
  const before = await model.getWeights();
  await assertFails(() => model.fit(x, [0, 1, 2, 3, 1, 0], silent), {
    type: InvalidArgumentError,
    says: /label value of 3 which is outside the valid range of \[0, 3\)/,
    hint: false,
  });
  const after = await model.getWeights();
  for (const [i, weight] of before.entries())
    if (!weight.equals(after[i] as tf.NdArray)) throw new Error(`weight ${i} changed`);
});

test("options that cannot be", async () => {
  const model = classifier();
  await assertFails(() => model.fit(x, y, { ...silent, batchSize: 0 }), {
    type: ArgumentError,
    says: /^batchSize of fit\(\) must be a whole number above 0/,
    hint: false,
  });
  await assertFails(() => model.fit(x, y, { ...silent, stepsPerEpoch: 0 }), {
    type: ArgumentError,
    says: /^stepsPerEpoch of fit\(\) must be a whole number/,
    hint: false,
  });
  await assertFails(() => model.fit(new Set([[x, y]] as never) as never, y, silent), {
    type: ArgumentError,
    says: /^When providing `x` as a stream/,
    hint: false,
  });
  await assertFails(
    () =>
      model.fit(
        (function* () {
          yield x as never;
        })(),
        silent,
      ),
    { type: ArgumentError, says: /^A batch must be a list/ },
  );
  await assertFails(() => (model.compile({ loss: { nothing: "mse" } }) as never) ?? model.fit(x, y, silent), {
    type: ArgumentError,
    says: "There is no output named 'nothing' for `loss`; the outputs are [classes].",
  });
});

test("layers", async () => {
  await assertFails(() => new L.Dense(0), {
    type: ArgumentError,
    says: /^Invalid value for argument `units`/,
    hint: false,
  });
  await assertFails(() => new L.Dropout(1.5), { type: ArgumentError, says: /Expected a float value between 0 and 1/ });
  await assertFails(() => new L.Conv2D(4, 3, { padding: "full" as "same" }), {
    type: ArgumentError,
    says: /^The `padding` argument must be one of/,
    hint: false,
  });
  await assertFails(() => new L.Dense(2).apply(input({ shape: [null] })), {
    type: ShapeError,
    says: /^The last dimension of the inputs to a Dense layer should be defined/,
    createdIn: here,
  });
  const dense = new L.Dense(2, { name: "dense" });
  dense.apply(input({ shape: [784] }));
  await assertFails(() => dense.apply(input({ shape: [10] })), {
    type: ShapeError,
    says: /^Input 0 of layer "dense" is incompatible with the layer: expected axis -1 of input shape to have value 784, but received input with shape \(None, 10\)/,
    createdIn: here,
  });
  await assertFails(() => dense.apply(7 as never), {
    type: ArgumentError,
    says: /^Inputs to a layer should be tensors\. Got 7/,
    createdIn: here,
  });
  await assertFails(() => new L.Concatenate({ axis: 1 }).apply([input({ shape: [2, 3] }), input({ shape: [2, 4] })]), {
    type: ShapeError,
    says: /^A `Concatenate` layer requires inputs with matching shapes/,
    createdIn: here,
    hint: false,
  });
  await assertFails(() => new L.Dense(2).countParams(), {
    type: ArgumentError,
    says: /^You tried to call `count_params`/,
  });
  await assertFails(() => input({} as never), { type: ArgumentError, says: "You must pass a `shape` argument." });
});

/** The lines of an error that follow its first one, places without what stands before the file's name. */
const lines = ({ message }: Error): string[] =>
  message.split("\n").map((line) => line.replace(/\S*\/(.*\.js):.*/, "$1"));

test("an error of a layer names the call that met it, once, in its message and its stack", async () => {
  class Strict extends L.Dense {
    override build(): void {
      throw new ArgumentError("Too strict,\nby far.", { hint: "be more lenient" });
    }
  }
  const placed = ["Too strict,", "by far.", `  created at  ${here}`, "  fix         be more lenient"];
  const expected = { type: ArgumentError, says: "Too strict,", createdIn: here };
  const applied = await assertFails(() => new Strict(2).apply(input({ shape: [3] })), expected);
  assert.deepEqual(lines(applied), placed);
  assert.ok(applied.stack?.includes(applied.message), applied.stack);
  assert.equal(applied.stack?.split("Too strict").length, 2);
  // Inside another layer; while a model is made; and where a model without a shape is made by its first data.
  const nested = await assertFails(
    () => new L.TimeDistributed(new Strict(2)).apply(input({ shape: [4, 3] })),
    expected,
  );
  assert.deepEqual(lines(nested), placed);
  assert.deepEqual(lines(await assertFails(() => new Sequential([new Strict(2, { inputDim: 3 })]), expected)), placed);
  const late = new Sequential([new Strict(2)]);
  late.compile({ loss: "mse" });
  for (const run of [() => late.fit(x, y, silent), () => late.predict(x)])
    assert.deepEqual(lines(await assertFails(async () => await run(), expected)), placed);
  // What is no error of this library is the user's own affair.
  const mine = new RangeError("mine");
  class Mine extends L.Dense {
    override build(): void {
      throw mine;
    }
  }
  assert.throws(
    () => new Mine(2).apply(input({ shape: [3] })),
    (error) => error === mine && mine.message === "mine",
  );
});

test("a first batch that does not fit leaves a model without a shape as it was", async () => {
  const model = new Sequential([new L.Activation("linear"), new L.Conv1D(2, 1), new L.Flatten(), new L.Dense(3)]);
  model.compile({ loss: "mse" });
  for (const run of [() => model.fit(x, y, silent), () => model.predict(x), () => model.evaluate(x, y, silent)])
    await assertFails(async () => await run(), { type: ShapeError, says: /expected ndim=3, found ndim=2/ });
  assert.deepEqual((await model.predict(numbers([6, 4, 2]))).shape, [6, 3]);
  assert.deepEqual(
    model.layers.map(({ inboundNodes }) => inboundNodes.length),
    [1, 1, 1, 1],
  );
});

test("a layer of a cleared session", async () => {
  const dense = new L.Dense(2);
  dense.apply(input({ shape: [3] }));
  backend.clearSession();
  await assertFails(() => dense.apply(input({ shape: [3] })), {
    type: tf.errors.GraphError,
    says: "Layer 'dense' belongs to another graph.",
    createdIn: here,
  });
});
