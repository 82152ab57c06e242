/** @file Diagonals: `eye`, `diag`, `diagPart`. Follows `diag_op.cc` and `linalg_ops.py` of TensorFlow 1.3. */
import type { ArrayLike_, DType, PartialShape, Shape } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { compiled, type Expr, type ExpressionBuilder } from "../../ir/index.js";
import { defineOp, dtypeOf, type NameOption } from "../define.js";
import { inputAsShape, requireDimensions, type ShapeArgument, shapeNumbers, shapeOperand } from "./shape-argument.js";

const eyeOp = defineOp({
  name: "Eye",
  inputs: ["shape"],
  shapeInputs: [0],
  infer: (c) => [{ dtype: c.attributes.dtype as DType, shape: inputAsShape(c, 0) }],
  lower: compiled((c) => {
    const shape = shapeNumbers(c, 0);
    requireDimensions(c, shape);
    const dtype = c.outputDType(0);
    const { e } = c;
    return [
      c.map(shape, dtype, (axes) =>
        e.select(e.eq(axes.at(-2) as Expr, axes.at(-1) as Expr), e.constant(1, dtype), e.constant(0, dtype)),
      ),
    ];
  }),
  gradient: null,
});

/**
 * The identity matrix of `numRows` rows; with `batchShape` one for each of its points. `tf.eye`.
 */
export function eye<
  const N extends number | Tensor,
  const M extends number | Tensor = N,
  const B extends readonly (number | Tensor)[] = readonly [],
  D extends DType = "float32",
>(
  numRows: N,
  options: {
    /** Default: as many as rows. */
    readonly numColumns?: M;
    /** Dimensions in front of the two of each matrix. Default: none. */
    readonly batchShape?: B;
    /** Default float32. */
    readonly dtype?: D;
  } & NameOption = {},
): Tensor<NoInfer<D>, EyeShape<B, N, M>> {
  const { numColumns = numRows, batchShape = [], dtype = "float32", name = "eye" } = options;
  const shape = shapeOperand([...batchShape, numRows, numColumns] as ShapeArgument, "shape");
  return eyeOp.build([shape], { dtype }, { name }) as Tensor<never, never>;
}
type Known<N> = N extends number ? N : null;
type EyeShape<B extends readonly unknown[], N, M> = B extends readonly number[]
  ? readonly [...B, Known<N>, Known<M>]
  : Shape;

/** Whether an element of a diagonal tensor is on the diagonal. */
function onDiagonal(e: ExpressionBuilder, axes: readonly Expr[]): Expr {
  const half = axes.length / 2;
  return axes.slice(0, half).reduce((all, at, k) => e.and(all, e.eq(at, axes[half + k] as Expr)), e.bool(true) as Expr);
}

const diagOp = defineOp({
  name: "Diag",
  inputs: ["diagonal"],
  infer: (c) => {
    const shape = c.shape(0);
    if (shape?.length === 0) c.fail("Input must be at least rank 1, got 0");
    return [{ dtype: dtypeOf(c, 0), shape: shape && [...shape, ...shape] }];
  },
  lower: compiled((c) => {
    const x = c.input(0);
    return [
      c.map([...x.shape, ...x.shape], x.dtype, (axes) =>
        c.e.select(onDiagonal(c.e, axes), c.load(x, axes.slice(0, x.shape.length)), c.e.constant(0, x.dtype)),
      ),
    ];
  }),
  gradient: (_op, dy) => [diagPartOp.build([dy])],
});

function halved(c: { fail(message: string): never }, shape: PartialShape): PartialShape {
  if (shape === null) return null;
  const half = shape.length / 2;
  if (!Number.isInteger(half) || half === 0)
    return c.fail(`input must have even and non-zero rank, got ${shape.length}`);
  return shape.slice(0, half).map((d, k) => {
    const other = shape[half + k] as number | null;
    if (d !== null && other !== null && d !== other)
      c.fail(`Invalid shape: dimensions ${k} and ${k + half} do not match: ${d} and ${other}`);
    return d ?? other;
  });
}

const diagPartOp = defineOp({
  name: "DiagPart",
  inputs: ["input"],
  infer: (c) => [{ dtype: dtypeOf(c, 0), shape: halved(c, c.shape(0)) }],
  lower: compiled((c) => {
    const x = c.input(0);
    return [c.map(halved(c, x.shape) as number[], x.dtype, (axes) => c.load(x, [...axes, ...axes]))];
  }),
  gradient: (_op, dy) => [diagOp.build([dy])],
});

/** A tensor of twice the rank with `diagonal` on its diagonal: a vector gives a matrix. `tf.diag`. */
export function diag<D extends DType, S extends Shape>(
  diagonal: Tensor<D, S> | ArrayLike_,
  options: NameOption = {},
): Tensor<D, readonly [...S, ...S]> {
  return diagOp.build([diagonal], {}, options) as Tensor<never, never>;
}
/** The diagonal of a tensor of even rank: of a matrix a vector. `tf.diag_part`. */
export function diagPart<D extends DType>(input: Tensor<D> | ArrayLike_, options: NameOption = {}): Tensor<D> {
  return diagPartOp.build([input], {}, options) as Tensor<D>;
}
