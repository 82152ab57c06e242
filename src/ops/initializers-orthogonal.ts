/** @file The orthogonal initializer, which is the only one that needs a factorization. */
import { ArgumentError, callSiteOf, captureCallSite, type FloatDType, NdArray, requireOptions } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { concat, reshape, zeros } from "./array/index.js";
import { constant } from "./basic.js";
import { multiply } from "./binary.js";
import { type Initializer, initializer, requireFloat, type SeededOption, seededOptions } from "./initializers.js";
import { qr } from "./linalg.js";
import { randomNormal } from "./random/index.js";
import { reduceSum } from "./reduce.js";
import { sign } from "./unary.js";

/**
 * A random matrix with orthonormal columns (Saxe et al., 2013), all dimensions but the last taken as rows;
 * with fewer rows than columns, orthonormal rows followed by zeros. `tf.orthogonal_initializer`.
 * @param options.gain factor of every element. Default 1
 * @throws ArgumentError when called for fewer than two dimensions
 */
export function orthogonalInitializer<D extends FloatDType = "float32">(
  options: SeededOption<D> & {
    /** Times the matrix. Default 1. */
    readonly gain?: number;
  } = {},
): Initializer<D> {
  requireOptions("orthogonalInitializer", options, { ...seededOptions, gain: true });
  const { gain = 1, seed } = options;
  if (options.dtype !== undefined) requireFloat(options.dtype);
  return initializer(options.dtype, (shape, asked) => {
    const dtype = requireFloat(asked);
    if (shape.length < 2)
      throw new ArgumentError("The tensor to initialize must be at least two-dimensional", {
        createdAt: callSiteOf(captureCallSite()),
        hint: "use another initializer for vectors, such as tf.zerosInitializer()",
      });
    const columns = shape.at(-1) ?? 0;
    const rows = shape.slice(0, -1).reduce((product, d) => product * d, 1);
    const { q, r } = qr(randomNormal([rows, columns], { dtype, seed }));
    // Signs taken from the diagonal of R make every orthogonal matrix equally likely.
    const signs = sign(reduceSum(multiply(r as Tensor, diagonalMask(rows, columns, dtype)) as Tensor, 1));
    const signed = multiply(q as Tensor, signs as Tensor) as Tensor;
    const padded = rows < columns ? concat([signed, zeros([rows, columns - rows], { dtype }) as Tensor], 1) : signed;
    return reshape(multiply(padded as Tensor, gain) as Tensor, shape) as Tensor;
  });
}

/** Ones on the diagonal of R, `[min(rows, columns), columns]`. */
function diagonalMask(rows: number, columns: number, dtype: FloatDType): Tensor {
  const size = Math.min(rows, columns);
  const mask = NdArray.zeros(dtype, [size, columns]);
  for (let i = 0; i < size; i++) mask.data[i * columns + i] = 1;
  return constant(mask) as Tensor;
}
