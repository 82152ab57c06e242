/**
 * @file `Graph`: holds operations, gives them unique names, and keeps the scopes, control
 * dependencies and collections that apply while a program builds it. Follows
 * `tensorflow/python/framework/ops.py` of TensorFlow 1.3.
 */
import {
  bracketed,
  callSiteOf,
  captureCallSite,
  GraphError,
  type NdArray,
  type PartialShape,
  ShapeError,
} from "../core/index.js";
import { constantValue } from "./constant-value.js";
import type { InferContext, OpDefinition } from "./definition.js";
import { Names } from "./names.js";
import { type Attributes, Operation } from "./operation.js";
import { type Scope, within } from "./scope.js";
import { Tensor } from "./tensor.js";

interface ControlFrame {
  readonly inputs: readonly Operation[];
  /** Operations made inside the block: their consumers need no edge of their own. */
  readonly made: Set<Operation>;
}

/** Things that name a graph element: see {@link Graph.asGraphElement}. */
export interface GraphElementLike {
  asTensor(): Tensor;
}

/** The attribute that names another gradient than an operation's own, as in TensorFlow. */
export const gradientTypeAttribute = "_gradient_op_type";

/**
 * Operations and the tensors between them, with their names, collections and scopes. Calls add to the graph in
 * force: a default one, or another inside {@link Graph.asDefault}. `tf.Graph`.
 */
export class Graph {
  /** Messages name it; minifiers would change it. */
  static readonly name: string = "Graph";
  private readonly byName = new Map<string, Operation>();
  private readonly order: Operation[] = [];
  private readonly names = new Names();
  private readonly collections = new Map<string, unknown[]>();
  private readonly unfeedable = new Set<Tensor>();
  private readonly unfetchable = new Set<Operation>();
  private controlStack: ControlFrame[] = [];
  private deviceStack: string[] = [];
  private gradientTypes: Readonly<Record<string, string>> = {};
  private frozen = false;
  /** Graph-level random seed, set by `setRandomSeed`. */
  seed: number | null = null;
  /** State other rooms keep with a graph, keyed by their own symbol (variable scopes, layer names). */
  readonly extensions = new Map<symbol, unknown>();

  /** How many operations have been added. */
  get version(): number {
    return this.order.length;
  }
  get finalized(): boolean {
    return this.frozen;
  }
  /** Makes the graph read-only. */
  finalize(): void {
    this.frozen = true;
  }

  // ---- building ----

  /**
   * Adds an operation. Builders call this; users call builders.
   * @throws GraphError for a finalized graph, an invalid name or inputs of another graph
   */
  createOperation(definition: OpDefinition, operands: readonly Tensor[], given: Attributes, name?: string): Operation {
    const capture = captureCallSite();
    const gradientType = this.gradientTypes[definition.name];
    const attributes = gradientType === undefined ? given : { ...given, [gradientTypeAttribute]: gradientType };
    const inputs = operands.map((operand) => this.adopt(operand));
    if (this.frozen)
      throw new GraphError("Graph is finalized and cannot be modified.", {
        hint: "build everything before finalize(), or use a new Graph",
      });
    for (const input of inputs) this.requireSameGraph(input, inputs);
    const fullName = this.names.forOperation(name ?? definition.name);
    if (this.byName.has(fullName))
      throw new GraphError(`cannot add op with name ${fullName} as that name is already used`, {
        op: fullName,
        createdAt: this.byName.get(fullName)?.createdAt,
        hint: "leave out the trailing slash to get a unique name",
      });
    const context = inferContext(definition, inputs, attributes, fullName);
    const outputs = definition.infer(context);
    const operation = new Operation(this, definition, fullName, inputs, attributes, outputs, {
      id: this.order.length,
      controlInputs: this.currentControlInputs(inputs),
      device: this.deviceStack.at(-1) ?? "",
      capture,
    });
    for (const frame of this.controlStack) frame.made.add(operation);
    this.order.push(operation);
    this.byName.set(fullName, operation);
    return operation;
  }

  /** What stands for a tensor in this graph: itself, unless this is the graph of a function inside another. */
  adopt(tensor: Tensor): Tensor {
    return tensor;
  }

  private requireSameGraph(input: Tensor, inputs: readonly Tensor[]): void {
    if (input.graph === this) return;
    const other = inputs.find((candidate) => candidate.graph === this) ?? "the graph under construction";
    throw new GraphError(`${input} must be from the same graph as ${other}.`, {
      op: input.op.name,
      createdAt: input.op.createdAt,
      hint: "build both in one `graph.asDefault(() => …)` block; resetDefaultGraph() makes older tensors unusable",
    });
  }

  /** The name prefixed with the current scope and made unique with `_1`, `_2`, …. */
  uniqueName(name: string, markAsUsed = true): string {
    return this.names.unique(name, markAsUsed);
  }

  // ---- scopes ----

  /**
   * Opens a name scope: runs `body` inside it, or returns a disposable. A name ending in `/`
   * re-enters that scope exactly; `null` or `""` returns to the root.
   */
  nameScope<T>(name: string | null, body: (scope: string) => T): T;
  nameScope(name: string | null): Scope;
  nameScope<T>(name: string | null, body?: (scope: string) => T): T | Scope {
    return this.names.within(name, body);
  }
  /** The current name scope without a trailing slash. */
  get currentNameScope(): string {
    return this.names.currentScope;
  }

  /**
   * Operations created inside wait for the given ones; nested blocks add up, `null` clears.
   * @throws GraphError for an element of another graph
   */
  controlDependencies<T>(list: readonly (Operation | Tensor | GraphElementLike)[] | null, body: () => T): T;
  controlDependencies(list: readonly (Operation | Tensor | GraphElementLike)[] | null): Disposable;
  controlDependencies<T>(
    list: readonly (Operation | Tensor | GraphElementLike)[] | null,
    body?: () => T,
  ): T | Disposable {
    const before = this.controlStack;
    const inputs = (list ?? []).map((item) => {
      const element = this.asGraphElement(item);
      return element instanceof Operation ? element : element.op;
    });
    this.controlStack = list === null ? [] : [...before, { inputs, made: new Set() }];
    return within("", body === undefined ? undefined : () => body(), () => {
      this.controlStack = before;
    });
  }

  private currentControlInputs(inputs: readonly Tensor[]): Operation[] {
    const edges = new Set<Operation>();
    for (const frame of this.controlStack) {
      if (inputs.some((input) => frame.made.has(input.op))) continue;
      for (const op of frame.inputs) edges.add(op);
    }
    for (const input of inputs) edges.delete(input.op);
    return [...edges];
  }

  /** Records a device for operations created inside; it changes no numbers. `null` forgets the outer ones. */
  device<T>(device: string | null, body: () => T): T;
  device(device: string | null): Disposable;
  device<T>(device: string | null, body?: () => T): T | Disposable {
    const before = this.deviceStack;
    this.deviceStack = device === null ? [] : [...before, device];
    return within("", body === undefined ? undefined : () => body(), () => {
      this.deviceStack = before;
    });
  }

  /**
   * Operations created inside whose type is a key of `types` take the gradient registered under the value:
   * `graph.gradientOverrideMap({ Relu: "GuidedRelu" }, () => …)`. Inner maps add to outer ones.
   */
  gradientOverrideMap<T>(types: Readonly<Record<string, string>>, body: () => T): T;
  gradientOverrideMap(types: Readonly<Record<string, string>>): Disposable;
  gradientOverrideMap<T>(types: Readonly<Record<string, string>>, body?: () => T): T | Disposable {
    const before = this.gradientTypes;
    this.gradientTypes = { ...before, ...types };
    return within("", body === undefined ? undefined : () => body(), () => {
      this.gradientTypes = before;
    });
  }

  /** Makes this the default graph while `body` runs, or until the returned scope is disposed. */
  asDefault<T>(body: (graph: Graph) => T): T;
  asDefault(): Disposable;
  asDefault<T>(body?: (graph: Graph) => T): T | Disposable {
    defaultStack.push(this);
    return within("", body === undefined ? undefined : () => body(this), () => {
      const at = defaultStack.lastIndexOf(this);
      if (at >= 0) defaultStack.splice(at, 1);
    });
  }

  // ---- looking up ----

  getOperations(): readonly Operation[] {
    return [...this.order];
  }
  /** @throws GraphError when the name has a colon or is unknown */
  getOperationByName(name: string): Operation {
    return this.asGraphElement(name, { allowTensor: false }) as Operation;
  }
  /** @throws GraphError when the name has no `:output` or is unknown */
  getTensorByName(name: string): Tensor {
    return this.asGraphElement(name, { allowOperation: false }) as Tensor;
  }

  /** Resolves a name, tensor, operation or variable to an element of this graph. @throws GraphError */
  asGraphElement(
    element: unknown,
    { allowTensor = true, allowOperation = true }: { allowTensor?: boolean; allowOperation?: boolean } = {},
  ): Tensor | Operation {
    const kind = allowTensor && allowOperation ? "Tensor or Operation" : allowTensor ? "Tensor" : "Operation";
    if (typeof element === "string") return this.elementByName(element, allowTensor, allowOperation);
    const resolved = isGraphElementLike(element) ? element.asTensor() : element;
    const fits = (allowTensor && resolved instanceof Tensor) || (allowOperation && resolved instanceof Operation);
    if (!fits)
      throw new GraphError(`Can not convert a ${typeName(element)} into a ${kind}.`, {
        hint: `pass a ${kind} of this graph, or its name`,
      });
    const found = resolved as Tensor | Operation;
    if (found.graph !== this)
      throw new GraphError(
        `${found instanceof Tensor ? "Tensor" : "Operation"} ${found} is not an element of this graph.`,
        {
          op: found instanceof Tensor ? found.op.name : found.name,
          createdAt: found instanceof Tensor ? found.op.createdAt : found.createdAt,
          hint: "use tensors of the graph the session was opened on",
        },
      );
    return found;
  }

  private elementByName(name: string, allowTensor: boolean, allowOperation: boolean): Tensor | Operation {
    const match = /^(.*):(\d+)$/.exec(name);
    if (match !== null && allowTensor) {
      const op = this.byName.get(match[1] as string);
      if (op === undefined)
        throw new GraphError(
          `The name '${name}' refers to a Tensor which does not exist. The operation, '${match[1]}', does not exist in the graph.`,
          this.nearest(match[1] as string),
        );
      const output = op.outputs[Number(match[2])];
      if (output === undefined)
        throw new GraphError(
          `The name '${name}' refers to a Tensor which does not exist. The operation, '${op.name}', exists but only has ${op.outputs.length} outputs.`,
        );
      return output;
    }
    if (name.includes(":"))
      throw new GraphError(`Name '${name}' appears to refer to a Tensor, not a Operation.`, {
        hint: "leave out the `:0`",
      });
    const op = this.byName.get(name);
    if (!allowOperation)
      throw new GraphError(
        op === undefined
          ? `The name '${name}' looks like an (invalid) Operation name, not a Tensor. Tensor names must be of the form "<op_name>:<output_index>".`
          : `The name '${name}' refers to an Operation, not a Tensor. Tensor names must be of the form "<op_name>:<output_index>".`,
        {
          hint: `write '${name}:0'`,
        },
      );
    if (op === undefined)
      throw new GraphError(`The name '${name}' refers to an Operation not in the graph.`, this.nearest(name));
    return op;
  }

  private nearest(name: string): { hint: string } {
    const suffix = name.split("/").at(-1) as string;
    const similar = [...this.byName.keys()].filter((n) => n.toLowerCase().includes(suffix.toLowerCase())).slice(0, 3);
    return {
      hint:
        similar.length > 0
          ? `did you mean ${similar.map((n) => `'${n}'`).join(" or ")}?`
          : "graph.getOperations() lists the names there are",
    };
  }

  // ---- collections ----

  addToCollection(key: string, value: unknown): void {
    this.getCollectionRef(key).push(value);
  }
  /** A copy of a collection, optionally only the items whose name matches `scope` at its start. */
  getCollection<T = unknown>(key: string, scope?: string): T[] {
    const items = this.collections.get(key) ?? [];
    if (scope === undefined) return [...items] as T[];
    const pattern = new RegExp(`^(?:${scope})`);
    return items.filter((item) => {
      const name = (item as { name?: unknown } | null)?.name;
      return typeof name === "string" && pattern.test(name);
    }) as T[];
  }
  /** The live list of a collection, created when absent. */
  getCollectionRef(key: string): unknown[] {
    const known = this.collections.get(key);
    if (known !== undefined) return known;
    const made: unknown[] = [];
    this.collections.set(key, made);
    return made;
  }
  clearCollection(key: string): void {
    this.collections.delete(key);
  }
  getAllCollectionKeys(): string[] {
    return [...this.collections.keys()];
  }

  // ---- permissions ----

  preventFeeding(tensor: Tensor): void {
    this.unfeedable.add(tensor);
  }
  isFeedable(tensor: Tensor): boolean {
    return !this.unfeedable.has(tensor);
  }
  preventFetching(op: Operation): void {
    this.unfetchable.add(op);
  }
  isFetchable(element: Tensor | Operation): boolean {
    return !this.unfetchable.has(element instanceof Tensor ? element.op : element);
  }
}

const isGraphElementLike = (value: unknown): value is GraphElementLike =>
  typeof value === "object" && value !== null && typeof (value as { asTensor?: unknown }).asTensor === "function";

/** The kind of a value, as messages name it. */
export function typeName(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  return (value as object).constructor?.name ?? "object";
}

function inferContext(
  definition: OpDefinition,
  inputs: readonly Tensor[],
  attributes: Attributes,
  name: string,
): InferContext {
  return {
    inputs,
    attributes,
    name,
    shape: (i: number): PartialShape => inputs[i]?.partialShape ?? null,
    constant: (i: number): NdArray | undefined => {
      const input = inputs[i];
      return input === undefined ? undefined : constantValue(input);
    },
    fail: (what: string, hint?: string): never => {
      const shapes = inputs.map((input) => bracketed(input.partialShape)).join(", ");
      throw new ShapeError(`${what} for '${name}' (op: '${definition.name}') with input shapes: ${shapes}.`, {
        op: name,
        createdAt: callSiteOf(captureCallSite()),
        hint,
      });
    },
  };
}

// ---- the stack of default graphs ----

const defaultStack: Graph[] = [];
let rootGraph: Graph | undefined;

/** The innermost default graph; a global one, made on first use, at the bottom. */
export function getDefaultGraph(): Graph {
  const top = defaultStack.at(-1);
  if (top !== undefined) return top;
  rootGraph ??= new Graph();
  return rootGraph;
}

/** Replaces the global default graph. @throws GraphError inside `graph.asDefault()` */
export function resetDefaultGraph(): void {
  if (defaultStack.length > 0)
    throw new GraphError("Do not use resetDefaultGraph() to clear nested graphs.", {
      hint: "leave the asDefault() block first, or make a new Graph",
    });
  rootGraph = new Graph();
}

/** @internal Pushes a graph without a scope, for interactive sessions. */
export function pushDefaultGraph(graph: Graph): () => void {
  const scope = graph.asDefault();
  return () => scope[Symbol.dispose]();
}
