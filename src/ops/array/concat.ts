/**
 * @file Several tensors into one and one into several: `concat`, `stack`, `split`, `unstack`. Follows
 * `array_ops.py`, `concat_op.cc` and `split_op.cc` of TensorFlow 1.3.
 */
import {
  ArgumentError,
  type Checked,
  type ConcatShape,
  type DType,
  type DTypeOf,
  mergeShapes,
  NdArray,
  type NumericDType,
  normalizeAxis,
  type Ok,
  type PartialShape,
  type Shape,
  type ShapesOf,
  type StackShape,
} from "../../core/index.js";
import { constantValue, type InferContext, type Operation, type Tensor } from "../../graph/index.js";
import { compiled, type Expr, type LowerContext, type TensorValue } from "../../ir/index.js";
import { identity } from "../basic.js";
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
import { array, spread } from "../samples.js";
import { zerosLike } from "./fill.js";
import { arrayOf, elementAt, type Numeric, picked } from "./oracles.js";
import { describeAsShape, knownShape } from "./shape-argument.js";

interface Failing {
  readonly attributes: Readonly<Record<string, unknown>>;
  fail(message: string, hint?: string): never;
}

/** The `axis` attribute for a rank. */
export function axisOf(c: Failing, rank: number): number {
  const axis = c.attributes.axis as number;
  return (
    normalizeAxis(axis, rank) ??
    c.fail(
      `Expected dimension in the range [${-rank}, ${rank}), but got ${axis}`,
      `axes run from ${-rank} to ${rank - 1}`,
    )
  );
}

// ---- concat ----

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
  summary: "Tensors one after the other along an axis.",
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
  oracle: (inputs, { axis }) => {
    const [first] = inputs as readonly [NdArray, ...NdArray[]];
    const along = (axis as number) < 0 ? (axis as number) + first.rank : (axis as number);
    const owners = inputs.flatMap((x) => Array.from({ length: x.shape[along] as number }, (_, k) => ({ x, k })));
    const shape = first.shape.map((d, k) => (k === along ? owners.length : d));
    return [
      arrayOf(shape, first.dtype as NumericDType, (at) => {
        const { x, k } = owners[at[along] as number] as { x: NdArray; k: number };
        return elementAt(
          x,
          at.map((i, axis_) => (axis_ === along ? k : i)),
        );
      }),
    ];
  },
  samples: () => [
    { inputs: [spread([3], { seed: 1 })], attributes: { axis: 0 } },
    { inputs: [spread([1], { seed: 1 }), spread([17], { seed: 2 })], attributes: { axis: 0 } },
    {
      inputs: [spread([3, 4], { seed: 1 }), spread([3, 0], { seed: 2 }), spread([3, 10], { seed: 3 })],
      attributes: { axis: -1 },
    },
    { inputs: [1, 2, 3].map((seed) => spread([2, seed, 5], { seed })), attributes: { axis: 1 } },
    { inputs: [spread([0, 2]), spread([0, 2])], attributes: { axis: 0 } },
    { inputs: [array([1, 2], "int32"), array([3], "int32")], attributes: { axis: 0 } },
  ],
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
  summary: "The part of a concatenation that one of its inputs makes up; of the inputs only the shapes matter.",
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
  oracle: ([dy, ...values], { axis, index }) => {
    const before = values.slice(0, index as number).reduce((sum, x) => sum + (x.shape[axis as number] as number), 0);
    return [
      picked(dy as NdArray, (values[index as number] as NdArray).shape, (at) =>
        at.map((i, k) => (k === axis ? i + before : i)),
      ),
    ];
  },
  samples: () => [
    {
      inputs: [spread([3, 9]), spread([3, 4]), spread([3, 5])],
      attributes: { axis: 1, index: 1 },
      notDifferentiable: [1, 2],
    },
  ],
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

/** The element type of a list of operands: that of its tensors, which bare values adopt. */
type ElementType<V extends readonly unknown[]> = [DTypeOf<V[number], never>] extends [never]
  ? DType
  : DTypeOf<V[number], never>;

// ---- stack ----

const packOp = defineOp({
  name: "Pack",
  summary: "Tensors of one shape side by side along a new axis.",
  inputs: ["values..."],
  infer: (c) => {
    const dtype = requireSameDType(c, { name: "Pack", inputs: ["values"] });
    let shape: PartialShape = null;
    for (let i = 0; i < c.inputs.length; i++) {
      const merged = mergeShapes(shape, c.shape(i));
      if (merged === undefined)
        return c.fail("Shapes must be equal", "stack() takes tensors of one shape; concat() joins different lengths");
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
  oracle: (inputs, { axis }) => {
    const [first] = inputs as readonly [NdArray, ...NdArray[]];
    const along = (axis as number) < 0 ? (axis as number) + first.rank + 1 : (axis as number);
    const shape = [...first.shape.slice(0, along), inputs.length, ...first.shape.slice(along)];
    return [
      arrayOf(shape, first.dtype as NumericDType, (at) =>
        elementAt(
          inputs[at[along] as number] as NdArray,
          at.filter((_, k) => k !== along),
        ),
      ),
    ];
  },
  samples: () => [
    { inputs: [spread([])], attributes: { axis: 0 } },
    { inputs: [1, 2, 3].map((seed) => spread([], { seed })), attributes: { axis: 0 } },
    { inputs: [1, 2].map((seed) => spread([17], { seed })), attributes: { axis: 0 } },
    { inputs: [1, 2, 3].map((seed) => spread([2, 5], { seed })), attributes: { axis: 1 } },
    { inputs: [1, 2, 3].map((seed) => spread([2, 5], { seed })), attributes: { axis: -1 } },
  ],
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
  options: { /** Where the new axis goes. Default 0. */ readonly axis?: Axis } & NameOption = {},
): Tensor<ElementType<V>, Ok<StackShape<ShapesOf<V>, Axis>>> {
  const list = values as unknown as readonly TensorLike[];
  if (list.length === 0) throw new ArgumentError("stack needs a list of at least one tensor");
  return packOp.build(list, { axis: options.axis ?? 0 }, { name: options.name ?? "stack" }) as Tensor<never, never>;
}

const unpackOp = defineOp({
  name: "Unpack",
  summary: "The entries along an axis, as one tensor each.",
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
  oracle: ([x], { axis, num }) => {
    const input = x as Numeric;
    const along = (axis as number) < 0 ? (axis as number) + input.rank : (axis as number);
    const shape = input.shape.filter((_, k) => k !== along);
    return Array.from({ length: num as number }, (_, i) =>
      picked(input, shape, (at) => [...at.slice(0, along), i, ...at.slice(along)]),
    );
  },
  samples: () => [
    { inputs: [spread([3])], attributes: { axis: 0, num: 3 } },
    { inputs: [spread([2, 17])], attributes: { axis: 0, num: 2 } },
    { inputs: [spread([2, 3, 5])], attributes: { axis: -2, num: 3 } },
  ],
});

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
    throw new ArgumentError(`Cannot infer num from shape ${x}`, {
      op: x.op.name,
      createdAt: x.op.createdAt,
      hint: "pass { num } or give the tensor a known extent along the axis",
    });
  const operation = unpackOp.create([x], { axis, num }, { name: options.name ?? "unstack" });
  return [...operation.outputs] as Tensor<D>[];
}
