/** @file Looking up rows of a matrix of embeddings. Follows `embedding_ops.py` of TensorFlow 1.3. */
import type { Checked, DType, GatherShape, Ok, Shape, ValueShape } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { gather } from "../array/index.js";
import type { Operand } from "../binary.js";
import type { NameOption } from "../define.js";

/**
 * The rows of `params` at `ids`: of shape `[...ids.shape, ...params.shape.slice(1)]`. One matrix; it is
 * not partitioned. `tf.nn.embedding_lookup`.
 * @param ids row numbers, int32
 * @throws InvalidArgumentError when running, for an id that is no row
 */
export function embeddingLookup<D extends DType, S extends Shape, const I extends Operand>(
  params: Tensor<D, S>,
  ids: Checked<I, GatherShape<S, ValueShape<I>, 0>>,
  options: NameOption = {},
): Tensor<D, Ok<GatherShape<S, ValueShape<I>, 0>>> {
  return gather(params as Tensor, ids as Tensor<"int32">, {
    name: options.name ?? "embedding_lookup",
  }) as Tensor<D, never>;
}
