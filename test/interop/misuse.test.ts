/**
 * @file The same mistakes at each level, here the raw graph and tf.layers: an input of another shape, a target of another shape, a
 * step that was left out, a name that there is not, different numbers of samples, no samples, labels that are no
 * classes, and numbers that are none. Each is the original's error, with where and how to mend it, and nothing
 * is changed.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { assertFails, type Failure, narrow, none, notNumbers, wide, X, Y } from "./misuse.js";

const { FailedPreconditionError, FeedError, FetchError, GraphError, InvalidArgumentError, ShapeError } = tf.errors;

// ---- level 1 ----

async function raw(
  body: (parts: {
    readonly x: tf.Tensor;
    readonly y: tf.Tensor;
    readonly W: tf.Variable;
    readonly logits: tf.Tensor<"float32">;
    readonly checked: tf.Tensor;
    readonly train: tf.Operation;
    readonly session: tf.Session;
    readonly initialize: () => Promise<unknown>;
  }) => Promise<void>,
): Promise<void> {
  await new tf.Graph().asDefault(async (graph) => {
    const x = tf.placeholder("float32", [null, 4], { name: "pixels" });
    const y = tf.placeholder("float32", [null, 2], { name: "labels" });
    const W = new tf.Variable(tf.zeros([4, 2]), { name: "W" });
    const logits = tf.matmul(x, W);
    const loss = tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogits({ logits, labels: y }));
    const train = new tf.train.GradientDescentOptimizer(0.5).minimize(loss);
    // A gradient needs no loss: who wants it checked fetches it.
    const checked = tf.checkNumerics(loss, "the loss");
    const init = tf.globalVariablesInitializer();
    using session = new tf.Session({ graph });
    await body({
      x,
      y,
      W: W as tf.Variable,
      logits: logits as tf.Tensor<"float32">,
      checked,
      train,
      session,
      initialize: () => session.run(init),
    });
  });
}

test("level 1, the raw graph", () =>
  raw(async ({ x, y, W, logits, checked, train, session, initialize }) => {
    await assertFails(
      () =>
        session.run(train, [
          [x, X],
          [y, Y],
        ]),
      {
        type: FailedPreconditionError,
        says: /^Attempting to use uninitialized value W$/,
        helps: /globalVariablesInitializer/,
      },
      "no initializer",
    );
    await initialize();
    const before = String(await session.run(W));
    const failures: readonly (readonly [string, () => unknown, Failure])[] = [
      [
        "input shape",
        () =>
          session.run(train, [
            [x, narrow],
            [y, [[1, 0]]],
          ]),
        {
          type: FeedError,
          says: /^Cannot feed value of shape \(1, 3\) for Tensor 'pixels:0', which has shape '\(\?, 4\)'$/,
          helps: /created at .*misuse[\s\S]*reshape/,
        },
      ],
      [
        "target shape",
        () =>
          session.run(train, [
            [x, X],
            [y, wide],
          ]),
        {
          type: FeedError,
          says: /^Cannot feed value of shape \(3, 3\) for Tensor 'labels:0', which has shape '\(\?, 2\)'$/,
          helps: /reshape/,
        },
      ],
      [
        "numbers of samples",
        () =>
          session.run(train, [
            [x, X],
            [y, [[1, 0]]],
          ]),
        {
          type: InvalidArgumentError,
          says: /^logits and labels must be same size: logits_size=\[3,2\] labels_size=\[1,2\]$/,
          helps: /created at/,
        },
      ],
      [
        "labels that are no classes",
        () =>
          session.run(tf.nn.sparseSoftmaxCrossEntropyWithLogits({ logits, labels: tf.constant([0, 1, 2]) }), [[x, X]]),
        {
          type: InvalidArgumentError,
          says: /^Received a label value of 2 which is outside the valid range of \[0, 2\)\. Label values: 0 1 2$/,
          helps: /labels run from 0 to 1/,
        },
      ],
      [
        "a name that there is not",
        () => session.run("los:0"),
        {
          type: FetchError,
          says: /^Fetch argument 'los:0' cannot be interpreted as a Tensor\. \(The name 'los:0' refers to a Tensor which does not exist/,
          helps: /getOperations/,
        },
      ],
      [
        "a loss that is no number",
        () =>
          session.run(
            [train, checked],
            [
              [x, notNumbers],
              [y, [[1, 0]]],
            ],
          ),
        { type: InvalidArgumentError, says: /^the loss : Tensor had NaN values$/, helps: /learning rate/ },
      ],
      [
        "no samples",
        () =>
          session.run(
            [train, checked],
            [
              [x, none(4)],
              [y, none(2)],
            ],
          ),
        // The mean of nothing is no number, as in TensorFlow.
        { type: InvalidArgumentError, says: /^the loss : Tensor had NaN values$/, helps: /created at|fix/ },
      ],
    ];
    for (const [what, call, failure] of failures) {
      await assertFails(call, failure, what);
      assert.equal(String(await session.run(W)), before, `${what} changes nothing`);
    }
  }));

test("checkNumerics passes numbers and gradients on, and tells infinities from NaN", () =>
  new tf.Graph().asDefault(async (graph) => {
    const x = tf.placeholder("float32", [null]);
    const checked = tf.checkNumerics(x, "x");
    const logarithm = tf.log(tf.verifyTensorAllFinite(x, "inside"));
    const [slope] = tf.gradients(tf.sqrt(checked), [x]) as readonly [tf.Tensor];
    for (const device of ["interpreter", "wasm"] as const) {
      using session = new tf.Session({ graph, device });
      const run = (fetch: tf.Tensor, values: readonly number[]) =>
        session.run(fetch, [[x, values]]) as Promise<unknown>;
      assert.deepEqual(Array.from(((await run(checked, [1, -2, 3.4e38])) as tf.NdArray<"float32">).data), [
        1,
        -2,
        Math.fround(3.4e38),
      ]);
      const fails = (fetch: tf.Tensor, values: readonly number[], says: RegExp) =>
        assertFails(
          () => run(fetch, values),
          { type: InvalidArgumentError, says, helps: /fix/ },
          `${values} on ${device}`,
        );
      await fails(checked, [1, Number.POSITIVE_INFINITY], /^x : Tensor had Inf values$/);
      await fails(checked, [Number.NEGATIVE_INFINITY, Number.NaN], /^x : Tensor had Inf and NaN values$/);
      await fails(logarithm, [Number.NaN], /^inside : Tensor had NaN values$/);
      // The root's slope at 0 is infinite.
      await fails(slope, [0], /values detected in gradient\. x : Tensor had Inf values$/);
      assert.equal(Number(((await run(slope, [4])) as tf.NdArray).data[0]), 0.25);
    }
  }));

// ---- level 2 ----

test("level 2, tf.layers", () =>
  new tf.Graph().asDefault(async (graph) => {
    const x = tf.placeholder("float32", [null, 4], { name: "pixels" });
    const dense = new tf.layers.Dense(2, { name: "classes" });
    const logits = dense.apply(x);
    const failures: readonly (readonly [string, () => unknown, Failure])[] = [
      [
        "input of too few axes",
        () => tf.layers.dense(tf.placeholder("float32", [4]) as tf.Tensor, 2),
        {
          type: ShapeError,
          says: /^Input 0 of layer dense is incompatible with the layer: expected min_ndim=2, found ndim=1\. Full shape received: \[4\]$/,
          helps: /created at .*misuse[\s\S]*\[batch, …, inputs\]/,
        },
      ],
      [
        "input of another size than the first",
        () => dense.apply(tf.placeholder("float32", [null, 5])),
        {
          type: ShapeError,
          says: /^Input 0 of layer classes is incompatible with the layer: expected axis -1 of input shape to have value 4 but received input with shape \[\?,5\]$/,
          helps: /shares its weights/,
        },
      ],
      [
        "unknown last axis",
        () => tf.layers.dense(tf.placeholder("float32", [null, null]) as tf.Tensor, 2),
        {
          type: ShapeError,
          says: /^The last dimension of the inputs to `Dense` should be defined\. Found `None`\.$/,
          helps: /setShape/,
        },
      ],
      [
        "target shape",
        () => tf.losses.softmaxCrossEntropy(tf.placeholder("float32", [null, 3]) as tf.Tensor, logits as tf.Tensor),
        {
          type: ShapeError,
          says: /^Shapes \(\?, 2\) and \(\?, 3\) are incompatible$/,
          helps: /predictions and labels need the same shape/,
        },
      ],
      [
        "a name that is taken",
        () => tf.layers.dense(x, 2, { name: "classes" }),
        {
          type: GraphError,
          says: /^Variable classes\/kernel already exists, disallowed\. Did you mean to set reuse=True in VarScope\? Originally defined at:$/,
          helps: /reuse: true/,
        },
      ],
      [
        "a name that there is not",
        () => tf.layers.dense(x, 2, { name: "clases", reuse: true }),
        {
          type: GraphError,
          says: /^Variable clases\/kernel does not exist, or was not created with tf\.get_variable\(\)\./,
          helps: /did you mean 'classes\/kernel'/,
        },
      ],
    ];
    for (const [what, call, failure] of failures) await assertFails(call, failure, what);
    assert.deepEqual(
      tf.trainableVariables().map(({ op }) => op.name),
      ["classes/kernel", "classes/bias"],
    );

    const labels = tf.placeholder("int32", [null], { name: "labels" });
    const loss = tf.losses.sparseSoftmaxCrossEntropy(labels, logits as tf.Tensor);
    const init = tf.globalVariablesInitializer();
    using session = new tf.Session({ graph });
    await assertFails(
      () =>
        session.run(loss, [
          [x, X],
          [labels, [0, 1, 0]],
        ]),
      {
        type: FailedPreconditionError,
        says: /^Attempting to use uninitialized value classes\/(kernel|bias)$/,
        helps: /globalVariablesInitializer/,
      },
      "no initializer",
    );
    await session.run(init);
    await assertFails(
      () =>
        session.run(loss, [
          [x, X],
          [labels, [0, 1, 2]],
        ]),
      {
        type: InvalidArgumentError,
        says: /^Received a label value of 2 which is outside the valid range of \[0, 2\)\./,
        helps: /labels run from 0 to 1/,
      },
      "labels that are no classes",
    );
    await assertFails(
      () =>
        session.run(loss, [
          [x, X],
          [labels, [0, 1]],
        ]),
      { type: InvalidArgumentError, says: /logits|labels|shape/i, helps: /created at|fix/ },
      "numbers of samples",
    );
    // A batch without samples is a batch; only its mean is nothing.
    assert.deepEqual(((await session.run(logits, [[x, none(4)]])) as tf.NdArray).shape, [0, 2]);
  }));
