/**
 * @file Constants, placeholders, identities and groupings: what every graph begins with.
 * Follows `constant_op.py`, `array_ops.py` and `control_flow_ops.py` of TensorFlow 1.3.
 */
import {
  ArgumentError,
  type ArrayLike_,
  allocateStorage,
  callSiteOf,
  captureCallSite,
  type DType,
  DTypeError,
  type DTypeOf,
  describe,
  isDType,
  NdArray,
  type NumericDType,
  type PartialShape,
  type Shape,
  ShapeError,
  sameShape,
  sizeOf,
  type TypedArray,
  tupled,
  type ValueShape,
} from "../core/index.js";
import { type GraphElementLike, getDefaultGraph, Operation, type Tensor } from "../graph/index.js";
import { constantTensor, convertToTensor, type NameOption, type TensorLike, tensorOf } from "./define.js";
import { identityOp, noOpOp, placeholderOp, placeholderWithDefaultOp, stopGradientOp } from "./structure-ops.js";

type Element<V, Depth extends 0[] = []> = Depth["length"] extends 9
  ? unknown
  : V extends readonly (infer E)[]
    ? Element<E, [...Depth, 0]>
    : V;
type NumberDType<E extends number> = number extends E ? "float32" : `${E}` extends `${bigint}` ? "int32" : "float32";
/**
 * The element type of values: their own, or for plain numbers int32 where all are literal and whole.
 * Numbers known only when running are taken for float32; say `dtype` where they are whole.
 */
type ValueDType<V> = V extends { readonly dtype: infer D extends DType }
  ? D
  : V extends TypedArray
    ? DTypeOf<V>
    : Element<V> extends infer E
      ? [E] extends [number]
        ? NumberDType<E>
        : [E] extends [boolean]
          ? "bool"
          : [E] extends [string]
            ? "string"
            : DType
      : never;

/** @throws DTypeError for an unknown name */
export function requireDType(dtype: unknown): asserts dtype is DType {
  if (!isDType(dtype))
    throw new DTypeError(`${describe(dtype)} is not a dtype`, { hint: "use float32, float64, int32, uint8 or bool" });
}

/** Options of {@link constant}. */
export interface ConstantOptions<D extends DType, S extends Shape> extends NameOption {
  /** Element type. Default: int32 for whole numbers, float32 for others, bool for booleans. */
  readonly dtype?: D;
  /** Shape of the result; with fewer values than it has elements the last value fills the rest. */
  readonly shape?: S;
  /** Demand that `value` has exactly `shape`. Default false. */
  readonly verifyShape?: boolean;
}

/**
 * A tensor with a value fixed while building. `tf.constant`.
 * @throws ArgumentError for more values than `shape` has room for
 */
export function constant<
  const V extends ArrayLike_,
  D extends DType = ValueDType<V>,
  const S extends Shape = ValueShape<V>,
>(value: V, options: ConstantOptions<D, S> = {}): Tensor<D, S> {
  const array = NdArray.from(value as ArrayLike_, options.dtype);
  const { shape, verifyShape = false } = options;
  if (shape === undefined) return constantTensor(array, options.name) as unknown as Tensor<D, S>;
  const target = shape as readonly number[];
  const size = sizeOf(target);
  if (verifyShape && !sameShape(array.shape, target))
    throw new ArgumentError(`Expected Tensor's shape: ${tupled(target)}, got ${tupled(array.shape)}.`);
  if (array.size > size)
    throw new ArgumentError(`Too many elements provided. Needed at most ${size}, but received ${array.size}`, {
      hint: "give fewer values, or a larger shape",
    });
  if (array.size === size) return constantTensor(array.reshape(target), options.name) as unknown as Tensor<D, S>;
  if (array.size === 0) throw new ArgumentError("A constant with a shape needs at least one value to fill it with");
  const numeric = array as NdArray<NumericDType>;
  const data = allocateStorage(numeric.dtype, size);
  data.set(numeric.data);
  data.fill(numeric.data[numeric.size - 1] as number, numeric.size);
  return constantTensor(new NdArray<NumericDType>(numeric.dtype, target, data), options.name) as unknown as Tensor<
    D,
    S
  >;
}

/** @throws ShapeError for what is no list of dimensions */
function requireDimensions(shape: unknown): void {
  if (shape === null) return;
  const isDimension = (size: unknown): boolean =>
    size === null || (typeof size === "number" && Number.isInteger(size) && size >= 0);
  if (Array.isArray(shape) && shape.every(isDimension)) return;
  throw new ShapeError(
    `A shape is a list of dimensions, each a whole number from 0 or null, got ${shownShape(shape)}`,
    {
      createdAt: callSiteOf(captureCallSite()),
      hint: "write null for a dimension that only a run knows: [null, 784]",
    },
  );
}
const shownShape = (shape: unknown): string =>
  Array.isArray(shape) ? `[${shape.map(String).join(", ")}]` : describe(shape);

/**
 * A value supplied through `feeds` when running. `tf.placeholder`.
 * @param shape `null` for a dimension known only then; leave it out to accept any shape
 * @throws ShapeError for a dimension that is no whole number
 */
export function placeholder<D extends DType, const S extends Shape = Shape>(
  dtype: D,
  shape?: S | null,
  options: NameOption = {},
): Tensor<D, S> {
  requireDType(dtype);
  requireDimensions(shape ?? null);
  const attributes = { dtype, shape: (shape ?? null) as PartialShape };
  return placeholderOp.build([], attributes, options) as Tensor<D, S>;
}

/** A placeholder that yields `input` unless it is fed. `tf.placeholder_with_default`. */
export function placeholderWithDefault<D extends DType, const S extends Shape>(
  input: Tensor<D> | ArrayLike_,
  shape: S,
  options: NameOption = {},
): Tensor<D, S> {
  return placeholderWithDefaultOp.build([input], { shape }, options) as Tensor<D, S>;
}

/** The same value under another name. `tf.identity`. */
export function identity<D extends DType, S extends Shape>(
  input: Tensor<D, S>,
  options: NameOption = {},
): Tensor<D, S> {
  return identityOp.build([input], {}, options) as Tensor<D, S>;
}

/** The same value, through which no gradient flows. `tf.stop_gradient`. */
export function stopGradient<D extends DType, S extends Shape>(
  input: Tensor<D, S>,
  options: NameOption = {},
): Tensor<D, S> {
  return stopGradientOp.build([input], {}, options) as Tensor<D, S>;
}

/** An operation that does nothing; a place for control dependencies. `tf.no_op`. */
export function noOp(options: NameOption = {}): Operation {
  return noOpOp.create([], {}, options);
}

/** Something that can be run for its effect. */
export type Runnable = Operation | Tensor | GraphElementLike;
const operationOf = (item: Runnable): Operation => {
  if (item instanceof Operation) return item;
  const tensor = tensorOf(item);
  if (tensor === undefined) throw new ArgumentError(`Expected an operation or tensor, got ${describe(item)}`);
  return tensor.op;
};

/** One operation that is done when all of `inputs` are. Fetching it gives `null`. `tf.group`. */
export function group(...inputs: (Runnable | NameOption)[]): Operation {
  const last = inputs.at(-1);
  const isOptions = last !== undefined && !(last instanceof Operation) && tensorOf(last) === undefined;
  const options = (isOptions ? last : {}) as NameOption;
  const runnables = (isOptions ? inputs.slice(0, -1) : inputs) as Runnable[];
  const operations = runnables.map(operationOf);
  const graph = operations[0]?.graph ?? getDefaultGraph();
  return graph.asDefault(() =>
    graph.controlDependencies(operations, () => noOp({ name: options.name ?? "group_deps" })),
  );
}

/**
 * The same tensors, available only once all of them (and `controlInputs`) are computed. `tf.tuple`.
 */
export function tuple<T extends readonly (Tensor | null)[]>(
  tensors: T,
  options: {
    /** What must be done besides. Default: nothing. */
    readonly controlInputs?: readonly Runnable[];
  } & NameOption = {},
): T {
  const graph = tensors.find((t) => t !== null)?.graph ?? getDefaultGraph();
  return graph.nameScope(options.name ?? "tuple", () => {
    const present = tensors.filter((t) => t !== null);
    const gate = group(...present, ...(options.controlInputs ?? []));
    return graph.controlDependencies([gate], () =>
      tensors.map((t) => (t === null ? null : identity(t, { name: "control_dependency" }))),
    ) as unknown as T;
  });
}

export { convertToTensor, type NameOption, type TensorLike };
