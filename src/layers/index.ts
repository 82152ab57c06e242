/** @file `tf.layers`: layers that make their own weights, as functions and as classes. */
export { BatchNormalization, type BatchNormalizationOptions, batchNormalization } from "./batch-normalization.js";
export type { RenormClipping } from "./batch-renormalization.js";
export { Conv1D, type Conv1dOptions, Conv2D, type Conv2dOptions, conv1d, conv2d } from "./convolution.js";
export { SeparableConv2D, type SeparableConv2dOptions, separableConv2d } from "./convolution-separable.js";
export { Conv2DTranspose, type Conv2dTransposeOptions, conv2dTranspose } from "./convolution-transpose.js";
export { Dense, dense } from "./dense.js";
export { Dropout, type DropoutLayerOptions, dropout } from "./dropout.js";
export { Flatten, flatten } from "./flatten.js";
export { Layer, type LayerCallOptions, type LayerOptions, type WeightOptions } from "./layer.js";
export type { Activation, DataFormat, KernelOptions, LayerPadding } from "./options.js";
export {
  AveragePooling1D,
  AveragePooling2D,
  averagePooling1d,
  averagePooling2d,
  MaxPooling1D,
  MaxPooling2D,
  maxPooling1d,
  maxPooling2d,
  type PoolingOptions,
} from "./pooling.js";
export {
  AveragePooling3D,
  averagePooling3d,
  Conv3D,
  Conv3DTranspose,
  conv3d,
  conv3dTranspose,
  MaxPooling3D,
  maxPooling3d,
} from "./three-dimensional.js";
export type { Training, TrainingOption } from "./training.js";
