/**
 * @file Matrix factorizations. They run in JavaScript between two compiled programs: initial weights need
 * them, steps of training do not. Follows `linalg_ops.py` and `qr_op_impl.h` of TensorFlow 1.3.
 */
import {
  allocateStorage,
  type FloatDType,
  isFloating,
  NdArray,
  type PartialShape,
  type Shape,
  sizeOf,
} from "../core/index.js";
import type { InferContext, OutputSpec, Tensor } from "../graph/index.js";
import { defineOp, dtypeOf, type NameOption, requireFloating } from "./define.js";

function inferQr(c: InferContext): OutputSpec[] {
  const dtype = requireFloating(c, "Qr");
  const shape = c.shape(0);
  if (shape === null) return [dtype, dtype].map(() => ({ dtype: dtypeOf(c, 0), shape: null }));
  if (shape.length < 2) c.fail(`Shape must be at least rank 2 but is rank ${shape.length}`);
  const [m = null, n = null] = shape.slice(-2);
  const smaller = m === null || n === null ? null : Math.min(m, n);
  const inner = c.attributes.fullMatrices === true ? m : smaller;
  const stacked = (rows: number | null, columns: number | null): PartialShape => [...shape.slice(0, -2), rows, columns];
  return [
    { dtype, shape: stacked(m, inner) },
    { dtype, shape: stacked(inner, n) },
  ];
}

/** A matrix in float64, row by row. */
interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/**
 * Turns `a` into R in place by Householder reflections (Golub and Van Loan, "Matrix Computations", 5.2) and
 * returns the first `columns` columns of Q. Diagonal entries of R have the sign that Eigen gives them: the
 * opposite of what they replace.
 */
function householder(a: Matrix, columns: number): Matrix {
  const { rows } = a;
  const reflections: { readonly v: Float64Array; readonly first: number; readonly factor: number }[] = [];
  for (let k = 0; k < Math.min(rows, a.columns); k++) {
    const v = Float64Array.from({ length: rows - k }, (_, i) => a.data[(k + i) * a.columns + k] as number);
    const below = v.subarray(1).reduce((sum, x) => sum + x * x, 0);
    if (below === 0) continue;
    const pivot = v[0] as number;
    const norm = Math.sqrt(pivot * pivot + below);
    v[0] = pivot >= 0 ? pivot + norm : pivot - norm;
    const reflection = { v, first: k, factor: 2 / ((v[0] as number) ** 2 + below) };
    reflect(a, reflection);
    for (let row = k + 1; row < rows; row++) a.data[row * a.columns + k] = 0;
    reflections.push(reflection);
  }
  const q: Matrix = { rows, columns, data: new Float64Array(rows * columns) };
  for (let i = 0; i < Math.min(rows, columns); i++) q.data[i * columns + i] = 1;
  for (const reflection of reflections.reverse()) reflect(q, reflection);
  return q;
}

/** `m ← (I − factor · v vᵀ) m` on the rows from `first` on. */
function reflect(
  m: Matrix,
  { v, first, factor }: { readonly v: Float64Array; readonly first: number; readonly factor: number },
): void {
  for (let column = 0; column < m.columns; column++) {
    let dot = 0;
    for (let i = 0; i < v.length; i++) dot += (v[i] as number) * (m.data[(first + i) * m.columns + column] as number);
    for (let i = 0; i < v.length; i++) {
      const at = (first + i) * m.columns + column;
      m.data[at] = (m.data[at] as number) - factor * dot * (v[i] as number);
    }
  }
}

function factorize(input: NdArray<FloatDType>, fullMatrices: boolean): NdArray<FloatDType>[] {
  const outer = input.shape.slice(0, -2);
  const [rows = 0, columns = 0] = input.shape.slice(-2);
  const inner = fullMatrices ? rows : Math.min(rows, columns);
  const count = sizeOf(outer);
  const q = allocateStorage(input.dtype, count * rows * inner);
  const r = allocateStorage(input.dtype, count * inner * columns);
  for (let i = 0; i < count; i++) {
    const a = Float64Array.from(input.data.subarray(i * rows * columns, (i + 1) * rows * columns));
    q.set(householder({ rows, columns, data: a }, inner).data, i * rows * inner);
    r.set(a.subarray(0, inner * columns), i * inner * columns);
  }
  return [
    new NdArray(input.dtype, [...outer, rows, inner], q),
    new NdArray(input.dtype, [...outer, inner, columns], r),
  ];
}

const qrOp = defineOp({
  name: "Qr",
  inputs: ["input"],
  infer: inferQr,
  lower: {
    kind: "host",
    run: ([input], c) => {
      const matrix = input as NdArray;
      if (!isFloating(matrix.dtype)) return c.fail(`Qr needs floats, got ${matrix.dtype}`);
      return factorize(matrix as NdArray<FloatDType>, c.attributes.fullMatrices === true);
    },
  },
  // No oracle: the factors are unique only up to signs. The tests multiply them and compare with TensorFlow.
});

type Rows<S extends Shape> = S extends readonly [...Shape, infer M extends number | null, number | null] ? M : null;
type Outer<S extends Shape> = S extends readonly [...infer O extends Shape, number | null, number | null] ? O : Shape;

/** The two factors of {@link qr}. */
export interface QrFactors<D extends FloatDType, S extends Shape> {
  /** `[..., M, K]`, its columns orthonormal. */
  readonly q: Tensor<D, readonly [...Outer<S>, Rows<S>, number | null]>;
  /** `[..., K, N]`, upper triangular. */
  readonly r: Tensor<D>;
}

/**
 * Factors every matrix `[..., M, N]` into an orthogonal `q` and an upper triangular `r`, `input = q · r`. There
 * is no gradient. `tf.qr`.
 * @param options.fullMatrices K = M if true, else K = min(M, N). Default false
 * @throws ShapeError below rank 2, DTypeError for dtypes that are not floating
 */
export function qr<D extends FloatDType, S extends Shape>(
  input: Tensor<D, S>,
  options: {
    /** Make Q square. Default false: only the columns that R needs. */
    readonly fullMatrices?: boolean;
  } & NameOption = {},
): QrFactors<D, S> {
  const { fullMatrices = false, name } = options;
  const [q, r] = qrOp.create([input], { fullMatrices }, { name }).outputs;
  return { q, r } as unknown as QrFactors<D, S>;
}
