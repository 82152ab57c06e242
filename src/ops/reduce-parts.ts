/**
 * @file Small pieces that only the gradients of reductions use: how many elements fall together, and
 * products that leave elements out.
 */
import { NdArray, type NumericDType, sizeOf } from "../core/index.js";
import type { Sample, Tensor } from "../graph/index.js";
import { compiled, type Expr, type LowerContext, type TensorValue } from "../ir/index.js";
import { defineOp, dtypeOf, likeFirst } from "./define.js";
import { type ReduceAttributes, type Reduction, reduceAttributes, reduceElements, reductionOf } from "./reduce-op.js";
import { array, spread } from "./samples.js";

const reducedSizeOp = defineOp({
  name: "ReducedSize",
  summary: "How many elements of the input fall together when reducing over `axes`, in its dtype.",
  inputs: ["input"],
  infer: (c) => [{ dtype: dtypeOf(c, 0), shape: [] }],
  lower: compiled((c) => {
    const x = c.input(0);
    const size = sizeOf(reductionOf(c, x, reduceAttributes(c)).extents);
    return [c.constant(NdArray.from(size, x.dtype) as NdArray<NumericDType>)];
  }),
  gradient: null,
  oracle: ([x], { axes }) => {
    const { shape, dtype } = x as NdArray<NumericDType>;
    const reduced = (axes as readonly number[] | null) ?? [...shape.keys()];
    return [
      NdArray.from(
        reduced.map((axis) => shape.at(axis) as number).reduce((a, b) => a * b, 1),
        dtype,
      ),
    ];
  },
  samples: () => [
    { inputs: [spread([4, 5, 3])], attributes: { axes: [0, -1], keepDims: false }, notDifferentiable: [0] },
    { inputs: [spread([])], attributes: { axes: null, keepDims: false }, notDifferentiable: [0] },
  ],
});

/** The number of elements that reducing `x` over `axes` combines into one, as a scalar of its dtype. */
export const reducedSize = (x: Tensor, attributes: ReduceAttributes): Tensor =>
  reducedSizeOp.build([x], { ...attributes });

interface ZeroAwareProducts {
  readonly reduction: Reduction;
  /** How many elements of each group are 0. */
  readonly zeros: TensorValue;
  /** The product of the others. */
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
const nonzero = (c: LowerContext, value: Expr): Expr => c.e.select(isZero(c, value), c.e.like(value, 1), value);

const productOfOthersOp = defineOp({
  name: "ProdOfOthers",
  summary: "For each element, the product of the others it is multiplied with when reducing over `axes`.",
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
        const others = e.div(c.load(product, group), nonzero(c, value));
        return e.select(e.eq(otherZeros, e.index(0)), others, e.like(value, 0));
      }),
    ];
  }),
  gradient: (node, dy) => [productOfOthersGradOp.build([node.inputs[0] as Tensor, dy], { ...node.attributes })],
  oracle: ([x], { axes }) => {
    const input = x as NdArray<NumericDType>;
    const values = Array.from(input.data, (_, i) =>
      [...groupOf(input, axes as readonly number[] | null, i)].reduce(
        (p, j) => (j === i ? p : p * (input.data[j] as number)),
        1,
      ),
    );
    return [NdArray.from(values, input.dtype).reshape(input.shape)];
  },
  samples: () => productSamples().map((sample) => ({ ...sample, inputs: sample.inputs.slice(0, 1) })),
});

/** Second derivative of a product; the third is not provided. */
const productOfOthersGradOp = defineOp({
  name: "ProdOfOthersGrad",
  summary: "The gradient of ProdOfOthers: sums of `grad` times products that leave two elements out.",
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
        const rest = e.div(e.div(c.load(product, group), nonzero(c, a)), nonzero(c, b));
        const term = e.mul(c.load(dy, other), rest);
        const vanishes = e.or(same, e.ne(c.load(zeros, group), left));
        return e.select(vanishes, e.like(term, 0), term);
      }),
    ];
  }),
  oracle: ([x, g], { axes }) => {
    const input = x as NdArray<NumericDType>;
    const dy = g as NdArray<NumericDType>;
    const values = Array.from(input.data, (_, i) => {
      const group = [...groupOf(input, axes as readonly number[] | null, i)];
      const without = (j: number): number =>
        group.reduce((p, k) => (k === i || k === j ? p : p * (input.data[k] as number)), 1);
      return group.reduce((total, j) => (j === i ? total : total + (dy.data[j] as number) * without(j)), 0);
    });
    return [NdArray.from(values, input.dtype).reshape(input.shape)];
  },
  samples: () => productSamples().map((sample) => ({ ...sample, notDifferentiable: [0, 1] })),
});

/** Positions of the elements that share a group with the one at `position`, itself included. */
function* groupOf(x: NdArray, axes: readonly number[] | null, position: number): Generator<number> {
  const reduced = new Set((axes ?? [...x.shape.keys()]).map((axis) => (axis < 0 ? axis + x.rank : axis)));
  const keyOf = (at: number): string => {
    let rest = at;
    const key: number[] = [];
    for (let axis = x.rank - 1; axis >= 0; axis--) {
      const extent = x.shape[axis] as number;
      if (!reduced.has(axis)) key.push(rest % extent);
      rest = Math.floor(rest / extent);
    }
    return key.join(",");
  };
  const mine = keyOf(position);
  for (let other = 0; other < x.size; other++) if (keyOf(other) === mine) yield other;
}

function productSamples(): Sample[] {
  const row = { axes: [1], keepDims: false };
  const zeros = [
    [2, 0, 3, -1],
    [0, 0, 3, 4],
    [0, 0, 0, 5],
    [1, 2, 3, 4],
  ];
  return [
    { inputs: [array(zeros), spread([4, 4], { seed: 5 })], attributes: row },
    { inputs: [spread([3, 7]), spread([3, 7], { seed: 2 })], attributes: row },
    { inputs: [spread([4, 3, 2]), spread([4, 3, 2], { seed: 4 })], attributes: { axes: null, keepDims: false } },
    { inputs: [spread([1]), spread([1])], attributes: { axes: [0], keepDims: true } },
  ];
}

/** For each element of `x`, the product of the others in its group; right where some are 0. */
export const productOfOthers = (x: Tensor, attributes: ReduceAttributes): Tensor =>
  productOfOthersOp.build([x], { ...attributes });
