/**
 * @file Activation functions by name. Follows `activations.py` of TFLearn. May import `ops` and below.
 */
import {
  ArgumentError,
  callSiteOf,
  captureCallSite,
  type DType,
  describe,
  type OptionNames,
  requireOptions,
  type Shape,
} from "../core/index.js";
import { Tensor } from "../graph/index.js";
import {
  abs,
  add,
  clipByValue,
  multiply,
  nn,
  pow,
  subtract,
  type Variable,
  type VariableScope,
  variableScope,
} from "../ops/index.js";
import { lookUp } from "./identifiers.js";
import type { Initialization } from "./initializations.js";
import { variable } from "./variables.js";

type Elementwise = <D extends DType, S extends Shape>(x: Tensor<D, S>) => Tensor<D, S>;

/** The input itself. */
export const linear: Elementwise = (x) => x;
/** Hyperbolic tangent, from −1 to 1. */
export const tanh: Elementwise = (x) => nn.tanh(x);
/** `1 / (1 + e^−x)` */
export const sigmoid: Elementwise = (x) => nn.sigmoid(x);
/** Over the last axis. */
export const softmax: Elementwise = (x) => nn.softmax(x);
/** `log(1 + e^x)` */
export const softplus: Elementwise = (x) => nn.softplus(x);
/** `x / (1 + |x|)` */
export const softsign: Elementwise = (x) => nn.softsign(x);
/** `max(x, 0)` */
export const relu: Elementwise = (x) => nn.relu(x);
/** `min(max(x, 0), 6)` */
export const relu6: Elementwise = (x) => nn.relu6(x);
/** `x` where it is positive, `e^x − 1` elsewhere. */
export const elu: Elementwise = (x) => nn.elu(x);
/** Scaled ELU of self-normalizing networks. */
export const selu: Elementwise = (x) => nn.selu(x);
/** `max(x, 0)` beside `max(−x, 0)`: the last axis doubles. */
export const crelu = (x: Tensor): Tensor => nn.crelu(x);
/** `0.2·x + 0.5`, no less than 0 and no more than 1. */
export const hardSigmoid: Elementwise = <D extends DType, S extends Shape>(x: Tensor<D, S>) =>
  clipByValue(add(multiply(x as Tensor, 0.2) as Tensor, 0.5) as Tensor, 0, 1) as Tensor as Tensor<D, S>;
/** Gaussian error linear unit in its form with tanh: `½x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))`. */
export const gelu: Elementwise = <D extends DType, S extends Shape>(x: Tensor<D, S>) => {
  const input = x as Tensor;
  const cubic: Tensor = multiply(pow(input, 3) as Tensor, 0.044715);
  const inner: Tensor = multiply(add(input, cubic) as Tensor, Math.sqrt(2 / Math.PI));
  const half: Tensor = multiply(input, 0.5);
  return multiply(half, add(nn.tanh(inner), 1) as Tensor) as Tensor as Tensor<D, S>;
};
/** `x · sigmoid(x)` */
export const swish: Elementwise = (x) => nn.swish(x);
/** `x · tanh(softplus(x))` */
export const mish: Elementwise = <D extends DType, S extends Shape>(x: Tensor<D, S>) =>
  multiply(x as Tensor, nn.tanh(nn.softplus(x as Tensor))) as Tensor as Tensor<D, S>;

/** `x` where it is positive, `alpha·x` elsewhere; alpha 0.1 by default. */
export const leakyRelu = <D extends DType, S extends Shape>(x: Tensor<D, S>, alpha = 0.1): Tensor<D, S> =>
  nn.leakyRelu(x, { alpha });

/** Options of {@link prelu}. */
export interface PReluOptions {
  /** One slope for all channels. Default false: one for each. */
  readonly channelShared?: boolean;
  /** Default "zeros". */
  readonly weightsInit?: Initialization;
  /** Whether optimizers change the slopes. Default true. */
  readonly trainable?: boolean;
  /** Whether `DNN.load` restores them. Default true. */
  readonly restore?: boolean;
  /** Share the slopes of an earlier activation of the same `scope`. Default false. */
  readonly reuse?: boolean;
  /** The scope of the slopes; it overrides `name`. */
  readonly scope?: string | VariableScope;
  /** Default "PReLU". */
  readonly name?: string;
}

const preluOptions: OptionNames<PReluOptions> = {
  channelShared: true,
  weightsInit: true,
  trainable: true,
  restore: true,
  reuse: true,
  scope: true,
  name: true,
};

/** `max(x, 0) + alphas·min(x, 0)` with learned slopes `alphas`, of the last axis. */
export function prelu<D extends DType, S extends Shape>(
  x: Tensor<D, S>,
  options: PReluOptions = {},
): Tensor<D, S> & { readonly alphas: Variable } {
  requireOptions("prelu", options, preluOptions);
  if (!(x instanceof Tensor) || (x.partialShape?.at(-1) ?? null) === null)
    throw new ArgumentError(`prelu needs a tensor whose last axis has a known extent, got ${describe(x)}`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: "there is one slope for each channel; channels are the last axis",
    });
  const { channelShared = false, weightsInit = "zeros", trainable, restore, reuse = false, name = "PReLU" } = options;
  using _opened = variableScope(options.scope ?? null, { defaultName: name, values: [x], reuse });
  const alphas = variable("alphas", {
    shape: channelShared ? [1] : [x.shape.at(-1) as number],
    dtype: x.dtype as DType,
    initializer: weightsInit,
    trainable,
    restore,
  });
  const negative: Tensor = multiply(multiply(alphas as Tensor, subtract(x as Tensor, abs(x as Tensor))) as Tensor, 0.5);
  const result: Tensor = add(nn.relu(x as Tensor), negative);
  return Object.assign(result as Tensor<D, S>, { alphas: alphas as Variable });
}

const activations = {
  linear,
  tanh,
  sigmoid,
  softmax,
  softplus,
  softsign,
  relu,
  relu6,
  leaky_relu: (x: Tensor): Tensor => leakyRelu(x),
  leakyrelu: (x: Tensor): Tensor => leakyRelu(x),
  prelu: (x: Tensor): Tensor => prelu(x),
  elu,
  crelu,
  selu,
  hard_sigmoid: hardSigmoid,
  gelu,
  swish,
  mish,
} as const satisfies Record<string, (x: Tensor) => Tensor>;

/** Names of activation functions. */
export type ActivationName = keyof typeof activations;
/** A name, or a function of the tensor. */
export type Activation = ActivationName | ((x: Tensor) => Tensor);

/** What an identifier stands for. @throws ArgumentError "Invalid activation: …", or "Invalid Activation." */
export function get(identifier: Activation): (x: Tensor) => Tensor {
  if (typeof identifier === "function") return identifier;
  if (typeof identifier === "string") return lookUp<(x: Tensor) => Tensor>("activation", activations, identifier);
  throw new ArgumentError("Invalid Activation.", {
    createdAt: callSiteOf(captureCallSite()),
    hint: `pass a name such as "relu", or a function of a tensor, not ${describe(identifier)}`,
  });
}
