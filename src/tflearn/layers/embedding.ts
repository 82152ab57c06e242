/** @file Embeddings: whole numbers as learned vectors. Follows `layers/embedding_ops.py` of TFLearn. */
import { type Dimension, type DType, requireOptions, type Shape } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { cast, nn, notEqual, reduceSum, type Variable } from "../../ops/index.js";
import type { Initialization } from "../initializations.js";
import {
  type Rows,
  requireCount,
  requireRank,
  type VariableLayerOptions,
  variableLayer,
  variableOptions,
  type WithScope,
} from "./layer.js";

/** Options of {@link embedding}. */
export interface EmbeddingOptions extends VariableLayerOptions {
  /** Default "truncated_normal". */
  readonly weightsInit?: Initialization;
}

type Second<S extends Shape> = S extends readonly [Dimension, infer Steps extends Dimension] ? Steps : null;

/**
 * The rows of `W` [inputDim, outputDim] at each id: `[batch, ids]` becomes `[batch, ids, outputDim]`. Ids
 * outside the table are always an error when running, so there is no `validateIndices`.
 * `tflearn.embedding`.
 * @param incoming ids, whole numbers of any dtype
 * @param inputDim how many ids there are
 * @returns with `W`, and `seqLength`: how many ids of each row come before the padding zeros, for dynamic
 * recurrent layers
 */
export function embedding<S extends Shape, const N extends number>(
  incoming: Tensor<DType, S>,
  inputDim: number,
  outputDim: N,
  options: EmbeddingOptions = {},
): WithScope<
  Tensor<"float32", readonly [Rows<S>, Second<S>, N]>,
  { readonly W: Variable; readonly seqLength: Tensor }
> {
  requireOptions("embedding", options, { ...variableOptions, weightsInit: true });
  requireRank(incoming, (rank) => rank === 2, "2-D");
  const size = [
    requireCount(inputDim, "embedding: the number of ids"),
    requireCount(outputDim, "embedding: the vector's size"),
  ];
  return variableLayer(incoming, "Embedding", options, (layer) => {
    const W = layer.variable("W", {
      shape: size,
      dtype: "float32",
      initializer: options.weightsInit ?? "truncated_normal",
    });
    const ids = (incoming.dtype === "int32" ? incoming : cast(incoming as Tensor, "int32")) as Tensor<"int32">;
    const found: Tensor = nn.embeddingLookup(W as Tensor, ids as Tensor);
    const seqLength = reduceSum(cast(notEqual(ids as Tensor, 0) as Tensor, "int32") as Tensor, 1) as Tensor;
    return [found as Tensor<"float32", never>, { W, seqLength }];
  });
}
