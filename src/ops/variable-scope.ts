/**
 * @file Variable scopes: prefixes under which `getVariable` makes and shares variables, with defaults
 * that inner scopes inherit. State belongs to each graph. Follows `variable_scope.py` of TensorFlow 1.3,
 * and `AUTO_REUSE` of 1.4.
 */
import {
  ArgumentError,
  callSiteOf,
  captureCallSite,
  type DType,
  DTypeError,
  describe,
  NdArray,
  type PartialShape,
  type Shape,
} from "../core/index.js";
import { type Graph, GraphKeys, getDefaultGraph, type Tensor } from "../graph/index.js";
import { type TensorLike, tensorOf } from "./define.js";
import type { InitializerFunction } from "./initializers.js";
import { requireNoBody } from "./scope-body.js";
import type { Variable, VariableConstraint } from "./variable.js";
import {
  AUTO_REUSE,
  type InitialValueSource,
  type Regularizer,
  type Reuse,
  VariableStore,
} from "./variable-scope-store.js";

export { AUTO_REUSE, type Regularizer, type Reuse };

/** Options of {@link getVariable}. */
export interface GetVariableOptions<D extends DType = DType, S extends Shape = Shape> {
  /** Every dimension for a new variable; leave it out where `initializer` is a value. */
  readonly shape?: S | null | undefined;
  /** Element type. Default: the scope's, float32 unless it was given another. */
  readonly dtype?: D | undefined;
  /**
   * A function `(shape, { dtype }) => tensor`, or the first value itself, bare numbers in the dtype that
   * applies. Default: the scope's, else Glorot uniform for floats and zeros for others.
   */
  readonly initializer?: InitializerFunction | Tensor<D, S> | TensorLike | null | undefined;
  /** A function of the variable whose result joins REGULARIZATION_LOSSES. Default: the scope's. */
  readonly regularizer?: Regularizer | null | undefined;
  /** What optimizers bring its value back to after each of their updates. Default: the scope's. */
  readonly constraint?: VariableConstraint | null | undefined;
  /** Whether optimizers change it. Default true. */
  readonly trainable?: boolean | undefined;
  /** Collections to join. Default `[GraphKeys.GLOBAL_VARIABLES]`. */
  readonly collections?: readonly string[] | undefined;
  /** Demand a known first shape. Default true. */
  readonly validateShape?: boolean | undefined;
}

/** Options of {@link variableScope} and {@link withVariableScope}. */
export interface VariableScopeOptions {
  /** The name where none is given; made unique (`dense`, `dense_1`) for variables too. */
  readonly defaultName?: string;
  /** Operands of what the scope is for: the graph of the first is the scope's. */
  readonly values?: readonly unknown[];
  /** Whether names stand for existing variables. `true` is inherited; `false` does not switch it off. */
  readonly reuse?: Reuse | null;
  /** Default initializer inside. */
  readonly initializer?: InitializerFunction | null;
  /** Default regularizer inside. */
  readonly regularizer?: Regularizer | null;
  /** Default constraint inside. */
  readonly constraint?: VariableConstraint | null;
  /** Default element type inside. */
  readonly dtype?: DType;
}

interface ScopeSettings {
  readonly name: string;
  readonly originalNameScope: string;
  reuse: Reuse;
  initializer: InitializerFunction | undefined;
  regularizer: Regularizer | undefined;
  readonly constraint: VariableConstraint | undefined;
  dtype: DType;
}

/** A place under which variables are made and shared. Captured, it can be entered again from anywhere. */
export class VariableScope {
  /** @internal Scopes come from `withVariableScope`, `variableScope` and `getVariableScope`. */
  constructor(
    readonly graph: Graph,
    private readonly settings: ScopeSettings,
  ) {}

  /** Prefix of variables, without a trailing slash; empty at the root. */
  get name(): string {
    return this.settings.name;
  }
  /** The name scope opened with the scope at first, with a trailing slash; empty at the root. */
  get originalNameScope(): string {
    return this.settings.originalNameScope;
  }
  get reuse(): Reuse {
    return this.settings.reuse;
  }
  /** The default initializer inside, if any. */
  get initializer(): InitializerFunction | undefined {
    return this.settings.initializer;
  }
  /** The default regularizer inside, if any. */
  get regularizer(): Regularizer | undefined {
    return this.settings.regularizer;
  }
  /** The default constraint inside, if any. */
  get constraint(): VariableConstraint | undefined {
    return this.settings.constraint;
  }
  /** The default element type inside. */
  get dtype(): DType {
    return this.settings.dtype;
  }

  /** From now on names stand for variables that exist. */
  reuseVariables(): void {
    this.settings.reuse = true;
  }
  setInitializer(initializer: InitializerFunction | null): void {
    this.settings.initializer = initializer ?? undefined;
  }
  setRegularizer(regularizer: Regularizer | null): void {
    this.settings.regularizer = regularizer ?? undefined;
  }
  setDType(dtype: DType): void {
    this.settings.dtype = dtype;
  }

  /** The items of a collection whose name lies under this scope. */
  getCollection<T = unknown>(key: string): T[] {
    const scope = this.name === "" ? undefined : `${this.name.replace(/[.\\]/g, "\\$&")}/`;
    return this.graph.getCollection<T>(key, scope);
  }
  globalVariables(): Variable[] {
    return this.getCollection<Variable>(GraphKeys.GLOBAL_VARIABLES);
  }
  trainableVariables(): Variable[] {
    return this.getCollection<Variable>(GraphKeys.TRAINABLE_VARIABLES);
  }

  /** The variable `name` of this scope. @see tf.getVariable */
  getVariable<D extends DType = "float32", const S extends Shape = Shape>(
    name: string,
    options: GetVariableOptions<D, S> = {},
  ): Variable<D, S> {
    const { graph } = this;
    // The name scope in force plays no part in the names of shared variables.
    const variable = graph.asDefault(() =>
      graph.nameScope(null, () => {
        const initializer = (options.initializer ?? this.initializer) as InitialValueSource | undefined;
        const own = ownDType(initializer);
        requireAgreement(own, options.dtype);
        return stateOf(graph).store.get({
          name: this.name === "" ? name : `${this.name}/${name}`,
          shape: (options.shape ?? null) as PartialShape,
          dtype: options.dtype ?? own ?? this.dtype,
          initializer,
          regularizer: options.regularizer ?? this.regularizer,
          constraint: options.constraint ?? this.constraint,
          reuse: this.reuse,
          trainable: options.trainable ?? true,
          collections: options.collections,
          validateShape: options.validateShape ?? true,
        });
      }),
    );
    return variable as Variable as Variable<D, S>;
  }

  toString(): string {
    return `<tf.VariableScope '${this.name}'>`;
  }
}

/** The element type that a first value brings along; bare numbers have none and take what is asked for. */
function ownDType(value: unknown): DType | undefined {
  const tensor = tensorOf(value);
  if (tensor !== undefined) return tensor.dtype;
  if (Array.isArray(value)) return ownDType(value[0]);
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  return typeof value === "object" && value !== null ? NdArray.from(value as NdArray).dtype : undefined;
}

function requireAgreement(found: DType | undefined, asked: DType | undefined): void {
  if (found === undefined || asked === undefined || found === asked) return;
  throw new DTypeError(`Initializer type '${found}' and explicit dtype '${asked}' don't match.`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: `leave out the dtype, or convert the value: tf.cast(value, "${asked}")`,
  });
}

// ---- the state of a graph ----

interface ScopeState {
  readonly store: VariableStore;
  current: VariableScope;
  /** How often a scope of each name has been opened inside its parent: what makes default names unique. */
  opened: Map<string, number>;
}

const stateKey = Symbol("variable scopes");

function stateOf(graph: Graph): ScopeState {
  const known = graph.extensions.get(stateKey) as ScopeState | undefined;
  if (known !== undefined) return known;
  const root = new VariableScope(graph, {
    name: "",
    originalNameScope: "",
    reuse: false,
    initializer: undefined,
    regularizer: undefined,
    constraint: undefined,
    dtype: "float32",
  });
  const made: ScopeState = { store: new VariableStore(graph), current: root, opened: new Map() };
  graph.extensions.set(stateKey, made);
  return made;
}

/** The variable scope in force. `tf.get_variable_scope`. */
export const getVariableScope = (): VariableScope => stateOf(getDefaultGraph()).current;

/**
 * The shared variable of this name in the variable scope in force: a new one, or where the scope reuses,
 * the one that exists. Its full name is the scope's path and `name`; name scopes play no part.
 * `tf.get_variable`.
 * @throws GraphError when it exists and the scope does not reuse, or is missing and the scope does
 * @throws ShapeError for a new variable without a full shape, or another shape than it was made with
 * @throws DTypeError for another dtype than it was made with
 */
export function getVariable<D extends DType = "float32", const S extends Shape = Shape>(
  name: string,
  options: GetVariableOptions<D, S> = {},
): Variable<D, S> {
  return getVariableScope().getVariable(name, options);
}

/** {@link getVariable} of a variable that is neither saved nor trained. `tf.get_local_variable`. */
export function getLocalVariable<D extends DType = "float32", const S extends Shape = Shape>(
  name: string,
  options: GetVariableOptions<D, S> = {},
): Variable<D, S> {
  const collections = [...(options.collections ?? []), GraphKeys.LOCAL_VARIABLES];
  return getVariable(name, { ...options, collections, trainable: false });
}

// ---- opening scopes ----

/**
 * Runs `body` in a variable scope, which it is told, and a name scope. A string extends the scope in
 * force; the same string twice gives the same prefix for variables and a fresh name scope. A captured
 * {@link VariableScope} is entered again from wherever one is. `tf.variable_scope`.
 * @param nameOrScope a name, a scope, or `null` to take `defaultName`, made unique
 */
export function withVariableScope<T>(
  nameOrScope: string | VariableScope | null,
  body: (scope: VariableScope) => T,
  options: VariableScopeOptions = {},
): T {
  using opened = variableScope(nameOrScope, options);
  return body(opened.scope);
}

/** A variable scope that is open until disposed. */
export interface OpenVariableScope extends Disposable {
  /** The scope that is open. */
  readonly scope: VariableScope;
}

/**
 * Opens a variable scope until it is disposed: `using dense = tf.variableScope("dense")`.
 * @see withVariableScope
 */
export function variableScope(
  nameOrScope: string | VariableScope | null,
  options: VariableScopeOptions = {},
): OpenVariableScope {
  requireNoBody("variableScope", options);
  requireName(nameOrScope, options);
  const graph = (options.values ?? []).map(tensorOf).find((tensor) => tensor !== undefined)?.graph ?? getDefaultGraph();
  const leaving = new EnteredScopes();
  try {
    leaving.use(graph.asDefault());
    const shortName = nameOrScope === null ? options.defaultName : lastPart(nameOrScope);
    const nameScope = shortName === undefined || shortName === "" ? undefined : graph.nameScope(shortName);
    if (nameScope !== undefined) leaving.use(nameScope);
    const state = stateOf(graph);
    const target = nameOrScope ?? uniqueScopeName(state, options.defaultName as string);
    leaving.use(enter(graph, state, target, nameScope?.scope ?? "", options));
    return { scope: state.current, [Symbol.dispose]: () => leaving.dispose() };
  } catch (error) {
    leaving.dispose();
    throw error;
  }
}

/** Undoes what was entered, last first, once. (`DisposableStack` is not in every supported engine.) */
class EnteredScopes {
  private readonly entered: Disposable[] = [];
  use(disposable: Disposable): void {
    this.entered.push(disposable);
  }
  dispose(): void {
    for (let last = this.entered.pop(); last !== undefined; last = this.entered.pop()) last[Symbol.dispose]();
  }
}

function requireName(nameOrScope: unknown, { defaultName, reuse }: VariableScopeOptions): void {
  const createdAt = callSiteOf(captureCallSite());
  if (nameOrScope === null || nameOrScope === undefined) {
    if (defaultName === undefined)
      throw new ArgumentError("If default_name is None then name_or_scope is required", {
        createdAt,
        hint: "pass a name, or { defaultName }",
      });
    if (reuse)
      throw new ArgumentError("reuse=True cannot be used without a name_or_scope", {
        createdAt,
        hint: "a default name is always a new one: give the scope a name to reuse",
      });
  } else if (typeof nameOrScope !== "string" && !(nameOrScope instanceof VariableScope))
    throw new ArgumentError("VariableScope: name_or_scope must be a string or VariableScope.", {
      createdAt,
      hint: `it is ${describe(nameOrScope)}`,
    });
}

const lastPart = (nameOrScope: string | VariableScope): string | undefined =>
  typeof nameOrScope === "string" ? nameOrScope : nameOrScope.name.split("/").at(-1);

const join = (outer: string, inner: string): string =>
  outer === "" || inner === "" ? outer + inner : `${outer}/${inner}`;

function uniqueScopeName(state: ScopeState, prefix: string): string {
  const path = join(state.current.name, prefix);
  const isUsed = (candidate: string): boolean => (state.opened.get(candidate) ?? 0) > 0;
  if (!isUsed(path)) return prefix;
  let suffix = 1;
  while (isUsed(`${path}_${suffix}`)) suffix++;
  return `${prefix}_${suffix}`;
}

/** Makes a scope the current one: an extension of the one in force, or a jump to a captured one. */
function enter(
  graph: Graph,
  state: ScopeState,
  target: string | VariableScope,
  nameScope: string,
  options: VariableScopeOptions,
): Disposable {
  const before = state.current;
  const jumps = target instanceof VariableScope;
  const inherited = jumps ? target : before;
  const name = jumps ? target.name : join(before.name, target);
  state.opened.set(name, (state.opened.get(name) ?? 0) + 1);
  // A jump leaves the counts of where it came from alone.
  const countsBefore = new Map(state.opened);
  state.current = new VariableScope(graph, {
    name,
    originalNameScope: jumps ? target.originalNameScope : nameScope,
    reuse: options.reuse || inherited.reuse,
    initializer: options.initializer ?? inherited.initializer,
    regularizer: options.regularizer ?? inherited.regularizer,
    constraint: options.constraint ?? inherited.constraint,
    dtype: options.dtype ?? inherited.dtype,
  });
  const leave = (): void => {
    if (jumps) state.opened = countsBefore;
    else for (const path of state.opened.keys()) if (path.startsWith(`${name}/`)) state.opened.set(path, 0);
    state.current = before;
  };
  return { [Symbol.dispose]: leave };
}
