/** @file `keras.layers`: every layer, known to the registry under Keras's names. */
import { registerLayers } from "../engine/layer-registry.js";
import { ELU, LeakyReLU, PReLU, ReLU, Softmax, ThresholdedReLU } from "./activations.js";
import { Bidirectional } from "./bidirectional.js";
import { Conv1D, Conv2D, Conv2DTranspose, DepthwiseConv2D, SeparableConv2D } from "./convolution.js";
import { Activation, ActivityRegularization, Dense, Embedding, Identity, Masking } from "./core.js";
import { InputLayer } from "./input.js";
import { Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract } from "./merging.js";
import { AlphaDropout, Dropout, GaussianDropout, GaussianNoise, SpatialDropout1D, SpatialDropout2D } from "./noise.js";
import { BatchNormalization, LayerNormalization, Rescaling, UnitNormalization } from "./normalization.js";
import {
  AveragePooling1D,
  AveragePooling2D,
  GlobalAveragePooling1D,
  GlobalAveragePooling2D,
  GlobalMaxPooling1D,
  GlobalMaxPooling2D,
  MaxPooling1D,
  MaxPooling2D,
} from "./pooling.js";
import { GRU, LSTM, SimpleRNN } from "./recurrent.js";
import {
  Cropping1D,
  Cropping2D,
  Flatten,
  Permute,
  RepeatVector,
  Reshape,
  UpSampling1D,
  UpSampling2D,
  ZeroPadding1D,
  ZeroPadding2D,
} from "./reshaping.js";
import * as volumes from "./three-dimensional.js";
import { TimeDistributed } from "./wrappers.js";

export type { InputSpec } from "../engine/input-spec.js";
export { type ApplyOptions, type CallOptions, Layer, type LayerOptions, type WeightOptions } from "../engine/layer.js";
export {
  ELU,
  type ELUOptions,
  LeakyReLU,
  type LeakyReLUOptions,
  PReLU,
  type PReLUOptions,
  ReLU,
  type ReLUOptions,
  Softmax,
  type SoftmaxOptions,
  ThresholdedReLU,
  type ThresholdedReLUOptions,
} from "./activations.js";
export * from "./aliases.js";
export { Bidirectional, type BidirectionalOptions, type MergeMode } from "./bidirectional.js";
export {
  Conv1D,
  type Conv1DOptions,
  Conv2D,
  type Conv2DOptions,
  Conv2DTranspose,
  type Conv2DTransposeOptions,
  type ConvolutionPadding,
  DepthwiseConv2D,
  type DepthwiseConv2DOptions,
  SeparableConv2D,
  type SeparableConv2DOptions,
} from "./convolution.js";
export {
  Activation,
  ActivityRegularization,
  Dense,
  type DenseOptions,
  Embedding,
  type EmbeddingOptions,
  Identity,
  type KernelOptions,
  Lambda,
  type LambdaFunction,
  Masking,
  type MaskingOptions,
  type PenaltyOptions,
} from "./core.js";
export { InputLayer, type InputOptions, input } from "./input.js";
export {
  Add,
  Average,
  add,
  average,
  Concatenate,
  type ConcatenateOptions,
  concatenate,
  Dot,
  type DotOptions,
  dot,
  Maximum,
  Minimum,
  Multiply,
  maximum,
  minimum,
  multiply,
  Subtract,
  subtract,
} from "./merging.js";
export {
  AlphaDropout,
  Dropout,
  type DropoutOptions,
  GaussianDropout,
  GaussianNoise,
  type NoiseOptions,
  SpatialDropout1D,
  SpatialDropout2D,
} from "./noise.js";
export {
  BatchNormalization,
  type BatchNormalizationOptions,
  LayerNormalization,
  type LayerNormalizationOptions,
  Rescaling,
  type RescalingOptions,
  UnitNormalization,
  type UnitNormalizationOptions,
} from "./normalization.js";
export {
  AveragePooling1D,
  AveragePooling2D,
  GlobalAveragePooling1D,
  GlobalAveragePooling2D,
  GlobalMaxPooling1D,
  GlobalMaxPooling2D,
  type GlobalPoolingOptions,
  MaxPooling1D,
  MaxPooling2D,
  type Pooling1DOptions,
  type Pooling2DOptions,
} from "./pooling.js";
export {
  GRU,
  type GRUOptions,
  LSTM,
  type LSTMOptions,
  type RecurrentOptions,
  SimpleRNN,
} from "./recurrent.js";
export {
  type Borders,
  Cropping1D,
  Cropping2D,
  Flatten,
  Permute,
  RepeatVector,
  Reshape,
  UpSampling1D,
  UpSampling2D,
  ZeroPadding1D,
  ZeroPadding2D,
} from "./reshaping.js";
export {
  AveragePooling3D,
  Conv3D,
  Conv3DTranspose,
  Cropping3D,
  GlobalAveragePooling3D,
  GlobalMaxPooling3D,
  MaxPooling3D,
  SpatialDropout3D,
  UpSampling3D,
  ZeroPadding3D,
} from "./three-dimensional.js";
export { TimeDistributed, Wrapper } from "./wrappers.js";

registerLayers(
  [
    Activation,
    ActivityRegularization,
    Add,
    AlphaDropout,
    Average,
    AveragePooling1D,
    AveragePooling2D,
    BatchNormalization,
    Bidirectional,
    Concatenate,
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    Cropping1D,
    Cropping2D,
    Dense,
    DepthwiseConv2D,
    Dot,
    Dropout,
    ELU,
    Embedding,
    Flatten,
    GRU,
    GaussianDropout,
    GaussianNoise,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    Identity,
    InputLayer,
    LSTM,
    LayerNormalization,
    LeakyReLU,
    Masking,
    MaxPooling1D,
    MaxPooling2D,
    Maximum,
    Minimum,
    Multiply,
    PReLU,
    Permute,
    ReLU,
    RepeatVector,
    Rescaling,
    Reshape,
    SeparableConv2D,
    SimpleRNN,
    Softmax,
    SpatialDropout1D,
    SpatialDropout2D,
    Subtract,
    ThresholdedReLU,
    TimeDistributed,
    UnitNormalization,
    UpSampling1D,
    UpSampling2D,
    ZeroPadding1D,
    ZeroPadding2D,
  ],
  "keras.layers",
);
// So that a config of theirs says that there are none.
registerLayers(Object.values(volumes), "keras.layers");
