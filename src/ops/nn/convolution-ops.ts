/**
 * @file `Conv2D` and its derivatives, each one contraction: the picture is read through index arithmetic
 * and never unfolded in memory. Follows `nn_ops.cc` and `conv_ops.cc` of TensorFlow 1.3.
 */
import type { Expr, LowerContext, TensorValue } from "../../ir/index.js";
import { type ConvolutionSizes, defineConvolution } from "./convolution-family.js";
import { cellAt, coveringOf, coveringTap, coveringTaps, coveringWindow, loadOrZero } from "./convolution-windows.js";

type Two = readonly [Expr, Expr];
type Three = readonly [Expr, Expr, Expr];

/** `y[n, i, j, o] = Σ x[n, cell(i, p), cell(j, q), c] · filter[p, q, c, o]`. */
function lowerForward(
  c: LowerContext,
  { batch, rows, columns, inChannels, outChannels }: ConvolutionSizes,
  x: TensorValue,
  filter: TensorValue,
): TensorValue {
  return c.contraction({
    batch: [],
    m: [batch, rows.output, columns.output],
    n: [outChannels],
    k: [rows.size, columns.size, inChannels],
    a: (_, m, k) => {
      const [n, i, j] = m as Three;
      const [p, q, channel] = k as Three;
      return loadOrZero(c, x, [n, cellAt(c.e, rows, i, p), cellAt(c.e, columns, j, q), channel]);
    },
    b: (_, n, k) => c.load(filter, [...k, ...n]),
  });
}

/** `dFilter[p, q, c, o] = Σ x[n, cell(i, p), cell(j, q), c] · dy[n, i, j, o]`. */
function lowerFilter(
  c: LowerContext,
  { batch, rows, columns, inChannels, outChannels }: ConvolutionSizes,
  x: TensorValue,
  dy: TensorValue,
): TensorValue {
  return c.contraction({
    batch: [],
    m: [rows.size, columns.size, inChannels],
    n: [outChannels],
    k: [batch, rows.output, columns.output],
    a: (_, m, k) => {
      const [p, q, channel] = m as Three;
      const [n, i, j] = k as Three;
      return loadOrZero(c, x, [n, cellAt(c.e, rows, i, p), cellAt(c.e, columns, j, q), channel]);
    },
    b: (_, n, k) => c.load(dy, [...k, ...n]),
  });
}

/**
 * `dx` gathers from the windows over each cell. Cells whose positions leave the same remainder (phase)
 * by the strides meet the same taps, so each phase is a contraction of its own: one batch entry for each.
 * With strides of 1 there is one phase and the contraction is the result; else the phases interleave.
 */
function lowerInput(
  c: LowerContext,
  { batch, rows, columns, inChannels, outChannels }: ConvolutionSizes,
  filter: TensorValue,
  dy: TensorValue,
): TensorValue {
  const { e } = c;
  const k = [coveringTaps(rows), coveringTaps(columns), outChannels];
  const gradientAt = (n: Expr, [row, column]: Two, [p, q, o]: Three): Expr =>
    loadOrZero(c, dy, [n, coveringWindow(e, rows, row, p), coveringWindow(e, columns, column, q), o]);
  const filterAt = ([rowPhase, columnPhase]: Two, channel: Expr, [p, q, o]: Three): Expr =>
    loadOrZero(c, filter, [coveringTap(e, rows, rowPhase, p), coveringTap(e, columns, columnPhase, q), channel, o]);

  if (rows.stride === 1 && columns.stride === 1) {
    const onlyPhase: Two = [e.index(0), e.index(0)];
    return c.contraction({
      batch: [],
      m: [batch, rows.input, columns.input],
      n: [inChannels],
      k,
      a: (_, m, taps) => {
        const [n, row, column] = m as Three;
        return gradientAt(n, [coveringOf(e, rows, row)[0], coveringOf(e, columns, column)[0]], taps as Three);
      },
      b: (_, [channel], taps) => filterAt(onlyPhase, channel as Expr, taps as Three),
    });
  }

  const quotients = [rows, columns].map((axis) => Math.ceil((axis.input + axis.before) / axis.stride));
  const phases = c.contraction({
    batch: [rows.stride, columns.stride],
    m: [batch, ...quotients],
    n: [inChannels],
    k,
    a: (_, m, taps) => {
      const [n, row, column] = m as Three;
      return gradientAt(n, [row, column], taps as Three);
    },
    b: (phase, [channel], taps) => filterAt(phase as Two, channel as Expr, taps as Three),
  });
  return c.map([batch, rows.input, columns.input, inChannels], dy.dtype, (axes) => {
    const [n, row, column, channel] = axes as readonly [Expr, Expr, Expr, Expr];
    const [rowQuotient, rowPhase] = coveringOf(e, rows, row);
    const [columnQuotient, columnPhase] = coveringOf(e, columns, column);
    return c.load(phases, [rowPhase, columnPhase, n, rowQuotient, columnQuotient, channel]);
  });
}

export const conv2dOps = defineConvolution({
  name: "Conv2D",
  outChannels: (_, last) => last,
  lower: lowerForward,
  lowerInput,
  lowerFilter,
});
