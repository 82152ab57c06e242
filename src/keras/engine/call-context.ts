/**
 * @file What is known while layers are being called: whether for training, and what they leave besides
 * their outputs. There is no learning phase to feed: a model is applied once for each of the two. Also the
 * masks and origins of tensors.
 */
import type { Operation, Tensor } from "../../graph/index.js";

/** One call of a layer with everything inside it. */
export interface CallContext {
  readonly training: boolean;
  /** Scalars that layers add to the loss: activity regularizers and `addLoss`. */
  readonly losses: Tensor[];
  /** Operations that belong to a training step: moving averages and `addUpdate`. */
  readonly updates: Operation[];
}

let current: CallContext | undefined;

/** The context of the call in progress. */
export const currentContext = (): CallContext | undefined => current;

/** Runs `body` in a context, so that layers called by it find it. */
export function withContext<T>(context: CallContext, body: () => T): T {
  const before = current;
  current = context;
  try {
    return body();
  } finally {
    current = before;
  }
}

const masks = new WeakMap<Tensor, Tensor>();

/** Which steps of a sequence count: a bool tensor `[batch, steps]`, or `null` where all do. */
export const maskOf = (tensor: Tensor): Tensor | null => masks.get(tensor) ?? null;
export const setMask = (tensor: Tensor, mask: Tensor): void => {
  masks.set(tensor, mask);
};
