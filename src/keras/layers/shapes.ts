/** @file Shapes of which some sizes are known only when running, for layers that rearrange axes. */

import { ArgumentError } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { cast, reshape, shape } from "../../ops/index.js";
import { shown } from "../arguments.js";

/** A size: known, or a scalar tensor. */
export type Size = number | Tensor;

/** The sizes of a tensor's axes, those that are not known as tensors. */
export function sizesOf(x: Tensor): Size[] {
  if (x.shape.every((d) => d !== null)) return [...(x.shape as readonly number[])];
  const running = shape(x) as Tensor;
  return x.shape.map((d, axis) => d ?? (running.at(axis) as Tensor));
}

/** `x` with other sizes; one of them may be -1. Where only one is not known, it is left to be found. */
export function withSizes(x: Tensor, sizes: readonly Size[]): Tensor {
  const unknown = sizes.filter((size) => typeof size !== "number");
  const isFree = unknown.length === 1 && !sizes.includes(-1);
  const target = isFree ? sizes.map((size) => (typeof size === "number" ? size : -1)) : sizes;
  return reshape(x, target as readonly number[]) as Tensor;
}

/** Whole numbers and booleans as floats, for layers that compute with weights. */
export const floating = (x: Tensor, dtype: string): Tensor =>
  x.dtype.startsWith("float") ? x : (cast(x, dtype as "float32") as Tensor);

/** How to mend a whole number, or several, that a constructor takes by place. */
function mending(value: unknown, what: string): string {
  const isOption = typeof value === "object" && value !== null && !Array.isArray(value);
  if (value === undefined || isOption) return `it stands by place before the options, and is ${what}`;
  return `pass ${what}`;
}

/**
 * A number for both axes, or one for each, as two numbers.
 * @param layer whose argument it is
 * @throws ArgumentError in Keras's words
 */
export function tuple(
  value: number | readonly number[],
  n: number,
  name: string,
  layer: string,
  allowsZero = false,
): number[] {
  const list = typeof value === "number" ? new Array<number>(n).fill(value) : Array.isArray(value) ? [...value] : [];
  if (list.length !== n || list.some((item) => !Number.isInteger(item) || item < (allowsZero ? 0 : 1)))
    throw new ArgumentError(
      `The \`${name}\` argument of layer ${layer} must be a tuple of ${n} integers${allowsZero ? "" : " above 0"}. Received ${name}=${shown(value)}`,
      { hint: mending(value, n === 1 ? "a whole number" : `a whole number, or a list of ${n}`) },
    );
  return list;
}

/** An option that must be a whole number above 0. @throws ArgumentError in Keras's words */
export function requirePositive(value: unknown, name: string, layer: string): void {
  if (!Number.isInteger(value) || (value as number) <= 0)
    throw new ArgumentError(
      `Invalid value for argument \`${name}\` of layer ${layer}. Expected a positive integer, but received ${name}=${shown(value)}.`,
      { hint: mending(value, "a whole number above 0") },
    );
}
