/**
 * @file Small pieces that only the gradients of reductions use: how many elements fall together, and
 * products that leave elements out.
 */
import { NdArray, type NumericDType, sizeOf } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { compiled, type Expr, type LowerContext, type TensorValue } from "../ir/index.js";
import { defineOp, dtypeOf, likeFirst } from "./define.js";
import { type ReduceAttributes, type Reduction, reduceAttributes, reduceElements, reductionOf } from "./reduce-op.js";

const reducedSizeOp = defineOp({
  name: "ReducedSize",
  inputs: ["input"],
  infer: (c) => [{ dtype: dtypeOf(c, 0), shape: [] }],
  lower: compiled((c) => {
    const x = c.input(0);
    const size = sizeOf(reductionOf(c, x, reduceAttributes(c)).extents);
    return [c.constant(NdArray.from(size, x.dtype) as NdArray<NumericDType>)];
  }),
  gradient: null,
});

/** The number of elements that reducing `x` over `axes` combines into one, as a scalar of its dtype. */
export const reducedSize = (x: Tensor, attributes: ReduceAttributes): Tensor =>
  reducedSizeOp.build([x], { ...attributes });

interface ZeroAwareProducts {
  readonly reduction: Reduction;
  /** How many elements of each group are 0. */
  readonly zeros: TensorValue;
  /** The product of the others, in float64: one of float32 may leave their range where no product of others does. */
  readonly product: TensorValue;
}

/** Dividing a product by its factors needs the zeros apart. */
function zeroAwareProducts(c: LowerContext, x: TensorValue): ZeroAwareProducts {
  const { e } = c;
  const reduction = reductionOf(c, x, { ...reduceAttributes(c), keepDims: false });
  const zeros = reduceElements(c, "sum", x, reduction, (value) => e.cast(isZero(c, value), "int32"));
  const product = reduceElements(c, "prod", x, reduction, (value) => nonzero(c, value));
  return { reduction, zeros, product };
}
const isZero = ({ e }: LowerContext, value: Expr): Expr => e.eq(value, e.like(value, 0));
/** In float64; 1 for zero. */
const nonzero = (c: LowerContext, value: Expr): Expr =>
  c.e.cast(c.e.select(isZero(c, value), c.e.like(value, 1), value), "float64");

const productOfOthersOp = defineOp({
  name: "ProdOfOthers",
  inputs: ["input"],
  infer: likeFirst,
  lower: compiled((c) => {
    const { e } = c;
    const x = c.input(0);
    const { reduction, zeros, product } = zeroAwareProducts(c, x);
    return [
      c.map(x.shape, x.dtype, (axes) => {
        const value = c.load(x, axes);
        const group = reduction.project(axes);
        const otherZeros = e.sub(c.load(zeros, group), e.cast(isZero(c, value), "int32"));
        const others = e.cast(e.div(c.load(product, group), nonzero(c, value)), x.dtype);
        return e.select(e.eq(otherZeros, e.index(0)), others, e.like(value, 0));
      }),
    ];
  }),
  gradient: (node, dy) => [productOfOthersGradOp.build([node.inputs[0] as Tensor, dy], { ...node.attributes })],
});

/** Second derivative of a product; the third is not provided. */
const productOfOthersGradOp = defineOp({
  name: "ProdOfOthersGrad",
  inputs: ["input", "grad"],
  infer: likeFirst,
  lower: compiled((c) => {
    const { e } = c;
    const x = c.input(0);
    const dy = c.input(1);
    const { reduction, zeros, product } = zeroAwareProducts(c, x);
    return [
      c.reduce("sum", x.shape, reduction.extents, (axes, reduced) => {
        const group = reduction.project(axes);
        const other = reduction.indices(group, reduced);
        const same = axes.map((axis, i) => e.eq(axis, other[i] as Expr)).reduce(e.and, e.bool(true));
        const a = c.load(x, axes);
        const b = c.load(x, other);
        const left = e.add(e.cast(isZero(c, a), "int32"), e.cast(isZero(c, b), "int32"));
        const rest = e.cast(e.div(e.div(c.load(product, group), nonzero(c, a)), nonzero(c, b)), x.dtype);
        const term = e.mul(c.load(dy, other), rest);
        const vanishes = e.or(same, e.ne(c.load(zeros, group), left));
        return e.select(vanishes, e.like(term, 0), term);
      }),
    ];
  }),
});

/** For each element of `x`, the product of the others in its group; right where some are 0. */
export const productOfOthers = (x: Tensor, attributes: ReduceAttributes): Tensor =>
  productOfOthersOp.build([x], { ...attributes });
