/**
 * @file `Variable`: a tensor whose value lasts between the runs of a session and can be assigned.
 * Follows `tensorflow/python/ops/variables.py` of TensorFlow 1.3.
 */
import {
  ArgumentError,
  type ArrayLike_,
  callSiteOf,
  captureCallSite,
  type DType,
  describe,
  isFullyDefined,
  type OptionNames,
  type PartialShape,
  requireOptions,
  type Shape,
  tupled,
} from "../core/index.js";
import { type Graph, GraphKeys, getDefaultGraph, type Operation, Tensor } from "../graph/index.js";
import { group, identity, noOp } from "./basic.js";
import { convertToTensor, type NameOption, type TensorLike } from "./define.js";
import {
  assignAddOp,
  assignOp,
  assignSubOp,
  initializedValueOp,
  isVariableInitializedOp,
  reportUninitializedOp,
  variableOp,
} from "./variable-ops.js";

/** Options of {@link Variable}. */
export interface VariableOptions<D extends DType = DType> extends NameOption {
  /** Whether optimizers change it. Default true. */
  readonly trainable?: boolean;
  /** Collections to join. Default `[GraphKeys.GLOBAL_VARIABLES]`. */
  readonly collections?: readonly string[];
  /** Element type. Default: the initial value's. */
  readonly dtype?: D;
  /** Demand a known initial shape, and the same shape of every assigned value. Default true. */
  readonly validateShape?: boolean;
  /** What optimizers bring the value back to after each of their updates. Default: nothing. */
  readonly constraint?: VariableConstraint | null | undefined;
  /** Element type TensorFlow's original stores in checkpoints where it differs from `dtype`. */
  readonly savedAs?: "int64";
}

const variableOptions: OptionNames<VariableOptions> = {
  name: true,
  trainable: true,
  collections: true,
  dtype: true,
  validateShape: true,
  constraint: true,
  savedAs: true,
};

/**
 * The admissible value nearest to a variable's, of the same shape and dtype: `(w) => tf.clipByNorm(w, 2)`.
 * The constraints of `tensorstrata/keras` are such functions.
 */
export type VariableConstraint = (value: Tensor) => Tensor;

type InitialValue<D extends DType, S extends Shape> = Tensor<D, S> | ArrayLike_ | (() => TensorLike<D, S>);

/** A tensor that keeps its value between runs. Its value lives in each session separately. */
export class Variable<out D extends DType = DType, out S extends Shape = Shape> extends Tensor<D, S> {
  /** Messages name it; minifiers would change it. */
  static override readonly name: string = "Variable";
  /** Running this gives the variable its initial value. */
  readonly initializer: Operation;
  readonly initialValue: Tensor<D, S>;
  readonly trainable: boolean;
  /** What optimizers bring the value back to after each of their updates; `null` for nothing. */
  readonly constraint: VariableConstraint | null;
  readonly savedAs: "int64" | undefined;
  private readonly snapshot: Tensor<D, S>;
  private readonly options: VariableOptions;

  /**
   * @param initialValue a tensor, values, or a function returning one of them
   * @throws ArgumentError without an initial value, with one of unknown shape, or for a constraint that is no
   * function
   */
  constructor(initialValue: Tensor<D, S> | (() => Tensor<D, S>) | ArrayLike_, options: VariableOptions<D> = {}) {
    requireOptions("new Variable", options, variableOptions);
    const parts = buildVariable(initialValue as InitialValue<D, S>, options);
    super(parts.ref.op, 0, parts.ref.dtype as D, parts.ref.partialShape);
    this.options = options;
    this.trainable = options.trainable ?? true;
    this.constraint = requireConstraint(options.constraint);
    this.savedAs = options.savedAs;
    this.initializer = parts.initializer;
    this.initialValue = parts.initial as Tensor<D, S>;
    this.snapshot = parts.snapshot as Tensor<D, S>;
    const collections = new Set(options.collections ?? [GraphKeys.GLOBAL_VARIABLES]);
    if (this.trainable) collections.add(GraphKeys.TRAINABLE_VARIABLES);
    for (const key of collections) this.graph.addToCollection(key, this);
  }

  /** The tensor that other operations read: the value at the start of a run. */
  asTensor(): Tensor<D, S> {
    return this.snapshot;
  }
  /** @see asTensor */
  value(): Tensor<D, S> {
    return this.snapshot;
  }
  /** The variable itself as an operand of assignments. */
  get ref(): Tensor<D, S> {
    return this.op.output as Tensor<D, S>;
  }
  /** A fresh read, taking place after the control dependencies in force here. */
  readValue(): Tensor<D, S> {
    return identity(this.ref, { name: "read" });
  }
  /** The value, or the initial value in a run that comes before initialization. */
  initializedValue(): Tensor<D, S> {
    return this.graph.controlDependencies(
      null,
      () => initializedValueOp.build([this.ref, this.initialValue], {}, { name: "initialized_value" }) as Tensor<D, S>,
    );
  }

  /** Sets the value; the returned tensor holds the new one. */
  assign(value: TensorLike, options: NameOption = {}): Tensor<D, S> {
    return assign(this, value, options);
  }
  /** Adds to the value; the returned tensor holds the new one. */
  assignAdd(delta: TensorLike, options: NameOption = {}): Tensor<D, S> {
    return assignAdd(this, delta, options);
  }
  /** Subtracts from the value; the returned tensor holds the new one. */
  assignSub(delta: TensorLike, options: NameOption = {}): Tensor<D, S> {
    return assignSub(this, delta, options);
  }

  /** @internal */
  get validateShape(): boolean {
    return this.options.validateShape ?? true;
  }

  override toString(): string {
    return `<tf.Variable '${this.name}' shape=${tupled(this.partialShape)} dtype=${this.dtype}>`;
  }
}

function requireConstraint(constraint: unknown): VariableConstraint | null {
  if (constraint === null || constraint === undefined) return null;
  if (typeof constraint === "function") return constraint as VariableConstraint;
  throw new ArgumentError(`The constraint of a variable must be a function of its value, got ${describe(constraint)}`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: "pass a function: constraint: (w) => tf.maximum(w, 0)",
  });
}

function buildVariable<D extends DType, S extends Shape>(
  initialValue: InitialValue<D, S>,
  options: VariableOptions<D>,
) {
  if (initialValue === null || initialValue === undefined)
    throw new ArgumentError("initial_value must be specified.", {
      hint: "pass a tensor, values, or a function that makes them: new tf.Variable(tf.zeros([10]))",
    });
  const graph = initialValue instanceof Tensor ? initialValue.graph : getDefaultGraph();
  const build = () =>
    graph.nameScope(options.name ?? "Variable", (scope) => {
      const initial = convertInitial(graph, initialValue, options);
      const shape: PartialShape = initial.partialShape;
      const validate = options.validateShape ?? true;
      if (validate && !isFullyDefined(shape))
        throw new ArgumentError(`initial_value must have a shape specified: ${initial}`, {
          op: initial.op.name,
          createdAt: initial.op.createdAt,
          hint: "give it a full shape, or pass { validateShape: false }",
        });
      const attributes = { dtype: initial.dtype, shape: validate ? shape : null };
      const ref = variableOp.build([], attributes, { name: scope });
      const assignment = assignOp.build(
        [ref, initial],
        { validateShape: validate, shape: attributes.shape },
        { name: "Assign" },
      );
      const snapshot = identity(ref, { name: "read" });
      return { ref, initial, initializer: assignment.op, snapshot };
    });
  return graph.asDefault(() => graph.controlDependencies(null, build));
}

function convertInitial(graph: Graph, initialValue: InitialValue<DType, Shape>, options: VariableOptions): Tensor {
  const convert = (value: TensorLike): Tensor =>
    convertToTensor(value, { dtype: options.dtype, name: "initial_value" });
  return typeof initialValue === "function"
    ? graph.nameScope("Initializer", () => convert(initialValue()))
    : convert(initialValue);
}

/** Either a variable or the tensor behind one. */
type Assignable<D extends DType, S extends Shape> = Variable<D, S>;

const attributesOf = (variable: Variable, validate: boolean) => ({
  validateShape: validate,
  shape: validate ? variable.ref.partialShape : null,
});

/** Sets a variable; the result holds the new value. `validateShape: false` allows a new shape. `tf.assign`. */
export function assign<D extends DType, S extends Shape>(
  variable: Assignable<D, S>,
  value: TensorLike,
  options: {
    /** Demand the shape that the variable has. Default: as the variable was made. */
    readonly validateShape?: boolean;
  } & NameOption = {},
): Tensor<D, S> {
  const validate = options.validateShape ?? variable.validateShape;
  return assignOp.build([variable.ref, value], attributesOf(variable, validate), options) as Tensor<D, S>;
}
/** Adds to a variable. `tf.assign_add`. */
export function assignAdd<D extends DType, S extends Shape>(
  variable: Assignable<D, S>,
  delta: TensorLike,
  options: NameOption = {},
): Tensor<D, S> {
  return assignAddOp.build([variable.ref, delta], {}, options) as Tensor<D, S>;
}
/** Subtracts from a variable. `tf.assign_sub`. */
export function assignSub<D extends DType, S extends Shape>(
  variable: Assignable<D, S>,
  delta: TensorLike,
  options: NameOption = {},
): Tensor<D, S> {
  return assignSubOp.build([variable.ref, delta], {}, options) as Tensor<D, S>;
}

// ---- collections and initialization ----

/** Variables shared by a model, in creation order. */
export const globalVariables = (): Variable[] => getDefaultGraph().getCollection<Variable>(GraphKeys.GLOBAL_VARIABLES);
/** The variables optimizers change. */
export const trainableVariables = (): Variable[] =>
  getDefaultGraph().getCollection<Variable>(GraphKeys.TRAINABLE_VARIABLES);
/** Variables that are not saved, such as metric counters. */
export const localVariables = (): Variable[] => getDefaultGraph().getCollection<Variable>(GraphKeys.LOCAL_VARIABLES);
/** Variables a layer marked as part of the model. */
export const modelVariables = (): Variable[] => getDefaultGraph().getCollection<Variable>(GraphKeys.MODEL_VARIABLES);

/** One operation that initializes the given variables. `tf.variables_initializer`. */
export function variablesInitializer(variables: readonly Variable[], name = "init"): Operation {
  if (variables.length === 0) return noOp({ name });
  return group(...variables.map((v) => v.initializer), { name });
}
/** Initializes the global variables that exist now; variables made later need their own. */
export const globalVariablesInitializer = (): Operation => variablesInitializer(globalVariables());
/** Initializes the local variables that exist now. */
export const localVariablesInitializer = (): Operation => variablesInitializer(localVariables());

/** Whether a variable has a value, as a bool scalar. `tf.is_variable_initialized`. */
export const isVariableInitialized = (variable: Variable): Tensor<"bool", readonly []> =>
  isVariableInitializedOp.build([variable.ref]) as Tensor<"bool", readonly []>;

/** The names of variables without a value, as a string vector. Default: global and local variables. */
export function reportUninitializedVariables(
  variables: readonly Variable[] = [...globalVariables(), ...localVariables()],
  options: NameOption = {},
): Tensor<"string", readonly [null]> {
  const names = variables.map((v) => v.op.name);
  return reportUninitializedOp.build([], { names }, options) as Tensor<"string", readonly [null]>;
}
