/**
 * @file Which layers train: what `compile` found counts until the next one, though the step is built with the first
 * batch. A model may be frozen within another one, and still train by itself.
 */
import type { AnyLayer } from "../layer.js";

/** Whether each layer trained at some moment: a model, and all within. */
export type TrainableFlags = ReadonlyMap<AnyLayer, boolean>;

export function trainableFlags(layer: AnyLayer, found = new Map<AnyLayer, boolean>()): TrainableFlags {
  if (found.has(layer)) return found;
  found.set(layer, layer.trainable);
  for (const inner of layer.sublayers()) trainableFlags(inner, found);
  return found;
}

/** Runs `body` with layers as they were. */
export function withTrainable<T>(flags: TrainableFlags, body: () => T): T {
  const now = new Map([...flags.keys()].map((layer) => [layer, layer.trainable]));
  for (const [layer, trainable] of flags) layer.setOwnTrainable(trainable);
  try {
    return body();
  } finally {
    for (const [layer, trainable] of now) layer.setOwnTrainable(trainable);
  }
}
