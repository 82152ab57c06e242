/**
 * @file Functions of tensors under the names of Keras 2's backend, so that losses, metrics and lambdas written for
 * it can be carried over: `K.mean(x, -1)`. All of them are level 1's in other clothes. Follows
 * `tensorflow_backend.py` of Keras 2. May import `engine` and below.
 */
import { ArgumentError, type ArrayLike_, NdArray, type NumericDType, UnimplementedError } from "../core/index.js";
import { GraphKeys, Operation, type Tensor } from "../graph/index.js";
import { convertToTensor, type TensorLike, tensorOf } from "../ops/define.js";
import * as ops from "../ops/index.js";
import { Variable } from "../ops/index.js";
import { getSession, getValue, initializeVariables } from "./engine/session.js";
import * as losses from "./losses/index.js";

/** A tensor, a variable, or numbers that become one. */
export type BackendOperand = Tensor | Variable | TensorLike;
type Axis = number | readonly number[] | null;

/** What is given as a tensor; numbers as float32. */
const of = (x: BackendOperand): Tensor => tensorOf(x) ?? convertToTensor(x as TensorLike, { dtype: "float32" });
const elementwise =
  (compute: (x: Tensor) => unknown) =>
  (x: BackendOperand): Tensor =>
    compute(of(x)) as Tensor;
const combined =
  (compute: (a: Tensor, b: Tensor) => unknown) =>
  (a: BackendOperand, b: BackendOperand): Tensor =>
    compute(of(a), of(b)) as Tensor;
const reduction =
  (reduce: (x: Tensor, options: { axis: Axis; keepDims: boolean }) => unknown) =>
  (x: BackendOperand, axis: Axis = null, keepdims = false): Tensor =>
    reduce(of(x), { axis, keepDims: keepdims }) as Tensor;
const asBool = (x: Tensor): Tensor<"bool"> => ops.cast(x, "bool") as Tensor<"bool">;

// ---- element by element ----

/** The absolute value. */
export const abs = elementwise((x) => x.abs());
/** The square. */
export const square = elementwise((x) => x.square());
/** Negative elements count as 0. */
export const sqrt = elementwise((x) => x.maximum(0).sqrt());
/** The exponential. */
export const exp = elementwise((x) => x.exp());
/** The natural logarithm. */
export const log = elementwise((x) => x.log());
/** The nearest whole number; halves go to the even one. */
export const round = elementwise((x) => ops.round(x));
/** -1, 0 or 1. */
export const sign = elementwise((x) => x.sign());
/** The sine, of radians. */
export const sin = elementwise((x) => ops.sin(x));
/** The cosine, of radians. */
export const cos = elementwise((x) => ops.cos(x));
/** `x` to the power `a`. */
export const pow = combined((x, a) => ops.pow(x, a));
/** Elements brought into a range. */
export const clip = (x: BackendOperand, min: number, max: number): Tensor => of(x).clipByValue(min, max) as Tensor;
/** The larger of two elements. */
export const maximum = combined((a, b) => a.maximum(b));
/** The smaller of two elements. */
export const minimum = combined((a, b) => a.minimum(b));
/** Where two elements are equal, as bools. */
export const equal = combined((a, b) => a.equal(b));
/** Where two elements differ, as bools. */
export const notEqual = combined((a, b) => ops.notEqual(a, b));
/** Where the first element is larger, as bools. */
export const greater = combined((a, b) => a.greater(b));
/** Where the first element is not smaller, as bools. */
export const greaterEqual = combined((a, b) => a.greaterEqual(b));
/** Where the first element is smaller, as bools. */
export const less = combined((a, b) => a.less(b));
/** Where the first element is not larger, as bools. */
export const lessEqual = combined((a, b) => ops.lessEqual(a, b));
/** `max(x, 0)`. */
export const relu = elementwise((x) => ops.nn.relu(x));
/** `x` where positive, else `eˣ − 1`. */
export const elu = elementwise((x) => ops.nn.elu(x));
/** `log(1 + eˣ)`. */
export const softplus = elementwise((x) => ops.nn.softplus(x));
/** `x / (1 + |x|)`. */
export const softsign = elementwise((x) => ops.nn.softsign(x));
/** The hyperbolic tangent. */
export const tanh = elementwise((x) => ops.tanh(x));
/** `1 / (1 + e⁻ˣ)`. */
export const sigmoid = elementwise((x) => ops.nn.sigmoid(x));
/** `clip(0.2·x + 0.5, 0, 1)`: Keras 2's; `keras.activations.hardSigmoid` is Keras 3's. */
export const hardSigmoid = elementwise((x) => x.mul(0.2).add(0.5).clipByValue(0, 1));
/** Exponentials divided by their sum along an axis. */
export const softmax = (x: BackendOperand, axis = -1): Tensor => ops.nn.softmax(of(x), { axis }) as Tensor;
/** Divided by the length along some axes. */
export const l2Normalize = (x: BackendOperand, axis: number | readonly number[]): Tensor =>
  ops.nn.l2Normalize(of(x), axis) as Tensor;
/** The same tensor, through which no gradient flows. */
export const stopGradient = elementwise((x) => ops.stopGradient(x));

// ---- over axes; by default over all ----

/** The sum. */
export const sum = reduction((x, options) => ops.reduceSum(x, options));
/** The mean; of bools, the part that is true. */
export const mean = reduction((x, options) =>
  ops.reduceMean(x.dtype === "bool" ? (ops.cast(x, "float32") as Tensor) : x, options),
);
/** The largest element. */
export const max = reduction((x, options) => ops.reduceMax(x, options));
/** The smallest element. */
export const min = reduction((x, options) => ops.reduceMin(x, options));
/** The product. */
export const prod = reduction((x, options) => ops.reduceProd(x, options));
/** Whether any element is true, or not 0. */
export const any = reduction((x, options) => ops.reduceAny(asBool(x), options));
/** Whether all elements are true, or not 0. */
export const all = reduction((x, options) => ops.reduceAll(asBool(x), options));
/** `log(Σ eˣ)`. */
export const logsumexp = reduction((x, options) => ops.reduceLogSumExp(x, options));
/** The variance, divided by the number of elements. `K.var`. */
const variance = reduction((x, options) => {
  const centre = ops.reduceMean(x, { ...options, keepDims: true }) as Tensor;
  return ops.reduceMean((x.sub(centre) as Tensor).square() as Tensor, options);
});

export { variance as var };
/** The standard deviation, by the number of elements. */
export const std = (x: BackendOperand, axis: Axis = null, keepdims = false): Tensor =>
  variance(x, axis, keepdims).sqrt() as Tensor;
/** The place of the largest element along an axis. */
export const argmax = (x: BackendOperand, axis = -1): Tensor => ops.argmax(of(x), axis) as Tensor;
/** The place of the smallest element along an axis. */
export const argmin = (x: BackendOperand, axis = -1): Tensor => ops.argmin(of(x), axis) as Tensor;
/** Sums of the elements so far along an axis. */
export const cumsum = (x: BackendOperand, axis = 0): Tensor => ops.cumsum(of(x), { axis }) as Tensor;

// ---- shapes ----

/** Another shape of the same number of elements; one size may be -1. */
export const reshape = (x: BackendOperand, shape: readonly number[]): Tensor => ops.reshape(of(x), shape) as Tensor;
/** All elements as one vector. */
export const flatten = (x: BackendOperand): Tensor => ops.reshape(of(x), [-1]) as Tensor;
/** Rows of all elements but the batch's axis. */
export function batchFlatten(x: BackendOperand): Tensor {
  const tensor = of(x);
  const rest = tensor.shape.slice(1);
  if (rest.every((d) => d !== null))
    return ops.reshape(tensor, [-1, rest.reduce<number>((n, d) => n * (d ?? 1), 1)]) as Tensor;
  return ops.reshape(tensor, [ops.shape(tensor).at(0) as Tensor as never, -1]) as Tensor;
}
/** One more axis, of extent 1. */
export const expandDims = (x: BackendOperand, axis = -1): Tensor => ops.expandDims(of(x), axis) as Tensor;
/** Without an axis of extent 1. */
export const squeeze = (x: BackendOperand, axis: number): Tensor => ops.squeeze(of(x), [axis]) as Tensor;
/** The axes in reverse order. */
export const transpose = elementwise((x) => ops.transpose(x));
/** The axes in another order. */
export const permuteDimensions = (x: BackendOperand, pattern: readonly number[]): Tensor =>
  ops.transpose(of(x), pattern) as Tensor;
/** Tensors one after the other along an axis. */
export const concatenate = (tensors: readonly BackendOperand[], axis = -1): Tensor =>
  ops.concat(tensors.map(of), axis) as Tensor;
/** Tensors side by side along a new axis. */
export const stack = (tensors: readonly BackendOperand[], axis = 0): Tensor =>
  ops.stack(tensors.map(of), { axis }) as Tensor;
/** The elements of some axes in reverse order. */
export const reverse = (x: BackendOperand, axes: number | readonly number[]): Tensor =>
  ops.reverse(of(x), typeof axes === "number" ? [axes] : axes) as Tensor;
/** Repeated so often along each axis. */
export const tile = (x: BackendOperand, n: readonly number[]): Tensor => ops.tile(of(x), n) as Tensor;
/** Another element type. */
export const cast = (x: BackendOperand, dtype: NumericDType): Tensor => ops.cast(of(x), dtype) as Tensor;
/** Rows with a 1 at each index. */
export const oneHot = (indices: BackendOperand, numClasses: number): Tensor =>
  ops.oneHot(ops.cast(of(indices), "int32") as Tensor<"int32">, numClasses) as Tensor;
/** Rows of `reference` by their numbers. */
export const gather = (reference: BackendOperand, indices: BackendOperand): Tensor =>
  ops.gather(of(reference), ops.cast(of(indices), "int32") as Tensor<"int32">) as Tensor;
/** The sizes as the graph is built; `null` for those that only a run knows. */
export const intShape = (x: BackendOperand): readonly (number | null)[] => of(x).shape;
/** The number of axes. */
export const ndim = (x: BackendOperand): number => of(x).shape.length;
/** The element type. */
export const dtype = (x: BackendOperand): string => of(x).dtype;
/** The sizes as a tensor, known when running. */
export const shape = elementwise((x) => ops.shape(x));

// ---- products ----

/** The last axis of `x` with the last but one of `y`; of vectors and matrices the usual product. */
export function dot(x: BackendOperand, y: BackendOperand): Tensor {
  const [a, b] = [of(x), of(y)];
  if (a.shape.length <= 2 && b.shape.length === 2 && a.shape.length === 2) return ops.matmul(a, b) as Tensor;
  return ops.tensordot(a, b, [[a.shape.length - 1], [Math.max(b.shape.length - 2, 0)]]) as Tensor;
}

// ---- losses ----

/** Cross-entropy of one-hot rows, one value for each. */
export const categoricalCrossentropy = (target: BackendOperand, output: BackendOperand, fromLogits = false): Tensor =>
  losses.categoricalCrossentropy(of(target), of(output), { fromLogits });
/** Cross-entropy of class numbers, one value for each. */
export const sparseCategoricalCrossentropy = (
  target: BackendOperand,
  output: BackendOperand,
  fromLogits = false,
): Tensor => losses.sparseCategoricalCrossentropy(of(target), of(output), { fromLogits });
/** Cross-entropy of every element, which is true or false: of the outputs' shape. */
export function binaryCrossentropy(target: BackendOperand, output: BackendOperand, fromLogits = false): Tensor {
  const [y, p] = [of(target), of(output)].map((x) => ops.expandDims(x, -1) as Tensor) as [Tensor, Tensor];
  return losses.binaryCrossentropy(y, p, { fromLogits });
}

// ---- making tensors ----

/** A tensor of numbers. */
export const constant = (value: ArrayLike_, dtype: NumericDType = "float32"): Tensor =>
  ops.constant(value as number, { dtype }) as Tensor;
/** A variable that starts with these numbers. */
export const variable = (value: ArrayLike_, dtype: NumericDType = "float32"): Variable =>
  new Variable(value as number, { dtype }) as unknown as Variable;
/** A tensor to be fed: of a shape, `null` for sizes that vary, or with a number of axes. */
export const placeholder = (options: {
  /** The sizes, `null` for those that vary. */
  readonly shape?: readonly (number | null)[];
  /** How many axes there are, where no shape is given. */
  readonly ndim?: number;
  /** Default float32. */
  readonly dtype?: NumericDType;
}): Tensor => {
  const { shape: sizes, ndim: rank, dtype: type = "float32" } = options;
  const known = sizes ?? (rank === undefined ? undefined : new Array<null>(rank).fill(null));
  if (known === undefined)
    throw new ArgumentError("placeholder() needs a shape, or the number of axes.", {
      hint: "K.placeholder({ shape: [null, 784] })",
    });
  return ops.placeholder(type, known) as Tensor;
};
/** Zeros of a shape. */
export const zeros = (sizes: readonly number[]): Tensor => ops.zeros(sizes) as Tensor;
/** Ones of a shape. */
export const ones = (sizes: readonly number[]): Tensor => ops.ones(sizes) as Tensor;
/** The identity matrix. */
export const eye = (size: number): Tensor => ops.eye(size) as Tensor;
/** Zeros of the same shape. */
export const zerosLike = elementwise((x) => ops.zerosLike(x));
/** Ones of the same shape. */
export const onesLike = elementwise((x) => ops.onesLike(x));
type Sizes = readonly number[] | Tensor;
/** Normally distributed numbers. */
export const randomNormal = (sizes: Sizes, mean = 0, stddev = 1, seed: number | null = null): Tensor =>
  ops.randomNormal(sizes as number[], { mean, stddev, seed }) as Tensor;
/** Numbers evenly distributed between two. */
export const randomUniform = (sizes: Sizes, minval = 0, maxval = 1, seed: number | null = null): Tensor =>
  ops.randomUniform(sizes as number[], { minval, maxval, seed }) as Tensor;
/** Normally distributed numbers, none beyond two standard deviations. */
export const truncatedNormal = (sizes: Sizes, mean = 0, stddev = 1, seed: number | null = null): Tensor =>
  ops.truncatedNormal(sizes as number[], { mean, stddev, seed }) as Tensor;
/** Drops a fraction `level` of the elements and scales up the rest, always. */
export const dropout = (x: BackendOperand, level: number, seed: number | null = null): Tensor =>
  ops.nn.dropout(of(x), 1 - level, { seed }) as Tensor;

/** `whenTrue` where a condition holds, else `whenFalse`, element by element. `K.switch`. */
const choose = (condition: BackendOperand, whenTrue: BackendOperand, whenFalse: BackendOperand): Tensor => {
  const [a, b] = [of(whenTrue), of(whenFalse)];
  const wide = (ops.cast(asBool(of(condition)), a.dtype) as Tensor).add(ops.zerosLike(a) as Tensor) as Tensor;
  return ops.where(wide.greater(0.5) as Tensor<"bool">, a, b) as Tensor;
};

export { choose as switch };

// ---- gradients, functions, values ----

/** The gradients of a loss, `null` where it does not depend on a variable. */
export const gradients = (loss: Tensor, variables: readonly (Variable | Tensor)[]): (Tensor | null)[] =>
  ops.gradients(loss, variables.map(of)) as (Tensor | null)[];

/** A variable and its next value, or an operation. */
export type BackendUpdate = readonly [Variable, Tensor] | Operation;
/**
 * A function of arrays that runs a part of the graph: what is computed of `inputs`, then `updates`. `K.function`.
 * @returns as many arrays as there are outputs
 */
const makeFunction = (
  inputs: readonly Tensor[],
  outputs: readonly (Tensor | Variable)[],
  updates: readonly BackendUpdate[] = [],
): ((given: readonly ArrayLike_[]) => Promise<NdArray[]>) => {
  const computed = outputs.map((output) => ops.identity(of(output)) as Tensor);
  const [first] = [...computed, ...inputs];
  if (first === undefined) throw new ArgumentError("A function needs inputs or outputs.");
  const { graph } = first;
  const after = graph.asDefault(() =>
    graph.controlDependencies(
      computed.map(({ op }) => op),
      () => updates.map((update) => (update instanceof Operation ? update : update[0].assign(of(update[1])).op)),
    ),
  );
  return async (given) => {
    if (given.length !== inputs.length)
      throw new ArgumentError(`The function takes ${inputs.length} input(s), but received ${given.length}.`);
    const session = getSession(graph);
    await initializeVariables(graph.getCollection<Variable>(GraphKeys.GLOBAL_VARIABLES), session);
    const feeds = inputs.map((input, i) => [input, given[i] as ArrayLike_] as const);
    const values = await session.run([...computed, ...after], feeds);
    return (values as unknown[]).slice(0, computed.length).map((value, i) => asArray(value, computed[i] as Tensor));
  };
};

export { makeFunction as function };

const asArray = (value: unknown, { dtype: type }: Tensor): NdArray =>
  value instanceof NdArray ? value : NdArray.from(value as number, type);

/** The value of a tensor or variable. `K.eval`. */
const evaluate = (x: Tensor | Variable): Promise<NdArray<NumericDType>> => getValue(x);

export { evaluate as eval };

/** There is no learning phase. `K.learning_phase`. @throws UnimplementedError always */
export function learningPhase(): never {
  throw new UnimplementedError(
    "There is no learning phase to feed: a model is applied once for training and once for the rest.",
    {
      hint: "a layer is told: call(x, { training }) { … }, and layer.apply(x, { training: true })",
    },
  );
}
/** There is no learning phase. `K.in_train_phase`. @throws UnimplementedError always */
export function inTrainPhase(..._arguments: readonly unknown[]): never {
  return learningPhase();
}
