/**
 * @file `MaxPool` and `AvgPool` with their gradients, to second order. Gradients gather from the windows
 * over each cell instead of scattering. Follows `maxpooling_op.cc` and `avgpooling_op.cc` of TensorFlow 1.3.
 */
import { mergeShapes, type PartialShape, tupled } from "../../core/index.js";
import type { InferContext, Tensor } from "../../graph/index.js";
import { compiled, type Expr, type LowerContext, type TensorValue } from "../../ir/index.js";
import { inputAsShape, shapeNumbers } from "../array/shape-argument.js";
import { defineOp, type OpBuilder, requireFloating, requireRank, requireSameDType } from "../define.js";
import { shapeOf } from "./convolution-family.js";
import {
  cellAt,
  clampIndex,
  coveringOf,
  coveringTap,
  coveringTaps,
  coveringWindow,
  inferWindows,
  loadOrZero,
  type PerAxis,
  type WindowAttributes,
  type WindowAxis,
  windowAxis,
} from "./convolution-windows.js";

/** What a pooling stores. */
export interface PoolingAttributes extends WindowAttributes {
  readonly ksize: PerAxis;
}

/** One pooling with all sizes known. */
interface PoolingSizes {
  readonly rows: WindowAxis;
  readonly columns: WindowAxis;
  /** Shape of the input. */
  readonly input: readonly number[];
  /** Shape of the output. */
  readonly output: readonly number[];
}
type Two = readonly [Expr, Expr];
type Four = readonly [Expr, Expr, Expr, Expr];

// ---- inference ----

function inferPooled(c: InferContext, input: PartialShape): PartialShape {
  const { ksize, strides } = c.attributes as PoolingAttributes;
  const [batch = null, height = null, width = null, channels = null] = input ?? [];
  return [
    batch,
    inferWindows(c, height, ksize[1], strides[1], 1),
    inferWindows(c, width, ksize[2], strides[2], 1),
    channels,
  ];
}

function merged(c: InferContext, what: string, given: PartialShape, expected: PartialShape): PartialShape {
  const shape = mergeShapes(given, expected);
  return shape === undefined ? c.fail(`${what} must have shape ${tupled(expected)}, not ${tupled(given)}`) : shape;
}

/** @throws InvalidArgumentError where no window fits */
function sizesOf(c: LowerContext, input: readonly number[]): PoolingSizes {
  const { ksize, strides } = c.attributes as PoolingAttributes;
  if (input.length !== 4) c.fail(`tensor_in must be 4-dimensional: [${input}]`);
  const [batch = 0, height = 0, width = 0, channels = 0] = input;
  const rows = windowAxis(c, height, ksize[1], strides[1], 1);
  const columns = windowAxis(c, width, ksize[2], strides[2], 1);
  return { rows, columns, input, output: [batch, rows.output, columns.output, channels] };
}

/** A gradient must have the shape of what it belongs to. */
function requireShape(c: LowerContext, what: string, given: readonly number[], expected: readonly number[]): void {
  if (`${given}` !== `${expected}`) c.fail(`${what} must have shape [${expected}], not [${given}]`);
}

// ---- maximum ----

/**
 * The cell a window reads under a tap. Taps on padding read the nearest cell, which lies in the same
 * window: neither the maximum nor the first cell that has it changes.
 */
function cellOf(c: LowerContext, { rows, columns }: PoolingSizes, [n, i, j, channel]: Four, [p, q]: Two): Expr[] {
  const { e } = c;
  return [
    n,
    clampIndex(e, cellAt(e, rows, i, p), rows.input),
    clampIndex(e, cellAt(e, columns, j, q), columns.input),
    channel,
  ];
}

/** For every window, the first cell in row-major order that has the maximum, as `row · width + column`. */
function firstMaximum(c: LowerContext, sizes: PoolingSizes, x: TensorValue): TensorValue {
  const { e } = c;
  const { rows, columns, output } = sizes;
  const taps = c.argReduce("max", output, [rows.size, columns.size], (axes, tap) =>
    c.load(x, cellOf(c, sizes, axes as Four, tap as Two)),
  );
  return c.map(output, "int32", (axes) => {
    const tap = c.load(taps, axes);
    const width = e.index(columns.size);
    const [, row, column] = cellOf(c, sizes, axes as Four, [e.floorDiv(tap, width), e.floorMod(tap, width)]) as [
      Expr,
      Expr,
      Expr,
    ];
    return e.add(e.mul(row, e.index(columns.input)), column);
  });
}

/** Sums over the windows above each cell; `body` gets the window's indices and whether there is one. */
function gatherWindows(
  c: LowerContext,
  { rows, columns, input }: PoolingSizes,
  body: (cell: Four, window: Four, exists: Expr) => Expr,
): TensorValue {
  const { e } = c;
  return c.reduce("sum", input, [coveringTaps(rows), coveringTaps(columns)], (axes, candidates) => {
    const [n, row, column, channel] = axes as Four;
    const along = (axis: WindowAxis, cell: Expr, j: Expr): Two => {
      const [quotient, phase] = coveringOf(e, axis, cell);
      const window = coveringWindow(e, axis, quotient, j);
      const reaches = e.lt(coveringTap(e, axis, phase, j), e.index(axis.size));
      return [clampIndex(e, window, axis.output), e.and(e.within(window, 0, axis.output), reaches)];
    };
    const [p, q] = candidates as Two;
    const [i, rowExists] = along(rows, row, p);
    const [j, columnExists] = along(columns, column, q);
    return body(axes as Four, [n, i, j, channel], e.and(rowExists, columnExists));
  });
}

/** Inference and dtype checks of the two gradient operations of `MaxPool`, which take the same inputs. */
function inferMaxGradient(c: InferContext, name: string): { input: PartialShape; output: PartialShape } {
  requireFloating(c, name);
  requireSameDType(c, { name, inputs: ["orig_input", "orig_output", "grad"] });
  const input = requireRank(c, 0, 4);
  return { input, output: merged(c, "orig_output", requireRank(c, 1, 4), inferPooled(c, input)) };
}

export const maxPoolOp: OpBuilder = defineOp({
  name: "MaxPool",
  inputs: ["input"],
  infer: (c) => [{ dtype: requireFloating(c, "MaxPool"), shape: inferPooled(c, requireRank(c, 0, 4)) }],
  lower: compiled((c) => {
    const x = c.input(0);
    const sizes = sizesOf(c, x.shape);
    const { rows, columns, output } = sizes;
    return [
      c.reduce("max", output, [rows.size, columns.size], (axes, taps) =>
        c.load(x, cellOf(c, sizes, axes as Four, taps as Two)),
      ),
    ];
  }),
  gradient: (op, dy) => [maxPoolGradOp.build([op.inputs[0] as Tensor, op.output, dy], op.attributes)],
});

export const maxPoolGradOp: OpBuilder = defineOp({
  name: "MaxPoolGrad",
  inputs: ["orig_input", "orig_output", "grad"],
  infer: (c) => {
    const { input, output } = inferMaxGradient(c, "MaxPoolGrad");
    merged(c, "grad", requireRank(c, 2, 4), output);
    return [{ dtype: requireFloating(c, "MaxPoolGrad"), shape: input ?? [null, null, null, null] }];
  },
  lower: compiled((c) => {
    const { e } = c;
    const [x, dy] = [c.input(0), c.input(2)];
    const sizes = sizesOf(c, x.shape);
    requireShape(c, "grad", dy.shape, sizes.output);
    const chosen = firstMaximum(c, sizes, x);
    return [
      gatherWindows(c, sizes, ([, row, column], window, exists) => {
        const cell = e.add(e.mul(row, e.index(sizes.columns.input)), column);
        const gradient = c.load(dy, window);
        return e.select(e.and(exists, e.eq(c.load(chosen, window), cell)), gradient, e.like(gradient, 0));
      }),
    ];
  }),
  gradient: ({ inputs, attributes }, g) => {
    const [x, y] = inputs as readonly [Tensor, Tensor];
    return [null, null, maxPoolGradGradOp.build([x, y, g], attributes)];
  },
});

export const maxPoolGradGradOp: OpBuilder = defineOp({
  name: "MaxPoolGradGrad",
  inputs: ["orig_input", "orig_output", "grad"],
  infer: (c) => {
    const { input, output } = inferMaxGradient(c, "MaxPoolGradGrad");
    merged(c, "grad", requireRank(c, 2, 4), input);
    return [{ dtype: requireFloating(c, "MaxPoolGradGrad"), shape: output }];
  },
  lower: compiled((c) => {
    const { e } = c;
    const [x, g] = [c.input(0), c.input(2)];
    const sizes = sizesOf(c, x.shape);
    requireShape(c, "grad", g.shape, sizes.input);
    const chosen = firstMaximum(c, sizes, x);
    const width = e.index(Math.max(sizes.columns.input, 1));
    return [
      c.map(sizes.output, g.dtype, (axes) => {
        const [n, , , channel] = axes as Four;
        const cell = c.load(chosen, axes);
        return c.load(g, [n, e.floorDiv(cell, width), e.floorMod(cell, width), channel]);
      }),
    ];
  }),
  gradient: ({ inputs, attributes }, g) => {
    const [x, y] = inputs as readonly [Tensor, Tensor];
    return [null, null, maxPoolGradOp.build([x, y, g], attributes)];
  },
});

// ---- average ----

/** How many cells of a window are inputs, not padding, along one axis. */
function realCells(c: LowerContext, axis: WindowAxis, window: Expr): Expr {
  const { e } = c;
  const first = cellAt(e, axis, window, e.index(0));
  const end = e.add(first, e.index(axis.size));
  return e.sub(e.min(end, e.index(axis.input)), e.max(first, e.index(0)));
}
/** The same of the whole window, in the dtype of `like`. */
const realCellsOf = (c: LowerContext, { rows, columns }: PoolingSizes, [, i, j]: Four, like: TensorValue): Expr =>
  c.e.cast(c.e.mul(realCells(c, rows, i), realCells(c, columns, j)), like.dtype);

export const avgPoolOp: OpBuilder = defineOp({
  name: "AvgPool",
  inputs: ["value"],
  infer: (c) => [{ dtype: requireFloating(c, "AvgPool"), shape: inferPooled(c, requireRank(c, 0, 4)) }],
  lower: compiled((c) => {
    const x = c.input(0);
    const sizes = sizesOf(c, x.shape);
    const { rows, columns, output } = sizes;
    const sum = c.reduce("sum", output, [rows.size, columns.size], (axes, taps) => {
      const [n, i, j, channel] = axes as Four;
      const [p, q] = taps as Two;
      return loadOrZero(c, x, [n, cellAt(c.e, rows, i, p), cellAt(c.e, columns, j, q), channel]);
    });
    return [c.map(output, x.dtype, (axes) => c.e.div(c.load(sum, axes), realCellsOf(c, sizes, axes as Four, x)))];
  }),
  gradient: (op, dy) => [avgPoolGradOp.build([shapeOf(op.inputs[0] as Tensor), dy], op.attributes)],
});

export const avgPoolGradOp: OpBuilder = defineOp({
  name: "AvgPoolGrad",
  inputs: ["orig_input_shape", "grad"],
  shapeInputs: [0],
  infer: (c) => {
    const dtype = requireFloating({ ...c, inputs: c.inputs.slice(1) }, "AvgPoolGrad");
    requireRank(c, 0, 1);
    const input = inputAsShape(c, 0);
    if (input !== null && input.length !== 4) c.fail(`Shape must be rank 4 but is rank ${input.length}`);
    const [batch, , , channels] = merged(c, "grad", requireRank(c, 1, 4), inferPooled(c, input)) ?? [];
    return [{ dtype, shape: [batch ?? null, input?.[1] ?? null, input?.[2] ?? null, channels ?? null] }];
  },
  lower: compiled((c) => {
    const { e } = c;
    const dy = c.input(1);
    const sizes = sizesOf(c, shapeNumbers(c, 0));
    requireShape(c, "grad", dy.shape, sizes.output);
    return [
      gatherWindows(c, sizes, (_, window, exists) => {
        const share = e.div(c.load(dy, window), realCellsOf(c, sizes, window, dy));
        return e.select(exists, share, e.like(share, 0));
      }),
    ];
  }),
  gradient: ({ attributes }, g) => [null, avgPoolOp.build([g], attributes)],
});
