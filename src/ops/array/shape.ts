/** @file What a tensor looks like, as tensors: `shape`, `size`, `rank`. Follows `shape_ops.cc` of TensorFlow 1.3. */
import {
  type ArrayLike_,
  type DType,
  isFullyDefined,
  NdArray,
  type PartialShape,
  type Shape,
  sizeOf,
} from "../../core/index.js";
import type { Operation, Tensor } from "../../graph/index.js";
import { compiled } from "../../ir/index.js";
import { defineOp, type NameOption } from "../define.js";
import { describeAsShape } from "./shape-argument.js";

const inputShape = (op: Operation): PartialShape => op.inputs[0]?.partialShape ?? null;
export const vector = (numbers: readonly number[]): NdArray<"int32"> =>
  new NdArray("int32", [numbers.length], Int32Array.from(numbers));
export const scalar = (number: number): NdArray<"int32"> => new NdArray("int32", [], Int32Array.of(number));

const shapeOp = defineOp({
  name: "Shape",
  inputs: ["input"],
  infer: (c) => [{ dtype: "int32", shape: [c.shape(0)?.length ?? null] }],
  lower: compiled((c) => [c.constant(vector(c.input(0).shape))]),
  gradient: null,
  staticValue: (op) => {
    const shape = inputShape(op);
    return isFullyDefined(shape) ? vector(shape) : undefined;
  },
});
describeAsShape("Shape", inputShape);

const sizeOp = defineOp({
  name: "Size",
  inputs: ["input"],
  infer: () => [{ dtype: "int32", shape: [] }],
  lower: compiled((c) => [c.constant(scalar(sizeOf(c.input(0).shape)))]),
  gradient: null,
  staticValue: (op) => {
    const shape = inputShape(op);
    return isFullyDefined(shape) ? scalar(sizeOf(shape)) : undefined;
  },
});

const rankOp = defineOp({
  name: "Rank",
  inputs: ["input"],
  infer: () => [{ dtype: "int32", shape: [] }],
  lower: compiled((c) => [c.constant(scalar(c.input(0).shape.length))]),
  gradient: null,
  staticValue: (op) => {
    const shape = inputShape(op);
    return shape === null ? undefined : scalar(shape.length);
  },
});

/** The static shape of `tf.shape(x)`: one entry for each axis. */
type RankVector<S extends Shape> = readonly [number extends S["length"] ? number | null : S["length"]];

/** The shape of `input` when running, as an int32 vector. `tf.shape`. */
export function shape<S extends Shape>(
  input: Tensor<DType, S> | ArrayLike_,
  options: NameOption = {},
): Tensor<"int32", RankVector<S>> {
  return shapeOp.build([input], {}, options) as Tensor as Tensor<"int32", RankVector<S>>;
}
/** The number of elements of `input` when running, as an int32 scalar. `tf.size`. */
export function size(input: Tensor | ArrayLike_, options: NameOption = {}): Tensor<"int32", readonly []> {
  return sizeOp.build([input], {}, options) as Tensor<"int32", readonly []>;
}
/** The number of axes of `input` when running, as an int32 scalar. `tf.rank`. */
export function rank(input: Tensor | ArrayLike_, options: NameOption = {}): Tensor<"int32", readonly []> {
  return rankOp.build([input], {}, options) as Tensor<"int32", readonly []>;
}
