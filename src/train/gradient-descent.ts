/** @file Gradient descent, plain and with momentum. Follows `training_ops.cc` of TensorFlow 1.3. */
import { type OptionNames, requireOptions } from "../core/index.js";
import type { Operation, Tensor } from "../graph/index.js";
import type { NameOption } from "../ops/define.js";
import type { Variable } from "../ops/variable.js";
import { type Hyperparameter, Optimizer } from "./optimizer.js";
import { defineUpdate } from "./update.js";

const applyGradientDescent = defineUpdate({
  name: "ApplyGradientDescent",
  inputs: ["var", "alpha", "grad"],
  steps: { var: (e, x) => e.sub(x.var, e.mul(x.grad, x.alpha)) },
});

/** `w ← w − learningRate·g`. `tf.train.GradientDescentOptimizer`. */
export class GradientDescentOptimizer extends Optimizer {
  constructor(learningRate: Hyperparameter, options: NameOption = {}) {
    requireOptions("new GradientDescentOptimizer", options, { name: true });
    super(options.name ?? "GradientDescent", { learning_rate: learningRate });
  }

  protected override applyDense(grad: Tensor, variable: Variable): Operation {
    return applyGradientDescent.apply({ var: variable.ref, alpha: this.scalar("learning_rate", variable), grad });
  }
}

const applyMomentum = defineUpdate({
  name: "ApplyMomentum",
  inputs: ["var", "accum", "lr", "grad", "momentum"],
  steps: {
    accum: (e, x) => e.add(e.mul(x.accum, x.momentum), x.grad),
    var: (e, x, { useNesterov }) => {
      const step =
        useNesterov === true
          ? e.add(e.mul(x.grad, x.lr), e.mul(e.mul(x.accum, x.momentum), x.lr))
          : e.mul(x.accum, x.lr);
      return e.sub(x.var, step);
    },
  },
});

/** Options of {@link MomentumOptimizer}. */
export interface MomentumOptions extends NameOption {
  /** Look ahead along the momentum. Default false. */
  readonly useNesterov?: boolean;
}
const momentumOptions: OptionNames<MomentumOptions> = { name: true, useNesterov: true };

/**
 * `a ← momentum·a + g`, then `w ← w − learningRate·a`; Nesterov's form subtracts
 * `learningRate·(g + momentum·a)`. The slot `momentum` holds `a`. `tf.train.MomentumOptimizer`.
 */
export class MomentumOptimizer extends Optimizer {
  private readonly useNesterov: boolean;

  constructor(learningRate: Hyperparameter, momentum: Hyperparameter, options: MomentumOptions = {}) {
    requireOptions("new MomentumOptimizer", options, momentumOptions);
    super(options.name ?? "Momentum", { learning_rate: learningRate, momentum });
    this.useNesterov = options.useNesterov ?? false;
  }

  protected override createSlots(variables: readonly Variable[]): void {
    for (const variable of variables) this.createSlot(variable, "momentum", 0);
  }

  protected override applyDense(grad: Tensor, variable: Variable): Operation {
    return applyMomentum.apply(
      {
        var: variable.ref,
        accum: this.slotRef(variable, "momentum"),
        lr: this.scalar("learning_rate", variable),
        grad,
        momentum: this.scalar("momentum", variable),
      },
      { useNesterov: this.useNesterov },
    );
  }
}
