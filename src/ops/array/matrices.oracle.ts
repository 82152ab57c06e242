/** @file What `matrices.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { NdArray, NumericDType } from "../../core/index.js";
import type { References } from "../reference.js";
import { array, spread } from "../samples.js";
import { arrayOf, elementAt } from "./oracles.js";

export const references: References = {
  Eye: {
    summary: "Identity matrices.",
    oracle: ([shape], { dtype }) => [
      arrayOf(Array.from((shape as NdArray<"int32">).data), dtype as NumericDType, (at) =>
        Number(at.at(-1) === at.at(-2)),
      ),
    ],
    samples: () => [
      { inputs: [array([1, 1], "int32")], attributes: { dtype: "float32" } },
      { inputs: [array([3, 10], "int32")], attributes: { dtype: "int32" } },
      { inputs: [array([2, 17, 5], "int32")], attributes: { dtype: "bool" } },
    ],
  },
  Diag: {
    summary: "A tensor of twice the rank with the input on its diagonal.",
    oracle: ([x]) => {
      const { shape, dtype, rank } = x as NdArray<NumericDType>;
      return [
        arrayOf([...shape, ...shape], dtype, (at) =>
          at.slice(0, rank).join() === at.slice(rank).join() ? elementAt(x as NdArray, at.slice(0, rank)) : 0,
        ),
      ];
    },
    samples: () => [{ inputs: [spread([1])] }, { inputs: [spread([17])] }, { inputs: [spread([2, 3])] }],
  },
  DiagPart: {
    summary: "The diagonal of a tensor of even rank.",
    oracle: ([x]) => {
      const { shape, dtype, rank } = x as NdArray<NumericDType>;
      return [arrayOf(shape.slice(0, rank / 2), dtype, (at) => elementAt(x as NdArray, [...at, ...at]))];
    },
    samples: () => [{ inputs: [spread([1, 1])] }, { inputs: [spread([17, 17])] }, { inputs: [spread([2, 3, 2, 3])] }],
  },
};
