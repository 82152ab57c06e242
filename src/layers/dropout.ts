/**
 * @file Dropout. Follows `tensorflow/python/layers/core.py` of TensorFlow 1.x. May import `ops` and below.
 */
import { ArgumentError, callSiteOf, captureCallSite, type DType, requireOptions, type Shape } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { where } from "../ops/array/index.js";
import { identity } from "../ops/basic.js";
import { subtract } from "../ops/binary.js";
import { tensorOf } from "../ops/define.js";
import { dropout as drop } from "../ops/nn/dropout.js";
import { dimensionOf } from "./dimension.js";
import { Layer, type LayerOptions } from "./layer.js";
import { knownTraining, type Training, type TrainingOption } from "./training.js";

/** How {@link dropout} draws. */
export interface DropoutLayerOptions {
  /** Shape of the random mask, which broadcasts to the inputs; `null` for an axis of theirs. Default: theirs. */
  readonly noiseShape?: readonly (number | Tensor | null)[] | Tensor | null | undefined;
  /** Seed of the mask. Default: from the graph's seed, else another in every session. */
  readonly seed?: number | null | undefined;
}

interface DropoutCallOptions {
  /** The fraction to drop, in [0, 1). Default 0.5. */
  readonly rate?: number | Tensor | undefined;
  /** Name of the operations; made unique. Default `dropout`. */
  readonly name?: string | undefined;
}

/** Sets some of its inputs to 0 while training. `tf.layers.Dropout`. */
export class Dropout extends Layer {
  readonly rate: number | Tensor;
  private readonly mask: DropoutLayerOptions;

  /**
   * @param rate the fraction to drop, in [0, 1). Default 0.5
   * @throws ArgumentError for another rate
   */
  constructor(rate: number | Tensor = 0.5, options: DropoutLayerOptions & LayerOptions = {}) {
    super(options);
    if (tensorOf(rate) === undefined && !(typeof rate === "number" && rate >= 0 && rate < 1))
      throw new ArgumentError(`rate must be a scalar tensor or a float in the range [0, 1), got ${String(rate)}`, {
        createdAt: callSiteOf(captureCallSite()),
        hint: "rate is the fraction to drop: 0.25 keeps three quarters",
      });
    this.rate = rate;
    this.mask = options;
  }

  /**
   * The inputs, some of them 0 and the others divided by the fraction kept, where `training` says so; else
   * the inputs as they are.
   */
  override apply<D extends DType, S extends Shape>(inputs: Tensor<D, S>, options: TrainingOption = {}): Tensor<D, S> {
    const { training = false } = options;
    return this.applyWith(inputs, (x) => this.dropWhile(training, x)) as Tensor<D, never>;
  }

  protected override defaultName(): string {
    return "dropout";
  }

  protected override call(inputs: Tensor): Tensor {
    return this.dropWhile(false, inputs);
  }

  private dropWhile(training: Training, inputs: Tensor): Tensor {
    const known = knownTraining(training);
    if (known === false) return identity(inputs);
    const { rate, mask } = this;
    const keep = typeof rate === "number" ? 1 - rate : (subtract(1, rate) as Tensor);
    const dropped = drop(inputs, keep, { noiseShape: this.noiseShape(inputs), seed: mask.seed });
    return known === true ? dropped : (where(training as Tensor<"bool">, dropped, inputs) as Tensor);
  }

  private noiseShape(inputs: Tensor): readonly (number | Tensor)[] | Tensor | null {
    const { noiseShape } = this.mask;
    if (noiseShape === null || noiseShape === undefined || !Array.isArray(noiseShape))
      return (noiseShape as Tensor | undefined) ?? null;
    if (!noiseShape.includes(null)) return noiseShape;
    return noiseShape.map((size, axis) => size ?? dimensionOf(inputs, axis));
  }
}

/**
 * Sets a fraction `rate` of the inputs to 0 and divides the others by `1 − rate`, so that the expected sum
 * stays, but only while `training`. `tf.layers.dropout`.
 * @param options.rate the fraction to drop, in [0, 1). Default 0.5
 * @param options.training a boolean, or a bool tensor such as a placeholder. Default false: nothing is dropped
 * @throws ArgumentError for another rate
 */
export function dropout<D extends DType, S extends Shape>(
  inputs: Tensor<D, S>,
  options: DropoutLayerOptions & TrainingOption & DropoutCallOptions = {},
): Tensor<D, S> {
  requireOptions("dropout", options, { rate: true, training: true, noiseShape: true, seed: true, name: true });
  const { rate, training, ...rest } = options;
  return new Dropout(rate, rest).apply(inputs, { training });
}
