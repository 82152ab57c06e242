/** @file What `split.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { NdArray } from "../../core/index.js";
import type { References } from "../reference.js";
import { spread } from "../samples.js";
import { picked } from "./oracles.js";

export const references: References = {
  Split: {
    summary: "Cuts a tensor along an axis.",
    oracle: ([x], { axis, count, sizes }) => {
      const input = x as NdArray;
      const along = (axis as number) < 0 ? (axis as number) + input.rank : (axis as number);
      const extent = input.shape[along] as number;
      const given = sizes as readonly number[] | null;
      const known = (given ?? []).filter((s) => s >= 0).reduce((sum, s) => sum + s, 0);
      let begin = 0;
      return Array.from({ length: count as number }, (_, i) => {
        const size = given === null ? extent / (count as number) : (given[i] as number);
        const part = size < 0 ? extent - known : size;
        const from = begin;
        begin += part;
        return picked(
          input,
          input.shape.map((d, k) => (k === along ? part : d)),
          (at) => at.map((index, k) => (k === along ? index + from : index)),
        );
      });
    },
    samples: () => [
      { inputs: [spread([3])], attributes: { axis: 0, count: 3, sizes: null } },
      { inputs: [spread([3, 10])], attributes: { axis: 1, count: 2, sizes: null } },
      { inputs: [spread([4, 17])], attributes: { axis: -1, count: 3, sizes: [3, 10, 4] } },
      { inputs: [spread([17, 2])], attributes: { axis: 0, count: 3, sizes: [1, -1, 0] } },
    ],
  },
};
