/** @file Array functions that are compositions of others: `meshgrid`, `clipByValue`. Follows `array_ops.py` and `clip_ops.py`. */
import { ArgumentError, type ArrayLike_, type DType, type Shape } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { maximum, minimum } from "../binary.js";
import { convertToTensor, type NameOption, type TensorLike } from "../define.js";
import { withNameScope } from "../scopes.js";
import { reshape } from "./reshape.js";
import { size } from "./shape.js";
import { broadcastTo } from "./tile.js";

/** Options of {@link meshgrid}. */
export interface MeshgridOptions extends NameOption {
  /** `xy`: the first vector runs along columns; `ij`: along the first axis. Default `xy`. */
  readonly indexing?: "xy" | "ij";
}

/**
 * The coordinates of a grid: for each vector a tensor that repeats it along the axes of the others.
 * `tf.meshgrid`.
 */
export function meshgrid<D extends DType>(
  vectors: readonly (Tensor<D> | ArrayLike_)[],
  options: MeshgridOptions = {},
): Tensor<D>[] {
  const { indexing = "xy", name = "meshgrid" } = options;
  if (indexing !== "xy" && indexing !== "ij") throw new ArgumentError("indexing parameter must be either 'xy' or 'ij'");
  return withNameScope(
    name,
    () => {
      const tensors = vectors.map((v) => convertToTensor(v as TensorLike));
      const rank = tensors.length;
      /** The axis of the grid that a vector runs along. */
      const axisOf = (i: number): number => (indexing === "xy" && rank > 1 && i < 2 ? 1 - i : i);
      const extents = tensors.map((t) => t.partialShape?.[0] ?? (size(t) as Tensor));
      const grid = Array.from({ length: rank }, (_, axis) => extents[axisOf(axis)] as number | Tensor);
      return tensors.map((t, i) => {
        const column = Array.from({ length: rank }, (_, axis) => (axis === axisOf(i) ? -1 : 1));
        return broadcastTo(reshape(t, column) as Tensor, grid) as Tensor as Tensor<D>;
      });
    },
    { values: vectors },
  );
}

/** `t` with elements below `min` raised to it and those above `max` lowered to it. `tf.clip_by_value`. */
export function clipByValue<D extends DType, S extends Shape>(
  t: Tensor<D, S> | ArrayLike_,
  clipValueMin: Tensor<D> | number,
  clipValueMax: Tensor<D> | number,
  options: NameOption = {},
): Tensor<D, S> {
  return withNameScope(
    options.name ?? "clip_by_value",
    (scope) => {
      const x = convertToTensor(t as TensorLike);
      return maximum(minimum(x, clipValueMax as Tensor), clipValueMin as Tensor, { name: scope }) as Tensor;
    },
    { values: [t, clipValueMin, clipValueMax] },
  ) as Tensor<D, S>;
}
