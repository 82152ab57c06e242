/**
 * @file Losses as a collection of the graph: every loss function adds its result, and training minimizes
 * the sum. Follows `losses/util.py` of TensorFlow 1.3.
 */
import { ArgumentError, callSiteOf, captureCallSite } from "../../core/index.js";
import { GraphKeys, getDefaultGraph, type Tensor } from "../../graph/index.js";
import { addN } from "../add-n.js";
import { constant } from "../basic.js";

/** Adds a loss to a collection; `null` for none. `tf.losses.add_loss`. */
export function addLoss(loss: Tensor, lossCollection: string | null = GraphKeys.LOSSES): void {
  if (lossCollection !== null) loss.graph.addToCollection(lossCollection, loss);
}

/**
 * The losses of the default graph, in the order of their making. `tf.losses.get_losses`.
 * @param scope only those whose name the regular expression matches at its start
 */
export const getLosses = (scope?: string, lossCollection: string = GraphKeys.LOSSES): Tensor[] =>
  getDefaultGraph().getCollection<Tensor>(lossCollection, scope);

/** What the regularizers of variables returned. `tf.losses.get_regularization_losses`. */
export const getRegularizationLosses = (scope?: string): Tensor[] =>
  getDefaultGraph().getCollection<Tensor>(GraphKeys.REGULARIZATION_LOSSES, scope);

/** The sum of the regularization losses; 0 where there are none. `tf.losses.get_regularization_loss`. */
export function getRegularizationLoss(scope?: string, name = "total_regularization_loss"): Tensor {
  const losses = getRegularizationLosses(scope);
  return losses.length === 0 ? constant(0, { dtype: "float32" }) : sum(losses, name);
}

/**
 * The sum of all losses, and of the regularization losses unless told otherwise. `tf.losses.get_total_loss`.
 * @throws ArgumentError where the graph has no losses
 */
export function getTotalLoss(addRegularizationLosses = true, name = "total_loss"): Tensor {
  const losses = [...getLosses(), ...(addRegularizationLosses ? getRegularizationLosses() : [])];
  if (losses.length === 0)
    throw new ArgumentError("inputs must be a list of at least one Tensor with the same dtype and shape", {
      createdAt: callSiteOf(captureCallSite()),
      hint: "the graph has no losses yet: call one of tf.losses, or tf.losses.addLoss(), first",
    });
  return sum(losses, name);
}

const sum = (losses: readonly Tensor[], name: string): Tensor => addN(losses, { name }) as Tensor;
