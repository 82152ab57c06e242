/** @file `TerminateOnNaN`. Follows `terminate_on_nan.py` of Keras 3. */
import { OpError } from "../../core/index.js";
import { recordOf, requireNoMore } from "../arguments.js";
import type { Logs } from "../contracts.js";
import { floatText } from "../terminal/index.js";
import { Callback, say } from "./callback.js";

/** Options of {@link TerminateOnNaN}. */
export interface TerminateOnNaNOptions {
  /** Throws in place of ending the training quietly. Default false. */
  readonly raiseError?: boolean;
}

/** Ends the training when the loss is no longer a finite number. `keras.callbacks.TerminateOnNaN`. */
export class TerminateOnNaN extends Callback {
  static override readonly name: string = "TerminateOnNaN";
  private readonly raiseError: boolean;

  constructor(options: TerminateOnNaNOptions = {}) {
    const { raiseError = false, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["raiseError"]);
    super();
    this.raiseError = raiseError;
  }

  /** @throws OpError where asked for */
  override onTrainBatchEnd(batch: number, { loss }: Logs = {}): void {
    if (loss === undefined || Number.isFinite(loss)) return;
    if (this.raiseError)
      throw new OpError(`NaN or Inf loss encountered at batch ${batch}. Loss value: ${floatText(loss)}.`, {
        hint: "lower the learning rate, or look at the data for values that are not finite",
      });
    say(`Batch ${batch}: Invalid loss, terminating training`);
    this.model.stopTraining = true;
  }
}
