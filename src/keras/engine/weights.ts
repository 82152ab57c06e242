/** @file The values of weights: read from and written to the session, with every misuse in words. */
import { ArgumentError, NdArray, type NumericDType, ShapeError, sameShape } from "../../core/index.js";
import type { Variable } from "../../ops/index.js";
import { pythonShape } from "./nested.js";
import { getSession, initializeVariables, setValues } from "./session.js";

/** Copies of the values of `weights`, in their order; those without one get their initial value first. */
export async function readWeights(weights: readonly Variable[]): Promise<NdArray<NumericDType>[]> {
  const [first] = weights;
  if (first === undefined) return [];
  const session = getSession(first.graph);
  await initializeVariables(weights, session);
  return weights.map((weight) => session.readVariable(weight.op.name) as NdArray<NumericDType>);
}

/**
 * Sets `weights` to `values`, all of them or, on an error, none.
 * @param owner what messages call the owner of the weights
 * @throws ArgumentError for another number of values, ShapeError for another shape
 */
export async function writeWeights(
  weights: readonly Variable[],
  values: readonly NdArray[],
  owner: string,
): Promise<void> {
  if (!Array.isArray(values))
    throw new ArgumentError(`You called \`set_weights(weights)\` on ${owner} without a list of weights.`, {
      hint: "pass what getWeights() of a model of the same architecture returned",
    });
  if (weights.length !== values.length)
    throw new ArgumentError(
      `You called \`set_weights(weights)\` on ${owner} with a weight list of length ${values.length}, but it was expecting ${weights.length} weights.`,
      { hint: "pass what getWeights() of a model of the same architecture returned" },
    );
  const pairs = weights.map((weight, i) => {
    const value = NdArray.from(values[i] as NdArray);
    if (!sameShape(weight.shape as readonly number[], value.shape))
      throw new ShapeError(
        `Weight ${i} (${weight.op.name}) of ${owner} has shape ${pythonShape(weight.shape)}, which is not compatible with provided weight shape ${pythonShape(value.shape)}.`,
        { hint: "the weights come in the order of `weights`: layer by layer, kernel before bias" },
      );
    return [weight, value] as const;
  });
  await setValues(pairs);
}
