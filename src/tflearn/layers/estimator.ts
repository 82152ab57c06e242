/**
 * @file The regression layer: what turns a network into something to train. Follows
 * `layers/estimator.py` of TFLearn.
 */
import {
  ArgumentError,
  callSiteOf,
  captureCallSite,
  type DType,
  describe,
  type OptionNames,
  requireOptions,
  type Shape,
} from "../../core/index.js";
import { Tensor } from "../../graph/index.js";
import { placeholder as makePlaceholder, type Variable } from "../../ops/index.js";
import { Collections } from "../collections.js";
import { type MetricLike, metricOf } from "../metrics.js";
import { lossOf, type Objective } from "../objectives.js";
import { type OptimizerLike, resolveOptimizer } from "../optimizers.js";
import { createTrainingStep, TrainOp } from "../train-op.js";
import { oneHotEncoding } from "./core.js";
import { requireTensor } from "./layer.js";

/** How many classes the numbers that a placeholder is fed stand for, where they are class numbers. */
export const classCounts = new WeakMap<Tensor, number>();

/** Options of {@link regression}. */
export interface RegressionOptions {
  /**
   * The placeholder of the targets; `null` for a loss without any, such as a tensor that another network
   * of the graph gives. Default: a new one, `<name>/Y`, of the network's static shape.
   */
  readonly placeholder?: Tensor | "default" | null;
  /** A name, an optimizer of this level or of `tf.train`, or a function that makes one. Default "adam". */
  readonly optimizer?: OptimizerLike;
  /** A name, a function of prediction and target, or a tensor. Default "categorical_crossentropy". */
  readonly loss?: Objective;
  /** A name, a metric, a function or a tensor; `null` for none. Default: accuracy, and none for `[batch]`. */
  readonly metric?: MetricLike | "default" | null;
  /** Used where the optimizer is a name or function; an object has its own. Default 0.001. */
  readonly learningRate?: number;
  /** Of the targets. Default float32. */
  readonly dtype?: DType;
  /** Examples of one step. Default 64. */
  readonly batchSize?: number;
  /** Whether to shuffle at every epoch. Default true. */
  readonly shuffleBatches?: boolean;
  /** Whether targets are class numbers from 0, to be turned into rows of `nClasses`. Default false. */
  readonly toOneHot?: boolean;
  /** How many classes there are; needed with `toOneHot`. */
  readonly nClasses?: number;
  /** What this regression changes. Default: all trainable variables that exist now. */
  readonly trainableVars?: readonly Variable[] | null;
  /** Whether `load` restores the optimizer's variables and the averages. Default true. */
  readonly restore?: boolean;
  /** What the terminal calls it. Default: the optimizer's name. */
  readonly opName?: string;
  /** Scalars to compute at every validation too. */
  readonly validationMonitors?: readonly Tensor[] | Tensor | null;
  /** Default: the batch size. */
  readonly validationBatchSize?: number;
  /** Scope of the placeholder, and the key of its data in a record. Default "TargetsData". */
  readonly name?: string;
}

const regressionOptions: OptionNames<RegressionOptions> = {
  placeholder: true,
  optimizer: true,
  loss: true,
  metric: true,
  learningRate: true,
  dtype: true,
  batchSize: true,
  shuffleBatches: true,
  toOneHot: true,
  nClasses: true,
  trainableVars: true,
  restore: true,
  opName: true,
  validationMonitors: true,
  validationBatchSize: true,
  name: true,
};

/**
 * Says how a network is trained, and registers that with the graph for a `DNN` to find.
 * `tflearn.regression`.
 * @returns the network itself, with the `placeholder` of its targets
 * @throws ArgumentError for an unknown identifier, or `toOneHot` without `nClasses`
 */
export function regression<D extends DType, S extends Shape>(
  incoming: Tensor<D, S>,
  options: RegressionOptions & { readonly placeholder: null },
): Tensor<D, S> & { readonly placeholder: null };
export function regression<D extends DType, S extends Shape>(
  incoming: Tensor<D, S>,
  options?: RegressionOptions,
): Tensor<D, S> & { readonly placeholder: Tensor };
export function regression(incoming: Tensor, options: RegressionOptions = {}): Tensor & { placeholder: Tensor | null } {
  requireOptions("regression", options, regressionOptions);
  requireTensor(incoming);
  const { toOneHot = false, nClasses } = options;
  if (toOneHot && nClasses === undefined)
    throw new ArgumentError("'n_classes' is required when using 'to_one_hot'.", {
      createdAt: callSiteOf(captureCallSite()),
      hint: "regression(net, { toOneHot: true, nClasses: 10 })",
    });
  const { graph } = incoming;
  return graph.asDefault(() => {
    const fed = options.placeholder === null ? null : targetsOf(incoming, options);
    const targets = fed !== null && toOneHot ? oneHotEncoding(fed, nClasses as number) : fed;
    if (fed !== null && toOneHot) classCounts.set(fed, nClasses as number);
    const resolved = resolveOptimizer(options.optimizer ?? "adam", options.learningRate ?? 0.001, createTrainingStep);
    const inputs = graph.getCollection<Tensor>(Collections.INPUTS);
    const metric = metricName(incoming, options);
    const measured =
      metric === null ? null : metricOf(metric, incoming, targets ?? noTargets(metric, "metric"), inputs);
    const objective = options.loss ?? "categorical_crossentropy";
    const loss = lossOf(objective, incoming, targets ?? noTargets(objective, "loss"));
    if (options.restore === false)
      for (const part of ["moving_avg", `${resolved.optimizer.name}/`])
        graph.addToCollection(Collections.EXCL_RESTORE_VARS, part);
    const trainOp = new TrainOp({
      loss,
      optimizer: resolved.optimizer,
      metric: measured?.tensor ?? null,
      metricName: measured?.name,
      trainableVars: options.trainableVars,
      batchSize: options.batchSize,
      shuffle: options.shuffleBatches,
      stepTensor: resolved.stepTensor,
      validationMonitors: options.validationMonitors,
      validationBatchSize: options.validationBatchSize,
      name: options.opName ?? resolved.name,
    });
    graph.addToCollection(Collections.TRAIN_OPS, trainOp);
    return Object.assign(incoming, { placeholder: fed });
  });
}

/** Stands for targets that there are not, where nothing asks for them. @throws ArgumentError where something does */
function noTargets(given: unknown, what: "loss" | "metric"): Tensor {
  if (given instanceof Tensor || (typeof given === "function" && given.length < 2))
    return undefined as unknown as Tensor;
  throw new ArgumentError(`A regression without targets cannot have the ${what} ${describe(given)}, which needs them`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: `pass a tensor as the ${what}${what === "metric" ? ", or null" : ""}, or leave out placeholder: null`,
  });
}

function targetsOf(incoming: Tensor, options: RegressionOptions): Tensor {
  const { placeholder: given, toOneHot = false, dtype = "float32", name = "TargetsData" } = options;
  const { graph } = incoming;
  const shape = toOneHot ? [null] : (incoming.partialShape as Shape);
  const fed =
    given instanceof Tensor
      ? given
      : (graph.nameScope(name, () => makePlaceholder(dtype, shape, { name: "Y" })) as Tensor);
  const targets = graph.getCollectionRef(Collections.TARGETS);
  if (!targets.includes(fed)) targets.push(fed);
  return fed;
}

function metricName(incoming: Tensor, { metric = "default", placeholder }: RegressionOptions): MetricLike | null {
  if (metric !== "default") return metric;
  return incoming.rank === 1 || placeholder === null ? null : "accuracy";
}
