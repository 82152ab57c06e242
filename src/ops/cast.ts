/** @file Conversion between element types. Follows `cast_op.cc` of TensorFlow 1.3. */
import { type DType, isFloating, type Shape } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { type Expr, elementwise } from "../ir/index.js";
import { defineOp, type NameOption } from "./define.js";

const castOp = defineOp({
  name: "Cast",
  inputs: ["x"],
  infer: (c) => [{ dtype: c.attributes.dtype as DType, shape: c.shape(0) }],
  lower: elementwise((e, [x], { dtype }) => e.cast(x as Expr, dtype as "float32")),
  gradient: (node, dy) => {
    const input = node.inputs[0] as Tensor;
    return [isFloating(input.dtype) && isFloating(node.output.dtype) ? cast(dy, input.dtype) : null];
  },
});
/**
 * Converts the element type: floats truncate toward zero, bool becomes 0 or 1. The tensor itself
 * where it has the dtype already. `tf.cast`.
 */
export function cast<D extends DType, S extends Shape>(
  x: Tensor<DType, S>,
  dtype: D,
  options: NameOption = {},
): Tensor<D, S> {
  if (x.dtype === dtype) return x as Tensor as Tensor<D, S>;
  return castOp.build([x], { dtype }, options) as Tensor as Tensor<D, S>;
}

/** Converts `x` to the dtype of `like`. */
export const castLike = <D extends DType>(x: Tensor, like: Tensor<D>): Tensor<D> => cast(x, like.dtype);
