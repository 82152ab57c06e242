/** @file Reductions as chained methods of `Tensor`: `x.reduceMean({ axis: 0 })`, `logits.argmax(1)`. */
import type { Checked, DType, Ok, ReduceArgument, ReduceCallShape, Shape } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { installMethods } from "./methods.js";
import * as reductions from "./reduce.js";
import { type ArgReduceArgument, type ArgReduceCallShape, argmax, argmin } from "./reduce-arg.js";

type ReduceMethods = {
  [K in keyof typeof reductions]: <D extends DType, S extends Shape, const O extends ReduceArgument = undefined>(
    this: Tensor<D, S>,
    axisOrOptions?: Checked<O, ReduceCallShape<S, O, K>>,
  ) => Tensor<K extends "reduceAll" | "reduceAny" ? "bool" : D, Ok<ReduceCallShape<S, O, K>>>;
};
type ArgReduceMethods = {
  [K in "argmax" | "argmin"]: <D extends DType, S extends Shape, const O extends ArgReduceArgument = undefined>(
    this: Tensor<D, S>,
    axisOrOptions?: Checked<O, ArgReduceCallShape<S, O, K>>,
  ) => Tensor<"int32", Ok<ArgReduceCallShape<S, O, K>>>;
};

declare module "../graph/tensor.js" {
  interface Tensor<D extends DType = DType, S extends Shape = Shape> extends ReduceMethods, ArgReduceMethods {}
}

installMethods({ ...reductions, argmax, argmin });
