/**
 * @file Flattening. Follows `tensorflow/python/layers/core.py` of TensorFlow 1.4. May import `ops` and below.
 */
import { type Checked, type DType, type FlattenShape, type Ok, requireOptions, type Shape } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { reshape } from "../ops/array/index.js";
import type { NameOption } from "../ops/define.js";
import { dimensionOf } from "./dimension.js";
import { requireMinimumRank } from "./input-checks.js";
import { Layer } from "./layer.js";

/** One row for each example. `tf.layers.Flatten`. */
export class Flatten extends Layer {
  /** `[batch, …]` to `[batch, product of the rest]`. @throws ShapeError for inputs of rank 1 or less */
  override apply<D extends DType, S extends Shape>(
    inputs: Checked<Tensor<D, S>, FlattenShape<S>>,
  ): Tensor<D, Ok<FlattenShape<S>>> {
    return super.apply(inputs as Tensor) as Tensor<D, never>;
  }

  protected override defaultName(): string {
    return "flatten";
  }

  protected override checkInput(inputs: Tensor): void {
    requireMinimumRank(this.name, inputs, 2, "[batch, …]");
  }

  protected override call(inputs: Tensor): Tensor {
    const [batch = null, ...rest] = inputs.shape;
    const width = rest.reduce((product: number | null, d) => (product === null || d === null ? null : product * d), 1);
    // Of a batch without examples -1 follows only from a width that is known and not 0.
    if (width !== null && width > 0) return reshape(inputs, [batch ?? -1, width]) as Tensor;
    return reshape(inputs, [dimensionOf(inputs, 0), width ?? -1]) as Tensor;
  }
}

/**
 * `[batch, …]` to `[batch, product of the rest]`: one row for each example. `tf.layers.flatten`.
 * @param options.name of the operations; made unique. Default `flatten`
 * @throws ShapeError for inputs of rank 1 or less
 */
export function flatten<D extends DType, S extends Shape>(
  inputs: Checked<Tensor<D, S>, FlattenShape<S>>,
  options: NameOption = {},
): Tensor<D, Ok<FlattenShape<S>>> {
  requireOptions("flatten", options, { name: true });
  const layer: Layer = new Flatten(options);
  return layer.apply(inputs as Tensor) as Tensor<D, never>;
}
