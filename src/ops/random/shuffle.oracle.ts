/** @file What `shuffle.ts` is held against by the generic tests: oracles and samples of its operations. */
import { NdArray } from "../../core/index.js";
import type { References } from "../reference.js";
import { spread } from "../samples.js";

export const references: References = {
  ShuffleWords: {
    summary: "A random 32-bit word for each row of the operand.",
    untested: "draws as RandomUniformInt does, which has samples; tested in test/ops/random",
  },
  ShufflePermutation: {
    summary: "The order that random words give to rows (Fisher-Yates, from the front).",
    oracle: ([words]) => {
      // The same swaps, written as picking from what is left: the picked place is filled by the front row.
      const left = Array.from((words as NdArray<"int32">).data, (_, i) => i);
      const picked = Array.from((words as NdArray<"int32">).data, (word) => {
        const at = (word + 2 ** 31) % left.length;
        const row = left[at] as number;
        left[at] = left[0] as number;
        left.shift();
        return row;
      });
      return [NdArray.from(picked, "int32")];
    },
    samples: () =>
      [0, 1, 3, 10, 17, 130].map((n) => ({
        inputs: [spread([n], { low: -(2 ** 31), high: 2 ** 31, dtype: "int32" })],
        notDifferentiable: [0],
      })),
  },
  RandomShuffle: {
    summary: "The rows of a tensor in a given order.",
    oracle: ([value, order]) => {
      const rows = value as NdArray<"float32">;
      const width = rows.size / (rows.shape[0] || 1);
      const shuffled = Array.from((order as NdArray<"int32">).data, (from) =>
        Array.from(rows.data.subarray(from * width, (from + 1) * width)),
      ).flat();
      return [NdArray.from(shuffled, rows.dtype).reshape(rows.shape)];
    },
    samples: () => [
      { inputs: [spread([5]), NdArray.from([4, 2, 0, 1, 3])], notDifferentiable: [0, 1] },
      { inputs: [spread([3, 17]), NdArray.from([1, 2, 0])], notDifferentiable: [0, 1] },
      { inputs: [spread([1, 2, 3]), NdArray.from([0])], notDifferentiable: [0, 1] },
      { inputs: [spread([0, 3]), NdArray.zeros("int32", [0])], notDifferentiable: [0, 1] },
    ],
  },
};
