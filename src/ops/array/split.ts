/** @file One tensor cut along an axis: `split`, into equal parts or given sizes. Follows `split_op.cc` and `split_v_op.cc`. */
import type { ArrayLike_, Checked, DType, Ok, Shape, SplitShape } from "../../core/index.js";
import type { InferContext, Tensor } from "../../graph/index.js";
import { compiled } from "../../ir/index.js";
import { defineOp, dtypeOf, type NameOption } from "../define.js";
import { axisOf } from "./axis.js";
import { concat } from "./concat.js";

interface SplitContext {
  readonly attributes: InferContext["attributes"];
  fail(message: string, hint?: string): never;
}

/** The extents of the parts of an axis of `extent` entries; one size may be -1. */
function partSizes(c: SplitContext, extent: number, axis: number): number[] {
  const { count, sizes } = c.attributes as { count: number; sizes: readonly number[] | null };
  if (sizes === null) {
    if (extent % count !== 0)
      c.fail(
        `Dimension size must be evenly divisible by ${count} but is ${extent}: Number of ways to split should evenly divide the split dimension, but got split_dim ${axis}`,
        "pass a list of sizes for unequal parts",
      );
    return new Array<number>(count).fill(extent / count);
  }
  const open = sizes.indexOf(-1);
  const given = sizes.reduce((sum, size) => sum + Math.max(size, 0), 0);
  if (open >= 0 ? given > extent : given !== extent)
    c.fail(
      `Determined shape must either match input shape along split_dim exactly if fully specified, or be less than the size of the input along split_dim if not fully specified. Got: ${given}`,
    );
  return sizes.map((size) => (size === -1 ? extent - given : size));
}

const splitOp = defineOp({
  name: "Split",
  inputs: ["value"],
  infer: (c) => {
    const dtype = dtypeOf(c, 0);
    const { count, sizes } = c.attributes as { count: number; sizes: readonly number[] | null };
    const shape = c.shape(0);
    if (shape === null) return Array.from({ length: count }, () => ({ dtype, shape: null }));
    const axis = axisOf(c, shape.length);
    const extent = shape[axis] as number | null;
    const parts =
      extent === null
        ? Array.from({ length: count }, (_, i) => (sizes === null || sizes[i] === -1 ? null : (sizes[i] as number)))
        : partSizes(c, extent, axis);
    return parts.map((part) => ({ dtype, shape: shape.map((d, k) => (k === axis ? part : d)) }));
  },
  lower: compiled((c) => {
    const x = c.input(0);
    const axis = axisOf(c, x.shape.length);
    let begin = 0;
    return partSizes(c, x.shape[axis] as number, axis).map((part) => {
      const from = c.e.index(begin);
      begin += part;
      const shape = x.shape.map((d, k) => (k === axis ? part : d));
      return c.map(shape, x.dtype, (axes) =>
        c.load(
          x,
          axes.map((a, k) => (k === axis ? c.e.add(a, from) : a)),
        ),
      );
    });
  }),
  gradient: (op, ...dys) => [concat(dys, op.attributes.axis as number) as Tensor],
});

/** A list of `Parts` tensors, or of unknown length. */
type PartList<T, Parts, Out extends T[] = []> = number extends Parts
  ? T[]
  : Parts extends number
    ? Out["length"] extends Parts
      ? Out
      : Out["length"] extends 32
        ? T[]
        : PartList<T, Parts, [...Out, T]>
    : T[];
type SplitCheck<S extends Shape, P, Axis extends number> = P extends number ? SplitShape<S, P, Axis> : Shape;

/**
 * Cuts `value` along `axis` into a number of equal parts, or parts of the given sizes, of which one
 * may be -1 for what is left. `tf.split`.
 * @throws ShapeError, or InvalidArgumentError when running, where the parts do not add up
 */
export function split<
  D extends DType,
  S extends Shape,
  const Parts extends number | readonly number[],
  const Axis extends number = 0,
>(
  value: Tensor<D, S> | ArrayLike_,
  numOrSizes: Checked<Parts, SplitCheck<S, Parts, Axis>>,
  options: {
    /** The axis to cut. Default 0. */
    readonly axis?: Axis;
  } & NameOption = {},
): PartList<Tensor<D, Ok<SplitCheck<S, Parts, Axis>>>, Parts> {
  const parts = numOrSizes as number | readonly number[];
  const sizes = typeof parts === "number" ? null : [...parts];
  const attributes = { axis: options.axis ?? 0, count: typeof parts === "number" ? parts : parts.length, sizes };
  const operation = splitOp.create([value], attributes, { name: options.name ?? "split" });
  return [...operation.outputs] as unknown as PartList<Tensor<D, Ok<SplitCheck<S, Parts, Axis>>>, Parts>;
}
