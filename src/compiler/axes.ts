/**
 * @file Axes of loop nests: how positions in memory advance along them, and joining neighbouring axes that
 * memory is walked along as along one. Pure functions; every part of scheduling uses them.
 */
import { type Expr, type ExpressionBuilder, visitExpr } from "../ir/index.js";

/** The axes that are left, and how expressions over the old axes are written over the new ones. */
export interface Joined {
  readonly extents: readonly number[];
  readonly rewrite: (x: Expr) => Expr;
}

/**
 * Joins neighbouring axes wherever every position in `roots` advances through them as through one. Axes
 * of one element disappear. `first` is the number of the first axis. `whole` joins them at any price.
 */
export function joinAxes(
  e: ExpressionBuilder,
  extents: readonly number[],
  first: number,
  roots: readonly Expr[],
  whole = false,
): Joined {
  let axes = extents.map((extent, i) => ({ extent, axis: first + i })).filter(({ extent }) => extent !== 1);
  let current = [...roots];
  const steps: ReadonlyMap<number, Expr>[] = [];
  for (let i = axes.length - 2; i >= 0; i--) {
    const [left, right] = [axes[i], axes[i + 1]] as [(typeof axes)[number], (typeof axes)[number]];
    const joined = e.axis(left.axis, left.extent * right.extent);
    const step = new Map([
      [left.axis, e.floorDiv(joined, e.index(right.extent))],
      [right.axis, e.floorMod(joined, e.index(right.extent))],
    ]);
    const next = current.map((root) => e.substitute(root, step));
    if (!whole && countDivisions(next) > countDivisions(current)) continue;
    current = next;
    steps.push(step);
    axes = [...axes.slice(0, i), { extent: left.extent * right.extent, axis: left.axis }, ...axes.slice(i + 2)];
  }
  const renumber = new Map(axes.map(({ extent, axis }, i) => [axis, e.axis(first + i, extent)]));
  const rewrite = (x: Expr): Expr =>
    e.substitute(
      steps.reduce((y, step) => e.substitute(y, step), x),
      renumber,
    );
  return { extents: axes.map(({ extent }) => extent), rewrite };
}

function countDivisions(roots: readonly Expr[]): number {
  const seen = new Set<number>();
  let count = 0;
  for (const root of roots)
    visitExpr(
      root,
      (e) => {
        if (e.kind === "binary" && e.dtype === "int32" && (e.op === "floorDiv" || e.op === "floorMod")) count++;
      },
      seen,
    );
  return count;
}

/** The factor of an axis in a position; `undefined` where it also occurs inside something else. */
export function coefficientOf(e: ExpressionBuilder, position: Expr, axis: number): number | undefined {
  let coefficient = 0;
  for (const { atom, coefficient: factor } of e.linearOf(position).terms) {
    if (atom.kind === "axis" && atom.axis === axis) coefficient = factor;
    else if (dependsOn(atom, axis)) return undefined;
  }
  return coefficient;
}

/** Whether an expression changes along an axis. */
export function dependsOn(root: Expr, axis: number): boolean {
  let found = false;
  visitExpr(root, (e) => {
    if (e.kind === "axis" && e.axis === axis) found = true;
  });
  return found;
}

/** Whether lanes along an axis find their elements side by side, or all the same one. */
export function isVectorStep(e: ExpressionBuilder, position: Expr, axis: number): boolean {
  const coefficient = coefficientOf(e, position, axis);
  return coefficient === 0 || coefficient === 1;
}
