/**
 * @file Proximal forms of gradient descent and Adagrad: after the step, weights are drawn toward zero
 * by L1 and L2. Follows `proximal_*.py` and `training_ops.cc` of TensorFlow 1.3.
 */
import { type OptionNames, requireOptions } from "../core/index.js";
import type { Operation, Tensor } from "../graph/index.js";
import type { Expr, ExpressionBuilder } from "../ir/index.js";
import type { NameOption } from "../ops/define.js";
import type { Variable } from "../ops/variable.js";
import { requirePositive } from "./adagrad.js";
import { type Hyperparameter, Optimizer } from "./optimizer.js";
import { defineUpdate } from "./update.js";

/** `sign(v)·max(|v| − rate·l1, 0)/(1 + l2·rate)` */
function shrink(e: ExpressionBuilder, v: Expr, rate: Expr, l1: Expr, l2: Expr): Expr {
  const beyond = e.max(e.sub(e.abs(v), e.mul(rate, l1)), e.like(v, 0));
  return e.div(e.mul(e.unary("sign", v), beyond), e.add(e.like(v, 1), e.mul(l2, rate)));
}

const applyProximalGradientDescent = defineUpdate({
  name: "ApplyProximalGradientDescent",
  inputs: ["var", "alpha", "l1", "l2", "grad"],
  steps: { var: (e, x) => shrink(e, e.sub(x.var, e.mul(x.grad, x.alpha)), x.alpha, x.l1, x.l2) },
});

/** Options of {@link ProximalGradientDescentOptimizer}. */
export interface ProximalGradientDescentOptions extends NameOption {
  /** Default 0. */
  readonly l1RegularizationStrength?: Hyperparameter;
  /** Default 0. */
  readonly l2RegularizationStrength?: Hyperparameter;
}
const descentOptions: OptionNames<ProximalGradientDescentOptions> = {
  name: true,
  l1RegularizationStrength: true,
  l2RegularizationStrength: true,
};

/**
 * `v = w − learningRate·g`, `w ← sign(v)·max(|v| − learningRate·l1, 0)/(1 + l2·learningRate)`.
 * `tf.train.ProximalGradientDescentOptimizer`.
 */
export class ProximalGradientDescentOptimizer extends Optimizer {
  constructor(learningRate: Hyperparameter, options: ProximalGradientDescentOptions = {}) {
    requireOptions("new ProximalGradientDescentOptimizer", options, descentOptions);
    super(options.name ?? "ProximalGradientDescent", {
      learning_rate: learningRate,
      l1_regularization_strength: options.l1RegularizationStrength ?? 0,
      l2_regularization_strength: options.l2RegularizationStrength ?? 0,
    });
  }

  protected override applyDense(grad: Tensor, variable: Variable): Operation {
    return applyProximalGradientDescent.apply({
      var: variable.ref,
      alpha: this.scalar("learning_rate", variable),
      l1: this.scalar("l1_regularization_strength", variable),
      l2: this.scalar("l2_regularization_strength", variable),
      grad,
    });
  }
}

const applyProximalAdagrad = defineUpdate({
  name: "ApplyProximalAdagrad",
  inputs: ["var", "accum", "lr", "l1", "l2", "grad"],
  steps: {
    accum: (e, x) => e.add(x.accum, e.mul(x.grad, x.grad)),
    var: (e, x) => {
      const rate = e.div(x.lr, e.sqrt(x.accum));
      return shrink(e, e.sub(x.var, e.mul(x.grad, rate)), rate, x.l1, x.l2);
    },
  },
});

/** Options of {@link ProximalAdagradOptimizer}. */
export interface ProximalAdagradOptions extends ProximalGradientDescentOptions {
  /** Where the sums of squares begin; positive. Default 0.1. */
  readonly initialAccumulatorValue?: number;
}
const adagradOptions: OptionNames<ProximalAdagradOptions> = { ...descentOptions, initialAccumulatorValue: true };

/**
 * As {@link ProximalGradientDescentOptimizer}, with `learningRate/√acc` for each element and
 * `acc ← acc + g²`. Slot `accumulator`. `tf.train.ProximalAdagradOptimizer`.
 */
export class ProximalAdagradOptimizer extends Optimizer {
  private readonly initial: number;

  /** @throws ArgumentError for an initial accumulator that is not positive */
  constructor(learningRate: Hyperparameter, options: ProximalAdagradOptions = {}) {
    requireOptions("new ProximalAdagradOptimizer", options, adagradOptions);
    super(options.name ?? "ProximalAdagrad", {
      learning_rate: learningRate,
      l1_regularization_strength: options.l1RegularizationStrength ?? 0,
      l2_regularization_strength: options.l2RegularizationStrength ?? 0,
    });
    this.initial = requirePositive(options.initialAccumulatorValue ?? 0.1, "initial_accumulator_value");
  }

  protected override createSlots(variables: readonly Variable[]): void {
    for (const variable of variables) this.createSlot(variable, "accumulator", this.initial);
  }

  protected override applyDense(grad: Tensor, variable: Variable): Operation {
    return applyProximalAdagrad.apply({
      var: variable.ref,
      accum: this.slotRef(variable, "accumulator"),
      lr: this.scalar("learning_rate", variable),
      l1: this.scalar("l1_regularization_strength", variable),
      l2: this.scalar("l2_regularization_strength", variable),
      grad,
    });
  }
}
