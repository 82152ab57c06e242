/**
 * @file Choosing by truth: `where` with and without branches, and `booleanMask`. Follows
 * `cwise_op_select.cc`, `where_op.cc` and `array_ops.py` of TensorFlow 1.3.
 */
import {
  type ArrayLike_,
  type BinaryDType,
  bracketed,
  type Checked,
  type DType,
  type DTypeClash,
  DTypeError,
  type DTypeOf,
  isCompatible,
  type MergeShape,
  mergeShapes,
  NdArray,
  type Ok,
  type PartialShape,
  type Shape,
  ShapeError,
  type ValueShape,
} from "../../core/index.js";
import type { InferContext, Tensor } from "../../graph/index.js";
import { compiled, type Expr, type TensorValue } from "../../ir/index.js";
import type { Operand } from "../binary.js";
import {
  convertToTensor,
  defineOp,
  dtypeOf,
  type NameOption,
  requireSameDType,
  type TensorLike,
  tensorOf,
} from "../define.js";
import { sumToLike } from "../like.js";
import { withNameScope } from "../scopes.js";
import { concat } from "./concat.js";
import { zerosLike } from "./fill.js";
import { gather } from "./gather.js";
import { elementAt, pointsOf } from "./oracles.js";
import { reshape, squeeze } from "./reshape.js";
import { shape } from "./shape.js";
import { slice } from "./slice.js";

function requireBool(c: InferContext, name: string): void {
  if (dtypeOf(c, 0) !== "bool")
    throw new DTypeError(
      `Input 'condition' of '${name}' Op has type ${dtypeOf(c, 0)} that does not match expected type of bool.`,
      {
        op: c.name,
        createdAt: c.inputs[0]?.op.createdAt,
        hint: "a comparison such as tf.greater(x, 0) gives a bool tensor",
      },
    );
}

interface Failing {
  fail(message: string, hint?: string): never;
}

/** The shape of a choice; branches that are scalars repeat, a vector chooses whole rows. */
function selectShape(c: Failing, condition: PartialShape, x: PartialShape, y: PartialShape): PartialShape {
  const [first, second] = x?.length === 0 ? [y, x] : [x, y];
  const branches = second?.length === 0 ? first : mergeShapes(first, second);
  if (branches === undefined)
    return c.fail("Shapes of the branches must be equal", "where() does not broadcast; only scalars repeat");
  if (branches === null) return null;
  if (branches.length === 0) return condition;
  if (condition === null || condition.length === 0) return branches;
  if (condition.length === 1 && branches.length > 1) {
    if (!isCompatible(condition, [branches[0] as number | null]))
      c.fail(
        `Number of batches of 'condition' must match size of the outermost dimension: ${condition[0]} vs. ${branches[0]}`,
      );
    return branches;
  }
  return (
    mergeShapes(condition, branches) ??
    c.fail(
      `'condition' and the branches must have the same shape: ${bracketed(condition)} vs. ${bracketed(branches)}`,
      "the condition has the branches' shape, or is a vector with one entry for each row",
    )
  );
}

const selectOp = defineOp({
  name: "Select",
  inputs: ["condition", "t", "e"],
  infer: (c) => {
    requireBool(c, "Select");
    const dtype = requireSameDType({ ...c, inputs: c.inputs.slice(1) }, { name: "Select", inputs: ["t", "e"] });
    return [{ dtype, shape: selectShape(c, c.shape(0), c.shape(1), c.shape(2)) }];
  },
  lower: compiled((c) => {
    const [condition, x, y] = [c.input(0), c.input(1), c.input(2)];
    const shape_ = selectShape(c, condition.shape, x.shape, y.shape) as number[];
    // A condition of lower rank chooses along the leading axes; a branch of lower rank is a scalar.
    const element = (value: TensorValue, axes: readonly Expr[]): Expr =>
      c.load(value, axes.slice(0, value.shape.length));
    return [c.map(shape_, x.dtype, (axes) => c.e.select(element(condition, axes), element(x, axes), element(y, axes)))];
  }),
  gradient: (op, dy) => {
    const [condition, x, y] = op.inputs as readonly [Tensor, Tensor, Tensor];
    const none = zerosLike(dy);
    return [
      null,
      sumToLike(selectOp.build([condition, dy, none]), x),
      sumToLike(selectOp.build([condition, none, dy]), y),
    ];
  },
});

const whereOp = defineOp({
  name: "Where",
  inputs: ["input"],
  infer: (c) => {
    requireBool(c, "Where");
    return [{ dtype: "int32", shape: [null, c.shape(0)?.length ?? null] }];
  },
  lower: {
    kind: "host",
    run: ([given]) => {
      const condition = given as NdArray;
      const found = pointsOf(condition.shape).filter((at) => elementAt(condition, at) !== 0);
      return [new NdArray("int32", [found.length, condition.rank], Int32Array.from(found.flat()))];
    },
  },
  gradient: null,
});

type Coordinates<C extends Shape> = readonly [null, number extends C["length"] ? number | null : C["length"]];
/** The shape of a choice: scalars repeat. */
type SelectShape<C extends Shape, A extends Shape, B extends Shape> = A extends readonly []
  ? B extends readonly []
    ? C
    : B
  : B extends readonly []
    ? A
    : MergeShape<A, B, "where">;
type WhereCheck<C extends Shape, A, B> =
  | DTypeClash<DTypeOf<A, DTypeOf<B>>, DTypeOf<B, DTypeOf<A>>, "where">
  | SelectShape<C, ValueShape<A>, ValueShape<B>>;

/** The index tuples of the true elements of `condition`, one int32 row for each. `tf.where`. */
export function where<C extends Shape>(
  condition: Tensor<"bool", C>,
  options?: NameOption,
): Tensor<"int32", Coordinates<C>>;
/**
 * Elements of `x` where `condition` is true, of `y` elsewhere. Both have one shape, or are scalars;
 * the condition has that shape too, or is a vector that chooses rows. `tf.where`.
 * @throws ShapeError where the shapes differ
 */
export function where<C extends Shape, const A extends Operand, const B extends Operand>(
  condition: Tensor<"bool", C>,
  x: A,
  y: Checked<B, WhereCheck<C, A, B>>,
  options?: NameOption,
): Tensor<BinaryDType<A, B>, Ok<SelectShape<C, ValueShape<A>, ValueShape<B>>>>;
export function where(
  condition: TensorLike,
  x?: TensorLike | NameOption,
  y?: TensorLike,
  options: NameOption = {},
): Tensor {
  if (y === undefined) return whereOp.build([condition], {}, (x ?? {}) as NameOption);
  const branches = x as TensorLike;
  const dtype = tensorOf(branches)?.dtype ?? tensorOf(y)?.dtype ?? bareDType(branches, y);
  const operands = [branches, y].map((branch) => tensorOf(branch) ?? convertToTensor(branch, { dtype }));
  return selectOp.build([convertToTensor(condition), ...operands], {}, options);
}

/** The common dtype of bare values: float32 as soon as one is no whole number. */
function bareDType(x: TensorLike, y: TensorLike): DType {
  const [a, b] = [NdArray.from(x as ArrayLike_).dtype, NdArray.from(y as ArrayLike_).dtype];
  return a === "int32" ? b : a;
}

/**
 * The entries of `tensor` along its leading axes where `mask` is true, as rows. `tf.boolean_mask`.
 * @throws ShapeError where the mask's shape is not that of the leading axes
 */
export function booleanMask<D extends DType>(
  tensor: Tensor<D> | ArrayLike_,
  mask: Tensor<"bool"> | ArrayLike_,
  options: NameOption = {},
): Tensor<D> {
  return withNameScope(
    options.name ?? "boolean_mask",
    () => {
      const x = convertToTensor(tensor as TensorLike, { name: "tensor" });
      const chosen = convertToTensor(mask as TensorLike, { dtype: "bool", name: "mask" });
      const axes = chosen.partialShape;
      if (axes === null || axes.length === 0)
        throw new ShapeError(
          axes === null
            ? "Number of mask dimensions must be specified, even if some dimensions are None"
            : "mask cannot be scalar.",
          {
            op: chosen.op.name,
            createdAt: chosen.op.createdAt,
          },
        );
      const leading = x.partialShape?.slice(0, axes.length) ?? null;
      if (!isCompatible(leading, axes))
        throw new ShapeError(`Shapes ${bracketed(leading)} and ${bracketed(axes)} are incompatible`, {
          op: x.op.name,
          createdAt: x.op.createdAt,
          hint: "the mask has the shape of the tensor's leading axes",
        });
      const rest = slice(shape(x), [axes.length], [-1]);
      const rows = reshape(x, concat([[-1], rest], 0) as Tensor);
      rows.setShape(x.partialShape && [null, ...x.partialShape.slice(axes.length)]);
      const coordinates = where(reshape(chosen, [-1]) as Tensor<"bool">);
      return gather(rows, squeeze(coordinates as Tensor<"int32">, [1]) as Tensor) as Tensor as Tensor<D>;
    },
    { values: [tensor, mask] },
  );
}
