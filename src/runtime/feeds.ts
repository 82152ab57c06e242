/**
 * @file Feeds: values that replace tensors for one run. Converts each value to the tensor's dtype and
 * holds it against the tensor's static shape.
 */
import { type Feed, feedArray, type RowFeed } from "../backends/index.js";
import {
  type ArrayLike_,
  allocateStorage,
  FeedError,
  GraphError,
  isFloating,
  NdArray,
  type NumericDType,
  type PartialShape,
  StrataError,
  tupled,
} from "../core/index.js";
import { type Graph, type GraphElementLike, Tensor, typeName } from "../graph/index.js";
import { SessionArray, TakenRows } from "./rows.js";

/** A tensor, a variable, or a name (`pixels`, `pixels:0`). */
export type FeedKey = Tensor | GraphElementLike | string;
/** A number, nested array, typed array, {@link NdArray}, or rows of one from `takeRows`. */
export type FeedValue = ArrayLike_ | TakenRows;
/** Feeds of a run: pairs, a `Map`, or a record keyed by tensor name. */
export type Feeds =
  | readonly (readonly [FeedKey, FeedValue])[]
  | ReadonlyMap<FeedKey, FeedValue>
  | { readonly [name: string]: FeedValue };

export interface Fed {
  readonly tensor: Tensor;
  readonly value: Feed;
}

/** Resolves and converts feeds, for a run of `owner`. @throws FeedError */
export function resolveFeeds(graph: Graph, feeds: Feeds | undefined, owner: object): Fed[] {
  const fed = new Map<Tensor, Fed>();
  for (const [key, value] of entriesOf(feeds)) {
    const tensor = feedTensor(graph, key);
    fed.set(tensor, { tensor, value: convertFeed(tensor, value, owner) });
  }
  return [...fed.values()];
}

/** Feeds as pairs. @throws FeedError */
export function entriesOf(feeds: Feeds | undefined): readonly (readonly [FeedKey, FeedValue])[] {
  if (feeds === undefined || feeds === null) return [];
  if (feeds instanceof Map) return [...feeds];
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

/**
 * A value as the tensor's dtype.
 * @param owner the session that runs; what was uploaded belongs to one
 * @throws FeedError for a clash of shape, or a value that does not convert
 */
export function convertFeed(tensor: Tensor, value: FeedValue, owner: object): Feed {
  const { dtype, partialShape } = tensor;
  if (value instanceof NdArray) {
    const rows = value.pendingRows ?? (value.dtype === dtype ? undefined : wholeArray(value));
    if (rows !== undefined) return convertRows(tensor, rows, value);
    if (value.dtype === dtype && fits(partialShape, value.shape)) return value as NdArray<NumericDType>;
  }
  if (typeof value === "number" && partialShape?.length === 0 && isFloating(dtype)) {
    const data = allocateStorage(dtype, 1);
    data[0] = value;
    return new NdArray<NumericDType>(dtype, [], data);
  }
  return value instanceof TakenRows ? convertTaken(tensor, value, owner) : convertValue(tensor, value);
}

/** All rows of an array, to be converted where a program reads them. */
function wholeArray(array: NdArray): RowFeed | undefined {
  if (array.dtype === "string" || array.rank === 0) return undefined;
  const source = array as NdArray<NumericDType>;
  return { dtype: source.dtype, shape: source.shape, source, order: null, begin: 0 };
}

function fits(expected: PartialShape, shape: readonly number[]): boolean {
  if (expected === null) return true;
  if (expected.length !== shape.length) return false;
  for (let i = 0; i < shape.length; i++) if (expected[i] !== null && expected[i] !== shape[i]) return false;
  return true;
}

function convertTaken(tensor: Tensor, rows: TakenRows, owner: object): Feed {
  const { array } = rows;
  if (array instanceof SessionArray && array.owner !== owner)
    throw new FeedError(`Tensor '${tensor.name}' was fed rows that were uploaded to another session`, {
      op: tensor.op.name,
      createdAt: tensor.op.createdAt,
      hint: "upload the array to the session that runs",
    });
  return convertRows(tensor, rows);
}

/** @param array the rows as an array, where there is one */
function convertRows(tensor: Tensor, rows: RowFeed, array?: NdArray): Feed {
  const { dtype } = tensor;
  // Copying converts to floating point as a cast would; to whole numbers it would round otherwise.
  const converts = rows.dtype === dtype || isFloating(dtype);
  if (!converts) return convertValue(tensor, array ?? feedArray(rows, rows.dtype));
  if (!fits(tensor.partialShape, rows.shape)) throw clash(tensor, rows.shape);
  return rows;
}

const clash = (tensor: Tensor, shape: readonly number[]): FeedError =>
  new FeedError(
    `Cannot feed value of shape ${tupled(shape)} for Tensor '${tensor.name}', which has shape '${tupled(tensor.partialShape)}'`,
    {
      op: tensor.op.name,
      createdAt: tensor.op.createdAt,
      hint: "reshape the value, or give the tensor `null` where its size varies",
    },
  );

function convertValue(tensor: Tensor, value: ArrayLike_): NdArray<NumericDType> {
  // Finding the call site takes longer than the conversion of a small value.
  const details = () => ({ op: tensor.op.name, createdAt: tensor.op.createdAt });
  if (value instanceof Tensor || typeof (value as { asTensor?: unknown } | null)?.asTensor === "function")
    throw new FeedError(
      `The value of a feed cannot be a tf.Tensor object. Acceptable feed values include numbers, arrays, typed arrays and NdArrays. Tensor '${tensor.name}' was fed ${value}`,
      { ...details(), hint: "run the tensor first and feed its value" },
    );
  if (value === null || value === undefined)
    throw new FeedError(`Tensor '${tensor.name}' was fed ${value}`, {
      ...details(),
      hint: "feed numbers, arrays or NdArrays",
    });
  let array: NdArray;
  try {
    array = NdArray.from(value, tensor.dtype, true);
  } catch (error) {
    if (!(error instanceof StrataError)) throw error;
    throw new FeedError(
      `Cannot convert the value fed for Tensor '${tensor.name}' to ${tensor.dtype}: ${error.message}`,
      {
        ...details(),
        hint: error.hint,
        cause: error,
      },
    );
  }
  if (!fits(tensor.partialShape, array.shape)) throw clash(tensor, array.shape);
  return array as NdArray<NumericDType>;
}
