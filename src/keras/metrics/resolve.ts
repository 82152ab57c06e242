/**
 * @file What `compile` makes of names: `"accuracy"` and `"crossentropy"` stand for the kind that fits the
 * shapes of labels and outputs. Follows `compile_utils.py` of Keras 3.
 */
import { ArgumentError } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import type { Loss, LossIdentifier, Metric, MetricIdentifier } from "../contracts.js";
import { get } from "../registry.js";
import { BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy } from "./accuracy.js";
import { BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy } from "./means.js";

/** What labels are: one yes or no for each output, a class number, or one-hot rows. */
export type TargetKind = "binary" | "sparse" | "categorical";

/**
 * By shapes: an output of extent 1 is binary; labels with an axis less than the output, or with extent 1
 * where the output has more, are class numbers; others are one-hot.
 */
export function targetKind(yTrue: Tensor, yPred: Tensor): TargetKind {
  const [target, output] = [yTrue.shape, yPred.shape];
  const classes = output.at(-1) ?? null;
  if (classes === 1) return "binary";
  return target.length < output.length || (target.at(-1) === 1 && classes !== null) ? "sparse" : "categorical";
}

const accuracies = {
  binary: BinaryAccuracy,
  sparse: SparseCategoricalAccuracy,
  categorical: CategoricalAccuracy,
} as const satisfies Record<TargetKind, unknown>;
const crossentropies = {
  binary: BinaryCrossentropy,
  sparse: SparseCategoricalCrossentropy,
  categorical: CategoricalCrossentropy,
} as const satisfies Record<TargetKind, unknown>;
const crossentropyNames = {
  binary: "binary_crossentropy",
  sparse: "sparse_categorical_crossentropy",
  categorical: "categorical_crossentropy",
} as const satisfies Record<TargetKind, unknown>;

const isCrossentropy = (name: string): boolean => name === "crossentropy" || name === "ce";

/**
 * The metric of an identifier, for these labels and outputs; a name is the metric's name in logs.
 * @throws ArgumentError for `null` or an unknown name
 */
export function resolveMetric(identifier: MetricIdentifier, yTrue: Tensor, yPred: Tensor): Metric {
  if (identifier === null || identifier === undefined) throw new ArgumentError("Expected metric, received `None`");
  if (typeof identifier !== "string") return get("metric", identifier);
  const name = identifier.toLowerCase();
  if (name === "accuracy" || name === "acc") return new accuracies[targetKind(yTrue, yPred)]({ name: identifier });
  if (isCrossentropy(name)) return new crossentropies[targetKind(yTrue, yPred)]({ name: identifier });
  return get("metric", identifier);
}

/**
 * The loss of an identifier, for these labels and outputs.
 * @throws ArgumentError for an unknown name
 */
export function resolveLoss(identifier: LossIdentifier | "crossentropy" | "ce", yTrue: Tensor, yPred: Tensor): Loss {
  if (typeof identifier === "string" && isCrossentropy(identifier.toLowerCase()))
    return get("loss", crossentropyNames[targetKind(yTrue, yPred)]);
  return get("loss", identifier as LossIdentifier);
}
