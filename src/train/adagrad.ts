/**
 * @file The family of Adagrad, which divides each element's step by the root of its accumulated
 * squared gradients. Follows `adagrad.py`, `adadelta.py`, `adagrad_da.py` and `training_ops.cc` of
 * TensorFlow 1.3, and 1.5 where Adadelta was mended.
 */
import { ArgumentError, type OptionNames, requireOptions } from "../core/index.js";
import type { Operation, Tensor } from "../graph/index.js";
import { add } from "../ops/binary.js";
import type { NameOption } from "../ops/define.js";
import type { Variable } from "../ops/variable.js";
import { type Hyperparameter, Optimizer, scalarOf } from "./optimizer.js";
import { defineUpdate } from "./update.js";

const applyAdagrad = defineUpdate({
  name: "ApplyAdagrad",
  inputs: ["var", "accum", "lr", "grad"],
  steps: {
    accum: (e, x) => e.add(x.accum, e.mul(x.grad, x.grad)),
    var: (e, x) => e.sub(x.var, e.div(e.mul(x.grad, x.lr), e.sqrt(x.accum))),
  },
});

/** Options of {@link AdagradOptimizer}. */
export interface AdagradOptions extends NameOption {
  /** Where the sums of squares begin; positive. Default 0.1. */
  readonly initialAccumulatorValue?: number;
}
const adagradOptions: OptionNames<AdagradOptions> = { name: true, initialAccumulatorValue: true };

/** @throws ArgumentError for a value that is not positive */
export function requirePositive(value: number, name: string): number {
  if (!(value > 0))
    throw new ArgumentError(`${name} must be positive: ${value}`, { hint: "the first step divides by its root" });
  return value;
}

/**
 * `acc ← acc + g²`, `w ← w − learningRate·g/√acc`. Slot `accumulator`. `tf.train.AdagradOptimizer`.
 */
export class AdagradOptimizer extends Optimizer {
  private readonly initial: number;

  /** @throws ArgumentError for an initial accumulator that is not positive */
  constructor(learningRate: Hyperparameter, options: AdagradOptions = {}) {
    requireOptions("new AdagradOptimizer", options, adagradOptions);
    super(options.name ?? "Adagrad", { learning_rate: learningRate });
    this.initial = requirePositive(options.initialAccumulatorValue ?? 0.1, "initial_accumulator_value");
  }

  protected override createSlots(variables: readonly Variable[]): void {
    for (const variable of variables) this.createSlot(variable, "accumulator", this.initial);
  }

  protected override applyDense(grad: Tensor, variable: Variable): Operation {
    const accum = this.slotRef(variable, "accumulator");
    return applyAdagrad.apply({ var: variable.ref, accum, lr: this.scalar("learning_rate", variable), grad });
  }
}

const applyAdadelta = defineUpdate({
  name: "ApplyAdadelta",
  inputs: ["var", "accum", "accum_update", "lr", "rho", "epsilon", "grad"],
  derived: { decay: (e, x) => e.sub(e.like(x.rho, 1), x.rho) },
  steps: {
    accum: (e, x) => e.add(e.mul(x.accum, x.rho), e.mul(e.mul(x.grad, x.grad), x.decay)),
    var: (e, x) => {
      const update = e.mul(e.div(e.sqrt(e.add(x.accum_update, x.epsilon)), e.sqrt(e.add(x.accum, x.epsilon))), x.grad);
      return e.sub(x.var, e.mul(update, x.lr));
    },
    accum_update: (e, x) => {
      const update = e.mul(e.div(e.sqrt(e.add(x.accum_update, x.epsilon)), e.sqrt(e.add(x.accum, x.epsilon))), x.grad);
      return e.add(e.mul(x.accum_update, x.rho), e.mul(e.mul(update, update), x.decay));
    },
  },
});

/** Options of {@link AdadeltaOptimizer}. */
export interface AdadeltaOptions extends NameOption {
  /** Decay of the moving averages. Default 0.95. */
  readonly rho?: Hyperparameter;
  /** Inside the roots. Default 1e-8. */
  readonly epsilon?: Hyperparameter;
}
const adadeltaOptions: OptionNames<AdadeltaOptions> = { name: true, rho: true, epsilon: true };

/**
 * `acc ← ρ·acc + (1−ρ)·g²`, `u = g·√(upd+ε)/√(acc+ε)`, `w ← w − learningRate·u`,
 * `upd ← ρ·upd + (1−ρ)·u²`. Slots `accum` and `accum_update`. `tf.train.AdadeltaOptimizer` of
 * TensorFlow 1.5 and later; up to 1.4 the step read `upd` after its update, against the paper.
 */
export class AdadeltaOptimizer extends Optimizer {
  /** @param learningRate default 0.001 */
  constructor(learningRate: Hyperparameter = 0.001, options: AdadeltaOptions = {}) {
    requireOptions("new AdadeltaOptimizer", options, adadeltaOptions);
    const { rho = 0.95, epsilon = 1e-8 } = options;
    super(options.name ?? "Adadelta", { learning_rate: learningRate, rho, epsilon });
  }

  protected override createSlots(variables: readonly Variable[]): void {
    for (const variable of variables) {
      this.createSlot(variable, "accum", 0);
      this.createSlot(variable, "accum_update", 0);
    }
  }

  protected override applyDense(grad: Tensor, variable: Variable): Operation {
    return applyAdadelta.apply({
      var: variable.ref,
      accum: this.slotRef(variable, "accum"),
      accum_update: this.slotRef(variable, "accum_update"),
      lr: this.scalar("learning_rate", variable),
      rho: this.scalar("rho", variable),
      epsilon: this.scalar("epsilon", variable),
      grad,
    });
  }
}

const applyAdagradDA = defineUpdate({
  name: "ApplyAdagradDA",
  inputs: ["var", "gradient_accumulator", "gradient_squared_accumulator", "grad", "lr", "l1", "l2", "global_step"],
  derived: {
    threshold: (e, x) => e.mul(x.l1, x.global_step),
    shrinkage: (e, x) => e.mul(e.mul(x.l2, x.global_step), x.lr),
  },
  steps: {
    gradient_accumulator: (e, x) => e.add(x.gradient_accumulator, x.grad),
    gradient_squared_accumulator: (e, x) => e.add(x.gradient_squared_accumulator, e.mul(x.grad, x.grad)),
    var: (e, x) => {
      const sum = x.gradient_accumulator;
      const zero = e.like(x.lr, 0);
      const beyond = e.max(e.sub(e.abs(sum), x.threshold), zero);
      const scale = e.add(x.shrinkage, e.sqrt(x.gradient_squared_accumulator));
      return e.div(e.neg(e.mul(x.lr, e.mul(e.unary("sign", sum), beyond))), scale);
    },
  },
});

/** Options of {@link AdagradDAOptimizer}. */
export interface AdagradDAOptions extends NameOption {
  /** Where the sums of squares begin; positive. Default 0.1. */
  readonly initialGradientSquaredAccumulatorValue?: number;
  /** Default 0. */
  readonly l1RegularizationStrength?: Hyperparameter;
  /** Default 0. */
  readonly l2RegularizationStrength?: Hyperparameter;
}
const adagradDAOptions: OptionNames<AdagradDAOptions> = {
  name: true,
  initialGradientSquaredAccumulatorValue: true,
  l1RegularizationStrength: true,
  l2RegularizationStrength: true,
};

/**
 * `G ← G + g`, `GG ← GG + g²`, `w = −learningRate·sign(G)·max(|G|−l1·T, 0)/(l2·T·learningRate + √GG)`
 * with `T` the step counted from 1. The variable's initial value is forgotten. Slots
 * `gradient_accumulator` and `gradient_squared_accumulator`. `tf.train.AdagradDAOptimizer`.
 */
export class AdagradDAOptimizer extends Optimizer {
  private readonly initial: number;

  /**
   * @param globalStep the step; also pass it to `minimize`, which increments it
   * @throws ArgumentError for an initial accumulator that is not positive
   */
  constructor(
    learningRate: Hyperparameter,
    private readonly globalStep: Variable,
    options: AdagradDAOptions = {},
  ) {
    requireOptions("new AdagradDAOptimizer", options, adagradDAOptions);
    super(options.name ?? "AdagradDA", {
      learning_rate: learningRate,
      l1_regularization_strength: options.l1RegularizationStrength ?? 0,
      l2_regularization_strength: options.l2RegularizationStrength ?? 0,
    });
    this.initial = requirePositive(
      options.initialGradientSquaredAccumulatorValue ?? 0.1,
      "initial_gradient_squared_accumulator_value",
    );
  }

  protected override createSlots(variables: readonly Variable[]): void {
    for (const variable of variables) {
      this.createSlot(variable, "gradient_accumulator", 0);
      this.createSlot(variable, "gradient_squared_accumulator", this.initial);
    }
  }

  protected override applyDense(grad: Tensor, variable: Variable): Operation {
    return applyAdagradDA.apply({
      var: variable.ref,
      gradient_accumulator: this.slotRef(variable, "gradient_accumulator"),
      gradient_squared_accumulator: this.slotRef(variable, "gradient_squared_accumulator"),
      grad,
      lr: this.scalar("learning_rate", variable),
      l1: this.scalar("l1_regularization_strength", variable),
      l2: this.scalar("l2_regularization_strength", variable),
      global_step: add(scalarOf(this.globalStep, variable.dtype, "global_step"), 1),
    });
  }
}
