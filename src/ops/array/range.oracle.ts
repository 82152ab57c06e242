/** @file What `range.ts` is held against by the generic tests: oracles and samples of its operations. */
import { NdArray } from "../../core/index.js";
import type { References } from "../reference.js";
import { array } from "../samples.js";
import { arrayOf } from "./oracles.js";
import { onlyElement } from "./range.js";

export const references: References = {
  Range: {
    summary: "Numbers from `start` up to, not including, `limit` in steps of `delta`.",
    oracle: ([start, limit, delta]) => {
      const [from, to, step] = [start, limit, delta].map((x) => onlyElement(x as NdArray)) as [number, number, number];
      const numbers: number[] = [];
      for (let i = 0; step > 0 ? from + i * step < to : from + i * step > to; i++) numbers.push(from + i * step);
      return [NdArray.from(numbers, (start as NdArray).dtype)];
    },
    samples: () =>
      [
        [0, 1, 1],
        [0, 17, 1],
        [3, 80, 3],
        [10, -5, -4],
        [2, 2, 1],
      ]
        .map((numbers) => ({ inputs: numbers.map((n) => array(n, "int32")) }))
        .concat([{ inputs: [array(0), array(1), array(0.125)] }, { inputs: [array(3), array(-2), array(-0.5)] }])
        .map((sample) => ({ ...sample, notDifferentiable: [0, 1, 2] })),
  },
  LinSpace: {
    summary: "`num` evenly spaced numbers from `start` to `stop`, both included.",
    oracle: ([start, stop, num]) => {
      const [from, to, count] = [start, stop, num].map((x) => onlyElement(x as NdArray)) as [number, number, number];
      return [
        arrayOf([count], (start as NdArray<"float32">).dtype, ([i]) =>
          count === 1 ? from : from + ((to - from) * (i as number)) / (count - 1),
        ),
      ];
    },
    samples: () =>
      [1, 2, 10, 65].map((n) => ({ inputs: [array(-1.5), array(3.25), array(n, "int32")], notDifferentiable: [0, 1] })),
  },
};
