/**
 * @file What the compiler refuses at each level, misspelt options and identifiers above all, and what is said
 * at run time to those who have no compiler: every identifier's error names the nearest there is.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { readDataSets } from "tensorstrata/datasets";
import * as keras from "tensorstrata/keras";
import { showPics } from "tensorstrata/pictures";
import * as tflearn from "tensorstrata/tflearn";

const L = keras.layers;

test("misspelt options do not compile: the raw graph and tf.layers", () => {
  // Never run: each line is an error that the compiler must report.
  const refused = (
    x: tf.Tensor<"float32", readonly [null, 4]>,
    p: tf.Tensor<"float32", readonly [null, 8, 8, 3]>,
  ): void => {
    const W = tf.zeros([3, 3, 3, 2]);
    // @ts-expect-error the name is stddev
    tf.truncatedNormal([2], { stdev: 1 });
    // @ts-expect-error the name is trainable
    new tf.Variable(tf.zeros([2]), { trainble: false });
    // @ts-expect-error a constraint is a function
    new tf.Variable(tf.zeros([2]), { constraint: "non_neg" });
    // @ts-expect-error the name is initializer
    tf.getVariable("w", { shape: [2], init: tf.zerosInitializer() });
    // @ts-expect-error the name is keepDims
    tf.reduceSum(x, { axis: 1, keepdims: true });
    // @ts-expect-error the name is transposeB
    tf.matmul(x, x, { transpose_b: true });
    // @ts-expect-error the compiler knows the paddings
    tf.nn.conv2d(p, W, { strides: 1, padding: "same" });
    // @ts-expect-error the name is ksize
    tf.nn.maxPool(p, { size: 2, strides: 2, padding: "SAME" });
    // @ts-expect-error the name is reduction
    tf.losses.meanSquaredError(x, x, { reduce: "sum" });
    // @ts-expect-error the name is beta1
    new tf.train.AdamOptimizer(0.1, { beta_1: 0.9 });
    // @ts-expect-error the name is useNesterov
    new tf.train.MomentumOptimizer(0.1, 0.9, { nesterov: true });
    // @ts-expect-error the name is globalStep
    new tf.train.GradientDescentOptimizer(0.1).minimize(x, { step: null });
    // @ts-expect-error the name is staircase
    tf.train.exponentialDecay(0.1, tf.constant(0), 10, 0.9, { stair: true });
    // @ts-expect-error the name is maxToKeep
    new tf.train.Saver({ max_to_keep: 3 });
    // @ts-expect-error the compiler knows the devices
    new tf.Session({ device: "gpu" });
    // @ts-expect-error the compiler knows the dtypes
    tf.placeholder("float16", [2]);
    // @ts-expect-error the name is backProp
    tf.scan((sum: tf.Tensor, v: tf.Tensor) => tf.add(sum, v) as tf.Tensor, x, { backprop: true });
    // @ts-expect-error the name is biasConstraint
    tf.layers.dense(x, 2, { biasConstaint: null });
    // @ts-expect-error the name is depthMultiplier
    tf.layers.separableConv2d(p, 2, 3, { multiplier: 2 });
    // @ts-expect-error the name is momentum
    new tf.layers.BatchNormalization({ decay: 0.9 });
    // @ts-expect-error the compiler knows the formats
    tf.layers.maxPooling2d(p, 2, 2, { dataFormat: "NHWC" });
  };
  assert.equal(typeof refused, "function");
});

test("misspelt options and identifiers do not compile: TFLearn", () => {
  const refused = (x: tf.Tensor, p: tf.Tensor, model: tflearn.DNN, network: tf.Tensor): void => {
    // @ts-expect-error the name is shape
    tflearn.inputData({ shp: [null, 4] });
    // @ts-expect-error the name is weightsInit
    tflearn.fullyConnected(x, 2, { weights_init: "zeros" });
    // @ts-expect-error there is no initialization of that name
    tflearn.fullyConnected(x, 2, { weightsInit: "xaver" });
    // @ts-expect-error the names are L1 and L2
    tflearn.fullyConnected(x, 2, { regularizer: "L3" });
    // @ts-expect-error the name is strides
    tflearn.conv2d(p, 2, 3, { stride: 2 });
    // @ts-expect-error the compiler knows the paddings
    tflearn.conv2d(p, 2, 3, { padding: "full" });
    // @ts-expect-error the name is noiseShape
    tflearn.dropout(x, 0.5, { noise_shape: null });
    // @ts-expect-error the name is epsilon
    tflearn.batchNormalization(x, { eps: 1e-3 });
    // @ts-expect-error the name is returnSeq
    tflearn.lstm(p, 4, { returnSequences: true });
    // @ts-expect-error the name is forgetBias
    tflearn.lstm(p, 4, { forget_bias: 1 });
    // @ts-expect-error there is no such mode
    tflearn.merge([x, x], "add");
    // @ts-expect-error there is no optimizer of that name
    tflearn.regression(x, { optimizer: "adamw" });
    // @ts-expect-error there is no objective of that name
    tflearn.regression(x, { loss: "mse" });
    // @ts-expect-error there is no metric of that name
    tflearn.regression(x, { metric: "acc" });
    // @ts-expect-error the name is learningRate
    tflearn.regression(x, { lr: 0.1 });
    // @ts-expect-error the name is lrDecay
    new tflearn.SGD({ learningRate: 0.1, decay: 0.9 });
    // @ts-expect-error the name is clipGradients
    new tflearn.DNN(network, { clip: 5 });
    // @ts-expect-error the name is nEpoch
    model.fit([[1]], [[1]], { epochs: 2 });
    // @ts-expect-error the name is weightsOnly
    model.load("m", { weights_only: true });
    // @ts-expect-error the compiler knows the ends
    tflearn.dataUtils.padSequences([[1]], { padding: "left" });
    // @ts-expect-error the name is targetColumn
    tflearn.dataUtils.loadCsv("a.csv", { target: 0 });
    // @ts-expect-error the name is pc
    new tflearn.DataPreprocessing().addZcaWhitening({ principal: [[1]] });
  };
  assert.equal(typeof refused, "function");
});

test("misspelt options and identifiers do not compile: Keras, data and pictures", () => {
  const refused = (model: keras.Sequential, x: tf.Tensor): void => {
    // @ts-expect-error the name is inputDim
    new L.Dense(2, { input_dim: 3 });
    // @ts-expect-error there is no initializer of that name
    new L.Dense(2, { kernelInitializer: "xavier" });
    // @ts-expect-error there is no regularizer of that name
    new L.Dense(2, { kernelRegularizer: "L2" });
    // @ts-expect-error there is no constraint of that name
    new L.Dense(2, { kernelConstraint: "maxnorm" });
    // @ts-expect-error only channels_last is available
    new L.Conv2D(2, 3, { dataFormat: "channels_first" });
    // @ts-expect-error causal is of Conv1D alone
    new L.Conv2D(2, 3, { padding: "causal" });
    // @ts-expect-error the name is poolSize
    new L.MaxPooling2D({ size: 2 });
    // @ts-expect-error the name is returnSequences
    new L.LSTM(2, { returnSeq: true });
    // @ts-expect-error stateful is a boolean
    new L.GRU(2, { stateful: "yes" });
    // @ts-expect-error there is no such mode
    new L.Bidirectional(new L.LSTM(2), { mergeMode: "add" });
    // @ts-expect-error the name is maskZero
    new L.Embedding(2, 3, { mask: true });
    // @ts-expect-error the name is momentum
    new L.BatchNormalization({ decay: 0.9 });
    // @ts-expect-error the name is trainable
    keras.input({ shape: [2], trainable: true });
    // @ts-expect-error there is no optimizer of that name
    model.compile({ optimizer: "momentum" });
    // @ts-expect-error the name is metrics
    model.compile({ metric: ["accuracy"] });
    // @ts-expect-error the name is lossWeights
    model.compile({ loss: "mse", loss_weights: [1] });
    // @ts-expect-error the name is validationData
    model.fit([[1]], [[1]], { validationSet: [[[1]], [[1]]] });
    // @ts-expect-error verbose is 0, 1, 2 or "auto"
    model.fit([[1]], [[1]], { verbose: 3 });
    // @ts-expect-error the name is returnDict
    model.evaluate([[1]], [[1]], { asDict: true });
    // @ts-expect-error the name is lineLength
    model.summary({ width: 80 });
    // @ts-expect-error the name is learningRate, and lr for Keras 2
    new keras.optimizers.Adam({ rate: 0.1 });
    // @ts-expect-error the name is useEma
    new keras.optimizers.SGD({ ema: true });
    // @ts-expect-error the name is fromLogits
    new keras.losses.CategoricalCrossentropy({ logits: true });
    // @ts-expect-error there is no such reduction
    new keras.losses.MeanSquaredError({ reduction: "average" });
    // @ts-expect-error the compiler knows the curves
    new keras.metrics.AUC({ curve: "ROK" });
    // @ts-expect-error the compiler knows the modes
    new keras.initializers.VarianceScaling({ mode: "fan_sum" });
    // @ts-expect-error the name is maxValue
    new keras.constraints.MinMaxNorm({ max: 2 });
    // @ts-expect-error the name is restoreBestWeights
    new keras.callbacks.EarlyStopping({ restoreBest: true });
    // @ts-expect-error the compiler knows the modes
    new keras.callbacks.ModelCheckpoint("m", { mode: "lowest" });
    // @ts-expect-error the name is deleteCheckpoint
    new keras.callbacks.BackupAndRestore("d", { delete: true });
    // @ts-expect-error there is no such hook
    new keras.callbacks.LambdaCallback({ onEpoch: () => undefined });
    // @ts-expect-error the name is decaySteps
    new keras.schedules.CosineDecay(0.1, { steps: 10 });
    // @ts-expect-error the compiler knows the directions
    keras.utils.modelToDot(model, { rankdir: "RL" });
    // @ts-expect-error the name is negativeSlope
    keras.activations.leakyRelu(x, { alpha: 0.1 });
    // @ts-expect-error the name is oneHot
    readDataSets("sample", { one_hot: true });
    // @ts-expect-error the name is label
    readDataSets("sample").then(({ train }) => showPics(train, { digit: 3 }));
  };
  assert.equal(typeof refused, "function");
});

// ---- without a compiler ----

/** A call with an identifier that does not exist, and what the error must tell. */
const misspelt: Readonly<Record<string, readonly [call: () => unknown, told: RegExp]>> = {
  "tf: dtype": [() => tf.placeholder("float" as never, [2]), /use float32, float64/],
  "tf: device": [() => new tf.Session({ device: "wsam" as never }), /use auto, wasm or interpreter/],
  "tf: padding": [
    () => tf.nn.maxPool(tf.zeros([1, 4, 4, 1]), { ksize: 2, strides: 2, padding: "SAEM" as never }),
    /"SAEM" is not in the list of allowed values: "SAME", "VALID"[\s\S]*did you mean 'SAME'/,
  ],
  "tf: mode of padding": [
    () => tf.pad([1, 2], [[1, 1]], { mode: "REFLCT" as never }),
    /CONSTANT, REFLECT or SYMMETRIC/,
  ],
  "tf: reduction": [
    () => tf.losses.meanSquaredError([1], [2], { reduction: "maen" as never }),
    /Invalid ReductionKey maen[\s\S]*there are none, weighted_sum, weighted_mean/,
  ],
  "tf: reduction, nearly": [
    () => tf.losses.meanSquaredError([1], [2], { reduction: "weighted_men" as never }),
    /did you mean 'weighted_mean'/,
  ],
  "tf: fans": [
    () => tf.varianceScalingInitializer({ mode: "fan_ni" as never }),
    /Invalid `mode` argument: fan_ni[\s\S]*did you mean 'fan_in'/,
  ],
  "tf: distribution": [
    () => tf.varianceScalingInitializer({ distribution: "gaussian" as never }),
    /Invalid `distribution` argument: gaussian[\s\S]*there are normal, uniform/,
  ],
  "tf.layers: padding": [
    () => new tf.layers.Conv2D(2, 3, { padding: "smae" as never }),
    /one of "valid", "same"[\s\S]*did you mean 'same'/,
  ],
  "tf.layers: padding, unlike any": [
    () => tf.layers.maxPooling2d(tf.zeros([1, 4, 4, 1]), 2, 2, { padding: "full" as never }),
    /one of "valid", "same"[\s\S]*write padding: "same" to keep the size/,
  ],
  "tf.layers: format": [
    () => new tf.layers.Conv2D(2, 3, { dataFormat: "channel_last" as never }),
    /one of "channels_first", "channels_last"[\s\S]*did you mean 'channels_last'/,
  ],
  "tflearn: activation": [
    () => tflearn.activations.get("rellu" as never),
    /Invalid activation: rellu[\s\S]*did you mean 'relu'/,
  ],
  "tflearn: initialization": [
    () => tflearn.initializations.get("xaver" as never),
    /Invalid initialization: xaver[\s\S]*did you mean 'xavier'/,
  ],
  "tflearn: regularizer": [
    () => tflearn.regularizers.get("l2" as never),
    /Invalid regularizer: l2[\s\S]*did you mean 'L2'/,
  ],
  "tflearn: optimizer": [
    () => tflearn.optimizers.get("addam" as never),
    /Invalid optimizer: addam[\s\S]*did you mean 'adam'/,
  ],
  "tflearn: objective": [
    () => tflearn.objectives.get("mean_squared" as never),
    /Invalid objective: mean_squared[\s\S]*did you mean 'mean_square'/,
  ],
  "tflearn: metric": [
    () => tflearn.metrics.get("acuracy" as never),
    /Invalid metric: acuracy[\s\S]*did you mean 'accuracy'/,
  ],
  "tflearn: merge mode": [
    () => tflearn.merge([tf.zeros([2, 2]), tf.zeros([2, 2])] as never, "concta" as never),
    /Invalid merge mode: concta[\s\S]*did you mean 'concat'/,
  ],
  "tflearn: fans": [
    () => tflearn.initializations.varianceScaling({ mode: "FAN_INN" as never }),
    /did you mean 'FAN_IN'/,
  ],
  "tflearn: padding": [
    () => tflearn.conv2d(tf.zeros([1, 4, 4, 1]), 2, 3, { padding: "vaild" as never }),
    /Accepted values: 'same', 'valid'[\s\S]*did you mean 'valid'/,
  ],
  "tflearn: ends": [
    () => tflearn.dataUtils.padSequences([[1]], { padding: "psot" as never }),
    /Padding type 'psot' not understood[\s\S]*did you mean 'post'/,
  ],
  "keras: activation": [
    () => new L.Activation("rellu" as never),
    /activation identifier: rellu[\s\S]*did you mean "relu"/,
  ],
  "keras: initializer": [
    () => new L.Dense(2, { kernelInitializer: "glorot_unifrm" as never }),
    /initializer identifier: glorot_unifrm[\s\S]*did you mean "glorot_uniform"/,
  ],
  "keras: regularizer": [
    () => new L.Dense(2, { biasRegularizer: "l22" as never }),
    /regularizer identifier: l22[\s\S]*did you mean "l2"/,
  ],
  "keras: constraint": [
    () => new L.Dense(2, { biasConstraint: "maxnorm" as never }),
    /constraint identifier: maxnorm[\s\S]*did you mean "max_norm"/,
  ],
  "keras: optimizer": [
    () => new keras.Sequential().compile({ optimizer: "addam" as never }),
    /Could not interpret optimizer identifier: addam[\s\S]*did you mean "adam"/,
  ],
  "keras: loss": [
    () => new keras.Sequential().compile({ loss: "mean_square_error" as never }),
    /loss identifier: mean_square_error[\s\S]*did you mean "mean_squared_error"/,
  ],
  "keras: metric": [
    () => new keras.Sequential().compile({ metrics: ["acuracy" as never] }),
    /metric identifier: acuracy[\s\S]*did you mean "accuracy"/,
  ],
  "keras: padding": [() => new L.MaxPooling2D({ padding: "sam" as never }), /one of 'valid', 'same'\. Received: sam/],
  "keras: merge mode": [
    () => new L.Bidirectional(new L.LSTM(2), { mergeMode: "concta" as never }),
    /concat, sum, mul, ave or null/,
  ],
  "keras: reduction": [
    () => new keras.losses.MeanSquaredError({ reduction: "summ" as never }),
    /Expected one of \{"sum_over_batch_size", "sum"/,
  ],
  "keras: curve": [() => new keras.metrics.AUC({ curve: "ROK" as never }), /one of \{ROC, PR, PRGAIN\}/],
  "keras: mode of a callback": [
    () => new keras.callbacks.EarlyStopping({ mode: "mni" as never }),
    /use 'auto', 'min' or 'max'/,
  ],
  "keras: direction of a drawing": [
    () => keras.utils.modelToDot(new keras.Sequential(), { rankdir: "TBB" as never }),
    /"TB" or "LR"/,
  ],
  "keras: class of a layer": [
    () =>
      keras.models.modelFromJSON({
        class_name: "Sequential",
        config: { layers: [{ class_name: "Dens", config: {} }] },
      }),
    /Could not locate class 'Dens'[\s\S]*did you mean Dense/,
  ],
  "pictures: format": [() => showPics({} as never, { format: "pgn" as never }), /"terminal" or "png"/],
};

for (const [name, [call, told]] of Object.entries(misspelt))
  test(`an identifier that does not exist is an error that helps: ${name}`, () => {
    new tf.Graph().asDefault(() =>
      assert.throws(call, (error: Error) => error instanceof tf.StrataError && told.test(error.message)),
    );
  });

/** Calls of the raw graph with an option that does not exist, and what it is near to; `null`: to none. */
const { train } = tf;
const step = () => tf.train.getOrCreateGlobalStep();
const wrongOptions: Readonly<
  Record<string, readonly [call: (options: object) => unknown, wrong: string, near: string | null]>
> = {
  "new AdamOptimizer": [(o) => new train.AdamOptimizer(0.1, o), "beta_1", "beta1"],
  "new MomentumOptimizer": [(o) => new train.MomentumOptimizer(0.1, 0.9, o), "use_nesterov", "useNesterov"],
  "new RMSPropOptimizer": [(o) => new train.RMSPropOptimizer(0.1, o), "centred", "centered"],
  "new AdagradOptimizer": [
    (o) => new train.AdagradOptimizer(0.1, o),
    "initialAcumulatorValue",
    "initialAccumulatorValue",
  ],
  "new AdadeltaOptimizer": [(o) => new train.AdadeltaOptimizer(0.1, o), "epislon", "epsilon"],
  "new AdagradDAOptimizer": [
    (o) => new train.AdagradDAOptimizer(0.1, step(), o),
    "l1_regularization_strength",
    "l1RegularizationStrength",
  ],
  "new FtrlOptimizer": [(o) => new train.FtrlOptimizer(0.1, o), "learningratePower", "learningRatePower"],
  "new ProximalGradientDescentOptimizer": [
    (o) => new train.ProximalGradientDescentOptimizer(0.1, o),
    "l2RegularisationStrength",
    "l2RegularizationStrength",
  ],
  "new ProximalAdagradOptimizer": [(o) => new train.ProximalAdagradOptimizer(0.1, o), "nmae", "name"],
  exponentialDecay: [(o) => train.exponentialDecay(0.1, step(), 10, 0.9, o), "stair_case", "staircase"],
  naturalExpDecay: [(o) => train.naturalExpDecay(0.1, step(), 10, 0.9, o), "continuous", null],
  inverseTimeDecay: [(o) => train.inverseTimeDecay(0.1, step(), 10, 0.9, o), "staircas", "staircase"],
  polynomialDecay: [(o) => train.polynomialDecay(0.1, step(), 10, o), "endLearnignRate", "endLearningRate"],
  cosineDecay: [(o) => train.cosineDecay(0.1, step(), 10, o), "alhpa", "alpha"],
  cosineDecayRestarts: [(o) => train.cosineDecayRestarts(0.1, step(), 10, o), "t_mul", "tMul"],
  linearCosineDecay: [(o) => train.linearCosineDecay(0.1, step(), 10, o), "num_periods", "numPeriods"],
  piecewiseConstant: [(o) => train.piecewiseConstant(step(), [1], [0.1, 0.2], o), "label", null],
  "new ExponentialMovingAverage": [(o) => new train.ExponentialMovingAverage(0.9, o), "num_updates", "numUpdates"],
  "new Saver": [
    (o) => {
      new tf.Variable(1);
      return new train.Saver(o);
    },
    "max_to_keep",
    "maxToKeep",
  ],
  "new Session": [(o) => new tf.Session(o).close(), "devcie", "device"],
  "new Variable": [(o) => new tf.Variable(1, o), "trainble", "trainable"],
  "new GradientDescentOptimizer": [(o) => new train.GradientDescentOptimizer(1, o), "names", "name"],
  minimize: [
    (o) => new train.GradientDescentOptimizer(1).minimize(tf.square(new tf.Variable(1.5)) as tf.Tensor, o),
    "global_step",
    "globalStep",
  ],
  zerosInitializer: [(o) => tf.zerosInitializer(o), "dytpe", "dtype"],
  onesInitializer: [(o) => tf.onesInitializer(o), "shape", null],
  constantInitializer: [(o) => tf.constantInitializer(1, o), "verify_shape", "verifyShape"],
  identityInitializer: [(o) => tf.identityInitializer(o), "gian", "gain"],
  randomUniformInitializer: [(o) => tf.randomUniformInitializer(o), "minVal", "minval"],
  randomNormalInitializer: [(o) => tf.randomNormalInitializer(o), "stdev", "stddev"],
  truncatedNormalInitializer: [(o) => tf.truncatedNormalInitializer(o), "std_dev", "stddev"],
  uniformUnitScalingInitializer: [(o) => tf.uniformUnitScalingInitializer(o), "facter", "factor"],
  varianceScalingInitializer: [(o) => tf.varianceScalingInitializer(o), "distributon", "distribution"],
  glorotUniformInitializer: [(o) => tf.glorotUniformInitializer(o), "sede", "seed"],
  glorotNormalInitializer: [(o) => tf.glorotNormalInitializer(o), "mode", null],
  orthogonalInitializer: [(o) => tf.orthogonalInitializer(o), "gains", "gain"],
};

for (const [call, [make, wrong, near]] of Object.entries(wrongOptions))
  test(`an option that does not exist is an error without a compiler, too: ${call}`, () => {
    new tf.Graph().asDefault(() => {
      assert.throws(
        () => make({ [wrong]: 1 }),
        (error: Error) =>
          error instanceof tf.StrataError &&
          error.name === "ArgumentError" &&
          error.message.includes(`${call} has no option '${wrong}'`) &&
          error.message.includes(near === null ? "there are " : `did you mean '${near}'?`),
      );
      assert.throws(() => make([]), /the options must be an object/);
      make({});
    });
  });

test("an option of a checkpoint that does not exist is an error before any file is touched", async () => {
  const graph = new tf.Graph();
  const saver = graph.asDefault(() => {
    new tf.Variable(1);
    return new train.Saver();
  });
  using session = new tf.Session({ graph, device: "interpreter" });
  const wrong: object = { global_step: 1 };
  await assert.rejects(
    saver.save(session, "nowhere/model", wrong),
    /save has no option[\s\S]*did you mean 'globalStep'/,
  );
  const latest: object = { lastFilename: "other" };
  await assert.rejects(
    train.latestCheckpoint("nowhere", latest),
    /latestCheckpoint has no option[\s\S]*'latestFilename'/,
  );
  await assert.rejects(train.getCheckpointState("nowhere", latest), /getCheckpointState has no option/);
});

test("a config of Keras that asks for what a layer does not have is refused, not ignored", () => {
  const layer = (class_name: string, config: object) => ({
    class_name: "Sequential",
    config: { name: "read", layers: [{ class_name, config: { name: "it", ...config } }] },
  });
  const refusals: readonly (readonly [object, RegExp])[] = [
    [
      layer("UpSampling2D", { size: [2, 2], interpolation: "bilinear" }),
      /UpSampling2D 'it' has interpolation="bilinear"/,
    ],
    [layer("Conv2DTranspose", { filters: 2, kernel_size: 3, output_padding: 1 }), /output_padding=1/],
    [layer("LayerNormalization", { rms_scaling: true }), /rms_scaling=true/],
    [layer("Flatten", { data_format: "channels_first" }), /data_format="channels_first"/],
    [layer("Conv3D", { filters: 2, kernel_size: 3 }), /no operations over three spatial axes/],
  ];
  for (const [config, told] of refusals)
    assert.throws(
      () => keras.models.modelFromJSON(config as never),
      (error: Error) => error instanceof tf.errors.UnimplementedError && told.test(error.message),
    );
  // What Keras writes by default is what there is.
  const fine = layer("UpSampling2D", { size: [2, 2], interpolation: "nearest", data_format: "channels_last" });
  assert.equal(keras.models.modelFromJSON(fine as never).layers[0]?.className, "UpSampling2D");
});
