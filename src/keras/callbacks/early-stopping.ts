/** @file `EarlyStopping`. Follows `early_stopping.py` of Keras 3. */

import { NdArray, type NumericDType } from "../../core/index.js";
import { recordOf, requireNumber } from "../arguments.js";
import type { Logs } from "../contracts.js";
import { say, warn } from "./callback.js";
import { MonitorCallback, type MonitorOptions } from "./monitor.js";

/** Options of {@link EarlyStopping}. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** A change by less is no improvement. Default 0. */
  readonly minDelta?: number;
  /** Epochs without improvement after which training stops; 0 and 1 are alike. Default 0. */
  readonly patience?: number;
  /** 1 says so when it stops. Default 0. */
  readonly verbose?: 0 | 1;
  /** A value that must be beaten for an improvement to count. Default: none. */
  readonly baseline?: number | null;
  /** Puts the weights of the best epoch back at the end. Default false. */
  readonly restoreBestWeights?: boolean;
  /** Epochs before this one are not looked at. Default 0. */
  readonly startFromEpoch?: number;
}

/** Stops training when a value no longer improves. `keras.callbacks.EarlyStopping`. */
export class EarlyStopping extends MonitorCallback {
  static override readonly name: string = "EarlyStopping";
  /** The epoch after which it stopped, counted from 0; 0 where it did not. */
  stoppedEpoch = 0;
  /** The epoch of the best value, counted from 0. */
  bestEpoch = 0;
  private readonly patience: number;
  private readonly verbose: 0 | 1;
  private readonly baseline: number | null;
  private readonly restoreBestWeights: boolean;
  private readonly startFromEpoch: number;
  private wait = 0;
  private bestWeights: NdArray<NumericDType>[] | null = null;

  constructor(options: EarlyStoppingOptions = {}) {
    const {
      minDelta = 0,
      patience = 0,
      verbose = 0,
      baseline = null,
      restoreBestWeights = false,
      startFromEpoch = 0,
      ...watched
    } = recordOf(options, new.target);
    super(watched, minDelta, ["minDelta", "patience", "baseline", "restoreBestWeights", "startFromEpoch"]);
    this.patience = requireNumber(patience, "patience", new.target);
    this.verbose = verbose;
    this.baseline = baseline;
    this.restoreBestWeights = restoreBestWeights;
    this.startFromEpoch = requireNumber(startFromEpoch, "start_from_epoch", new.target);
  }

  override onTrainBegin(): void {
    this.wait = 0;
    this.stoppedEpoch = 0;
    this.best = null;
    this.bestWeights = null;
    this.bestEpoch = 0;
  }

  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    const current = this.monitored(logs);
    if (current === undefined)
      warn(`Early stopping conditioned on metric '${this.monitor}' which is not available. ${this.available(logs)}`);
    if (current === undefined || epoch < this.startFromEpoch) return;
    // Should nothing ever improve (NaN), the first weights are the best there are.
    if (this.restoreBestWeights && this.bestWeights === null) await this.keepWeights(epoch);
    this.wait += 1;
    if (this.isImprovement(current, this.best)) {
      this.best = current;
      this.bestEpoch = epoch;
      if (this.restoreBestWeights) await this.keepWeights(epoch);
      if (this.baseline === null || this.isImprovement(current, this.baseline)) this.wait = 0;
      return;
    }
    if (this.wait >= this.patience && epoch > 0) {
      this.stoppedEpoch = epoch;
      this.model.stopTraining = true;
    }
  }

  override async onTrainEnd(): Promise<void> {
    if (this.stoppedEpoch > 0 && this.verbose > 0) say(`Epoch ${this.stoppedEpoch + 1}: early stopping`);
    if (this.bestWeights === null) return;
    if (this.verbose > 0) say(`Restoring model weights from the end of the best epoch: ${this.bestEpoch + 1}.`);
    await this.model.setWeights(this.bestWeights);
  }

  private async keepWeights(epoch: number): Promise<void> {
    // Training goes on meanwhile: these must not be views of what it changes.
    const weights = await this.model.getWeights();
    this.bestWeights = weights.map(({ dtype, shape, data }) => new NdArray<NumericDType>(dtype, shape, data.slice()));
    this.bestEpoch = epoch;
  }
}
