/**
 * @file Weights of models in files: TensorFlow checkpoints, by `tf.train.Saver`. A weight's key is its place
 * in the model, `layers/dense_1/vars/0`, as in Keras's own archives, so that names of layers do not matter.
 * May import `train` and below.
 */
import { ArgumentError, UnimplementedError } from "../../core/index.js";
import type { Variable } from "../../ops/index.js";
import { Saver } from "../../train/index.js";
import type { AnyLayer } from "../engine/layer.js";
import { getSession, initializeVariables } from "../engine/session.js";
import { snakeCase } from "../registry.js";

/** What Keras's own files end in. */
const ofKeras = /\.(keras|h5|hdf5)$/;

/** A path that weights can be written to. @throws UnimplementedError, ArgumentError */
export function requireWeightsPath(path: string): void {
  if (typeof path !== "string" || path === "")
    throw new ArgumentError("The path of weights must be text.", { hint: 'model.saveWeights("runs/best")' });
  const ending = ofKeras.exec(path)?.[0];
  if (ending === undefined) return;
  throw new UnimplementedError(`Keras's own files (${ending}) are not available in this version: "${path}"`, {
    hint: `leave out the ending: "${path.replace(/(\.weights)?\.[a-z0-9]+$/, "")}" is read and written as a TensorFlow checkpoint`,
  });
}

/** @throws UnimplementedError always: a whole model has no file format yet */
export function refuseWholeModel(path: string): never {
  throw new UnimplementedError(`A whole model cannot be written to a file in this version: "${path}"`, {
    hint: 'save the weights, model.saveWeights("runs/best"), and the architecture as text, keras.models.modelToJSON(model)',
  });
}

/** Not available: `keras.models.load_model`. @throws UnimplementedError always, with what to do instead */
export async function loadModel(path: string): Promise<never> {
  throw new UnimplementedError(`A whole model cannot be read from a file in this version: "${path}"`, {
    hint: 'read the architecture, keras.models.modelFromJSON(text), then its weights, model.loadWeights("runs/best")',
  });
}

/** The weights of a layer and those within, by their places. */
export function weightsByPlace(layer: AnyLayer, place = ""): Map<string, Variable> {
  const found = new Map<string, Variable>();
  const layers = layer.sublayers();
  const inner = new Set(layers.flatMap(({ weights }) => weights));
  const own = layer.weights.filter((weight) => !inner.has(weight));
  for (const [i, weight] of own.entries()) found.set(`${place}vars/${i}`, weight);
  const counts = new Map<string, number>();
  for (const sublayer of layers) {
    const kind = snakeCase(sublayer.className);
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    const within = `${place}layers/${kind}${count === 0 ? "" : `_${count}`}/`;
    for (const [key, weight] of weightsByPlace(sublayer, within)) found.set(key, weight);
  }
  return found;
}

/** Reads and writes some variables, under keys of their own. Made anew where the variables are others. */
export class VariableFile {
  private saver: { readonly saver: Saver; readonly variables: readonly Variable[] } | null = null;

  /** @throws as `Saver.save` */
  async save(named: ReadonlyMap<string, Variable>, path: string): Promise<void> {
    const { saver, session } = this.for(named);
    await initializeVariables(named.values(), session);
    await saver.save(session, path, { writeMetaGraph: false });
  }

  /** All variables change or, on any error, none. @throws as `Saver.restore` */
  async load(named: ReadonlyMap<string, Variable>, path: string): Promise<void> {
    const { saver, session } = this.for(named);
    await saver.restore(session, path);
  }

  private for(named: ReadonlyMap<string, Variable>) {
    const variables = [...named.values()];
    const [first] = variables;
    if (first === undefined)
      throw new ArgumentError("There are no weights to read or write.", {
        hint: "build the model first: tell it its input shape, or apply it to a tensor",
      });
    const isSame = this.saver?.variables.every((variable, i) => variable === variables[i]) ?? false;
    if (this.saver === null || !isSame || this.saver.variables.length !== variables.length)
      this.saver = { saver: new Saver({ varList: Object.fromEntries(named), maxToKeep: null }), variables };
    return { saver: this.saver.saver, session: getSession(first.graph) };
  }
}
