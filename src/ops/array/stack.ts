/**
 * @file Several tensors side by side along a new axis, and an axis taken apart: `stack`, `unstack`.
 * Follows `array_ops.py` and `pack_op.cc` of TensorFlow 1.3.
 */
import {
  ArgumentError,
  bracketed,
  type Checked,
  type DType,
  mergeShapes,
  NdArray,
  normalizeAxis,
  type Ok,
  type PartialShape,
  type Shape,
  type ShapesOf,
  type StackShape,
  tupled,
} from "../../core/index.js";
import { constantValue, type Operation, type Tensor } from "../../graph/index.js";
import { compiled, type Expr, type TensorValue } from "../../ir/index.js";
import type { Operand } from "../binary.js";
import {
  convertToTensor,
  defineOp,
  installPack,
  type NameOption,
  requireSameDType,
  type TensorLike,
  tensorOf,
} from "../define.js";
import { axisOf, type ElementType } from "./axis.js";
import { describeAsShape } from "./shape-argument.js";

const packOp = defineOp({
  name: "Pack",
  inputs: ["values..."],
  infer: (c) => {
    const dtype = requireSameDType(c, { name: "Pack", inputs: ["values"] });
    let shape: PartialShape = null;
    for (let i = 0; i < c.inputs.length; i++) {
      const merged = mergeShapes(shape, c.shape(i));
      if (merged === undefined)
        return c.fail(
          `Shapes must be equal, but are ${bracketed(shape)} and ${bracketed(c.shape(i))}`,
          "stack() takes tensors of one shape; concat() joins different lengths",
        );
      shape = merged;
    }
    if (shape === null) return [{ dtype, shape }];
    const axis = axisOf(c, shape.length + 1);
    return [{ dtype, shape: [...shape.slice(0, axis), c.inputs.length, ...shape.slice(axis)] }];
  },
  lower: compiled((c) => {
    const values = Array.from({ length: c.inputCount }, (_, i) => c.input(i));
    const [first] = values as [TensorValue, ...TensorValue[]];
    const axis = axisOf(c, first.shape.length + 1);
    for (const value of values)
      if (value.shape.length !== first.shape.length || value.shape.some((d, k) => d !== first.shape[k]))
        c.fail(
          `Shapes of all inputs must match: values[0].shape = [${first.shape}] != values[${values.indexOf(value)}].shape = [${value.shape}]`,
        );
    const shape = [...first.shape.slice(0, axis), values.length, ...first.shape.slice(axis)];
    const { e } = c;
    return [
      c.map(shape, first.dtype, (axes) => {
        const at = axes[axis] as Expr;
        const rest = axes.filter((_, k) => k !== axis);
        return values
          .slice(0, -1)
          .reduceRight(
            (element, value, i) => e.select(e.eq(at, e.index(i)), c.load(value, rest), element),
            c.load(values.at(-1) as TensorValue, rest),
          );
      }),
    ];
  }),
  gradient: (op, dy) => unpackOp.create([dy], { axis: op.attributes.axis, num: op.inputs.length }).outputs,
  staticValue: (op, known) => {
    if (op.output.partialShape?.length !== 1 || op.inputs.length > 64) return undefined;
    const parts = op.inputs.map((input) => known(input));
    if (parts.some((part) => part?.dtype !== "int32")) return undefined;
    return NdArray.from(
      parts.map((part) => (part as NdArray<"int32">).item()),
      "int32",
    );
  },
});
describeAsShape("Pack", (op: Operation) => {
  if (op.output.partialShape?.length !== 1) return null;
  return op.inputs.map((input) => {
    const value = constantValue(input)?.item() as number | undefined;
    return value === undefined || value < 0 ? null : value;
  });
});

/** Tensors of a nested list; bare values in it adopt the dtype of the first tensor. */
function packNested(values: readonly TensorLike[], dtype: DType | undefined, name: string | undefined): Tensor {
  const adopted = dtype ?? firstTensor(values)?.dtype;
  const parts = values.map((value) => convertToTensor(value, { dtype: adopted }));
  return packOp.build(parts, { axis: 0 }, { name: name ?? "packed" });
}
function firstTensor(values: readonly unknown[]): Tensor | undefined {
  for (const value of values) {
    const found = Array.isArray(value) ? firstTensor(value) : tensorOf(value);
    if (found !== undefined) return found;
  }
  return undefined;
}
installPack(packNested);

/**
 * Tensors of one shape side by side along a new axis. `tf.stack`.
 * @throws ShapeError where the shapes differ
 */
export function stack<const V extends readonly Operand[], const Axis extends number = 0>(
  values: Checked<V, StackShape<ShapesOf<V>, Axis>>,
  options: {
    /** Where the new axis goes. Default 0. */
    readonly axis?: Axis;
  } & NameOption = {},
): Tensor<ElementType<V>, Ok<StackShape<ShapesOf<V>, Axis>>> {
  const list = values as unknown as readonly TensorLike[];
  if (list.length === 0) throw new ArgumentError("stack needs a list of at least one tensor");
  return packOp.build(list, { axis: options.axis ?? 0 }, { name: options.name ?? "stack" }) as Tensor<never, never>;
}

const unpackOp = defineOp({
  name: "Unpack",
  inputs: ["value"],
  infer: (c) => {
    const { dtype } = c.inputs[0] as Tensor;
    const num = c.attributes.num as number;
    const shape = c.shape(0);
    const axis = shape && axisOf(c, shape.length);
    const extent = shape && (shape[axis as number] as number | null);
    if (extent !== null && extent !== num) c.fail(`Dimension must be ${num} but is ${extent}`);
    const rest = shape === null ? null : shape.filter((_, k) => k !== axis);
    return Array.from({ length: num }, () => ({ dtype, shape: rest }));
  },
  lower: compiled((c) => {
    const x = c.input(0);
    const axis = axisOf(c, x.shape.length);
    const num = c.attributes.num as number;
    if (x.shape[axis] !== num) c.fail(`Input shape axis ${axis} must equal ${num}, got shape [${x.shape}]`);
    const shape = x.shape.filter((_, k) => k !== axis);
    return Array.from({ length: num }, (_, i) =>
      c.map(shape, x.dtype, (axes) => c.load(x, [...axes.slice(0, axis), c.e.index(i), ...axes.slice(axis)])),
    );
  }),
  gradient: (op, ...dys) => [packOp.build(dys, { axis: op.attributes.axis })],
});

/** Options of {@link unstack}. */
export interface UnstackOptions extends NameOption {
  /** How many entries the axis has; needed only where that is not known. */
  readonly num?: number;
  /** The axis to take apart. Default 0. */
  readonly axis?: number;
}
/**
 * The entries along an axis, as one tensor each. `tf.unstack`.
 * @throws ArgumentError where the number of entries is not known
 */
export function unstack<D extends DType, S extends Shape>(
  value: Tensor<D, S>,
  options: UnstackOptions = {},
): Tensor<D>[] {
  const axis = options.axis ?? 0;
  const x = convertToTensor(value);
  const shape = x.partialShape;
  const at = shape && normalizeAxis(axis, shape.length);
  if (shape !== null && at === undefined)
    throw new ArgumentError(`axis = ${axis} not in [${-shape.length}, ${shape.length})`);
  const num = options.num ?? (shape === null ? null : (shape[at as number] as number | null));
  if (num === null)
    throw new ArgumentError(`Cannot infer num from shape ${tupled(shape)}`, {
      op: x.op.name,
      createdAt: x.op.createdAt,
      hint: "pass { num } or give the tensor a known extent along the axis",
    });
  const operation = unpackOp.create([x], { axis, num }, { name: options.name ?? "unstack" });
  return [...operation.outputs] as Tensor<D>[];
}
