/** @file Products summed over chosen axes of two tensors. Follows `math_ops.tensordot` of TensorFlow 1.3. */
import { ArgumentError, type ArrayLike_, type DType, normalizeAxis, type PartialShape } from "../../core/index.js";
import type { Attributes, Tensor } from "../../graph/index.js";
import { compiled, type Expr, type LowerContext, type TensorValue } from "../../ir/index.js";
import { convertToTensor, defineOp, type NameOption, requireSameDType, type TensorLike, tensorOf } from "../define.js";
import { transpose } from "./transpose.js";

/** The summed axes of both operands, pair by pair, none negative. */
interface Pairs {
  readonly aAxes: readonly number[];
  readonly bAxes: readonly number[];
  readonly aRank: number;
  readonly bRank: number;
}
export const pairsOf = (attributes: Attributes): Pairs => attributes as unknown as Pairs;
export const freeAxes = (rank: number, summed: readonly number[]): number[] =>
  Array.from({ length: rank }, (_, i) => i).filter((axis) => !summed.includes(axis));

function requirePairs(
  c: { fail(message: string, hint?: string): never },
  a: PartialShape,
  b: PartialShape,
  pairs: Pairs,
): void {
  pairs.aAxes.forEach((axis, k) => {
    const left = a?.[axis] ?? null;
    const right = b?.[pairs.bAxes[k] as number] ?? null;
    if (left !== null && right !== null && left !== right)
      c.fail(`Dimensions must be equal, but are ${left} and ${right}`, "summed axes have equal extents");
  });
}

const tensordotOp = defineOp({
  name: "Tensordot",
  inputs: ["a", "b"],
  infer: (c) => {
    const dtype = requireSameDType(c, { name: "Tensordot", inputs: ["a", "b"] });
    const pairs = pairsOf(c.attributes);
    const [a, b] = [c.shape(0), c.shape(1)];
    requirePairs(c, a, b, pairs);
    if (a === null || b === null) return [{ dtype, shape: null }];
    const free = (shape: readonly (number | null)[], summed: readonly number[]) =>
      freeAxes(shape.length, summed).map((axis) => shape[axis] as number | null);
    return [{ dtype, shape: [...free(a, pairs.aAxes), ...free(b, pairs.bAxes)] }];
  },
  lower: compiled((c) => {
    const [a, b] = [c.input(0), c.input(1)];
    const pairs = pairsOf(c.attributes);
    requirePairs(c, a.shape, b.shape, pairs);
    const { aAxes, bAxes } = pairs;
    const m = freeAxes(a.shape.length, aAxes).map((axis) => a.shape[axis] as number);
    const n = freeAxes(b.shape.length, bAxes).map((axis) => b.shape[axis] as number);
    const k = aAxes.map((axis) => a.shape[axis] as number);
    if (k.length === 0)
      return [
        c.map([...m, ...n], a.dtype, (axes) =>
          c.e.mul(c.load(a, axes.slice(0, m.length)), c.load(b, axes.slice(m.length))),
        ),
      ];
    return [
      c.contraction({
        batch: [],
        m,
        n,
        k,
        a: (_, free, summed) => element(c, a, aAxes, free, summed),
        b: (_, free, summed) => element(c, b, bAxes, free, summed),
      }),
    ];
  }),
  gradient: (op, dy) => {
    const [a, b] = op.inputs as readonly [Tensor, Tensor];
    const { aAxes, bAxes, aRank, bRank } = pairsOf(op.attributes);
    const freeA = freeAxes(aRank, aAxes);
    const freeB = freeAxes(bRank, bAxes);
    const rank = freeA.length + freeB.length;
    // dy's axes are a's free axes, then b's. Summing over the other operand's leaves one side and its summed axes.
    const alongA = freeA.map((_, i) => i);
    const alongB = freeB.map((_, i) => freeA.length + i);
    const da = tensordotOp.build([dy, b], { aAxes: alongB, bAxes: freeB, aRank: rank, bRank });
    const db = tensordotOp.build([a, dy], { aAxes: freeA, bAxes: alongA, aRank, bRank: rank });
    const sortedB = [...bAxes].sort((x, y) => x - y);
    const sortedA = [...aAxes].sort((x, y) => x - y);
    const axesOfDa = [...freeA, ...sortedB.map((axis) => aAxes[bAxes.indexOf(axis)] as number)];
    const axesOfDb = [...sortedA.map((axis) => bAxes[aAxes.indexOf(axis)] as number), ...freeB];
    return [restore(da, axesOfDa), restore(db, axesOfDb)];
  },
});

function element(
  c: LowerContext,
  x: TensorValue,
  summedAxes: readonly number[],
  free: readonly Expr[],
  summed: readonly Expr[],
): Expr {
  const axes = freeAxes(x.shape.length, summedAxes);
  return c.load(
    x,
    x.shape.map(
      (_, axis) => (summedAxes.includes(axis) ? summed[summedAxes.indexOf(axis)] : free[axes.indexOf(axis)]) as Expr,
    ),
  );
}

/** `x`, whose axis `i` belongs at `axes[i]`, with its axes in order. */
function restore(x: Tensor, axes: readonly number[]): Tensor {
  if (axes.every((axis, i) => axis === i)) return x;
  return transpose(
    x,
    axes.map((_, axis) => axes.indexOf(axis)),
  ) as Tensor;
}

function rankOf(x: Tensor): number {
  const { rank } = x;
  if (rank === null)
    throw new ArgumentError("tensordot needs tensors of known rank", { op: x.op.name, createdAt: x.op.createdAt });
  return rank;
}

/**
 * Products of `a` and `b` summed over pairs of axes: the last `axes` of `a` with the first of `b`, or
 * the axes listed for each. The result has the other axes of `a`, then those of `b`. `tf.tensordot`.
 * @throws ShapeError where the extents of a pair differ
 */
export function tensordot<D extends DType>(
  a: Tensor<D> | ArrayLike_,
  b: Tensor<D> | ArrayLike_,
  axes: number | readonly [number | readonly number[], number | readonly number[]],
  options: NameOption = {},
): Tensor<D> {
  const dtype = tensorOf(a)?.dtype ?? tensorOf(b)?.dtype;
  const operands = [a, b].map((x) => tensorOf(x) ?? convertToTensor(x as TensorLike, { dtype }));
  const ranks = operands.map(rankOf) as [number, number];
  const lists =
    typeof axes === "number"
      ? [Array.from({ length: axes }, (_, i) => ranks[0] - axes + i), Array.from({ length: axes }, (_, i) => i)]
      : axes.map((list) => (typeof list === "number" ? [list] : [...(list as readonly number[])]));
  const [aAxes = [], bAxes = []] = lists.map((list, side) =>
    list.map((axis) => {
      const resolved = normalizeAxis(axis, ranks[side] as number);
      if (resolved === undefined)
        throw new ArgumentError(`tensordot: axis ${axis} is out of range for a tensor of rank ${ranks[side]}`);
      return resolved;
    }),
  );
  if (aAxes.length !== bAxes.length || new Set(aAxes).size !== aAxes.length || new Set(bAxes).size !== bAxes.length)
    throw new ArgumentError(
      `Different number of contraction axes 'a' and 'b', ${aAxes.length} != ${bAxes.length}, or an axis twice`,
      { hint: "pass [axesOfA, axesOfB] with as many entries on both sides" },
    );
  return tensordotOp.build(operands, { aAxes, bAxes, aRank: ranks[0], bRank: ranks[1] }, options) as Tensor<D>;
}
