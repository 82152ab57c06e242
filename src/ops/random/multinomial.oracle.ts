/** @file What `multinomial.ts` is held against by the generic tests: oracles and samples of its operations. */
import { NdArray } from "../../core/index.js";
import { fillUniformFloat64, RandomState } from "../../core/random.js";
import type { References } from "../reference.js";
import { spread } from "../samples.js";
import { countOf } from "./multinomial.js";
import { seedsOf } from "./standard-ops.js";

export const references: References = {
  Multinomial: {
    summary: "Class numbers drawn with probabilities softmax(logits), row by row.",
    oracle: ([logits, samples], attributes) => {
      const { data, shape } = logits as NdArray<"float32">;
      const [rows = 0, classes = 0] = shape;
      const count = countOf(samples as NdArray);
      const uniform = new Float64Array(rows * count);
      fillUniformFloat64(uniform, RandomState.fromSeeds(seedsOf(attributes)));
      const drawn = Array.from(uniform, (u, i) => {
        const row = Array.from(data.subarray(Math.floor(i / count) * classes).subarray(0, classes));
        const largest = Math.max(...row.filter(Number.isFinite));
        let total = 0;
        const cumulative = row.map((x) => {
          total += Number.isFinite(x) ? Math.exp(x - largest) : 0;
          return total;
        });
        return cumulative.findIndex((upTo) => upTo > u * total);
      });
      return [NdArray.from(drawn, "int32").reshape([rows, count])];
    },
    samples: () =>
      [
        [1, 1, 3],
        [1, 3, 17],
        [10, 5, 3],
        [3, 70, 10],
        [2, 3, 0],
      ].map(([rows = 0, classes = 0, count = 0]) => ({
        inputs: [spread([rows, classes], { low: -3, high: 3 }), NdArray.from(count)],
        attributes: { seed: 87654321, seed2: 42 },
        notDifferentiable: [0, 1],
      })),
  },
};
