/** @file What `cumsum.ts` is held against by the generic tests: oracles and samples of its operations. */

import type { References } from "../reference.js";
import { array, spread } from "../samples.js";
import { arrayOf, elementAt, type Numeric } from "./oracles.js";

export const references: References = {
  Cumsum: {
    summary: "Running sums along an axis.",
    oracle: ([x], { axis, exclusive, reverse }) => {
      const input = x as Numeric;
      const along = (axis as number) < 0 ? (axis as number) + input.rank : (axis as number);
      const extent = input.shape[along] as number;
      return [
        arrayOf(input.shape, input.dtype, (at) => {
          let total = 0;
          for (let k = 0; k < extent; k++) {
            const distance = reverse === true ? k - (at[along] as number) : (at[along] as number) - k;
            if (distance < 0 || (distance === 0 && exclusive === true)) continue;
            total += elementAt(
              input,
              at.map((i, a) => (a === along ? k : i)),
            );
          }
          return total;
        }),
      ];
    },
    samples: () => [
      { inputs: [spread([1])], attributes: { axis: 0, exclusive: false, reverse: false } },
      ...[false, true].flatMap((exclusive) =>
        [false, true].map((reverse) => ({ inputs: [spread([3, 17])], attributes: { axis: 1, exclusive, reverse } })),
      ),
      { inputs: [spread([70, 2])], attributes: { axis: -2, exclusive: false, reverse: false } },
      { inputs: [array([1, 2, 3], "int32")], attributes: { axis: 0, exclusive: false, reverse: false } },
      { inputs: [spread([2, 0])], attributes: { axis: 1, exclusive: false, reverse: false } },
    ],
  },
};
