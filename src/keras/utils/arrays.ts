/**
 * @file Small conversions of labels and rows: `toCategorical`, `toOrdinal`, `normalize`. Follow
 * `numerical_utils.py` of Keras 3, on host values. Imports `core`.
 */
import { ArgumentError, type ArrayLike_, DTypeError, NdArray } from "../../core/index.js";

function numbersOf(
  x: ArrayLike_,
  who: string,
): { readonly shape: readonly number[]; readonly values: ArrayLike<number> } {
  const array = x instanceof NdArray ? x : NdArray.from(x);
  if (array.dtype === "string") throw new DTypeError(`${who} needs numbers, got strings`);
  return { shape: array.shape, values: array.data as ArrayLike<number> };
}

/** Labels in the given range, with their shape less a last axis of 1. */
function labelsOf(x: ArrayLike_, numClasses: number | null | undefined, who: string) {
  const { shape, values } = numbersOf(x, who);
  let largest = -1;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Number(values[i]));
  const classes = numClasses ?? largest + 1;
  if (!Number.isInteger(classes) || classes < 1)
    throw new ArgumentError(`${who} needs a whole number of classes, 1 or more, got ${classes}`);
  for (let i = 0; i < values.length; i++) {
    const label = Number(values[i]);
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new ArgumentError(`${who} found the label ${label} at position ${i}, outside 0 to ${classes - 1}`, {
        hint: "number the classes from 0, or raise numClasses",
      });
  }
  return { shape: shape.length > 1 && shape.at(-1) === 1 ? shape.slice(0, -1) : shape, values, classes };
}

/**
 * Labels as one-hot rows: `[1, 0]` of 3 classes is `[[0, 1, 0], [1, 0, 0]]`. `keras.utils.to_categorical`.
 * @param x whole numbers from 0, of any shape; a last axis of 1 is dropped
 * @param numClasses default: the largest label plus 1
 * @returns float32 of shape `[...x.shape, numClasses]`
 * @throws ArgumentError for a label out of range
 */
export function toCategorical(x: ArrayLike_, numClasses?: number | null): NdArray<"float32"> {
  const { shape, values, classes } = labelsOf(x, numClasses, "toCategorical");
  const data = new Float32Array(values.length * classes);
  for (let i = 0; i < values.length; i++) data[i * classes + Number(values[i])] = 1;
  return new NdArray("float32", [...shape, classes], data);
}

/**
 * Labels as the steps they have passed: 2 of 4 classes is `[1, 1, 0]`. `to_ordinal` of TensorFlow's Keras.
 * @returns float32 of shape `[...x.shape, numClasses − 1]`
 * @throws ArgumentError for a label out of range
 */
export function toOrdinal(x: ArrayLike_, numClasses?: number | null): NdArray<"float32"> {
  const { shape, values, classes } = labelsOf(x, numClasses, "toOrdinal");
  const width = classes - 1;
  const data = new Float32Array(values.length * width);
  for (let i = 0; i < values.length; i++) data.fill(1, i * width, i * width + Number(values[i]));
  return new NdArray("float32", [...shape, width], data);
}

/**
 * Divides by the norm along an axis; what has the norm 0 stays. `keras.utils.normalize`.
 * @param axis default: the last
 * @param order 1, 2, any positive number, or `Infinity`. Default 2
 * @returns float64 for float64, else float32
 */
export function normalize(x: ArrayLike_, axis = -1, order = 2): NdArray<"float32" | "float64"> {
  const { shape, values } = numbersOf(x, "normalize");
  const place = axis < 0 ? axis + shape.length : axis;
  const length = shape[place];
  if (length === undefined || !Number.isInteger(place))
    throw new ArgumentError(`normalize has no axis ${axis}: the shape is [${shape.join(", ")}]`);
  if (!(order > 0)) throw new ArgumentError(`normalize needs an order greater than 0, got ${order}`);
  const isDouble = values instanceof Float64Array;
  const data = isDouble ? new Float64Array(values.length) : new Float32Array(values.length);
  const stride = shape.slice(place + 1).reduce((product, size) => product * size, 1);
  for (let start = 0; start < values.length; start++) {
    if (Math.floor(start / stride) % length !== 0) continue;
    const at = (i: number): number => Number(values[start + i * stride]);
    const norm = normOf(length, at, order);
    for (let i = 0; i < length; i++) data[start + i * stride] = at(i) / (norm === 0 ? 1 : norm);
  }
  return isDouble
    ? new NdArray<"float64">("float64", shape, data as Float64Array)
    : new NdArray<"float32">("float32", shape, data as Float32Array);
}

function normOf(length: number, at: (i: number) => number, order: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const magnitude = Math.abs(at(i));
    sum = order === Number.POSITIVE_INFINITY ? Math.max(sum, magnitude) : sum + magnitude ** order;
  }
  return order === Number.POSITIVE_INFINITY ? sum : sum ** (1 / order);
}
