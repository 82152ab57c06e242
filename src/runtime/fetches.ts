/**
 * @file Fetches: any nesting of arrays and records of tensors, variables, operations and names. The
 * result of a run has the same structure, in values and in types.
 */
import { type DType, FetchError, GraphError, NdArray, type ScalarOf, type Shape } from "../core/index.js";
import type { Fetched } from "../core/shape-types.js";
import { type Graph, type GraphElementLike, Operation, Tensor, typeName } from "../graph/index.js";

/** Anything {@link Session.run} accepts to fetch. */
export type Fetch =
  | Tensor
  | Operation
  | GraphElementLike
  | string
  | readonly Fetch[]
  | { readonly [key: string]: Fetch };

/** What a fetch comes back as. */
export type FetchResult<F> = F extends Operation
  ? null
  : F extends Tensor<infer D extends DType, infer S extends Shape>
    ? Fetched<D, S>
    : F extends GraphElementLike
      ? NdArray | number | boolean
      : F extends string
        ? NdArray | number | boolean | string | null
        : F extends readonly unknown[]
          ? { -readonly [I in keyof F]: FetchResult<F[I]> }
          : { -readonly [K in keyof F]: FetchResult<F[K]> };

/** A fetch taken apart: the distinct tensors and operations, and how to put the values together. */
export interface FetchPlan {
  readonly tensors: readonly Tensor[];
  readonly targets: readonly Operation[];
  /** Builds the result from the values of {@link tensors}, in their order. */
  readonly assemble: (values: readonly NdArray[]) => unknown;
}

/** Resolves fetches against a graph. @throws FetchError for anything that is not an element of it */
export function planFetches(graph: Graph, fetches: unknown): FetchPlan {
  const tensors: Tensor[] = [];
  const positions = new Map<Tensor, number>();
  const targets = new Set<Operation>();
  const assemble = visit(fetches);
  return { tensors, targets: [...targets], assemble };

  function visit(fetch: unknown): (values: readonly NdArray[]) => unknown {
    if (Array.isArray(fetch)) {
      const parts = fetch.map(visit);
      return (values) => parts.map((part) => part(values));
    }
    if (isRecord(fetch)) {
      const parts = Object.entries(fetch).map(([key, value]) => [key, visit(value)] as const);
      return (values) => Object.fromEntries(parts.map(([key, part]) => [key, part(values)]));
    }
    const element = resolve(graph, fetch);
    if (!graph.isFetchable(element))
      throw new FetchError(
        `Operation ${element instanceof Tensor ? element.op : element} has been marked as not fetchable.`,
        {
          hint: "fetch the result of the conditional instead of something inside a branch",
        },
      );
    if (element instanceof Operation) {
      targets.add(element);
      return () => null;
    }
    let position = positions.get(element);
    if (position === undefined) {
      position = tensors.push(element) - 1;
      positions.set(element, position);
    }
    const at = position;
    const isScalar = element.partialShape?.length === 0;
    return (values) => {
      const value = values[at] as NdArray;
      return isScalar ? (value.item() as ScalarOf[DType]) : value;
    };
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));

function resolve(graph: Graph, fetch: unknown): Tensor | Operation {
  const shown = typeof fetch === "string" ? `'${fetch}'` : String(fetch);
  const kind = typeName(fetch);
  const isElement = typeof fetch === "string" || (typeof fetch === "object" && fetch !== null);
  if (!isElement || fetch instanceof NdArray)
    throw new FetchError(
      `Fetch argument ${shown} has invalid type ${kind}, must be a string or Tensor. (Can not convert a ${kind} into a Tensor or Operation.)`,
      { hint: "fetch tensors, variables, operations, their names, or arrays and records of these" },
    );
  try {
    return graph.asGraphElement(fetch);
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    const [reason = ""] = error.message.split("\n");
    const isConversion = reason.startsWith("Can not convert");
    throw new FetchError(
      isConversion
        ? `Fetch argument ${shown} has invalid type ${kind}, must be a string or Tensor. (${reason})`
        : `Fetch argument ${shown} cannot be interpreted as a Tensor. (${reason})`,
      { op: error.op, createdAt: error.createdAt, hint: error.hint, cause: error },
    );
  }
}
