/**
 * @file Optimizers that divide by the size of past gradients: RMSprop, Adagrad, Adadelta, Ftrl. Follows
 * `rmsprop.py`, `adagrad.py`, `adadelta.py` and `ftrl.py` of Keras 3.
 */
import { ArgumentError } from "../../core/index.js";
import type { Operation } from "../../graph/index.js";
import type { Expr, ExpressionBuilder } from "../../ir/index.js";
import type { Config } from "../contracts.js";
import { leading, type Without } from "../leading.js";
import { Optimizer, type OptimizerOptions, type Slot, type Step } from "./optimizer.js";
import type { Rate } from "./options.js";
import { defineKerasUpdate, type KerasUpdate } from "./update.js";

/** `rho·average + (1 − rho)·value`. */
const blend = (e: ExpressionBuilder, average: Expr, value: Expr, rho: number): Expr =>
  e.add(e.mul(e.like(value, rho), average), e.mul(e.like(value, 1 - rho), value));
const squareOf = (e: ExpressionBuilder, x: Expr): Expr => e.mul(x, x);

// ---- RMSprop ----

type RmspropSlot = "velocity" | "momentum" | "average_gradient";
type RmspropExprs = Readonly<Record<RmspropSlot | "var" | "grad" | "lr", Expr>>;

function defineRmsprop(name: string, slots: readonly RmspropSlot[]): KerasUpdate {
  const [hasMomentum, isCentered] = [slots.includes("momentum"), slots.includes("average_gradient")];
  const increment = (e: ExpressionBuilder, x: RmspropExprs, epsilon: number): Expr => {
    const spread = isCentered ? e.sub(x.velocity, squareOf(e, x.average_gradient)) : x.velocity;
    return e.div(e.mul(x.lr, x.grad), e.sqrt(e.add(spread, e.like(x.grad, epsilon))));
  };
  return defineKerasUpdate<RmspropSlot>({
    name,
    summary: "Divides the gradient by the root of its mean square.",
    slots,
    steps: {
      velocity: (e, x, { rho = 0 }) => blend(e, x.velocity, squareOf(e, x.grad), rho),
      ...(isCentered && { average_gradient: (e, x, { rho = 0 }) => blend(e, x.average_gradient, x.grad, rho) }),
      ...(hasMomentum && {
        momentum: (e, x, { momentum = 0, epsilon = 0 }) =>
          e.add(e.mul(e.like(x.grad, momentum), x.momentum), increment(e, x, epsilon)),
      }),
      var: (e, x, { epsilon = 0 }) => e.sub(x.var, hasMomentum ? x.momentum : increment(e, x, epsilon)),
    },
  });
}
const rmspropUpdates = {
  plain: defineRmsprop("KerasRmsprop", ["velocity"]),
  momentum: defineRmsprop("KerasRmspropMomentum", ["velocity", "momentum"]),
  centered: defineRmsprop("KerasRmspropCentered", ["velocity", "average_gradient"]),
  both: defineRmsprop("KerasRmspropCenteredMomentum", ["velocity", "momentum", "average_gradient"]),
};

/** Options of {@link RMSprop}. */
export interface RmspropOptions extends OptimizerOptions {
  /** Decay of the mean square. Default 0.9. */
  readonly rho?: number;
  /** How much of its last move each step keeps. Default 0. */
  readonly momentum?: number;
  /** Added under the root. Default 1e−7. */
  readonly epsilon?: number;
  /** Divide by the deviation from the mean gradient in place of the size. Default false. */
  readonly centered?: boolean;
}

/**
 * `v ← ρv + (1−ρ)g²`, `w ← w − lr·g/√(v + ε)`; the move gathers momentum, if any. Averages begin at 0,
 * other than in `tf.train.RMSPropOptimizer`. `keras.optimizers.RMSprop`, rate 0.001.
 */
export class RMSprop extends Optimizer {
  readonly rho: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly centered: boolean;
  constructor(options?: RmspropOptions);
  constructor(learningRate: Rate, options?: Without<RmspropOptions, "learningRate">);
  constructor(first?: Rate | RmspropOptions, rest?: Without<RmspropOptions, "learningRate">) {
    const options = leading<RmspropOptions, "learningRate">("learningRate", first, rest);
    super(options, { learningRate: 0.001 });
    this.rho = options.rho ?? 0.9;
    this.momentum = options.momentum ?? 0;
    this.epsilon = options.epsilon ?? 1e-7;
    this.centered = options.centered ?? false;
  }
  protected override slotsOf(): readonly Slot[] {
    return [
      { name: "velocity" },
      ...(this.momentum > 0 ? [{ name: "momentum", group: 1 }] : []),
      ...(this.centered ? [{ name: "average_gradient", group: 2 }] : []),
    ];
  }
  protected updateStep(step: Step): Operation {
    const { rho, momentum, epsilon, centered } = this;
    const kind = momentum > 0 ? (centered ? "both" : "momentum") : centered ? "centered" : "plain";
    return rmspropUpdates[kind](step, { rho, momentum, epsilon });
  }
  override getConfig(): Config {
    const { rho, momentum, epsilon, centered } = this;
    return { ...super.getConfig(), rho, momentum, epsilon, centered };
  }
}

// ---- Adagrad and Adadelta ----

const adagrad = defineKerasUpdate({
  name: "KerasAdagrad",
  summary: "Divides the gradient by the root of the sum of its squares.",
  slots: ["accumulator"],
  steps: {
    accumulator: (e, x) => e.add(x.accumulator, squareOf(e, x.grad)),
    var: (e, x, { epsilon = 0 }) =>
      e.sub(x.var, e.div(e.mul(x.lr, x.grad), e.sqrt(e.add(x.accumulator, e.like(x.grad, epsilon))))),
  },
});

/** Options of {@link Adagrad}. */
export interface AdagradOptions extends OptimizerOptions {
  /** Where the sums of squares begin. Default 0.1. */
  readonly initialAccumulatorValue?: number;
  /** Added under the root. Default 1e−7. */
  readonly epsilon?: number;
}

/** `a ← a + g²`, `w ← w − lr·g/√(a + ε)` (Duchi et al., 2011). `keras.optimizers.Adagrad`, rate 0.001. */
export class Adagrad extends Optimizer {
  readonly initialAccumulatorValue: number;
  readonly epsilon: number;
  constructor(options?: AdagradOptions);
  constructor(learningRate: Rate, options?: Without<AdagradOptions, "learningRate">);
  constructor(first?: Rate | AdagradOptions, rest?: Without<AdagradOptions, "learningRate">) {
    const options = leading<AdagradOptions, "learningRate">("learningRate", first, rest);
    super(options, { learningRate: 0.001 });
    this.initialAccumulatorValue = options.initialAccumulatorValue ?? 0.1;
    this.epsilon = options.epsilon ?? 1e-7;
  }
  protected override slotsOf(): readonly Slot[] {
    return [{ name: "accumulator", initial: this.initialAccumulatorValue }];
  }
  protected updateStep(step: Step): Operation {
    return adagrad(step, { epsilon: this.epsilon });
  }
  override getConfig(): Config {
    const { initialAccumulatorValue, epsilon } = this;
    return { ...super.getConfig(), initial_accumulator_value: initialAccumulatorValue, epsilon };
  }
}

/** What Adadelta moves by, before the rate. */
const adadeltaMove = (
  e: ExpressionBuilder,
  x: Readonly<Record<"accumulated_grad" | "accumulated_delta_var" | "grad", Expr>>,
  epsilon: number,
): Expr => {
  const root = (mean: Expr): Expr => e.sqrt(e.add(mean, e.like(x.grad, epsilon)));
  return e.div(e.mul(root(x.accumulated_delta_var), x.grad), root(x.accumulated_grad));
};
const adadelta = defineKerasUpdate({
  name: "KerasAdadelta",
  summary: "Moves by the gradient in units of past moves over past gradients.",
  slots: ["accumulated_grad", "accumulated_delta_var"],
  steps: {
    accumulated_grad: (e, x, { rho = 0 }) => blend(e, x.accumulated_grad, squareOf(e, x.grad), rho),
    // Before the mean of the moves takes in this one.
    var: (e, x, { epsilon = 0 }) => e.sub(x.var, e.mul(x.lr, adadeltaMove(e, x, epsilon))),
    accumulated_delta_var: (e, x, { rho = 0, epsilon = 0 }) =>
      blend(e, x.accumulated_delta_var, squareOf(e, adadeltaMove(e, x, epsilon)), rho),
  },
});

/** Options of {@link Adadelta}. */
export interface AdadeltaOptions extends OptimizerOptions {
  /** Decay of the means. Default 0.95. */
  readonly rho?: number;
  /** Added under the roots. Default 1e−7. */
  readonly epsilon?: number;
}

/**
 * `a ← ρa + (1−ρ)g²`, `u = g·√(d + ε)/√(a + ε)`, `w ← w − lr·u`, `d ← ρd + (1−ρ)u²` (Zeiler, 2012).
 * `keras.optimizers.Adadelta`, rate 0.001; the paper's is 1.
 */
export class Adadelta extends Optimizer {
  readonly rho: number;
  readonly epsilon: number;
  constructor(options?: AdadeltaOptions);
  constructor(learningRate: Rate, options?: Without<AdadeltaOptions, "learningRate">);
  constructor(first?: Rate | AdadeltaOptions, rest?: Without<AdadeltaOptions, "learningRate">) {
    const options = leading<AdadeltaOptions, "learningRate">("learningRate", first, rest);
    super(options, { learningRate: 0.001 });
    this.rho = options.rho ?? 0.95;
    this.epsilon = options.epsilon ?? 1e-7;
  }
  protected override slotsOf(): readonly Slot[] {
    return [{ name: "accumulated_grad" }, { name: "accumulated_delta_var" }];
  }
  protected updateStep(step: Step): Operation {
    return adadelta(step, { rho: this.rho, epsilon: this.epsilon });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), rho: this.rho, epsilon: this.epsilon };
  }
}

// ---- Ftrl ----

/** `x^(−power)`; the usual power is a root, which is exact and fast. */
const rooted = (e: ExpressionBuilder, x: Expr, power: number): Expr =>
  power === -0.5 ? e.sqrt(x) : e.pow(x, e.like(x, -power));

const ftrl = defineKerasUpdate({
  name: "KerasFtrl",
  summary: "Follows the regularized leader: exact zeros under L1.",
  slots: ["accumulator", "linear"],
  steps: {
    linear: (e, x, { power = -0.5, shrinkage = 0 }) => {
      const shrunk = e.add(x.grad, e.mul(e.like(x.grad, 2 * shrinkage), x.var));
      const grown = rooted(e, e.add(x.accumulator, squareOf(e, x.grad)), power);
      const sigma = e.div(e.sub(grown, rooted(e, x.accumulator, power)), x.lr);
      return e.add(x.linear, e.sub(shrunk, e.mul(sigma, x.var)));
    },
    accumulator: (e, x) => e.add(x.accumulator, squareOf(e, x.grad)),
    var: (e, x, { power = -0.5, l1 = 0, l2 = 0, beta = 0 }) => {
      const number = (value: number): Expr => e.like(x.grad, value);
      const clipped = e.max(e.min(x.linear, number(l1)), number(-l1));
      // 2·(l2 + beta/(2·lr)) beside the accumulator's share.
      const quadratic = e.add(e.div(e.add(rooted(e, x.accumulator, power), number(beta)), x.lr), number(2 * l2));
      return e.div(e.sub(clipped, x.linear), quadratic);
    },
  },
});

/** Options of {@link Ftrl}. */
export interface FtrlOptions extends OptimizerOptions {
  /** Power of the accumulator in the step, 0 or negative. Default −0.5. */
  readonly learningRatePower?: number;
  /** Where the sums of squares begin, 0 or positive. Default 0.1. */
  readonly initialAccumulatorValue?: number;
  /** 0 or positive. Default 0. */
  readonly l1RegularizationStrength?: number;
  /** 0 or positive: a penalty that keeps the step stable. Default 0. */
  readonly l2RegularizationStrength?: number;
  /** 0 or positive: a penalty on the size of the weights. Default 0. */
  readonly l2ShrinkageRegularizationStrength?: number;
  /** The paper's β. Default 0. */
  readonly beta?: number;
}

/**
 * With `n' = n + g²` and `p = learningRatePower`: `z ← z + g − (n'^−p − n^−p)/lr·w`,
 * `w = (clip(z, ±l1) − z)/((n'^−p + β)/lr + 2·l2)` (McMahan et al., 2013). `keras.optimizers.Ftrl`, rate 0.001.
 */
export class Ftrl extends Optimizer {
  readonly learningRatePower: number;
  readonly initialAccumulatorValue: number;
  readonly l1RegularizationStrength: number;
  readonly l2RegularizationStrength: number;
  readonly l2ShrinkageRegularizationStrength: number;
  readonly beta: number;
  /** @throws ArgumentError for a negative strength or accumulator, or a positive power */
  constructor(options?: FtrlOptions);
  constructor(learningRate: Rate, options?: Without<FtrlOptions, "learningRate">);
  constructor(first?: Rate | FtrlOptions, rest?: Without<FtrlOptions, "learningRate">) {
    const options = leading<FtrlOptions, "learningRate">("learningRate", first, rest);
    super(options, { learningRate: 0.001 });
    const { learningRatePower = -0.5, beta = 0 } = options;
    if (!(learningRatePower <= 0))
      throw new ArgumentError(
        `\`learning_rate_power\` needs to be negative or zero. Received: learning_rate_power=${learningRatePower}.`,
      );
    this.learningRatePower = learningRatePower;
    this.initialAccumulatorValue = nonNegative(options.initialAccumulatorValue ?? 0.1, "initial_accumulator_value");
    this.l1RegularizationStrength = nonNegative(options.l1RegularizationStrength ?? 0, "l1_regularization_strength");
    this.l2RegularizationStrength = nonNegative(options.l2RegularizationStrength ?? 0, "l2_regularization_strength");
    this.l2ShrinkageRegularizationStrength = nonNegative(
      options.l2ShrinkageRegularizationStrength ?? 0,
      "l2_shrinkage_regularization_strength",
    );
    this.beta = beta;
  }
  protected override slotsOf(): readonly Slot[] {
    return [{ name: "accumulator", initial: this.initialAccumulatorValue }, { name: "linear" }];
  }
  protected updateStep(step: Step): Operation {
    return ftrl(step, {
      power: this.learningRatePower,
      l1: this.l1RegularizationStrength,
      l2: this.l2RegularizationStrength,
      shrinkage: this.l2ShrinkageRegularizationStrength,
      beta: this.beta,
    });
  }
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      learning_rate_power: this.learningRatePower,
      initial_accumulator_value: this.initialAccumulatorValue,
      l1_regularization_strength: this.l1RegularizationStrength,
      l2_regularization_strength: this.l2RegularizationStrength,
      l2_shrinkage_regularization_strength: this.l2ShrinkageRegularizationStrength,
      beta: this.beta,
    };
  }
}

function nonNegative(value: number, argument: string): number {
  if (!(value >= 0))
    throw new ArgumentError(`\`${argument}\` needs to be positive or zero. Received: ${argument}=${value}.`);
  return value;
}
