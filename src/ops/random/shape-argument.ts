/**
 * @file The shape argument of a random operation: an array, or an int32 vector that may be known only
 * when running. Promises the most that can be said of the result's shape while building.
 */
import type { PartialShape, Shape } from "../../core/index.js";
import type { InferContext, Tensor } from "../../graph/index.js";
import type { LowerContext } from "../../ir/index.js";
import { requireRank } from "../define.js";

/** Where a result's shape is asked for: its dimensions, or an int32 vector of them. */
export type ShapeArgument = readonly number[] | Tensor<"int32">;

/** The static shape that a {@link ShapeArgument} promises. */
export type ShapeFrom<A> = A extends readonly number[] ? A : Shape;

/** The shape that input `i` asks for, as far as it is known while building. @throws ShapeError */
export function inferShapeArgument(c: InferContext, i: number): PartialShape {
  const length = requireRank(c, i, 1)?.[0];
  const value = c.constant(i);
  if (value === undefined) return typeof length === "number" ? new Array<null>(length).fill(null) : null;
  const dimensions = Array.from(value.data as Int32Array);
  const negative = dimensions.find((d) => d < 0);
  if (negative !== undefined) c.fail(`Dimension ${negative} must be >= 0`, "a random value needs its full shape");
  return dimensions;
}

/** The shape that input `i` asks for in this program. */
export function concreteShapeArgument(c: LowerContext, i: number): number[] {
  const dimensions = Array.from(c.shapeValue(i).data as Int32Array);
  const negative = dimensions.find((d) => d < 0);
  if (negative !== undefined) c.fail(`Dimension ${negative} must be >= 0`, "a random value needs its full shape");
  return dimensions;
}
