/**
 * @file Callbacks that change the learning rate: `LearningRateScheduler` and `ReduceLROnPlateau`. Follow
 * `learning_rate_scheduler.py` and `reduce_lr_on_plateau.py` of Keras 3.
 */
import { ArgumentError, describe } from "../../core/index.js";
import { Variable } from "../../ops/index.js";
import { recordOf, requireFunction, requireNoMore, requireNumber } from "../arguments.js";
import type { Logs, TrainedModel } from "../contracts.js";
import { getValue, setValue } from "../engine/session.js";
import { floatText } from "../terminal/index.js";
import { Callback, say, warn } from "./callback.js";
import { MonitorCallback, type MonitorOptions } from "./monitor.js";

/** The learning rate of a model as something that can be read and set. */
function learningRateOf(model: TrainedModel, who: string): Variable {
  const rate = model.optimizer?.learningRate;
  if (rate instanceof Variable) return rate;
  throw new ArgumentError(
    rate === undefined
      ? `${who} needs an optimizer, and the model ${model.name} has none`
      : `${who} cannot set a learning rate that follows a schedule of its own`,
    { hint: "call compile() with an optimizer whose learning rate is a number" },
  );
}
async function readRate(model: TrainedModel, who: string): Promise<number> {
  return Number((await getValue(learningRateOf(model, who))).data[0]);
}

/** The rate of an epoch, counted from 0. @param learningRate the one in force */
export type LearningRateSchedule = (epoch: number, learningRate: number) => number;

/** Options of {@link LearningRateScheduler}. */
export interface LearningRateSchedulerOptions {
  /** 1 says what it sets. Default 0. */
  readonly verbose?: 0 | 1;
}

/**
 * Sets the learning rate at the beginning of every epoch, and logs it as `learning_rate`.
 * `keras.callbacks.LearningRateScheduler`.
 */
export class LearningRateScheduler extends Callback {
  static override readonly name: string = "LearningRateScheduler";
  private readonly verbose: 0 | 1;

  constructor(
    readonly schedule: LearningRateSchedule,
    options: LearningRateSchedulerOptions = {},
  ) {
    const { verbose = 0, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["verbose"]);
    super();
    requireFunction(schedule, "schedule", new.target);
    this.verbose = verbose;
  }

  /** @throws ArgumentError where the schedule returns no finite number */
  override async onEpochBegin(epoch: number): Promise<void> {
    const variable = learningRateOf(this.model, "LearningRateScheduler");
    const rate: unknown = this.schedule(epoch, await readRate(this.model, "LearningRateScheduler"));
    if (typeof rate !== "number" || !Number.isFinite(rate))
      throw new ArgumentError(`The schedule of LearningRateScheduler returned ${describe(rate)} for epoch ${epoch}.`, {
        hint: "return the learning rate as a number",
      });
    await setValue(variable, rate);
    if (this.verbose > 0)
      say(`\nEpoch ${epoch + 1}: LearningRateScheduler setting learning rate to ${floatText(rate)}.`);
  }
  override async onEpochEnd(_epoch: number, logs: Logs = {}): Promise<void> {
    logs.learning_rate = await readRate(this.model, "LearningRateScheduler");
  }
}

/** Options of {@link ReduceLROnPlateau}. */
export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** What the rate is multiplied by; less than 1. Default 0.1. */
  readonly factor?: number;
  /** Epochs without improvement before the rate falls. Default 10. */
  readonly patience?: number;
  /** 1 says what it sets. Default 0. */
  readonly verbose?: 0 | 1;
  /** A change by less is no improvement. Default 0.0001. */
  readonly minDelta?: number;
  /** Epochs to wait after the rate fell. Default 0. */
  readonly cooldown?: number;
  /** The least rate. Default 0. */
  readonly minLr?: number;
}

/**
 * Lowers the learning rate when a value no longer improves, and logs it as `learning_rate`.
 * `keras.callbacks.ReduceLROnPlateau`.
 */
export class ReduceLROnPlateau extends MonitorCallback {
  static override readonly name: string = "ReduceLROnPlateau";
  private readonly factor: number;
  private readonly patience: number;
  private readonly verbose: 0 | 1;
  private readonly cooldown: number;
  private readonly minLr: number;
  private cooldownLeft = 0;
  private wait = 0;

  /** @throws ArgumentError for a factor of 1 or more */
  constructor(options: ReduceLROnPlateauOptions = {}) {
    const {
      factor = 0.1,
      patience = 10,
      verbose = 0,
      minDelta = 1e-4,
      cooldown = 0,
      minLr = 0,
      ...watched
    } = recordOf(options, new.target);
    super(watched, minDelta, ["minDelta", "patience", "factor", "cooldown", "minLr"]);
    this.factor = requireNumber(factor, "factor", new.target);
    this.patience = requireNumber(patience, "patience", new.target);
    this.verbose = verbose;
    this.cooldown = requireNumber(cooldown, "cooldown", new.target);
    this.minLr = requireNumber(minLr, "min_lr", new.target);
    if (!(this.factor < 1))
      throw new ArgumentError(`ReduceLROnPlateau does not support a factor >= 1.0, got ${this.factor}`, {
        hint: "use for example factor: 0.1, which divides the rate by ten",
      });
  }

  override onTrainBegin(): void {
    this.best = null;
    this.cooldownLeft = 0;
    this.wait = 0;
  }

  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    logs.learning_rate = await readRate(this.model, "ReduceLROnPlateau");
    const current = this.monitored(logs);
    if (current === undefined) {
      warn(
        `Learning rate reduction is conditioned on metric '${this.monitor}' which is not available. ` +
          this.available(logs),
      );
      return;
    }
    if (this.cooldownLeft > 0) {
      this.cooldownLeft -= 1;
      this.wait = 0;
    }
    if (this.isImprovement(current, this.best)) {
      this.best = current;
      this.wait = 0;
    } else if (this.cooldownLeft === 0) {
      this.wait += 1;
      if (this.wait >= this.patience) await this.reduce(epoch, logs.learning_rate);
    }
  }

  private async reduce(epoch: number, rate: number): Promise<void> {
    // The rate is stored in float32: a least rate that was reached must not look smaller than it is.
    if (rate <= Math.fround(this.minLr)) return;
    const reduced = Math.max(rate * this.factor, this.minLr);
    await setValue(learningRateOf(this.model, "ReduceLROnPlateau"), reduced);
    if (this.verbose > 0)
      say(`\nEpoch ${epoch + 1}: ReduceLROnPlateau reducing learning rate to ${floatText(reduced)}.`);
    this.cooldownLeft = this.cooldown;
    this.wait = 0;
  }
}
