/** @file The layers of TFLearn. */

export {
  type Bidirectional,
  type BidirectionalOptions,
  bidirectionalRnn,
  type CellState,
} from "./bidirectional.js";
export {
  BasicLSTMCell,
  BasicRNNCell,
  type CellOptions,
  type GatedCellOptions,
  GRUCell,
  type LstmCellOptions,
  RNNCell,
} from "./cells.js";
export {
  avgPool1d,
  avgPool2d,
  type Conv1dOptions,
  type Conv2dOptions,
  conv1d,
  conv2d,
  conv2dTranspose,
  globalAvgPool,
  globalMaxPool,
  maxPool1d,
  maxPool2d,
  type PaddingName,
  type Pool1dOptions,
  type PoolOptions,
  upsample2d,
  type WindowSize,
} from "./convolution.js";
export {
  activation,
  customLayer,
  type DropoutOptions,
  dropout,
  flatten,
  fullyConnected,
  type HighwayOptions,
  highway,
  type InputDataOptions,
  type InputShape,
  inputData,
  multiTargetData,
  type OneHotEncodingOptions,
  oneHotEncoding,
  reshape,
  type SingleUnitOptions,
  singleUnit,
  type Weights,
} from "./core.js";
export { type EmbeddingOptions, embedding } from "./embedding.js";
export { type RegressionOptions, regression } from "./estimator.js";
export { type GatedWeights, groupedConv2d, highwayConv1d, highwayConv2d } from "./gated-convolution.js";
export type { NamedLayerOptions, VariableLayerOptions, WeightLayerOptions } from "./layer.js";
export { type MergeMode, type MergeOptions, merge, mergeOutputs, timeDistributed } from "./merge.js";
export {
  type BatchNormalizationOptions,
  batchNormalization,
  type LocalResponseNormalizationOptions,
  l2Normalize,
  localResponseNormalization,
} from "./normalization.js";
export {
  type GatedOptions,
  gru,
  type LstmOptions,
  lstm,
  type RecurrentOptions,
  type RecurrentWeights,
  simpleRnn,
} from "./recurrent.js";
export {
  type DensenetOptions,
  densenetBlock,
  type ResidualOptions,
  residualBlock,
  residualBottleneck,
  resnextBlock,
} from "./residual.js";
