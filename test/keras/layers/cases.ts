/** @file One case, or more, for every layer: what the harness and the comparison with Keras both run. */
import type { Layer } from "../../../src/keras/engine/layer.js";
import type { Nested } from "../../../src/keras/engine/nested.js";
import { layers as L } from "../../../src/keras/index.js";

export interface LayerCase {
  readonly name: string;
  readonly make: () => Layer<Nested, Nested>;
  /** Shapes of the inputs, without the batch. */
  readonly inputs: readonly (readonly number[])[];
  /** Whole numbers from 0 to below this instead of real ones. */
  readonly integers?: number;
  /** What training computes is random. */
  readonly isRandom?: boolean;
  /** Where the derivative jumps: central differences cannot be taken. */
  readonly isNotSmooth?: boolean;
  /** Keras 3 has no such layer any more. */
  readonly isOld?: boolean;
}

type Options = Omit<LayerCase, "name" | "make" | "inputs">;
const one = (name: string, inputs: LayerCase["inputs"], make: () => unknown, options: Options = {}): LayerCase => ({
  name,
  inputs,
  make: make as LayerCase["make"],
  ...options,
});
const flat = [[5]] as const;
const rows = [[6, 3]] as const;
const picture = [[7, 6, 2]] as const;
const pair = [[4], [4]] as const;
const kink = { isNotSmooth: true } as const;
const random = { isRandom: true } as const;

export const layerCases: readonly LayerCase[] = [
  one("Dense", flat, () => new L.Dense(3)),
  one("Dense on sequences", rows, () => new L.Dense(4, { activation: "tanh", biasInitializer: "ones" })),
  one("Dense without a bias", flat, () => new L.Dense(2, { useBias: false, activation: "softmax" })),
  one("Activation", flat, () => new L.Activation("sigmoid")),
  one("Identity", flat, () => new L.Identity()),
  one("Embedding", [[4]], () => new L.Embedding(7, 3), { integers: 7 }),
  one("Masking", rows, () => new L.Masking({ maskValue: 0.5 }), kink),
  one("ActivityRegularization", flat, () => new L.ActivityRegularization({ l1: 0.1, l2: 0.2 })),

  one("Flatten", picture, () => new L.Flatten()),
  one("Reshape", rows, () => new L.Reshape([2, -1])),
  one("Permute", picture, () => new L.Permute([3, 1, 2])),
  one("RepeatVector", flat, () => new L.RepeatVector(3)),
  one("ZeroPadding1D", rows, () => new L.ZeroPadding1D({ padding: [1, 2] })),
  one(
    "ZeroPadding2D",
    picture,
    () =>
      new L.ZeroPadding2D({
        padding: [
          [1, 2],
          [0, 3],
        ],
      }),
  ),
  one("Cropping1D", rows, () => new L.Cropping1D({ cropping: [1, 2] })),
  one(
    "Cropping2D",
    picture,
    () =>
      new L.Cropping2D({
        cropping: [
          [1, 0],
          [2, 1],
        ],
      }),
  ),
  one("UpSampling1D", rows, () => new L.UpSampling1D({ size: 3 })),
  one("UpSampling2D", picture, () => new L.UpSampling2D({ size: [2, 3] })),

  one("Conv1D", rows, () => new L.Conv1D(4, 3, { strides: 2, padding: "same" })),
  one("Conv1D, causal", rows, () => new L.Conv1D(2, 2, { padding: "causal", dilationRate: 2 })),
  one("Conv2D", picture, () => new L.Conv2D(3, [3, 2], { activation: "tanh" })),
  one("Conv2D, same, with strides", picture, () => new L.Conv2D(3, 3, { padding: "same", strides: [2, 1] })),
  one("Conv2D in groups", picture, () => new L.Conv2D(4, 2, { groups: 2, useBias: false })),
  one("Conv2D with gaps", picture, () => new L.Conv2D(2, 2, { dilationRate: 2 })),
  one("Conv2DTranspose", picture, () => new L.Conv2DTranspose(3, [3, 2], { strides: [2, 1] })),
  one("Conv2DTranspose, same", picture, () => new L.Conv2DTranspose(2, 3, { strides: 2, padding: "same" })),
  one("DepthwiseConv2D", picture, () => new L.DepthwiseConv2D(3, { depthMultiplier: 2 })),
  one("SeparableConv2D", picture, () => new L.SeparableConv2D(3, 3, { depthMultiplier: 2, padding: "same" })),

  one("MaxPooling1D", rows, () => new L.MaxPooling1D()),
  one("MaxPooling2D", picture, () => new L.MaxPooling2D({ poolSize: [2, 3], strides: 2, padding: "same" })),
  one("AveragePooling1D", rows, () => new L.AveragePooling1D({ poolSize: 3, strides: 1, padding: "same" })),
  one("AveragePooling2D", picture, () => new L.AveragePooling2D({ poolSize: 2, padding: "same" })),
  one("GlobalMaxPooling1D", rows, () => new L.GlobalMaxPooling1D()),
  one("GlobalMaxPooling2D", picture, () => new L.GlobalMaxPooling2D({ keepdims: true })),
  one("GlobalAveragePooling1D", rows, () => new L.GlobalAveragePooling1D()),
  one("GlobalAveragePooling2D", picture, () => new L.GlobalAveragePooling2D()),

  one("BatchNormalization", flat, () => new L.BatchNormalization()),
  one(
    "BatchNormalization of an axis",
    picture,
    () => new L.BatchNormalization({ axis: 1, momentum: 0.5, scale: false }),
  ),
  one("LayerNormalization", rows, () => new L.LayerNormalization()),
  one("LayerNormalization of two axes", rows, () => new L.LayerNormalization({ axis: [1, 2], center: false })),
  one("UnitNormalization", rows, () => new L.UnitNormalization({ axis: 1 })),
  one("Rescaling", flat, () => new L.Rescaling(0.5, { offset: -1 })),

  one("Add", [[4], [4], [4]], () => new L.Add()),
  one("Add of different ranks", [[3, 4], [4]], () => new L.Add()),
  one("Subtract", pair, () => new L.Subtract()),
  one("Multiply", pair, () => new L.Multiply()),
  one("Average", [[4], [4], [4]], () => new L.Average()),
  one("Maximum", pair, () => new L.Maximum()),
  one("Minimum", pair, () => new L.Minimum()),
  one("Concatenate", [[4], [2]], () => new L.Concatenate()),
  one(
    "Concatenate along steps",
    [
      [2, 3],
      [4, 3],
    ],
    () => new L.Concatenate({ axis: 1 }),
  ),
  one("Dot", pair, () => new L.Dot(1)),
  one(
    "Dot of matrices",
    [
      [2, 5],
      [3, 5],
    ],
    () => new L.Dot(2, { normalize: true }),
  ),
  one(
    "Dot of other axes",
    [
      [5, 2],
      [3, 5],
    ],
    () => new L.Dot([1, 2]),
  ),

  one("ReLU", flat, () => new L.ReLU({ maxValue: 0.5, negativeSlope: 0.1, threshold: 0.1 })),
  one("LeakyReLU", flat, () => new L.LeakyReLU()),
  one("PReLU", rows, () => new L.PReLU({ sharedAxes: [1], alphaInitializer: "ones" })),
  one("ELU", flat, () => new L.ELU({ alpha: 0.5 })),
  one("ThresholdedReLU", flat, () => new L.ThresholdedReLU({ theta: 0.2 }), { isOld: true }),
  one("Softmax", rows, () => new L.Softmax({ axis: 1 })),

  one("Dropout", flat, () => new L.Dropout(0.5, { seed: 3 }), random),
  one("SpatialDropout1D", rows, () => new L.SpatialDropout1D(0.5, { seed: 3 }), random),
  one("SpatialDropout2D", picture, () => new L.SpatialDropout2D(0.5, { seed: 3 }), random),
  one("GaussianNoise", flat, () => new L.GaussianNoise(0.5, { seed: 3 }), random),
  one("GaussianDropout", flat, () => new L.GaussianDropout(0.5, { seed: 3 }), random),
  one("AlphaDropout", flat, () => new L.AlphaDropout(0.2, { seed: 3 }), random),

  one("TimeDistributed", rows, () => new L.TimeDistributed(new L.Dense(2))),

  one("SimpleRNN", rows, () => new L.SimpleRNN(3)),
  one("LSTM", rows, () => new L.LSTM(3, { returnSequences: true })),
  one("GRU", rows, () => new L.GRU(3)),
  one("Bidirectional", rows, () => new L.Bidirectional(new L.GRU(2, { returnSequences: true }))),
];
