/** @file Layers that join several tensors into one, and the functions of the same names. Follows `layers/merging` of Keras 3. */

import { ArgumentError, normalizeAxis, type Shape, ShapeError } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { concat, expandDims, matmul, nn, onesLike, transpose, where, zerosLike } from "../../ops/index.js";
import { requireInteger, requireNumbers, shown } from "../arguments.js";
import type { Config } from "../contracts.js";
import { type CallOptions, Layer, type LayerOptions, layerOptions } from "../engine/layer.js";
import { pythonShape } from "../engine/nested.js";
import { leading, type Without } from "../leading.js";
import { type Size, sizesOf, withSizes } from "./shapes.js";

type Tensors = readonly Tensor[];
const shapesText = (shapes: readonly Shape[]): string => `[${shapes.map(pythonShape).join(", ")}]`;

/** Base of the layers that combine tensors element by element. */
abstract class Merge extends Layer<Tensors, Tensor> {
  constructor(options: LayerOptions = {}) {
    super(options);
    this.supportsMasking = true;
  }
  /** The combination of tensors of one rank. */
  protected abstract merge(inputs: Tensors): Tensor;

  override build(inputShape: readonly Shape[]): void {
    if (!Array.isArray(inputShape) || !Array.isArray(inputShape[0]))
      throw new ArgumentError(
        `A merge layer should be called on a list of inputs. Received: input_shape=${JSON.stringify(inputShape)}`,
        {
          hint: `layer.apply([a, b])`,
        },
      );
  }
  override call(inputs: Tensors, _options: CallOptions): Tensor {
    const rank = Math.max(...inputs.map((x) => x.shape.length));
    // Missing axes come after the batch.
    return this.merge(
      inputs.map((x) => {
        let result = x;
        while (result.shape.length < rank) result = expandDims(result, 1) as Tensor;
        return result;
      }),
    );
  }
  override computeMask(_inputs: Tensors, mask: CallOptions["mask"]): Tensor | null {
    const masks = Array.isArray(mask) ? (mask as readonly (Tensor | null)[]) : [mask as Tensor | null];
    if (masks.some((m) => m === null)) return null;
    return (masks as Tensors).reduce((any, m) => any.logicalOr(m) as Tensor);
  }
}
/** A mask of steps as one of all elements of `x`. */
function spread(mask: Tensor | null, x: Tensor): Tensor<"bool"> | null {
  if (mask === null) return null;
  const steps = expandDims(mask.cast(x.dtype), -1) as Tensor;
  return steps.add(zerosLike(x) as Tensor).greater(0.5) as Tensor<"bool">;
}
const fold = (inputs: Tensors, combine: (a: Tensor, b: Tensor) => unknown): Tensor =>
  inputs.reduce((a, b) => combine(a, b) as Tensor);

/** The sum. */
export class Add extends Merge {
  static override readonly className: string = "Add";
  protected merge(inputs: Tensors): Tensor {
    return fold(inputs, (a, b) => a.add(b));
  }
}
/** The first minus the second. */
export class Subtract extends Merge {
  static override readonly className: string = "Subtract";
  override build(inputShape: readonly Shape[]): void {
    super.build(inputShape);
    if (inputShape.length !== 2)
      throw new ArgumentError(
        `A \`Subtract\` layer should be called on exactly 2 inputs. Received: input_shape=${shapesText(inputShape)}`,
      );
  }
  protected merge(inputs: Tensors): Tensor {
    return fold(inputs, (a, b) => a.sub(b));
  }
}
/** The product, element by element. A step that a mask skips counts as 1, and is 0 where all inputs skip it. */
export class Multiply extends Merge {
  static override readonly className: string = "Multiply";
  override call(inputs: Tensors, options: CallOptions): Tensor {
    const { mask } = options;
    const masks = Array.isArray(mask) ? (mask as readonly (Tensor | null)[]) : [];
    if (masks.every((m) => m === null)) return super.call(inputs, options);
    const counts = inputs.map((x, i) => spread(masks[i] ?? null, x));
    const product = super.call(
      inputs.map((x, i) => {
        const counted = counts[i] ?? null;
        return counted === null ? x : (where(counted, x, onesLike(x) as Tensor) as Tensor);
      }),
      options,
    );
    if (counts.some((m) => m === null)) return product;
    const any = (masks as Tensors).reduce((one, other) => one.logicalOr(other) as Tensor);
    return where(spread(any, product) as Tensor<"bool">, product, zerosLike(product) as Tensor) as Tensor;
  }
  protected merge(inputs: Tensors): Tensor {
    return fold(inputs, (a, b) => a.mul(b));
  }
}
/** The mean. */
export class Average extends Merge {
  static override readonly className: string = "Average";
  protected merge(inputs: Tensors): Tensor {
    return fold(inputs, (a, b) => a.add(b)).div(inputs.length) as Tensor;
  }
}
/** The largest. */
export class Maximum extends Merge {
  static override readonly className: string = "Maximum";
  protected merge(inputs: Tensors): Tensor {
    return fold(inputs, (a, b) => a.maximum(b));
  }
}
/** The smallest. */
export class Minimum extends Merge {
  static override readonly className: string = "Minimum";
  protected merge(inputs: Tensors): Tensor {
    return fold(inputs, (a, b) => a.minimum(b));
  }
}

/** Options of {@link Concatenate}. */
export interface ConcatenateOptions extends LayerOptions {
  /** The axis along which the tensors follow each other. Default -1. */
  readonly axis?: number;
}
/** The tensors one after the other. */
export class Concatenate extends Merge {
  static override readonly className: string = "Concatenate";
  readonly axis: number;
  constructor(options?: ConcatenateOptions);
  constructor(axis: number, options?: Without<ConcatenateOptions, "axis">);
  constructor(first?: number | ConcatenateOptions, rest?: Without<ConcatenateOptions, "axis">) {
    const options = leading<ConcatenateOptions, "axis">("axis", first, rest);
    super(options);
    this.axis = requireInteger(options.axis ?? -1, "axis", this.name);
  }
  override build(inputShape: readonly Shape[]): void {
    super.build(inputShape);
    const [first = []] = inputShape;
    const axis = normalizeAxis(this.axis, first.length);
    const fits = inputShape.every(
      (shape) =>
        shape.length === first.length &&
        shape.every((d, a) => a === axis || d === null || first[a] === null || d === first[a]),
    );
    if (axis === undefined || !fits)
      throw new ShapeError(
        `A \`Concatenate\` layer requires inputs with matching shapes except for the concatenation axis. Received: input_shape=${shapesText(inputShape)}`,
      );
  }
  override call(inputs: Tensors): Tensor {
    return this.merge(inputs);
  }
  protected merge(inputs: Tensors): Tensor {
    return concat(inputs, this.axis) as Tensor;
  }
  override computeMask(inputs: Tensors, mask: CallOptions["mask"]): Tensor | null {
    const masks = Array.isArray(mask) ? (mask as readonly (Tensor | null)[]) : [];
    const first = masks.find((m) => m !== null) ?? null;
    if (first === null) return null;
    const axis = normalizeAxis(this.axis, inputs[0]?.shape.length ?? 1) ?? 1;
    // A step counts where any of its features does; features without a mask always do.
    if (axis >= (first.rank ?? 2))
      return masks.some((m) => m === null) ? null : (masks as Tensors).reduce((any, m) => any.logicalOr(m) as Tensor);
    const all = onesLike(first) as Tensor;
    return concat(
      masks.map((m) => m ?? all),
      axis,
    ) as Tensor;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}

/** Options of {@link Dot}. */
export interface DotOptions extends LayerOptions {
  /** Whether to divide by the lengths first, which makes cosines. Default false. */
  readonly normalize?: boolean;
}
/** Products summed over an axis of each of two tensors, row by row: `[batch, 5]` twice gives `[batch, 1]`. */
export class Dot extends Layer<Tensors, Tensor> {
  static override readonly className: string = "Dot";
  readonly normalize: boolean;
  constructor(
    /** The axis of both, or of each; the batch is axis 0. */
    readonly axes: number | readonly [number, number],
    options: DotOptions = {},
  ) {
    super(options);
    if (typeof axes !== "number") requireNumbers(axes, "axes", this.name);
    const isAxis = (axis: number | undefined): boolean => Number.isInteger(axis);
    if (!(typeof axes === "number" ? isAxis(axes) : axes.length === 2 && axes.every(isAxis)))
      throw new ArgumentError(
        `Invalid type for argument \`axes\` of layer ${this.name}: it should be a whole number, or a list of two. Received: axes=${shown(axes)}`,
      );
    this.normalize = options.normalize ?? false;
  }
  #axesOf([a, b]: readonly Shape[]): readonly [number, number] {
    const [given, other] = typeof this.axes === "number" ? [this.axes, this.axes] : this.axes;
    const first = normalizeAxis(given, a?.length ?? 0);
    const second = normalizeAxis(other, b?.length ?? 0);
    if (first === undefined || second === undefined || first === 0 || second === 0)
      throw new ArgumentError(
        `Invalid axes (${given}, ${other}) of layer ${this.name}: the batch, axis 0, cannot be summed over.`,
      );
    return [first, second];
  }
  override build(inputShape: readonly Shape[]): void {
    if (!Array.isArray(inputShape) || inputShape.length !== 2 || !Array.isArray(inputShape[0]))
      throw new ArgumentError(
        `A \`Dot\` layer should be called on a list of 2 inputs. Received: input_shape=${JSON.stringify(inputShape)}`,
      );
    const [first, second] = this.#axesOf(inputShape);
    const [a, b] = [inputShape[0]?.[first] ?? null, inputShape[1]?.[second] ?? null];
    if (a !== null && b !== null && a !== b)
      throw new ShapeError(
        `Incompatible input shapes: axis values ${a} (at axis ${first}) != ${b} (at axis ${second}). Full input shapes: ${shapesText(inputShape)}`,
      );
  }
  override call([a, b]: Tensors): Tensor {
    const [first, second] = this.#axesOf([a as Tensor, b as Tensor].map((x) => x.shape));
    const unit = (x: Tensor, axis: number): Tensor => (this.normalize ? (nn.l2Normalize(x, axis) as Tensor) : x);
    const [x, y] = [unit(a as Tensor, first), unit(b as Tensor, second)];
    const [sizesX, sizesY] = [sizesOf(x), sizesOf(y)];
    const rest = (sizes: readonly Size[], axis: number): number[] =>
      sizes.map((_, i) => i).filter((i) => i > 0 && i !== axis);
    const [restX, restY] = [rest(sizesX, first), rest(sizesY, second)];
    const [batch = -1, shared = -1] = [sizesX[0], sizesX[first]];
    // As matrices: rows by the summed axis, and the summed axis by columns.
    const left = withSizes(transpose(x, [0, ...restX, first]) as Tensor, [batch, -1, shared]);
    const right = withSizes(transpose(y, [0, second, ...restY]) as Tensor, [batch, shared, -1]);
    const kept = [...restX.map((i) => sizesX[i] as Size), ...restY.map((i) => sizesY[i] as Size)];
    return withSizes(matmul(left, right) as Tensor, [batch, ...(kept.length === 0 ? [1] : kept)]);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axes: this.axes, normalize: this.normalize };
  }
  static override fromConfig(config: Config): Layer<never, Tensor> {
    const { axes, ...options } = layerOptions<DotOptions & { readonly axes: number }>(config);
    return new Dot(axes, options) as unknown as Layer<never, Tensor>;
  }
}

/** The sum of tensors. */
export const add = (inputs: Tensors, options?: LayerOptions): Tensor => new Add(options).apply(inputs);
/** The first of two tensors minus the second. */
export const subtract = (inputs: Tensors, options?: LayerOptions): Tensor => new Subtract(options).apply(inputs);
/** The product of tensors, element by element. */
export const multiply = (inputs: Tensors, options?: LayerOptions): Tensor => new Multiply(options).apply(inputs);
/** The mean of tensors. */
export const average = (inputs: Tensors, options?: LayerOptions): Tensor => new Average(options).apply(inputs);
/** The largest of tensors. */
export const maximum = (inputs: Tensors, options?: LayerOptions): Tensor => new Maximum(options).apply(inputs);
/** The smallest of tensors. */
export const minimum = (inputs: Tensors, options?: LayerOptions): Tensor => new Minimum(options).apply(inputs);
/** Tensors one after the other. */
export const concatenate = (inputs: Tensors, options?: ConcatenateOptions): Tensor =>
  new Concatenate(options).apply(inputs);
/** Products of two tensors summed over an axis of each. */
export const dot = (inputs: Tensors, axes: number | readonly [number, number], options?: DotOptions): Tensor =>
  new Dot(axes, options).apply(inputs);
