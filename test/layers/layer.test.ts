/**
 * @file Names, scopes, sharing and collections of layers, as TensorFlow's `tf.layers` has them, and every
 * misuse in words.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { inGraph, namesOf } from "./support.js";

const { layers } = tf;
const inputs = () => tf.placeholder("float32", [null, 5], { name: "x" });
const globals = () => namesOf(tf.globalVariables());

test("unnamed layers are numbered, variables and operations alike", () => {
  inGraph(() => {
    const x = inputs();
    const first = layers.dense(x, 4, { activation: tf.nn.relu });
    const second = layers.dense(first, 3);
    assert.deepEqual([first.op.name, second.op.name], ["dense/Relu", "dense_1/BiasAdd"]);
    assert.deepEqual(globals(), ["dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"]);
    assert.deepEqual(namesOf(tf.trainableVariables()), globals());
    assert.equal(layers.dropout(first).op.name, "dropout/Identity");
    assert.match(layers.dropout(first, { training: true }).op.name, /^dropout_1\/dropout\//);
  });
});

test("a named layer, and another that shares its variables", () => {
  inGraph(() => {
    const x = inputs();
    layers.dense(x, 4, { name: "my" });
    const again = layers.dense(x, 4, { name: "my", reuse: true });
    assert.equal(again.op.name, "my_1/BiasAdd");
    layers.dense(x, 4, { name: "my", reuse: tf.AUTO_REUSE });
    layers.dense(x, 4, { name: "other", reuse: tf.AUTO_REUSE });
    assert.deepEqual(globals(), ["my/kernel", "my/bias", "other/kernel", "other/bias"]);
  });
});

test("layers inside variable scopes, and a scope as the name", () => {
  inGraph(() => {
    const x = inputs();
    const inner = tf.withVariableScope("s", () => [layers.dense(x, 2), layers.dense(x, 2, { name: "n" })] as const);
    assert.deepEqual(
      inner.map(({ op }) => op.name),
      ["s/dense/BiasAdd", "s/n/BiasAdd"],
    );
    const scope = tf.withVariableScope("s2", (opened) => opened);
    assert.equal(layers.dense(x, 2, { name: scope }).op.name, "s2/BiasAdd");
    assert.deepEqual(globals().slice(-2), ["s2/kernel", "s2/bias"]);
    tf.withVariableScope("s", () => layers.dense(x, 2), { reuse: true });
    assert.equal(globals().length, 6);
  });
});

test("a layer applied twice shares its weights; two of one name do not", () => {
  inGraph(() => {
    const x = inputs();
    const layer = new layers.Dense(2, { name: "q" });
    const outputs = [layer.apply(x), layer.apply(x), new layers.Dense(2, { name: "q" }).apply(x)];
    assert.deepEqual(
      outputs.map(({ op }) => op.name),
      ["q/BiasAdd", "q/BiasAdd_1", "q_1/BiasAdd"],
    );
    assert.deepEqual(globals(), ["q/kernel", "q/bias", "q_1/kernel", "q_1/bias"]);
    assert.deepEqual([layer.name, layer.scopeName, layer.dtype, layer.built], ["q", "q", "float32", true]);
    assert.deepEqual(layer.variables, [layer.kernel, layer.bias]);
    assert.equal(layer.countParams(), 12);
  });
});

test("weights that are not trained, and a layer switched off later", () => {
  inGraph(() => {
    const x = inputs();
    layers.dense(x, 2, { trainable: false });
    assert.deepEqual(tf.trainableVariables(), []);
    const layer = new layers.BatchNormalization();
    layer.apply(x);
    assert.deepEqual(namesOf(layer.trainableWeights), ["batch_normalization/gamma", "batch_normalization/beta"]);
    assert.deepEqual(namesOf(layer.nonTrainableWeights), [
      "batch_normalization/moving_mean",
      "batch_normalization/moving_variance",
    ]);
    assert.deepEqual(namesOf(tf.trainableVariables()), namesOf(layer.trainableVariables));
    layer.trainable = false;
    assert.deepEqual(layer.trainableWeights, []);
    assert.equal(layer.nonTrainableVariables.length, 4);
  });
});

test("initializers: the layer's, the scope's, a value of the dtype of the inputs", async () => {
  await inGraph(async (graph) => {
    const x = tf.placeholder("float64", [null, 2]);
    const own = new layers.Dense(1, {
      kernelInitializer: tf.constantInitializer(3),
      biasInitializer: tf.onesInitializer(),
    });
    own.apply(x);
    const scoped = new layers.Dense(1);
    tf.withVariableScope("s", () => scoped.apply(x), { initializer: tf.constantInitializer(2) });
    assert.deepEqual([own.dtype, own.kernel.dtype], ["float64", "float64"]);
    using session = new tf.Session({ graph, device: "interpreter" });
    await session.run(tf.globalVariablesInitializer());
    const values = await session.run([...own.variables, ...scoped.variables]);
    assert.deepEqual(
      values.map((v) => (v as tf.NdArray).toArray()),
      [[[3], [3]], [1], [[2], [2]], [0]],
    );
  });
});

test("regularizers: once for each new variable, and for each output", () => {
  inGraph((graph) => {
    const x = inputs();
    const options = {
      kernelRegularizer: tf.regularizers.l2(0.1),
      biasRegularizer: tf.regularizers.l1(0.1),
      activityRegularizer: tf.regularizers.l2(0.01),
    };
    const layer = new layers.Dense(3, { ...options, name: "d" });
    layer.apply(x);
    layer.apply(x);
    const names = graph.getCollection<tf.Tensor>(tf.GraphKeys.REGULARIZATION_LOSSES).map(({ op }) => op.name);
    assert.deepEqual(
      names.map((name) => name.split("/").slice(0, 3).join("/")),
      [
        "d/kernel/Regularizer",
        "d/bias/Regularizer",
        "d/ActivityRegularizer/l2_regularizer",
        "d/ActivityRegularizer_1/l2_regularizer",
      ],
    );
    assert.deepEqual(
      layer.losses.map(({ op }) => op.name),
      names,
    );
    assert.deepEqual(tf.losses.getRegularizationLosses(), layer.losses);
    layers.dense(x, 3, { name: "d", reuse: true, kernelRegularizer: tf.regularizers.l2(0.1) });
    assert.equal(tf.losses.getRegularizationLosses().length, 4);
    tf.withVariableScope("r", () => layers.dense(x, 3), { regularizer: tf.regularizers.l2(1) });
    assert.equal(tf.losses.getRegularizationLosses().length, 6);
  });
});

test("updates of batch normalization join UPDATE_OPS, for training alone", () => {
  inGraph((graph) => {
    const x = inputs();
    const updates = () => graph.getCollection<tf.Operation>(tf.GraphKeys.UPDATE_OPS).map(({ name }) => name);
    layers.batchNormalization(x);
    layers.batchNormalization(x, { training: false });
    assert.deepEqual(updates(), []);
    layers.batchNormalization(x, { training: true, name: "bn" });
    assert.deepEqual(updates(), ["bn/AssignMovingAvg", "bn/AssignMovingAvg_1"]);
    const layer = new layers.BatchNormalization();
    layer.apply(x, { training: tf.placeholder("bool", []) });
    assert.equal(layer.updates.length, 2);
  });
});

test("a layer of one's own, with layers inside", () => {
  class TwoLayers extends layers.Layer {
    protected override build(inputShape: tf.Shape | null): void {
      this.addWeight("scale", { shape: [inputShape?.at(-1) as number], initializer: tf.onesInitializer() });
    }
    protected override call(x: tf.Tensor): tf.Tensor {
      return layers.dense(x.mul(this.weights[0] as tf.Variable) as tf.Tensor<"float32">, 3);
    }
  }
  inGraph(() => {
    const layer = new TwoLayers();
    const first = layer.apply(inputs());
    assert.equal(first.op.name, "two_layers/dense/BiasAdd");
    assert.deepEqual(globals(), ["two_layers/scale", "two_layers/dense/kernel", "two_layers/dense/bias"]);
    layer.apply(inputs());
    assert.equal(globals().length, 3);
    assert.equal(layers.dense(inputs(), 2).op.name, "dense/BiasAdd");
  });
});

test("a layer lives in the graph of its inputs, and in no other", () => {
  const elsewhere = new tf.Graph();
  const x = elsewhere.asDefault(inputs);
  inGraph((graph) => {
    const layer = new layers.Dense(2, { name: "d" });
    assert.equal(layer.apply(x).graph, elsewhere);
    assert.deepEqual(tf.globalVariables(), []);
    assert.equal(tf.getDefaultGraph(), graph);
    assert.throws(() => layer.apply(inputs()), {
      name: "GraphError",
      message: /^Input graph and Layer graph are not the same: Tensor\("x:0", .*\) is not from the passed-in graph\./,
    });
  });
});

// ---- misuse ----

test("names that are taken or missing", () => {
  inGraph(() => {
    const x = inputs();
    layers.dense(x, 2, { name: "d" });
    assert.throws(() => layers.dense(x, 2, { name: "d" }), {
      name: "GraphError",
      message: /^Variable d\/kernel already exists, disallowed\. .*Originally defined at:\n\n.*layer\.test\.js/s,
    });
    assert.throws(() => layers.dense(x, 2, { name: "e", reuse: true }), {
      name: "GraphError",
      message: /^Variable e\/kernel does not exist, or was not created with tf\.get_variable\(\)/,
    });
    assert.throws(() => layers.dense(x, 3, { name: "d", reuse: true }), {
      name: "ShapeError",
      message: /^Trying to share variable d\/kernel, but specified shape \(5, 3\) and found shape \(5, 2\)/,
    });
    assert.equal(tf.getVariableScope().name, "");
  });
});

test("inputs that do not fit", () => {
  inGraph(() => {
    const of = (...shape: (number | null)[]) => tf.placeholder("float32", shape) as tf.Tensor<"float32">;
    assert.throws(() => layers.dense(of(5), 2), {
      name: "ShapeError",
      message: /^Input 0 of layer dense is incompatible with the layer: expected min_ndim=2, found ndim=1\. .*\[5\]/,
    });
    assert.throws(() => layers.dense(of(5, null), 2), {
      name: "ShapeError",
      message: /^The last dimension of the inputs to `Dense` should be defined\. Found `None`\./,
    });
    assert.throws(() => layers.dense(tf.placeholder("float32"), 2), /its rank is undefined, but the layer requires/);
    assert.throws(() => layers.dense(tf.placeholder("int32", [null, 2]), 2), {
      name: "DTypeError",
      message: /^Unable to build layer dense with non-floating point dtype int32/,
    });
    assert.throws(() => layers.conv2d(of(null, 8, 3), 2, 3), {
      name: "ShapeError",
      message:
        /^Input 0 of layer conv2d .*: expected ndim=4, found ndim=3\. .*\n.*\n.*\[batch, height, width, channels\]/,
    });
    assert.throws(() => layers.conv2d(of(null, 8, 8, null), 2, 3), /^ShapeError: The channel dimension of the inputs/);
    assert.throws(
      () => layers.conv2d(of(null, 2, 8, 1), 2, 3),
      /Negative dimension size caused by subtracting 3 from 2/,
    );
    assert.throws(
      () => layers.maxPooling1d(of(null, 8), 2, 2),
      /of layer max_pooling1d .*expected ndim=3, found ndim=2/,
    );
    assert.throws(() => layers.flatten(of(4)), /expected min_ndim=2, found ndim=1/);
    assert.throws(
      () => layers.batchNormalization(of(null, null)),
      /Input has undefined `axis` dimension. Input shape: \(\?, \?\)/,
    );
    assert.throws(() => layers.batchNormalization(of(4, 4), { axis: 2 }), /axis must be in \[-2, 2\), got 2/);
    assert.throws(() => layers.dense([[1, 2]] as never, 2), {
      name: "ArgumentError",
      message: /^Layer dense takes a tensor, got/,
    });
    // What failed its checks has taken no name.
    assert.equal(layers.dense(of(null, 2), 2).op.name, "dense/BiasAdd");

    const layer = new layers.Dense(2);
    layer.apply(of(null, 5));
    assert.throws(() => layer.apply(of(null, 4)), {
      name: "ShapeError",
      message: /expected axis -1 of input shape to have value 5 but received input with shape \[\?,4\]/,
    });
    const convolution = new layers.Conv2D(2, 3, { dataFormat: "channels_first" });
    convolution.apply(of(null, 1, 8, 8));
    assert.throws(() => convolution.apply(of(null, 2, 8, 8)), /expected axis 1 of input shape to have value 1/);
  });
});

test("arguments that do not fit", () => {
  inGraph(() => {
    const x = inputs();
    const picture = tf.placeholder("float32", [null, 8, 8, 1]) as tf.Tensor<"float32">;
    for (const units of [0, -1, 2.5, Number.NaN])
      assert.throws(
        () => layers.dense(x, units),
        /^ArgumentError: Received an invalid value for `units`, expected a pos/,
      );
    assert.throws(
      () => layers.dense(x, 2, { activation: "relu" as never }),
      /activation must be a function, got "relu"/,
    );
    assert.throws(() => layers.conv2d(picture, 2, [3] as never), {
      name: "ArgumentError",
      message: /^The `kernel_size` argument must be a tuple of 2 integers\. Received: \[3\]/,
    });
    assert.throws(
      () => layers.conv2d(picture, 2, 3, { strides: 0 }),
      /`strides` argument must be a tuple of 2 integers/,
    );
    assert.throws(
      () => layers.conv2d(picture, 2, 3, { padding: "full" as never }),
      /The `padding` argument must be one of "valid", "same"\. Received: "full"/,
    );
    assert.throws(
      () => layers.conv2d(picture, 2, 3, { dataFormat: "NCHW" as never }),
      /The `data_format` argument must be one of "channels_first", "channels_last"\. Received: "NCHW"/,
    );
    assert.throws(
      () => layers.conv2d(picture, 2, 3, { strides: 2, dilationRate: 2 }),
      /strides > 1 not supported in conjunction with dilation_rate > 1/,
    );
    assert.throws(() => layers.dense(x, 2, { activation: tf.nn.crelu as never }), {
      name: "ShapeError",
      message: /^The activation changes the shape from \(\?, 2\) to \(\?, 4\)/,
    });
    for (const rate of [1, -0.1, Number.NaN])
      assert.throws(() => layers.dropout(x, { rate }), /rate must be a scalar tensor or a float in the range \[0, 1\)/);
    assert.throws(() => layers.dropout(x, { training: 1 as never }), /training must be a boolean or a bool tensor/);
    assert.throws(() => layers.dropout(x, { training: tf.constant(1) as never }), {
      name: "DTypeError",
      message: /^training must be a bool tensor/,
    });
    assert.throws(() => layers.batchNormalization(x, { momentum: 2 }), /momentum must be in \[0, 1\], got 2/);
    for (const build of [layers.conv3d, layers.conv3dTranspose, layers.maxPooling3d, layers.averagePooling3d])
      assert.throws(() => build(picture, 2, 2), { name: "UnimplementedError", message: /fix {9}(fold|pool)/ });
    for (const Volume of [layers.Conv3D, layers.Conv3DTranspose, layers.MaxPooling3D, layers.AveragePooling3D])
      assert.throws(() => new Volume(2, 2), {
        name: "UnimplementedError",
        message: new RegExp(`^tf\\.layers\\.${Volume.name} is not implemented[^]*fix {9}(fold|pool)`),
      });
  });
});

test("what a layer has only once it is applied", () => {
  const layer = new layers.Dense(2, { name: "later" });
  assert.equal(layer.name, "later");
  assert.deepEqual([layer.built, layer.dtype, layer.variables], [false, undefined, []]);
  for (const read of [() => layer.kernel, () => layer.bias, () => layer.scopeName, () => layer.countParams()])
    assert.throws(read, {
      name: "GraphError",
      message: /^Layer later has no .* yet: .*\n(.*\n)? {2}fix {9}call layer/,
    });
});

test("a layer whose weights could not be made can be applied again", () => {
  inGraph(() => {
    const layer = new layers.Dense(2, { scope: "d", reuse: true });
    assert.throws(() => layer.apply(inputs()), /Variable d\/kernel does not exist/);
    assert.deepEqual([layer.built, layer.variables], [false, []]);
    layers.dense(inputs(), 2, { name: "d" });
    layer.apply(inputs());
    assert.deepEqual(namesOf(layer.variables), ["d/kernel", "d/bias"]);
  });
});
