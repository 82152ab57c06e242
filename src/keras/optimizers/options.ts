/**
 * @file What is said to optimizers, and what they say of their steps. Follows `base_optimizer.py` of Keras 3.
 */
import { ArgumentError } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import type { Variable } from "../../ops/variable.js";
import { shown } from "../json.js";
import { LearningRateSchedule } from "../schedules.js";
import { type ClipOptions, requireOneClip } from "./clip.js";

/** What a learning rate may be: a number, which becomes a variable that may be assigned, or a schedule. */
export type Rate = number | LearningRateSchedule;

/** Options that all optimizers take. */
export interface OptimizerOptions extends ClipOptions {
  /** A number, which becomes a variable that may be assigned, or a schedule. */
  readonly learningRate?: Rate | undefined;
  /** Keras 2's name of `learningRate`. */
  readonly lr?: number;
  /** Keras 2's decay: the rate is divided by `1 + decay·iterations`. Default 0. */
  readonly decay?: number;
  /** Part of each weight, times the rate, that every step takes away. Default: none. */
  readonly weightDecay?: number | null | undefined;
  /** Follow the weights with moving averages. Default false. */
  readonly useEma?: boolean;
  /** Decay of these averages. Default 0.99. */
  readonly emaMomentum?: number;
  /** Overwrite the weights with their averages every so many steps. Default: only when asked to. */
  readonly emaOverwriteFrequency?: number | null;
  /** What the loss was multiplied by; gradients are divided by it. Default: none. */
  readonly lossScaleFactor?: number | null;
  /** Update once every so many steps, by the mean of their gradients. Default: at each step. */
  readonly gradientAccumulationSteps?: number | null;
  /** Scope of its variables. Default: the class in snake_case. */
  readonly name?: string | null | undefined;
}
/** The options with which one optimizer differs from others left open. */
export type Defaults = { readonly learningRate: number; readonly weightDecay?: number };

/** A gradient with the variable it belongs to; `null` where the loss does not depend on it. */
export type GradientAndVariable = readonly [gradient: Tensor | null, variable: Variable];

/** A variable that goes with each trained one: a momentum. */
export interface Slot {
  /** `momentum`: part of the name of the variable. */
  readonly name: string;
  /** Default: the trained variable's. */
  readonly shape?: readonly number[];
  /** Where it begins. Default 0. */
  readonly initial?: number;
  /** Slots of group 0 are made for all variables before those of group 1: the order of archives. Default 0. */
  readonly group?: number;
}

/** One variable's share of a step. */
export interface Step {
  /** What is updated. */
  readonly variable: Variable;
  /** Scaled and clipped. */
  readonly gradient: Tensor;
  /** What goes with the variable, by the names of {@link Slot}. */
  readonly slots: Readonly<Record<string, Variable>>;
  /** The learning rate, a scalar in the variable's dtype. */
  readonly rate: Tensor;
  /** The number of this step, from 1, a scalar in the variable's dtype. */
  readonly step: Tensor;
  /** What decays, `null` where nothing does. */
  readonly weightDecay: number | null;
  /** Whether the update takes effect; `null` where each does. */
  readonly isTurn: Tensor<"bool"> | null;
  /** Scalars that all variables share. */
  readonly shared?: Readonly<Record<string, Tensor>>;
}

/** @throws ArgumentError for more than one way to clip, or a value out of range */
export function requireOptions(options: OptimizerOptions, learningRate: number | LearningRateSchedule): void {
  const {
    gradientAccumulationSteps = null,
    emaMomentum = 0.99,
    emaOverwriteFrequency: frequency = null,
    decay = 0,
  } = options;
  if (!(learningRate instanceof LearningRateSchedule) && !Number.isFinite(learningRate))
    throw new ArgumentError(
      `Argument \`learning_rate\` should be float, or an instance of LearningRateSchedule. Received instead: learning_rate=${shown(learningRate)}`,
      { hint: "a schedule's config has class_name and config" },
    );
  requireOneClip(options);
  if (!(emaMomentum >= 0 && emaMomentum <= 1))
    throw new ArgumentError(`\`ema_momentum\` must be in the range [0, 1]. Received: ema_momentum=${emaMomentum}`);
  if (frequency !== null && !(Number.isInteger(frequency) && frequency >= 1))
    throw new ArgumentError(
      `\`ema_overwrite_frequency\` must be an integer >= 1 or None. Received: ema_overwrite_frequency=${frequency}`,
    );
  if (
    gradientAccumulationSteps !== null &&
    !(Number.isInteger(gradientAccumulationSteps) && gradientAccumulationSteps >= 2)
  )
    throw new ArgumentError(
      `\`gradient_accumulation_steps\` must be an integer >= 2. Received: gradient_accumulation_steps=${gradientAccumulationSteps}`,
    );
  if (!(decay >= 0)) throw new ArgumentError(`\`decay\` must not be negative. Received: decay=${decay}`);
}
