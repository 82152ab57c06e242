/**
 * @file `defineOp`: registers an operation and returns what builds it. Also the pieces most
 * definitions share: converting operands, broadcasting inference, dtype checks.
 */
import {
  ArgumentError,
  type ArrayLike_,
  broadcastShapes,
  callSiteOf,
  captureCallSite,
  type DType,
  DTypeError,
  describe,
  isFloating,
  NdArray,
  type NumericDType,
  normalizeAxis,
  type PartialShape,
  type Shape,
  ShapeError,
  StrataError,
} from "../core/index.js";
import {
  type Attributes,
  type GraphElementLike,
  getDefaultGraph,
  type InferContext,
  type OpDefinition,
  type Operation,
  type OutputSpec,
  registerDefinition,
  Tensor,
} from "../graph/index.js";
import { compiled } from "../ir/index.js";

/** Options every operation takes. */
export interface NameOption {
  /** Name of the operation; made unique within its scope. Default: the operation's type. */
  readonly name?: string | undefined;
}

/** What stands where a tensor is expected: a tensor, a variable, or values that become a constant. */
export type TensorLike<D extends DType = DType, S extends Shape = Shape> = Tensor<D, S> | GraphElementLike | ArrayLike_;

/** A registered operation type. */
export interface OpBuilder {
  readonly definition: OpDefinition;
  /**
   * Adds one operation to the graph of its inputs (or the default graph). Operands that are not
   * tensors become constants with the dtype of the first operand that is one.
   */
  create(operands: readonly TensorLike[], attributes?: Attributes, options?: NameOption): Operation;
  /** {@link create}, returning the first output. */
  build(operands: readonly TensorLike[], attributes?: Attributes, options?: NameOption): Tensor;
}

/**
 * Registers an operation type: see {@link OpDefinition} for what it must say. A bundler may leave out an
 * operation that a program does not use; the mark below says so, here and at what defines whole families.
 */
/* @__NO_SIDE_EFFECTS__ */
export function defineOp(definition: OpDefinition): OpBuilder {
  registerDefinition(definition);
  const create = (
    operands: readonly TensorLike[],
    attributes: Attributes = {},
    options: NameOption = {},
  ): Operation => {
    const graph = operands.map(tensorOf).find((tensor) => tensor !== undefined)?.graph ?? getDefaultGraph();
    const inputs = graph.asDefault(() => convertOperands(definition, operands, options.name));
    return graph.createOperation(definition, inputs, attributes, options.name);
  };
  return { definition, create, build: (operands, attributes, options) => create(operands, attributes, options).output };
}

/**
 * The tensor behind a tensor or variable; `undefined` for plain values. Inside a function being traced,
 * what stands there for a tensor of the outside.
 */
export function tensorOf(value: unknown): Tensor | undefined {
  const like = value as GraphElementLike | null;
  const isLike = typeof like === "object" && like !== null && typeof like.asTensor === "function";
  const tensor = isLike ? like.asTensor() : value instanceof Tensor ? value : undefined;
  return tensor && getDefaultGraph().adopt(tensor);
}

function convertOperands(
  definition: OpDefinition,
  operands: readonly TensorLike[],
  name: string | undefined,
): Tensor[] {
  const tensors = operands.map(tensorOf);
  const reference = tensors.find((t, i) => t !== undefined && !(definition.shapeInputs ?? []).includes(i))?.dtype;
  return operands.map((operand, i) => {
    const known = tensors[i];
    if (known !== undefined) return known;
    const parameter = definition.inputs[Math.min(i, definition.inputs.length - 1)] as string;
    const isShape = (definition.shapeInputs ?? []).includes(i);
    try {
      return constantTensor(
        NdArray.from(operand as ArrayLike_, isShape ? "int32" : reference),
        `${name ?? definition.name}/${parameter.replace("...", "")}`,
      );
    } catch (error) {
      if (!(error instanceof StrataError) || error instanceof DTypeError === false) throw error;
      throw new DTypeError(
        `Expected ${reference ?? "a tensor"} passed to parameter '${parameter}' of op '${definition.name}', got ${describe(operand)} instead.`,
        { createdAt: callSiteOf(captureCallSite()), cause: error, hint: "pass a tensor, or numbers of that dtype" },
      );
    }
  });
}

// ---- constants ----

/** A constant of the graph: the one operation every conversion ends in. */
export const constOp: OpBuilder = defineOp({
  name: "Const",
  inputs: [],
  infer: ({ attributes }) => {
    const value = attributes.value as NdArray;
    return [{ dtype: value.dtype, shape: value.shape }];
  },
  lower: compiled((c) => {
    const value = c.attributes.value as NdArray;
    if (value.dtype === "string") c.fail("A string constant cannot be used in a computation.");
    return [c.constant(value as NdArray<NumericDType>)];
  }),
  gradient: () => [],
  staticValue: (op) => op.attributes.value as NdArray,
});

/** @internal A `Const` of an array, in the default graph. */
export function constantTensor<D extends DType>(value: NdArray<D>, name?: string): Tensor<D> {
  return constOp.build([], { value }, { name }) as Tensor<D>;
}

/**
 * The tensor of a value: tensors and variables pass through, numbers and arrays become constants
 * (whole numbers int32 unless `dtype` says otherwise, others float32).
 * @throws DTypeError for a tensor of another dtype than asked for, or values that do not convert
 */
export function convertToTensor<D extends DType = DType>(
  value: TensorLike,
  options: {
    /** Element type. Default: the value's own; float32 for bare numbers that are not whole, int32 for those that are. */
    readonly dtype?: D | undefined;
  } & NameOption = {},
): Tensor<D> {
  if (value === null || value === undefined)
    throw new ArgumentError("None values not supported.", { hint: "pass a tensor, number or array" });
  const known = tensorOf(value);
  if (known === undefined) {
    if (
      Array.isArray(value) &&
      (value as unknown[]).flat(Number.POSITIVE_INFINITY).some((v) => tensorOf(v) !== undefined)
    ) {
      if (packHook === undefined) throw new DTypeError("A list of tensors needs tf.stack()");
      return packHook(value as unknown as TensorLike[], options.dtype, options.name) as Tensor<D>;
    }
    return constantTensor(NdArray.from(value as ArrayLike_, options.dtype), options.name);
  }
  if (options.dtype !== undefined && known.dtype !== options.dtype)
    throw new DTypeError(
      `Tensor conversion requested dtype ${options.dtype} for Tensor with dtype ${known.dtype}: '${known}'`,
      {
        op: known.op.name,
        createdAt: known.op.createdAt,
        hint: `tf.cast(x, "${options.dtype}") converts it`,
      },
    );
  return known as Tensor<D>;
}

let packHook:
  | ((values: readonly TensorLike[], dtype: DType | undefined, name: string | undefined) => Tensor)
  | undefined;
/** @internal Lets `stack` serve lists of tensors without a cycle between files. */
export function installPack(pack: NonNullable<typeof packHook>): void {
  packHook = pack;
}

// ---- shared inference ----

/** One output like the first input. */
export const likeFirst = (c: InferContext): OutputSpec[] => [{ dtype: dtypeOf(c, 0), shape: c.shape(0) }];

/** The dtype of input `i`. */
export const dtypeOf = (c: InferContext, i: number): DType => (c.inputs[i] as Tensor).dtype;

/** All inputs must have one dtype; returns it. @throws DTypeError in TensorFlow's words */
export function requireSameDType(
  c: InferContext,
  definition: { readonly name: string; readonly inputs: readonly string[] },
): DType {
  const [first, ...rest] = c.inputs;
  if (first === undefined) throw new ArgumentError(`Operation ${definition.name} needs at least one input`);
  rest.forEach((input, i) => {
    if (input.dtype !== first.dtype)
      throw new DTypeError(
        `Input '${definition.inputs[i + 1] ?? definition.inputs.at(-1)}' of '${definition.name}' Op has type ${input.dtype} that does not match type ${first.dtype} of argument '${definition.inputs[0]}'.`,
        {
          op: c.name,
          createdAt: callSiteOf(captureCallSite()),
          hint: `there is no implicit promotion: tf.cast(x, "${first.dtype}") converts`,
        },
      );
  });
  return first.dtype;
}

/** Input `i` must be floating. @throws DTypeError */
export function requireFloating(c: InferContext, opName: string, i = 0): DType {
  const dtype = dtypeOf(c, i);
  if (!isFloating(dtype))
    throw new DTypeError(
      `Value passed to parameter '${i}' of op '${opName}' has DataType ${dtype} not in list of allowed values: float32, float64`,
      {
        op: c.name,
        createdAt: callSiteOf(captureCallSite()),
        hint: 'tf.cast(x, "float32") converts it',
      },
    );
  return dtype;
}

/** The broadcast of two static shapes. @throws ShapeError "Dimensions must be equal, but are 3 and 4 …" */
export function inferBroadcast(c: InferContext, a: PartialShape, b: PartialShape): PartialShape {
  const shape = broadcastShapes(a, b);
  if (shape !== null && "clash" in shape) {
    const [da, db] = shape.clash;
    return c.fail(
      `Dimensions must be equal, but are ${da} and ${db}`,
      "shapes broadcast when, from the right, each pair of dimensions is equal or one of them is 1",
    );
  }
  return shape;
}

/** Rank of input `i` must be `rank` where known. @throws ShapeError "Shape must be rank 2 but is rank 1 …" */
export function requireRank(c: InferContext, i: number, rank: number): PartialShape {
  const shape = c.shape(i);
  if (shape !== null && shape.length !== rank) c.fail(`Shape must be rank ${rank} but is rank ${shape.length}`);
  return shape;
}

/** Axes as a sorted list without duplicates; `null` or `undefined` means all. @throws ShapeError out of range */
export function resolveAxes(
  axis: number | readonly number[] | null | undefined,
  rank: number,
  opName: string,
): number[] {
  if (axis === null || axis === undefined) return Array.from({ length: rank }, (_, i) => i);
  const axes = new Set<number>();
  for (const a of typeof axis === "number" ? [axis] : axis) {
    const resolved = normalizeAxis(a, rank);
    if (resolved === undefined)
      throw new ShapeError(`Invalid reduction dimension ${a} for input with ${rank} dimensions. for '${opName}'`, {
        createdAt: callSiteOf(captureCallSite()),
        hint: `axes run from ${-rank} to ${rank - 1}`,
      });
    axes.add(resolved);
  }
  return [...axes].sort((a, b) => a - b);
}
