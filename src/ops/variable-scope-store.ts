/**
 * @file The shared variables of a graph, by full name: makes one on first use, hands it out again where
 * sharing is allowed, and says in words why not elsewhere. Follows `_VariableStore` in
 * `variable_scope.py` of TensorFlow 1.3.
 */
import {
  ArgumentError,
  callSiteOf,
  captureCallSite,
  type DType,
  DTypeError,
  GraphError,
  isCompatible,
  isFloating,
  isFullyDefined,
  type PartialShape,
  ShapeError,
  tupled,
} from "../core/index.js";
import { type Graph, GraphKeys, type Tensor } from "../graph/index.js";
import { convertToTensor, type TensorLike } from "./define.js";
import { glorotUniformInitializer, type InitializerFunction, zerosInitializer } from "./initializers.js";
import { Variable, type VariableConstraint } from "./variable.js";

/** The `reuse` that takes an existing variable and makes a missing one. `tf.AUTO_REUSE`. */
export const AUTO_REUSE: unique symbol = Symbol("tf.AUTO_REUSE");
/** Whether names stand for variables that exist (`true`), are new (`false`), or either. */
export type Reuse = boolean | typeof AUTO_REUSE;

/** The penalty of a variable, or nothing. */
export type Regularizer = (variable: Variable) => Tensor | null | undefined;

/** Where a variable's first value comes from: a function of its shape, or the value itself. */
export type InitialValueSource = InitializerFunction | TensorLike;

/** What a scope and a call have settled about a variable. */
export interface VariableRequest {
  readonly name: string;
  /** Dimensions as far as given; `null` for none. */
  readonly shape: PartialShape;
  readonly dtype: DType;
  readonly initializer: InitialValueSource | undefined;
  readonly regularizer: Regularizer | undefined;
  readonly constraint: VariableConstraint | undefined;
  readonly reuse: Reuse;
  readonly trainable: boolean;
  readonly collections: readonly string[] | undefined;
  readonly validateShape: boolean;
}

const isFunction = (source: InitialValueSource | undefined): source is InitializerFunction =>
  typeof source === "function";

/** A graph's shared variables. */
export class VariableStore {
  private readonly variables = new Map<string, Variable>();

  constructor(private readonly graph: Graph) {}

  /** The variable a request stands for. @throws GraphError, ShapeError, DTypeError or ArgumentError */
  get(request: VariableRequest): Variable {
    const { name, shape, initializer, reuse } = request;
    if (shape !== null && initializer !== undefined && !isFunction(initializer))
      throw new ArgumentError("If initializer is a constant, do not specify shape.", {
        createdAt: callSiteOf(captureCallSite()),
        hint: "leave out the shape, or pass a function such as tf.constantInitializer(value)",
      });
    const existing = this.variables.get(name);
    if (existing !== undefined) return share(existing, request);
    if (reuse === true)
      throw new GraphError(
        `Variable ${name} does not exist, or was not created with tf.get_variable(). Did you mean to set reuse=None in VarScope?`,
        { createdAt: callSiteOf(captureCallSite()), hint: this.nearest(name) },
      );
    const made = this.create(request);
    this.variables.set(name, made);
    this.regularize(made, request);
    return made;
  }

  private create(request: VariableRequest): Variable {
    const { name, shape, dtype, trainable, validateShape, constraint } = request;
    const initializer = request.initializer ?? defaultInitializer(request);
    const options = {
      name,
      dtype,
      trainable,
      validateShape,
      constraint,
      ...(request.collections === undefined ? {} : { collections: request.collections }),
    };
    if (!isFunction(initializer)) return new Variable(initializer as Tensor, options);
    if (!isFullyDefined(shape))
      throw new ShapeError(
        `Shape of a new variable (${name}) must be fully defined, but instead was ${tupled(shape)}.`,
        {
          createdAt: callSiteOf(captureCallSite()),
          hint: "pass { shape } with every dimension known",
        },
      );
    return new Variable(
      () => convertToTensor(initializer(shape, { dtype }), { dtype, name: "initial_value" }),
      options,
    );
  }

  private regularize(variable: Variable, { name, regularizer }: VariableRequest): void {
    if (regularizer === undefined) return;
    const penalty = this.graph.nameScope(`${name}/Regularizer/`, () => regularizer(variable));
    if (penalty !== null && penalty !== undefined) this.graph.addToCollection(GraphKeys.REGULARIZATION_LOSSES, penalty);
  }

  private nearest(name: string): string {
    const suffix = name.split("/").at(-1);
    const similar = [...this.variables.keys()].filter((known) => known.split("/").at(-1) === suffix).slice(0, 3);
    return similar.length > 0
      ? `did you mean ${similar.map((known) => `'${known}'`).join(" or ")}? Or use reuse: tf.AUTO_REUSE`
      : "make it first in a scope without reuse, or use reuse: tf.AUTO_REUSE";
  }
}

function share(variable: Variable, { name, shape, dtype, reuse }: VariableRequest): Variable {
  const details = { op: variable.op.name, createdAt: variable.op.createdAt };
  if (reuse === false)
    throw new GraphError(
      `Variable ${name} already exists, disallowed. Did you mean to set reuse=True in VarScope? ` +
        `Originally defined at:\n\n  ${variable.op.createdAt ?? "an unknown place"}\n`,
      { ...details, hint: "open the scope with { reuse: true }, call scope.reuseVariables(), or use another name" },
    );
  if (!isCompatible(shape, variable.partialShape))
    throw new ShapeError(
      `Trying to share variable ${name}, but specified shape ${tupled(shape)} and found shape ${tupled(variable.partialShape)}.`,
      { ...details, hint: "ask for the shape it was made with, or for another name" },
    );
  if (dtype !== variable.dtype)
    throw new DTypeError(
      `Trying to share variable ${name}, but specified dtype ${dtype} and found dtype ${variable.dtype}.`,
      { ...details, hint: "ask for the dtype it was made with, or for another name" },
    );
  return variable;
}

function defaultInitializer({ name, dtype }: VariableRequest): InitializerFunction {
  if (isFloating(dtype)) return glorotUniformInitializer();
  if (dtype !== "string") return zerosInitializer();
  throw new ArgumentError(`An initializer for variable ${name} of ${dtype} is required`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: "pass { initializer }",
  });
}
