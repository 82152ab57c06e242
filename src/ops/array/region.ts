/**
 * @file A region of a tensor: where it starts and how it steps along each axis, and which axes the
 * result has. Reading regions is slicing; writing them into zeros is slicing's gradient.
 */
import type { Expr, LowerContext, TensorValue } from "../../ir/index.js";

export interface AxisRegion {
  readonly start: number;
  readonly step: number;
  /** How many entries are taken. */
  readonly extent: number;
}
export interface Region {
  /** One for each axis of the tensor. */
  readonly axes: readonly AxisRegion[];
  /** For each axis of the result the axis it walks along, or `null` for a new axis of extent 1. */
  readonly layout: readonly (number | null)[];
}

/** A region that keeps every axis. */
export const plainRegion = (axes: readonly AxisRegion[]): Region => ({ axes, layout: axes.map((_, axis) => axis) });

/** The shape of the elements of a region. */
export const regionShape = ({ axes, layout }: Region): number[] =>
  layout.map((axis) => (axis === null ? 1 : (axes[axis] as AxisRegion).extent));

/** The elements of a region of `x`. */
export function readRegion(c: LowerContext, x: TensorValue, region: Region): TensorValue {
  const { e } = c;
  return c.map(regionShape(region), x.dtype, (at) =>
    c.load(
      x,
      region.axes.map(({ start, step }, axis) => {
        const position = region.layout.indexOf(axis);
        if (position < 0) return e.index(start);
        return e.add(e.index(start), e.mul(at[position] as Expr, e.index(step)));
      }),
    ),
  );
}

/** Zeros of `shape` with `values` in a region of it. */
export function writeRegion(
  c: LowerContext,
  values: TensorValue,
  shape: readonly number[],
  region: Region,
): TensorValue {
  const { e } = c;
  const zero = e.constant(0, values.dtype);
  return c.map(shape, values.dtype, (at) => {
    if (values.shape.includes(0)) return zero;
    let inside = e.bool(true);
    const positions = region.axes.map(({ start, step, extent }, axis) => {
      const index = at[axis] as Expr;
      const distance = step > 0 ? e.sub(index, e.index(start)) : e.sub(e.index(start), index);
      const stride = e.index(Math.abs(step));
      const position = e.floorDiv(distance, stride);
      inside = e.and(inside, e.eq(e.floorMod(distance, stride), e.index(0)));
      inside = e.and(inside, e.within(position, 0, extent));
      return e.max(e.index(0), e.min(position, e.index(extent - 1)));
    });
    const source = region.layout.map((axis) => (axis === null ? e.index(0) : (positions[axis] as Expr)));
    return e.select(inside, c.load(values, source), zero);
  });
}
