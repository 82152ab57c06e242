/**
 * @file Support of `registry.test.ts`: derivatives along directions, symbolic ones against central
 * differences of float64 programs.
 */
import assert from "node:assert/strict";
import { castArray, isFloating, NdArray } from "../../src/core/index.js";
import type { Graph, OpDefinition, Sample, Tensor } from "../../src/graph/index.js";
import { constOp } from "../../src/ops/define.js";
import { gradients } from "../../src/ops/gradients.js";
import type { Session } from "../../src/runtime/index.js";
import { type BuiltSample, buildSample, runToArrays, toArray } from "./registry-runs.js";

/**
 * Half the distance of the two points of a difference. The error of a central difference is of the
 * order of step² (1e-10) from the third derivative and of ε·|f|/step (1e-11·|f|) from rounding;
 * {@link gradientTolerance} leaves room for derivatives and values in the hundreds.
 */
const step = 1e-5;
const gradientTolerance = 1e-6;

/** Deterministic numbers in [-1, 1]. */
function noise(length: number, seed: number): Float64Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (2 * state) / 2 ** 32 - 1;
  });
}

/** Dense directions, which touch every element, and a few single elements, which say where it fails. */
function directions(length: number): Float64Array[] {
  if (length === 0) return [];
  if (length === 1) return [Float64Array.of(1)];
  const picks = [...new Set([0, Math.floor(length / 2), length - 1])];
  const units = picks.map((at) => Float64Array.from({ length }, (_, i) => Number(i === at)));
  return [noise(length, 1), noise(length, 2), ...units];
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);

const asFloat64 = (array: NdArray): NdArray => (isFloating(array.dtype) ? castArray(array, "float64") : array);

/** The sample's float inputs as float64. */
export const inDouble = (sample: Sample): Sample => ({ ...sample, inputs: sample.inputs.map(asFloat64) });

/** Positions of the inputs to differentiate by. */
export const differentiable = (sample: Sample): number[] =>
  sample.inputs.flatMap((input, i) =>
    isFloating(input.dtype) && !(sample.notDifferentiable ?? []).includes(i) ? [i] : [],
  );

/** A weighted sum of float64 tensors: the scalar whose derivatives are compared. */
interface Objective {
  readonly tensors: readonly Tensor[];
  readonly weights: readonly NdArray<"float64">[];
  readonly weightTensors: readonly Tensor[];
}

async function objectiveOf(
  graph: Graph,
  session: Session,
  candidates: readonly (Tensor | null)[],
  feeds: BuiltSample["feeds"],
): Promise<Objective> {
  const tensors = candidates.filter((t): t is Tensor => t !== null && t.dtype === "float64");
  const values = await runToArrays(session, tensors, feeds);
  const weights = values.map((v, i) => new NdArray("float64", v.shape, noise(v.size, i + 7)));
  const weightTensors = weights.map((value) => graph.createOperation(constOp.definition, [], { value }).output);
  return { tensors, weights, weightTensors };
}

/** Compares the derivatives of `objective` by `wanted` inputs; `gradientTensors` are the symbolic ones. */
async function compare(
  session: Session,
  built: BuiltSample,
  wanted: readonly number[],
  objective: Objective,
  gradientTensors: readonly (Tensor | null)[],
  what: string,
): Promise<void> {
  const keys = built.feeds.map(([tensor]) => tensor);
  const values = built.feeds.map(([, value]) => value);
  const evaluate = session.makeCallable([...objective.tensors], keys);
  const objectiveAt = async (changed: number, to: NdArray): Promise<number> => {
    const outputs: readonly unknown[] = await evaluate(...values.map((v, i) => (i === changed ? to : v)));
    return outputs.reduce<number>((sum, output, i) => {
      const array = toArray(output, objective.tensors[i] as Tensor);
      return sum + dot(array.data as Float64Array, (objective.weights[i] as NdArray<"float64">).data);
    }, 0);
  };
  const present = gradientTensors.filter((g): g is Tensor => g !== null);
  const symbolic = await runToArrays(session, present, built.feeds);
  for (const [position, input] of wanted.entries()) {
    const at = keys.indexOf(built.inputs[input] as Tensor);
    const value = values[at] as NdArray<"float64">;
    const tensor = gradientTensors[position] ?? null;
    const gradient = tensor === null ? new Float64Array(value.size) : symbolic[present.indexOf(tensor)]?.data;
    assert.equal(gradient?.length, value.size, `${what}: size of the gradient of input ${input}`);
    for (const [k, direction] of directions(value.size).entries()) {
      const moved = (factor: number): NdArray =>
        new NdArray(
          "float64",
          value.shape,
          value.data.map((x, i) => x + factor * step * (direction[i] as number)),
        );
      const numeric = ((await objectiveAt(at, moved(1))) - (await objectiveAt(at, moved(-1)))) / (2 * step);
      const exact = dot(gradient as Float64Array, direction);
      const allowed = gradientTolerance * Math.max(1, Math.abs(numeric));
      if (!(Math.abs(exact - numeric) <= allowed))
        assert.fail(
          `${what}: the derivative by input ${input} along direction ${k} is ${exact}, central differences say ${numeric}`,
        );
    }
  }
}

/** First derivatives of one sample. */
export async function checkGradient(
  graph: Graph,
  session: Session,
  definition: OpDefinition,
  sample: Sample,
  what: string,
): Promise<void> {
  const built = buildSample(graph, definition, inDouble(sample), "shapes");
  const wanted = differentiable(sample);
  const objective = await objectiveOf(graph, session, built.operation.outputs, built.feeds);
  if (objective.tensors.length === 0) return;
  const by = wanted.map((i) => built.inputs[i] as Tensor);
  const found = gradients(objective.tensors, by, { gradYs: objective.weightTensors });
  await compare(session, built, wanted, objective, found, what);
}

/** Second derivatives: of the first ones, weighted. */
export async function checkSecondOrder(
  graph: Graph,
  session: Session,
  definition: OpDefinition,
  sample: Sample,
  what: string,
): Promise<void> {
  const built = buildSample(graph, definition, inDouble(sample), "shapes");
  const wanted = differentiable(sample);
  const by = wanted.map((i) => built.inputs[i] as Tensor);
  const first = await objectiveOf(graph, session, built.operation.outputs, built.feeds);
  if (first.tensors.length === 0) return;
  const found = gradients(first.tensors, by, { gradYs: first.weightTensors });
  const second = await objectiveOf(graph, session, found, built.feeds);
  if (second.tensors.length === 0) return;
  const twice = gradients(second.tensors, by, { gradYs: second.weightTensors });
  await compare(session, built, wanted, second, twice, what);
}
