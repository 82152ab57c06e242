/** @file Ftrl, "follow the regularized leader". Follows `ftrl.py` and `training_ops.cc` of TensorFlow. */
import { ArgumentError, type OptionNames, requireOptions } from "../core/index.js";
import type { Operation, Tensor } from "../graph/index.js";
import type { Expr, ExpressionBuilder } from "../ir/index.js";
import type { NameOption } from "../ops/define.js";
import type { Variable } from "../ops/variable.js";
import { type Hyperparameter, Optimizer } from "./optimizer.js";
import { defineUpdate } from "./update.js";

/** `x^(−power)`; the usual power is a root, which is exact and fast. */
function rooted(e: ExpressionBuilder, x: Expr, power: unknown): Expr {
  return power === -0.5 ? e.sqrt(x) : e.pow(x, e.like(x, -(power as number)));
}

const applyFtrl = defineUpdate({
  name: "ApplyFtrlV2",
  inputs: ["var", "accum", "linear", "grad", "lr", "l1", "l2", "l2_shrinkage"],
  steps: {
    linear: (e, x, { learningRatePower }) => {
      const shrunk = e.add(x.grad, e.mul(e.mul(e.like(x.grad, 2), x.l2_shrinkage), x.var));
      const grown = rooted(e, e.add(x.accum, e.mul(x.grad, x.grad)), learningRatePower);
      const sigma = e.div(e.sub(grown, rooted(e, x.accum, learningRatePower)), x.lr);
      return e.add(x.linear, e.sub(shrunk, e.mul(sigma, x.var)));
    },
    accum: (e, x) => e.add(x.accum, e.mul(x.grad, x.grad)),
    var: (e, x, { learningRatePower }) => {
      const excess = e.sub(e.mul(e.unary("sign", x.linear), x.l1), x.linear);
      const scale = e.add(e.div(rooted(e, x.accum, learningRatePower), x.lr), e.mul(e.like(x.l2, 2), x.l2));
      return e.select(e.gt(e.abs(x.linear), x.l1), e.div(excess, scale), e.like(x.linear, 0));
    },
  },
});

/** Options of {@link FtrlOptimizer}. */
export interface FtrlOptions extends NameOption {
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
}
const ftrlOptions: OptionNames<FtrlOptions> = {
  name: true,
  learningRatePower: true,
  initialAccumulatorValue: true,
  l1RegularizationStrength: true,
  l2RegularizationStrength: true,
  l2ShrinkageRegularizationStrength: true,
};

/**
 * With `n' = n + g²` and `p = learningRatePower`: `z ← z + g − (n'^−p − n^−p)/learningRate·w`,
 * `w = |z| > l1 ? (sign(z)·l1 − z)/(n'^−p/learningRate + 2·l2) : 0`, `n ← n'`. What the variable
 * begins with counts in the first step alone. Slots `accum` (n) and `linear` (z).
 * `tf.train.FtrlOptimizer`.
 */
export class FtrlOptimizer extends Optimizer {
  private readonly learningRatePower: number;
  private readonly initial: number;

  /** @throws ArgumentError for a negative strength or accumulator, or a positive power */
  constructor(learningRate: Hyperparameter, options: FtrlOptions = {}) {
    requireOptions("new FtrlOptimizer", options, ftrlOptions);
    const {
      learningRatePower = -0.5,
      initialAccumulatorValue = 0.1,
      l1RegularizationStrength = 0,
      l2RegularizationStrength = 0,
      l2ShrinkageRegularizationStrength = 0,
    } = options;
    super(options.name ?? "Ftrl", {
      learning_rate: learningRate,
      l1_regularization_strength: requireNonNegative(l1RegularizationStrength, "l1_regularization_strength"),
      l2_regularization_strength: requireNonNegative(l2RegularizationStrength, "l2_regularization_strength"),
      l2_shrinkage_regularization_strength: requireNonNegative(
        l2ShrinkageRegularizationStrength,
        "l2_shrinkage_regularization_strength",
      ),
    });
    if (!(learningRatePower <= 0))
      throw new ArgumentError(`learning_rate_power ${learningRatePower} needs to be negative or zero`);
    this.learningRatePower = learningRatePower;
    this.initial = requireNonNegative(initialAccumulatorValue, "initial_accumulator_value");
  }

  protected override createSlots(variables: readonly Variable[]): void {
    for (const variable of variables) {
      this.createSlot(variable, "accum", this.initial);
      this.createSlot(variable, "linear", 0);
    }
  }

  protected override applyDense(grad: Tensor, variable: Variable): Operation {
    return applyFtrl.apply(
      {
        var: variable.ref,
        accum: this.slotRef(variable, "accum"),
        linear: this.slotRef(variable, "linear"),
        grad,
        lr: this.scalar("learning_rate", variable),
        l1: this.scalar("l1_regularization_strength", variable),
        l2: this.scalar("l2_regularization_strength", variable),
        l2_shrinkage: this.scalar("l2_shrinkage_regularization_strength", variable),
      },
      { learningRatePower: this.learningRatePower },
    );
  }
}

function requireNonNegative(value: number, name: string): number {
  if (!(value >= 0)) throw new ArgumentError(`${name} ${value} needs to be positive or zero`);
  return value;
}
