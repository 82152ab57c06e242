/**
 * @file What the rooms of the Keras level agree on: layers and models use losses, metrics, optimizers and
 * the like through these interfaces only, and callbacks see models through them. Types alone; imports
 * `core`, `graph` and `ops`.
 *
 * A *Keras tensor* is a graph tensor. Objects build their part of the graph in the default graph when they
 * are first called; values live in the session of `engine/session.ts`.
 */
import type { FloatDType, NdArray, NumericDType, PartialShape, Shape } from "../core/index.js";
import type { Operation, Tensor } from "../graph/index.js";
import type { Variable } from "../ops/index.js";

/** Options of an object as plain JSON, under Keras's snake_case names: `{ rate: 0.5, noise_shape: null }`. */
export type Config = { readonly [option: string]: unknown };

/** A config with the class it belongs to, as archives carry it. */
export interface SerializedObject {
  /** Python's module of the class: `keras.layers`; `null` for classes of one's own. */
  readonly module?: string | null;
  /** Keras's name of the class: `Dense`. */
  readonly class_name: string;
  /** What makes the object again: its options, or the name of a function. */
  readonly config: Config | string;
  /** The name under which a class of one's own is registered. */
  readonly registered_name?: string | null;
}

/** An object that a config of its own class can make again. */
export interface Configurable {
  getConfig(): Config;
}

// ---- functions with options ----

export interface InitializerOptions {
  /** Element type. Default float32. */
  readonly dtype?: FloatDType;
}
/** Draws the initial value of a weight of a known shape. */
export interface Initializer extends Configurable {
  (shape: readonly number[], options?: InitializerOptions): Tensor;
}
/** The penalty of a weight or an output, as a scalar. */
export interface Regularizer extends Configurable {
  (weight: Tensor): Tensor;
}
/** The admissible value nearest to a weight's; of the same shape. */
export interface Constraint extends Configurable {
  (weight: Tensor): Tensor;
}
/** An activation function; its `name` is Keras's identifier where it has one. */
export type Activation = (x: Tensor) => Tensor;

export type InitializerName =
  | "zeros"
  | "ones"
  | "constant"
  | "random_normal"
  | "random_uniform"
  | "truncated_normal"
  | "variance_scaling"
  | "orthogonal"
  | "identity"
  | "glorot_normal"
  | "glorot_uniform"
  | "he_normal"
  | "he_uniform"
  | "lecun_normal"
  | "lecun_uniform"
  | "normal"
  | "uniform";
export type RegularizerName = "l1" | "l2" | "l1_l2" | "l1l2" | "orthogonal_regularizer";
export type ConstraintName = "max_norm" | "min_max_norm" | "non_neg" | "unit_norm";
export type ActivationName =
  | "celu"
  | "elu"
  | "exponential"
  | "gelu"
  | "glu"
  | "hard_shrink"
  | "hard_sigmoid"
  | "hard_silu"
  | "hard_swish"
  | "hard_tanh"
  | "leaky_relu"
  | "linear"
  | "log_sigmoid"
  | "log_softmax"
  | "mish"
  | "relu"
  | "relu6"
  | "selu"
  | "sigmoid"
  | "silu"
  | "soft_shrink"
  | "softmax"
  | "softplus"
  | "softsign"
  | "sparse_plus"
  | "sparse_sigmoid"
  | "sparsemax"
  | "squareplus"
  | "swish"
  | "tanh"
  | "tanh_shrink"
  | "threshold";

export type InitializerIdentifier = InitializerName | Initializer | SerializedObject;
export type RegularizerIdentifier = RegularizerName | Regularizer | SerializedObject;
export type ConstraintIdentifier = ConstraintName | Constraint | SerializedObject;
export type ActivationIdentifier = ActivationName | Activation | SerializedObject;

// ---- losses and metrics ----

/**
 * How the values of a loss become one: their mean over all numbers, their sum, their mean, their mean by the sum
 * of the weights, or not at all.
 */
export type Reduction = "sum_over_batch_size" | "sum" | "mean" | "mean_with_sample_weight" | "none";

/** Values for each sample of a batch: of the shape of `yTrue` without its last axis, or `[batch]`. */
export type LossFunction = (yTrue: Tensor, yPred: Tensor) => Tensor;
export interface Loss extends Configurable {
  readonly name: string;
  readonly reduction: Reduction;
  /** Values for each sample; the engine weighs and reduces them. */
  call(yTrue: Tensor, yPred: Tensor): Tensor;
}
export type LossName =
  | "mean_squared_error"
  | "mse"
  | "mean_absolute_error"
  | "mae"
  | "mean_absolute_percentage_error"
  | "mape"
  | "mean_squared_logarithmic_error"
  | "msle"
  | "hinge"
  | "squared_hinge"
  | "categorical_hinge"
  | "log_cosh"
  | "logcosh"
  | "huber"
  | "huber_loss"
  | "categorical_crossentropy"
  | "categorical_focal_crossentropy"
  | "sparse_categorical_crossentropy"
  | "binary_crossentropy"
  | "binary_focal_crossentropy"
  | "bce"
  | "kl_divergence"
  | "kullback_leibler_divergence"
  | "kld"
  | "poisson"
  | "cosine_similarity"
  | "cosine_proximity"
  | "dice"
  | "tversky";
/** `serialization.get("loss", …)` makes a {@link Loss} of each of these; a function's is its mean. */
export type LossIdentifier = LossName | LossFunction | Loss | SerializedObject;

/**
 * A quantity accumulated over batches. Its variables are made at the first `updateState` or `result`, in
 * the default graph of that moment, as local variables. `updateState` and `result` may be called more than
 * once: each adds operations on the same variables.
 */
export interface Metric extends Configurable {
  readonly name: string;
  readonly dtype?: FloatDType;
  readonly variables: readonly Variable[];
  /** The operation that takes in one batch. */
  updateState(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor | null): Operation;
  /**
   * The value so far, a scalar unless the metric is one per class. It reads its variables by `readValue()`,
   * so that under `graph.controlDependencies([update], …)` it sees what the update of the same run wrote.
   */
  result(): Tensor;
  /** The operation that forgets everything; also the one that must run before the first update. */
  resetState(): Operation;
}
/** Names of metrics; the engine chooses among the kinds of accuracy and cross-entropy by shapes. */
export type MetricName =
  | LossName
  | "accuracy"
  | "acc"
  | "crossentropy"
  | "ce"
  | "binary_accuracy"
  | "categorical_accuracy"
  | "sparse_categorical_accuracy"
  | "top_k_categorical_accuracy"
  | "sparse_top_k_categorical_accuracy"
  | "auc"
  | "precision"
  | "recall"
  | "true_positives"
  | "true_negatives"
  | "false_positives"
  | "false_negatives"
  | "precision_at_recall"
  | "recall_at_precision"
  | "sensitivity_at_specificity"
  | "specificity_at_sensitivity"
  | "f1_score"
  | "fbeta_score"
  | "mean_iou"
  | "iou"
  | "binary_iou"
  | "one_hot_iou"
  | "one_hot_mean_iou"
  | "root_mean_squared_error"
  | "r2_score"
  | "mean"
  | "sum";
/** `serialization.get("metric", …)` makes a {@link Metric} of each; a function's is its weighted mean. */
export type MetricIdentifier = MetricName | LossFunction | Metric | SerializedObject;

// ---- optimizers ----

/** Changes variables by gradients. Gradients are those of the total loss, regularization included. */
export interface Optimizer extends Configurable {
  readonly name: string;
  /** A variable that may be assigned between steps, or the tensor of a schedule. */
  readonly learningRate: Variable | Tensor;
  /** How many updates were applied; a scalar that `applyGradients` increments by 1. */
  readonly iterations: Variable;
  /** Everything it keeps: iterations, learning rate, slots; known in full after `applyGradients`. */
  variables(): readonly Variable[];
  /**
   * The operation of one update. Constraints of the variables are not its business: the engine applies them
   * after it. Pairs with a `null` gradient are skipped.
   */
  applyGradients(pairs: Iterable<readonly [gradient: Tensor | null, variable: Variable]>): Operation;
  /** Refuses options that it does not have. */
  checkOptions?(): void;
  /** Makes everything it keeps for these variables, before the first `applyGradients`. */
  build?(variables: readonly Variable[]): void;
  /** Whether it follows variables with moving averages: `useEma`. */
  readonly keepsAverages?: boolean;
  /** The moving average of a variable; `null` where it has none. */
  averageOf?(variable: Variable): Variable | null;
  /** The operation that sets variables to their averages: what ends a training with `useEma`. */
  finalizeVariableValues?(variables: readonly Variable[]): Operation;
}
export type OptimizerName =
  | "sgd"
  | "rmsprop"
  | "adam"
  | "adamw"
  | "adadelta"
  | "adagrad"
  | "adamax"
  | "nadam"
  | "ftrl"
  | "lion"
  | "lamb"
  | "adafactor"
  | "muon";
export type OptimizerIdentifier = OptimizerName | Optimizer | SerializedObject;

// ---- the registry: `serialization.get(kind, identifier)` ----

/** What `serialization.get` returns for each kind. */
export interface ObjectOfKind {
  activation: Activation;
  constraint: Constraint;
  initializer: Initializer;
  loss: Loss;
  metric: Metric;
  optimizer: Optimizer;
  regularizer: Regularizer;
}
/** What `serialization.get` accepts for each kind. */
export interface IdentifierOfKind {
  activation: ActivationIdentifier;
  constraint: ConstraintIdentifier;
  initializer: InitializerIdentifier;
  loss: LossIdentifier;
  metric: MetricIdentifier;
  optimizer: OptimizerIdentifier;
  regularizer: RegularizerIdentifier;
}
export type Kind = keyof ObjectOfKind;

// ---- models, as callbacks, summaries and drawings see them ----

/** One call of a layer: where its inputs came from, and the shapes at both ends. */
export interface NodeStructure {
  /** One entry for each input tensor; none for an input layer. */
  readonly inbound: readonly {
    readonly layer: LayerStructure;
    readonly nodeIndex: number;
    readonly tensorIndex: number;
  }[];
  readonly inputShapes: readonly PartialShape[];
  readonly outputShapes: readonly PartialShape[];
}

/** A layer as summaries and drawings see it. */
export interface LayerStructure extends Configurable {
  readonly name: string;
  /** Keras's class name: `Dense`, `InputLayer`. */
  readonly className: string;
  readonly dtype: NumericDType;
  readonly built: boolean;
  trainable: boolean;
  readonly trainableWeights: readonly Variable[];
  readonly nonTrainableWeights: readonly Variable[];
  /** Trainable weights, then the others. */
  readonly weights: readonly Variable[];
  /** Every call on Keras tensors, in order. */
  readonly inboundNodes: readonly NodeStructure[];
  /** Shape of the output of the first call, a list for several outputs; `null` before the first call. */
  readonly outputShape: Shape | readonly Shape[] | null;
  /** Number of weights' elements. @throws when not built */
  countParams(): number;
}

/** A model as callbacks, summaries and drawings see it. */
export interface ModelStructure extends LayerStructure {
  /** In topological order; a functional model's input layers included, a sequential one's left out. */
  readonly layers: readonly LayerStructure[];
  /** `functional` is drawn with its connections, `sequential` as a list, `subclass` as a list. */
  readonly kind: "sequential" | "functional" | "subclass";
  /** The calls that belong to this model; layers may be shared with other models. */
  readonly nodes: readonly NodeStructure[];
}

export interface TrainedModel extends ModelStructure {
  /** Set to end `fit` after the current batch. */
  stopTraining: boolean;
  /** Set in `onTrainBegin` to begin with a later epoch than `fit` was told; `null` for what it was told. */
  initialEpoch: number | null;
  /** Set by `compile`. */
  readonly optimizer: Optimizer | null;
  /** `loss`, then the metrics, in the order of `evaluate`'s results. */
  readonly metricsNames: readonly string[];
  /** The metrics of `compile`, for their preferred direction. */
  readonly metrics: readonly Metric[];
  getWeights(): Promise<NdArray<NumericDType>[]>;
  setWeights(weights: readonly NdArray[]): Promise<void>;
  /** Writes the whole model. */
  save?(path: string): Promise<void>;
  /** Writes the weights alone. */
  saveWeights?(path: string): Promise<void>;
  /** Refuses what `save` or, for weights alone, `saveWeights` would refuse. */
  checkSavePath?(path: string, weightsOnly: boolean): void;
  /** Writes the weights and what the optimizer keeps. */
  saveTrainingState?(path: string): Promise<void>;
  /** Reads what `saveTrainingState` wrote. */
  loadTrainingState?(path: string): Promise<void>;
}

// ---- callbacks ----

/** Values of a batch or an epoch by name: `loss`, metrics, and `val_…` at the end of an epoch. */
export type Logs = Record<string, number>;

/** What `setParams` tells before training, evaluation or prediction begins. */
export interface CallbackParams {
  readonly epochs: number;
  /** Batches of an epoch; `null` where the data does not say. */
  readonly steps: number | null;
  /** Rows of an epoch; `null` where the data does not say. */
  readonly samples: number | null;
  readonly batchSize: number | null;
  readonly verbose: 0 | 1 | 2;
  readonly doValidation: boolean;
  /** Names of the logs of a batch. */
  readonly metrics: readonly string[];
}

type Hook<A extends readonly unknown[]> = (...parameters: A) => void | Promise<void>;

/**
 * Follows training. All hooks are optional, may be asynchronous, and are awaited in turn. The engine calls
 * the callbacks of `fit` in the order given, then `History`, then the progress bar.
 */
export interface Callback {
  setParams?(params: CallbackParams): void;
  setModel?(model: TrainedModel): void;
  /** Before the first epoch of `fit`. */
  onTrainBegin?: Hook<[logs?: Logs]>;
  /** After the last epoch, with its logs. */
  onTrainEnd?: Hook<[logs?: Logs]>;
  /** Before each epoch, counted from 0. */
  onEpochBegin?: Hook<[epoch: number, logs?: Logs]>;
  /** After each epoch and its validation: `loss`, metrics and `val_…`. What is added, later callbacks see. */
  onEpochEnd?: Hook<[epoch: number, logs?: Logs]>;
  /** Before each batch of an epoch, counted from 0. */
  onTrainBatchBegin?: Hook<[batch: number, logs?: Logs]>;
  /** After each batch, with the means over the epoch so far. */
  onTrainBatchEnd?: Hook<[batch: number, logs?: Logs]>;
  /** Keras 2's name of {@link onTrainBatchBegin}. */
  onBatchBegin?: Hook<[batch: number, logs?: Logs]>;
  /** Keras 2's name of {@link onTrainBatchEnd}. */
  onBatchEnd?: Hook<[batch: number, logs?: Logs]>;
  /** Before an evaluation, be it of `evaluate` or the validation of an epoch. */
  onTestBegin?: Hook<[logs?: Logs]>;
  /** After an evaluation, with its results. */
  onTestEnd?: Hook<[logs?: Logs]>;
  /** Before each batch of an evaluation. */
  onTestBatchBegin?: Hook<[batch: number, logs?: Logs]>;
  /** After each batch of an evaluation, with the means so far. */
  onTestBatchEnd?: Hook<[batch: number, logs?: Logs]>;
  /** Before the first batch of `predict`. */
  onPredictBegin?: Hook<[logs?: Logs]>;
  /** After the last batch of `predict`. */
  onPredictEnd?: Hook<[logs?: Logs]>;
  /** Before each batch of `predict`. */
  onPredictBatchBegin?: Hook<[batch: number, logs?: Logs]>;
  /** After each batch of `predict`. */
  onPredictBatchEnd?: Hook<[batch: number, logs?: Logs]>;
}

/** The callback that `fit` returns, made by `callbacks/index.ts` as the class `History`. */
export interface HistoryCallback extends Callback {
  readonly epoch: readonly number[];
  readonly history: Readonly<Record<string, readonly number[]>>;
}
