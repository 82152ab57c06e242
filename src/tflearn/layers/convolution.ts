/**
 * @file Layers over pictures `[batch, height, width, channels]`: convolution, pooling, upsampling.
 * Follows `layers/conv.py` of TFLearn.
 */
import {
  ArgumentError,
  callSiteOf,
  captureCallSite,
  type DType,
  describe,
  nearestHint,
  type OptionNames,
  requireOptions,
  type Shape,
} from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import {
  concat,
  expandDims,
  nn,
  reduceMax,
  reduceMean,
  reshape,
  shape,
  slice,
  squeeze,
  tile,
} from "../../ops/index.js";
import { Collections } from "../collections.js";
import type { Weights } from "./core.js";
import {
  activate,
  lastExtent,
  type NamedLayerOptions,
  namedLayer,
  namedOptions,
  type Rows,
  requireCount,
  requirePictures,
  requireRank,
  requireSizes,
  variableLayer,
  type WeightLayerOptions,
  type WithScope,
  weightOptions,
  weightsOf,
} from "./layer.js";

/** One number for both axes, `[height, width]`, or `[1, height, width, 1]`. */
export type WindowSize = number | readonly [number, number] | readonly [number, number, number, number];
/** Zeros around the picture, or windows only inside it. */
export type PaddingName = "same" | "valid" | "SAME" | "VALID";

/** Options of {@link conv2d} and {@link conv2dTranspose}. */
export interface Conv2dOptions extends WeightLayerOptions {
  /** Steps between windows. Default 1. */
  readonly strides?: WindowSize;
  /** Default "same". */
  readonly padding?: PaddingName;
}

export const windowOptions: OptionNames<Conv2dOptions> = { ...weightOptions, strides: true, padding: true };

/** The shape of pictures with so many channels. */
export type Pictures<D extends DType, S extends Shape, C extends number> = Tensor<
  D,
  readonly [Rows<S>, number | null, number | null, C]
>;

/**
 * A convolution with `nbFilter` filters of `filterSize`: `activation(conv(x, W) + b)`. `tflearn.conv_2d`.
 * @param incoming [batch, height, width, channels]
 * @param filterSize one number, or `[height, width]`
 * @param options.weightsInit default "uniform_scaling"
 * @throws ShapeError for other than four axes
 */
export function conv2d<D extends DType, S extends Shape, const N extends number>(
  incoming: Tensor<D, S>,
  nbFilter: N,
  filterSize: number | readonly [number, number],
  options: Conv2dOptions = {},
): WithScope<Pictures<D, S, N>, Weights> {
  requireOptions("conv2d", options, windowOptions);
  requirePictures(incoming);
  const filters = requireCount(nbFilter, "conv2d: the number of filters");
  const window = { strides: windowOf(options.strides ?? 1, "strides"), padding: paddingOf(options.padding) };
  return variableLayer(incoming, "Conv2D", options, (layer) => {
    const { weightsInit = "uniform_scaling" } = options;
    const filter = [...filterOf(filterSize), lastExtent(incoming), filters];
    const parts = weightsOf(layer, { ...options, weightsInit }, filter, filters);
    const convolved: Tensor = nn.conv2d(incoming as Tensor, parts.W as Tensor, window);
    const biased: Tensor = parts.b === null ? convolved : nn.biasAdd(convolved, parts.b as Tensor);
    return [activate(biased, options.activation) as Pictures<D, S, N>, parts];
  });
}

/** Options of {@link conv1d}. */
export interface Conv1dOptions extends WeightLayerOptions {
  /** Steps between windows. Default 1. */
  readonly strides?: number;
  /** Default "same". */
  readonly padding?: PaddingName;
}

/** {@link conv2d} over sequences `[batch, steps, channels]`. `tflearn.conv_1d`. */
export function conv1d<D extends DType, S extends Shape, const N extends number>(
  incoming: Tensor<D, S>,
  nbFilter: N,
  filterSize: number,
  options: Conv1dOptions = {},
): WithScope<Tensor<D, readonly [Rows<S>, number | null, N]>, Weights> {
  requireOptions("conv1d", options, windowOptions);
  requireRank(incoming, (rank) => rank === 3, "3-D");
  const filters = requireCount(nbFilter, "conv1d: the number of filters");
  const width = requireCount(filterSize, "conv1d: the filter's size");
  const window = { strides: [options.strides ?? 1, 1] as const, padding: paddingOf(options.padding) };
  return variableLayer(incoming, "Conv1D", options, (layer) => {
    const { weightsInit = "uniform_scaling" } = options;
    // As in the original, the sequence is a picture of width 1, and the filter has two axes.
    const parts = weightsOf(layer, { ...options, weightsInit }, [width, 1, lastExtent(incoming), filters], filters);
    const pictures: Tensor = expandDims(incoming as Tensor, 2);
    const convolved: Tensor = squeeze(nn.conv2d(pictures, parts.W as Tensor, window) as Tensor, [2]);
    const biased: Tensor = parts.b === null ? convolved : nn.biasAdd(convolved, parts.b as Tensor);
    return [activate(biased, options.activation) as Tensor<D, never>, parts];
  });
}

/**
 * The transpose of {@link conv2d}: spreads each cell over a window. `tflearn.conv_2d_transpose`.
 * @param outputShape `[height, width]` of the result, or with the number of filters behind them
 */
export function conv2dTranspose<D extends DType, S extends Shape, const N extends number>(
  incoming: Tensor<D, S>,
  nbFilter: N,
  filterSize: number | readonly [number, number],
  outputShape: readonly number[],
  options: Conv2dOptions = {},
): WithScope<Pictures<D, S, N>, Weights> {
  requireOptions("conv2dTranspose", options, windowOptions);
  requirePictures(incoming);
  requireSizes(outputShape, "conv2dTranspose: the output's shape", 1);
  const filters = requireCount(nbFilter, "conv2dTranspose: the number of filters");
  if (outputShape.length !== 2 && outputShape.length !== 3)
    throw new ArgumentError(`output_shape length error: ${outputShape.length}, only a length of 2 or 3 is supported.`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: "pass [height, width]",
    });
  const [height = 1, width = 1] = outputShape;
  const window = { strides: windowOf(options.strides ?? 1, "strides"), padding: paddingOf(options.padding) };
  return variableLayer(incoming, "Conv2DTranspose", options, (layer) => {
    const { weightsInit = "uniform_scaling" } = options;
    const filter = [...filterOf(filterSize), filters, lastExtent(incoming)];
    const parts = weightsOf(layer, { ...options, weightsInit }, filter, filters);
    const batch: Tensor = slice(shape(incoming) as Tensor, [0], [1]);
    const size = concat([batch, [height, width, filters]], 0) as Tensor<"int32">;
    const spread: Tensor = nn.conv2dTranspose(incoming as Tensor, parts.W as Tensor, size, window);
    spread.setShape([incoming.shape[0] ?? null, height, width, filters]);
    const biased: Tensor = parts.b === null ? spread : nn.biasAdd(spread, parts.b as Tensor);
    return [activate(biased, options.activation) as Pictures<D, S, N>, parts];
  });
}

// ---- pooling ----

/** Options of {@link maxPool2d} and {@link avgPool2d}. */
export interface PoolOptions extends NamedLayerOptions {
  /** Steps between windows. Default: the window's size. */
  readonly strides?: WindowSize | null;
  /** Default "same". */
  readonly padding?: PaddingName;
}

const poolOptions: OptionNames<PoolOptions> = { ...namedOptions, strides: true, padding: true };

type Pooled<D extends DType, S extends Shape> = Tensor<
  D,
  S extends readonly [infer B extends number | null, number | null, number | null, infer C extends number | null]
    ? readonly [B, number | null, number | null, C]
    : Shape
>;

function pool(
  which: "maxPool" | "avgPool",
  defaultName: string,
  incoming: Tensor,
  kernelSize: WindowSize,
  options: PoolOptions,
): Tensor {
  requireOptions(which === "maxPool" ? "maxPool2d" : "avgPool2d", options, poolOptions);
  requirePictures(incoming);
  const ksize = windowOf(kernelSize, "kernel");
  const strides = windowOf(options.strides ?? kernelSize, "strides");
  const padding = paddingOf(options.padding);
  return namedLayer(incoming, options.name ?? defaultName, () => {
    const pooled = nn[which](incoming, { ksize, strides, padding }) as Tensor;
    incoming.graph.addToCollection(Collections.ACTIVATIONS, pooled);
    return pooled;
  });
}

/** The largest element of each window. `tflearn.max_pool_2d`. @throws ShapeError for other than four axes */
export const maxPool2d = <D extends DType, S extends Shape>(
  incoming: Tensor<D, S>,
  kernelSize: WindowSize,
  options: PoolOptions = {},
): Pooled<D, S> => pool("maxPool", "MaxPool2D", incoming, kernelSize, options) as Pooled<D, S>;

/** The mean of each window. `tflearn.avg_pool_2d`. @throws ShapeError for other than four axes */
export const avgPool2d = <D extends DType, S extends Shape>(
  incoming: Tensor<D, S>,
  kernelSize: WindowSize,
  options: PoolOptions = {},
): Pooled<D, S> => pool("avgPool", "AvgPool2D", incoming, kernelSize, options) as Pooled<D, S>;

/** Options of {@link maxPool1d} and {@link avgPool1d}. */
export interface Pool1dOptions extends NamedLayerOptions {
  /** Steps between windows. Default: the window's size. */
  readonly strides?: number | null;
  /** Default "same". */
  readonly padding?: PaddingName;
}

type PooledSteps<D extends DType, S extends Shape> = Tensor<
  D,
  S extends readonly [infer B extends number | null, number | null, infer C extends number | null]
    ? readonly [B, number | null, C]
    : Shape
>;

function poolSteps(which: "maxPool" | "avgPool", incoming: Tensor, kernelSize: number, options: Pool1dOptions): Tensor {
  const call = `${which}1d`;
  requireOptions(call, options, poolOptions);
  requireRank(incoming, (rank) => rank === 3, "3-D");
  const width = requireCount(kernelSize, `${call}: the window's size`);
  const steps = requireCount(options.strides ?? width, `${call}: strides`);
  const window = { ksize: [1, width, 1, 1], strides: [1, steps, 1, 1], padding: paddingOf(options.padding) } as const;
  return namedLayer(incoming, options.name ?? (which === "maxPool" ? "MaxPool1D" : "AvgPool1D"), () => {
    const pooled = squeeze(nn[which](expandDims(incoming, 2) as Tensor, window) as Tensor, [2]) as Tensor;
    incoming.graph.addToCollection(Collections.ACTIVATIONS, pooled);
    return pooled;
  });
}

/** The largest element of each window of `[batch, steps, channels]`. `tflearn.max_pool_1d`. @throws ShapeError */
export const maxPool1d = <D extends DType, S extends Shape>(
  incoming: Tensor<D, S>,
  kernelSize: number,
  options: Pool1dOptions = {},
): PooledSteps<D, S> => poolSteps("maxPool", incoming, kernelSize, options) as PooledSteps<D, S>;

/** The mean of each window of `[batch, steps, channels]`. `tflearn.avg_pool_1d`. @throws ShapeError */
export const avgPool1d = <D extends DType, S extends Shape>(
  incoming: Tensor<D, S>,
  kernelSize: number,
  options: Pool1dOptions = {},
): PooledSteps<D, S> => poolSteps("avgPool", incoming, kernelSize, options) as PooledSteps<D, S>;

/** The mean of each channel over the whole picture: `[batch, channels]`. `tflearn.global_avg_pool`. */
export function globalAvgPool<D extends DType>(incoming: Tensor<D>, options: NamedLayerOptions = {}): Tensor<D> {
  requireOptions("globalAvgPool", options, namedOptions);
  requirePictures(incoming);
  return namedLayer(
    incoming,
    options.name ?? "GlobalAvgPool",
    () => reduceMean(incoming as Tensor, [1, 2]) as Tensor<D>,
  );
}

/** The maximum of each channel over the whole picture: `[batch, channels]`. `tflearn.global_max_pool`. */
export function globalMaxPool<D extends DType>(incoming: Tensor<D>, options: NamedLayerOptions = {}): Tensor<D> {
  requireOptions("globalMaxPool", options, namedOptions);
  requirePictures(incoming);
  return namedLayer(
    incoming,
    options.name ?? "GlobalMaxPool",
    () => reduceMax(incoming as Tensor, [1, 2]) as Tensor<D>,
  );
}

/** Each cell repeated over a window of `kernelSize`. `tflearn.upsample_2d`. */
export function upsample2d<D extends DType>(
  incoming: Tensor<D>,
  kernelSize: WindowSize,
  options: NamedLayerOptions = {},
): Tensor<D> {
  requireOptions("upsample2d", options, namedOptions);
  requirePictures(incoming);
  const [, rows, columns] = windowOf(kernelSize, "kernel");
  const [, height, width, channels] = incoming.shape;
  if (typeof height !== "number" || typeof width !== "number" || typeof channels !== "number")
    throw new ArgumentError("upsample2d: height, width and channels must be known", {
      op: incoming.op.name,
      createdAt: incoming.op.createdAt,
    });
  return namedLayer(incoming, options.name ?? "UpSample2D", () => {
    // A new axis behind each of the two, repeated, then merged.
    const spread: Tensor = reshape(incoming as Tensor, [-1, height, 1, width, 1, channels]);
    const repeated: Tensor = tile(spread, [1, 1, rows, 1, columns, 1]);
    return reshape(repeated, [-1, height * rows, width * columns, channels]) as Tensor as Tensor<D>;
  });
}

// ---- sizes ----

type Four = readonly [number, number, number, number];

const misfit = (message: string): ArgumentError =>
  new ArgumentError(message, {
    createdAt: callSiteOf(captureCallSite()),
    hint: "pass a number or [height, width]",
  });

/** @throws ArgumentError in the original's words */
export function windowOf(size: WindowSize, what: string): Four {
  if (typeof size === "number") return [1, requireCount(size, what), size, 1];
  if (!Array.isArray(size)) throw misfit(`${what} format error: ${describe(size)}`);
  for (const extent of size) requireCount(extent as number, what);
  if (size.length === 2) return [1, size[0], size[1], 1];
  if (size.length === 4) return size as Four;
  throw misfit(`${what} length error: ${size.length}, only a length of 2 or 4 is supported.`);
}

export function filterOf(size: number | readonly [number, number]): readonly [number, number] {
  if (typeof size === "number") return [requireCount(size, "filter"), size];
  if (Array.isArray(size) && size.length === 2)
    return [requireCount(size[0], "filter"), requireCount(size[1], "filter")];
  const found = Array.isArray(size) ? (size as readonly number[]).length : describe(size);
  throw misfit(`filter length error: ${found}, only a length of 2 is supported.`);
}

export function paddingOf(padding: PaddingName = "same"): "SAME" | "VALID" {
  if (padding === "same" || padding === "SAME") return "SAME";
  if (padding === "valid" || padding === "VALID") return "VALID";
  throw new ArgumentError("Unknow padding! Accepted values: 'same', 'valid'.", {
    createdAt: callSiteOf(captureCallSite()),
    hint: nearestHint(padding, ["same", "valid"], `it is ${describe(padding)}`),
  });
}
