/** @file `ModelCheckpoint`. Follows `model_checkpoint.py` of Keras 3. */

import { ArgumentError, UnimplementedError } from "../../core/index.js";
import { recordOf, requireText } from "../arguments.js";
import type { Logs } from "../contracts.js";
import { fixed, formatTemplate } from "../terminal/index.js";
import { directoryOf, filesFor, say, warn } from "./callback.js";
import { MonitorCallback, type MonitorOptions } from "./monitor.js";

/** Options of {@link ModelCheckpoint}. */
export interface ModelCheckpointOptions extends MonitorOptions {
  /** 1 says what is saved and why. Default 0. */
  readonly verbose?: 0 | 1;
  /** Saves only where the watched value improved. Default false. */
  readonly saveBestOnly?: boolean;
  /** Saves the weights without the model. Default false. */
  readonly saveWeightsOnly?: boolean;
  /** After every epoch, or after so many batches. Default `"epoch"`. */
  readonly saveFreq?: "epoch" | number;
  /** The value that the first saving has to beat. Default: none. */
  readonly initialValueThreshold?: number | null;
}

/** Saves the model or its weights while it trains. `keras.callbacks.ModelCheckpoint`. */
export class ModelCheckpoint extends MonitorCallback {
  static override readonly name: string = "ModelCheckpoint";
  private readonly verbose: 0 | 1;
  private readonly saveBestOnly: boolean;
  private readonly saveWeightsOnly: boolean;
  private readonly saveFreq: "epoch" | number;
  private currentEpoch = 0;
  private batchesSinceSaving = 0;

  /**
   * @param filepath may contain `{epoch:02d}` (counted from 1), `{batch}` and names of logs: `{val_loss:.2f}`.
   *   Weights alone are written as a TensorFlow checkpoint of that prefix, which `model.loadWeights` and
   *   `tf.train.Saver` read. Keras's own endings, `.keras` and `.weights.h5`, are known, but not yet written
   * @throws ArgumentError for another ending of a whole model, or an unusable `saveFreq`
   */
  constructor(
    readonly filepath: string,
    options: ModelCheckpointOptions = {},
  ) {
    const {
      initialValueThreshold = null,
      verbose = 0,
      saveBestOnly = false,
      saveWeightsOnly = false,
      saveFreq = "epoch",
      ...watched
    } = recordOf(options, new.target);
    super(watched, 0, ["initialValueThreshold", "saveBestOnly", "saveWeightsOnly", "saveFreq"]);
    requireText(filepath, "filepath", new.target, '"runs/best"');
    this.best = initialValueThreshold;
    this.verbose = verbose;
    this.saveBestOnly = saveBestOnly;
    this.saveWeightsOnly = saveWeightsOnly;
    this.saveFreq = saveFreq;
    if (this.saveFreq !== "epoch" && !(Number.isInteger(this.saveFreq) && this.saveFreq > 0))
      throw new ArgumentError(`Unrecognized saveFreq: ${this.saveFreq}.`, {
        hint: "use 'epoch', or a whole number of batches",
      });
    if (this.saveWeightsOnly && /\.(keras|h5|hdf5)$/.test(filepath) && !filepath.endsWith(".weights.h5"))
      throw new ArgumentError(`With saveWeightsOnly, the path must end in .weights.h5, not "${filepath}".`, {
        hint: 'write for example "best", which is the prefix of a TensorFlow checkpoint',
      });
    if (!this.saveWeightsOnly && !filepath.endsWith(".keras") && !filepath.endsWith(".h5"))
      throw new ArgumentError(`The path of a model must end in .keras, not "${filepath}".`, {
        hint: "set saveWeightsOnly: true, with which the path is the prefix of a TensorFlow checkpoint",
      });
  }

  /** @throws UnimplementedError, before any training, for a path that the model cannot be written to */
  override onTrainBegin(): void {
    this.model.checkSavePath?.(this.filepath, this.saveWeightsOnly);
  }
  override onEpochBegin(epoch: number): void {
    this.currentEpoch = epoch;
  }
  override onTrainBatchEnd(batch: number, logs: Logs = {}): Promise<void> | undefined {
    if (this.saveFreq === "epoch" || ++this.batchesSinceSaving < this.saveFreq) return undefined;
    this.batchesSinceSaving = 0;
    return this.save(this.currentEpoch, logs, batch);
  }
  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    if (this.saveFreq === "epoch") await this.save(epoch, logs);
  }

  private async save(epoch: number, logs: Logs, batch?: number): Promise<void> {
    const path = formatTemplate(
      this.filepath,
      { epoch: epoch + 1, ...(batch === undefined ? {} : { batch: batch + 1 }), ...logs },
      ["epoch", "batch"],
    );
    // Every refusal comes before the best value is noted: what was not saved must not count as saved.
    const write = this.writer();
    if (!this.isDue(epoch, logs, path)) return;
    const files = filesFor("ModelCheckpoint");
    const directory = directoryOf(path);
    if (directory !== "") await files.makeDirectory(directory);
    if (await files.isDirectory(path))
      throw new ArgumentError(`ModelCheckpoint cannot write "${path}": that is a directory.`, {
        hint: "name a file that does not exist, or one to replace",
      });
    await write(path);
    if (this.saveBestOnly) this.best = this.monitored(logs) ?? this.best;
    if (this.verbose > 0) say(`\nEpoch ${epoch + 1}: finished saving model to ${path}`);
  }

  private writer(): (path: string) => Promise<void> {
    const { model } = this;
    const write = this.saveWeightsOnly ? model.saveWeights : model.save;
    if (write === undefined)
      throw new UnimplementedError(
        `${model.className} ${model.name} cannot save ${this.saveWeightsOnly ? "its weights" : "itself"}`,
        { hint: this.saveWeightsOnly ? "use model.getWeights()" : "set saveWeightsOnly: true" },
      );
    return (path) => write.call(model, path);
  }

  private isDue(epoch: number, logs: Logs, path: string): boolean {
    const tell = (text: string): void => {
      if (this.verbose > 0) say(`\nEpoch ${epoch + 1}: ${text}`);
    };
    const current = this.monitored(logs);
    if (!this.saveBestOnly || current === undefined) {
      if (this.saveBestOnly) warn(`Can save best model only with ${this.monitor} available.`);
      tell(`saving model to ${path}`);
      return true;
    }
    const best = this.best === null ? "None" : fixed(this.best, 5);
    const isBetter = this.isImprovement(current, this.best);
    tell(
      isBetter
        ? `${this.monitor} improved from ${best} to ${fixed(current, 5)}, saving model to ${path}`
        : `${this.monitor} did not improve from ${best}`,
    );
    return isBetter;
  }
}
