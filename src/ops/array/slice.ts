/** @file `slice`: a box of a tensor by begin and size. Follows `slice_op.cc` of TensorFlow 1.3. */
import type { ArrayLike_, Checked, DType, Ok, PartialShape, Shape, SliceShape } from "../../core/index.js";
import type { InferContext, Tensor } from "../../graph/index.js";
import { compiled } from "../../ir/index.js";
import { defineOp, dtypeOf, type NameOption } from "../define.js";
import { plainRegion, type Region, readRegion, writeRegion } from "./region.js";
import { knownNumbers, numbersOf, type ShapeArgument, shapeNumbers, shapeOperand } from "./shape-argument.js";

interface Failing {
  fail(message: string, hint?: string): never;
}

/** Entries taken along one axis; a size of -1 takes all that is left. */
function takenEntries(c: Failing, axis: number, extent: number, begin: number, size: number): number {
  if (begin < 0 || begin > extent)
    c.fail(`Expected begin[${axis}] in [0, ${extent}], but got ${begin}`, "begin counts from 0");
  if (size < -1 || begin + size > extent)
    c.fail(`Expected size[${axis}] in [0, ${extent - begin}], but got ${size}`, "a size of -1 takes all that is left");
  return size === -1 ? extent - begin : size;
}

function regionOf(c: Failing, shape: readonly number[], begin: readonly number[], size: readonly number[]): Region {
  requireLengths(c, shape.length, begin.length, size.length);
  return plainRegion(
    shape.map((extent, axis) => {
      const start = begin[axis] as number;
      return { start, step: 1, extent: takenEntries(c, axis, extent, start, size[axis] as number) };
    }),
  );
}

function requireLengths(c: Failing, rank: number, begin: number | null, size: number | null): void {
  if ((begin !== null && begin !== rank) || (size !== null && size !== rank))
    c.fail(
      `Expected begin and size arguments to be 1-D tensors of size ${rank}, but got shapes [${begin}] and [${size}] instead.`,
      "begin and size need one entry for each axis",
    );
}

function inferSlice(c: InferContext): PartialShape {
  const x = c.shape(0);
  const begin = knownNumbers(c, 1);
  const size = knownNumbers(c, 2);
  const lengths = [c.shape(1)?.[0] ?? null, c.shape(2)?.[0] ?? null] as const;
  const rank = x?.length ?? lengths[0] ?? lengths[1];
  if (rank === null) return null;
  requireLengths(c, rank, ...lengths);
  return Array.from({ length: rank }, (_, axis) => {
    const extent = x?.[axis] ?? null;
    const from = begin?.[axis];
    const count = size?.[axis];
    if (extent !== null && from !== undefined && count !== undefined) return takenEntries(c, axis, extent, from, count);
    return count === undefined || count === -1 ? null : count;
  });
}

const inputs = ["input", "begin", "size"];

const sliceOp = defineOp({
  name: "Slice",
  inputs,
  shapeInputs: [1, 2],
  infer: (c) => [{ dtype: dtypeOf(c, 0), shape: inferSlice(c) }],
  lower: compiled((c) => {
    const x = c.input(0);
    return [readRegion(c, x, regionOf(c, x.shape, shapeNumbers(c, 1), shapeNumbers(c, 2)))];
  }),
  gradient: (op, dy) => [sliceGradOp.build([...op.inputs, dy]), null, null],
  staticValue: (op, known) => {
    const [x, begin] = op.inputs.map((input) => known(input));
    const [count] = op.output.partialShape ?? [];
    if (x?.dtype !== "int32" || x.rank !== 1 || begin === undefined || count == null) return undefined;
    const from = numbersOf(begin)[0] as number;
    return x.rows(from, from + count);
  },
});

const sliceGradOp = defineOp({
  name: "SliceGrad",
  inputs: [...inputs, "dy"],
  shapeInputs: [1, 2],
  infer: (c) => [{ dtype: dtypeOf(c, 3), shape: c.shape(0) }],
  lower: compiled((c) => {
    const { shape } = c.input(0);
    return [writeRegion(c, c.input(3), shape, regionOf(c, shape, shapeNumbers(c, 1), shapeNumbers(c, 2)))];
  }),
  gradient: (op, ddy) => {
    const [, begin, size] = op.inputs as readonly Tensor[];
    return [null, null, null, sliceOp.build([ddy, begin as Tensor, size as Tensor])];
  },
});

/** {@link SliceShape} of arguments that may be tensors. */
export type SliceOf<S extends Shape, B, N> = B extends readonly number[]
  ? N extends readonly number[]
    ? SliceShape<S, B, N>
    : Shape
  : Shape;

/**
 * `size[axis]` entries of `input` from `begin[axis]` along each axis; a size of -1 takes all that is
 * left. `tf.slice`.
 * @throws ShapeError, or InvalidArgumentError when running, where the box reaches outside
 */
export function slice<D extends DType, S extends Shape, const B extends ShapeArgument, const N extends ShapeArgument>(
  input: Tensor<D, S> | ArrayLike_,
  begin: B,
  size: Checked<N, SliceOf<S, B, N>>,
  options: NameOption = {},
): Tensor<D, Ok<SliceOf<S, B, N>>> {
  const owner = options.name ?? "Slice";
  const operands = [input, shapeOperand(begin, "begin", owner), shapeOperand(size as ShapeArgument, "size", owner)];
  return sliceOp.build(operands, {}, options) as Tensor<never, never>;
}
