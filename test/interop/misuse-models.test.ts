/**
 * @file The same mistakes at each level, here TFLearn and Keras: an input of another shape, a target of another shape, a
 * step that was left out, a name that there is not, different numbers of samples, no samples, labels that are no
 * classes, and numbers that are none. Each is the original's error, with where and how to mend it, and nothing
 * is changed.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import * as keras from "tensorstrata/keras";
import * as tflearn from "tensorstrata/tflearn";
import { assertFails, type Failure, narrow, none, notNumbers, wide, X, Y } from "./misuse.js";

const { ArgumentError, FeedError, GraphError, InvalidArgumentError, OpError, ShapeError } = tf.errors;

// ---- level 3 ----

test("level 3, TFLearn", async () => {
  const inModel = (body: (model: tflearn.DNN) => Promise<unknown>, options: Partial<tflearn.RegressionOptions> = {}) =>
    new tf.Graph().asDefault(() => {
      const input = tflearn.inputData({ shape: [null, 4], name: "pixels" });
      const net = tflearn.fullyConnected(input, 2, { activation: "softmax" });
      return body(
        new tflearn.DNN(tflearn.regression(net, { optimizer: "sgd", ...options }) as tf.Tensor, { output: null }),
      );
    });
  const once = { nEpoch: 1 } as const;
  const failures: readonly (readonly [string, (model: tflearn.DNN) => Promise<unknown>, Failure])[] = [
    [
      "input shape",
      (model) => model.fit(narrow, [[1, 0]], once),
      {
        type: FeedError,
        says: /^Cannot feed value of shape \(1, 3\) for Tensor 'pixels\/X:0', which has shape '\(\?, 4\)'$/,
        helps: /created at .*misuse/,
      },
    ],
    [
      "target shape",
      (model) => model.fit(X, wide, once),
      {
        type: FeedError,
        says: /^Cannot feed value of shape \(3, 3\) for Tensor 'TargetsData\/Y:0', which has shape '\(\?, 2\)'$/,
        helps: /created at .*misuse/,
      },
    ],
    [
      "numbers of samples",
      (model) => model.fit(X, [[1, 0]], once),
      {
        type: ArgumentError,
        says: /^The training data does not match: 3 samples for 'pixels\/X:0', but 1 for 'TargetsData\/Y:0'$/,
        helps: /one row for each sample/,
      },
    ],
    [
      "numbers of samples of a validation set",
      (model) => model.fit(X, Y, { ...once, validationSet: [X, [[1, 0]]] }),
      { type: ArgumentError, says: /^The validation data does not match: 3 samples/, helps: /one row for each sample/ },
    ],
    [
      "no samples",
      (model) => model.fit([], [], once),
      { type: ArgumentError, says: /^The training data for 'pixels\/X:0' has no samples$/, helps: /at least one/ },
    ],
    [
      "no samples to predict",
      (model) => model.predict(none(4)),
      { type: ArgumentError, says: /has no samples$/, helps: /at least one/ },
    ],
    [
      "a name that there is not",
      (model) => model.fit({ pixel: X } as never, Y, once),
      { type: GraphError, says: /pixel/, helps: /fix/ },
    ],
  ];
  for (const [what, call, failure] of failures)
    await inModel(async (model) => {
      const [weights] = tf.trainableVariables() as [tf.Variable];
      const before = String(await model.getWeights(weights));
      await assertFails(() => call(model), failure, what);
      assert.equal(String(await model.getWeights(weights)), before, `${what} changes nothing`);
    });
  const sparse = { toOneHot: true, nClasses: 2 } as const;
  for (const [label, at] of [
    [2, 2],
    [-1, 2],
    [0.5, 2],
  ] as const)
    await inModel(async (model) => {
      await assertFails(
        () => model.fit(X, [0, 1, label], once),
        {
          type: InvalidArgumentError,
          says: new RegExp(
            `^Received a label value of ${label} which is outside the valid range of \\[0, 2\\), for example ${at} of 'TargetsData/Y:0'$`,
          ),
          helps: /nClasses/,
        },
        "labels that are no classes",
      );
      await model.fit(X, [0, 1, 1], once);
    }, sparse);
  await new tf.Graph().asDefault(async () => {
    const net = tflearn.fullyConnected(tflearn.inputData({ shape: [null, 4] }), 2);
    await assertFails(
      () => new tflearn.DNN(net as tf.Tensor, { output: null }).fit(X, Y, once),
      {
        type: ArgumentError,
        says: /^tf collection "trainops" is empty! Please make sure you are using `regression` layer in your network\.$/,
        helps: /tflearn\.regression/,
      },
      "no regression",
    );
  });
  await new tf.Graph().asDefault(async () => {
    await assertFails(
      () => new tflearn.DNN(tf.zeros([2]) as never),
      {
        type: ArgumentError,
        says: /^No input data! Please add an 'input_data' layer to your model/,
        helps: /inputData/,
      },
      "no input",
    );
  });
  // The original shows such a loss as nan and goes on; a check in the loss makes it an error.
  await inModel(
    async (model) =>
      assertFails(
        () => model.fit(notNumbers, [[1, 0]], once),
        { type: InvalidArgumentError, says: /^the loss : Tensor had NaN values$/, helps: /learning rate/ },
        "a loss that is no number",
      ),
    { loss: (p, t) => tf.checkNumerics(tflearn.objectives.categoricalCrossentropy(p, t), "the loss") },
  );
});

// ---- level 4 ----

test("level 4, Keras", async () => {
  const makeModel = (loss: "categorical_crossentropy" | "sparse_categorical_crossentropy" | null): keras.Sequential => {
    keras.backend.clearSession();
    const model = new keras.Sequential([
      new keras.layers.Dense(2, { activation: "softmax", inputDim: 4, name: "classes" }),
    ]);
    if (loss !== null) model.compile({ optimizer: "sgd", loss, metrics: ["accuracy"] });
    return model;
  };
  const silent = { verbose: 0 } as const;
  const failures: readonly (readonly [
    string,
    Parameters<typeof makeModel>[0],
    (model: keras.Sequential) => unknown,
    Failure,
  ])[] = [
    [
      "input shape",
      "categorical_crossentropy",
      (model) => model.fit(narrow, [[1, 0]], silent),
      {
        type: ShapeError,
        says: /^Error when checking input: expected classes_input to have shape \(None, 4\) but got array with shape \(1, 3\)$/,
        helps: /counts the rows/,
      },
    ],
    [
      "target shape",
      "categorical_crossentropy",
      (model) => model.fit(X, wide, silent),
      {
        type: ShapeError,
        says: /^A target array with shape \(\?, 3\) was passed for an output of shape \(\?, 2\) while using as loss `categorical_crossentropy`\./,
        helps: /as many units/,
      },
    ],
    [
      "class numbers for one-hot rows",
      "categorical_crossentropy",
      (model) => model.fit(X, [[1], [0], [1]], silent),
      {
        type: ShapeError,
        says: /^You are passing a target array of shape \(\?, 1\) while using as loss `categorical_crossentropy`/,
        helps: /toCategorical/,
      },
    ],
    [
      "no compile",
      null,
      (model) => model.fit(X, Y, silent),
      {
        type: ArgumentError,
        says: /^You must call `compile\(\)` before calling `fit\(\)`\.$/,
        helps: /model\.compile/,
      },
    ],
    [
      "numbers of samples",
      "categorical_crossentropy",
      (model) => model.fit(X, [[1, 0]], silent),
      {
        type: ArgumentError,
        says: /^Data cardinality is ambiguous\. Make sure all arrays contain the same number of samples\. 'x' sizes: 3\. 'y' sizes: 1\.$/,
        helps: /first axis/,
      },
    ],
    [
      "numbers of samples of validation data",
      "categorical_crossentropy",
      (model) => model.fit(X, Y, { ...silent, validationData: [X, [[1, 0]]] }),
      { type: ArgumentError, says: /^Data cardinality is ambiguous/, helps: /first axis/ },
    ],
    [
      "no samples",
      "categorical_crossentropy",
      (model) => model.fit(none(4), none(2), silent),
      { type: ArgumentError, says: /^The data has no rows\.$/, helps: /at least 1/ },
    ],
    [
      "empty lists",
      "categorical_crossentropy",
      (model) => model.fit([], [], silent),
      { type: ArgumentError, says: /^The data has no rows\.$/, helps: /at least 1/ },
    ],
    [
      "labels that are no classes",
      "sparse_categorical_crossentropy",
      (model) => model.fit(X, [0, 1, 2], silent),
      {
        type: InvalidArgumentError,
        says: /^Received a label value of 2 which is outside the valid range of \[0, 2\)\./,
        helps: /labels run from 0 to 1/,
      },
    ],
    [
      "a name that there is not",
      "categorical_crossentropy",
      (model) => model.fit({ pixels: X }, Y, silent),
      {
        type: ArgumentError,
        says: /^There is no input named 'pixels'\. Expected the following keys: \[classes_input\]$/,
        helps: /^/,
      },
    ],
    [
      "a layer that there is not",
      null,
      (model) => model.getLayer("clases"),
      { type: ArgumentError, says: /^No such layer: clases\. Existing layers are: \[classes\]\.$/, helps: /^/ },
    ],
  ];
  for (const [what, loss, call, failure] of failures) {
    const model = makeModel(loss);
    const before = String(await model.getWeights());
    await assertFails(() => call(model), failure, what);
    assert.equal(String(await model.getWeights()), before, `${what} changes nothing`);
  }
  const model = makeModel("categorical_crossentropy");
  await assertFails(
    () =>
      model.fit(notNumbers, [[1, 0]], {
        ...silent,
        callbacks: [new keras.callbacks.TerminateOnNaN({ raiseError: true })],
      }),
    { type: OpError, says: /^NaN or Inf loss encountered at batch 0\. Loss value: nan\.$/, helps: /learning rate/ },
    "a loss that is no number",
  );
});
