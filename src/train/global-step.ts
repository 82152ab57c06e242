/**
 * @file The global step: the variable that counts training steps. Follows `training_util.py` of
 * TensorFlow 1.3. May import `ops`, `runtime` and below.
 */
import { ArgumentError, describe, isInteger, NdArray } from "../core/index.js";
import { type Graph, GraphKeys, getDefaultGraph, type Tensor } from "../graph/index.js";
import { tensorOf } from "../ops/define.js";
import { Variable } from "../ops/variable.js";
import type { Session } from "../runtime/index.js";

/** The step: an int32 scalar, which checkpoints store as TensorFlow's int64. */
export type GlobalStep = Variable<"int32", readonly []>;

/**
 * The graph's global step, or `null` where it has none: the one of the collection
 * `GraphKeys.GLOBAL_STEP`, else a variable named `global_step`.
 * @throws ArgumentError where there are several, or it is no integer scalar
 */
export function getGlobalStep(graph: Graph = getDefaultGraph()): GlobalStep | null {
  const collected = graph.getCollection<Variable>(GraphKeys.GLOBAL_STEP);
  if (collected.length > 1)
    throw new ArgumentError("Multiple tensors in global_step collection.", {
      hint: "make it once, with tf.train.getOrCreateGlobalStep()",
    });
  const found =
    collected[0] ??
    graph.getCollection<Variable>(GraphKeys.GLOBAL_VARIABLES).find((variable) => variable.name === "global_step:0");
  return found === undefined ? null : checked(found);
}

function checked(step: Variable): GlobalStep {
  const details = {
    op: step.op.name,
    createdAt: step.op.createdAt,
    hint: "make it with tf.train.getOrCreateGlobalStep()",
  };
  if (!(step instanceof Variable))
    throw new ArgumentError(`Existing "global_step" is not a Variable: ${describe(step)}`);
  if (!isInteger(step.dtype))
    throw new ArgumentError(`Existing "global_step" does not have integer type: ${step.dtype}`, details);
  if (step.rank !== 0) throw new ArgumentError(`Existing "global_step" is not scalar: ${step}`, details);
  return step as Variable as GlobalStep;
}

/**
 * Makes the global step: a scalar named `global_step`, 0, not trained.
 * @throws ArgumentError where the graph has one
 */
export function createGlobalStep(graph: Graph = getDefaultGraph()): GlobalStep {
  if (getGlobalStep(graph) !== null)
    throw new ArgumentError('"global_step" already exists.', { hint: "tf.train.getOrCreateGlobalStep() returns it" });
  return graph.asDefault(() =>
    graph.nameScope(
      null,
      () =>
        new Variable<"int32", readonly []>(NdArray.from(0, "int32"), {
          name: "global_step",
          trainable: false,
          collections: [GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
          savedAs: "int64",
        }),
    ),
  );
}

/** The graph's global step, made where there is none. */
export function getOrCreateGlobalStep(graph: Graph = getDefaultGraph()): GlobalStep {
  return getGlobalStep(graph) ?? createGlobalStep(graph);
}

/** The step's value in a session. `tf.train.global_step`. @throws FailedPreconditionError before it is initialized */
export async function globalStep(session: Session, step: Tensor): Promise<number> {
  const tensor = tensorOf(step);
  if (tensor === undefined)
    throw new ArgumentError(`The global step must be a variable or tensor, got ${describe(step)}`);
  const value: unknown = await session.run(tensor);
  return value instanceof NdArray ? Number(value.item()) : Number(value);
}
