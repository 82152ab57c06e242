/** @file `tf.nn`: activations, losses, convolutions and pooling. */
export { elu, relu, relu6, selu, sigmoid, softplus, softsign, tanh } from "../unary.js";
export { crelu, gelu, type LeakyReluOptions, leakyRelu, swish } from "./activations.js";
export { biasAdd, reluLayer, xwPlusB } from "./bias.js";
export {
  atrousConv2d,
  type Conv2dOptions,
  type ConvolutionOptions,
  conv1d,
  conv2d,
  conv2dTranspose,
  convolution,
  type DepthwiseOptions,
  depthwiseConv2d,
  type Padding,
  separableConv2d,
} from "./convolution.js";
export {
  softmaxCrossEntropyWithLogits,
  softmaxCrossEntropyWithLogitsV2,
  sparseSoftmaxCrossEntropyWithLogits,
} from "./cross-entropy.js";
export { type DropoutOptions, dropout } from "./dropout.js";
export { embeddingLookup } from "./embedding.js";
export { l2Loss, zeroFraction } from "./losses.js";
export {
  batchNormalization,
  type L2NormalizeOptions,
  l2Normalize,
  type MomentsOptions,
  moments,
} from "./normalization.js";
export { avgPool, maxPool, type PoolOptions } from "./pooling.js";
export { sigmoidCrossEntropyWithLogits, weightedCrossEntropyWithLogits } from "./sigmoid-cross-entropy.js";
export { logSoftmax, type SoftmaxOptions, softmax } from "./softmax.js";
export { inTopK, type TopKOptions, topK } from "./top-k.js";
