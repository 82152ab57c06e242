/**
 * @file The same elements under another shape: `reshape`, `expandDims`, `squeeze`. Follows
 * `reshape_op.h` and `array_ops.cc` of TensorFlow 1.3.
 */
import {
  type ArrayLike_,
  bracketed,
  type Checked,
  type DType,
  type ExpandDimsShape,
  isFullyDefined,
  normalizeAxis,
  type Ok,
  type PartialShape,
  type ReshapeShape,
  type Shape,
  type SqueezeShape,
  sizeOf,
} from "../../core/index.js";
import type { InferContext, Tensor } from "../../graph/index.js";
import { compiled, flattenIndex, type LowerContext, type TensorValue, unflattenIndex } from "../../ir/index.js";
import { defineOp, dtypeOf, type NameOption } from "../define.js";
import { reshapeLike } from "../like.js";
import { inputAsShape, knownNumbers, type ShapeArgument, shapeNumbers, shapeOperand } from "./shape-argument.js";

/** The same elements, in row-major order, under another shape of the same size. */
export const reshaped = (c: LowerContext, x: TensorValue, shape: readonly number[]): TensorValue =>
  c.map(shape, x.dtype, (axes) => c.load(x, unflattenIndex(c.e, flattenIndex(c.e, axes, shape), x.shape)));

/** Replaces the one -1 of a target by what is left of `size` elements. */
function resolveTarget(c: LowerContext, size: number, target: readonly number[]): number[] {
  const inferred = requireOneInferred(c, target);
  const others = sizeOf(target.filter((d) => d !== -1));
  if (inferred < 0) {
    if (others !== size)
      c.fail(
        `Input to reshape is a tensor with ${size} values, but the requested shape has ${others}`,
        "the product of the new dimensions must equal the number of elements; one of them may be -1",
      );
    return [...target];
  }
  if (others === 0)
    c.fail(
      "reshape cannot infer the missing input size for an empty tensor unless all specified input sizes are non-zero",
    );
  if (size % others !== 0)
    c.fail(
      `Input to reshape is a tensor with ${size} values, but the requested shape requires a multiple of ${others}`,
    );
  return target.map((d) => (d === -1 ? size / others : d));
}

function requireOneInferred(c: { fail(message: string): never }, target: readonly number[]): number {
  const first = target.indexOf(-1);
  const last = target.lastIndexOf(-1);
  if (first !== last) c.fail(`Only one input size may be -1, not both ${first} and ${last}`);
  target.forEach((d, i) => {
    if (d < -1) c.fail(`Size ${i} must be non-negative, not ${d}`);
  });
  return first;
}

function inferReshape(c: InferContext): PartialShape {
  const from = c.shape(0);
  const numbers = knownNumbers(c, 1);
  if (numbers !== undefined) requireOneInferred(c, numbers);
  const to = inputAsShape(c, 1);
  if (to === null || from === null || !isFullyDefined(from)) return to;
  const size = sizeOf(from);
  const known = sizeOf(to.filter((d) => d !== null));
  const unknown = to.filter((d) => d === null).length;
  if (unknown === 0 && known !== size)
    c.fail(
      `Cannot reshape a tensor with ${size} elements to shape ${bracketed(to)} (${known} elements)`,
      "the product of the new dimensions must equal the number of elements; one of them may be -1",
    );
  if (unknown !== 1 || known === 0) return to;
  if (size % known !== 0) c.fail(`Dimension size must be evenly divisible by ${known} but is ${size}`);
  return to.map((d) => d ?? size / known);
}

const reshapeOp = defineOp({
  name: "Reshape",
  inputs: ["tensor", "shape"],
  shapeInputs: [1],
  infer: (c) => [{ dtype: dtypeOf(c, 0), shape: inferReshape(c) }],
  lower: compiled((c) => {
    const x = c.input(0);
    return [reshaped(c, x, resolveTarget(c, sizeOf(x.shape), shapeNumbers(c, 1)))];
  }),
  gradient: (op, dy) => [reshapeLike(dy, op.inputs[0] as Tensor), null],
  staticValue: (op, known) => {
    const value = op.inputs[0] && known(op.inputs[0]);
    const target = op.output.partialShape;
    return value !== undefined && isFullyDefined(target) && value.size <= 64 ? value.reshape(target) : undefined;
  },
});

/** {@link ReshapeShape} of a target that may be a tensor. */
export type ReshapeTo<S extends Shape, T> = T extends readonly number[] ? ReshapeShape<S, T> : Shape;

/**
 * The elements of `tensor`, in row-major order, under `shape`, in which one dimension may be -1 and is
 * worked out. `tf.reshape`.
 * @throws ShapeError, or InvalidArgumentError when running, where the numbers of elements differ
 */
export function reshape<D extends DType, S extends Shape, const T extends ShapeArgument>(
  tensor: Tensor<D, S> | ArrayLike_,
  shape: Checked<T, ReshapeTo<S, T>>,
  options: NameOption = {},
): Tensor<D, Ok<ReshapeTo<S, T>>> {
  const target = shapeOperand(shape as ShapeArgument, "shape", options.name ?? "Reshape");
  return reshapeOp.build([tensor, target], {}, options) as Tensor<never, never>;
}

const expandDimsOp = defineOp({
  name: "ExpandDims",
  inputs: ["input"],
  infer: (c) => {
    const shape = c.shape(0);
    if (shape === null) return [{ dtype: dtypeOf(c, 0), shape: null }];
    const axis = insertionAxis(c, shape.length);
    return [{ dtype: dtypeOf(c, 0), shape: [...shape.slice(0, axis), 1, ...shape.slice(axis)] }];
  },
  lower: compiled((c) => {
    const x = c.input(0);
    const axis = insertionAxis(c, x.shape.length);
    return [reshaped(c, x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)])];
  }),
  gradient: (op, dy) => [reshapeLike(dy, op.inputs[0] as Tensor)],
});

function insertionAxis(
  c: { readonly attributes: Readonly<Record<string, unknown>>; fail(message: string): never },
  rank: number,
): number {
  const axis = c.attributes.axis as number;
  const resolved = normalizeAxis(axis, rank + 1);
  return resolved ?? c.fail(`dim ${axis} not in the interval [${-rank - 1}, ${rank}].`);
}

/** Inserts an axis of extent 1 before `axis`, which may be negative: -1 appends one. `tf.expand_dims`. */
export function expandDims<D extends DType, S extends Shape, const Axis extends number>(
  input: Tensor<D, S> | ArrayLike_,
  axis: Checked<Axis, ExpandDimsShape<S, Axis>>,
  options: NameOption = {},
): Tensor<D, Ok<ExpandDimsShape<S, Axis>>> {
  return expandDimsOp.build([input], { axis }, options) as Tensor<never, never>;
}

interface SqueezeContext {
  readonly attributes: Readonly<Record<string, unknown>>;
  fail(message: string, hint?: string): never;
}

/** Which axes of `shape` stay; `null` where an unknown extent decides. */
function keptAxes(c: SqueezeContext, shape: Shape): number[] | null {
  const given = c.attributes.axes as readonly number[];
  if (given.length === 0) {
    if (shape.includes(null)) return null;
    return shape.flatMap((extent, axis) => (extent === 1 ? [] : [axis]));
  }
  const dropped = new Set<number>();
  for (const axis of given) {
    const resolved = normalizeAxis(axis, shape.length);
    if (resolved === undefined)
      return c.fail(`Tried to squeeze dim index ${axis} for tensor with ${shape.length} dimensions.`);
    const extent = shape[resolved] as number | null;
    if (extent !== null && extent !== 1)
      return c.fail(
        `Can not squeeze dim[${resolved}], expected a dimension of 1, got ${extent}`,
        "only axes of extent 1 can go",
      );
    dropped.add(resolved);
  }
  return shape.flatMap((_, axis) => (dropped.has(axis) ? [] : [axis]));
}

const squeezeOp = defineOp({
  name: "Squeeze",
  inputs: ["input"],
  infer: (c) => {
    const shape = c.shape(0);
    const kept = shape && keptAxes(c, shape);
    return [
      {
        dtype: dtypeOf(c, 0),
        shape: kept === null ? null : kept.map((axis) => (shape as Shape)[axis] as number | null),
      },
    ];
  },
  lower: compiled((c) => {
    const x = c.input(0);
    const kept = keptAxes(c, x.shape) as number[];
    return [
      reshaped(
        c,
        x,
        kept.map((axis) => x.shape[axis] as number),
      ),
    ];
  }),
  gradient: (op, dy) => [reshapeLike(dy, op.inputs[0] as Tensor)],
});

/**
 * Removes the given axes, each of extent 1, or all axes of extent 1. `tf.squeeze`.
 * @throws ShapeError for an axis of another extent
 */
export function squeeze<
  D extends DType,
  S extends Shape,
  const Axis extends number | readonly number[] | undefined = undefined,
>(
  input: Tensor<D, S> | ArrayLike_,
  axis?: Checked<Axis, SqueezeShape<S, Axis>>,
  options: NameOption = {},
): Tensor<D, Ok<SqueezeShape<S, Axis>>> {
  const given = axis as number | readonly number[] | undefined;
  const axes = given === undefined ? [] : typeof given === "number" ? [given] : [...given];
  return squeezeOp.build([input], { axes }, options) as Tensor<never, never>;
}
