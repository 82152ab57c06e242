/** @file What `reshape.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { NdArray, NumericDType } from "../../core/index.js";
import type { References } from "../reference.js";
import { array, spread } from "../samples.js";

export const references: References = {
  Reshape: {
    summary: "The same elements, in row-major order, under another shape.",
    oracle: ([x, target]) => {
      const input = x as NdArray<NumericDType>;
      const numbers = Array.from((target as NdArray<"int32">).data);
      const rest = numbers.reduce((left, d) => (d === -1 ? left : left / d), input.size);
      return [input.reshape(numbers.map((d) => (d === -1 ? rest : d)))];
    },
    samples: () => [
      { inputs: [spread([]), array([], "int32")] },
      { inputs: [spread([1]), array([1, 1, 1], "int32")] },
      { inputs: [spread([17]), array([-1, 1], "int32")] },
      { inputs: [spread([6, 10]), array([4, 15], "int32")] },
      { inputs: [spread([2, 5, 13]), array([10, -1], "int32")] },
      { inputs: [spread([3, 0, 2]), array([0, 7], "int32")] },
      { inputs: [spread([4, 3], { dtype: "int32", low: -9, high: 9 }), array([2, 6], "int32")] },
    ],
  },
  ExpandDims: {
    summary: "Inserts an axis of extent 1.",
    oracle: ([x], { axis }) => {
      const input = x as NdArray<NumericDType>;
      const shape = [...input.shape];
      shape.splice((axis as number) < 0 ? shape.length + 1 + (axis as number) : (axis as number), 0, 1);
      return [input.reshape(shape)];
    },
    samples: () => [
      { inputs: [spread([])], attributes: { axis: 0 } },
      { inputs: [spread([17])], attributes: { axis: -1 } },
      { inputs: [spread([3, 10])], attributes: { axis: 1 } },
      { inputs: [spread([3, 10])], attributes: { axis: -3 } },
    ],
  },
  Squeeze: {
    summary: "Removes axes of extent 1.",
    oracle: ([x], { axes }) => {
      const input = x as NdArray<NumericDType>;
      const given = (axes as readonly number[]).map((a) => (a < 0 ? a + input.rank : a));
      return [input.reshape(input.shape.filter((d, i) => d !== 1 || (given.length > 0 && !given.includes(i))))];
    },
    samples: () => [
      { inputs: [spread([1, 1])], attributes: { axes: [] } },
      { inputs: [spread([1, 17, 1])], attributes: { axes: [] } },
      { inputs: [spread([1, 17, 1])], attributes: { axes: [-1] } },
      { inputs: [spread([1, 3, 1, 10])], attributes: { axes: [2, 0] } },
    ],
  },
};
