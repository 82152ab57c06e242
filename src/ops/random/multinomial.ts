/**
 * @file Draws from discrete distributions given by logits. Follows `multinomial_op.cc` of TensorFlow 1.3:
 * the inverse of the cumulative distribution, in float64.
 */
import type { FloatDType, NdArray, Shape } from "../../core/index.js";
import { getDefaultGraph, type Tensor } from "../../graph/index.js";
import { compiled, type Expr } from "../../ir/index.js";
import { convertToTensor, defineOp, requireFloating, requireRank, type TensorLike } from "../define.js";
import { withNameScope } from "../scopes.js";
import type { SeedOption } from "./random.js";
import { seedAttributes, seedsOf } from "./standard-ops.js";

export const countOf = (value: NdArray): number => (value as NdArray<"int32">).item();
const noClasses = "num_classes should be positive, got 0";

const multinomialOp = defineOp({
  name: "Multinomial",
  inputs: ["logits", "num_samples"],
  shapeInputs: [1],
  stateful: true,
  infer: (c) => {
    requireFloating(c, "Multinomial");
    const logits = requireRank(c, 0, 2);
    if (logits?.[1] === 0) c.fail(noClasses);
    const samples = c.constant(1);
    const count = samples === undefined ? null : countOf(samples);
    if (count !== null && count < 0) c.fail(`num_samples should be nonnegative, got ${count}`);
    return [{ dtype: "int32", shape: [logits?.[0] ?? null, count] }];
  },
  lower: compiled((c) => {
    const { e } = c;
    const logits = c.input(0);
    const [rows = 0, classes = 0] = logits.shape;
    const samples = countOf(c.shapeValue(1));
    if (classes === 0) c.fail(noClasses);
    if (samples < 0) c.fail(`num_samples should be nonnegative, got ${samples}`);
    const real = (value: number): Expr => e.constant(value, "float64");
    const logit = (row: Expr, k: Expr): Expr => e.cast(c.load(logits, [row, k]), "float64");
    const finite = (x: Expr): Expr => e.lt(e.abs(x), real(Number.POSITIVE_INFINITY));

    const largest = c.reduce("max", [rows], [classes], ([row], [k]) => {
      const x = logit(row as Expr, k as Expr);
      return e.select(finite(x), x, real(Number.NEGATIVE_INFINITY));
    });
    const cumulative = c.reduce("sum", [rows, classes], [classes], ([row, last], [k]) => {
      const x = logit(row as Expr, k as Expr);
      const counts = e.and(e.le(k as Expr, last as Expr), finite(x));
      return e.select(counts, e.exp(e.sub(x, c.load(largest, [row as Expr]))), real(0));
    });
    const uniform = c.random("uniform", [rows, samples], "float64", seedsOf(c.attributes));
    return [
      // The last class is what remains: left out of the count, rounding cannot point past it.
      c.reduce("sum", [rows, samples], [classes - 1], ([row, sample], [k]) => {
        const total = c.load(cumulative, [row as Expr, e.index(classes - 1)]);
        const target = e.mul(c.load(uniform, [row as Expr, sample as Expr]), total);
        return e.cast(e.le(c.load(cumulative, [row as Expr, k as Expr]), target), "int32");
      }),
    ];
  }),
  gradient: null,
});

/**
 * Draws class numbers (int32) with probabilities softmax(logits), row by row. `tf.multinomial`.
 * @param logits `[batch, classes]`, unnormalized log probabilities; a class with −Inf is never drawn
 * @param numSamples how many to draw for each row
 * @returns `[batch, numSamples]`
 */
export function multinomial<S extends Shape, const N extends number | Tensor<"int32">>(
  logits: Tensor<FloatDType, S>,
  numSamples: N,
  options: SeedOption = {},
): Tensor<
  "int32",
  readonly [S extends readonly [infer B extends number | null, unknown] ? B : null, N extends number ? N : null]
> {
  const result = withNameScope(
    options.name ?? "multinomial",
    () => {
      const x = convertToTensor(logits as TensorLike, { name: "logits" });
      // The seed comes first: the count is an operand that building the operation itself converts.
      const seeds = seedAttributes(getDefaultGraph(), options.seed);
      const count = convertToTensor(numSamples as TensorLike, { dtype: "int32", name: "Multinomial/num_samples" });
      return multinomialOp.build([x, count], { ...seeds });
    },
    { values: [logits, numSamples] },
  );
  return result as Tensor<never, never>;
}
