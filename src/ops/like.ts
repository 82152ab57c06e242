/**
 * @file Operations that bring one tensor to another's shape. Gradients use them, since the shapes they
 * must undo are often known only when running. Only the *shape* of `like` matters.
 */

import type { DType, Shape } from "../core/index.js";
import { broadcastShapes, isCompatible, normalizeAxis, sameShape, sizeOf } from "../core/index.js";
import type { InferContext, OutputSpec, Tensor } from "../graph/index.js";
import { compiled, flattenIndex, loadBroadcast, unflattenIndex } from "../ir/index.js";
import { defineOp, dtypeOf } from "./define.js";
import { reduceSum } from "./reduce.js";

const inferLike = (c: InferContext): OutputSpec[] => [{ dtype: dtypeOf(c, 0), shape: c.shape(1) }];

/** Sums over what broadcasting `like` to the input's shape repeated. */
export const sumToLikeOp = defineOp({
  name: "SumToLike",
  inputs: ["input", "like"],
  infer: inferLike,
  lower: compiled((c) => {
    const x = c.input(0);
    const { shape } = c.input(1);
    if (sameShape(x.shape, shape)) return [x];
    const skip = x.shape.length - shape.length;
    const reduced = x.shape.flatMap((extent, axis) =>
      axis < skip || (shape[axis - skip] === 1 && extent !== 1) ? [axis] : [],
    );
    const extents = reduced.map((axis) => x.shape[axis] as number);
    return [
      c.reduce("sum", shape, extents, (axes, over) =>
        c.load(
          x,
          x.shape.map((_, axis) => {
            const at = reduced.indexOf(axis);
            return (at >= 0 ? over[at] : axes[axis - skip]) as (typeof axes)[number];
          }),
        ),
      ),
    ];
  }),
  gradient: (op, dy) => [broadcastLike(dy, op.inputs[0] as Tensor), null],
});

/** Repeats the input along the axes where `like` is longer. */
export const broadcastLikeOp = defineOp({
  name: "BroadcastLike",
  inputs: ["input", "like"],
  infer: (c) => {
    const shape = broadcastShapes(c.shape(0), c.shape(1));
    if (shape !== null && "clash" in shape)
      return c.fail(`Cannot broadcast: ${shape.clash[0]} against ${shape.clash[1]}`);
    return inferLike(c);
  },
  lower: compiled((c) => {
    const x = c.input(0);
    return [c.map(c.input(1).shape, x.dtype, (axes) => loadBroadcast(c, x, axes))];
  }),
  gradient: (op, dy) => [sumToLike(dy, op.inputs[0] as Tensor), null],
});

/** Puts back the axes a reduction removed, repeating the value along them. */
export const expandLikeOp = defineOp({
  name: "ExpandLike",
  inputs: ["input", "like"],
  infer: inferLike,
  lower: compiled((c) => {
    const x = c.input(0);
    const { shape } = c.input(1);
    const given = c.attributes.axes as readonly number[] | null;
    const axes = new Set(given === null ? shape.map((_, i) => i) : given.map((a) => normalizeAxis(a, shape.length)));
    const keepsAxes = c.attributes.keepDims === true;
    return [
      c.map(shape, x.dtype, (at) => {
        const kept = at.flatMap((index, axis) => (axes.has(axis) ? (keepsAxes ? [c.e.index(0)] : []) : [index]));
        return c.load(x, kept);
      }),
    ];
  }),
  gradient: (op, dy) => [
    reduceSum(dy, { axis: op.attributes.axes as readonly number[] | null, keepDims: op.attributes.keepDims === true }),
    null,
  ],
});

/** The input's elements in the shape of `like`. */
export const reshapeLikeOp = defineOp({
  name: "ReshapeLike",
  inputs: ["input", "like"],
  infer: inferLike,
  lower: compiled((c) => {
    const x = c.input(0);
    const { shape } = c.input(1);
    if (sizeOf(x.shape) !== sizeOf(shape)) c.fail(`Cannot reshape [${x.shape}] to [${shape}]`);
    return [c.map(shape, x.dtype, (axes) => c.load(x, unflattenIndex(c.e, flattenIndex(c.e, axes, shape), x.shape)))];
  }),
  gradient: (op, dy) => [reshapeLike(dy, op.inputs[0] as Tensor), null],
});

/** `input`, summed over what broadcasting `like` to its shape repeated; `input` itself where the shapes agree. */
export function sumToLike(input: Tensor, like: Tensor): Tensor {
  const a = input.partialShape;
  const b = like.partialShape;
  if (a !== null && b !== null && a.length === b.length && !a.includes(null) && isCompatible(a, b) && !b.includes(null))
    return input;
  return sumToLikeOp.build([input, like]);
}
/** `input` broadcast to the shape of `like`. */
export const broadcastLike = <D extends DType>(input: Tensor<D>, like: Tensor): Tensor<D, Shape> =>
  broadcastLikeOp.build([input, like]) as Tensor<D>;
/** The gradient of a reduction's sum: `input` repeated over the reduced `axes` (`null` = all). */
export const expandLike = (input: Tensor, like: Tensor, axes: readonly number[] | null, keepDims: boolean): Tensor =>
  expandLikeOp.build([input, like], { axes, keepDims });
export const reshapeLike = (input: Tensor, like: Tensor): Tensor => reshapeLikeOp.build([input, like]);
