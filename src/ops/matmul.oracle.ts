/** @file What `matmul.ts` is held against by the generic tests: oracles and samples of its operations. */
import { NdArray, sizeOf } from "../core/index.js";
import type { References } from "./reference.js";
import { spread } from "./samples.js";

function matMulOracle([x, y]: readonly NdArray[], attributes: Readonly<Record<string, unknown>>): NdArray[] {
  const a = x as NdArray<"float32">;
  const b = y as NdArray<"float32">;
  const ta = attributes.transposeA === true;
  const tb = attributes.transposeB === true;
  const [ra = 0, ca = 0] = a.shape.slice(-2);
  const [rb = 0, cb = 0] = b.shape.slice(-2);
  const [m, k] = ta ? [ca, ra] : [ra, ca];
  const n = tb ? rb : cb;
  const batch = sizeOf(a.shape.slice(0, -2));
  const out: number[] = [];
  for (let g = 0; g < batch; g++)
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let total = 0;
        for (let p = 0; p < k; p++) {
          const left = a.data[g * ra * ca + (ta ? p * ca + i : i * ca + p)] as number;
          total += left * (b.data[g * rb * cb + (tb ? j * cb + p : p * cb + j)] as number);
        }
        out.push(total);
      }
  return [NdArray.from(out, a.dtype).reshape([...a.shape.slice(0, -2), m, n])];
}

const transposes = [false, true].flatMap((transposeA) =>
  [false, true].map((transposeB) => ({ transposeA, transposeB })),
);

const sizes = [
  [1, 1, 1],
  [3, 17, 10],
  [10, 3, 49],
  [4, 70, 8],
  [5, 131, 6],
] as const;

export const references: References = {
  MatMul: {
    summary: "Product of two matrices.",
    oracle: matMulOracle,
    samples: () =>
      sizes.flatMap(([m, k, n], i) =>
        transposes.map((attributes) => ({
          inputs: [
            spread(attributes.transposeA ? [k, m] : [m, k], { seed: i + 1 }),
            spread(attributes.transposeB ? [n, k] : [k, n], { seed: i + 50 }),
          ],
          attributes,
        })),
      ),
  },
  BatchMatMul: {
    summary: "Products of matrices, pair by pair.",
    oracle: matMulOracle,
    samples: () =>
      transposes.map((attributes) => ({
        inputs: [
          spread(attributes.transposeA ? [2, 3, 5, 4] : [2, 3, 4, 5], { seed: 3 }),
          spread(attributes.transposeB ? [2, 3, 7, 5] : [2, 3, 5, 7], { seed: 4 }),
        ],
        attributes,
      })),
  },
};
