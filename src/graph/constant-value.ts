/**
 * @file What is known of a tensor's value while the graph is built: constants, static shapes, and
 * what small operations make of them. Shape arguments given as tensors are inferred through this.
 */
import type { NdArray } from "../core/index.js";
import type { Tensor } from "./tensor.js";

const cache = new WeakMap<Tensor, NdArray>();

/** The value of `tensor` if it is decided already, else `undefined`. */
export function constantValue(tensor: Tensor): NdArray | undefined {
  const known = cache.get(tensor);
  if (known !== undefined) return known;
  const value = tensor.index === 0 ? tensor.op.definition.staticValue?.(tensor.op, constantValue) : undefined;
  if (value !== undefined) cache.set(tensor, value);
  return value;
}
