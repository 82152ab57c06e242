/** @file Tracing: calls a user's function once, inside a graph of its own, and keeps what it made. */
import { ArgumentError, type DType, describe, type PartialShape } from "../../core/index.js";
import { type FunctionBody, FunctionGraph, type Graph, installCaptures, type Tensor } from "../../graph/index.js";
import { convertToTensor, type TensorLike, tensorOf } from "../define.js";
import { placeholderOp } from "../structure-ops.js";
import { variableOp } from "../variable-ops.js";

installCaptures({ placeholder: placeholderOp.definition, variable: variableOp.definition });

/** Tensors, or nested arrays and records of them: what functions take and return. */
export type Structure = TensorLike | readonly Structure[] | { readonly [key: string]: Structure };

/** Tensors taken out of a structure, and the way back. */
export interface Flattened {
  readonly tensors: readonly Tensor[];
  readonly pack: (tensors: readonly Tensor[]) => unknown;
  /** The structure as text, to compare two of them. */
  readonly shape: string;
}

/** Takes a structure apart. Plain numbers and arrays become constants; arrays of tensors are structure. */
export function flatten(structure: unknown, what: string): Flattened {
  const tensors: Tensor[] = [];
  const visit = (part: unknown): { pack: (t: readonly Tensor[]) => unknown; shape: string } => {
    if (
      Array.isArray(part) &&
      (part.length === 0 || part.some((item) => tensorOf(item) !== undefined || isStructure(item)))
    ) {
      const parts = part.map(visit);
      return { pack: (t) => parts.map((p) => p.pack(t)), shape: `[${parts.map((p) => p.shape).join()}]` };
    }
    if (isStructure(part)) {
      const parts = Object.entries(part).map(([key, value]) => [key, visit(value)] as const);
      return {
        pack: (t) => Object.fromEntries(parts.map(([key, p]) => [key, p.pack(t)])),
        shape: `{${parts.map(([key, p]) => `${key}:${p.shape}`).join()}}`,
      };
    }
    if (part === null || part === undefined) throw new ArgumentError(`${what} must be tensors, got ${describe(part)}`);
    const at = tensors.push(convertToTensor(part as TensorLike)) - 1;
    return { pack: (t) => t[at], shape: "." };
  };
  const { pack, shape } = visit(structure);
  return { tensors, pack, shape };
}

const isStructure = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

export interface ArgumentSpec {
  readonly dtype: DType;
  readonly shape: PartialShape;
}

export interface Traced {
  readonly body: FunctionBody;
  readonly result: Flattened;
}

/**
 * Calls `build` once with an argument for each spec and keeps the operations it makes in a graph of
 * their own. Tensors it uses from outside are captured.
 */
export function trace(
  outer: Graph,
  name: string,
  specs: readonly ArgumentSpec[],
  build: (inputs: readonly Tensor[]) => unknown,
  what: string,
): Traced {
  const graph = new FunctionGraph(outer, name);
  return graph.asDefault(() =>
    graph.nameScope(name, () => {
      const inputs = specs.map(({ dtype, shape }, i) => graph.argument(dtype, shape, `argument_${i}`));
      const built = flatten(build(inputs), what);
      const outputs = built.tensors.map((tensor) => graph.adopt(tensor));
      for (const op of graph.getOperations()) outer.preventFetching(op);
      return { body: { graph, inputs, outputs }, result: built };
    }),
  );
}

/** What a function draws anew each time it runs: its gradient must see the same draw. */
export const drawnIn = ({ graph }: FunctionBody): Tensor[] =>
  graph
    .getOperations()
    .filter(({ definition }) => definition.stateful === true && definition.writes === undefined)
    .filter(({ definition }) => definition.lower.kind === "compiled")
    .flatMap((op) => op.outputs);

/** The same function with other inputs and outputs: gradients add to a traced graph and read it anew. */
export const withEnds = (
  { graph }: FunctionBody,
  inputs: readonly Tensor[],
  outputs: readonly (Tensor | null)[],
): FunctionBody => ({ graph, inputs, outputs });
