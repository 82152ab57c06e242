/**
 * @file Dimensions as shape arguments: numbers where they are known, else scalars that a run works out.
 * May import `ops` and below.
 */
import type { Tensor } from "../graph/index.js";
import { shape, stridedSlice } from "../ops/array/index.js";

/** The extent of an axis: a number where it is known, else an int32 scalar. */
export function dimensionOf(x: Tensor, axis: number): number | Tensor<"int32"> {
  const known = x.partialShape?.[axis] ?? null;
  return known ?? (stridedSlice(shape(x), [axis], [axis + 1], [1], { shrinkAxisMask: 1 }) as Tensor<"int32">);
}
