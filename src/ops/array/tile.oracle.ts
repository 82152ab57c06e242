/** @file What `tile.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { NdArray } from "../../core/index.js";
import type { References } from "../reference.js";
import { array, spread } from "../samples.js";
import { arrayOf, elementAt, type Numeric, picked, pointsOf } from "./oracles.js";

const cases: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[3], [1]],
  [[17], [3]],
  [
    [3, 4],
    [2, 1],
  ],
  [
    [2, 1, 5],
    [1, 7, 2],
  ],
  [
    [2, 3],
    [2, 0],
  ],
];

export const references: References = {
  Tile: {
    summary: "The input repeated along each axis.",
    oracle: ([x, multiples]) => {
      const { shape } = x as NdArray;
      return [
        picked(
          x as NdArray,
          shape.map((d, axis) => d * elementAt(multiples as NdArray, [axis])),
          (at) => at.map((i, axis) => i % (shape[axis] as number)),
        ),
      ];
    },
    samples: () => cases.map(([shape, multiples]) => ({ inputs: [spread(shape), array(multiples, "int32")] })),
  },
  TileGrad: {
    summary: "The gradient of `Tile`: sums over the repetitions.",
    oracle: ([x, , dy]) => {
      const { shape } = x as NdArray;
      const from = dy as Numeric;
      const totals = new Map<string, number>();
      for (const at of pointsOf(from.shape)) {
        const target = at.map((i, axis) => i % (shape[axis] as number)).join();
        totals.set(target, (totals.get(target) ?? 0) + elementAt(from, at));
      }
      return [arrayOf(shape, from.dtype, (at) => totals.get(at.join()) ?? 0)];
    },
    samples: () =>
      cases.map(([shape, multiples]) => ({
        inputs: [spread(shape), array(multiples, "int32"), spread(shape.map((d, i) => d * (multiples[i] as number)))],
        notDifferentiable: [0],
      })),
  },
  BroadcastTo: {
    summary: "The input broadcast to a shape.",
    oracle: ([x, shape]) => {
      const from = x as NdArray;
      const to = Array.from((shape as NdArray<"int32">).data);
      return [
        picked(from, to, (at) =>
          from.shape.map((d, axis) => (d === 1 ? 0 : (at[at.length - from.rank + axis] as number))),
        ),
      ];
    },
    samples: () => [
      { inputs: [spread([]), array([17], "int32")] },
      { inputs: [spread([3, 1]), array([2, 3, 10], "int32")] },
      { inputs: [spread([4]), array([4], "int32")] },
    ],
  },
};
