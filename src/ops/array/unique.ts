/** @file The distinct elements of a vector. Follows `unique_op.cc` of TensorFlow 1.3. */
import { type ArrayLike_, type DType, NdArray } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { defineOp, dtypeOf, type NameOption, requireRank } from "../define.js";

const uniqueOp = defineOp({
  name: "Unique",
  inputs: ["x"],
  infer: (c) => [
    { dtype: dtypeOf(c, 0), shape: [null] },
    { dtype: "int32", shape: requireRank(c, 0, 1) },
  ],
  lower: {
    kind: "host",
    run: ([given], c) => {
      const x = given as NdArray;
      if (x.rank !== 1) c.fail("unique expects a 1D vector.");
      const places = new Map<unknown, number>();
      const indices = Int32Array.from(x.data as ArrayLike<unknown>, (element) => {
        const known = places.get(element) ?? places.size;
        places.set(element, known);
        return known;
      });
      const values = x.dtype === "bool" ? [...places.keys()].map(Boolean) : [...places.keys()];
      return [NdArray.from(values as number[], x.dtype), new NdArray("int32", x.shape, indices)];
    },
  },
  gradient: null,
});

/** What {@link unique} returns. */
export interface Unique<D extends DType> {
  /** The distinct elements in order of appearance. */
  readonly values: Tensor<D, readonly [null]>;
  /** For each element its position in `values`, int32. */
  readonly indices: Tensor<"int32">;
}

/** The distinct elements of a vector, and for each element its position among them. `tf.unique`. */
export function unique<D extends DType>(x: Tensor<D> | ArrayLike_, options: NameOption = {}): Unique<D> {
  const [values, indices] = uniqueOp.create([x], {}, options).outputs;
  return { values, indices } as unknown as Unique<D>;
}
