/** @file Repetition: `tile` and `broadcastTo`. Follows `tile_ops.cc` and `broadcast_to_op.cc`. */
import {
  type ArrayLike_,
  bracketed,
  broadcastShapes,
  type DType,
  type PartialShape,
  type Shape,
} from "../../core/index.js";
import type { InferContext, Tensor } from "../../graph/index.js";
import { compiled, type Expr, loadBroadcast } from "../../ir/index.js";
import { defineOp, dtypeOf, type NameOption } from "../define.js";
import { sumToLike } from "../like.js";
import type { SameRank } from "./pad.js";
import {
  type GivenShape,
  inputAsShape,
  knownNumbers,
  type ShapeArgument,
  shapeNumbers,
  shapeOperand,
} from "./shape-argument.js";

interface Failing {
  fail(message: string, hint?: string): never;
}

function requireMultiples(c: Failing, multiples: readonly number[], rank: number): readonly number[] {
  if (multiples.length !== rank)
    c.fail(
      `Expected multiples argument to be a vector of length ${rank} but got length ${multiples.length}`,
      "multiples need one entry for each axis",
    );
  multiples.forEach((m, i) => {
    if (m < 0) c.fail(`Expected multiples[${i}] >= 0, but got ${m}`);
  });
  return multiples;
}

function inferTile(c: InferContext): PartialShape {
  const length = c.shape(1)?.[0] ?? null;
  const shape: PartialShape = c.shape(0) ?? (length === null ? null : new Array<null>(length).fill(null));
  if (shape === null) return null;
  const numbers = knownNumbers(c, 1);
  if (numbers !== undefined) requireMultiples(c, numbers, shape.length);
  return shape.map((d, axis) => {
    const multiple = numbers?.[axis];
    return multiple === undefined || d === null ? null : d * multiple;
  });
}

const tileOp = defineOp({
  name: "Tile",
  inputs: ["input", "multiples"],
  shapeInputs: [1],
  infer: (c) => [{ dtype: dtypeOf(c, 0), shape: inferTile(c) }],
  lower: compiled((c) => {
    const x = c.input(0);
    const multiples = requireMultiples(c, shapeNumbers(c, 1), x.shape.length);
    const shape = x.shape.map((d, axis) => d * (multiples[axis] as number));
    return [
      c.map(shape, x.dtype, (axes) =>
        c.load(
          x,
          axes.map((at, axis) => c.e.floorMod(at, c.e.index(Math.max(x.shape[axis] as number, 1)))),
        ),
      ),
    ];
  }),
  gradient: (op, dy) => [tileGradOp.build([...op.inputs, dy]), null],
});

const tileGradOp = defineOp({
  name: "TileGrad",
  inputs: ["input", "multiples", "dy"],
  shapeInputs: [1],
  infer: (c) => [{ dtype: dtypeOf(c, 2), shape: c.shape(0) }],
  lower: compiled((c) => {
    const { shape } = c.input(0);
    const dy = c.input(2);
    const multiples = requireMultiples(c, shapeNumbers(c, 1), shape.length);
    return [
      c.reduce("sum", shape, multiples, (axes, repetition) =>
        c.load(
          dy,
          axes.map((at, axis) => c.e.add(at, c.e.mul(repetition[axis] as Expr, c.e.index(shape[axis] as number)))),
        ),
      ),
    ];
  }),
  gradient: (op, ddy) => [null, null, tileOp.build([ddy, op.inputs[1] as Tensor])],
});

/** `input` repeated `multiples[axis]` times along each axis. `tf.tile`. */
export function tile<D extends DType, S extends Shape>(
  input: Tensor<D, S> | ArrayLike_,
  multiples: ShapeArgument,
  options: NameOption = {},
): Tensor<D, SameRank<S>> {
  return tileOp.build([input, shapeOperand(multiples, "multiples")], {}, options) as Tensor<never, never>;
}

/** The input's shape must broadcast to exactly the target. */
function requireBroadcast(c: Failing, from: PartialShape, to: PartialShape): void {
  const shape = broadcastShapes(from, to);
  const fits =
    shape === null ||
    (!("clash" in shape) &&
      shape.length === to?.length &&
      shape.every((d, i) => d === null || to[i] === null || d === to[i]));
  if (!fits)
    c.fail(
      `Incompatible shapes: ${bracketed(from)} vs. ${bracketed(to)}`,
      "from the right, each dimension must equal the new one or be 1",
    );
}

const broadcastToOp = defineOp({
  name: "BroadcastTo",
  inputs: ["input", "shape"],
  shapeInputs: [1],
  infer: (c) => {
    const shape = inputAsShape(c, 1);
    requireBroadcast(c, c.shape(0), shape);
    return [{ dtype: dtypeOf(c, 0), shape }];
  },
  lower: compiled((c) => {
    const x = c.input(0);
    const shape = shapeNumbers(c, 1);
    requireBroadcast(c, x.shape, shape);
    return [c.map(shape, x.dtype, (axes) => loadBroadcast(c, x, axes))];
  }),
  gradient: (op, dy) => [sumToLike(dy, op.inputs[0] as Tensor), null],
});

/** `input` broadcast to `shape` by NumPy's rules. `tf.broadcast_to`. */
export function broadcastTo<D extends DType, const T extends ShapeArgument>(
  input: Tensor<D> | ArrayLike_,
  shape: T,
  options: NameOption = {},
): Tensor<D, GivenShape<T>> {
  return broadcastToOp.build([input, shapeOperand(shape, "shape")], {}, options) as Tensor<never, never>;
}
