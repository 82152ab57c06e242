/** @file The area under a curve, from counts at many thresholds. Follows `metrics_impl.py` of TensorFlow 1.3. */
import {
  ArgumentError,
  callSiteOf,
  captureCallSite,
  InvalidArgumentError,
  type NdArray,
  type NumericDType,
} from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { compiled } from "../../ir/index.js";
import { reshape, slice } from "../array/index.js";
import { constant } from "../basic.js";
import { add, divide, greater, multiply, type Operand, subtract } from "../binary.js";
import { cast } from "../cast.js";
import { defineOp, likeFirst, requireFloating, type TensorLike } from "../define.js";
import { toFloat } from "../losses/broadcast-weights.js";
import { reduceSum } from "../reduce.js";
import { answers, isAnswer } from "./confusion.js";
import { inMetricScope, localVariable, type Metric, type MetricOptions, metricOperands } from "./local-metric.js";

const checkProbabilitiesOp = defineOp({
  name: "CheckProbabilities",
  inputs: ["predictions"],
  infer: (c) => {
    requireFloating(c, "CheckProbabilities");
    return likeFirst(c);
  },
  lower: compiled((c) => {
    const { e, where } = c;
    const x = c.input(0);
    const outside = c.map(x.shape, "bool", (axes) => {
      const p = c.load(x, axes);
      return e.not(e.and(e.le(e.like(p, 0), p), e.le(p, e.like(p, 1))));
    });
    c.check(outside, [x], ([values]) => {
      const found = Array.from((values as NdArray<NumericDType>).data).find((p) => !(p >= 0 && p <= 1));
      return new InvalidArgumentError(`predictions must be in [0, 1], but one is ${found}`, {
        ...where,
        hint: "pass probabilities: tf.nn.sigmoid(logits) or tf.nn.softmax(logits)",
      });
    });
    return [x];
  }),
  gradient: null,
});

/** Options of {@link auc}. */
export interface AucOptions extends MetricOptions {
  /** How many thresholds, evenly spread over [0, 1], the curve is drawn through. Default 200. */
  readonly numThresholds?: number;
  /** True against false positive rate, or precision against recall. Default `"ROC"`. */
  readonly curve?: "ROC" | "PR";
}

/** The counters, in the order in which they are made. */
const counted = ["true_positives", "false_negatives", "true_negatives", "false_positives"] as const;
type Counts = Readonly<Record<(typeof counted)[number], Tensor>>;

/**
 * The area under the ROC curve, or the precision-recall curve, by the trapezoidal rule. `tf.metrics.auc`.
 * @param labels cast to bool
 * @param predictions probabilities
 * @throws ArgumentError for fewer than 2 thresholds or an unknown curve
 * @throws InvalidArgumentError when running, for a prediction outside [0, 1]
 */
export function auc(labels: Operand, predictions: Operand, options: AucOptions = {}): Metric {
  const { numThresholds = 200, curve = "ROC" } = options;
  const createdAt = callSiteOf(captureCallSite());
  if (curve !== "ROC" && curve !== "PR")
    throw new ArgumentError(`curve must be either ROC or PR, ${curve} unknown`, { createdAt });
  if (!Number.isInteger(numThresholds) || numThresholds < 2)
    throw new ArgumentError(`numThresholds must be a whole number of at least 2, not ${numThresholds}`, { createdAt });
  return inMetricScope("auc", options, [labels as TensorLike, predictions as TensorLike], () => {
    const batch = countsAtThresholds(labels, predictions, thresholdsOf(numThresholds), options);
    const pairs = counted.map((name) => {
      const variable = localVariable(name, [numThresholds]);
      return { name, value: variable.value() as Tensor, update: variable.assignAdd(batch[name]) as Tensor };
    });
    const pick = (which: "value" | "update"): Counts =>
      Object.fromEntries(pairs.map((pair) => [pair.name, pair[which]])) as unknown as Counts;
    return [
      areaUnder(pick("value"), curve, numThresholds, "value"),
      areaUnder(pick("update"), curve, numThresholds, "update_op"),
    ];
  });
}

/** Evenly spread, the first and last just outside [0, 1] so that every prediction lies between them. */
function thresholdsOf(count: number): number[] {
  const outside = 1e-7;
  return Array.from({ length: count }, (_, i) =>
    i === 0 ? -outside : i === count - 1 ? 1 + outside : i / (count - 1),
  );
}

function countsAtThresholds(
  labels: Operand,
  predictions: Operand,
  thresholds: readonly number[],
  options: MetricOptions,
): Counts {
  const operands = metricOperands(labels as TensorLike, predictions as TensorLike, options);
  const row = (x: Tensor): Tensor => reshape(x, [1, -1]) as Tensor;
  const probabilities = row(checkProbabilitiesOp.build([toFloat(operands.predictions)]));
  const limits = constant(thresholds, { dtype: "float32", shape: [thresholds.length, 1] }) as Tensor;
  const isAbove = greater(probabilities, limits) as Tensor<"bool">;
  const isTrue = row(cast(operands.labels, "bool")) as Tensor<"bool">;
  const weights = operands.weights === undefined ? undefined : row(operands.weights);
  const count = (name: (typeof counted)[number]): Tensor => {
    const found = isAnswer(isAbove, isTrue, answers[name]);
    return reduceSum(weights === undefined ? found : (multiply(found, weights) as Tensor), 1) as Tensor;
  };
  return {
    true_positives: count("true_positives"),
    false_negatives: count("false_negatives"),
    true_negatives: count("true_negatives"),
    false_positives: count("false_positives"),
  };
}

/** Keeps rates finite where nothing was counted. */
const epsilon = 1e-6;

function areaUnder(counts: Counts, curve: "ROC" | "PR", points: number, name: string): Tensor {
  const { true_positives: tp, false_negatives: fn, true_negatives: tn, false_positives: fp } = counts;
  const rate = (part: Tensor, others: Tensor): Tensor => {
    const all = add(add(part, others) as Tensor, epsilon) as Tensor;
    return divide(add(part, epsilon) as Tensor, all);
  };
  const found = rate(tp, fn);
  const [x, y] =
    curve === "PR"
      ? [found, rate(tp, fp)]
      : [divide(fp, add(add(fp, tn) as Tensor, epsilon) as Tensor) as Tensor, found];
  const before = (values: Tensor): Tensor => slice(values, [0], [points - 1]) as Tensor;
  const after = (values: Tensor): Tensor => slice(values, [1], [points - 1]) as Tensor;
  const widths = subtract(before(x), after(x)) as Tensor;
  const heights = divide(add(before(y), after(y)) as Tensor, 2) as Tensor;
  return reduceSum(multiply(widths, heights) as Tensor, { name }) as Tensor;
}
