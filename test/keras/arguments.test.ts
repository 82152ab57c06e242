/**
 * @file What callers without types may pass: every exported class of the Keras level, made without its required
 * arguments and with values of wrong kinds at each place, throws an error of this library or works, and never one of
 * JavaScript's own.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ArgumentError, StrataError, UnimplementedError } from "../../src/core/index.js";
import type { Tensor } from "../../src/index.js";
import type { Layer } from "../../src/keras/engine/layer.js";
import type { Nested } from "../../src/keras/engine/nested.js";
import * as keras from "../../src/keras/index.js";
import { layerCases } from "./layers/cases.js";

type AnyClass = new (...given: unknown[]) => unknown;
const { backend, callbacks, constraints, initializers, input, layers, losses, metrics, optimizers, regularizers } =
  keras;
const rooms = {
  callbacks,
  constraints,
  initializers,
  layers,
  losses,
  metrics,
  optimizers,
  regularizers,
  schedules: keras.schedules,
} as const;
const classesOf = (room: object): (readonly [string, AnyClass])[] =>
  Object.entries(room).filter((entry): entry is [string, AnyClass] => /^[A-Z]/.test(entry[0]));

const wrongValues: readonly unknown[] = [
  undefined,
  null,
  {},
  [],
  [[1]],
  ["a"],
  "nonsense",
  Number.NaN,
  -1,
  0,
  0.5,
  7,
  true,
  () => 1,
];
const told = (value: unknown): string => (typeof value === "function" ? "a function" : JSON.stringify(value));

/** The error of `body`, if it is one of JavaScript's own. */
function foreignError(body: () => unknown): string | null {
  try {
    body();
  } catch (error) {
    return error instanceof StrataError ? null : String(error);
  }
  return null;
}

for (const [room, members] of Object.entries(rooms))
  test(`${room}: omitted and wrong arguments are refused in words`, () => {
    backend.clearSession();
    const classes = classesOf(members);
    assert.ok(classes.length > 3);
    const foreign = classes.flatMap(([name, type]) =>
      [[], [3], [3, 3]].flatMap((before) =>
        wrongValues.flatMap((value) => {
          const error = foreignError(() => new type(...before, value));
          return error === null ? [] : [`${name}(${[...before, value].map(told).join(", ")}): ${error}`];
        }),
      ),
    );
    assert.deepEqual(foreign, []);
  });

const camelCase = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

test("layers: options of wrong kinds are refused in words, at the latest when the layer is applied", () => {
  // One case of each class: the others take the same options.
  const cases = new Map(layerCases.map((layerCase) => [layerCase.make().constructor, layerCase]));
  const foreign = [...cases.values()].flatMap(({ name, make, inputs, integers }) => {
    const config = make().getConfig();
    return Object.keys(config).flatMap((option) =>
      wrongValues.flatMap((value) => {
        backend.clearSession();
        const type = make().constructor as unknown as { fromConfig(config: object): Layer<Nested, Nested> };
        const tensors = inputs.map((shape) => input({ shape, dtype: integers === undefined ? "float32" : "int32" }));
        const error = foreignError(() =>
          type.fromConfig({ ...config, [option]: value }).apply(tensors.length === 1 ? (tensors[0] as never) : tensors),
        );
        return error === null ? [] : [`${name}, ${camelCase(option)}: ${told(value)}: ${error}`];
      }),
    );
  });
  assert.deepEqual(foreign, []);
});

/** What is refused, and the words that say how to mend it. */
const misuses: Readonly<Record<string, readonly [make: () => unknown, words: RegExp]>> = {
  "a required argument among the options": [
    () => new (layers.Dense as AnyClass)({ units: 3 }),
    /`units` of layer dense.*\{"units":3\}[\s\S]*by place before the options/,
  ],
  "a required argument left out": [
    () => new (layers.SeparableConv2D as AnyClass)({}),
    /`kernel_size` argument of layer separable_conv2d[\s\S]*by place before the options/,
  ],
  "an option by place": [
    () => new (layers.Dense as AnyClass)(3, "relu"),
    /options of Dense must be one record.*'relu'/,
  ],
  "an option of a loss in Python's spelling": [
    () => new (losses.CategoricalCrossentropy as AnyClass)({ from_logits: true }),
    /CategoricalCrossentropy has no option 'from_logits'[\s\S]*'fromLogits'/,
  ],
  "a misspelt option of a metric": [
    () => new (metrics.AUC as AnyClass)({ numThreshold: 3 }),
    /AUC has no option 'numThreshold'/,
  ],
  "a misspelt option of an initializer": [
    () => new (initializers.RandomNormal as AnyClass)({ std: 1 }),
    /RandomNormal has no option 'std'/,
  ],
  "an initializer's options by place": [
    () => new (initializers.RandomNormal as AnyClass)(0, 0.1),
    /must be one record/,
  ],
  "a misspelt option of a constraint": [
    () => new (constraints.MinMaxNorm as AnyClass)({ min: 1 }),
    /MinMaxNorm has no option 'min'[\s\S]*minValue/,
  ],
  "a regularizer's options by place": [() => new (regularizers.L1L2 as AnyClass)(0.1, 0.1), /must be one record/],
  "what is watched by place": [
    () => new (callbacks.EarlyStopping as AnyClass)("loss"),
    /options of EarlyStopping must be one record/,
  ],
  "a misspelt option of a callback": [
    () => new (callbacks.EarlyStopping as AnyClass)({ restore_best_weights: true }),
    /no option 'restore_best_weights'[\s\S]*'restoreBestWeights'/,
  ],
  "a hook in Python's spelling": [
    () => new (callbacks.LambdaCallback as AnyClass)({ on_epoch_end: () => undefined }),
    /no option 'on_epoch_end'[\s\S]*'onEpochEnd'/,
  ],
  "a schedule without its options": [
    () => new (keras.schedules.CosineDecay as AnyClass)(0.1, 100),
    /options of CosineDecay must be one record, not 100/,
  ],
  "a schedule's rate as text": [
    () => new (keras.schedules.ExponentialDecay as AnyClass)("0.1", { decaySteps: 1, decayRate: 0.5 }),
    /`initial_learning_rate` of ExponentialDecay.*'0.1'/,
  ],
  "a loss of no function": [() => new (losses.LossFunctionWrapper as AnyClass)({}), /`fn` of LossFunctionWrapper/],
};
for (const [what, [make, words]] of Object.entries(misuses))
  test(`refused: ${what}`, () => {
    backend.clearSession();
    assert.throws(make, (error: unknown) => error instanceof ArgumentError && words.test(String(error)));
  });

/** What classes need before their options. */
const before: Readonly<Record<string, readonly unknown[]>> = {
  ...Object.fromEntries(["Dense", "GRU", "LSTM", "SimpleRNN", "RepeatVector", "DepthwiseConv2D"].map((n) => [n, [2]])),
  ...Object.fromEntries(
    ["Conv1D", "Conv2D", "Conv2DTranspose", "SeparableConv2D", "Embedding"].flatMap((name) => [
      [name, [2, 2]],
      [name.replace("Conv", "Convolution"), [2, 2]],
    ]),
  ),
  ...Object.fromEntries(
    Object.keys({ ...layers, ...metrics, ...keras.schedules })
      .filter((name) => /Dropout|GaussianNoise|At(Recall|Precision|Sens|Spec)|(Decay|DecayRestarts)$/.test(name))
      .map((name) => [name, [0.5]]),
  ),
  Activation: ["relu"],
  Bidirectional: [new layers.LSTM(2)],
  TimeDistributed: [new layers.Dense(2)],
  Dot: [1],
  Lambda: [(x: unknown) => x],
  Permute: [[2, 1]],
  Reshape: [[2, 1]],
  Rescaling: [2],
  MeanMetricWrapper: [losses.meanSquaredError],
  LossFunctionWrapper: [losses.huber],
  CSVLogger: ["log.csv"],
  LearningRateScheduler: [() => 1],
  BackupAndRestore: ["backup"],
  ModelCheckpoint: ["best"],
  MaxNorm: [2],
  PiecewiseConstantDecay: [[1], [0.1, 0.2]],
};
/** Those that take one thing by place alone, and bases of which there are no objects. */
const withoutOptions = /^(Callback|History|BaseLogger|TensorBoard|L1|L2|Constant|.*3D|.*3DTranspose)$/;
const isAbstract = (name: string): boolean =>
  /^(Layer|Wrapper|Optimizer|Initializer|Regularizer|Constraint|LearningRateSchedule|Loss|Metric)$/.test(name);
const madeByHand = Object.entries(rooms).flatMap(([room, members]) =>
  classesOf(members).flatMap(([name, type]) =>
    withoutOptions.test(name) || isAbstract(name) ? [] : [[room, name, type] as const],
  ),
);

test("every class refuses a misspelt option when it is constructed, and says which was meant", () => {
  assert.ok(madeByHand.length > 170, String(madeByHand.length));
  for (const [room, name, type] of madeByHand) {
    const make = (options: object) => () => new type(...(before[name] ?? []), options);
    const refused = (words: RegExp) => (error: unknown) =>
      error instanceof ArgumentError && words.test(String(error)) && String(error).includes("has no option");
    assert.throws(make({ nothingLikeIt: 1 }), refused(/'nothingLikeIt'/), `${room}.${name}`);
    if (room === "layers" || room === "losses" || room === "optimizers")
      assert.throws(make({ nmae: "x" }), refused(/did you mean 'name'/), `${room}.${name}`);
  }
  assert.throws(() => new (regularizers.L2 as unknown as AnyClass)({ l2: 0.1 }), /new L2\(0\.01\)/);
  assert.throws(() => new (initializers.Constant as unknown as AnyClass)({ value: 1 }), /Constant\(0\.1\)/);
  const misspelt: readonly (readonly [string, () => unknown, RegExp])[] = [
    ["metric", () => new (metrics.BinaryAccuracy as AnyClass)({ treshold: 0.4 }), /'threshold'/],
    ["loss", () => new (losses.CategoricalCrossentropy as AnyClass)({ labelSmothing: 0.1 }), /'labelSmoothing'/],
    ["layer", () => new layers.LSTM(2, { returnSequence: true } as object), /'returnSequences'/],
    ["optimizer", () => new optimizers.SGD({ momentun: 0.9 } as object), /'momentum'/],
    ["former optimizer", () => new optimizers.Nadam({ scheduleDecy: 0.9 } as object), /'scheduleDecay'/],
    ["model", () => new (keras.Model as unknown as AnyClass)({ input: 1 }), /'inputs'/],
    ["call", () => new layers.Dense(1).apply(input({ shape: [2] }), { trainng: true } as object), /'training'/],
    ["summary", () => new keras.Sequential().summary({ expandNeste: true } as object), /'expandNested'/],
    ["tokenizer", () => new keras.preprocessing.Tokenizer({ charlevel: true } as object), /'charLevel'/],
  ];
  for (const [what, make, meant] of misspelt) assert.throws(make, meant, what);
});

test("looking up what options there are leaves names as they are", () => {
  backend.clearSession();
  new layers.Bidirectional(new layers.LSTM(2, { dropout: 0.1 }), { mergeMode: "sum" });
  new layers.Dense(2, { activation: "relu" });
  assert.equal(new layers.Dense(2).name, "dense_1");
  assert.equal(new layers.SimpleRNN(2).name, "simple_rnn");
  new optimizers.SGD({ momentum: 0.5 });
  assert.equal(new optimizers.SGD().name, "sgd_1");
});

test("options that are true or false, numbers or texts are nothing else, in every class", () => {
  const wrong = { boolean: ["no", 1, 0, [], {}], number: ["1", Number.NaN, true, {}], string: [5, true, {}] };
  const [two, one] = [{ numClasses: 2 }, { numClasses: 2, targetClassIds: [0] }];
  const needed: Readonly<Record<string, object>> = {
    ModelCheckpoint: { saveWeightsOnly: true },
    IoU: one,
    OneHotIoU: one,
    MeanIoU: two,
    OneHotMeanIoU: two,
  };
  const [accepted, tried]: [string[], Set<string>] = [[], new Set()];
  for (const [room, name, type] of madeByHand) {
    if (["InputLayer", "Lambda"].includes(name) || room === "schedules") continue;
    const least = needed[name] === undefined ? [] : [needed[name]];
    const sample = new type(...(before[name] ?? []), ...least) as { getConfig?(): Readonly<Record<string, unknown>> };
    if (sample.getConfig === undefined) continue;
    for (const [option, value] of Object.entries(sample.getConfig())) {
      const kind = typeof value as keyof typeof wrong;
      const isByPlace = (before[name] ?? []).includes(value);
      if (wrong[kind] === undefined || isByPlace || option === "learning_rate") continue;
      // An activation may be a function or a config, and a size may be one of several kinds.
      if (kind === "string" && !["name", "padding", "reduction", "mode", "dtype"].includes(option)) continue;
      if (kind === "string" && option === "dtype" && /IoU/.test(name)) continue;
      for (const one of wrong[kind]) {
        tried.add(option);
        try {
          new type(...(before[name] ?? []), { ...least[0], [camelCase(option)]: one });
          accepted.push(`${room}.${name} ${option}=${told(one)}`);
        } catch (error) {
          assert.ok(error instanceof ArgumentError, `${name} ${option}: ${error}`);
        }
      }
    }
  }
  assert.deepEqual(accepted, []);
  assert.ok(tried.size > 60, String(tried.size));
  const words = /`useBias` of Dense\. Expected true or false, but received useBias='no'/;
  assert.throws(() => new layers.Dense(10, { useBias: "no" } as object), words);
  const more: readonly (() => unknown)[] = [
    () => new callbacks.EarlyStopping({ restoreBestWeights: "yes" } as object),
    () => new callbacks.EarlyStopping({ verbose: "yes" } as object),
    () => new callbacks.ModelCheckpoint("a", { saveWeightsOnly: 1 } as object),
    () => new callbacks.CSVLogger("a.csv", { append: "yes" } as object),
    () => new callbacks.TerminateOnNaN({ raiseError: 1 } as object),
    () => new keras.schedules.ExponentialDecay(0.1, { decaySteps: 1, decayRate: 0.5, staircase: "yes" } as never),
    () => new layers.Dense(1).apply(input({ shape: [2] }), { training: "yes" } as object),
    () => new keras.preprocessing.Tokenizer({ lower: "no" } as object),
    () => new keras.Sequential([new layers.Dense(1, { inputDim: 1 })]).summary({ showTrainable: 1 } as object),
    () => new layers.BatchNormalization({ scale: 1 } as object),
  ];
  for (const make of more) assert.throws(make, /Expected (true or false|0, 1 or 2), but received/, String(make));
});

test("a layer refuses an option that Keras's has not, and no other", () => {
  const misspelt = { activtion: "relu" } as object;
  assert.throws(
    () => new layers.Dense(3, misspelt),
    /Dense 'dense(_\d+)?' has no option 'activtion'[\s\S]*'activation'/,
  );
  class Own extends layers.Layer {
    override call(x: Tensor): Tensor {
      return x;
    }
  }
  new Own(misspelt).apply(input({ shape: [2] }));
  const former = { units: 3, implementation: 2, use_cudnn: "auto" };
  layers.LSTM.fromConfig(former).apply(input({ shape: [2, 3] }));
});

test("a layer refuses a value that would compute something else", () => {
  const first = { dataFormat: "channels_first" } as object;
  const picture = input({ shape: [4, 4, 2] });
  assert.throws(() => new layers.Flatten(first).apply(picture), UnimplementedError);
  assert.throws(() => new layers.UpSampling2D(2, { interpolation: "bilinear" } as object).apply(picture), /"nearest"/);
  const spread = { dilationRate: 2 } as object;
  assert.throws(() => new layers.Conv2DTranspose(1, 2, spread).apply(picture), /dilation_rate=2/);
});

test("optimizers refuse options", () => {
  const model = new keras.Sequential([new layers.Dense(1, { inputDim: 2 })]);
  const compile = (options: object): void => model.compile({ loss: "mse", optimizer: new optimizers.Adam(options) });
  assert.throws(() => compile({ learning_rate: 0.1 }), /Adam has no option 'learning_rate'[\s\S]*'learningRate'/);
  assert.throws(() => compile({ beta1: "0.9" }), /`beta1` of Adam.*'0.9'/);
  compile({ lr: 0.1, decay: 0.1, clipnorm: 1, beta2: 0.9 });
});

test("fit and its siblings refuse options that they do not have", async () => {
  const model = new keras.Sequential([new layers.Dense(1, { inputDim: 1 })]);
  model.compile({ loss: "mse", optimizer: "sgd" });
  const [x, y] = [
    [[1], [2]],
    [[1], [2]],
  ];
  const fit = (options: object) => model.fit(x, y, { verbose: 0, ...options });
  await assert.rejects(fit({ batch_size: 1 }), /fit\(\) has no option 'batch_size'[\s\S]*'batchSize'/);
  await assert.rejects(fit({ nbEpoch: 1 }), /fit\(\) has no option 'nbEpoch'/);
  await assert.rejects(model.evaluate(x, y, { return_dict: true } as object), /'returnDict'/);
  await assert.rejects(model.predict(x, { batch_size: 1 } as object), /'batchSize'/);
  await assert.rejects(model.trainOnBatch(x, y, { classWeights: {} } as object), /'classWeight'/);
  await assert.rejects(fit({ callbacks: [callbacks.EarlyStopping] }), /Callbacks are objects with hooks/);
  class Silent extends callbacks.Callback {
    on_epoch_end(): void {}
  }
  await assert.rejects(fit({ callbacks: new Silent() }), /hook 'on_epoch_end'[\s\S]*onEpochEnd/);
  const epochs: number[] = [];
  await fit({ epochs: 2, callbacks: new callbacks.LambdaCallback({ onEpochEnd: (epoch) => void epochs.push(epoch) }) });
  assert.deepEqual(epochs, [0, 1]);
});

test("what a user's own functions return is checked", async () => {
  const none = (() => 1) as never;
  const fitted = (dense: object, compiled: object = {}) => {
    const model = new keras.Sequential([new layers.Dense(1, { inputDim: 1, ...dense })]);
    model.compile({ loss: "mse", optimizer: "sgd", ...compiled });
    return model.fit([[1], [2]], [[1], [2]], { verbose: 0 });
  };
  const kinds = {
    "the initializer": () => fitted({ kernelInitializer: none }),
    "the regularizer": () => fitted({ kernelRegularizer: none }),
    "the constraint": () => fitted({ kernelConstraint: none }),
    "the activity regularizer": () => fitted({ activityRegularizer: none }),
    "call() of layer": () => fitted({ activation: none }),
    "the loss of output": () => fitted({}, { loss: none }),
    "the metric": () => fitted({}, { metrics: [none] }),
  };
  for (const [what, run] of Object.entries(kinds))
    await assert.rejects(
      async () => run(),
      (error) => error instanceof ArgumentError && error.message.includes(`What ${what}`),
      what,
    );
  // Functions that nothing is registered for serve as options, beside others.
  const twice = (x: Tensor): Tensor => x.mul(2) as Tensor;
  await fitted({ activation: twice, useBias: false });
});

test("data and options of fit that cannot be", async () => {
  const make = (): keras.Sequential => {
    const model = new keras.Sequential([new layers.Dense(2, { inputDim: 1, activation: "softmax" })]);
    model.compile({ loss: "sparse_categorical_crossentropy", optimizer: "sgd" });
    return model;
  };
  const [x, y] = [
    [[1], [2]],
    [0, 1],
  ];
  const refused: readonly (readonly [options: object, words: RegExp])[] = [
    [{ epochs: "3" }, /epochs of fit\(\) must be a whole number, 0 or more, not '3'/],
    [{ epochs: Number.NaN }, /epochs of fit\(\)/],
    [{ batchSize: 0.5 }, /batchSize of fit\(\) must be a whole number above 0/],
    [{ verbose: 5 }, /verbose of fit\(\) must be one of 0, 1, 2, 'auto'/],
    [{ shuffle: "yes" }, /shuffle of fit\(\) must be one of true, false, 'batch'/],
    [{ validationData: { x, y } }, /validationData must be a list \[x, y\]/],
    [{ validationData: [x] }, /validationData must be a list \[x, y\]/],
    [{ classWeight: { cat: 1 } }, /`class_weight` must give a number for each class number/],
    [{ classWeight: { 0: "2" } }, /`class_weight`/],
  ];
  for (const [options, words] of refused)
    await assert.rejects(
      make().fit(x, y, { verbose: 0, ...options }),
      (error) => error instanceof ArgumentError && words.test(error.message),
    );
  await assert.rejects((make() as unknown as { fit(): Promise<unknown> }).fit(), /No data were given/);
  await assert.rejects((make() as unknown as { predict(): Promise<unknown> }).predict(), /No data were given/);
  await assert.rejects(make().fit((() => 5) as never, { stepsPerEpoch: 1 }), /a stream of batches returned 5/);
  await assert.rejects(
    async () => (make() as unknown as { setWeights(): Promise<unknown> }).setWeights(),
    /without a list of weights/,
  );
});

test("models of the wrong parts", () => {
  const inputs = input({ shape: [2] });
  const model = keras.Model as unknown as AnyClass;
  assert.throws(() => new model(inputs, inputs), /by name[\s\S]*new keras.Model\(\{ inputs, outputs \}\)/);
  assert.throws(() => new model({ inputs }), /The `outputs` of a model must be a tensor/);
  assert.throws(() => new model({ inputs: 3, outputs: inputs }), /The `inputs` of a model must be a tensor/);
  assert.throws(() => new (keras.Sequential as AnyClass)(new layers.Dense(2)), /Sequential takes a list of layers/);
  const compile = (options: unknown) => () => new keras.Sequential([new layers.Dense(1)]).compile(options as object);
  assert.throws(compile("adam"), /options of compile\(\) must be one record/);
  assert.throws(compile(null), /options of compile\(\) must be one record/);
  assert.throws(compile({ metrics: "accuracy" }), /Expected `metrics` argument to be a list[\s\S]*\["accuracy"\]/);
});

test("weights that Keras 2 takes as an option, rates that are assigned, and what is computed and cannot be set", async () => {
  const words = input({ shape: [2], dtype: "int32" });
  const given = { weights: [] } as object;
  assert.throws(() => new layers.Embedding(3, 2, given).apply(words), /no option 'weights'[\s\S]*setWeights/);
  const optimizer = new optimizers.SGD({ lr: 0.1, decay: 0.1 });
  assert.throws(
    () => Object.assign(optimizer, { learningRate: 0.5 }),
    (error) =>
      error instanceof ArgumentError && /setValue\(model\.optimizer\.learningRate, 0\.01\)/.test(error.message),
  );
  const followed = new optimizers.SGD(new keras.schedules.InverseTimeDecay(0.1, { decaySteps: 1, decayRate: 0.1 }));
  await assert.rejects(async () => backend.setValue(followed.learningRate as never, 0.5), /Only variables can be set/);
  const pad = keras.preprocessing.padSequences as (sequences: unknown, options?: object) => unknown;
  assert.throws(() => pad("abc"), /padSequences takes a list of sequences/);
  assert.throws(() => pad([1, 2]), /padSequences takes a list of sequences/);
  assert.throws(() => pad([[1]], { max_len: 2 }), /padSequences\(\) has no option 'max_len'/);
});

test("configs without class_name, and rates that are no config", () => {
  const given = { className: "SGD" };
  const kinds = ["activation", "constraint", "initializer", "loss", "metric", "optimizer", "regularizer"] as const;
  for (const kind of kinds)
    assert.throws(
      () => keras.serialization.get(kind, given as never),
      (error) =>
        error instanceof ArgumentError &&
        error.message.startsWith(`Could not interpret ${kind} identifier: {"className":"SGD"}`) &&
        /a config has class_name and config/.test(error.hint ?? ""),
      kind,
    );
  for (const rate of [{}, [], [0.1]])
    assert.throws(
      () => optimizers.SGD.fromConfig({ learning_rate: rate }),
      (error) =>
        error instanceof ArgumentError &&
        error.message.includes(
          `\`learning_rate\` should be float, or an instance of LearningRateSchedule. Received instead: learning_rate=${JSON.stringify(rate)}`,
        ) &&
        /class_name/.test(error.hint ?? ""),
    );
  for (const config of [{}, { class_name: 5, config: {} }])
    assert.throws(
      () => keras.schedules.deserialize(config as never),
      (error) => error instanceof ArgumentError && /has class_name/.test(error.hint ?? ""),
    );
});
