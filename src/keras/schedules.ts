/**
 * @file `keras.optimizers.schedules`: learning rates that change with the step. Each is a function of the
 * step; an optimizer is given one in place of a number and calls it with its iterations. Follows
 * `learning_rate_schedule.py` of Keras 3.
 */
import { ArgumentError, type NumericDType } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { where } from "../ops/array/index.js";
import { cast } from "../ops/cast.js";
import { convertToTensor, tensorOf } from "../ops/define.js";
import {
  cosineDecay,
  cosineDecayRestarts,
  exponentialDecay,
  inverseTimeDecay,
  piecewiseConstant,
  polynomialDecay,
} from "../train/schedules.js";
import { recordOf, requireNoMore, requireNumber, requireNumbers } from "./arguments.js";
import { callable } from "./callable.js";
import type { Config, SerializedObject } from "./contracts.js";
import { fromSerialized, optionsOf, register } from "./registry.js";

/** The step that a rate is asked for. */
export type Step = Tensor | number;

/** Base of the schedules: `schedule(step)` is the learning rate at a step, a scalar. */
export abstract class LearningRateSchedule extends callable<(step: Step) => Tensor>() {
  /** The learning rate at a step. */
  abstract compute(step: Step): Tensor;
  /** The options, under Keras's names. */
  abstract getConfig(): Config;
}

/** @throws ArgumentError for a number of steps that is not positive */
function requireSteps(steps: number, argument: string): number {
  if (typeof steps !== "number" || !(steps > 0))
    throw new ArgumentError(`Argument \`${argument}\` must be > 0. Received: ${argument}=${steps}`);
  return steps;
}

interface NameOption {
  /** Name of its operations. Default: the class. */
  readonly name?: string | undefined;
}
/** Options of {@link ExponentialDecay} and {@link InverseTimeDecay}. */
export interface DecayOptions extends NameOption {
  /** The number of steps after which the rate has decayed once. */
  readonly decaySteps: number;
  /** What the rate is multiplied by. */
  readonly decayRate: number;
  /** Decay once every `decaySteps` in place of a little at each step. Default false. */
  readonly staircase?: boolean;
}

/** What the two decays by a rate share. */
abstract class RateDecay extends LearningRateSchedule {
  readonly decaySteps: number;
  readonly decayRate: number;
  readonly staircase: boolean;
  readonly label: string;
  constructor(
    readonly initialLearningRate: number,
    options: DecayOptions,
    defaultName: string,
  ) {
    const { decaySteps, decayRate, staircase = false, name, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["decaySteps", "decayRate", "staircase", "name"]);
    super();
    requireNumber(initialLearningRate, "initial_learning_rate", new.target);
    this.decaySteps = requireSteps(decaySteps, "decay_steps");
    this.decayRate = requireNumber(decayRate, "decay_rate", new.target);
    this.staircase = staircase;
    this.label = name ?? defaultName;
  }
  getConfig(): Config {
    const { initialLearningRate, decaySteps, decayRate, staircase, label: name } = this;
    return {
      initial_learning_rate: initialLearningRate,
      decay_steps: decaySteps,
      decay_rate: decayRate,
      staircase,
      name,
    };
  }
}

/** `initialLearningRate · decayRate^(step/decaySteps)`. `keras.optimizers.schedules.ExponentialDecay`. */
export class ExponentialDecay extends RateDecay {
  /** @throws ArgumentError for a number of steps that is not positive */
  constructor(initialLearningRate: number, options: DecayOptions) {
    super(initialLearningRate, options, "ExponentialDecay");
  }
  compute(step: Step): Tensor {
    const { staircase, label: name } = this;
    return exponentialDecay(this.initialLearningRate, step, this.decaySteps, this.decayRate, { staircase, name });
  }
  static fromConfig({ initial_learning_rate: rate, ...config }: Config): ExponentialDecay {
    return new ExponentialDecay(rate as number, optionsOf(config));
  }
}

/** `initialLearningRate / (1 + decayRate·step/decaySteps)`. `keras.optimizers.schedules.InverseTimeDecay`. */
export class InverseTimeDecay extends RateDecay {
  /** @throws ArgumentError for a number of steps that is not positive */
  constructor(initialLearningRate: number, options: DecayOptions) {
    super(initialLearningRate, options, "InverseTimeDecay");
  }
  compute(step: Step): Tensor {
    const { staircase, label: name } = this;
    return inverseTimeDecay(this.initialLearningRate, step, this.decaySteps, this.decayRate, { staircase, name });
  }
  static fromConfig({ initial_learning_rate: rate, ...config }: Config): InverseTimeDecay {
    return new InverseTimeDecay(rate as number, optionsOf(config));
  }
}

/** Options of {@link PolynomialDecay}. */
export interface PolynomialDecayOptions extends NameOption {
  /** The step at which the end is reached. */
  readonly decaySteps: number;
  /** The rate from then on. Default 0.0001. */
  readonly endLearningRate?: number;
  /** 1 is a straight line. Default 1. */
  readonly power?: number;
  /** Begin again, over a longer stretch, whenever the end is reached. Default false. */
  readonly cycle?: boolean;
}

/** `(initial − end)·(1 − step/decaySteps)^power + end`. `keras.optimizers.schedules.PolynomialDecay`. */
export class PolynomialDecay extends LearningRateSchedule {
  readonly decaySteps: number;
  readonly endLearningRate: number;
  readonly power: number;
  readonly cycle: boolean;
  readonly label: string;
  /** @throws ArgumentError for a number of steps that is not positive */
  constructor(
    readonly initialLearningRate: number,
    options: PolynomialDecayOptions,
  ) {
    const {
      decaySteps,
      endLearningRate = 0.0001,
      power = 1,
      cycle = false,
      name = "PolynomialDecay",
      ...rest
    } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["decaySteps", "endLearningRate", "power", "cycle", "name"]);
    super();
    requireNumber(initialLearningRate, "initial_learning_rate", new.target);
    this.decaySteps = requireSteps(decaySteps, "decay_steps");
    this.endLearningRate = endLearningRate;
    this.power = power;
    this.cycle = cycle;
    this.label = name;
  }
  compute(step: Step): Tensor {
    const { endLearningRate, power, cycle, label: name } = this;
    return polynomialDecay(this.initialLearningRate, step, this.decaySteps, { endLearningRate, power, cycle, name });
  }
  getConfig(): Config {
    const { initialLearningRate, decaySteps, endLearningRate, power, cycle, label: name } = this;
    return {
      initial_learning_rate: initialLearningRate,
      decay_steps: decaySteps,
      end_learning_rate: endLearningRate,
      power,
      cycle,
      name,
    };
  }
  static fromConfig({ initial_learning_rate: rate, ...config }: Config): PolynomialDecay {
    return new PolynomialDecay(rate as number, optionsOf(config));
  }
}

/**
 * `values[0]` while `step ≤ boundaries[0]`, `values[i]` up to `boundaries[i]`, the last beyond.
 * `keras.optimizers.schedules.PiecewiseConstantDecay`.
 */
export class PiecewiseConstantDecay extends LearningRateSchedule {
  readonly label: string;
  /** @throws ArgumentError where there is not one value more than boundaries */
  constructor(
    readonly boundaries: readonly number[],
    readonly values: readonly number[],
    options: NameOption = {},
  ) {
    const { name = "PiecewiseConstant", ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["name"]);
    super();
    requireNumbers(boundaries, "boundaries", new.target);
    requireNumbers(values, "values", new.target);
    if (boundaries.length !== values.length - 1)
      throw new ArgumentError(
        `The length of boundaries should be 1 less than the length of values. Received: boundaries=${boundaries} of length ${boundaries.length}, and values=${values} of length ${values.length}.`,
      );
    this.label = name;
  }
  compute(step: Step): Tensor {
    return piecewiseConstant(asFloat(step), this.boundaries, this.values, { name: this.label });
  }
  getConfig(): Config {
    return { boundaries: this.boundaries, values: this.values, name: this.label };
  }
  static fromConfig({ boundaries, values, ...config }: Config): PiecewiseConstantDecay {
    return new PiecewiseConstantDecay(boundaries as number[], values as number[], optionsOf(config));
  }
}

const asFloat = (step: Step): Tensor =>
  cast(tensorOf(step) ?? convertToTensor(step, { dtype: "float32" as NumericDType }), "float32");

/** Options of {@link CosineDecay}. */
export interface CosineDecayOptions extends NameOption {
  /** The number of steps of the decay, after those of the warm-up. */
  readonly decaySteps: number;
  /** The smallest rate, as a part of the rate that the decay begins with. Default 0. */
  readonly alpha?: number;
  /** Rise in a straight line to this rate first. Default: no warm-up. */
  readonly warmupTarget?: number | null;
  /** The number of steps of the warm-up. Default 0. */
  readonly warmupSteps?: number;
}

/**
 * `initial · ((1 − alpha)·½(1 + cos(π·step/decaySteps)) + alpha)` (Loshchilov and Hutter, 2016), after a
 * warm-up perhaps, and then beginning with its target. `keras.optimizers.schedules.CosineDecay`.
 */
export class CosineDecay extends LearningRateSchedule {
  readonly decaySteps: number;
  readonly alpha: number;
  readonly warmupTarget: number | null;
  readonly warmupSteps: number;
  readonly label: string;
  /** @throws ArgumentError for a number of steps that is not positive */
  constructor(
    readonly initialLearningRate: number,
    options: CosineDecayOptions,
  ) {
    const {
      decaySteps,
      alpha = 0,
      warmupTarget = null,
      warmupSteps = 0,
      name = "CosineDecay",
      ...rest
    } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["decaySteps", "alpha", "warmupTarget", "warmupSteps", "name"]);
    super();
    requireNumber(initialLearningRate, "initial_learning_rate", new.target);
    this.decaySteps = requireSteps(decaySteps, "decay_steps");
    this.alpha = alpha;
    this.warmupTarget = warmupTarget;
    this.warmupSteps = warmupSteps;
    this.label = name;
  }
  compute(step: Step): Tensor {
    const { initialLearningRate: initial, decaySteps, alpha, warmupTarget, warmupSteps, label: name } = this;
    if (warmupTarget === null) return cosineDecay(initial, step, decaySteps, { alpha, name });
    const position = asFloat(step);
    const decayed = cosineDecay(warmupTarget, position.sub(warmupSteps) as Tensor, decaySteps, { alpha, name });
    const risen = position.mul((warmupTarget - initial) / Math.max(warmupSteps, 1)).add(initial) as Tensor;
    return where(position.less(warmupSteps) as Tensor<"bool">, risen, decayed as Tensor) as Tensor;
  }
  getConfig(): Config {
    return {
      initial_learning_rate: this.initialLearningRate,
      decay_steps: this.decaySteps,
      alpha: this.alpha,
      name: this.label,
      warmup_target: this.warmupTarget,
      warmup_steps: this.warmupSteps,
    };
  }
  static fromConfig({ initial_learning_rate: rate, ...config }: Config): CosineDecay {
    return new CosineDecay(rate as number, optionsOf(config));
  }
}

/** Options of {@link CosineDecayRestarts}. */
export interface CosineDecayRestartsOptions extends NameOption {
  /** The number of steps of the first period. */
  readonly firstDecaySteps: number;
  /** Each period is this much longer than the one before. Default 2. */
  readonly tMul?: number;
  /** Each period begins at this part of the rate of the one before. Default 1. */
  readonly mMul?: number;
  /** The smallest rate, as a part of the initial one. Default 0. */
  readonly alpha?: number;
}

/** Cosine decay that begins again at the end of each period. `keras.optimizers.schedules.CosineDecayRestarts`. */
export class CosineDecayRestarts extends LearningRateSchedule {
  readonly firstDecaySteps: number;
  readonly tMul: number;
  readonly mMul: number;
  readonly alpha: number;
  readonly label: string;
  /** @throws ArgumentError for a number of steps that is not positive */
  constructor(
    readonly initialLearningRate: number,
    options: CosineDecayRestartsOptions,
  ) {
    const {
      firstDecaySteps,
      tMul = 2,
      mMul = 1,
      alpha = 0,
      name = "SGDRDecay",
      ...rest
    } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["firstDecaySteps", "tMul", "mMul", "alpha", "name"]);
    super();
    requireNumber(initialLearningRate, "initial_learning_rate", new.target);
    this.firstDecaySteps = requireSteps(firstDecaySteps, "first_decay_steps");
    this.tMul = tMul;
    this.mMul = mMul;
    this.alpha = alpha;
    this.label = name;
  }
  compute(step: Step): Tensor {
    const { tMul, mMul, alpha, label: name } = this;
    return cosineDecayRestarts(this.initialLearningRate, step, this.firstDecaySteps, { tMul, mMul, alpha, name });
  }
  getConfig(): Config {
    return {
      initial_learning_rate: this.initialLearningRate,
      first_decay_steps: this.firstDecaySteps,
      t_mul: this.tMul,
      m_mul: this.mMul,
      alpha: this.alpha,
      name: this.label,
    };
  }
  static fromConfig({ initial_learning_rate: rate, ...config }: Config): CosineDecayRestarts {
    return new CosineDecayRestarts(rate as number, optionsOf(config));
  }
}

const classes = {
  CosineDecay,
  CosineDecayRestarts,
  ExponentialDecay,
  InverseTimeDecay,
  PiecewiseConstantDecay,
  PolynomialDecay,
};
for (const [name, source] of Object.entries(classes))
  register("schedule", name, source, { module: "keras.optimizers.schedules" });

/** The schedule of a config. `keras.optimizers.schedules.deserialize`. */
export const deserialize = (config: SerializedObject): LearningRateSchedule =>
  fromSerialized("schedule", config) as LearningRateSchedule;
