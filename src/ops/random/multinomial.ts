/**
 * @file Draws from discrete distributions given by logits. Follows `multinomial_op.cc` of TensorFlow 1.3:
 * the inverse of the cumulative distribution, in float64.
 */
import { type FloatDType, NdArray, type Shape } from "../../core/index.js";
import { fillUniformFloat64, RandomState } from "../../core/random.js";
import type { Tensor } from "../../graph/index.js";
import { compiled, type Expr } from "../../ir/index.js";
import { convertToTensor, defineOp, requireFloating, requireRank, type TensorLike } from "../define.js";
import { spread } from "../samples.js";
import { inScope, type SeedOption } from "./random.js";
import { seedAttributes, seedsOf } from "./standard-ops.js";

const countOf = (value: NdArray): number => (value as NdArray<"int32">).item();
const noClasses = "num_classes should be positive, got 0";

const multinomialOp = defineOp({
  name: "Multinomial",
  summary: "Class numbers drawn with probabilities softmax(logits), row by row.",
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
  oracle: ([logits, samples], attributes) => {
    const { data, shape } = logits as NdArray<"float32">;
    const [rows = 0, classes = 0] = shape;
    const count = countOf(samples as NdArray);
    const uniform = new Float64Array(rows * count);
    fillUniformFloat64(uniform, RandomState.fromSeeds(seedsOf(attributes)));
    const drawn = Array.from(uniform, (u, i) => {
      const row = Array.from(data.subarray(Math.floor(i / count) * classes).subarray(0, classes));
      const largest = Math.max(...row.filter(Number.isFinite));
      let total = 0;
      const cumulative = row.map((x) => {
        total += Number.isFinite(x) ? Math.exp(x - largest) : 0;
        return total;
      });
      return cumulative.findIndex((upTo) => upTo > u * total);
    });
    return [NdArray.from(drawn, "int32").reshape([rows, count])];
  },
  samples: () =>
    [
      [1, 1, 3],
      [1, 3, 17],
      [10, 5, 3],
      [3, 70, 10],
      [2, 3, 0],
    ].map(([rows = 0, classes = 0, count = 0]) => ({
      inputs: [spread([rows, classes], { low: -3, high: 3 }), NdArray.from(count)],
      attributes: { seed: 87654321, seed2: 42 },
      notDifferentiable: [0, 1],
    })),
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
  const result = inScope([logits, numSamples], options.name ?? "multinomial", (_scope, graph) => {
    const x = convertToTensor(logits as TensorLike, { name: "logits" });
    // The seed comes first: the count is an operand that building the operation itself converts.
    const seeds = seedAttributes(graph, options.seed);
    const count = convertToTensor(numSamples as TensorLike, { dtype: "int32", name: "Multinomial/num_samples" });
    return multinomialOp.build([x, count], { ...seeds });
  });
  return result as Tensor<never, never>;
}
