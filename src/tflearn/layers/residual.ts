/**
 * @file Blocks of convolutions with a way around them: residual blocks, aggregated (ResNeXt) and densely
 * connected ones. Follows `layers/conv.py` of TFLearn; each block is a scope around layers of this folder.
 */
import {
  ArgumentError,
  callSiteOf,
  captureCallSite,
  type DType,
  type OptionNames,
  requireOptions,
  type Shape,
} from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { add, concat, pad } from "../../ops/index.js";
import type { Activation } from "../activations.js";
import { avgPool2d, type Conv2dOptions, conv2d, type Pictures, type WindowSize } from "./convolution.js";
import { activation as activationLayer, dropout } from "./core.js";
import { groupedConv2d } from "./gated-convolution.js";
import {
  lastExtent,
  requireCount,
  requirePictures,
  variableLayer,
  type WeightLayerOptions,
  type WithScope,
  weightOptions,
} from "./layer.js";
import { batchNormalization } from "./normalization.js";

/** Options of {@link residualBlock}, and of all blocks. */
export interface ResidualOptions extends WeightLayerOptions {
  /** Halve height and width, or divide them by `downsampleStrides`, in each of the blocks. Default false. */
  readonly downsample?: boolean;
  /** Default 2. */
  readonly downsampleStrides?: number;
  /** Default "relu". */
  readonly activation?: Activation;
  /** Whether there is a batch normalization before each activation. Default true. */
  readonly batchNorm?: boolean;
  /** Default "variance_scaling". */
  readonly weightsInit?: WeightLayerOptions["weightsInit"];
  /** Default "L2". */
  readonly regularizer?: WeightLayerOptions["regularizer"];
  /** Times the penalty. Default 0.0001. */
  readonly weightDecay?: number;
}

const residualOptions: OptionNames<ResidualOptions> = {
  ...weightOptions,
  downsample: true,
  downsampleStrides: true,
  batchNorm: true,
};

type Block<D extends DType, S extends Shape, C extends number> = WithScope<Pictures<D, S, C>, object>;

/**
 * `nbBlocks` blocks of two convolutions of 3×3, each behind normalization and activation, added to what
 * goes in (He et al., 2016). `tflearn.residual_block`.
 * @param incoming [batch, height, width, channels]
 * @param outChannels as many as come in, or more by an even number: the way around is filled with zeros
 * @throws ShapeError for other than four axes, ArgumentError for channels that do not fit
 */
export function residualBlock<D extends DType, S extends Shape, const C extends number>(
  incoming: Tensor<D, S>,
  nbBlocks: number,
  outChannels: C,
  options: ResidualOptions = {},
): Block<D, S, C> {
  const parts = partsOf("residualBlock", options, residualOptions);
  return blocks(incoming, { call: "residualBlock", name: "ResidualBlock", nbBlocks, outChannels }, options, (x, by) => {
    const first = parts.conv(parts.active(x), outChannels, 3, { strides: by });
    const second = parts.conv(parts.active(first), outChannels, 3);
    return add(second, around(x, outChannels, by, by)) as Tensor;
  }) as Block<D, S, C>;
}

/**
 * `nbBlocks` blocks that convolve in `bottleneckSize` channels, between two convolutions of 1×1, added to
 * what goes in. (The original adds only where the number of channels changes, unlike the article it
 * follows.) `tflearn.residual_bottleneck`.
 * @param incoming [batch, height, width, channels]
 * @param outChannels as many as come in, or more by an even number
 * @throws ShapeError for other than four axes, ArgumentError for channels that do not fit
 */
export function residualBottleneck<D extends DType, S extends Shape, const C extends number>(
  incoming: Tensor<D, S>,
  nbBlocks: number,
  bottleneckSize: number,
  outChannels: C,
  options: ResidualOptions = {},
): Block<D, S, C> {
  const call = "residualBottleneck";
  const parts = partsOf(call, options, residualOptions);
  const size = requireCount(bottleneckSize, `${call}: the size of the bottleneck`);
  return blocks(incoming, { call, name: "ResidualBottleneck", nbBlocks, outChannels }, options, (x, by) => {
    const narrow = parts.conv(parts.active(x), size, 1, { strides: by, padding: "valid" });
    const middle = parts.conv(parts.active(narrow), size, 3);
    const wide = parts.conv(middle, outChannels, 1, { padding: "valid", activation: parts.activation });
    return activationLayer(add(wide, around(x, outChannels, by, by)) as Tensor, parts.activation);
  }) as Block<D, S, C>;
}

/** How many channels the convolutions between have, by the number of paths (Xie et al., 2016, table 2). */
const bottlenecks: ReadonlyMap<number, number> = new Map([
  [1, 64],
  [2, 40],
  [4, 24],
  [8, 14],
  [32, 4],
]);

/**
 * `nbBlocks` residual blocks whose middle convolution takes each channel by itself, `cardinality` times
 * (Xie et al., 2016). `tflearn.resnext_block`.
 * @param incoming [batch, height, width, channels]
 * @param outChannels as many as come in, or more by an even number
 * @param cardinality 1, 2, 4, 8 or 32
 * @throws ShapeError for other than four axes, ArgumentError for other numbers
 */
export function resnextBlock<D extends DType, S extends Shape, const C extends number>(
  incoming: Tensor<D, S>,
  nbBlocks: number,
  outChannels: C,
  cardinality: 1 | 2 | 4 | 8 | 32,
  options: ResidualOptions = {},
): Block<D, S, C> {
  const parts = partsOf("resnextBlock", options, residualOptions);
  const size = bottlenecks.get(cardinality);
  if (size === undefined)
    throw new ArgumentError(`cardinality must be in [1, 2, 4, 8, 32], got ${String(cardinality)}`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: "it is the number of paths through the block",
    });
  return blocks(incoming, { call: "resnextBlock", name: "ResNeXtBlock", nbBlocks, outChannels }, options, (x, by) => {
    const narrow = parts.active(parts.conv(x, size, 1, { strides: by, padding: "valid" }));
    const { bias: _, ...unbiased } = parts.layer;
    const apart = parts.active(groupedConv2d(narrow, cardinality, 3, unbiased));
    const wide = parts.conv(apart, outChannels, 1, { padding: "valid", activation: parts.activation });
    const sum = add(parts.normal(wide), around(x, outChannels, by, 1)) as Tensor;
    return activationLayer(sum, parts.activation);
  }) as Block<D, S, C>;
}

/** Options of {@link densenetBlock}. */
export interface DensenetOptions extends Omit<ResidualOptions, "downsample"> {
  /** A convolution of 1×1 before each of 3×3. Default true. */
  readonly bottleneck?: boolean;
  /** Halve height and width at the end. Default true. */
  readonly downsample?: boolean;
  /** Whether there is dropout behind the last convolution. Default false. */
  readonly dropout?: boolean;
  /** Default 0.5. */
  readonly dropoutKeepProb?: number;
}

const densenetOptions: OptionNames<DensenetOptions> = {
  ...residualOptions,
  bottleneck: true,
  dropout: true,
  dropoutKeepProb: true,
};

/**
 * `nbLayers` convolutions of `growth` channels, each of all that came before it, then one of 1×1 and a
 * pooling (Huang et al., 2016). `tflearn.densenet_block`.
 * @param incoming [batch, height, width, channels]
 * @throws ShapeError for other than four axes
 */
export function densenetBlock<D extends DType, S extends Shape, const C extends number>(
  incoming: Tensor<D, S>,
  nbLayers: number,
  growth: C,
  options: DensenetOptions = {},
): Block<D, S, C> {
  const parts = partsOf("densenetBlock", options, densenetOptions);
  requirePictures(incoming);
  const layers = requireCount(nbLayers, "densenetBlock: the number of layers");
  const channels = requireCount(growth, "densenetBlock: the growth");
  const { bottleneck = true, downsample = true, downsampleStrides = 2, dropoutKeepProb = 0.5 } = options;
  return variableLayer(incoming, "DenseNetBlock", options, () => {
    let x: Tensor = incoming;
    for (let i = 0; i < layers; i++) {
      const before = bottleneck ? parts.conv(parts.active(x), channels, 1) : x;
      x = concat([parts.conv(parts.active(before), channels, 3), x], 3) as Tensor;
    }
    x = parts.conv(parts.active(x), channels, 1);
    if (options.dropout === true) x = dropout(x, dropoutKeepProb);
    if (downsample) x = avgPool2d(x, 2, { strides: downsampleStrides });
    return [x as Pictures<D, S, C>, {}];
  });
}

// ---- what the blocks are made of ----

interface Parts {
  readonly activation: Activation;
  /** What every convolution of the block is made with. */
  readonly layer: Conv2dOptions;
  conv(x: Tensor, filters: number, size: number, options?: Conv2dOptions): Tensor;
  /** Normalized, where the block normalizes. */
  normal(x: Tensor): Tensor;
  /** Normalized and through the activation. */
  active(x: Tensor): Tensor;
}

function partsOf(call: string, options: ResidualOptions, known: Readonly<Record<string, true>>): Parts {
  requireOptions(call, options, known);
  const { activation = "relu", batchNorm = true, bias, biasInit, trainable, restore } = options;
  const { weightsInit = "variance_scaling", regularizer = "L2", weightDecay = 0.0001 } = options;
  const given = { bias, biasInit, trainable, restore };
  const chosen = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const layer: Conv2dOptions = { ...chosen, weightsInit, regularizer, weightDecay };
  const normal = (x: Tensor): Tensor => (batchNorm ? (batchNormalization(x) as Tensor) : x);
  return {
    activation,
    layer,
    conv: (x, filters, size, own = {}) => conv2d(x, filters, size, { ...layer, ...own }) as Tensor,
    normal,
    active: (x) => activationLayer(normal(x), activation),
  };
}

function blocks(
  incoming: Tensor,
  block: { readonly call: string; readonly name: string; readonly nbBlocks: number; readonly outChannels: number },
  options: ResidualOptions,
  build: (x: Tensor, strides: number) => Tensor,
): Tensor {
  const { call, name, nbBlocks, outChannels } = block;
  requirePictures(incoming);
  const count = requireCount(nbBlocks, `${call}: the number of blocks`);
  requireCount(outChannels, `${call}: the number of channels`);
  const extra = outChannels - lastExtent(incoming);
  if (extra < 0 || extra % 2 !== 0)
    throw new ArgumentError(`${call}: ${lastExtent(incoming)} channels come in, so ${outChannels} cannot go out`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: "as many go out, or more by an even number: half of them are zeros before the others, half behind",
    });
  const { downsample = false, downsampleStrides = 2 } = options;
  const strides = downsample ? requireCount(downsampleStrides, `${call}: the strides`) : 1;
  return variableLayer(incoming, name, options, () => {
    let x = incoming;
    for (let i = 0; i < count; i++) x = build(x, strides);
    return [x, {}];
  });
}

/** The way around a block: pooled where the block takes steps, and filled up to its channels. */
function around(x: Tensor, channels: number, strides: number, window: WindowSize): Tensor {
  const pooled: Tensor = strides > 1 ? avgPool2d(x, window, { strides }) : x;
  const half = (channels - lastExtent(pooled)) / 2;
  const none = [0, 0] as const;
  return half === 0 ? pooled : (pad(pooled, [none, none, none, [half, half]]) as Tensor);
}
