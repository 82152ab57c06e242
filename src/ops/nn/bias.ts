/** @file Biases and the layers written out by hand. Follows `nn_ops.py`, `nn_impl.py` and `bias_op.cc` of TensorFlow 1.3. */
import {
  type BroadcastShape,
  bracketed,
  type Checked,
  type CommonDType,
  type DType,
  type DTypeClash,
  type MatMulShape,
  type Ok,
  type Shape,
} from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { compiled, type Expr } from "../../ir/index.js";
import { defineOp, type NameOption, requireRank, requireSameDType } from "../define.js";
import { sumToLike } from "../like.js";
import { matmul } from "../matmul.js";
import { withNameScope } from "../scopes.js";
import { relu } from "../unary.js";

const inputs = ["value", "bias"];

const biasAddOp = defineOp({
  name: "BiasAdd",
  inputs,
  infer: (c) => {
    const dtype = requireSameDType(c, { name: "BiasAdd", inputs });
    const value = c.shape(0);
    const bias = requireRank(c, 1, 1);
    if (value === null) return [{ dtype, shape: null }];
    if (value.length < 2) c.fail(`Shape must be at least rank 2 but is rank ${value.length}`);
    const [last, length] = [value.at(-1) ?? null, bias?.[0] ?? null];
    if (last !== null && length !== null && last !== length)
      c.fail(`Dimensions must be equal, but are ${last} and ${length}`, "one bias for each entry of the last axis");
    return [{ dtype, shape: [...value.slice(0, -1), last ?? length] }];
  },
  lower: compiled((c) => {
    const value = c.input(0);
    const bias = c.input(1);
    if (bias.shape.length !== 1 || bias.shape[0] !== value.shape.at(-1))
      c.fail(
        `Must provide as many biases as the last dimension of the input tensor: ${bracketed(bias.shape)} vs. ${bracketed(value.shape)}`,
      );
    return [c.map(value.shape, value.dtype, (at) => c.e.add(c.load(value, at), c.load(bias, [at.at(-1) as Expr])))];
  }),
  gradient: (node, dy) => [dy, sumToLike(dy, node.inputs[1] as Tensor)],
});

/**
 * `value` plus one number for each entry of its last axis. `tf.nn.bias_add`.
 * @param value rank 2 or more
 * @param bias a vector as long as the last axis
 * @throws ShapeError where the lengths differ
 */
export function biasAdd<D extends DType, S extends Shape, E extends DType, B extends Shape>(
  value: Tensor<D, S>,
  bias: Checked<Tensor<E, B>, DTypeClash<D, E, "biasAdd"> | BroadcastShape<S, B, "biasAdd">>,
  options: NameOption = {},
): Tensor<CommonDType<D, E>, S> {
  return biasAddOp.build([value, bias], {}, options) as Tensor<never, never>;
}

/**
 * `x · weights + biases`. `tf.nn.xw_plus_b`.
 * @throws ShapeError when inner dimensions differ, or biases are not as many as columns
 */
export function xwPlusB<D extends DType, X extends Shape, W extends Shape>(
  x: Tensor<D, X>,
  weights: Checked<Tensor<DType, W>, MatMulShape<X, W, false, false, "xwPlusB">>,
  biases: Tensor,
  options: NameOption = {},
): Tensor<D, Ok<MatMulShape<X, W, false, false, "xwPlusB">>> {
  const built = withNameScope(
    options.name,
    (scope) => biasAdd(matmul(x as Tensor, weights as Tensor), biases, { name: scope }),
    {
      defaultName: "xw_plus_b",
      values: [x],
    },
  );
  return built as Tensor<D, never>;
}

/**
 * `relu(x · weights + biases)`. `tf.nn.relu_layer`.
 * @throws ShapeError when inner dimensions differ, or biases are not as many as columns
 */
export function reluLayer<D extends DType, X extends Shape, W extends Shape>(
  x: Tensor<D, X>,
  weights: Checked<Tensor<DType, W>, MatMulShape<X, W, false, false, "reluLayer">>,
  biases: Tensor,
  options: NameOption = {},
): Tensor<D, Ok<MatMulShape<X, W, false, false, "reluLayer">>> {
  const built = withNameScope(
    options.name,
    (scope) => relu(biasAdd(matmul(x as Tensor, weights as Tensor), biases), { name: scope }),
    { defaultName: "relu_layer", values: [x] },
  );
  return built as Tensor<D, never>;
}
