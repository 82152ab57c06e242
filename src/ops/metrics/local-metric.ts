/**
 * @file What the metrics share: operands of one shape, counters that last between runs, and the pair of a
 * value and what updates it. Follows `metrics_impl.py` of TensorFlow 1.3.
 */
import type { Shape } from "../../core/index.js";
import { type Graph, GraphKeys, type Tensor } from "../../graph/index.js";
import { expandDims, squeeze, zeros } from "../array/index.js";
import { convertToTensor, type NameOption, type TensorLike, tensorOf } from "../define.js";
import { broadcastWeights } from "../losses/broadcast-weights.js";
import { requireCompatible } from "../losses/weighted-loss.js";
import { Variable } from "../variable.js";
import { withVariableScope } from "../variable-scope.js";

/** Options that all metrics take. */
export interface MetricOptions extends NameOption {
  /** A scalar, or of the values' rank with 1 where weights repeat; 0 leaves an element out. Default 1. */
  readonly weights?: TensorLike | undefined;
  /** Collections that the value joins. */
  readonly metricsCollections?: readonly string[];
  /** Collections that the update joins. */
  readonly updatesCollections?: readonly string[];
}

/**
 * A metric: its value so far, and the operation that takes in a batch and gives the value thereafter. Fetched
 * together, the value is the one before the batch. Its counters are local variables, which
 * `tf.localVariablesInitializer()` sets to zero.
 */
export type Metric = readonly [value: Tensor<"float32", readonly []>, updateOp: Tensor<"float32", readonly []>];

/** Runs `body` in the scope of a metric and adds what it returns to the collections asked for. */
export function inMetricScope(
  defaultName: string,
  options: MetricOptions,
  operands: readonly TensorLike[],
  body: (graph: Graph) => readonly [Tensor, Tensor],
): Metric {
  const values = [...operands, options.weights].filter((operand) => tensorOf(operand) !== undefined);
  const metric = withVariableScope(options.name ?? null, (scope) => body(scope.graph), { defaultName, values });
  return collected(metric, options);
}

/** Adds a metric to the collections asked for. */
export function collected([value, update]: readonly [Tensor, Tensor], options: MetricOptions): Metric {
  for (const key of options.metricsCollections ?? []) value.graph.addToCollection(key, value);
  for (const key of options.updatesCollections ?? []) update.graph.addToCollection(key, update);
  return [value, update] as readonly Tensor[] as Metric;
}

/** A counter that starts at zero. */
export const localVariable = <const S extends Shape>(name: string, shape: S): Variable<"float32", S> =>
  new Variable(() => zeros(shape as readonly number[]) as Tensor<"float32", never>, {
    name,
    trainable: false,
    collections: [GraphKeys.LOCAL_VARIABLES],
  });

export interface MetricOperands {
  readonly labels: Tensor;
  readonly predictions: Tensor;
  /** Of the predictions' shape; `undefined` for none. */
  readonly weights: Tensor<"float32"> | undefined;
}

/** Labels, predictions and weights of one shape: a last axis of extent 1 too many is dropped. */
export function metricOperands(labels: TensorLike, predictions: TensorLike, options: MetricOptions): MetricOperands {
  const given = { y: asTensor(labels), p: asTensor(predictions) };
  const surplus = given.p.rank === null || given.y.rank === null ? 0 : given.p.rank - given.y.rank;
  const p = surplus === 1 ? squeezeLast(given.p) : given.p;
  const y = surplus === -1 ? squeezeLast(given.y) : given.y;
  requireCompatible(p, y);
  return { labels: y, predictions: p, weights: metricWeights(options.weights, p) };
}

/** Weights repeated to the shape of the values; a missing or surplus last axis is mended. */
export function metricWeights(weights: TensorLike | undefined, values: Tensor): Tensor<"float32"> | undefined {
  if (weights === undefined) return undefined;
  const given = convertToTensor(weights);
  const surplus = given.rank === null || given.rank === 0 || values.rank === null ? 0 : given.rank - values.rank;
  if (surplus === 1) return broadcastWeights(squeezeLast(given), values);
  return broadcastWeights(surplus === -1 ? (expandDims(given, -1) as Tensor) : given, values);
}

export const asTensor = (value: TensorLike): Tensor => convertToTensor(value);
const squeezeLast = (x: Tensor): Tensor => squeeze(x, -1) as Tensor;
