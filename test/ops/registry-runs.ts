/**
 * @file Support of `registry.test.ts`: puts a sample of an operation into a graph with as much or as
 * little known about its inputs as asked for, runs it, and compares arrays.
 */
import assert from "node:assert/strict";
import { bracketed, isFloating, NdArray, type NumericDType, type PartialShape } from "../../src/core/index.js";
import type { Graph, OpDefinition, Operation, Sample, Tensor } from "../../src/graph/index.js";
import { constOp } from "../../src/ops/define.js";
import { placeholderOp } from "../../src/ops/structure-ops.js";
import type { Session } from "../../src/runtime/index.js";

/** What inference may know of the inputs: everything, only ranks, or not even these. */
export const knowledge = ["shapes", "ranks", "nothing"] as const;
export type Knowledge = (typeof knowledge)[number];

export interface BuiltSample {
  readonly operation: Operation;
  readonly inputs: readonly Tensor[];
  readonly feeds: readonly (readonly [Tensor, NdArray])[];
}

/** One operation on placeholders. Inputs that decide shapes are constants where shapes are known. */
export function buildSample(graph: Graph, definition: OpDefinition, sample: Sample, known: Knowledge): BuiltSample {
  const feeds: (readonly [Tensor, NdArray])[] = [];
  const inputs = sample.inputs.map((value, i) => {
    if (known === "shapes" && (definition.shapeInputs ?? []).includes(i))
      return graph.createOperation(constOp.definition, [], { value }).output;
    const placeholder = graph.createOperation(placeholderOp.definition, [], {
      dtype: value.dtype,
      shape: knownShape(value, known),
    }).output;
    feeds.push([placeholder, value]);
    return placeholder;
  });
  return { operation: graph.createOperation(definition, inputs, sample.attributes ?? {}), inputs, feeds };
}

function knownShape(value: NdArray, known: Knowledge): PartialShape {
  if (known === "shapes") return value.shape;
  return known === "ranks" ? value.shape.map(() => null) : null;
}

/** The values of some tensors, all as arrays. */
export async function runToArrays(
  session: Session,
  tensors: readonly Tensor[],
  feeds: readonly (readonly [Tensor, NdArray])[],
): Promise<NdArray[]> {
  const values: readonly unknown[] = await session.run([...tensors], [...feeds]);
  return values.map((value, i) => toArray(value, tensors[i] as Tensor));
}

export const toArray = (value: unknown, { dtype }: Tensor): NdArray =>
  value instanceof NdArray ? value : NdArray.from(value as number | boolean | string, dtype);

const float32Epsilon = 2 ** -23;

/**
 * How far a float32 result may lie from its float64 reference, relative to the larger of 1 and the
 * reference: a rounding error for each of up to `length` summed elements, and never less than 16 of
 * them, for functions a backend computes within a few units in the last place.
 */
export const toleranceFor = (sample: Sample): number =>
  (sample.tolerance ?? Math.max(16, ...sample.inputs.map((input) => input.size))) * float32Epsilon;

/** Fails unless dtype and shape are equal and each element is: exactly, or within `tolerance` for floats. */
export function assertClose(actual: NdArray, expected: NdArray, tolerance: number, what: string): void {
  assert.equal(actual.dtype, expected.dtype, `${what}: dtype`);
  assert.equal(bracketed(actual.shape), bracketed(expected.shape), `${what}: shape`);
  if (!isFloating(actual.dtype)) {
    assert.deepEqual(actual.toArray(), expected.toArray(), what);
    return;
  }
  const got = (actual as NdArray<NumericDType>).data;
  const wanted = (expected as NdArray<NumericDType>).data;
  for (let i = 0; i < got.length; i++) {
    const a = got[i] as number;
    const b = wanted[i] as number;
    if (Object.is(a, b) || a === b) continue;
    const off = Math.abs(a - b);
    if (!(off <= tolerance * Math.max(1, Math.abs(b))))
      assert.fail(`${what}: element ${i} of ${bracketed(actual.shape)} is ${a}, expected ${b} (off by ${off})`);
  }
}
