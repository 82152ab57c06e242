/** @file Random pieces of a tensor. Follows `random_ops.py` of TensorFlow 1.3, whose pieces for given seeds these are. */
import { callSiteOf, captureCallSite, type DType, type Shape, ShapeError, tupled } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { gather, range, shape } from "../array/index.js";
import { add, mod, subtract } from "../binary.js";
import { convertToTensor, type TensorLike } from "../define.js";
import { withNameScope } from "../scopes.js";
import { randomUniform, type SeedOption } from "./random.js";

/** The largest int32, which TensorFlow takes as the bound of what it draws before the remainder. */
const maximumInt32 = 2 ** 31 - 1;

/**
 * A piece of the given size from a random place, another in each run. `tf.random_crop`.
 * @param size extent along every axis of `value`; the whole extent where nothing is to be cut off
 * @throws ShapeError (InvalidArgumentError when running) where the piece is larger than `value`
 */
export function randomCrop<D extends DType, const S extends readonly number[]>(
  value: Tensor<D>,
  size: S,
  options: SeedOption = {},
): Tensor<D, S> {
  requireRoom(value.partialShape, size);
  const piece = withNameScope(
    options.name ?? "random_crop",
    () => {
      const whole = convertToTensor(value as TensorLike, { name: "value" });
      const extents = convertToTensor([...size], { dtype: "int32", name: "size" });
      const places = add(subtract(shape(whole) as Tensor, extents as Tensor) as Tensor, 1) as Tensor;
      const drawn = randomUniform([size.length], { dtype: "int32", maxval: maximumInt32, seed: options.seed });
      const offsets = mod(drawn as Tensor, places) as Tensor;
      // Rows are gathered, not sliced: a place that a program is compiled for would mean a program for each.
      return size.reduce<Tensor>((rest, extent, axis) => {
        const from = gather(offsets, axis) as Tensor;
        return gather(rest, add(range(extent) as Tensor, from) as Tensor, { axis }) as Tensor;
      }, whole);
    },
    { values: [value] },
  );
  return piece as Tensor<never, never>;
}

function requireRoom(whole: Shape | null, size: readonly number[]): void {
  if (whole === null) return;
  if (whole.length === size.length && whole.every((d, axis) => d === null || d >= (size[axis] ?? 0))) return;
  throw new ShapeError(`Need value.shape >= size, got ${tupled(whole)} and ${tupled(size)}`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: "give an extent for every axis, none larger than the tensor's",
  });
}
