/** @file Adam and its kin: AdamW, Adamax, Nadam. Follows `adam.py`, `adamw.py`, `adamax.py` and `nadam.py` of Keras 3. */
import { ArgumentError } from "../../core/index.js";
import type { Operation, Tensor } from "../../graph/index.js";
import type { Expr, ExpressionBuilder } from "../../ir/index.js";
import { pow } from "../../ops/binary.js";
import type { Config } from "../contracts.js";
import { leading, type Without } from "../leading.js";
import { choose } from "./choose.js";
import { Optimizer, type OptimizerOptions, type Slot, type Step } from "./optimizer.js";
import type { Rate } from "./options.js";
import { defineKerasUpdate } from "./update.js";

/** `average + (value − average)·(1 − beta)`. */
const towards = (e: ExpressionBuilder, average: Expr, value: Expr, beta: number): Expr =>
  e.add(average, e.mul(e.sub(value, average), e.like(value, 1 - beta)));
/** `1 − beta^step`. */
const correction = (e: ExpressionBuilder, step: Expr, beta: number): Expr =>
  e.sub(e.like(step, 1), e.pow(e.like(step, beta), step));
const squareOf = (e: ExpressionBuilder, x: Expr): Expr => e.mul(x, x);

const alpha = (
  e: ExpressionBuilder,
  x: Readonly<Record<"lr" | "step", Expr>>,
  betas: Readonly<Record<string, number>>,
) => e.div(e.mul(x.lr, e.sqrt(correction(e, x.step, betas.beta2 ?? 0))), correction(e, x.step, betas.beta1 ?? 0));

const adam = defineKerasUpdate({
  name: "KerasAdam",
  summary: "Adapts each element's step by moving averages of the gradient and its square.",
  slots: ["momentum", "velocity"],
  derived: { alpha },
  steps: {
    momentum: (e, x, { beta1 = 0 }) => towards(e, x.momentum, x.grad, beta1),
    velocity: (e, x, { beta2 = 0 }) => towards(e, x.velocity, squareOf(e, x.grad), beta2),
    var: (e, x, { epsilon = 0 }) =>
      e.sub(x.var, e.div(e.mul(x.momentum, x.alpha), e.add(e.sqrt(x.velocity), e.like(x.grad, epsilon)))),
  },
});
const amsgrad = defineKerasUpdate({
  name: "KerasAmsgrad",
  summary: "Adam with the largest mean square so far.",
  slots: ["momentum", "velocity", "velocity_hat"],
  derived: { alpha },
  steps: {
    momentum: (e, x, { beta1 = 0 }) => towards(e, x.momentum, x.grad, beta1),
    velocity: (e, x, { beta2 = 0 }) => towards(e, x.velocity, squareOf(e, x.grad), beta2),
    velocity_hat: (e, x) => e.max(x.velocity_hat, x.velocity),
    var: (e, x, { epsilon = 0 }) =>
      e.sub(x.var, e.div(e.mul(x.momentum, x.alpha), e.add(e.sqrt(x.velocity_hat), e.like(x.grad, epsilon)))),
  },
});

/** Options of {@link Adamax}, {@link Lamb} and their relatives. */
export interface AdamFamilyOptions extends OptimizerOptions {
  /** Decay of the gradient's average. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the average that the step is divided by. Default 0.999. */
  readonly beta2?: number;
  /** Added to what the step is divided by. Default 1e−7. */
  readonly epsilon?: number;
}
/** Options of {@link Adam} and {@link AdamW}. */
export interface AdamOptions extends AdamFamilyOptions {
  /** Divide by the largest mean square so far (Reddi et al., 2018). Default false. */
  readonly amsgrad?: boolean;
}

/** What the family shares. */
abstract class AdamFamily extends Optimizer {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  constructor(options: AdamFamilyOptions) {
    super(options, { learningRate: 0.001 });
    this.beta1 = options.beta1 ?? 0.9;
    this.beta2 = options.beta2 ?? 0.999;
    this.epsilon = options.epsilon ?? 1e-7;
  }
  protected override slotsOf(): readonly Slot[] {
    return [{ name: "momentum" }, { name: "velocity" }];
  }
  protected get numbers() {
    return { beta1: this.beta1, beta2: this.beta2, epsilon: this.epsilon };
  }
  override getConfig(): Config {
    return { ...super.getConfig(), beta_1: this.beta1, beta_2: this.beta2, epsilon: this.epsilon };
  }
}

/**
 * `m ← β₁m + (1−β₁)g`, `v ← β₂v + (1−β₂)g²`, `w ← w − α·m/(√v + ε)` with `α = lr·√(1−β₂ᵗ)/(1−β₁ᵗ)`
 * (Kingma and Ba, 2014). `keras.optimizers.Adam`, rate 0.001.
 */
export class Adam extends AdamFamily {
  readonly amsgrad: boolean;
  constructor(options?: AdamOptions);
  constructor(learningRate: Rate, options?: Without<AdamOptions, "learningRate">);
  constructor(first?: Rate | AdamOptions, rest?: Without<AdamOptions, "learningRate">) {
    const options = leading<AdamOptions, "learningRate">("learningRate", first, rest);
    super(options);
    this.amsgrad = options.amsgrad ?? false;
  }
  protected override slotsOf(): readonly Slot[] {
    return [...super.slotsOf(), ...(this.amsgrad ? [{ name: "velocity_hat", group: 1 }] : [])];
  }
  protected updateStep(step: Step): Operation {
    return (this.amsgrad ? amsgrad : adam)(step, this.numbers);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), amsgrad: this.amsgrad };
  }
}

/** {@link Adam} with weight decay, 0.004 by default (Loshchilov and Hutter, 2017). `keras.optimizers.AdamW`. */
export class AdamW extends Adam {
  /** @throws ArgumentError for a weight decay of `null` */
  constructor(options?: AdamOptions);
  constructor(learningRate: Rate, options?: Without<AdamOptions, "learningRate">);
  constructor(first?: Rate | AdamOptions, rest?: Without<AdamOptions, "learningRate">) {
    const options = leading<AdamOptions, "learningRate">("learningRate", first, rest);
    super({ ...options, weightDecay: options.weightDecay === undefined ? 0.004 : options.weightDecay });
    if (this.weightDecay === null)
      throw new ArgumentError("Argument `weight_decay` must be a float. Received: weight_decay=None", {
        hint: "use Adam for none",
      });
  }
}

const adamax = defineKerasUpdate({
  name: "KerasAdamax",
  summary: "Adam with the largest recent gradient in place of the mean square.",
  slots: ["momentum", "norm"],
  derived: { correction1: (e, x, { beta1 = 0 }) => correction(e, x.step, beta1) },
  steps: {
    momentum: (e, x, { beta1 = 0 }) => towards(e, x.momentum, x.grad, beta1),
    norm: (e, x, { beta2 = 0 }) => e.max(e.mul(e.like(x.grad, beta2), x.norm), e.abs(x.grad)),
    var: (e, x, { epsilon = 0 }) =>
      e.sub(x.var, e.div(e.mul(x.lr, x.momentum), e.mul(x.correction1, e.add(x.norm, e.like(x.grad, epsilon))))),
  },
});

/** `u ← max(β₂u, |g|)`, `w ← w − lr/(1−β₁ᵗ)·m/(u + ε)`. `keras.optimizers.Adamax`, rate 0.001. */
export class Adamax extends AdamFamily {
  constructor(options?: AdamFamilyOptions);
  constructor(learningRate: Rate, options?: Without<AdamFamilyOptions, "learningRate">);
  constructor(first?: Rate | AdamFamilyOptions, rest?: Without<AdamFamilyOptions, "learningRate">) {
    const options = leading<AdamFamilyOptions, "learningRate">("learningRate", first, rest);
    super(options);
  }
  protected override slotsOf(): readonly Slot[] {
    return [{ name: "momentum" }, { name: "norm" }];
  }
  protected updateStep(step: Step): Operation {
    return adamax(step, this.numbers);
  }
}

/** The momentum of a step: it grows towards beta1. */
const warmed = (e: ExpressionBuilder, step: Expr, beta1: number, speed: number): Expr => {
  const decay = e.pow(e.like(step, 0.96), e.mul(step, e.like(step, speed)));
  return e.mul(e.like(step, beta1), e.sub(e.like(step, 1), e.mul(e.like(step, 0.5), decay)));
};
/** {@link towards} with 1 − beta of a beta that was rounded first, as Keras's Nadam has it. */
const nearer = (e: ExpressionBuilder, average: Expr, value: Expr, beta: number): Expr =>
  e.add(average, e.mul(e.sub(value, average), e.sub(e.like(value, 1), e.like(value, beta))));
const nadam = defineKerasUpdate({
  name: "KerasNadam",
  summary: "Adam that looks ahead along its momentum.",
  slots: ["momentum", "velocity"],
  shared: ["product"],
  derived: {
    now: (e, x, { beta1 = 0, speed = 1 }) => warmed(e, x.step, beta1, speed),
    next: (e, x, { beta1 = 0, speed = 1 }) => warmed(e, e.add(x.step, e.like(x.step, 1)), beta1, speed),
    correction2: (e, x, { beta2 = 0 }) => correction(e, x.step, beta2),
  },
  steps: {
    momentum: (e, x, { beta1 = 0 }) => nearer(e, x.momentum, x.grad, beta1),
    velocity: (e, x, { beta2 = 0 }) => nearer(e, x.velocity, squareOf(e, x.grad), beta2),
    var: (e, x, { epsilon = 0 }) => {
      const one = e.like(x.grad, 1);
      const ahead = e.div(e.mul(x.next, x.momentum), e.sub(one, e.mul(x.product, x.next)));
      const here = e.div(e.mul(e.sub(one, x.now), x.grad), e.sub(one, x.product));
      const size = e.add(e.sqrt(e.div(x.velocity, x.correction2)), e.like(x.grad, epsilon));
      return e.sub(x.var, e.div(e.mul(e.add(ahead, here), x.lr), size));
    },
  },
});

/** Options of {@link Nadam}. */
export interface NadamOptions extends AdamFamilyOptions {
  /** How fast the momentum warms up: `β₁(1 − ½·0.96^(scheduleDecay·t))`. Default 1; Keras 2 had 0.004. */
  readonly scheduleDecay?: number;
}

/** {@link Adam} with Nesterov momentum that warms up (Dozat, 2015). `keras.optimizers.Nadam`, rate 0.001. */
export class Nadam extends AdamFamily {
  readonly scheduleDecay: number;
  constructor(options?: NadamOptions);
  constructor(learningRate: Rate, options?: Without<NadamOptions, "learningRate">);
  constructor(first?: Rate | NadamOptions, rest?: Without<NadamOptions, "learningRate">) {
    const options = leading<NadamOptions, "learningRate">("learningRate", first, rest);
    super(options);
    this.scheduleDecay = options.scheduleDecay ?? 1;
  }
  /** The product of the momenta of all steps so far is the same for all variables. */
  protected override updateAll(steps: readonly Step[]): Operation[] {
    const [first] = steps;
    if (first === undefined) return [];
    const { beta1, scheduleDecay } = this;
    const before = this.sharedVariable(first.variable.graph, "u_product", 1);
    const power = pow(0.96, first.step.cast("float32").mul(scheduleDecay) as Tensor) as Tensor;
    const product = before.value().mul(power.mul(-0.5).add(1).mul(beta1) as Tensor) as Tensor;
    const updates = super.updateAll(
      steps.map((step) => ({ ...step, shared: { product: product.cast(step.variable.dtype) as Tensor } })),
    );
    const { isTurn } = first;
    const kept = isTurn === null ? product : choose(isTurn, product, before.value());
    return [...updates, before.assign(kept).op];
  }
  protected updateStep(step: Step): Operation {
    return nadam(step, { ...this.numbers, speed: this.scheduleDecay });
  }
  override getConfig(): Config {
    const { scheduleDecay } = this;
    return { ...super.getConfig(), ...(scheduleDecay === 1 ? {} : { schedule_decay: scheduleDecay }) };
  }
}
