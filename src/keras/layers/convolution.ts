/** @file Convolutions over sequences and pictures, channels last. Follows `layers/convolutional` of Keras 3. */

import { ArgumentError, type Shape, ShapeError } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { concat, nn, pad, split, type Variable } from "../../ops/index.js";
import { shown } from "../arguments.js";
import type {
  Config,
  Constraint,
  ConstraintIdentifier,
  Initializer,
  InitializerIdentifier,
  Regularizer,
  RegularizerIdentifier,
} from "../contracts.js";
import { layerOptions } from "../engine/layer.js";
import { get, serialize, serializeOptional } from "../registry.js";
import { KernelLayer, type KernelOptions } from "./core.js";
import { floating, requirePositive, type Size, sizesOf, tuple } from "./shapes.js";

/** `valid`: windows inside the picture only. `same`: zeros around it, `ceil(size / stride)` positions. */
export type ConvolutionPadding = "valid" | "same";
/** One number for both axes, or `[height, width]`. */
export type Pair = number | readonly [number, number];

interface ConvolutionOptions extends KernelOptions {
  /** Channels in, split into so many groups with filters of their own. Default 1. */
  readonly groups?: number;
  /** The only order of axes there is. */
  readonly dataFormat?: "channels_last" | null;
}

type PaddingName = ConvolutionPadding | "causal";
type NNPadding = "VALID" | "SAME";

/** @throws ArgumentError in Keras's words */
export function requirePaddingName<P extends string>(padding: unknown, allowed: readonly P[]): P {
  const found = allowed.find((name) => name === String(padding).toLowerCase());
  if (found === undefined)
    throw new ArgumentError(
      `The \`padding\` argument must be one of ${allowed.map((name) => `'${name}'`).join(", ")}. Received: ${typeof padding === "string" ? padding : shown(padding)}`,
    );
  return found;
}
export function requireChannelsLast(dataFormat: unknown): void {
  if (dataFormat === undefined || dataFormat === null || dataFormat === "channels_last") return;
  throw new ArgumentError(`data_format ${String(dataFormat)} is not supported.`, {
    hint: "put the channels last: new keras.layers.Permute([2, 3, 1]) converts pictures",
  });
}

/** The number of channels, which must be known. @throws ShapeError */
function channelsOf(inputShape: Shape, layer: string): number {
  const channels = inputShape.at(-1) ?? null;
  if (channels === null)
    throw new ShapeError(`The channel dimension of the inputs of layer ${layer} should be defined, but it is None.`, {
      hint: "say the number of channels: keras.input({ shape: [28, 28, 1] })",
    });
  return channels;
}

abstract class Convolution extends KernelLayer {
  kernel: Variable | null = null;
  bias: Variable | null = null;
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly dilationRate: readonly number[];
  readonly padding: PaddingName;
  readonly groups: number;

  constructor(
    readonly filters: number,
    readonly spatialRank: 1 | 2,
    kernelSize: number | readonly number[],
    paddings: readonly PaddingName[],
    options: ConvolutionOptions & {
      readonly padding?: PaddingName;
      readonly strides?: number | readonly number[];
      readonly dilationRate?: number | readonly number[];
    },
  ) {
    super(options);
    this.padding = requirePaddingName(options.padding ?? "valid", paddings);
    requirePositive(filters, "filters", this.name);
    requireChannelsLast(options.dataFormat);
    this.groups = options.groups ?? 1;
    requirePositive(this.groups, "groups", this.name);
    if (filters % this.groups !== 0)
      throw new ArgumentError(
        `The number of filters must be evenly divisible by the number of groups. Received: groups=${this.groups}, filters=${filters}.`,
      );
    this.kernelSize = tuple(kernelSize, spatialRank, "kernel_size", this.name);
    this.strides = tuple(options.strides ?? 1, spatialRank, "strides", this.name);
    this.dilationRate = tuple(options.dilationRate ?? 1, spatialRank, "dilation_rate", this.name);
    if (this.strides.some((s) => s > 1) && this.dilationRate.some((d) => d > 1))
      throw new ArgumentError(
        `\`strides > 1\` not supported in conjunction with \`dilation_rate > 1\`. Received: strides=(${this.strides}) and dilation_rate=(${this.dilationRate})`,
      );
    this.inputSpec = { ndim: spatialRank + 2 };
  }

  override build(inputShape: Shape): void {
    const channels = channelsOf(inputShape, this.name);
    if (channels % this.groups !== 0)
      throw new ArgumentError(
        `The number of input channels must be evenly divisible by the number of groups. Received groups=${this.groups}, but the input has ${channels} channels.`,
      );
    this.kernel = this.addKernel([...this.kernelSize, channels / this.groups, this.filters]);
    this.bias = this.addBias(this.filters);
    this.inputSpec = { ndim: this.spatialRank + 2, axes: { "-1": channels } };
  }
  override call(inputs: Tensor): Tensor {
    const x = floating(inputs, this.dtype);
    const options = {
      padding: (this.padding === "same" ? "SAME" : "VALID") as NNPadding,
      strides: this.strides,
      dilationRate: this.dilationRate,
    };
    const convolve = (from: Tensor, kernel: Tensor): Tensor => nn.convolution(from, kernel, options);
    const before = this.padding === "causal" ? ((this.kernelSize[0] ?? 1) - 1) * (this.dilationRate[0] ?? 1) : 0;
    const padded =
      before === 0
        ? x
        : (pad(x, [
            [0, 0],
            [before, 0],
            [0, 0],
          ]) as Tensor);
    const kernel = this.kernel as Tensor;
    if (this.groups === 1) return this.finish(convolve(padded, kernel), this.bias);
    const kernels = split(kernel, this.groups, { axis: this.spatialRank + 1 }) as readonly Tensor[];
    const parts = (split(padded, this.groups, { axis: -1 }) as readonly Tensor[]).map((part, i) =>
      convolve(part, kernels[i] as Tensor),
    );
    return this.finish(concat(parts, -1) as Tensor, this.bias);
  }
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      filters: this.filters,
      kernel_size: this.kernelSize,
      strides: this.strides,
      padding: this.padding,
      data_format: "channels_last",
      dilation_rate: this.dilationRate,
      groups: this.groups,
    };
  }
}

/** Options of {@link Conv1D}. */
export interface Conv1DOptions extends ConvolutionOptions {
  /** Default 1. */
  readonly strides?: number | readonly [number];
  /** `causal` lets no step see a later one. Default `valid`. */
  readonly padding?: PaddingName;
  /** Steps between the taps of a window. Default 1. */
  readonly dilationRate?: number | readonly [number];
}
/** Slides filters over `[batch, steps, channels]`. The kernel is `[size, channels, filters]`. */
export class Conv1D extends Convolution {
  static override readonly className: string = "Conv1D";
  constructor(filters: number, kernelSize: number | readonly [number], options: Conv1DOptions = {}) {
    super(filters, 1, kernelSize, ["valid", "same", "causal"], options);
  }
  static override fromConfig(config: Config): Conv1D {
    const { filters, kernelSize, ...options } = layerOptions<
      Conv1DOptions & { readonly filters: number; readonly kernelSize: number }
    >(config);
    return new Conv1D(filters, kernelSize, options);
  }
}

/** Options of {@link Conv2D}. */
export interface Conv2DOptions extends ConvolutionOptions {
  /** Default 1. */
  readonly strides?: Pair;
  /** Default `valid`. */
  readonly padding?: ConvolutionPadding;
  /** Steps between the taps of a window. Default 1. */
  readonly dilationRate?: Pair;
}
/** Slides filters over `[batch, height, width, channels]`. The kernel is `[height, width, channels, filters]`. */
export class Conv2D extends Convolution {
  static override readonly className: string = "Conv2D";
  constructor(filters: number, kernelSize: Pair, options: Conv2DOptions = {}) {
    super(filters, 2, kernelSize, ["valid", "same"], options);
  }
  static override fromConfig(config: Config): Conv2D {
    const { filters, kernelSize, ...options } = layerOptions<
      Conv2DOptions & { readonly filters: number; readonly kernelSize: Pair }
    >(config);
    return new Conv2D(filters, kernelSize, options);
  }
}

/** Options of {@link Conv2DTranspose}. */
export interface Conv2DTransposeOptions extends KernelOptions {
  /** Default 1. */
  readonly strides?: Pair;
  /** Default `valid`. */
  readonly padding?: ConvolutionPadding;
  /** Where the channels are; only `"channels_last"` is available. Default that. */
  readonly dataFormat?: "channels_last" | null;
}
/**
 * The way back from a convolution's output to its input: spreads each cell over a window. The kernel is
 * `[height, width, filters, channels]`.
 */
export class Conv2DTranspose extends KernelLayer {
  static override readonly className: string = "Conv2DTranspose";
  kernel: Variable | null = null;
  bias: Variable | null = null;
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: ConvolutionPadding;

  constructor(
    readonly filters: number,
    kernelSize: Pair,
    options: Conv2DTransposeOptions = {},
  ) {
    super(options);
    requirePositive(filters, "filters", this.name);
    requireChannelsLast(options.dataFormat);
    this.kernelSize = tuple(kernelSize, 2, "kernel_size", this.name);
    this.strides = tuple(options.strides ?? 1, 2, "strides", this.name);
    this.padding = requirePaddingName(options.padding ?? "valid", ["valid", "same"]);
    this.inputSpec = { ndim: 4 };
  }
  override build(inputShape: Shape): void {
    const channels = channelsOf(inputShape, this.name);
    this.kernel = this.addKernel([...this.kernelSize, this.filters, channels]);
    this.bias = this.addBias(this.filters);
    this.inputSpec = { ndim: 4, axes: { "-1": channels } };
  }
  override call(inputs: Tensor): Tensor {
    const x = floating(inputs, this.dtype);
    const [batch = 1, ...extents] = sizesOf(x);
    const spread = extents.slice(0, 2).map((size, i): Size => {
      const stride = this.strides[i] as number;
      const more = this.padding === "same" ? 0 : Math.max((this.kernelSize[i] as number) - stride, 0);
      return typeof size === "number" ? size * stride + more : (size.mul(stride).add(more) as Tensor);
    });
    const result = nn.conv2dTranspose(x, this.kernel as Tensor, [batch, ...spread, this.filters], {
      strides: this.strides as readonly [number, number],
      padding: this.padding === "same" ? "SAME" : "VALID",
    }) as Tensor;
    return this.finish(result, this.bias);
  }
  override getConfig(): Config {
    const { filters, kernelSize, strides, padding } = this;
    return {
      ...super.getConfig(),
      filters,
      kernel_size: kernelSize,
      strides,
      padding,
      data_format: "channels_last",
      dilation_rate: [1, 1],
    };
  }
  static override fromConfig(config: Config): Conv2DTranspose {
    const { filters, kernelSize, ...options } = layerOptions<
      Conv2DTransposeOptions & { readonly filters: number; readonly kernelSize: Pair }
    >(config);
    return new Conv2DTranspose(filters, kernelSize, options);
  }
}

interface DepthwiseOptions {
  /** Filters for each channel. Default 1. */
  readonly depthMultiplier?: number;
  /** Default `glorot_uniform`. */
  readonly depthwiseInitializer?: InitializerIdentifier;
  /** A penalty of the depthwise kernel, added to the loss. Default: none. */
  readonly depthwiseRegularizer?: RegularizerIdentifier | null;
  /** What the depthwise kernel is brought back to after each update. Default: nothing. */
  readonly depthwiseConstraint?: ConstraintIdentifier | null;
  /** Default 1; with another `dilationRate` only 1. */
  readonly strides?: Pair;
  /** Default `valid`. */
  readonly padding?: ConvolutionPadding;
  /** Steps between the taps of a window. Default 1. */
  readonly dilationRate?: Pair;
  /** Where the channels are; only `"channels_last"` is available. Default that. */
  readonly dataFormat?: "channels_last" | null;
}
type WithoutKernel = Omit<KernelOptions, "kernelInitializer" | "kernelRegularizer" | "kernelConstraint">;
const withoutKernel = (config: Config): Config => {
  const { kernel_initializer: _i, kernel_regularizer: _r, kernel_constraint: _c, ...rest } = config;
  return rest;
};

/** How the weights of one part of a layer begin, are penalized and are kept. */
interface WeightRules {
  readonly initializer: Initializer;
  readonly regularizer: Regularizer | null;
  readonly constraint: Constraint | null;
}
const rulesOf = (
  initializer: InitializerIdentifier | undefined,
  regularizer: RegularizerIdentifier | null | undefined,
  constraint: ConstraintIdentifier | null | undefined,
): WeightRules => ({
  initializer: get("initializer", initializer ?? "glorot_uniform"),
  regularizer: get("regularizer", regularizer),
  constraint: get("constraint", constraint),
});
const rulesConfig = (part: string, { initializer, regularizer, constraint }: WeightRules): Config => ({
  [`${part}_initializer`]: serialize(initializer),
  [`${part}_regularizer`]: serializeOptional(regularizer),
  [`${part}_constraint`]: serializeOptional(constraint),
});

/** What depthwise and separable convolutions share. */
abstract class ChannelwiseConvolution extends KernelLayer {
  depthwiseKernel: Variable | null = null;
  bias: Variable | null = null;
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly dilationRate: readonly number[];
  readonly padding: ConvolutionPadding;
  readonly depthMultiplier: number;
  protected readonly depthwise: WeightRules;

  constructor(kernelSize: Pair, options: WithoutKernel & DepthwiseOptions) {
    super(options);
    requireChannelsLast(options.dataFormat);
    this.kernelSize = tuple(kernelSize, 2, "kernel_size", this.name);
    this.strides = tuple(options.strides ?? 1, 2, "strides", this.name);
    this.dilationRate = tuple(options.dilationRate ?? 1, 2, "dilation_rate", this.name);
    this.padding = requirePaddingName(options.padding ?? "valid", ["valid", "same"]);
    this.depthMultiplier = options.depthMultiplier ?? 1;
    requirePositive(this.depthMultiplier, "depth_multiplier", this.name);
    this.depthwise = rulesOf(options.depthwiseInitializer, options.depthwiseRegularizer, options.depthwiseConstraint);
    this.inputSpec = { ndim: 4 };
  }
  protected addDepthwise(inputShape: Shape): number {
    const channels = channelsOf(inputShape, this.name);
    const shape = [...this.kernelSize, channels, this.depthMultiplier];
    this.depthwiseKernel = this.addWeight({ name: "depthwise_kernel", shape, ...this.depthwise });
    this.inputSpec = { ndim: 4, axes: { "-1": channels } };
    return channels * this.depthMultiplier;
  }
  protected get windows() {
    return {
      strides: this.strides as readonly [number, number],
      rate: this.dilationRate as readonly [number, number],
      padding: (this.padding === "same" ? "SAME" : "VALID") as NNPadding,
    };
  }
  override getConfig(): Config {
    const { kernelSize, strides, padding, dilationRate, depthMultiplier } = this;
    return {
      ...withoutKernel(super.getConfig()),
      kernel_size: kernelSize,
      strides,
      padding,
      data_format: "channels_last",
      dilation_rate: dilationRate,
      depth_multiplier: depthMultiplier,
      ...rulesConfig("depthwise", this.depthwise),
    };
  }
}

/** Options of {@link DepthwiseConv2D}. */
export interface DepthwiseConv2DOptions extends WithoutKernel, DepthwiseOptions {}
/** Slides over each channel filters of its own. */
export class DepthwiseConv2D extends ChannelwiseConvolution {
  static override readonly className: string = "DepthwiseConv2D";
  constructor(kernelSize: Pair, options: DepthwiseConv2DOptions = {}) {
    super(kernelSize, options);
  }
  override build(inputShape: Shape): void {
    this.bias = this.addBias(this.addDepthwise(inputShape));
  }
  override call(inputs: Tensor): Tensor {
    const x = floating(inputs, this.dtype);
    return this.finish(nn.depthwiseConv2d(x, this.depthwiseKernel as Tensor, this.windows) as Tensor, this.bias);
  }
  static override fromConfig(config: Config): DepthwiseConv2D {
    const { kernelSize, ...options } = layerOptions<DepthwiseConv2DOptions & { readonly kernelSize: Pair }>(config);
    return new DepthwiseConv2D(kernelSize, options);
  }
}

/** Options of {@link SeparableConv2D}. */
export interface SeparableConv2DOptions extends WithoutKernel, DepthwiseOptions {
  /** Default `glorot_uniform`. */
  readonly pointwiseInitializer?: InitializerIdentifier;
  /** A penalty of the pointwise kernel, added to the loss. Default: none. */
  readonly pointwiseRegularizer?: RegularizerIdentifier | null;
  /** What the pointwise kernel is brought back to after each update. Default: nothing. */
  readonly pointwiseConstraint?: ConstraintIdentifier | null;
}
/** A depthwise convolution, then one by windows of one cell that mixes the channels. */
export class SeparableConv2D extends ChannelwiseConvolution {
  static override readonly className: string = "SeparableConv2D";
  pointwiseKernel: Variable | null = null;
  private readonly pointwise: WeightRules;

  constructor(
    readonly filters: number,
    kernelSize: Pair,
    options: SeparableConv2DOptions = {},
  ) {
    super(kernelSize, options);
    requirePositive(filters, "filters", this.name);
    this.pointwise = rulesOf(options.pointwiseInitializer, options.pointwiseRegularizer, options.pointwiseConstraint);
  }
  override build(inputShape: Shape): void {
    const channels = this.addDepthwise(inputShape);
    this.pointwiseKernel = this.addWeight({
      name: "pointwise_kernel",
      shape: [1, 1, channels, this.filters],
      ...this.pointwise,
    });
    this.bias = this.addBias(this.filters);
  }
  override call(inputs: Tensor): Tensor {
    const x = floating(inputs, this.dtype);
    const result = nn.separableConv2d(x, this.depthwiseKernel as Tensor, this.pointwiseKernel as Tensor, this.windows);
    return this.finish(result as Tensor, this.bias);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), filters: this.filters, ...rulesConfig("pointwise", this.pointwise) };
  }
  static override fromConfig(config: Config): SeparableConv2D {
    const { filters, kernelSize, ...options } = layerOptions<
      SeparableConv2DOptions & { readonly filters: number; readonly kernelSize: Pair }
    >(config);
    return new SeparableConv2D(filters, kernelSize, options);
  }
}
