/**
 * @file `reduceOp`: what a reduction over axes needs to say, and its typed builder. Also the geometry of
 * a concrete reduction, which the arg reductions share.
 */
import {
  ArgumentError,
  type ArrayLike_,
  type Checked,
  type DType,
  DTypeError,
  describe,
  normalizeAxis,
  type Ok,
  type PartialShape,
  type ReduceArgument,
  type ReduceCallShape,
  type Shape,
} from "../core/index.js";
import type { InferContext, Operation, Tensor } from "../graph/index.js";
import { compiled, type Expr, type LowerContext, type TensorValue } from "../ir/index.js";
import { defineOp, dtypeOf, type NameOption, type TensorLike } from "./define.js";

/**
 * A reduction of a tensor over one axis, a list of axes, or (without any) all of them; also a method
 * of its operand. Negative axes count from the end. The second argument is the axes alone, or options
 * `{ axis, keepDims, name }`; with `keepDims` the reduced axes stay, with extent 1.
 */
export type ReduceFunction<Name extends string, Out extends DType | "same" = "same"> = <
  D extends DType,
  S extends Shape,
  const O extends ReduceArgument = undefined,
>(
  x: Tensor<D, S> | ArrayLike_,
  axisOrOptions?: Checked<O, ReduceCallShape<S, O, Name>>,
) => Tensor<Out extends DType ? Out : D, Ok<ReduceCallShape<S, O, Name>>>;

/** What every reduction is parameterized by; `axes: null` means all. */
export interface ReduceAttributes {
  readonly axes: readonly number[] | null;
  readonly keepDims: boolean;
}
/** The attributes of a reduction built with {@link reduceOp}. */
export const reduceAttributes = (node: Pick<Operation, "attributes">): ReduceAttributes =>
  node.attributes as unknown as ReduceAttributes;

interface ReduceSpec {
  /** TensorFlow's operation type. */
  readonly name: string;
  readonly accepts: readonly DType[];
  readonly lower: (c: LowerContext, x: TensorValue, reduction: Reduction) => TensorValue;
  /** The input's gradient; `null`: none flows. */
  readonly gradient: ((node: Operation, x: Tensor, dy: Tensor) => Tensor) | null;
}

/** A reduction with concrete shapes. */
export interface Reduction {
  /** The result's shape. */
  readonly shape: readonly number[];
  /** Extents of the reduced axes. */
  readonly extents: readonly number[];
  /** The input's indices, from those of the result and those along the reduced axes. */
  readonly indices: (axes: readonly Expr[], reduced: readonly Expr[]) => Expr[];
  /** The result's indices, from those of the input. */
  readonly project: (indices: readonly Expr[]) => Expr[];
}

/** The geometry of reducing `x` over `axes` (`null` = all). Fails the compilation for an axis out of range. */
export function reductionOf(c: LowerContext, x: TensorValue, { axes, keepDims }: ReduceAttributes): Reduction {
  const rank = x.shape.length;
  const reduced = new Set<number>();
  for (const axis of axes ?? x.shape.keys()) {
    const resolved = normalizeAxis(axis, rank);
    if (resolved === undefined) return c.fail(invalidAxis(axis, rank), axisHint(rank));
    reduced.add(resolved);
  }
  const order = [...reduced].sort((a, b) => a - b);
  const kept = [...x.shape.keys()].filter((axis) => keepDims || !reduced.has(axis));
  return {
    shape: kept.map((axis) => (reduced.has(axis) ? 1 : (x.shape[axis] as number))),
    extents: order.map((axis) => x.shape[axis] as number),
    indices: (at, over) =>
      x.shape.map((_, axis) => (reduced.has(axis) ? over[order.indexOf(axis)] : at[kept.indexOf(axis)]) as Expr),
    project: (indices) => kept.map((axis) => (reduced.has(axis) ? c.e.index(0) : (indices[axis] as Expr))),
  };
}

/** Reduces the elements of `x`, each first turned by `element`. */
export function reduceElements(
  c: LowerContext,
  op: "sum" | "prod" | "max" | "min" | "any" | "all",
  x: TensorValue,
  { shape, extents, indices }: Reduction,
  element: (value: Expr, indices: readonly Expr[]) => Expr = (value) => value,
): TensorValue {
  return c.reduce(op, shape, extents, (axes, reduced) => {
    const at = indices(axes, reduced);
    return element(c.load(x, at), at);
  });
}

/** The static shape of a reduction. @throws ShapeError for an axis out of range */
export function inferReduction(c: InferContext, { axes, keepDims }: ReduceAttributes): PartialShape {
  const shape = c.shape(0);
  if (shape === null) return axes === null && !keepDims ? [] : null;
  const reduced = new Set((axes ?? [...shape.keys()]).map((axis) => requireAxis(c, axis, shape.length)));
  return shape.flatMap((dimension, axis) => (reduced.has(axis) ? (keepDims ? [1] : []) : [dimension]));
}

/** A possibly negative axis as a position. @throws ShapeError outside `[-rank, rank)` */
export const requireAxis = (c: InferContext, axis: number, rank: number): number =>
  normalizeAxis(axis, rank) ?? c.fail(invalidAxis(axis, rank), axisHint(rank));

const invalidAxis = (axis: number, rank: number): string =>
  `Invalid reduction dimension ${axis} for input with ${rank} dimensions.`;
const axisHint = (rank: number): string =>
  rank === 0 ? "a scalar has no axes" : `axes are whole numbers from ${-rank} to ${rank - 1}`;

/** Input 0 must have one of the dtypes `accepts`. @throws DTypeError in TensorFlow's words */
export function requireAccepted(c: InferContext, opName: string, accepts: readonly DType[]): DType {
  const dtype = dtypeOf(c, 0);
  if (!accepts.includes(dtype))
    throw new DTypeError(
      `Value passed to parameter 'input' of op '${opName}' has DataType ${dtype} not in list of allowed values: ${accepts.join(", ")}`,
      { op: c.name, createdAt: c.inputs[0]?.op.createdAt, hint: `tf.cast(x, "${accepts[0]}") converts it` },
    );
  return dtype;
}

/** Defines a reduction and its typed builder. */
/* @__NO_SIDE_EFFECTS__ */
export function reduceOp<const Name extends string, const Out extends DType | "same" = "same">(
  method: Name,
  spec: ReduceSpec,
): ReduceFunction<Name, Out> {
  const op = defineOp({
    name: spec.name,
    inputs: ["input"],
    infer: (c) => {
      const dtype = requireAccepted(c, spec.name, spec.accepts);
      return [{ dtype, shape: inferReduction(c, reduceAttributes(c)) }];
    },
    lower: compiled((c) => {
      const x = c.input(0);
      return [spec.lower(c, x, reductionOf(c, x, reduceAttributes(c)))];
    }),
    gradient:
      spec.gradient === null
        ? null
        : (node, dy) => [(spec.gradient as NonNullable<typeof spec.gradient>)(node, node.inputs[0] as Tensor, dy)],
  });
  const build = (x: TensorLike, argument?: ReduceArgument): Tensor => {
    const { axis, keepDims, name } = reduceOptions(method, argument);
    return op.build([x], { axes: axesOf(method, axis), keepDims: keepDims ?? false }, { name });
  };
  return build as unknown as ReduceFunction<Name, Out>;
}

interface ReduceOptions extends NameOption {
  readonly axis?: number | readonly number[] | null | undefined;
  readonly keepDims?: boolean | undefined;
}

function reduceOptions(method: string, argument: ReduceArgument): ReduceOptions {
  if (typeof argument !== "object" || argument === null || isList(argument)) return { axis: argument };
  const unknown = Object.keys(argument).find((key) => key !== "axis" && key !== "keepDims" && key !== "name");
  if (unknown !== undefined)
    throw new ArgumentError(`${method}: there is no option ${unknown}`, {
      hint: "the options are axis, keepDims, name",
    });
  return argument;
}

const isList = (value: unknown): value is readonly number[] => Array.isArray(value);

function axesOf(method: string, axis: ReduceOptions["axis"]): readonly number[] | null {
  if (axis === undefined || axis === null) return null;
  const axes = isList(axis) ? [...axis] : [axis];
  const wrong = axes.find((a) => !Number.isInteger(a));
  if (wrong !== undefined)
    throw new ArgumentError(`${method}: an axis must be a whole number, got ${describe(wrong)}`, {
      hint: "pass a number, or a list of numbers",
    });
  return axes;
}
