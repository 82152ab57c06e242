/** @file RMSProp. Follows `rmsprop.py` and `training_ops.cc` of TensorFlow 1.3. */
import { type OptionNames, requireOptions } from "../core/index.js";
import type { Operation, Tensor } from "../graph/index.js";
import type { NameOption } from "../ops/define.js";
import type { Variable } from "../ops/variable.js";
import { type Hyperparameter, Optimizer } from "./optimizer.js";
import { defineUpdate } from "./update.js";

const applyRMSProp = defineUpdate({
  name: "ApplyRMSProp",
  inputs: ["var", "ms", "mom", "lr", "rho", "momentum", "epsilon", "grad"],
  derived: { decay: (e, x) => e.sub(e.like(x.rho, 1), x.rho) },
  steps: {
    ms: (e, x) => e.add(x.ms, e.mul(e.sub(e.mul(x.grad, x.grad), x.ms), x.decay)),
    mom: (e, x) => e.add(e.mul(x.mom, x.momentum), e.div(e.mul(x.grad, x.lr), e.sqrt(e.add(x.ms, x.epsilon)))),
    var: (e, x) => e.sub(x.var, x.mom),
  },
});

const applyCenteredRMSProp = defineUpdate({
  name: "ApplyCenteredRMSProp",
  inputs: ["var", "mg", "ms", "mom", "lr", "rho", "momentum", "epsilon", "grad"],
  derived: { decay: (e, x) => e.sub(e.like(x.rho, 1), x.rho) },
  steps: {
    ms: (e, x) => e.add(x.ms, e.mul(e.sub(e.mul(x.grad, x.grad), x.ms), x.decay)),
    mg: (e, x) => e.add(x.mg, e.mul(e.sub(x.grad, x.mg), x.decay)),
    mom: (e, x) => {
      const variance = e.sub(x.ms, e.mul(x.mg, x.mg));
      return e.add(e.mul(x.mom, x.momentum), e.div(e.mul(x.grad, x.lr), e.sqrt(e.add(variance, x.epsilon))));
    },
    var: (e, x) => e.sub(x.var, x.mom),
  },
});

/** Options of {@link RMSPropOptimizer}. */
export interface RMSPropOptions extends NameOption {
  /** Of the moving averages. Default 0.9. */
  readonly decay?: Hyperparameter;
  /** Default 0. */
  readonly momentum?: Hyperparameter;
  /** Inside the root. Default 1e-10. */
  readonly epsilon?: Hyperparameter;
  /** Subtract the square of the mean gradient: the variance in place of the second moment. Default false. */
  readonly centered?: boolean;
}
const rmsPropOptions: OptionNames<RMSPropOptions> = {
  name: true,
  decay: true,
  momentum: true,
  epsilon: true,
  centered: true,
};

/**
 * `ms ← decay·ms + (1−decay)·g²`, beginning at 1; `mom ← momentum·mom + learningRate·g/√(ms+epsilon)`;
 * `w ← w − mom`. Slots `rms`, `momentum`, and `mg` where centered. `tf.train.RMSPropOptimizer`.
 */
export class RMSPropOptimizer extends Optimizer {
  private readonly centered: boolean;

  constructor(learningRate: Hyperparameter, options: RMSPropOptions = {}) {
    requireOptions("new RMSPropOptimizer", options, rmsPropOptions);
    const { decay = 0.9, momentum = 0, epsilon = 1e-10 } = options;
    super(options.name ?? "RMSProp", { learning_rate: learningRate, decay, momentum, epsilon });
    this.centered = options.centered ?? false;
  }

  protected override createSlots(variables: readonly Variable[]): void {
    for (const variable of variables) {
      this.createSlot(variable, "rms", 1);
      if (this.centered) this.createSlot(variable, "mg", 0);
      this.createSlot(variable, "momentum", 0);
    }
  }

  protected override applyDense(grad: Tensor, variable: Variable): Operation {
    const operands = {
      var: variable.ref,
      ms: this.slotRef(variable, "rms"),
      mom: this.slotRef(variable, "momentum"),
      lr: this.scalar("learning_rate", variable),
      rho: this.scalar("decay", variable),
      momentum: this.scalar("momentum", variable),
      epsilon: this.scalar("epsilon", variable),
      grad,
    };
    return this.centered
      ? applyCenteredRMSProp.apply({ ...operands, mg: this.slotRef(variable, "mg") })
      : applyRMSProp.apply(operands);
  }
}
