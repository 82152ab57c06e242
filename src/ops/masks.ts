/** @file Small pieces that only gradients use: masks and guarded functions. */
import type { Tensor } from "../graph/index.js";
import { type Expr, type ExpressionBuilder, elementwise } from "../ir/index.js";
import { divide, multiply } from "./binary.js";
import { castLike } from "./cast.js";
import { defineOp } from "./define.js";
import { unaryOp } from "./unary-op.js";

const one = (e: ExpressionBuilder, like: Expr): Expr => e.like(like, 1);
const zero = (e: ExpressionBuilder, like: Expr): Expr => e.like(like, 0);

/** Whether `x > 0`, elementwise: the mask of the rectifiers. */
export const greaterThanZero = (x: Tensor): Tensor<"bool"> => greaterThanZeroOp.build([x]) as Tensor<"bool">;
const greaterThanZeroOp = defineOp({
  name: "GreaterThanZero",
  inputs: ["x"],
  infer: (c) => [{ dtype: "bool", shape: c.shape(0) }],
  lower: elementwise((e, [x]) => e.lt(zero(e, x as Expr), x as Expr)),
  gradient: null,
});

/** `log x` where `x > 0`, else 0: what the gradient of `pow` multiplies with. */
export const logOrZero = unaryOp({
  name: "LogOrZero",
  scalar: (e, x) => {
    const positive = e.lt(zero(e, x), x);
    return e.select(positive, e.log(e.select(positive, x, one(e, x))), zero(e, x));
  },
  gradient: (x, _y, dy) => divide(multiply(dy, castLike(greaterThanZero(x), x)), x),
});
