/**
 * @file `DepthwiseConv2dNative` and its derivatives: every input channel has filters of its own, so there
 * is no product over channels and each operation is a plain sum over the window.
 * Follows `depthwise_conv_op.cc` of TensorFlow 1.3.
 */
import type { Expr, LowerContext, TensorValue } from "../../ir/index.js";
import { type ConvolutionSizes, defineConvolution } from "./convolution-family.js";
import { cellAt, coveringOf, coveringTap, coveringTaps, coveringWindow, loadOrZero } from "./convolution-windows.js";

type Two = readonly [Expr, Expr];
type Three = readonly [Expr, Expr, Expr];
type Four = readonly [Expr, Expr, Expr, Expr];

/** `y[n, i, j, c·M + m] = Σ x[n, cell(i, p), cell(j, q), c] · filter[p, q, c, m]`. */
function lowerForward(
  c: LowerContext,
  { batch, rows, columns, outChannels, filter: [, , , last = 1] }: ConvolutionSizes,
  x: TensorValue,
  filter: TensorValue,
): TensorValue {
  const { e } = c;
  const multiplier = e.index(Math.max(last, 1));
  const shape = [batch, rows.output, columns.output, outChannels];
  return c.reduce("sum", shape, [rows.size, columns.size], (axes, taps) => {
    const [n, i, j, out] = axes as Four;
    const [p, q] = taps as Two;
    const channel = e.floorDiv(out, multiplier);
    const picture = loadOrZero(c, x, [n, cellAt(e, rows, i, p), cellAt(e, columns, j, q), channel]);
    return e.mul(picture, c.load(filter, [p, q, channel, e.floorMod(out, multiplier)]));
  });
}

function lowerInput(
  c: LowerContext,
  { batch, rows, columns, inChannels, filter: [, , , multiplier = 1] }: ConvolutionSizes,
  filter: TensorValue,
  dy: TensorValue,
): TensorValue {
  const { e } = c;
  const shape = [batch, rows.input, columns.input, inChannels];
  return c.reduce("sum", shape, [coveringTaps(rows), coveringTaps(columns), multiplier], (axes, taps) => {
    const [n, row, column, channel] = axes as Four;
    const [p, q, m] = taps as Three;
    const [rowQuotient, rowPhase] = coveringOf(e, rows, row);
    const [columnQuotient, columnPhase] = coveringOf(e, columns, column);
    const gradient = loadOrZero(c, dy, [
      n,
      coveringWindow(e, rows, rowQuotient, p),
      coveringWindow(e, columns, columnQuotient, q),
      e.add(e.mul(channel, e.index(multiplier)), m),
    ]);
    const tap = [coveringTap(e, rows, rowPhase, p), coveringTap(e, columns, columnPhase, q), channel, m];
    return e.mul(gradient, loadOrZero(c, filter, tap));
  });
}

function lowerFilter(
  c: LowerContext,
  { batch, rows, columns, filter: shape }: ConvolutionSizes,
  x: TensorValue,
  dy: TensorValue,
): TensorValue {
  const { e } = c;
  const multiplier = e.index(shape[3] as number);
  return c.reduce("sum", shape, [batch, rows.output, columns.output], (axes, windows) => {
    const [p, q, channel, m] = axes as Four;
    const [n, i, j] = windows as Three;
    const picture = loadOrZero(c, x, [n, cellAt(e, rows, i, p), cellAt(e, columns, j, q), channel]);
    return e.mul(picture, c.load(dy, [n, i, j, e.add(e.mul(channel, multiplier), m)]));
  });
}

export const depthwiseConv2dOps = defineConvolution({
  name: "DepthwiseConv2dNative",
  outChannels: (inChannels, multiplier) =>
    inChannels === null || multiplier === null ? null : inChannels * multiplier,
  lower: lowerForward,
  lowerInput,
  lowerFilter,
});
