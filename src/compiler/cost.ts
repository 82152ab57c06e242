/** @file How much arithmetic a scheduled program does, as plain numbers: what decisions about effort go by. */
import { sizeOf } from "../core/index.js";
import { type Expr, type UnaryOp, visitExpr } from "../ir/index.js";
import type { Phase } from "./kernels.js";
import type { Schedule } from "./schedule.js";

const cheap: ReadonlySet<UnaryOp> = new Set(["neg", "abs", "sign", "floor", "ceil", "round", "not", "sqrt"]);
/** A transcendental function counts as so many operations. */
const expensive = 15;

function costOf(roots: readonly Expr[]): number {
  let cost = 1;
  const seen = new Set<number>();
  for (const root of roots)
    visitExpr(
      root,
      (e) => {
        if (e.kind === "unary") cost += cheap.has(e.op) ? 1 : expensive;
        else if (e.kind === "binary" || e.kind === "select" || e.kind === "load") cost += 1;
      },
      seen,
    );
  return cost;
}

const phaseCost = (phase: Phase): number =>
  sizeOf(phase.extents) * costOf(phase.kind === "map" ? phase.stores.map((s) => s.expression) : [phase.body]);

/** Scalar operations of one run, roughly. */
export function workOf({ kernels }: Schedule): number {
  let work = 0;
  for (const kernel of kernels) {
    if (kernel.kind === "loops") work += sizeOf(kernel.outer) * kernel.phases.reduce((sum, p) => sum + phaseCost(p), 0);
    else if (kernel.kind === "contraction") {
      const points = sizeOf(kernel.batch) * sizeOf(kernel.m) * sizeOf(kernel.n);
      work += points * (2 * sizeOf(kernel.k) + costOf(kernel.stores.map((s) => s.expression)));
    } else if (kernel.kind === "scatter")
      work += sizeOf(kernel.definition.extents) * costOf([kernel.definition.update]);
    else if (kernel.kind === "block") {
      const steps = kernel.block.kind === "loop" ? (kernel.block.steps ?? 1) : 1;
      for (const nested of kernel.programs) work += steps * workOf(nested.schedule);
    }
  }
  return work;
}
