/** @file What operations along an axis share: the axis itself, and the element type of a list of operands. */
import { type DType, type DTypeOf, normalizeAxis } from "../../core/index.js";

interface Failing {
  readonly attributes: Readonly<Record<string, unknown>>;
  fail(message: string, hint?: string): never;
}

/** The `axis` attribute for a rank. */
export function axisOf(c: Failing, rank: number): number {
  const axis = c.attributes.axis as number;
  return (
    normalizeAxis(axis, rank) ??
    c.fail(
      `Expected dimension in the range [${-rank}, ${rank}), but got ${axis}`,
      `axes run from ${-rank} to ${rank - 1}`,
    )
  );
}

/** The element type of a list of operands: that of its tensors, which bare values adopt. */
export type ElementType<V extends readonly unknown[]> = [DTypeOf<V[number], never>] extends [never]
  ? DType
  : DTypeOf<V[number], never>;
