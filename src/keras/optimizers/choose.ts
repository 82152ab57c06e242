/** @file A choice between two tensors by one condition. */
import type { Tensor } from "../../graph/index.js";
import { where } from "../../ops/array/index.js";
import { broadcastLike } from "../../ops/like.js";

/** The whole of `choice` where a scalar condition holds, else the whole of `otherwise`. */
export const choose = (condition: Tensor<"bool">, choice: Tensor, otherwise: Tensor): Tensor =>
  where(broadcastLike(condition, choice) as Tensor<"bool">, choice, otherwise) as Tensor;
