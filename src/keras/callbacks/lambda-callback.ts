/** @file `LambdaCallback`: a callback of functions. Follows `lambda_callback.py` of Keras 3. */
import { recordOf, requireFunction, requireNoMore } from "../arguments.js";
import type { Callback as CallbackHooks } from "../contracts.js";
import { Callback } from "./callback.js";

/** The hooks of a {@link LambdaCallback}, each as a function. */
export type LambdaHooks = Omit<CallbackHooks, "setParams" | "setModel">;

/** The hooks that may be given as functions. */
export const hookNames: { readonly [Hook in keyof LambdaHooks]-?: true } = {
  onTrainBegin: true,
  onTrainEnd: true,
  onEpochBegin: true,
  onEpochEnd: true,
  onTrainBatchBegin: true,
  onTrainBatchEnd: true,
  onBatchBegin: true,
  onBatchEnd: true,
  onTestBegin: true,
  onTestEnd: true,
  onTestBatchBegin: true,
  onTestBatchEnd: true,
  onPredictBegin: true,
  onPredictEnd: true,
  onPredictBatchBegin: true,
  onPredictBatchEnd: true,
};

/**
 * A callback made of the functions given, by the names of the hooks:
 * `new LambdaCallback({ onEpochEnd: (epoch, logs) => … })`. `keras.callbacks.LambdaCallback`.
 */
export class LambdaCallback extends Callback {
  static override readonly name: string = "LambdaCallback";
  /** @throws ArgumentError for a hook that does not exist, or is no function */
  constructor(hooks: LambdaHooks = {}) {
    for (const [name, hook] of Object.entries(recordOf(hooks, new.target))) {
      if (!Object.hasOwn(hookNames, name)) requireNoMore({ [name]: hook }, new.target, Object.keys(hookNames));
      if (hook !== undefined) requireFunction(hook, name, new.target);
    }
    super();
    Object.assign(this, hooks);
  }
}
