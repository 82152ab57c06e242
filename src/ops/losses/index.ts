/** @file `tf.losses`: what training minimizes. Every loss joins the collection LOSSES of its graph. */
export {
  hingeLoss,
  type SmoothingOption,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  sparseSoftmaxCrossEntropy,
} from "./classification.js";
export { addLoss, getLosses, getRegularizationLoss, getRegularizationLosses, getTotalLoss } from "./collection.js";
export {
  absoluteDifference,
  cosineDistance,
  huberLoss,
  logLoss,
  meanPairwiseSquaredError,
  meanSquaredError,
} from "./regression.js";
export { computeWeightedLoss, type LossOptions, Reduction, type WeightOptions } from "./weighted-loss.js";
