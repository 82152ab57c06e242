/**
 * @file Several tensors one after the other: `concat`. Follows `array_ops.py` and `concat_op.cc` of
 * TensorFlow 1.3.
 */
import {
  ArgumentError,
  type Checked,
  type ConcatShape,
  NdArray,
  type Ok,
  type PartialShape,
  type Shape,
  type ShapesOf,
} from "../../core/index.js";
import type { InferContext, Tensor } from "../../graph/index.js";
import { compiled, type Expr, type LowerContext, type TensorValue } from "../../ir/index.js";
import { identity } from "../basic.js";
import type { Operand } from "../binary.js";
import { convertToTensor, defineOp, type NameOption, requireSameDType, type TensorLike } from "../define.js";
import { axisOf, type ElementType } from "./axis.js";
import { zerosLike } from "./fill.js";
import { describeAsShape, knownShape } from "./shape-argument.js";

function inferConcat(c: InferContext, first = 0): PartialShape {
  let joined: PartialShape = null;
  for (let i = first; i < c.inputs.length; i++) {
    const shape = c.shape(i);
    if (shape === null) continue;
    if (shape.length === 0) return c.fail("Can't concatenate scalars (use tf.stack instead)");
    if (joined !== null && shape.length !== joined.length)
      return c.fail(`Shapes must be of equal rank, but are ${joined.length} and ${shape.length}`);
    const axis = axisOf(c, shape.length);
    const before: Shape = joined ?? shape.map((_, i) => (i === axis ? 0 : null));
    joined = shape.map((d, k) => {
      const other = before[k] as number | null;
      if (k === axis) return d === null || other === null ? null : d + other;
      if (d !== null && other !== null && d !== other)
        c.fail(
          `Dimension ${k} in both shapes must be equal, but are ${other} and ${d}`,
          "only the joined axis may differ",
        );
      return d ?? other;
    });
  }
  if (joined === null) return null;
  // An input of unknown rank adds an unknown length.
  const axis = axisOf(c, joined.length);
  const unknown = c.inputs.slice(first).some((input) => input.partialShape === null);
  return unknown ? joined.map((d, k) => (k === axis ? null : d)) : joined;
}

/** Where each input begins along the axis, and the total. */
function offsetsOf(values: readonly TensorValue[], axis: number): { begins: number[]; total: number } {
  let total = 0;
  const begins = values.map((value) => {
    const begin = total;
    total += value.shape[axis] as number;
    return begin;
  });
  return { begins, total };
}

function requireJoinable(c: LowerContext, values: readonly TensorValue[], axis: number): void {
  const [first] = values;
  for (const [i, value] of values.entries())
    if (
      first === undefined ||
      value.shape.length !== first.shape.length ||
      value.shape.some((d, k) => k !== axis && d !== first.shape[k])
    )
      c.fail(
        `ConcatOp : Dimensions of inputs should match: shape[0] = [${first?.shape}] vs. shape[${i}] = [${value.shape}]`,
        "only the joined axis may differ",
      );
}

const concatOp = defineOp({
  name: "ConcatV2",
  inputs: ["values..."],
  infer: (c) => [{ dtype: requireSameDType(c, { name: "ConcatV2", inputs: ["values"] }), shape: inferConcat(c) }],
  lower: compiled((c) => {
    const values = Array.from({ length: c.inputCount }, (_, i) => c.input(i));
    const [first] = values as [TensorValue, ...TensorValue[]];
    if (first.shape.length === 0) c.fail("Can't concatenate scalars (use tf.stack instead)");
    const axis = axisOf(c, first.shape.length);
    requireJoinable(c, values, axis);
    const { begins, total } = offsetsOf(values, axis);
    const shape = first.shape.map((d, k) => (k === axis ? total : d));
    const { e } = c;
    return [
      c.map(shape, first.dtype, (axes) => {
        const at = axes[axis] as Expr;
        let element: Expr | undefined;
        for (let i = values.length - 1; i >= 0; i--) {
          const value = values[i] as TensorValue;
          const extent = value.shape[axis] as number;
          if (extent === 0) continue;
          const begin = begins[i] as number;
          const inside = e.max(e.index(0), e.min(e.sub(at, e.index(begin)), e.index(extent - 1)));
          const part = c.load(
            value,
            axes.map((a, k) => (k === axis ? inside : a)),
          );
          element = element === undefined ? part : e.select(e.lt(at, e.index(begin + extent)), part, element);
        }
        return element ?? e.constant(0, first.dtype);
      }),
    ];
  }),
  gradient: (op, dy) => op.inputs.map((_, index) => concatPart(dy, op.inputs, op.attributes.axis as number, index)),
  staticValue: (op, known) => {
    if (op.output.partialShape?.length !== 1) return undefined;
    const parts = op.inputs.map((input) => known(input));
    if (parts.some((part) => part === undefined || part.dtype !== "int32" || part.size > 64)) return undefined;
    return NdArray.from(
      parts.flatMap((part) => Array.from((part as NdArray<"int32">).data)),
      "int32",
    );
  },
});
describeAsShape("ConcatV2", (op) => {
  const parts = op.inputs.map(knownShape);
  return parts.some((part) => part === null) ? null : (parts as Shape[]).flat();
});

/** The slice of a concatenation's gradient that belongs to input `index`; of `values` only the shapes matter. */
const concatPart = (dy: Tensor, values: readonly Tensor[], axis: number, index: number): Tensor =>
  concatPartOp.build([dy, ...values], { axis, index });

const concatPartOp = defineOp({
  name: "ConcatPart",
  inputs: ["dy", "values..."],
  infer: (c) => [{ dtype: (c.inputs[0] as Tensor).dtype, shape: c.shape(1 + (c.attributes.index as number)) }],
  lower: compiled((c) => {
    const dy = c.input(0);
    const values = Array.from({ length: c.inputCount - 1 }, (_, i) => c.input(i + 1));
    const index = c.attributes.index as number;
    const axis = axisOf(c, dy.shape.length);
    const begin = c.e.index(offsetsOf(values, axis).begins[index] as number);
    return [
      c.map((values[index] as TensorValue).shape, dy.dtype, (axes) =>
        c.load(
          dy,
          axes.map((a, k) => (k === axis ? c.e.add(a, begin) : a)),
        ),
      ),
    ];
  }),
  gradient: (op, dy) => {
    const values = op.inputs.slice(1);
    const spreadOut = values.map((value, i) => (i === op.attributes.index ? dy : zerosLike(value)));
    return [concatOp.build(spreadOut, { axis: op.attributes.axis }), ...values.map(() => null)];
  },
});

/**
 * `values` one after the other along `axis`; their other dimensions are equal. `tf.concat`.
 * @throws ShapeError, or InvalidArgumentError when running, where another dimension differs
 */
export function concat<const V extends readonly Operand[], const Axis extends number>(
  values: Checked<V, ConcatShape<ShapesOf<V>, Axis>>,
  axis: Axis,
  options: NameOption = {},
): Tensor<ElementType<V>, Ok<ConcatShape<ShapesOf<V>, Axis>>> {
  const list = values as unknown as readonly TensorLike[];
  const name = options.name ?? "concat";
  const [first] = list;
  if (first === undefined) throw new ArgumentError("concat needs a list of at least one tensor");
  if (list.length === 1) return identity(convertToTensor(first), { name }) as Tensor<never, never>;
  return concatOp.build(list, { axis }, { name }) as Tensor<never, never>;
}
