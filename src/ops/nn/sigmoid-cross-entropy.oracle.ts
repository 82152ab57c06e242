/** @file What `sigmoid-cross-entropy.ts` is held against by the generic tests: oracles and samples of its operations. */
import { NdArray, type NumericDType, sizeOf } from "../../core/index.js";
import type { References } from "../reference.js";
import { array, sampleShapes, spread } from "../samples.js";

const extremeLogits = [1000, -1000, 0, -0, 50, -50, 1e-7, 88.8, -104];

/** `−q·z·log σ(x) − (1 − z)·log(1 − σ(x))` in float64, with `log σ` and `log(1 − σ)` by their asymptotes. */
function crossEntropy(x: number, z: number, q: number): number {
  const logSigmoid = x >= 0 ? -Math.log1p(Math.exp(-x)) : x - Math.log1p(Math.exp(x));
  return -q * z * logSigmoid - (1 - z) * (logSigmoid - x);
}

export const references: References = {
  SigmoidCrossEntropyWithLogits: {
    summary: "Cross entropy of labels and logistic logits, elementwise.",
    oracle: ([x, y]) => {
      const logits = x as NdArray<NumericDType>;
      const labels = y as NdArray<NumericDType>;
      const values = Array.from(logits.data, (v: number, i: number) => crossEntropy(v, labels.data[i] as number, 1));
      return [NdArray.from(values, logits.dtype).reshape(logits.shape)];
    },
    samples: () => [
      ...sampleShapes.map((shape, i) => ({
        inputs: [spread(shape, { low: -5, high: 5, seed: i + 1 }), spread(shape, { low: 0, high: 1, seed: i + 30 })],
      })),
      { inputs: [array(extremeLogits), array(extremeLogits.map((x) => Number(x > 1)))], notDifferentiable: [0, 1] },
    ],
  },
  WeightedCrossEntropyWithLogits: {
    summary: "Cross entropy of targets and logistic logits with a weight for positive targets, elementwise.",
    oracle: ([x, y, w]) => {
      const logits = x as NdArray<NumericDType>;
      const targets = y as NdArray<NumericDType>;
      const weights = w as NdArray<NumericDType>;
      const values = Array.from(logits.data, (v: number, i: number) =>
        crossEntropy(v, targets.data[i] as number, weights.data[i % Math.max(sizeOf(weights.shape), 1)] as number),
      );
      return [NdArray.from(values, logits.dtype).reshape(logits.shape)];
    },
    samples: () => [
      ...sampleShapes.map((shape, i) => ({
        inputs: [
          spread(shape, { low: -5, high: 5, seed: i + 1 }),
          spread(shape, { low: 0, high: 1, seed: i + 30 }),
          spread(i % 2 === 0 ? [] : shape.slice(-1), { low: 0.5, high: 3, seed: i + 60 }),
        ],
      })),
      {
        inputs: [array(extremeLogits), array(extremeLogits.map((x) => Number(x > 1))), array(2)],
        notDifferentiable: [0, 1, 2],
      },
    ],
  },
};
