/** @file `tf.nn`: activations, losses, convolutions and pooling. */
export { elu, relu, relu6, selu, sigmoid, softplus, softsign, tanh } from "../unary.js";
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
export { avgPool, maxPool, type PoolOptions } from "./pooling.js";
