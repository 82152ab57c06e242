/** @file `keras.callbacks`: what follows training. Re-exports alone. */
export { Callback } from "./callback.js";
export { CSVLogger, type CSVLoggerOptions } from "./csv-logger.js";
export { EarlyStopping, type EarlyStoppingOptions } from "./early-stopping.js";
export { History } from "./history.js";
export { ModelCheckpoint, type ModelCheckpointOptions } from "./model-checkpoint.js";
export type { MonitorMode, MonitorOptions } from "./monitor.js";
export { ProgbarLogger, type ProgbarLoggerOptions } from "./progbar-logger.js";
