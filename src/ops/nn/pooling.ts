/** @file Pooling over pictures `[batch, height, width, channels]`. Follows `nn_ops.py` of TensorFlow 1.3. */
import type { Checked, DType, Ok, PoolShape, Shape, Window } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import type { NameOption, OpBuilder } from "../define.js";
import { type Padding, perAxis, requirePadding } from "./convolution-windows.js";
import { avgPoolOp, maxPoolOp, type PoolingAttributes } from "./pooling-ops.js";

/** Options of {@link maxPool} and {@link avgPool}. */
export interface PoolOptions<
  Size extends Window = Window,
  Strides extends Window = Window,
  Pad extends Padding = Padding,
> extends NameOption {
  /** Size of a window: one number, `[height, width]` or `[1, height, width, 1]`. */
  readonly ksize: Size;
  /** Steps between windows, in the same forms. */
  readonly strides: Strides;
  /** SAME: windows may reach over the edge, `ceil(size / stride)` of them. VALID: only windows inside. */
  readonly padding: Pad;
}

function build(op: OpBuilder, value: Tensor, options: PoolOptions): Tensor {
  const { name } = op.definition;
  const attributes: PoolingAttributes = {
    ksize: perAxis(options.ksize, "ksize", name),
    strides: perAxis(options.strides, "strides", name),
    padding: requirePadding(options.padding, name),
  };
  return op.build([value], attributes, options);
}

/**
 * The largest element under each window: `[batch, newHeight, newWidth, channels]`. float32 or float64.
 * The gradient goes to the first cell that has the maximum. `tf.nn.max_pool`.
 * @throws ShapeError when the window is larger than the picture
 */
export function maxPool<
  D extends DType,
  S extends Shape,
  const Size extends Window,
  const Strides extends Window,
  const Pad extends Padding,
>(
  value: Checked<Tensor<D, S>, PoolShape<S, Size, Strides, Pad, "maxPool">>,
  options: PoolOptions<Size, Strides, Pad>,
): Tensor<D, Ok<PoolShape<S, Size, Strides, Pad, "maxPool">>> {
  return build(maxPoolOp, value as Tensor, options) as Tensor<D, never>;
}

/**
 * The mean of the elements under each window: `[batch, newHeight, newWidth, channels]`. float32 or
 * float64. Padding does not count: at an edge the sum is divided by the cells that exist. `tf.nn.avg_pool`.
 * @throws ShapeError when the window is larger than the picture
 */
export function avgPool<
  D extends DType,
  S extends Shape,
  const Size extends Window,
  const Strides extends Window,
  const Pad extends Padding,
>(
  value: Checked<Tensor<D, S>, PoolShape<S, Size, Strides, Pad, "avgPool">>,
  options: PoolOptions<Size, Strides, Pad>,
): Tensor<D, Ok<PoolShape<S, Size, Strides, Pad, "avgPool">>> {
  return build(avgPoolOp, value as Tensor, options) as Tensor<D, never>;
}
