/** @file Arguments that Keras takes by place: each form makes the same layer, as its type says and when run. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ArgumentError } from "../../../src/core/index.js";
import type { Tensor } from "../../../src/index.js";
import type { AnyLayer } from "../../../src/keras/engine/layer.js";
import { backend, input, layers as L, optimizers, schedules } from "../../../src/keras/index.js";
import { expectType } from "../../ops/expect-type.js";

beforeEach(() => backend.clearSession());

type Config = Readonly<Record<string, unknown>>;
interface WithConfig {
  getConfig(): Config;
}
/** A config without the name, which counts. */
const configOf = (made: unknown): Config => {
  const { name: _, ...rest } = (made as WithConfig).getConfig();
  return rest;
};

/** The value alone, the value before options, and all among the options. */
const forms: Readonly<Record<string, readonly [alone: unknown, before: unknown, named: unknown]>> = {
  MaxPooling1D: [
    new L.MaxPooling1D(3),
    new L.MaxPooling1D(3, { trainable: true }),
    new L.MaxPooling1D({ poolSize: 3, strides: [3] }),
  ],
  MaxPooling2D: [
    new L.MaxPooling2D([3, 2]),
    new L.MaxPooling2D([3, 2], { strides: null }),
    new L.MaxPooling2D({ poolSize: [3, 2], strides: [3, 2] }),
  ],
  "AveragePooling1D with steps": [
    new L.AveragePooling1D(3, 2),
    new L.AveragePooling1D(3, { strides: 2 }),
    new L.AveragePooling1D({ poolSize: 3, strides: 2 }),
  ],
  "AveragePooling2D with steps and padding": [
    new L.AveragePooling2D(3, 2, { padding: "same" }),
    new L.AveragePooling2D(3, { strides: 2, padding: "same" }),
    new L.AveragePooling2D({ poolSize: 3, strides: 2, padding: "same" }),
  ],
  "MaxPooling2D with steps as Keras's None": [
    new L.MaxPooling2D(3, null),
    new L.MaxPooling2D(3, null, { padding: "valid" }),
    new L.MaxPooling2D({ poolSize: 3 }),
  ],
  UpSampling1D: [new L.UpSampling1D(3), new L.UpSampling1D(3, {}), new L.UpSampling1D({ size: 3 })],
  UpSampling2D: [new L.UpSampling2D([3, 1]), new L.UpSampling2D([3, 1], {}), new L.UpSampling2D({ size: [3, 1] })],
  ZeroPadding1D: [
    new L.ZeroPadding1D([0, 2]),
    new L.ZeroPadding1D([0, 2], {}),
    new L.ZeroPadding1D({ padding: [0, 2] }),
  ],
  ZeroPadding2D: [new L.ZeroPadding2D(3), new L.ZeroPadding2D([3, 3], {}), new L.ZeroPadding2D({ padding: 3 })],
  Cropping1D: [new L.Cropping1D(3), new L.Cropping1D([3, 3], {}), new L.Cropping1D({ cropping: 3 })],
  Cropping2D: [new L.Cropping2D([2, 1]), new L.Cropping2D([2, 1], {}), new L.Cropping2D({ cropping: [2, 1] })],
  Masking: [new L.Masking(-1), new L.Masking(-1, {}), new L.Masking({ maskValue: -1 })],
  ReLU: [new L.ReLU(6), new L.ReLU(6, {}), new L.ReLU({ maxValue: 6 })],
  LeakyReLU: [new L.LeakyReLU(0.2), new L.LeakyReLU(0.2, {}), new L.LeakyReLU({ negativeSlope: 0.2 })],
  ELU: [new L.ELU(0.5), new L.ELU(0.5, {}), new L.ELU({ alpha: 0.5 })],
  ThresholdedReLU: [new L.ThresholdedReLU(0.5), new L.ThresholdedReLU(0.5, {}), new L.ThresholdedReLU({ theta: 0.5 })],
  Softmax: [new L.Softmax(1), new L.Softmax(1, {}), new L.Softmax({ axis: 1 })],
  ActivityRegularization: [
    new L.ActivityRegularization(0.1),
    new L.ActivityRegularization(0.1, { l2: 0 }),
    new L.ActivityRegularization({ l1: 0.1 }),
  ],
  BatchNormalization: [
    new L.BatchNormalization(1),
    new L.BatchNormalization(1, { momentum: 0.99 }),
    new L.BatchNormalization({ axis: 1 }),
  ],
  LayerNormalization: [
    new L.LayerNormalization([1, 2]),
    new L.LayerNormalization([1, 2], {}),
    new L.LayerNormalization({ axis: [1, 2] }),
  ],
  UnitNormalization: [new L.UnitNormalization(1), new L.UnitNormalization(1, {}), new L.UnitNormalization({ axis: 1 })],
  Concatenate: [new L.Concatenate(1), new L.Concatenate(1, {}), new L.Concatenate({ axis: 1 })],
  Rescaling: [new L.Rescaling(2, -1), new L.Rescaling(2, -1, {}), new L.Rescaling(2, { offset: -1 })],
  ...Object.fromEntries(
    (
      [
        "Adadelta",
        "Adafactor",
        "Adagrad",
        "Adam",
        "AdamW",
        "Adamax",
        "Ftrl",
        "Lamb",
        "Lion",
        "Muon",
        "Nadam",
        "RMSprop",
        "SGD",
      ] as const
    ).map((name) => {
      const Optimizer = optimizers[name] as unknown as typeof optimizers.SGD;
      const alone: unknown = new Optimizer(0.25);
      return [name, [alone, new Optimizer(0.25, {}), new Optimizer({ learningRate: 0.25 })] as const];
    }),
  ),
};

for (const [what, [alone, before, named]] of Object.entries(forms))
  test(`${what}: the value by its place`, () => {
    assert.deepEqual(configOf(alone), configOf(named));
    assert.deepEqual(configOf(before), configOf(named));
    const type = (named as AnyLayer).constructor as unknown as new () => unknown;
    // A value that the layer has anyway would show nothing.
    if (!what.includes("None") && type !== (L.Rescaling as unknown))
      assert.notDeepEqual(configOf(alone), configOf(new type()));
  });

test("a rate may be a schedule, and the options after it count", () => {
  const rate = new schedules.ExponentialDecay(0.1, { decaySteps: 10, decayRate: 0.5 });
  const made = new optimizers.SGD(rate, { momentum: 0.9, name: "falling" });
  assert.deepEqual(
    made.getConfig(),
    new optimizers.SGD({ learningRate: rate, momentum: 0.9, name: "falling" }).getConfig(),
  );
  assert.equal(made.momentum, 0.9);
  assert.equal(new optimizers.AdamW(0.1).getConfig().weight_decay, 0.004);
  assert.throws(() => new optimizers.AdamW(0.1, { weightDecay: null }), ArgumentError);
});

test("an input by its shape", () => {
  const x = input([28, 28], { name: "picture" });
  expectType<Tensor<"float32", readonly [number | null, 28, 28]>>()(x);
  assert.deepEqual(x.shape, [null, 28, 28]);
  assert.equal(x.op.name, "picture");
  expectType<"int32">()(input([5], { dtype: "int32" }).dtype);
  assert.deepEqual(input([null, 3]).shape, [null, null, 3]);
});

test("what pools twice as wide by its place is what the layer computes", () => {
  const x = input([6, 6, 1]);
  assert.deepEqual(new L.MaxPooling2D(3, 1, { padding: "same" }).apply(x).shape, [null, 6, 6, 1]);
  assert.deepEqual(new L.MaxPooling2D(3).apply(x).shape, [null, 2, 2, 1]);
  assert.deepEqual(new L.ZeroPadding2D(2).apply(x).shape, [null, 10, 10, 1]);
});

test("a value that is given twice, or options twice, are refused; misspelt ones do not compile", () => {
  const isTwice = (error: unknown) => error instanceof ArgumentError && /twice/.test(error.message);
  // @ts-expect-error the size stands before the options already
  assert.throws(() => new L.MaxPooling2D(2, { poolSize: 3 }), isTwice);
  // @ts-expect-error the steps stand before the options already
  assert.throws(() => new L.MaxPooling2D(2, 2, { strides: 3 }), isTwice);
  // @ts-expect-error there is one record of options
  assert.throws(() => new L.ELU({ alpha: 1 }, { name: "elu" }), isTwice);
  // @ts-expect-error the rate stands before the options already
  assert.throws(() => new optimizers.Adam(0.1, { learningRate: 0.2 }), isTwice);
  const never = (): void => {
    // @ts-expect-error stride is spelled strides
    new L.MaxPooling2D(2, { stride: 1 });
    // @ts-expect-error poolsize is spelled poolSize
    new L.MaxPooling2D({ poolsize: 1 });
    // @ts-expect-error sequences have one axis
    new L.MaxPooling1D([2, 2]);
    // @ts-expect-error momenta is spelled momentum
    new optimizers.SGD(0.1, { momenta: 0.9 });
    // @ts-expect-error a slope is a number
    new L.LeakyReLU("0.2");
  };
  void never;
});

test("short and former names are the same classes", () => {
  assert.equal(L.MaxPool2D, L.MaxPooling2D);
  assert.equal(L.GlobalAvgPool1D, L.GlobalAveragePooling1D);
  assert.equal(L.Convolution2DTranspose, L.Conv2DTranspose);
  assert.equal(new L.AvgPool2D(2).getConfig().name, "average_pooling2d");
});
