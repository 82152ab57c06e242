/**
 * @file `DNN`: a network with its training, prediction and checkpoints. Follows `models/dnn.py` of
 * TFLearn.
 */
import {
  ArgumentError,
  type ArrayLike_,
  type Concrete,
  callSiteOf,
  captureCallSite,
  type DType,
  describe,
  InvalidArgumentError,
  NdArray,
  type OptionNames,
  requireOptions,
  type Shape,
} from "../core/index.js";
import { Tensor } from "../graph/index.js";
import type { Variable } from "../ops/index.js";
import type { Session } from "../runtime/index.js";
import type { Callback } from "./callbacks.js";
import { type RestoreOptions, restoreOptions } from "./checkpoints.js";
import { Collections } from "./collections.js";
import type { DataAugmentation } from "./data/augmentation.js";
import type { AugmentationMap, FeedMap, PreprocessingMap } from "./data/flow.js";
import type { DataPreprocessing } from "./data/preprocessing.js";
import { type Data, feedMap } from "./feeds.js";
import { classCounts } from "./layers/estimator.js";
import { requireBatchSize, type TrainOp } from "./train-op.js";
import { Trainer, type TrainerOptions, trainerOptions } from "./trainer.js";
import { getValue, setValue } from "./variables.js";

/** @throws InvalidArgumentError for a class number that stands for no class: a row of zeros would hide it */
function requireClasses(placeholder: Tensor, labels: NdArray): void {
  const classes = classCounts.get(placeholder);
  if (classes === undefined) return;
  const values = Array.from(labels.data as ArrayLike<number>);
  const at = values.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (at >= 0)
    throw new InvalidArgumentError(
      `Received a label value of ${values[at]} which is outside the valid range of [0, ${classes}), for example ${at} of '${placeholder.name}'`,
      {
        op: placeholder.op.name,
        createdAt: placeholder.op.createdAt,
        hint: "number the classes from 0, or raise nClasses",
      },
    );
}

/** Settings of a model. */
export type DNNOptions = Omit<TrainerOptions, "graph">;

const { graph: _, ...dnnOptions } = trainerOptions;

/** Options of {@link DNN.fit}. */
export interface FitOptions {
  /** Passes over the training data. Default 10. */
  readonly nEpoch?: number;
  /** `[X, Y]` to validate on, or the fraction of the training data to set apart for it. Default none. */
  readonly validationSet?: readonly [X: Data, Y: Data | null] | number | null;
  /** Compute and show the metric, in training and validation. Default false. */
  readonly showMetric?: boolean;
  /** Examples of one step, in place of what the regressions say (64 unless told otherwise). */
  readonly batchSize?: number | null;
  /** Shuffle at every epoch or not, whatever the regressions say (they do unless told otherwise). */
  readonly shuffle?: boolean | null;
  /** Validate, and save where there is a `checkpointPath`, at the end of every epoch. Default true. */
  readonly snapshotEpoch?: boolean;
  /** Do so every so many steps. Default not. */
  readonly snapshotStep?: number | null;
  /** Training operations to leave alone. */
  readonly exclTrainops?: readonly TrainOp[];
  /** Examples of one validation run. Default: `batchSize`. */
  readonly validationBatchSize?: number | null;
  /** Name of the run. Default: six random characters. */
  readonly runId?: string;
  /** What follows the training; an error from one ends it, {@link StopIteration} without failing. */
  readonly callbacks?: Callback | readonly Callback[];
  /** Seeds shuffling, the validation split and augmentation. Default: the seed of `initGraph`, else none. */
  readonly seed?: number;
}

function requireWhole(name: string, value: number | null | undefined, least: number): void {
  if (value === undefined || value === null || (Number.isInteger(value) && value >= least)) return;
  throw new ArgumentError(`fit: ${name} must be a whole number from ${least}, got ${describe(value)}`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: "leave it out for the default",
  });
}

const fitOptions: OptionNames<FitOptions> = {
  nEpoch: true,
  validationSet: true,
  showMetric: true,
  batchSize: true,
  shuffle: true,
  snapshotEpoch: true,
  snapshotStep: true,
  exclTrainops: true,
  validationBatchSize: true,
  runId: true,
  callbacks: true,
  seed: true,
};

/**
 * A network to train and use. It takes up every input, target and regression of the network's graph: one
 * model, one graph. `tflearn.DNN`.
 */
export class DNN<D extends DType = DType, S extends Shape = Shape> {
  readonly trainer: Trainer;
  /** What {@link fit} feeds, in the order of making. */
  readonly inputs: readonly Tensor[];
  readonly targets: readonly Tensor[];

  /**
   * Builds the training of the network, opens a session and initializes all variables.
   * @param network what `regression` returned, or any tensor to predict
   * @throws ArgumentError for a network that is no tensor, or a graph without inputs
   */
  constructor(
    readonly net: Tensor<D, S>,
    options: DNNOptions = {},
  ) {
    if (!(net instanceof Tensor))
      throw new ArgumentError("'network' arg is not a Tensor!", {
        createdAt: callSiteOf(captureCallSite()),
        hint: `pass what the last layer returned, not ${describe(net)}`,
      });
    requireOptions("new DNN", options, dnnOptions);
    const { graph } = net;
    this.inputs = graph.getCollection<Tensor>(Collections.INPUTS);
    if (this.inputs.length === 0)
      throw new ArgumentError(
        "No input data! Please add an 'input_data' layer to your model (or add your input data placeholder to tf.GraphKeys.INPUTS collection).",
        { op: net.op.name, createdAt: net.op.createdAt, hint: "begin with tflearn.inputData({ shape: [null, 784] })" },
      );
    this.targets = graph.getCollection<Tensor>(Collections.TARGETS);
    this.trainer = new Trainer(graph.getCollection<TrainOp>(Collections.TRAIN_OPS), { ...options, graph });
  }

  /** The session of the model; another one after {@link load}. */
  get session(): Session {
    return this.trainer.session;
  }
  /** What trains, in the order of the regressions. */
  get trainOps(): readonly TrainOp[] {
    return this.trainer.trainOps;
  }

  /**
   * Trains, printing as it goes. Losses and metrics of training are moving averages over the batches;
   * those of validation are exact.
   * @param X an array with a row for each sample; a list of them in the order in which inputs were made;
   * or a record by the inputs' names
   * @param Y targets, likewise by regressions; `null` where no regression has targets
   * @throws ArgumentError without a regression, for data that does not match, or another validation set
   * @throws FeedError for rows that do not fit a placeholder
   */
  async fit(X: Data, Y: Data | null, options: FitOptions = {}): Promise<void> {
    requireOptions("fit", options, fitOptions);
    const { batchSize = null, validationSet = null, validationBatchSize = batchSize } = options;
    requireWhole("nEpoch", options.nEpoch, 0);
    requireWhole("snapshotStep", options.snapshotStep, 1);
    if (this.trainOps.length === 0)
      throw new ArgumentError(
        `tf collection "${Collections.TRAIN_OPS}" is empty! Please make sure you are using \`regression\` layer in your network.`,
        { op: this.net.op.name, createdAt: this.net.op.createdAt, hint: "net = tflearn.regression(net, { … })" },
      );
    const validation = this.validationOf(validationSet);
    const feeds = this.examples(X, Y);
    for (const op of this.trainOps) {
      if (batchSize !== null) op.batchSize = requireBatchSize(batchSize);
      if (validationBatchSize !== null) op.validationBatchSize = requireBatchSize(validationBatchSize);
    }
    await this.trainer.fit(feeds, {
      ...options,
      valFeedDicts: validation,
      shuffleAll: options.shuffle ?? null,
      preprocessing: this.preprocessing,
      augmentation: this.augmentation,
    });
  }

  /**
   * One step on one batch, without printing.
   * @returns the loss before the step, without penalties; a list where there are several regressions
   */
  async fitBatch(X: Data, Y: Data | null): Promise<number | number[]> {
    return this.trainer.fitBatch(this.examples(X, Y), {
      preprocessing: this.preprocessing,
      augmentation: this.augmentation,
    });
  }

  /** The network's output for all of `X`, in one run. */
  async predict(X: Data): Promise<NdArray<D, Concrete<S>>> {
    const [output] = await this.trainer.predict([this.net], this.feeds(X), this.preprocessing);
    return output as NdArray as NdArray<D, Concrete<S>>;
  }

  /**
   * The classes of each row from the most to the least probable: `[samples, classes]`, int32. The first
   * column is the label. Of equal outputs the later comes first.
   */
  async predictLabel(X: Data): Promise<NdArray<"int32">> {
    const output = (await this.predict(X)) as NdArray;
    const classes = output.shape.at(-1) ?? 1;
    const values = output.data as ArrayLike<number>;
    const labels = new Int32Array(output.size);
    for (let row = 0; row < output.size; row += classes) {
      const order = Array.from({ length: classes }, (_, i) => i);
      order.sort((a, b) => (values[row + b] as number) - (values[row + a] as number) || b - a);
      labels.set(order, row);
    }
    return new NdArray("int32", output.shape, labels);
  }

  /**
   * The metric of each regression over the data, in regressions' order.
   * @param batchSize default 128; it does not change the result, but for rounding
   * @throws ArgumentError where a regression has no metric
   */
  async evaluate(X: Data, Y: Data | null, batchSize = 128): Promise<number[]> {
    const metrics = this.trainOps.map(({ metric, name }) => {
      if (metric !== null) return metric;
      throw new ArgumentError(`The regression '${name}' has no metric to evaluate`, {
        hint: 'regression(net, { metric: "R2" }) gives it one',
      });
    });
    return this.trainer.evaluate(metrics, this.examples(X, Y), batchSize, this.preprocessing);
  }

  /** Saves all variables. The directory must exist. @returns the prefix of the checkpoint's files */
  save(modelFile: string): Promise<string> {
    return this.trainer.save(modelFile);
  }

  /**
   * Restores what {@link save} saved into a new {@link session}, and goes on counting steps from there.
   * Layers with `restore: false` start anew. On any error the model stays as it is.
   */
  async load(modelFile: string, options: RestoreOptions = {}): Promise<void> {
    requireOptions("load", options, restoreOptions);
    await this.trainer.restore(modelFile, options);
    for (const preprocessing of this.preprocessing.values()) await preprocessing.restoreParams(this.session);
  }

  /** The value of a variable: `model.getWeights(layer.W)`. */
  async getWeights(weights: Variable): Promise<NdArray> {
    return getValue(weights, this.session);
  }

  /** Gives a variable a value. @throws FeedError where shape or dtype do not fit; it keeps its value then */
  async setWeights(weights: Variable, value: ArrayLike_): Promise<void> {
    await setValue(weights, value, this.session);
  }

  // ---- data ----

  private feeds(X: Data): FeedMap {
    return this.net.graph.asDefault(() => feedMap(X, this.inputs, "input"));
  }

  private examples(X: Data, Y: Data | null): FeedMap {
    const targets = this.net.graph.asDefault(() => feedMap(Y, this.targets, "output"));
    for (const [placeholder, labels] of targets) requireClasses(placeholder, labels);
    return new Map([...this.feeds(X), ...targets]);
  }

  private validationOf(given: FitOptions["validationSet"]): FeedMap | number | null {
    if (given === null || given === undefined) return null;
    if (typeof given === "number") {
      if (given > 0 && given < 1) return given;
      throw new ArgumentError(`A validation_set that is a number must be a fraction below 1, got ${given}`, {
        hint: "0.1 sets a tenth of the training data apart",
      });
    }
    if (!Array.isArray(given) || given.length !== 2)
      throw new ArgumentError(
        `validation_set must be a tuple or list: (valX, valY), ${describe(given)} is not compatible!`,
        { hint: "pass [X, Y], or a fraction such as 0.1" },
      );
    return this.examples(given[0] as Data, given[1] as Data | null);
  }

  private get preprocessing(): PreprocessingMap {
    return this.ofInputs<DataPreprocessing>(Collections.DATA_PREP);
  }
  private get augmentation(): AugmentationMap {
    return this.ofInputs<DataAugmentation>(Collections.DATA_AUG);
  }
  /** What `inputData` registered beside each input. */
  private ofInputs<T>(key: string): ReadonlyMap<Tensor, T> {
    const registered = this.net.graph.getCollection<T | null>(key);
    const pairs = this.inputs.map((input, i) => [input, registered[i] ?? null] as const);
    return new Map(pairs.filter((pair): pair is readonly [Tensor, T & {}] => pair[1] !== null));
  }
}
