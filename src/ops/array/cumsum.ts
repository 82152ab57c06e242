/** @file Running sums. Follows `scan_ops.cc` of TensorFlow 1.3. */
import type { ArrayLike_, DType, Shape } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { compiled, type Expr } from "../../ir/index.js";
import { defineOp, likeFirst, type NameOption } from "../define.js";
import { array, spread } from "../samples.js";
import { axisOf } from "./axis.js";
import { arrayOf, elementAt, type Numeric } from "./oracles.js";

const cumsumOp = defineOp({
  name: "Cumsum",
  summary: "Running sums along an axis.",
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
  oracle: ([x], { axis, exclusive, reverse }) => {
    const input = x as Numeric;
    const along = (axis as number) < 0 ? (axis as number) + input.rank : (axis as number);
    const extent = input.shape[along] as number;
    return [
      arrayOf(input.shape, input.dtype, (at) => {
        let total = 0;
        for (let k = 0; k < extent; k++) {
          const distance = reverse === true ? k - (at[along] as number) : (at[along] as number) - k;
          if (distance < 0 || (distance === 0 && exclusive === true)) continue;
          total += elementAt(
            input,
            at.map((i, a) => (a === along ? k : i)),
          );
        }
        return total;
      }),
    ];
  },
  samples: () => [
    { inputs: [spread([1])], attributes: { axis: 0, exclusive: false, reverse: false } },
    ...[false, true].flatMap((exclusive) =>
      [false, true].map((reverse) => ({ inputs: [spread([3, 17])], attributes: { axis: 1, exclusive, reverse } })),
    ),
    { inputs: [spread([70, 2])], attributes: { axis: -2, exclusive: false, reverse: false } },
    { inputs: [array([1, 2, 3], "int32")], attributes: { axis: 0, exclusive: false, reverse: false } },
    { inputs: [spread([2, 0])], attributes: { axis: 1, exclusive: false, reverse: false } },
  ],
});

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
