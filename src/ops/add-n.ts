/** @file The sum of several tensors of one shape: what gradients of several paths end in. */
import { ArgumentError, type DType, mergeShapes, type Shape } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { type Expr, elementwise } from "../ir/index.js";
import { defineOp, type NameOption, requireSameDType } from "./define.js";

const addNOp = defineOp({
  name: "AddN",
  inputs: ["inputs..."],
  infer: (c) => {
    const dtype = requireSameDType(c, { name: "AddN", inputs: ["inputs"] });
    let shape = c.shape(0);
    for (let i = 1; i < c.inputs.length; i++) {
      const merged = mergeShapes(shape, c.shape(i));
      if (merged === undefined) return c.fail("Shapes must be equal", "addN does not broadcast; add() does");
      shape = merged;
    }
    return [{ dtype, shape }];
  },
  lower: elementwise((e, inputs) => inputs.reduce((sum: Expr, x) => e.add(sum, x))),
  gradient: (node, dy) => node.inputs.map(() => dy),
});

/** The sum of tensors of one shape and dtype, without broadcasting. `tf.add_n`. */
export function addN<D extends DType, S extends Shape>(
  inputs: readonly Tensor<D, S>[],
  options: NameOption = {},
): Tensor<D, S> {
  const [first] = inputs;
  if (first === undefined)
    throw new ArgumentError("inputs must be a list of at least one Tensor with the same dtype and shape");
  if (inputs.length === 1 && options.name === undefined) return first;
  return addNOp.build(inputs, {}, options) as Tensor as Tensor<D, S>;
}
