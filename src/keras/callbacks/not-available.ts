/** @file Callbacks of Keras that this version does not have: their names say what to use in their place. */
import { UnimplementedError } from "../../core/index.js";
import { Callback } from "./callback.js";

/** `keras.callbacks.BaseLogger` of Keras 2. @throws UnimplementedError always: `fit` does its work */
export class BaseLogger extends Callback {
  static override readonly name: string = "BaseLogger";
  constructor(..._arguments: readonly unknown[]) {
    super();
    throw new UnimplementedError("There is no callback BaseLogger: the means over an epoch are part of fit", {
      hint: "leave it out; callbacks are told the means as `logs`",
    });
  }
}

/** `keras.callbacks.TensorBoard`. @throws UnimplementedError always: event files come with a later version */
export class TensorBoard extends Callback {
  static override readonly name: string = "TensorBoard";
  constructor(..._arguments: readonly unknown[]) {
    super();
    throw new UnimplementedError("The callback TensorBoard comes with a later version, as event files do", {
      hint: "use CSVLogger, which writes the same values as a table",
    });
  }
}
