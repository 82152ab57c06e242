/**
 * @file Positions of extremes. Follows `math_ops.py` and `argmax_op.cc` of TensorFlow 1.3, except that
 * the result is int32.
 */
import {
  type ArgReduceShape,
  ArgumentError,
  type ArrayLike_,
  type Checked,
  type DType,
  describe,
  type Ok,
  type Shape,
  type UnknownOption,
} from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { compiled } from "../ir/index.js";
import { defineOp, type TensorLike } from "./define.js";
import { inferReduction, reductionOf, requireAccepted } from "./reduce-op.js";

/** What an arg reduction takes besides the tensor: the axis alone, or an options object. */
export type ArgReduceArgument = Axis | { readonly axis?: Axis; readonly name?: string | undefined };
type Axis = number | null | undefined;
type AxisOf<O> = O extends Axis
  ? O
  : O extends { readonly axis: infer A extends Axis }
    ? A
    : "axis" extends keyof O
      ? number
      : undefined;

/** `ArgReduceShape` of an {@link ArgReduceArgument}; an option it does not know is a message too. */
export type ArgReduceCallShape<S extends Shape, O extends ArgReduceArgument, Name extends string> = [
  UnknownOption<O, "axis" | "name", Name>,
] extends [never]
  ? ArgReduceShape<S, AxisOf<O>, Name>
  : UnknownOption<O, "axis" | "name", Name>;

/** The position of an extreme along one axis, which goes; also a method of its operand. */
export type ArgReduceFunction<Name extends string> = <
  D extends DType,
  S extends Shape,
  const O extends ArgReduceArgument = undefined,
>(
  input: Tensor<D, S> | ArrayLike_,
  axisOrOptions?: Checked<O, ArgReduceCallShape<S, O, Name>>,
) => Tensor<"int32", Ok<ArgReduceCallShape<S, O, Name>>>;

const accepts: readonly DType[] = ["float32", "float64", "int32", "uint8"];
const attributesOf = (attributes: Readonly<Record<string, unknown>>) => ({
  axes: [attributes.axis as number],
  keepDims: false,
});

/* @__NO_SIDE_EFFECTS__ */
function argReduceOp<const Name extends string>(
  method: Name,
  spec: { readonly name: string; readonly which: "max" | "min" },
): ArgReduceFunction<Name> {
  const op = defineOp({
    name: spec.name,
    inputs: ["input"],
    infer: (c) => {
      requireAccepted(c, spec.name, accepts);
      return [{ dtype: "int32", shape: inferReduction(c, attributesOf(c.attributes)) }];
    },
    lower: compiled((c) => {
      const x = c.input(0);
      const { shape, extents, indices } = reductionOf(c, x, attributesOf(c.attributes));
      if (extents.includes(0) && !shape.includes(0))
        c.fail(`Reduction axis ${c.attributes.axis} is empty in shape [${x.shape}]`, "no element has a position there");
      return [c.argReduce(spec.which, shape, extents, (axes, reduced) => c.load(x, indices(axes, reduced)))];
    }),
    gradient: null,
  });
  const build = (input: TensorLike, argument?: ArgReduceArgument): Tensor => {
    const options = typeof argument === "object" && argument !== null ? argument : { axis: argument };
    const axis = options.axis ?? 0;
    if (!Number.isInteger(axis))
      throw new ArgumentError(`${method}: the axis must be a whole number, got ${describe(axis)}`, {
        hint: `${method}(x, 1) or ${method}(x, { axis: 1 })`,
      });
    return op.build([input], { axis }, { name: options.name });
  };
  return build as unknown as ArgReduceFunction<Name>;
}

/**
 * The position of the largest element along `axis` (default 0, not flattened); the first of equals,
 * int32. The second argument is the axis alone or `{ axis, name }`. No gradient. `tf.argmax`.
 */
export const argmax: ArgReduceFunction<"argmax"> = argReduceOp("argmax", {
  name: "ArgMax",
  which: "max",
});
/**
 * The position of the smallest element along `axis` (default 0, not flattened); the first of equals,
 * int32. The second argument is the axis alone or `{ axis, name }`. No gradient. `tf.argmin`.
 */
export const argmin: ArgReduceFunction<"argmin"> = argReduceOp("argmin", {
  name: "ArgMin",
  which: "min",
});
