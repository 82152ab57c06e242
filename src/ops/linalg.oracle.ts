/** @file What `linalg.ts` is held against by the generic tests: oracles and samples of its operations. */

import type { References } from "./reference.js";
import { spread } from "./samples.js";

export const references: References = {
  Qr: {
    summary: "An orthogonal and an upper triangular factor of each matrix.",
    samples: () =>
      [false, true].flatMap((fullMatrices) =>
        [
          [1, 1],
          [3, 3],
          [10, 3],
          [3, 17],
          [2, 5, 4],
          [70, 2],
          [0, 3],
        ].map((shape, i) => ({
          inputs: [spread(shape, { seed: i + 1 })],
          attributes: { fullMatrices },
          notDifferentiable: [0],
        })),
      ),
  },
};
