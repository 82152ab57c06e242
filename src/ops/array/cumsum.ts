/** @file Running sums. Follows `scan_ops.cc` of TensorFlow 1.3. */
import type { ArrayLike_, DType, Shape } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { compiled, type Expr } from "../../ir/index.js";
import { defineOp, likeFirst, type NameOption } from "../define.js";
import { axisOf } from "./axis.js";

const cumsumOp = defineOp({
  name: "Cumsum",
  inputs: ["x"],
  infer: (c) => {
    const shape = c.shape(0);
    if (shape !== null) axisOf(c, shape.length);
    return likeFirst(c);
  },
  lower: compiled((c) => {
    const x = c.input(0);
    const axis = axisOf(c, x.shape.length);
    const { exclusive, reverse } = c.attributes as { exclusive: boolean; reverse: boolean };
    const { e } = c;
    return [
      c.reduce("sum", x.shape, [x.shape[axis] as number], (axes, [k]) => {
        const at = axes[axis] as Expr;
        const from = k as Expr;
        const [earlier, later] = reverse ? [at, from] : [from, at];
        const counts = exclusive ? e.lt(earlier, later) : e.le(earlier, later);
        const element = c.load(
          x,
          axes.map((a, i) => (i === axis ? from : a)),
        );
        return e.select(counts, element, e.constant(0, x.dtype));
      }),
    ];
  }),
  gradient: (op, dy) => [cumsumOp.build([dy], { ...op.attributes, reverse: op.attributes.reverse !== true })],
});

/** Options of {@link cumsum}. */
export interface CumsumOptions extends NameOption {
  /** The axis to sum along. Default 0. */
  readonly axis?: number;
  /** Leave out the element itself. Default false. */
  readonly exclusive?: boolean;
  /** Sum from the end. Default false. */
  readonly reverse?: boolean;
}
/**
 * Running sums along an axis: `[a, a + b, a + b + c]`; exclusive `[0, a, a + b]`. Each element sums anew,
 * so the time grows with the square of the axis. `tf.cumsum`.
 */
export function cumsum<D extends DType, S extends Shape>(
  x: Tensor<D, S> | ArrayLike_,
  options: CumsumOptions = {},
): Tensor<D, S> {
  const { axis = 0, exclusive = false, reverse = false, name } = options;
  return cumsumOp.build([x], { axis, exclusive, reverse }, { name }) as Tensor as Tensor<D, S>;
}
