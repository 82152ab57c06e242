/**
 * @file Options that several kinds of layers share, and checks of what was given for them. May import
 * `ops` and below.
 */
import {
  ArgumentError,
  callSiteOf,
  captureCallSite,
  isCompatible,
  nearestHint,
  type OptionNames,
  ShapeError,
  tupled,
} from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { transpose } from "../ops/array/index.js";
import type { InitializerFunction } from "../ops/initializers.js";
import type { Padding } from "../ops/nn/convolution.js";
import type { VariableConstraint } from "../ops/variable.js";
import type { WeightRegularizer } from "./regularizers.js";

/** A function of a layer's result that keeps its shape, such as `tf.nn.relu`. */
export type Activation = (x: Tensor) => Tensor;

/** Options of layers with a bias and an activation. */
export interface BiasOptions {
  /** Applied to the result, whose shape it keeps. Default: none, the result is linear. */
  readonly activation?: Activation | null | undefined;
  /** Add a learned number for each unit or filter. Default true. */
  readonly useBias?: boolean | undefined;
  /** Default: zeros. */
  readonly biasInitializer?: InitializerFunction | null | undefined;
  /** A penalty of the bias for REGULARIZATION_LOSSES, such as `tf.regularizers.l2(0.001)`. Default: none. */
  readonly biasRegularizer?: WeightRegularizer | null | undefined;
  /** What the bias is brought back to after each update of an optimizer. Default: the variable scope's. */
  readonly biasConstraint?: VariableConstraint | null | undefined;
  /** A penalty of the layer's output for REGULARIZATION_LOSSES. Default: none. */
  readonly activityRegularizer?: WeightRegularizer | null | undefined;
}

/** Options of layers with a kernel, a bias and an activation. */
export interface KernelOptions extends BiasOptions {
  /** Default: the variable scope's, else `tf.glorotUniformInitializer()`. */
  readonly kernelInitializer?: InitializerFunction | null | undefined;
  /** A penalty of the kernel for REGULARIZATION_LOSSES, such as `tf.regularizers.l2(0.001)`. Default: none. */
  readonly kernelRegularizer?: WeightRegularizer | null | undefined;
  /**
   * What the kernel is brought back to after each update of an optimizer: a function of its value, such as
   * `(w) => tf.clipByNorm(w, 2, { axes: [0] })`. Default: the variable scope's.
   */
  readonly kernelConstraint?: VariableConstraint | null | undefined;
}

export const biasOptions: OptionNames<BiasOptions> = {
  activation: true,
  useBias: true,
  biasInitializer: true,
  biasRegularizer: true,
  biasConstraint: true,
  activityRegularizer: true,
};
export const kernelOptions: OptionNames<KernelOptions> = {
  ...biasOptions,
  kernelInitializer: true,
  kernelRegularizer: true,
  kernelConstraint: true,
};
/** Names of the options of all convolutions. */
export const convolutionOptions = {
  ...kernelOptions,
  strides: true,
  padding: true,
  dataFormat: true,
  dilationRate: true,
} as const;

const misuse = (message: string, hint: string): ArgumentError =>
  new ArgumentError(message, { createdAt: callSiteOf(captureCallSite()), hint });

const isCount = (value: unknown): value is number => typeof value === "number" && Number.isInteger(value) && value > 0;

/** @throws ArgumentError for anything but a whole number above 0 */
export function requireCount(value: number, name: string): number {
  if (isCount(value)) return value;
  throw misuse(
    `Received an invalid value for \`${name}\`, expected a positive integer, got ${String(value)}.`,
    `pass a whole number: ${name} is how many the layer has`,
  );
}

/** One number for each of `n` spatial axes. @throws ArgumentError for another length, or numbers that are no counts */
export function perSpatialAxis(value: number | readonly number[], n: number, name: string): readonly number[] {
  const list: readonly number[] = typeof value === "number" ? Array.from({ length: n }, () => value) : value;
  if (Array.isArray(list) && list.length === n && list.every(isCount)) return list;
  throw misuse(
    `The \`${name}\` argument must be a tuple of ${n} integers. Received: ${JSON.stringify(value)}`,
    n === 1 ? `${name} is a whole number above 0` : `${name} is one whole number above 0, or ${n} of them`,
  );
}

/** @throws ArgumentError for an activation that is no function */
export function requireActivation(activation: unknown): Activation | null {
  if (activation === null || activation === undefined) return null;
  if (typeof activation === "function") return activation as Activation;
  throw misuse(
    `activation must be a function, got ${JSON.stringify(activation)}`,
    "pass the function itself: activation: tf.nn.relu",
  );
}

/** The result of an activation. @throws ShapeError where it has another static shape */
export function activate(activation: Activation | null, x: Tensor): Tensor {
  if (activation === null) return x;
  const result = activation(x);
  if (!isCompatible(result.partialShape, x.partialShape))
    throw new ShapeError(
      `The activation changes the shape from ${tupled(x.partialShape)} to ${tupled(result.partialShape)}`,
      {
        op: result.op.name,
        createdAt: callSiteOf(captureCallSite()),
        hint: "apply such a function to the layer's result instead",
      },
    );
  return result;
}

// ---- pictures and rows ----

/** `"valid"`: only windows inside the input. `"same"`: zeros around it, `ceil(size / stride)` windows. */
export type LayerPadding = "valid" | "same" | "VALID" | "SAME";

/** @throws ArgumentError for an unknown padding */
export function paddingOf(padding: LayerPadding): Padding {
  const upper = String(padding).toUpperCase();
  if (upper === "VALID" || upper === "SAME") return upper;
  throw misuse(
    `The \`padding\` argument must be one of "valid", "same". Received: ${JSON.stringify(padding)}`,
    nearestHint(padding, ["valid", "same"], 'write padding: "same" to keep the size at a stride of 1'),
  );
}

/** Where the channels are: `[batch, …, channels]`, or `[batch, channels, …]`. */
export type DataFormat = "channels_last" | "channels_first";

/** @throws ArgumentError for an unknown format */
export function dataFormatOf(format: DataFormat): DataFormat {
  if (format === "channels_last" || format === "channels_first") return format;
  throw misuse(
    `The \`data_format\` argument must be one of "channels_first", "channels_last". Received: ${JSON.stringify(format)}`,
    nearestHint(
      format,
      ["channels_first", "channels_last"],
      'pictures as [batch, height, width, channels] are "channels_last"',
    ),
  );
}

/** The axis of the channels, counted as TensorFlow's messages do. */
export const channelAxis = (format: DataFormat): 1 | -1 => (format === "channels_first" ? 1 : -1);

/** How the inputs of a layer over `spatial` axes lie in memory, for messages. */
export function layoutOf(spatial: 1 | 2, format: DataFormat): string {
  const inner = spatial === 1 ? ["width"] : ["height", "width"];
  const axes = format === "channels_first" ? ["channels", ...inner] : [...inner, "channels"];
  return `[${["batch", ...axes].join(", ")}]`;
}

/**
 * Computes on `[batch, …, channels]` whatever the format: the operations know only that layout, so others
 * are transposed before and after.
 */
export function withChannelsLast(inputs: Tensor, format: DataFormat, compute: (inputs: Tensor) => Tensor): Tensor {
  if (format === "channels_last") return compute(inputs);
  const spatial = Array.from({ length: (inputs.rank ?? 0) - 2 }, (_, i) => i);
  const last = spatial.length + 1;
  const toLast = [0, ...spatial.map((axis) => axis + 2), 1];
  const toFirst = [0, last, ...spatial.map((axis) => axis + 1)];
  return transpose(compute(transpose(inputs, toLast) as Tensor), toFirst) as Tensor;
}
