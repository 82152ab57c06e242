/**
 * @file Windows that slide over pictures: what `strides`, `ksize`, `dilations` and `padding` may be, the
 * sizes that follow from them, and which input cells a window covers. Convolution and pooling share it.
 * Follows `common_shape_fns.cc` of TensorFlow 1.3.
 */
import { ArgumentError, callSiteOf, captureCallSite, nearestHint, type Window } from "../../core/index.js";
import type { Attributes, InferContext } from "../../graph/index.js";
import type { Expr, ExpressionBuilder, LowerContext, TensorValue } from "../../ir/index.js";

/** SAME: zeros around the picture so that `ceil(size / stride)` windows fit. VALID: only windows inside it. */
export type Padding = "SAME" | "VALID";

/** One number for each axis of `[batch, height, width, channels]`. */
export type PerAxis = readonly [number, number, number, number];

/** What a sliding operation stores, in TensorFlow's form. */
export interface WindowAttributes extends Attributes {
  readonly strides: PerAxis;
  readonly padding: Padding;
}

const misuse = (message: string, hint: string): ArgumentError =>
  new ArgumentError(message, { createdAt: callSiteOf(captureCallSite()), hint });

/**
 * `[1, height, width, 1]` of a number, `[height, width]` or four numbers.
 * @throws ArgumentError for another length, a batch or channel entry other than 1, or an entry below 1
 */
export function perAxis(value: Window, attribute: "strides" | "ksize" | "dilations", op: string): PerAxis {
  const given: readonly number[] = typeof value === "number" ? [value, value] : (value ?? []);
  const [batch, height, width, channels] = given.length === 2 ? [1, ...given, 1] : given;
  const shown = attribute === "strides" ? "stride" : attribute;
  if ((given.length !== 2 && given.length !== 4) || height === undefined || width === undefined)
    throw misuse(
      `${op} requires the ${shown} attribute to contain 4 values, but got: [${given.join(", ")}]`,
      `pass ${attribute} as one number, [height, width] or [1, height, width, 1]`,
    );
  if (batch !== 1 || channels !== 1)
    throw misuse(
      attribute === "ksize"
        ? "Pooling is not yet supported on the batch and depth dimensions."
        : `Current implementation does not yet support ${attribute} in the batch and depth dimensions.`,
      `the first and the last of the four ${attribute} must be 1, but they are [${given.join(", ")}]`,
    );
  for (const size of [height, width])
    if (!Number.isInteger(size) || size < 1)
      throw misuse(
        `${op}: ${shown} must be > 0, but got ${size}`,
        `every entry of ${attribute} is a whole number, 1 or more`,
      );
  return [1, height, width, 1];
}

/** @throws ArgumentError for anything but "SAME" and "VALID" */
export function requirePadding(padding: unknown, op: string): Padding {
  if (padding === "SAME" || padding === "VALID") return padding;
  throw misuse(
    `Value for attr 'padding' of ${JSON.stringify(padding)} is not in the list of allowed values: "SAME", "VALID" (op: '${op}')`,
    nearestHint(padding, ["SAME", "VALID"]),
  );
}

// ---- sizes ----

/** What a window spans with `dilation - 1` cells between its taps. */
const spanOf = (size: number, dilation: number): number => (size - 1) * dilation + 1;
const clashOf = (span: number, input: number): string =>
  `Negative dimension size caused by subtracting ${span} from ${input}`;
const clashHint = 'the window is larger than its input: make it smaller, or use padding: "SAME"';

/** The number of windows along one axis, `null` where unknown. @throws ShapeError where none fits */
export function inferWindows(
  c: InferContext,
  input: number | null,
  size: number | null,
  stride: number,
  dilation: number,
): number | null {
  if (input === null) return null;
  if (c.attributes.padding === "SAME") return Math.ceil(input / stride);
  if (size === null) return null;
  const span = spanOf(size, dilation);
  if (span > input) c.fail(clashOf(span, input), clashHint);
  return Math.floor((input - span) / stride) + 1;
}

/** One spatial axis of a sliding operation, all sizes known. */
export interface WindowAxis {
  /** Cells of the input. */
  readonly input: number;
  /** Taps of a window. */
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  /** Cells of padding before the input; what follows it is whatever the last window still needs. */
  readonly before: number;
  /** Number of windows. */
  readonly output: number;
}

/** @throws InvalidArgumentError where no window fits */
export function windowAxis(c: LowerContext, input: number, size: number, stride: number, dilation: number): WindowAxis {
  const span = spanOf(size, dilation);
  if (c.attributes.padding === "SAME") {
    const output = Math.ceil(input / stride);
    const total = Math.max((output - 1) * stride + span - input, 0);
    return { input, size, stride, dilation, before: Math.floor(total / 2), output };
  }
  if (span > input) c.fail(clashOf(span, input), clashHint);
  return { input, size, stride, dilation, before: 0, output: Math.floor((input - span) / stride) + 1 };
}

// ---- from windows to cells and back ----

/** The input cell under `tap` of `window`; outside the input where it falls on padding. */
export function cellAt(e: ExpressionBuilder, axis: WindowAxis, window: Expr, tap: Expr): Expr {
  const offset = e.sub(e.mul(tap, e.index(axis.dilation)), e.index(axis.before));
  return e.add(e.mul(window, e.index(axis.stride)), offset);
}

/**
 * How the windows over one cell are enumerated. With `cell + before = stride · quotient + phase`, the
 * candidates are `quotient − dilation · j` with tap `phase + stride · j` for j below `coveringTaps`:
 * no candidate is missed and none has to be tested for divisibility. Needs a stride or a dilation of 1.
 */
export const coveringTaps = ({ size, stride, dilation }: WindowAxis): number =>
  dilation === 1 ? Math.ceil(size / stride) : size;
/** `[quotient, phase]` of an input cell. */
export function coveringOf(e: ExpressionBuilder, { before, stride }: WindowAxis, cell: Expr): [Expr, Expr] {
  const shifted = e.add(cell, e.index(before));
  return [e.floorDiv(shifted, e.index(stride)), e.floorMod(shifted, e.index(stride))];
}
/** Candidate window `j`; outside `[0, output)` there is none. */
export const coveringWindow = (e: ExpressionBuilder, { dilation }: WindowAxis, quotient: Expr, j: Expr): Expr =>
  e.sub(quotient, e.mul(j, e.index(dilation)));
/** Its tap over the cell; at `size` or beyond, the window ends before the cell. */
export const coveringTap = (e: ExpressionBuilder, { stride }: WindowAxis, phase: Expr, j: Expr): Expr =>
  e.add(phase, e.mul(j, e.index(stride)));

/** The nearest index inside `[0, extent)`. */
export const clampIndex = (e: ExpressionBuilder, index: Expr, extent: number): Expr =>
  e.max(e.index(0), e.min(index, e.index(extent - 1)));

/** One element, or 0 outside the value. Indices that cannot leave it cost no test. */
export function loadOrZero(c: LowerContext, value: TensorValue, indices: readonly Expr[]): Expr {
  const { e } = c;
  const extents = value.shape;
  const inside = indices.map((index, axis) => e.within(index, 0, extents[axis] as number)).reduce(e.and, e.bool(true));
  const loaded = c.load(
    value,
    indices.map((index, axis) => clampIndex(e, index, extents[axis] as number)),
  );
  return e.select(inside, loaded, e.like(loaded, 0));
}

/**
 * A picture `[batch, rows, columns, channels]` with zeros around it, `before` and `after` each spatial
 * axis: what reads it needs no tests, so that a product walks it in constant steps. Itself where there are none.
 */
export function surround(
  c: LowerContext,
  picture: TensorValue,
  rows: { readonly before: number; readonly after: number },
  columns: { readonly before: number; readonly after: number },
): TensorValue {
  const { e } = c;
  const [batch = 0, height = 0, width = 0, channels = 0] = picture.shape;
  if ([rows, columns].every(({ before, after }) => before === 0 && after === 0)) return picture;
  const shape = [batch, height + rows.before + rows.after, width + columns.before + columns.after, channels];
  return c.map(shape, picture.dtype, (axes) => {
    const [n, row, column, channel] = axes as readonly [Expr, Expr, Expr, Expr];
    return loadOrZero(c, picture, [
      n,
      e.sub(row, e.index(rows.before)),
      e.sub(column, e.index(columns.before)),
      channel,
    ]);
  });
}
