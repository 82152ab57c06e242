/** @file `ModelSaver`: checkpoints while training. Follows `ModelSaver` in `callbacks.py` of TFLearn. */
import { Callback, type TrainingState } from "./callbacks.js";

export interface ModelSaverOptions {
  /** Writes a checkpoint. */
  readonly save: (path: string, step?: number) => Promise<unknown>;
  /** Prefix of the checkpoints of every snapshot: `<path>-<step>`. */
  readonly checkpointPath: string | null;
  /** Prefix of the best ones: `<path><validation metric times 10,000>`. */
  readonly bestCheckpointPath: string | null;
  /** What a validation metric must exceed to be the best. */
  readonly bestValAccuracy: number;
  readonly snapshotStep: number | null;
  readonly snapshotEpoch: boolean;
}

/** Saves at the end of epochs, every so many steps, and whenever the validation metric is the best so far. */
export class ModelSaver extends Callback {
  /** The best validation metric so far. */
  bestValAccuracy: number;

  constructor(private readonly options: ModelSaverOptions) {
    super();
    this.bestValAccuracy = options.bestValAccuracy;
  }

  override onEpochEnd({ step }: TrainingState): void | Promise<void> {
    const { snapshotEpoch, snapshotStep, checkpointPath } = this.options;
    // A step that has just been saved needs no second checkpoint of the same name.
    const isSaved = snapshotStep !== null && step % snapshotStep === 0;
    if (snapshotEpoch && !isSaved && checkpointPath !== null) return this.save(checkpointPath, step);
  }

  override async onSubBatchEnd({ valAcc }: TrainingState): Promise<void> {
    const { bestCheckpointPath } = this.options;
    if (valAcc === null || !(valAcc > this.bestValAccuracy)) return;
    this.bestValAccuracy = valAcc;
    if (bestCheckpointPath !== null) await this.save(`${bestCheckpointPath}${Math.round(valAcc * 10_000)}`);
  }

  override onBatchEnd({ step }: TrainingState): void | Promise<void> {
    const { checkpointPath, snapshotStep } = this.options;
    if (checkpointPath !== null && snapshotStep !== null && step % snapshotStep === 0)
      return this.save(checkpointPath, step);
  }

  private async save(path: string, step?: number): Promise<void> {
    await this.options.save(path, step);
  }
}
