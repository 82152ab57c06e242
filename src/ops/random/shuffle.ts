/**
 * @file Random order: shuffling along the first axis. Follows `random_shuffle_op.cc` of TensorFlow 1.3,
 * whose first draw for given seeds this repeats.
 */
import { type DType, NdArray, type Shape } from "../../core/index.js";
import { getDefaultGraph, type Tensor } from "../../graph/index.js";
import { compiled } from "../../ir/index.js";
import { convertToTensor, defineOp, likeFirst, type TensorLike } from "../define.js";
import { withNameScope } from "../scopes.js";
import type { SeedOption } from "./random.js";
import { seedAttributes, seedsOf } from "./standard-ops.js";

/** Where the words' numbers start; int32 has no room for a uint32. */
const WORD_OFFSET = -(2 ** 31);
// One short of all words: kernels take a range as uint32. It changes one word in 2^32.
const WORD_RANGE = 2 ** 32 - 1;

const shuffleWordsOp = defineOp({
  name: "ShuffleWords",
  inputs: ["value"],
  stateful: true,
  infer: (c) => [{ dtype: "int32", shape: [c.shape(0)?.[0] ?? null] }],
  lower: compiled((c) => {
    const [rows] = c.input(0).shape;
    if (rows === undefined) return c.fail("random_shuffle needs at least one axis, got a scalar");
    const integers = { low: WORD_OFFSET, range: WORD_RANGE };
    return [c.random("uniformInteger", [rows], "int32", seedsOf(c.attributes), integers)];
  }),
  gradient: null,
});

const permutationOp = defineOp({
  name: "ShufflePermutation",
  inputs: ["words"],
  infer: (c) => [{ dtype: "int32", shape: c.shape(0) }],
  lower: {
    kind: "host",
    run: ([words]) => {
      const { data } = words as NdArray<"int32">;
      const order = Int32Array.from(data, (_, i) => i);
      for (let i = 0; i < order.length - 1; i++) {
        const other = i + (((data[i] as number) - WORD_OFFSET) % (order.length - i));
        const kept = order[i] as number;
        order[i] = order[other] as number;
        order[other] = kept;
      }
      return [new NdArray("int32", [order.length], order)];
    },
  },
  gradient: null,
});

const randomShuffleOp = defineOp({
  name: "RandomShuffle",
  inputs: ["value", "permutation"],
  infer: likeFirst,
  lower: compiled((c) => {
    const value = c.input(0);
    const order = c.input(1);
    const last = c.e.index(Math.max((value.shape[0] as number) - 1, 0));
    return [
      c.map(value.shape, value.dtype, ([row, ...rest]) => {
        const from = c.load(order, row === undefined ? [] : [row]);
        return c.load(value, [c.e.max(c.e.index(0), c.e.min(from, last)), ...rest]);
      }),
    ];
  }),
  gradient: null,
});

/**
 * The rows of a tensor (entries along the first axis) in random order, another in each run.
 * `tf.random_shuffle`.
 * @throws ShapeError for a scalar
 */
export function randomShuffle<D extends DType, S extends Shape>(
  value: Tensor<D, S>,
  options: SeedOption = {},
): Tensor<D, S> {
  const result = withNameScope(
    options.name ?? "RandomShuffle",
    (scope) => {
      const rows = convertToTensor(value as TensorLike, { name: "value" });
      const words = shuffleWordsOp.build(
        [rows],
        { ...seedAttributes(getDefaultGraph(), options.seed) },
        { name: "words" },
      );
      const order = permutationOp.build([words], {}, { name: "permutation" });
      return randomShuffleOp.build([rows, order], {}, { name: scope });
    },
    { values: [value] },
  );
  return result as Tensor as Tensor<D, S>;
}
