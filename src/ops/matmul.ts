/** @file Matrix products. Follows `math_ops.matmul` and `matmul_op.cc` of TensorFlow 1.3. */
import {
  bracketed,
  type Checked,
  type CommonDType,
  type DType,
  type DTypeClash,
  type MatMulShape,
  NdArray,
  type Ok,
  type PartialShape,
  type Shape,
  sizeOf,
} from "../core/index.js";
import type { InferContext, OutputSpec, Tensor } from "../graph/index.js";
import { compiled, type LowerContext } from "../ir/index.js";
import { defineOp, type NameOption, requireRank, requireSameDType, type TensorLike } from "./define.js";

/** Options of {@link matmul}. */
export interface MatMulOptions<TransposeA extends boolean = boolean, TransposeB extends boolean = boolean>
  extends NameOption {
  /** Take the first matrix transposed. Default false. */
  readonly transposeA?: TransposeA;
  /** Take the second matrix transposed. Default false. */
  readonly transposeB?: TransposeB;
}

const operandNames = { name: "MatMul", inputs: ["a", "b"] };

function innerClash(c: InferContext, left: number | null | undefined, right: number | null | undefined): void {
  if (left != null && right != null && left !== right)
    c.fail(
      `Dimensions must be equal, but are ${left} and ${right}`,
      "the columns of the first matrix must equal the rows of the second",
    );
}

function inferMatMul(c: InferContext): OutputSpec[] {
  const dtype = requireSameDType(c, operandNames);
  const a = requireRank(c, 0, 2);
  const b = requireRank(c, 1, 2);
  const { transposeA, transposeB } = c.attributes;
  const [m, k] = transposeA === true ? [a?.[1], a?.[0]] : [a?.[0], a?.[1]];
  const [k2, n] = transposeB === true ? [b?.[1], b?.[0]] : [b?.[0], b?.[1]];
  innerClash(c, k, k2);
  return [{ dtype, shape: [m ?? null, n ?? null] }];
}

function lowerMatMul(c: LowerContext, batchRank: number) {
  const a = c.input(0);
  const b = c.input(1);
  const { transposeA, transposeB } = c.attributes;
  if (batchRank === 0) {
    for (const [i, x] of [a, b].entries()) if (x.shape.length !== 2) c.fail(`In[${i}] is not a matrix`);
  }
  const batch = a.shape.slice(0, batchRank);
  const [rowsA = 0, colsA = 0] = a.shape.slice(batchRank);
  const [rowsB = 0, colsB = 0] = b.shape.slice(batchRank);
  const [m, k] = transposeA === true ? [colsA, rowsA] : [rowsA, colsA];
  const [k2, n] = transposeB === true ? [colsB, rowsB] : [rowsB, colsB];
  if (k !== k2 || sizeOf(batch) !== sizeOf(b.shape.slice(0, batchRank)))
    c.fail(
      `Matrix size-incompatible: In[0]: ${bracketed(a.shape)}, In[1]: ${bracketed(b.shape)}`,
      "the columns of the first matrix must equal the rows of the second",
    );
  return [
    c.contraction({
      batch,
      m: [m],
      n: [n],
      k: [k],
      a: (at, [i], [p]) => c.load(a, (transposeA === true ? [...at, p, i] : [...at, i, p]) as typeof at),
      b: (at, [j], [p]) => c.load(b, (transposeB === true ? [...at, j, p] : [...at, p, j]) as typeof at),
    }),
  ];
}

/** Gradients of `a · b` for each combination of transposes. */
function matMulGradient(
  node: { readonly inputs: readonly Tensor[]; readonly attributes: Readonly<Record<string, unknown>> },
  dy: Tensor,
): Tensor[] {
  const [a, b] = node.inputs as readonly [Tensor, Tensor];
  const ta = node.attributes.transposeA === true;
  const tb = node.attributes.transposeB === true;
  const product = (x: Tensor, y: Tensor, transposeA: boolean, transposeB: boolean): Tensor =>
    anyMatMul(x, y, { transposeA, transposeB });
  const da = ta ? product(b, dy, tb, true) : product(dy, b, false, !tb);
  const db = tb ? product(dy, a, true, ta) : product(a, dy, !ta, false);
  return [da, db];
}

const matMulOp = defineOp({
  name: "MatMul",
  inputs: operandNames.inputs,
  infer: inferMatMul,
  lower: compiled((c) => lowerMatMul(c, 0)),
  gradient: matMulGradient,
});

const batchMatMulOp = defineOp({
  name: "BatchMatMul",
  inputs: operandNames.inputs,
  infer: (c) => {
    const dtype = requireSameDType(c, operandNames);
    const a = c.shape(0);
    const b = c.shape(1);
    if (a === null || b === null) return [{ dtype, shape: null }];
    if (a.length !== b.length || a.length < 3)
      c.fail(`Shapes must be of equal rank, but are ${a.length} and ${b.length}`);
    const rank = a.length;
    const batch = a.slice(0, -2).map((d, i) => {
      const other = b[i] as number | null;
      innerClash(c, d, other);
      return d ?? other;
    });
    const { transposeA, transposeB } = c.attributes;
    const at = (s: Shape, back: number): number | null => s[rank - back] as number | null;
    const [m, k] = transposeA === true ? [at(a, 1), at(a, 2)] : [at(a, 2), at(a, 1)];
    const [k2, n] = transposeB === true ? [at(b, 1), at(b, 2)] : [at(b, 2), at(b, 1)];
    innerClash(c, k, k2);
    return [{ dtype, shape: [...batch, m, n] }];
  },
  lower: compiled((c) => lowerMatMul(c, c.input(0).shape.length - 2)),
  gradient: matMulGradient,
});

const rankOf = (x: TensorLike): number | null => {
  const shape = (x as { readonly partialShape?: PartialShape }).partialShape;
  return shape === undefined ? NdArray.from(x as NdArray).rank : (shape?.length ?? null);
};

function anyMatMul(a: TensorLike, b: TensorLike, options: MatMulOptions = {}): Tensor {
  const attributes = { transposeA: options.transposeA ?? false, transposeB: options.transposeB ?? false };
  const batched = (rankOf(a) ?? 0) > 2 && (rankOf(b) ?? 3) > 2;
  return (batched ? batchMatMulOp : matMulOp).build([a, b], attributes, { name: options.name ?? "MatMul" });
}

/**
 * The product of two matrices, or of two equally long stacks of them. `tf.matmul`.
 * @throws ShapeError when inner dimensions differ, or an operand is no matrix
 */
export function matmul<
  D extends DType,
  A extends Shape,
  E extends DType,
  B extends Shape,
  TransposeA extends boolean = false,
  TransposeB extends boolean = false,
>(
  a: Tensor<D, A>,
  b: Checked<Tensor<E, B>, DTypeClash<D, E, "matmul"> | MatMulShape<A, B, TransposeA, TransposeB>>,
  options: MatMulOptions<TransposeA, TransposeB> = {},
): Tensor<CommonDType<D, E>, Ok<MatMulShape<A, B, TransposeA, TransposeB>>> {
  return anyMatMul(a, b as Tensor, options) as Tensor<never, never>;
}
