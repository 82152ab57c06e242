/** @file What `softmax.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { NdArray, NumericDType } from "../../core/index.js";
import type { References } from "../reference.js";
import { logitsSamples, overClasses } from "./class-oracle.js";
import { classAxisOf } from "./softmax.js";

export const references: References = {
  Softmax: {
    summary: "Exponentials divided by their sum over an axis.",
    oracle: ([x], attributes) => [
      overClasses(x as NdArray<NumericDType>, classAxisOf({ attributes }), (row) => {
        const largest = Math.max(...row);
        const sum = row.reduce((total, z) => total + Math.exp(z - largest), 0);
        return row.map((z) => Math.exp(z - largest) / sum);
      }),
    ],
    samples: () => logitsSamples().map(({ logits, axis }) => ({ inputs: [logits], attributes: { axis } })),
  },
  LogSoftmax: {
    summary: "Logarithm of the softmax over an axis.",
    oracle: ([x], attributes) => [
      overClasses(x as NdArray<NumericDType>, classAxisOf({ attributes }), (row) => {
        const largest = Math.max(...row);
        const logSum = largest + Math.log(row.reduce((total, z) => total + Math.exp(z - largest), 0));
        return row.map((z) => z - logSum);
      }),
    ],
    samples: () => logitsSamples().map(({ logits, axis }) => ({ inputs: [logits], attributes: { axis } })),
  },
};
