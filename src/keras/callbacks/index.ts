/** @file `keras.callbacks`: what follows training. Re-exports alone. */
export { BackupAndRestore, type BackupAndRestoreOptions } from "./backup-and-restore.js";
export { Callback } from "./callback.js";
export { CSVLogger, type CSVLoggerOptions } from "./csv-logger.js";
export { EarlyStopping, type EarlyStoppingOptions } from "./early-stopping.js";
export { History } from "./history.js";
export { LambdaCallback, type LambdaHooks } from "./lambda-callback.js";
export {
  type LearningRateSchedule,
  LearningRateScheduler,
  type LearningRateSchedulerOptions,
  ReduceLROnPlateau,
  type ReduceLROnPlateauOptions,
} from "./learning-rate.js";
export { ModelCheckpoint, type ModelCheckpointOptions } from "./model-checkpoint.js";
export type { MonitorMode, MonitorOptions } from "./monitor.js";
export { BaseLogger, TensorBoard } from "./not-available.js";
export { ProgbarLogger, type ProgbarLoggerOptions } from "./progbar-logger.js";
export { RemoteMonitor, type RemoteMonitorOptions } from "./remote-monitor.js";
export { SwapEMAWeights, type SwapEMAWeightsOptions } from "./swap-ema-weights.js";
export { TerminateOnNaN, type TerminateOnNaNOptions } from "./terminate-on-nan.js";
