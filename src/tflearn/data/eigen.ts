/**
 * @file Eigenvectors of symmetric matrices in host memory, for whitening. Householder reflections to
 * three diagonals, then QR steps with implicit shifts (Golub and Van Loan, chapter 8). Pure functions.
 */

/** `A = Σ values[k]·v_k·v_kᵀ` with the eigenvector `v_k` in row k of `vectors`. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/** Eigenvalues, in no order, and eigenvectors of a symmetric matrix `[n, n]`, row by row. */
export function symmetricEigen(matrix: ArrayLike<number>, n: number): Eigen {
  const a = Float64Array.from(matrix);
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  const { diagonal, offDiagonal } = tridiagonalize(a, vectors, n);
  diagonalize(diagonal, offDiagonal, vectors, n);
  return { values: diagonal, vectors };
}

/** Reflects the matrix to three diagonals; applies the reflections to the rows of `vectors`. */
function tridiagonalize(a: Float64Array, vectors: Float64Array, n: number) {
  const at = (i: number, j: number): number => a[i * n + j] as number;
  const reflection = new Float64Array(n);
  const product = new Float64Array(n);
  for (let k = 0; k + 2 < n; k++) {
    let norm = 0;
    for (let i = k + 1; i < n; i++) norm = Math.hypot(norm, at(i, k));
    if (norm === 0) continue;
    const alpha = at(k + 1, k) > 0 ? -norm : norm;
    let length = 0;
    for (let i = k + 1; i < n; i++) {
      const v = at(i, k) - (i === k + 1 ? alpha : 0);
      reflection[i] = v;
      length += v * v;
    }
    if (length === 0) continue;
    // A ← H·A·H with H = 1 − 2·v·vᵀ/|v|²: a symmetric change of rank two, of the rows below k alone.
    let overlap = 0;
    for (let i = k + 1; i < n; i++) {
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += at(i, j) * (reflection[j] as number);
      product[i] = (2 * sum) / length;
      overlap += (product[i] as number) * (reflection[i] as number);
    }
    for (let i = k + 1; i < n; i++) (product[i] as number) -= (overlap / length) * (reflection[i] as number);
    for (let i = k + 1; i < n; i++)
      for (let j = k + 1; j < n; j++)
        (a[i * n + j] as number) -=
          (reflection[i] as number) * (product[j] as number) + (product[i] as number) * (reflection[j] as number);
    for (let i = k + 1; i < n; i++) {
      a[i * n + k] = i === k + 1 ? alpha : 0;
      a[k * n + i] = a[i * n + k] as number;
    }
    reflectRows(vectors, reflection, length, k + 1, n);
  }
  const diagonal = Float64Array.from({ length: n }, (_, i) => at(i, i));
  const offDiagonal = Float64Array.from({ length: n }, (_, i) => (i + 1 < n ? at(i + 1, i) : 0));
  return { diagonal, offDiagonal };
}

function reflectRows(rows: Float64Array, v: Float64Array, length: number, begin: number, n: number): void {
  const sums = new Float64Array(n);
  for (let i = begin; i < n; i++)
    for (let j = 0; j < n; j++) (sums[j] as number) += (v[i] as number) * (rows[i * n + j] as number);
  for (let i = begin; i < n; i++)
    for (let j = 0; j < n; j++) (rows[i * n + j] as number) -= ((2 * (v[i] as number)) / length) * (sums[j] as number);
}

/** QR steps on three diagonals until the outer two vanish; applies their rotations to pairs of rows. */
function diagonalize(d: Float64Array, e: Float64Array, vectors: Float64Array, n: number): void {
  const steps = 60;
  for (let last = n - 1; last > 0; ) {
    let attempts = 0;
    for (;;) {
      let first = last;
      while (first > 0 && !isNegligible(d, e, first - 1)) first--;
      if (first === last || attempts++ > steps) break;
      qrStep(d, e, vectors, first, last, n);
    }
    last--;
  }
}

const isNegligible = (d: Float64Array, e: Float64Array, i: number): boolean =>
  Math.abs(e[i] as number) <= Number.EPSILON * (Math.abs(d[i] as number) + Math.abs(d[i + 1] as number));

/** One implicit step with Wilkinson's shift on rows `first` to `last`: a bulge chased down the diagonals. */
function qrStep(d: Float64Array, e: Float64Array, vectors: Float64Array, first: number, last: number, n: number): void {
  const read = (array: Float64Array, i: number): number => array[i] as number;
  const half = (read(d, last - 1) - read(d, last)) / 2;
  const below = read(e, last - 1);
  const root = Math.hypot(half, below);
  const shift = read(d, last) - (below * below) / (half + (half >= 0 ? root : -root) || Number.MIN_VALUE);
  let x = read(d, first) - shift;
  let z = read(e, first);
  for (let k = first; k < last; k++) {
    const r = Math.hypot(x, z);
    const [c, s] = r === 0 ? [1, 0] : [x / r, z / r];
    if (k > first) e[k - 1] = r;
    const [p, q, b] = [read(d, k), read(d, k + 1), read(e, k)];
    d[k] = c * c * p + 2 * c * s * b + s * s * q;
    d[k + 1] = s * s * p - 2 * c * s * b + c * c * q;
    e[k] = c * s * (q - p) + (c * c - s * s) * b;
    x = read(e, k);
    if (k + 1 < last) {
      z = s * read(e, k + 1);
      e[k + 1] = c * read(e, k + 1);
    }
    for (let j = 0; j < n; j++) {
      const [u, v] = [read(vectors, k * n + j), read(vectors, (k + 1) * n + j)];
      vectors[k * n + j] = c * u + s * v;
      vectors[(k + 1) * n + j] = c * v - s * u;
    }
  }
}

/**
 * The matrix that whitens: `U·diag(1/√(λ + epsilon))·Uᵀ` of a symmetric matrix with eigenvalues λ.
 */
export function inverseSquareRoot(matrix: ArrayLike<number>, n: number, epsilon: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, n);
  const out = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    // Rounding may leave an eigenvalue of 0 a little below it.
    const scale = 1 / Math.sqrt(Math.max(values[k] as number, 0) + epsilon);
    for (let i = 0; i < n; i++) {
      const factor = scale * (vectors[k * n + i] as number);
      for (let j = 0; j < n; j++) (out[i * n + j] as number) += factor * (vectors[k * n + j] as number);
    }
  }
  return out;
}
