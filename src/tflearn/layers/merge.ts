/** @file Layers of several tensors, and one applied at every step. Follows `merge_ops.py` and `core.py` of TFLearn. */
import { ArgumentError, bracketed, callSiteOf, captureCallSite, requireOptions, ShapeError } from "../../core/index.js";
import { Tensor } from "../../graph/index.js";
import {
  add,
  concat,
  multiply,
  reduceAll,
  reduceAny,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceProd,
  reduceSum,
  reshape,
  stack,
  transpose,
  unstack,
} from "../../ops/index.js";
import { lookUp } from "../identifiers.js";
import {
  type NamedLayerOptions,
  namedLayer,
  namedOptions,
  requireFunction,
  requireTensor,
  requireTensors,
} from "./layer.js";

type Merge = (tensors: readonly Tensor[], axis: number) => Tensor;
const joined = (tensors: readonly Tensor[], axis: number): Tensor => concat([...tensors], axis) as Tensor;
const pairwise =
  (combine: (a: Tensor, b: Tensor) => Tensor): Merge =>
  (tensors) =>
    tensors.reduce((all, next) => combine(all, next));
const reduced =
  (reduce: (x: Tensor, axis: number) => Tensor): Merge =>
  (tensors, axis) =>
    reduce(joined(tensors, axis), axis);

const modes = {
  concat: joined,
  elemwise_sum: pairwise((a, b) => add(a, b) as Tensor),
  elemwise_mul: pairwise((a, b) => multiply(a, b) as Tensor),
  sum: reduced((x, axis) => reduceSum(x, axis) as Tensor),
  mean: reduced((x, axis) => reduceMean(x, axis) as Tensor),
  prod: reduced((x, axis) => reduceProd(x, axis) as Tensor),
  max: reduced((x, axis) => reduceMax(x, axis) as Tensor),
  min: reduced((x, axis) => reduceMin(x, axis) as Tensor),
  and: reduced((x, axis) => reduceAll(x as Tensor<"bool">, axis) as Tensor),
  or: reduced((x, axis) => reduceAny(x as Tensor<"bool">, axis) as Tensor),
} as const satisfies Record<string, Merge>;

/** How {@link merge} combines. */
export type MergeMode = keyof typeof modes;

/** Options of {@link merge}. */
export interface MergeOptions extends NamedLayerOptions {
  /** The axis to join or reduce along. Default 1. */
  readonly axis?: number;
}

/**
 * Tensors as one: joined along an axis (`concat`), added or multiplied element by element
 * (`elemwise_sum`, `elemwise_mul`), or joined and then reduced along the axis. `tflearn.merge`.
 * @throws ArgumentError for fewer than two tensors or an unknown mode
 */
export function merge(tensorsList: readonly Tensor[], mode: MergeMode, options: MergeOptions = {}): Tensor {
  requireOptions("merge", options, { ...namedOptions, axis: true });
  requireTensors(tensorsList, "merge");
  const [first] = tensorsList;
  if (first === undefined || tensorsList.length < 2)
    throw new ArgumentError("Merge required 2 or more tensors.", {
      createdAt: callSiteOf(captureCallSite()),
      hint: "pass an array: [first, second]",
    });
  const combine = lookUp<Merge>("merge mode", modes, mode);
  return namedLayer(first, options.name ?? "Merge", () => combine(tensorsList, options.axis ?? 1));
}

/** The outputs of several networks, joined along the first axis. `tflearn.merge_outputs`. */
export function mergeOutputs(tensorList: readonly Tensor[], options: NamedLayerOptions = {}): Tensor {
  requireOptions("mergeOutputs", options, namedOptions);
  requireTensors(tensorList, "mergeOutputs");
  const [first] = tensorList;
  requireTensor(first);
  return namedLayer(first, options.name ?? "MergeOutputs", () => joined(tensorList, 0));
}

/**
 * Applies a layer to every step of `[batch, steps, …]` and joins the results along the steps. Every step
 * has a copy of the graph; with a `scope` each has the variables of `<scope>-<step>`, else its own.
 * `tflearn.time_distributed`.
 * @param fn called as `fn(step, ...args)`, or with `{ scope }` behind the arguments where a scope is given
 * @throws ShapeError where the number of steps is not known
 */
export function timeDistributed<A extends readonly unknown[]>(
  incoming: Tensor | readonly Tensor[],
  fn: (step: Tensor, ...args: [...A]) => Tensor,
  args?: A,
  scope?: string,
): Tensor {
  if (Array.isArray(incoming)) requireTensors(incoming, "timeDistributed");
  else requireTensor(incoming);
  requireFunction(fn, "timeDistributed");
  const given: Tensor =
    incoming instanceof Tensor ? incoming : (transpose(stack([...incoming]) as Tensor, [1, 0, 2]) as Tensor);
  const steps = given.partialShape?.[1] ?? null;
  if ((given.rank ?? 0) < 3 || steps === null)
    throw new ShapeError("timeDistributed needs [batch, steps, …] with a known number of steps", {
      op: given.op.name,
      createdAt: given.op.createdAt,
      hint: `the shape is ${bracketed(given.partialShape)}`,
    });
  const layer = fn as (step: Tensor, ...all: readonly unknown[]) => Tensor;
  const results = (unstack(given, { axis: 1 }) as readonly Tensor[]).map((step, i) => {
    const all = [...(args ?? [])];
    return scope === undefined ? layer(step, ...all) : layer(step, ...all, { scope: `${scope}-${i}` });
  });
  const asStep = (x: Tensor): Tensor =>
    reshape(x, [-1, 1, ...x.shape.slice(1).map((extent) => extent ?? -1)]) as Tensor;
  return joined(results.map(asStep), 1);
}
