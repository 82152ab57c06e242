/**
 * @file Entries picked by index: `gather`, `gatherNd` and the sums that are their gradients. Follows
 * `gather_op.cc` and `gather_nd_op.cc` of TensorFlow 1.3.
 */
import {
  type ArrayLike_,
  type Checked,
  type DType,
  type GatherShape,
  InvalidArgumentError,
  NdArray,
  type Ok,
  type PartialShape,
  type Shape,
  type ValueShape,
} from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { compiled, type Expr, type LowerContext, type TensorValue } from "../../ir/index.js";
import type { Operand } from "../binary.js";
import { defineOp, dtypeOf, type NameOption, type TensorLike } from "../define.js";
import { axisOf } from "./axis.js";
import { elementAt, pointsOf } from "./oracles.js";
import { int32Operand, numbersOf } from "./shape-argument.js";

/** Fails the run where an index is outside `[0, extent)`. */
export function checkIndices(c: LowerContext, indices: TensorValue, extent: number): void {
  const { where } = c;
  const outside = c.map(indices.shape, "bool", (at) => c.e.not(inBounds(c, c.load(indices, at), extent)));
  c.check(outside, [indices], ([given]) => {
    const bad = pointsOf((given as NdArray).shape).find((at) => {
      const index = elementAt(given as NdArray, at);
      return index < 0 || index >= extent;
    }) as number[];
    const position = bad.length === 0 ? "" : `[${bad.join(",")}]`;
    return new InvalidArgumentError(
      `indices${position} = ${elementAt(given as NdArray, bad)} is not in [0, ${extent})`,
      { ...where, hint: "indices count from 0 and there are no negative ones" },
    );
  });
}

const inBounds = (c: LowerContext, index: Expr, extent: number): Expr =>
  c.e.and(c.e.le(c.e.index(0), index), c.e.lt(index, c.e.index(extent)));

/** An index brought into `[0, extent)`, so that loads stay inside also where the check will fail. */
export const clamped = (c: LowerContext, index: Expr, extent: number): Expr =>
  c.e.max(c.e.index(0), c.e.min(index, c.e.index(extent - 1)));

const gatherOp = defineOp({
  name: "Gather",
  inputs: ["params", "indices"],
  infer: (c) => {
    const params = c.shape(0);
    const indices = c.shape(1);
    const axis = params && axisOf(c, params.length);
    if (params === null || axis === null || indices === null) return [{ dtype: dtypeOf(c, 0), shape: null }];
    return [{ dtype: dtypeOf(c, 0), shape: [...params.slice(0, axis), ...indices, ...params.slice(axis + 1)] }];
  },
  lower: compiled((c) => {
    const params = c.input(0);
    const indices = c.input(1);
    const axis = axisOf(c, params.shape.length);
    const extent = params.shape[axis] as number;
    checkIndices(c, indices, extent);
    const picks = indices.shape.length;
    const shape = [...params.shape.slice(0, axis), ...indices.shape, ...params.shape.slice(axis + 1)];
    return [
      c.map(shape, params.dtype, (axes) => {
        if (extent === 0) return c.e.constant(0, params.dtype);
        const index = clamped(c, c.load(indices, axes.slice(axis, axis + picks)), extent);
        return c.load(params, [...axes.slice(0, axis), index, ...axes.slice(axis + picks)]);
      }),
    ];
  }),
  gradient: (op, dy) => {
    const [params, indices] = op.inputs as readonly [Tensor, Tensor];
    return [gatherGradOp.build([params, indices, dy], { axis: op.attributes.axis }), null];
  },
  staticValue: (op, known) => {
    const [params, indices] = op.inputs.map((input) => known(input));
    if (params?.dtype !== "int32" || params.rank !== 1 || indices === undefined || indices.size > 64) return undefined;
    const numbers = numbersOf(params);
    if (numbersOf(indices).some((i) => i < 0 || i >= numbers.length)) return undefined;
    return new NdArray(
      "int32",
      indices.shape,
      Int32Array.from(numbersOf(indices), (i) => numbers[i] as number),
    );
  },
});

/** Sums the entries of `dy` into zeros in the shape of `params`, each at the index it was picked from. */
const gatherGradOp = defineOp({
  name: "GatherGrad",
  inputs: ["params", "indices", "dy"],
  infer: (c) => [{ dtype: dtypeOf(c, 2), shape: c.shape(0) }],
  lower: compiled((c) => {
    const { shape } = c.input(0);
    const indices = c.input(1);
    const dy = c.input(2);
    const axis = axisOf(c, shape.length);
    const picks = indices.shape.length;
    return [
      c.scatter({
        combine: "add",
        shape,
        base: () => c.e.constant(0, dy.dtype),
        extents: dy.shape,
        indices: (at) => [
          ...at.slice(0, axis),
          c.load(indices, at.slice(axis, axis + picks)),
          ...at.slice(axis + picks),
        ],
        update: (at) => c.load(dy, at),
      }),
    ];
  }),
  gradient: (op, ddy) => [null, null, gatherOp.build([ddy, op.inputs[1] as Tensor], { axis: op.attributes.axis })],
});

/**
 * Entries of `params` along an axis, picked by int32 `indices`, whose shape takes the axis's place:
 * `params[indices]`. `tf.gather`.
 * @throws InvalidArgumentError when running, for an index outside `[0, extent)`
 */
export function gather<D extends DType, S extends Shape, const I extends Operand, const Axis extends number = 0>(
  params: Tensor<D, S> | ArrayLike_,
  indices: Checked<I, GatherShape<S, ValueShape<I>, Axis>>,
  options: {
    /** The axis to pick along. Default 0. */
    readonly axis?: Axis;
  } & NameOption = {},
): Tensor<D, Ok<GatherShape<S, ValueShape<I>, Axis>>> {
  const picks = int32Operand(indices as TensorLike, "indices");
  return gatherOp.build([params, picks], { axis: options.axis ?? 0 }, { name: options.name }) as Tensor<never, never>;
}

// ---- by index tuples ----

/** How many axes the last dimension of `indices` picks along. */
function tupleLength(c: { fail(message: string): never }, params: PartialShape, indices: PartialShape): number | null {
  if (indices === null) return null;
  if (indices.length === 0) return c.fail("indices must be at least a vector");
  const length = indices.at(-1) as number | null;
  if (length !== null && params !== null && length > params.length)
    c.fail(
      `indices.shape[-1] must be <= params.rank, but saw indices.shape[-1] = ${length} and params.rank = ${params.length}`,
    );
  return length;
}

const gatherNdOp = defineOp({
  name: "GatherNd",
  inputs: ["params", "indices"],
  infer: (c) => {
    const params = c.shape(0);
    const indices = c.shape(1);
    const length = tupleLength(c, params, indices);
    const shape =
      params === null || indices === null || length === null
        ? null
        : [...indices.slice(0, -1), ...params.slice(length)];
    return [{ dtype: dtypeOf(c, 0), shape }];
  },
  lower: compiled((c) => {
    const params = c.input(0);
    const indices = c.input(1);
    const length = tupleLength(c, params.shape, indices.shape) as number;
    checkTuples(c, indices, params.shape.slice(0, length));
    const outer = indices.shape.slice(0, -1);
    const shape = [...outer, ...params.shape.slice(length)];
    return [
      c.map(shape, params.dtype, (axes) => {
        if (params.shape.includes(0)) return c.e.constant(0, params.dtype);
        const tuple = tupleAt(c, indices, axes.slice(0, outer.length), length);
        const inside = tuple.map((index, k) => clamped(c, index, params.shape[k] as number));
        return c.load(params, [...inside, ...axes.slice(outer.length)]);
      }),
    ];
  }),
  gradient: (op, dy) => {
    const [params, indices] = op.inputs as readonly [Tensor, Tensor];
    return [gatherNdGradOp.build([params, indices, dy]), null];
  },
});

const tupleAt = (c: LowerContext, indices: TensorValue, outer: readonly Expr[], length: number): Expr[] =>
  Array.from({ length }, (_, k) => c.load(indices, [...outer, c.e.index(k)]));

function checkTuples(c: LowerContext, indices: TensorValue, extents: readonly number[]): void {
  if (extents.length === 0) return;
  const { where } = c;
  const outer = indices.shape.slice(0, -1);
  const outside = c.map(outer, "bool", (at) =>
    tupleAt(c, indices, at, extents.length)
      .map((index, k) => c.e.not(inBounds(c, index, extents[k] as number)))
      .reduce((any, one) => c.e.or(any, one)),
  );
  c.check(outside, [indices], ([given]) => {
    const tuple = (at: readonly number[]) => extents.map((_, k) => elementAt(given as NdArray, [...at, k]));
    const bad = pointsOf(outer).find((at) =>
      tuple(at).some((i, k) => i < 0 || i >= (extents[k] as number)),
    ) as number[];
    return new InvalidArgumentError(
      `indices[${bad.join(",")}] = [${tuple(bad).join(", ")}] does not index into param (shape: [${extents}])`,
      { ...where, hint: "indices count from 0 and there are no negative ones" },
    );
  });
}

const gatherNdGradOp = defineOp({
  name: "GatherNdGrad",
  inputs: ["params", "indices", "dy"],
  infer: (c) => [{ dtype: dtypeOf(c, 2), shape: c.shape(0) }],
  lower: compiled((c) => {
    const { shape } = c.input(0);
    const indices = c.input(1);
    const dy = c.input(2);
    const outer = indices.shape.length - 1;
    const length = indices.shape[outer] as number;
    return [
      c.scatter({
        combine: "add",
        shape,
        base: () => c.e.constant(0, dy.dtype),
        extents: dy.shape,
        indices: (at) => [...tupleAt(c, indices, at.slice(0, outer), length), ...at.slice(outer)],
        update: (at) => c.load(dy, at),
      }),
    ];
  }),
  gradient: (op, ddy) => [null, null, gatherNdOp.build([ddy, op.inputs[1] as Tensor])],
});

/**
 * Entries of `params` picked by index tuples, which the last axis of `indices` holds. `tf.gather_nd`.
 * @throws InvalidArgumentError when running, for an index outside its axis
 */
export function gatherNd<D extends DType>(
  params: Tensor<D> | ArrayLike_,
  indices: TensorLike,
  options: NameOption = {},
): Tensor<D> {
  return gatherNdOp.build([params, int32Operand(indices, "indices")], {}, options) as Tensor<D>;
}
