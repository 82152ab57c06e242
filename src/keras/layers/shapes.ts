/** @file Shapes of which some sizes are known only when running, for layers that rearrange axes. */
import { ArgumentError } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { cast, reshape, shape } from "../../ops/index.js";

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

/** A number for both axes, or one for each, as two numbers. @throws ArgumentError in Keras's words */
export function tuple(value: number | readonly number[], n: number, name: string, allowsZero = false): number[] {
  const list = typeof value === "number" ? new Array<number>(n).fill(value) : [...value];
  if (list.length !== n || list.some((item) => !Number.isInteger(item) || item < (allowsZero ? 0 : 1)))
    throw new ArgumentError(
      `The \`${name}\` argument must be a tuple of ${n} integers${allowsZero ? "" : " above 0"}. Received ${name}=${JSON.stringify(value)}`,
    );
  return list;
}

/** An option that must be a whole number above 0. @throws ArgumentError in Keras's words */
export function requirePositive(value: unknown, name: string, layer: string): void {
  if (!Number.isInteger(value) || (value as number) <= 0)
    throw new ArgumentError(
      `Invalid value for argument \`${name}\` of layer ${layer}. Expected a positive integer, but received ${name}=${String(value)}.`,
    );
}
