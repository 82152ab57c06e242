/** @file Callbacks of Keras that this version does not have: their names say what to use in their place. */
import { UnimplementedError } from "../../core/index.js";
import { Callback } from "./callback.js";

/** `keras.callbacks.TensorBoard`. @throws UnimplementedError always: event files come with a later version */
export class TensorBoard extends Callback {
  constructor() {
    super();
    throw new UnimplementedError("The callback TensorBoard comes with a later version, as event files do", {
      hint: "use CSVLogger, which writes the same values as a table",
    });
  }
}
