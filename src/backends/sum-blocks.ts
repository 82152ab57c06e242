/**
 * @file How long sums are cut into blocks, the same way in every compiled backend. Within a block an accumulator takes
 * at most about {@link blockLength} additions; blocks are added with compensation (Knuth's two-sum). The error of a
 * sum is therefore at most some 150 unit roundoffs of the sum of the magnitudes, however many terms it has.
 */
export const blockLength = 128;

/** Part of an axis whose sum is carried over at once, with everything inside it. */
export interface SumBlock {
  /** The axis, counted among those of the sum. */
  readonly depth: number;
  readonly length: number;
}

/**
 * The blocks of a sum over `extents`, of which one step takes `step` elements of the innermost axis, and an end that
 * is no whole step `extra` additions. `undefined` where one block suffices.
 */
export function sumBlocks(extents: readonly number[], step: number, extra: number): SumBlock | undefined {
  let additions = 1;
  for (let depth = extents.length - 1; depth >= 0; depth--) {
    const extent = extents[depth] as number;
    const isInnermost = depth === extents.length - 1;
    const length = isInnermost ? blockLength * step : Math.max(1, Math.floor(blockLength / additions));
    if (extent > length) return { depth, length };
    additions *= isInnermost ? Math.floor(extent / step) + (extent % step === 0 ? 0 : extra) : extent;
  }
  return undefined;
}
