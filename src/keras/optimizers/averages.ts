/** @file Moving averages of weights that optimizers keep with `useEma`. Follows `base_optimizer.py` of Keras 3. */
import type { Operation, Tensor } from "../../graph/index.js";
import type { Variable } from "../../ops/variable.js";
import { choose } from "./choose.js";

/**
 * The operations after a step: `average ← momentum·average + (1 − momentum)·weight`, the first being the
 * weight itself; and every `frequency` steps the weights are overwritten with their averages.
 * @param before the number of updates before this one
 */
export function averageUpdates(
  averages: ReadonlyMap<Variable, Variable>,
  before: Tensor,
  momentum: number,
  frequency: number | null,
): Operation[] {
  return Array.from(averages, ([variable, average]) => {
    const kept = (before.notEqual(0).cast(variable.dtype) as Tensor).mul(momentum) as Tensor;
    const weight = variable.readValue() as Tensor;
    const blended = average
      .readValue()
      .mul(kept)
      .add(kept.neg().add(1).mul(weight) as Tensor) as Tensor;
    const averaged = average.assign(blended) as Tensor;
    if (frequency === null) return averaged.op;
    const isTurn = before.add(1).mod(frequency).equal(0) as Tensor<"bool">;
    return variable.assign(choose(isTurn, averaged, weight)).op;
  });
}
