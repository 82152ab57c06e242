/**
 * @file Convolutions with a gate, and of each channel by itself. Follows `layers/conv.py` of TFLearn.
 */
import { type DType, requireOptions, type Shape } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import {
  add,
  constantInitializer,
  expandDims,
  multiply,
  nn,
  sigmoid,
  squeeze,
  subtract,
  type Variable,
} from "../../ops/index.js";
import { type Activation, get as activationOf } from "../activations.js";
import { Collections } from "../collections.js";
import {
  type Conv1dOptions,
  type Conv2dOptions,
  filterOf,
  type Pictures,
  paddingOf,
  windowOf,
  windowOptions,
} from "./convolution.js";
import type { Weights } from "./core.js";
import {
  activate,
  type LayerScope,
  lastExtent,
  type Rows,
  requireCount,
  requirePictures,
  requireRank,
  variableLayer,
  type WithScope,
  weightsOf,
} from "./layer.js";

/** The variables of a convolution with a gate. */
export interface GatedWeights extends Weights {
  /** The gate's weights, one for each filter. */
  readonly W_T: Variable;
  /** The gate's biases, from −3: it starts almost closed. */
  readonly b_T: Variable;
}

/**
 * `H·T + c·(1 − T)` with `c = conv(x, W)`, `H = activation(c + b)` and the gate `T = σ(c·W_T + b_T)`.
 * `tflearn.highway_conv_2d`.
 * @param incoming [batch, height, width, channels]
 * @param options.weightsInit default "uniform_scaling"
 * @throws ShapeError for other than four axes
 */
export function highwayConv2d<D extends DType, S extends Shape, const N extends number>(
  incoming: Tensor<D, S>,
  nbFilter: N,
  filterSize: number | readonly [number, number],
  options: Omit<Conv2dOptions, "bias"> = {},
): WithScope<Pictures<D, S, N>, GatedWeights> {
  requireOptions("highwayConv2d", options, unbiasedOptions);
  requirePictures(incoming);
  const filters = requireCount(nbFilter, "highwayConv2d: the number of filters");
  const window = { strides: windowOf(options.strides ?? 1, "strides"), padding: paddingOf(options.padding) };
  const filter = [...filterOf(filterSize), lastExtent(incoming), filters];
  return variableLayer(incoming, "HighwayConv2D", options, (layer) => {
    const parts = gatedWeights(layer, options, filter, filters);
    const convolved: Tensor = nn.conv2d(incoming as Tensor, parts.W as Tensor, window);
    return [gated(convolved, parts, options.activation) as Pictures<D, S, N>, parts];
  });
}

/** {@link highwayConv2d} over sequences `[batch, steps, channels]`. `tflearn.highway_conv_1d`. */
export function highwayConv1d<D extends DType, S extends Shape, const N extends number>(
  incoming: Tensor<D, S>,
  nbFilter: N,
  filterSize: number,
  options: Omit<Conv1dOptions, "bias"> = {},
): WithScope<Tensor<D, readonly [Rows<S>, number | null, N]>, GatedWeights> {
  requireOptions("highwayConv1d", options, unbiasedOptions);
  requireRank(incoming, (rank) => rank === 3, "3-D");
  const filters = requireCount(nbFilter, "highwayConv1d: the number of filters");
  const width = requireCount(filterSize, "highwayConv1d: the filter's size");
  const steps = requireCount(options.strides ?? 1, "highwayConv1d: strides");
  const window = { strides: [steps, 1] as const, padding: paddingOf(options.padding) };
  return variableLayer(incoming, "HighwayConv1D", options, (layer) => {
    const parts = gatedWeights(layer, options, [width, 1, lastExtent(incoming), filters], filters);
    const pictures: Tensor = expandDims(incoming as Tensor, 2);
    const convolved = squeeze(nn.conv2d(pictures, parts.W as Tensor, window) as Tensor, [2]) as Tensor;
    return [gated(convolved, parts, options.activation) as Tensor<D, never>, parts];
  });
}

const { bias: _, ...unbiasedOptions } = windowOptions;

function gatedWeights(
  layer: LayerScope,
  options: Omit<Conv2dOptions, "bias" | "strides">,
  filter: readonly number[],
  filters: number,
): GatedWeights {
  const { weightsInit = "uniform_scaling" } = options;
  const { W, b } = weightsOf(layer, { ...options, weightsInit, bias: true }, filter, filters);
  const W_T = layer.variable("W_T", { shape: [filters], initializer: weightsInit });
  const b_T = layer.variable("b_T", { shape: [filters], initializer: constantInitializer(-3) });
  return { W, b, W_T, b_T };
}

function gated(convolved: Tensor, { b, W_T, b_T }: GatedWeights, activation: Activation = "linear"): Tensor {
  const transformed = activationOf(activation)(add(convolved, b as Tensor) as Tensor);
  const gate = sigmoid(add(multiply(convolved, W_T as Tensor) as Tensor, b_T as Tensor) as Tensor);
  const carried: Tensor = multiply(convolved, subtract(1, gate) as Tensor);
  const result: Tensor = add(multiply(transformed, gate) as Tensor, carried);
  result.graph.addToCollection(Collections.ACTIVATIONS, result);
  return result;
}

/**
 * A convolution of each channel by itself, `channelMultiplier` times: `[batch, height, width, channels]`
 * becomes `[…, channels · channelMultiplier]`. `tflearn.grouped_conv_2d`.
 * @param options.weightsInit default "uniform_scaling"
 * @param options.bias default false
 * @throws ShapeError for other than four axes
 */
export function groupedConv2d<D extends DType, S extends Shape>(
  incoming: Tensor<D, S>,
  channelMultiplier: number,
  filterSize: number | readonly [number, number],
  options: Conv2dOptions = {},
): WithScope<Pictures<D, S, number>, Weights> {
  requireOptions("groupedConv2d", options, windowOptions);
  requirePictures(incoming);
  const multiplier = requireCount(channelMultiplier, "groupedConv2d: the channel multiplier");
  const window = { strides: windowOf(options.strides ?? 1, "strides"), padding: paddingOf(options.padding) };
  const channels = lastExtent(incoming);
  const filter = [...filterOf(filterSize), channels, multiplier];
  return variableLayer(incoming, "GroupedConv2D", options, (layer) => {
    const { weightsInit = "uniform_scaling", bias = false } = options;
    const parts = weightsOf(layer, { ...options, weightsInit, bias }, filter, channels * multiplier);
    const convolved = nn.depthwiseConv2d(incoming as Tensor, parts.W as Tensor, window) as Tensor;
    const biased: Tensor = parts.b === null ? convolved : nn.biasAdd(convolved, parts.b as Tensor);
    return [activate(biased, options.activation) as Pictures<D, S, number>, parts];
  });
}
