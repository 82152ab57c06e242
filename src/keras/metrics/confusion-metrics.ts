/** @file Counts of right and wrong answers, precision and recall. Follows `confusion_metrics.py` of Keras 3. */
import { ArgumentError } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { where, zerosLike } from "../../ops/array/index.js";
import { safeDivide } from "../../ops/losses/safe-divide.js";
import { recordOf } from "../arguments.js";
import type { Config } from "../contracts.js";
import { type CountOptions, countOutcomes, evenThresholds, lowest, type Outcome, thresholdsOf } from "./confusion.js";
import { Metric, type MetricOptions, type StateShapes, type Values } from "./metric.js";

/** From which predictions on a row counts as positive. */
export interface ThresholdsOption {
  /** One or several in [0, 1], above which a prediction says yes. Default 0.5. */
  readonly thresholds?: number | readonly number[] | null;
}

/** The value of a single threshold, or those of all. */
const single = (values: Tensor, thresholds: readonly number[]): Tensor =>
  thresholds.length === 1 ? values.at(0) : values;

/** Base of the metrics made of one or more counts of outcomes. */
abstract class OutcomeMetric<Name extends Outcome> extends Metric<Name> {
  protected abstract readonly outcomes: readonly Name[];
  protected abstract readonly counting: CountOptions;

  protected stateShapes(): StateShapes<Name> {
    const shape = [this.counting.thresholds.values.length];
    return Object.fromEntries(this.outcomes.map((name) => [name, shape])) as StateShapes<string> as StateShapes<Name>;
  }
  protected batch(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null): Values<Name> {
    const counts = countOutcomes(yTrue, yPred, sampleWeight, this.counting);
    const kept = this.outcomes.map((name) => [name, counts[name].cast(this.dtype)]);
    return Object.fromEntries(kept) as Values<Name>;
  }
}

// ---- counts ----

abstract class OutcomeCount<Name extends Outcome> extends OutcomeMetric<Name> {
  protected readonly outcomes: readonly Name[];
  protected readonly counting: CountOptions;
  readonly thresholds: number | readonly number[] | null;
  constructor(
    private readonly outcome: Name,
    given: MetricOptions & ThresholdsOption,
  ) {
    const { thresholds = null, ...options } = recordOf(given, new.target);
    super(options);
    this.thresholds = thresholds;
    this.outcomes = [outcome];
    this.counting = { thresholds: thresholdsOf(thresholds, 0.5) };
  }
  protected resultOf(values: Values<Name>): Tensor {
    return single(values[this.outcome], this.counting.thresholds.values);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), thresholds: this.thresholds };
  }
}

/** How many yeses are right. `keras.metrics.TruePositives`. */
export class TruePositives extends OutcomeCount<"true_positives"> {
  constructor(options: MetricOptions & ThresholdsOption = {}) {
    super("true_positives", options);
  }
}
/** How many yeses are wrong. `keras.metrics.FalsePositives`. */
export class FalsePositives extends OutcomeCount<"false_positives"> {
  constructor(options: MetricOptions & ThresholdsOption = {}) {
    super("false_positives", options);
  }
}
/** How many nos are right. `keras.metrics.TrueNegatives`. */
export class TrueNegatives extends OutcomeCount<"true_negatives"> {
  constructor(options: MetricOptions & ThresholdsOption = {}) {
    super("true_negatives", options);
  }
}
/** How many nos are wrong. `keras.metrics.FalseNegatives`. */
export class FalseNegatives extends OutcomeCount<"false_negatives"> {
  constructor(options: MetricOptions & ThresholdsOption = {}) {
    super("false_negatives", options);
  }
}

// ---- precision and recall ----

/** Options of {@link Precision} and {@link Recall}. */
export interface PrecisionOptions extends MetricOptions, ThresholdsOption {
  /** Only the `k` largest predictions of a row may say yes; thresholds then default to none. Default: all. */
  readonly topK?: number | null;
  /** Only this class is looked at. Default: all. */
  readonly classId?: number | null;
}

abstract class ShareOfTruePositives<Wrong extends "false_positives" | "false_negatives"> extends OutcomeMetric<
  "true_positives" | Wrong
> {
  protected readonly outcomes: readonly ("true_positives" | Wrong)[];
  protected readonly counting: CountOptions;
  readonly thresholds: number | readonly number[] | null;
  constructor(
    private readonly wrong: Wrong,
    given: PrecisionOptions,
  ) {
    const { thresholds = null, topK = null, classId = null, ...options } = recordOf(given, new.target);
    super(options);
    this.thresholds = thresholds;
    this.outcomes = ["true_positives", wrong];
    this.counting = { thresholds: thresholdsOf(thresholds, topK === null ? 0.5 : lowest), topK, classId };
  }
  protected resultOf(values: Values<"true_positives" | Wrong>): Tensor {
    const right: Tensor = values.true_positives;
    const wrong: Tensor = values[this.wrong];
    return single(safeDivide(right, right.add(wrong)), this.counting.thresholds.values);
  }
  override getConfig(): Config {
    const { topK = null, classId = null } = this.counting;
    return { ...super.getConfig(), thresholds: this.thresholds, top_k: topK, class_id: classId };
  }
}

/** How often a yes is right; 0 without any. `keras.metrics.Precision`. */
export class Precision extends ShareOfTruePositives<"false_positives"> {
  constructor(options: PrecisionOptions = {}) {
    super("false_positives", options);
  }
}
/** How many of those to be found are found; 0 without any. `keras.metrics.Recall`. */
export class Recall extends ShareOfTruePositives<"false_negatives"> {
  constructor(options: PrecisionOptions = {}) {
    super("false_negatives", options);
  }
}

// ---- the best of one rate where another is good enough ----

/** Options of metrics that look for the best value of one rate at a value of another. */
export interface RateOptions extends MetricOptions {
  /** How many thresholds, evenly spread over [0, 1], are tried. Default 200. */
  readonly numThresholds?: number;
  /** Only this class is looked at. Default: all. */
  readonly classId?: number | null;
}

const allOutcomes = ["true_positives", "false_positives", "true_negatives", "false_negatives"] as const;
const rates = {
  sensitivity: (c) => safeDivide(c.true_positives, c.true_positives.add(c.false_negatives) as Tensor),
  specificity: (c) => safeDivide(c.true_negatives, c.true_negatives.add(c.false_positives) as Tensor),
  precision: (c) => safeDivide(c.true_positives, c.true_positives.add(c.false_positives) as Tensor),
} as const satisfies Record<string, (counts: Values<Outcome>) => Tensor>;

abstract class BestRate extends OutcomeMetric<Outcome> {
  protected readonly outcomes: readonly Outcome[] = allOutcomes;
  protected readonly counting: CountOptions;
  readonly numThresholds: number;
  readonly classId: number | null;
  constructor(
    private readonly best: keyof typeof rates,
    private readonly bound: { readonly rate: keyof typeof rates; readonly argument: string; readonly least: number },
    given: RateOptions,
  ) {
    const { numThresholds = 200, classId = null, ...options } = recordOf(given, new.target);
    super(options);
    if (typeof bound.least !== "number" || !(bound.least >= 0 && bound.least <= 1))
      throw new ArgumentError(
        `Argument \`${bound.argument}\` must be in the range [0, 1]. Received: ${bound.argument}=${bound.least}`,
      );
    if (!(Number.isInteger(numThresholds) && numThresholds > 0))
      throw new ArgumentError(
        `Argument \`num_thresholds\` must be an integer > 0. Received: num_thresholds=${numThresholds}`,
      );
    this.numThresholds = numThresholds;
    this.classId = classId;
    const values = numThresholds === 1 ? [0.5] : evenThresholds(numThresholds);
    this.counting = { thresholds: { values, areEven: numThresholds > 1 }, classId };
  }
  protected resultOf(counts: Values<Outcome>): Tensor {
    const isGoodEnough = rates[this.bound.rate](counts).greaterEqual(this.bound.least) as Tensor<"bool">;
    const candidates = rates[this.best](counts);
    return (where(isGoodEnough, candidates, zerosLike(candidates) as Tensor) as Tensor).reduceMax() as Tensor;
  }
  override getConfig(): Config {
    const { numThresholds, classId, bound } = this;
    return {
      ...super.getConfig(),
      num_thresholds: numThresholds,
      class_id: classId,
      [bound.argument]: bound.least,
    };
  }
}

/** The best sensitivity at thresholds of at least this specificity. `keras.metrics.SensitivityAtSpecificity`. */
export class SensitivityAtSpecificity extends BestRate {
  /** @throws ArgumentError for a specificity outside [0, 1] */
  constructor(specificity: number, options: RateOptions = {}) {
    super("sensitivity", { rate: "specificity", argument: "specificity", least: specificity }, options);
  }
  static override fromConfig({ specificity, ...config }: Config): never {
    return new SensitivityAtSpecificity(specificity as number, rateOptions(config)) as never;
  }
}
/** The best specificity at thresholds of at least this sensitivity. `keras.metrics.SpecificityAtSensitivity`. */
export class SpecificityAtSensitivity extends BestRate {
  /** @throws ArgumentError for a sensitivity outside [0, 1] */
  constructor(sensitivity: number, options: RateOptions = {}) {
    super("specificity", { rate: "sensitivity", argument: "sensitivity", least: sensitivity }, options);
  }
  static override fromConfig({ sensitivity, ...config }: Config): never {
    return new SpecificityAtSensitivity(sensitivity as number, rateOptions(config)) as never;
  }
}
/** The best precision at thresholds of at least this recall. `keras.metrics.PrecisionAtRecall`. */
export class PrecisionAtRecall extends BestRate {
  /** @throws ArgumentError for a recall outside [0, 1] */
  constructor(recall: number, options: RateOptions = {}) {
    super("precision", { rate: "sensitivity", argument: "recall", least: recall }, options);
  }
  static override fromConfig({ recall, ...config }: Config): never {
    return new PrecisionAtRecall(recall as number, rateOptions(config)) as never;
  }
}
/** The best recall at thresholds of at least this precision. `keras.metrics.RecallAtPrecision`. */
export class RecallAtPrecision extends BestRate {
  /** @throws ArgumentError for a precision outside [0, 1] */
  constructor(precision: number, options: RateOptions = {}) {
    super("sensitivity", { rate: "precision", argument: "precision", least: precision }, options);
  }
  static override fromConfig({ precision, ...config }: Config): never {
    return new RecallAtPrecision(precision as number, rateOptions(config)) as never;
  }
}

const rateOptions = (config: Config): RateOptions => ({
  name: config.name as string,
  numThresholds: (config.num_thresholds as number | undefined) ?? 200,
  classId: (config.class_id as number | null | undefined) ?? null,
});
