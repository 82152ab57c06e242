/**
 * @file `Conv2D` and its derivatives, each one contraction: the picture is read through index arithmetic
 * of the padded picture and never unfolded in memory. Follows `nn_ops.cc` and `conv_ops.cc` of TensorFlow 1.3.
 */
import type { Expr, LowerContext, TensorValue } from "../../ir/index.js";
import { type ConvolutionSizes, defineConvolution } from "./convolution-family.js";
import {
  cellAt,
  coveringOf,
  coveringTap,
  coveringTaps,
  loadOrZero,
  surround,
  type WindowAxis,
} from "./convolution-windows.js";

type Two = readonly [Expr, Expr];
type Three = readonly [Expr, Expr, Expr];

/** Zeros that the windows of an axis reach into, and cells behind the last window that none reaches. */
const marginOf = ({ input, size, stride, dilation, before, output }: WindowAxis) => ({
  before,
  after: Math.max(0, (output - 1) * stride + (size - 1) * dilation + 1 - input - before),
});

/** The input with its padding in memory; `cell` is where a window's tap falls in it. */
function padded(
  c: LowerContext,
  { rows, columns }: ConvolutionSizes,
  x: TensorValue,
): (n: Expr, window: Two, tap: Two, channel: Expr) => Expr {
  const { e } = c;
  const picture = surround(c, x, marginOf(rows), marginOf(columns));
  const cell = (axis: WindowAxis, window: Expr, tap: Expr): Expr => cellAt(e, { ...axis, before: 0 }, window, tap);
  return (n, [i, j], [p, q], channel) => c.load(picture, [n, cell(rows, i, p), cell(columns, j, q), channel]);
}

/** `y[n, i, j, o] = Σ x[n, cell(i, p), cell(j, q), c] · filter[p, q, c, o]`. */
function lowerForward(c: LowerContext, sizes: ConvolutionSizes, x: TensorValue, filter: TensorValue): TensorValue {
  const { batch, rows, columns, inChannels, outChannels } = sizes;
  const at = padded(c, sizes, x);
  return c.contraction({
    batch: [],
    m: [batch, rows.output, columns.output],
    n: [outChannels],
    k: [rows.size, columns.size, inChannels],
    a: (_, m, k) => {
      const [n, i, j] = m as Three;
      const [p, q, channel] = k as Three;
      return at(n, [i, j], [p, q], channel);
    },
    b: (_, n, k) => c.load(filter, [...k, ...n]),
  });
}

/** `dFilter[p, q, c, o] = Σ x[n, cell(i, p), cell(j, q), c] · dy[n, i, j, o]`. */
function lowerFilter(c: LowerContext, sizes: ConvolutionSizes, x: TensorValue, dy: TensorValue): TensorValue {
  const { batch, rows, columns, inChannels, outChannels } = sizes;
  const at = padded(c, sizes, x);
  return c.contraction({
    batch: [],
    m: [rows.size, columns.size, inChannels],
    n: [outChannels],
    k: [batch, rows.output, columns.output],
    a: (_, m, k) => {
      const [p, q, channel] = m as Three;
      const [n, i, j] = k as Three;
      return at(n, [i, j], [p, q], channel);
    },
    b: (_, n, k) => c.load(dy, [...k, ...n]),
  });
}

/**
 * `dx` gathers from the windows over each cell. Cells whose positions leave the same remainder (phase)
 * by the strides meet the same taps, so each phase is a contraction of its own: one batch entry for each.
 * With strides of 1 there is one phase and the contraction is the result; else the phases interleave.
 * Taps count backwards, so that windows come forwards, from a gradient surrounded by zeros.
 */
function lowerInput(
  c: LowerContext,
  { batch, rows, columns, inChannels, outChannels }: ConvolutionSizes,
  filter: TensorValue,
  dy: TensorValue,
): TensorValue {
  const { e } = c;
  const axes = [rows, columns] as const;
  const taps = axes.map(coveringTaps) as [number, number];
  const quotients = axes.map(({ input, before, stride }) => Math.ceil((input + before) / stride)) as [number, number];
  // With strides of 1 a cell's quotient starts at `before`: there is nothing to compute below.
  const isWhole = rows.stride === 1 && columns.stride === 1;
  const firsts = isWhole ? [rows.before, columns.before] : [0, 0];
  const margins = axes.map(({ dilation, output }, i) => {
    const first = firsts[i] as number;
    const reach = ((taps[i] as number) - 1) * dilation;
    const last = (isWhole ? (axes[i] as WindowAxis).input + first : (quotients[i] as number)) - 1;
    return {
      before: Math.max(0, reach - first),
      after: Math.max(0, last - output + 1),
      skipped: Math.max(0, first - reach),
    };
  }) as unknown as readonly [Margin, Margin];
  const surrounded = surround(c, dy, margins[0], margins[1]);
  const gradientAt = (n: Expr, cell: Two, [p, q, o]: Three): Expr => {
    const window = (i: 0 | 1, tap: Expr): Expr =>
      e.add(e.add(cell[i], e.mul(tap, e.index(axes[i].dilation))), e.index(margins[i].skipped));
    return c.load(surrounded, [n, window(0, p), window(1, q), o]);
  };
  const backwards = (i: 0 | 1, tap: Expr): Expr => e.sub(e.index(taps[i] - 1), tap);
  const filterAt = ([rowPhase, columnPhase]: Two, channel: Expr, [p, q, o]: Three): Expr =>
    loadOrZero(c, filter, [
      coveringTap(e, rows, rowPhase, backwards(0, p)),
      coveringTap(e, columns, columnPhase, backwards(1, q)),
      channel,
      o,
    ]);
  const k = [...taps, outChannels];
  const product = (phases: readonly number[], m: readonly number[]): TensorValue =>
    c.contraction({
      batch: phases,
      m: [batch, ...m],
      n: [inChannels],
      k,
      a: (_, [n, row, column], at) => gradientAt(n as Expr, [row as Expr, column as Expr], at as Three),
      b: (phase, [channel], at) =>
        filterAt(phases.length === 0 ? [e.index(0), e.index(0)] : (phase as Two), channel as Expr, at as Three),
    });
  if (isWhole) return product([], [rows.input, columns.input]);
  const phases = product([rows.stride, columns.stride], quotients);
  return c.map([batch, rows.input, columns.input, inChannels], dy.dtype, (cell) => {
    const [n, row, column, channel] = cell as readonly [Expr, Expr, Expr, Expr];
    const [rowQuotient, rowPhase] = coveringOf(e, rows, row);
    const [columnQuotient, columnPhase] = coveringOf(e, columns, column);
    return c.load(phases, [rowPhase, columnPhase, n, rowQuotient, columnQuotient, channel]);
  });
}

/** Zeros around an axis, and windows at its start that nothing reaches. */
interface Margin {
  readonly before: number;
  readonly after: number;
  readonly skipped: number;
}

export const conv2dOps = defineConvolution({
  name: "Conv2D",
  outChannels: (_, last) => last,
  lower: lowerForward,
  lowerInput,
  lowerFilter,
});
