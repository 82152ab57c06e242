/** @file Layers that rearrange axes and elements. Follows `layers/reshaping` of Keras 3. */

import { ArgumentError, ShapeError } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { expandDims, gather, pad, range, tile, transpose } from "../../ops/index.js";
import { requireNumbers, shown } from "../arguments.js";
import type { Config } from "../contracts.js";
import { Layer, type LayerOptions, layerOptions } from "../engine/layer.js";
import { leading } from "../leading.js";
import { requirePositive, sizesOf, tuple, withSizes } from "./shapes.js";

/** All axes but the batch as one. */
export class Flatten extends Layer {
  static override readonly className: string = "Flatten";
  constructor(options: LayerOptions = {}) {
    super(options);
    this.inputSpec = { minNdim: 1 };
  }
  override call(x: Tensor): Tensor {
    const rest = x.shape.slice(1);
    const size = rest.every((d) => d !== null) ? rest.reduce<number>((n, d) => n * (d ?? 1), 1) : -1;
    const [batch = -1] = sizesOf(x);
    return withSizes(x, size === -1 ? [batch, -1] : [-1, size]);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), data_format: "channels_last" };
  }
}

/** Other axes of the same size; the batch stays. One size may be -1. */
export class Reshape extends Layer {
  static override readonly className: string = "Reshape";
  constructor(
    readonly targetShape: readonly number[],
    options: LayerOptions = {},
  ) {
    super(options);
    requireNumbers(targetShape, "target_shape", this.name);
    if (targetShape.some((d) => !Number.isInteger(d) || d < -1 || d === 0))
      throw new ArgumentError(
        `The sizes of \`target_shape\` of layer ${this.name} must be whole numbers above 0, or -1. Received: target_shape=(${targetShape})`,
        { hint: "the batch is no part of the target shape" },
      );
    if (targetShape.filter((d) => d === -1).length > 1)
      throw new ArgumentError(
        `There must be at most one unknown dimension (-1) in target_shape. Received: target_shape=(${targetShape}).`,
      );
  }
  override call(x: Tensor): Tensor {
    const rest = x.shape.slice(1);
    const sizes = this.targetShape;
    if (rest.some((d) => d === null)) return withSizes(x, [sizesOf(x)[0] ?? -1, ...sizes]);
    const given = rest.reduce<number>((n, d) => n * (d ?? 1), 1);
    const wanted = sizes.reduce((n, d) => (d === -1 ? n : n * d), 1);
    const fits = sizes.includes(-1) ? wanted > 0 && given % wanted === 0 : given === wanted;
    if (!fits)
      throw new ShapeError(
        `The total size of the tensor must be unchanged. Received: input_shape=(${rest}), target_shape=(${sizes})`,
        { hint: "the batch is no part of the target shape" },
      );
    return withSizes(x, [-1, ...sizes.map((d) => (d === -1 ? given / wanted : d))]);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), target_shape: this.targetShape };
  }
  static override fromConfig(config: Config): Reshape {
    const { targetShape, ...options } = layerOptions<LayerOptions & { readonly targetShape: readonly number[] }>(
      config,
    );
    return new Reshape(targetShape, options);
  }
}

/** The axes in another order; they count from 1, the batch stays. `[2, 1]` swaps the first two. */
export class Permute extends Layer {
  static override readonly className: string = "Permute";
  constructor(
    readonly dims: readonly number[],
    options: LayerOptions = {},
  ) {
    super(options);
    requireNumbers(dims, "dims", this.name);
    if ([...dims].sort((a, b) => a - b).some((d, i) => d !== i + 1))
      throw new ArgumentError(
        `Invalid permutation argument \`dims\` for Permute Layer. The set of indices in \`dims\` must be consecutive and start from 1. Received dims=(${dims})`,
      );
    this.inputSpec = { ndim: dims.length + 1 };
  }
  override call(x: Tensor): Tensor {
    return transpose(x, [0, ...this.dims] as readonly number[]) as Tensor;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), dims: this.dims };
  }
  static override fromConfig(config: Config): Permute {
    const { dims, ...options } = layerOptions<LayerOptions & { readonly dims: readonly number[] }>(config);
    return new Permute(dims, options);
  }
}

/** Rows repeated: `[batch, features]` gives `[batch, n, features]`. */
export class RepeatVector extends Layer {
  static override readonly className: string = "RepeatVector";
  constructor(
    readonly n: number,
    options: LayerOptions = {},
  ) {
    super(options);
    requirePositive(n, "n", this.name);
    this.inputSpec = { ndim: 2 };
  }
  override call(x: Tensor): Tensor {
    return tile(expandDims(x, 1) as Tensor, [1, this.n, 1]) as Tensor;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), n: this.n };
  }
  static override fromConfig(config: Config): RepeatVector {
    const { n, ...options } = layerOptions<LayerOptions & { readonly n: number }>(config);
    return new RepeatVector(n, options);
  }
}

// ---- borders of sequences and pictures ----

/** Extents before and after an axis. */
type Pair = readonly [before: number, after: number];
/** One for all sides, one for each axis, or `[before, after]` for each. */
export type Borders = number | readonly [number, number] | readonly [Pair, Pair];

function bordersOf(value: Borders, name: string, layer: string): [Pair, Pair] {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0)
    return [
      [value, value],
      [value, value],
    ];
  if (!Array.isArray(value) || value.length !== 2)
    throw new ArgumentError(
      `\`${name}\` of layer ${layer} must be a whole number, two of them, or two pairs of them. Received: ${name}=${shown(value)}`,
      { hint: `${name}: [[top, bottom], [left, right]]` },
    );
  const [rows, columns] = value as readonly [number | Pair, number | Pair];
  const pair = (side: number | Pair): Pair => {
    const [before = 0, after = 0] = tuple(side, 2, name, layer, true);
    return [before, after];
  };
  return [pair(rows), pair(columns)];
}
const lengthBorder = (value: number | Pair, name: string, layer: string): Pair => {
  const [before = 0, after = 0] = tuple(value, 2, name, layer, true);
  return [before, after];
};

interface PaddingOption<Size> {
  /** How many zeros. Default 1. */
  readonly padding?: Size;
}
/** Zeros before and after the steps of `[batch, steps, features]`. */
export class ZeroPadding1D extends Layer {
  static override readonly className: string = "ZeroPadding1D";
  readonly padding: Pair;
  constructor(options?: LayerOptions & PaddingOption<number | Pair>);
  constructor(padding: number | Pair, options?: LayerOptions);
  constructor(first?: number | Pair | (LayerOptions & PaddingOption<number | Pair>), rest?: LayerOptions) {
    const options = leading<LayerOptions & PaddingOption<number | Pair>, "padding">("padding", first, rest);
    super(options);
    this.padding = lengthBorder(options.padding ?? 1, "padding", this.name);
    this.inputSpec = { ndim: 3 };
  }
  override call(x: Tensor): Tensor {
    return pad(x, [[0, 0], this.padding, [0, 0]]) as Tensor;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), padding: this.padding };
  }
}

/** Zeros around pictures `[batch, height, width, channels]`. */
export class ZeroPadding2D extends Layer {
  static override readonly className: string = "ZeroPadding2D";
  readonly padding: readonly [Pair, Pair];
  constructor(options?: LayerOptions & PaddingOption<Borders>);
  constructor(padding: Borders, options?: LayerOptions);
  constructor(first?: Borders | (LayerOptions & PaddingOption<Borders>), rest?: LayerOptions) {
    const options = leading<LayerOptions & PaddingOption<Borders>, "padding">("padding", first, rest);
    super(options);
    this.padding = bordersOf(options.padding ?? 1, "padding", this.name);
    this.inputSpec = { ndim: 4 };
  }
  override call(x: Tensor): Tensor {
    return pad(x, [[0, 0], ...this.padding, [0, 0]]) as Tensor;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), padding: this.padding, data_format: "channels_last" };
  }
}

interface CroppingOption<Size> {
  /** How much is cut off. Default 1 of sequences, 0 of pictures. */
  readonly cropping?: Size;
}
const endOf = (after: number): number | null => (after === 0 ? null : -after);
function requireRest(x: Tensor, axis: number, [before, after]: Pair, layer: string): void {
  const extent = x.shape[axis] ?? null;
  if (extent !== null && before + after >= extent)
    throw new ShapeError(
      `\`cropping\` parameter of ${layer} is too high and would leave nothing of axis ${axis}: cropping=(${before}, ${after}), extent ${extent}`,
    );
}

/** Steps cut off `[batch, steps, features]`, before and after. */
export class Cropping1D extends Layer {
  static override readonly className: string = "Cropping1D";
  readonly cropping: Pair;
  constructor(options?: LayerOptions & CroppingOption<number | Pair>);
  constructor(cropping: number | Pair, options?: LayerOptions);
  constructor(first?: number | Pair | (LayerOptions & CroppingOption<number | Pair>), rest?: LayerOptions) {
    const options = leading<LayerOptions & CroppingOption<number | Pair>, "cropping">("cropping", first, rest);
    super(options);
    this.cropping = lengthBorder(options.cropping ?? 1, "cropping", this.name);
    this.inputSpec = { ndim: 3 };
  }
  override call(x: Tensor): Tensor {
    const [before, after] = this.cropping;
    requireRest(x, 1, this.cropping, this.name);
    return x.at(":", [before, endOf(after)]) as Tensor;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), cropping: this.cropping };
  }
}

/** Rows and columns cut off pictures `[batch, height, width, channels]`. */
export class Cropping2D extends Layer {
  static override readonly className: string = "Cropping2D";
  readonly cropping: readonly [Pair, Pair];
  constructor(options?: LayerOptions & CroppingOption<Borders>);
  constructor(cropping: Borders, options?: LayerOptions);
  constructor(first?: Borders | (LayerOptions & CroppingOption<Borders>), rest?: LayerOptions) {
    const options = leading<LayerOptions & CroppingOption<Borders>, "cropping">("cropping", first, rest);
    super(options);
    this.cropping = bordersOf(options.cropping ?? 0, "cropping", this.name);
    this.inputSpec = { ndim: 4 };
  }
  override call(x: Tensor): Tensor {
    const [rows, columns] = this.cropping;
    requireRest(x, 1, rows, this.name);
    requireRest(x, 2, columns, this.name);
    return x.at(":", [rows[0], endOf(rows[1])], [columns[0], endOf(columns[1])]) as Tensor;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), cropping: this.cropping, data_format: "channels_last" };
  }
}

/** Every entry of an axis `times` in a row. */
function repeated(x: Tensor, axis: number, times: number): Tensor {
  if (times === 1) return x;
  const extent = sizesOf(x)[axis] as number | Tensor;
  const last = typeof extent === "number" ? extent * times : (extent.mul(times) as Tensor);
  const places = range(0, last as number) as Tensor;
  return gather(x, places.floorDiv(times) as Tensor<"int32">, { axis }) as Tensor;
}

interface SizeOption<Size> {
  /** How often each entry stands in a row. Default 2. */
  readonly size?: Size;
}
/** Every step of `[batch, steps, features]` `size` times. */
export class UpSampling1D extends Layer {
  static override readonly className: string = "UpSampling1D";
  readonly size: number;
  constructor(options?: LayerOptions & SizeOption<number>);
  constructor(size: number, options?: LayerOptions);
  constructor(first?: number | (LayerOptions & SizeOption<number>), rest?: LayerOptions) {
    const options = leading<LayerOptions & SizeOption<number>, "size">("size", first, rest);
    super(options);
    this.size = options.size ?? 2;
    requirePositive(this.size, "size", this.name);
    this.inputSpec = { ndim: 3 };
  }
  override call(x: Tensor): Tensor {
    return repeated(x, 1, this.size);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), size: this.size };
  }
}

/** Every cell of pictures `[batch, height, width, channels]` as a block of that size. */
export class UpSampling2D extends Layer {
  static override readonly className: string = "UpSampling2D";
  readonly size: readonly number[];
  constructor(options?: LayerOptions & SizeOption<number | readonly [number, number]>);
  constructor(size: number | readonly [number, number], options?: LayerOptions);
  constructor(
    first?: number | readonly [number, number] | (LayerOptions & SizeOption<number | readonly [number, number]>),
    rest?: LayerOptions,
  ) {
    const options = leading<LayerOptions & SizeOption<number | readonly [number, number]>, "size">("size", first, rest);
    super(options);
    this.size = tuple(options.size ?? 2, 2, "size", this.name);
    this.inputSpec = { ndim: 4 };
  }
  override call(x: Tensor): Tensor {
    const [rows = 1, columns = 1] = this.size;
    return repeated(repeated(x, 1, rows), 2, columns);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), size: this.size, data_format: "channels_last", interpolation: "nearest" };
  }
}
