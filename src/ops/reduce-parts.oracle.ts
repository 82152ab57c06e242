/** @file What `reduce-parts.ts` is held against by the generic tests: oracles and samples of its operations. */
import { NdArray, type NumericDType } from "../core/index.js";
import type { Sample } from "../graph/index.js";
import type { References } from "./reference.js";
import { array, spread } from "./samples.js";

/** Positions of the elements that share a group with the one at `position`, itself included. */
function* groupOf(x: NdArray, axes: readonly number[] | null, position: number): Generator<number> {
  const reduced = new Set((axes ?? [...x.shape.keys()]).map((axis) => (axis < 0 ? axis + x.rank : axis)));
  const keyOf = (at: number): string => {
    let rest = at;
    const key: number[] = [];
    for (let axis = x.rank - 1; axis >= 0; axis--) {
      const extent = x.shape[axis] as number;
      if (!reduced.has(axis)) key.push(rest % extent);
      rest = Math.floor(rest / extent);
    }
    return key.join(",");
  };
  const mine = keyOf(position);
  for (let other = 0; other < x.size; other++) if (keyOf(other) === mine) yield other;
}

function productSamples(): Sample[] {
  const row = { axes: [1], keepDims: false };
  const zeros = [
    [2, 0, 3, -1],
    [0, 0, 3, 4],
    [0, 0, 0, 5],
    [1, 2, 3, 4],
  ];
  return [
    { inputs: [array(zeros), spread([4, 4], { seed: 5 })], attributes: row },
    { inputs: [spread([3, 7]), spread([3, 7], { seed: 2 })], attributes: row },
    { inputs: [spread([4, 3, 2]), spread([4, 3, 2], { seed: 4 })], attributes: { axes: null, keepDims: false } },
    { inputs: [spread([1]), spread([1])], attributes: { axes: [0], keepDims: true } },
  ];
}

export const references: References = {
  ReducedSize: {
    summary: "How many elements of the input fall together when reducing over `axes`, in its dtype.",
    oracle: ([x], { axes }) => {
      const { shape, dtype } = x as NdArray<NumericDType>;
      const reduced = (axes as readonly number[] | null) ?? [...shape.keys()];
      return [
        NdArray.from(
          reduced.map((axis) => shape.at(axis) as number).reduce((a, b) => a * b, 1),
          dtype,
        ),
      ];
    },
    samples: () => [
      { inputs: [spread([4, 5, 3])], attributes: { axes: [0, -1], keepDims: false }, notDifferentiable: [0] },
      { inputs: [spread([])], attributes: { axes: null, keepDims: false }, notDifferentiable: [0] },
    ],
  },
  ProdOfOthers: {
    summary: "For each element, the product of the others it is multiplied with when reducing over `axes`.",
    oracle: ([x], { axes }) => {
      const input = x as NdArray<NumericDType>;
      const values = Array.from(input.data, (_, i) =>
        [...groupOf(input, axes as readonly number[] | null, i)].reduce(
          (p, j) => (j === i ? p : p * (input.data[j] as number)),
          1,
        ),
      );
      return [NdArray.from(values, input.dtype).reshape(input.shape)];
    },
    samples: () => productSamples().map((sample) => ({ ...sample, inputs: sample.inputs.slice(0, 1) })),
  },
  ProdOfOthersGrad: {
    summary: "The gradient of ProdOfOthers: sums of `grad` times products that leave two elements out.",
    oracle: ([x, g], { axes }) => {
      const input = x as NdArray<NumericDType>;
      const dy = g as NdArray<NumericDType>;
      const values = Array.from(input.data, (_, i) => {
        const group = [...groupOf(input, axes as readonly number[] | null, i)];
        const without = (j: number): number =>
          group.reduce((p, k) => (k === i || k === j ? p : p * (input.data[k] as number)), 1);
        return group.reduce((total, j) => (j === i ? total : total + (dy.data[j] as number) * without(j)), 0);
      });
      return [NdArray.from(values, input.dtype).reshape(input.shape)];
    },
    samples: () => productSamples().map((sample) => ({ ...sample, notDifferentiable: [0, 1] })),
  },
};
