/**
 * @file The loss of a compiled model: which loss belongs to which output, how rows are weighed, and their
 * sum. Follows `CompileLoss` and `reduce_weighted_values` of Keras 3.
 */
import { ArgumentError, ShapeError, tupled } from "../../../core/index.js";
import type { Tensor } from "../../../graph/index.js";
import {
  addN,
  cast,
  constant,
  expandDims,
  multiply,
  ones,
  reduceSum,
  size,
  squeeze,
  where,
  zerosLike,
} from "../../../ops/index.js";
import type { Loss, LossIdentifier, Reduction } from "../../contracts.js";
import { get } from "../../registry.js";
import { requireResult } from "../nested.js";
import type { CompiledLoss, CompileOptions, PerOutput } from "./options.js";

/** Whether predictions are of two classes, and whether labels are class numbers. */
export function kindOfLabels(yTrue: Tensor, yPred: Tensor): "binary" | "sparse" | "categorical" {
  const classes = yPred.partialShape?.at(-1);
  if (classes === 1) return "binary";
  const [labels, predictions] = [yTrue.rank ?? 0, yPred.rank ?? 0];
  return labels < predictions || (yTrue.partialShape?.at(-1) === 1 && (classes ?? 2) > 1) ? "sparse" : "categorical";
}

const byKind = {
  binary: "binary_crossentropy",
  sparse: "sparse_categorical_crossentropy",
  categorical: "categorical_crossentropy",
} as const;
const isChosenByShape = (loss: unknown): loss is "crossentropy" | "ce" => loss === "crossentropy" || loss === "ce";

/** One for each output. @throws ArgumentError for another number, or an unknown name */
export function perOutput<T>(
  given: PerOutput<T> | null | undefined,
  names: readonly string[],
  what: string,
  isOne: (value: unknown) => boolean,
): (T | null)[] {
  if (given === null || given === undefined) return names.map(() => null);
  if (isOne(given)) return names.map(() => given as T);
  if (Array.isArray(given)) {
    if (given.length !== names.length)
      throw new ArgumentError(
        `For a model with multiple outputs, when providing \`${what}\` as a list, it should have as many entries as the model has outputs: received ${given.length}, expected ${names.length}.`,
      );
    return [...(given as readonly (T | null)[])];
  }
  const record = given as { readonly [output: string]: T | null };
  const unknown = Object.keys(record).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new ArgumentError(`There is no output named '${unknown}' for \`${what}\`; the outputs are [${names}].`, {
      hint: "outputs have the names of the layers that make them",
    });
  return names.map((name) => record[name] ?? null);
}

const isLoss = (value: unknown): boolean =>
  typeof value === "string" ||
  typeof value === "function" ||
  (typeof value === "object" && value !== null && ("call" in value || "class_name" in value));

/** Fails early for a name that no loss has. @throws ArgumentError */
export function checkLosses(loss: CompileOptions["loss"]): void {
  const all = isLoss(loss) || typeof (loss ?? {}) !== "object" ? [loss] : Object.values(loss ?? {});
  for (const one of all) if (one !== null && !isChosenByShape(one)) get("loss", one as LossIdentifier);
}

export interface LossParts {
  /** The sum of the outputs' losses; `null` where no output has one. */
  readonly total: Tensor | null;
  /** The loss of each output that has one, without its factor. */
  readonly parts: readonly { readonly output: string; readonly value: Tensor }[];
}

/** Builds the losses of the outputs in the default graph. */
export function buildLosses(
  { loss, lossWeights }: CompileOptions,
  outputs: readonly string[],
  yTrue: readonly (Tensor | null)[],
  yPred: readonly Tensor[],
  weights: readonly (Tensor | null)[],
  masks: readonly (Tensor | null)[],
): LossParts {
  const identifiers = perOutput<CompiledLoss>(loss, outputs, "loss", isLoss);
  const factors = perOutput<number>(lossWeights, outputs, "lossWeights", (value) => typeof value === "number");
  const parts = identifiers.flatMap((identifier, i) => {
    if (identifier === null) return [];
    const output = outputs[i] as string;
    const [label, prediction] = [yTrue[i] ?? null, yPred[i] as Tensor];
    if (label === null)
      throw new ArgumentError(`No target was given for the output '${output}', which has a loss.`, {
        hint: "pass targets: fit(x, y)",
      });
    const resolved = isChosenByShape(identifier) ? byKind[kindOfLabels(label, prediction)] : identifier;
    const chosen = get("loss", resolved);
    requireTargetShape(chosen, label, prediction);
    const values = requireResult(chosen.call(label, prediction), `the loss of output '${output}'`);
    const weight = weights[i] ?? null;
    if (weight !== null) requireWeightShape(weight, values, output);
    const value = reduceWeighted(values, chosen.reduction, weight, masks[i] ?? null);
    return [{ output, value, factor: factors[i] ?? 1 }];
  });
  const [first, ...rest] = parts.map(({ value, factor }) =>
    factor === 1 ? value : (multiply(value, factor) as Tensor),
  );
  return { total: first === undefined ? null : rest.length === 0 ? first : (addN([first, ...rest]) as Tensor), parts };
}

/** Losses of which every number of a target belongs to a number of the output. */
const sameShaped = [
  "categorical_crossentropy",
  "binary_crossentropy",
  "bce",
  "mean_squared_error",
  "mse",
  "mean_absolute_error",
  "mae",
];

function requireTargetShape({ name }: Loss, label: Tensor, prediction: Tensor): void {
  const [given, expected] = [label.partialShape, prediction.partialShape];
  if (given === null || expected === null || !sameShaped.includes(name)) return;
  const isColumn = given.length === expected.length && given.at(-1) === 1 && (expected.at(-1) ?? 1) > 1;
  if (name === "categorical_crossentropy" && (isColumn || given.length < expected.length))
    throw new ShapeError(
      `You are passing a target array of shape ${tupled(given)} while using as loss \`categorical_crossentropy\`, which expects targets to be one-hot rows of shape ${tupled(expected)}.`,
      { hint: "keras.utils.toCategorical(y) makes one-hot rows, or use the loss sparse_categorical_crossentropy" },
    );
  // Of fewer axes, what would meet the output's rows is no axis of rows.
  const clashes =
    given.length < expected.length ||
    (given.length === expected.length &&
      given.some((d, axis) => axis > 0 && d !== null && expected[axis] != null && d !== expected[axis]));
  if (clashes)
    throw new ShapeError(
      `A target array with shape ${tupled(given)} was passed for an output of shape ${tupled(expected)} while using as loss \`${name}\`. This loss expects targets to have the same shape as the output.`,
      { hint: "give the last layer as many units as a target has numbers" },
    );
}

/**
 * Weights are one for each row, or one for each value of the loss. What Keras would broadcast against values of fewer
 * axes pairs rows of weights with other rows.
 * @throws ShapeError
 */
function requireWeightShape(weights: Tensor, values: Tensor, output: string): void {
  const [given, expected] = [weights.partialShape, values.partialShape];
  if (given === null || expected === null || expected.length === 0) return;
  const fitted = given.length === expected.length + 1 && given.at(-1) === 1 ? given.slice(0, -1) : given;
  const clashes = fitted.some(
    (d, axis) => axis > 0 && d !== null && d !== 1 && expected[axis] !== null && d !== expected[axis],
  );
  if (fitted.length <= expected.length && !clashes) return;
  throw new ShapeError(
    `Sample weights with shape ${tupled(given)} were passed for the output '${output}', whose loss has values of shape ${tupled(expected)}.`,
    { hint: "give one weight for each row, in the shape [rows], or one for each value of the loss" },
  );
}

/** Labels with the last axis of 1 that predictions have, or without one that they lack. */
export function alignLabels(label: Tensor, prediction: Tensor): Tensor {
  const [given, expected] = [label.partialShape, prediction.partialShape];
  if (given === null || expected === null) return label;
  if (given.length === expected.length - 1 && expected.at(-1) === 1) return expandDims(label, -1) as Tensor;
  if (given.length === expected.length + 1 && given.at(-1) === 1) return squeeze(label, [-1]) as Tensor;
  return label;
}

/** A last axis of 1 that one of the two lacks. */
function sameRank(a: Tensor, b: Tensor): readonly [Tensor, Tensor] {
  const [rankA, rankB] = [a.rank, b.rank];
  if (rankA === null || rankB === null || rankA === rankB) return [a, b];
  if (rankA === rankB + 1 && a.partialShape?.at(-1) === 1)
    return rankB === 1 ? [a, expandDims(b, -1) as Tensor] : [squeeze(a, [-1]) as Tensor, b];
  if (rankB === rankA + 1 && b.partialShape?.at(-1) === 1)
    return rankA === 1 ? [expandDims(a, -1) as Tensor, b] : [a, squeeze(b, [-1]) as Tensor];
  return [a, b];
}

/** `a / b`, and 0 where `b` is 0. */
const ratio = (a: Tensor, b: Tensor): Tensor => {
  const isZero = b.equal(zerosLike(b) as Tensor) as Tensor<"bool">;
  const safe = where(isZero, ones([], { dtype: b.dtype as "float32" }), b) as Tensor;
  return where(isZero, zerosLike(a) as Tensor, a.div(safe) as Tensor) as Tensor;
};
const countOf = (x: Tensor): Tensor => {
  const known = x.partialShape;
  if (known?.every((d) => d !== null))
    return constant(
      known.reduce<number>((n, d) => n * (d ?? 1), 1),
      { dtype: x.dtype as "float32" },
    );
  return cast(size(x), x.dtype as "float32");
};

/** Mask and weights as one factor for each value. */
export function mergeMask(
  weights: Tensor | null,
  mask: Tensor | null,
  dtype: "float32" | "float64",
  reduction: Reduction,
): Tensor | null {
  if (mask === null) return weights === null ? null : (cast(weights, dtype) as Tensor);
  let factors = cast(mask, dtype) as Tensor;
  // What is masked does not count in the mean: the rest weighs so much more.
  if (reduction === "mean" || reduction === "sum_over_batch_size")
    factors = factors.mul(ratio(countOf(factors), reduceSum(factors) as Tensor)) as Tensor;
  if (weights === null) return factors;
  const [a, b] = sameRank(factors, cast(weights, dtype) as Tensor);
  return broadcastRows(a, b).mul(a) as Tensor;
}

/** Weights of rows beside values of more axes. */
function broadcastRows(values: Tensor, weights: Tensor): Tensor {
  let result = weights;
  for (let rank = weights.rank ?? 0; rank < (values.rank ?? 0); rank++) result = expandDims(result, -1) as Tensor;
  return result;
}

/** Values for each row, weighed and reduced to a scalar. */
function reduceWeighted(values: Tensor, reduction: Reduction, weights: Tensor | null, mask: Tensor | null): Tensor {
  const dtype = values.dtype as "float32" | "float64";
  const factors = mergeMask(weights, mask, dtype, reduction);
  let weighed = values;
  let divisor: Tensor | null = null;
  if (factors !== null) {
    const [a, b] = sameRank(values, factors);
    weighed = a.mul(broadcastRows(a, b)) as Tensor;
    if (reduction === "mean_with_sample_weight") divisor = reduceSum(b) as Tensor;
  }
  if (weighed.rank === 0) return weighed;
  const sum = reduceSum(weighed) as Tensor;
  // "none" has no scalar to train on; as in Keras, what is minimized is the sum.
  if (reduction === "sum" || reduction === "none") return sum;
  return divisor === null ? (sum.div(countOf(weighed)) as Tensor) : ratio(sum, divisor);
}
