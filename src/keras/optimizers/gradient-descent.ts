/** @file SGD, with momentum perhaps, and Lion. Follows `sgd.py` and `lion.py` of Keras 3. */
import { ArgumentError } from "../../core/index.js";
import type { Operation } from "../../graph/index.js";
import type { Config } from "../contracts.js";
import { leading, type Without } from "../leading.js";
import { Optimizer, type OptimizerOptions, type Slot, type Step } from "./optimizer.js";
import type { Rate } from "./options.js";
import { defineKerasUpdate } from "./update.js";

const descend = defineKerasUpdate({
  name: "KerasSgd",
  summary: "Takes a step down the gradient.",
  slots: [],
  steps: { var: (e, x) => e.sub(x.var, e.mul(x.grad, x.lr)) },
});
const roll = defineKerasUpdate({
  name: "KerasSgdMomentum",
  summary: "Gathers a velocity from the gradients and moves by it.",
  slots: ["momentum"],
  steps: {
    momentum: (e, x, { momentum = 0 }) => e.sub(e.mul(x.momentum, e.like(x.grad, momentum)), e.mul(x.grad, x.lr)),
    var: (e, x, { momentum = 0, nesterov }) =>
      e.add(
        x.var,
        nesterov === 1 ? e.sub(e.mul(x.momentum, e.like(x.grad, momentum)), e.mul(x.grad, x.lr)) : x.momentum,
      ),
  },
});

/** Options of {@link SGD}. */
export interface SgdOptions extends OptimizerOptions {
  /** How much of the velocity each step keeps, 0 to 1. Default 0. */
  readonly momentum?: number;
  /** Look ahead along the velocity. Default false. */
  readonly nesterov?: boolean;
}

/**
 * `v ← momentum·v − lr·g`, `w ← w + v`; with `nesterov` `w ← w + momentum·v − lr·g`. The rate is part of
 * the velocity, other than in `tf.train.MomentumOptimizer`. `keras.optimizers.SGD`, rate 0.01.
 */
export class SGD extends Optimizer {
  readonly momentum: number;
  readonly nesterov: boolean;
  /** @throws ArgumentError for a momentum outside [0, 1] */
  constructor(options?: SgdOptions);
  constructor(learningRate: Rate, options?: Without<SgdOptions, "learningRate">);
  constructor(first?: Rate | SgdOptions, rest?: Without<SgdOptions, "learningRate">) {
    const options = leading<SgdOptions, "learningRate">("learningRate", first, rest);
    super(options, { learningRate: 0.01 });
    const { momentum = 0, nesterov = false } = options;
    if (!(momentum >= 0 && momentum <= 1)) throw new ArgumentError("`momentum` must be a float between [0, 1].");
    this.momentum = momentum;
    this.nesterov = nesterov;
  }
  protected override slotsOf(): readonly Slot[] {
    return this.momentum === 0 ? [] : [{ name: "momentum" }];
  }
  protected updateStep(step: Step): Operation {
    if (this.momentum === 0) return descend(step, {});
    return roll(step, { momentum: this.momentum, nesterov: this.nesterov ? 1 : 0 });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), momentum: this.momentum, nesterov: this.nesterov };
  }
}

const leap = defineKerasUpdate({
  name: "KerasLion",
  summary: "Moves by the sign of a blend of momentum and gradient.",
  slots: ["momentum"],
  steps: {
    var: (e, x, { beta1 = 0 }) => {
      const blend = e.add(e.mul(x.momentum, e.like(x.grad, beta1)), e.mul(x.grad, e.like(x.grad, 1 - beta1)));
      return e.sub(x.var, e.mul(x.lr, e.unary("sign", blend)));
    },
    momentum: (e, x, { beta2 = 0 }) =>
      e.add(e.mul(x.momentum, e.like(x.grad, beta2)), e.mul(x.grad, e.like(x.grad, 1 - beta2))),
  },
});

/** Options of {@link Lion}. */
export interface LionOptions extends OptimizerOptions {
  /** How much of the momentum goes into the direction. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the momentum. Default 0.99. */
  readonly beta2?: number;
}

/** `w ← w − lr·sign(β₁m + (1−β₁)g)`, `m ← β₂m + (1−β₂)g` (Chen et al., 2023). `keras.optimizers.Lion`, rate 0.001. */
export class Lion extends Optimizer {
  readonly beta1: number;
  readonly beta2: number;
  /** @throws ArgumentError for a beta1 outside (0, 1] */
  constructor(options?: LionOptions);
  constructor(learningRate: Rate, options?: Without<LionOptions, "learningRate">);
  constructor(first?: Rate | LionOptions, rest?: Without<LionOptions, "learningRate">) {
    const options = leading<LionOptions, "learningRate">("learningRate", first, rest);
    super(options, { learningRate: 0.001 });
    const { beta1 = 0.9, beta2 = 0.99 } = options;
    if (!(beta1 > 0 && beta1 <= 1))
      throw new ArgumentError(
        `Argument \`beta_1\` must be in the [0, 1] range. Otherwise, the optimizer degenerates to SignSGD. Received: beta_1=${beta1}.`,
      );
    this.beta1 = beta1;
    this.beta2 = beta2;
  }
  protected override slotsOf(): readonly Slot[] {
    return [{ name: "momentum" }];
  }
  protected updateStep(step: Step): Operation {
    return leap(step, { beta1: this.beta1, beta2: this.beta2 });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), beta_1: this.beta1, beta_2: this.beta2 };
  }
}
