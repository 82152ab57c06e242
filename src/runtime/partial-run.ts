/**
 * @file A run supplied in stages. All operations between the declared feeds and fetches still run at
 * most once: what a later stage may need of an earlier one is computed with it and kept.
 */

import { prune } from "../compiler/index.js";
import { ArgumentError, type NdArray, type NumericDType } from "../core/index.js";
import type { Operation, Tensor } from "../graph/index.js";
import type { Fed } from "./feeds.js";
import type { FetchPlan } from "./fetches.js";

interface Stage {
  readonly wanted: readonly Tensor[];
  /** What to run: the wanted tensors and those that later stages read. */
  readonly compute: readonly Tensor[];
  readonly feeds: readonly Fed[];
  readonly operations: readonly Operation[];
  /** Operations that earlier stages executed. */
  readonly done: ReadonlySet<Operation>;
}

/** Handle of a run in stages, from `session.partialRunSetup`. */
export class PartialRun {
  private readonly pending: Set<Tensor>;
  private readonly unfed: Set<Tensor>;
  private readonly order: readonly Operation[];
  private readonly values = new Map<Tensor, NdArray<NumericDType>>();
  private readonly finished = new Set<Operation>();

  /** @internal */
  constructor(plan: FetchPlan, feeds: readonly Tensor[]) {
    this.pending = new Set(plan.tensors);
    this.unfed = new Set(feeds);
    this.order = prune(plan.tensors, plan.targets, this.unfed).order;
  }

  /** @internal @throws ArgumentError for a fetch or feed that was not declared, was used, or lacks a feed */
  begin(fetches: readonly Tensor[], feeds: readonly Fed[]): Stage {
    for (const { tensor } of feeds)
      if (!this.unfed.has(tensor))
        throw new ArgumentError(`The feed ${tensor.name} was not specified in partial_run_setup, or was fed already.`, {
          hint: "declare it in partialRunSetup(fetches, feeds), and feed it once",
        });
    for (const tensor of fetches)
      if (!this.pending.has(tensor))
        throw new ArgumentError(
          `The fetch ${tensor.name} was not specified in partial_run_setup, or was fetched already.`,
          { hint: "declare it in partialRunSetup(fetches, feeds), and keep its value once fetched" },
        );
    const known = new Set([...this.values.keys(), ...feeds.map(({ tensor }) => tensor)]);
    const still = new Set([...this.unfed].filter((tensor) => !known.has(tensor)));
    const { order } = prune(fetches, [], new Set([...known, ...still]), this.finished);
    for (const needed of [...fetches, ...order.flatMap((op) => op.inputs)])
      if (still.has(needed))
        throw new ArgumentError(
          `${fetches.map((t) => t.name).join(", ")} needs ${needed.name}, which has not been fed yet.`,
          { hint: "feed it in this stage, or fetch this in a later one" },
        );
    const stage = new Set(order);
    const crossing = new Set<Tensor>();
    for (const op of this.order)
      if (!stage.has(op) && !this.finished.has(op))
        for (const input of op.inputs)
          if (stage.has(input.op) && input.op.definition.lower.kind !== "variable") crossing.add(input);
    for (const tensor of this.pending) if (stage.has(tensor.op)) crossing.add(tensor);
    const earlier = Array.from(this.values, ([tensor, value]) => ({ tensor, value }));
    return {
      wanted: fetches,
      compute: [...new Set([...fetches, ...crossing])],
      feeds: [...earlier, ...feeds],
      operations: order,
      done: this.finished,
    };
  }

  /** @internal Keeps what later stages need and returns the wanted values. A stage that failed leaves no trace. */
  finish(stage: Stage, values: readonly NdArray[]): NdArray[] {
    for (const { tensor, value } of stage.feeds) {
      this.values.set(tensor, value as NdArray<NumericDType>);
      this.unfed.delete(tensor);
    }
    for (const op of stage.operations) this.finished.add(op);
    stage.compute.forEach((tensor, i) => {
      this.values.set(tensor, values[i] as NdArray<NumericDType>);
    });
    for (const tensor of stage.wanted) this.pending.delete(tensor);
    return stage.wanted.map((tensor) => this.values.get(tensor) as NdArray);
  }
}
