/**
 * @file Batch renormalization (Ioffe, 2017): batch normalization whose training follows the moving averages
 * too, for small batches. Follows `tensorflow/python/layers/normalization.py` of TensorFlow 1.x. May import
 * `ops` and below.
 */
import { ArgumentError, callSiteOf, captureCallSite } from "../core/index.js";
import { type Operation, Tensor } from "../graph/index.js";
import { onesLike, where, zerosLike } from "../ops/array/index.js";
import { stopGradient } from "../ops/basic.js";
import { add, divide, maximum, minimum, multiply, subtract } from "../ops/binary.js";
import { convertToTensor, tensorOf } from "../ops/define.js";
import { withControlDependencies } from "../ops/scopes.js";
import { sqrt, square } from "../ops/unary.js";
import type { Variable } from "../ops/variable.js";
import type { Training } from "./training.js";

/** Bounds of the corrections; one that is left out does not bind. */
export interface RenormClipping {
  /** Least scale. */
  readonly rmin?: number | Tensor | undefined;
  /** Largest scale. */
  readonly rmax?: number | Tensor | undefined;
  /** Largest offset, in either direction. */
  readonly dmax?: number | Tensor | undefined;
}

/** @throws ArgumentError for keys that are no bounds */
export function requireClipping(clipping: RenormClipping): RenormClipping {
  const unknown = Object.keys(clipping).filter((key) => !["rmin", "rmax", "dmax"].includes(key));
  if (unknown.length === 0) return clipping;
  throw new ArgumentError(`renorm_clipping ${JSON.stringify(clipping)} contains keys not in ('rmax', 'rmin', 'dmax')`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: `leave out ${unknown.join(", ")}`,
  });
}

/** What batch renormalization keeps beside the moving averages; all are sums still to be divided by their weight. */
export interface RenormVariables {
  readonly mean: Variable;
  readonly meanWeight: Variable;
  readonly stddev: Variable;
  readonly stddevWeight: Variable;
}

/** What one call adds to batch normalization. */
export interface Renormalization {
  /** The normalized inputs times this, and then plus `d`; no gradient flows through either. */
  readonly r: Tensor;
  readonly d: Tensor;
  /** What the moving averages of the layer are to follow in place of the batch. */
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/**
 * The corrections `r` and `d` by which a batch's moments become those of the averages, within their bounds;
 * and the averages after this batch.
 * @param follow adds an update `average ← momentum · average + (1 − momentum) · value` where this is training
 */
export function renormalize(
  kept: RenormVariables,
  batch: { readonly mean: Tensor; readonly variance: Tensor },
  options: {
    readonly epsilon: number;
    readonly clipping: RenormClipping;
    readonly training: Training;
    readonly follow: (average: Variable, value: Tensor) => Operation;
  },
): Renormalization {
  const { epsilon, clipping, training, follow } = options;
  const stddev = sqrt(add(batch.variance, epsilon) as Tensor) as Tensor;
  // Averages as if they had begun with the moments of this batch.
  const mixed = (average: Variable, weight: Variable, value: Tensor): Tensor =>
    add(average, multiply(subtract(1, weight) as Tensor, value) as Tensor) as Tensor;
  const mixedMean = mixed(kept.mean, kept.meanWeight, batch.mean);
  const mixedStddev = mixed(kept.stddev, kept.stddevWeight, stddev);
  const scale = within(divide(stddev, mixedStddev) as Tensor, clipping.rmin, clipping.rmax);
  const shift = divide(subtract(batch.mean, mixedMean) as Tensor, mixedStddev) as Tensor;
  const { dmax } = clipping;
  const offset = dmax === undefined ? shift : within(shift, negated(dmax), dmax);
  const whileTraining = (value: Tensor, otherwise: Tensor): Tensor =>
    training === true ? value : (where(training as Tensor<"bool">, value, otherwise) as Tensor);
  const averaged = (average: Variable, weight: Variable, value: Tensor): Tensor => {
    const one = convertToTensor(1, { dtype: weight.dtype as "float32" }) as Tensor;
    const updates = [follow(average, value), follow(weight, one)];
    return withControlDependencies(updates, () => divide(average.readValue(), weight.readValue()) as Tensor);
  };
  const mean = averaged(kept.mean, kept.meanWeight, batch.mean);
  const newStddev = averaged(kept.stddev, kept.stddevWeight, stddev);
  return {
    r: stopGradient(whileTraining(scale, onesLike(scale) as Tensor)) as Tensor,
    d: stopGradient(whileTraining(offset, zerosLike(offset) as Tensor)) as Tensor,
    mean,
    // √(variance + epsilon) is the averaged deviation then.
    variance: subtract(square(newStddev) as Tensor, epsilon) as Tensor,
  };
}

const negated = (bound: number | Tensor): number | Tensor =>
  typeof bound === "number" ? -bound : (subtract(0, bound) as Tensor);

function within(x: Tensor, least: number | Tensor | undefined, most: number | Tensor | undefined): Tensor {
  const raised = least === undefined ? x : (maximum(x, operand(least, x)) as Tensor);
  return most === undefined ? raised : (minimum(raised, operand(most, x)) as Tensor);
}
const operand = (bound: number | Tensor, x: Tensor): Tensor =>
  bound instanceof Tensor
    ? bound
    : (tensorOf(bound) ?? (convertToTensor(bound, { dtype: x.dtype as "float32" }) as Tensor));
