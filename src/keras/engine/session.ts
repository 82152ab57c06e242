/**
 * @file The session that holds the weights of all Keras models of a graph. Follows `get_session` of the
 * TensorFlow backend of Keras 2. May import `runtime` and below.
 */
import { ArgumentError, type ArrayLike_, NdArray, type NumericDType } from "../../core/index.js";
import { type Graph, getDefaultGraph, resetDefaultGraph, type Tensor } from "../../graph/index.js";
import { assign, placeholder, Variable, variablesInitializer } from "../../ops/index.js";
import { type DeviceName, getDefaultSession, Session } from "../../runtime/index.js";

const sessions = new Map<Graph, Session>();
const assignments = new WeakMap<Variable, { readonly value: Tensor; readonly assigned: Tensor }>();
let device: DeviceName | undefined;

/** The backend of the sessions made from now on. Default: what `STRATA_DEVICE` names, or the fastest. */
export function setDevice(name: DeviceName): void {
  device = name;
}

/**
 * The session of a graph: the default session where it belongs to the graph, else the one of
 * {@link setSession}, else one made at the first call and kept until {@link clearSession}.
 */
export function getSession(graph: Graph = getDefaultGraph()): Session {
  const current = getDefaultSession();
  if (current?.graph === graph) return current;
  const known = sessions.get(graph);
  if (known !== undefined) return known;
  const made = new Session(device === undefined ? { graph } : { graph, device });
  sessions.set(graph, made);
  return made;
}

/** Makes `session` the one that Keras models of its graph use. */
export function setSession(session: Session): void {
  sessions.set(session.graph, session);
}

/**
 * Closes the sessions of all graphs and replaces the default graph; names of layers count from the beginning in it.
 * Models made before are of no use afterwards. `keras.backend.clear_session`.
 */
export function clearSession(): void {
  for (const session of sessions.values()) session.close();
  sessions.clear();
  resetDefaultGraph();
}

/** The variables that were seen to have a value: they keep one. */
const initialized = new WeakMap<Session, WeakSet<Variable>>();

/** Gives the variables that have no value yet their initial ones. */
export async function initializeVariables(variables: Iterable<Variable>, session?: Session): Promise<void> {
  const all = [...variables];
  const graph = all[0]?.graph;
  if (graph === undefined) return;
  const chosen = session ?? getSession(graph);
  const known = initialized.get(chosen) ?? new WeakSet();
  initialized.set(chosen, known);
  const unseen = all.filter((variable) => !known.has(variable));
  const missing = unseen.filter((variable) => chosen.readVariable(variable.op.name) === undefined);
  if (missing.length > 0) await chosen.run(graph.asDefault(() => variablesInitializer(missing)));
  for (const variable of unseen) known.add(variable);
}

/** The value of a variable (initialized where it was not) or of a tensor. `keras.backend.get_value`. */
export async function getValue(tensor: Variable | Tensor): Promise<NdArray<NumericDType>> {
  const session = getSession(tensor.graph);
  if (tensor instanceof Variable) {
    const known = session.readVariable(tensor.op.name);
    if (known !== undefined) return known;
    await initializeVariables([tensor]);
  }
  const [value] = await session.run([tensor]);
  return (value instanceof NdArray ? value : NdArray.from(value as number, tensor.dtype)) as NdArray<NumericDType>;
}

/** Sets a variable. `keras.backend.set_value`. @throws FeedError for a value of another shape */
export async function setValue(variable: Variable, value: ArrayLike_): Promise<void> {
  await setValues([[variable, value]]);
}

/** Sets several variables in one run. @throws FeedError, before anything is set */
export async function setValues(pairs: readonly (readonly [Variable, ArrayLike_])[]): Promise<void> {
  const [first] = pairs;
  if (first === undefined) return;
  for (const [variable] of pairs)
    if (!((variable as unknown) instanceof Variable))
      throw new ArgumentError(`Only variables can be set, not ${String(variable)}.`, {
        hint: "a learning rate with a schedule, or Keras 2's decay, is computed: it has no value to set",
      });
  const { graph } = first[0];
  const prepared = pairs.map(([variable, value]) => {
    if (variable.graph !== graph) throw new ArgumentError("The variables belong to different graphs");
    return { ...assignmentOf(variable), fed: value };
  });
  await getSession(graph).run(
    prepared.map(({ assigned }) => assigned.op),
    prepared.map(({ value, fed }) => [value, fed] as const),
  );
}

/** One assignment for each variable: setting it a thousand times adds to the graph once. */
function assignmentOf(variable: Variable): { readonly value: Tensor; readonly assigned: Tensor } {
  const known = assignments.get(variable);
  if (known !== undefined) return known;
  const { graph } = variable;
  const made = graph.asDefault(() =>
    graph.nameScope(`${variable.op.name}_set`, () => {
      const value: Tensor = placeholder(variable.dtype, variable.partialShape, { name: "value" });
      return { value, assigned: assign(variable, value) as Tensor };
    }),
  );
  assignments.set(variable, made);
  return made;
}
