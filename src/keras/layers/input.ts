/** @file Where a model begins: `keras.input` and the layer behind it. */

import { ArgumentError, isDType, type NumericDType, type Shape } from "../../core/index.js";
import { Tensor } from "../../graph/index.js";
import { placeholder } from "../../ops/index.js";
import { recordOf, requireNoMore, shown } from "../arguments.js";
import type { Config } from "../contracts.js";
import { Layer, layerOptions } from "../engine/layer.js";
import { autoName } from "../engine/naming.js";
import { leading, type Without } from "../leading.js";

/** Options of {@link input}. */
export interface InputOptions<S extends Shape = Shape, D extends NumericDType = NumericDType> {
  /** Shape without the batch; `null` for sizes that vary. */
  readonly shape?: S;
  /** Shape with the batch, instead of `shape`. */
  readonly batchShape?: Shape;
  /** A fixed number of rows. Default: any. */
  readonly batchSize?: number | null;
  /** Element type. Default float32. */
  readonly dtype?: D;
  /** Name, which records of data use. Default `input_layer` with a counter. */
  readonly name?: string;
  /** A tensor to be the input, instead of a new placeholder. */
  readonly tensor?: Tensor;
}

/** The layer of an input: it has an output only. */
export class InputLayer extends Layer<Tensor, Tensor> {
  static override readonly className: string = "InputLayer";
  private readonly tensor: Tensor;

  /** @throws ArgumentError without a shape, or with two */
  constructor(options: InputOptions) {
    const {
      batchShape,
      shape,
      batchSize = null,
      dtype = "float32",
      tensor,
      name,
      ...rest
    } = recordOf(options, "InputLayer");
    requireNoMore(rest, "InputLayer", ["name", "shape", "batchShape", "batchSize", "dtype", "tensor"]);
    super({ name: name ?? autoName("InputLayer") });
    if (shape !== undefined && batchShape !== undefined)
      throw new ArgumentError("You cannot pass both `shape` and `batch_shape` at the same time.");
    const full = batchShape ?? (shape === undefined ? undefined : Array.isArray(shape) ? [batchSize, ...shape] : shape);
    if (tensor === undefined && full === undefined)
      throw new ArgumentError("You must pass a `shape` argument.", { hint: "keras.input({ shape: [784] })" });
    if (tensor === undefined) requireShape(full, batchShape === undefined ? "shape" : "batch_shape");
    if (tensor !== undefined && !((tensor as unknown) instanceof Tensor))
      throw new ArgumentError(`The \`tensor\` of an input must be a tensor. Received: ${shown(tensor)}`);
    if (!isDType(dtype)) throw new ArgumentError(`Unknown dtype of an input: ${String(dtype)}`);
    this.tensor = tensor ?? placeholder(dtype, full, { name: this.name.replace(/[^A-Za-z0-9_.]/g, "_") });
    this.markBuilt();
    this.recordNode(null, this.tensor);
  }

  override getConfig(): Config {
    const { dtype, partialShape } = this.tensor;
    return { batch_shape: partialShape, dtype, sparse: false, ragged: false, name: this.name };
  }
  static override fromConfig(config: Config): InputLayer {
    // Keras 2 calls the shape batch_input_shape.
    const { batchInputShape, ...options } = layerOptions<InputOptions & { readonly batchInputShape?: Shape }>(config);
    return new InputLayer(batchInputShape === undefined ? options : { ...options, batchShape: batchInputShape });
  }
}

/** @throws ArgumentError for what is no list of sizes */
function requireShape(shape: unknown, name: string): void {
  const isSize = (d: unknown): boolean => d === null || (Number.isInteger(d) && (d as number) >= 0);
  if (Array.isArray(shape) && shape.every(isSize)) return;
  throw new ArgumentError(
    `The \`${name}\` of an input must be a list of whole numbers and nulls. Received: ${shown(shape)}`,
    { hint: "keras.input({ shape: [784] }), with null for a size that varies" },
  );
}

/**
 * The tensor a functional model begins with: `input({ shape: [784] })`, or `input([784])`. `keras.Input`.
 * @throws ArgumentError without a shape
 */
export function input<const S extends Shape, D extends NumericDType = "float32">(
  options: InputOptions<S, D>,
): Tensor<D, readonly [number | null, ...S]>;
export function input<const S extends Shape, D extends NumericDType = "float32">(
  shape: S,
  options?: Without<InputOptions<S, D>, "shape" | "batchShape">,
): Tensor<D, readonly [number | null, ...S]>;
export function input(first: Shape | InputOptions, rest?: Without<InputOptions, "shape">): Tensor {
  return new InputLayer(leading<InputOptions, "shape">("shape", first, rest)).output;
}
