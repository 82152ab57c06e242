/**
 * @file Batch normalization: by the batch while training, by moving averages of it afterwards. Follows
 * `tensorflow/python/layers/normalization.py` of TensorFlow 1.x. May import `ops` and below.
 */
import {
  ArgumentError,
  callSiteOf,
  captureCallSite,
  type DType,
  normalizeAxis,
  type OptionNames,
  type PartialShape,
  type Shape,
  tupled,
} from "../core/index.js";
import type { Operation, Tensor } from "../graph/index.js";
import { reshape, where } from "../ops/array/index.js";
import { add, divide, maximum, multiply, subtract } from "../ops/binary.js";
import { cast } from "../ops/cast.js";
import { convertToTensor } from "../ops/define.js";
import { type InitializerFunction, onesInitializer, zerosInitializer } from "../ops/initializers.js";
import { moments, batchNormalization as normalize } from "../ops/nn/normalization.js";
import type { Variable, VariableConstraint } from "../ops/variable.js";
import { type RenormClipping, type RenormVariables, renormalize, requireClipping } from "./batch-renormalization.js";
import { dimensionOf } from "./dimension.js";
import { definedExtent, requireExtent, requireMinimumRank } from "./input-checks.js";
import { Layer, type LayerCallOptions, type LayerOptions, layerOptionsOf } from "./layer.js";
import type { WeightRegularizer } from "./regularizers.js";
import { knownTraining, type Training, type TrainingOption } from "./training.js";

/** Options of {@link batchNormalization}. */
export interface BatchNormalizationOptions {
  /** The axis that is not averaged over: the features or channels. Default −1, the last. */
  readonly axis?: number | undefined;
  /** How much of the moving averages stays at each update. Default 0.99. */
  readonly momentum?: number | undefined;
  /** Added to the variance, so that the divisor is never 0. Default 0.001. */
  readonly epsilon?: number | undefined;
  /** Add a learned `beta`. Default true. */
  readonly center?: boolean | undefined;
  /** Multiply by a learned `gamma`. Default true; not needed before a linear layer. */
  readonly scale?: boolean | undefined;
  /** Default: zeros. */
  readonly betaInitializer?: InitializerFunction | null | undefined;
  /** Default: ones. */
  readonly gammaInitializer?: InitializerFunction | null | undefined;
  /** Default: zeros. */
  readonly movingMeanInitializer?: InitializerFunction | null | undefined;
  /** Default: ones. */
  readonly movingVarianceInitializer?: InitializerFunction | null | undefined;
  /** A penalty of `beta` for REGULARIZATION_LOSSES. Default: none. */
  readonly betaRegularizer?: WeightRegularizer | null | undefined;
  /** A penalty of `gamma` for REGULARIZATION_LOSSES. Default: none. */
  readonly gammaRegularizer?: WeightRegularizer | null | undefined;
  /** What `beta` is brought back to after each update of an optimizer. Default: the variable scope's. */
  readonly betaConstraint?: VariableConstraint | null | undefined;
  /** What `gamma` is brought back to after each update of an optimizer. Default: the variable scope's. */
  readonly gammaConstraint?: VariableConstraint | null | undefined;
  /** Correct the batch's moments toward the averages while training (Ioffe, 2017). Default false. */
  readonly renorm?: boolean | undefined;
  /** Bounds of these corrections, numbers or scalars that are fed. Default: none. */
  readonly renormClipping?: RenormClipping | undefined;
  /** How much of the averages that `renorm` corrects by stays at each update. Default 0.99. */
  readonly renormMomentum?: number | undefined;
  /**
   * Compute as the original's fused kernel: the moving variance follows the unbiased variance of the batch,
   * which divides by n − 1, and epsilon is at least 1.001e−5. For inputs of rank 4, axis 1 or 3. Default false.
   */
  readonly fused?: boolean | undefined;
}

const normalizationOptions: OptionNames<BatchNormalizationOptions & TrainingOption> = {
  training: true,
  axis: true,
  momentum: true,
  epsilon: true,
  center: true,
  scale: true,
  betaInitializer: true,
  gammaInitializer: true,
  movingMeanInitializer: true,
  movingVarianceInitializer: true,
  betaRegularizer: true,
  gammaRegularizer: true,
  betaConstraint: true,
  gammaConstraint: true,
  renorm: true,
  renormClipping: true,
  renormMomentum: true,
  fused: true,
};

/** `scale · (x − mean) / √(variance + epsilon) + offset`. */
interface Parts {
  readonly mean: Tensor;
  readonly variance: Tensor;
  readonly scale: Tensor | null;
  readonly offset: Tensor | null;
}

/** The original's fused kernel takes no smaller one. */
const leastFusedEpsilon = 1.001e-5;

/** Brings each feature to mean 0 and variance 1, then to a learned mean and scale. `tf.layers.BatchNormalization`. */
export class BatchNormalization extends Layer {
  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly renorm: boolean;
  readonly fused: boolean;
  private readonly choices: BatchNormalizationOptions;
  private betaVariable: Variable | null = null;
  private gammaVariable: Variable | null = null;
  private mean: Variable | undefined;
  private variance: Variable | undefined;
  private renormed: RenormVariables | undefined;

  /** @throws ArgumentError for a momentum outside [0, 1], a negative epsilon, or `renorm` together with `fused` */
  constructor(options: BatchNormalizationOptions & LayerOptions = {}) {
    super(options);
    const { axis = -1, momentum = 0.99, epsilon = 0.001 } = options;
    if (!(momentum >= 0 && momentum <= 1)) throw misuse("momentum", "in [0, 1]", momentum, "0.99 is usual");
    if (!(epsilon >= 0)) throw misuse("epsilon", "0 or more", epsilon, "0.001 is usual");
    if (!Number.isInteger(axis)) throw misuse("axis", "a whole number", axis, "−1 is the last axis");
    this.axis = axis;
    this.momentum = momentum;
    const { renorm = false, fused = false, renormMomentum = 0.99 } = options;
    if (!(renormMomentum >= 0 && renormMomentum <= 1))
      throw misuse("renormMomentum", "in [0, 1]", renormMomentum, "0.99 is usual");
    if (renorm && fused)
      throw misuse("fused", "false with batch renorm, which is not supported fused", fused, "leave out one of them");
    if (renorm) requireClipping(options.renormClipping ?? {});
    this.epsilon = fused ? Math.max(epsilon, leastFusedEpsilon) : epsilon;
    this.renorm = renorm;
    this.fused = fused;
    this.choices = options;
  }

  /** The learned mean, `[features]`; `null` with `center: false` and before the layer is applied. */
  get beta(): Variable | null {
    return this.betaVariable;
  }
  /** The learned scale, `[features]`; `null` with `scale: false` and before the layer is applied. */
  get gamma(): Variable | null {
    return this.gammaVariable;
  }
  /** `[features]`. @throws GraphError before the layer is applied */
  get movingMean(): Variable {
    return this.made(this.mean, "moving mean");
  }
  /** `[features]`. @throws GraphError before the layer is applied */
  get movingVariance(): Variable {
    return this.made(this.variance, "moving variance");
  }

  /**
   * The inputs normalized: by their own moments where `training` says so, which also adds the updates of the
   * moving averages to UPDATE_OPS; else by the moving averages.
   * @throws ShapeError for inputs that do not fit
   */
  override apply<D extends DType, S extends Shape>(inputs: Tensor<D, S>, options: TrainingOption = {}): Tensor<D, S> {
    const { training = false } = options;
    return this.applyWith(inputs, (x) => this.normalizeFor(training, x)) as Tensor<D, never>;
  }

  protected override defaultName(): string {
    return "batch_normalization";
  }

  protected override checkInput(inputs: Tensor): void {
    this.requireFloating(inputs);
    const shape = requireMinimumRank(this.name, inputs, 1, "[batch, …, features]");
    if (normalizeAxis(this.axis, shape.length) === undefined)
      throw misuse(
        "axis",
        `in [${-shape.length}, ${shape.length})`,
        this.axis,
        `the inputs are of rank ${shape.length}`,
      );
    if (this.fused && !(shape.length === 4 && [1, 3].includes(this.channel(inputs))))
      throw misuse("fused", "false for such inputs", this.fused, "it takes inputs of rank 4, with axis 1 or 3");
    definedExtent(inputs, shape.at(this.axis), `Input has undefined \`axis\` dimension. Input shape: ${tupled(shape)}`);
    if (this.built) requireExtent(this.name, inputs, this.axis, this.movingMean.shape[0] as number);
  }

  protected override build(inputShape: PartialShape): void {
    const shape = [inputShape?.at(this.axis) as number];
    const { center = true, scale = true, ...choices } = this.choices;
    const given = (initializer: InitializerFunction | null | undefined, otherwise: InitializerFunction) =>
      initializer === undefined ? otherwise : initializer;
    const [zeros, ones] = [zerosInitializer(), onesInitializer()];
    if (scale)
      this.gammaVariable = this.addWeight("gamma", {
        shape,
        initializer: given(choices.gammaInitializer, ones),
        regularizer: choices.gammaRegularizer,
        constraint: choices.gammaConstraint,
      });
    if (center)
      this.betaVariable = this.addWeight("beta", {
        shape,
        initializer: given(choices.betaInitializer, zeros),
        regularizer: choices.betaRegularizer,
        constraint: choices.betaConstraint,
      });
    this.mean = this.addWeight("moving_mean", {
      shape,
      initializer: given(choices.movingMeanInitializer, zeros),
      trainable: false,
    });
    this.variance = this.addWeight("moving_variance", {
      shape,
      initializer: given(choices.movingVarianceInitializer, ones),
      trainable: false,
    });
    if (!this.renorm) return;
    const average = (name: string, of: readonly number[]): Variable =>
      this.addWeight(name, { shape: of, initializer: zeros, trainable: false });
    this.renormed = {
      mean: average("renorm_mean", shape),
      meanWeight: average("renorm_mean_weight", []),
      stddev: average("renorm_stddev", shape),
      stddevWeight: average("renorm_stddev_weight", []),
    };
  }

  protected override call(inputs: Tensor): Tensor {
    return this.normalizeFor(false, inputs);
  }

  private normalizeFor(training: Training, inputs: Tensor): Tensor {
    const known = knownTraining(training);
    const { mean, variance, scale, offset } = this.partsFor(known ?? (training as Tensor<"bool">), inputs);
    const along = (vector: Tensor | null) => (vector === null ? null : this.alongAxis(vector, inputs));
    const outputs = normalize(
      inputs,
      this.alongAxis(mean, inputs),
      this.alongAxis(variance, inputs),
      along(offset),
      along(scale),
      this.epsilon,
    );
    outputs.setShape(inputs.partialShape);
    return outputs;
  }

  /** What to normalize by; where that is the batch, the moving averages follow it. */
  private partsFor(training: Training, inputs: Tensor): Parts {
    const { movingMean, movingVariance, beta, gamma } = this;
    if (training === false) return { mean: movingMean, variance: movingVariance, scale: gamma, offset: beta };
    const others = inputs.shape.map((_, i) => i).filter((i) => i !== this.channel(inputs));
    const [batchMean, batchVariance] = moments(inputs, others) as readonly [Tensor, Tensor];
    const choose = (batch: Tensor, moving: Tensor) =>
      training === true ? batch : (where(training, batch, moving) as Tensor);
    const mean = choose(batchMean, movingMean);
    const variance = choose(batchVariance, movingVariance);
    const { renormed } = this;
    if (renormed === undefined) {
      this.addUpdate(this.follow(movingMean, batchMean, training));
      const followed = this.fused ? unbiased(batchVariance, inputs, others) : batchVariance;
      this.addUpdate(this.follow(movingVariance, followed, training));
      return { mean, variance, scale: gamma, offset: beta };
    }
    const { renormClipping: clipping = {}, renormMomentum = 0.99 } = this.choices;
    const corrected = renormalize(
      renormed,
      { mean, variance },
      {
        epsilon: this.epsilon,
        clipping,
        training,
        follow: (average, value) => this.follow(average, value, training, renormMomentum),
      },
    );
    this.addUpdate(this.follow(movingMean, corrected.mean, training));
    this.addUpdate(this.follow(movingVariance, corrected.variance, training));
    const scaled = (by: Tensor): Tensor => (gamma === null ? by : (multiply(by, gamma) as Tensor));
    const shifted = scaled(corrected.d);
    const offset = beta === null ? shifted : (add(shifted, beta) as Tensor);
    return { mean, variance, scale: scaled(corrected.r), offset };
  }

  /** `moving ← momentum · moving + (1 − momentum) · batch`; unchanged in runs that are no training. */
  private follow(moving: Variable, batch: Tensor, training: Training, momentum = this.momentum): Operation {
    const { graph } = moving;
    return graph.nameScope("AssignMovingAvg", (scope) => {
      const share = convertToTensor(1 - momentum, { dtype: moving.dtype as "float32", name: "decay" });
      const step = training === true ? share : (where(training as Tensor<"bool">, share, 0) as Tensor);
      const change = multiply(subtract(moving, batch) as Tensor, step) as Tensor;
      return moving.assignSub(change, { name: scope }).op;
    });
  }

  private channel(inputs: Tensor): number {
    return normalizeAxis(this.axis, inputs.shape.length) as number;
  }

  /** A vector with one entry for each feature, in a form that broadcasts to the inputs. */
  private alongAxis(vector: Tensor, inputs: Tensor): Tensor {
    const rank = inputs.shape.length;
    const axis = this.channel(inputs);
    if (axis === rank - 1) return vector;
    return reshape(
      vector,
      Array.from({ length: rank }, (_, i) => (i === axis ? -1 : 1)),
    ) as Tensor;
  }
}

/**
 * Brings each feature to mean 0 and variance 1, then to a learned mean `beta` and scale `gamma`: by the
 * moments of the batch while `training`, else by their moving averages. Makes `gamma`, `beta`, `moving_mean`
 * and `moving_variance`, all `[features]`. The moving averages move only if the training step runs the
 * operations in UPDATE_OPS:
 *
 * ```ts
 * const updates = tf.getCollection<tf.Operation>(tf.GraphKeys.UPDATE_OPS);
 * const train = tf.withControlDependencies(updates, () => optimizer.minimize(loss));
 * ```
 * The variance divides by the number of elements, but see `fused`. `tf.layers.batch_normalization`.
 * @param inputs any rank; the extent of `axis` must be known
 * @param options.training a boolean, or a bool tensor such as a placeholder. Default false
 * @throws ShapeError for inputs of another kind
 * @throws GraphError where the name is taken; share its variables with `reuse: true`
 */
export function batchNormalization<D extends DType, S extends Shape>(
  inputs: Tensor<D, S>,
  options: BatchNormalizationOptions & TrainingOption & LayerCallOptions = {},
): Tensor<D, S> {
  const { training, ...rest } = layerOptionsOf("batchNormalization", options, normalizationOptions);
  return new BatchNormalization(rest).apply(inputs, { training });
}

/** A variance over some axes that divides by one less than the number of elements, and at least by 1. */
function unbiased(variance: Tensor, inputs: Tensor, axes: readonly number[]): Tensor {
  const count = axes.map((axis) => dimensionOf(inputs, axis));
  const total = count.reduce<number | Tensor>(
    (product, extent) =>
      typeof product === "number" && typeof extent === "number"
        ? product * extent
        : (multiply(product as number, extent as Tensor) as Tensor),
    1,
  );
  const n = (
    typeof total === "number"
      ? convertToTensor(total, { dtype: variance.dtype as "float32" })
      : cast(total, variance.dtype)
  ) as Tensor;
  return multiply(variance, divide(n, maximum(subtract(n, 1) as Tensor, 1) as Tensor) as Tensor) as Tensor;
}

const misuse = (name: string, range: string, found: unknown, hint: string): ArgumentError =>
  new ArgumentError(`${name} must be ${range}, got ${String(found)}`, {
    createdAt: callSiteOf(captureCallSite()),
    hint,
  });
