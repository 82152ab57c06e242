/** @file The stages of a partial run. Loaded for the first of them. */
import { prune } from "../compiler/index.js";
import { ArgumentError, type NdArray, type NumericDType } from "../core/index.js";
import type { Operation, Tensor } from "../graph/index.js";
import type { Fed } from "./feeds.js";
import type { PartialRun } from "./partial-run.js";

interface Stage {
  readonly wanted: readonly Tensor[];
  /** What to run: the wanted tensors and those that later stages read. */
  readonly compute: readonly Tensor[];
  readonly feeds: readonly Fed[];
  readonly operations: readonly Operation[];
  /** Operations that earlier stages executed. */
  readonly done: ReadonlySet<Operation>;
}

/** What a stage must run. @throws ArgumentError for a fetch or feed that was not declared, was used, or lacks a feed */
export function beginStage(run: PartialRun, fetches: readonly Tensor[], feeds: readonly Fed[]): Stage {
  for (const { tensor } of feeds)
    if (!run.unfed.has(tensor))
      throw new ArgumentError(`The feed ${tensor.name} was not specified in partial_run_setup, or was fed already.`, {
        hint: "declare it in partialRunSetup(fetches, feeds), and feed it once",
      });
  for (const tensor of fetches)
    if (!run.pending.has(tensor))
      throw new ArgumentError(
        `The fetch ${tensor.name} was not specified in partial_run_setup, or was fetched already.`,
        { hint: "declare it in partialRunSetup(fetches, feeds), and keep its value once fetched" },
      );
  const known = new Set([...run.values.keys(), ...feeds.map(({ tensor }) => tensor)]);
  const still = new Set([...run.unfed].filter((tensor) => !known.has(tensor)));
  const { order } = prune(fetches, [], new Set([...known, ...still]), run.finished);
  for (const needed of [...fetches, ...order.flatMap((op) => op.inputs)])
    if (still.has(needed))
      throw new ArgumentError(
        `${fetches.map((t) => t.name).join(", ")} needs ${needed.name}, which has not been fed yet.`,
        { hint: "feed it in this stage, or fetch this in a later one" },
      );
  const stage = new Set(order);
  const crossing = new Set<Tensor>();
  for (const op of run.order)
    if (!stage.has(op) && !run.finished.has(op))
      for (const input of op.inputs)
        if (stage.has(input.op) && input.op.definition.lower.kind !== "variable") crossing.add(input);
  for (const tensor of run.pending) if (stage.has(tensor.op)) crossing.add(tensor);
  const earlier = Array.from(run.values, ([tensor, value]) => ({ tensor, value }));
  return {
    wanted: fetches,
    compute: [...new Set([...fetches, ...crossing])],
    feeds: [...earlier, ...feeds],
    operations: order,
    done: run.finished,
  };
}

/** Keeps what later stages need and returns the wanted values. A stage that failed leaves no trace. */
export function finishStage(run: PartialRun, stage: Stage, values: readonly NdArray[]): NdArray[] {
  for (const { tensor, value } of stage.feeds) {
    run.values.set(tensor, value as NdArray<NumericDType>);
    run.unfed.delete(tensor);
  }
  for (const op of stage.operations) run.finished.add(op);
  stage.compute.forEach((tensor, i) => {
    run.values.set(tensor, values[i] as NdArray<NumericDType>);
  });
  for (const tensor of stage.wanted) run.pending.delete(tensor);
  return stage.wanted.map((tensor) => run.values.get(tensor) as NdArray);
}
