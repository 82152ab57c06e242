/** @file Layers that bring their input to a common scale. Follows `layers/normalization` of Keras 3. */

import { ArgumentError, normalizeAxis, type Shape, ShapeError } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { cast, expandDims, group, nn, reduceSum, reshape, type Variable, zerosLike } from "../../ops/index.js";
import { requireBoolean, requireInteger, requireNumber, requireNumbers } from "../arguments.js";
import type {
  Config,
  Constraint,
  ConstraintIdentifier,
  Initializer,
  InitializerIdentifier,
  Regularizer,
  RegularizerIdentifier,
} from "../contracts.js";
import { type CallOptions, Layer, type LayerOptions, layerOptions } from "../engine/layer.js";
import { leading, type Without } from "../leading.js";
import { get, serialize, serializeOptional } from "../registry.js";
import { floating } from "./shapes.js";

interface ScaleOptions extends LayerOptions {
  /** Whether to add `beta`. Default true. */
  readonly center?: boolean;
  /** Whether to multiply by `gamma`. Default true. */
  readonly scale?: boolean;
  /** Default `zeros`. */
  readonly betaInitializer?: InitializerIdentifier;
  /** Default `ones`. */
  readonly gammaInitializer?: InitializerIdentifier;
  /** A penalty of `beta`, added to the loss. Default: none. */
  readonly betaRegularizer?: RegularizerIdentifier | null;
  /** A penalty of `gamma`, added to the loss. Default: none. */
  readonly gammaRegularizer?: RegularizerIdentifier | null;
  /** What `beta` is brought back to after each update. Default: nothing. */
  readonly betaConstraint?: ConstraintIdentifier | null;
  /** What `gamma` is brought back to after each update. Default: nothing. */
  readonly gammaConstraint?: ConstraintIdentifier | null;
  /** Added to the variance. Default 0.001. */
  readonly epsilon?: number;
}

/** The parts that normalizations with `gamma` and `beta` share. */
abstract class ScaledLayer extends Layer {
  gamma: Variable | null = null;
  beta: Variable | null = null;
  readonly center: boolean;
  readonly scale: boolean;
  readonly epsilon: number;
  readonly betaInitializer: Initializer;
  readonly gammaInitializer: Initializer;
  readonly betaRegularizer: Regularizer | null;
  readonly gammaRegularizer: Regularizer | null;
  readonly betaConstraint: Constraint | null;
  readonly gammaConstraint: Constraint | null;

  constructor(options: ScaleOptions) {
    super(options);
    this.center = options.center ?? true;
    requireBoolean(options.scale, "scale", this.name);
    this.scale = options.scale ?? true;
    this.epsilon = requireNumber(options.epsilon ?? 1e-3, "epsilon", this.name);
    this.betaInitializer = get("initializer", options.betaInitializer ?? "zeros");
    this.gammaInitializer = get("initializer", options.gammaInitializer ?? "ones");
    this.betaRegularizer = get("regularizer", options.betaRegularizer);
    this.gammaRegularizer = get("regularizer", options.gammaRegularizer);
    this.betaConstraint = get("constraint", options.betaConstraint);
    this.gammaConstraint = get("constraint", options.gammaConstraint);
    this.supportsMasking = true;
  }
  protected addScale(shape: readonly number[]): void {
    if (this.scale) {
      const { gammaInitializer: initializer, gammaRegularizer: regularizer, gammaConstraint: constraint } = this;
      this.gamma = this.addWeight({ name: "gamma", shape, initializer, regularizer, constraint });
    }
    if (this.center) {
      const { betaInitializer: initializer, betaRegularizer: regularizer, betaConstraint: constraint } = this;
      this.beta = this.addWeight({ name: "beta", shape, initializer, regularizer, constraint });
    }
  }
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      epsilon: this.epsilon,
      center: this.center,
      scale: this.scale,
      beta_initializer: serialize(this.betaInitializer),
      gamma_initializer: serialize(this.gammaInitializer),
      beta_regularizer: serializeOptional(this.betaRegularizer),
      gamma_regularizer: serializeOptional(this.gammaRegularizer),
      beta_constraint: serializeOptional(this.betaConstraint),
      gamma_constraint: serializeOptional(this.gammaConstraint),
    };
  }
}

const axesOf = (rank: number): number[] => Array.from({ length: rank }, (_, axis) => axis);

function requireAxis(axis: number, shape: Shape, layer: string): number {
  const found = normalizeAxis(axis, shape.length);
  if (found === undefined)
    throw new ArgumentError(`Invalid axis ${axis} of layer ${layer} for an input of rank ${shape.length}.`);
  return found;
}
/** A vector along `axis` of a tensor of that rank. */
const along = (vector: Tensor, axis: number, rank: number): Tensor =>
  axis === rank - 1
    ? vector
    : (reshape(vector, axesOf(rank).map((a) => (a === axis ? -1 : 1)) as readonly number[]) as Tensor);

/** Mean and variance over some axes of what a mask of `x`, of one axis less, lets count. */
function momentsWhere(mask: Tensor, x: Tensor, over: readonly number[]): readonly [Tensor, Tensor] {
  const counted = expandDims(cast(mask, x.dtype as "float32") as Tensor, -1).add(zerosLike(x) as Tensor) as Tensor;
  const sum = (values: Tensor): Tensor => reduceSum(values.mul(counted) as Tensor, { axis: over }) as Tensor;
  const along = (values: Tensor): Tensor => reduceSum(values, { axis: over, keepDims: true }) as Tensor;
  const count = (reduceSum(counted, { axis: over }) as Tensor).add(1e-7) as Tensor;
  const wide = along(x.mul(counted) as Tensor).div(along(counted).add(1e-7) as Tensor) as Tensor;
  return [sum(x).div(count) as Tensor, sum(x.sub(wide).square() as Tensor).div(count) as Tensor];
}

/** Options of {@link BatchNormalization}. */
export interface BatchNormalizationOptions extends ScaleOptions {
  /** The axis that keeps statistics of its own: the features. Default -1. */
  readonly axis?: number;
  /** How much of the moving statistics stays at each step. Default 0.99. */
  readonly momentum?: number;
  /** Default `zeros`. */
  readonly movingMeanInitializer?: InitializerIdentifier;
  /** Default `ones`. */
  readonly movingVarianceInitializer?: InitializerIdentifier;
}
/**
 * Brings each feature to mean 0 and variance 1: in training by the statistics of the batch, which also move
 * the moving ones; otherwise, and where the layer is not trainable, by the moving ones.
 */
export class BatchNormalization extends ScaledLayer {
  static override readonly className: string = "BatchNormalization";
  movingMean: Variable | null = null;
  movingVariance: Variable | null = null;
  readonly axis: number;
  readonly momentum: number;
  readonly movingMeanInitializer: Initializer;
  readonly movingVarianceInitializer: Initializer;

  constructor(options?: BatchNormalizationOptions);
  constructor(axis: number, options?: Without<BatchNormalizationOptions, "axis">);
  constructor(first?: number | BatchNormalizationOptions, rest?: Without<BatchNormalizationOptions, "axis">) {
    const options = leading<BatchNormalizationOptions, "axis">("axis", first, rest);
    super(options);
    this.axis = requireInteger(options.axis ?? -1, "axis", this.name);
    this.momentum = requireNumber(options.momentum ?? 0.99, "momentum", this.name);
    this.movingMeanInitializer = get("initializer", options.movingMeanInitializer ?? "zeros");
    this.movingVarianceInitializer = get("initializer", options.movingVarianceInitializer ?? "ones");
  }
  override build(inputShape: Shape): void {
    const axis = requireAxis(this.axis, inputShape, this.name);
    const features = inputShape[axis] ?? null;
    if (features === null)
      throw new ShapeError(`Axis ${this.axis} of the input of layer ${this.name} must have a known size.`);
    const shape = [features];
    this.addScale(shape);
    const fixed = { shape, trainable: false };
    this.movingMean = this.addWeight({ name: "moving_mean", initializer: this.movingMeanInitializer, ...fixed });
    this.movingVariance = this.addWeight({
      name: "moving_variance",
      initializer: this.movingVarianceInitializer,
      ...fixed,
    });
    this.inputSpec = { ndim: inputShape.length, axes: { [String(axis)]: features } };
  }
  override call(inputs: Tensor, { training, mask }: CallOptions): Tensor {
    const x = floating(inputs, this.dtype);
    const rank = x.shape.length;
    const axis = requireAxis(this.axis, x.shape, this.name);
    const broadcast = (vector: Variable | Tensor | null): Tensor | null =>
      vector && along(vector as Tensor, axis, rank);
    const [movingMean, movingVariance] = [this.movingMean as Variable, this.movingVariance as Variable];
    let [mean, variance]: Tensor[] = [movingMean, movingVariance];
    if (training && this.trainable) {
      const over = axesOf(rank).filter((a) => a !== axis);
      const moments =
        mask === null || Array.isArray(mask)
          ? (nn.moments(x, over) as unknown as readonly [Tensor, Tensor])
          : momentsWhere(mask as Tensor, x, over);
      [mean, variance] = moments;
      const move = (moving: Variable, value: Tensor) =>
        moving.assign(moving.mul(this.momentum).add(value.mul(1 - this.momentum)) as Tensor);
      this.addUpdate(
        group(move(movingMean, moments[0]), move(movingVariance, moments[1]), { name: "moving_statistics" }),
      );
    }
    const [offset, scale] = [broadcast(this.beta), broadcast(this.gamma)];
    return nn.batchNormalization(
      x,
      broadcast(mean as Tensor) as Tensor,
      broadcast(variance as Tensor) as Tensor,
      offset,
      scale,
      this.epsilon,
    );
  }
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      axis: this.axis,
      momentum: this.momentum,
      moving_mean_initializer: serialize(this.movingMeanInitializer),
      moving_variance_initializer: serialize(this.movingVarianceInitializer),
    };
  }
}

/** Options of {@link LayerNormalization}. */
export interface LayerNormalizationOptions extends ScaleOptions {
  /** The last axis, or axes, to normalize over. Default -1. */
  readonly axis?: number | readonly number[];
}
/** Brings each row to mean 0 and variance 1 over its features. */
export class LayerNormalization extends ScaledLayer {
  static override readonly className: string = "LayerNormalization";
  readonly axis: readonly number[];
  constructor(options?: LayerNormalizationOptions);
  constructor(axis: number | readonly number[], options?: Without<LayerNormalizationOptions, "axis">);
  constructor(
    first?: number | readonly number[] | LayerNormalizationOptions,
    rest?: Without<LayerNormalizationOptions, "axis">,
  ) {
    const options = leading<LayerNormalizationOptions, "axis">("axis", first, rest);
    super(options);
    const { axis = -1 } = options;
    this.axis = requireNumbers(typeof axis === "number" ? [axis] : axis, "axis", this.name);
  }
  #axes(shape: Shape): number[] {
    return this.axis.map((axis) => requireAxis(axis, shape, this.name)).sort((a, b) => a - b);
  }
  override build(inputShape: Shape): void {
    const sizes = this.#axes(inputShape).map((axis) => inputShape[axis] ?? null);
    if (sizes.includes(null)) throw new ShapeError(`The normalized axes of layer ${this.name} must have known sizes.`);
    this.addScale(sizes as number[]);
  }
  override call(inputs: Tensor): Tensor {
    const x = floating(inputs, this.dtype);
    const axes = this.#axes(x.shape);
    const [mean, variance] = nn.moments(x, axes, { keepDims: true }) as unknown as readonly [Tensor, Tensor];
    const shape = x.shape.map((d, axis) => (axes.includes(axis) ? (d as number) : 1));
    const broadcast = (weight: Variable | null): Tensor | null =>
      weight && (reshape(weight as Tensor, shape) as Tensor);
    return nn.batchNormalization(x, mean, variance, broadcast(this.beta), broadcast(this.gamma), this.epsilon);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}

/** Options of {@link UnitNormalization}. */
export interface UnitNormalizationOptions extends LayerOptions {
  /** Default -1. */
  readonly axis?: number | readonly number[];
}
/** Divides each row by its length over some axes, so that its squares sum to 1. */
export class UnitNormalization extends Layer {
  static override readonly className: string = "UnitNormalization";
  readonly axis: number | readonly number[];
  constructor(options?: UnitNormalizationOptions);
  constructor(axis: number | readonly number[], options?: Without<UnitNormalizationOptions, "axis">);
  constructor(
    first?: number | readonly number[] | UnitNormalizationOptions,
    rest?: Without<UnitNormalizationOptions, "axis">,
  ) {
    const options = leading<UnitNormalizationOptions, "axis">("axis", first, rest);
    super(options);
    const { axis = -1 } = options;
    this.axis = typeof axis === "number" ? axis : requireNumbers(axis, "axis", this.name);
    this.supportsMasking = true;
  }
  override call(x: Tensor): Tensor {
    return nn.l2Normalize(x, this.axis) as Tensor;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}

/** Options of {@link Rescaling}. */
export interface RescalingOptions extends LayerOptions {
  /** Default 0. */
  readonly offset?: number;
}
/** `x · scale + offset`: `new Rescaling(1 / 255)` brings bytes to the range 0 to 1. */
export class Rescaling extends Layer {
  static override readonly className: string = "Rescaling";
  readonly offset: number;
  readonly scale: number;
  constructor(scale: number, options?: RescalingOptions);
  constructor(scale: number, offset: number, options?: LayerOptions);
  constructor(scale: number, second?: number | RescalingOptions, rest?: LayerOptions) {
    const options = leading<RescalingOptions, "offset">("offset", second, rest);
    super(options);
    this.scale = requireNumber(scale, "scale", this.name);
    this.offset = requireNumber(options.offset ?? 0, "offset", this.name);
    this.supportsMasking = true;
  }
  override call(inputs: Tensor): Tensor {
    const scaled = floating(inputs, this.dtype).mul(this.scale) as Tensor;
    return this.offset === 0 ? scaled : (scaled.add(this.offset) as Tensor);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), scale: this.scale, offset: this.offset };
  }
  static override fromConfig(config: Config): Rescaling {
    const { scale, ...options } = layerOptions<LayerOptions & { readonly scale: number; readonly offset?: number }>(
      config,
    );
    return new Rescaling(scale, options);
  }
}
