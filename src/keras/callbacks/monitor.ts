/**
 * @file What callbacks that watch one value share: which name, and whether less or more is better. Follows
 * `monitor_callback.py` of Keras 3, which asks the metrics; here their classes and names tell.
 */

import { ArgumentError } from "../../core/index.js";
import { recordOf, requireNoMore, requireNumber, requireText } from "../arguments.js";
import type { Logs } from "../contracts.js";
import { nameOf, snakeCase } from "../registry.js";
import { Callback } from "./callback.js";

/** Whether a smaller or a larger value is better. */
export type MonitorMode = "auto" | "min" | "max";

/** Which value a callback watches. */
export interface MonitorOptions {
  /** Name of the value to watch. Default `"val_loss"`. */
  readonly monitor?: string;
  /** `"auto"` knows the direction of `loss` and of the metrics of Keras. Default `"auto"`. */
  readonly mode?: MonitorMode;
}

const largerIsBetter = [
  "accuracy",
  "acc",
  "binary_accuracy",
  "categorical_accuracy",
  "sparse_categorical_accuracy",
  "top_k_categorical_accuracy",
  "sparse_top_k_categorical_accuracy",
  "auc",
  "precision",
  "recall",
  "precision_at_recall",
  "recall_at_precision",
  "sensitivity_at_specificity",
  "specificity_at_sensitivity",
  "true_positives",
  "true_negatives",
  "f1_score",
  "fbeta_score",
  "f_beta_score",
  "iou",
  "io_u",
  "mean_iou",
  "mean_io_u",
  "binary_iou",
  "binary_io_u",
  "one_hot_iou",
  "one_hot_io_u",
  "one_hot_mean_iou",
  "one_hot_mean_io_u",
  "r2_score",
  "cosine_similarity",
  "pearson_correlation",
  "concordance_correlation",
];
const smallerIsBetter = [
  "loss",
  "mean_squared_error",
  "mse",
  "root_mean_squared_error",
  "mean_absolute_error",
  "mae",
  "mean_absolute_percentage_error",
  "mape",
  "mean_squared_logarithmic_error",
  "msle",
  "log_cosh",
  "logcosh",
  "log_cosh_error",
  "hinge",
  "squared_hinge",
  "categorical_hinge",
  "kl_divergence",
  "kullback_leibler_divergence",
  "kld",
  "poisson",
  "binary_crossentropy",
  "bce",
  "categorical_crossentropy",
  "sparse_categorical_crossentropy",
  "crossentropy",
  "ce",
  "false_positives",
  "false_negatives",
  "huber",
];
type Direction = Exclude<MonitorMode, "auto">;
const directions = new Map<string, Direction>([
  ...largerIsBetter.map((name) => [name, "max"] as const),
  ...smallerIsBetter.map((name) => [name, "min"] as const),
]);

/** Base of callbacks that watch a value. */
export abstract class MonitorCallback extends Callback {
  readonly monitor: string;
  readonly mode: MonitorMode;
  /** The best value so far. */
  best: number | null = null;
  private readonly minDelta: number;
  private direction: Direction | null = null;

  /**
   * @param minDelta a change by less is no improvement; its sign does not matter
   * @param known the names of a subclass's own options
   * @throws ArgumentError for an unknown option or mode
   */
  constructor(options: MonitorOptions, minDelta = 0, known: readonly string[] = []) {
    const { monitor = "val_loss", mode = "auto", ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["monitor", "mode", "verbose", ...known]);
    super();
    if (mode !== "auto" && mode !== "min" && mode !== "max")
      throw new ArgumentError(`${new.target.name} mode '${mode}' is unknown`, { hint: "use 'auto', 'min' or 'max'" });
    this.monitor = requireText(monitor, "monitor", new.target, '"val_loss"');
    this.mode = mode;
    this.minDelta = Math.abs(requireNumber(minDelta, "min_delta", new.target));
  }

  /** The watched value; `undefined` where the logs lack it. NaN is a value, never an improvement. */
  protected monitored(logs: Logs): number | undefined {
    return Object.hasOwn(logs, this.monitor) ? logs[this.monitor] : undefined;
  }
  /** What a warning about a missing value adds. */
  protected available(logs: Logs): string {
    return `Available metrics are: ${Object.keys(logs).join(",")}`;
  }

  /**
   * Whether a value is better than a reference by at least the least difference; anything is better than none.
   * @throws ArgumentError where the direction is to be found and cannot
   */
  protected isImprovement(value: number, reference: number | null): boolean {
    this.direction ??= this.mode === "auto" ? this.findDirection() : this.mode;
    if (reference === null) return true;
    return this.direction === "min" ? value + this.minDelta < reference : value - this.minDelta > reference;
  }

  private findDirection(): Direction {
    const name = this.monitor.replace(/^val_/, "");
    const metric = this.model.metrics.find((candidate) => candidate.name === name);
    const found =
      (metric && directions.get(snakeCase(nameOf(metric.constructor)))) ?? directions.get(name) ?? this.ofOutput(name);
    if (found !== undefined) return found;
    throw new ArgumentError(
      `${this.constructor.name} watches '${this.monitor}', and cannot tell whether more or less of it is better.`,
      { hint: "pass mode: 'max' where the largest value is the best, or mode: 'min'" },
    );
  }
  /** With several outputs, names begin with the output's: `digits_accuracy`. */
  private ofOutput(name: string): Direction | undefined {
    const cut = name.indexOf("_");
    if (cut < 0) return undefined;
    const rest = name.slice(cut + 1);
    return directions.get(rest) ?? this.ofOutput(rest);
  }
}
