/** @file What `concat.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { NdArray, NumericDType } from "../../core/index.js";
import type { References } from "../reference.js";
import { array, spread } from "../samples.js";
import { arrayOf, elementAt, picked } from "./oracles.js";

export const references: References = {
  ConcatV2: {
    summary: "Tensors one after the other along an axis.",
    oracle: (inputs, { axis }) => {
      const [first] = inputs as readonly [NdArray, ...NdArray[]];
      const along = (axis as number) < 0 ? (axis as number) + first.rank : (axis as number);
      const owners = inputs.flatMap((x) => Array.from({ length: x.shape[along] as number }, (_, k) => ({ x, k })));
      const shape = first.shape.map((d, k) => (k === along ? owners.length : d));
      return [
        arrayOf(shape, first.dtype as NumericDType, (at) => {
          const { x, k } = owners[at[along] as number] as { x: NdArray; k: number };
          return elementAt(
            x,
            at.map((i, axis_) => (axis_ === along ? k : i)),
          );
        }),
      ];
    },
    samples: () => [
      { inputs: [spread([3], { seed: 1 })], attributes: { axis: 0 } },
      { inputs: [spread([1], { seed: 1 }), spread([17], { seed: 2 })], attributes: { axis: 0 } },
      {
        inputs: [spread([3, 4], { seed: 1 }), spread([3, 0], { seed: 2 }), spread([3, 10], { seed: 3 })],
        attributes: { axis: -1 },
      },
      { inputs: [1, 2, 3].map((seed) => spread([2, seed, 5], { seed })), attributes: { axis: 1 } },
      { inputs: [spread([0, 2]), spread([0, 2])], attributes: { axis: 0 } },
      { inputs: [array([1, 2], "int32"), array([3], "int32")], attributes: { axis: 0 } },
    ],
  },
  ConcatPart: {
    summary: "The part of a concatenation that one of its inputs makes up; of the inputs only the shapes matter.",
    oracle: ([dy, ...values], { axis, index }) => {
      const before = values.slice(0, index as number).reduce((sum, x) => sum + (x.shape[axis as number] as number), 0);
      return [
        picked(dy as NdArray, (values[index as number] as NdArray).shape, (at) =>
          at.map((i, k) => (k === axis ? i + before : i)),
        ),
      ];
    },
    samples: () => [
      {
        inputs: [spread([3, 9]), spread([3, 4]), spread([3, 5])],
        attributes: { axis: 1, index: 1 },
        notDifferentiable: [1, 2],
      },
    ],
  },
};
