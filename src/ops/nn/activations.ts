/** @file Activations beyond those of `unary.ts`, which `tf.nn` shares. Follows `nn_ops.py` of TensorFlow 1.3 and 1.4. */
import type { ArrayLike_, DType, Shape } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { type Expr, elementwise } from "../../ir/index.js";
import { concat } from "../array/index.js";
import { add, multiply } from "../binary.js";
import { castLike } from "../cast.js";
import { convertToTensor, defineOp, likeFirst, type NameOption, requireFloating, type TensorLike } from "../define.js";
import { greaterThanZero } from "../masks.js";
import { withNameScope } from "../scopes.js";
import { erf, negative, relu, sigmoid } from "../unary.js";

const leakyReluOp = defineOp({
  name: "LeakyRelu",
  inputs: ["features"],
  infer: (c) => {
    requireFloating(c, "LeakyRelu");
    return likeFirst(c);
  },
  lower: elementwise((e, [features], { alpha }) => {
    const x = features as Expr;
    return e.select(e.lt(e.like(x, 0), x), x, e.mul(x, e.like(x, alpha as number)));
  }),
  gradient: (node, dy) => {
    const alpha = node.attributes.alpha as number;
    const positive = castLike(greaterThanZero(node.inputs[0] as Tensor), dy);
    return [multiply(dy, add(multiply(positive, 1 - alpha), alpha))];
  },
});

/** Options of {@link leakyRelu}. */
export interface LeakyReluOptions extends NameOption {
  /** Slope for negative inputs. Default 0.2. */
  readonly alpha?: number;
}
/** `x` where positive, else `alpha · x`; its slope at 0 is `alpha`. `tf.nn.leaky_relu` of TensorFlow 1.4. */
export function leakyRelu<D extends DType, S extends Shape>(
  features: Tensor<D, S> | ArrayLike_,
  options: LeakyReluOptions = {},
): Tensor<D, S> {
  const { alpha = 0.2, name } = options;
  return leakyReluOp.build([features as TensorLike], { alpha }, { name }) as Tensor<D, S>;
}

/** The last axis doubles. */
export type CReluShape<S extends Shape> = S extends readonly [...infer Outer extends Shape, number | null]
  ? readonly [...Outer, number | null]
  : Shape;
/** `relu` of `[x, −x]`, joined on the last axis: keeps both signs apart. `tf.nn.crelu`. */
export function crelu<D extends DType, S extends Shape>(
  features: Tensor<D, S> | ArrayLike_,
  options: NameOption = {},
): Tensor<D, CReluShape<S>> {
  const build = (scope: string): Tensor => {
    const x = convertToTensor(features as TensorLike, { name: "features" });
    return relu(concat([x, negative(x)], -1), { name: scope });
  };
  return withNameScope(options.name, build, { defaultName: "CRelu", values: [features as TensorLike] }) as Tensor<
    D,
    never
  >;
}

/** `x · sigmoid(x)`. `tf.nn.swish` of TensorFlow 1.5; later also called SiLU. */
export function swish<D extends DType, S extends Shape>(
  features: Tensor<D, S>,
  options: NameOption = {},
): Tensor<D, S> {
  const build = (scope: string): Tensor =>
    multiply(features as Tensor, sigmoid(features as Tensor), { name: scope }) as Tensor;
  return withNameScope(options.name, build, { defaultName: "swish", values: [features] }) as Tensor<D, never>;
}

/** `x` times the standard normal distribution function of `x`, by the error function. `tf.nn.gelu` of TensorFlow 2. */
export function gelu<D extends DType, S extends Shape>(features: Tensor<D, S>, options: NameOption = {}): Tensor<D, S> {
  const build = (scope: string): Tensor => {
    const distribution = multiply(add(erf(multiply(features as Tensor, Math.SQRT1_2) as Tensor), 1) as Tensor, 0.5);
    return multiply(features as Tensor, distribution as Tensor, { name: scope }) as Tensor;
  };
  return withNameScope(options.name, build, { defaultName: "gelu", values: [features] }) as Tensor<D, never>;
}
