/**
 * @file Scopes and collections of the default graph, as functions: names, control dependencies,
 * devices. Each scope takes a body, or is opened without one by `using`. Follows `ops.py` of TensorFlow 1.3.
 */
import { ArgumentError } from "../core/index.js";
import {
  type Graph,
  type GraphElementLike,
  getDefaultGraph,
  type Operation,
  type Scope,
  type Tensor,
} from "../graph/index.js";
import { tensorOf } from "./define.js";
import { requireNoBody } from "./scope-body.js";

/** Options of {@link nameScope} and {@link withNameScope}. */
export interface NameScopeOptions {
  /** The name where `name` is `undefined`. */
  readonly defaultName?: string;
  /**
   * Operands of what the scope is for: the graph of the first tensor, variable or operation among them becomes the
   * default inside.
   */
  readonly values?: readonly unknown[];
}

/**
 * Opens a name scope until it is disposed: `using scope = tf.nameScope("layer")`. A repeated name
 * becomes `layer_1`; a captured `scope.scope`, which ends in `/`, re-enters that scope exactly; `null`
 * and `""` return to the root. `tf.name_scope`.
 * @throws GraphError for an invalid name
 */
export function nameScope(name: string | null | undefined, options: NameScopeOptions = {}): Scope {
  requireNoBody("nameScope", options);
  const graph = graphOf(options.values);
  const leaveGraph = graph.asDefault();
  try {
    const inner = graph.nameScope(scopeName(name, options));
    return {
      scope: inner.scope,
      [Symbol.dispose]: () => {
        inner[Symbol.dispose]();
        leaveGraph[Symbol.dispose]();
      },
    };
  } catch (error) {
    leaveGraph[Symbol.dispose]();
    throw error;
  }
}

/** Runs `body` in a name scope, which it is told: see {@link nameScope}. */
export function withNameScope<T>(
  name: string | null | undefined,
  body: (scope: string) => T,
  options: NameScopeOptions = {},
): T {
  const graph = graphOf(options.values);
  return graph.asDefault(() => graph.nameScope(scopeName(name, options), body));
}

function scopeName(name: string | null | undefined, { defaultName, values }: NameScopeOptions): string | null {
  const chosen = name ?? defaultName;
  if (chosen === undefined && name === undefined && values !== undefined)
    throw new ArgumentError(`At least one of name (${name}) and default_name (${defaultName}) must be provided.`, {
      hint: "pass a name, or { defaultName }",
    });
  return chosen ?? null;
}

function graphOf(values: NameScopeOptions["values"] = []): Graph {
  for (const value of values) {
    const tensor = tensorOf(value);
    if (tensor !== undefined) return tensor.graph;
    const operation = value as Partial<Operation> | null | undefined;
    if (typeof operation === "object" && operation !== null && operation.graph !== undefined) return operation.graph;
  }
  return getDefaultGraph();
}

/** What operations can wait for. */
export type Dependency = Operation | Tensor | GraphElementLike;

/** Operations created until this is disposed wait for the given ones; see {@link withControlDependencies}. */
export const controlDependencies: (dependencies: readonly Dependency[] | null) => Disposable = (
  dependencies,
  ...others: readonly unknown[]
) => {
  requireNoBody("controlDependencies", others[0]);
  return getDefaultGraph().controlDependencies(dependencies);
};

/**
 * Operations created by `body` run after the given ones. Blocks nest by union; `null` clears the outer
 * ones. Operations created elsewhere and only used inside wait for nothing. `tf.control_dependencies`.
 * @throws GraphError for an element of another graph
 */
export const withControlDependencies = <T>(dependencies: readonly Dependency[] | null, body: () => T): T =>
  getDefaultGraph().controlDependencies(dependencies, body);

/** Records a device for the operations that `body` creates. It changes no numbers. `tf.device`. */
export const withDevice = <T>(device: string | null, body: () => T): T => getDefaultGraph().device(device, body);

/** Records for the operations that `body` creates the device of another. It changes no numbers. `tf.colocate_with`. */
export function withColocation<T>(element: Operation | Tensor | GraphElementLike, body: () => T): T {
  const tensor = tensorOf(element);
  const { graph, device } = tensor === undefined ? (element as Operation) : tensor.op;
  return graph.device(device === "" ? null : device, body);
}

// ---- collections ----

/** Adds a value to a collection of the default graph; duplicates are kept. `tf.add_to_collection`. */
export const addToCollection = (key: string, value: unknown): void => getDefaultGraph().addToCollection(key, value);

/**
 * A copy of a collection of the default graph, empty where there is none. With `scope` only the items
 * whose name the regular expression matches at its start. `tf.get_collection`.
 */
export const getCollection = <T = unknown>(key: string, scope?: string): T[] =>
  getDefaultGraph().getCollection<T>(key, scope);

/** The live list of a collection of the default graph, created when absent. `tf.get_collection_ref`. */
export const getCollectionRef = (key: string): unknown[] => getDefaultGraph().getCollectionRef(key);
