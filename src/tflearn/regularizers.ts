/**
 * @file Regularizers: penalties of weights, which join the loss by themselves. Follows `regularizers.py`
 * (`losses.py` in 2017) of TFLearn.
 */
import { ArgumentError, callSiteOf, captureCallSite, describe } from "../core/index.js";
import { GraphKeys, type Tensor } from "../graph/index.js";
import { abs, multiply, nn, reduceSum, Variable } from "../ops/index.js";
import { lookUp } from "./identifiers.js";

const defaultDecay = 0.001;

/** `weightDecay · Σt² / 2`, weightDecay 0.001 by default. */
export const L2 = (tensor: Tensor, weightDecay = defaultDecay): Tensor =>
  multiply(nn.l2Loss(tensor), weightDecay, { name: "L2-Loss" });

/** `weightDecay · Σ|t|`, weightDecay 0.001 by default. */
export const L1 = (tensor: Tensor, weightDecay = defaultDecay): Tensor =>
  multiply(reduceSum(abs(tensor)) as Tensor, weightDecay, { name: "L1-Loss" });

const regularizers = { L2, L1 } as const;

/** Names of regularizers. */
export type RegularizerName = keyof typeof regularizers;
/** A name, or a function of the weights and the decay. */
export type RegularizerLike = RegularizerName | ((weights: Tensor, weightDecay: number) => Tensor);

/** What an identifier stands for. @throws ArgumentError */
export const get = (identifier: RegularizerLike): ((weights: Tensor, weightDecay?: number) => Tensor) =>
  typeof identifier === "function" ? withDefault(identifier) : lookUp("regularizer", regularizers, identifier);

const withDefault =
  (penalty: (weights: Tensor, weightDecay: number) => Tensor) =>
  (weights: Tensor, weightDecay = defaultDecay): Tensor =>
    penalty(weights, weightDecay);

/** Adds the penalty of a variable that no layer made to the losses. `tflearn.helpers.regularizer`. */
export function addWeightsRegularizer(
  variable: Variable,
  penalty: RegularizerLike = "L2",
  weightDecay = defaultDecay,
): Tensor {
  if (!(variable instanceof Variable))
    throw new ArgumentError(`addWeightsRegularizer takes a variable, got ${describe(variable)}`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: "pass the weights of a layer, such as layer.W, or a tf.Variable",
    });
  const added = get(penalty)(variable.value(), weightDecay);
  variable.graph.addToCollection(GraphKeys.REGULARIZATION_LOSSES, added);
  return added;
}
