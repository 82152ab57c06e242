/**
 * @file Whether a layer trains or predicts: a boolean that decides which graph is built, or a tensor that
 * decides in each run. May import `ops` and below.
 */
import { ArgumentError, callSiteOf, captureCallSite, DTypeError, describe } from "../core/index.js";
import { constantValue, type Tensor } from "../graph/index.js";
import { tensorOf } from "../ops/define.js";

/** A boolean, or a bool scalar such as a placeholder. */
export type Training = boolean | Tensor<"bool">;

/** Options of layers that compute differently while training. */
export interface TrainingOption {
  /** Whether this is training: a boolean, or a bool scalar that is fed. Default false. */
  readonly training?: Training | undefined;
}

/**
 * What is known while the graph is built; `undefined` where only a run will tell.
 * @throws DTypeError or ArgumentError for anything but a boolean or a bool tensor
 */
export function knownTraining(training: unknown): boolean | undefined {
  if (typeof training === "boolean") return training;
  const tensor = tensorOf(training);
  if (tensor === undefined)
    throw new ArgumentError(`training must be a boolean or a bool tensor, got ${describe(training)}`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: 'tf.placeholder("bool", []) makes one that is fed',
    });
  if (tensor.dtype !== "bool")
    throw new DTypeError(`training must be a bool tensor, but ${tensor} is ${tensor.dtype}`, {
      op: tensor.op.name,
      createdAt: tensor.op.createdAt,
      hint: 'tf.placeholder("bool", []), or tf.cast(training, "bool")',
    });
  const value = constantValue(tensor);
  return value === undefined ? undefined : Boolean(value.item());
}
