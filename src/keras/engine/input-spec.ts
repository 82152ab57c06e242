/**
 * @file What a layer demands of its inputs, and the check before every call. Follows `input_spec.py` of
 * Keras 3. Imports `core`.
 */
import { ShapeError } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { pythonShape } from "./nested.js";

/** Demands on one input; what is left out may be anything. */
export interface InputSpec {
  /** Exact number of axes, the batch included. */
  readonly ndim?: number;
  /** Least number of axes, the batch included. */
  readonly minNdim?: number;
  /** Largest number of axes, the batch included. */
  readonly maxNdim?: number;
  /** Sizes of single axes: `{ "-1": 784 }`. */
  readonly axes?: { readonly [axis: string]: number | null };
}

/**
 * Holds inputs against a layer's demands; inputs of unknown rank pass.
 * @throws ShapeError in Keras's words
 */
export function requireCompatible(specs: readonly InputSpec[], inputs: readonly Tensor[], layer: string): void {
  if (specs.length !== inputs.length)
    throw new ShapeError(
      `Layer "${layer}" expects ${specs.length} input(s), but it received ${inputs.length} input tensors.`,
      { hint: "a layer of several inputs takes them as a list: layer.apply([a, b])" },
    );
  specs.forEach((spec, i) => {
    const input = inputs[i];
    const shape = input?.partialShape ?? null;
    if (input === undefined || shape === null) return;
    const fail = (what: string, hint: string): never => {
      throw new ShapeError(`Input ${i} of layer "${layer}" is incompatible with the layer: ${what}`, {
        op: input.op.name,
        createdAt: input.op.createdAt,
        hint,
      });
    };
    const rank = shape.length;
    const full = `Full shape received: ${pythonShape(shape)}`;
    const counts = "the batch counts as an axis; Flatten and Reshape change how many there are";
    if (spec.ndim !== undefined && rank !== spec.ndim)
      fail(`expected ndim=${spec.ndim}, found ndim=${rank}. ${full}`, counts);
    if (spec.maxNdim !== undefined && rank > spec.maxNdim)
      fail(`expected max_ndim=${spec.maxNdim}, found ndim=${rank}. ${full}`, counts);
    if (spec.minNdim !== undefined && rank < spec.minNdim)
      fail(`expected min_ndim=${spec.minNdim}, found ndim=${rank}. ${full}`, counts);
    for (const [axis, size] of Object.entries(spec.axes ?? {})) {
      const found = shape.at(Number(axis)) ?? null;
      if (size !== null && found !== null && found !== size)
        fail(
          `expected axis ${axis} of input shape to have value ${size}, but received input with shape ${pythonShape(shape)}`,
          "the layer's weights have the size of the first input it was applied to; a new layer takes another size",
        );
    }
  });
}
