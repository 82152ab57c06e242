/**
 * @file Callbacks: what the training loop tells, and when. Follows `callbacks.py` of TFLearn; a callback
 * may also be asynchronous.
 */
import { ArgumentError, describe, StrataError } from "../core/index.js";

/** What callbacks learn about the training. The trainer changes it; callbacks only read it. */
export interface TrainingState {
  /** The current epoch, from 1; it goes on counting at the next `fit`. */
  readonly epoch: number;
  /** Batches so far, over all epochs and fits. */
  readonly step: number;
  /** Samples of this epoch so far, of the training operation that trained last. */
  readonly currentIter: number;
  /** Moving averages over the batches, of the operation that trained last; `null` before, or unasked. */
  readonly lossValue: number | null;
  /** The moving average of the metric; `null` where it is not shown. */
  readonly accValue: number | null;
  /** Of the validation that just took place; `null` where none did. */
  readonly valLoss: number | null;
  /** The metric of validation; `null` where there was none. */
  readonly valAcc: number | null;
  /** Values of the validation monitors of that validation. */
  readonly validationMonitors: readonly number[];
  /** The best validation metric so far. */
  readonly bestAccuracy: number;
  /** The sum of the losses, and the mean of the metrics, of all training operations in this batch. */
  readonly globalLoss: number;
  /** The mean of the metrics of all operations; `null` where they are not shown. */
  readonly globalAcc: number | null;
  /** Seconds that the batches of this epoch took so far. */
  readonly stepTime: number;
}

type Hook = void | Promise<void>;

/** Base of callbacks; each method does nothing until it is overridden. */
export abstract class Callback {
  onTrainBegin(_state: TrainingState): Hook {}
  onEpochBegin(_state: TrainingState): Hook {}
  onBatchBegin(_state: TrainingState): Hook {}
  /** Before one training operation's step of a batch. */
  onSubBatchBegin(_state: TrainingState): Hook {}
  /** After one training operation's step. @param _trainIndex which, in the order of the regressions */
  onSubBatchEnd(_state: TrainingState, _trainIndex: number): Hook {}
  /** After all of them. @param _snapshot whether a validation took place */
  onBatchEnd(_state: TrainingState, _snapshot: boolean): Hook {}
  onEpochEnd(_state: TrainingState): Hook {}
  /** At the end, also after an error or {@link StopIteration}. */
  onTrainEnd(_state: TrainingState): Hook {}
}

/**
 * Thrown by a callback, ends the training early: `fit` returns as if the last epoch were over. Any other
 * error ends it too, and `fit` throws it.
 */
export class StopIteration extends StrataError {
  static override readonly name: string = "StopIteration";
  override readonly code = "STOP_ITERATION";
  constructor(message = "The training was stopped by a callback") {
    super(message);
  }
}

/** Several callbacks as one, each told in the order of adding. */
export class ChainCallback extends Callback {
  private readonly callbacks: Callback[] = [];

  constructor(callbacks: readonly Callback[] = []) {
    super();
    for (const callback of callbacks) this.add(callback);
  }

  /** @throws ArgumentError for what is no callback */
  add(callback: Callback): void {
    if (!(callback instanceof Callback))
      throw new ArgumentError(`${describe(callback)} is an invalid Callback object`, {
        hint: "extend the class tflearn.callbacks.Callback",
      });
    this.callbacks.push(callback);
  }

  override onTrainBegin(state: TrainingState): Hook {
    return this.tell((callback) => callback.onTrainBegin(state));
  }
  override onEpochBegin(state: TrainingState): Hook {
    return this.tell((callback) => callback.onEpochBegin(state));
  }
  override onBatchBegin(state: TrainingState): Hook {
    return this.tell((callback) => callback.onBatchBegin(state));
  }
  override onSubBatchBegin(state: TrainingState): Hook {
    return this.tell((callback) => callback.onSubBatchBegin(state));
  }
  override onSubBatchEnd(state: TrainingState, trainIndex: number): Hook {
    return this.tell((callback) => callback.onSubBatchEnd(state, trainIndex));
  }
  override onBatchEnd(state: TrainingState, snapshot: boolean): Hook {
    return this.tell((callback) => callback.onBatchEnd(state, snapshot));
  }
  override onEpochEnd(state: TrainingState): Hook {
    return this.tell((callback) => callback.onEpochEnd(state));
  }
  override onTrainEnd(state: TrainingState): Hook {
    return this.tell((callback) => callback.onTrainEnd(state));
  }

  private async tell(event: (callback: Callback) => Hook): Promise<void> {
    for (const callback of this.callbacks) {
      const pending = event(callback);
      if (pending !== undefined) await pending;
    }
  }
}
