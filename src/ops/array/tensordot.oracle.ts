/** @file What `tensordot.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { NdArray, NumericDType } from "../../core/index.js";
import type { References } from "../reference.js";
import { spread } from "../samples.js";
import { arrayOf, elementAt, pointsOf } from "./oracles.js";
import { freeAxes, pairsOf } from "./tensordot.js";

export const references: References = {
  Tensordot: {
    summary: "Products summed over pairs of axes.",
    oracle: ([x, y], attributes) => {
      const [a, b] = [x, y] as readonly [NdArray<NumericDType>, NdArray];
      const { aAxes, bAxes } = pairsOf(attributes);
      const freeA = freeAxes(a.rank, aAxes);
      const freeB = freeAxes(b.rank, bAxes);
      const summed = pointsOf(aAxes.map((axis) => a.shape[axis] as number));
      const at_ = (axis: number, free: number[], list: readonly number[], outer: readonly number[], inner: number[]) =>
        (list.includes(axis) ? inner[list.indexOf(axis)] : outer[free.indexOf(axis)]) as number;
      const shape = [...freeA.map((axis) => a.shape[axis] as number), ...freeB.map((axis) => b.shape[axis] as number)];
      return [
        arrayOf(shape, a.dtype, (at) => {
          let total = 0;
          for (const inner of summed) {
            const left = a.shape.map((_, axis) => at_(axis, freeA, aAxes, at.slice(0, freeA.length), inner));
            const right = b.shape.map((_, axis) => at_(axis, freeB, bAxes, at.slice(freeA.length), inner));
            total += elementAt(a, left) * elementAt(b, right);
          }
          return total;
        }),
      ];
    },
    samples: () =>
      [
        { a: [3, 17], b: [17, 2], aAxes: [1], bAxes: [0] },
        { a: [3], b: [4], aAxes: [], bAxes: [] },
        { a: [2, 3, 4], b: [4, 3, 5], aAxes: [1, 2], bAxes: [1, 0] },
        { a: [2, 3, 4], b: [3, 5, 2], aAxes: [0], bAxes: [2] },
        { a: [70], b: [70], aAxes: [0], bAxes: [0] },
      ].map(({ a, b, aAxes, bAxes }) => ({
        inputs: [spread(a), spread(b, { seed: 2 })],
        attributes: { aAxes, bAxes, aRank: a.length, bRank: b.length },
      })),
  },
};
