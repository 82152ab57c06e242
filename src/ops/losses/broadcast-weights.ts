/**
 * @file Weights of elements: scalars, or of the values' rank with 1 where they repeat. Stricter than
 * broadcasting, so that a vector of weights is never taken for another axis. Follows
 * `weights_broadcast_ops.py` of TensorFlow 1.3.
 */
import { bracketed, type PartialShape } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { compiled, loadBroadcast } from "../../ir/index.js";
import { cast } from "../cast.js";
import { convertToTensor, defineOp, dtypeOf, type TensorLike, tensorOf } from "../define.js";
import { sumToLike } from "../like.js";

const hint = "weights are a scalar, or have the rank of the values with 1 where they repeat: tf.expandDims() adds axes";

/** What is wrong with the weights' shape, as far as known. */
function mismatch(weights: PartialShape, values: PartialShape): string | undefined {
  if (weights === null || values === null || weights.length === 0) return undefined;
  const shapes = `values.shape=${bracketed(values)}. weights.shape=${bracketed(weights)}.`;
  if (weights.length !== values.length)
    return `weights can not be broadcast to values. values.rank=${values.length}. weights.rank=${weights.length}. ${shapes}`;
  const axis = weights.findIndex((d, i) => d !== null && d !== 1 && values[i] !== null && d !== values[i]);
  return axis < 0 ? undefined : `weights can not be broadcast to values. Mismatch at dim ${axis}. ${shapes}`;
}

const broadcastWeightsOp = defineOp({
  name: "BroadcastWeights",
  inputs: ["weights", "values"],
  infer: (c) => {
    const problem = mismatch(c.shape(0), c.shape(1));
    if (problem !== undefined) c.fail(problem, hint);
    return [{ dtype: dtypeOf(c, 0), shape: c.shape(1) }];
  },
  lower: compiled((c) => {
    const weights = c.input(0);
    const { shape } = c.input(1);
    const problem = mismatch(weights.shape, shape);
    if (problem !== undefined) c.fail(problem, hint);
    return [c.map(shape, weights.dtype, (axes) => loadBroadcast(c, weights, axes))];
  }),
  gradient: (node, dy) => [sumToLike(dy, node.inputs[0] as Tensor), null],
});

/**
 * The weights as float32, repeated to the shape of `values`.
 * @throws ShapeError (InvalidArgumentError when running) where they are neither a scalar nor of the
 *   values' rank with dimensions that agree or are 1
 */
export function broadcastWeights(weights: TensorLike, values: Tensor): Tensor<"float32"> {
  return broadcastWeightsOp.build([toFloat(weights), values]) as Tensor<"float32">;
}

/** A tensor of float32; plain values become one. */
export function toFloat(value: TensorLike): Tensor<"float32"> {
  const known = tensorOf(value);
  return known === undefined ? convertToTensor(value, { dtype: "float32" }) : cast(known, "float32");
}
