/** @file Division that gives 0 where there is nothing to divide by: the means of losses and metrics. */
import type { Tensor } from "../../graph/index.js";
import { type Expr, elementwise } from "../../ir/index.js";
import { multiply } from "../binary.js";
import { defineOp, inferBroadcast, type NameOption, requireFloating, requireSameDType } from "../define.js";
import { sumToLike } from "../like.js";
import { negative } from "../unary.js";

const operandNames = { name: "SafeDiv", inputs: ["x", "y"] };

const safeDivideOp = defineOp({
  name: operandNames.name,
  inputs: operandNames.inputs,
  infer: (c) => {
    requireFloating(c, operandNames.name);
    return [{ dtype: requireSameDType(c, operandNames), shape: inferBroadcast(c, c.shape(0), c.shape(1)) }];
  },
  lower: elementwise((e, inputs) => {
    const [x, y] = inputs as readonly [Expr, Expr];
    const positive = e.gt(y, e.like(y, 0));
    return e.select(positive, e.div(x, e.select(positive, y, e.like(y, 1))), e.like(x, 0));
  }),
  gradient: (node, dy) => {
    const [x, y] = node.inputs as readonly [Tensor, Tensor];
    const dx = safeDivide(dy, y);
    return [sumToLike(dx, x), sumToLike(negative(multiply(dx, node.output)), y)];
  },
});

/** `x / y`, and 0 where `y` is not positive; no gradient flows there. Operands broadcast. */
export const safeDivide = (x: Tensor, y: Tensor, options: NameOption = {}): Tensor =>
  safeDivideOp.build([x, y], {}, options);
