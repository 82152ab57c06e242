/**
 * @file Feeds: values that replace tensors for one run. Converts each value to the tensor's dtype and
 * holds it against the tensor's static shape.
 */
import {
  type ArrayLike_,
  FeedError,
  GraphError,
  isCompatible,
  NdArray,
  type NumericDType,
  StrataError,
  tupled,
} from "../core/index.js";
import { type Graph, type GraphElementLike, Tensor, typeName } from "../graph/index.js";

/** A tensor, a variable, or a name (`pixels`, `pixels:0`). */
export type FeedKey = Tensor | GraphElementLike | string;
/** A number, nested array, typed array or {@link NdArray}. */
export type FeedValue = ArrayLike_;
/** Feeds of a run: pairs, a `Map`, or a record keyed by tensor name. */
export type Feeds =
  | readonly (readonly [FeedKey, FeedValue])[]
  | ReadonlyMap<FeedKey, FeedValue>
  | { readonly [name: string]: FeedValue };

export interface Fed {
  readonly tensor: Tensor;
  readonly value: NdArray<NumericDType>;
}

/** Resolves and converts feeds. @throws FeedError */
export function resolveFeeds(graph: Graph, feeds: Feeds | undefined): Fed[] {
  const fed = new Map<Tensor, Fed>();
  for (const [key, value] of entriesOf(feeds)) {
    const tensor = feedTensor(graph, key);
    fed.set(tensor, { tensor, value: convertFeed(tensor, value) });
  }
  return [...fed.values()];
}

function entriesOf(feeds: Feeds | undefined): Iterable<readonly [FeedKey, FeedValue]> {
  if (feeds === undefined || feeds === null) return [];
  if (feeds instanceof Map) return feeds.entries();
  if (Array.isArray(feeds)) {
    const pairs = feeds as readonly (readonly [FeedKey, FeedValue])[];
    for (const pair of pairs)
      if (!Array.isArray(pair) || pair.length !== 2)
        throw new FeedError(`Feeds must be pairs of a tensor and a value, got ${typeName(pair)}`, {
          hint: "write [[x, values], [y, labels]], even for a single feed",
        });
    return pairs;
  }
  return Object.entries(feeds as Readonly<Record<string, FeedValue>>);
}

/** The tensor a feed key means. @throws FeedError "Cannot interpret feed_dict key as Tensor: …" */
export function feedTensor(graph: Graph, key: FeedKey): Tensor {
  let tensor: Tensor;
  try {
    const name = typeof key === "string" && !key.includes(":") ? `${key}:0` : key;
    tensor = graph.asGraphElement(name, { allowOperation: false }) as Tensor;
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    const [reason = ""] = error.message.split("\n");
    throw new FeedError(`Cannot interpret feed_dict key as Tensor: ${reason}`, { hint: error.hint, cause: error });
  }
  if (!graph.isFeedable(tensor))
    throw new FeedError(`Tensor ${tensor} may not be fed.`, { op: tensor.op.name, createdAt: tensor.op.createdAt });
  return tensor;
}

/** A value as the tensor's dtype. @throws FeedError for a clash of shape, or a value that does not convert */
export function convertFeed(tensor: Tensor, value: FeedValue): NdArray<NumericDType> {
  const details = { op: tensor.op.name, createdAt: tensor.op.createdAt };
  if (value instanceof Tensor || typeof (value as { asTensor?: unknown } | null)?.asTensor === "function")
    throw new FeedError(
      `The value of a feed cannot be a tf.Tensor object. Acceptable feed values include numbers, arrays, typed arrays and NdArrays. Tensor '${tensor.name}' was fed ${value}`,
      { ...details, hint: "run the tensor first and feed its value" },
    );
  if (value === null || value === undefined)
    throw new FeedError(`Tensor '${tensor.name}' was fed ${value}`, {
      ...details,
      hint: "feed numbers, arrays or NdArrays",
    });
  let array: NdArray;
  try {
    array = NdArray.from(value, tensor.dtype);
  } catch (error) {
    if (!(error instanceof StrataError)) throw error;
    throw new FeedError(
      `Cannot convert the value fed for Tensor '${tensor.name}' to ${tensor.dtype}: ${error.message}`,
      {
        ...details,
        hint: error.hint,
        cause: error,
      },
    );
  }
  if (!isCompatible(tensor.partialShape, array.shape))
    throw new FeedError(
      `Cannot feed value of shape ${tupled(array.shape)} for Tensor '${tensor.name}', which has shape '${tupled(tensor.partialShape)}'`,
      { ...details, hint: "reshape the value, or give the tensor `null` where its size varies" },
    );
  return array as NdArray<NumericDType>;
}
