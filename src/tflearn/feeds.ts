/**
 * @file From what a user passes to `fit` and `predict` to what is fed: arrays, lists of arrays in the
 * order in which inputs were made, or records by name. Follows `feed_dict_builder` of TFLearn.
 */
import { ArgumentError, type ArrayLike_, describe, FeedError, NdArray, StrataError } from "../core/index.js";
import { type Graph, Tensor } from "../graph/index.js";
import type { FeedMap } from "./data/flow.js";
import { sampleCount } from "./data/rows.js";
import { getInputsPlaceholderByName, getTargetsPlaceholderByName } from "./variables.js";

/** One array, one for each input (or target) in the order of making, or a record by the layers' names. */
export type Data = ArrayLike_ | readonly ArrayLike_[] | { readonly [name: string]: ArrayLike_ };

/**
 * Data by placeholder, each array in its placeholder's dtype.
 * @throws ArgumentError where the numbers of arrays and placeholders differ
 * @throws GraphError for a name that no layer has
 */
export function feedMap(data: Data | null, placeholders: readonly Tensor[], kind: "input" | "output"): FeedMap {
  if (data === null && placeholders.length === 0) return new Map();
  if (isRecord(data)) {
    const find = kind === "input" ? getInputsPlaceholderByName : getTargetsPlaceholderByName;
    return new Map(Object.entries(data).map(([name, value]) => feed(find(name), value)));
  }
  if (placeholders.length === 1) return new Map([feed(placeholders[0] as Tensor, data as ArrayLike_)]);
  if (placeholders.length === 0) return new Map();
  const isList = Array.isArray(data) && data.every((part) => Array.isArray(part) || typeof part === "object");
  if (!isList)
    throw new ArgumentError(
      `Multiple ${kind}s but only one data feeded. Please verify number of ${kind}s and data provided match.`,
      { hint: `pass a list of ${placeholders.length} arrays, or a record by name: ${namesOf(placeholders)}` },
    );
  const list = data as readonly ArrayLike_[];
  if (list.length !== placeholders.length)
    throw new ArgumentError(`${list.length} ${kind}s feeded, but expected: ${placeholders.length}.`, {
      hint:
        `the graph has ${namesOf(placeholders)}; a model built twice in one graph has them twice: ` +
        "tf.resetDefaultGraph(), or build it in new tf.Graph().asDefault(…)",
    });
  return new Map(placeholders.map((placeholder, i) => feed(placeholder, list[i] as ArrayLike_)));
}

const namesOf = (placeholders: readonly Tensor[]): string =>
  placeholders.map(({ name }) => name.replace(/(\/[XY])?:0$/, "")).join(", ");

function isRecord(data: Data | null): data is { readonly [name: string]: ArrayLike_ } {
  return typeof data === "object" && data !== null && Object.getPrototypeOf(data) === Object.prototype;
}

function feed(placeholder: Tensor, value: ArrayLike_): readonly [Tensor, NdArray] {
  try {
    return [placeholder, NdArray.from(value, placeholder.dtype, true)];
  } catch (error) {
    if (!(error instanceof StrataError)) throw error;
    const [reason = ""] = error.message.split("\n");
    throw new FeedError(`The data for '${placeholder.name}' does not convert to ${placeholder.dtype}: ${reason}`, {
      op: placeholder.op.name,
      createdAt: placeholder.op.createdAt,
      hint: error.hint,
      cause: error,
    });
  }
}

/** Data by placeholder, or by its name, in the forms that `session.run` takes. */
export type FeedDict =
  | ReadonlyMap<Tensor | string, ArrayLike_>
  | readonly (readonly [placeholder: Tensor | string, data: ArrayLike_])[]
  | { readonly [placeholder: string]: ArrayLike_ };

/**
 * What `Trainer.fit` is given: data for all operations, or a list with data for each.
 * @throws ArgumentError for another form, GraphError for a name that the graph has not
 */
export function feedMapsOf(given: FeedDict | readonly FeedDict[], graph: Graph): FeedMap | readonly FeedMap[] {
  const isList = Array.isArray(given) && !given.every(isPair);
  return isList
    ? (given as readonly FeedDict[]).map((dict) => feedMapOf(dict, graph))
    : feedMapOf(given as FeedDict, graph);
}

const isPair = (entry: unknown): boolean =>
  Array.isArray(entry) && entry.length === 2 && (typeof entry[0] === "string" || entry[0] instanceof Tensor);

function feedMapOf(dict: FeedDict, graph: Graph): FeedMap {
  if (typeof dict !== "object" || dict === null || dict instanceof NdArray)
    throw new ArgumentError(`Data for training is needed by placeholder, got ${describe(dict)}`, {
      hint: "pass new Map([[x, X], [y, Y]]), or a list of such maps, one for each operation",
    });
  const entries = dict instanceof Map || Array.isArray(dict) ? [...dict] : Object.entries(dict);
  return new Map(
    (entries as readonly (readonly [Tensor | string, ArrayLike_])[]).map(([key, value]) => {
      const isName = typeof key === "string";
      return feed(isName ? graph.getTensorByName(key.includes(":") ? key : `${key}:0`) : key, value);
    }),
  );
}

/** How many samples the data has. @throws ArgumentError where there are none, or arrays differ */
export function countSamples(feeds: FeedMap, what: string): number {
  const [first, ...others] = [...feeds];
  if (first === undefined) throw new ArgumentError(`There is no ${what} data`, { hint: "pass arrays of samples" });
  const count = sampleCount(first[1]);
  if (count === 0)
    throw new ArgumentError(`The ${what} data for '${first[0].name}' has no samples`, { hint: "pass at least one" });
  for (const [placeholder, data] of others)
    if (sampleCount(data) !== count)
      throw new ArgumentError(
        `The ${what} data does not match: ${count} samples for '${first[0].name}', but ${sampleCount(data)} for '${placeholder.name}'`,
        { hint: "X and Y hold one row for each sample" },
      );
  return count;
}
