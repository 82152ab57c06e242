/**
 * @file The base class of callbacks, and how they speak to the user. Follows `callback.py` of Keras 3.
 * Imports the contracts, `core` and `platform`.
 */
import { platform } from "#platform";
import { FailedPreconditionError, UnimplementedError } from "../../core/index.js";
import type { FileSystem } from "../../platform/types.js";
import type { Callback as CallbackHooks, CallbackParams, Logs, TrainedModel } from "../contracts.js";

type Hook = void | Promise<void>;

/**
 * Base of callbacks. A subclass declares the hooks it wants; each may be asynchronous and is awaited.
 * Hooks that nobody declares cost nothing. `keras.callbacks.Callback`.
 *
 *     class Printer extends Callback {
 *       override onEpochEnd(epoch: number, logs: Logs) { console.log(epoch, logs.loss); }
 *     }
 */
export abstract class Callback implements CallbackHooks {
  /** What `fit`, `evaluate` or `predict` told; `null` before. */
  params: CallbackParams | null = null;
  private currentModel: TrainedModel | null = null;

  /** The model being trained. @throws FailedPreconditionError before training begins */
  get model(): TrainedModel {
    if (this.currentModel === null)
      throw new FailedPreconditionError(`The callback ${this.constructor.name} has no model yet`, {
        hint: "pass it to model.fit(…, { callbacks: [callback] }), or call its setModel()",
      });
    return this.currentModel;
  }

  setParams(params: CallbackParams): void {
    this.params = params;
  }
  setModel(model: TrainedModel): void {
    this.currentModel = model;
  }

  onTrainBegin?(logs?: Logs): Hook;
  onTrainEnd?(logs?: Logs): Hook;
  /** @param epoch counted from 0 */
  onEpochBegin?(epoch: number, logs?: Logs): Hook;
  /** @param logs `loss`, metrics and `val_…`; what a callback adds, the ones after it see */
  onEpochEnd?(epoch: number, logs?: Logs): Hook;
  onTrainBatchBegin?(batch: number, logs?: Logs): Hook;
  /** @param logs means over the epoch so far */
  onTrainBatchEnd?(batch: number, logs?: Logs): Hook;
  /** Keras 2's name of `onTrainBatchBegin`. */
  onBatchBegin?(batch: number, logs?: Logs): Hook;
  /** Keras 2's name of `onTrainBatchEnd`. */
  onBatchEnd?(batch: number, logs?: Logs): Hook;
  onTestBegin?(logs?: Logs): Hook;
  onTestEnd?(logs?: Logs): Hook;
  onTestBatchBegin?(batch: number, logs?: Logs): Hook;
  onTestBatchEnd?(batch: number, logs?: Logs): Hook;
  onPredictBegin?(logs?: Logs): Hook;
  onPredictEnd?(logs?: Logs): Hook;
  onPredictBatchBegin?(batch: number, logs?: Logs): Hook;
  onPredictBatchEnd?(batch: number, logs?: Logs): Hook;
}

/** Writes a line to the standard output. */
export const say = (line: string): void => platform.stdout.write(`${line}\n`);

/** Writes a warning, which does not end the training. */
export const warn = (message: string): void => platform.stderr.write(`Warning: ${message}\n`);

/** The host's files. @throws UnimplementedError in browsers */
export function filesFor(what: string): FileSystem {
  if (platform.files === undefined)
    throw new UnimplementedError(`${what} writes files, and there are none in a browser`, {
      hint: "use History, LambdaCallback or RemoteMonitor there",
    });
  return platform.files;
}

/** The directory part of a path, with `/` or `\` between the names; empty where there is none. */
export const directoryOf = (path: string): string => path.slice(0, Math.max(0, path.search(/[\\/][^\\/]*$/)));
