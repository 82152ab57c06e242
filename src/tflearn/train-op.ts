/**
 * @file `TrainOp`: what one optimizer of a network trains, on what, and how. A `Trainer` builds its
 * operations. Follows `helpers/trainer.py` of TFLearn. May import `train` and below.
 */
import { ArgumentError, callSiteOf, captureCallSite, describe, NdArray } from "../core/index.js";
import { GraphKeys, getDefaultGraph, Tensor } from "../graph/index.js";
import { Variable } from "../ops/index.js";
import { Optimizer } from "../train/index.js";

/** A variable that counts the steps of one optimizer: float32, as the original's. */
export const createTrainingStep = (): Variable =>
  new Variable(NdArray.from(0, "float32"), { name: "Training_step", trainable: false }) as Variable;

/** Options of {@link TrainOp}. */
export interface TrainOpOptions {
  /** What to make small; a scalar. */
  readonly loss: Tensor;
  /** What changes the variables; one of `tf.train`. */
  readonly optimizer: Optimizer;
  /** A scalar to show. */
  readonly metric?: Tensor | null;
  /** What the metric is shown as. Default "acc". */
  readonly metricName?: string | undefined;
  /** Examples of one step. Default 64. */
  readonly batchSize?: number | undefined;
  /** Decay of the moving averages of the trained variables; 0 keeps none. Default 0. */
  readonly ema?: number;
  /** Default: all trainable variables that exist now. */
  readonly trainableVars?: readonly Variable[] | null | undefined;
  /** Default true. */
  readonly shuffle?: boolean | undefined;
  /** Counts the steps. Default: a new variable. */
  readonly stepTensor?: Variable | null;
  /** Scalars to compute at every validation. */
  readonly validationMonitors?: readonly Tensor[] | Tensor | null | undefined;
  /** Default: the batch size. */
  readonly validationBatchSize?: number | undefined;
  /** What the terminal calls it. Default "Optimizer". */
  readonly name?: string | undefined;
}

/** A loss with its optimizer and settings. `tflearn.TrainOp`. */
export class TrainOp {
  readonly loss: Tensor;
  readonly optimizer: Optimizer;
  readonly metric: Tensor | null;
  readonly metricName: string;
  readonly trainableVars: readonly Variable[];
  readonly validationMonitors: readonly Tensor[];
  readonly trainingSteps: Variable;
  readonly ema: number;
  /** What the terminal calls it; a trainer numbers equal names. */
  name: string;
  batchSize: number;
  validationBatchSize: number;
  shuffle: boolean;

  /** @throws ArgumentError "Unknown Loss type", "Unknown Optimizer", or for a batch size below 1 */
  constructor(options: TrainOpOptions) {
    const { loss, optimizer, metric = null, validationMonitors = [] } = options;
    if (!(loss instanceof Tensor))
      throw new ArgumentError("Unknown Loss type", { hint: `the loss is a tensor, not ${describe(loss)}` });
    if (!(optimizer instanceof Optimizer))
      throw new ArgumentError("Unknown Optimizer", {
        hint: `pass an optimizer of tf.train, such as tflearn's getTensor() returns, not ${describe(optimizer)}`,
      });
    this.loss = loss;
    this.optimizer = optimizer;
    this.metric = metric;
    this.metricName = options.metricName ?? "acc";
    this.batchSize = requireBatchSize(options.batchSize ?? 64);
    this.validationBatchSize = requireBatchSize(options.validationBatchSize ?? this.batchSize);
    this.ema = options.ema ?? 0;
    this.shuffle = options.shuffle ?? true;
    this.validationMonitors =
      validationMonitors instanceof Tensor ? [validationMonitors] : [...(validationMonitors ?? [])];
    this.trainableVars = options.trainableVars ?? loss.graph.getCollection<Variable>(GraphKeys.TRAINABLE_VARIABLES);
    this.trainingSteps = options.stepTensor ?? loss.graph.asDefault(createTrainingStep);
    this.name = options.name ?? "Optimizer";
  }

  /** The same on the same tensors, counting its steps for itself. */
  duplicate(): TrainOp {
    const { loss, optimizer, metric, metricName, batchSize, ema, trainableVars, shuffle, name } = this;
    return new TrainOp({ loss, optimizer, metric, metricName, batchSize, ema, trainableVars, shuffle, name });
  }
}

/** @throws ArgumentError */
export function requireBatchSize(size: number): number {
  if (Number.isInteger(size) && size > 0) return size;
  throw new ArgumentError(`The batch size must be a whole number above 0, got ${describe(size)}`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: "64 is what regression() takes where nothing is said",
  });
}

/** The training operations that regressions registered with a graph. */
export const trainOpsOf = (graph = getDefaultGraph()): TrainOp[] => graph.getCollection<TrainOp>("trainops");

/** An operation that is listed twice trains twice, each time counting for itself. */
export const withoutDuplicates = (ops: readonly TrainOp[]): TrainOp[] =>
  ops.map((op, i) => (ops.indexOf(op) < i ? op.duplicate() : op));

/** Numbers the names that several have: `Adam_0`, `Adam_1`. */
export function nameApart(ops: readonly TrainOp[]): void {
  const names = ops.map(({ name }) => name);
  ops.forEach((op, i) => {
    if (names.filter((name) => name === names[i]).length < 2) return;
    op.name = `${names[i]}_${names.slice(0, i).filter((name) => name === names[i]).length}`;
  });
}
