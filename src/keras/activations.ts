/**
 * @file Keras's activation functions: of a tensor, element by element but for the softmaxes and `glu`.
 * Follows `activations.py` of Keras 3. May import `ops` and below.
 */
import { ArgumentError } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { cumsum, range, split, where, zerosLike } from "../ops/array/index.js";
import { nn } from "../ops/index.js";
import type { Activation, ActivationName } from "./contracts.js";
import { registerFunction } from "./registry.js";

/** `choice` where `condition` holds, else `otherwise`. */
const choose = (condition: Tensor, choice: Tensor, otherwise: Tensor): Tensor =>
  where(condition as Tensor<"bool">, choice, otherwise) as Tensor;

// ---- rectifiers ----

/** Options of {@link relu}. */
export interface ReluOptions {
  /** Slope below the threshold. Default 0. */
  readonly negativeSlope?: number;
  /** The largest value of the result. Default: none. */
  readonly maxValue?: number | null;
  /** Values at or below it count as negative. Default 0. */
  readonly threshold?: number;
}
/**
 * `x` above the threshold, at most `maxValue`; `negativeSlope · (x − threshold)` below it.
 * `keras.activations.relu`.
 */
export function relu(x: Tensor, options: ReluOptions = {}): Tensor {
  const { negativeSlope = 0, maxValue = null, threshold: limit = 0 } = options;
  if (negativeSlope !== 0 && maxValue === null && limit === 0) return nn.leakyRelu(x, { alpha: negativeSlope });
  const above = limit === 0 ? nn.relu(x) : choose(x.greater(limit), x, zerosLike(x) as Tensor);
  const bounded = maxValue === null ? above : above.clipByValue(0, maxValue);
  if (negativeSlope === 0) return bounded;
  return bounded.sub(nn.relu(x.neg().add(limit) as Tensor).mul(negativeSlope));
}
/** `x` where positive, else `negativeSlope · x` (0.2). `keras.activations.leaky_relu`. */
export const leakyRelu = (
  x: Tensor,
  {
    negativeSlope = 0.2,
  }: {
    /** Slope below 0. Default 0.2. */
    readonly negativeSlope?: number;
  } = {},
): Tensor => nn.leakyRelu(x, { alpha: negativeSlope });
/** `x` between 0 and 6. */
export const relu6 = (x: Tensor): Tensor => nn.relu6(x);
/** `x` where positive, else `alpha · (eˣ − 1)` (alpha 1). `keras.activations.elu`. */
export function elu(
  x: Tensor,
  {
    alpha = 1,
  }: {
    /** Times the exponential part. Default 1. */
    readonly alpha?: number;
  } = {},
): Tensor {
  if (alpha === 1) return nn.elu(x);
  return choose(x.greater(0), x, nn.elu(x).mul(alpha));
}
/** `x` where positive, else `alpha · (e^(x/alpha) − 1)`: smooth at 0 for every alpha (1). `keras.activations.celu`. */
export const celu = (
  x: Tensor,
  {
    alpha = 1,
  }: {
    /** Where the exponential part levels off, below 0. Default 1. */
    readonly alpha?: number;
  } = {},
): Tensor => nn.relu(x).add(x.minimum(0).div(alpha).expm1().mul(alpha));
/** Scaled ELU, α 1.6732632423543772 and scale 1.0507009873554805: keeps mean 0 and variance 1. */
export const selu = (x: Tensor): Tensor => nn.selu(x);
/** `defaultValue` where `x` is not above the threshold. `keras.activations.threshold`. */
export const threshold = (x: Tensor, limit: number, defaultValue: number): Tensor =>
  choose(x.greater(limit), x, zerosLike(x).add(defaultValue));

// ---- sigmoids ----

/** `1 / (1 + e⁻ˣ)`. */
export const sigmoid = (x: Tensor): Tensor => nn.sigmoid(x);
/** `relu6(x + 3) / 6`: straight between −3 and 3. Keras 2 had other slopes. */
export const hardSigmoid = (x: Tensor): Tensor => nn.relu6(x.add(3) as Tensor).div(6);
/** `log(sigmoid(x))`, without overflow. */
export const logSigmoid = (x: Tensor): Tensor => nn.softplus(x.neg()).neg();
/** `(x + 1) / 2` between 0 and 1: what sparsemax is for two classes. */
export const sparseSigmoid = (x: Tensor): Tensor => x.add(1).mul(0.5).clipByValue(0, 1);
/** Hyperbolic tangent, from −1 to 1. */
export const tanh = (x: Tensor): Tensor => nn.tanh(x);
/** `x` between −1 and 1. */
export const hardTanh = (x: Tensor): Tensor => x.clipByValue(-1, 1);
/** `x / (1 + |x|)`. */
export const softsign = (x: Tensor): Tensor => nn.softsign(x);

// ---- gated units ----

/** `x · sigmoid(x)`; also called swish. */
export const silu = (x: Tensor): Tensor => nn.swish(x);
/** `x · hardSigmoid(x)`; also called hard swish. */
export const hardSilu = (x: Tensor): Tensor => x.mul(hardSigmoid(x));
/** `x` times the normal distribution function of `x`; `approximate` takes it by tanh. `keras.activations.gelu`. */
export function gelu(
  x: Tensor,
  {
    approximate = false,
  }: {
    /** Take the distribution function by tanh. Default false. */
    readonly approximate?: boolean;
  } = {},
): Tensor {
  if (!approximate) return nn.gelu(x);
  const inner = x.add(x.mul(x).mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI)) as Tensor;
  return x.mul(nn.tanh(inner).add(1)).mul(0.5);
}
/** `x · tanh(softplus(x))`. */
export const mish = (x: Tensor): Tensor => x.mul(nn.tanh(nn.softplus(x)));
/** The first half of an axis times the sigmoid of the second. `keras.activations.glu`. */
export function glu(
  x: Tensor,
  {
    axis = -1,
  }: {
    /** The axis that is halved. Default −1. */
    readonly axis?: number;
  } = {},
): Tensor {
  const [values, gates] = split(x, 2, { axis }) as readonly Tensor[];
  if (values === undefined || gates === undefined) throw new ArgumentError("glu needs an axis of even extent");
  return values.mul(nn.sigmoid(gates));
}

// ---- smooth and shrinking functions ----

/** `log(1 + eˣ)`. */
export const softplus = (x: Tensor): Tensor => nn.softplus(x);
/** `(x + √(x² + b)) / 2` (b 4): like softplus, without exponentials. */
export const squareplus = (
  x: Tensor,
  {
    b = 4,
  }: {
    /** How round the bend at 0 is. Default 4. */
    readonly b?: number;
  } = {},
): Tensor => x.square().add(b).sqrt().add(x).mul(0.5);
/** 0 up to −1, `x` from 1 on, `(x + 1)²/4` between. */
export const sparsePlus = (x: Tensor): Tensor => choose(x.less(1), x.maximum(-1).add(1).square().mul(0.25), x);
/** `eˣ`. */
export const exponential = (x: Tensor): Tensor => x.exp();
/** `x − tanh(x)`. */
export const tanhShrink = (x: Tensor): Tensor => x.sub(nn.tanh(x));
/** `x` where its magnitude is above the threshold (0.5), else 0. */
export const hardShrink = (
  x: Tensor,
  {
    threshold: limit = 0.5,
  }: {
    /** The magnitude up to which the result is 0. Default 0.5. */
    readonly threshold?: number;
  } = {},
): Tensor => choose(x.abs().greater(limit), x, zerosLike(x) as Tensor);
/** `x` moved towards 0 by the threshold (0.5), and 0 within it. */
export const softShrink = (
  x: Tensor,
  {
    threshold: limit = 0.5,
  }: {
    /** The magnitude up to which the result is 0. Default 0.5. */
    readonly threshold?: number;
  } = {},
): Tensor => nn.relu(x.sub(limit) as Tensor).sub(nn.relu(x.neg().sub(limit) as Tensor));
/** `x` itself. */
export const linear = (x: Tensor): Tensor => x;

// ---- over an axis ----

/** The axis of a {@link softmax}. */
export interface AxisOption {
  /** The axis over which the results add up to 1. Default −1. */
  readonly axis?: number;
}
/** `eˣ / Σ eˣ` over an axis. `keras.activations.softmax`. */
export const softmax = (x: Tensor, { axis = -1 }: AxisOption = {}): Tensor => nn.softmax(x, { axis });
/** The logarithm of {@link softmax}, without overflow. */
export const logSoftmax = (x: Tensor, { axis = -1 }: AxisOption = {}): Tensor => nn.logSoftmax(x, { axis });
/**
 * The point nearest to `x` whose last axis is a distribution: like softmax, with exact zeros (Martins and
 * Astudillo, 2016). `keras.activations.sparsemax`.
 * @param x its last dimension must be known
 */
export function sparsemax(x: Tensor): Tensor {
  const classes = x.shape.at(-1) ?? null;
  if (classes === null)
    throw new ArgumentError(`sparsemax needs to know the last dimension of its input, which is ${x}`, {
      hint: "reshape the tensor to a known number of classes",
    });
  const sorted = nn.topK(x, classes).values as Tensor;
  const sums = cumsum(sorted, { axis: -1 }) as Tensor;
  const ranks = range(1, classes + 1, { dtype: x.dtype as "float32" }) as Tensor;
  const isSupport = sorted.mul(ranks).greater(sums.sub(1)) as Tensor<"bool">;
  const supportSize = isSupport.cast(x.dtype).reduceSum({ axis: -1, keepDims: true }) as Tensor;
  const supportSum = choose(isSupport, sorted, zerosLike(sorted) as Tensor).reduceSum({
    axis: -1,
    keepDims: true,
  }) as Tensor;
  return nn.relu(x.sub(supportSum.sub(1).div(supportSize)) as Tensor);
}

const named: Readonly<Record<Exclude<ActivationName, "threshold">, Activation>> = {
  celu,
  elu,
  exponential,
  gelu,
  glu,
  hard_shrink: hardShrink,
  hard_sigmoid: hardSigmoid,
  hard_silu: hardSilu,
  hard_swish: hardSilu,
  hard_tanh: hardTanh,
  leaky_relu: leakyRelu,
  linear,
  log_sigmoid: logSigmoid,
  log_softmax: logSoftmax,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  soft_shrink: softShrink,
  softmax,
  softplus,
  softsign,
  sparse_plus: sparsePlus,
  sparse_sigmoid: sparseSigmoid,
  sparsemax,
  squareplus,
  swish: silu,
  tanh,
  tanh_shrink: tanhShrink,
};
for (const [name, activation] of Object.entries(named))
  registerFunction("activation", name, activation, { module: "keras.activations" });
registerFunction("activation", "threshold", threshold, {
  module: "keras.activations",
  create: () => {
    throw new ArgumentError("The activation 'threshold' needs a threshold and a default value.", {
      hint: "pass (x) => keras.activations.threshold(x, 1, 0)",
    });
  },
});
