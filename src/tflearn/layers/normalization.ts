/**
 * @file Normalization: of batches, across channels, to length 1. Follows `layers/normalization.py` of
 * TFLearn, and `moving_averages.py` of TensorFlow 1.3 for the averages of batch normalization.
 */
import {
  ArgumentError,
  callSiteOf,
  captureCallSite,
  type DType,
  describe,
  NdArray,
  type OptionNames,
  requireOptions,
  type Shape,
} from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import {
  add,
  constantInitializer,
  divide,
  identity,
  matmul,
  multiply,
  nn,
  onesInitializer,
  pow,
  randomNormalInitializer,
  reshape,
  shape,
  square,
  subtract,
  type Variable,
  variableScope,
  where,
  withControlDependencies,
  zerosInitializer,
} from "../../ops/index.js";
import { getTrainingMode } from "../training-mode.js";
import { variable } from "../variables.js";
import {
  lastExtent,
  type NamedLayerOptions,
  namedLayer,
  namedOptions,
  requireMatrix,
  requirePictures,
  requireTensor,
  type VariableLayerOptions,
  variableLayer,
  variableOptions,
  type WithScope,
} from "./layer.js";

/** Options of {@link batchNormalization}. */
export interface BatchNormalizationOptions extends VariableLayerOptions {
  /** First value of the offset. Default 0. */
  readonly beta?: number;
  /** Mean of the scale's first values. Default 1. */
  readonly gamma?: number;
  /** Keeps the divisor from 0. Default 1e-5. */
  readonly epsilon?: number;
  /** Of the moving averages. Default 0.9. */
  readonly decay?: number;
  /** Standard deviation of the scale's first values. Default 0.002. */
  readonly stddev?: number;
}

const batchOptions: OptionNames<BatchNormalizationOptions> = {
  ...variableOptions,
  beta: true,
  gamma: true,
  epsilon: true,
  decay: true,
  stddev: true,
};

/**
 * `gamma·(x − mean)/√(variance + epsilon) + beta` for each channel (the last axis). While training, mean
 * and variance are those of the batch, and moving averages follow them in the same run; otherwise they
 * are the averages. The variance divides by the number of elements. `tflearn.batch_normalization`.
 */
export function batchNormalization<D extends DType, S extends Shape>(
  incoming: Tensor<D, S>,
  options: BatchNormalizationOptions = {},
): WithScope<
  Tensor<D, S>,
  {
    readonly beta: Variable;
    readonly gamma: Variable;
    readonly movingMean: Variable;
    readonly movingVariance: Variable;
  }
> {
  requireOptions("batchNormalization", options, batchOptions);
  const axes = requireMatrix(incoming)
    .slice(1)
    .map((_, axis) => axis);
  const { epsilon = 1e-5, decay = 0.9, stddev = 0.002 } = options;
  return variableLayer(incoming, "BatchNormalization", options, (layer) => {
    const channels = [lastExtent(incoming)];
    const beta = layer.variable("beta", { shape: channels, initializer: constantInitializer(options.beta ?? 0) });
    const gamma = layer.variable("gamma", {
      shape: channels,
      initializer: randomNormalInitializer({ mean: options.gamma ?? 1, stddev }),
    });
    const average = (name: string, initializer: "zeros" | "ones"): Variable =>
      variable(name, {
        shape: channels,
        dtype: beta.dtype,
        initializer: initializer === "zeros" ? zerosInitializer() : onesInitializer(),
        trainable: false,
        restore: options.restore,
      }) as Variable;
    const movingMean = average("moving_mean", "zeros");
    const movingVariance = average("moving_variance", "ones");
    const [batchMean, batchVariance] = nn.moments(incoming as Tensor, axes) as [Tensor, Tensor];
    const isTraining = getTrainingMode();
    const updates = [
      updateAverage(movingMean, batchMean, decay, isTraining, options.restore),
      updateAverage(movingVariance, batchVariance, decay, isTraining, options.restore),
    ];
    const normalized = withControlDependencies(updates, () => {
      // The averages as they were before this run: where they are used they do not change.
      const mean: Tensor = where(isTraining, batchMean, movingMean.value());
      const variance: Tensor = where(isTraining, batchVariance, movingVariance.value());
      const result = nn.batchNormalization(incoming as Tensor, mean, variance, beta, gamma, epsilon);
      return identity(result);
    });
    normalized.setShape(incoming.partialShape);
    return [normalized as Tensor<D, S>, { beta, gamma, movingMean, movingVariance }];
  });
}

/**
 * While training, moves an average toward a value, without the bias of where it began: an average that
 * starts at 0 divided by `1 − decay^steps`, which after the first step is the value itself.
 */
function updateAverage(
  average: Variable,
  value: Tensor,
  decay: number,
  isTraining: Tensor<"bool">,
  restore: boolean | undefined,
): Tensor {
  using _scope = variableScope(average.op.name);
  const dtype = average.dtype;
  const options = { dtype, initializer: zerosInitializer(), trainable: false, restore };
  const biased = variable("biased", { ...options, shape: average.shape as readonly number[] }) as Variable;
  const steps = variable("local_step", { ...options, shape: [] }) as Variable;
  const choose = (trained: Tensor, kept: Variable): Tensor => where(isTraining, trained, kept.value()) as Tensor;
  const sum: Tensor = subtract(
    biased.value(),
    multiply(subtract(biased.value(), value) as Tensor, 1 - decay) as Tensor,
  );
  const count: Tensor = add(steps.value(), NdArray.from(1, dtype));
  const unbiased: Tensor = divide(sum, subtract(1, pow(NdArray.from(decay, dtype), count) as Tensor) as Tensor);
  const updates = [biased.assign(choose(sum, biased)), steps.assign(choose(count, steps))];
  return withControlDependencies(updates, () => average.assign(choose(unbiased, average)));
}

/** Options of {@link localResponseNormalization}. */
export interface LocalResponseNormalizationOptions extends NamedLayerOptions {
  /** Channels on each side that count. Default 5. */
  readonly depthRadius?: number;
  /** Default 1. */
  readonly bias?: number;
  /** Default 0.0001. */
  readonly alpha?: number;
  /** Default 0.75. */
  readonly beta?: number;
}

const responseOptions: OptionNames<LocalResponseNormalizationOptions> = {
  ...namedOptions,
  depthRadius: true,
  bias: true,
  alpha: true,
  beta: true,
};

/**
 * `x / (bias + alpha·Σ x²)^beta`, the sum over the channels within `depthRadius` of each (Krizhevsky et
 * al., 2012). `tflearn.local_response_normalization`.
 * @param incoming [batch, height, width, channels]
 */
export function localResponseNormalization<D extends DType, S extends Shape>(
  incoming: Tensor<D, S>,
  options: LocalResponseNormalizationOptions = {},
): Tensor<D, S> {
  requireOptions("localResponseNormalization", options, responseOptions);
  requirePictures(incoming);
  const { depthRadius = 5, bias = 1, alpha = 1e-4, beta = 0.75, name = "LocalResponseNormalization" } = options;
  const channels = lastExtent(incoming);
  return namedLayer(incoming, name, () => {
    // Which channels count for which is a band of ones, so that the sums are a product of matrices.
    const band = NdArray.zeros("float32", [channels, channels]);
    band.data.forEach((_, at) => {
      const apart = Math.abs(Math.floor(at / channels) - (at % channels));
      band.data[at] = apart <= depthRadius ? 1 : 0;
    });
    const rows: Tensor = reshape(incoming as Tensor, [-1, channels]);
    const sums: Tensor = matmul(square(rows), NdArray.from(band, incoming.dtype as "float32") as never);
    const divisors: Tensor = pow(add(multiply(sums, alpha) as Tensor, bias) as Tensor, beta);
    const result: Tensor = divide(rows, divisors);
    const pictures: Tensor = reshape(result, shape(incoming) as Tensor<"int32">);
    pictures.setShape(incoming.partialShape);
    return pictures as Tensor<D, S>;
  });
}

/** `x / √max(Σ x², epsilon)` along an axis: vectors of length 1. `tflearn.l2_normalize`. */
export function l2Normalize<D extends DType, S extends Shape>(
  incoming: Tensor<D, S>,
  dim: number | readonly number[],
  options: NamedLayerOptions & {
    /** Least sum of squares. Default 1e-12. */
    readonly epsilon?: number;
  } = {},
): Tensor<D, S> {
  requireOptions("l2Normalize", options, { ...namedOptions, epsilon: true });
  requireTensor(incoming);
  requireAxes(dim, incoming);
  const { epsilon = 1e-12, name = "l2_normalize" } = options;
  return nn.l2Normalize(incoming as Tensor<D, S>, dim, { epsilon, name });
}

/** @throws ArgumentError for what are no axes of a tensor */
function requireAxes(dim: unknown, incoming: Tensor): void {
  const { rank } = incoming;
  const isAxis = (axis: unknown): boolean =>
    typeof axis === "number" && Number.isInteger(axis) && (rank === null || (axis >= -rank && axis < rank));
  const axes: readonly unknown[] = Array.isArray(dim) ? dim : [dim];
  if (axes.length > 0 && axes.every(isAxis)) return;
  throw new ArgumentError(`l2Normalize needs an axis of the tensor, got ${describe(dim)}`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: `pass a number${rank === null ? "" : ` from 0 to ${rank - 1}`}, or a list of them; −1 is the last axis`,
  });
}
