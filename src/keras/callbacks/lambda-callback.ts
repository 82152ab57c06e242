/** @file `LambdaCallback`: a callback of functions. Follows `lambda_callback.py` of Keras 3. */
import type { Callback as CallbackHooks } from "../contracts.js";
import { Callback } from "./callback.js";

/** The hooks of a {@link LambdaCallback}, each as a function. */
export type LambdaHooks = Omit<CallbackHooks, "setParams" | "setModel">;

/**
 * A callback made of the functions given, by the names of the hooks:
 * `new LambdaCallback({ onEpochEnd: (epoch, logs) => … })`. `keras.callbacks.LambdaCallback`.
 */
export class LambdaCallback extends Callback {
  static override readonly name: string = "LambdaCallback";
  constructor(hooks: LambdaHooks) {
    super();
    Object.assign(this, hooks);
  }
}
