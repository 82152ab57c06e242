/** @file What `compile`, `fit`, `evaluate` and `predict` take and give. Types alone. */
import type { ArrayLike_, NdArray } from "../../../core/index.js";
import type { TakenRows } from "../../../runtime/index.js";
import type { Optimizer as NativeOptimizer } from "../../../train/index.js";
import type { Callback, LossIdentifier, MetricIdentifier, OptimizerIdentifier } from "../../contracts.js";

/** Rows of one input or target: nested arrays, a typed array or an NdArray, of shape `[rows, …]`. */
export type DataArray = ArrayLike_;
/** Data of a model: of one input, of several in order, or by the names of the inputs. */
export type Data = DataArray | readonly DataArray[] | { readonly [name: string]: DataArray };
/** A batch as generators yield it. */
export type BatchData =
  | readonly [x: Data]
  | readonly [x: Data, y: Data | null]
  | readonly [x: Data, y: Data | null, sampleWeight: Data | null];
/**
 * Batches one by one: an iterable, an asynchronous one, or a function that begins a new iteration, as a
 * generator function does. What can be iterated only once serves one epoch, or `stepsPerEpoch`.
 */
export type BatchStream =
  | Iterable<BatchData>
  | AsyncIterable<BatchData>
  | (() => Iterable<BatchData> | AsyncIterable<BatchData>);

/** One for the only output, a list in the order of the outputs, or a record by their names. */
export type PerOutput<T> = T | readonly (T | null)[] | { readonly [output: string]: T | null };
type MetricList = MetricIdentifier | readonly MetricIdentifier[];

/**
 * What `compile` takes as a loss: beside those that `keras.losses.get` knows, `"crossentropy"` or `"ce"` for the
 * crossentropy that fits the targets and the output.
 */
export type CompiledLoss = LossIdentifier | "crossentropy" | "ce";

/** Options of {@link Model.compile}. */
export interface CompileOptions {
  /** A name, a Keras optimizer, or one of `tf.train`. Default `rmsprop`. */
  readonly optimizer?: OptimizerIdentifier | NativeOptimizer;
  /** For all outputs, or for each. Default: only what layers add to the loss. */
  readonly loss?: PerOutput<CompiledLoss> | null;
  /** Factors of the outputs' losses in the total. Default 1. */
  readonly lossWeights?: readonly number[] | { readonly [output: string]: number } | null;
  /** What to report; with several outputs, a list for each. Sample weights do not touch these. */
  readonly metrics?: readonly (MetricList | null)[] | { readonly [output: string]: MetricList } | null;
  /** What to report, weighted by the sample weights. */
  readonly weightedMetrics?: readonly (MetricList | null)[] | { readonly [output: string]: MetricList } | null;
}

interface LoopOptions {
  /** Rows of a batch. Default 32. Not for streams, which are batches already. */
  readonly batchSize?: number;
  /** 0: silent, 1: a progress bar, 2: a line for each epoch; "auto" is 1. */
  readonly verbose?: 0 | 1 | 2 | "auto";
  /** What follows the training, evaluation or prediction: one, or several in order. Default: nothing but progress. */
  readonly callbacks?: Callback | readonly Callback[];
}

/** Options of {@link Model.fit}. */
export interface FitOptions extends LoopOptions {
  /** How often to go through the data. Default 1. */
  readonly epochs?: number;
  /** The epoch to begin with, when going on with earlier training. Default 0. */
  readonly initialEpoch?: number;
  /** The last part of the data to validate on instead of training, between 0 and 1. Default 0. */
  readonly validationSplit?: number;
  /** Data to validate on after every epoch; wins over `validationSplit`. */
  readonly validationData?:
    | readonly [x: Data, y: Data]
    | readonly [x: Data, y: Data, sampleWeight: Data]
    | BatchStream
    | null;
  /** Draw the rows in another order each epoch (the default), the batches ("batch"), or neither. */
  readonly shuffle?: boolean | "batch";
  /** Seed of that order. Default: the graph's seed, or chance. */
  readonly seed?: number | null;
  /** Factor of each class's loss. */
  readonly classWeight?: { readonly [label: number]: number } | ReadonlyMap<number, number> | null;
  /** Factor of each row's loss. */
  readonly sampleWeight?: Data | null;
  /** Batches of an epoch. Default: all. */
  readonly stepsPerEpoch?: number | null;
  /** Batches of validation. Default: all. */
  readonly validationSteps?: number | null;
  /** Default: `batchSize`. */
  readonly validationBatchSize?: number;
  /** Validate every so many epochs, or after the epochs listed (from 1). Default 1. */
  readonly validationFreq?: number | readonly number[];
}

/** Options of {@link Model.evaluate}. */
export interface EvaluateOptions extends LoopOptions {
  /** Factor of each row's loss, and of weighted metrics. Default: 1 for all. */
  readonly sampleWeight?: Data | null;
  /** Batches to evaluate. Default: all. */
  readonly steps?: number | null;
  /** Whether to return a record by name. Default false. */
  readonly returnDict?: boolean;
}
/** Options of {@link Model.predict}. */
export interface PredictOptions extends LoopOptions {
  /** Batches to predict. Default: all. */
  readonly steps?: number | null;
}
/** Options of {@link Model.trainOnBatch} and {@link Model.testOnBatch}. */
export interface BatchOptions {
  /** Factor of each row's loss, and of weighted metrics. Default: 1 for all. */
  readonly sampleWeight?: Data | null;
  /** Factor of each class's loss, in training. Default: 1 for all. */
  readonly classWeight?: FitOptions["classWeight"];
  /** Whether to return a record by name. Default false. */
  readonly returnDict?: boolean;
}

/** Arrays in the order of a model's inputs and outputs. */
export interface Arranged<A> {
  readonly inputs: readonly A[];
  /** One for each output; `null` where none is given. */
  readonly targets: readonly (A | null)[];
  /** One for each output; `null` where rows count alike. */
  readonly weights: readonly (A | null)[];
}
/** All data of `fit`, `evaluate` or `predict`, in arrays. */
export type Arrays = Arranged<NdArray>;
/** An array of a batch, or rows of the data that are still where they were. */
export type BatchArray = NdArray | TakenRows;
/** One batch as the step functions take it. */
export interface Batch extends Arranged<BatchArray> {
  readonly size: number;
  /** The same for all batches that run the same step; worked out from the arrays where it is missing. */
  readonly key?: string;
}
