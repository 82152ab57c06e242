/** @file What `broadcast-weights.ts` is held against by the generic tests: oracles and samples of its operations. */
import { type NdArray, sizeOf } from "../../core/index.js";
import type { References } from "../reference.js";
import { spread } from "../samples.js";

export const references: References = {
  BroadcastWeights: {
    summary: "Weights repeated to the shape of the values.",
    oracle: ([weights, values]) => {
      const from = weights as NdArray<"float32">;
      const { shape } = values as NdArray;
      const at = (position: number): number => {
        let rest = position;
        let offset = 0;
        let stride = 1;
        for (let axis = from.rank - 1; axis >= 0; axis--) {
          const index = rest % (shape[axis] as number);
          rest = Math.floor(rest / (shape[axis] as number));
          if (from.shape[axis] !== 1) offset += index * stride;
          stride *= from.shape[axis] as number;
        }
        return offset;
      };
      const repeated = spread(shape, { dtype: from.dtype });
      for (let i = 0; i < sizeOf(shape); i++) repeated.data[i] = from.data[from.rank === 0 ? 0 : at(i)] as number;
      return [repeated];
    },
    samples: () =>
      [
        [[], [4, 5, 3]],
        [[1], [17]],
        [
          [4, 1],
          [4, 3],
        ],
        [
          [2, 1, 7],
          [2, 49, 7],
        ],
        [[10], [10]],
        [
          [1, 3],
          [0, 3],
        ],
      ].map(([weights = [], values = []], i) => ({
        inputs: [spread(weights, { seed: i + 1 }), spread(values, { seed: i + 20 })],
        notDifferentiable: [1],
      })),
  },
};
