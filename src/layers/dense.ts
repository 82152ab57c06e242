/**
 * @file The fully connected layer. Follows `tensorflow/python/layers/core.py` of TensorFlow 1.x. May import
 * `ops` and below.
 */
import type { Checked, DenseShape, DType, Ok, PartialShape, Shape } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { tensordot } from "../ops/array/index.js";
import { zerosInitializer } from "../ops/initializers.js";
import { matmul } from "../ops/matmul.js";
import { biasAdd } from "../ops/nn/bias.js";
import type { Variable } from "../ops/variable.js";
import { definedExtent, requireExtent, requireMinimumRank } from "./input-checks.js";
import { Layer, type LayerCallOptions, type LayerOptions, layerOptionsOf } from "./layer.js";
import {
  type Activation,
  activate,
  type KernelOptions,
  kernelOptions,
  requireActivation,
  requireCount,
} from "./options.js";

/** A fully connected layer: `activation(inputs · kernel + bias)`. `tf.layers.Dense`. */
export class Dense<Units extends number = number> extends Layer {
  readonly units: Units;
  readonly activation: Activation | null;
  readonly useBias: boolean;
  private kernelVariable: Variable | undefined;
  private biasVariable: Variable | null | undefined;
  private readonly choices: KernelOptions;

  /**
   * @param units size of the last axis of the outputs
   * @throws ArgumentError for units that are no whole number above 0
   */
  constructor(units: Units, options: KernelOptions & LayerOptions = {}) {
    super(options);
    this.units = requireCount(units, "units") as Units;
    this.choices = options;
    this.activation = requireActivation(options.activation);
    this.useBias = options.useBias ?? true;
  }

  /** `[inputs, units]`. @throws GraphError before the layer is applied */
  get kernel(): Variable {
    return this.made(this.kernelVariable, "kernel");
  }
  /** `[units]`, or `null` with `useBias: false`. @throws GraphError before the layer is applied */
  get bias(): Variable | null {
    return this.made(this.biasVariable, "bias");
  }

  /**
   * `[…, inputs]` to `[…, units]`.
   * @throws ShapeError for inputs of rank 1 or less, an unknown last axis, or another one than the first time
   */
  override apply<D extends DType, S extends Shape>(
    inputs: Checked<Tensor<D, S>, DenseShape<S, Units>>,
  ): Tensor<D, Ok<DenseShape<S, Units>>> {
    return super.apply(inputs as Tensor) as Tensor<D, never>;
  }

  protected override defaultName(): string {
    return "dense";
  }

  protected override checkInput(inputs: Tensor): void {
    this.requireFloating(inputs);
    const shape = requireMinimumRank(this.name, inputs, 2, "[batch, …, inputs]");
    definedExtent(inputs, shape.at(-1), "The last dimension of the inputs to `Dense` should be defined. Found `None`.");
    if (this.built) requireExtent(this.name, inputs, -1, this.kernel.shape[0] as number);
  }

  protected override build(inputShape: PartialShape): void {
    const { units, useBias, choices } = this;
    this.kernelVariable = this.addWeight("kernel", {
      shape: [inputShape?.at(-1) as number, units],
      initializer: choices.kernelInitializer,
      regularizer: choices.kernelRegularizer,
      constraint: choices.kernelConstraint,
    });
    this.biasVariable = useBias
      ? this.addWeight("bias", {
          shape: [units],
          initializer: choices.biasInitializer === undefined ? zerosInitializer() : choices.biasInitializer,
          regularizer: choices.biasRegularizer,
          constraint: choices.biasConstraint,
        })
      : null;
  }

  protected override call(inputs: Tensor): Tensor {
    const { kernel, bias } = this;
    const rank = inputs.rank ?? 2;
    const product = rank > 2 ? tensordot(inputs, kernel, [[rank - 1], [0]]) : matmul(inputs, kernel);
    return activate(this.activation, bias === null ? (product as Tensor) : biasAdd(product as Tensor, bias));
  }
}

/**
 * A fully connected layer: `activation(inputs · kernel + bias)`, `[…, inputs]` to `[…, units]`. Makes
 * `kernel` `[inputs, units]` and `bias` `[units]` under its name. `tf.layers.dense`.
 * @param inputs rank 2 or more, the last dimension known
 * @param units size of the last axis of the result
 * @throws ShapeError for inputs of another kind
 * @throws GraphError where the name is taken; share its variables with `reuse: true`
 */
export function dense<D extends DType, S extends Shape, const Units extends number>(
  inputs: Checked<Tensor<D, S>, DenseShape<S, Units>>,
  units: Units,
  options: KernelOptions & LayerCallOptions = {},
): Tensor<D, Ok<DenseShape<S, Units>>> {
  const layer: Layer = new Dense<number>(units, layerOptionsOf("dense", options, kernelOptions));
  return layer.apply(inputs as Tensor) as Tensor<D, never>;
}
