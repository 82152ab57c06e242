/**
 * @file Weights of models in files: TensorFlow checkpoints, by `tf.train.Saver`. A weight's key is its place
 * in the model, `layers/dense_1/vars/0`, as in Keras's own archives, so that names of layers do not matter;
 * the names are written as well, for reading by name.
 * May import `train` and below.
 */
import { ArgumentError, ShapeError, sameShape, UnimplementedError } from "../../core/index.js";
import type { BundleReader, BundleTensor } from "../../formats/index.js";
import type { Variable } from "../../ops/index.js";
import { Saver } from "../../train/index.js";
import type { AnyLayer } from "../engine/layer.js";
import { pythonShape } from "../engine/nested.js";
import { getSession, initializeVariables } from "../engine/session.js";
import { snakeCase } from "../registry.js";

/** What Keras's own files end in. */
const ofKeras = /\.(keras|h5|hdf5)$/;

/** Options of `Model.loadWeights`. */
export interface LoadWeightsOptions {
  /** Find layers by their names, and leave others as they are; else all of them by their places. Default false. */
  readonly byName?: boolean;
  /** Leave layers as they are whose weights have other shapes, or are not in the file. Default false. */
  readonly skipMismatch?: boolean;
}

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

/** A layer's own weights, and where it is in a model: by the classes and by the names of the layers around it. */
interface Placed {
  readonly place: string;
  readonly path: string;
  readonly weights: readonly Variable[];
}
function placesIn(layer: AnyLayer, place = "", path = ""): Placed[] {
  const layers = layer.sublayers();
  const inner = new Set(layers.flatMap(({ weights }) => weights));
  const own = layer.weights.filter((weight) => !inner.has(weight));
  const counts = new Map<string, number>();
  const within = layers.flatMap((sublayer) => {
    const kind = snakeCase(sublayer.className);
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    const nested = `${place}layers/${kind}${count === 0 ? "" : `_${count}`}/`;
    return placesIn(sublayer, nested, path === "" ? sublayer.name : `${path}/${sublayer.name}`);
  });
  return own.length === 0 ? within : [{ place, path, weights: own }, ...within];
}
const keyed = ({ place, weights }: Placed): (readonly [key: string, weight: Variable])[] =>
  weights.map((weight, i) => [`${place}vars/${i}`, weight]);

/** The weights of a layer and those within, by their places. */
export const weightsByPlace = (layer: AnyLayer): Map<string, Variable> => new Map(placesIn(layer).flatMap(keyed));

// ---- by name ----

/** The key under which a file tells the names of the layers, as JSON in UTF-8. */
export const namesKey = "layer_names";

/** What a file of weights tells besides them: the names of the layers by their places. */
export function namesOfLayers(layer: AnyLayer): BundleTensor {
  const names = Object.fromEntries(placesIn(layer).map(({ place, path }) => [place, path]));
  const data = new TextEncoder().encode(JSON.stringify(names));
  return { name: namesKey, dtype: "uint8", shape: [data.length], data };
}

/**
 * The weights of the layers that a file has, by their keys in it.
 * @throws ArgumentError for a file without names, one that has none of the layers, or a layer that does not fit
 */
export async function weightsIn(
  path: string,
  model: AnyLayer,
  { byName = false, skipMismatch = false }: LoadWeightsOptions,
): Promise<Map<string, Variable>> {
  const { openCheckpoint } = await import("../../train/checkpoint-content.js");
  const index = await openCheckpoint(path, []);
  const placeOf = byName ? await placesByName(path, index) : null;
  const found = new Map<string, Variable>();
  for (const layer of placesIn(model)) {
    const place = placeOf === null ? layer.place : placeOf.get(layer.path);
    if (place === undefined) continue;
    const pairs = keyed({ ...layer, place });
    const fits =
      !index.has(`${place}vars/${pairs.length}`) &&
      pairs.every(([key, { shape }]) => index.has(key) && sameShape(shape as number[], index.entry(key).shape));
    if (fits) for (const [key, weight] of pairs) found.set(key, weight);
    else if (!skipMismatch) throw mismatch(layer, place, index);
  }
  if (found.size === 0)
    throw new ArgumentError(`No layer of the model has the name, or the shapes, of one in "${path}".`, {
      hint: placeOf === null ? "is it a file of another model?" : `the file has ${[...placeOf.keys()].join(", ")}`,
    });
  return found;
}

/** The places of a file's layers by their names. */
async function placesByName(path: string, index: BundleReader): Promise<ReadonlyMap<string, string>> {
  const { openCheckpoint } = await import("../../train/checkpoint-content.js");
  if (!index.has(namesKey))
    throw new ArgumentError(`The file "${path}" does not tell the names of layers.`, {
      hint: "model.saveWeights() writes files that do; without byName, weights are found by their places",
    });
  const text = new TextDecoder().decode((await openCheckpoint(path, [namesKey])).read(namesKey).data as Uint8Array);
  const named = Object.entries(JSON.parse(text) as { readonly [place: string]: string });
  return new Map(named.map(([place, name]) => [name, place]));
}

function mismatch({ path, weights }: Placed, place: string, file: BundleReader): ShapeError {
  const stored = file.keys().filter((key) => key.startsWith(`${place}vars/`));
  const shapes = (list: readonly (readonly (number | null)[])[]): string => list.map((s) => pythonShape(s)).join(", ");
  return new ShapeError(
    `Layer '${path}' has weights of the shapes ${shapes(weights.map(({ shape }) => shape))}, but those of that name in the file have ${shapes(stored.map((key) => file.entry(key).shape))}.`,
    { hint: "pass skipMismatch: true to leave such layers as they are, or give the layer another name" },
  );
}

/** Reads and writes some variables, under keys of their own. Made anew where the variables are others. */
export class VariableFile {
  private saver: { readonly saver: Saver; readonly variables: readonly Variable[] } | null = null;

  /** @throws as `Saver.save` */
  async save(named: ReadonlyMap<string, Variable>, path: string, beside: readonly BundleTensor[] = []): Promise<void> {
    const { saver, session } = this.for(named);
    await initializeVariables(named.values(), session);
    await saver.save(session, path, { writeMetaGraph: false, beside });
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
