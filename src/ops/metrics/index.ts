/**
 * @file `tf.metrics`: measures that build up over many batches. Each is `[value, updateOp]`: run the update
 * with every batch and fetch the value when wanted.
 */
export { type AucOptions, auc } from "./auc.js";
export {
  falseNegatives,
  falsePositives,
  precision,
  recall,
  trueNegatives,
  truePositives,
} from "./confusion.js";
export type { Metric, MetricOptions } from "./local-metric.js";
export {
  accuracy,
  mean,
  meanAbsoluteError,
  meanRelativeError,
  meanSquaredError,
  percentageBelow,
  rootMeanSquaredError,
} from "./means.js";
