/** @file `BackupAndRestore`. Follows `backup_and_restore.py` of Keras 3. */
import { ArgumentError, DataLossError } from "../../core/index.js";
import { recordOf, requireNoMore } from "../arguments.js";
import { Callback, filesFor } from "./callback.js";

/** Options of {@link BackupAndRestore}. */
export interface BackupAndRestoreOptions {
  /** After every epoch, or after so many batches. Default `"epoch"`. */
  readonly saveFreq?: "epoch" | number;
  /** Removes the backup when training has ended as it should. Default true. */
  readonly deleteCheckpoint?: boolean;
}

/** What is known of the backup beside the weights. */
interface Metadata {
  /** The epoch to go on with, from 0. */
  readonly epoch: number;
}

/**
 * Keeps what training needs to go on after an interruption: the same `fit` in another process begins with
 * the epoch that was not finished, with the weights and the optimizer's variables of the backup. What is
 * random (the order of rows, dropout) is drawn anew. Of an optimizer of `tf.train` nothing is kept.
 * `keras.callbacks.BackupAndRestore`.
 */
export class BackupAndRestore extends Callback {
  static override readonly name: string = "BackupAndRestore";
  private readonly saveFreq: "epoch" | number;
  private readonly deleteCheckpoint: boolean;
  private currentEpoch = 0;
  private batches = 0;

  /**
   * @param backupDir a directory of its own, made if need be; two trainings must not share one
   * @throws ArgumentError for an empty path or an unusable `saveFreq`
   */
  constructor(
    readonly backupDir: string,
    options: BackupAndRestoreOptions = {},
  ) {
    const { saveFreq = "epoch", deleteCheckpoint = true, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["saveFreq", "deleteCheckpoint"]);
    super();
    if (typeof backupDir !== "string" || backupDir === "")
      throw new ArgumentError("Empty `backup_dir` argument passed.", { hint: 'write for example "runs/backup"' });
    if (saveFreq !== "epoch" && !(Number.isInteger(saveFreq) && saveFreq > 0))
      throw new ArgumentError(`Invalid value for argument \`save_freq\`. Received: save_freq=${saveFreq}.`, {
        hint: "use 'epoch', or a whole number of batches",
      });
    this.saveFreq = saveFreq;
    this.deleteCheckpoint = deleteCheckpoint;
  }

  /**
   * @throws ArgumentError for a model without weights yet
   * @throws DataLossError, NotFoundError, InvalidArgumentError for a backup that is damaged or of another model
   */
  override async onTrainBegin(): Promise<void> {
    const { model } = this;
    if (!model.built)
      throw new ArgumentError(
        `To use the BackupAndRestore callback, your model must be built before you call \`fit()\`. Model ${model.name} is unbuilt.`,
        { hint: "tell it its input shape, or apply it to a tensor" },
      );
    this.currentEpoch = 0;
    this.batches = 0;
    const files = filesFor("BackupAndRestore");
    const path = files.join(this.backupDir, "training_metadata.json");
    if (!(await files.exists(path))) return;
    const { epoch } = parsed(new TextDecoder().decode(await files.read(path)), path);
    await model.loadTrainingState?.(files.join(this.backupDir, "latest"));
    this.currentEpoch = epoch;
    model.initialEpoch = epoch;
  }
  override onEpochBegin(epoch: number): void {
    this.currentEpoch = epoch;
  }
  override onTrainBatchEnd(): Promise<void> | undefined {
    if (this.saveFreq === "epoch" || ++this.batches % this.saveFreq !== 0) return undefined;
    return this.save();
  }
  override async onEpochEnd(epoch: number): Promise<void> {
    this.currentEpoch = epoch + 1;
    if (this.saveFreq === "epoch") await this.save();
  }
  override async onTrainEnd(): Promise<void> {
    if (this.deleteCheckpoint) await filesFor("BackupAndRestore").remove(this.backupDir);
  }

  private async save(): Promise<void> {
    const files = filesFor("BackupAndRestore");
    await files.makeDirectory(this.backupDir);
    // First what is told about, then what tells: an interruption in between repeats an epoch at most.
    await this.model.saveTrainingState?.(files.join(this.backupDir, "latest"));
    const metadata: Metadata = { epoch: this.currentEpoch };
    const bytes = new TextEncoder().encode(JSON.stringify(metadata));
    await files.writeAtomic(files.join(this.backupDir, "training_metadata.json"), bytes);
  }
}

function parsed(text: string, path: string): Metadata {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  const { epoch } = (value ?? {}) as Partial<Metadata>;
  if (typeof epoch === "number" && Number.isInteger(epoch) && epoch >= 0) return { epoch };
  throw new DataLossError(`${path} does not say which epoch the backup is of`, {
    hint: "remove the directory to begin anew",
  });
}
