/** @file How much arithmetic a scheduled program does, as plain numbers: what decisions about effort go by. */
import { sizeOf } from "../core/index.js";
import { type Expr, type UnaryOp, visitExpr } from "../ir/index.js";
import type { Phase } from "./kernels.js";
import type { Schedule, ScheduledKernel } from "./schedule.js";

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

/** Scalar operations of one kernel, roughly. */
export function workOfKernel(kernel: ScheduledKernel): number {
  switch (kernel.kind) {
    case "loops":
      return sizeOf(kernel.outer) * kernel.phases.reduce((sum, p) => sum + phaseCost(p), 0);
    case "contraction": {
      const points = sizeOf(kernel.batch) * sizeOf(kernel.m) * sizeOf(kernel.n);
      return points * (2 * sizeOf(kernel.k) + costOf(kernel.stores.map((s) => s.expression)));
    }
    case "scatter":
      return sizeOf(kernel.definition.extents) * costOf([kernel.definition.update]);
    case "block": {
      const steps = kernel.block.kind === "loop" ? (kernel.block.steps ?? 1) : 1;
      return kernel.programs.reduce((sum, nested) => sum + steps * workOf(nested.schedule), 0);
    }
    case "random":
      return 0;
  }
}

/** Scalar operations of one run, roughly. */
export const workOf = ({ kernels }: Schedule): number => kernels.reduce((sum, kernel) => sum + workOfKernel(kernel), 0);
