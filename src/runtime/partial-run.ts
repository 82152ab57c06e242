/**
 * @file A run supplied in stages. All operations between the declared feeds and fetches still run at
 * most once: what a later stage may need of an earlier one is computed with it and kept. Its stages are run by
 * `partial-stage`.
 */

import { prune } from "../compiler/index.js";
import type { NdArray, NumericDType } from "../core/index.js";
import type { Operation, Tensor } from "../graph/index.js";
import type { FetchPlan } from "./fetches.js";

/** Handle of a run in stages, from `session.partialRunSetup`. */
export class PartialRun {
  /** @internal Fetches that were declared and not yet returned. */
  readonly pending: Set<Tensor>;
  /** @internal Feeds that were declared and not yet given. */
  readonly unfed: Set<Tensor>;
  /** @internal */
  readonly order: readonly Operation[];
  /** @internal */
  readonly values = new Map<Tensor, NdArray<NumericDType>>();
  /** @internal Operations that earlier stages executed. */
  readonly finished = new Set<Operation>();

  /** @internal */
  constructor(plan: FetchPlan, feeds: readonly Tensor[]) {
    this.pending = new Set(plan.tensors);
    this.unfed = new Set(feeds);
    this.order = prune(plan.tensors, plan.targets, this.unfed).order;
  }
}
