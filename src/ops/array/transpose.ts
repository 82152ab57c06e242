/** @file Axes and elements in another order: `transpose`, `reverse`, `invertPermutation`. Follows `transpose_op.cc`. */
import {
  type ArrayLike_,
  type Checked,
  type DType,
  InvalidArgumentError,
  type NdArray,
  normalizeAxis,
  type Ok,
  type PartialShape,
  type Shape,
  type TransposeShape,
} from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { compiled, type Expr } from "../../ir/index.js";
import { defineOp, dtypeOf, likeFirst, type NameOption, requireRank } from "../define.js";
import { int32Operand } from "./shape-argument.js";

interface Failing {
  fail(message: string, hint?: string): never;
}

/** The permutation for a rank: reversed where none is given, negative axes counted from the end. */
function resolvePermutation(c: Failing, given: readonly number[] | null, rank: number): number[] {
  if (given === null) return Array.from({ length: rank }, (_, i) => rank - 1 - i);
  if (given.length !== rank)
    return c.fail(`Dimension must be ${rank} but is ${given.length}`, "perm names every axis of the input once");
  const axes = given.map(
    (axis) => normalizeAxis(axis, rank) ?? c.fail(`perm dim ${axis} is out of range of input rank ${rank}`),
  );
  for (let axis = 0; axis < rank; axis++)
    if (!axes.includes(axis))
      c.fail(`${axis} is missing from {${axes.join(",")}}.`, "perm names every axis of the input once");
  return axes;
}

const transposeOp = defineOp({
  name: "Transpose",
  inputs: ["x"],
  infer: (c) => {
    const given = c.attributes.perm as readonly number[] | null;
    const shape: PartialShape = c.shape(0) ?? (given === null ? null : given.map(() => null));
    if (shape === null) return [{ dtype: dtypeOf(c, 0), shape }];
    const perm = resolvePermutation(c, given, shape.length);
    return [{ dtype: dtypeOf(c, 0), shape: perm.map((axis) => shape[axis] as number | null) }];
  },
  lower: compiled((c) => {
    const x = c.input(0);
    const perm = resolvePermutation(c, c.attributes.perm as readonly number[] | null, x.shape.length);
    const shape = perm.map((axis) => x.shape[axis] as number);
    return [
      c.map(shape, x.dtype, (axes) =>
        c.load(
          x,
          x.shape.map((_, axis) => axes[perm.indexOf(axis)] as Expr),
        ),
      ),
    ];
  }),
  gradient: (op, dy) => {
    const perm = op.attributes.perm as readonly number[] | null;
    const resolved = perm?.map((axis) => (axis < 0 ? axis + perm.length : axis));
    return [transposeOp.build([dy], { perm: resolved?.map((_, axis) => resolved.indexOf(axis)) ?? null })];
  },
});

/**
 * The axes of `a` in the order `perm`, or reversed without one. `tf.transpose`.
 * @throws ShapeError where `perm` is no permutation of the axes
 */
export function transpose<
  D extends DType,
  S extends Shape,
  const Perm extends readonly number[] | undefined = undefined,
>(
  a: Tensor<D, S> | ArrayLike_,
  perm?: Checked<Perm, TransposeShape<S, Perm>>,
  options: NameOption = {},
): Tensor<D, Ok<TransposeShape<S, Perm>>> {
  return transposeOp.build([a], { perm: perm ?? null }, { name: options.name ?? "transpose" }) as Tensor<never, never>;
}

/** The axes to reverse, each once. */
function reversedAxes(c: Failing, given: readonly number[], rank: number): Set<number> {
  const axes = new Set<number>();
  for (const axis of given) {
    const resolved = normalizeAxis(axis, rank);
    if (resolved === undefined)
      return c.fail(`'axis'[${given.indexOf(axis)}] = ${axis} is out of valid range [0, ${rank - 1}]`);
    if (axes.has(resolved)) c.fail(`axis ${resolved} specified more than once.`);
    axes.add(resolved);
  }
  return axes;
}

const reverseOp = defineOp({
  name: "ReverseV2",
  inputs: ["tensor"],
  infer: (c) => {
    const shape = c.shape(0);
    if (shape !== null) reversedAxes(c, c.attributes.axes as readonly number[], shape.length);
    return likeFirst(c);
  },
  lower: compiled((c) => {
    const x = c.input(0);
    const axes = reversedAxes(c, c.attributes.axes as readonly number[], x.shape.length);
    return [
      c.map(x.shape, x.dtype, (at) =>
        c.load(
          x,
          at.map((i, axis) => (axes.has(axis) ? c.e.sub(c.e.index((x.shape[axis] as number) - 1), i) : i)),
        ),
      ),
    ];
  }),
  gradient: (op, dy) => [reverseOp.build([dy], op.attributes)],
});

/** `tensor` with the entries along each of `axis` in reversed order. `tf.reverse`. */
export function reverse<D extends DType, S extends Shape>(
  tensor: Tensor<D, S> | ArrayLike_,
  axis: number | readonly number[],
  options: NameOption = {},
): Tensor<D, S> {
  const axes = typeof axis === "number" ? [axis] : [...axis];
  return reverseOp.build([tensor], { axes }, options) as Tensor as Tensor<D, S>;
}

const invertPermutationOp = defineOp({
  name: "InvertPermutation",
  inputs: ["x"],
  infer: (c) => [{ dtype: dtypeOf(c, 0), shape: requireRank(c, 0, 1) }],
  lower: compiled((c) => {
    const x = c.input(0);
    const [n = 0] = x.shape;
    const { where } = c;
    const scatter = (combine: "add" | "assign", update: (at: Expr) => Expr) =>
      c.scatter({
        combine,
        shape: x.shape,
        base: () => c.e.index(0),
        extents: x.shape,
        indices: (at) => [c.load(x, at)],
        update: ([i]) => update(i as Expr),
      });
    // Each of 0 … n−1 hit exactly once: what is out of range or twice leaves another one without a hit.
    const hits = scatter("add", () => c.e.index(1));
    c.check(
      c.map(x.shape, "bool", (at) => c.e.ne(c.load(hits, at), c.e.index(1))),
      [x],
      ([given]) => {
        const numbers = Array.from((given as NdArray<"int32">).data);
        const outside = numbers.find((i) => i < 0 || i >= n);
        const twice = numbers.find((v, i) => numbers.indexOf(v) !== i);
        return new InvalidArgumentError(
          outside === undefined ? `${twice} is duplicated in the input.` : `${outside} is not between 0 and ${n}`,
          { ...where, hint: "a permutation holds each of 0 … n−1 once" },
        );
      },
    );
    return [scatter("assign", (i) => i)];
  }),
  gradient: null,
});

/**
 * `y[x[i]] = i`. `tf.invert_permutation`.
 * @throws InvalidArgumentError when running, where `x` holds a number twice or one outside `[0, n)`
 */
export function invertPermutation<S extends Shape>(
  x: Tensor<"int32", S> | readonly number[],
  options: NameOption = {},
): Tensor<"int32", S> {
  return invertPermutationOp.build([int32Operand(x, "x")], {}, options) as Tensor<"int32", S>;
}
