/** @file What `cross-entropy.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { NdArray, NumericDType } from "../../core/index.js";
import type { Sample } from "../../graph/index.js";
import type { References } from "../reference.js";
import { array, spread } from "../samples.js";
import { logitsSamples, overClasses, perRow, rowShape } from "./class-oracle.js";
import { classAxisOf } from "./softmax.js";

const logSumExp = (row: readonly number[]): number => {
  const largest = Math.max(...row);
  return largest + Math.log(row.reduce((total, z) => total + Math.exp(z - largest), 0));
};

const rowsOf = (x: NdArray<NumericDType>, axis: number): number[][] => {
  const rows: number[][] = [];
  perRow(x, axis, (row) => rows.push([...row]));
  return rows;
};

/** Positive labels that sum to 1 along the class axis, which the gradient relies on. */
function distributions(like: NdArray<NumericDType>, axis: number, seed: number): NdArray<NumericDType> {
  const positive = spread(like.shape, { low: 0.1, high: 1, seed: seed + 40, dtype: like.dtype });
  return overClasses(positive, axis, (row) => {
    const total = row.reduce((a, b) => a + b, 0);
    return row.map((value) => value / total);
  });
}

export const references: References = {
  SoftmaxCrossEntropyWithLogits: {
    summary: "Cross entropy of labels and softmax of logits, and its gradient to the logits.",
    oracle: ([x, y], attributes) => {
      const logits = x as NdArray<NumericDType>;
      const axis = classAxisOf({ attributes });
      const labels = rowsOf(y as NdArray<NumericDType>, axis);
      return [
        perRow(logits, axis, (row, i) => {
          const logSum = logSumExp(row);
          return row.reduce((total, z, k) => total + ((labels[i] as number[])[k] as number) * (logSum - z), 0);
        }),
        overClasses(logits, axis, (row, i) => {
          const logSum = logSumExp(row);
          return row.map((z, k) => Math.exp(z - logSum) - ((labels[i] as number[])[k] as number));
        }),
      ];
    },
    samples: () => [
      ...logitsSamples().map(({ logits, axis }, i) => ({
        inputs: [logits, distributions(logits, axis, i)],
        attributes: { axis },
      })),
      {
        inputs: [
          spread([2, 3]),
          array([
            [0, 1, 0],
            [0, 0, 1],
          ]),
        ],
        attributes: { axis: -1 },
      },
    ],
  },
  SparseSoftmaxCrossEntropyWithLogits: {
    summary: "Cross entropy of class numbers and softmax of logits, and its gradient to the logits.",
    oracle: ([x, y]) => {
      const logits = x as NdArray<NumericDType>;
      const { data } = y as NdArray<"int32">;
      return [
        perRow(logits, -1, (row, i) => logSumExp(row) - (row[data[i] as number] as number)),
        overClasses(logits, -1, (row, i) => row.map((z, k) => Math.exp(z - logSumExp(row)) - Number(k === data[i]))),
      ];
    },
    samples: () =>
      logitsSamples().map(({ logits }, i): Sample => {
        const classes = logits.shape.at(-1) as number;
        const labels = spread(rowShape(logits.shape, -1), { dtype: "int32", low: 0, high: classes, seed: i + 7 });
        return { inputs: [logits, labels] };
      }),
  },
};
