/** @file How much predicted and true regions overlap, class by class. Follows `iou_metrics.py` of Keras 3. */
import { ArgumentError, type DType } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { diagPart, gather, oneHot, reshape, where, zerosLike } from "../../ops/array/index.js";
import { cast } from "../../ops/cast.js";
import { matmul } from "../../ops/index.js";
import { broadcastLike } from "../../ops/like.js";
import { argmax } from "../../ops/reduce-arg.js";
import { recordOf, requireNoMore, requireNumbers } from "../arguments.js";
import type { Config } from "../contracts.js";
import { Metric, type MetricOptions, type StateShapes, type Values } from "./metric.js";

/** Options of {@link MeanIoU} and {@link OneHotMeanIoU}. */
export interface MeanIoUOptions extends Omit<MetricOptions, "dtype"> {
  /** How many classes there are. */
  readonly numClasses: number;
  /** Labels of this class are left out. Default: none. */
  readonly ignoreClass?: number | null;
  /** Labels are class numbers, not one-hot. Default true. */
  readonly sparseYTrue?: boolean;
  /** Predictions are class numbers, not scores. Default true. */
  readonly sparseYPred?: boolean;
  /** The axis of the classes, where there is one. Default −1. */
  readonly axis?: number;
}
/** Options of {@link IoU} and {@link OneHotIoU}. */
export interface IoUOptions extends MeanIoUOptions {
  /** The classes to average over. */
  readonly targetClassIds: readonly number[];
}

const epsilon = 1e-7;

/**
 * The mean over some classes of intersection over union: `tp / (tp + fp + fn)`. `keras.metrics.IoU`.
 */
export class IoU extends Metric<"total_confusion_matrix"> {
  readonly numClasses: number;
  readonly targetClassIds: readonly number[];
  readonly ignoreClass: number | null;
  readonly sparseYTrue: boolean;
  readonly sparseYPred: boolean;
  readonly axis: number;

  /** @throws ArgumentError without a number of classes, or for a target class that does not exist */
  constructor(options: IoUOptions, defaultName?: string) {
    const {
      name,
      numClasses,
      targetClassIds,
      ignoreClass = null,
      sparseYTrue = true,
      sparseYPred = true,
      axis = -1,
      // Counts are whole numbers, whatever Keras's configs say.
      dtype: _,
      ...rest
    } = recordOf<IoUOptions & MetricOptions>(options, new.target);
    requireNoMore(rest, new.target, ["numClasses", "targetClassIds", "ignoreClass", "sparseYTrue", "sparseYPred"]);
    super({ name }, defaultName);
    if (!(Number.isInteger(numClasses) && numClasses > 0))
      throw new ArgumentError(`IoU needs to know the number of classes, got ${numClasses}`, {
        hint: "pass the metric with its options: new keras.metrics.MeanIoU({ numClasses: 3 })",
      });
    const largest = Math.max(...requireNumbers(targetClassIds, "target_class_ids", new.target));
    if (!(largest < numClasses))
      throw new ArgumentError(`Target class id ${largest} is out of range, which is [0, ${numClasses}).`);
    this.numClasses = numClasses;
    this.targetClassIds = [...targetClassIds];
    this.ignoreClass = ignoreClass;
    this.sparseYTrue = sparseYTrue;
    this.sparseYPred = sparseYPred;
    this.axis = axis;
  }
  protected override get stateDType(): DType {
    return "int32";
  }
  protected stateShapes(): StateShapes<"total_confusion_matrix"> {
    return { total_confusion_matrix: [this.numClasses, this.numClasses] };
  }

  /** Counts pairs of label and prediction; what is no class counts nowhere, and weights are whole numbers. */
  protected batch(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null): Values<"total_confusion_matrix"> {
    const flat = (x: Tensor, isSparse: boolean): Tensor => {
      const classes = isSparse ? cast(x, "int32") : (argmax(x, this.axis) as Tensor);
      return reshape(classes as Tensor, [-1]) as Tensor;
    };
    const [y, p] = [flat(yTrue, this.sparseYTrue), flat(yPred, this.sparseYPred)];
    const rows = (classes: Tensor): Tensor => oneHot(classes as Tensor<"int32">, this.numClasses) as Tensor;
    const whole =
      sampleWeight === null ? null : (reshape(cast(cast(sampleWeight, "int32"), "float32"), [-1]) as Tensor);
    const weights = whole === null ? null : (reshape(broadcastLike(whole, y), [-1, 1]) as Tensor);
    const counted =
      this.ignoreClass === null
        ? null
        : (reshape(cast(y.notEqual(this.ignoreClass) as Tensor, "float32"), [-1, 1]) as Tensor);
    const labels = [weights, counted].reduce<Tensor>((x, factor) => (factor === null ? x : x.mul(factor)), rows(y));
    const matrix = matmul(labels, rows(p), { transposeA: true }) as Tensor;
    return { total_confusion_matrix: cast(matrix, "int32") };
  }

  protected resultOf({ total_confusion_matrix: matrix }: Values<"total_confusion_matrix">): Tensor {
    const counts: Tensor = cast(matrix, this.dtype);
    const diagonal: Tensor = diagPart(counts);
    const union = (counts.reduceSum(0) as Tensor).add(counts.reduceSum(1) as Tensor).sub(diagonal) as Tensor;
    const [tp, all] = [diagonal, union].map((x) => gather(x, this.targetClassIds) as Tensor) as [Tensor, Tensor];
    const occurs = all.greater(1e-9) as Tensor<"bool">;
    const ratios = where(occurs, tp.div(all.add(epsilon)) as Tensor, zerosLike(all) as Tensor) as Tensor;
    const number = cast(occurs, this.dtype).reduceSum().add(epsilon) as Tensor;
    return (ratios.reduceSum() as Tensor).div(number);
  }

  override getConfig(): Config {
    const { numClasses, targetClassIds, ignoreClass, sparseYTrue, sparseYPred, axis } = this;
    return {
      name: this.name,
      dtype: "int64",
      num_classes: numClasses,
      target_class_ids: targetClassIds,
      ignore_class: ignoreClass,
      sparse_y_true: sparseYTrue,
      sparse_y_pred: sparseYPred,
      axis,
    };
  }
}

const allOf = (numClasses: number): number[] =>
  Array.from({ length: Number.isInteger(numClasses) ? numClasses : 0 }, (_, i) => i);

/** A config without some options. */
function without(config: Config, ...names: readonly string[]): Config {
  return Object.fromEntries(Object.entries(config).filter(([name]) => !names.includes(name)));
}

/** The mean over all classes of intersection over union. `keras.metrics.MeanIoU`. */
export class MeanIoU extends IoU {
  constructor(options: MeanIoUOptions, defaultName?: string) {
    super({ ...recordOf(options, new.target), targetClassIds: allOf(options.numClasses) }, defaultName);
  }
  override getConfig(): Config {
    return without(super.getConfig(), "target_class_ids");
  }
}

/** {@link IoU} of one-hot labels and scores. `keras.metrics.OneHotIoU`. */
export class OneHotIoU extends IoU {
  constructor(options: Omit<IoUOptions, "sparseYTrue">) {
    const { sparseYPred = false } = recordOf(options, new.target);
    super({ ...options, sparseYTrue: false, sparseYPred });
  }
  override getConfig(): Config {
    return without(super.getConfig(), "sparse_y_true");
  }
}

/** {@link MeanIoU} of one-hot labels and scores. `keras.metrics.OneHotMeanIoU`. */
export class OneHotMeanIoU extends MeanIoU {
  constructor(options: Omit<MeanIoUOptions, "sparseYTrue">) {
    const { sparseYPred = false } = recordOf(options, new.target);
    super({ ...options, sparseYTrue: false, sparseYPred });
  }
  override getConfig(): Config {
    return without(super.getConfig(), "sparse_y_true");
  }
}

/** Options of {@link BinaryIoU}. */
export interface BinaryIoUOptions extends Omit<MetricOptions, "dtype"> {
  /** Which of the classes 0 and 1 to average over. Default both. */
  readonly targetClassIds?: readonly number[];
  /** Predictions from it on are 1. Default 0.5. */
  readonly threshold?: number;
}
/** {@link IoU} of labels 0 and 1 and probabilities. `keras.metrics.BinaryIoU`. */
export class BinaryIoU extends IoU {
  readonly threshold: number;
  constructor(options: BinaryIoUOptions = {}) {
    const { targetClassIds = [0, 1], threshold = 0.5, name, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["targetClassIds", "threshold", "name"]);
    super({ numClasses: 2, targetClassIds, name });
    this.threshold = threshold;
  }
  protected override batch(
    yTrue: Tensor,
    yPred: Tensor,
    sampleWeight: Tensor | null,
  ): Values<"total_confusion_matrix"> {
    return super.batch(yTrue, yPred.greaterEqual(this.threshold) as Tensor, sampleWeight);
  }
  override getConfig(): Config {
    const { targetClassIds, threshold, name } = this;
    return { name, dtype: "int64", target_class_ids: targetClassIds, threshold };
  }
}
