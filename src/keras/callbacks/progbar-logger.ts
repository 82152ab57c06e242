/**
 * @file `ProgbarLogger`: draws a progress bar for every epoch of `fit`, for `evaluate` and for `predict`.
 * Follows `progbar_logger.py` of Keras 3, and of Keras 2 where that style is asked for.
 */
import { platform } from "#platform";
import type { OutputStream } from "../../platform/types.js";
import { recordOf, requireNoMore } from "../arguments.js";
import type { CallbackParams, Logs } from "../contracts.js";
import { type NamedValue, Progbar, type ProgbarStyle } from "../terminal/index.js";
import { Callback } from "./callback.js";

/** Options of {@link ProgbarLogger}. */
export interface ProgbarLoggerOptions {
  /** Keras 2 counts samples and writes `55000/55000 [====] - 2s - loss: …`. Default `"keras3"`. */
  readonly style?: ProgbarStyle;
  /** Where it is drawn. Default: the standard output. */
  readonly stream?: OutputStream;
  /** Milliseconds. Default: the platform's clock. */
  readonly now?: () => number;
}

/** Prints progress; `fit` adds one unless `verbose` is 0. `keras.callbacks.ProgbarLogger`. */
export class ProgbarLogger extends Callback {
  static override readonly name: string = "ProgbarLogger";
  private readonly style: ProgbarStyle;
  private readonly stream: OutputStream;
  private readonly now: () => number;
  private progbar: Progbar | null = null;
  private target: number | null = null;
  private seen = 0;
  private verbose: 0 | 1 | 2 = 1;
  private epochs = 1;
  /** Validation inside `fit` is silent. */
  private isInFit = false;

  constructor(options: ProgbarLoggerOptions = {}) {
    const { style = "keras3", stream = platform.stdout, now = platform.now, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["style", "stream", "now"]);
    super();
    this.style = style;
    this.stream = stream;
    this.now = now;
  }

  override setParams(params: CallbackParams): void {
    super.setParams(params);
    this.verbose = params.verbose;
    this.epochs = params.epochs;
    this.target = this.style === "keras3" ? params.steps : params.samples;
  }
  override onTrainBegin(): void {
    this.isInFit = true;
    if (this.style === "keras2" && this.verbose > 0 && this.target !== null)
      this.stream.write(`Train on ${this.target} samples\n`);
  }
  override onTrainEnd(): void {
    this.isInFit = false;
  }
  override onEpochBegin(epoch: number): void {
    this.begin();
    // Keras 3 first puts the bar up, then prints the head: the time of both is the bar's.
    if (this.verbose > 0 && (this.epochs > 1 || this.style === "keras2"))
      this.stream.write(`Epoch ${epoch + 1}/${this.epochs}\n`);
  }
  override onTrainBatchEnd(batch: number, logs?: Logs): void {
    this.advance(batch, logs);
  }
  override onEpochEnd(_epoch: number, logs?: Logs): void {
    this.finish(logs);
  }
  override onTestBegin(): void {
    if (!this.isInFit) this.begin();
  }
  override onTestBatchEnd(batch: number, logs?: Logs): void {
    if (!this.isInFit) this.advance(batch, logs);
  }
  override onTestEnd(logs?: Logs): void {
    if (!this.isInFit) this.finish(logs);
  }
  override onPredictBegin(): void {
    this.begin();
  }
  override onPredictBatchEnd(batch: number): void {
    this.advance(batch);
  }
  override onPredictEnd(): void {
    this.finish();
  }

  private begin(): void {
    this.seen = 0;
    this.progbar = this.barFor(this.target);
  }
  private barFor(target: number | null): Progbar {
    const { verbose, style, stream, now } = this;
    // The values are means over the epoch already: none is averaged once more.
    return new Progbar(target, { verbose, style, stream, now, statelessMetrics: [] });
  }
  private advance(batch: number, logs?: Logs): void {
    this.seen = this.countOf(batch + 1);
    if (this.verbose === 1) this.progbar?.update(this.seen, this.entries(logs), false);
  }
  private finish(logs?: Logs): void {
    if (this.target === null) {
      this.target = this.seen;
      if (this.progbar !== null) this.progbar.target = this.target;
    }
    // An epoch that was stopped shows how far it came, not a full bar.
    this.progbar?.update(this.seen === 0 ? this.target : this.seen, this.entries(logs), true);
    this.progbar = null;
  }

  /** Steps, or for Keras 2 the samples in them. */
  private countOf(steps: number): number {
    if (this.style === "keras3") return steps;
    const samples = steps * (this.params?.batchSize ?? 1);
    return this.target === null ? samples : Math.min(samples, this.target);
  }
  /** Keras 3 sorts the names; Keras 2 leaves loss first. */
  private entries(logs: Logs = {}): NamedValue[] {
    const entries = Object.entries(logs);
    return this.style === "keras3" ? entries.sort(([a], [b]) => (a < b ? -1 : 1)) : entries;
  }
}
