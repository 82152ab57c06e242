/**
 * @file Layers that compute one thing: dense layers, activations, lambdas, masks. Follows
 * `layers/core` and `layers/activations` of Keras 3.
 */

import { ArgumentError, type Shape, ShapeError } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import type { Variable } from "../../ops/index.js";
import { cast, matmul, nn, notEqual, reduceAny } from "../../ops/index.js";
import { recordOf, requireFunction, requireNumber } from "../arguments.js";
import type {
  Activation as ActivationFunction,
  ActivationIdentifier,
  Config,
  Constraint,
  ConstraintIdentifier,
  Initializer,
  InitializerIdentifier,
  Regularizer,
  RegularizerIdentifier,
} from "../contracts.js";
import { type CallOptions, Layer, type LayerOptions, layerOptions } from "../engine/layer.js";
import { requireOptionsAmong } from "../engine/layer-options.js";
import type { Nested } from "../engine/nested.js";
import { leading, type Without } from "../leading.js";
import { get, serialize, serializeOptional } from "../registry.js";
import { floating, requirePositive, sizesOf, withSizes } from "./shapes.js";

/** Options of layers with a kernel and a bias. */
export interface KernelOptions extends LayerOptions {
  /** Applied to the result. Default: none. */
  readonly activation?: ActivationIdentifier | null;
  /** Default true. */
  readonly useBias?: boolean;
  /** Default `glorot_uniform`. */
  readonly kernelInitializer?: InitializerIdentifier;
  /** Default `zeros`. */
  readonly biasInitializer?: InitializerIdentifier;
  /** A penalty of the kernel, added to the loss. Default: none. */
  readonly kernelRegularizer?: RegularizerIdentifier | null;
  /** A penalty of the bias, added to the loss. Default: none. */
  readonly biasRegularizer?: RegularizerIdentifier | null;
  /** What the kernel is brought back to after each update. Default: nothing. */
  readonly kernelConstraint?: ConstraintIdentifier | null;
  /** What the bias is brought back to after each update. Default: nothing. */
  readonly biasConstraint?: ConstraintIdentifier | null;
}

/** The parts that layers with a kernel and a bias share. */
export abstract class KernelLayer extends Layer {
  readonly activation: ActivationFunction;
  readonly useBias: boolean;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
  readonly kernelRegularizer: Regularizer | null;
  readonly biasRegularizer: Regularizer | null;
  readonly kernelConstraint: Constraint | null;
  readonly biasConstraint: Constraint | null;

  constructor(options: KernelOptions) {
    super(options);
    this.activation = get("activation", options.activation ?? "linear");
    this.useBias = options.useBias ?? true;
    this.kernelInitializer = get("initializer", options.kernelInitializer ?? "glorot_uniform");
    this.biasInitializer = get("initializer", options.biasInitializer ?? "zeros");
    this.kernelRegularizer = get("regularizer", options.kernelRegularizer);
    this.biasRegularizer = get("regularizer", options.biasRegularizer);
    this.kernelConstraint = get("constraint", options.kernelConstraint);
    this.biasConstraint = get("constraint", options.biasConstraint);
  }

  protected addKernel(shape: readonly number[], name = "kernel"): Variable {
    const { kernelInitializer: initializer, kernelRegularizer: regularizer, kernelConstraint: constraint } = this;
    return this.addWeight({ name, shape, initializer, regularizer, constraint });
  }
  protected addBias(size: number): Variable | null {
    if (!this.useBias) return null;
    const { biasInitializer: initializer, biasRegularizer: regularizer, biasConstraint: constraint } = this;
    return this.addWeight({ name: "bias", shape: [size], initializer, regularizer, constraint });
  }
  /** Adds the bias and applies the activation. */
  protected finish(x: Tensor, bias: Variable | null): Tensor {
    return this.activation(bias === null ? x : (x.add(bias as Tensor) as Tensor));
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      activation: serialize(this.activation),
      use_bias: this.useBias,
      kernel_initializer: serialize(this.kernelInitializer),
      bias_initializer: serialize(this.biasInitializer),
      kernel_regularizer: serializeOptional(this.kernelRegularizer),
      bias_regularizer: serializeOptional(this.biasRegularizer),
      kernel_constraint: serializeOptional(this.kernelConstraint),
      bias_constraint: serializeOptional(this.biasConstraint),
    };
  }
}

/** Options of {@link Dense}. */
export interface DenseOptions extends KernelOptions {}
/**
 * `activation(x · kernel + bias)` along the last axis: `[…, in]` gives `[…, units]`. The kernel is
 * `[in, units]`.
 */
export class Dense extends KernelLayer {
  static override readonly className: string = "Dense";
  kernel: Variable | null = null;
  bias: Variable | null = null;

  /** @throws ArgumentError where `units` is no whole number above 0 */
  constructor(
    readonly units: number,
    options: DenseOptions = {},
  ) {
    super(options);
    requirePositive(units, "units", this.name);
    this.inputSpec = { minNdim: 2 };
    this.supportsMasking = true;
  }

  override build(inputShape: Shape): void {
    const inputs = inputShape.at(-1) ?? null;
    if (inputs === null)
      throw new ShapeError(
        `The last dimension of the inputs to a Dense layer should be defined. Found None. Layer: ${this.name}`,
        {
          hint: "say the size of the last axis: keras.input({ shape: [784] })",
        },
      );
    this.kernel = this.addKernel([inputs, this.units]);
    this.bias = this.addBias(this.units);
    this.inputSpec = { minNdim: 2, axes: { "-1": inputs } };
  }
  override call(inputs: Tensor): Tensor {
    const x = floating(inputs, this.dtype);
    const kernel = this.kernel as Tensor;
    if ((x.rank ?? 2) === 2) return this.finish(matmul(x, kernel) as Tensor, this.bias);
    const rows = withSizes(x, [-1, kernel.shape[0] as number]);
    const product = matmul(rows, kernel) as Tensor;
    return this.finish(withSizes(product, [...sizesOf(x).slice(0, -1), this.units]), this.bias);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), units: this.units };
  }
  static override fromConfig(config: Config): Dense {
    const { units, ...options } = layerOptions<DenseOptions & { readonly units: number }>(config);
    return new Dense(units, options);
  }
}

/** Applies an activation function. */
export class Activation extends Layer {
  static override readonly className: string = "Activation";
  readonly activation: ActivationFunction;

  constructor(activation: ActivationIdentifier, options: LayerOptions = {}) {
    super(options);
    if (activation === undefined || activation === null)
      throw new ArgumentError(`Layer ${this.name} needs an activation. Received: ${String(activation)}`, {
        hint: 'new keras.layers.Activation("relu")',
      });
    this.activation = get("activation", activation);
    this.supportsMasking = true;
  }
  override call(x: Tensor): Tensor {
    return this.activation(x);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), activation: serialize(this.activation) };
  }
  static override fromConfig(config: Config): Activation {
    const { activation, ...options } = layerOptions<LayerOptions & { readonly activation: ActivationIdentifier }>(
      config,
    );
    return new Activation(activation, options);
  }
}

/** Gives what it takes. */
export class Identity extends Layer {
  static override readonly className: string = "Identity";
  constructor(options: LayerOptions = {}) {
    super(options);
    this.supportsMasking = true;
  }
  override call(x: Tensor): Tensor {
    return x;
  }
}

/** Options of {@link Embedding}. */
export interface EmbeddingOptions extends LayerOptions {
  /** Default `uniform`: between -0.05 and 0.05. */
  readonly embeddingsInitializer?: InitializerIdentifier;
  /** A penalty of the matrix, added to the loss. Default: none. */
  readonly embeddingsRegularizer?: RegularizerIdentifier | null;
  /** What the matrix is brought back to after each update. Default: nothing. */
  readonly embeddingsConstraint?: ConstraintIdentifier | null;
  /** Whether 0 stands for no word: later layers skip such steps. Default false. */
  readonly maskZero?: boolean;
  /** Keras 2's way to say the length of the sequences. */
  readonly inputLength?: number | null;
}
/** Rows of a matrix by their numbers: `[…]` gives `[…, outputDim]`. Numbers are from 0 to `inputDim - 1`. */
export class Embedding extends Layer {
  static override readonly className: string = "Embedding";
  embeddings: Variable | null = null;
  readonly maskZero: boolean;
  private readonly initializer: Initializer;
  private readonly regularizer: Regularizer | null;
  private readonly constraint: Constraint | null;

  constructor(
    readonly rows: number,
    readonly outputDim: number,
    options: EmbeddingOptions = {},
  ) {
    const { inputLength, inputDim: _, ...rest } = recordOf(options, "Embedding");
    const told = rest.inputShape !== undefined || rest.batchInputShape !== undefined;
    super(told || inputLength === undefined || inputLength === null ? rest : { ...rest, inputShape: [inputLength] });
    requirePositive(rows, "input_dim", this.name);
    requirePositive(outputDim, "output_dim", this.name);
    this.maskZero = options.maskZero ?? false;
    this.supportsMasking = this.maskZero;
    this.initializer = get("initializer", options.embeddingsInitializer ?? "uniform");
    this.regularizer = get("regularizer", options.embeddingsRegularizer);
    this.constraint = get("constraint", options.embeddingsConstraint);
  }
  protected override get inputDType(): "int32" {
    return "int32";
  }
  override build(): void {
    const { initializer, regularizer, constraint } = this;
    this.embeddings = this.addWeight({
      name: "embeddings",
      shape: [this.rows, this.outputDim],
      initializer,
      regularizer,
      constraint,
    });
  }
  override call(inputs: Tensor): Tensor {
    const ids = inputs.dtype === "int32" ? inputs : cast(inputs, "int32");
    return nn.embeddingLookup(this.embeddings as Tensor, ids as Tensor) as Tensor;
  }
  override computeMask(inputs: Tensor): Tensor | null {
    return this.maskZero ? (notEqual(cast(inputs, "int32") as Tensor, 0) as Tensor) : null;
  }
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      input_dim: this.rows,
      output_dim: this.outputDim,
      embeddings_initializer: serialize(this.initializer),
      embeddings_regularizer: serializeOptional(this.regularizer),
      activity_regularizer: serializeOptional(this.activityRegularizer),
      embeddings_constraint: serializeOptional(this.constraint),
      mask_zero: this.maskZero,
    };
  }
  static override fromConfig(config: Config): Embedding {
    const { inputDim, outputDim, ...options } = layerOptions<
      EmbeddingOptions & { readonly inputDim: number; readonly outputDim: number }
    >(config);
    return new Embedding(inputDim, outputDim, options);
  }
}

/** Options of {@link Masking}. */
export interface MaskingOptions extends LayerOptions {
  /** Default 0. */
  readonly maskValue?: number;
}
/** Skips the steps of a sequence whose every element is `maskValue`. */
export class Masking extends Layer {
  static override readonly className: string = "Masking";
  readonly maskValue: number;

  constructor(options?: MaskingOptions);
  constructor(maskValue: number, options?: Without<MaskingOptions, "maskValue">);
  constructor(first?: number | MaskingOptions, rest?: Without<MaskingOptions, "maskValue">) {
    const options = leading<MaskingOptions, "maskValue">("maskValue", first, rest);
    super(options);
    this.maskValue = requireNumber(options.maskValue ?? 0, "mask_value", this.name);
    this.supportsMasking = true;
  }
  override computeMask(x: Tensor): Tensor {
    return reduceAny(notEqual(x, this.maskValue) as Tensor<"bool">, { axis: -1 }) as Tensor;
  }
  override call(x: Tensor): Tensor {
    const kept = reduceAny(notEqual(x, this.maskValue) as Tensor<"bool">, { axis: -1, keepDims: true }) as Tensor;
    return x.mul(cast(kept, x.dtype) as Tensor) as Tensor;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), mask_value: this.maskValue };
  }
}

/** What a {@link Lambda} computes. */
export type LambdaFunction<I extends Nested, O extends Nested> = (inputs: I, options: CallOptions) => O;
/** A function as a layer. It has no weights, and no config that could be written down. */
export class Lambda<I extends Nested = Tensor, O extends Nested = Tensor> extends Layer<I, O> {
  static override readonly className: string = "Lambda";
  constructor(
    readonly fn: LambdaFunction<I, O>,
    options: LayerOptions & {
      /** Masks of the outputs, or a function of inputs and masks. */ readonly mask?: Layer<I, O>["computeMask"];
    } = {},
  ) {
    super(options);
    requireFunction(fn, "function", this.name);
    if (new.target === Lambda) requireOptionsAmong(["mask"], this.className, this.name, options);
    this.supportsMasking = true;
    if (options.mask !== undefined) this.computeMask = options.mask;
  }
  override call(inputs: I, options: CallOptions): O {
    return this.fn(inputs, options);
  }
  override getConfig(): Config {
    throw new ArgumentError(`The Lambda layer '${this.name}' cannot be written as a config: its function is code.`, {
      hint: "make it a class of layers with getConfig(), and pass customObjects when reading",
    });
  }
}

/** Options of {@link ActivityRegularization}. */
export interface PenaltyOptions extends LayerOptions {
  /** Factor of the sum of absolute values. Default 0. */
  readonly l1?: number;
  /** Factor of the sum of squares. Default 0. */
  readonly l2?: number;
}
/** Gives what it takes, and adds a penalty on it to the loss. */
export class ActivityRegularization extends Layer {
  static override readonly className: string = "ActivityRegularization";
  private readonly penalty: PenaltyOptions;
  constructor(options?: PenaltyOptions);
  constructor(l1: number, options?: Without<PenaltyOptions, "l1">);
  constructor(first?: number | PenaltyOptions, rest?: Without<PenaltyOptions, "l1">) {
    const penalty = leading<PenaltyOptions, "l1">("l1", first, rest);
    super({
      ...penalty,
      activityRegularizer: { class_name: "L1L2", config: { l1: penalty.l1 ?? 0, l2: penalty.l2 ?? 0 } },
    });
    this.penalty = penalty;
    this.supportsMasking = true;
  }
  override call(x: Tensor): Tensor {
    return x;
  }
  override getConfig(): Config {
    const { activity_regularizer: _, ...config } = super.getConfig();
    return { ...config, l1: this.penalty.l1 ?? 0, l2: this.penalty.l2 ?? 0 };
  }
}
