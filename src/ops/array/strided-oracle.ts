/** @file Reference for strided slices: every axis as the list of positions it takes, as Python would. */
import type { NdArray } from "../../core/index.js";
import type { Attributes } from "../../graph/index.js";

/** One entry of the specification: the positions taken, and whether the result has the axis. */
interface Taken {
  readonly positions: readonly number[];
  readonly axis: "kept" | "dropped" | "new";
}

/** The shape of a slice of `x`, and where each of its elements comes from. */
export function oracleSources(
  x: NdArray,
  spec: readonly NdArray[],
  attributes: Attributes,
): { shape: number[]; of: (at: readonly number[]) => number[] } {
  const plan = planOf(x.shape, spec, attributes);
  return {
    shape: plan.filter((taken) => taken.axis !== "dropped").map((taken) => taken.positions.length),
    of: (at) => {
      let next = 0;
      return plan.flatMap(({ positions, axis }) => {
        const index = axis === "dropped" ? 0 : (at[next++] as number);
        return axis === "new" ? [] : [positions[index] as number];
      });
    },
  };
}

function planOf(shape: readonly number[], spec: readonly NdArray[], attributes: Attributes): Taken[] {
  const [begin = [], end = [], strides = []] = spec.map((s) => Array.from((s as NdArray<"int32">).data));
  const has = (mask: string, i: number): boolean =>
    Math.floor(((attributes[mask] as number | undefined) ?? 0) / 2 ** i) % 2 === 1;
  const used = begin.filter((_, i) => !has("newAxisMask", i) && !has("ellipsisMask", i)).length;
  const hasEllipsis = begin.some((_, i) => has("ellipsisMask", i));
  const plan: Taken[] = [];
  let axis = 0;
  const takeRest = (): void => {
    for (let n = shape.length - used; n > 0; n--)
      plan.push({ positions: Array.from({ length: shape[axis++] as number }, (_, i) => i), axis: "kept" });
  };
  for (let i = 0; i < begin.length; i++) {
    if (has("ellipsisMask", i)) takeRest();
    else if (has("newAxisMask", i)) plan.push({ positions: [0], axis: "new" });
    else {
      const n = shape[axis++] as number;
      const b = begin[i] as number;
      if (has("shrinkAxisMask", i)) plan.push({ positions: [b < 0 ? b + n : b], axis: "dropped" });
      else {
        const stride = strides[i] as number;
        const from = has("beginMask", i) ? null : b;
        const to = has("endMask", i) ? null : (end[i] as number);
        plan.push({ positions: walk(n, from, to, stride), axis: "kept" });
      }
    }
  }
  if (!hasEllipsis) takeRest();
  return plan;
}

function walk(n: number, begin: number | null, end: number | null, stride: number): number[] {
  const counted = (i: number): number => (i < 0 ? i + n : i);
  const from = begin === null ? (stride > 0 ? 0 : n - 1) : counted(begin);
  const to = end === null ? (stride > 0 ? n : -1) : counted(end);
  const positions: number[] = [];
  for (let p = from; stride > 0 ? p < to : p > to; p += stride) if (p >= 0 && p < n) positions.push(p);
  return positions;
}
