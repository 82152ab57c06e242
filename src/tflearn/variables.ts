/**
 * @file Variables of layers, and how to find them and the layers again by name. Follows `variables.py` of
 * TFLearn. May import `ops`, `runtime` and below.
 */
import {
  ArgumentError,
  type ArrayLike_,
  callSiteOf,
  captureCallSite,
  type DType,
  describe,
  GraphError,
  NdArray,
  type OptionNames,
  requireOptions,
} from "../core/index.js";
import { GraphKeys, getDefaultGraph, type Tensor } from "../graph/index.js";
import { type GetVariableOptions, getVariable, globalVariables, placeholder, Variable } from "../ops/index.js";
import { getDefaultSession, Session } from "../runtime/index.js";
import { Collections } from "./collections.js";
import { type Initialization, get as initializationOf } from "./initializations.js";
import { type RegularizerLike, get as regularizerOf } from "./regularizers.js";

/** Options of {@link variable}. */
export interface LayerVariableOptions<D extends DType = DType> {
  /** Every dimension. Leave it out where `initializer` is a value. */
  readonly shape?: readonly number[];
  /** Default float32. */
  readonly dtype?: D;
  /** Name, function or first value. Default: the scope's, else Glorot uniform. */
  readonly initializer?: Initialization;
  /** A penalty that joins the loss. */
  readonly regularizer?: RegularizerLike | null;
  /** Times the penalty. Default 0.001. */
  readonly weightDecay?: number;
  /** Whether optimizers change it. Default true. */
  readonly trainable?: boolean;
  /** Whether `load` restores it. Default true. */
  readonly restore?: boolean;
}

const variableOptions: OptionNames<LayerVariableOptions> = {
  shape: true,
  dtype: true,
  initializer: true,
  regularizer: true,
  weightDecay: true,
  trainable: true,
  restore: true,
};

/**
 * A variable of the variable scope in force, shared where that reuses. `tflearn.variables.variable`.
 * @throws as `tf.getVariable`
 */
export function variable<D extends DType = "float32">(
  name: string,
  options: LayerVariableOptions<D> = {},
): Variable<D> {
  requireOptions("variable", options, variableOptions);
  if (typeof name !== "string")
    throw new ArgumentError(`variable needs a name, got ${describe(name)}`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: 'pass the name first: variable("W", { shape: [784, 64] })',
    });
  const { shape, dtype, regularizer, weightDecay = 0.001, trainable = true, restore = true } = options;
  const source = options.initializer === undefined ? undefined : initializationOf(options.initializer);
  const made = getVariable(name, {
    // A first value brings its own shape.
    shape: source === undefined || typeof source === "function" ? shape : undefined,
    dtype: dtype ?? ("float32" as D),
    initializer: source,
    regularizer:
      regularizer === null || regularizer === undefined
        ? undefined
        : (weights) => regularizerOf(regularizer)(weights.value(), weightDecay),
    trainable,
  } as GetVariableOptions<D>) as Variable as Variable<D>;
  if (!restore) made.graph.addToCollection(Collections.EXCL_RESTORE_VARS, made);
  return made;
}

/** The variables of a layer, in the order of their making. Empty for an unknown name. */
export const getLayerVariablesByName = (name: string): Variable[] =>
  getDefaultGraph().getCollection<Variable>(`${Collections.LAYER_VARIABLES}/${name}`);

/**
 * The output of a layer, by the name of its scope: `FullyConnected_1`.
 * @throws GraphError where no layer has the name
 */
export function getLayerByName(name: string): Tensor {
  const graph = getDefaultGraph();
  const [first, ...more] = graph.getCollection<Tensor>(`${Collections.LAYER_TENSOR}/${name}`);
  if (first !== undefined) return more.at(-1) ?? first;
  const prefix = `${Collections.LAYER_TENSOR}/`;
  const names = graph.getAllCollectionKeys().flatMap((key) => (key.startsWith(prefix) ? key.slice(prefix.length) : []));
  throw new GraphError(`No layer found with name '${name}'`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: names.length === 0 ? "the default graph has no layers" : `there are ${names.join(", ")}`,
  });
}

/** All variables of the default graph. */
export const getAllVariables = (): Variable[] => globalVariables();
/** All variables that optimizers change. */
export const getAllTrainableVariables = (): Variable[] =>
  getDefaultGraph().getCollection<Variable>(GraphKeys.TRAINABLE_VARIABLES);

/** The input placeholder that a layer of this name made. @throws GraphError */
export const getInputsPlaceholderByName = (name: string): Tensor =>
  placeholderByName(Collections.INPUTS, name, "X", "input");
/** The target placeholder of the regression of this name. @throws GraphError */
export const getTargetsPlaceholderByName = (name: string): Tensor =>
  placeholderByName(Collections.TARGETS, name, "Y", "target");

function placeholderByName(key: string, name: string, suffix: "X" | "Y", what: string): Tensor {
  const all = getDefaultGraph().getCollection<Tensor>(key);
  const wanted = [name, `${name}:0`, `${name}/${suffix}:0`];
  const found = all.find((tensor) => wanted.includes(tensor.name));
  if (found !== undefined) return found;
  const names = all.map((tensor) => tensor.name.replace(/(\/[XY])?:0$/, ""));
  throw new GraphError(`The ${what} placeholder '${name}' doesn't exist.`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: names.length === 0 ? `the network has no ${what}s` : `the ${what}s are ${names.join(", ")}`,
  });
}

const sessionOf = (session: Session | null | undefined, call: string): Session => {
  const chosen = session ?? getDefaultSession();
  if (chosen instanceof Session) return chosen;
  throw new ArgumentError(`${call}: there is no session that holds the variable`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: `pass the model's: ${call}(layer.W, model.session), or use it within model.session.asDefault(…)`,
  });
};

/**
 * A variable's value in a session. `tflearn.variables.get_value`.
 * @param session default: the default session
 */
export async function getValue(variable: Variable, session?: Session | null): Promise<NdArray> {
  const value = await sessionOf(session, "getValue").run(variable as Tensor);
  return value instanceof NdArray ? value : NdArray.from(value as number, variable.dtype);
}

const setters = new WeakMap<Variable, { readonly value: Tensor; readonly assigned: Tensor }>();

/**
 * Gives a variable a value in a session. `tflearn.variables.set_value`.
 * @param session default: the default session
 * @throws FeedError where shape or dtype do not fit; the variable keeps its value
 */
export async function setValue(variable: Variable, value: ArrayLike_, session?: Session | null): Promise<void> {
  if (!(variable instanceof Variable))
    throw new ArgumentError(`A value can be set for a variable, not for ${describe(variable)}`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: "pass a layer's weights, such as layer.W",
    });
  const { graph } = variable;
  const known = setters.get(variable);
  const setter =
    known ??
    graph.asDefault(() =>
      // Made once: a graph that grows with every call would have to be compiled for every call.
      graph.controlDependencies(null, () =>
        graph.nameScope(null, () => {
          const fed = placeholder(variable.dtype, variable.partialShape, {
            name: `${variable.op.name}/new_value`,
          });
          return {
            value: fed as Tensor,
            assigned: variable.assign(fed, { name: `${variable.op.name}/set` }) as Tensor,
          };
        }),
      ),
    );
  setters.set(variable, setter);
  await sessionOf(session, "setValue").run(setter.assigned.op, [[setter.value, value]]);
}
