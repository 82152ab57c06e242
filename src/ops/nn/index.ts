/** @file `tf.nn`: activations, losses, convolutions and pooling. */
export { elu, relu, relu6, selu, sigmoid, softplus, softsign, tanh } from "../unary.js";
