/** @file `History`: the values of every epoch, which `fit` returns. Imports the contracts alone. */
import type { HistoryCallback, Logs } from "../contracts.js";
import { Callback } from "./callback.js";

/** Remembers the logs of every epoch, each name as a list. `keras.callbacks.History`. */
export class History extends Callback implements HistoryCallback {
  static override readonly name: string = "History";
  /** Numbers of the epochs, from 0. */
  epoch: number[] = [];
  /** `{ loss: [0.9, 0.5], val_loss: [0.8, 0.6] }`; goes on growing over several calls of `fit`. */
  readonly history: Record<string, number[]> = {};

  override onTrainBegin(): void {
    this.epoch = [];
  }
  override onEpochEnd(epoch: number, logs: Logs = {}): void {
    this.epoch.push(epoch);
    for (const [name, value] of Object.entries(logs)) {
      this.history[name] ??= [];
      this.history[name].push(value);
    }
  }
}
