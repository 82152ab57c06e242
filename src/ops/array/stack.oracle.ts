/** @file What `stack.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { NdArray, NumericDType } from "../../core/index.js";
import type { References } from "../reference.js";
import { spread } from "../samples.js";
import { arrayOf, elementAt, type Numeric, picked } from "./oracles.js";

export const references: References = {
  Pack: {
    summary: "Tensors of one shape side by side along a new axis.",
    oracle: (inputs, { axis }) => {
      const [first] = inputs as readonly [NdArray, ...NdArray[]];
      const along = (axis as number) < 0 ? (axis as number) + first.rank + 1 : (axis as number);
      const shape = [...first.shape.slice(0, along), inputs.length, ...first.shape.slice(along)];
      return [
        arrayOf(shape, first.dtype as NumericDType, (at) =>
          elementAt(
            inputs[at[along] as number] as NdArray,
            at.filter((_, k) => k !== along),
          ),
        ),
      ];
    },
    samples: () => [
      { inputs: [spread([])], attributes: { axis: 0 } },
      { inputs: [1, 2, 3].map((seed) => spread([], { seed })), attributes: { axis: 0 } },
      { inputs: [1, 2].map((seed) => spread([17], { seed })), attributes: { axis: 0 } },
      { inputs: [1, 2, 3].map((seed) => spread([2, 5], { seed })), attributes: { axis: 1 } },
      { inputs: [1, 2, 3].map((seed) => spread([2, 5], { seed })), attributes: { axis: -1 } },
    ],
  },
  Unpack: {
    summary: "The entries along an axis, as one tensor each.",
    oracle: ([x], { axis, num }) => {
      const input = x as Numeric;
      const along = (axis as number) < 0 ? (axis as number) + input.rank : (axis as number);
      const shape = input.shape.filter((_, k) => k !== along);
      return Array.from({ length: num as number }, (_, i) =>
        picked(input, shape, (at) => [...at.slice(0, along), i, ...at.slice(along)]),
      );
    },
    samples: () => [
      { inputs: [spread([3])], attributes: { axis: 0, num: 3 } },
      { inputs: [spread([2, 17])], attributes: { axis: 0, num: 2 } },
      { inputs: [spread([2, 3, 5])], attributes: { axis: -2, num: 3 } },
    ],
  },
};
