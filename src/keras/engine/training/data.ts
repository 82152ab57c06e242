/**
 * @file Data as users pass it, put in the order of a model's inputs and outputs and held against them; and
 * the weights of rows. Follows `data_adapter_utils.py` of Keras 3.
 */
import { ArgumentError, bracketed, NdArray, type PartialShape, ShapeError, sizeOf } from "../../../core/index.js";
import type { Tensor } from "../../../graph/index.js";
import { type SessionArray, takeRows } from "../../../runtime/index.js";
import { pythonShape } from "../nested.js";
import type { Arranged, Arrays, BatchArray, BatchStream, Data, DataArray, FitOptions } from "./options.js";

/** What data is held against. */
export interface DataPlaces {
  /** `null` for a subclassed model that was not called yet. */
  readonly inputs: readonly Tensor[] | null;
  readonly inputNames: readonly string[] | null;
  /** `null` where the model has not been called yet. */
  readonly outputNames: readonly string[] | null;
}

const isArrayData = (value: unknown): value is DataArray =>
  value instanceof NdArray || ArrayBuffer.isView(value) || typeof value === "number" || typeof value === "boolean";
const isRecord = (value: unknown): value is { readonly [name: string]: DataArray } =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !isArrayData(value);

/** Whether `x` is a stream of batches, not data. */
export const isStream = (x: unknown): x is BatchStream =>
  typeof x === "function" ||
  (typeof x === "object" &&
    x !== null &&
    !Array.isArray(x) &&
    !isArrayData(x) &&
    (Symbol.iterator in x || Symbol.asyncIterator in x));

function toArray(value: DataArray, what: string): NdArray {
  const array = NdArray.from(value);
  if (array.rank === 0)
    throw new ShapeError(`${what} must have rows, but it is a single value.`, {
      hint: "the first axis of data counts the rows, also where there is only one",
    });
  return array;
}

/**
 * The parts of data in the order of `names`.
 * @param count how many there should be; `null` where that is not known
 */
function inOrder(
  data: Data,
  names: readonly string[] | null,
  what: "input" | "target" | "weight",
): (DataArray | null)[] {
  if (isRecord(data)) {
    if (names === null) return Object.values(data);
    const unknown = Object.keys(data).filter((name) => !names.includes(name));
    if (unknown.length > 0)
      throw new ArgumentError(`There is no ${what} named '${unknown[0]}'. Expected the following keys: [${names}]`);
    return names.map((name) => {
      const value = data[name] ?? null;
      if (value === null && what === "input")
        throw new ArgumentError(
          `Missing data for input "${name}". You passed a data dictionary with keys [${Object.keys(data)}]. Expected the following keys: [${names}]`,
        );
      return value;
    });
  }
  const count = names?.length ?? null;
  const isList =
    Array.isArray(data) &&
    (count === null || count === 1 ? data.every((part) => part instanceof NdArray) && data.length > 0 : true);
  if (!isList) return [data as DataArray];
  return [...(data as readonly DataArray[])];
}

/** Inputs in the order of the model's, in its dtypes and ranks. @throws ArgumentError, ShapeError */
export function arrangeInputs(x: Data, { inputs, inputNames }: DataPlaces): NdArray[] {
  if (x === undefined || x === null)
    throw new ArgumentError("No data were given for the inputs of the model.", { hint: "fit(x, y), predict(x)" });
  const parts = inOrder(x, inputNames, "input");
  if (inputs === null) return parts.map((part, i) => toArray(part as DataArray, `Input ${i}`));
  if (parts.length !== inputs.length)
    throw new ArgumentError(
      `The model expects ${inputs.length} input array(s), but it received ${parts.length}: the inputs are [${inputNames}].`,
      { hint: "pass a list in that order, or a record by name" },
    );
  return parts.map((part, i) => {
    const tensor = inputs[i] as Tensor;
    const name = inputNames?.[i] ?? tensor.name;
    if (part === null || part === undefined)
      throw new ArgumentError(`No data were given for the input '${name}'.`, {
        hint: `the inputs are [${inputNames}]`,
      });
    const given = toArray(part as DataArray, `Data of input '${name}'`);
    // An empty list has no further axes to compare.
    if (given.size === 0 && given.rank === 1)
      throw new ArgumentError("The data has no rows.", { hint: "pass arrays whose first axis is at least 1" });
    const array = fitRank(given, tensor.partialShape);
    const expected = tensor.partialShape;
    const fits =
      expected === null ||
      (expected.length === array.rank &&
        expected.every((d, axis) => axis === 0 || d === null || d === array.shape[axis]));
    if (!fits)
      throw new ShapeError(
        `Error when checking input: expected ${name} to have shape ${pythonShape(expected)} but got array with shape ${pythonShape(array.shape)}`,
        { hint: "the first axis counts the rows; the others must be those of the model's input" },
      );
    return array;
  });
}

/** A last axis of 1 that is missing or too much. */
function fitRank(array: NdArray, expected: PartialShape): NdArray {
  if (expected === null) return array;
  const { shape, rank } = array;
  if (rank === expected.length - 1 && expected.at(-1) === 1) return array.reshape([...shape, 1]);
  if (rank === expected.length + 1 && shape.at(-1) === 1) return array.reshape(shape.slice(0, -1));
  return array;
}

/** Targets in the order of the outputs. @throws ArgumentError for another number of them */
export function arrangeTargets(y: Data | null | undefined, { outputNames }: DataPlaces): (NdArray | null)[] {
  if (y === null || y === undefined) return (outputNames ?? [""]).map(() => null);
  const parts = inOrder(y, outputNames, "target");
  if (outputNames !== null && parts.length !== outputNames.length)
    throw new ArgumentError(
      `The model has ${outputNames.length} output(s), but it received ${parts.length} target array(s): the outputs are [${outputNames}].`,
      { hint: "pass a list in that order, or a record by name" },
    );
  return parts.map((part, i) => (part === null ? null : toArray(part, `Target ${outputNames?.[i] ?? i}`)));
}

/** Weights in the order of the outputs; one array serves all. */
export function arrangeWeights(weights: Data | null | undefined, places: DataPlaces): (NdArray | null)[] {
  const count = places.outputNames?.length ?? 1;
  if (weights === null || weights === undefined) return new Array<null>(count).fill(null);
  const parts = inOrder(weights, places.outputNames, "weight");
  const all = parts.length === 1 && count > 1 ? new Array<DataArray | null>(count).fill(parts[0] ?? null) : parts;
  if (all.length !== count)
    throw new ArgumentError(`The model has ${count} output(s), but it received sample weights for ${all.length}.`);
  return all.map((part) => (part === null ? null : NdArray.from(toArray(part, "The sample weights"), "float32")));
}

/** The number of rows that all arrays have. @throws ArgumentError where they differ, or there are none */
export function rowsOf({ inputs, targets, weights }: Arrays): number {
  const sizes = (arrays: readonly (NdArray | null)[]): number[] =>
    arrays.flatMap((array) => (array === null ? [] : [array.shape[0] ?? 0]));
  const [x, y, w] = [sizes(inputs), sizes(targets), sizes(weights)];
  const [first = 0] = x;
  if ([...x, ...y, ...w].some((size) => size !== first)) {
    const line = (name: string, list: readonly number[]): string =>
      list.length === 0 ? "" : ` '${name}' sizes: ${list.join(", ")}.`;
    throw new ArgumentError(
      `Data cardinality is ambiguous. Make sure all arrays contain the same number of samples.${line("x", x)}${line("y", y)}${line("sample_weight", w)}`,
      { hint: "the first axis of every array counts the samples" },
    );
  }
  return first;
}

/** Factors of rows by their class: of class numbers, or of one-hot rows. @throws ArgumentError */
export function weighClasses(
  targets: readonly (NdArray | null)[],
  weights: readonly (NdArray | null)[],
  classWeight: NonNullable<FitOptions["classWeight"]>,
): (NdArray | null)[] {
  const [target] = targets;
  if (targets.length !== 1 || target === null || target === undefined)
    throw new ArgumentError("`class_weight` is only supported for Models with a single output.");
  const given =
    classWeight instanceof Map
      ? [...classWeight]
      : Object.entries(classWeight).map(([label, factor]) => [Number(label), factor as number] as const);
  const factors = new Map<number, number>(given as readonly (readonly [number, number])[]);
  for (const [label, factor] of factors)
    if (!Number.isInteger(label) || !Number.isFinite(factor))
      throw new ArgumentError("`class_weight` must give a number for each class number.", {
        hint: "classWeight: { 0: 1, 1: 2.5 }",
      });
  const rows = target.shape[0] ?? 0;
  const width = sizeOf(target.shape.slice(1));
  if (target.rank > 2)
    throw new ArgumentError(`\`class_weight\` not supported for targets of shape ${bracketed(target.shape)}`, {
      hint: "pass sampleWeight",
    });
  const data = target.data as ArrayLike<number>;
  const result = new Float32Array(rows);
  const before = weights[0]?.data as Float32Array | undefined;
  for (let row = 0; row < rows; row++) {
    let label = Math.round(Number(data[row * width]));
    if (width > 1) {
      label = 0;
      for (let k = 1; k < width; k++) if ((data[row * width + k] ?? 0) > (data[row * width + label] ?? 0)) label = k;
    }
    result[row] = (factors.get(label) ?? 1) * (before?.[row] ?? 1);
  }
  return [new NdArray("float32", [rows], result)];
}

/** The rows that `order` names, from `begin` to `end`; `null`: in their own order. Numbers stay where they are. */
export function rowsFrom(
  source: NdArray | SessionArray,
  order: Int32Array | null,
  begin: number,
  end: number,
): BatchArray {
  if (!(source instanceof NdArray) || source.dtype !== "string") return takeRows(source, order, begin, end);
  if (order === null) return source.rows(begin, end);
  const row = sizeOf(source.shape.slice(1));
  const texts = source.data as string[];
  const picked = Array.from(order.subarray(begin, end)).flatMap((at) => texts.slice(at * row, (at + 1) * row));
  return new NdArray("string", [end - begin, ...source.shape.slice(1)], picked);
}

/** What decides the placeholder of an array: its element type and the shape of its rows. */
export const kindOf = (array: BatchArray | null): string =>
  array === null ? "-" : `${array.dtype}[${array.shape.slice(1)}]`;
/** Batches of equal keys run the same step. */
export const inputKey = ({ inputs }: Arranged<BatchArray>): string =>
  inputs.map((array) => String(array.shape.length)).join(",");
export function batchKey(batch: Arranged<BatchArray>): string {
  let key = inputKey(batch);
  for (const array of batch.targets) key += `;${kindOf(array)}`;
  for (const array of batch.weights) key += `;${kindOf(array)}`;
  return key;
}
