/** @file Small measures of a whole tensor. Follows `l2loss_op.cc` and `nn_impl.py` of TensorFlow 1.3. */
import type { ArrayLike_, DType, Shape } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { compiled } from "../../ir/index.js";
import { equal, multiply } from "../binary.js";
import { cast } from "../cast.js";
import { convertToTensor, defineOp, dtypeOf, type NameOption, requireFloating, type TensorLike } from "../define.js";
import { reduceMean } from "../reduce.js";
import { withNameScope } from "../scopes.js";

const l2LossOp = defineOp({
  name: "L2Loss",
  inputs: ["t"],
  infer: (c) => {
    requireFloating(c, "L2Loss");
    return [{ dtype: dtypeOf(c, 0), shape: [] }];
  },
  lower: compiled((c) => {
    const { e } = c;
    const t = c.input(0);
    const sum = c.reduce("sum", [], t.shape, (_, at) => e.mul(c.load(t, at), c.load(t, at)));
    return [
      c.map([], t.dtype, () => {
        const total = c.load(sum, []);
        return e.mul(total, e.like(total, 0.5));
      }),
    ];
  }),
  gradient: (node, dy) => [multiply(node.inputs[0] as Tensor, dy)],
});

/** `Σ t² / 2` over all elements, without a square root. `tf.nn.l2_loss`. */
export function l2Loss<D extends DType>(
  t: Tensor<D, Shape> | ArrayLike_,
  options: NameOption = {},
): Tensor<D, readonly []> {
  return l2LossOp.build([t as TensorLike], {}, options) as Tensor<D, readonly []>;
}

/** The fraction of elements that are 0; NaN of none. `tf.nn.zero_fraction`. */
export function zeroFraction(value: Tensor | ArrayLike_, options: NameOption = {}): Tensor<"float32", readonly []> {
  return withNameScope(
    options.name,
    () => {
      const tensor = convertToTensor(value as TensorLike);
      return reduceMean(cast(equal(tensor, tensor.dtype === "bool" ? false : 0) as Tensor<"bool">, "float32"));
    },
    { defaultName: "zero_fraction", values: [value as TensorLike] },
  );
}
