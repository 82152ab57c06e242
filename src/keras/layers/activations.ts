/** @file Activations with options, or weights, of their own. Follows `layers/activations` of Keras 3. */

import { ArgumentError, type Shape } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { cast, nn, type Variable } from "../../ops/index.js";
import { elu, relu } from "../activations.js";
import { requireInteger, requireNumber, requireNumbers, shown } from "../arguments.js";
import type {
  Config,
  Constraint,
  ConstraintIdentifier,
  Initializer,
  InitializerIdentifier,
  Regularizer,
  RegularizerIdentifier,
} from "../contracts.js";
import { type CallOptions, Layer, type LayerOptions } from "../engine/layer.js";
import { leading, type Without } from "../leading.js";
import { get, serialize, serializeOptional } from "../registry.js";

function requireSlope(value: unknown, name: string): void {
  if (typeof value !== "number" || !(value >= 0))
    throw new ArgumentError(
      `The ${name} value of a layer must be a number of 0 or more. Received: ${name}=${shown(value)}`,
    );
}
/** Base of the layers that are functions of single elements. */
abstract class ElementLayer extends Layer {
  constructor(options: LayerOptions) {
    super(options);
    this.supportsMasking = true;
  }
}

/** Options of {@link ReLU}. */
export interface ReLUOptions extends LayerOptions {
  /** The largest output. Default: none. */
  readonly maxValue?: number | null;
  /** Slope below the threshold. Default 0. */
  readonly negativeSlope?: number;
  /** Default 0. */
  readonly threshold?: number;
}
/** `max(x, 0)`, with options. */
export class ReLU extends ElementLayer {
  static override readonly className: string = "ReLU";
  readonly maxValue: number | null;
  readonly negativeSlope: number;
  readonly threshold: number;
  constructor(options?: ReLUOptions);
  constructor(maxValue: number | null, options?: Without<ReLUOptions, "maxValue">);
  constructor(first?: number | null | ReLUOptions, rest?: Without<ReLUOptions, "maxValue">) {
    const options = leading<ReLUOptions, "maxValue">("maxValue", first, rest);
    super(options);
    this.maxValue = options.maxValue ?? null;
    this.negativeSlope = options.negativeSlope ?? 0;
    this.threshold = options.threshold ?? 0;
    requireSlope(this.maxValue ?? 0, "max_value");
    requireSlope(this.negativeSlope, "negative_slope");
    requireSlope(this.threshold, "threshold");
  }
  override call(x: Tensor): Tensor {
    const { maxValue, negativeSlope, threshold } = this;
    return relu(x, { maxValue, negativeSlope, threshold });
  }
  override getConfig(): Config {
    const { maxValue, negativeSlope, threshold } = this;
    return { ...super.getConfig(), max_value: maxValue, negative_slope: negativeSlope, threshold };
  }
}

/** Options of {@link LeakyReLU}. */
export interface LeakyReLUOptions extends LayerOptions {
  /** Slope below 0. Default 0.3. */
  readonly negativeSlope?: number;
  /** Keras 2's name of `negativeSlope`. */
  readonly alpha?: number;
}
/** `x` where positive, else `negativeSlope · x`. */
export class LeakyReLU extends ElementLayer {
  static override readonly className: string = "LeakyReLU";
  readonly negativeSlope: number;
  constructor(options?: LeakyReLUOptions);
  constructor(negativeSlope: number, options?: Without<LeakyReLUOptions, "negativeSlope">);
  constructor(first?: number | LeakyReLUOptions, rest?: Without<LeakyReLUOptions, "negativeSlope">) {
    const options = leading<LeakyReLUOptions, "negativeSlope">("negativeSlope", first, rest);
    super(options);
    this.negativeSlope = options.negativeSlope ?? options.alpha ?? 0.3;
    requireSlope(this.negativeSlope, "negative_slope");
  }
  override call(x: Tensor): Tensor {
    return nn.leakyRelu(x, { alpha: this.negativeSlope });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), negative_slope: this.negativeSlope };
  }
}

/** Options of {@link PReLU}. */
export interface PReLUOptions extends LayerOptions {
  /** Default `zeros`. */
  readonly alphaInitializer?: InitializerIdentifier;
  /** A penalty of the slopes, added to the loss. Default: none. */
  readonly alphaRegularizer?: RegularizerIdentifier | null;
  /** What the slopes is brought back to after each update. Default: nothing. */
  readonly alphaConstraint?: ConstraintIdentifier | null;
  /** Axes along which all elements have one slope: `[1, 2]` for the places of a picture. Default: none. */
  readonly sharedAxes?: readonly number[] | null;
}
/** `x` where positive, else `alpha · x` with slopes that are learned. */
export class PReLU extends ElementLayer {
  static override readonly className: string = "PReLU";
  alpha: Variable | null = null;
  readonly sharedAxes: readonly number[] | null;
  private readonly initializer: Initializer;
  private readonly regularizer: Regularizer | null;
  private readonly constraint: Constraint | null;

  constructor(options: PReLUOptions = {}) {
    super(options);
    this.sharedAxes = options.sharedAxes ?? null;
    if (this.sharedAxes !== null) requireNumbers(this.sharedAxes, "shared_axes", this.name);
    this.initializer = get("initializer", options.alphaInitializer ?? "zeros");
    this.regularizer = get("regularizer", options.alphaRegularizer);
    this.constraint = get("constraint", options.alphaConstraint);
  }
  override build(inputShape: Shape): void {
    const sizes = inputShape.slice(1).map((size, i) => (this.sharedAxes?.includes(i + 1) ? 1 : size));
    const { initializer, regularizer, constraint } = this;
    this.alpha = this.addWeight({ name: "alpha", shape: sizes as number[], initializer, regularizer, constraint });
    this.inputSpec = { ndim: inputShape.length };
  }
  override call(x: Tensor): Tensor {
    const negative = nn.relu(x.neg()).mul(this.alpha as Tensor) as Tensor;
    return nn.relu(x).sub(negative) as Tensor;
  }
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      alpha_initializer: serialize(this.initializer),
      alpha_regularizer: serializeOptional(this.regularizer),
      alpha_constraint: serializeOptional(this.constraint),
      shared_axes: this.sharedAxes,
    };
  }
}

/** Options of {@link ELU}. */
export interface ELUOptions extends LayerOptions {
  /** Default 1. */
  readonly alpha?: number;
}
/** `x` where positive, else `alpha · (eˣ − 1)`. */
export class ELU extends ElementLayer {
  static override readonly className: string = "ELU";
  readonly alpha: number;
  constructor(options?: ELUOptions);
  constructor(alpha: number, options?: Without<ELUOptions, "alpha">);
  constructor(first?: number | ELUOptions, rest?: Without<ELUOptions, "alpha">) {
    const options = leading<ELUOptions, "alpha">("alpha", first, rest);
    super(options);
    this.alpha = requireNumber(options.alpha ?? 1, "alpha", this.name);
  }
  override call(x: Tensor): Tensor {
    return elu(x, { alpha: this.alpha });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), alpha: this.alpha };
  }
}

/** Options of {@link ThresholdedReLU}. */
export interface ThresholdedReLUOptions extends LayerOptions {
  /** Default 1. */
  readonly theta?: number;
}
/** `x` where it is above `theta`, else 0. */
export class ThresholdedReLU extends ElementLayer {
  static override readonly className: string = "ThresholdedReLU";
  readonly theta: number;
  constructor(options?: ThresholdedReLUOptions);
  constructor(theta: number, options?: Without<ThresholdedReLUOptions, "theta">);
  constructor(first?: number | ThresholdedReLUOptions, rest?: Without<ThresholdedReLUOptions, "theta">) {
    const options = leading<ThresholdedReLUOptions, "theta">("theta", first, rest);
    super(options);
    this.theta = options.theta ?? 1;
    requireSlope(this.theta, "theta");
  }
  override call(x: Tensor): Tensor {
    return x.mul(cast(x.greater(this.theta) as Tensor, x.dtype as "float32") as Tensor) as Tensor;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), theta: this.theta };
  }
}

/** Options of {@link Softmax}. */
export interface SoftmaxOptions extends LayerOptions {
  /** Default -1. */
  readonly axis?: number;
}
/** Exponentials divided by their sum along an axis; masked entries get 0. */
export class Softmax extends ElementLayer {
  static override readonly className: string = "Softmax";
  readonly axis: number;
  constructor(options?: SoftmaxOptions);
  constructor(axis: number, options?: Without<SoftmaxOptions, "axis">);
  constructor(first?: number | SoftmaxOptions, rest?: Without<SoftmaxOptions, "axis">) {
    const options = leading<SoftmaxOptions, "axis">("axis", first, rest);
    super(options);
    this.axis = requireInteger(options.axis ?? -1, "axis", this.name);
  }
  override call(x: Tensor, { mask }: CallOptions): Tensor {
    // Far below every other exponent, and finite.
    const kept = mask as Tensor | null;
    const masked =
      kept === null
        ? x
        : (x.add(
            cast(kept, x.dtype as "float32")
              .sub(1)
              .mul(3e38) as Tensor,
          ) as Tensor);
    return nn.softmax(masked, { axis: this.axis } as object) as Tensor;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}
