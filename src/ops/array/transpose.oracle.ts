/** @file What `transpose.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { NdArray } from "../../core/index.js";
import type { References } from "../reference.js";
import { array, spread } from "../samples.js";
import { arrayOf, picked } from "./oracles.js";

export const references: References = {
  Transpose: {
    summary: "The axes in another order.",
    oracle: ([x], { perm }) => {
      const input = x as NdArray;
      const order = ((perm as readonly number[] | null) ?? input.shape.map((_, i) => -1 - i)).map((a) =>
        a < 0 ? a + input.rank : a,
      );
      const shape = order.map((axis) => input.shape[axis] as number);
      return [
        picked(input, shape, (at) => {
          const source = new Array<number>(input.rank);
          order.forEach((axis, i) => {
            source[axis] = at[i] as number;
          });
          return source;
        }),
      ];
    },
    samples: () => [
      { inputs: [spread([])], attributes: { perm: null } },
      { inputs: [spread([17])], attributes: { perm: null } },
      { inputs: [spread([3, 10])], attributes: { perm: null } },
      { inputs: [spread([2, 3, 49])], attributes: { perm: [2, 0, 1] } },
      { inputs: [spread([2, 3, 4, 5])], attributes: { perm: [0, -1, 1, 2] } },
      { inputs: [spread([0, 3])], attributes: { perm: [1, 0] } },
    ],
  },
  ReverseV2: {
    summary: "The entries along some axes in reversed order.",
    oracle: ([x], { axes }) => {
      const input = x as NdArray;
      const flipped = (axes as readonly number[]).map((a) => (a < 0 ? a + input.rank : a));
      return [
        picked(input, input.shape, (at) =>
          at.map((i, axis) => (flipped.includes(axis) ? (input.shape[axis] as number) - 1 - i : i)),
        ),
      ];
    },
    samples: () => [
      { inputs: [spread([17])], attributes: { axes: [0] } },
      { inputs: [spread([3, 10])], attributes: { axes: [-1] } },
      { inputs: [spread([2, 3, 5])], attributes: { axes: [0, 2] } },
      { inputs: [spread([3, 2])], attributes: { axes: [] } },
    ],
  },
  InvertPermutation: {
    summary: "The permutation that undoes a permutation.",
    oracle: ([x]) => {
      const input = x as NdArray<"int32">;
      return [arrayOf(input.shape, "int32", ([i]) => Array.from(input.data).indexOf(i as number))];
    },
    samples: () => [
      { inputs: [array([0], "int32")] },
      { inputs: [array([3, 4, 0, 2, 1], "int32")] },
      {
        inputs: [
          array(
            Array.from({ length: 70 }, (_, i) => (i * 3) % 70),
            "int32",
          ),
        ],
      },
    ],
  },
};
