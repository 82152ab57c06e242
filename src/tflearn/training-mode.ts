/**
 * @file Training mode: a bool variable of each graph that dropout and batch normalization ask, with two
 * operations that set it. Follows `config.py` of TFLearn. May import `ops`, `runtime` and below.
 */
import { ArgumentError, callSiteOf, captureCallSite, describe } from "../core/index.js";
import { Graph, GraphKeys, getDefaultGraph, type Operation, type Tensor } from "../graph/index.js";
import { Variable } from "../ops/index.js";
import { getDefaultSession, Session } from "../runtime/index.js";
import { Collections } from "./collections.js";

/** Makes the variable `is_training`, false at first, and the operations that set it, where there is none. */
export function initTrainingMode(graph: Graph = getDefaultGraph()): Variable<"bool", readonly []> {
  if (!(graph instanceof Graph))
    throw new ArgumentError(`initTrainingMode takes a graph, got ${describe(graph)}`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: "leave it out for the default graph",
    });
  const [known] = graph.getCollection<Variable<"bool", readonly []>>(Collections.IS_TRAINING);
  if (known !== undefined) return known;
  return graph.asDefault(() =>
    graph.controlDependencies(null, () =>
      graph.nameScope(null, () => {
        const mode = new Variable<"bool", readonly []>(false, {
          name: "is_training",
          trainable: false,
          collections: [GraphKeys.GLOBAL_VARIABLES, Collections.IS_TRAINING],
        });
        for (const value of [true, false])
          graph.addToCollection(Collections.IS_TRAINING_OPS, mode.assign(value, { name: "is_training/set" }).op);
        return mode;
      }),
    ),
  );
}

/** The bool tensor that is true while training: `tf.cond(tflearn.getTrainingMode(), …)`. */
export const getTrainingMode = (): Tensor<"bool", readonly []> => initTrainingMode().value();

/**
 * Switches a session between training and prediction. `fit`, `predict` and `evaluate` do it themselves;
 * call it where you run the graph of TFLearn layers in your own loop.
 * @param session default: the default session
 * @throws ArgumentError without a session
 */
export async function isTraining(training: boolean, session?: Session | null): Promise<void> {
  if (typeof training !== "boolean")
    throw new ArgumentError(`isTraining: the mode is true or false, got ${describe(training)}`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: "true is training, false is prediction",
    });
  const chosen = session ?? getDefaultSession();
  if (chosen !== null && !(chosen instanceof Session))
    throw new ArgumentError(`isTraining: a session is needed, got ${describe(chosen)}`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: "pass the session: await tflearn.isTraining(true, session)",
    });
  if (chosen === null)
    throw new ArgumentError("isTraining: there is no session whose mode to set", {
      createdAt: callSiteOf(captureCallSite()),
      hint: "pass the session: await tflearn.isTraining(true, session)",
    });
  const { graph } = chosen;
  initTrainingMode(graph);
  const [on, off] = graph.getCollection<Operation>(Collections.IS_TRAINING_OPS);
  await chosen.run((training ? on : off) as Operation);
}
