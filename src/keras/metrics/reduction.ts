/**
 * @file Sums and weighted means over batches, which most metrics are. Follows `reduction_metrics.py` of
 * Keras 3.
 */

import type { Operation, Tensor } from "../../graph/index.js";
import { shape } from "../../ops/array/index.js";
import { constant } from "../../ops/basic.js";
import { cast } from "../../ops/cast.js";
import { broadcastLike } from "../../ops/like.js";
import { safeDivide } from "../../ops/losses/safe-divide.js";
import { requireFunction } from "../arguments.js";
import type { Config, LossFunction } from "../contracts.js";
import { maskOf } from "../engine/call-context.js";
import { requireResult } from "../engine/nested.js";
import { squeezeOrExpandToSameRank } from "../losses/loss.js";
import { deserialize, nameOf, optionsOf, serialize, snakeCase } from "../registry.js";
import {
  asTensor,
  Metric,
  type MetricOptions,
  type Operand,
  StatefulMetric,
  type StateShapes,
  type Values,
  weightTensor,
} from "./metric.js";

type Reduce = (x: Tensor, axes: readonly number[]) => Tensor;
const meanOver: Reduce = (x, axis) => x.reduceMean({ axis }) as Tensor;
const sumOver: Reduce = (x, axis) => x.reduceSum({ axis }) as Tensor;

const axesFrom = (first: number, rank: number): number[] => Array.from({ length: rank - first }, (_, i) => first + i);
const rankOf = (x: Tensor): number => x.shape.length;

/** Values as one for each sample, weighted; and the weights as one for each sample. */
function samplewise(
  given: Tensor,
  sampleWeight: Tensor | null,
  reduce: Reduce,
): { readonly values: Tensor; readonly weights: Tensor | null } {
  const perSample = (x: Tensor): Tensor => (rankOf(x) > 1 ? reduce(x, axesFrom(1, rankOf(x))) : x);
  if (sampleWeight === null) return { values: perSample(given), weights: null };
  const mask = maskOf(given);
  const masked = mask === null ? sampleWeight : weighMask(sampleWeight, mask);
  const [fitted, weights] = squeezeOrExpandToSameRank(given, masked);
  const surplus = axesFrom(rankOf(weights), Math.max(rankOf(fitted), rankOf(weights)));
  const values = surplus.length > 0 ? reduce(fitted, surplus) : fitted;
  const spread = broadcastLike(weights, values);
  return { values: perSample(values.mul(spread)), weights: perSample(spread) };
}

function weighMask(weights: Tensor, mask: Tensor): Tensor {
  const [counted, fitted] = squeezeOrExpandToSameRank(cast(mask, weights.dtype), weights);
  return fitted.mul(counted);
}

/** What a batch adds to a mean: the weighted sum of its values, and of its weights. */
function meanOfBatch(given: Tensor, sampleWeight: Tensor | null): Values<"total" | "count"> {
  const { values, weights } = samplewise(given, sampleWeight, meanOver);
  return {
    total: values.reduceSum() as Tensor,
    count: weights === null ? rowsOf(values) : (weights.reduceSum() as Tensor),
  };
}
function rowsOf(values: Tensor): Tensor {
  const rows = values.shape[0];
  if (rows === undefined || rows !== null) return constant(rows ?? 1, { dtype: values.dtype as "float32" }) as Tensor;
  return cast((shape(values) as Tensor).at(0), values.dtype);
}

const meanShapes: StateShapes<"total" | "count"> = { total: [], count: [] };
const meanResult = ({ total, count }: Values<"total" | "count">): Tensor => safeDivide(total, count);

/** The weighted mean of values. `keras.metrics.Mean`. */
export class Mean extends StatefulMetric<"total" | "count"> {
  constructor(options: MetricOptions = {}) {
    super(options, "mean");
  }
  /** The operation that takes in values, with a weight for each sample perhaps. */
  updateState(values: Operand, sampleWeight?: Operand | null): Operation {
    return this.accumulate([values, sampleWeight], () =>
      meanOfBatch(asTensor(values, this.dtype).cast(this.dtype) as Tensor, weightTensor(sampleWeight, this.dtype)),
    );
  }
  protected stateShapes(): StateShapes<"total" | "count"> {
    return meanShapes;
  }
  protected resultOf(values: Values<"total" | "count">): Tensor {
    return meanResult(values);
  }
}

/** The weighted sum of values. `keras.metrics.Sum`. */
export class Sum extends StatefulMetric<"total"> {
  constructor(options: MetricOptions = {}) {
    super(options, "sum");
  }
  /** The operation that takes in values, with a weight for each sample perhaps. */
  updateState(values: Operand, sampleWeight?: Operand | null): Operation {
    return this.accumulate([values, sampleWeight], () => {
      const given = asTensor(values, this.dtype).cast(this.dtype) as Tensor;
      return { total: samplewise(given, weightTensor(sampleWeight, this.dtype), sumOver).values.reduceSum() as Tensor };
    });
  }
  protected stateShapes(): StateShapes<"total"> {
    return { total: [] };
  }
  protected resultOf({ total }: Values<"total">): Tensor {
    return total;
  }
}

/** Base of the metrics that are the mean of a value for each sample. */
export abstract class MeanOfValues extends Metric<"total" | "count"> {
  /** The values of a batch: one for each sample, or more, of which the mean is taken. */
  protected abstract valuesOf(yTrue: Tensor, yPred: Tensor): Tensor;

  protected stateShapes(): StateShapes<"total" | "count"> {
    return meanShapes;
  }
  protected batch(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null): Values<"total" | "count"> {
    const values = this.valuesOf(yTrue, yPred).cast(this.dtype) as Tensor;
    const mask = maskOf(yPred);
    if (mask === null) return meanOfBatch(values, sampleWeight);
    return meanOfBatch(values, sampleWeight === null ? cast(mask, this.dtype) : weighMask(sampleWeight, mask));
  }
  protected resultOf(values: Values<"total" | "count">): Tensor {
    return meanResult(values);
  }
}

/** The mean of a function of labels and predictions. `keras.metrics.MeanMetricWrapper`. */
export class MeanMetricWrapper extends MeanOfValues {
  constructor(
    readonly fn: LossFunction,
    options: MetricOptions = {},
  ) {
    super(options, snakeCase(nameOf(requireFunction(fn, "fn", new.target))) || "mean_metric_wrapper");
  }
  protected valuesOf(yTrue: Tensor, yPred: Tensor): Tensor {
    return requireResult(this.fn(yTrue, yPred), `the metric '${this.name}'`);
  }
  /** @throws ArgumentError for a function that is not registered */
  override getConfig(): Config {
    return { ...super.getConfig(), fn: serialize(this.fn) };
  }
  static override fromConfig({ fn, ...config }: Config): never {
    const loss = deserialize("loss", fn as string);
    return new MeanMetricWrapper((yTrue, yPred) => loss.call(yTrue, yPred), optionsOf(config)) as never;
  }
}
